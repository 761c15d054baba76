//! What a cell's text means under its column's type.

use chrono::NaiveDate;

use super::added::Fault;
use super::figure::{COLUMN_DIGITS, Figure};
use super::model::{Column, Kind, Origin};

/// A typed cell, or what an expression makes of some.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    /// A result that is beyond exact figures.
    Fault,
    Figure(Figure),
    Text(String),
    Date(NaiveDate),
    Flag(bool),
}

impl Value {
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    pub fn figure(&self) -> Option<&Figure> {
        match self {
            Value::Figure(figure) => Some(figure),
            _ => None,
        }
    }

    /// The text of a cell, by which rows are put in an order.
    pub fn plain(&self) -> String {
        match self {
            Value::Null | Value::Fault => String::new(),
            Value::Figure(figure) => figure.to_string(),
            Value::Text(text) => text.clone(),
            Value::Date(day) => day.to_string(),
            Value::Flag(flag) => flag.to_string(),
        }
    }

    /// How a key's part is written in a subject.
    pub fn canonical(&self) -> String {
        match self {
            Value::Figure(figure) => figure.shortest().to_string(),
            Value::Text(_) | Value::Date(_) => serde_json::Value::String(self.plain()).to_string(),
            Value::Null | Value::Fault => "null".to_owned(),
            Value::Flag(flag) => flag.to_string(),
        }
    }
}

/// A row with its cells typed, in the order of the columns.
#[derive(Clone, Debug)]
pub struct Row {
    pub cells: Vec<Value>,
    /// Columns of its own table whose cell could not be read.
    pub unreadable: Vec<&'static str>,
    pub faults: Vec<Fault>,
    /// Whether the table that the side looks things up in has no row for it.
    pub is_unmatched: bool,
}

/// The rows of a table with its own columns.
pub fn read_rows(columns: &[Column], rows: &[Vec<String>]) -> Vec<Row> {
    let read = |texts: &Vec<String>| {
        let mut row = Row { cells: Vec::new(), unreadable: Vec::new(), faults: Vec::new(), is_unmatched: false };
        for (column, text) in columns.iter().zip(texts) {
            let Origin::Pulled { normalise, .. } = &column.origin else { continue };
            let value = read(column.kind, normalise, text);
            row.unreadable.extend(value.is_none().then_some(column.name));
            row.cells.push(value.unwrap_or(Value::Null));
        }
        row
    };
    rows.iter().map(read).collect()
}

/// `None` for a cell that cannot be read.
fn read(kind: Kind, normalise: &[&str], text: &str) -> Option<Value> {
    let mut text = text.to_owned();
    for step in normalise {
        text = match *step {
            "trim" => trimmed(&text),
            "upper" => text.to_uppercase(),
            _ => narrow(&text),
        };
    }
    if text.is_empty() {
        return Some(Value::Null);
    }
    if kind == Kind::Text {
        return Some(Value::Text(text));
    }
    let text = trimmed(&narrow(&text));
    if text.is_empty() {
        return Some(Value::Null);
    }
    match kind {
        Kind::Date => read_date(&text),
        Kind::Boolean => match text.as_str() {
            "yes" | "1" => Some(Value::Flag(true)),
            "no" | "0" => Some(Value::Flag(false)),
            _ => None,
        },
        kind => read_figure(&text, kind.scale()?, kind.is_money()),
    }
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

/// Full-width letters, digits and signs as those of ASCII.
fn narrow(text: &str) -> String {
    let narrow = |letter: char| match u32::from(letter) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(letter),
        _ => letter,
    };
    text.chars().map(narrow).collect()
}

fn read_date(text: &str) -> Option<Value> {
    let formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"];
    let day = formats.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())?;
    // Systems write the first day of 1900 where they know of no day.
    Some(if day.to_string() == "1900-01-01" { Value::Null } else { Value::Date(day) })
}

fn read_figure(text: &str, scale: usize, money: bool) -> Option<Value> {
    let text = if money { text.strip_prefix('¥').unwrap_or(text) } else { text };
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let (negative, unsigned) = match (bracketed, text.strip_prefix('-'), text.strip_suffix('-')) {
        (Some(inside), ..) => (true, inside),
        (_, Some(rest), _) | (_, _, Some(rest)) => (true, rest),
        _ => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1 || groups[1..].iter().all(|group| group.len() == 3) && groups[0].len() < 4;
    let whole = groups.concat();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !grouped || !digits(&whole) || !digits(fraction) {
        return None;
    }
    let figure = Figure::plain(&format!("{whole}.{fraction}")).shortest();
    let figure = if figure.scale > scale { return None } else { figure.at(scale) };
    let figure = if negative { figure.negated() } else { figure };
    (figure.length() <= COLUMN_DIGITS).then_some(Value::Figure(figure))
}
