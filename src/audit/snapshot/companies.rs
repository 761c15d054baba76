//! One table of several companies: the same query asked of each one's sources, put together under a company column.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked, StringChunkedBuilder};

use super::{ColumnSpec, ColumnType, Guards, Table, TableSpec, UnreadableCell};
use crate::audit::expression::{DecimalsBuilder, Vector};
use crate::audit::judgement::Reason;

/// The name of the column that says which company a row is of.
pub const COMPANY: &str = "company";

/// One source of a table that is read from several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Member {
    pub source: String,
    /// Several sources may be one company: two year-books.
    pub company: String,
}

impl TableSpec {
    /// The sources that are asked for this table, in their order.
    pub fn sources(&self) -> Vec<&str> {
        if self.companies.is_empty() {
            return vec![&self.source];
        }
        self.companies.iter().map(|member| member.source.as_str()).collect()
    }

    /// The sources of one company; of a table of one company, which has an empty name, its source.
    pub fn sources_of(&self, company: &str) -> Vec<&str> {
        if self.companies.is_empty() {
            return vec![&self.source];
        }
        let own = self.companies.iter().filter(|member| member.company == company);
        own.map(|member| member.source.as_str()).collect()
    }

    /// The companies of this table, in name order; a table of one company has one with an empty name.
    pub fn company_names(&self) -> BTreeSet<&str> {
        if self.companies.is_empty() {
            return BTreeSet::from([""]);
        }
        self.companies.iter().map(|member| member.company.as_str()).collect()
    }

    /// What one of several sources is asked: the table without its company column and without guards, which are those
    /// of the company. A table of one source is asked as it is.
    pub fn asked_of(&self, source: &str) -> TableSpec {
        if self.companies.is_empty() {
            return self.clone();
        }
        let mut spec = TableSpec { source: source.to_owned(), companies: Vec::new(), ..self.clone() };
        spec.columns.retain(|column| column.name != COMPANY);
        spec.unique.retain(|column| column != COMPANY);
        spec.guards = Guards::default();
        spec
    }
}

/// The column that [`unite`] adds.
pub fn company_column() -> ColumnSpec {
    ColumnSpec::new(COMPANY, ColumnType::Text)
}

/// Puts the tables of several sources together, each under its company, in the order given. `spec` is that of the whole;
/// each part has its columns but the company. `unknown` says why companies are missing.
///
/// The whole was read at the moment of its first part; of the sources' clocks it has the one that is furthest off.
pub fn unite(spec: &TableSpec, parts: &[(&str, Table)], unknown: BTreeMap<String, Reason>) -> Table {
    let rows = parts.iter().map(|(_, part)| part.len()).sum();
    let columns = spec.columns.iter().map(|column| match column.name.as_str() {
        COMPANY => tags(parts),
        name => joined(&column.kind, &parts.iter().map(|(_, part)| part.vector(name)).collect::<Vec<_>>()),
    });
    let mut unreadable: Vec<UnreadableCell> = Vec::new();
    let mut before = 0;
    for (_, part) in parts {
        let cells = part.unreadable.iter().cloned();
        unreadable.extend(cells.map(|cell| UnreadableCell { row: cell.row + before, ..cell }));
        before += part.len();
    }
    let moment = parts.iter().map(|(_, part)| part.moment).min().unwrap_or_default();
    let clock_offset = parts.iter().filter_map(|(_, part)| part.clock_offset).max_by_key(|offset| offset.abs());
    let mut no_dates = BTreeMap::new();
    for (column, count) in parts.iter().flat_map(|(_, part)| &part.no_dates) {
        *no_dates.entry(column.clone()).or_default() += count;
    }
    Table { clock_offset, no_dates, unknown, ..Table::new(spec.clone(), rows, columns.collect(), unreadable, moment) }
}

fn tags(parts: &[(&str, Table)]) -> Vector {
    let rows = parts.iter().map(|(_, part)| part.len()).sum();
    let mut texts = StringChunkedBuilder::new(PlSmallStr::EMPTY, rows);
    for (company, part) in parts {
        (0..part.len()).for_each(|_| texts.append_value(company));
    }
    Vector::Text(texts.finish())
}

/// The cells of several columns of one kind, one column after the other.
fn joined(kind: &ColumnType, columns: &[Vector]) -> Vector {
    match kind {
        ColumnType::Text => {
            let texts = columns.iter().filter_map(|column| match column {
                Vector::Text(texts) => Some(texts.iter()),
                _ => None,
            });
            Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, texts.flatten()).rechunk().into_owned())
        }
        ColumnType::Money { scale, .. } | ColumnType::Quantity { scale } | ColumnType::Number { scale } => {
            let cells = columns.iter().filter_map(|column| match column {
                Vector::Decimal(cells) => Some(cells),
                _ => None,
            });
            let mut joined = DecimalsBuilder::with_room(*scale, cells.clone().map(|cells| cells.len()).sum());
            cells.flat_map(|cells| cells.iter()).for_each(|cell| joined.push_cell(cell));
            Vector::Decimal(joined.finish())
        }
        ColumnType::Date => {
            let days = columns.iter().filter_map(|column| match column {
                Vector::Date(days) => Some(days.iter().copied()),
                _ => None,
            });
            Vector::Date(days.flatten().collect())
        }
        ColumnType::Instant => {
            let moments = columns.iter().filter_map(|column| match column {
                Vector::Instant(moments) => Some(moments.iter().copied()),
                _ => None,
            });
            Vector::Instant(moments.flatten().collect())
        }
        ColumnType::Boolean => {
            let flags = columns.iter().filter_map(|column| match column {
                Vector::Boolean(flags) => Some(flags.iter().copied()),
                _ => None,
            });
            Vector::Boolean(flags.flatten().collect())
        }
    }
}
