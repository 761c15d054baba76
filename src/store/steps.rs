//! What a transition makes of an exception. Pure.

use chrono::NaiveDate;
use serde_json::json;

use super::trail::{About, Entry};
use super::{Ids, RunRow, StoreError};
use crate::audit::amount::Purse;
use crate::audit::breaks::Finding;
use crate::audit::exception::{Exception, Lapse, Status, Step, Transition};
use crate::audit::rulebook::Rule;

/// How an exception is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// Found again, word for word: only the day it was last seen.
    Seen,
    /// Found again; days grew, or the rule's words or scale were edited.
    Refreshed,
    /// Its version goes up.
    Changed,
}

/// An exception as a transition leaves it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub after: Exception,
    pub write: Write,
}

/// What `transition` leaves behind. `ids` is asked for an id exactly when something opens.
pub(super) fn outcome(
    transition: &Transition,
    run: &RunRow,
    rule: Option<&Rule>,
    ids: Ids<'_>,
) -> Result<Outcome, StoreError> {
    let day = run.day;
    let mut after = match (transition.step, &transition.before, &transition.finding, rule) {
        (Step::Opened, None, Some(finding), Some(rule)) => {
            return Ok(Outcome { after: opened(transition, finding, rule, day, ids()), write: Write::Changed });
        }
        (Step::Resolved | Step::Gone | Step::Retired, Some(before), _, _) => {
            let mut after = before.clone();
            after.closed = Some(day);
            after.rule_changed = transition.rule_changed;
            after
        }
        (Step::Unchanged, Some(before), Some(finding), _) => {
            let mut after = before.clone();
            found(&mut after, finding, day);
            after
        }
        (Step::Worsened | Step::Changed, Some(before), Some(finding), _) => {
            let mut after = before.clone();
            found(&mut after, finding, day);
            measured(&mut after, finding, day);
            after
        }
        (Step::Regressed, Some(before), Some(finding), _) => {
            let mut after = before.clone();
            found(&mut after, finding, day);
            measured(&mut after, finding, day);
            after.closed = None;
            after.regressions += 1;
            after.rule_changed = transition.rule_changed;
            after.acknowledgement = None;
            after.waiver = None;
            after
        }
        (step, ..) => {
            return Err(StoreError::Refused(format!(
                "cannot record a step `{}` without what it rests on: {transition:?}",
                step.name()
            )));
        }
    };
    if let Some(rule) = rule {
        after.rule_title = rule.title.clone();
    }
    after.status = transition.status;
    if transition.lapse.is_some() {
        after.acknowledgement = None;
        after.waiver = None;
    }
    let write = write(transition, &after);
    if write == Write::Changed {
        after.version += 1;
    }
    Ok(Outcome { after, write })
}

fn opened(transition: &Transition, finding: &Finding, rule: &Rule, day: NaiveDate, id: String) -> Exception {
    Exception {
        id,
        rule: rule.id.clone(),
        rule_title: rule.title.clone(),
        subject: finding.subject.clone(),
        department: finding.department().to_owned(),
        status: transition.status,
        severity: finding.severity,
        breaks: finding.breaks.clone(),
        at_risk: finding.at_risk(),
        first_seen: day,
        last_seen: day,
        last_changed: day,
        closed: None,
        regressions: 0,
        rule_changed: transition.rule_changed,
        assignee: None,
        acknowledgement: None,
        waiver: None,
        version: 1,
    }
}

/// What every run that finds it brings up to date.
fn found(after: &mut Exception, finding: &Finding, day: NaiveDate) {
    after.breaks.clone_from(&finding.breaks);
    after.severity = finding.severity;
    after.last_seen = day;
}

/// What only a change brings.
fn measured(after: &mut Exception, finding: &Finding, day: NaiveDate) {
    finding.department().clone_into(&mut after.department);
    after.at_risk = finding.at_risk();
    after.last_changed = day;
}

fn write(transition: &Transition, after: &Exception) -> Write {
    if transition.step != Step::Unchanged || transition.lapse.is_some() {
        return Write::Changed;
    }
    let same = transition.before.as_ref().is_some_and(|before| {
        before.breaks == after.breaks && before.severity == after.severity && before.rule_title == after.rule_title
    });
    if same { Write::Seen } else { Write::Refreshed }
}

/// The trail rows of a transition: its step, unless nothing changed, and then what lapsed.
pub(super) fn entries(transition: &Transition, after: &Exception, run: &RunRow) -> Vec<Entry> {
    let entry = |event: &'static str, detail: serde_json::Value| Entry {
        about: About::Exception(after.id.clone()),
        at: run.finished,
        actor: format!("run:{}", run.id),
        event,
        detail: detail.to_string(),
    };
    let mut entries = Vec::new();
    if transition.step != Step::Unchanged {
        let scopes: Vec<String> = after.breaks.iter().map(|found| found.scope()).collect();
        let detail = json!({
            "step": transition.step.name(),
            "run": run.id,
            "day": run.day,
            "status": after.status.name(),
            "severity": after.severity.name(),
            "department": after.department,
            "scopes": scopes,
            "at_risk": purse(&after.at_risk),
            "rule_changed": transition.rule_changed,
        });
        entries.push(entry(transition.step.name(), detail));
    }
    if let (Some(lapse), Some(before)) = (transition.lapse, &transition.before) {
        let event = if before.status == Status::Waived { "waiver_ended" } else { "acknowledgement_lapsed" };
        let detail = json!({
            "why": lapse_name(lapse),
            "run": run.id,
            "day": run.day,
            "status": after.status.name(),
            "acknowledgement": before.acknowledgement,
            "waiver": before.waiver,
        });
        entries.push(entry(event, detail));
    }
    entries
}

fn lapse_name(lapse: Lapse) -> &'static str {
    match lapse {
        Lapse::BreaksChanged => "breaks_changed",
        Lapse::Expired => "expired",
        Lapse::OverCap => "over_cap",
    }
}

/// Exact texts by currency.
fn purse(purse: &Purse) -> serde_json::Value {
    purse.iter().map(|(currency, amount)| (currency.to_owned(), json!(amount.to_string()))).collect()
}
