//! What the rows of one key come to, other than their sum: their number, and the smallest, largest or first of a column.

use std::cmp::Ordering;

use super::super::rows;
use super::matched::Matched;
use crate::audit::expression::{Cell, Decimals, Vector};
use crate::audit::snapshot::Table;

/// How many rows of each group count.
pub(super) fn counted(matched: &Matched<'_>, side: usize) -> Decimals {
    let groups = 0..matched.pairing.groups;
    Decimals::new(0, groups.map(|group| (matched.counted(side, group).len() as i128, Cell::Value)))
}

/// For a column of `min`, `max` or `first`: the row of each group whose value counts, where the group has one.
pub(super) fn picked(matched: &Matched<'_>, side: usize, column: &str) -> Option<Vec<Option<usize>>> {
    let settings = matched.side(side);
    let holds = |columns: &[String]| columns.iter().any(|held| held == column);
    let wanted = match () {
        () if holds(&settings.min) => Ordering::Less,
        () if holds(&settings.max) => Ordering::Greater,
        () if holds(&settings.first) => return Some(each(matched, side, |rows| first(matched.tables[side], rows))),
        () => return None,
    };
    let cells = matched.tables[side].vector(column);
    Some(each(matched, side, |rows| extreme(&cells, rows, wanted)))
}

fn each(matched: &Matched<'_>, side: usize, pick: impl Fn(&[u32]) -> Option<u32>) -> Vec<Option<usize>> {
    let row = |group| match matched.counted(side, group) {
        [only] => Some(*only as usize),
        rows => pick(rows).map(|row| row as usize),
    };
    (0..matched.pairing.groups).map(row).collect()
}

/// The row with the least or greatest value; any row where all are null.
fn extreme(cells: &Vector, rows: &[u32], wanted: Ordering) -> Option<u32> {
    let better = |left: u32, right: u32| match compare(cells, left as usize, right as usize) {
        None => holds(cells, left as usize) || !holds(cells, right as usize),
        Some(order) => order != wanted.reverse(),
    };
    rows.iter().copied().reduce(|best, row| if better(best, row) { best } else { row })
}

/// The earliest row by the table's date, undated ones last, then by the text of its cells: the source's row order
/// never decides.
pub(super) fn first(table: &Table, rows: &[u32]) -> Option<u32> {
    let dates = table.spec.date.as_ref().map(|date| table.vector(date));
    let dates = dates.as_ref();
    let undated = |row: u32| dates.is_none_or(|dates| !holds(dates, row as usize));
    let before = |left: u32, right: u32| {
        let by_date = dates.and_then(|dates| compare(dates, left as usize, right as usize)).unwrap_or(Ordering::Equal);
        undated(left).cmp(&undated(right)).then(by_date)
    };
    let earliest = rows.iter().copied().reduce(|best, row| if before(row, best).is_lt() { row } else { best })?;
    let mut same = rows.iter().copied().filter(|row| before(*row, earliest).is_eq());
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only),
        _ => rows
            .iter()
            .copied()
            .filter(|row| before(*row, earliest).is_eq())
            .min_by_key(|row| rows::row_text(table, *row)),
    }
}

/// Whether a cell has a value.
fn holds(cells: &Vector, row: usize) -> bool {
    match cells {
        Vector::Text(texts) => texts.get(row).is_some(),
        Vector::Decimal(decimals) => decimals.state(row) == Cell::Value,
        Vector::Date(days) => days[row].is_some(),
        Vector::Instant(at) => at[row].is_some(),
        Vector::Boolean(flags) => flags[row].is_some(),
    }
}

/// How two cells of one column stand to each other; `None` where one of them has no value.
fn compare(cells: &Vector, left: usize, right: usize) -> Option<Ordering> {
    if !holds(cells, left) || !holds(cells, right) {
        return None;
    }
    Some(match cells {
        Vector::Text(texts) => texts.get(left).cmp(&texts.get(right)),
        Vector::Decimal(decimals) => decimals.value(left).cmp(&decimals.value(right)),
        Vector::Date(days) => days[left].cmp(&days[right]),
        Vector::Instant(at) => at[left].cmp(&at[right]),
        Vector::Boolean(flags) => flags[left].cmp(&flags[right]),
    })
}
