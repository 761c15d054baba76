//! Rows on their way into a table: one thread takes them off the connection, and another one reads their cells.

use polars::prelude::DataFrame;
use sqlx::mysql::{MySqlColumn, MySqlRow};
use sqlx::{Column, Decode, MySql, Row, TypeInfo};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

use super::Times;
use super::decode::Kind;
use crate::audit::snapshot::TableSpec;
use crate::sources::column::Growing;
use crate::sources::growth::Growth;
use crate::sources::{Fault, needed};

/// Rows that are handed over at once.
const BATCH: usize = 1024;
/// Batches that may wait to be read. The connection waits when there are more.
const WAITING: usize = 4;

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

/// A table whose rows are read on a thread of their own while others still come.
pub(super) struct Filling {
    batch: Vec<MySqlRow>,
    /// Gone once the table has a fault.
    batches: Option<Sender<Vec<MySqlRow>>>,
    table: JoinHandle<Result<Table, Fault>>,
}

impl Filling {
    /// A table that could be begun, or the fault that it has instead.
    pub fn of(table: Result<Table, Fault>) -> Filling {
        let (batches, mut waiting) = channel::<Vec<MySqlRow>>(WAITING);
        let table = spawn_blocking(move || {
            let mut table = table?;
            while let Some(batch) = waiting.blocking_recv() {
                batch.iter().try_for_each(|row| table.take(row))?;
            }
            Ok(table)
        });
        Filling { batch: Vec::with_capacity(BATCH), batches: Some(batches), table }
    }

    /// Hands the next row over. After a fault of the table it is passed over.
    pub async fn take(&mut self, row: MySqlRow) {
        if self.batches.is_some() {
            self.batch.push(row);
        }
        if self.batch.len() == BATCH {
            self.hand_over().await;
        }
    }

    async fn hand_over(&mut self) {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        if let Some(batches) = &self.batches
            && batches.send(batch).await.is_err()
        {
            self.batches = None;
        }
    }

    /// The whole table, or its first fault.
    pub async fn finish(mut self) -> Result<DataFrame, Fault> {
        self.hand_over().await;
        drop(self.batches);
        let table = self.table.await.map_err(|error| Fault::Internal { reason: error.to_string() })?;
        table?.grown.finish()
    }
}
