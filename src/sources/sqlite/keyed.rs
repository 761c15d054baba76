//! A query narrowed to the rows of some keys.

use rusqlite::types::Value as Sql;

use crate::audit::recheck::{Cells, KeyPart, Keys};
use crate::audit::value::Value;
use crate::sources::keyed::around;
use crate::sources::question::quoted;

/// Values of keys that one statement may bind. SQLite takes 32,766 in all.
const VALUES: usize = 30_000;

/// A query around another one.
pub(super) struct Narrowed {
    pub text: String,
    /// Bound behind the query's own parameters.
    pub values: Vec<Sql>,
}

/// `query` with its rows narrowed to those of `keys`, and to those whose cells may become any key; `None` where there
/// are too many keys for one statement.
pub(super) fn narrowed(query: &str, keys: &Keys) -> Option<Narrowed> {
    let Keys { parts, rows } = keys;
    if rows.is_empty() || parts.is_empty() || rows.len().checked_mul(parts.len())? > VALUES {
        return None;
    }
    let comparable: Vec<String> = parts.iter().map(comparable).collect();
    let compared: Vec<String> = parts.iter().map(compared).collect();
    let one = format!("({})", vec!["?"; parts.len()].join(", "));
    let among = format!("values {}", vec![one; rows.len()].join(", "));
    let text = around(query, &comparable, &compared, &among);
    let values = rows.iter().flat_map(|row| parts.iter().zip(row)).map(|(part, value)| bound(part.cells, value));
    Some(Narrowed { text, values: values.collect() })
}

/// Whether a cell is one that can be compared before it is cleaned. Never null.
fn comparable(part: &KeyPart) -> String {
    let column = quoted(&part.column, '"');
    match part.cells {
        Cells::Text => format!("typeof({column}) in ('text', 'integer')"),
        Cells::CleanText => {
            format!("typeof({column}) in ('text', 'integer') and {column} not glob '*[^-A-Z0-9_./]*'")
        }
        Cells::Numbers => format!("typeof({column}) = 'integer'"),
    }
}

/// The cell, as a key's value is bound.
fn compared(part: &KeyPart) -> String {
    let kind = if part.cells == Cells::Numbers { "integer" } else { "text" };
    format!("cast({} as {kind})", quoted(&part.column, '"'))
}

/// A number with a fraction, or beyond 64 bits, is no integer of SQLite: null equals none.
fn bound(cells: Cells, value: &Value) -> Sql {
    match (cells, value) {
        (Cells::Text | Cells::CleanText, Value::Text(text)) => Sql::Text(text.clone()),
        (Cells::Numbers, Value::Amount(amount)) => {
            let amount = amount.normalised();
            let whole = i64::try_from(amount.units()).ok().filter(|_| amount.scale() == 0);
            whole.map_or(Sql::Null, Sql::Integer)
        }
        _ => Sql::Null,
    }
}
