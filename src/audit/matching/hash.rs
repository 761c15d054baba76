//! Hashing keys, and telling whether two are equal.
//!
//! A hash is the same for equal keys wherever they stand: in columns of different scales, or among an exception's
//! stored values. It is the same in every run, so that a run can be measured and repeated; what is matched does not
//! depend on it.

use std::hash::BuildHasher;

use chrono::{DateTime, NaiveDate, Utc};
use foldhash::fast::FixedState;
use polars::prelude::{PolarsDataType, StringChunked, StringType};

use super::dealing::Claim;
use crate::audit::amount::Amount;
use crate::audit::expression::{Cell, Decimals, Vector};
use crate::audit::snapshot::days_since_epoch;
use crate::audit::value::Value;

const TEXTS: FixedState = FixedState::with_seed(0x7469_656f_7574);

/// The hash of each row's key, and whether a part of it is null.
pub(super) fn hash_rows(parts: &[Vector], rows: &[u32]) -> (Vec<u64>, Vec<bool>) {
    let mut hashes = vec![0u64; rows.len()];
    let mut keyless = vec![false; rows.len()];
    for part in parts {
        let mut add = |of: &dyn Fn(usize) -> Option<u64>| {
            for ((hash, keyless), row) in hashes.iter_mut().zip(&mut keyless).zip(rows) {
                match of(*row as usize) {
                    Some(more) => *hash = mix(*hash, more),
                    None => *keyless = true,
                }
            }
        };
        match part {
            Vector::Text(texts) => match whole(texts).filter(|_| texts.null_count() == 0) {
                Some(texts) => {
                    let views = texts.views();
                    for (hash, row) in hashes.iter_mut().zip(rows) {
                        let (row, view) = (*row as usize, views[*row as usize]);
                        let is_short = view.length as usize <= SHORT;
                        *hash =
                            mix(*hash, if is_short { hash_short(view.as_u128()) } else { hash_text(texts.value(row)) });
                    }
                }
                None => {
                    for ((hash, keyless), row) in hashes.iter_mut().zip(&mut keyless).zip(rows) {
                        match texts.get(*row as usize) {
                            Some(text) => *hash = mix(*hash, hash_text(text)),
                            None => *keyless = true,
                        }
                    }
                }
            },
            Vector::Decimal(decimals) => match decimals.plain() {
                Some(units) if decimals.scale == 0 => {
                    for (hash, row) in hashes.iter_mut().zip(rows) {
                        *hash = mix(*hash, hash_units(i128::from(units[*row as usize]), 0));
                    }
                }
                _ => add(&|row| decimals.value(row).map(|units| hash_units(units, decimals.scale))),
            },
            Vector::Date(days) => add(&|row| days[row].map(|day| hash_integer(i64::from(day)))),
            Vector::Instant(micros) => add(&|row| micros[row].map(hash_integer)),
            Vector::Boolean(flags) => add(&|row| flags[row].map(|flag| hash_integer(i64::from(flag)))),
        }
    }
    (hashes, keyless)
}

/// The hash of one row's key; no part of it is null.
pub(super) fn hash_row(parts: &[Vector], row: u32) -> u64 {
    hash_rows(parts, &[row]).0[0]
}

/// The hash of a key given as values, as a row has it whose key stands in `parts`; a null counts as nothing, because
/// no row with one has a key. Days and moments may be written as text, as a stored subject has them.
pub(super) fn hash_values(parts: &[Vector], key: &[Value]) -> u64 {
    key.iter().enumerate().fold(0, |hash, (place, value)| {
        let more = match (value, parts.get(place)) {
            (Value::Null, _) => return hash,
            (Value::Text(text), Some(Vector::Date(_))) => text.parse().map_or(0, hash_day),
            (Value::Text(text), Some(Vector::Instant(_))) => text.parse().map_or(0, hash_moment),
            (Value::Text(text), _) => hash_text(text),
            (Value::Amount(amount), _) => hash_units(amount.units(), amount.scale()),
            (Value::Date(day), _) => hash_day(*day),
            (Value::Instant(at), _) => hash_moment(*at),
            (Value::Bool(flag), _) => hash_integer(i64::from(*flag)),
        };
        mix(hash, more)
    })
}

fn hash_day(day: NaiveDate) -> u64 {
    hash_integer(i64::from(days_since_epoch(day)))
}

fn hash_moment(at: DateTime<Utc>) -> u64 {
    hash_integer(at.timestamp_micros())
}

/// A column of text as it lies in memory: sixteen bytes a cell, which hold the length and the whole of a short text.
type Texts = <StringType as PolarsDataType>::Array;

/// Texts of up to so many bytes are held in their cell: most document numbers, which are then compared and hashed
/// without looking anywhere else.
const SHORT: usize = 12;

/// The one piece a column lies in, where it does.
fn whole(texts: &StringChunked) -> Option<&Texts> {
    texts.downcast_iter().next().filter(|_| texts.chunks().len() == 1)
}

fn hash_text(text: &str) -> u64 {
    if text.len() > SHORT {
        return TEXTS.hash_one(text.as_bytes());
    }
    let mut cell = [0; 16];
    cell[0] = text.len() as u8;
    cell[4..4 + text.len()].copy_from_slice(text.as_bytes());
    hash_short(u128::from_le_bytes(cell))
}

fn hash_short(cell: u128) -> u64 {
    mix(hash_integer(cell as i64), (cell >> 64) as u64)
}

fn same_text(left: &StringChunked, one: usize, right: &StringChunked, other: usize) -> bool {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => same_cell(left, one, right, other),
        _ => left.get(one) == right.get(other),
    }
}

fn same_cell(left: &Texts, one: usize, right: &Texts, other: usize) -> bool {
    let (cell, other_cell) = (left.views()[one], right.views()[other]);
    if cell.length as usize <= SHORT || cell.length != other_cell.length {
        return cell.as_u128() == other_cell.as_u128();
    }
    left.value(one) == right.value(other)
}

/// By value: trailing zeros do not count.
fn hash_units(units: i128, scale: u8) -> u64 {
    let amount = if scale == 0 { Amount::new(units, 0) } else { Amount::new(units, scale).normalised() };
    let units = amount.units();
    mix(hash_integer(units as i64), (units >> 64) as u64 ^ u64::from(amount.scale()) ^ sign_of(units))
}

/// Takes the sign's extension out of the upper half, so that small negative figures hash like any other.
fn sign_of(units: i128) -> u64 {
    if units < 0 { u64::MAX } else { 0 }
}

fn hash_integer(integer: i64) -> u64 {
    (integer as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26)
}

/// The next part of a key joined to those before it: a multiplication of 128 bits, folded.
fn mix(hash: u64, more: u64) -> u64 {
    let product = u128::from(hash ^ 0x243f_6a88_85a3_08d3) * u128::from(more ^ 0x1319_8a2e_0370_7344);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Whether no part of a row's key is null.
pub(super) fn is_complete(parts: &[Vector], row: u32) -> bool {
    let row = row as usize;
    parts.iter().all(|part| match part {
        Vector::Text(texts) => texts.get(row).is_some(),
        Vector::Decimal(decimals) => decimals.state(row) == Cell::Value,
        Vector::Date(days) => days[row].is_some(),
        Vector::Instant(micros) => micros[row].is_some(),
        Vector::Boolean(flags) => flags[row].is_some(),
    })
}

/// Takes back the claims on leaders of `side` that the keys do not prove. Part by part over all of them, so that the
/// processor may fetch the leaders' cells, which lie anywhere, many at a time.
pub(super) fn prove(own: &[Vector], leaders: &[Vector], side: usize, claims: &mut [Claim]) {
    for (own, leader) in own.iter().zip(leaders) {
        let of_side = claims.iter_mut().filter(|claim| claim.side == side);
        match (own, leader) {
            (Vector::Decimal(own), Vector::Decimal(leader)) => match (own.plain(), leader.plain()) {
                (Some(units), Some(leader_units)) if own.scale == leader.scale => {
                    of_side.for_each(|claim| {
                        claim.holds &= units[claim.row as usize] == leader_units[claim.leader_row as usize];
                    });
                }
                _ => of_side.for_each(|claim| {
                    claim.holds &= same_figure(own, claim.row as usize, leader, claim.leader_row as usize);
                }),
            },
            (Vector::Text(own), Vector::Text(leader)) => match (whole(own), whole(leader)) {
                (Some(own), Some(leader)) => of_side.for_each(|claim| {
                    claim.holds &= same_cell(own, claim.row as usize, leader, claim.leader_row as usize);
                }),
                _ => of_side.for_each(|claim| {
                    claim.holds &= own.get(claim.row as usize) == leader.get(claim.leader_row as usize);
                }),
            },
            _ => of_side.for_each(|claim| {
                let (own, leader) = (std::slice::from_ref(own), std::slice::from_ref(leader));
                claim.holds &= equal(own, claim.row, leader, claim.leader_row);
            }),
        }
    }
}

/// Whether two rows have the same key. Neither has a null in it.
pub(super) fn equal(left: &[Vector], left_row: u32, right: &[Vector], right_row: u32) -> bool {
    let (one, other) = (left_row as usize, right_row as usize);
    left.iter().zip(right).all(|parts| match parts {
        (Vector::Decimal(left), Vector::Decimal(right)) => same_figure(left, one, right, other),
        (Vector::Text(left), Vector::Text(right)) => same_text(left, one, right, other),
        (Vector::Date(left), Vector::Date(right)) => left[one] == right[other],
        (Vector::Instant(left), Vector::Instant(right)) => left[one] == right[other],
        (Vector::Boolean(left), Vector::Boolean(right)) => left[one] == right[other],
        _ => false,
    })
}

fn same_figure(left: &Decimals, one: usize, right: &Decimals, other: usize) -> bool {
    match (left.at(one), right.at(other)) {
        ((left_units, Cell::Value), (right_units, Cell::Value)) if left.scale == right.scale => {
            left_units == right_units
        }
        ((left_units, Cell::Value), (right_units, Cell::Value)) => {
            Amount::new(left_units, left.scale) == Amount::new(right_units, right.scale)
        }
        _ => false,
    }
}
