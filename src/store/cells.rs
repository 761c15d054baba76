//! Values on their way into statements and out of rows: one form per kind, the same on every database.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Decode, Row, SqlSafeStr, Type};

use super::StoreError;

/// A value to bind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// A statement with its values.
pub(super) fn bound(sql: impl SqlSafeStr, cells: Vec<Cell>) -> Query<'static, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(sql);
    for cell in cells {
        query = match cell {
            Cell::Null => query.bind(None::<String>),
            Cell::Integer(value) => query.bind(value),
            Cell::Real(value) => query.bind(value),
            Cell::Text(value) => query.bind(value),
        };
    }
    query
}

/// `cells![a, b]` binds each value in its stored form.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::cells::Cell::from($value)),*] };
}
pub(super) use cells;

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Cell::Integer(value)
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Cell::Integer(i64::from(value))
    }
}

impl From<u64> for Cell {
    /// Counts and limits; none comes near the largest 64-bit integer, which stands for any that would.
    fn from(value: u64) -> Self {
        Cell::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Cell::Integer(i64::from(value))
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Real(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Cell::Text(value)
    }
}

impl From<&String> for Cell {
    fn from(value: &String) -> Self {
        Cell::Text(value.clone())
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Cell::Text(value.to_owned())
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(value: DateTime<Utc>) -> Self {
        Cell::Integer(value.timestamp_micros())
    }
}

impl From<NaiveDate> for Cell {
    fn from(value: NaiveDate) -> Self {
        Cell::Text(value.format("%Y-%m-%d").to_string())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, T::into)
    }
}

/// The JSON text of a value. The types that are stored have text keys only, so the refusal cannot happen; it is an
/// error all the same, because a panic inside a recording would be worse.
pub(super) fn json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|fault| StoreError::Refused(format!("cannot write {what} as JSON: {fault}")))
}

/// A row that is read column by column.
pub(super) struct Columns<'r> {
    pub(super) row: &'r SqliteRow,
    /// The table, for the sentence when a value cannot be read.
    pub(super) table: &'static str,
}

impl Columns<'_> {
    fn unreadable(&self, column: &str, found: &str) -> StoreError {
        StoreError::Unreadable { what: format!("{found} in {}.{column}", self.table) }
    }

    fn get<'r, T>(&'r self, column: &str, expected: &str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        let value = self.row.try_get(column);
        value.map_err(|_| self.unreadable(column, &format!("something other than {expected}")))
    }

    pub(super) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.get(column, "text")
    }

    pub(super) fn optional_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.get(column, "text")
    }

    pub(super) fn integer(&self, column: &str) -> Result<i64, StoreError> {
        self.get(column, "an integer")
    }

    pub(super) fn real(&self, column: &str) -> Result<f64, StoreError> {
        self.get(column, "a number")
    }

    pub(super) fn count(&self, column: &str) -> Result<u64, StoreError> {
        let value = self.integer(column)?;
        u64::try_from(value).map_err(|_| self.unreadable(column, &format!("the count {value}")))
    }

    pub(super) fn truth(&self, column: &str) -> Result<bool, StoreError> {
        match self.integer(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.unreadable(column, &format!("{other}, neither 0 nor 1,"))),
        }
    }

    pub(super) fn instant(&self, column: &str) -> Result<DateTime<Utc>, StoreError> {
        let micros = self.integer(column)?;
        DateTime::from_timestamp_micros(micros).ok_or_else(|| self.unreadable(column, &format!("the instant {micros}")))
    }

    pub(super) fn optional_instant(&self, column: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let held: Option<i64> = self.get(column, "an integer")?;
        held.is_some().then(|| self.instant(column)).transpose()
    }

    pub(super) fn day(&self, column: &str) -> Result<NaiveDate, StoreError> {
        self.parsed(column, &self.text(column)?)
    }

    pub(super) fn optional_day(&self, column: &str) -> Result<Option<NaiveDate>, StoreError> {
        self.optional_text(column)?.map(|text| self.parsed(column, &text)).transpose()
    }

    fn parsed(&self, column: &str, text: &str) -> Result<NaiveDate, StoreError> {
        text.parse().map_err(|_| self.unreadable(column, &format!("the day `{text}`")))
    }

    /// A text of a closed set.
    pub(super) fn named<T>(&self, column: &str, from: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text(column)?;
        from(&text).ok_or_else(|| self.unreadable(column, &format!("`{text}`")))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        serde_json::from_str(&text)
            .map_err(|fault| self.unreadable(column, &format!("JSON that says otherwise ({fault})")))
    }

    pub(super) fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let held = self.optional_text(column)?;
        held.is_some().then(|| self.json(column)).transpose()
    }
}
