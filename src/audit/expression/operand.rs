//! What evaluation hands from node to node: columns, and constants that stand for every row without being copied.

use std::borrow::Cow;

use polars::prelude::{ChunkExpandAtIndex, StringChunked};

use super::{Cell, Decimals, Vector};

/// A column, or a vector of one cell that stands for every row.
pub(super) struct Operand<'v> {
    pub vector: Cow<'v, Vector>,
    pub constant: bool,
}

/// Cells by row, whether there is one for every row or one for all.
pub(super) struct Lane<'v, T> {
    cells: &'v [T],
    constant: bool,
}

impl<T: Copy> Lane<'_, T> {
    pub fn at(&self, row: usize) -> T {
        self.cells[if self.constant { 0 } else { row }]
    }
}

/// The figures of an operand.
pub(super) struct Figures<'v> {
    pub scale: u8,
    held: &'v Decimals,
    constant: bool,
}

impl Figures<'_> {
    pub fn at(&self, row: usize) -> (i128, Cell) {
        self.held.at(if self.constant { 0 } else { row })
    }
}

/// How many cells a result has, and whether it is itself a constant.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub cells: usize,
    pub constant: bool,
}

impl<'v> Operand<'v> {
    pub fn constant(vector: Vector) -> Self {
        Operand { vector: Cow::Owned(vector), constant: true }
    }

    /// A result of operands that together reach over `extent`.
    pub fn result(vector: Vector, extent: Extent) -> Self {
        Operand { vector: Cow::Owned(vector), constant: extent.constant }
    }

    pub fn lane<'l, T>(&self, cells: &'l [T]) -> Lane<'l, T> {
        Lane { cells, constant: self.constant }
    }

    pub fn decimals(&self) -> &Decimals {
        match self.vector.as_ref() {
            Vector::Decimal(decimals) => decimals,
            other => mistyped("a decimal", other),
        }
    }

    pub fn figures(&self) -> Figures<'_> {
        let decimals = self.decimals();
        Figures { scale: decimals.scale, held: decimals, constant: self.constant }
    }

    pub fn conditions(&self) -> Lane<'_, Option<bool>> {
        match self.vector.as_ref() {
            Vector::Boolean(cells) => self.lane(cells),
            other => mistyped("a condition", other),
        }
    }

    pub fn days(&self) -> Lane<'_, Option<i32>> {
        match self.vector.as_ref() {
            Vector::Date(cells) => self.lane(cells),
            other => mistyped("a date", other),
        }
    }

    pub fn text(&self) -> &StringChunked {
        match self.vector.as_ref() {
            Vector::Text(texts) => texts,
            other => mistyped("text", other),
        }
    }

    /// The text of each of `cells` rows.
    pub fn texts(&self, cells: usize) -> Box<dyn Iterator<Item = Option<&str>> + '_> {
        let texts = self.text();
        if self.constant { Box::new(std::iter::repeat_n(texts.get(0), cells)) } else { Box::new(texts.iter()) }
    }

    /// Of each of `cells` rows: value, null or fault.
    pub fn states(&self, cells: usize) -> Vec<Cell> {
        let present = |is_value: bool| if is_value { Cell::Value } else { Cell::Null };
        match self.vector.as_ref() {
            Vector::Text(_) => self.texts(cells).map(|text| present(text.is_some())).collect(),
            Vector::Decimal(decimals) => {
                (0..cells).map(|row| decimals.state(if self.constant { 0 } else { row })).collect()
            }
            Vector::Date(days) => self.presence(days, cells),
            Vector::Instant(moments) => self.presence(moments, cells),
            Vector::Boolean(conditions) => self.presence(conditions, cells),
        }
    }

    fn presence<T: Copy>(&self, held: &[Option<T>], cells: usize) -> Vec<Cell> {
        let lane = self.lane(held);
        (0..cells).map(|row| if lane.at(row).is_some() { Cell::Value } else { Cell::Null }).collect()
    }

    /// One cell for each of `rows`.
    pub fn spread(self, rows: usize) -> Vector {
        if !self.constant {
            return self.vector.into_owned();
        }
        match self.vector.as_ref() {
            Vector::Text(texts) => Vector::Text(texts.new_from_index(0, rows)),
            Vector::Decimal(decimals) => {
                Vector::Decimal(decimals.picked(std::iter::repeat_n(Some(0), rows), Cell::Null))
            }
            Vector::Date(cells) => Vector::Date(vec![cells[0]; rows].into()),
            Vector::Instant(cells) => Vector::Instant(vec![cells[0]; rows].into()),
            Vector::Boolean(cells) => Vector::Boolean(vec![cells[0]; rows].into()),
        }
    }
}

impl Vector {
    /// Cells held.
    pub fn len(&self) -> usize {
        match self {
            Vector::Text(texts) => texts.len(),
            Vector::Decimal(decimals) => decimals.len(),
            Vector::Date(cells) => cells.len(),
            Vector::Instant(cells) => cells.len(),
            Vector::Boolean(cells) => cells.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Vector::Text(_) => "text",
            Vector::Decimal(_) => "a decimal",
            Vector::Date(_) => "a date",
            Vector::Instant(_) => "an instant",
            Vector::Boolean(_) => "a condition",
        }
    }
}

/// Typing rules this out, so meeting it is a mistake of this module.
fn mistyped(expected: &str, found: &Vector) -> ! {
    panic!("an expression typed as {expected} was evaluated to {}", found.type_name())
}
