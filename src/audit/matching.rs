//! Pairing rows of N sides by key.
//!
//! Keys are compared as typed, normalised values: text by bytes, decimals by value whatever their scale. A row with a
//! null in any part of its key is keyless and pairs with nothing: null never equals null.
//!
//! Rows are dealt into partitions by a hash of their key, so that each partition's table of hashes stays in the
//! processor's cache and partitions can be worked on side by side. A hash only finds candidates: every row's key is then
//! compared with that of its group's first row, in the order of the rows, where neighbours lie together in memory.
//! Groups are numbered in that order too, so that whoever judges them one after the other reads the columns in order.

mod dealing;
mod hash;
mod index;

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;

use super::expression::Vector;
use super::value::Value;
pub use dealing::Dealing;
use dealing::{BLOCK_ROWS, NOWHERE, leaders, number};
use hash::{equal, hash_values};

pub use index::{Hits, Index};

/// Rows of a table, in table order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The first so many: every row, where no filter left one out.
    All(u32),
    /// Row numbers, rising.
    Some(Vec<u32>),
}

impl Kept {
    pub fn len(&self) -> usize {
        match self {
            Kept::All(rows) => *rows as usize,
            Kept::Some(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.range(0, self.len())
    }

    /// The row at a place among the kept ones.
    fn at(&self, place: usize) -> u32 {
        match self {
            Kept::All(_) => place as u32,
            Kept::Some(rows) => rows[place],
        }
    }

    /// Those of places `from..to` among the kept rows.
    fn range(&self, from: usize, to: usize) -> impl Iterator<Item = u32> + '_ {
        (from..to).map(|place| self.at(place))
    }

    /// Keeps the rows for which `holds` is true.
    pub fn retain(&mut self, mut holds: impl FnMut(u32) -> bool) {
        let rows: Vec<u32> = self.iter().filter(|row| holds(*row)).collect();
        if rows.len() < self.len() {
            *self = Kept::Some(rows);
        }
    }
}

/// The rows of one side that take part, with the vectors of their key columns (over the whole table).
pub struct Keyed {
    pub rows: Kept,
    pub parts: Vec<Vector>,
}

/// Which rows of each side share a key. Groups are numbered by first appearance, side by side.
#[derive(Debug, Default)]
pub struct Pairing {
    pub groups: usize,
    /// One entry per side, in side order.
    pub sides: Vec<Members>,
    /// Which groups have a key whose digest was asked for; empty where none was.
    awaited: Vec<bool>,
}

impl Pairing {
    /// Groups `from..to` as a pairing of their own, without keyless rows. `awaited` are digests of keys that somebody
    /// waits for.
    pub fn part(&self, sides: &[Keyed], from: usize, to: usize, awaited: &HashSet<u64>) -> Pairing {
        let members = self.sides.iter().map(|members| members.part(from, to)).collect();
        let mut part = Pairing { groups: to - from, sides: members, awaited: Vec::new() };
        if !awaited.is_empty() {
            part.awaited = (0..part.groups).map(|group| awaited.contains(&part.digest(sides, group))).collect();
        }
        part
    }

    /// Whether the group's key has a digest that was asked for: a sign that it may be that key, never a proof.
    pub fn is_awaited(&self, group: usize) -> bool {
        self.awaited.get(group).copied().unwrap_or_default()
    }

    /// What [`digest`] gives for the values of the group's key.
    fn digest(&self, sides: &[Keyed], group: usize) -> u64 {
        let first = sides.iter().zip(&self.sides).find_map(|(side, members)| Some((side, members.of(group).first()?)));
        first.map_or(0, |(side, row)| hash::hash_row(&side.parts, *row))
    }
}

/// The rows of one side, group by group.
#[derive(Debug, Default)]
pub struct Members {
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// Rows without a usable key.
    pub keyless: Vec<u32>,
}

impl Members {
    /// The table rows of `group`, in table order.
    pub fn of(&self, group: usize) -> &[u32] {
        &self.rows[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// Groups with at least one row here.
    pub fn distinct(&self) -> u64 {
        self.starts.windows(2).filter(|pair| pair[0] < pair[1]).count() as u64
    }

    /// The same groups with only the rows for which `holds` is true of group and row.
    pub fn filtered(&self, groups: usize, mut holds: impl FnMut(usize, u32) -> bool) -> Members {
        let mut kept = Members { starts: Vec::with_capacity(groups + 1), ..Members::default() };
        kept.rows.reserve(self.rows.len());
        kept.starts.push(0);
        for group in 0..groups {
            kept.rows.extend(self.of(group).iter().filter(|row| holds(group, **row)));
            kept.starts.push(kept.rows.len() as u32);
        }
        kept
    }

    fn part(&self, from: usize, to: usize) -> Members {
        let (first, last) = (self.starts[from], self.starts[to]);
        let starts = self.starts[from..=to].iter().map(|start| start - first).collect();
        Members { starts, rows: self.rows[first as usize..last as usize].to_vec(), keyless: Vec::new() }
    }

    /// Counts, then places: rows of one group stand together, in table order. `groups_of` has the group of each kept
    /// row, or [`NOWHERE`].
    fn lay_out(groups: usize, groups_of: &[u32], kept: &Kept) -> Members {
        let mut members = Members { starts: vec![0; groups + 1], ..Members::default() };
        for group in groups_of.iter().filter(|group| **group != NOWHERE) {
            members.starts[*group as usize + 1] += 1;
        }
        for group in 0..groups {
            members.starts[group + 1] += members.starts[group];
        }
        members.rows = vec![0; members.starts[groups] as usize];
        for (group, row) in groups_of.iter().zip(kept.iter()) {
            if *group == NOWHERE {
                members.keyless.push(row);
                continue;
            }
            let next = &mut members.starts[*group as usize];
            members.rows[*next as usize] = row;
            *next += 1;
        }
        // Each start has moved to where the next one was.
        members.starts.copy_within(0..groups, 1);
        members.starts[0] = 0;
        members
    }
}

/// Pairs the rows of all sides. Every side has the same number of key parts, of agreeing types.
pub fn pair(sides: &[Keyed]) -> Pairing {
    pair_dealt(sides, Dealing::default())
}

/// [`pair`], with the rows dealt out as `dealing` says.
///
/// # Panics
/// When the sides have more than four billion rows together, or a block is to have more than 65,536.
pub fn pair_dealt(sides: &[Keyed], dealing: Dealing) -> Pairing {
    let rows: usize = sides.iter().map(|side| side.rows.len()).sum();
    assert!(rows < NOWHERE as usize, "the rows of all sides are numbered in 32 bits");
    let mut line = leaders(sides, dealing);
    let groups = number(&mut line);
    let mut rest = line.as_slice();
    let shares: Vec<&[u32]> =
        sides.iter().map(|keyed| rest.split_off(..keyed.rows.len()).unwrap_or_default()).collect();
    let both = sides.par_iter().zip(shares);
    let sides = both.map(|(keyed, groups_of)| Members::lay_out(groups, groups_of, &keyed.rows)).collect();
    Pairing { groups, sides, awaited: Vec::new() }
}

/// Rows that [`alike`] compares one by one.
const HANDFUL: usize = 4;

/// The runs of two or more of `rows` that have the same values in `parts`. A row with a null there is like no other.
pub fn alike(parts: &[Vector], rows: &[u32]) -> Vec<Vec<u32>> {
    // A handful of rows is nearly always unlike, and that is told soonest by comparing them all.
    if rows.len() <= HANDFUL {
        let mut pairs =
            rows.iter().enumerate().flat_map(|(place, one)| rows[..place].iter().map(move |two| (two, one)));
        let is_same = |(one, two): (&u32, &u32)| equal(parts, *one, parts, *two) && hash::is_complete(parts, *one);
        if !pairs.any(is_same) {
            return Vec::new();
        }
    }
    let (hashes, incomplete) = hash::hash_rows(parts, rows);
    let mut by_hash: BTreeMap<u64, Vec<Vec<u32>>> = BTreeMap::new();
    for ((hash, incomplete), row) in hashes.into_iter().zip(incomplete).zip(rows) {
        if incomplete {
            continue;
        }
        let runs = by_hash.entry(hash).or_default();
        match runs.iter_mut().find(|run| equal(parts, run[0], parts, *row)) {
            Some(run) => run.push(*row),
            None => runs.push(vec![*row]),
        }
    }
    by_hash.into_values().flatten().filter(|run| run.len() > 1).collect()
}

/// The values of a row's key.
pub fn key_values(parts: &[Vector], row: u32) -> Vec<Value> {
    parts.iter().map(|part| part.value(row as usize)).collect()
}

/// The hash that a group with this key has, whose parts stand in columns of the types of `parts`; equal keys have
/// equal digests.
pub fn digest(parts: &[Vector], key: &[Value]) -> u64 {
    hash_values(parts, key)
}
