//! Sources: what is read from a SQLite file or a folder, exactly, whole, in one snapshot, and without a trace.

mod excel;
mod exports;
mod files;
mod found;
mod json_lines;
mod keyed;
mod mysql;
mod parameters;
mod postgres;
mod sqlite;
mod turns;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use polars::prelude::{AnyValue, DataFrame, TimeUnit};
use tieout::audit::expression::Parameters;
use tieout::audit::snapshot::{ColumnSpec, ColumnType, FileRead, Guards, History, RawTable, Read, TableSpec};
use tieout::config::{Connections, Secret, Source, SourceKind};
use tieout::schedule::Clock;
use tieout::sources::{Asked, PullLimits, Pulls, pull};

use crate::schedule::HeldClock;

const LIMITS: PullLimits = PullLimits {
    connect: Duration::from_secs(10),
    turn: Duration::from_secs(60),
    lock: Duration::from_secs(5),
    timeout: Duration::from_secs(60),
    rows: 100_000,
};

fn moment() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 0, 30, 0).unwrap()
}

/// A clock that shows it.
fn clock() -> Arc<dyn Clock> {
    HeldClock::at(&moment().to_rfc3339()).shared()
}

fn query(name: &str, sql: &str, columns: &[&str]) -> TableSpec {
    table(name, Read::Query(sql.to_owned()), columns)
}

fn file(name: &str, path: &str, columns: &[&str]) -> TableSpec {
    table(name, Read::File(FileRead::of(path)), columns)
}

fn table(name: &str, read: Read, columns: &[&str]) -> TableSpec {
    let column = |name: &&str| ColumnSpec {
        from: (*name).to_owned(),
        ..ColumnSpec::new(&name.to_lowercase(), ColumnType::Text)
    };
    TableSpec {
        name: name.to_owned(),
        source: "erp".to_owned(),
        companies: Vec::new(),
        read,
        unique: Vec::new(),
        date: None,
        history: History::Dated,
        guards: Guards::default(),
        columns: columns.iter().map(column).collect(),
    }
}

fn sqlite_source(path: &Path) -> Source {
    source(SourceKind::Sqlite { path: path.to_owned() })
}

fn files_source(path: &Path) -> Source {
    source(SourceKind::Files { path: path.to_owned() })
}

fn postgres_source(url: &str) -> Source {
    source(SourceKind::Postgres { url: Secret::new(url) })
}

fn mysql_source(url: &str) -> Source {
    source(SourceKind::Mysql { url: Secret::new(url) })
}

fn source(kind: SourceKind) -> Source {
    Source { name: "erp".to_owned(), kind, zone: chrono_tz::Asia::Shanghai, connections: Connections::new(1) }
}

/// Pulls on a runtime of its own. That ends only when no reading thread is left.
fn pull_with(source: &Source, tables: Vec<TableSpec>, parameters: &Parameters, limits: &PullLimits) -> Pulls<RawTable> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let asked = tables.into_iter().map(|table| Asked { table, parameters: parameters.clone(), keys: None }).collect();
    runtime.block_on(pull(source, asked, limits, clock(), |_, raw| raw))
}

/// The one table's frame as text, or the sentence that says why there is none, with `DIR` for the test's folder.
fn answer(source: &Source, table: TableSpec, parameters: &Parameters, limits: &PullLimits, dir: &Path) -> String {
    let name = table.name.clone();
    let pulls = pull_with(source, vec![table], parameters, limits);
    assert_eq!(pulls.len(), 1, "one answer for one table");
    match &pulls[&name] {
        Ok(raw) => {
            assert_eq!(raw.moment, moment(), "the moment by the clock is written on the table");
            show(&raw.frame)
        }
        Err(error) => hide(&error.to_string(), dir),
    }
}

/// Temporary folders have other names every time.
fn hide(text: &str, dir: &Path) -> String {
    let real = dir.canonicalize().unwrap();
    text.replace(real.to_str().unwrap(), "DIR").replace(dir.to_str().unwrap(), "DIR")
}

/// One line per column: its name, its type, its cells.
fn show(frame: &DataFrame) -> String {
    let mut lines = vec![format!("{} rows", frame.height())];
    for column in frame.columns() {
        let cells = (0..column.len()).map(|row| match column.get(row).unwrap() {
            AnyValue::Null => "null".to_owned(),
            AnyValue::String(text) => format!("{text:?}"),
            AnyValue::Datetime(ticks, TimeUnit::Microseconds, Some(zone)) => {
                format!("{} {zone}", DateTime::from_timestamp_micros(ticks).unwrap().naive_utc())
            }
            // A column of one row owns its cell.
            AnyValue::DatetimeOwned(ticks, TimeUnit::Microseconds, Some(zone)) => {
                format!("{} {zone}", DateTime::from_timestamp_micros(ticks).unwrap().naive_utc())
            }
            other => other.to_string(),
        });
        lines.push(format!("{} {:?}: {}", column.name(), column.dtype(), cells.collect::<Vec<_>>().join(" | ")));
    }
    lines.join("\n").replace(": \n", ":\n").trim_end().to_owned()
}
