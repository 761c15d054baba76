//! What judging one rule may know, and what it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::ageing::Ageing;
use super::amount::{Amount, Purse};
use super::breaks::{Class, Excess, Finding};
use super::calendar::Calendar;
use super::diagnosis::Pattern;
use super::expression::Parameters;
use super::snapshot::{Age, Drop, Tripped};
use super::swing::{History, NewFigure, NoHistory};
use super::value::{Subject, Value};

/// Everything judging may know besides the tables.
#[derive(Clone, Debug)]
pub struct Context {
    pub as_of: DateTime<Utc>,
    /// The business day of `as_of`, in the business's zone.
    pub day: NaiveDate,
    pub zone: chrono_tz::Tz,
    /// The business's own currency, for money columns that name none.
    pub currency: String,
    pub calendar: Calendar,
    pub parameters: Parameters,
    /// What earlier runs found, by rule, for rules that look back.
    pub past: Arc<BTreeMap<String, History>>,
    /// Findings above this many open one flood exception; a rule's own `flood` wins.
    pub flood: u64,
    /// Findings of one rule whose likely cause is looked for, the largest first; nothing is looked for at 0.
    pub diagnosed: usize,
    /// Rows kept as evidence, per side and subject.
    pub evidence_rows: usize,
    /// Subjects that are judged together. More need more cache, fewer more bookkeeping; what is found does not depend
    /// on it.
    pub batch: usize,
}

/// The usual [`Context::batch`]: about a megabyte of rows and figures.
pub const BATCH: usize = 1 << 14;

/// What one run says about a subject whose exception is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Breaks,
    /// Read in this run, and passing.
    Agrees,
    /// Inside grace.
    InTransit,
    /// On no side any more.
    Gone,
    NotJudged,
}

/// Why a subject that was read is neither broken nor in agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unjudged {
    /// Money of it would have to be converted, and there is no rate for its day.
    NoRate,
    /// It lies outside the days that the rule's `scope` names.
    OutOfScope,
    /// Its company could not be read whole.
    CompanyUnknown,
    /// Several rows share its key, which the rule leaves to another one to tell.
    Doubled,
}

impl Unjudged {
    /// The name used in JSON and on the terminal.
    pub fn name(self) -> &'static str {
        match self {
            Unjudged::NoRate => "no_rate",
            Unjudged::OutOfScope => "out_of_scope",
            Unjudged::CompanyUnknown => "company_unknown",
            Unjudged::Doubled => "doubled",
        }
    }
}

/// What judging one rule gave.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub rule: String,
    pub outcome: Outcome,
    pub sides: Vec<SideTotals>,
    /// Breaks per class, exact whatever is listed.
    pub counts: BTreeMap<Class, u64>,
    /// Subjects inside grace.
    pub in_transit: u64,
    /// Subjects that were read and not judged, by why.
    pub unjudged: BTreeMap<Unjudged, u64>,
    /// The warning limits of the rule's threshold that were passed. Empty unless judged.
    pub warned: Vec<Excess>,
    /// What is owed by age, where the rule judges debts.
    pub ageing: Option<Ageing>,
    /// Groups that a check could not compare with their past yet, by check.
    pub no_history: Vec<NoHistory>,
    /// What later runs compare with, by group, where the rule looks back. Empty unless judged: what a flooded rule
    /// read is not believed.
    pub figures: BTreeMap<Subject, NewFigure>,
    /// In the order of law 10. Empty unless judged; a flooded rule has its one flood finding.
    pub findings: Vec<Finding>,
    /// What breaks have in common far beyond chance, the most telling first.
    pub patterns: Vec<Pattern>,
    /// Findings that were not diagnosed, because the limit was reached.
    pub undiagnosed: u64,
    /// One for every open subject that was handed in.
    pub verdicts: BTreeMap<Subject, Verdict>,
    /// The figures of the open subjects that agree, where the rule compares any.
    pub agreements: BTreeMap<Subject, Vec<Agreement>>,
}

/// The two figures of a check that an open subject passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub check: String,
    pub left: Value,
    pub right: Value,
}

impl Judgement {
    /// The answer for a rule that could not be judged.
    pub fn not_evaluated(rule: &str, reason: Reason, open: &BTreeSet<Subject>) -> Self {
        Judgement {
            rule: rule.to_owned(),
            outcome: Outcome::NotEvaluated(reason),
            sides: Vec::new(),
            counts: BTreeMap::new(),
            in_transit: 0,
            unjudged: BTreeMap::new(),
            warned: Vec::new(),
            ageing: None,
            no_history: Vec::new(),
            figures: BTreeMap::new(),
            findings: Vec::new(),
            patterns: Vec::new(),
            undiagnosed: 0,
            verdicts: open.iter().map(|subject| (subject.clone(), Verdict::NotJudged)).collect(),
            agreements: BTreeMap::new(),
        }
    }
}

/// How far judging came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Judged,
    /// More findings than can be believed, by the limit that was passed: the others stay as they were.
    Flooded(Excess),
    NotEvaluated(Reason),
}

/// Why a rule was not evaluated. Stored and shown, so sentences come without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// A table could not be pulled whole.
    Unreadable {
        source: String,
        table: String,
        sentence: String,
    },
    /// A pull tripped its table's guard.
    Guard {
        source: String,
        table: String,
        rows: u64,
        min_rows: u64,
    },
    /// A figure of a pull fell by more than its table's guard lets through.
    Dropped {
        source: String,
        table: String,
        drop: Box<Drop>,
    },
    /// The newest row of a pull is older than its table's guard lets through.
    Stale {
        source: String,
        table: String,
        column: String,
        /// `None` where no row has a date before the as-of.
        newest: Option<String>,
        within: Age,
    },
    /// The rule was judged without these companies. Never said of a rule as a whole; it is remembered for the next run.
    Partly {
        companies: BTreeMap<String, Reason>,
    },
    /// The table holds only today's state, and a past day was asked for.
    PastNotKept {
        table: String,
    },
    /// Two tables of the rule were read too far apart, in time of the business's zone. The limit is in seconds.
    Skew {
        early: String,
        early_at: DateTime<FixedOffset>,
        late: String,
        late_at: DateTime<FixedOffset>,
        limit: u64,
    },
    /// The source's own clock is too far from ours: one moment by both, in the business's zone. The limit is in seconds.
    ClockOff {
        source: String,
        table: String,
        here: DateTime<FixedOffset>,
        there: DateTime<FixedOffset>,
        limit: u64,
    },
    /// Judging itself failed. A mistake in tieout.
    InternalFault {
        sentence: String,
    },
    TimeLimit {
        minutes: u64,
    },
    /// What breaks had to be read again after so many seconds, which the job's time limit does not leave.
    NoTimeToRecheck {
        after: u64,
        minutes: u64,
    },
}

impl Reason {
    /// Why a table is unknown whose pull tripped a guard.
    pub fn tripped(source: &str, table: &str, tripped: Tripped) -> Reason {
        let (source, table) = (source.to_owned(), table.to_owned());
        match tripped {
            Tripped::Few { rows, min_rows } => Reason::Guard { source, table, rows, min_rows },
            Tripped::Dropped(drop) => Reason::Dropped { source, table, drop: Box::new(drop) },
            Tripped::Stale { column, newest, within } => Reason::Stale { source, table, column, newest, within },
        }
    }

    /// Whether this is a guard of a table, tripped.
    pub fn is_guard(&self) -> bool {
        matches!(self, Reason::Guard { .. } | Reason::Dropped { .. } | Reason::Stale { .. })
    }

    /// Whether both are the same guard of the same table of one source, whatever the figures.
    pub fn is_same_guard(&self, other: &Reason) -> bool {
        match (self, other) {
            (Reason::Guard { source, table, .. }, Reason::Guard { source: other, table: second, .. })
            | (Reason::Dropped { source, table, .. }, Reason::Dropped { source: other, table: second, .. })
            | (Reason::Stale { source, table, .. }, Reason::Stale { source: other, table: second, .. }) => {
                (source, table) == (other, second)
            }
            _ => false,
        }
    }
}

/// The control totals of one side: what was read, so that a reader can tie the run to the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideTotals {
    pub side: String,
    pub table: String,
    /// Rows pulled.
    pub rows: u64,
    /// Rows left after the side's filter.
    pub judged: u64,
    pub distinct_keys: u64,
    /// Sums of money columns per currency, of the judged rows. A sum that does not fit is left out and named in
    /// `unsummed`.
    pub money: BTreeMap<String, Purse>,
    /// Sums of quantity columns.
    pub quantities: BTreeMap<String, Amount>,
    pub unsummed: Vec<String>,
    /// Judged rows that a lookup found nothing for, by the table it looked in; tables without any are left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unmatched_lookups: BTreeMap<String, u64>,
}
