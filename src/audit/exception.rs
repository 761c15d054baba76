//! The life of an exception: open list and judgement in, changes out.
//!
//! One exception stands for one subject of one rule, for good: what was missing yesterday and differs today is the
//! same exception, *changed*; what comes back after it was closed keeps its id and is *regressed*. Absence is not
//! recovery: only a subject that was read and passes is *resolved*; one that is on no side any more is *gone*.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::amount::{Amount, Purse};
use super::breaks::{Break, Finding, Message, Severity, at_risk};
use super::judgement::{Judgement, Verdict};
use super::rulebook::Worsened;
use super::swing::Allowance;
use super::value::Subject;
use crate::language::Bilingual;

/// Where an exception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    /// Somebody said "I am on it"; lapses when the breaks change or its time is over.
    Acknowledged,
    /// Accepted with a reason, for the breaks it was given for.
    Waived,
    Resolved,
    Gone,
    /// Its rule left `rules/`.
    Retired,
}

impl Status {
    pub const ALL: [Status; 6] =
        [Status::Open, Status::Acknowledged, Status::Waived, Status::Resolved, Status::Gone, Status::Retired];
    pub const LIVE: [Status; 3] = [Status::Open, Status::Acknowledged, Status::Waived];

    /// Whether the fault still stands.
    pub fn is_live(self) -> bool {
        Status::LIVE.contains(&self)
    }

    pub fn name(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Acknowledged => "acknowledged",
            Status::Waived => "waived",
            Status::Resolved => "resolved",
            Status::Gone => "gone",
            Status::Retired => "retired",
        }
    }

    pub fn from_name(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Who is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub by: String,
    pub until: Option<DateTime<Utc>>,
}

/// Why a fault is accepted, until when, and up to how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub by: String,
    pub reason: String,
    /// The last day it holds.
    pub expires: Option<NaiveDate>,
    /// Holds while the amount at risk stays at or under this, per currency named.
    pub cap: Option<Purse>,
    /// What it was given for, as [`Break::scope`] writes it.
    pub covers: Vec<String>,
}

/// An exception as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// UUIDv7, made by the caller.
    pub id: String,
    pub rule: String,
    pub rule_title: Bilingual,
    pub subject: Subject,
    pub department: String,
    pub status: Status,
    pub severity: Severity,
    pub breaks: Vec<Break>,
    pub at_risk: Purse,
    /// Business days.
    pub first_seen: NaiveDate,
    pub last_seen: NaiveDate,
    pub last_changed: NaiveDate,
    pub closed: Option<NaiveDate>,
    /// How often it came back.
    pub regressions: i64,
    /// Its last opening or closing came with an edited rule.
    pub rule_changed: bool,
    pub assignee: Option<String>,
    pub acknowledgement: Option<Acknowledgement>,
    pub waiver: Option<Waiver>,
    /// Grows by one with every write; an edit against an older version is refused.
    pub version: i64,
}

/// What a run does to one exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Opened,
    Regressed,
    /// Changed for the worse: more at risk, or an older age band.
    Worsened,
    Changed,
    Unchanged,
    Resolved,
    Gone,
    Retired,
}

impl Step {
    pub const ALL: [Step; 8] = [
        Step::Opened,
        Step::Regressed,
        Step::Worsened,
        Step::Changed,
        Step::Unchanged,
        Step::Resolved,
        Step::Gone,
        Step::Retired,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Step::Opened => "opened",
            Step::Regressed => "regressed",
            Step::Worsened => "worsened",
            Step::Changed => "changed",
            Step::Unchanged => "unchanged",
            Step::Resolved => "resolved",
            Step::Gone => "gone",
            Step::Retired => "retired",
        }
    }
}

/// Why an acknowledgement or a waiver ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    BreaksChanged,
    Expired,
    OverCap,
}

/// One step, with everything needed to write it down.
#[derive(Clone, Debug)]
pub struct Transition {
    pub step: Step,
    /// What stood before; absent exactly for [`Step::Opened`].
    pub before: Option<Exception>,
    /// What was found; absent for the closing steps.
    pub finding: Option<Finding>,
    /// The status afterwards.
    pub status: Status,
    /// An acknowledgement or waiver that ended with this run.
    pub lapse: Option<Lapse>,
    pub rule_changed: bool,
}

/// A count of exceptions and their money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub count: i64,
    pub amount: Purse,
}

impl Tally {
    fn add(&mut self, purse: &Purse, sign: i64) {
        self.count += sign;
        self.shift(purse, sign);
    }

    fn shift(&mut self, purse: &Purse, sign: i64) {
        for (currency, amount) in purse.iter() {
            let signed = if sign < 0 { amount.checked_neg() } else { Some(amount) };
            // A purse keeps its former figure where a sum of 38 digits overflows; its parts are still exact.
            let _ = signed.is_some_and(|amount| self.amount.add(currency, amount));
        }
        self.amount.0.retain(|_, amount| !amount.is_zero());
    }
}

/// The line that ties one run's list to the next: opening + new + regressed + remeasured - resolved - gone - retired
/// = closing. `remeasured` moves money only: what known exceptions gained or lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuity {
    pub opening: Tally,
    pub new: Tally,
    pub regressed: Tally,
    pub remeasured: Tally,
    pub resolved: Tally,
    pub gone: Tally,
    pub retired: Tally,
    pub closing: Tally,
}

/// What [`transitions`] compares a judgement with.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// Every live exception of the rule, and every closed one whose subject is among the findings.
    pub known: &'a [Exception],
    /// The rule's hash differs from the one of its last recorded run.
    pub rule_changed: bool,
    pub worsened: &'a Worsened,
    pub as_of: DateTime<Utc>,
    pub day: NaiveDate,
}

/// What the judgement does to each exception, findings first in their order, then what closes in subject order.
///
/// A subject without a verdict that closes it (in transit, not judged) is left as it was and gives no transition.
pub fn transitions(judgement: &Judgement, past: Past<'_>) -> Vec<Transition> {
    let known: HashMap<&Subject, &Exception> = past.known.iter().map(|known| (&known.subject, known)).collect();
    let mut steps: Vec<Transition> = Vec::with_capacity(judgement.findings.len());
    for finding in &judgement.findings {
        steps.push(match known.get(&finding.subject) {
            None => open(finding, past),
            Some(before) if !before.status.is_live() => regress(before, finding, past),
            Some(before) => keep(before, finding, past),
        });
    }
    let live: BTreeMap<&Subject, &Exception> =
        past.known.iter().filter(|known| known.status.is_live()).map(|known| (&known.subject, known)).collect();
    for (subject, before) in live {
        let (step, status) = match judgement.verdicts.get(subject) {
            Some(Verdict::Agrees) => (Step::Resolved, Status::Resolved),
            Some(Verdict::Gone) => (Step::Gone, Status::Gone),
            _ => continue,
        };
        steps.push(close(before, step, status, past.rule_changed));
    }
    steps
}

/// Closes every live exception of a rule that is no longer in `rules/`.
pub fn retire(known: &[Exception]) -> Vec<Transition> {
    let mut live: Vec<&Exception> = known.iter().filter(|known| known.status.is_live()).collect();
    live.sort_by(|left, right| left.subject.cmp(&right.subject));
    live.into_iter().map(|before| close(before, Step::Retired, Status::Retired, false)).collect()
}

fn open(finding: &Finding, past: Past<'_>) -> Transition {
    Transition {
        step: Step::Opened,
        before: None,
        finding: Some(finding.clone()),
        status: Status::Open,
        lapse: None,
        rule_changed: past.rule_changed,
    }
}

fn regress(before: &Exception, finding: &Finding, past: Past<'_>) -> Transition {
    Transition {
        step: Step::Regressed,
        before: Some(before.clone()),
        finding: Some(finding.clone()),
        status: Status::Open,
        lapse: None,
        rule_changed: past.rule_changed,
    }
}

fn close(before: &Exception, step: Step, status: Status, rule_changed: bool) -> Transition {
    Transition { step, before: Some(before.clone()), finding: None, status, lapse: None, rule_changed }
}

fn keep(before: &Exception, finding: &Finding, past: Past<'_>) -> Transition {
    let same = are_same(&before.breaks, &finding.breaks);
    let step = if same {
        Step::Unchanged
    } else if grew(before, finding, past.worsened) {
        Step::Worsened
    } else {
        Step::Changed
    };
    let lapse = lapse(before, finding, same, past);
    Transition {
        step,
        before: Some(before.clone()),
        finding: Some(finding.clone()),
        status: if lapse.is_some() { Status::Open } else { before.status },
        lapse,
        rule_changed: past.rule_changed && step != Step::Unchanged,
    }
}

/// Whether what somebody said of the exception still holds.
fn lapse(before: &Exception, finding: &Finding, same: bool, past: Past<'_>) -> Option<Lapse> {
    match before.status {
        Status::Acknowledged => {
            let until = before.acknowledgement.as_ref().and_then(|given| given.until);
            if !same {
                Some(Lapse::BreaksChanged)
            } else if until.is_some_and(|until| past.as_of > until) {
                Some(Lapse::Expired)
            } else {
                None
            }
        }
        Status::Waived => {
            let Some(waiver) = &before.waiver else { return Some(Lapse::Expired) };
            let covered = |found: &Break| waiver.covers.contains(&found.scope());
            let over = |cap: &Purse| {
                finding.at_risk().iter().any(|(currency, amount)| cap.0.get(currency).is_none_or(|cap| amount > *cap))
            };
            if waiver.expires.is_some_and(|last| past.day > last) {
                Some(Lapse::Expired)
            } else if !finding.breaks.iter().all(covered) {
                Some(Lapse::BreaksChanged)
            } else if waiver.cap.as_ref().is_some_and(over) {
                Some(Lapse::OverCap)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Whether the amount at risk grew by more than the rule's `worsened`, or the age band rose.
fn grew(before: &Exception, finding: &Finding, worsened: &Worsened) -> bool {
    let older = age_band(&finding.breaks) > age_band(&before.breaks);
    older
        || finding.at_risk().iter().any(|(currency, now)| {
            let was = before.at_risk.0.get(currency).copied().unwrap_or_default();
            let Some(growth) = now.checked_sub(was) else { return now > was };
            let share = Amount::from(100).checked_mul(growth).zip(worsened.percent.checked_mul(was));
            growth > Amount::ZERO && growth > worsened.amount && share.is_none_or(|(growth, allowed)| growth > allowed)
        })
}

/// The first day of the oldest ageing bucket among `breaks`.
fn age_band(breaks: &[Break]) -> Option<i64> {
    let bands = breaks.iter().filter_map(|found| match found.message {
        Message::Overdue { from, .. } => Some(from),
        _ => None,
    });
    bands.max()
}

/// Whether an exception stands with these breaks, so that finding them again says nothing new.
pub fn stands(known: &Exception, breaks: &[Break]) -> bool {
    known.status.is_live() && are_same(&known.breaks, breaks)
}

/// Whether today's breaks are yesterday's. In another order they are: a rule whose checks changed places says nothing new.
fn are_same(before: &[Break], now: &[Break]) -> bool {
    let steady = |breaks: &[Break]| -> Vec<Break> { breaks.iter().map(Break::fingerprint).collect() };
    let (before, mut rest) = (steady(before), steady(now));
    before.len() == rest.len()
        && before
            .iter()
            .all(|found| rest.iter().position(|other| other == found).map(|at| rest.swap_remove(at)).is_some())
}

impl Break {
    /// What makes a break the same as yesterday's: everything but the passing of days, what stands beside on the
    /// party's account, the tolerance that was not enough, which belongs to the rule, the past and the demand, which
    /// move on by a day every day, with all that is computed from them, and the likely cause, which other rows decide
    /// with it. Compared as values are, so that a column declared with more digits changes nothing.
    pub fn fingerprint(&self) -> Break {
        let mut steady = self.clone();
        match &mut steady.message {
            Message::Overdue { days, from, account, .. } => {
                *days = *from;
                *account = None;
            }
            Message::NoDueDate { account, .. } => *account = None,
            // A rate moves every day; what it makes of the exposure is the figure itself.
            Message::OverCreditLimit { exposures, used, account, .. } => {
                exposures.clear();
                (*used, *account) = (None, None);
            }
            Message::AmountDiffers { allowed, bound, rows, .. }
            | Message::QuantityDiffers { allowed, bound, rows, .. } => {
                *allowed = Amount::ZERO;
                (*bound, *rows) = (None, None);
            }
            // The past moves on by a run every day; what it is compared with is the figure itself.
            Message::Swung { swing, .. } => {
                (swing.base, swing.change, swing.percent) = (Amount::ZERO, Amount::ZERO, None);
                swing.allowed = Allowance::Amount(Amount::ZERO);
                swing.past.clear();
                steady.at_risk = None;
            }
            Message::Stalled { days, .. } => *days = 0,
            Message::DateDiffers { allowed, .. } => *allowed = None,
            Message::LowStock { point, plan, .. } => {
                let plan = plan.take();
                if plan.is_some_and(|plan| plan.computed.is_some()) {
                    *point = Amount::ZERO;
                    steady.at_risk = None;
                }
            }
            _ => {}
        }
        steady.diagnosis = None;
        steady
    }

    /// What a waiver covers: the check, class and side, whatever the figures.
    pub fn scope(&self) -> String {
        format!("{}|{}|{}", self.check, self.class.name(), self.side.as_deref().unwrap_or(""))
    }
}

/// The continuity line of one rule. `opening` are its live exceptions before the steps.
pub fn continuity(opening: &[Exception], steps: &[Transition]) -> Continuity {
    let mut line = Continuity::default();
    for live in opening.iter().filter(|known| known.status.is_live()) {
        line.opening.add(&live.at_risk, 1);
    }
    for step in steps {
        let before = step.before.as_ref().map(|before| before.at_risk.clone()).unwrap_or_default();
        let after = step.finding.as_ref().map(|finding| at_risk(&finding.breaks)).unwrap_or_default();
        match step.step {
            Step::Opened => line.new.add(&after, 1),
            Step::Regressed => line.regressed.add(&after, 1),
            Step::Worsened | Step::Changed | Step::Unchanged => {
                line.remeasured.shift(&after, 1);
                line.remeasured.shift(&before, -1);
            }
            Step::Resolved => line.resolved.add(&before, 1),
            Step::Gone => line.gone.add(&before, 1),
            Step::Retired => line.retired.add(&before, 1),
        }
    }
    line.closing = line.opening.clone();
    for (tally, sign) in
        [(&line.new, 1), (&line.regressed, 1), (&line.resolved, -1), (&line.gone, -1), (&line.retired, -1)]
    {
        line.closing.count += sign * tally.count;
        line.closing.shift(&tally.amount, sign);
    }
    line.closing.shift(&line.remeasured.amount, 1);
    line
}
