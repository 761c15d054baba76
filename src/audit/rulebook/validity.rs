//! `kind = "validity"`: what every row of one table must satisfy. Its rows are keyed, prepared and found faulty as those
//! of a reconcile rule with a single side, so that is what it becomes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::aggregates::Aggregates;
use super::one_side::OneSide;
use super::reading::{ANY, Reading, column, same_family, scope};
use super::{Reconcile, SidesKind, Stay, checks, hash, stalled, titles};
use crate::audit::expression::{Expression, Scope, Type};
use crate::audit::snapshot::TableSpec;
use crate::language::Bilingual;
use crate::problem::{Node, Section};

/// What each row of a table must satisfy.
#[derive(Clone, Debug)]
pub struct Asserted {
    /// In file order. Their expressions name the side's columns bare.
    pub assertions: Vec<Assertion>,
    /// `duplicates = "pass"`: rows that share a key are another rule's to tell. They are no break here and are not
    /// checked; an open exception of theirs stays as it is.
    pub passes_duplicates: bool,
    /// What a row is worth that does not satisfy them; unpriced without.
    pub amount: Option<Expression>,
}

/// One check of a validity rule.
#[derive(Clone, Debug)]
pub struct Assertion {
    pub name: String,
    /// What people read in place of the condition.
    pub title: Option<Bilingual>,
    pub required: Required,
    /// The check applies only where this is true.
    pub when: Option<Expression>,
    /// `empty = "pass"`: what cannot be told because a column it reads is empty is no break.
    pub passes_empty: bool,
    pub owner: String,
}

#[derive(Clone, Debug)]
pub enum Required {
    Holds(Condition),
    Exists(Exists),
    /// A row for which `when` is true must leave that state in time.
    Leaves(Stay),
}

/// A condition that must be true; one that is neither true nor false is not satisfied.
#[derive(Clone, Debug)]
pub struct Condition {
    pub whole: Expression,
    /// What it joins by `and`: of a row that does not satisfy it, those are told that are not true.
    pub parts: Vec<Expression>,
}

/// A row of another table that there must be.
#[derive(Clone, Debug)]
pub struct Exists {
    pub table: String,
    /// Pairs of a column of the side and the column of the other table that must be equal.
    pub key: Vec<(String, String)>,
    /// Which rows of the other table count; all of them without.
    pub filter: Option<Expression>,
}

impl Asserted {
    /// Every column that an assertion or the amount reads.
    pub fn columns(&self) -> BTreeSet<String> {
        let amount = self.amount.iter();
        let conditions = self.assertions.iter().flat_map(|assertion| {
            let holds = match &assertion.required {
                Required::Holds(condition) => Some(&condition.whole),
                Required::Exists(_) | Required::Leaves(_) => None,
            };
            holds.into_iter().chain(&assertion.when)
        });
        let read = conditions.chain(amount).flat_map(|expression| expression.columns());
        let keys = self.looked_for().flat_map(|exists| exists.key.iter().map(|(own, _)| own.clone()));
        let since = self.assertions.iter().filter_map(|assertion| match &assertion.required {
            Required::Leaves(stay) => Some(stay.since.clone()),
            Required::Holds(_) | Required::Exists(_) => None,
        });
        read.map(|column| column.column.clone()).chain(keys).chain(since).collect()
    }

    /// The rows of other tables that there must be.
    pub fn looked_for(&self) -> impl Iterator<Item = &Exists> {
        self.assertions.iter().filter_map(|assertion| match &assertion.required {
            Required::Exists(exists) => Some(exists),
            Required::Holds(_) | Required::Leaves(_) => None,
        })
    }

    /// What of it can change a judgement.
    pub(super) fn meaning(&self) -> Value {
        let assertions = self.assertions.iter().map(|assertion| {
            let required = match &assertion.required {
                Required::Holds(condition) => json!({ "holds": hash::expression(Some(&condition.whole)) }),
                Required::Exists(exists) => {
                    let filter = hash::expression(exists.filter.as_ref());
                    json!({ "table": exists.table, "key": exists.key, "filter": filter })
                }
                Required::Leaves(Stay { days, working, since }) => {
                    json!({ "days": days, "working": working, "since": since })
                }
            };
            json!({
                "name": assertion.name,
                "required": required,
                "when": hash::expression(assertion.when.as_ref()),
                "passes_empty": assertion.passes_empty.then_some(true),
            })
        });
        let assertions: Vec<Value> = assertions.collect();
        json!({
            "assertions": assertions,
            "passes_duplicates": self.passes_duplicates.then_some(true),
            "amount": hash::expression(self.amount.as_ref()),
        })
    }
}

/// The rule as its one side, with what it asserts: by `assert` and `exists`, or by `while` and `longer`.
pub(super) fn read(section: &Section<'_>, reading: &Reading<'_>, owner: &str, kind: SidesKind) -> Option<Reconcile> {
    let key = ("key", "the columns that identify a row: key = [\"order_no\", \"line_no\"]");
    let side = OneSide::read(section, reading, key);
    let table = side.table.as_ref();
    let columns = table.map(|table| scope(None, table));
    let amount = section.get("amount").map_or(Some(None), |node| amount(&node, reading, columns.as_ref()).map(Some));
    let duplicates = section.get("duplicates");
    let duplicates = duplicates.map_or(Some(false), |node| node.one_of(&[("break", false), ("pass", true)]));
    let is_stalled = kind == SidesKind::Stalled;
    let accepted = match is_stalled {
        false => "one or more [[checks]] with assert = \"…\" or exists = { … }",
        true => "one or more [[checks]] with while = \"…\" and longer = { … }",
    };
    let assertions = section.need("checks", accepted).and_then(|node| {
        let sections = node.sections()?;
        if sections.is_empty() {
            node.problem("the rule checks nothing", accepted);
        }
        let mut names = BTreeSet::new();
        let checking = Checking { reading, table, columns: columns.as_ref() };
        let assertions = sections.iter().map(|section| {
            let assertion = match is_stalled {
                false => checking.read(section, owner, &mut names),
                true => stalled::check(&checking, section, owner, &mut names),
            };
            section.finish();
            assertion
        });
        assertions.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
    });
    let asserted = Asserted { assertions: assertions?, passes_duplicates: duplicates?, amount: amount? };
    side.rule(kind, Aggregates::default(), Vec::new(), Some(asserted), owner)
}

fn amount(node: &Node<'_>, reading: &Reading<'_>, columns: Option<&Scope>) -> Option<Expression> {
    let amount = reading.expression(node, columns)?;
    if !matches!(amount.kind(), Type::Decimal { money: true, .. }) {
        node.problem(format!("{} is no money", node.written()), "a figure of a money column, such as qty * unit_price");
        return None;
    }
    Some(amount)
}

/// The checks of a rule being read.
pub(super) struct Checking<'r> {
    pub reading: &'r Reading<'r>,
    /// With the columns the rule adds.
    pub table: Option<&'r TableSpec>,
    columns: Option<&'r Scope>,
}

impl Checking<'_> {
    fn read(&self, section: &Section<'_>, owner: &str, names: &mut BTreeSet<String>) -> Option<Assertion> {
        let name = section.need("name", "a name of its own, such as \"known-item\"");
        let name = name.and_then(|node| checks::name(&node, names));
        let title = titles::read(section);
        let required = self.required(section);
        let when = section.get("when").map_or(Some(None), |node| self.reading.condition(&node, self.columns).map(Some));
        let empty = section.get("empty").map_or(Some(false), |node| node.one_of(&[("break", false), ("pass", true)]));
        let owner = section.get("owner").map_or_else(|| Some(owner.to_owned()), |node| self.reading.department(&node));
        let (name, title) = (name?, title?);
        Some(Assertion { name, title, required: required?, when: when?, passes_empty: empty?, owner: owner? })
    }

    /// Exactly one of `assert` and `exists`.
    fn required(&self, section: &Section<'_>) -> Option<Required> {
        let accepted = "assert = \"qty > 0\", or exists = { table = \"items\", key = { sku = \"sku\" } }";
        match (section.get("assert"), section.get("exists")) {
            (Some(node), None) => {
                let whole = self.holds(&node)?;
                let parts = whole.conjuncts(self.columns?, self.reading.parameters.as_ref()?);
                Some(Required::Holds(Condition { whole, parts }))
            }
            (None, Some(node)) => self.exists(&node).map(Required::Exists),
            (None, None) => {
                section.problem("the check asks for nothing", accepted);
                None
            }
            (Some(_), Some(second)) => {
                second.name_problem("a check asks for one thing", format!("one of {accepted}"));
                // What else is wrong with it is told once it is known what is meant.
                drop(second.section().map(|section| section.entries()));
                None
            }
        }
    }

    pub fn holds(&self, node: &Node<'_>) -> Option<Expression> {
        let holds = self.reading.condition(node, self.columns)?;
        if holds.columns().is_empty() {
            node.problem(format!("{} reads no column", node.written()), "a condition on the row, such as qty > 0");
            return None;
        }
        Some(holds)
    }

    fn exists(&self, node: &Node<'_>) -> Option<Exists> {
        let section = node.section()?;
        let other = self.reading.table_of(&section);
        let key = section.need("key", "this table's column = the other table's: key = { sku = \"sku\" }");
        let key = key.and_then(|node| self.key(&node, other));
        let filter = self.reading.filter(&section, other);
        section.finish();
        Some(Exists { table: other?.name.clone(), key: key?, filter: filter? })
    }

    fn key(&self, node: &Node<'_>, other: Option<&TableSpec>) -> Option<Vec<(String, String)>> {
        let entries = node.section()?.entries();
        if entries.is_empty() {
            node.problem("the key names no column", "key = { sku = \"sku\" }");
            return None;
        }
        let parts = entries.into_iter().map(|(own, node)| {
            let theirs = column(&node, other, &ANY);
            let table = self.table?;
            if table.column(&own).is_none() {
                let known = table.columns.iter().map(|column| column.name.as_str());
                node.unknown_name(format!("table {} has no column {own}", table.name), &own, known);
                return None;
            }
            let theirs = theirs?;
            same_family(&node, (table, &own), (other?, &theirs)).then_some((own, theirs))
        });
        parts.collect::<Vec<_>>().into_iter().collect()
    }
}
