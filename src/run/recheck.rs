//! From a first look at a rule to its judgement: what breaks is read again where the rule asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::time::Instant;

use super::guarding::Memory;
use super::{Judged, Plan, apart, day_of, look, pull};
use crate::audit::judge::Seen;
use crate::audit::judgement::{Judgement, Reason};
use crate::audit::moments::{self, Moments};
use crate::audit::recheck;
use crate::audit::rulebook::Rule;
use crate::audit::value::Subject;
use crate::config::Config;
use crate::schedule::Clock;
use crate::store::{Store, StoreError};

/// A rule after the first look at its tables.
pub(super) struct Looked<'p> {
    pub rule: &'p Rule,
    pub open: BTreeSet<Subject>,
    pub seen: Result<Seen, Reason>,
    pub read_at: Moments,
    /// Companies whose rows could not be read, by why.
    pub unknown: BTreeMap<String, Reason>,
    pub seconds: f64,
}

/// What a second reading needs.
pub(super) struct Again<'a> {
    pub config: &'a Arc<Config>,
    pub store: Option<&'a Store>,
    pub plan: &'a Plan,
    pub starts: &'a BTreeMap<String, NaiveDate>,
    pub memory: &'a Memory,
    pub clock: &'a dyn Clock,
    pub started: DateTime<Utc>,
    pub deadline: Instant,
}

impl Again<'_> {
    /// Judges every rule, in the order in which they were looked at. Whoever waits for less is read again first.
    pub async fn judged(&self, looked: Vec<Looked<'_>>) -> Result<Vec<Judged>, StoreError> {
        let mut waiting: Vec<(usize, Looked<'_>)> = looked.into_iter().enumerate().collect();
        waiting.sort_by_key(|(place, looked)| (looked.rule.recheck, *place));
        let mut judged = Vec::with_capacity(waiting.len());
        for (place, looked) in waiting {
            judged.push((place, self.judge(looked).await?));
        }
        judged.sort_by_key(|(place, _)| *place);
        Ok(judged.into_iter().map(|(_, judged)| judged).collect())
    }

    async fn judge(&self, looked: Looked<'_>) -> Result<Judged, StoreError> {
        let Looked { rule, open, seen, read_at, mut unknown, mut seconds } = looked;
        let mut read_again_at = Moments::new();
        let judgement = match seen {
            Ok(seen) => {
                let asked = self.asked(rule, &seen).await?;
                let confirmed = self.confirmed(rule, &open, (seen, asked), &read_at, &mut read_again_at).await;
                let began = Instant::now();
                let judgement = match confirmed {
                    Ok(seen) => {
                        let (rule, context) = (rule.clone(), self.plan.context.clone());
                        apart(self.plan, self.deadline, move || seen.finish(&rule, &context)).await
                    }
                    Err(reason) => Err(reason),
                };
                seconds += began.elapsed().as_secs_f64();
                judgement
            }
            Err(reason) => Err(reason),
        };
        let judgement = judgement.unwrap_or_else(|reason| {
            tracing::warn!(rule = rule.id, ?reason, "rule not evaluated");
            unknown.clear();
            Judgement::not_evaluated(&rule.id, reason, &open)
        });
        Ok(Judged { rule: rule.clone(), judgement, read_at, read_again_at, unknown, seconds })
    }

    /// The subjects that must be read again; none of a rule that does not want it.
    async fn asked(&self, rule: &Rule, seen: &Seen) -> Result<BTreeSet<Subject>, StoreError> {
        if rule.recheck.is_none() {
            return Ok(BTreeSet::new());
        }
        let known = match self.store {
            Some(store) => store.live_exceptions(&rule.id).await?,
            None => Vec::new(),
        };
        Ok(recheck::asked(seen, &known))
    }

    /// What was seen, with only what a second reading confirms of the subjects that are asked for.
    async fn confirmed(
        &self,
        rule: &Rule,
        open: &BTreeSet<Subject>,
        (mut seen, asked): (Seen, BTreeSet<Subject>),
        read_at: &Moments,
        read_again_at: &mut Moments,
    ) -> Result<Seen, Reason> {
        let Again { config, plan, clock, deadline, .. } = self;
        if !asked.is_empty() {
            self.wait(rule, read_at).await?;
            let keys = recheck::keys(rule, &config.tables, &asked);
            tracing::info!(rule = rule.id, subjects = asked.len(), by_key = ?keys.keys(), "reading again");
            let starts = self.starts.iter().filter(|(table, _)| rule.tables.contains(*table));
            let starts = starts.map(|(table, start)| (table.clone(), *start)).collect();
            let memory = Arc::new(self.memory.without(|table| keys.contains_key(table)));
            let pulled = pull::pull_keys(config, &starts, &keys, &plan.context, &memory, *clock, *deadline).await;
            *read_again_at = moments::of(&pulled.tables, &rule.tables);
            let today = day_of(clock.now(), config.business.zone);
            let again = look(rule, plan, &pulled, open.clone(), today, *deadline).await?;
            seen.confirm(again, &asked);
            tokio::task::spawn_blocking(move || drop(pulled));
        }
        Ok(seen)
    }

    /// Lets the rule's time pass, counted from when the last of its tables was read. It must end, and leave some, before
    /// the job's time is over.
    async fn wait(&self, rule: &Rule, read_at: &Moments) -> Result<(), Reason> {
        let after = rule.recheck.unwrap_or_default();
        let now = self.clock.now();
        let read = moments::ends(read_at).map_or(now, |[_, (_, last)]| last);
        let due = (read + after).max(now);
        if due >= self.started + self.plan.time_limit {
            let minutes = self.plan.time_limit.as_secs() / 60;
            return Err(Reason::NoTimeToRecheck { after: after.as_secs(), minutes });
        }
        let left = (due - now).to_std().unwrap_or_default();
        if !left.is_zero() {
            tracing::info!(rule = rule.id, seconds = left.as_secs(), "waiting to read again");
            self.clock.wait(left).await;
        }
        Ok(())
    }
}
