//! `kind = "low_stock"`.

use super::reading::{ANY, DATE, QUANTITY, Reading, column, needed, optional, same_family, summed};
use super::{Figure, Incoming, LowStock, Settings};
use crate::audit::breaks::StockFigure;
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

const JUDGED: [(&str, StockFigure); 3] =
    [("on_hand", StockFigure::OnHand), ("available", StockFigure::Available), ("projected", StockFigure::Projected)];

pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>) -> Option<LowStock> {
    let key = section.need("key", "the columns that identify a stock: key = [\"sku\", \"warehouse\"]");
    let key = key.and_then(|node| node.texts(1));
    let mut tables: Vec<&TableSpec> = Vec::new();
    let on_hand = section.need("on_hand", "on_hand = { table = \"…\", column = \"…\" }");
    let on_hand = on_hand.and_then(|node| figure(&node, reading, &mut tables));
    let reserved = section.get("reserved").map_or(Some(None), |node| figure(&node, reading, &mut tables).map(Some));
    let incoming = section.get("incoming").map_or(Some(None), |node| incoming(&node, reading, &mut tables).map(Some));
    let settings = section.need("settings", "settings = { table = \"…\", point = \"…\" }");
    let settings = settings.and_then(|node| settings_of(&node, reading, &mut tables));
    let judge_node = section.get("judge");
    let judge = judge_node.as_ref().map_or(Some(StockFigure::Available), |node| node.one_of(&JUDGED));
    if let (Some(node), Some(StockFigure::Projected), false) = (&judge_node, judge, section.has("incoming")) {
        node.problem("projected stock counts what is on its way, and the rule has no incoming", "incoming = { … }");
    }
    let strict = section.get("strict").map_or(Some(false), |node| node.boolean());
    let key = key.map(|parts| key_columns(parts, &tables));
    Some(LowStock {
        key: key??,
        on_hand: on_hand?,
        reserved: reserved?,
        incoming: incoming?,
        settings: settings?,
        judge: judge?,
        strict: strict?,
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
    let figure = figure_of(&section, reading, tables);
    section.finish();
    figure
}

fn figure_of<'a>(section: &Section<'_>, reading: &Reading<'a>, tables: &mut Vec<&'a TableSpec>) -> Option<Figure> {
    let table = reading.table_of(section);
    tables.extend(table);
    let column = summed(section, "column", table, &QUANTITY);
    let filter = reading.filter(section, table);
    Some(Figure { table: table?.name.clone(), column: column?, filter: filter? })
}

fn incoming<'a>(node: &Node<'_>, reading: &Reading<'a>, tables: &mut Vec<&'a TableSpec>) -> Option<Incoming> {
    let section = node.section()?;
    let figure = figure_of(&section, reading, tables);
    let table = figure.as_ref().and_then(|figure| reading.surroundings.tables.get(&figure.table));
    let due = optional(&section, "due", table, &DATE);
    section.finish();
    Some(Incoming { figure: figure?, due: due? })
}

fn settings_of<'a>(node: &Node<'_>, reading: &Reading<'a>, tables: &mut Vec<&'a TableSpec>) -> Option<Settings> {
    let section = node.section()?;
    let table = reading.table_of(&section);
    tables.extend(table);
    let point = needed(&section, "point", table, &QUANTITY);
    section.finish();
    Some(Settings { table: table?.name.clone(), point: point? })
}
