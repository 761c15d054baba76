//! Tables as of one moment: what a table file asks for, and the canonical, typed, cleaned frame it becomes.
//!
//! A source hands over a raw frame; [`normalise`] is the only way to a [`Table`], so an unnormalised table cannot
//! reach a rule.

mod cleaning;
mod companies;
mod dates;
mod file;
mod guards;
mod normalise;
mod numerals;
mod raw;
mod signs;
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::expression::{Expression, Vector};
use super::judgement::Reason;

pub use cleaning::{trim, unwrap_formula};
pub use companies::{COMPANY, Member, company_column, unite};
pub use file::{ENCODINGS, ENDINGS, Encoding, FileFormat, FileRead, Layout, Pick, USUAL_TOTALS, is_pattern};
pub use guards::{Age, Baseline, Drop, Figures, Fresh, Guards, Total, Tripped, trip};
pub use normalise::normalise;
pub use raw::{day_at, days_since_epoch};

/// One table file: which source to read, how, and what its columns mean.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSpec {
    /// The file's stem; for a table written inside a rule, `RULE.SIDE`.
    pub name: String,
    /// Of a table of several sources, the first.
    pub source: String,
    /// In the order of the sources' names; empty for a table of one source.
    pub companies: Vec<Member>,
    pub read: Read,
    /// The document's own key, as columns of this table: a second row with it is a duplicate.
    pub unique: Vec<String>,
    /// The column that dates a row, where there is one.
    pub date: Option<String>,
    pub history: History,
    pub guards: Guards,
    /// In the order of the file.
    pub columns: Vec<ColumnSpec>,
}

impl TableSpec {
    pub fn column(&self, name: &str) -> Option<&ColumnSpec> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What is asked of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// One SQL statement, with `:parameters`.
    Query(String),
    /// Files of a `files` source.
    File(FileRead),
}

/// Whether a past day can be judged from what the source holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    #[default]
    Dated,
    NowOnly,
}

/// One column of a table file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnSpec {
    pub name: String,
    /// The column's name in the source; the same as `name` unless the file says `from`.
    pub from: String,
    /// Other names that the column may go by in a file; it has exactly one of them all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    pub kind: ColumnType,
    /// Applied in this order, before the text is read as its type.
    pub normalise: Vec<Normaliser>,
    /// Texts that mean null, compared after normalising.
    pub null_words: Vec<String>,
    /// `sign = -1`: the figure counts with its sign turned.
    pub negate: bool,
    /// The figure counts with its sign turned where this is true, over this table's columns as they were read.
    #[serde(skip)]
    pub negate_when: Option<Expression>,
    /// The text column of this table that says which unit a quantity is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// A figure that is repeated on several rows, such as a document's freight on each of its lines: it counts once
    /// however many rows carry it, and is never added up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub header: bool,
    /// An empty cell of a file holds what the cell above it holds, as merged cells do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fill_down: bool,
}

impl ColumnSpec {
    /// A column that is read under its own name and not cleaned.
    pub fn new(name: &str, kind: ColumnType) -> Self {
        ColumnSpec {
            name: name.to_owned(),
            from: name.to_owned(),
            also: Vec::new(),
            kind,
            normalise: Vec::new(),
            null_words: Vec::new(),
            negate: false,
            negate_when: None,
            unit: None,
            header: false,
            fill_down: false,
        }
    }
}

/// A column's type, as the file declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    Text,
    Money {
        scale: u8,
        currency: CurrencyOf,
        tax: Tax,
    },
    Quantity {
        scale: u8,
    },
    /// A plain number: a line number, days, a rate.
    Number {
        scale: u8,
    },
    Date,
    Instant,
    Boolean,
}

/// Where a money column's currency stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyOf {
    /// The business's own currency.
    Business,
    /// A text column of the same table.
    Column(String),
    /// One code for every row.
    Fixed(String),
}

/// Whether a money column contains tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tax {
    Included,
    Excluded,
    #[default]
    Unknown,
}

/// A step that cleans text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Normaliser {
    /// Cuts white space of every kind, zero-width characters too, at both ends.
    Trim,
    Upper,
    /// Full-width letters, digits and signs become ASCII (NFKC).
    HalfWidth,
}

impl Normaliser {
    /// The name used in table files.
    pub fn name(self) -> &'static str {
        match self {
            Normaliser::Trim => "trim",
            Normaliser::Upper => "upper",
            Normaliser::HalfWidth => "half_width",
        }
    }
}

impl ColumnType {
    /// The name used in files and messages.
    pub fn name(&self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Money { .. } => "money",
            ColumnType::Quantity { .. } => "quantity",
            ColumnType::Number { .. } => "number",
            ColumnType::Date => "date",
            ColumnType::Instant => "instant",
            ColumnType::Boolean => "boolean",
        }
    }

    /// What a source may give for a column of this type, for sentences.
    pub(super) fn accepted(&self) -> &'static str {
        match self {
            ColumnType::Text => "texts, true and false, numbers, dates and timestamps",
            ColumnType::Money { .. } | ColumnType::Quantity { .. } | ColumnType::Number { .. } => "numbers and texts",
            ColumnType::Date => "dates, timestamps, texts and numbers such as 20260131",
            ColumnType::Instant => "timestamps, dates and texts",
            ColumnType::Boolean => "true and false, numbers and texts",
        }
    }

    /// Fractional digits of a decimal column.
    pub fn scale(&self) -> Option<u8> {
        match self {
            ColumnType::Money { scale, .. } | ColumnType::Quantity { scale } | ColumnType::Number { scale } => {
                Some(*scale)
            }
            _ => None,
        }
    }
}

/// What a source read, whole, before cleaning. Columns are named by [`ColumnSpec::from`]; their polars types are the
/// source's own: String, Boolean, any integer, Decimal, Date, Datetime (naive, in the source's zone) or Float64.
#[derive(Clone, Debug)]
pub struct RawTable {
    pub frame: DataFrame,
    /// When the snapshot was taken, by our clock.
    pub moment: DateTime<Utc>,
    /// How far the source's own clock was ahead of ours then, below zero where it was behind; `None` for a source
    /// without a clock, or that does not tell.
    pub clock_offset: Option<TimeDelta>,
}

/// A normalised table. It has exactly the spec's columns, in its order; money, quantity and number at the scale their
/// spec declares. A cell that could not be read is null in its column and stands in `unreadable`.
#[derive(Clone, Debug)]
pub struct Table {
    pub spec: TableSpec,
    rows: usize,
    columns: Vec<Vector>,
    /// In row order, then column order.
    pub unreadable: Vec<UnreadableCell>,
    /// When the snapshot was taken, by our clock.
    pub moment: DateTime<Utc>,
    /// As of [`RawTable::clock_offset`].
    pub clock_offset: Option<TimeDelta>,
    /// Cells that hold a day which systems store for *no date*, such as 0000-00-00, and are null therefore: how many, by
    /// column.
    pub no_dates: BTreeMap<String, u64>,
    /// Why companies are missing whose rows belong here, by company.
    pub unknown: BTreeMap<String, Reason>,
}

/// A cell that is not of its column's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableCell {
    pub row: usize,
    pub column: String,
    /// The cell as read, cut to 80 characters.
    pub text: String,
}

/// Why a raw frame is no table of its spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotFault {
    #[error("table {table} has no column {column}; it has {}", found.join(", "))]
    MissingColumn { table: String, column: String, found: Vec<String> },
    #[error(
        "column {column} of table {table} came as {found}, which cannot be read as {expected}; accepted are {accepted}"
    )]
    WrongType { table: String, column: String, found: String, expected: String, accepted: &'static str },
    #[error("table {table} could not be normalised: {reason}")]
    Engine { table: String, reason: String },
}

/// What reading one cell came to.
enum Reading<T> {
    Value(T),
    Null,
    Unreadable,
}

impl<T> Reading<T> {
    fn map<U>(self, of: impl FnOnce(T) -> U) -> Reading<U> {
        self.and_then(|value| Reading::Value(of(value)))
    }

    fn and_then<U>(self, of: impl FnOnce(T) -> Reading<U>) -> Reading<U> {
        match self {
            Reading::Value(value) => of(value),
            Reading::Null => Reading::Null,
            Reading::Unreadable => Reading::Unreadable,
        }
    }

    fn value(self) -> Option<T> {
        match self {
            Reading::Value(value) => Some(value),
            Reading::Null | Reading::Unreadable => None,
        }
    }
}
