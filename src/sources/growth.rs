//! A table that grows row by row from the cells of a server, each in the server's own bytes.

use polars::prelude::{Column, DataFrame};

use super::Fault;
use super::column::Growing;

/// How the values of one column are written by a server.
pub(super) trait CellKind {
    /// Appends one value that is not null.
    fn push(&self, column: &mut Growing, bytes: &[u8]) -> Result<(), Unfit>;
}

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is text, and not in UTF-8.
    NotText,
    /// It does not have the form of its type.
    Malformed,
}

/// A table on its way into columns.
pub(super) struct Growth<K> {
    columns: Vec<(K, Growing)>,
    rows: u64,
    limit: u64,
}

impl<K: CellKind> Growth<K> {
    /// A table without rows, which may have `limit` of them.
    pub fn new(columns: impl IntoIterator<Item = (K, Growing)>, limit: u64) -> Growth<K> {
        Growth { columns: columns.into_iter().collect(), rows: 0, limit }
    }

    /// How many columns each row has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// How many rows there are, the one that was begun last included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Begins a row, which has to be given a cell for each column.
    pub fn begin_row(&mut self) -> Result<(), Fault> {
        self.rows += 1;
        match self.rows > self.limit {
            true => Err(Fault::TooManyRows { limit: self.limit }),
            false => Ok(()),
        }
    }

    /// Gives the row its cell of the column at `index`; `None` is null.
    pub fn push(&mut self, index: usize, cell: Option<&[u8]>) -> Result<(), Fault> {
        let (kind, column) = &mut self.columns[index];
        let Some(bytes) = cell else {
            column.push_null();
            return Ok(());
        };
        kind.push(column, bytes).map_err(|unfit| match unfit {
            Unfit::NotText => Fault::NotText { column: column.name().to_owned(), row: self.rows },
            Unfit::Malformed => malformed(),
        })
    }

    /// The table as it is now.
    pub fn finish(self) -> Result<DataFrame, Fault> {
        let height = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let columns: Vec<Column> = self.columns.into_iter().map(|(_, column)| column.finish()).collect();
        DataFrame::new(height, columns).map_err(|error| Fault::Internal { reason: error.to_string() })
    }
}

/// The fault of rows that are not what their types say.
pub(super) fn malformed() -> Fault {
    Fault::Internal { reason: "the server's rows do not have the form of their types".to_owned() }
}
