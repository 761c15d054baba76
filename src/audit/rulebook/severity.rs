//! How much a finding matters, and how many findings a rule may have: severity and threshold.

use std::collections::{BTreeMap, BTreeSet};

use super::is_currency_code;
use crate::audit::amount::Amount;
use crate::audit::breaks::{Class, Severity};
use crate::problem::{Node, Section};

/// How severe a finding is: `base`, or the highest step that it reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeverityScale {
    pub base: Severity,
    /// Rising.
    pub steps: Vec<SeverityStep>,
}

/// A step holds where any of its conditions does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeverityStep {
    pub severity: Severity,
    /// Amount at risk from which it holds, in the business's own currency or any other.
    pub amount: Option<Amount>,
    /// Age of the subject's oldest document from which it holds, in days.
    pub days: Option<u32>,
    /// Days of supply at or under which low stock makes it hold.
    pub supply_days: Option<u32>,
    /// Classes of which one break is enough.
    pub classes: BTreeSet<Class>,
}

impl SeverityScale {
    /// Whether a finding's severity depends on the age of its documents.
    pub fn asks_age(&self) -> bool {
        self.steps.iter().any(|step| step.days.is_some())
    }
}

/// How much a rule may find in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threshold {
    /// Above it the rule is marked as warned; nothing else changes.
    pub warn: Ceiling,
    /// Above it one flood exception stands for all. The file's `flood` is its count.
    pub stop: Ceiling,
}

/// Limits of which none may be exceeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ceiling {
    /// Subjects with breaks.
    pub count: Option<u64>,
    /// Subjects with breaks in percent of the reference side's keys that are judged.
    pub percent: Option<Amount>,
    /// Money at risk per currency; without a code, in the business's own.
    pub amounts: BTreeMap<Option<String>, Amount>,
}

/// What a rule can tell of its findings.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// Whether any table of the rule has a `date`.
    pub dated: bool,
    /// Whether the rule reads the demand for stock.
    pub demand: bool,
}

/// One word, or a base and what makes a finding more severe.
pub(super) fn severity(node: &Node<'_>, told: Told) -> Option<SeverityScale> {
    let words = Severity::ALL.map(|severity| (severity.name(), severity));
    if !node.value().is_table() {
        return node.one_of(&words).map(|base| SeverityScale { base, steps: Vec::new() });
    }
    let section = node.section()?;
    let base = section.get("base").map_or(Some(Severity::default()), |node| node.one_of(&words));
    let mut steps: Option<Vec<SeverityStep>> = Some(Vec::new());
    for severity in Severity::ALL {
        let Some(node) = section.get(severity.name()) else { continue };
        let step = step(&node, severity, told);
        let (Some(known), Some(step)) = (&mut steps, step) else {
            steps = None;
            continue;
        };
        if !known.iter().all(|before| rises(before, &step)) || base.is_some_and(|base| severity <= base) {
            node.problem(
                format!("{} is not a step up", severity.name()),
                "severities above base, each from a larger amount, more days or fewer days of supply than the one before",
            );
            steps = None;
            continue;
        }
        known.push(step);
    }
    section.finish();
    Some(SeverityScale { base: base?, steps: steps? })
}

/// Whether a step asks for more than the one before it, where both ask the same.
fn rises(before: &SeverityStep, step: &SeverityStep) -> bool {
    let amount = before.amount.zip(step.amount).is_none_or(|(before, after)| after > before);
    let days = before.days.zip(step.days).is_none_or(|(before, after)| after > before);
    let supply = before.supply_days.zip(step.supply_days).is_none_or(|(before, after)| after < before);
    amount && days && supply
}

fn step(node: &Node<'_>, severity: Severity, Told { dated, demand }: Told) -> Option<SeverityStep> {
    let section = node.section()?;
    let amount = optional(&section, "amount", Node::tolerance);
    let days = optional(&section, "days", |node| {
        if !dated {
            let sentence = "no table of the rule says which column dates its rows, so nothing has an age";
            node.name_problem(sentence, "date = \"…\" in a table file, or no days");
        }
        node.small_count(1).filter(|_| dated)
    });
    let supply_days = optional(&section, "supply_days", |node| {
        if !demand {
            let sentence = "the rule reads no demand, so nothing has days of supply";
            node.name_problem(sentence, "demand = { … } in a low_stock rule, or no supply_days");
        }
        node.small_count(0).filter(|_| demand)
    });
    let classes = section.get("classes").map_or(Some(BTreeSet::new()), |node| classes(&node));
    section.finish();
    if !["amount", "days", "supply_days", "classes"].into_iter().any(|key| section.has(key)) {
        section.problem(
            format!("nothing says when {} holds", severity.name()),
            "amount, days or classes: { amount = \"10000\", days = 30, classes = [\"duplicate\"] }",
        );
        return None;
    }
    Some(SeverityStep { severity, amount: amount?, days: days?, supply_days: supply_days?, classes: classes? })
}

fn classes(node: &Node<'_>) -> Option<BTreeSet<Class>> {
    let mut sound = true;
    let mut classes = BTreeSet::new();
    for (name, node) in node.texts(1)? {
        // A flood stands for the whole rule and is as severe as can be already.
        let known = || Class::ALL.into_iter().filter(|class| *class != Class::Flood);
        match known().find(|class| class.name() == name) {
            Some(class) => drop(classes.insert(class)),
            None => {
                let sentence = format!("{} is no class of breaks", node.written());
                node.unknown(sentence, &name, known().map(Class::name));
                sound = false;
            }
        }
    }
    sound.then_some(classes)
}

/// `threshold`, and the `flood` that is another way of writing its `stop.count`.
pub(super) fn threshold(section: &Section<'_>) -> Option<Threshold> {
    let flood_node = section.get("flood");
    let flood = flood_node.as_ref().map_or(Some(None), |node| node.count(1).map(Some));
    let mut threshold = section.get("threshold").map_or(Some(Threshold::default()), |node| {
        let section = node.section()?;
        let warn = section.get("warn").map_or(Some(Ceiling::default()), |node| ceiling(&node));
        let stop = section.get("stop").map_or(Some(Ceiling::default()), |node| ceiling(&node));
        section.finish();
        if !section.has("warn") && !section.has("stop") {
            let accepted = "threshold = { warn = { count = 50 }, stop = { percent = \"20\" } }";
            section.problem("the threshold neither warns nor stops", accepted);
        }
        Some(Threshold { warn: warn?, stop: stop? })
    })?;
    let flood = flood?;
    if let (Some(node), true) = (flood_node, threshold.stop.count.is_some()) {
        node.name_problem("flood and the count of threshold.stop are the same limit", "one of them");
        return None;
    }
    threshold.stop.count = threshold.stop.count.or(flood);
    Some(threshold)
}

fn ceiling(node: &Node<'_>) -> Option<Ceiling> {
    let section = node.section()?;
    let count = optional(&section, "count", |node| node.count(0));
    let percent = optional(&section, "percent", Node::tolerance);
    let amounts = section.get("amount").map_or(Some(BTreeMap::new()), |node| {
        if !node.value().is_table() {
            return node.tolerance().map(|amount| BTreeMap::from([(None, amount)]));
        }
        let amounts = node
            .section()?
            .entries()
            .into_iter()
            .map(|(code, node)| Some((Some(code), money(&node, "codes of three capitals such as CNY")?)));
        amounts.collect::<Vec<_>>().into_iter().collect()
    });
    section.finish();
    if !["count", "percent", "amount"].into_iter().any(|key| section.has(key)) {
        section.problem("this names no limit", "count, percent or amount: { count = 50, percent = \"1\" }");
        return None;
    }
    Some(Ceiling { count: count?, percent: percent?, amounts: amounts? })
}

/// An amount under the code of its currency; `accepted` says what else than a code may stand there.
pub(super) fn money(node: &Node<'_>, accepted: &str) -> Option<Amount> {
    let amount = node.tolerance();
    if !is_currency_code(node.name()) {
        node.name_problem(format!("{} is no currency code", node.name()), accepted);
        return None;
    }
    amount
}

/// What stands under `key`, where anything does. The outer `None` says that it is wrong.
pub(super) fn optional<'d, T>(
    section: &Section<'d>,
    key: &str,
    read: impl FnOnce(&Node<'d>) -> Option<T>,
) -> Option<Option<T>> {
    section.get(key).map_or(Some(None), |node| read(&node).map(Some))
}
