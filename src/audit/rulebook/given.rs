//! What a reconcile rule says once for all its sides: `rates`, `units` and `scope`.

use super::added::{Rates, Units};
use super::adding::Given;
use super::reading::{ANY, DATE, DATED, NUMBER, Reading, TEXT, needed};
use super::reconcile::Draft;
use super::{Bound, Span, Window};
use crate::audit::expression::{Scope, Type};
use crate::problem::{Node, Section};

/// The tables that sides convert by.
pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>) -> Given {
    Given {
        rates: section.get("rates").map(|node| rates(&node, reading)),
        units: section.get("units").map(|node| units(&node, reading)),
    }
}

/// Where rates of exchange stand, with the scale of the rate.
pub(super) fn rates(node: &Node<'_>, reading: &Reading<'_>) -> Option<(Rates, u8)> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    let date = needed(&section, "date", table, &DATE);
    let (from, to) = (needed(&section, "from", table, &TEXT), needed(&section, "to", table, &TEXT));
    let rate = needed(&section, "rate", table, &NUMBER);
    section.finish();
    let (table, rate) = (table?, rate?);
    let scale = table.column(&rate).and_then(|column| column.kind.scale()).unwrap_or_default();
    Some((Rates { table: table.name.clone(), date: date?, from: from?, to: to?, rate }, scale))
}

fn units(node: &Node<'_>, reading: &Reading<'_>) -> Option<(Units, crate::audit::snapshot::TableSpec)> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    let (item, unit) = (needed(&section, "item", table, &ANY), needed(&section, "unit", table, &TEXT));
    let factor = needed(&section, "factor", table, &NUMBER);
    section.finish();
    let table = table?;
    Some((Units { table: table.name.clone(), item: item?, unit: unit?, factor: factor? }, table.clone()))
}

/// The days a rule judges. The outer `None` says that the scope is wrong.
pub(super) fn window(section: &Section<'_>, reading: &Reading<'_>, drafts: &[Draft<'_>]) -> Option<Option<Window>> {
    let Some(node) = section.get("scope") else { return Some(None) };
    let section = node.section()?;
    let accepted = "scope = { by = \"sales.order_date\", since = \"180 days\" }";
    let by = section.need("by", "a date of the reference side, such as \"sales.order_date\"");
    let by = by.and_then(|node| reference_date(&node, drafts));
    let since = section.need("since", BOUNDS).and_then(|node| bound(&node, reading));
    let until = section.get("until").map_or(Some(None), |node| bound(&node, reading).map(Some));
    let margin = section.get("margin").map_or(Some(None), |node| margin(&node).map(Some));
    section.finish();
    let undated = drafts.iter().skip(1).filter(|draft| draft.expected != Some(false));
    let undated: Vec<&Draft<'_>> =
        undated.filter(|draft| draft.table.as_ref().is_some_and(|table| table.date.is_none())).collect();
    for draft in &undated {
        draft.node.problem(
            format!("a subject that only {} has cannot be placed in time: its table has no date", draft.name),
            "date = \"…\" in the table's file, or expected = false on this side",
        );
    }
    if let (Some(Bound::Before(Span::Days(since))), Some(Some(Bound::Before(Span::Days(until))))) = (&since, &until)
        && until > since
    {
        node.problem("the scope ends before it begins", accepted);
        return None;
    }
    undated.is_empty().then_some(Some(Window { by: by?, since: since?, until: until?, margin: margin? }))
}

/// The column of the reference side that `node` names as `side.column`.
fn reference_date(node: &Node<'_>, drafts: &[Draft<'_>]) -> Option<String> {
    let text = node.filled()?;
    let reference = drafts.first()?;
    let table = reference.table.as_ref()?;
    let dates = table.columns.iter().filter(|column| (DATED.fits)(&column.kind));
    let known: Vec<(String, &str)> =
        dates.map(|column| (format!("{}.{}", reference.name, column.name), column.name.as_str())).collect();
    let found = known.iter().find(|(name, _)| *name == text);
    if found.is_none() {
        let sentence = format!("{} is no date of the reference side, {}", node.written(), reference.name);
        node.unknown(sentence, &text, known.iter().map(|(name, _)| name.as_str()));
    }
    found.map(|(_, column)| (*column).to_owned())
}

const BOUNDS: &str = "\"180 days\" or \"6 months\" before the as-of day, or a date such as \":period_start\"";

/// A number of days or months before the as-of day, or a date made of parameters.
fn bound(node: &Node<'_>, reading: &Reading<'_>) -> Option<Bound> {
    let text = node.filled()?;
    if let Some(span) = span(&text) {
        if span.is_none() {
            node.problem(format!("{} is no length of time", node.written()), BOUNDS);
        }
        return span.map(Bound::Before);
    }
    let expression = reading.expression(node, Some(&Scope::new()))?;
    if expression.kind() != Type::Date {
        node.problem(format!("{} is no date", node.written()), BOUNDS);
        return None;
    }
    Some(Bound::On(expression))
}

fn margin(node: &Node<'_>) -> Option<Span> {
    let span = span(&node.filled()?).flatten();
    if span.is_none() {
        node.problem(format!("{} is no length of time", node.written()), "\"60 days\" or \"2 months\"");
    }
    span
}

/// A length of time such as `60 days`. The outer `None` says that the text is not written like one, the inner that
/// its unit or its size is none.
fn span(text: &str) -> Option<Option<Span>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [number, unit] = words.as_slice() else { return None };
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(number.parse::<u32>().ok().and_then(|number| match *unit {
        "day" | "days" => Some(Span::Days(number)),
        "month" | "months" => Some(Span::Months(number)),
        _ => None,
    }))
}
