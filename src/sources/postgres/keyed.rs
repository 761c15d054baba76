//! A query narrowed to the rows of some keys.

use sqlx::Column;
use sqlx::postgres::PgColumn;

use super::decode::Kind;
use crate::audit::recheck::{Cells, KeyPart, Keys};
use crate::audit::value::Value;
use crate::sources::keyed::around;
use crate::sources::question::quoted;

/// A query around another one.
pub(super) struct Narrowed {
    pub text: String,
    /// One array for each column of the keys, bound behind the query's own parameters.
    pub arrays: Vec<Vec<Option<String>>>,
}

/// `query`, which answers `columns` and has so many `parameters` of its own, with its rows narrowed to those of `keys`
/// and to those whose cells may become any key; `None` where a column of the keys has a type whose values are not
/// compared as they are carried.
pub(super) fn narrowed(query: &str, parameters: usize, columns: &[PgColumn], keys: &Keys) -> Option<Narrowed> {
    if keys.rows.is_empty() || keys.parts.is_empty() {
        return None;
    }
    let (mut comparable, mut compared, mut arrays) = (Vec::new(), Vec::new(), Vec::new());
    for (at, part) in keys.parts.iter().enumerate() {
        let column = columns.iter().find(|column| column.name() == part.column)?;
        let (is_comparable, cell, array) = one(part, Kind::of(column.type_info(), 0)?)?;
        comparable.push(is_comparable);
        compared.push(cell);
        arrays.push(format!("${}::text[]{array}", parameters + at + 1));
    }
    let among = format!("select * from unnest({})", arrays.join(", "));
    let values = |at: usize| keys.rows.iter().map(|row| row.get(at).and_then(bound)).collect();
    let arrays = (0..keys.parts.len()).map(values).collect();
    Some(Narrowed { text: around(query, &comparable, &compared, &among), arrays })
}

/// Of a column of the keys: whether a cell can be compared before it is cleaned, the cell as it is compared, and what
/// makes an array of texts one of such cells.
///
/// Texts are compared byte by byte, whatever the column's own order holds to be equal.
fn one(part: &KeyPart, kind: Kind) -> Option<(String, String, &'static str)> {
    let column = quoted(&part.column, '"');
    let text = || format!("{column}::text collate \"C\"");
    let there = || format!("{column} is not null");
    let is_text =
        matches!(kind, Kind::Text | Kind::Padded | Kind::Uuid | Kind::Short | Kind::Integer | Kind::Long | Kind::Oid);
    match (part.cells, kind) {
        (Cells::Text, _) if is_text => Some((there(), text(), "")),
        (Cells::CleanText, _) if is_text => {
            Some((format!("coalesce({} !~ '[^-A-Z0-9_./]', false)", text()), text(), ""))
        }
        (Cells::Numbers, Kind::Short | Kind::Integer | Kind::Long) => {
            Some((there(), format!("{column}::numeric"), "::numeric[]"))
        }
        // Neither a fraction nor what is no number, such as infinity, leaves 0.
        (Cells::Numbers, Kind::Numeric) => Some((format!("coalesce({column} % 1 = 0, false)"), column, "::numeric[]")),
        _ => None,
    }
}

/// A key's value as an array holds it. PostgreSQL has no text with a NUL, so null, which equals none, stands for it.
fn bound(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.contains('\0') => Some(text.clone()),
        Value::Amount(amount) => Some(amount.normalised().to_string()),
        _ => None,
    }
}
