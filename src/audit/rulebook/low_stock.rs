//! `kind = "low_stock"`.

use super::reading::{ANY, DATE, DATED, QUANTITY, Reading, column, optional, same_family, summed};
use super::{Demand, Figure, Incoming, LowStock, Outgoing, stock_settings};
use crate::audit::amount::Amount;
use crate::audit::breaks::StockFigure;
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

const JUDGED: [(&str, StockFigure); 3] =
    [("on_hand", StockFigure::OnHand), ("available", StockFigure::Available), ("projected", StockFigure::Projected)];
const OUTGOING: [(&str, Outgoing); 2] = [("positive", Outgoing::Positive), ("negative", Outgoing::Negative)];
const LATE: [(&str, bool); 2] = [("count", true), ("ignore", false)];

pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>) -> Option<LowStock> {
    let key = section.need("key", "the columns that identify a stock: key = [\"sku\", \"warehouse\"]");
    let key = key.and_then(|node| node.texts(1));
    let names: Option<Vec<String>> = key.as_ref().map(|parts| parts.iter().map(|(name, _)| name.clone()).collect());
    let mut tables: Vec<&TableSpec> = Vec::new();
    let on_hand = section.need("on_hand", "on_hand = { table = \"…\", column = \"…\" }");
    let on_hand = on_hand.and_then(|node| figure(&node, reading, &mut tables));
    let reserved = section.get("reserved").map_or(Some(None), |node| figure(&node, reading, &mut tables).map(Some));
    let incoming = section.get("incoming").map_or(Some(None), |node| incoming(&node, reading, &mut tables).map(Some));
    let demand = section.get("demand").map_or(Some(None), |node| demand(&node, reading, &mut tables).map(Some));
    let settings = section.need("settings", "settings = { table = \"…\", point = \"…\" }");
    let computes = section.has("demand");
    let settings =
        settings.and_then(|node| stock_settings::read(&node, reading, &mut tables, names.as_deref(), computes));
    let judge_node = section.get("judge");
    let judge = judge_node.as_ref().map_or(Some(StockFigure::Available), |node| node.one_of(&JUDGED));
    if let (Some(node), Some(StockFigure::Projected), false) = (&judge_node, judge, section.has("incoming")) {
        node.problem("projected stock counts what is on its way, and the rule has no incoming", "incoming = { … }");
    }
    let strict = section.get("strict").map_or(Some(false), |node| node.boolean());
    let round_to = section.get("round_to").map_or(Some(Amount::from(1)), |node| step(&node));
    let key = key.map(|parts| key_columns(parts, &tables));
    Some(LowStock {
        key: key??,
        on_hand: on_hand?,
        reserved: reserved?,
        incoming: incoming?,
        demand: demand?,
        settings: settings?,
        judge: judge?,
        strict: strict?,
        round_to: round_to?,
    })
}

/// The key's columns, each of one type in every table of the rule.
fn key_columns(parts: Vec<(String, Node<'_>)>, tables: &[&TableSpec]) -> Option<Vec<String>> {
    let mut sound = true;
    for (part, node) in &parts {
        for table in tables {
            sound &= column(node, Some(table), &ANY).is_some()
                && same_family(node, (tables[0], part.as_str()), (table, part.as_str()));
        }
    }
    sound.then(|| parts.into_iter().map(|(part, _)| part).collect())
}

fn figure<'a>(node: &Node<'_>, reading: &Reading<'a>, tables: &mut Vec<&'a TableSpec>) -> Option<Figure> {
    let section = node.section()?;
    let (figure, _) = figure_of(&section, reading, tables);
    section.finish();
    figure
}

fn figure_of<'a>(
    section: &Section<'_>,
    reading: &Reading<'a>,
    tables: &mut Vec<&'a TableSpec>,
) -> (Option<Figure>, Option<&'a TableSpec>) {
    let table = reading.table_of(section);
    tables.extend(table);
    let column = summed(section, "column", table, &QUANTITY);
    let filter = reading.filter(section, table);
    let figure = || Some(Figure { table: table?.name.clone(), column: column?, filter: filter? });
    (figure(), table)
}

fn incoming<'a>(node: &Node<'_>, reading: &Reading<'a>, tables: &mut Vec<&'a TableSpec>) -> Option<Incoming> {
    let section = node.section()?;
    let (figure, table) = figure_of(&section, reading, tables);
    let due = optional(&section, "due", table, &DATE);
    let within_node = section.get("within_lead_time");
    let within_lead_time = within_node.as_ref().map_or(Some(true), |node| node.boolean());
    let late_node = section.get("late");
    let counts_late = late_node.as_ref().map_or(Some(true), |node| node.one_of(&LATE));
    for node in [within_node, late_node].into_iter().flatten().filter(|_| !section.has("due")) {
        node.name_problem("nothing says when incoming goods are due", "due = \"…\", a date column");
    }
    section.finish();
    Some(Incoming { figure: figure?, due: due?, within_lead_time: within_lead_time?, counts_late: counts_late? })
}

fn demand<'a>(node: &Node<'_>, reading: &Reading<'a>, tables: &mut Vec<&'a TableSpec>) -> Option<Demand> {
    let section = node.section()?;
    let (figure, table) = figure_of(&section, reading, tables);
    let days = section.need("days", "how many days before the as-of day count, such as 90");
    let days = days.and_then(|node| node.small_count(2));
    let date = match section.get("date") {
        Some(node) => column(&node, table, &DATED),
        None => table.and_then(|table| {
            if table.date.is_none() {
                let sentence = format!("nothing says when a movement was, and table {} has no date", table.name);
                section.problem(sentence, "date = \"…\", a date or instant column");
            }
            table.date.clone()
        }),
    };
    let returns = section.get("returns").map_or(Some(None), |node| {
        let scope = table.map(|table| super::reading::scope(None, table));
        reading.condition(&node, scope.as_ref()).map(Some)
    });
    let outgoing = section.get("outgoing").map_or(Some(Outgoing::Positive), |node| node.one_of(&OUTGOING));
    section.finish();
    Some(Demand { figure: figure?, date: date?, days: days?, returns: returns?, outgoing: outgoing? })
}

/// What is rounded up to: a figure over zero.
fn step(node: &Node<'_>) -> Option<Amount> {
    let step = node.tolerance()?;
    if step.is_zero() {
        node.problem("nothing can be rounded up to a multiple of zero", "1, or a decimal such as \"0.1\"");
    }
    Some(step).filter(|step| !step.is_zero())
}
