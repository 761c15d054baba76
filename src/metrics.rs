//! Every metric's name, help and labels, in one table.
//!
//! State gauges are built afresh at every scrape from what the store says; counters and histograms are fed by runs.
//! The prometheus crate is named in this room alone, so that another can replace it.

mod state;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, TextEncoder};

use crate::audit::exception::Step;
pub use state::{JOB_STATUSES, JobState, RuleState, State};
use table::Metric;

/// What one finished run adds to the counters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEvent {
    pub job: String,
    pub seconds: f64,
    pub rules: Vec<RuleEvent>,
}

/// What one rule of a finished run adds to the counters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleEvent {
    pub rule: String,
    pub evaluated: bool,
    pub seconds: f64,
    pub rows: u64,
    /// Steps by name.
    pub steps: BTreeMap<&'static str, u64>,
}

/// What one round of sending adds to the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryEvent {
    pub sent: u64,
    /// Will be tried again.
    pub failed: u64,
    pub dead: u64,
}

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// The counters of one process. Every configured job and rule starts at zero, so that the first event is an increase.
pub struct Metrics {
    runs: IntCounterVec,
    runs_failed: IntCounterVec,
    run_duration: HistogramVec,
    rule_runs: IntCounterVec,
    rule_not_evaluated: IntCounterVec,
    steps: IntCounterVec,
    sent: IntCounterVec,
    send_failed: IntCounterVec,
    dead: IntCounterVec,
    process: ProcessCollector,
}

impl Metrics {
    pub fn new(jobs: &BTreeSet<String>, rules: &BTreeSet<String>) -> Metrics {
        let duration = HistogramOpts::new(table::RUN_DURATION.name, table::RUN_DURATION.help)
            .buckets(table::DURATION_BUCKETS.to_vec());
        let metrics = Metrics {
            runs: counter(table::RUNS),
            runs_failed: counter(table::RUNS_FAILED),
            run_duration: HistogramVec::new(duration, table::RUN_DURATION.labels).expect("the table is well formed"),
            rule_runs: counter(table::RULE_RUNS),
            rule_not_evaluated: counter(table::RULE_NOT_EVALUATED),
            steps: counter(table::STEPS),
            sent: counter(table::SENT),
            send_failed: counter(table::SEND_FAILED),
            dead: counter(table::DEAD),
            process: ProcessCollector::for_self(),
        };
        for job in jobs {
            metrics.runs.with_label_values(&[job]);
            metrics.runs_failed.with_label_values(&[job]);
            metrics.run_duration.with_label_values(&[job]);
        }
        for rule in rules {
            metrics.rule_runs.with_label_values(&[rule]);
            metrics.rule_not_evaluated.with_label_values(&[rule]);
            for step in Step::ALL {
                metrics.steps.with_label_values(&[rule.as_str(), step.name()]);
            }
        }
        metrics.sent(DeliveryEvent::default());
        metrics
    }

    /// Counts a run that was recorded, whatever it found.
    pub fn ran(&self, event: &RunEvent) {
        self.runs.with_label_values(&[&event.job]).inc();
        self.run_duration.with_label_values(&[&event.job]).observe(event.seconds);
        for rule in &event.rules {
            self.rule_runs.with_label_values(&[&rule.rule]).inc();
            if !rule.evaluated {
                self.rule_not_evaluated.with_label_values(&[&rule.rule]).inc();
            }
            for (step, count) in &rule.steps {
                self.steps.with_label_values(&[rule.rule.as_str(), step]).inc_by(*count);
            }
        }
    }

    /// Counts a run that could not be made or recorded.
    pub fn run_failed(&self, job: &str) {
        self.runs.with_label_values(&[job]).inc();
        self.runs_failed.with_label_values(&[job]).inc();
    }

    /// Counts one round of sending.
    pub fn sent(&self, event: DeliveryEvent) {
        let none: [&str; 0] = [];
        self.sent.with_label_values(&none).inc_by(event.sent);
        self.send_failed.with_label_values(&none).inc_by(event.failed);
        self.dead.with_label_values(&none).inc_by(event.dead);
    }

    /// Everything, in the text format 0.0.4. `state` is `None` when the store could not be read: then `tieout_store_up`
    /// is 0 and the gauges that come from it are left out rather than shown as zero.
    pub fn render(&self, state: Option<&State>) -> String {
        let mut families = state::families(state);
        let vectors = [&self.runs, &self.runs_failed, &self.rule_runs, &self.rule_not_evaluated, &self.steps];
        families.extend(vectors.into_iter().flat_map(Collector::collect));
        families.extend([&self.sent, &self.send_failed, &self.dead].into_iter().flat_map(Collector::collect));
        families.extend(self.run_duration.collect());
        families.extend(self.process.collect());
        text(families)
    }
}

/// Cannot leave the metrics for node_exporter.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the metrics to {path}; its folder must exist and be writable")]
pub struct TextfileError {
    pub path: PathBuf,
    #[source]
    pub source: io::Error,
}

/// Leaves the gauges in a file for node_exporter's textfile collector, for jobs that cron starts.
///
/// The file appears whole or not at all: it is written beside its place and renamed. It holds no counters, which
/// would start at zero with every process, and no `process_` metrics, which node_exporter exports itself.
pub fn write_textfile(path: &Path, state: Option<&State>) -> Result<(), TextfileError> {
    let fault = |source| TextfileError { path: path.to_owned(), source };
    let name = path.file_name().ok_or_else(|| fault(io::Error::from(io::ErrorKind::InvalidInput)))?;
    // The collector reads `*.prom`, so the unfinished file must not end like that.
    let unfinished = path.with_file_name(format!("{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let written = std::fs::write(&unfinished, text(state::families(state)));
    let moved = written.and_then(|()| std::fs::rename(&unfinished, path));
    moved.map_err(|source| {
        // What could not be written may not be there to remove; the first error is the one to tell.
        let _ = std::fs::remove_file(&unfinished);
        fault(source)
    })
}

fn counter(metric: Metric) -> IntCounterVec {
    IntCounterVec::new(Opts::new(metric.name, metric.help), metric.labels).expect("the table is well formed")
}

fn text(mut families: Vec<MetricFamily>) -> String {
    families.retain(|family| !family.get_metric().is_empty());
    families.sort_by(|left, right| left.name().cmp(right.name()));
    for family in &mut families {
        family
            .mut_metric()
            .sort_by_key(|metric| metric.get_label().iter().map(|label| label.value().to_owned()).collect::<Vec<_>>());
    }
    TextEncoder::new().encode_to_string(&families).expect("every family has a name and a sample")
}
