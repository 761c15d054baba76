//! The schema's history: forward-only migrations inside the binary.

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::StoreError;
use super::session::fault;

/// Every migration, in order; the first makes schema 1 of an empty database.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_pulls.sql"),
    include_str!("migrations/0003_figures.sql"),
];

/// The schema this version writes.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No table at all: a new file, or one whose making was cut short.
    Nothing,
    /// Tables, and not ours.
    Foreign,
    Schema(i64),
}

/// Looks without writing.
pub(super) async fn inspect(connection: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
    let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut *connection).await?;
    let names: Vec<String> = tables.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Ok(Found::Nothing);
    }
    if !names.iter().any(|name| name == "store_schema") {
        return Ok(Found::Foreign);
    }
    let row = sqlx::query("SELECT version FROM store_schema WHERE one = 1").fetch_optional(connection).await?;
    match row {
        Some(row) => Ok(Found::Schema(row.try_get(0)?)),
        None => Ok(Found::Foreign),
    }
}

/// Brings a store forward to [`KNOWN`], each migration in a transaction of its own. Several processes may try at
/// once: the version is read again under the write lock.
pub(super) async fn migrate(connection: &mut SqliteConnection, path: &str) -> Result<(), StoreError> {
    for (target, migration) in (1..).zip(MIGRATIONS) {
        let doing = || format!("bring the store {path} to schema {target}");
        let mut transaction =
            connection.begin_with("BEGIN IMMEDIATE").await.map_err(|source| fault(doing(), source))?;
        let found = inspect(&mut transaction).await.map_err(|source| fault(doing(), source))?;
        let standing = match found {
            Found::Schema(version) => version,
            _ => 0,
        };
        if standing < target {
            let applied = async {
                sqlx::raw_sql(migration).execute(&mut *transaction).await?;
                let upsert = "INSERT INTO store_schema (one, version) VALUES (1, $1) \
                              ON CONFLICT (one) DO UPDATE SET version = excluded.version";
                sqlx::query(upsert).bind(target).execute(&mut *transaction).await?;
                transaction.commit().await
            };
            applied.await.map_err(|source| fault(doing(), source))?;
        } else {
            transaction.rollback().await.map_err(|source| fault(doing(), source))?;
        }
    }
    Ok(())
}

/// Placeholders `$first, $first+1, …` for a list of `count` values.
pub(super) fn placeholders(first: usize, count: usize) -> String {
    let texts: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    texts.join(", ")
}

/// SQL that was put together from this crate's own constants and [`placeholders`], and from nothing else.
pub(super) fn assembled(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
