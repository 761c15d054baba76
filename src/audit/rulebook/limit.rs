//! What a check of a threshold rule holds its figure to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::hash::decimal;
use super::table::is_currency_code;
use super::threshold::LIMIT;
use crate::audit::amount::Amount;
use crate::audit::breaks::Relation;
use crate::audit::swing::{Against, Allowance, Change, MOST_RUNS};
use crate::problem::{Node, Section};

/// A limit of a group's figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// One number, whatever the currency.
    Number(Amount),
    /// One per currency. Money in a currency that is not named is not checked.
    PerCurrency(BTreeMap<String, Amount>),
    /// How far it may lie from what earlier runs found.
    Change(Change),
}

impl Limit {
    /// What of it stands in the rule's hash beside `right`, which says a single number already.
    pub(super) fn meaning(&self) -> Option<Value> {
        match self {
            Limit::Number(_) => None,
            Limit::PerCurrency(amounts) => {
                let amounts: BTreeMap<&String, Value> =
                    amounts.iter().map(|(currency, amount)| (currency, decimal(*amount))).collect();
                Some(json!({ "currencies": amounts }))
            }
            Limit::Change(change) => {
                let within = match change.within {
                    Allowance::Percent(percent) => json!({ "percent": decimal(percent) }),
                    Allowance::Amount(amount) => json!({ "amount": decimal(amount) }),
                };
                let median = matches!(change.against, Against::Median { .. });
                Some(json!({ "within": within, "median": median, "runs": change.against.runs() }))
            }
        }
    }
}

const WITHIN: &str = "within = \"30%\", or an amount: within = \"50000\"";
const AGAINST: &str = "against = \"median of last 20 runs\", or \"last run\"";

/// The one limit of a check. `is_money` says whether its figure is, where that is known.
pub(super) fn read(section: &Section<'_>, is_money: Option<bool>) -> Option<(Relation, Limit)> {
    const KEYS: [&str; 3] = ["at_least", "at_most", "change"];
    let mut given = KEYS.into_iter().filter_map(|key| section.get(key));
    let Some(first) = given.next() else {
        section.problem("the check names no limit", LIMIT);
        return None;
    };
    if let Some(second) = given.next() {
        second.name_problem("a check has one limit", format!("a check of its own with {LIMIT}"));
        given.for_each(drop);
        return None;
    }
    match first.name() {
        "at_least" => Some((Relation::AtLeast, number(&first, is_money)?)),
        "at_most" => Some((Relation::AtMost, number(&first, is_money)?)),
        _ => Some((Relation::Equal, Limit::Change(change(&first)?))),
    }
}

/// One number, or one per currency.
fn number(node: &Node<'_>, is_money: Option<bool>) -> Option<Limit> {
    if !node.value().is_table() {
        return node.decimal().map(Limit::Number);
    }
    if is_money == Some(false) {
        node.problem("a limit per currency has no meaning on what is no money", "one number: at_least = \"100\"");
        return None;
    }
    let entries = node.section()?.entries();
    let accepted = "a limit for each currency that is checked: at_least = { CNY = \"100000\", USD = \"20000\" }";
    if entries.is_empty() {
        node.problem("the limit names no currency", accepted);
        return None;
    }
    let limits = entries.into_iter().map(|(code, node)| {
        let amount = node.decimal();
        if !is_currency_code(&code) {
            node.name_problem(format!("{code} is no currency code"), accepted);
            return None;
        }
        Some((code, amount?))
    });
    Some(Limit::PerCurrency(limits.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?))
}

fn change(node: &Node<'_>) -> Option<Change> {
    let section = node.section()?;
    let within = section.need("within", WITHIN).and_then(|node| within(&node));
    let against = section.need("against", AGAINST).and_then(|node| against(&node));
    section.finish();
    Some(Change { within: within?, against: against? })
}

fn within(node: &Node<'_>) -> Option<Allowance> {
    let Some(text) = node.value().as_str().and_then(|text| text.trim().strip_suffix('%')) else {
        return node.tolerance().map(Allowance::Amount);
    };
    match text.trim().parse::<Amount>() {
        Ok(percent) if !percent.is_negative() => Some(Allowance::Percent(percent)),
        _ => {
            node.problem(format!("{} is no share", node.written()), WITHIN);
            None
        }
    }
}

fn against(node: &Node<'_>) -> Option<Against> {
    let text = node.filled()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["last", "run"] => Some(Against::LastRun),
        ["median", "of", "last", runs, "runs"] => {
            let runs = runs.parse::<u32>().ok().filter(|runs| (2..=MOST_RUNS).contains(runs));
            if runs.is_none() {
                let accepted = format!("a whole number from 2 to {MOST_RUNS}");
                node.problem(format!("{} cannot be looked back over", node.written()), accepted);
            }
            runs.map(|runs| Against::Median { runs })
        }
        _ => {
            node.problem(format!("{} is nothing that a figure is compared with", node.written()), AGAINST);
            None
        }
    }
}
