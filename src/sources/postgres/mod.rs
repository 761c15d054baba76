//! PostgreSQL, read through sqlx and decoded by us: one connection and one REPEATABLE READ transaction that can only
//! read, for all tables of a source.
//!
//! A query without parameters comes by `COPY … TO STDOUT (FORMAT BINARY)`, which costs the client least; `COPY` takes no
//! parameters, so the others come as binary rows of a prepared statement. Both are the same bytes, cell by cell.

mod connect;
mod decode;
mod remarks;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt};
use polars::prelude::{Column as FrameColumn, DataFrame};
use sqlx::postgres::{PgArguments, PgColumn, PgConnectOptions, PgConnection};
use sqlx::{Arguments, AssertSqlSafe, Column, Connection, Executor, Row, SqlSafeStr, Statement};
use tokio::runtime::Runtime;

use self::connect::{query_fault, server_fault};
use self::decode::{Kind, Unfit};
use super::column::Growing;
use super::parameters::{self, Dialect};
use super::server::{self, READ_ATTEMPTS, Stop};
use super::{Asked, Fault, PullLimits, Watch};
use crate::audit::expression::Parameters;
use crate::audit::snapshot::{RawTable, Read, TableSpec};
use crate::audit::value::Value;
use crate::config::Secret;

pub(super) use remarks::remarks;

const KIND: &str = "postgres";
/// What a query may begin with. Everything else could end the transaction or set a switch.
const QUERY_WORDS: [&str; 4] = ["select", "with", "values", "table"];
/// Rows between two looks at the watch.
const ROWS_PER_LOOK: u64 = 4096;
/// What a query that hangs is given by the server less than by the watch, so that the server's own end to it, after
/// which the transaction goes on, comes first.
const SERVER_ENDS_EARLIER: Duration = Duration::from_secs(2);
/// What `COPY` writes before the first row, and its length with the two fields behind it.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const HEADER: usize = SIGNATURE.len() + 8;

/// Reads every table in one snapshot. A connection that breaks on the way is opened once more, and then all tables are
/// read again, so that they still are of one moment.
pub(super) fn pull(
    url: &Secret,
    zone: chrono_tz::Tz,
    tables: &[Asked],
    limits: &PullLimits,
    moment: DateTime<Utc>,
    watch: &Watch,
) {
    let stop = Stop::of(watch);
    for attempt in 1..=READ_ATTEMPTS {
        let mut lost = false;
        let mut opened = Snapshot::open(url, zone, limits, moment, watch, &stop);
        if attempt > 1 && opened.is_err() {
            // What was read before the connection broke stands, and what was not keeps its own fault.
            return;
        }
        for Asked { table, parameters } in tables {
            watch.read(&table.name, || {
                let snapshot = opened.as_mut().map_err(|fault| fault.clone())?;
                let answer = snapshot.read(table, parameters, limits, watch, &stop);
                lost |= matches!(answer, Err(Fault::Lost { .. }));
                answer
            });
        }
        if let Ok(snapshot) = opened {
            snapshot.close();
        }
        if !lost || watch.is_over() {
            return;
        }
        tracing::warn!("the connection broke; all tables of the source are read once more");
    }
}

/// An open read transaction: whatever is written meanwhile, its tables stay as they were when it was opened.
struct Snapshot {
    /// `None` once it broke or was given up.
    connection: Option<PgConnection>,
    /// The fault of every further table, once there is no connection.
    over: Option<Fault>,
    runtime: Runtime,
    server: String,
    moment: DateTime<Utc>,
    /// Fractional digits of the server's currency, looked up when a column needs them.
    money: Option<u8>,
}

impl Snapshot {
    /// Logs in and takes the snapshot.
    fn open(
        url: &Secret,
        zone: chrono_tz::Tz,
        limits: &PullLimits,
        moment: DateTime<Utc>,
        watch: &Watch,
        stop: &Stop,
    ) -> Result<Snapshot, Fault> {
        let options = connect::options(url)?;
        let server = connect::address(&options);
        let runtime = server::runtime()?;
        let connection = runtime.block_on(stop.or(watch, limits, begin(&options, &server, zone, limits)))?;
        Ok(Snapshot { connection: Some(connection), over: None, runtime, server, moment, money: None })
    }

    /// Reads one table, whole.
    fn read(
        &mut self,
        spec: &TableSpec,
        parameters: &Parameters,
        limits: &PullLimits,
        watch: &Watch,
        stop: &Stop,
    ) -> Result<RawTable, Fault> {
        let asked = Question::of(spec, parameters)?;
        if let Some(over) = &self.over {
            return Err(over.clone());
        }
        let Some(connection) = &mut self.connection else {
            return Err(Fault::Lost { server: self.server.clone(), reason: "it is closed".to_owned() });
        };
        let reading = Reading { connection, spec, server: &self.server, limits, watch, money: &mut self.money };
        // A fault inside leaves the transaction as it was; one outside is a connection in the middle of something.
        let answer = self.runtime.block_on(stop.or(watch, limits, async { Ok(reading.guarded(&asked).await) }));
        match answer {
            Ok(Ok(frame)) => Ok(RawTable { frame, moment: self.moment }),
            Ok(Err(fault)) => {
                if matches!(fault, Fault::Lost { .. }) {
                    (self.connection, self.over) = (None, Some(fault.clone()));
                }
                Err(fault)
            }
            Err(fault) => {
                (self.connection, self.over) = (None, Some(Fault::GivenUp { table: spec.name.clone() }));
                Err(fault)
            }
        }
    }

    /// Takes leave, where the server still listens.
    fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            // Nothing depends on it: the server ends the transaction of a connection that is gone, too.
            let _ = self.runtime.block_on(tokio::time::timeout(Duration::from_secs(1), connection.close()));
        }
    }
}

/// Logs in and begins the transaction. Its snapshot is taken by the first query in it, which is made here.
async fn begin(
    options: &PgConnectOptions,
    server: &str,
    zone: chrono_tz::Tz,
    limits: &PullLimits,
) -> Result<PgConnection, Fault> {
    let open = || async {
        let mut connection = PgConnection::connect_with(options).await?;
        let statement = limits.timeout.saturating_sub(SERVER_ENDS_EARLIER).max(limits.timeout / 2);
        let (statement, lock) = (statement.as_millis(), limits.lock.as_millis());
        let begin = format!(
            "begin isolation level repeatable read, read only; set local statement_timeout = {statement}; \
             set local lock_timeout = {lock}; set local timezone = '{}'; select 1",
            zone.name()
        );
        connection.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await?;
        Ok(connection)
    };
    server::reach(server, limits, open, |error| server_fault(server, error)).await
}

/// A query as PostgreSQL is asked it.
struct Question {
    /// With `$1` and so on in the places of parameters.
    sql: String,
    /// What is bound to them, as text.
    bound: Vec<Option<String>>,
}

impl Question {
    fn of(spec: &TableSpec, parameters: &Parameters) -> Result<Question, Fault> {
        let Read::Query(query) = &spec.read else {
            return Err(super::wrong_read(KIND, &spec.read));
        };
        let query = parameters::without_end(query, Dialect::Postgres);
        let known = || parameters.keys().map(|name| format!(":{name}")).collect::<Vec<_>>();
        let bound = parameters::bind(query, Dialect::Postgres, parameters)
            .map_err(|name| Fault::UnknownParameter { name: name.to_owned(), known: known() })?;
        if parameters::has_foreign_placeholder(query, Dialect::Postgres) {
            return Err(Fault::ForeignPlaceholder { known: known() });
        }
        let first = parameters::first_word(query, Dialect::Postgres);
        if !QUERY_WORDS.contains(&first.as_str()) {
            return Err(Fault::NotAQuery { found: if first.is_empty() { "nothing".to_owned() } else { first } });
        }
        let sql = parameters::replaced(query, Dialect::Postgres, |name, _| {
            let place = bound.iter().position(|(known, _)| *known == name).unwrap_or_default();
            format!("${}::{}", place + 1, type_of(bound[place].1))
        });
        Ok(Question { sql, bound: bound.into_iter().map(|(_, value)| written(value)).collect() })
    }

    fn arguments(&self) -> Result<PgArguments, Fault> {
        let mut arguments = PgArguments::default();
        for value in &self.bound {
            let added = arguments.add(value.as_deref());
            added.map_err(|error| Fault::Internal { reason: error.to_string() })?;
        }
        Ok(arguments)
    }
}

/// The type a parameter has in the query. A whole number is an integer as long as it fits, so that it can be added to
/// a date.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Text(_) => "text",
        Value::Bool(_) => "boolean",
        Value::Date(_) => "date",
        Value::Instant(_) => "timestamptz",
        Value::Amount(amount) => {
            let amount = amount.normalised();
            match amount.scale() {
                0 if i32::try_from(amount.units()).is_ok() => "integer",
                0 if i64::try_from(amount.units()).is_ok() => "bigint",
                _ => "numeric",
            }
        }
    }
}

/// A parameter as the text that PostgreSQL reads as its type.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text.clone()),
        Value::Amount(amount) => Some(amount.normalised().to_string()),
        Value::Bool(_) | Value::Date(_) | Value::Instant(_) => Some(value.to_string()),
    }
}

/// One table on its way from the server.
struct Reading<'r> {
    connection: &'r mut PgConnection,
    spec: &'r TableSpec,
    server: &'r str,
    limits: &'r PullLimits,
    watch: &'r Watch,
    money: &'r mut Option<u8>,
}

impl Reading<'_> {
    /// Reads the table inside a savepoint, so that its fault leaves the transaction, and with it the snapshot, alive.
    async fn guarded(mut self, asked: &Question) -> Result<DataFrame, Fault> {
        self.execute("savepoint tieout").await?;
        let answer = self.table(asked).await;
        match &answer {
            Err(Fault::Lost { .. }) => {}
            Err(_) => self.execute("rollback to savepoint tieout").await?,
            Ok(_) => self.execute("release savepoint tieout").await?,
        }
        answer
    }

    async fn execute(&mut self, statement: &'static str) -> Result<(), Fault> {
        let done = self.connection.execute(sqlx::raw_sql(statement)).await;
        done.map(drop).map_err(|error| self.fault("reading it", &error))
    }

    fn fault(&self, doing: &'static str, error: &sqlx::Error) -> Fault {
        query_fault(self.server, doing, self.limits, error)
    }

    async fn table(&mut self, asked: &Question) -> Result<DataFrame, Fault> {
        let described = self.described(&asked.sql, asked.bound.len()).await?;
        let found: Vec<String> = described.iter().map(|column| column.name().to_owned()).collect();
        let needed = super::needed(self.spec, &found)?;
        let all = needed.iter().all(|needed| *needed);
        let columns: Vec<&PgColumn> =
            described.iter().zip(&needed).filter(|(_, needed)| **needed).map(|(column, _)| column).collect();
        let money = match columns.iter().any(|column| is_money(column)) {
            true => self.money_scale().await?,
            false => 0,
        };
        let mut table = Growth { columns: Vec::with_capacity(columns.len()), rows: 0, limit: self.limits.rows };
        for column in &columns {
            let kind = Kind::of(column.type_info(), money).ok_or_else(|| Fault::UnreadableType {
                column: column.name().to_owned(),
                found: sqlx::TypeInfo::name(column.type_info()).to_owned(),
                accepted: "turn it into text in the query, for example (column)::text as column",
            })?;
            table.columns.push((kind, Growing::new(column.name())));
        }
        // Columns that no table file names need not travel.
        let sql = if all {
            asked.sql.clone()
        } else {
            let names: Vec<String> = columns.iter().map(|column| quoted(column.name())).collect();
            format!("select {} from (\n{}\n) as tieout", names.join(", "), asked.sql)
        };
        match asked.bound.is_empty() {
            true => self.copy(&sql, &mut table).await?,
            false => self.rows(&sql, asked.arguments()?, &mut table).await?,
        }
        table.finish()
    }

    /// The columns that the query answers. Preparing it also shows that it is one statement and stands by itself.
    async fn described(&mut self, sql: &str, parameters: usize) -> Result<Vec<PgColumn>, Fault> {
        let text = <str as sqlx::Type<sqlx::Postgres>>::type_info();
        let types = vec![text; parameters];
        let prepared = self.connection.prepare_with(AssertSqlSafe(sql.to_owned()).into_sql_str(), &types).await;
        let prepared = prepared.map_err(|error| self.fault("understanding its query", &error))?;
        Ok(prepared.columns().to_vec())
    }

    /// How many fractional digits `money` has on this server, which is a setting of its own.
    async fn money_scale(&mut self) -> Result<u8, Fault> {
        if let Some(scale) = *self.money {
            return Ok(scale);
        }
        let row = self.connection.fetch_one(sqlx::query("select '1'::money")).await;
        let row = row.map_err(|error| self.fault("asking for the digits of money", &error))?;
        let bytes = row.try_get_raw(0).ok().and_then(|raw| raw.as_bytes().ok()?.try_into().ok());
        let units = bytes.map_or(100, i64::from_be_bytes);
        let scale = u8::try_from(units.max(1).ilog10()).unwrap_or(2);
        *self.money = Some(scale);
        Ok(scale)
    }

    /// Reads all rows by `COPY`.
    async fn copy(&mut self, sql: &str, table: &mut Growth) -> Result<(), Fault> {
        let statement = format!("copy (\n{sql}\n) to stdout (format binary)");
        let (server, limits, watch) = (self.server, self.limits, self.watch);
        let failed = |error: &sqlx::Error| query_fault(server, "reading its rows", limits, error);
        let mut chunks = self.connection.copy_out_raw(&statement).await.map_err(|error| failed(&error))?;
        let mut copied = Copied::default();
        let mut answer = Ok(());
        // After a fault of ours the rest is still taken off the connection, which is needed for the next table.
        while let Some(chunk) = chunks.try_next().await.map_err(|error| failed(&error))? {
            if answer.is_ok() {
                answer = copied.take(&chunk, table);
                if table.rows.is_multiple_of(ROWS_PER_LOOK) && watch.is_over() {
                    answer = Err(Fault::TooSlow { limit: limits.timeout });
                }
            }
        }
        answer?;
        match copied.ended {
            true => Ok(()),
            false => {
                let reason = "the copy ended before its end mark".to_owned();
                Err(Fault::Lost { server: server.to_owned(), reason })
            }
        }
    }

    /// Reads all rows of the prepared statement.
    async fn rows(&mut self, sql: &str, arguments: PgArguments, table: &mut Growth) -> Result<(), Fault> {
        let (server, limits, watch) = (self.server, self.limits, self.watch);
        let failed = |error: &sqlx::Error| query_fault(server, "reading its rows", limits, error);
        let mut rows = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).fetch(&mut *self.connection);
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| failed(&error))?;
            table.begin_row()?;
            for index in 0..table.columns.len() {
                let raw = row.try_get_raw(index).map_err(|error| failed(&error))?;
                table.push(index, raw.as_bytes().ok())?;
            }
            if table.rows.is_multiple_of(ROWS_PER_LOOK) && watch.is_over() {
                return Err(Fault::TooSlow { limit: limits.timeout });
            }
        }
        Ok(())
    }
}

fn is_money(column: &PgColumn) -> bool {
    Kind::of(column.type_info(), 0) == Some(Kind::Money(0))
}

/// A name as PostgreSQL takes it whatever it is made of.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table that grows row by row.
struct Growth {
    columns: Vec<(Kind, Growing)>,
    rows: u64,
    limit: u64,
}

impl Growth {
    fn begin_row(&mut self) -> Result<(), Fault> {
        self.rows += 1;
        match self.rows > self.limit {
            true => Err(Fault::TooManyRows { limit: self.limit }),
            false => Ok(()),
        }
    }

    fn push(&mut self, index: usize, cell: Option<&[u8]>) -> Result<(), Fault> {
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

    fn finish(self) -> Result<DataFrame, Fault> {
        let height = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let columns: Vec<FrameColumn> = self.columns.into_iter().map(|(_, column)| column.finish()).collect();
        DataFrame::new(height, columns).map_err(|error| Fault::Internal { reason: error.to_string() })
    }
}

fn malformed() -> Fault {
    Fault::Internal { reason: "the server's rows do not have the form of their types".to_owned() }
}

/// What has come of a `COPY` so far.
#[derive(Default)]
struct Copied {
    /// The beginning of a row whose end has not come yet.
    rest: Vec<u8>,
    begun: bool,
    ended: bool,
}

impl Copied {
    /// Takes the rows of the next piece. The server sends a row a piece, but does not promise to.
    fn take(&mut self, piece: &[u8], table: &mut Growth) -> Result<(), Fault> {
        if self.rest.is_empty() {
            let taken = self.whole_rows(piece, table)?;
            self.rest.extend_from_slice(&piece[taken..]);
        } else {
            self.rest.extend_from_slice(piece);
            let joined = std::mem::take(&mut self.rest);
            let taken = self.whole_rows(&joined, table)?;
            self.rest.extend_from_slice(&joined[taken..]);
        }
        Ok(())
    }

    /// Reads the rows that `bytes` holds whole; answers how many bytes those are.
    fn whole_rows(&mut self, bytes: &[u8], table: &mut Growth) -> Result<usize, Fault> {
        let mut at = 0;
        if !self.begun {
            let Some(extension) = number_at(bytes, HEADER - 4) else { return Ok(0) };
            let length = HEADER + usize::try_from(extension).map_err(|_| malformed())?;
            if !bytes.starts_with(SIGNATURE) {
                return Err(malformed());
            }
            if bytes.len() < length {
                return Ok(0);
            }
            (self.begun, at) = (true, length);
        }
        while let Some(length) = row_length(&bytes[at..])? {
            let row = &bytes[at..at + length];
            at += length;
            if row.len() == 2 {
                self.ended = true;
                continue;
            }
            table.begin_row()?;
            let mut cell = 2;
            for index in 0..table.columns.len() {
                let size = number_at(row, cell).ok_or_else(malformed)?;
                cell += 4;
                let value = usize::try_from(size).ok();
                table.push(index, value.map(|size| &row[cell..cell + size]))?;
                cell += value.unwrap_or_default();
            }
            if cell != row.len() {
                return Err(malformed());
            }
        }
        Ok(at)
    }
}

/// The length of the row at the start of `bytes`, once all of it is there: a count of cells, and for each its length
/// and bytes. The end mark is a count of -1 alone.
fn row_length(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let Some(count) = bytes.first_chunk().map(|count| i16::from_be_bytes(*count)) else { return Ok(None) };
    let mut length = 2;
    for _ in 0..count {
        let Some(size) = number_at(bytes, length) else { return Ok(None) };
        length += 4 + usize::try_from(size).unwrap_or_default();
    }
    match count {
        -1 | 0.. => Ok((length <= bytes.len()).then_some(length)),
        _ => Err(malformed()),
    }
}

fn number_at(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().map(|number| i32::from_be_bytes(*number))
}
