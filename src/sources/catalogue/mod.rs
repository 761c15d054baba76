//! What a source holds: its tables with their columns, how many rows they have, and the first of them.
//!
//! Everything is asked as a table is pulled: by queries that only read, in a transaction that can only read, within a
//! time limit. Only what the login may read is named.

mod files;
mod mysql;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;
use std::time::Duration;

use super::question::quoted;
use super::{Asked, Fault, Origin, PullLimits, SourceError, pull};
use crate::audit::expression::Parameters;
use crate::audit::snapshot::{
    ColumnSpec, ColumnType, FileRead, Guards, History, RawTable, Read, Table, TableSpec, normalise,
};
use crate::config::{Source, SourceKind};
use crate::schedule::Clock;

/// Below so many estimated rows a table is counted instead.
const COUNTED_BELOW: u64 = 200_000;
/// One question; counting a large table is given up after it.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Answers of the catalogue: far more than any database has columns.
const CATALOGUE_ROWS: u64 = 5_000_000;

/// One table, view or file of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Where the source has several.
    pub schema: Option<String>,
    /// As the source calls it; a path inside the folder for a file.
    pub name: String,
    pub kind: HoldingKind,
    pub rows: Rows,
    /// In the source's order.
    pub columns: Vec<Declared>,
    /// Why it cannot be read, where that is known already.
    pub fault: Option<String>,
}

impl Holding {
    /// How a person names it: `schema.name` where there are schemas.
    pub fn full_name(&self) -> String {
        self.schema.as_ref().map_or_else(|| self.name.clone(), |schema| format!("{schema}.{}", self.name))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldingKind {
    Table,
    View,
    File,
}

impl HoldingKind {
    pub fn name(self) -> &'static str {
        match self {
            HoldingKind::Table => "table",
            HoldingKind::View => "view",
            HoldingKind::File => "file",
        }
    }
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    Counted(u64),
    /// By the database's own statistics.
    Estimated(u64),
    Unknown,
}

/// A column as the source declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    /// The source's own name of the type; empty where it has none.
    pub kind: String,
    pub nullable: bool,
    /// The place in the primary key, from 1.
    pub key: Option<u32>,
}

/// The first rows of one table.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The rows as the source handed them over.
    pub raw: RawTable,
    /// The same as texts, one text column for each of the source's.
    pub texts: Table,
    /// Whether these are all rows.
    pub whole: bool,
}

/// Everything the source holds and this login may read, by name.
pub async fn list(source: &Source, clock: &dyn Clock) -> Result<Vec<Holding>, SourceError> {
    let catalogue = Catalogue { source, clock };
    let held = match &source.kind {
        SourceKind::Sqlite { .. } => sqlite::list(&catalogue).await,
        SourceKind::Files { path } => files::list(&catalogue, path).await,
        SourceKind::Postgres { .. } => postgres::list(&catalogue).await,
        SourceKind::Mysql { .. } => mysql::list(&catalogue).await,
    };
    held.map_err(|fault| SourceError { at: at(source, "catalogue"), fault })
}

/// The first `most` rows of one table, and what is thereby known of it: the number of its rows where they are all
/// there, the types of a file's columns.
pub async fn sample(
    source: &Source,
    holding: &mut Holding,
    most: usize,
    clock: &dyn Clock,
) -> Result<Sample, SourceError> {
    let catalogue = Catalogue { source, clock };
    let name = holding.full_name();
    let sampled = match &source.kind {
        SourceKind::Files { .. } => files::sample(&catalogue, holding, most).await,
        SourceKind::Mysql { .. } => catalogue.first_rows(holding, most, '`').await,
        SourceKind::Sqlite { .. } | SourceKind::Postgres { .. } => catalogue.first_rows(holding, most, '"').await,
    };
    let sampled = sampled.map_err(|fault| SourceError { at: at(source, &name), fault })?;
    if sampled.whole {
        holding.rows = Rows::Counted(sampled.texts.len() as u64);
    }
    Ok(sampled)
}

/// The query that reads all columns of a table, as a table file would say it.
pub fn query(source: &SourceKind, holding: &Holding) -> Read {
    let quote = match source {
        SourceKind::Files { .. } => return Read::File(FileRead::of(holding.name.clone())),
        SourceKind::Mysql { .. } => '`',
        SourceKind::Sqlite { .. } | SourceKind::Postgres { .. } => '"',
    };
    let plain = matches!(source, SourceKind::Sqlite { .. } | SourceKind::Mysql { .. });
    let word = |name: &str| if is_plain(name, plain) { name.to_owned() } else { quoted(name, quote) };
    let columns: Vec<String> = holding.columns.iter().map(|column| word(&column.name)).collect();
    Read::Query(format!("select {}\nfrom {}", columns.join(", "), place(holding, word)))
}

/// Whether a name needs no quotes: letters of either case only where the database does not fold them.
fn is_plain(name: &str, capitals: bool) -> bool {
    let letter = |c: char| c == '_' || c.is_ascii_lowercase() || (capitals && c.is_ascii_uppercase());
    let mut letters = name.chars();
    letters.next().is_some_and(letter) && letters.all(|c| letter(c) || c.is_ascii_digit()) && !is_keyword(name)
}

/// Whether SQL would read the name as a word of its own.
pub fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// Words of SQL that are likely names of columns and tables, and cannot stand there without quotes.
const KEYWORDS: [&str; 72] = [
    "add",
    "all",
    "alter",
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "check",
    "collate",
    "column",
    "condition",
    "constraint",
    "create",
    "cross",
    "current",
    "default",
    "delete",
    "desc",
    "distinct",
    "drop",
    "else",
    "end",
    "for",
    "foreign",
    "from",
    "full",
    "grant",
    "group",
    "groups",
    "having",
    "in",
    "index",
    "insert",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "keys",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "option",
    "or",
    "order",
    "primary",
    "rank",
    "range",
    "references",
    "right",
    "rows",
    "select",
    "set",
    "table",
    "then",
    "to",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "when",
    "where",
    "with",
];

fn place(holding: &Holding, word: impl Fn(&str) -> String) -> String {
    let name = word(&holding.name);
    holding.schema.as_ref().map_or_else(|| name.clone(), |schema| format!("{}.{name}", word(schema)))
}

fn at(source: &Source, table: &str) -> Origin {
    Origin { source: source.name.clone(), table: table.to_owned() }
}

/// A source being asked what it holds.
struct Catalogue<'s> {
    source: &'s Source,
    clock: &'s dyn Clock,
}

/// What a question answered: as handed over, and as texts.
type Answer = Result<(RawTable, Table), Fault>;

impl Catalogue<'_> {
    /// Asks several questions at once: the name of each, what is read, the columns wanted of it.
    async fn ask(&self, questions: Vec<(String, Read, Vec<String>)>, rows: u64) -> BTreeMap<String, Answer> {
        let limits = PullLimits {
            connect: Duration::from_secs(15),
            turn: QUESTION_TIMEOUT,
            lock: Duration::from_secs(5),
            timeout: QUESTION_TIMEOUT,
            rows,
        };
        let asked: Vec<Asked> = questions
            .into_iter()
            .map(|(name, read, columns)| {
                let table = question(&self.source.name, name, read, &columns);
                Asked { table, parameters: Parameters::new(), keys: None }
            })
            .collect();
        let specs: BTreeMap<String, TableSpec> =
            asked.iter().map(|asked| (asked.table.name.clone(), asked.table.clone())).collect();
        let zone = self.source.zone;
        let settle = move |name: &str, raw: RawTable| match normalise(&specs[name], &raw, zone) {
            Ok(texts) => Ok((raw, texts)),
            Err(fault) => Err(Fault::Internal { reason: fault.to_string() }),
        };
        let answers = pull(self.source, asked, &limits, self.clock.shared(), settle).await;
        answers
            .into_iter()
            .map(|(name, answer)| (name, answer.map_err(|error| error.fault).and_then(|held| held)))
            .collect()
    }

    /// Asks one question, for its texts.
    async fn one(&self, query: &str, columns: &[&str]) -> Result<Table, Fault> {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        let asked = vec![("catalogue".to_owned(), Read::Query(query.to_owned()), columns)];
        let answer = self.ask(asked, CATALOGUE_ROWS).await.remove("catalogue");
        Ok(answer.unwrap_or_else(|| Err(unanswered()))?.1)
    }

    /// Counts the rows of those holdings of which `which` says so. One that cannot be counted keeps what is known.
    async fn count(&self, held: &mut [Holding], quote: char, which: impl Fn(&Holding) -> bool) {
        let word = |name: &str| quoted(name, quote);
        let asked = held.iter().filter(|holding| which(holding)).map(|holding| {
            let query = format!("select count(*) as n from {}", place(holding, word));
            (holding.full_name(), Read::Query(query), vec!["n".to_owned()])
        });
        let mut answers = self.ask(asked.collect(), 1).await;
        for holding in held {
            let Some(answer) = answers.remove(&holding.full_name()) else { continue };
            match answer {
                Ok((_, texts)) => {
                    let count = text(&texts, 0, 0).and_then(|count| count.parse().ok());
                    holding.rows = count.map_or(holding.rows, Rows::Counted);
                }
                Err(Fault::TooSlow { .. }) => {}
                Err(fault) => holding.fault = Some(fault.to_string()),
            }
        }
    }

    /// The first rows of a table or view.
    async fn first_rows(&self, holding: &Holding, most: usize, quote: char) -> Result<Sample, Fault> {
        let word = |name: &str| quoted(name, quote);
        let columns: Vec<String> = holding.columns.iter().map(|column| column.name.clone()).collect();
        let list = columns.iter().map(|column| word(column)).collect::<Vec<_>>().join(", ");
        // One row more than is kept tells whether there are more.
        let query = format!("select {list} from {} limit {}", place(holding, word), most + 1);
        let name = holding.full_name();
        let answer = self.ask(vec![(name.clone(), Read::Query(query), columns)], most as u64 + 1).await.remove(&name);
        let (raw, texts) = answer.unwrap_or_else(|| Err(unanswered()))?;
        Ok(self.cut(raw, texts, most))
    }

    /// The first `most` of what was read.
    fn cut(&self, raw: RawTable, texts: Table, most: usize) -> Sample {
        let whole = texts.len() <= most;
        if whole {
            return Sample { raw, texts, whole };
        }
        let raw = RawTable { frame: raw.frame.head(Some(most)), ..raw };
        let texts = normalise(&texts.spec, &raw, self.source.zone).unwrap_or(texts);
        Sample { raw, texts, whole }
    }
}

fn unanswered() -> Fault {
    Fault::Internal { reason: "a question to the source had no answer".to_owned() }
}

/// A table all of whose columns are wanted as texts.
fn question(source: &str, name: String, read: Read, columns: &[String]) -> TableSpec {
    TableSpec {
        name,
        source: source.to_owned(),
        companies: Vec::new(),
        read,
        unique: Vec::new(),
        date: None,
        history: History::NowOnly,
        guards: Guards::default(),
        columns: columns.iter().map(|column| ColumnSpec::new(column, ColumnType::Text)).collect(),
    }
}

/// A cell of a table of texts.
fn text(texts: &Table, column: usize, row: usize) -> Option<&str> {
    match texts.columns().get(column)? {
        crate::audit::expression::Vector::Text(cells) if row < cells.len() => cells.get(row),
        _ => None,
    }
}

/// Columns by the table they belong to, from rows of schema, table, column, type, nullable (0 or 1) and key place.
fn declared(texts: &Table) -> BTreeMap<(Option<String>, String), Vec<Declared>> {
    let mut columns: BTreeMap<(Option<String>, String), Vec<Declared>> = BTreeMap::new();
    for row in 0..texts.len() {
        let cell = |column| text(texts, column, row).map(str::to_owned);
        let (Some(table), Some(name)) = (cell(1), cell(2)) else { continue };
        columns.entry((cell(0), table)).or_default().push(Declared {
            name,
            kind: cell(3).unwrap_or_default(),
            nullable: cell(4).as_deref() != Some("0"),
            key: cell(5).and_then(|place| place.parse().ok()).filter(|place| *place > 0),
        });
    }
    columns
}
