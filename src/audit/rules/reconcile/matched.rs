//! Sides paired by key, seen as one row per subject: the rows that a rule's expressions are evaluated over.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use super::super::rows::{self, Currencies};
use crate::audit::amount::Amount;
use crate::audit::breaks::SideRows;
use crate::audit::expression::{Cell, ColumnRef, Decimals, Rows, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::{Pairing, key_values};
use crate::audit::rulebook::{Reconcile, Side};
use crate::audit::snapshot::{ColumnType, Table};
use crate::audit::value::Subject;

pub(super) struct Matched<'a> {
    pub settings: &'a Reconcile,
    pub context: &'a Context,
    /// In side order, as are all the lists below.
    pub tables: Vec<&'a Table>,
    /// Rows left by the side's filter.
    pub kept: Vec<Vec<u32>>,
    pub pairing: Pairing,
    keys: Vec<Vec<Vector>>,
    /// Groups of a summing side in which a document's own key appears more than once.
    pub repeated: Vec<HashMap<usize, Repeated>>,
}

/// The rows of one group of a summing side, parted by the table's `unique`.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    /// One row per document key.
    pub counted: Vec<u32>,
    /// Rows that repeat a document key.
    pub surplus: Vec<u32>,
}

impl<'a> Matched<'a> {
    pub fn new(
        settings: &'a Reconcile,
        context: &'a Context,
        tables: Vec<&'a Table>,
        kept: Vec<Vec<u32>>,
        keys: Vec<Vec<Vector>>,
        pairing: Pairing,
    ) -> Self {
        let sides = settings.sides.iter().zip(&tables).enumerate();
        let repeated = sides.map(|(index, (side, table))| repeated(side, table, &pairing, index)).collect();
        Matched { settings, context, tables, kept, pairing, keys, repeated }
    }

    pub fn side(&self, index: usize) -> &'a Side {
        &self.settings.sides[index]
    }

    /// All rows of a group on one side.
    pub fn rows(&self, side: usize, group: usize) -> &[u32] {
        self.pairing.sides[side].of(group)
    }

    /// The rows that count: without those that repeat a document's own key.
    pub fn counted(&self, side: usize, group: usize) -> Cow<'_, [u32]> {
        match self.repeated[side].get(&group) {
            Some(repeated) => Cow::Borrowed(&repeated.counted),
            None => Cow::Borrowed(self.rows(side, group)),
        }
    }

    pub fn is_present(&self, side: usize, group: usize) -> bool {
        !self.rows(side, group).is_empty()
    }

    /// Whether a check may read the side for this group: it has rows, or their absence counts as zero.
    pub fn is_readable(&self, side: usize, group: usize) -> bool {
        self.side(side).absent_zero || self.is_present(side, group)
    }

    pub fn subject(&self, group: usize) -> Subject {
        let side = (0..self.tables.len()).find(|side| self.is_present(*side, group));
        let side = side.expect("a group was made by a row of some side");
        Subject::key(key_values(&self.keys[side], self.rows(side, group)[0]))
    }

    pub fn evidence(&self, group: usize) -> Vec<SideRows> {
        let sides = self.settings.sides.iter().enumerate();
        let limit = self.context.evidence_rows;
        sides.map(|(index, side)| rows::shown(&side.name, self.tables[index], self.rows(index, group), limit)).collect()
    }

    /// The currencies of a money column's rows in one group.
    pub fn currencies(&self, column: &ColumnRef) -> impl Fn(usize) -> BTreeSet<String> + '_ {
        let side = self.side_of(column);
        let currencies = Currencies::of(self.tables[side], &column.column, self.context);
        move |group| self.counted(side, group).iter().map(|row| currencies.at(*row)).collect()
    }

    pub fn side_of(&self, column: &ColumnRef) -> usize {
        let name = column.side.as_deref();
        let place = self.settings.sides.iter().position(|side| Some(side.name.as_str()) == name);
        place.expect("the rulebook has checked every side an expression names")
    }

    /// The type of a side's column.
    pub fn kind(&self, column: &ColumnRef) -> Option<&ColumnType> {
        self.tables[self.side_of(column)].spec.column(&column.column).map(|column| &column.kind)
    }

    fn summed(&self, side: usize, column: &str) -> Decimals {
        let cells = rows::decimals(self.tables[side], column);
        let mut sums = empty(cells.scale, self.pairing.groups);
        let absent_zero = self.side(side).absent_zero;
        for group in 0..self.pairing.groups {
            let counted = self.counted(side, group);
            if counted.is_empty() && absent_zero {
                sums.state[group] = Cell::Value;
            }
            for row in counted.iter() {
                let row = *row as usize;
                match (cells.state[row], sums.state[group]) {
                    (Cell::Null, _) | (_, Cell::Fault) => {}
                    (Cell::Fault, _) => sums.state[group] = Cell::Fault,
                    (Cell::Value, _) => match sums.units[group].checked_add(cells.units[row]).filter(fits_in_frame) {
                        Some(sum) => {
                            sums.units[group] = sum;
                            sums.state[group] = Cell::Value;
                        }
                        None => {
                            sums.units[group] = 0;
                            sums.state[group] = Cell::Fault;
                        }
                    },
                }
            }
        }
        sums
    }

    /// The first counted row of each group; the rulebook lets only columns through for which it stands for all.
    fn representatives(&self, side: usize) -> Vec<Option<usize>> {
        let first = |group| self.counted(side, group).first().map(|row| *row as usize);
        (0..self.pairing.groups).map(first).collect()
    }
}

/// A decimal of a frame has at most 38 digits.
fn fits_in_frame(units: &i128) -> bool {
    units.unsigned_abs() < 10u128.pow(38)
}

fn empty(scale: u8, len: usize) -> Decimals {
    Decimals { scale, units: vec![0; len], state: vec![Cell::Null; len] }
}

impl Rows for Matched<'_> {
    fn len(&self) -> usize {
        self.pairing.groups
    }

    fn column(&self, column: &ColumnRef) -> Vector {
        let side = self.side_of(column);
        let settings = self.side(side);
        if settings.sum.contains(&column.column) {
            return Vector::Decimal(self.summed(side, &column.column));
        }
        let picked = self.representatives(side);
        match self.tables[side].vector(&column.column) {
            Vector::Text(texts) => {
                let cells = picked.iter().map(|row| row.and_then(|row| texts.get(row)));
                Vector::Text(StringChunked::from_iter_options(PlSmallStr::from_static("cells"), cells))
            }
            Vector::Decimal(cells) => {
                let mut decimals = empty(cells.scale, picked.len());
                for (group, row) in picked.iter().enumerate() {
                    match row {
                        Some(row) => {
                            decimals.units[group] = cells.units[*row];
                            decimals.state[group] = cells.state[*row];
                        }
                        None if settings.absent_zero => decimals.state[group] = Cell::Value,
                        None => {}
                    }
                }
                Vector::Decimal(decimals)
            }
            Vector::Date(days) => Vector::Date(picked.iter().map(|row| row.and_then(|row| days[row])).collect()),
            Vector::Instant(at) => Vector::Instant(picked.iter().map(|row| row.and_then(|row| at[row])).collect()),
            Vector::Boolean(flags) => {
                Vector::Boolean(picked.iter().map(|row| row.and_then(|row| flags[row])).collect())
            }
        }
    }
}

/// Finds, on a side that sums, the groups in which a document's own key stands more than once. The row that counts
/// is the first by the text of its cells, so that the source's row order never decides.
fn repeated(side: &Side, table: &Table, pairing: &Pairing, index: usize) -> HashMap<usize, Repeated> {
    let mut found = HashMap::new();
    if side.sum.is_empty() || table.spec.unique.is_empty() {
        return found;
    }
    let unique: Vec<Vector> = table.spec.unique.iter().map(|column| table.vector(column)).collect();
    for group in 0..pairing.groups {
        let rows = pairing.sides[index].of(group);
        if rows.len() < 2 {
            continue;
        }
        let mut documents: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for row in rows {
            let document = Subject::key(key_values(&unique, *row));
            documents.entry(document.canonical().to_owned()).or_default().push(*row);
        }
        if documents.len() == rows.len() {
            continue;
        }
        let mut repeated = Repeated::default();
        for mut same in documents.into_values() {
            same.sort_by_cached_key(|row| rows::row_text(table, *row));
            repeated.counted.push(same[0]);
            repeated.surplus.extend(&same[1..]);
        }
        found.insert(group, repeated);
    }
    found
}

/// The sum of some rows of a column; `None` when nothing is there or it does not fit.
pub(super) fn sum(cells: &Decimals, rows: &[u32]) -> Option<Amount> {
    let present: Vec<Amount> = rows.iter().filter_map(|row| rows::amount(cells, *row)).collect();
    let (first, rest) = present.split_first()?;
    rest.iter().try_fold(*first, |sum, amount| sum.checked_add(*amount))
}
