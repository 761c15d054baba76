//! One exception as a row of a letter, and the order of rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::phrases::Phrases;
use super::totals::Totals;
use crate::audit::amount::Amount;
use crate::audit::breaks::Severity;
use crate::audit::exception::{Exception, Status};
use crate::notify::plan::Digest;
use crate::words;

/// The most characters of one sentence; the page has it whole.
pub(super) const SENTENCE: usize = 220;
/// The most characters of a name.
pub(super) const NAME: usize = 90;
/// The most breaks of one exception that are said.
const SENTENCES: usize = 4;

/// One exception, in words.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub severity: &'static str,
    pub weight: Severity,
    pub subject: String,
    pub link: String,
    pub rule: String,
    pub what: Vec<String>,
    /// One text per currency; empty where unpriced.
    pub at_risk: Vec<String>,
    /// Since when, who, in which state.
    pub facts: Vec<String>,
}

/// What a section wants said of its rows beside what every row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Nothing,
    /// What happened to it: opened, resolved, gone.
    Outcome,
    Waiver,
}

pub(super) fn row(exception: &Exception, digest: &Digest, base_url: &str, aside: Aside) -> Row {
    let (language, day) = (digest.department.language, digest.happened.day);
    let phrases = Phrases { language };
    let sentences = exception.breaks.iter().take(SENTENCES).flat_map(|found| {
        let why = words::why(found, language).into_iter();
        let title = digest.titles.get(&exception.rule, &found.check);
        std::iter::once(words::told(found, title, language)).chain(why).map(|said| words::clip(&said, SENTENCE))
    });
    let mut what: Vec<String> = sentences.collect();
    if exception.breaks.len() > SENTENCES {
        what.push(phrases.more_breaks(exception.breaks.len() - SENTENCES));
    }
    Row {
        severity: words::severity(exception.severity, language),
        weight: exception.severity,
        subject: words::clip(&words::subject(&exception.subject, language), NAME),
        link: format!("{base_url}/exceptions/{}", exception.id),
        rule: words::clip(&words::visible(exception.rule_title.get(language)), NAME),
        what,
        at_risk: Totals::of([exception]).figures(language),
        facts: facts(exception, phrases, day, aside),
    }
}

fn facts(exception: &Exception, phrases: Phrases, day: NaiveDate, aside: Aside) -> Vec<String> {
    let name = |text: &str| words::clip(&words::visible(text), NAME);
    let mut facts = Vec::new();
    if aside == Aside::Outcome {
        let open = exception.status.is_live();
        facts.push(if open { phrases.opened() } else { words::status(exception.status, phrases.language) }.to_owned());
    }
    facts.push(phrases.since(exception.first_seen, (day - exception.first_seen).num_days()));
    if exception.regressions > 0 && exception.status.is_live() {
        facts.push(phrases.came_back(exception.regressions));
    }
    if let Some(assignee) = &exception.assignee {
        facts.push(phrases.assigned(&name(assignee)));
    }
    if let (Status::Acknowledged, Some(given)) = (exception.status, &exception.acknowledgement) {
        facts.push(phrases.acknowledged(&name(&given.by)));
    }
    if let (Status::Waived, Some(waiver)) = (exception.status, &exception.waiver) {
        facts.push(phrases.waived(&name(&waiver.by)));
        if let (Aside::Waiver, Some(last)) = (aside, waiver.expires) {
            facts.push(phrases.until(last, (last - day).num_days()));
            facts.push(name(&waiver.reason));
        }
    }
    facts
}

/// What decides a section's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The most severe first, then by money.
    Severity,
    /// By money, then the most severe first.
    Money,
}

/// Sorts exceptions for a letter. Money is compared inside each currency only: an exception stands where the best
/// rank among its currencies puts it, so that the largest of every currency come first; what is unpriced comes last.
pub(super) fn sort(exceptions: &mut Vec<&Exception>, order: Order) {
    let ranks = ranks(exceptions);
    let place = |exception: &&Exception| {
        let rank = ranks.get(exception.id.as_str()).copied().unwrap_or(usize::MAX);
        let severity = Reverse(exception.severity);
        match order {
            Order::Severity => (severity, rank, severity),
            Order::Money => (Reverse(Severity::Low), rank, severity),
        }
    };
    // The sort is stable: what weighs the same keeps the list's order.
    exceptions.sort_by_key(place);
}

/// The best place of each exception among those with money in the same currency.
fn ranks<'a>(exceptions: &[&'a Exception]) -> HashMap<&'a str, usize> {
    let mut currencies: BTreeMap<&str, Vec<(Amount, &str)>> = BTreeMap::new();
    for exception in exceptions {
        for (currency, amount) in exception.at_risk.iter() {
            currencies.entry(currency).or_default().push((amount, &exception.id));
        }
    }
    let mut ranks = HashMap::new();
    for mut held in currencies.into_values() {
        held.sort_by_key(|(amount, _)| Reverse(*amount));
        for (rank, (_, id)) in held.into_iter().enumerate() {
            let best = ranks.entry(id).or_insert(rank);
            *best = rank.min(*best);
        }
    }
    ranks
}
