//! PostgreSQL, read through sqlx and decoded by us: one connection and one REPEATABLE READ transaction that can only
//! read, for all tables of a source.
//!
//! A query without parameters comes by `COPY … TO STDOUT (FORMAT BINARY)`, which costs the client least; `COPY` takes no
//! parameters, so the others come as binary rows of a prepared statement. Both are the same bytes, cell by cell.

mod connect;
mod decode;
mod keyed;
mod remarks;

use futures_util::{StreamExt, TryStreamExt};
use polars::prelude::DataFrame;
use sqlx::postgres::{PgArguments, PgColumn, PgConnectOptions, PgConnection};
use sqlx::{Arguments, AssertSqlSafe, Column, Connection, Executor, Row, SqlSafeStr, Statement};

use self::connect::{query_fault, server_fault};
use self::decode::Kind;
use super::column::Growing;
use super::growth::{Growth, malformed};
use super::parameters::Dialect;
use super::question::{Question, quoted};
use super::server::{self, Session, Taken};
use super::{Asked, Fault, PullLimits, Watch};
use crate::audit::value::Value;
use crate::config::Secret;
use crate::schedule::Clock;

pub(super) use remarks::remarks;

const KIND: &str = "postgres";
/// Rows between two looks at the watch.
const ROWS_PER_LOOK: u64 = 4096;
/// What `COPY` writes before the first row, and its length with the two fields behind it.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const HEADER: usize = SIGNATURE.len() + 8;

/// Reads every table in one snapshot.
pub(super) fn pull(
    url: &Secret,
    zone: chrono_tz::Tz,
    tables: &[Asked],
    limits: &PullLimits,
    clock: &dyn Clock,
    watch: &Watch,
) {
    let open = async || Snapshot::open(&connect::options(url)?, zone, limits, clock).await;
    server::pull(open, tables, limits, watch);
}

/// An open read transaction.
struct Snapshot {
    connection: PgConnection,
    server: String,
    taken: Taken,
    /// Fractional digits of the server's currency, looked up when a column needs them.
    money: Option<u8>,
}

impl Snapshot {
    /// Logs in and begins the transaction. Its snapshot is taken by the first query in it, which is made here.
    async fn open(
        options: &PgConnectOptions,
        zone: chrono_tz::Tz,
        limits: &PullLimits,
        clock: &dyn Clock,
    ) -> Result<Snapshot, Fault> {
        let open = || async {
            let mut connection = PgConnection::connect_with(options).await?;
            let (statement, lock) = (server::statement_time(limits).as_millis(), limits.lock.as_millis());
            let begin = format!(
                "begin isolation level repeatable read, read only; set local statement_timeout = {statement}; \
                 set local lock_timeout = {lock}; set local timezone = '{}'",
                zone.name()
            );
            connection.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await?;
            let before = clock.now();
            let row = connection.fetch_one(sqlx::query("select clock_timestamp()")).await?;
            let theirs = decode::instant(row.try_get_raw(0)?.as_bytes().unwrap_or_default());
            Ok((connection, theirs.map(|theirs| Taken::between(before, clock.now(), theirs))))
        };
        let server = connect::address(options);
        let (connection, taken) = server::reach(&server, limits, open, |error| server_fault(&server, error)).await?;
        let taken = taken.ok_or_else(|| Fault::NoClock { server: server.clone() })?;
        Ok(Snapshot { connection, server, taken, money: None })
    }
}

impl Session for Snapshot {
    async fn read(&mut self, asked: &Asked, limits: &PullLimits, watch: &Watch) -> Result<DataFrame, Fault> {
        let question = Question::of(&asked.table, &asked.parameters, KIND, Dialect::Postgres)?;
        let Snapshot { connection, server, money, .. } = self;
        Reading { connection, asked, server, limits, watch, money }.guarded(&question).await
    }

    fn taken(&self) -> Taken {
        self.taken
    }

    async fn close(self) {
        // Nothing depends on it.
        let _ = self.connection.close().await;
    }
}

/// The query with `$1` and so on in the places of its parameters.
fn sql(question: &Question<'_>) -> String {
    question.text(|at, value| format!("${}::{}", at + 1, type_of(value)))
}

/// The values of the parameters, and behind them those of the keys.
fn arguments(question: &Question<'_>, keys: Vec<Vec<Option<String>>>) -> Result<PgArguments, Fault> {
    let mut arguments = PgArguments::default();
    let added = question.values().map(written).try_for_each(|value| arguments.add(value));
    let added = added.and_then(|()| keys.into_iter().try_for_each(|array| arguments.add(array)));
    added.map_err(|error| Fault::Internal { reason: error.to_string() })?;
    Ok(arguments)
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
    asked: &'r Asked,
    server: &'r str,
    limits: &'r PullLimits,
    watch: &'r Watch,
    money: &'r mut Option<u8>,
}

impl Reading<'_> {
    /// Reads the table inside a savepoint, so that its fault leaves the transaction, and with it the snapshot, alive.
    async fn guarded(mut self, question: &Question<'_>) -> Result<DataFrame, Fault> {
        self.execute("savepoint tieout").await?;
        let answer = self.table(question).await;
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

    async fn table(&mut self, question: &Question<'_>) -> Result<DataFrame, Fault> {
        let parameters = question.values().len();
        let mut sql = sql(question);
        let described = self.described(&sql, parameters).await?;
        let found: Vec<String> = described.iter().map(|column| column.name().to_owned()).collect();
        let needed = super::needed(&self.asked.table, &found)?;
        let all = needed.iter().all(|needed| *needed);
        let columns: Vec<&PgColumn> =
            described.iter().zip(&needed).filter(|(_, needed)| **needed).map(|(column, _)| column).collect();
        let money = match columns.iter().any(|column| is_money(column)) {
            true => self.money_scale().await?,
            false => 0,
        };
        let mut growing = Vec::with_capacity(columns.len());
        for column in &columns {
            let kind = Kind::of(column.type_info(), money).ok_or_else(|| Fault::UnreadableType {
                column: column.name().to_owned(),
                found: sqlx::TypeInfo::name(column.type_info()).to_owned(),
                accepted: "turn it into text in the query, for example (column)::text as column",
            })?;
            growing.push((kind, Growing::new(column.name())));
        }
        let mut table = Growth::new(growing, self.limits.rows);
        let keys = self.asked.keys.as_ref().and_then(|keys| keyed::narrowed(&sql, parameters, &described, keys));
        let arrays = keys.map_or_else(Vec::new, |narrowed| {
            sql = narrowed.text;
            narrowed.arrays
        });
        // Columns that no table file names need not travel.
        if !all {
            let names: Vec<String> = columns.iter().map(|column| quoted(column.name(), '"')).collect();
            sql = format!("select {} from (\n{sql}\n) as tieout", names.join(", "));
        }
        match parameters + arrays.len() {
            0 => self.copy(&sql, &mut table).await?,
            _ => self.rows(&sql, arguments(question, arrays)?, &mut table).await?,
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
        let units = bytes.map(i64::from_be_bytes).ok_or_else(malformed)?;
        let scale = units.checked_ilog10().and_then(|digits| u8::try_from(digits).ok()).ok_or_else(malformed)?;
        *self.money = Some(scale);
        Ok(scale)
    }

    /// Reads all rows by `COPY`.
    async fn copy(&mut self, sql: &str, table: &mut Growth<Kind>) -> Result<(), Fault> {
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
                if table.rows().is_multiple_of(ROWS_PER_LOOK) && watch.is_over_after(table.rows()) {
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
    async fn rows(&mut self, sql: &str, arguments: PgArguments, table: &mut Growth<Kind>) -> Result<(), Fault> {
        let (server, limits, watch) = (self.server, self.limits, self.watch);
        let failed = |error: &sqlx::Error| query_fault(server, "reading its rows", limits, error);
        let mut rows = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).fetch(&mut *self.connection);
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| failed(&error))?;
            table.begin_row()?;
            for index in 0..table.width() {
                let raw = row.try_get_raw(index).map_err(|error| failed(&error))?;
                table.push(index, raw.as_bytes().ok())?;
            }
            if table.rows().is_multiple_of(ROWS_PER_LOOK) && watch.is_over_after(table.rows()) {
                return Err(Fault::TooSlow { limit: limits.timeout });
            }
        }
        Ok(())
    }
}

fn is_money(column: &PgColumn) -> bool {
    Kind::of(column.type_info(), 0) == Some(Kind::Money(0))
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
    fn take(&mut self, piece: &[u8], table: &mut Growth<Kind>) -> Result<(), Fault> {
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
    fn whole_rows(&mut self, bytes: &[u8], table: &mut Growth<Kind>) -> Result<usize, Fault> {
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
            for index in 0..table.width() {
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
