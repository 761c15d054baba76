//! Rows on their way into a table.

use polars::prelude::DataFrame;
use sqlx::mysql::{MySqlColumn, MySqlRow};
use sqlx::{Column, Decode, MySql, Row, TypeInfo};

use super::Times;
use super::decode::Kind;
use crate::audit::snapshot::TableSpec;
use crate::sources::column::Growing;
use crate::sources::growth::Growth;
use crate::sources::{Fault, needed};

/// What has come of a table.
pub(super) struct Table {
    /// Where in the server's rows the columns stand that the table's file names. The others travel, and are passed
    /// over: to leave them out, the query would have to be asked inside another, which the server may first write down
    /// whole, and refuses where two of them have the same name.
    places: Vec<usize>,
    grown: Growth<Kind>,
}

impl Table {
    /// A table of `columns` without rows, which may have `limit` of them.
    pub fn begun(spec: &TableSpec, columns: &[MySqlColumn], times: Times, limit: u64) -> Result<Table, Fault> {
        let found: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
        let needed = needed(spec, &found)?;
        let (mut places, mut growing) = (Vec::new(), Vec::new());
        for (place, column) in columns.iter().enumerate().filter(|(place, _)| needed[*place]) {
            let kind = Kind::of(column.type_info(), times.ahead()).ok_or_else(|| Fault::UnreadableType {
                column: column.name().to_owned(),
                found: column.type_info().name().to_owned(),
                accepted: "turn it into text in the query, for example st_astext(column) as column",
            })?;
            places.push(place);
            growing.push((kind, Growing::new(column.name())));
        }
        Ok(Table { places, grown: Growth::new(growing, limit) })
    }

    fn take(&mut self, row: &MySqlRow) -> Result<(), Fault> {
        self.grown.begin_row()?;
        for (index, place) in self.places.iter().enumerate() {
            let raw = row.try_get_raw(*place).map_err(|error| Fault::Internal { reason: error.to_string() })?;
            // The bytes as they came; only a null has none. (Zero dates would be taken for nulls if they were asked.)
            let cell = <&[u8] as Decode<MySql>>::decode(raw).ok();
            self.grown.push(index, cell)?;
        }
        Ok(())
    }
}

/// A table whose rows come one after the other, until it has a fault. Their cells are read where they come: a thread of
/// its own for that costs more than it spares, because the server works meanwhile too.
pub(super) struct Filling {
    table: Result<Table, Fault>,
}

impl Filling {
    /// A table that could be begun, or the fault that it has instead.
    pub fn of(table: Result<Table, Fault>) -> Filling {
        Filling { table }
    }

    /// Takes the next row. After a fault of the table it is passed over.
    pub fn take(&mut self, row: &MySqlRow) {
        if let Ok(table) = &mut self.table
            && let Err(fault) = table.take(row)
        {
            self.table = Err(fault);
        }
    }

    /// The whole table, or its first fault.
    pub fn finish(self) -> Result<DataFrame, Fault> {
        self.table?.grown.finish()
    }
}
