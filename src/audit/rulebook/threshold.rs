//! `kind = "threshold"`: a figure of one table, group by group, that must stay above or below a limit. Its groups are
//! the subjects of a reconcile rule with a single side whose figure is compared with a number.

use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use super::one_side::OneSide;
use super::reading::{DECIMAL, Reading, adds_up, scope};
use super::{Check, Reconcile, SidesKind, Within, checks, titles};
use crate::audit::breaks::Relation;
use crate::audit::expression::{Expression, Scope};
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

const VALUE: &str = "value = \"sum(balance)\"; min(…) and max(…) of a column of figures too";
const LIMIT: &str = "at_least = \"100000\", or at_most = \"100000\"";

/// The rule as its one side, with what its figure is compared with.
pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>, owner: &str) -> Option<Reconcile> {
    let key = ("by", "the columns that tell the groups apart: by = [\"account\", \"currency\"]");
    let side = OneSide::read(section, reading, key);
    let table = side.table.as_ref();
    let value = section.need("value", VALUE).and_then(|node| value(&node, reading, table));
    let figure = value.as_ref().map(|(figure, _)| figure);
    let columns = table.map(|table| scope(Some(&table.name), table));
    let checks = section.need("checks", LIMIT).and_then(|node| {
        let sections = node.sections()?;
        if sections.is_empty() {
            node.problem("the rule checks nothing", LIMIT);
        }
        let mut names = BTreeSet::new();
        let checks = sections.iter().map(|section| {
            let check = check(section, reading, owner, &mut names, (figure, columns.as_ref()));
            section.finish();
            check
        });
        checks.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
    });
    let (_, aggregates) = value?;
    side.rule(SidesKind::Threshold, aggregates, checks?, None, owner)
}

/// `sum(column)`, `min(column)` or `max(column)`: the figure, and how it is made of a group's rows.
fn value(node: &Node<'_>, reading: &Reading<'_>, table: Option<&TableSpec>) -> Option<(Expression, Aggregates)> {
    let text = node.filled()?;
    let called = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
    let Some((function, name)) = called.map(|(function, name)| (function.trim().to_lowercase(), name.trim())) else {
        node.problem(format!("{} makes no figure of a group's rows", node.written()), VALUE);
        return None;
    };
    let table = table?;
    let known = table.column(name).filter(|column| (DECIMAL.fits)(&column.kind));
    if known.is_none() {
        let figures = table.columns.iter().filter(|column| (DECIMAL.fits)(&column.kind));
        let sentence = format!("table {} has no column of figures {name}", table.name);
        node.unknown(sentence, name, figures.map(|column| column.name.as_str()));
        return None;
    }
    let mut made = Aggregates::default();
    match function.as_str() {
        "sum" if adds_up(node, name, Some(table)) => made.sum.push(name.to_owned()),
        "sum" => return None,
        "min" => made.min.push(name.to_owned()),
        "max" => made.max.push(name.to_owned()),
        _ => {
            node.problem(format!("{} is no way to make one figure of many", node.written()), VALUE);
            return None;
        }
    }
    let figure = format!("{}.{name}", table.name);
    match Expression::parse(&figure, &scope(Some(&table.name), table), reading.parameters.as_ref()?) {
        Ok(figure) => Some((figure, made)),
        Err(fault) => {
            node.problem(fault.sentence, fault.accepted.unwrap_or_else(|| VALUE.to_owned()));
            None
        }
    }
}

fn check(
    section: &Section<'_>,
    reading: &Reading<'_>,
    owner: &str,
    names: &mut BTreeSet<String>,
    (figure, columns): (Option<&Expression>, Option<&Scope>),
) -> Option<Check> {
    let name = section.need("name", "a name of its own, such as \"floor\"").and_then(|node| checks::name(&node, names));
    let title = titles::read(section);
    let (relation, limit) = match (section.get("at_least"), section.get("at_most")) {
        (Some(node), None) => (Relation::AtLeast, Some(node)),
        (None, Some(node)) => (Relation::AtMost, Some(node)),
        (None, None) => {
            section.problem("the check names no limit", LIMIT);
            (Relation::AtLeast, None)
        }
        (Some(_), Some(second)) => {
            second.name_problem("a check has one limit", format!("a check of its own with {LIMIT}"));
            (Relation::AtLeast, None)
        }
    };
    let owner = section.get("owner").map_or_else(|| Some(owner.to_owned()), |node| reading.department(&node));
    let limit = limit.and_then(|node| node.decimal())?;
    let right = Expression::parse(&limit.to_string(), columns?, reading.parameters.as_ref()?).ok()?;
    let (when, grace, within) = (None, None, Within::Exactly);
    let (name, title) = (name?, title?);
    Some(Check { name, title, relation, left: figure?.clone(), right, when, within, grace, owner: owner? })
}
