//! The table: what is exported, under which name, meaning what, split by what.
//!
//! Names follow the Prometheus conventions: base units, `_total` for counters alone, moments and never ages. A label
//! has few values that a company chooses itself: no customer, document or item. The label for a job is `job_name`,
//! because Prometheus puts its own `job` on everything it scrapes; a department is never called `owner`.

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down: what stands now, built afresh at every scrape.
    Gauge,
    /// Only rises while the process lives.
    Counter,
    Histogram,
}

/// One metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
    pub labels: &'static [&'static str],
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, help, labels }
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help, labels }
}

pub const BUILD_INFO: Metric = gauge("tieout_build_info", &["version"], "The version that runs; always 1.");
pub const STORE_UP: Metric = gauge("tieout_store_up", &[], "1 when the store answered this scrape, 0 when it did not.");

pub const EXCEPTIONS: Metric = gauge(
    "tieout_exceptions",
    &["rule", "department", "status", "severity"],
    "Live exceptions: open, acknowledged or waived.",
);
pub const AT_RISK: Metric = gauge(
    "tieout_at_risk_amount",
    &["rule", "department", "currency"],
    "Money in question of the live exceptions, in whole units of the currency. Currencies do not add up.",
);
pub const OLDEST: Metric = gauge(
    "tieout_oldest_exception_first_seen_timestamp_seconds",
    &["department"],
    "When the oldest live exception was first seen; absent while there is none.",
);
pub const DELIVERIES: Metric =
    gauge("tieout_deliveries", &["department", "status"], "Messages to recipients that the store holds.");

pub const RULE_LAST_RUN: Metric =
    gauge("tieout_rule_last_run_timestamp_seconds", &["rule"], "When the rule's last run finished.");
pub const RULE_LAST_EVALUATED: Metric = gauge(
    "tieout_rule_last_evaluated_timestamp_seconds",
    &["rule"],
    "As-of time of the last run that could evaluate the rule.",
);
pub const RULE_EVALUATED: Metric =
    gauge("tieout_rule_evaluated", &["rule"], "1 when the last run evaluated the rule, 0 when it could not.");
pub const RULE_FLOODED: Metric = gauge(
    "tieout_rule_flooded",
    &["rule"],
    "1 when the last run found more than the rule's flood limit, so that its exceptions were left as they were.",
);
pub const RULE_ROWS: Metric = gauge("tieout_rule_last_run_rows", &["rule"], "Rows the rule's last run read.");
pub const RULE_DURATION: Metric =
    gauge("tieout_rule_last_run_duration_seconds", &["rule"], "How long judging the rule took in its last run.");

pub const JOB_LAST_FINISHED: Metric =
    gauge("tieout_job_last_finished_timestamp_seconds", &["job_name"], "When the job's last run finished.");
pub const JOB_STATUS: Metric = gauge(
    "tieout_job_last_run_status",
    &["job_name", "status"],
    "1 for the status the job's last run ended with, 0 for the others.",
);
pub const JOB_EXPECTED_SINCE: Metric = gauge(
    "tieout_job_expected_since_timestamp_seconds",
    &["job_name"],
    "The planned time before the latest one. A job that finished no run since then has missed two.",
);
pub const JOB_NEXT: Metric =
    gauge("tieout_job_next_run_timestamp_seconds", &["job_name"], "When the job is planned to run next.");

pub const RUNS: Metric = counter("tieout_runs_total", &["job_name"], "Runs since the service started.");
pub const RUNS_FAILED: Metric =
    counter("tieout_runs_failed_total", &["job_name"], "Runs that could not be made or recorded.");
pub const RUN_DURATION: Metric = Metric {
    name: "tieout_run_duration_seconds",
    kind: Kind::Histogram,
    help: "How long whole runs took, from the as-of time to the last thing recorded.",
    labels: &["job_name"],
};
pub const RULE_RUNS: Metric = counter("tieout_rule_runs_total", &["rule"], "Times a run came to the rule.");
pub const RULE_NOT_EVALUATED: Metric =
    counter("tieout_rule_runs_not_evaluated_total", &["rule"], "Times a run could not evaluate the rule.");
pub const STEPS: Metric = counter(
    "tieout_exception_steps_total",
    &["rule", "step"],
    "What runs did to exceptions: opened, regressed, worsened, changed, unchanged, resolved, gone, retired.",
);
pub const SENT: Metric = counter("tieout_deliveries_sent_total", &[], "Messages handed over to a channel.");
pub const SEND_FAILED: Metric =
    counter("tieout_deliveries_failed_total", &[], "Tries to send that failed and will be repeated.");
pub const DEAD: Metric = counter("tieout_deliveries_dead_total", &[], "Messages that will not be tried again.");

/// Every metric of our own; `process_` ones come from the prometheus crate.
pub const TABLE: [Metric; 25] = [
    BUILD_INFO,
    STORE_UP,
    EXCEPTIONS,
    AT_RISK,
    OLDEST,
    DELIVERIES,
    RULE_LAST_RUN,
    RULE_LAST_EVALUATED,
    RULE_EVALUATED,
    RULE_FLOODED,
    RULE_ROWS,
    RULE_DURATION,
    JOB_LAST_FINISHED,
    JOB_STATUS,
    JOB_EXPECTED_SINCE,
    JOB_NEXT,
    RUNS,
    RUNS_FAILED,
    RUN_DURATION,
    RULE_RUNS,
    RULE_NOT_EVALUATED,
    STEPS,
    SENT,
    SEND_FAILED,
    DEAD,
];

/// Upper bounds of the run duration's buckets, in seconds.
pub const DURATION_BUCKETS: [f64; 10] = [1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 3600.0];
