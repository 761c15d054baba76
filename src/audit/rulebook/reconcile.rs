//! `kind = "reconcile"`: the sides and their keys. The checks are read in `checks`.

use super::added::Added;
use super::adding::{self, Given};
use super::aggregates::{self, Aggregates};
use super::reading::{Reading, column, same_family, scope};
use super::{Reconcile, Side, SidesKind, checks, given, settled, table};
use crate::audit::expression::{ColumnRef, Expression, Scope, Type};
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

/// A side while its rule is read.
pub(super) struct Draft<'d> {
    pub name: String,
    /// With the columns the side adds. `None` where the table or a column could not be read, whose problem is then
    /// reported elsewhere.
    pub table: Option<TableSpec>,
    pub key: Option<Vec<String>>,
    pub aggregates: Aggregates,
    added: Option<Added>,
    filter: Option<Option<Expression>>,
    pub expected: Option<bool>,
    absent_zero: Option<bool>,
    owner: Option<Option<String>>,
    pub node: Node<'d>,
}

pub(super) fn read(
    section: &Section<'_>,
    reading: &Reading<'_>,
    owner: &str,
    inline: &mut Vec<TableSpec>,
) -> Option<Reconcile> {
    let key = section.need("key", "the columns that identify a subject: key = [\"order_no\", \"line_no\"]");
    let key: Option<Vec<String>> =
        key.and_then(|node| node.texts(1)).map(|texts| texts.into_iter().map(|(text, _)| text).collect());
    let given = given::read(section, reading);
    let drafts = sides(section, reading, key.as_deref(), &given, inline);
    let drafts_or_none = drafts.as_deref().unwrap_or_default();
    let matched = drafts.as_deref().and_then(matched_scope);
    let checks = checks::read(section, reading, drafts_or_none, matched.as_ref(), owner);
    let price = section.get("price").map_or(Some(None), |node| {
        let price = reading.expression(&node, matched.as_ref())?;
        let sound = checks::reads_sums_only(&node, &price, drafts_or_none);
        if !matches!(price.kind(), Type::Decimal { money: true, .. }) {
            node.problem(format!("{} is no money", node.written()), "a figure of a money column, such as a unit price");
            return None;
        }
        sound.then_some(Some(price))
    });
    let window = given::window(section, reading, drafts_or_none);
    let settled = settled::read(section, drafts_or_none);
    let drafts = drafts?;
    keys_agree(&drafts);
    let (key, checks, price, window, settled) = (key?, checks?, price?, window?, settled?);
    let rates = given.rates.map_or(Some(None), |rates| rates.map(|(rates, _)| Some(rates)))?;
    let units = given.units.map_or(Some(None), |units| units.map(|(units, _)| Some(units)))?;
    let sides = drafts.into_iter().map(|draft| {
        let reads = |expression: &Expression| {
            expression.columns().iter().any(|column| column.side.as_deref() == Some(&draft.name))
        };
        let first = checks.iter().find(|check| reads(&check.left) || reads(&check.right));
        let fallback = first.map_or(owner, |check| &check.owner);
        let Aggregates { sum, min, max, first, count } = draft.aggregates;
        Some(Side {
            owner: draft.owner?.unwrap_or_else(|| fallback.to_owned()),
            name: draft.name,
            table: draft.table?.name,
            key: draft.key?,
            added: draft.added?,
            filter: draft.filter?,
            sum,
            min,
            max,
            first,
            count,
            expected: draft.expected?,
            absent_zero: draft.absent_zero?,
        })
    });
    Some(Reconcile {
        kind: SidesKind::Reconcile,
        key,
        sides: sides.collect::<Option<_>>()?,
        checks,
        price,
        rates,
        units,
        window,
        settled,
        asserted: None,
    })
}

/// The columns of every side, as expressions over matched sides name them.
fn matched_scope(drafts: &[Draft<'_>]) -> Option<Scope> {
    let scopes = drafts.iter().map(|draft| {
        let mut known = scope(Some(&draft.name), draft.table.as_ref()?);
        if let Some(count) = &draft.aggregates.count {
            let column = ColumnRef { side: Some(draft.name.clone()), column: count.clone() };
            known.insert(column, Type::Decimal { scale: 0, money: false });
        }
        Some(known)
    });
    scopes.collect::<Option<Vec<_>>>().map(|scopes| scopes.into_iter().flatten().collect())
}

fn sides<'d>(
    section: &Section<'d>,
    reading: &Reading<'_>,
    key: Option<&[String]>,
    given: &Given,
    inline: &mut Vec<TableSpec>,
) -> Option<Vec<Draft<'d>>> {
    let accepted = "two or more sections [sides.NAME], the reference first";
    let node = section.need("sides", accepted)?;
    let entries = node.section()?.entries();
    if entries.len() < 2 {
        let count = if entries.is_empty() { "no side" } else { "one side" };
        node.problem(format!("there is {count}, which leaves nothing to compare with"), accepted);
    }
    let drafts = entries.into_iter().map(|(name, node)| side(name, node, reading, key, given, inline));
    // Every side is read before the first faulty one ends the rule.
    drafts.collect::<Vec<_>>().into_iter().collect()
}

fn side<'d>(
    name: String,
    node: Node<'d>,
    reading: &Reading<'_>,
    key: Option<&[String]>,
    given: &Given,
    inline: &mut Vec<TableSpec>,
) -> Option<Draft<'d>> {
    let named = node.check_name(&name, false);
    let section = node.section()?;
    let pulled = side_table(&section, &name, reading, inline);
    let (table, added) = adding::read(&section, reading, pulled.as_ref(), given).unzip();
    let filter = reading.filter(&section, table.as_ref());
    let key_node = section.get("key");
    let key = key.and_then(|key| side_key(key_node.as_ref(), &node, key, table.as_ref()));
    let aggregates = aggregates::read(&section, table.as_ref(), key.as_deref());
    let expected = section.get("expected").map_or(Some(true), |node| node.boolean());
    let absent_zero = section.get("absent").map_or(Some(false), |node| node.one_of(&[("zero", true)]));
    let owner = section.get("owner").map_or(Some(None), |node| reading.department(&node).map(Some));
    section.finish();
    let aggregates = aggregates?;
    named.then_some(Draft { name, table, key, aggregates, added, filter, expected, absent_zero, owner, node })
}

/// The table a side names, or the one it writes inline.
fn side_table(
    section: &Section<'_>,
    name: &str,
    reading: &Reading<'_>,
    inline: &mut Vec<TableSpec>,
) -> Option<TableSpec> {
    const INLINE: [&str; 8] = ["source", "query", "file", "columns", "unique", "date", "history", "guards"];
    let Some(written) = INLINE.into_iter().find(|key| section.has(key)) else {
        return reading.table_of(section).cloned();
    };
    if let Some(node) = section.get("table") {
        let sentence = format!("the side names a table and writes one itself: it has {written}");
        node.name_problem(sentence, "either table = \"…\", or source, query and columns");
        // The other keys of an inline table are not unknown, only out of place.
        INLINE.into_iter().for_each(|key| drop(section.get(key)));
        return reading.table(&node).cloned();
    }
    let table = table::table(section, &format!("{}.{name}", reading.id), reading.surroundings.sources)?;
    inline.push(table.clone());
    Some(table)
}

/// The side's column for each part of the key: the part's own name, unless the side maps it.
fn side_key(
    mapping: Option<&Node<'_>>,
    side: &Node<'_>,
    key: &[String],
    table: Option<&TableSpec>,
) -> Option<Vec<String>> {
    let mapped = match mapping {
        Some(node) => node.section()?.entries(),
        None => Vec::new(),
    };
    for (part, node) in &mapped {
        if !key.contains(part) {
            node.unknown_name(format!("{part} is no part of the rule's key"), part, key.iter().map(String::as_str));
        }
    }
    let columns = key.iter().map(|part| {
        if let Some((_, node)) = mapped.iter().find(|(name, _)| name == part) {
            return column(node, table, &super::reading::ANY);
        }
        let table = table?;
        if table.column(part).is_none() {
            let known = table.columns.iter().map(|column| column.name.as_str());
            let sentence = format!("table {} has no column {part}, which is part of the rule's key", table.name);
            side.unknown(sentence, part, known);
            return None;
        }
        Some(part.clone())
    });
    columns.collect::<Vec<_>>().into_iter().collect()
}

/// Keys are compared part by part, so each part must be of one type on all sides.
fn keys_agree(drafts: &[Draft<'_>]) {
    let Some((reference, others)) = drafts.split_first() else { return };
    let (Some(table), Some(key)) = (&reference.table, &reference.key) else { return };
    for other in others {
        let (Some(other_table), Some(other_key)) = (&other.table, &other.key) else { continue };
        for (left, right) in key.iter().zip(other_key) {
            same_family(&other.node, (table, left), (other_table, right));
        }
    }
}
