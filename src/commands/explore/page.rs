//! What was found, for people and for programs.

use serde_json::{Value as Json, json};

use super::super::tables;
use crate::config::{Source, SourceKind};
use crate::explore::figures::count;
use crate::explore::{Column, KeyReason, Profile, table_file};
use crate::sources::catalogue::{Holding, Rows};
use crate::words;

/// Characters of a list of columns that are shown.
const COLUMN_LIST: usize = 400;
/// Characters of a cell that are shown.
const CELL: usize = 24;

/// All tables of a source.
pub(super) fn list(source: &Source, held: &[Holding]) -> String {
    let mut text = format!(
        "{} ({}): {}\n",
        words::visible(&source.name),
        reached(source),
        tables::count(held.len() as u64, "table")
    );
    if held.is_empty() {
        return text + "Nothing there can be read as a table.\n";
    }
    text.push('\n');
    let mut table = tables::table(&["table", "rows", "columns"]);
    for holding in held {
        let name = words::visible(&holding.full_name());
        let name = if holding.kind.name() == "view" { format!("{name} (view)") } else { name };
        let columns = match &holding.fault {
            Some(fault) => format!("cannot be read: {}", words::one_line(fault)),
            None => columns(holding),
        };
        table.add_row([name, rows(holding.rows), columns]);
    }
    tables::right(&mut table, &[1]);
    text.push_str(&tables::drawn(&table));
    text.push('\n');
    if held.iter().any(|holding| matches!(holding.rows, Rows::Estimated(_))) {
        text.push_str("~ is an estimate of the database's own statistics. ");
    }
    if held.iter().any(|holding| holding.columns.iter().any(|column| column.key.is_some())) {
        text.push_str("* is part of the declared primary key.\n");
    }
    text + "tieout explore SOURCE TABLE looks into one of them.\n"
}

fn columns(holding: &Holding) -> String {
    let star = |key: Option<u32>| if key.is_some() { "*" } else { "" };
    let names = holding.columns.iter().map(|column| format!("{}{}", words::visible(&column.name), star(column.key)));
    let names = words::clip(&names.collect::<Vec<_>>().join(", "), COLUMN_LIST);
    format!("{}: {names}", holding.columns.len())
}

fn rows(rows: Rows) -> String {
    match rows {
        Rows::Counted(rows) => count(rows),
        Rows::Estimated(rows) => format!("~{}", count(rows)),
        Rows::Unknown => "?".to_owned(),
    }
}

/// Where a source is, without what is secret in it.
fn reached(source: &Source) -> String {
    match &source.kind {
        SourceKind::Sqlite { path } => format!("sqlite, {}", path.display()),
        SourceKind::Files { path } => format!("files, {}", path.display()),
        SourceKind::Postgres { .. } => "postgres".to_owned(),
        SourceKind::Mysql { .. } => "mysql".to_owned(),
    }
}

/// One table: its columns, its key, and the table file to begin with.
pub(super) fn table(source: &Source, profile: &Profile) -> String {
    let name = words::visible(&profile.holding.full_name());
    let mut text =
        format!("{name} of {}: {}, looked at {}\n\n", words::visible(&source.name), profile.rows(), profile.basis());
    let mut table = tables::table(&[]);
    table.set_header(["column\nsource type", "proposed", "different\nempty", "from\nto", "such as"]);
    for column in &profile.columns {
        table.add_row(row(profile, column));
    }
    let mut table = tables::fitted(table);
    tables::right(&mut table, &[2]);
    text.push_str(&tables::drawn(&table));
    text.push('\n');
    text.push_str(&proposals(profile));
    let name = table_file::name(profile);
    text.push_str(&format!("\nA table file to begin with, config/tables/{name}.toml:\n\n"));
    text + &table_file::text(profile, source, &name, false)
}

fn row(profile: &Profile, column: &Column) -> Vec<String> {
    let shown = |text: &String| words::clip(&words::visible(text), CELL);
    let declared = &column.declared;
    let kind = if declared.kind.is_empty() { "-".to_owned() } else { words::visible(&declared.kind) };
    let required = if declared.nullable { "" } else { " not null" };
    let proposed = &column.proposed;
    let mut told = vec![match proposed.kind.scale() {
        Some(scale) => format!("{} scale {scale}", proposed.kind.name()),
        None => proposed.kind.name().to_owned(),
    }];
    if proposed.unreadable > 0 {
        told.push(format!("{} unreadable", count(proposed.unreadable as u64)));
    }
    let place = profile.columns.iter().position(|other| other.name == column.name);
    let key = profile.key.as_ref().is_some_and(|key| place.is_some_and(|place| key.columns.contains(&place)));
    for (is, word) in [(key, "key"), (place == profile.date, "date"), (place == profile.currency, "currency")] {
        if is {
            told.push(word.to_owned());
        }
    }
    let bound = |bound: &Option<String>| bound.as_ref().map_or_else(String::new, shown);
    vec![
        format!("{}\n{kind}{required}", words::visible(&declared.name)),
        told.join("\n"),
        format!("{}\n{}", count(column.distinct as u64), count(column.nulls as u64)),
        format!("{}\n{}", bound(&column.least), bound(&column.largest)),
        column.examples.iter().map(shown).collect::<Vec<_>>().join("\n"),
    ]
}

fn proposals(profile: &Profile) -> String {
    let name = |place: usize| words::visible(&profile.columns[place].declared.name);
    let key = match &profile.key {
        None => "none found: no few columns tell the rows apart".to_owned(),
        Some(key) => {
            let names = key.columns.iter().map(|place| name(*place)).collect::<Vec<_>>().join(", ");
            let why = match key.why {
                KeyReason::Declared => "the declared primary key".to_owned(),
                KeyReason::Looked { repeats: 0 } => format!("none of {} repeats it", profile.basis()),
                KeyReason::Looked { repeats } => {
                    format!("{} of {} repeat it", count(repeats as u64), profile.basis())
                }
            };
            format!("{names} ({why})")
        }
    };
    let one = |place: Option<usize>| place.map_or_else(|| "none found".to_owned(), name);
    format!(
        "Key: {key}\nDate: {}\nCurrency: {}\n",
        one(profile.date),
        match profile.currency {
            Some(place) => name(place),
            None => "none found; money is taken in the business's own".to_owned(),
        }
    )
}

/// All tables of a source, for programs.
pub(super) fn list_json(source: &Source, held: &[Holding]) -> String {
    let tables: Vec<Json> = held.iter().map(holding_json).collect();
    pretty(&json!({ "format": "tieout.explore/1", "source": source.name, "tables": tables }))
}

fn holding_json(holding: &Holding) -> Json {
    let (rows, exact) = match holding.rows {
        Rows::Counted(rows) => (Some(rows), true),
        Rows::Estimated(rows) => (Some(rows), false),
        Rows::Unknown => (None, false),
    };
    let columns = holding.columns.iter().map(
        |column| json!({ "name": column.name, "type": column.kind, "nullable": column.nullable, "key": column.key }),
    );
    json!({
        "schema": holding.schema,
        "name": holding.name,
        "kind": holding.kind.name(),
        "rows": rows,
        "rows_exact": exact,
        "columns": columns.collect::<Vec<_>>(),
        "fault": holding.fault,
    })
}

/// One table, for programs.
pub(super) fn table_json(source: &Source, profile: &Profile) -> String {
    let name = |place: usize| profile.columns[place].declared.name.clone();
    let columns: Vec<Json> = profile.columns.iter().map(|column| {
        json!({
            "name": column.declared.name,
            "type": column.declared.kind,
            "nullable": column.declared.nullable,
            "proposed": { "name": column.name, "type": column.proposed.kind.name(), "scale": column.proposed.kind.scale() },
            "unreadable": column.proposed.unreadable,
            "empty": column.nulls,
            "different": column.distinct,
            "least": column.least,
            "largest": column.largest,
            "examples": column.examples,
        })
    }).collect();
    let key = profile.key.as_ref().map(|key| {
        let repeats = match key.why {
            KeyReason::Declared => None,
            KeyReason::Looked { repeats } => Some(repeats),
        };
        let columns: Vec<String> = key.columns.iter().map(|place| name(*place)).collect();
        json!({ "columns": columns, "declared": key.why == KeyReason::Declared, "repeated_by": repeats })
    });
    pretty(&json!({
        "format": "tieout.explore-table/1",
        "source": source.name,
        "table": holding_json(&profile.holding),
        "looked_at": profile.sampled,
        "whole": profile.whole,
        "columns": columns,
        "key": key,
        "date": profile.date.map(name),
        "currency": profile.currency.map(name),
        "table_file": table_file::text(profile, source, &table_file::name(profile), false),
    }))
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
