//! Typed reading of a normalised table.

use chrono::DateTime;
use polars::prelude::{Column, DataType, Int128Chunked};

use super::{Table, day_at};
use crate::audit::amount::{Amount, MAX_SCALE};
use crate::audit::expression::{Cell, ColumnRef, Decimals, Rows, Vector};
use crate::audit::value::Value;

impl Table {
    /// Rows, unreadable ones too.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A whole column. Text shares the frame's memory; the other types are copied.
    ///
    /// # Panics
    /// When the spec has no such column: rules are checked against their tables before they are judged.
    pub fn vector(&self, column: &str) -> Vector {
        let held = self.held(column);
        match held.dtype() {
            DataType::String => held.str().ok().cloned().map(Vector::Text),
            DataType::Boolean => held.bool().ok().map(|cells| Vector::Boolean(cells.iter().collect())),
            DataType::Date => held.date().ok().map(|cells| Vector::Date(cells.physical().iter().collect())),
            DataType::Datetime(..) => {
                held.datetime().ok().map(|cells| Vector::Instant(cells.physical().iter().collect()))
            }
            DataType::Decimal(_, scale) => {
                held.decimal().ok().map(|cells| Vector::Decimal(decimals(cells.physical(), *scale)))
            }
            _ => None,
        }
        .unwrap_or_else(|| self.foreign(column, held.dtype()))
    }

    /// One cell; null where it could not be read.
    ///
    /// # Panics
    /// When the spec has no such column, or `row` is not below [`Table::len`].
    pub fn value(&self, column: &str, row: usize) -> Value {
        let held = self.held(column);
        assert!(row < held.len(), "table {} has no row {row}", self.spec.name);
        match held.dtype() {
            DataType::String => held.str().ok().map(|cells| cells.get(row).map(|text| Value::Text(text.to_owned()))),
            DataType::Boolean => held.bool().ok().map(|cells| cells.get(row).map(Value::Bool)),
            DataType::Date => held.date().ok().map(|cells| cells.physical().get(row).and_then(day_at).map(Value::Date)),
            DataType::Datetime(..) => held.datetime().ok().map(|cells| cells.physical().get(row).and_then(instant)),
            DataType::Decimal(_, scale) => held.decimal().ok().map(|cells| {
                let units = cells.physical().get(row);
                units.map(|units| Value::Amount(Amount::new(units, narrow(*scale))))
            }),
            _ => None,
        }
        .unwrap_or_else(|| self.foreign(column, held.dtype()))
        .unwrap_or_default()
    }

    fn held(&self, column: &str) -> &Column {
        let held = self.frame.column(column);
        held.unwrap_or_else(|_| panic!("table {} was asked for column {column}, which its spec lacks", self.spec.name))
    }

    fn foreign(&self, column: &str, found: &DataType) -> ! {
        panic!("column {column} of table {} is {found}, which no normalised table holds", self.spec.name)
    }
}

/// A table as the rows of an expression over its own columns: the reference's side does not matter.
impl Rows for Table {
    fn len(&self) -> usize {
        Table::len(self)
    }

    fn column(&self, column: &ColumnRef) -> Vector {
        self.vector(&column.column)
    }
}

fn decimals(units: &Int128Chunked, scale: usize) -> Decimals {
    let state = units.iter().map(|units| if units.is_some() { Cell::Value } else { Cell::Null }).collect();
    let units = units.iter().map(Option::unwrap_or_default).collect();
    Decimals { scale: narrow(scale), units, state }
}

/// Scales of normalised columns never exceed [`MAX_SCALE`].
fn narrow(scale: usize) -> u8 {
    u8::try_from(scale).unwrap_or(MAX_SCALE)
}

fn instant(microseconds: i64) -> Option<Value> {
    DateTime::from_timestamp_micros(microseconds).map(Value::Instant)
}
