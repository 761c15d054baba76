//! Typed reading of a normalised table.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use polars::prelude::{NewChunkedArray, StringChunked};

use super::cleaning::clean;
use super::{ColumnSpec, ColumnType, Normaliser, Table, TableSpec, UnreadableCell};
use crate::audit::expression::{ColumnRef, Rows, Vector};
use crate::audit::value::Value;

impl Table {
    /// A table of `rows` rows: one column for each of the spec's, in its order and of its type.
    ///
    /// # Panics
    /// When the columns are not the spec's.
    pub fn new(
        spec: TableSpec,
        rows: usize,
        columns: Vec<Vector>,
        unreadable: Vec<UnreadableCell>,
        moment: DateTime<Utc>,
    ) -> Table {
        assert!(spec.columns.len() == columns.len(), "table {} has one column for each of its spec's", spec.name);
        for (column, held) in spec.columns.iter().zip(&columns) {
            assert!(held.len() == rows, "column {} of table {} has a cell for each row", column.name, spec.name);
            assert!(fits(held, &column.kind), "column {} of table {} is of its type", column.name, spec.name);
        }
        let unknown = BTreeMap::new();
        Table { spec, rows, columns, unreadable, moment, clock_offset: None, no_dates: BTreeMap::new(), unknown }
    }

    /// The moment of the snapshot by the source's own clock, which is what its rows were stamped by; by ours where it
    /// tells none.
    pub fn own_moment(&self) -> DateTime<Utc> {
        let offset = self.clock_offset.unwrap_or_default();
        self.moment.checked_add_signed(offset).unwrap_or(self.moment)
    }

    /// Rows, unreadable ones too.
    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A whole column. It shares the table's memory.
    ///
    /// # Panics
    /// When the spec has no such column: rules are checked against their tables before they are judged.
    pub fn vector(&self, column: &str) -> Vector {
        self.held(column).clone()
    }

    /// One cell; null where it could not be read.
    ///
    /// # Panics
    /// When the spec has no such column, or `row` is not below [`Table::len`].
    pub fn value(&self, column: &str, row: usize) -> Value {
        self.held(column).value(row)
    }

    /// All columns, in the spec's order.
    pub fn columns(&self) -> &[Vector] {
        &self.columns
    }

    /// The same table with one column more, or with another one in the place of the column of that name. The others are
    /// shared, not copied.
    ///
    /// # Panics
    /// When the column is of another length or type than its spec says.
    pub fn with_column(mut self, column: ColumnSpec, held: Vector) -> Table {
        assert!(held.len() == self.rows && fits(&held, &column.kind), "an added column fits its table");
        match self.spec.columns.iter().position(|known| known.name == column.name) {
            Some(place) => {
                self.spec.columns[place] = column;
                self.columns[place] = held;
            }
            None => {
                self.spec.columns.push(column);
                self.columns.push(held);
            }
        }
        self
    }

    /// The same table with a text column cleaned by further steps, which `column` says it is cleaned by; nothing where
    /// no cell changes.
    pub fn cleaned(&self, column: ColumnSpec, steps: &[Normaliser]) -> Option<Table> {
        let Vector::Text(texts) = self.held(&column.name) else { return None };
        if texts.iter().flatten().all(|text| clean(text, steps) == text) {
            return None;
        }
        let cells = texts.iter().map(|cell| cell.map(|text| clean(text, steps)).filter(|text| !text.is_empty()));
        let cells = StringChunked::from_iter_options(texts.name().clone(), cells);
        Some(self.clone().with_column(column, Vector::Text(cells)))
    }

    fn held(&self, column: &str) -> &Vector {
        let place = self.spec.columns.iter().position(|known| known.name == column);
        let place = place
            .unwrap_or_else(|| panic!("table {} was asked for column {column}, which its spec lacks", self.spec.name));
        &self.columns[place]
    }
}

fn fits(held: &Vector, kind: &ColumnType) -> bool {
    match (held, kind) {
        (Vector::Decimal(decimals), kind) => kind.scale() == Some(decimals.scale),
        (Vector::Text(_), ColumnType::Text)
        | (Vector::Date(_), ColumnType::Date)
        | (Vector::Instant(_), ColumnType::Instant)
        | (Vector::Boolean(_), ColumnType::Boolean) => true,
        _ => false,
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
