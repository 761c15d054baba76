//! SQLite files, read through rusqlite: one connection and one read transaction for all tables of a source.
//!
//! The file is opened three times read-only: by flag, by `mode=ro` and by `query_only`. A database in WAL mode may get
//! its `-shm` file made beside it, which is SQLite's own bookkeeping and holds no data.

mod keyed;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use polars::prelude::{Column, DataFrame};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};

use super::column::Growing;
use super::parameters::Dialect;
use super::question::Question;
use super::{Asked, Fault, PullLimits, Watch};
use crate::audit::snapshot::{RawTable, TableSpec};
use crate::audit::value::Value;
use crate::schedule::Clock;

/// Rows between two looks at the watch.
const ROWS_PER_LOOK: u64 = 4096;
/// Digits that SQLite's REAL keeps of any decimal.
const EXACT_DIGITS: u32 = 15;
const EXPECTED: &str = "a SQLite database file";

/// An open read transaction: whatever is written meanwhile, its tables stay as they were when it was opened.
pub struct Snapshot {
    path: PathBuf,
    connection: Connection,
    busy: Duration,
    moment: DateTime<Utc>,
}

/// Reads every table in one snapshot.
pub(super) fn pull(path: &Path, tables: &[Asked], limits: &PullLimits, clock: &dyn Clock, watch: &Watch) {
    let opened = Snapshot::open(path, limits, clock, watch);
    for asked in tables {
        watch.read(&asked.table.name, || match &opened {
            Ok(snapshot) => snapshot.read(asked, limits, watch),
            Err(fault) => Err(fault.clone()),
        });
    }
}

impl Snapshot {
    /// Opens the file and takes the snapshot.
    pub fn open(path: &Path, limits: &PullLimits, clock: &dyn Clock, watch: &Watch) -> Result<Snapshot, Fault> {
        look_at(path)?;
        let busy = limits.lock.min(limits.timeout / 2);
        let failed = |doing: &'static str| move |error: rusqlite::Error| fault(path, busy, doing, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri(path), flags).map_err(failed("opening it"))?;
        let interrupt = connection.get_interrupt_handle();
        watch.on_stop(Box::new(move || interrupt.interrupt()));
        let begin = || {
            connection.busy_timeout(busy)?;
            connection.execute_batch("pragma query_only = on; begin")?;
            // The transaction takes its snapshot with its first read, not with BEGIN.
            connection.query_row("select count(*) from sqlite_schema", (), |_| Ok(()))
        };
        begin().map_err(failed("taking a snapshot"))?;
        let moment = clock.now();
        Ok(Snapshot { path: path.to_owned(), connection, busy, moment })
    }

    /// Reads one table, whole.
    pub fn read(&self, asked: &Asked, limits: &PullLimits, watch: &Watch) -> Result<RawTable, Fault> {
        let Asked { table: spec, parameters, keys } = asked;
        let question = Question::of(spec, parameters, "sqlite", Dialect::Sqlite)?;
        // By their names, so that a placeholder of the query's own is not taken for one of them.
        let whole = question.text(|place, _| format!(":{}", question.bound()[place].0));
        let narrowed = keys.as_ref().and_then(|keys| keyed::narrowed(&whole, keys));
        let (text, keys) = narrowed.map_or_else(|| (whole, Vec::new()), |found| (found.text, found.values));
        let mut statement = self.connection.prepare(&text).map_err(|error| match error {
            rusqlite::Error::MultipleStatement => Fault::SeveralStatements,
            error => fault(&self.path, self.busy, "understanding its query", &error),
        })?;
        if !statement.readonly() {
            return Err(Fault::Writes);
        }
        bind(&mut statement, &question, keys)?;
        let frame = self.collect(spec, &mut statement, limits, watch)?;
        // The file has no clock of its own: its writers stamp rows by theirs.
        Ok(RawTable { frame, moment: self.moment, clock_offset: None })
    }

    /// Steps through the rows of a bound statement.
    fn collect(
        &self,
        spec: &TableSpec,
        statement: &mut Statement<'_>,
        limits: &PullLimits,
        watch: &Watch,
    ) -> Result<DataFrame, Fault> {
        let found: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let needed = super::needed(spec, &found)?;
        let mut columns: Vec<(usize, Growing)> =
            (0..found.len()).filter(|index| needed[*index]).map(|index| (index, Growing::new(&found[index]))).collect();
        let failed = |error: rusqlite::Error| match watch.is_over() {
            true => Fault::TooSlow { limit: limits.timeout },
            false => fault(&self.path, self.busy, "reading its rows", &error),
        };
        let mut rows = statement.raw_query();
        let mut count: u64 = 0;
        loop {
            if count.is_multiple_of(ROWS_PER_LOOK) && watch.is_over_after(count) {
                return Err(Fault::TooSlow { limit: limits.timeout });
            }
            let Some(row) = rows.next().map_err(failed)? else { break };
            count += 1;
            if count > limits.rows {
                return Err(Fault::TooManyRows { limit: limits.rows });
            }
            for (index, column) in &mut columns {
                let cell = row.get_ref(*index).map_err(failed)?;
                if !push(column, cell) {
                    let column = found[*index].clone();
                    return Err(Fault::NotText { column, row: count });
                }
            }
        }
        let height = usize::try_from(count).unwrap_or(usize::MAX);
        let columns: Vec<Column> = columns.into_iter().map(|(_, column)| column.finish()).collect();
        DataFrame::new(height, columns).map_err(|error| Fault::Internal { reason: error.to_string() })
    }
}

/// Appends a cell; `false` when it is text in no known encoding.
fn push(column: &mut Growing, cell: ValueRef<'_>) -> bool {
    match cell {
        ValueRef::Null => column.push_null(),
        ValueRef::Integer(value) => column.push_integer(value),
        ValueRef::Real(value) => column.push_real(value),
        ValueRef::Blob(bytes) => column.push_blob(bytes),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => column.push_text(text),
            Err(_) => return false,
        },
    }
    true
}

/// Whether a readable file stands at `path`. SQLite's own words for the other cases do not tell them apart.
fn look_at(path: &Path) -> Result<(), Fault> {
    let found = std::fs::metadata(path).map_err(|error| Fault::unopened(path, &error, EXPECTED))?;
    if !found.is_file() {
        let found = if found.is_dir() { "a folder" } else { "no ordinary file" };
        return Err(Fault::WrongPlace { path: path.to_owned(), found, expected: EXPECTED });
    }
    std::fs::File::open(path).map_err(|error| Fault::unopened(path, &error, EXPECTED))?;
    Ok(())
}

/// The file as a URI that only reads. SQLite decodes `%` and ends the path at `?` and `#`.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri + "?mode=ro"
}

/// What SQLite said, without the wrapping of its driver.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

fn fault(path: &Path, waited: Duration, doing: &'static str, error: &rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Fault::NotADatabase { path: path.to_owned() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Locked { path: path.to_owned(), waited },
        _ => Fault::Database { doing, message: message(error) },
    }
}

/// Binds the values of the question, and behind them those of `keys`. SQLite itself says whether there are other
/// placeholders.
///
/// A parameter acts like the same constant written into the query: SQLite compares a number with a text by type alone,
/// so a decimal handed over as text would be larger than every sum.
fn bind(
    statement: &mut Statement<'_>,
    question: &Question<'_>,
    keys: Vec<rusqlite::types::Value>,
) -> Result<(), Fault> {
    let failed = |error| Fault::Database { doing: "binding its parameters", message: message(&error) };
    let bound = question.bound();
    if statement.parameter_count() != bound.len() + keys.len() {
        return Err(question.has_foreign_placeholder());
    }
    for (name, value) in bound {
        let place = statement.parameter_index(&format!(":{name}")).map_err(failed)?;
        let place = place.ok_or_else(|| question.has_foreign_placeholder())?;
        let value = sql_value(value).ok_or_else(|| Fault::TooLong {
            name: (*name).to_owned(),
            value: value.to_string(),
            digits: EXACT_DIGITS,
        })?;
        statement.raw_bind_parameter(place, value).map_err(failed)?;
    }
    for (place, value) in keys.into_iter().enumerate() {
        statement.raw_bind_parameter(bound.len() + 1 + place, value).map_err(failed)?;
    }
    Ok(())
}

/// A parameter as SQLite knows it: dates and instants as ISO text (instants in UTC, ending in `Z`), booleans as 0 and
/// 1, whole numbers as INTEGER, others as REAL. `None` for a decimal whose digits neither would keep.
fn sql_value(value: &Value) -> Option<rusqlite::types::Value> {
    use rusqlite::types::Value as Sql;
    Some(match value {
        Value::Null => Sql::Null,
        Value::Bool(value) => Sql::Integer(i64::from(*value)),
        Value::Text(text) => Sql::Text(text.clone()),
        Value::Date(_) | Value::Instant(_) => Sql::Text(value.to_string()),
        Value::Amount(amount) => {
            let amount = amount.normalised();
            match amount.scale() {
                0 => Sql::Integer(i64::try_from(amount.units()).ok()?),
                _ if amount.units().unsigned_abs() < 10u128.pow(EXACT_DIGITS) => {
                    Sql::Real(amount.to_string().parse().ok()?)
                }
                _ => return None,
            }
        }
    })
}
