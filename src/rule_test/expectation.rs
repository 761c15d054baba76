//! What a case expects, read from its file.

use toml::de::DeValue;

use super::subject::{sides, subject};
use super::{AtRisk, Expected, ExpectedBreak, Raised};
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Class, Severity};
use crate::audit::judgement::Verdict;
use crate::audit::rulebook::{Body, Rule, is_currency_code};
use crate::audit::snapshot::ColumnType;
use crate::audit::value::Subject;
use crate::config::Config;
use crate::problem::{Node, Section};

/// What names in an expectation may stand for.
pub(super) struct Known<'a> {
    pub rule: &'a Rule,
    pub config: &'a Config,
    /// Of the parts of the rule's key.
    pub types: Vec<ColumnType>,
}

const OTHERS: [(&str, bool); 2] = [("allowed", true), ("none", false)];

/// The words for what became of an open exception.
pub(super) const VERDICTS: [(&str, Verdict); 5] = [
    ("breaks", Verdict::Breaks),
    ("resolved", Verdict::Agrees),
    ("in_transit", Verdict::InTransit),
    ("gone", Verdict::Gone),
    ("not_judged", Verdict::NotJudged),
];

/// A figure of the past: `"CNY 25.00"`, or `"25"` of what is no money.
pub(super) fn figure(node: &Node<'_>) -> Option<(Option<String>, Amount)> {
    let DeValue::String(text) = node.value() else { return node.decimal().map(|amount| (None, amount)) };
    match priced(text) {
        Some(AtRisk::Money(money)) => Some((Some(money.currency), money.amount)),
        Some(AtRisk::Figure(amount)) => Some((None, amount)),
        Some(AtRisk::Unpriced) | None => {
            let accepted = "\"CNY 25.00\", or \"25\" of what is no money";
            node.problem(format!("{} is no figure", node.written()), accepted);
            None
        }
    }
}

/// Reads the keys of a case that say what is expected. The caller finishes the section.
pub(super) fn expected(section: &Section<'_>, known: &Known<'_>) -> Option<Expected> {
    let raised = match section.get("expect") {
        Some(node) => all(&node, |node| raised(node, known)),
        None => Some(Vec::new()),
    };
    let subjects = |key: &str| match section.get(key) {
        Some(node) => all(&node, |node| subject(node, known.rule, &known.types)),
        None => Some(Vec::new()),
    };
    let (in_transit, silent) = (subjects("in_transit"), subjects("silent"));
    let open = match section.get("open") {
        Some(node) => all(&node, |node| open(node, known)),
        None => Some(Vec::new()),
    };
    let others_allowed = section.get("others").map_or(Some(false), |node| node.one_of(&OTHERS));
    let (raised, in_transit, silent) = (raised?, in_transit?, silent?);
    let named: Vec<&Subject> = raised.iter().map(|raised| &raised.subject).chain(&in_transit).chain(&silent).collect();
    for (index, subject) in named.iter().enumerate() {
        if named[..index].contains(subject) {
            let sentence = format!("{subject} is named twice in expect, in_transit and silent");
            section.problem(sentence, "each subject once; several breaks of one stand in its breaks = [ … ]");
            return None;
        }
    }
    Some(Expected { raised, in_transit, silent, open: open?, others_allowed: others_allowed? })
}

fn all<T>(node: &Node<'_>, read: impl Fn(&Node<'_>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = node.list(0)?.iter().map(read).collect();
    read.into_iter().collect()
}

/// A subject alone, or `{ subject = [ … ], verdict = "gone" }`.
fn open(node: &Node<'_>, known: &Known<'_>) -> Option<(Subject, Option<Verdict>)> {
    let section = node.value().as_table().filter(|table| table.contains_key("subject")).and_then(|_| node.section());
    let Some(section) = section else { return subject(node, known.rule, &known.types).map(|subject| (subject, None)) };
    let named = section.get("subject").and_then(|node| subject(&node, known.rule, &known.types));
    let verdict = section.get("verdict").map_or(Some(None), |node| node.one_of(&VERDICTS).map(Some));
    section.finish();
    Some((named?, verdict?))
}

fn raised(node: &Node<'_>, known: &Known<'_>) -> Option<Raised> {
    let section = node.section()?;
    let named = section.need("subject", "the values of the rule's key: subject = [\"SO-1\", 1]");
    let named = named.and_then(|node| subject(&node, known.rule, &known.types));
    let words = Severity::ALL.map(|severity| (severity.name(), severity));
    let severity = section.get("severity").map_or(Some(None), |node| node.one_of(&words).map(Some));
    let breaks = match section.get("breaks") {
        None => expected_break(&section, known).map(|(found, given)| given.then(|| vec![found])),
        Some(node) => {
            let own = ["check", "class", "side", "owner", "at_risk", "difference"];
            if let Some(own) = own.into_iter().find_map(|key| section.get(key)) {
                own.name_problem(format!("{} stands beside breaks", own.name()), "each key inside one of the breaks");
            }
            all(&node, |node| {
                let section = node.section()?;
                let found = expected_break(&section, known);
                section.finish();
                found.map(|(found, _)| found)
            })
            .map(Some)
        }
    };
    section.finish();
    Some(Raised { subject: named?, severity: severity?, breaks: breaks? })
}

/// The keys of one break, and whether any is given.
fn expected_break(section: &Section<'_>, known: &Known<'_>) -> Option<(ExpectedBreak, bool)> {
    let classes = Class::ALL.map(|class| (class.name(), class));
    let check = section.get("check").map_or(Some(None), |node| check(&node, known.rule).map(Some));
    let class = section.get("class").map_or(Some(None), |node| node.one_of(&classes).map(Some));
    let side = section
        .get("side")
        .map_or(Some(None), |node| named(&node, "the rule has no side", sides(known.rule)).map(Some));
    let owner = section.get("owner").map_or(Some(None), |node| {
        named(&node, "there is no department", known.config.departments.keys().map(String::as_str).collect()).map(Some)
    });
    let at_risk = section.get("at_risk").map_or(Some(None), |node| at_risk(&node).map(Some));
    let difference = section.get("difference").map_or(Some(None), |node| node.decimal().map(Some));
    let found = ExpectedBreak {
        check: check?,
        class: class?,
        side: side?,
        owner: owner?,
        at_risk: at_risk?,
        difference: difference?,
    };
    let given = found.check.is_some()
        || found.class.is_some()
        || found.side.is_some()
        || found.owner.is_some()
        || found.at_risk.is_some()
        || found.difference.is_some();
    Some((found, given))
}

/// A check of the rule, or the class of a fault that stands under its own name.
fn check(node: &Node<'_>, rule: &Rule) -> Option<String> {
    let mut known: Vec<&str> = match &rule.body {
        Body::Reconcile(body) => {
            let assertions = body.asserted.iter().flat_map(|asserted| &asserted.assertions);
            let checks = body.checks.iter().map(|check| check.name.as_str());
            checks.chain(assertions.map(|assertion| assertion.name.as_str())).collect()
        }
        Body::LowStock(_) | Body::OverduePayment(_) => Vec::new(),
    };
    known.extend(Class::ALL.iter().map(|class| class.name()));
    named(node, "the rule has no check", known)
}

fn named(node: &Node<'_>, sentence: &str, known: Vec<&str>) -> Option<String> {
    let name = node.filled()?;
    if !known.contains(&name.as_str()) {
        node.unknown(format!("{sentence} {}", node.written()), &name, known);
        return None;
    }
    Some(name)
}

/// `"CNY 25.00"`, `"25.00"` in any currency, or `"none"`.
fn at_risk(node: &Node<'_>) -> Option<AtRisk> {
    let DeValue::String(text) = node.value() else { return node.decimal().map(AtRisk::Figure) };
    let read = priced(text);
    if read.is_none() {
        node.problem(format!("{} is no money", node.written()), "\"CNY 25.00\", \"25.00\", or \"none\"");
    }
    read
}

/// What `"CNY 25.00"`, `"25.00"` or `"none"` means.
fn priced(text: &str) -> Option<AtRisk> {
    match text.split_once(' ') {
        _ if text == "none" => Some(AtRisk::Unpriced),
        None => text.parse().ok().map(AtRisk::Figure),
        Some((currency, figure)) => figure
            .trim()
            .parse::<Amount>()
            .ok()
            .filter(|_| is_currency_code(currency))
            .map(|amount| AtRisk::Money(Money { currency: currency.to_owned(), amount })),
    }
}
