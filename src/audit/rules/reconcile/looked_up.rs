//! Columns of another table, found by key: one hit gives its values, none gives nulls, several are a fault of the row.

use std::collections::HashMap;

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use super::prepared::{Prepared, RowFault, What};
use crate::audit::expression::{Cell, Vector};
use crate::audit::matching::{Hits, Index};
use crate::audit::rulebook::Lookup;
use crate::audit::snapshot::Table;

/// Adds the columns that `lookup` takes from `other`.
pub(super) fn add<'t>(prepared: &mut Prepared<'t>, index: usize, lookup: &Lookup, other: &'t Table) {
    let parts = |table: &Table, columns: &mut dyn Iterator<Item = &String>| -> Vec<Vector> {
        columns.map(|column| table.vector(column)).collect()
    };
    let known = Index::new(parts(other, &mut lookup.key.iter().map(|(_, theirs)| theirs)), other.len());
    let own = parts(&prepared.table, &mut lookup.key.iter().map(|(own, _)| own));
    let found = known.find(&own, prepared.table.len());
    let mut misses = Vec::new();
    for (row, hits) in found.iter().enumerate() {
        let row = row as u32;
        match hits.count {
            1 => {}
            0 => {
                misses.push(row);
                if lookup.required {
                    prepared.faults.push(RowFault { row, what: What::Missed { lookup: index } });
                }
            }
            hits => prepared.faults.push(RowFault { row, what: What::Ambiguous { lookup: index, hits } }),
        }
    }
    prepared.looked_in.push((other, misses));
    unreadable_there(prepared, index, lookup, other, &found);
    for (taken, column) in lookup.take.iter().enumerate() {
        let cells = gather(&other.vector(&column.from), &found);
        prepared.add(column.clone(), cells, What::UnreadableThere { lookup: index, taken, row: 0 });
    }
}

/// A cell that could not be read in the other table cannot be read here either.
fn unreadable_there(prepared: &mut Prepared<'_>, index: usize, lookup: &Lookup, other: &Table, found: &[Hits]) {
    let mut cells: HashMap<u32, Vec<usize>> = HashMap::new();
    for cell in &other.unreadable {
        let taken = lookup.take.iter().enumerate().filter(|(_, column)| column.from == cell.column);
        for (taken, _) in taken {
            cells.entry(cell.row as u32).or_default().push(taken);
        }
    }
    if cells.is_empty() {
        return;
    }
    for (row, hits) in found.iter().enumerate().filter(|(_, hits)| hits.count == 1) {
        for taken in cells.get(&hits.row).into_iter().flatten() {
            let what = What::UnreadableThere { lookup: index, taken: *taken, row: hits.row };
            prepared.faults.push(RowFault { row: row as u32, what });
        }
    }
}

/// The cell of each row that was found alone; null for the others.
fn gather(cells: &Vector, found: &[Hits]) -> Vector {
    let rows = || found.iter().map(|hits| (hits.count == 1).then_some(hits.row as usize));
    match cells {
        Vector::Text(texts) => {
            let cells = rows().map(|row| row.and_then(|row| texts.get(row)));
            Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, cells))
        }
        Vector::Decimal(held) => Vector::Decimal(held.picked(rows(), Cell::Null)),
        Vector::Date(days) => Vector::Date(rows().map(|row| row.and_then(|row| days[row])).collect()),
        Vector::Instant(at) => Vector::Instant(rows().map(|row| row.and_then(|row| at[row])).collect()),
        Vector::Boolean(flags) => Vector::Boolean(rows().map(|row| row.and_then(|row| flags[row])).collect()),
    }
}
