//! The kinds of rules, one file each: its settings are in `rulebook`, its check and its evidence are here.

mod age;
mod exchange;
pub mod low_stock;
pub mod overdue_payment;
pub mod reconcile;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use super::ageing::Ageing;
use super::amount::Amount;
use super::breaks::{Break, Class, EVIDENCE_VERSION, Evidence, Finding, Message, Severity, SideRows};
use super::diagnosis::Backdrop;
use super::judgement::{Agreement, SideTotals, Unjudged};
use super::rulebook::{Rule, SeverityScale};
use super::snapshot::Table;
use super::swing::{NewFigure, Young};
use super::value::Subject;

/// The tables of one run or one partition, by name.
pub type Tables = BTreeMap<String, Table>;

/// A break with its place in law 10's order.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// 0 for faults of the rows themselves, then the check's place in the file, from 1.
    pub check: u32,
    pub side: u32,
    pub found: Break,
}

impl Placed {
    fn order(&self) -> (u32, Class, u32) {
        (self.check, self.found.class, self.side)
    }
}

/// A finding with the place of its first break.
#[derive(Debug)]
pub(crate) struct PlacedFinding {
    pub order: (u32, Class, u32),
    pub finding: Finding,
}

/// What a kind of rule gathers, partition by partition.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub sides: Vec<SideTotals>,
    pub findings: Vec<PlacedFinding>,
    /// Open subjects that were read and pass.
    pub agreed: BTreeSet<Subject>,
    /// The figures at which they do, where the rule compares any.
    pub agreements: BTreeMap<Subject, Vec<Agreement>>,
    /// Open subjects inside grace.
    pub waiting: BTreeSet<Subject>,
    /// Open subjects that were read and could not be judged.
    pub set_aside: BTreeSet<Subject>,
    /// All subjects inside grace, open or not.
    pub in_transit: u64,
    /// All subjects that were read and not judged, open or not.
    pub unjudged: BTreeMap<Unjudged, u64>,
    /// Those of them that the first side has.
    pub unjudged_keys: u64,
    /// What all rows look like, for telling why some break.
    pub backdrop: Backdrop,
    /// What is owed by age, where the rule judges debts.
    pub ageing: Option<Ageing>,
    /// How many groups a check could not compare with their past yet.
    pub young: Young,
    /// What later runs compare with, by group.
    pub figures: BTreeMap<Subject, NewFigure>,
}

impl Gathered {
    /// Keeps the breaks of one subject as a finding, in order. `age` is that of its oldest document in days, where the
    /// rule's severity asks and the subject has one.
    pub fn found(
        &mut self,
        rule: &Rule,
        subject: Subject,
        mut placed: Vec<Placed>,
        sides: Vec<SideRows>,
        age: Option<i64>,
    ) {
        placed.sort_by_key(Placed::order);
        let Some(first) = placed.first() else { return };
        let order = first.order();
        let breaks: Vec<Break> = placed.into_iter().map(|placed| placed.found).collect();
        let severity = severity(&rule.severity, &breaks, age);
        let evidence = Evidence { version: EVIDENCE_VERSION, sides };
        self.findings.push(PlacedFinding { order, finding: Finding { subject, breaks, severity, evidence } });
    }

    /// Notes a subject without breaks, if anybody waits for its verdict.
    pub fn passed(&mut self, subject: Subject, in_transit: bool, open: &BTreeSet<Subject>) {
        if in_transit {
            self.in_transit += 1;
        }
        if open.contains(&subject) {
            let kept = if in_transit { &mut self.waiting } else { &mut self.agreed };
            kept.insert(subject);
        }
    }

    /// Counts a subject that was read and not judged; `awaited` is the subject, if it is an open one.
    pub fn left(&mut self, why: Unjudged, awaited: Option<Subject>) {
        *self.unjudged.entry(why).or_insert(0) += 1;
        self.set_aside.extend(awaited);
    }

    /// Takes over what another partition gathered.
    pub fn merge(&mut self, more: Gathered) {
        self.findings.extend(more.findings);
        self.agreed.extend(more.agreed);
        self.agreements.extend(more.agreements);
        self.waiting.extend(more.waiting);
        self.set_aside.extend(more.set_aside);
        self.in_transit += more.in_transit;
        for (why, subjects) in more.unjudged {
            *self.unjudged.entry(why).or_insert(0) += subjects;
        }
        self.unjudged_keys += more.unjudged_keys;
        self.young.merge(more.young);
        self.figures.extend(more.figures);
        self.ageing = self.ageing.take().or(more.ageing);
        more.sides.into_iter().for_each(|totals| self.count_side(totals));
    }

    /// Adds a side's totals to those of earlier partitions.
    pub fn count_side(&mut self, totals: SideTotals) {
        match self.sides.iter_mut().find(|known| known.side == totals.side) {
            Some(known) => rows::add_totals(known, totals),
            None => self.sides.push(totals),
        }
    }
}

/// The rule's severity for these breaks: the base, or the highest step that they reach.
fn severity(scale: &SeverityScale, breaks: &[Break], age: Option<i64>) -> Severity {
    let reached = scale.steps.iter().filter(|step| {
        let at_risk = |from: Amount| breaks.iter().filter_map(|found| found.at_risk.as_ref()).any(|m| m.amount >= from);
        step.amount.is_some_and(at_risk)
            || step.days.zip(age).is_some_and(|(days, age)| age >= i64::from(days))
            || step.supply_days.is_some_and(|days| breaks.iter().any(|found| runs_out_within(found, days)))
            || breaks.iter().any(|found| step.classes.contains(&found.class))
    });
    reached.map(|step| step.severity).max().map_or(scale.base, |step| step.max(scale.base))
}

/// Whether the break is low stock that lasts that many days or less. What nobody wants does not run out.
fn runs_out_within(found: &Break, days: u32) -> bool {
    match &found.message {
        Message::LowStock { figure, plan: Some(plan), .. } => {
            plan.demand.is_some_and(|demand| demand.uses_up(*figure, days))
        }
        _ => false,
    }
}
