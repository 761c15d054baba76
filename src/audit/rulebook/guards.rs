//! The guards of a table file.

use crate::audit::amount::Amount;
use crate::audit::snapshot::{Age, ColumnSpec, ColumnType, Fresh, Guards};
use crate::problem::{Node, Section};

/// Reads `guards`. `columns` is absent where the table's columns could not be read, `date` the column that dates its
/// rows. What is wrong is reported and left out.
pub(super) fn read(node: &Node<'_>, columns: Option<&[ColumnSpec]>, date: Option<&str>) -> Guards {
    let Some(section) = node.section() else { return Guards::default() };
    let min_rows = section.get("min_rows").and_then(|node| node.count(0));
    let max_drop = section.get("max_drop").and_then(|node| percent(&node));
    let totals = section.get("totals");
    if let Some(node) = totals.as_ref().filter(|_| !section.has("max_drop")) {
        node.name_problem("totals are watched by max_drop, and there is none", "max_drop = \"50%\", or no totals");
    }
    let totals = totals.and_then(|node| node.texts(1)).unwrap_or_default();
    let totals = totals.into_iter().filter_map(|(name, node)| total(name, &node, columns)).collect();
    let fresh = section.get("fresh").and_then(|node| fresh(&node, columns, date));
    section.finish();
    Guards { min_rows: min_rows.unwrap_or_default(), max_drop, totals, fresh }
}

/// A share in percent, from 0 to below 100.
fn percent(node: &Node<'_>) -> Option<Amount> {
    let text = node.filled()?;
    let hundred = Amount::from(100);
    let figure = text.trim().strip_suffix('%').and_then(|figure| figure.trim().parse::<Amount>().ok());
    let percent = figure.filter(|percent| !percent.is_negative() && *percent < hundred);
    if percent.is_none() {
        node.problem(format!("{} is no share that may be lost", node.written()), "\"50%\", below 100 %");
    }
    percent.map(Amount::normalised)
}

fn total(name: String, node: &Node<'_>, columns: Option<&[ColumnSpec]>) -> Option<String> {
    let Some(columns) = columns else { return Some(name) };
    let figures = |column: &&ColumnSpec| column.kind.scale().is_some() && !column.header;
    let Some(column) = columns.iter().find(|column| column.name == name) else {
        let known = columns.iter().filter(figures).map(|column| column.name.as_str());
        node.unknown(format!("{} is no column of this table", node.written()), &name, known);
        return None;
    };
    if column.header {
        node.problem(format!("{name} is repeated on several rows and is never added up"), "a figure of each row");
        return None;
    }
    if column.kind.scale().is_none() {
        let sentence = format!("{name} is a {} column, which has no sum", column.kind.name());
        node.problem(sentence, "a money, quantity or number column");
        return None;
    }
    Some(name)
}

const FRESH: &str = "fresh = \"2d\", or { within = \"2d\", by = \"posted_on\" }, working_days = 2 in place of within";

fn fresh(node: &Node<'_>, columns: Option<&[ColumnSpec]>, date: Option<&str>) -> Option<Fresh> {
    if node.value().as_str().is_some() {
        let within = age(node);
        if date.is_none() {
            node.problem("the table does not say which column dates its rows", "date = \"…\", or by = \"…\" here");
        }
        let fresh = Fresh { by: date?.to_owned(), within: within? };
        return hours_are_of_instants(node, &fresh, columns).then_some(fresh);
    }
    let section = node.section()?;
    let within = within(&section);
    let by = match section.get("by") {
        Some(node) => dated(&node, columns),
        None if date.is_none() => {
            section.problem("the table does not say which column dates its rows", "by = \"…\"");
            None
        }
        None => date.map(str::to_owned),
    };
    section.finish();
    let fresh = Fresh { by: by?, within: within? };
    hours_are_of_instants(node, &fresh, columns).then_some(fresh)
}

fn within(section: &Section<'_>) -> Option<Age> {
    match (section.get("within"), section.get("working_days")) {
        (Some(node), None) => age(&node),
        (None, Some(node)) => node.small_count(0).map(Age::WorkingDays),
        (Some(_), Some(node)) => {
            node.name_problem("the age counts days or working days, not both", FRESH);
            None
        }
        (None, None) => {
            section.problem("fresh does not say how young the newest row must be", FRESH);
            None
        }
    }
}

/// A number of days or hours.
fn age(node: &Node<'_>) -> Option<Age> {
    let text = node.filled()?;
    let read = |unit: char| text.strip_suffix(unit)?.parse::<u32>().ok();
    let age = read('d').map(Age::Days).or_else(|| read('h').map(Age::Hours));
    if age.is_none() {
        node.problem(format!("{} is no age", node.written()), "a number with d or h: \"2d\", \"36h\"");
    }
    age
}

/// A date or instant column.
fn dated(node: &Node<'_>, columns: Option<&[ColumnSpec]>) -> Option<String> {
    let name = node.filled()?;
    let Some(columns) = columns else { return Some(name) };
    let is_dated = |column: &ColumnSpec| matches!(column.kind, ColumnType::Date | ColumnType::Instant);
    match columns.iter().find(|column| column.name == name) {
        Some(column) if is_dated(column) => return Some(name),
        Some(column) => node.problem(format!("{name} is a {} column", column.kind.name()), "a date or instant column"),
        None => {
            let known = columns.iter().filter(|column| is_dated(column)).map(|column| column.name.as_str());
            node.unknown(format!("{} is no column of this table", node.written()), &name, known);
        }
    }
    None
}

/// Dates have no hours to be counted.
fn hours_are_of_instants(node: &Node<'_>, fresh: &Fresh, columns: Option<&[ColumnSpec]>) -> bool {
    let column = columns.and_then(|columns| columns.iter().find(|column| column.name == fresh.by));
    let dates = column.is_some_and(|column| column.kind == ColumnType::Date) && matches!(fresh.within, Age::Hours(_));
    if dates {
        node.problem(format!("{} is a date column, whose age has no hours", fresh.by), "days, such as \"2d\"");
    }
    !dates
}
