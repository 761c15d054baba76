//! Comparing, three-valued logic, and picking one of several alternatives row by row.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use super::operand::{Extent, Lane, Operand};
use super::{Cell, DecimalsBuilder, Shared, Vector};
use crate::audit::amount::power_of_ten;

/// The order of two operands in each row; `None` where either is null or a fault.
pub(super) fn compare(left: &Operand<'_>, right: &Operand<'_>, extent: Extent) -> Vec<Option<Ordering>> {
    match (left.vector.as_ref(), right.vector.as_ref()) {
        (Vector::Decimal(_), Vector::Decimal(_)) => compare_figures(left, right, extent),
        (Vector::Text(_), Vector::Text(_)) => {
            let pairs = left.texts(extent.cells).zip(right.texts(extent.cells));
            pairs.map(|(left, right)| Some(left?.as_bytes().cmp(right?.as_bytes()))).collect()
        }
        (Vector::Date(one), Vector::Date(other)) => compare_cells(&left.lane(one), &right.lane(other), extent),
        (Vector::Instant(one), Vector::Instant(other)) => compare_cells(&left.lane(one), &right.lane(other), extent),
        (Vector::Boolean(one), Vector::Boolean(other)) => compare_cells(&left.lane(one), &right.lane(other), extent),
        (one, other) => panic!("{} was compared with {}", one.type_name(), other.type_name()),
    }
}

fn compare_cells<T: Ord + Copy>(
    left: &Lane<'_, Option<T>>,
    right: &Lane<'_, Option<T>>,
    extent: Extent,
) -> Vec<Option<Ordering>> {
    (0..extent.cells).map(|row| Some(left.at(row)?.cmp(&right.at(row)?))).collect()
}

fn compare_figures(left: &Operand<'_>, right: &Operand<'_>, extent: Extent) -> Vec<Option<Ordering>> {
    let (left, right) = (left.figures(), right.figures());
    let finest = left.scale.max(right.scale);
    let (raise_left, raise_right) = (power_of_ten(finest - left.scale), power_of_ten(finest - right.scale));
    let orders = (0..extent.cells).map(|row| match (left.at(row), right.at(row)) {
        ((left, Cell::Value), (right, Cell::Value)) => Some(order(left, raise_left, right, raise_right)),
        _ => None,
    });
    orders.collect()
}

/// Orders `left * raise_left` and `right * raise_right`, of which one factor is one. A product that does not fit is
/// further from zero than anything on the other side, so its sign decides.
fn order(left: i128, raise_left: i128, right: i128, raise_right: i128) -> Ordering {
    if raise_left == 1 && raise_right == 1 {
        return left.cmp(&right);
    }
    match (left.checked_mul(raise_left), right.checked_mul(raise_right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (None, _) => left.cmp(&0),
        (_, None) => 0.cmp(&right),
    }
}

pub(super) fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

pub(super) fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Whether the subject equals one of the choices.
pub(super) fn one_of(subject: &Operand<'_>, choices: &[Operand<'_>], extent: Extent) -> Vec<Option<bool>> {
    let all_texts = choices.iter().all(|choice| choice.constant && matches!(choice.vector.as_ref(), Vector::Text(_)));
    if all_texts && !subject.constant {
        let words: Option<HashSet<&str>> = choices.iter().map(|choice| choice.text().get(0)).collect();
        if let Some(words) = words {
            return subject.texts(extent.cells).map(|text| text.map(|text| words.contains(text))).collect();
        }
    }
    let mut found = vec![Some(false); extent.cells];
    for choice in choices {
        for (held, order) in found.iter_mut().zip(compare(subject, choice, extent)) {
            *held = or(*held, order.map(Ordering::is_eq));
        }
    }
    found
}

/// In each row the cell of the alternative that `picks` names, null where it names none. Figures are brought to
/// `scale`.
pub(super) fn gather(alternatives: Vec<Operand<'_>>, picks: &[Option<usize>], scale: Option<u8>) -> Vector {
    match alternatives.first().map(|first| first.vector.as_ref()) {
        Some(Vector::Text(_)) => gather_texts(&alternatives, picks),
        Some(Vector::Date(_)) => Vector::Date(gather_cells(&alternatives, picks, |vector| match vector {
            Vector::Date(cells) => cells,
            _ => &[],
        })),
        Some(Vector::Instant(_)) => Vector::Instant(gather_cells(&alternatives, picks, |vector| match vector {
            Vector::Instant(cells) => cells,
            _ => &[],
        })),
        Some(Vector::Boolean(_)) => Vector::Boolean(gather_cells(&alternatives, picks, |vector| match vector {
            Vector::Boolean(cells) => cells,
            _ => &[],
        })),
        Some(Vector::Decimal(_)) | None => gather_figures(alternatives, picks, scale.unwrap_or_default()),
    }
}

fn gather_cells<T: Copy>(
    alternatives: &[Operand<'_>],
    picks: &[Option<usize>],
    cells: impl Fn(&Vector) -> &[Option<T>],
) -> Shared<Option<T>> {
    let lanes: Vec<Lane<'_, Option<T>>> =
        alternatives.iter().map(|alternative| alternative.lane(cells(&alternative.vector))).collect();
    picks.iter().enumerate().map(|(row, pick)| lanes[(*pick)?].at(row)).collect()
}

fn gather_texts(alternatives: &[Operand<'_>], picks: &[Option<usize>]) -> Vector {
    let mut lanes: Vec<_> = alternatives.iter().map(|alternative| alternative.texts(picks.len())).collect();
    let cells = picks.iter().map(|pick| {
        let mut picked = None;
        for (index, lane) in lanes.iter_mut().enumerate() {
            let cell = lane.next().flatten();
            if Some(index) == *pick {
                picked = cell;
            }
        }
        picked
    });
    Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, cells))
}

fn gather_figures(alternatives: Vec<Operand<'_>>, picks: &[Option<usize>], scale: u8) -> Vector {
    let aligned: Vec<Operand<'_>> = alternatives.into_iter().map(|alternative| aligned(alternative, scale)).collect();
    let lanes: Vec<_> = aligned.iter().map(Operand::figures).collect();
    let mut result = DecimalsBuilder::with_room(scale, picks.len());
    for (row, pick) in picks.iter().enumerate() {
        result.push_cell(pick.map_or((0, Cell::Null), |pick| lanes[pick].at(row)));
    }
    Vector::Decimal(result.finish())
}

fn aligned(operand: Operand<'_>, scale: u8) -> Operand<'_> {
    if operand.decimals().scale == scale {
        return operand;
    }
    let constant = operand.constant;
    let refined = operand.decimals().clone().refined(scale);
    Operand { vector: Cow::Owned(Vector::Decimal(refined)), constant }
}
