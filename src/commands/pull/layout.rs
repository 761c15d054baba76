//! A table's rows as a person reads them, fitted to the width there is.

use super::super::tables;
use super::{View, no_dates, unreadable};
use crate::audit::snapshot::{ColumnSpec, ColumnType, CurrencyOf};
use crate::audit::value::Value;
use crate::config::Config;
use crate::explore::figures::width as width_of;
use crate::words;

/// Characters of a cell that are shown.
const CELL: usize = 32;
/// Blanks between two columns.
const GAP: usize = 3;

/// The whole page: what it is, its rows, what is left out, what cannot be read.
pub(super) fn page(config: &Config, view: &View<'_>) -> String {
    let spec = &view.table.spec;
    let read = view.table.moment.with_timezone(&config.business.zone).format("%Y-%m-%d %H:%M:%S %Z");
    let rows = tables::count(view.table.len() as u64, "row");
    let mut text = format!("{} of {}: {rows}, read {read}\n", words::visible(&spec.name), words::visible(&spec.source));
    if view.rows < view.table.len() {
        text.push_str(&format!("The first {}: --limit shows more, --out FILE keeps all of them.\n", view.rows));
    }
    text.push('\n');
    let columns: Vec<Vec<String>> = view.columns.iter().map(|place| cells(view, *place)).collect();
    let fit = fitting(&columns, usize::from(tables::width()));
    text.push_str(&drawn(view, &columns[..fit]));
    if fit < columns.len() {
        let more = view.columns[fit..].iter().map(|place| words::visible(&spec.columns[*place].name));
        let more = more.collect::<Vec<_>>().join(", ");
        text.push_str(&format!("\nNot shown for want of room (--columns NAMES shows them): {more}\n"));
    }
    let cells = format!("{}{}", unreadable(&view.table.unreadable), no_dates(view.table));
    if !cells.is_empty() {
        text.push('\n');
    }
    text + &cells
}

/// The columns that fit, with their types under their names.
fn drawn(view: &View<'_>, columns: &[Vec<String>]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column[0].as_str()).collect();
    let mut table = tables::table(&names);
    table.set_header(columns.iter().map(|column| format!("{}\n{}", column[0], column[1])));
    for row in 2..view.rows + 2 {
        table.add_row(columns.iter().map(|column| column[row].clone()));
    }
    let figure = |place: &usize| view.table.spec.columns[*place].kind.scale().is_some();
    let shown = view.columns[..columns.len()].iter().enumerate();
    let figures: Vec<usize> = shown.filter(|(_, place)| figure(place)).map(|(column, _)| column).collect();
    tables::right(&mut table, &figures);
    tables::drawn(&table)
}

/// A column's name, its type, and its cells, each on one line.
fn cells(view: &View<'_>, place: usize) -> Vec<String> {
    let spec = &view.table.spec.columns[place];
    let held = &view.table.columns()[place];
    let head = [words::visible(&spec.name), kind(spec)];
    let rows = (0..view.rows).map(|row| match held.value(row) {
        Value::Null if is_unreadable(view, row, spec) => "(unreadable)".to_owned(),
        value => words::clip(&words::visible(&value.to_string()), CELL),
    });
    head.into_iter().chain(rows).collect()
}

fn is_unreadable(view: &View<'_>, row: usize, column: &ColumnSpec) -> bool {
    view.table.unreadable.iter().any(|cell| cell.row == row && cell.column == column.name)
}

/// `money`, with where its currency stands; `number`; …
fn kind(spec: &ColumnSpec) -> String {
    match &spec.kind {
        ColumnType::Money { currency: CurrencyOf::Fixed(code), .. } => format!("money {code}"),
        ColumnType::Money { currency: CurrencyOf::Column(name), .. } => format!("money {}", words::visible(name)),
        kind => kind.name().to_owned(),
    }
}

/// How many of the columns, from the first, stand side by side without breaking a cell; at least one.
fn fitting(columns: &[Vec<String>], width: usize) -> usize {
    let mut used = 0;
    let fit = columns.iter().take_while(|column| {
        used += if used == 0 { 0 } else { GAP };
        used += column.iter().map(|cell| width_of(cell)).max().unwrap_or_default();
        used <= width
    });
    fit.count().max(1).min(columns.len())
}
