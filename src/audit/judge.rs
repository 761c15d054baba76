//! Judging one rule: the fold that the rim drives, and what it answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::amount::{Amount, Purse};
use super::breaks::{Break, Class, EVIDENCE_VERSION, Evidence, Finding, Message, Severity};
use super::calendar::Calendar;
use super::expression::Parameters;
use super::rulebook::{Body, Rule};
use super::rules::{Gathered, Tables, low_stock, overdue_payment, reconcile};
use super::value::{Subject, SubjectKind};

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
    /// Findings above this many open one flood exception; a rule's own `flood` wins.
    pub flood: u64,
    /// Rows kept as evidence, per side and subject.
    pub evidence_rows: usize,
}

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
    /// In the order of law 10. Empty unless judged; a flooded rule has its one flood finding.
    pub findings: Vec<Finding>,
    /// One for every open subject that was handed in.
    pub verdicts: BTreeMap<Subject, Verdict>,
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
            findings: Vec::new(),
            verdicts: open.iter().map(|subject| (subject.clone(), Verdict::NotJudged)).collect(),
        }
    }
}

/// How far judging came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Judged,
    /// Too many findings to be believed: the others stay as they were.
    Flooded {
        found: u64,
        limit: u64,
    },
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
    /// The table holds only today's state, and a past day was asked for.
    PastNotKept {
        table: String,
    },
    /// Judging itself failed. A mistake in tieout.
    InternalFault {
        sentence: String,
    },
    TimeLimit {
        minutes: u64,
    },
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
}

/// Judges one rule: made once, fed the tables once or partition by partition, and finished.
///
/// A partition is a cut through all tables of the rule by their key, so that a subject's rows are never apart.
pub struct Judge<'a> {
    rule: &'a Rule,
    context: &'a Context,
    open: BTreeSet<Subject>,
    gathered: Gathered,
    keyless: reconcile::KeylessRows,
    parties: overdue_payment::Parties,
}

impl<'a> Judge<'a> {
    /// `open` are the subjects of the rule's live exceptions: each of them gets a verdict.
    pub fn new(rule: &'a Rule, context: &'a Context, open: BTreeSet<Subject>) -> Self {
        Judge {
            rule,
            context,
            open,
            gathered: Gathered::default(),
            keyless: reconcile::KeylessRows::default(),
            parties: overdue_payment::Parties::default(),
        }
    }

    /// Judges the subjects of one partition. `tables` holds every table the rule names.
    pub fn partition(&mut self, tables: &Tables) {
        let Judge { rule, context, open, gathered, keyless, parties } = self;
        match &rule.body {
            Body::Reconcile(body) => reconcile::partition(rule, body, context, tables, open, gathered, keyless),
            Body::LowStock(body) => low_stock::partition(rule, body, context, tables, open, gathered),
            Body::OverduePayment(body) => {
                overdue_payment::partition(rule, body, context, tables, open, gathered, parties);
            }
        }
    }

    /// Concludes: findings in order, exact counts, and a verdict for every open subject.
    pub fn finish(mut self) -> Judgement {
        match &self.rule.body {
            Body::Reconcile(body) => {
                reconcile::finish(self.rule, body, &self.open, self.keyless, &mut self.gathered);
            }
            Body::LowStock(_) => {}
            Body::OverduePayment(_) => {
                overdue_payment::finish(self.rule, &self.open, self.parties, &mut self.gathered);
            }
        }
        let Gathered { sides, mut findings, agreed, waiting, in_transit } = self.gathered;
        findings.sort_by(|left, right| {
            left.order.cmp(&right.order).then_with(|| left.finding.subject.cmp(&right.finding.subject))
        });
        let findings: Vec<Finding> = findings.into_iter().map(|placed| placed.finding).collect();
        let mut counts = BTreeMap::new();
        for found in findings.iter().flat_map(|finding| &finding.breaks) {
            *counts.entry(found.class).or_insert(0) += 1;
        }
        let limit = self.rule.flood.unwrap_or(self.context.flood);
        let rule = self.rule.id.clone();
        if findings.len() as u64 > limit {
            let outcome = Outcome::Flooded { found: findings.len() as u64, limit };
            let verdicts = flooded_verdicts(&self.open);
            let findings = vec![flood(self.rule, findings.len() as u64, limit)];
            return Judgement { rule, outcome, sides, counts, in_transit, findings, verdicts };
        }
        let broken: BTreeSet<&Subject> = findings.iter().map(|finding| &finding.subject).collect();
        let verdict = |subject: &Subject| match subject {
            subject if broken.contains(subject) => Verdict::Breaks,
            subject if waiting.contains(subject) => Verdict::InTransit,
            subject if agreed.contains(subject) => Verdict::Agrees,
            subject => match subject.kind() {
                SubjectKind::Key | SubjectKind::Party => Verdict::Gone,
                SubjectKind::Keyless | SubjectKind::Flood => Verdict::Agrees,
            },
        };
        let verdicts = self.open.iter().map(|subject| (subject.clone(), verdict(subject))).collect();
        Judgement { rule, outcome: Outcome::Judged, sides, counts, in_transit, findings, verdicts }
    }
}

fn flooded_verdicts(open: &BTreeSet<Subject>) -> BTreeMap<Subject, Verdict> {
    let verdict = |subject: &Subject| match subject.kind() {
        SubjectKind::Flood => Verdict::Breaks,
        _ => Verdict::NotJudged,
    };
    open.iter().map(|subject| (subject.clone(), verdict(subject))).collect()
}

fn flood(rule: &Rule, found: u64, limit: u64) -> Finding {
    let flood = Break {
        check: Class::Flood.name().to_owned(),
        class: Class::Flood,
        side: None,
        owner: rule.owner.clone(),
        message: Message::Flood { found, limit },
        at_risk: None,
    };
    Finding {
        subject: Subject::flood(),
        breaks: vec![flood],
        severity: Severity::Critical,
        evidence: Evidence { version: EVIDENCE_VERSION, sides: Vec::new() },
    }
}
