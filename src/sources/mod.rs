//! Systems that are read: one file per kind. SQL in, frames out; a source returns tables, never breaks.
//!
//! Nothing here writes: a SQLite file is opened read-only and is never made, a folder's files are opened for reading.
//! A table comes whole or not at all.

pub mod catalogue;
mod column;
mod fault;
pub mod files;
mod growth;
mod keyed;
mod mysql;
pub mod parameters;
mod postgres;
mod question;
mod server;
pub mod sqlite;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use fault::{Fault, Origin, SourceError};
pub use watch::{PROGRESS, Watch};

use crate::audit::expression::Parameters;
use crate::audit::recheck::Keys;
use crate::audit::snapshot::{RawTable, Read, TableSpec};
use crate::config::{Limits, Source, SourceKind, Turn};
use crate::schedule::Clock;

/// What one source answered: for each table what was made of its whole raw frame, or why there is none.
pub type Pulls<T> = BTreeMap<String, Result<T, SourceError>>;

/// The limits of one source's pull.
#[derive(Clone, Copy, Debug)]
pub struct PullLimits {
    /// Reaching a server and logging in, one try.
    pub connect: Duration,
    /// Waiting until other pulls of the source are done, so that it is this one's turn.
    pub turn: Duration,
    /// Waiting for a table that another program holds locked.
    pub lock: Duration,
    /// One table, from asking to its last row. Opening the source has as long by itself.
    pub timeout: Duration,
    /// The most rows a table may have.
    pub rows: u64,
}

impl PullLimits {
    /// Those that the config sets.
    pub fn of(limits: &Limits) -> PullLimits {
        PullLimits {
            connect: limits.connect_timeout,
            turn: limits.turn_timeout,
            lock: limits.lock_timeout,
            timeout: limits.pull_timeout,
            rows: limits.pull_rows,
        }
    }
}

/// A table to be pulled.
#[derive(Clone, Debug)]
pub struct Asked {
    pub table: TableSpec,
    /// What its query may name.
    pub parameters: Parameters,
    /// The keys whose rows are needed; all rows without. A source that cannot look for them answers the whole table.
    pub keys: Option<Keys>,
}

/// Pulls `tables` from `source`, all in one snapshot, stamped with the moment at which `clock` saw it taken. Never
/// fails as a whole: each table has its own answer. Dropping the future stops the reading. Each raw table is handed to `settle`, with its
/// name, before the next is read.
///
/// Reading stands on one blocking thread per source; several sources may be pulled at the same time. Of one source, so
/// many pulls read at once as its `connections` say, and the others wait for their turn.
pub async fn pull<T: Send + 'static>(
    source: &Source,
    tables: Vec<Asked>,
    limits: &PullLimits,
    clock: Arc<dyn Clock>,
    settle: impl Fn(&str, RawTable) -> T + Send + 'static,
) -> Pulls<T> {
    let (limits, kind, zone) = (*limits, source.kind.clone(), source.zone);
    let names: Vec<String> = tables.iter().map(|asked| asked.table.name.clone()).collect();
    let Some(turn) = turn(source, limits.turn).await else {
        let fault = Fault::NoTurn { connections: source.connections.most(), waited: limits.turn };
        let refused = |table: String| {
            let at = Origin { source: source.name.clone(), table: table.clone() };
            (table, Err(SourceError { at, fault: fault.clone() }))
        };
        return names.into_iter().map(refused).collect();
    };
    watch::pull(&source.name, names, limits.timeout, settle, move |watch| {
        match kind {
            SourceKind::Sqlite { path } => sqlite::pull(&path, &tables, &limits, &*clock, watch),
            SourceKind::Postgres { url } => postgres::pull(&url, zone, &tables, &limits, &*clock, watch),
            SourceKind::Mysql { url } => mysql::pull(&url, zone, &tables, &limits, &*clock, watch),
            SourceKind::Files { path } => {
                let tables: Vec<TableSpec> = tables.into_iter().map(|asked| asked.table).collect();
                files::pull(&path, &tables, &limits, &*clock, watch);
            }
        }
        // Whoever waits for the pull may be gone by now; the source is read until its thread has ended.
        drop(turn);
    })
    .await
}

/// The source's turn; `None` where it does not come within `patience`.
async fn turn(source: &Source, patience: Duration) -> Option<Turn> {
    if source.connections.are_taken() {
        tracing::info!(source = source.name, connections = source.connections.most(), "waiting for a turn");
    }
    source.connections.turn(patience).await
}

/// What should be known of a source before it is relied on, such as a login that could write. One sentence each.
/// `tables` are those that are read from it.
pub async fn remarks(source: &Source, tables: &[TableSpec], limits: &PullLimits) -> Result<Vec<String>, Fault> {
    let queries = tables.iter().filter_map(|table| match &table.read {
        Read::Query(query) => Some(query.as_str()),
        Read::File(_) => None,
    });
    match &source.kind {
        SourceKind::Postgres { url } => postgres::remarks(url, limits).await,
        SourceKind::Mysql { url } => mysql::remarks(url, &queries.collect::<Vec<_>>(), limits).await,
        SourceKind::Sqlite { .. } | SourceKind::Files { .. } => Ok(Vec::new()),
    }
}

/// The fault of a table that asks for the wrong thing.
fn wrong_read(kind: &'static str, read: &Read) -> Fault {
    match read {
        Read::Query(_) => Fault::WrongRead { kind, found: "query", accepted: "file" },
        Read::File(_) => Fault::WrongRead { kind, found: "file", accepted: "query" },
    }
}

/// For each column of the source, in its order, whether the table's file names it. A column that the file names and
/// the source lacks is a fault, and so is a needed name that the source has twice.
fn needed(spec: &TableSpec, found: &[String]) -> Result<Vec<bool>, Fault> {
    for column in &spec.columns {
        match found.iter().filter(|name| **name == column.from).count() {
            1 => {}
            0 => return Err(Fault::MissingColumn { column: column.from.clone(), found: found.to_vec() }),
            _ => return Err(Fault::DuplicateColumn { column: column.from.clone() }),
        }
    }
    Ok(found.iter().map(|name| spec.columns.iter().any(|column| column.from == *name)).collect())
}

/// Names in one sentence about a source, before the rest is counted.
const FEW: usize = 3;

/// A few names and the number of the rest; `None` without any.
fn few(names: &[String]) -> Option<String> {
    let shown = names.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        count if count <= FEW => Some(shown),
        count => Some(format!("{shown} and {} more", count - FEW)),
    }
}
