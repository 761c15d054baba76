//! Judging one rule: the fold that the rim drives.

use std::collections::{BTreeMap, BTreeSet};

use super::breaks::{Break, Class, EVIDENCE_VERSION, Evidence, Finding, Message, Severity};
use super::judgement::{Context, Judgement, Outcome, Verdict};
use super::rulebook::{Body, Rule};
use super::rules::{Gathered, Tables, low_stock, overdue_payment, reconcile};
use super::value::{Subject, SubjectKind};

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
        let Gathered { sides, mut findings, agreed, waiting, set_aside, in_transit, unjudged } = self.gathered;
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
            return Judgement { rule, outcome, sides, counts, in_transit, unjudged, findings, verdicts };
        }
        let broken: BTreeSet<&Subject> = findings.iter().map(|finding| &finding.subject).collect();
        let verdict = |subject: &Subject| match subject {
            subject if broken.contains(subject) => Verdict::Breaks,
            subject if set_aside.contains(subject) => Verdict::NotJudged,
            subject if waiting.contains(subject) => Verdict::InTransit,
            subject if agreed.contains(subject) => Verdict::Agrees,
            subject => match subject.kind() {
                SubjectKind::Key | SubjectKind::Party => Verdict::Gone,
                SubjectKind::Keyless | SubjectKind::Flood => Verdict::Agrees,
            },
        };
        let verdicts = self.open.iter().map(|subject| (subject.clone(), verdict(subject))).collect();
        Judgement { rule, outcome: Outcome::Judged, sides, counts, in_transit, unjudged, findings, verdicts }
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
