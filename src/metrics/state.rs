//! What the gauges show: a plain picture of the store, turned into samples afresh at every scrape, so that a rule
//! that is gone leaves no series behind and a scrape never shows half of a run.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, Opts};

use super::table::{self, Metric};
use crate::audit::amount::Amount;
use crate::audit::breaks::Severity;
use crate::audit::exception::Status;

/// The standing of everything, as its caller reads it from store and config.
///
/// Series that should read zero instead of vanishing are in the maps with a zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Live exceptions by (rule, department, status, severity).
    pub exceptions: BTreeMap<(String, String, Status, Severity), i64>,
    /// Live money at risk by (rule, department, currency).
    pub at_risk: BTreeMap<(String, String, String), Amount>,
    /// When the oldest live exception was first seen, by department.
    pub oldest: BTreeMap<String, DateTime<Utc>>,
    /// Deliveries by (department, status).
    pub deliveries: BTreeMap<(String, String), i64>,
    pub rules: BTreeMap<String, RuleState>,
    pub jobs: BTreeMap<String, JobState>,
}

/// A rule's last runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleState {
    pub last_run: DateTime<Utc>,
    pub last_evaluated: Option<DateTime<Utc>>,
    pub evaluated: bool,
    pub flooded: bool,
    pub rows: u64,
    pub seconds: f64,
}

/// A job's last run, and its plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobState {
    pub last_finished: Option<DateTime<Utc>>,
    /// One of [`JOB_STATUSES`].
    pub last_status: Option<String>,
    /// See [`Timetable::expected_since`](crate::schedule::Timetable::expected_since).
    pub expected_since: Option<DateTime<Utc>>,
    pub next: Option<DateTime<Utc>>,
}

/// How a run may end.
pub const JOB_STATUSES: [&str; 3] = ["ties_out", "exceptions", "not_evaluated"];

/// The gauges, without `None` (the store did not answer) pretending that anything is zero.
pub(super) fn families(state: Option<&State>) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    let mut add = |metric: Metric, samples: Vec<(Vec<&str>, f64)>| families.extend(family(metric, &samples));
    add(table::BUILD_INFO, vec![(vec![env!("CARGO_PKG_VERSION")], 1.0)]);
    add(table::STORE_UP, vec![(vec![], flag(state.is_some()))]);
    let Some(state) = state else { return families };

    let exceptions = state.exceptions.iter().map(|((rule, department, status, severity), count)| {
        (vec![rule.as_str(), department, status.name(), severity.name()], *count as f64)
    });
    add(table::EXCEPTIONS, exceptions.collect());
    let at_risk = state.at_risk.iter();
    let at_risk = at_risk
        .map(|((rule, department, currency), amount)| (vec![rule.as_str(), department, currency], number(*amount)));
    add(table::AT_RISK, at_risk.collect());
    add(table::OLDEST, state.oldest.iter().map(|(name, at)| (vec![name.as_str()], seconds(*at))).collect());
    let deliveries = state.deliveries.iter();
    let deliveries = deliveries.map(|((name, status), count)| (vec![name.as_str(), status], *count as f64));
    add(table::DELIVERIES, deliveries.collect());

    let rules = |figure: &dyn Fn(&RuleState) -> Option<f64>| -> Vec<(Vec<&str>, f64)> {
        state.rules.iter().filter_map(|(name, rule)| Some((vec![name.as_str()], figure(rule)?))).collect()
    };
    add(table::RULE_LAST_RUN, rules(&|rule| Some(seconds(rule.last_run))));
    add(table::RULE_LAST_EVALUATED, rules(&|rule| rule.last_evaluated.map(seconds)));
    add(table::RULE_EVALUATED, rules(&|rule| Some(flag(rule.evaluated))));
    add(table::RULE_FLOODED, rules(&|rule| Some(flag(rule.flooded))));
    add(table::RULE_ROWS, rules(&|rule| Some(rule.rows as f64)));
    add(table::RULE_DURATION, rules(&|rule| Some(rule.seconds)));

    let jobs = |figure: &dyn Fn(&JobState) -> Option<f64>| -> Vec<(Vec<&str>, f64)> {
        state.jobs.iter().filter_map(|(name, job)| Some((vec![name.as_str()], figure(job)?))).collect()
    };
    add(table::JOB_LAST_FINISHED, jobs(&|job| job.last_finished.map(seconds)));
    add(table::JOB_EXPECTED_SINCE, jobs(&|job| job.expected_since.map(seconds)));
    add(table::JOB_NEXT, jobs(&|job| job.next.map(seconds)));
    let statuses = state.jobs.iter().flat_map(|(name, job)| {
        let last = job.last_status.as_deref();
        let samples = move |status| (vec![name.as_str(), status], flag(last == Some(status)));
        JOB_STATUSES.into_iter().filter(move |_| last.is_some()).map(samples)
    });
    add(table::JOB_STATUS, statuses.collect());
    families
}

fn family(metric: Metric, samples: &[(Vec<&str>, f64)]) -> Vec<MetricFamily> {
    if samples.is_empty() {
        return Vec::new();
    }
    let gauges = GaugeVec::new(Opts::new(metric.name, metric.help), metric.labels).expect("the table is well formed");
    for (labels, value) in samples {
        gauges.with_label_values(labels).set(*value);
    }
    gauges.collect()
}

fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp() as f64
}

fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// The nearest binary float to an exact amount: Prometheus has no other number.
fn number(amount: Amount) -> f64 {
    amount.to_string().parse().unwrap_or(f64::NAN)
}
