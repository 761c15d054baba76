//! The transaction that records a run.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::cells::{Cell, Columns};
use super::schema::assembled;
use super::session::{Mode, Session};
use super::steps::{self, Outcome, Write};
use super::writing::{self, Stage};
use super::{
    Filter, Ids, NewDelivery, RuleRunRow, RuleState, RunRow, Store, StoreError, StoredLetter, deliveries, reading,
    runs, trail,
};
use crate::audit::breaks::{Evidence, Finding};
use crate::audit::exception::{Exception, Status, Step, Transition};
use crate::audit::rulebook::Rule;

/// The transaction that records a run. Dropped without [`Recording::commit`], nothing of it stays.
pub struct Recording {
    pub(super) session: Session,
    rehearsal: bool,
}

impl Store {
    /// Begins the one transaction in which a run is recorded. It holds the store's write lock from the start, so that
    /// what it reads is still true when it commits; somebody else's edit waits until then.
    pub async fn record(&self) -> Result<Recording, StoreError> {
        let session = Session::begin(&self.pool, Mode::Write, self.hook.clone(), "begin to record the run").await?;
        Ok(Recording { session, rehearsal: false })
    }

    /// The same reads as [`Store::record`], for a dry run; whatever is written is rolled back, even after
    /// [`Recording::commit`].
    pub async fn rehearse(&self) -> Result<Recording, StoreError> {
        let session = Session::begin(&self.pool, Mode::Write, self.hook.clone(), "begin to rehearse the run").await?;
        Ok(Recording { session, rehearsal: true })
    }
}

impl Recording {
    /// The state the rule's last recorded run left; `None` before its first, which is its baseline.
    pub async fn rule_state(&mut self, rule: &str) -> Result<Option<RuleState>, StoreError> {
        runs::rule_state(&mut self.session, rule).await
    }

    /// Status and business day of the rule's last run, recorded or not: [`Recording::rule_state`] says nothing of a
    /// rule that was never evaluated.
    pub async fn last_rule_run(&mut self, rule: &str) -> Result<Option<(String, NaiveDate)>, StoreError> {
        runs::last_rule_run(&mut self.session, rule).await
    }

    /// Every live exception of the rule, and closed ones whose subject is among the findings. In subject order.
    pub async fn known(&mut self, rule: &str, findings: &[Finding]) -> Result<Vec<Exception>, StoreError> {
        let digests: Vec<String> = findings.iter().map(|finding| finding.subject.digest()).collect();
        reading::known(&mut self.session, rule, &digests).await
    }

    /// Rules that have live exceptions but are not among `present`. In id order.
    pub async fn rules_without_file(&mut self, present: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        let (live, cells) = reading::standing(1);
        let select = format!("SELECT DISTINCT rule_id FROM exceptions WHERE status IN ({live}) ORDER BY rule_id");
        let rows = self.session.rows("look for rules that are gone", assembled(select), cells).await?;
        let rules: Vec<String> =
            rows.iter().map(|row| Columns { row, table: "exceptions" }.text("rule_id")).collect::<Result<_, _>>()?;
        Ok(rules.into_iter().filter(|rule| !present.contains(rule)).collect())
    }

    /// Keeps the run. What [`Recording::apply`], [`Recording::insert_rule_run`] and [`Recording::insert_letter`] write
    /// points to it, so a recording without it cannot be committed; the order is free.
    pub async fn insert_run(&mut self, run: &RunRow) -> Result<(), StoreError> {
        runs::insert_run(&mut self.session, run).await
    }

    /// Keeps what the run says of a rule; when it was recorded, its hash and as-of become the rule's state. A run for
    /// an as-of older than the last recorded one leaves the rule's state and standing alone.
    pub async fn insert_rule_run(&mut self, run: &RunRow, hash: &str, row: &RuleRunRow) -> Result<(), StoreError> {
        runs::insert_rule_run(&mut self.session, run, hash, row).await
    }

    /// Writes the steps and their trail rows; answers each step's exception as it stands afterwards, in step order.
    /// `rule` is `None` when its file is gone, which only retires.
    ///
    /// Every step raises the version by one and leaves a trail row, except that an unchanged exception whose
    /// acknowledgement and waiver still hold only gets its last day, and the days in its breaks, brought up to date.
    /// An assignee stays through everything. Opening evidence is written once; the latest at every change.
    pub async fn apply(
        &mut self,
        run: &RunRow,
        rule: Option<&Rule>,
        steps: &[Transition],
        ids: Ids<'_>,
    ) -> Result<Vec<Exception>, StoreError> {
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            outcomes.push(steps::outcome(step, run, rule, &mut *ids)?);
        }
        let of = |write: Write| -> Vec<&Exception> {
            outcomes.iter().filter(|outcome| outcome.write == write).map(|outcome| &outcome.after).collect()
        };
        writing::overwrite(&mut self.session, &of(Write::Changed), rule.map(|rule| rule.hash.as_str())).await?;
        writing::refresh(&mut self.session, &of(Write::Refreshed)).await?;
        let seen: Vec<String> = of(Write::Seen).into_iter().map(|exception| exception.id.clone()).collect();
        let touch = "UPDATE exceptions SET last_seen = $1 WHERE id IN";
        self.session.execute_in("record the exceptions", touch, vec![Cell::from(run.day)], &seen).await?;
        self.measure(run, steps, &outcomes).await?;
        let pairs = steps.iter().zip(&outcomes);
        let entries = pairs.flat_map(|(step, outcome)| steps::entries(step, &outcome.after, run)).collect();
        trail::append(&mut self.session, entries).await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.after).collect())
    }

    /// Writes the money and evidence of the steps that bring new ones.
    async fn measure(&mut self, run: &RunRow, steps: &[Transition], outcomes: &[Outcome]) -> Result<(), StoreError> {
        let mut measured: Vec<&Exception> = Vec::new();
        let mut pieces: Vec<(&str, Stage, &Evidence)> = Vec::new();
        for (step, outcome) in steps.iter().zip(outcomes) {
            let Some(finding) = step.finding.as_ref().filter(|_| step.step != Step::Unchanged) else { continue };
            measured.push(&outcome.after);
            if step.step == Step::Opened {
                pieces.push((&outcome.after.id, Stage::Opening, &finding.evidence));
            }
            pieces.push((&outcome.after.id, Stage::Latest, &finding.evidence));
        }
        writing::money(&mut self.session, &measured).await?;
        writing::evidence(&mut self.session, &run.id, &pieces).await
    }

    /// All live exceptions, in list order: department, severity (highest first), rule, first seen, subject.
    pub async fn live(&mut self) -> Result<Vec<Exception>, StoreError> {
        let filter = Filter { status: Status::LIVE.into_iter().collect(), ..Filter::default() };
        Ok(reading::list(&mut self.session, &filter).await?.0)
    }

    /// The last business day on which the department was written a letter.
    pub async fn last_letter_day(
        &mut self,
        department: &str,
        zone: chrono_tz::Tz,
    ) -> Result<Option<NaiveDate>, StoreError> {
        let written = deliveries::last_written(&mut self.session, department).await?;
        Ok(written.map(|at| at.with_timezone(&zone).date_naive()))
    }

    /// Keeps a letter, and one pending delivery per recipient.
    pub async fn insert_letter(&mut self, letter: &StoredLetter, deliveries: &[NewDelivery]) -> Result<(), StoreError> {
        deliveries::insert(&mut self.session, letter, deliveries).await
    }

    /// Makes everything stay, at once; after it the run survives a crash of the machine.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.rehearsal {
            return Ok(());
        }
        self.session.commit("commit the run").await
    }
}
