//! Sides paired by key, seen as one row per subject: the rows that a rule's expressions are evaluated over.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use super::super::rows::{self, Currencies};
use super::aggregates;
use super::sides::Sides;
use crate::audit::amount::Amount;
use crate::audit::breaks::SideRows;
use crate::audit::expression::{Cell, ColumnRef, Decimals, DecimalsBuilder, Rows, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Members, Pairing, key_values};
use crate::audit::rulebook::{Reconcile, Side};
use crate::audit::snapshot::{ColumnType, Table};
use crate::audit::sum::Sum;
use crate::audit::value::Subject;

/// The subjects of one batch, with their rows on every side.
pub(super) struct Matched<'a> {
    pub settings: &'a Reconcile,
    pub context: &'a Context,
    pub sides: &'a Sides<'a>,
    /// In side order, as are all the lists below.
    pub tables: &'a [&'a Table],
    pub pairing: Pairing,
    /// The rows that count, where documents stand twice on a summing side.
    counted: Vec<Option<Members>>,
    /// By group, the rows of a summing side that repeat a document's own key.
    surplus: Vec<BTreeMap<usize, Vec<u32>>>,
}

impl<'a> Matched<'a> {
    pub fn new(sides: &'a Sides<'a>, pairing: Pairing) -> Self {
        let surplus: Vec<BTreeMap<usize, Vec<u32>>> =
            (0..sides.tables.len()).map(|side| repeated(sides, side, &pairing)).collect();
        let counted = surplus.iter().zip(&pairing.sides).map(|(surplus, members)| {
            let surplus: HashSet<u32> = surplus.values().flatten().copied().collect();
            let counts = |_: usize, row: u32| !surplus.contains(&row);
            (!surplus.is_empty()).then(|| members.filtered(pairing.groups, counts))
        });
        let counted = counted.collect();
        let (settings, context, tables) = (sides.settings, sides.context, &sides.tables);
        Matched { settings, context, sides, tables, pairing, counted, surplus }
    }

    pub fn side(&self, index: usize) -> &'a Side {
        &self.settings.sides[index]
    }

    /// All rows of a group on one side.
    pub fn rows(&self, side: usize, group: usize) -> &[u32] {
        self.pairing.sides[side].of(group)
    }

    /// The rows that count: without those that repeat a document's own key.
    pub fn counted(&self, side: usize, group: usize) -> &[u32] {
        self.counted[side].as_ref().unwrap_or(&self.pairing.sides[side]).of(group)
    }

    /// The rows of a summing side that repeat a document's own key.
    pub fn surplus(&self, side: usize, group: usize) -> Option<&[u32]> {
        self.surplus[side].get(&group).map(Vec::as_slice)
    }

    /// How many rows count on the side that has most of them, of some sides; at least one.
    pub fn most_rows(&self, sides: &[usize], group: usize) -> u64 {
        sides.iter().map(|side| self.counted(*side, group).len() as u64).max().unwrap_or_default().max(1)
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
        Subject::key(key_values(&self.sides.keyed[side].parts, self.rows(side, group)[0]))
    }

    pub fn evidence(&self, group: usize) -> Vec<SideRows> {
        let sides = self.settings.sides.iter().enumerate();
        let limit = self.context.evidence_rows;
        sides.map(|(index, side)| rows::shown(&side.name, self.tables[index], self.rows(index, group), limit)).collect()
    }

    /// The currencies of a money column's rows.
    pub fn currencies(&self, column: &ColumnRef) -> &'a Currencies {
        self.sides.currencies(self.side_of(column), &column.column)
    }

    /// The rows of a group whose currency is that of a money column's figure: one, where the first row's figure counts.
    pub fn priced(&self, side: usize, column: &str, group: usize) -> &[u32] {
        let rows = self.counted(side, group);
        if rows.len() < 2 || !self.side(side).first.iter().any(|first| first == column) {
            return rows;
        }
        let first = aggregates::first(self.tables[side], rows);
        let place = rows.iter().position(|row| Some(*row) == first);
        place.map_or(rows, |place| &rows[place..=place])
    }

    pub fn side_of(&self, column: &ColumnRef) -> usize {
        // A rule of one side names its columns bare.
        let Some(name) = column.side.as_deref() else { return 0 };
        let place = self.settings.sides.iter().position(|side| side.name == name);
        place.expect("the rulebook has checked every side an expression names")
    }

    /// The type of a side's column.
    pub fn kind(&self, column: &ColumnRef) -> Option<&ColumnType> {
        self.tables[self.side_of(column)].spec.column(&column.column).map(|column| &column.kind)
    }

    fn summed(&self, side: usize, column: &str) -> Decimals {
        let cells = rows::decimals(self.tables[side], column);
        let nothing = if self.side(side).absent_zero { Cell::Value } else { Cell::Null };
        let mut sums = DecimalsBuilder::with_room(cells.scale, self.pairing.groups);
        for group in 0..self.pairing.groups {
            sums.push_cell(match self.counted(side, group) {
                [] => (0, nothing),
                [row] => cells.at(*row as usize),
                rows => add_up(&cells, rows),
            });
        }
        sums.finish()
    }

    /// The counted row of each group that stands for all: the rulebook lets only columns through that are alike in all
    /// of them, or of a side on which several rows are a duplicate. Of those it is the first by the text of its cells.
    fn representatives(&self, side: usize) -> impl ExactSizeIterator<Item = Option<usize>> + '_ {
        let gathers = self.side(side).gathers();
        let first = move |rows: &[u32]| match rows {
            [_, _, ..] if !gathers => rows.iter().copied().min_by_key(|row| rows::row_text(self.tables[side], *row)),
            rows => rows.first().copied(),
        };
        (0..self.pairing.groups).map(move |group| first(self.counted(side, group)).map(|row| row as usize))
    }
}

/// The sum of a group's figures. Nulls count for nothing; a fault, or a sum that does not fit, is a fault.
fn add_up(cells: &Decimals, rows: &[u32]) -> (i128, Cell) {
    let mut sum = Sum::default();
    let mut state = Cell::Null;
    for row in rows {
        match cells.at(*row as usize) {
            (_, Cell::Null) => {}
            (_, Cell::Fault) => return (0, Cell::Fault),
            (units, Cell::Value) => {
                sum.add(units);
                state = Cell::Value;
            }
        }
    }
    sum.units().filter(fits_in_frame).map_or((0, Cell::Fault), |units| (units, state))
}

/// A decimal column has at most 38 digits.
fn fits_in_frame(units: &i128) -> bool {
    units.unsigned_abs() < 10u128.pow(38)
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
        if settings.count.as_ref() == Some(&column.column) {
            return Vector::Decimal(aggregates::counted(self, side));
        }
        match aggregates::picked(self, side, &column.column) {
            Some(picked) => self.taken(side, &column.column, picked.into_iter()),
            None => self.taken(side, &column.column, self.representatives(side)),
        }
    }
}

impl Matched<'_> {
    /// One cell of a column for each group: that of the picked row.
    fn taken(&self, side: usize, column: &str, picked: impl ExactSizeIterator<Item = Option<usize>>) -> Vector {
        let settings = self.side(side);
        match self.tables[side].vector(column) {
            Vector::Text(texts) => {
                let cells = picked.map(|row| row.and_then(|row| texts.get(row)));
                Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, cells))
            }
            Vector::Decimal(cells) => {
                let absent = if settings.absent_zero { Cell::Value } else { Cell::Null };
                Vector::Decimal(cells.picked(picked, absent))
            }
            Vector::Date(days) => Vector::Date(picked.map(|row| row.and_then(|row| days[row])).collect()),
            Vector::Instant(at) => Vector::Instant(picked.map(|row| row.and_then(|row| at[row])).collect()),
            Vector::Boolean(flags) => Vector::Boolean(picked.map(|row| row.and_then(|row| flags[row])).collect()),
        }
    }
}

/// Finds, on a side that gathers rows, the groups in which a document's own key stands more than once, and the rows that are
/// too many. The row that counts is the first by the text of its cells, so that the source's row order never decides.
fn repeated(sides: &Sides<'_>, index: usize, pairing: &Pairing) -> BTreeMap<usize, Vec<u32>> {
    let mut found = BTreeMap::new();
    let Some(document) = &sides.documents[index] else { return found };
    for group in 0..pairing.groups {
        let rows = pairing.sides[index].of(group);
        if rows.len() < 2 {
            continue;
        }
        let mut surplus = Vec::new();
        for mut same in matching::alike(document, rows) {
            same.sort_by_cached_key(|row| rows::row_text(sides.tables[index], *row));
            surplus.extend(&same[1..]);
        }
        if !surplus.is_empty() {
            found.insert(group, surplus);
        }
    }
    found
}

/// The sum of some rows of a column; `None` when nothing is there or it does not fit.
pub(super) fn sum(cells: &Decimals, rows: &[u32]) -> Option<Amount> {
    let mut present = rows.iter().filter_map(|row| cells.value(*row as usize)).peekable();
    present.peek()?;
    let mut sum = Sum::default();
    present.for_each(|units| sum.add(units));
    sum.units().map(|units| Amount::new(units, cells.scale))
}
