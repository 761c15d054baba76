//! One transaction on the store, through which every statement goes.

use std::sync::Arc;

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{SqlSafeStr, SqlitePool, Transaction};

use super::StoreError;
use super::cells::{Cell, bound};
use super::schema::{assembled, placeholders};

/// Called before a statement with its number.
pub(super) type Hook = Arc<dyn Fn(u64) + Send + Sync>;

/// How a transaction starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// One consistent snapshot; waits for nobody.
    Read,
    /// Holds the write lock from the start, so that what is read stays true until the commit.
    Write,
}

/// A transaction. Dropped without [`Session::commit`], it is rolled back.
pub(super) struct Session {
    transaction: Transaction<'static, Sqlite>,
    hook: Option<Hook>,
    statements: u64,
}

impl Session {
    pub(super) async fn begin(
        pool: &SqlitePool,
        mode: Mode,
        hook: Option<Hook>,
        doing: &'static str,
    ) -> Result<Session, StoreError> {
        if let Some(hook) = &hook {
            hook(1);
        }
        let begun = match mode {
            Mode::Read => pool.begin().await,
            Mode::Write => pool.begin_with("BEGIN IMMEDIATE").await,
        };
        let transaction = begun.map_err(|source| refused(doing, source))?;
        Ok(Session { transaction, hook, statements: 1 })
    }

    /// Counts a statement and announces it. Everything this session sends passes here first.
    fn announce(&mut self) {
        self.statements += 1;
        if let Some(hook) = &self.hook {
            hook(self.statements);
        }
    }

    /// Runs a statement; answers how many rows it wrote.
    pub(super) async fn execute(
        &mut self,
        doing: &'static str,
        sql: impl SqlSafeStr,
        cells: Vec<Cell>,
    ) -> Result<u64, StoreError> {
        self.announce();
        let done = bound(sql, cells).execute(&mut *self.transaction).await;
        Ok(done.map_err(|source| refused(doing, source))?.rows_affected())
    }

    pub(super) async fn rows(
        &mut self,
        doing: &'static str,
        sql: impl SqlSafeStr,
        cells: Vec<Cell>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.announce();
        bound(sql, cells).fetch_all(&mut *self.transaction).await.map_err(|source| refused(doing, source))
    }

    pub(super) async fn row(
        &mut self,
        doing: &'static str,
        sql: impl SqlSafeStr,
        cells: Vec<Cell>,
    ) -> Result<Option<SqliteRow>, StoreError> {
        self.announce();
        bound(sql, cells).fetch_optional(&mut *self.transaction).await.map_err(|source| refused(doing, source))
    }

    /// Writes many rows with few statements: `head` ends in `VALUES`, `tail` is what follows the rows. Answers how
    /// many rows were written.
    pub(super) async fn insert(
        &mut self,
        doing: &'static str,
        head: &str,
        tail: &str,
        rows: Vec<Vec<Cell>>,
    ) -> Result<u64, StoreError> {
        let width = rows.first().map_or(1, Vec::len);
        let mut written = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<Vec<Cell>> = rows.by_ref().take((PARAMETERS / width).max(1)).collect();
            let tuples: Vec<String> =
                (0..chunk.len()).map(|row| format!("({})", placeholders(row * width + 1, width))).collect();
            let sql = format!("{head} {} {tail}", tuples.join(", "));
            written += self.execute(doing, assembled(sql), chunk.into_iter().flatten().collect()).await?;
        }
        Ok(written)
    }

    /// Rows for a list of values of any length: `head` ends in `IN`, its own placeholders are `$1…` and bound to
    /// `fixed`; `tail` follows the list.
    pub(super) async fn rows_in(
        &mut self,
        doing: &'static str,
        (head, tail): (&str, &str),
        fixed: Vec<Cell>,
        values: &[String],
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let mut rows = Vec::new();
        for chunk in values.chunks(PARAMETERS) {
            let sql = format!("{head} ({}) {tail}", placeholders(fixed.len() + 1, chunk.len()));
            let cells = fixed.iter().cloned().chain(chunk.iter().map(Cell::from)).collect();
            rows.extend(self.rows(doing, assembled(sql), cells).await?);
        }
        Ok(rows)
    }

    /// A statement for a list of values of any length, laid out as [`Session::rows_in`]'s.
    pub(super) async fn execute_in(
        &mut self,
        doing: &'static str,
        head: &str,
        fixed: Vec<Cell>,
        values: &[String],
    ) -> Result<u64, StoreError> {
        let mut written = 0;
        for chunk in values.chunks(PARAMETERS) {
            let sql = format!("{head} ({})", placeholders(fixed.len() + 1, chunk.len()));
            let cells = fixed.iter().cloned().chain(chunk.iter().map(Cell::from)).collect();
            written += self.execute(doing, assembled(sql), cells).await?;
        }
        Ok(written)
    }

    pub(super) async fn commit(mut self, doing: &'static str) -> Result<(), StoreError> {
        self.announce();
        self.transaction.commit().await.map_err(|source| refused(doing, source))
    }
}

/// Parameters of one statement. SQLite looks each up by walking the list, so more would cost more than they save.
const PARAMETERS: usize = 400;

/// The fault as a sentence where its cause is one that somebody outside can mend; otherwise as the database says it.
fn refused(doing: &'static str, source: sqlx::Error) -> StoreError {
    match why(&source) {
        Some(why) => StoreError::Blocked { doing: doing.to_owned(), why, source },
        None => StoreError::Database { doing, source },
    }
}

/// As `refused`, for what is done to the store's file as a whole.
pub(super) fn fault(doing: String, source: sqlx::Error) -> StoreError {
    let why = why(&source).unwrap_or("the database refused");
    StoreError::Blocked { doing, why, source }
}

/// What a fault means to somebody who can mend it.
pub(super) fn why(source: &sqlx::Error) -> Option<&'static str> {
    if matches!(source, sqlx::Error::PoolTimedOut) {
        return Some("every connection to the store has been in use for a minute");
    }
    match primary_code(source)? {
        5 | 6 => Some("somebody else has been writing to the store for half a minute; repeat when that is over"),
        8 => Some("the store's file or its folder may not be written to by this user"),
        10 => Some("the disk refused to read or write (full, over a quota, or failing); nothing of this was kept"),
        11 => Some("the store's file is damaged; put back a backup"),
        13 => Some("the disk is full; nothing of this was kept"),
        14 => Some("the file cannot be opened; it and its folder must be writable by this user"),
        26 => Some("the file is not a SQLite database"),
        _ => None,
    }
}

/// Whether somebody else held a lock.
pub(super) fn is_busy(source: &sqlx::Error) -> bool {
    matches!(primary_code(source), Some(5 | 6))
}

/// SQLite's result code without its extension.
fn primary_code(source: &sqlx::Error) -> Option<i32> {
    let code: i32 = source.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
