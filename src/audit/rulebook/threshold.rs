//! `kind = "threshold"`: a figure of one table, group by group, that must stay above or below a limit. Its groups are
//! the subjects of a reconcile rule with a single side whose figure is compared with a number.

use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use super::one_side::OneSide;
use super::reading::{DECIMAL, Reading, adds_up, scope};
use super::{Check, Limit, Reconcile, SidesKind, Within, checks, limit, titles};
use crate::audit::expression::{ColumnRef, Expression, Scope, Type};
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

const VALUE: &str = "value = \"sum(balance)\"; min(…) and max(…) of a column of figures too, and count() of rows";
pub(super) const LIMIT: &str = "at_least = \"100000\", at_most = \"100000\", or change = { within = \"30%\", against = \"median of last 20 runs\" }";

/// The rule as its one side, with what its figure is compared with.
pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>, owner: &str) -> Option<Reconcile> {
    let key = ("by", "the columns that tell the groups apart: by = [\"account\", \"currency\"]");
    let side = OneSide::read(section, reading, key);
    let table = side.table.as_ref();
    let value = section.need("value", VALUE).and_then(|node| value(&node, reading, table));
    let figure = value.as_ref().map(|(figure, _)| figure);
    let checks = section.need("checks", LIMIT).and_then(|node| {
        let sections = node.sections()?;
        if sections.is_empty() {
            node.problem("the rule checks nothing", LIMIT);
        }
        let mut names = BTreeSet::new();
        let checks = sections.iter().map(|section| {
            let check = check(section, reading, owner, &mut names, figure);
            section.finish();
            check
        });
        checks.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
    });
    let (_, aggregates) = value?;
    side.rule(SidesKind::Threshold, aggregates, checks?, None, owner)
}

/// `sum(column)`, `min(column)`, `max(column)` or `count()`: the figure, and how it is made of a group's rows.
fn value(node: &Node<'_>, reading: &Reading<'_>, table: Option<&TableSpec>) -> Option<(Expression, Aggregates)> {
    let text = node.filled()?;
    let called = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
    let Some((function, name)) = called.map(|(function, name)| (function.trim().to_lowercase(), name.trim())) else {
        node.problem(format!("{} makes no figure of a group's rows", node.written()), VALUE);
        return None;
    };
    let table = table?;
    if function == "count" && name.is_empty() {
        return counted(reading, table);
    }
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

/// The number of a group's rows, under a name that no column has.
fn counted(reading: &Reading<'_>, table: &TableSpec) -> Option<(Expression, Aggregates)> {
    let mut name = "rows".to_owned();
    while table.column(&name).is_some() {
        name.insert(0, '_');
    }
    let mut known = scope(Some(&table.name), table);
    let column = ColumnRef { side: Some(table.name.clone()), column: name.clone() };
    known.insert(column, Type::Decimal { scale: 0, money: false });
    let figure = Expression::parse(&format!("{}.{name}", table.name), &known, reading.parameters.as_ref()?).ok()?;
    Some((figure, Aggregates { count: Some(name), ..Aggregates::default() }))
}

fn check(
    section: &Section<'_>,
    reading: &Reading<'_>,
    owner: &str,
    names: &mut BTreeSet<String>,
    figure: Option<&Expression>,
) -> Option<Check> {
    let name = section.need("name", "a name of its own, such as \"floor\"").and_then(|node| checks::name(&node, names));
    let title = titles::read(section);
    let is_money = figure.map(|figure| matches!(figure.kind(), Type::Decimal { money: true, .. }));
    let limit = limit::read(section, is_money);
    let owner = section.get("owner").map_or_else(|| Some(owner.to_owned()), |node| reading.department(&node));
    let ((relation, limit), left) = (limit?, figure?.clone());
    let right = match &limit {
        Limit::Number(number) => {
            Expression::parse(&number.to_string(), &Scope::default(), reading.parameters.as_ref()?).ok()?
        }
        Limit::PerCurrency(_) | Limit::Change(_) => left.clone(),
    };
    let (limit, when, grace, within) = (Some(limit), None, None, Within::Exactly);
    let (name, title) = (name?, title?);
    Some(Check { name, title, relation, left, right, limit, when, within, grace, owner: owner? })
}
