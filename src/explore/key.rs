//! The columns that tell rows apart.

use std::collections::HashSet;

use super::{Column, Key, KeyReason, Role};
use crate::audit::snapshot::ColumnType;

/// Columns of the largest key that is looked for.
const WIDEST: usize = 3;
/// Columns that are tried; the likeliest ones.
const TRIED: usize = 12;
/// A key may be repeated by one row of so many: a document that stands twice is what tieout is there to find.
const REPEATED: usize = 200;

/// How good a key is, the best first: whether it has unlikely columns, how many it has, how many rows repeat it, and how
/// likely its columns are.
type Merit = (bool, usize, usize, u32);

/// The declared primary key, or else the smallest set of columns that hardly any row repeats, preferring those that are called
/// like numbers and codes. A table of fewer than two rows shows nothing.
pub(super) fn propose(columns: &[Column]) -> Option<Key> {
    let mut declared: Vec<(u32, usize)> =
        columns.iter().enumerate().filter_map(|(place, column)| Some((column.declared.key?, place))).collect();
    declared.sort_unstable();
    if !declared.is_empty() {
        let columns = declared.into_iter().map(|(_, place)| place).collect();
        return Some(Key { columns, why: KeyReason::Declared });
    }
    let rows = columns.first().map_or(0, |column| column.cells.len());
    if rows < 2 {
        return None;
    }
    let mut likely: Vec<(u8, usize)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.nulls == 0)
        .filter_map(|(place, column)| Some((rank(column)?, place)))
        .collect();
    likely.sort_unstable();
    likely.truncate(TRIED);
    let mut best: Option<(Merit, Vec<usize>)> = None;
    for set in sets(likely.len()) {
        let ranks = || set.iter().map(|index| likely[*index].0);
        let order =
            |repeats| -> Merit { (ranks().any(|rank| rank > 1), set.len(), repeats, ranks().map(u32::from).sum()) };
        if best.as_ref().is_some_and(|(better, _)| *better <= order(0)) {
            continue;
        }
        let mut places: Vec<usize> = set.iter().map(|index| likely[*index].1).collect();
        places.sort_unstable();
        let Some(repeats) = repeats(columns, &places, rows / REPEATED) else { continue };
        if best.as_ref().is_none_or(|(better, _)| order(repeats) < *better) {
            best = Some((order(repeats), places));
        }
    }
    best.map(|((_, _, repeats, _), columns)| Key { columns, why: KeyReason::Looked { repeats } })
}

/// How likely a column is part of a key, the likeliest first; `None` where it never is.
fn rank(column: &Column) -> Option<u8> {
    match (column.role, &column.proposed.kind) {
        (_, ColumnType::Money { .. } | ColumnType::Quantity { .. } | ColumnType::Boolean) => None,
        (Role::Identifier | Role::Line, _) => Some(0),
        (_, ColumnType::Date) => Some(2),
        (_, ColumnType::Instant) => Some(4),
        (Role::Currency | Role::Unit, _) => Some(3),
        _ => Some(3),
    }
}

/// All sets of one to [`WIDEST`] of so many.
fn sets(many: usize) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    let mut begin = 0;
    for _ in 0..WIDEST {
        let end = sets.len();
        for index in begin..end {
            let next = sets[index].last().map_or(0, |last| last + 1);
            let larger = (next..many).map(|each| [sets[index].as_slice(), &[each]].concat()).collect::<Vec<_>>();
            sets.extend(larger);
        }
        begin = end;
    }
    sets.split_off(1)
}

/// How many rows have the same values there as a row before them; `None` when more than `most`.
fn repeats(columns: &[Column], places: &[usize], most: usize) -> Option<usize> {
    let rows = columns.first().map_or(0, |column| column.cells.len());
    // Columns that take too few values cannot tell the rows apart.
    let values = places.iter().map(|place| columns[*place].distinct as u128).product::<u128>();
    if values + (most as u128) < rows as u128 {
        return None;
    }
    let mut seen: HashSet<Vec<Option<&str>>> = HashSet::with_capacity(rows);
    let mut repeats = 0;
    for row in 0..rows {
        let key = places.iter().map(|place| columns[*place].cells[row].as_deref()).collect();
        repeats += usize::from(!seen.insert(key));
        if repeats > most {
            return None;
        }
    }
    Some(repeats)
}
