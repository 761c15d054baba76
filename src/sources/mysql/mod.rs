//! MySQL and MariaDB, read through sqlx and decoded by us: one connection and one transaction with a consistent
//! snapshot that can only read, for all tables of a source. Rows come as the binary ones of a prepared statement.

mod connect;
mod decode;
mod keyed;
mod remarks;
mod rows;

use chrono::{DateTime, FixedOffset, Offset, TimeZone};
use chrono_tz::Tz;
use futures_util::{Stream, StreamExt};
use polars::prelude::DataFrame;
use sqlx::mysql::{MySqlArguments, MySqlColumn, MySqlConnectOptions, MySqlConnection, MySqlQueryResult, MySqlRow};
use sqlx::{Arguments, AssertSqlSafe, Connection, Either, Executor, Row, SqlSafeStr, Statement};

use self::connect::{query_fault, server_fault};
use self::rows::{Filling, Table};
use super::parameters::Dialect;
use super::question::Question;
use super::server::{self, Session, Taken};
use super::{Asked, Fault, PullLimits, Watch};
use crate::audit::value::Value;
use crate::config::Secret;
use crate::schedule::Clock;

pub(super) use remarks::remarks;

const KIND: &str = "mysql";
/// Rows between two words to the watch.
const ROWS_PER_LOOK: u64 = 4096;
/// The server's clock, in microseconds since 1970.
const NOW: &str = "select cast(timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) as signed)";

/// Reads every table in one snapshot.
///
/// The clock of the session is that of `zone` as it stands now: a fixed offset, which every server knows, and
/// by which each `TIMESTAMP` is one instant even in the hour that a zone repeats in autumn.
pub(super) fn pull(url: &Secret, zone: Tz, tables: &[Asked], limits: &PullLimits, clock: &dyn Clock, watch: &Watch) {
    let offset = zone.offset_from_utc_datetime(&clock.now().naive_utc()).fix();
    let open = async || Snapshot::open(&connect::options(url, offset)?, Times { zone, offset }, limits, clock).await;
    server::pull(open, tables, limits, watch);
}

/// What times mean on the way to and from the server.
#[derive(Clone, Copy)]
struct Times {
    /// Of the source's times without a zone.
    zone: Tz,
    /// Of the session, in which `TIMESTAMP`s come.
    offset: FixedOffset,
}

impl Times {
    /// The microseconds by which the clock of the session is ahead of UTC.
    fn ahead(self) -> i64 {
        i64::from(self.offset.local_minus_utc()) * 1_000_000
    }
}

/// An open read transaction.
struct Snapshot {
    connection: MySqlConnection,
    server: String,
    times: Times,
    taken: Taken,
}

impl Snapshot {
    /// Logs in and begins the transaction, which takes its snapshot at once.
    async fn open(
        options: &MySqlConnectOptions,
        times: Times,
        limits: &PullLimits,
        clock: &dyn Clock,
    ) -> Result<Snapshot, Fault> {
        let open = || async {
            let mut connection = MySqlConnection::connect_with(options).await?;
            let version = connection.fetch_one(sqlx::raw_sql("select version()")).await?;
            let version: String = version.try_get(0)?;
            let begin = begin(version.contains("MariaDB"), limits);
            connection.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await?;
            let before = clock.now();
            let row = connection.fetch_one(sqlx::query(NOW)).await?;
            let theirs = row.try_get::<Option<i64>, _>(0)?.and_then(DateTime::from_timestamp_micros);
            Ok((connection, theirs.map(|theirs| Taken::between(before, clock.now(), theirs))))
        };
        let server = connect::address(options);
        let (connection, taken) = server::reach(&server, limits, open, |error| server_fault(&server, error)).await?;
        let taken = taken.ok_or_else(|| Fault::NoClock { server: server.clone() })?;
        Ok(Snapshot { connection, server, times, taken })
    }
}

/// The statements that set the limits of the session and begin its transaction. The two families of servers count a
/// statement's time in different units under different names.
fn begin(mariadb: bool, limits: &PullLimits) -> String {
    let statement = server::statement_time(limits);
    let statement = match mariadb {
        true => format!("max_statement_time = {:.3}", statement.as_secs_f64()),
        false => format!("max_execution_time = {}", statement.as_millis()),
    };
    // Both count whole seconds, and at least one.
    let lock = limits.lock.as_secs_f64().ceil().max(1.0);
    format!(
        "set session {statement}, session lock_wait_timeout = {lock}, session innodb_lock_wait_timeout = {lock}, \
         session sql_mode = replace(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''); \
         set transaction isolation level repeatable read; \
         start transaction with consistent snapshot, read only"
    )
}

impl Session for Snapshot {
    async fn read(&mut self, asked: &Asked, limits: &PullLimits, watch: &Watch) -> Result<DataFrame, Fault> {
        let question = Question::of(&asked.table, &asked.parameters, KIND, Dialect::Mysql)?;
        let Snapshot { connection, server, times, .. } = self;
        Reading { connection, asked, server, limits, times: *times, watch }.table(&question).await
    }

    fn taken(&self) -> Taken {
        self.taken
    }

    async fn close(self) {
        // Nothing depends on it.
        let _ = self.connection.close().await;
    }
}

/// What stands in the query in the place of a parameter. A text would be compared with a figure as two floating-point
/// numbers, and with a date as two texts, so what is bound as text is given its type.
fn placeholder(value: &Value) -> String {
    match value {
        Value::Null | Value::Text(_) | Value::Bool(_) => "?".to_owned(),
        Value::Date(_) => "cast(? as date)".to_owned(),
        Value::Instant(_) => "cast(? as datetime(6))".to_owned(),
        Value::Amount(amount) => {
            let amount = amount.normalised();
            if amount.scale() == 0 && i64::try_from(amount.units()).is_ok() {
                return "?".to_owned();
            }
            let digits = amount.units().unsigned_abs().checked_ilog10().unwrap_or_default() + 1;
            format!("cast(? as decimal({}, {}))", digits.max(amount.scale().into()), amount.scale())
        }
    }
}

/// The values of the query's placeholders. An instant is bound as the source's own clock shows it, as its `DATETIME`s
/// are written.
fn arguments(values: &[&Value], times: Times) -> Result<MySqlArguments, Fault> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        let added = match value {
            Value::Null => arguments.add(None::<&str>),
            Value::Text(text) => arguments.add(text.as_str()),
            Value::Bool(flag) => arguments.add(*flag),
            Value::Date(date) => arguments.add(date.to_string()),
            Value::Instant(at) => {
                arguments.add(at.with_timezone(&times.zone).format("%Y-%m-%d %H:%M:%S%.6f").to_string())
            }
            Value::Amount(amount) => {
                let amount = amount.normalised();
                match i64::try_from(amount.units()) {
                    Ok(number) if amount.scale() == 0 => arguments.add(number),
                    _ => arguments.add(amount.to_string()),
                }
            }
        };
        added.map_err(|error| Fault::Internal { reason: error.to_string() })?;
    }
    Ok(arguments)
}

/// One table on its way from the server.
struct Reading<'r> {
    connection: &'r mut MySqlConnection,
    asked: &'r Asked,
    server: &'r str,
    limits: &'r PullLimits,
    times: Times,
    watch: &'r Watch,
}

impl Reading<'_> {
    async fn table(mut self, question: &Question<'_>) -> Result<DataFrame, Fault> {
        let mut values = Vec::new();
        let mut sql = question.text(|_, value| {
            values.push(value);
            placeholder(value)
        });
        let mut arguments = arguments(&values, self.times)?;
        // Preparing it also shows that it is one statement.
        let columns = self.prepared(&sql).await?;
        if columns.is_empty() {
            // It deletes, or its answer goes into a file or a variable.
            return Err(Fault::Writes);
        }
        let table = Table::begun(&self.asked.table, &columns, self.times, self.limits.rows)?;
        let keys = self.asked.keys.as_ref().and_then(|keys| keyed::narrowed(&sql, values.len(), &columns, keys));
        // A query that cannot stand inside another one, such as one with two columns of one name, is asked whole.
        if let Some(keys) = keys
            && self.prepared(&keys.text).await.is_ok()
        {
            sql = keys.text;
            let added = keys.values.into_iter().try_for_each(|value| arguments.add(value));
            added.map_err(|error| Fault::Internal { reason: error.to_string() })?;
        }
        self.rows(sql, arguments, table).await
    }

    /// Reads all rows of the query into `table`.
    async fn rows(self, sql: String, arguments: MySqlArguments, table: Table) -> Result<DataFrame, Fault> {
        let Reading { connection, asked, server, limits, times, watch } = self;
        let failed = |error| query_fault(server, "reading its rows", limits, &error);
        let mut rows = connection.fetch_many(sqlx::query_with(AssertSqlSafe(sql), arguments));
        let mut next = next_row(&mut rows).await.map_err(failed)?;
        let mut filling = Filling::of(match &next {
            // The types of what parameters are part of are known only now.
            Some(row) => Table::begun(&asked.table, row.columns(), times, limits.rows),
            None => Ok(table),
        });
        let mut count: u64 = 0;
        // After a fault of ours the rest is still taken off the connection, which is needed for the next table. The
        // end of this table's time ends that too, and gives the connection up.
        while let Some(row) = next {
            count += 1;
            if count.is_multiple_of(ROWS_PER_LOOK) {
                watch.reached(count);
            }
            filling.take(&row);
            next = next_row(&mut rows).await.map_err(failed)?;
        }
        filling.finish()
    }

    /// The columns that the query answers.
    async fn prepared(&mut self, sql: &str) -> Result<Vec<MySqlColumn>, Fault> {
        let prepared = self.connection.prepare_with(AssertSqlSafe(sql.to_owned()).into_sql_str(), &[]).await;
        let failed = |error| query_fault(self.server, "understanding its query", self.limits, &error);
        Ok(prepared.map_err(failed)?.columns().to_vec())
    }
}

/// The next row of a query, whose one statement also says that it is done.
async fn next_row(
    answers: &mut (impl Stream<Item = Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>> + Unpin),
) -> Result<Option<MySqlRow>, sqlx::Error> {
    while let Some(answer) = answers.next().await.transpose()? {
        if let Either::Right(row) = answer {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
