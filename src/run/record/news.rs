//! What a run has to tell of a rule, and whether it was told before.

use std::collections::BTreeMap;

use super::{Known, Session};
use crate::audit::exception::Continuity;
use crate::audit::judgement::{Judgement, Outcome, Reason, Unjudged};
use crate::audit::rulebook::Rule;
use crate::notify::plan::RuleNews;
use crate::report::RuleStatus;

/// What of a rule's run is no judgement.
pub(super) struct Told {
    pub not_evaluated: Option<Reason>,
    pub unknown: BTreeMap<String, Reason>,
}

/// The rule's line in the digests.
pub(super) fn news(
    session: &Session<'_>,
    rule: &Rule,
    known: &Known,
    baseline: bool,
    continuity: Option<Continuity>,
    judgement: &Judgement,
    Told { not_evaluated, unknown }: Told,
) -> RuleNews {
    let today = known.last.as_ref().filter(|(_, day)| *day == session.context.day);
    // What a look at a past day could not read is that reader's news alone.
    let told = known.older
        || match &not_evaluated {
            Some(reason) => {
                let again = today.is_some_and(|(status, _)| status == RuleStatus::NotEvaluated.name());
                // A guard that stays tripped is told when it trips, and not anew every day.
                again || known.last_reason.as_ref().is_some_and(|last| last.is_same_guard(reason))
            }
            None => {
                let last = |company| match &known.last_reason {
                    Some(Reason::Partly { companies }) => companies.get(company),
                    _ => None,
                };
                let stays = |last: &Reason, reason| today.is_some() || last.is_same_guard(reason);
                unknown.iter().all(|(company, reason)| last(company).is_some_and(|last| stays(last, reason)))
            }
        };
    RuleNews {
        id: rule.id.clone(),
        title: rule.title.clone(),
        departments: rule.departments().into_iter().map(str::to_owned).collect(),
        continuity,
        baseline,
        not_evaluated,
        unknown,
        told_not_evaluated: told,
        flooded: matches!(judgement.outcome, Outcome::Flooded { .. }),
        in_transit: judgement.in_transit,
        warned: judgement.warned.clone(),
        patterns: judgement.patterns.clone(),
        ageing: judgement.ageing.clone().map(|ageing| ageing.bounded(AGED_PARTIES).0),
        without_rate: judgement.unjudged.get(&Unjudged::NoRate).copied().unwrap_or_default(),
    }
}

/// Parties that a letter names per rule and currency, those first that are overdue with most.
const AGED_PARTIES: usize = 3;
