//! What a table seems to mean, by its names, its declared types and its first rows: proposals, each with its reason,
//! for people to judge. Nothing here opens a source or writes a file.

pub mod config_file;
pub mod figures;
mod key;
mod kinds;
mod roles;
pub mod rules;
pub mod table_file;

use crate::audit::snapshot::ColumnType;
use crate::sources::catalogue::{Declared, Holding, Rows, Sample};

pub use kinds::Proposed;
pub use roles::{Role, role};

/// Distinct values that are shown of a column.
const EXAMPLES: usize = 3;

/// One table, looked at.
#[derive(Clone, Debug)]
pub struct Profile {
    pub holding: Holding,
    /// Rows that were looked at.
    pub sampled: usize,
    /// Whether these are all rows.
    pub whole: bool,
    pub columns: Vec<Column>,
    pub key: Option<Key>,
    /// The column that dates a row, by its place.
    pub date: Option<usize>,
    /// The column of currency codes, by its place.
    pub currency: Option<usize>,
}

/// One column, looked at.
#[derive(Clone, Debug)]
pub struct Column {
    pub declared: Declared,
    /// Its name in a table file.
    pub name: String,
    pub role: Role,
    pub proposed: Proposed,
    pub nulls: usize,
    /// Different values, nulls not counted.
    pub distinct: usize,
    /// The least and the largest value, as the proposed type orders them.
    pub least: Option<String>,
    pub largest: Option<String>,
    /// The first few different values, as they are.
    pub examples: Vec<String>,
    /// All cells that were looked at, as texts.
    pub cells: Vec<Option<String>>,
}

/// Columns that seem to tell every row from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Places of the columns.
    pub columns: Vec<usize>,
    pub why: KeyReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReason {
    /// The source declares it as the primary key.
    Declared,
    /// Of the rows looked at, only so many have the same values there as another.
    Looked { repeats: usize },
}

/// Looks at a table. `zone` is the source's.
pub fn profile(holding: Holding, sample: &Sample, zone: chrono_tz::Tz) -> Profile {
    let mut names = Vec::with_capacity(holding.columns.len());
    let mut columns = Vec::with_capacity(holding.columns.len());
    for (place, declared) in holding.columns.iter().enumerate() {
        let cells = kinds::cells(&sample.texts, place);
        let name = table_file::column_name(&declared.name, &names);
        names.push(name.clone());
        columns.push(kinds::column(declared, name, cells, sample, zone));
    }
    let currency = columns.iter().position(|column| column.role == Role::Currency && kinds::is_codes(&column.cells));
    let key = key::propose(&columns);
    let date = date(&columns);
    Profile { sampled: sample.texts.len(), whole: sample.whole, holding, columns, key, date, currency }
}

/// The column that most likely dates a document: of those that hold days, one without gaps, and never one that
/// says when something is due, was promised, changed or taken back.
fn date(columns: &[Column]) -> Option<usize> {
    const OTHER: [&str; 21] = [
        "due", "promis", "deliver", "expect", "plan", "creat", "updat", "modif", "chang", "revers", "bounc", "clos",
        "valid", "birth", "到期", "预计", "计划", "创建", "修改", "审核", "start",
    ];
    let dated = columns.iter().enumerate().filter(|(_, column)| {
        let name = column.declared.name.to_lowercase();
        let holds_days = matches!(column.proposed.kind, ColumnType::Date | ColumnType::Instant) && column.distinct > 0;
        holds_days && !OTHER.iter().any(|word| name.contains(word))
    });
    let rank = |column: &Column| (column.nulls > 0, column.proposed.kind == ColumnType::Instant);
    dated.min_by_key(|(place, column)| (rank(column), *place)).map(|(place, _)| place)
}

impl Profile {
    /// How many rows there are, as a sentence says it.
    pub fn rows(&self) -> String {
        match self.holding.rows {
            Rows::Counted(1) => "1 row".to_owned(),
            Rows::Counted(rows) => format!("{} rows", figures::count(rows)),
            Rows::Estimated(rows) => format!("about {} rows", figures::count(rows)),
            Rows::Unknown => "an unknown number of rows".to_owned(),
        }
    }

    /// How much of the table the rest was found out from.
    pub fn basis(&self) -> String {
        match (self.whole, self.sampled) {
            (true, _) => "all rows".to_owned(),
            (false, sampled) => format!("the first {} rows", figures::count(sampled as u64)),
        }
    }
}
