//! What a run says: the JSON report `tieout.run/1` (its schema is `tests/schema/run-1.json`), and the same as CSV.
//!
//! Money and quantities are strings. Everything in it follows from snapshot, rules and open list, but for the ids.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::audit::ageing::Ageing;
use crate::audit::amount::Purse;
use crate::audit::breaks::{Break, Class, Excess, Severity};
use crate::audit::diagnosis::Pattern;
use crate::audit::exception::{Continuity, Status, Step};
use crate::audit::judgement::{Reason, SideTotals, Unjudged};
use crate::audit::moments::Moments;
use crate::audit::rulebook::CheckTitles;
use crate::audit::swing::NoHistory;
use crate::audit::value::{Subject, Value};
use crate::language::{Bilingual, Language};
use crate::metrics::{RuleEvent, RunEvent};
use crate::words;

/// The name and version every report begins with.
pub const FORMAT: &str = "tieout.run/1";

/// The whole answer of one run.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// [`FORMAT`].
    pub format: &'static str,
    /// `None` for a dry run, which leaves nothing behind.
    pub run: Option<String>,
    pub job: String,
    pub as_of: DateTime<Utc>,
    /// The business day of `as_of`.
    pub day: NaiveDate,
    pub dry_run: bool,
    pub status: RunStatus,
    pub parameters: BTreeMap<String, Value>,
    /// In id order.
    pub rules: Vec<RuleReport>,
    #[serde(skip)]
    pub seconds: f64,
}

/// How a run ended. Ordered: what is worse wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    TiesOut,
    Exceptions,
    NotEvaluated,
}

/// How judging one rule ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleStatus {
    TiesOut,
    Exceptions,
    /// More findings than the flood limit: one exception stands for all.
    Flooded,
    NotEvaluated,
}

/// What a run says of one rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleReport {
    pub rule: String,
    pub kind: &'static str,
    pub title: Bilingual,
    /// What its checks are called, by name.
    #[serde(skip_serializing_if = "CheckTitles::is_empty")]
    pub check_titles: CheckTitles,
    pub owner: String,
    pub hash: String,
    pub status: RuleStatus,
    pub reason: Option<Reason>,
    /// Companies that the rule could not judge, by why; the others were judged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, Reason>,
    /// Whether this run changed the open list, or would, were it no dry run. A rule that was not evaluated, or an as-of older than the rule's last
    /// recorded one, records nothing.
    pub recorded: bool,
    /// The rule's first recorded run.
    pub baseline: bool,
    /// The rule's meaning differs from that of its last recorded run.
    pub rule_changed: bool,
    /// The first day of the rule's scope; absent where it judges everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_start: Option<NaiveDate>,
    /// When each of its tables was read; empty where none was judged.
    #[serde(skip_serializing_if = "Moments::is_empty")]
    pub read_at: Moments,
    /// When they were read a second time; empty where nothing had to be.
    #[serde(skip_serializing_if = "Moments::is_empty")]
    pub read_again_at: Moments,
    pub sides: Vec<SideTotals>,
    #[serde(serialize_with = "by_class")]
    pub counts: BTreeMap<Class, u64>,
    pub in_transit: u64,
    /// Subjects that were read and not judged, by why; never counted as agreeing.
    pub unjudged: BTreeMap<Unjudged, u64>,
    /// Groups that a check could not compare with their past yet, by check; never counted as agreeing with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_history: Vec<NoHistory>,
    /// The warning limits of the rule's threshold that were passed.
    pub warned: Vec<Excess>,
    /// What breaks have in common far beyond chance, the most telling first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
    /// Exceptions whose likely cause was not looked for, because there are more than the limit `diagnosed`.
    #[serde(skip_serializing_if = "is_none")]
    pub undiagnosed: u64,
    pub at_risk: Purse,
    /// What is owed by age; absent where the rule judges no debts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ageing: Option<AgeingReport>,
    pub continuity: Option<Continuity>,
    /// Every subject with breaks, in the order of law 10.
    #[serde(serialize_with = "a_line_each")]
    pub exceptions: Vec<Listed>,
    #[serde(skip)]
    pub seconds: f64,
    #[serde(skip)]
    pub steps: BTreeMap<&'static str, u64>,
}

/// The most parties that a report lists per rule and currency, those first that are overdue with most.
pub const AGED_PARTIES: usize = 1000;

/// The ageing of a rule, with a bounded list of parties. The totals are those of all.
#[derive(Clone, Debug, Serialize)]
pub struct AgeingReport {
    #[serde(flatten)]
    pub ageing: Ageing,
    /// Rows of parties that are not listed.
    pub more: u64,
}

impl AgeingReport {
    pub fn of(ageing: Ageing) -> AgeingReport {
        let (ageing, more) = ageing.bounded(AGED_PARTIES);
        AgeingReport { ageing, more }
    }
}

/// An exception in a report.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// `None` for one that a dry run would open.
    pub id: Option<String>,
    #[serde(serialize_with = "as_json")]
    pub subject: Subject,
    pub department: String,
    pub severity: Severity,
    /// `None` where nothing was recorded of it.
    pub step: Option<Step>,
    pub status: Status,
    pub first_seen: NaiveDate,
    pub at_risk: Purse,
    pub breaks: Vec<Break>,
}

/// Written out side by side: a list of a hundred thousand is most of a report.
fn a_line_each<S: Serializer>(listed: &[Listed], serializer: S) -> Result<S::Ok, S::Error> {
    let lines: serde_json::Result<Vec<Box<RawValue>>> =
        listed.par_iter().map(serde_json::value::to_raw_value).collect();
    serializer.collect_seq(lines.map_err(serde::ser::Error::custom)?)
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

fn by_class<S: Serializer>(counts: &BTreeMap<Class, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(class, count)| (class.name(), count)))
}

fn as_json<S: Serializer>(subject: &Subject, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = RawValue::from_string(subject.canonical().to_owned()).map_err(serde::ser::Error::custom)?;
    raw.serialize(serializer)
}

impl RuleStatus {
    pub fn name(self) -> &'static str {
        match self {
            RuleStatus::TiesOut => "ties_out",
            RuleStatus::Exceptions => "exceptions",
            RuleStatus::Flooded => "flooded",
            RuleStatus::NotEvaluated => "not_evaluated",
        }
    }

    fn run(self) -> RunStatus {
        match self {
            RuleStatus::TiesOut => RunStatus::TiesOut,
            RuleStatus::Exceptions | RuleStatus::Flooded => RunStatus::Exceptions,
            RuleStatus::NotEvaluated => RunStatus::NotEvaluated,
        }
    }
}

impl RunStatus {
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::TiesOut => "ties_out",
            RunStatus::Exceptions => "exceptions",
            RunStatus::NotEvaluated => "not_evaluated",
        }
    }

    /// The worst of all rules'; without any rule everything ties out.
    pub fn of(rules: impl Iterator<Item = RuleStatus>) -> RunStatus {
        rules.map(RuleStatus::run).max().unwrap_or(RunStatus::TiesOut)
    }
}

impl RunReport {
    /// 0 all ties out, 1 exceptions, 2 something was not evaluated.
    pub fn exit_code(&self) -> u8 {
        match self.status {
            RunStatus::TiesOut => 0,
            RunStatus::Exceptions => 1,
            RunStatus::NotEvaluated => 2,
        }
    }

    /// What the run adds to the metrics.
    pub fn event(&self) -> RunEvent {
        let rules = self.rules.iter().map(|rule| RuleEvent {
            rule: rule.rule.clone(),
            evaluated: rule.status != RuleStatus::NotEvaluated && rule.unknown.is_empty(),
            seconds: rule.seconds,
            rows: rule.rows(),
            steps: rule.steps.clone(),
        });
        RunEvent { job: self.job.clone(), seconds: self.seconds, rules: rules.collect() }
    }

    /// Writes the report as JSON, one line-broken document with a line for each exception.
    pub fn write_json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self).map_err(io::Error::from)?;
        out.write_all(b"\n")
    }

    /// Every break of every exception as CSV: UTF-8 without BOM, one row per break, figures as exact text.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "rule",
            "exception",
            "subject",
            "department",
            "severity",
            "status",
            "step",
            "first_seen",
            "check",
            "class",
            "side",
            "currency",
            "amount_at_risk",
            "what",
            "likely_cause",
            "odd_one_out",
        ])?;
        for rule in &self.rules {
            for listed in &rule.exceptions {
                for found in &listed.breaks {
                    let money = found.at_risk.as_ref();
                    writer.write_record([
                        &rule.rule,
                        listed.id.as_deref().unwrap_or(""),
                        &words::csv_cell(&listed.subject.to_string()),
                        &listed.department,
                        listed.severity.name(),
                        listed.status.name(),
                        listed.step.map(Step::name).unwrap_or_default(),
                        &listed.first_seen.to_string(),
                        &found.check,
                        found.class.name(),
                        found.side.as_deref().unwrap_or(""),
                        &money.map(|money| words::csv_cell(&money.currency)).unwrap_or_default(),
                        &money.map(|money| money.amount.to_string()).unwrap_or_default(),
                        &words::csv_cell(&words::told(found, rule.check_titles.get(&found.check), Language::En)),
                        &words::csv_cell(&words::cause(found, Language::En)),
                        &words::csv_cell(found.odd().map_or("", |odd| &odd.side)),
                    ])?;
                }
            }
        }
        let bytes = writer.into_inner().map_err(|fault| csv::Error::from(fault.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The departments that have something in this report, in name order.
    pub fn departments(&self) -> BTreeSet<&str> {
        let listed = self.rules.iter().flat_map(|rule| &rule.exceptions);
        listed.map(|listed| listed.department.as_str()).collect()
    }
}

impl RuleReport {
    /// Rows read, over all sides.
    pub fn rows(&self) -> u64 {
        self.sides.iter().map(|side| side.rows).sum()
    }
}
