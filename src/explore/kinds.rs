//! The type to propose for a column: the one that its name and its declared type suggest, if its cells can be read so.

use std::collections::BTreeSet;

use super::{Column, EXAMPLES, Role, role};
use crate::audit::amount::{Amount, MAX_SCALE};
use crate::audit::expression::Vector;
use crate::audit::snapshot::{
    ColumnSpec, ColumnType, CurrencyOf, Guards, History, Normaliser, Read, Table, TableSpec, Tax, normalise,
};
use crate::audit::value::Value;
use crate::sources::catalogue::{Declared, Sample};

/// A column's proposed type.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// Money is in the business's currency here; the table's currency column is known only later.
    pub kind: ColumnType,
    pub normalise: Vec<Normaliser>,
    pub null_words: Vec<String>,
    /// How many of the cells looked at cannot be read so, and the first of them.
    pub unreadable: usize,
    pub unreadable_example: Option<String>,
}

/// What the source declares, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Boolean,
    Integer,
    Decimal {
        scale: Option<u8>,
    },
    Float,
    Date,
    DateTime,
    Text,
    /// Nothing, or a name that is not known.
    Unknown,
}

/// A proposed type is kept as long as no more than one cell of so many is unreadable.
const READABLE: usize = 10;
/// Texts by which people say that there is nothing.
const NULL_WORDS: [&str; 12] = ["-", "--", "—", "/", "无", "空", "N/A", "n/a", "NA", "NULL", "null", "None"];

/// The cells of a column of texts.
pub(super) fn cells(texts: &Table, place: usize) -> Vec<Option<String>> {
    match texts.columns().get(place) {
        Some(Vector::Text(cells)) => (0..texts.len()).map(|row| cells.get(row).map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// Whether the cells are currency codes, those that are empty aside.
pub(super) fn is_codes(cells: &[Option<String>]) -> bool {
    let code = |text: &String| text.trim().len() == 3 && text.trim().bytes().all(|letter| letter.is_ascii_alphabetic());
    cells.iter().flatten().count() > 0 && cells.iter().flatten().all(code)
}

/// Looks at one column.
pub(super) fn column(
    declared: &Declared,
    name: String,
    cells: Vec<Option<String>>,
    sample: &Sample,
    zone: chrono_tz::Tz,
) -> Column {
    let mut role = role(&declared.name);
    let family = family(&declared.kind);
    let nulls = cells.iter().filter(|cell| cell.is_none()).count();
    let mut examples: Vec<String> = Vec::new();
    let mut distinct: BTreeSet<&str> = BTreeSet::new();
    for cell in cells.iter().flatten() {
        if distinct.insert(cell) && examples.len() < EXAMPLES {
            examples.push(cell.clone());
        }
    }
    let distinct = distinct.len();
    let looked = Looked { declared, cells: &cells, family, sample, zone };
    let (proposed, read) = looked.propose(role);
    if role == Role::Currency && proposed.kind != ColumnType::Text {
        role = Role::Other;
    }
    let (least, largest) = range(read.as_ref());
    Column { declared: declared.clone(), name, role, proposed, nulls, distinct, least, largest, examples, cells }
}

struct Looked<'l> {
    declared: &'l Declared,
    cells: &'l [Option<String>],
    family: Family,
    sample: &'l Sample,
    zone: chrono_tz::Tz,
}

impl Looked<'_> {
    /// The first candidate under which the cells can be read; text, which can hold every cell, otherwise.
    fn propose(&self, role: Role) -> (Proposed, Option<Table>) {
        let null_words = self.null_words();
        for kind in self.candidates(role) {
            let normalise = Vec::new();
            let proposed =
                Proposed { kind, normalise, null_words: null_words.clone(), unreadable: 0, unreadable_example: None };
            let Some((proposed, table)) = self.tried(proposed) else { continue };
            return (proposed, Some(table));
        }
        let identifier = matches!(role, Role::Identifier | Role::Line | Role::Unit);
        let steps = match role {
            Role::Currency => vec![Normaliser::Trim, Normaliser::Upper],
            _ if identifier && self.are_codes() => vec![Normaliser::Trim, Normaliser::HalfWidth, Normaliser::Upper],
            _ if identifier => vec![Normaliser::Trim, Normaliser::HalfWidth],
            _ => vec![Normaliser::Trim],
        };
        let null_words = null_words.into_iter().filter(|_| identifier).map(|word| word.to_uppercase());
        let null_words: BTreeSet<String> = null_words.collect();
        let kind = ColumnType::Text;
        let null_words = null_words.into_iter().collect();
        let text = Proposed { kind, normalise: steps, null_words, unreadable: 0, unreadable_example: None };
        self.tried(text.clone()).map_or((text, None), |(proposed, table)| (proposed, Some(table)))
    }

    /// The cells that say in a word that there is nothing.
    fn null_words(&self) -> Vec<String> {
        let words = self.cells.iter().flatten().map(|cell| cell.trim()).filter(|cell| NULL_WORDS.contains(cell));
        words.collect::<BTreeSet<&str>>().into_iter().map(str::to_owned).collect()
    }

    /// The types to try, the likeliest first.
    fn candidates(&self, role: Role) -> Vec<ColumnType> {
        let empty = self.cells.iter().flatten().next().is_none();
        let figure = |role| match role {
            Role::Money | Role::Price => ColumnType::Money {
                scale: self.scale(if role == Role::Price { 4 } else { 2 }),
                currency: CurrencyOf::Business,
                tax: Tax::Unknown,
            },
            Role::Quantity => ColumnType::Quantity { scale: self.scale(4) },
            _ => ColumnType::Number { scale: self.scale(0) },
        };
        match (self.family, role) {
            (Family::Boolean, _) => vec![ColumnType::Boolean],
            (Family::Date, _) => vec![ColumnType::Date],
            (Family::DateTime, _) if self.are_days() => vec![ColumnType::Date],
            (Family::DateTime, _) => vec![ColumnType::Instant],
            (Family::Integer, Role::Identifier | Role::Unit | Role::Currency) => Vec::new(),
            (Family::Integer, Role::Date) => vec![ColumnType::Date, ColumnType::Number { scale: 0 }],
            (Family::Integer | Family::Decimal { .. } | Family::Float, _) => vec![figure(role)],
            // A text that nothing stands in says nothing of its type but its name.
            (Family::Text | Family::Unknown, Role::Money | Role::Price | Role::Quantity) => vec![figure(role)],
            (Family::Text | Family::Unknown, Role::Line) if !empty => vec![ColumnType::Number { scale: 0 }],
            (Family::Text | Family::Unknown, Role::Number) if !empty => vec![figure(role)],
            (Family::Text | Family::Unknown, Role::Date) if self.are_days() || empty => vec![ColumnType::Date],
            (Family::Text | Family::Unknown, Role::Date) => vec![ColumnType::Instant],
            (Family::Text | Family::Unknown, Role::Other) if !empty && self.look_like_days() => {
                vec![if self.are_days() { ColumnType::Date } else { ColumnType::Instant }]
            }
            (Family::Unknown, Role::Other) if !empty => vec![ColumnType::Number { scale: self.scale(0) }],
            _ => Vec::new(),
        }
    }

    /// Reads the cells as proposed; `None` when too many cannot be read.
    fn tried(&self, mut proposed: Proposed) -> Option<(Proposed, Table)> {
        let column = ColumnSpec {
            from: self.declared.name.clone(),
            normalise: proposed.normalise.clone(),
            null_words: proposed.null_words.clone(),
            ..ColumnSpec::new("looked_at", proposed.kind.clone())
        };
        let spec = TableSpec {
            name: "looked_at".to_owned(),
            source: String::new(),
            companies: Vec::new(),
            read: Read::Query(String::new()),
            unique: Vec::new(),
            date: None,
            history: History::NowOnly,
            guards: Guards::default(),
            columns: vec![column],
        };
        let table = normalise(&spec, &self.sample.raw, self.zone).ok()?;
        proposed.unreadable = table.unreadable.len();
        proposed.unreadable_example = table.unreadable.first().map(|cell| cell.text.clone());
        let filled = self.cells.iter().flatten().count();
        (proposed.unreadable * READABLE <= filled).then_some((proposed, table))
    }

    /// The declared scale, or else the most digits behind the point that the cells have; at least `usual` where nothing
    /// is declared.
    fn scale(&self, usual: u8) -> u8 {
        let seen = || {
            let digits = |cell: &String| {
                let amount: Amount = cell.trim().replace(',', "").parse().ok()?;
                Some(amount.normalised().scale())
            };
            self.cells.iter().flatten().filter_map(digits).max().unwrap_or_default()
        };
        match self.family {
            Family::Decimal { scale: Some(scale) } => scale.min(MAX_SCALE),
            // More digits than a float holds exactly are noise of its arithmetic.
            Family::Float => usual.max(seen().min(6)),
            Family::Integer => 0,
            _ => usual.max(seen()),
        }
    }

    /// Whether the cells are codes rather than names, which keep their small letters.
    fn are_codes(&self) -> bool {
        let name =
            |cell: &&String| cell.trim().contains(' ') || cell.chars().any(|c| c.is_alphabetic() && c > '\u{2fff}');
        let (names, filled) = (self.cells.iter().flatten().filter(name).count(), self.cells.iter().flatten().count());
        names * 2 < filled.max(1)
    }

    /// Whether no cell has a time of day.
    fn are_days(&self) -> bool {
        let midnight = |cell: &String| {
            let digits = cell.chars().filter(|c| c.is_ascii_digit()).count();
            let time = cell.trim().split_once(['T', ' ']).map(|(_, time)| time.trim());
            digits <= 8 || time.is_some_and(|time| time.trim_start_matches(['0', ':', '.']).is_empty())
        };
        self.cells.iter().flatten().all(midnight)
    }

    /// Whether every cell begins like a day.
    fn look_like_days(&self) -> bool {
        let day = |cell: &String| {
            let bytes = cell.trim().as_bytes();
            bytes.len() >= 8 && bytes[..4].iter().all(u8::is_ascii_digit) && matches!(bytes[4], b'-' | b'/' | b'.')
        };
        self.cells.iter().flatten().all(day)
    }
}

fn family(kind: &str) -> Family {
    let kind = kind.trim().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    match kind.as_str() {
        "" | "null" => Family::Unknown,
        "date" => Family::Date,
        "tinyint(1)" | "bit(1)" => Family::Boolean,
        _ if has(&["bool"]) => Family::Boolean,
        _ if has(&["timestamp", "datetime"]) => Family::DateTime,
        _ if has(&["decimal", "numeric", "number"]) => Family::Decimal { scale: declared_scale(&kind) },
        _ if has(&["money"]) => Family::Decimal { scale: None },
        _ if has(&["real", "float", "double"]) || kind.starts_with('f') && kind[1..].parse::<u8>().is_ok() => {
            Family::Float
        }
        _ if has(&["interval", "point", "range"]) => Family::Text,
        _ if has(&["int", "serial", "year"]) || kind.starts_with(['i', 'u']) && kind[1..].parse::<u8>().is_ok() => {
            Family::Integer
        }
        _ if has(&["date"]) => Family::Date,
        _ => Family::Text,
    }
}

/// The second figure of `decimal(18,2)`; zero of `decimal(18)`.
fn declared_scale(kind: &str) -> Option<u8> {
    let inside = kind.split_once(['(', '['])?.1.trim_end_matches([')', ']']);
    match inside.split_once(',') {
        Some((_, scale)) => scale.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok(),
        None => inside.trim().parse::<u32>().is_ok().then_some(0),
    }
}

/// The least and the largest value of the one column of `read`.
fn range(read: Option<&Table>) -> (Option<String>, Option<String>) {
    let Some((table, held)) = read.and_then(|table| table.columns().first().map(|held| (table, held))) else {
        return (None, None);
    };
    let mut range: Option<(Value, Value)> = None;
    for value in (0..table.len()).map(|row| held.value(row)).filter(|value| !value.is_null()) {
        range = Some(match range {
            None => (value.clone(), value),
            Some((least, largest)) if less(&value, &least) => (value, largest),
            Some((least, largest)) if less(&largest, &value) => (least, value),
            Some(range) => range,
        });
    }
    range.map_or((None, None), |(least, largest)| (Some(least.to_string()), Some(largest.to_string())))
}

fn less(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Amount(left), Value::Amount(right)) => left < right,
        (Value::Text(left), Value::Text(right)) => left < right,
        (Value::Date(left), Value::Date(right)) => left < right,
        (Value::Instant(left), Value::Instant(right)) => left < right,
        (Value::Bool(left), Value::Bool(right)) => left < right,
        _ => false,
    }
}
