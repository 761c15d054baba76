//! Judging one rule: the fold that the rim drives.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::amount::Amount;
use super::breaks::{Break, Class, EVIDENCE_VERSION, Evidence, Excess, Finding, Message, Severity};
use super::diagnosis::{self, Diagnosed};
use super::judgement::{Context, Judgement, Outcome, Verdict};
use super::rulebook::{Body, Ceiling, Rule};
use super::rules::{Gathered, PlacedFinding, Tables, low_stock, overdue_payment, reconcile};
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
            Body::Reconcile(body) => {
                reconcile::partition(rule, body, context, tables, open, gathered, keyless);
            }
            Body::LowStock(body) => low_stock::partition(rule, body, context, tables, open, gathered),
            Body::OverduePayment(body) => {
                overdue_payment::partition(rule, body, context, tables, open, gathered, parties);
            }
        }
    }

    /// Concludes: findings in order, exact counts, and a verdict for every open subject.
    pub fn finish(self) -> Judgement {
        let (rule, context) = (self.rule, self.context);
        self.seen().finish(rule, context)
    }

    /// What was seen of the subjects, before anything is concluded from it.
    pub fn seen(mut self) -> Seen {
        match &self.rule.body {
            Body::Reconcile(body) => {
                reconcile::finish(self.rule, body, &self.open, self.keyless, &mut self.gathered);
            }
            Body::LowStock(_) => {}
            Body::OverduePayment(body) => {
                let parties = self.parties;
                overdue_payment::finish(self.rule, body, &self.open, parties, &mut self.gathered);
            }
        }
        Seen { open: self.open, gathered: self.gathered }
    }
}

/// What one reading of a rule's tables shows of its subjects.
pub struct Seen {
    open: BTreeSet<Subject>,
    gathered: Gathered,
}

impl Seen {
    /// What breaks, in no order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.gathered.findings.iter().map(|placed| &placed.finding)
    }

    /// The open subjects that pass or are gone.
    pub fn closing(&self) -> impl Iterator<Item = &Subject> {
        let Gathered { waiting, set_aside, .. } = &self.gathered;
        let broken: BTreeSet<&Subject> = self.findings().map(|finding| &finding.subject).collect();
        let stays = move |subject: &&Subject| {
            broken.contains(subject) || waiting.contains(*subject) || set_aside.contains(*subject)
        };
        let kinds = [SubjectKind::Key, SubjectKind::Party];
        self.open.iter().filter(move |subject| kinds.contains(&subject.kind()) && !stays(subject))
    }

    /// Keeps of some subjects only what a second reading confirms. One that breaks in both is found as it was then; one
    /// that breaks in one of them is in transit, neither opened nor closed. The others, and the totals of the sides,
    /// stay as the first reading showed them.
    pub fn confirm(&mut self, again: Seen, asked: &BTreeSet<Subject>) {
        let Gathered { findings, agreed, mut agreements, waiting, set_aside, figures, .. } = again.gathered;
        self.gathered.figures.retain(|subject, _| !asked.contains(subject));
        self.gathered.figures.extend(figures.into_iter().filter(|(subject, _)| asked.contains(subject)));
        let findings = findings.into_iter().filter(|placed| asked.contains(&placed.finding.subject));
        let mut second: BTreeMap<Subject, PlacedFinding> =
            findings.map(|placed| (placed.finding.subject.clone(), placed)).collect();
        let first = std::mem::take(&mut self.gathered.findings);
        let mut broke = BTreeSet::new();
        for placed in first {
            let subject = placed.finding.subject.clone();
            if !asked.contains(&subject) {
                self.gathered.findings.push(placed);
                continue;
            }
            match second.remove(&subject) {
                Some(confirmed) => self.gathered.findings.push(confirmed),
                None => self.gathered.passed(subject.clone(), true, &self.open),
            }
            broke.insert(subject);
        }
        // What is left breaks only now: an open one that would have been closed stays open, another is met next time.
        for subject in asked.iter().filter(|subject| !broke.contains(*subject)) {
            self.gathered.agreed.remove(subject);
            self.gathered.agreements.remove(subject);
            if second.contains_key(subject) || waiting.contains(subject) || set_aside.contains(subject) {
                self.gathered.passed(subject.clone(), true, &self.open);
            } else if agreed.contains(subject) {
                self.gathered.agreed.insert(subject.clone());
                self.gathered.agreements.extend(agreements.remove_entry(subject));
            }
        }
    }

    /// Concludes: findings in order, exact counts, and a verdict for every open subject.
    pub fn finish(self, rule: &Rule, context: &Context) -> Judgement {
        let Gathered {
            sides,
            mut findings,
            agreed,
            agreements,
            waiting,
            set_aside,
            in_transit,
            unjudged,
            unjudged_keys,
            ageing,
            backdrop,
            young,
            figures,
        } = self.gathered;
        findings.par_sort_by(|left, right| {
            left.order.cmp(&right.order).then_with(|| left.finding.subject.cmp(&right.finding.subject))
        });
        let mut findings: Vec<Finding> = findings.into_iter().map(|placed| placed.finding).collect();
        let mut counts = BTreeMap::new();
        for found in findings.iter().flat_map(|finding| &finding.breaks) {
            *counts.entry(found.class).or_insert(0) += 1;
        }
        let threshold = &rule.threshold;
        let limit = threshold.stop.count.unwrap_or(context.flood);
        let stop = Ceiling { count: Some(limit), ..threshold.stop.clone() };
        let keys = sides.first().map_or(0, |side| side.distinct_keys);
        let tally = Tally { findings: &findings, keys: keys.saturating_sub(unjudged_keys) };
        let judgement = Judgement {
            rule: rule.id.clone(),
            outcome: Outcome::Judged,
            sides,
            counts,
            in_transit,
            unjudged,
            warned: Vec::new(),
            ageing,
            no_history: match &rule.body {
                Body::Reconcile(body) => young.told(&body.checks),
                _ => Vec::new(),
            },
            figures: BTreeMap::new(),
            findings: Vec::new(),
            patterns: Vec::new(),
            undiagnosed: 0,
            verdicts: BTreeMap::new(),
            agreements: BTreeMap::new(),
        };
        if let Some(excess) = tally.over(&stop, context).into_iter().next() {
            let verdicts = flooded_verdicts(&self.open);
            let findings = vec![flood(rule, findings.len() as u64, limit, &excess)];
            let outcome = Outcome::Flooded(excess);
            return Judgement { outcome, findings, verdicts, ..judgement };
        }
        let warned = tally.over(&threshold.warn, context);
        let Diagnosed { patterns, undiagnosed } = diagnosis::diagnose(rule, context, &backdrop, &mut findings);
        let is_open = |subject: &&Subject| self.open.contains(*subject);
        let broken: BTreeSet<&Subject> = findings.iter().map(|finding| &finding.subject).filter(is_open).collect();
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
        Judgement { warned, figures, findings, patterns, undiagnosed, verdicts, agreements, ..judgement }
    }
}

fn flooded_verdicts(open: &BTreeSet<Subject>) -> BTreeMap<Subject, Verdict> {
    let verdict = |subject: &Subject| match subject.kind() {
        SubjectKind::Flood => Verdict::Breaks,
        _ => Verdict::NotJudged,
    };
    open.iter().map(|subject| (subject.clone(), verdict(subject))).collect()
}

/// What a threshold is compared with.
struct Tally<'f> {
    findings: &'f [Finding],
    /// Distinct keys of the reference side that were judged.
    keys: u64,
}

impl Tally<'_> {
    /// The limits that are passed: by more than they say, never at it. A percentage of nothing is no limit.
    fn over(&self, ceiling: &Ceiling, context: &Context) -> Vec<Excess> {
        let found = self.findings.len() as u64;
        let mut over = Vec::new();
        over.extend(ceiling.count.filter(|limit| found > *limit).map(|limit| Excess::Count { found, limit }));
        let exceeds = |percent: &Amount| !counted(found).is_within_product(*percent, counted(self.keys), 2);
        let percent = ceiling.percent.filter(|percent| self.keys > 0 && exceeds(percent));
        over.extend(percent.map(|limit| Excess::Percent { found, of: self.keys, limit }));
        for (currency, limit) in &ceiling.amounts {
            let currency = currency.as_deref().unwrap_or(&context.currency);
            let at_risk = self.at_risk(currency);
            // A sum that does not fit is more than any limit.
            if at_risk.is_none_or(|at_risk| at_risk > *limit) {
                over.push(Excess::Amount { currency: currency.to_owned(), at_risk, limit: *limit });
            }
        }
        over
    }

    fn at_risk(&self, currency: &str) -> Option<Amount> {
        let purses = self.findings.iter().map(Finding::at_risk);
        purses
            .filter_map(|purse| purse.0.get(currency).copied())
            .try_fold(Amount::ZERO, |sum, amount| sum.checked_add(amount))
    }
}

fn counted(number: u64) -> Amount {
    Amount::new(i128::from(number), 0)
}

fn flood(rule: &Rule, found: u64, limit: u64, excess: &Excess) -> Finding {
    let excess = match excess {
        Excess::Count { .. } => None,
        other => Some(other.clone()),
    };
    let flood = Break {
        check: Class::Flood.name().to_owned(),
        class: Class::Flood,
        side: None,
        owner: rule.owner.clone(),
        message: Message::Flood { found, limit, excess },
        at_risk: None,
        diagnosis: None,
    };
    Finding {
        subject: Subject::flood(),
        breaks: vec![flood],
        severity: Severity::Critical,
        evidence: Evidence { version: EVIDENCE_VERSION, sides: Vec::new() },
    }
}
