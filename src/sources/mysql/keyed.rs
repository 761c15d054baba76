//! A query narrowed to the rows of some keys.

use sqlx::mysql::MySqlColumn;
use sqlx::{Column, TypeInfo};

use super::decode::Kind;
use crate::audit::recheck::{Cells, KeyPart, Keys};
use crate::audit::value::Value;
use crate::sources::keyed::around;
use crate::sources::question::quoted;

/// Values that one statement may bind in all; the protocol counts them in 16 bits.
const VALUES: usize = 65_535;
/// A whole number of any length that the server can compare, bound as its digits.
const NUMBER: &str = "cast(? as decimal(65, 0))";

/// A query around another one.
pub(super) struct Narrowed {
    pub text: String,
    /// Bound behind the query's own parameters.
    pub values: Vec<Option<String>>,
}

/// How a column of the keys is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    Text,
    Integers,
    Decimals,
}

/// `query`, which answers `columns` and binds so many `parameters` of its own, with its rows narrowed to those of
/// `keys` and to those whose cells may become any key; `None` where a column of the keys has a type whose values are
/// not compared as they are carried, or there are more keys than one statement holds.
pub(super) fn narrowed(query: &str, parameters: usize, columns: &[MySqlColumn], keys: &Keys) -> Option<Narrowed> {
    let Keys { parts, rows } = keys;
    let count = rows.len().checked_mul(parts.len())?.checked_add(parameters)?;
    if rows.is_empty() || parts.is_empty() || count > VALUES {
        return None;
    }
    let by: Vec<Compared> = parts.iter().map(|part| compared_by(part, columns)).collect::<Option<_>>()?;
    let each = || parts.iter().zip(&by);
    let comparable: Vec<String> = each().map(|(part, by)| comparable(part, *by)).collect();
    let compared: Vec<String> = each().map(|(part, by)| compared(part, *by)).collect();
    let places = by.iter().map(|by| if *by == Compared::Text { "?" } else { NUMBER });
    let one = format!("({})", places.collect::<Vec<_>>().join(", "));
    let among = vec![one; rows.len()].join(", ");
    let values = rows.iter().flat_map(|row| by.iter().zip(row)).map(|(by, value)| bound(*by, value));
    Some(Narrowed { text: around(query, &comparable, &compared, &among), values: values.collect() })
}

fn compared_by(part: &KeyPart, columns: &[MySqlColumn]) -> Option<Compared> {
    let info = columns.iter().find(|column| column.name() == part.column)?.type_info();
    match (Kind::of(info, 0)?, part.cells) {
        (Kind::Text, Cells::Text | Cells::CleanText) if info.name() != "JSON" => Some(Compared::Text),
        (Kind::Decimal, Cells::Numbers) => Some(Compared::Decimals),
        (
            Kind::Tiny
            | Kind::TinyUnsigned
            | Kind::Short
            | Kind::ShortUnsigned
            | Kind::Integer
            | Kind::IntegerUnsigned
            | Kind::Long
            | Kind::LongUnsigned,
            _,
        ) => Some(Compared::Integers),
        _ => None,
    }
}

/// Whether a cell is one that can be compared before it is cleaned. Never null.
fn comparable(part: &KeyPart, by: Compared) -> String {
    let column = quoted(&part.column, '`');
    match (by, part.cells) {
        (Compared::Text, Cells::CleanText) => {
            format!("coalesce({} not regexp '[^-A-Z0-9_./]', false)", compared(part, by))
        }
        (Compared::Text | Compared::Integers, _) => format!("{column} is not null"),
        (Compared::Decimals, _) => format!("coalesce(mod({column}, 1) = 0, false)"),
    }
}

/// The cell, as a key's value is bound. Texts are compared letter by letter, whatever the column's own order holds to
/// be equal; blanks at their ends do not count, which finds too many rows at most. Of an integer that is added to,
/// nothing is left of how it is shown: with zeros in front, or as a year.
fn compared(part: &KeyPart, by: Compared) -> String {
    let column = quoted(&part.column, '`');
    match by {
        Compared::Text => format!("convert({column} using utf8mb4) collate utf8mb4_bin"),
        Compared::Integers => format!("{column} + 0"),
        Compared::Decimals => column,
    }
}

/// A value as its place takes it; null, which equals none, for one that no such cell becomes.
fn bound(by: Compared, value: &Value) -> Option<String> {
    match (by, value) {
        (Compared::Text, Value::Text(text)) => Some(text.clone()),
        (Compared::Integers, Value::Text(text)) => {
            let number: i128 = text.parse().ok()?;
            (number.to_string() == *text).then(|| text.clone())
        }
        (Compared::Integers | Compared::Decimals, Value::Amount(amount)) => {
            let amount = amount.normalised();
            (amount.scale() == 0).then(|| amount.to_string())
        }
        _ => None,
    }
}
