//! What a rule could say otherwise, by what its tables show: each proposal with what it would change, in figures.
//!
//! Nothing here is a guess about what is right. A tolerance, a grace or a scope lets breaks pass, and whether they may is
//! the user's to say; what is said here is how many, how large and how old they are.

mod grace;
mod normalise;
mod tolerance;

use std::collections::{BTreeMap, BTreeSet};

use super::amount::{Amount, Purse};
use super::breaks::{Break, Finding, Message};
use super::diagnosis::Cause;
use super::judge::Judge;
use super::judgement::{Context, Judgement};
use super::rulebook::{Body, Ceiling, Reconcile, Rule, SidesKind};
use super::rules::Tables;
use super::snapshot::{ColumnSpec, Normaliser};
use super::value::Subject;

/// Fewer breaks than this are no reason to change a rule.
const FEWEST: u64 = 5;
/// Lost links that are written out; the others are counted.
const LINKS_SHOWN: usize = 10;

/// What a dry run of one rule suggests.
#[derive(Clone, Debug)]
pub struct Suggestions {
    /// Subjects with breaks as the rule stands, whatever its flood limit.
    pub exceptions: u64,
    pub suggestions: Vec<Suggestion>,
}

/// One proposal.
#[derive(Clone, Debug, PartialEq)]
pub enum Suggestion {
    /// Clean key columns further: the same steps for every column named, each as its table file should have it.
    Normalise { steps: Vec<Normaliser>, columns: Vec<Cleaned>, effect: Effect },
    /// Let differences of a check pass up to an amount. `largest` and `sums` are of those that would pass.
    Tolerance { check: String, within: Amount, passing: u64, of: u64, largest: Amount, sums: Purse },
    /// Wait some days before rows that are missing on a side count, in every check named.
    Grace { side: String, checks: Vec<String>, days: u32, after: String, effect: Effect },
    /// Leave out what is older than the oldest row of a side.
    Scope { side: String, by: String, days: u32, effect: Effect },
    /// Rows that found no partner only because their key is lost or another one: not the rule's to mend.
    Links { side: String, found: u64, of: u64, shown: Vec<(Subject, Break)> },
}

/// A column of a table file, as it should become.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned {
    pub side: String,
    pub table: String,
    pub column: ColumnSpec,
}

/// What a change does: by judging again with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Breaks of class missing before and after it; of one side, where the proposal is about one.
    pub missing: (u64, u64),
    /// Subjects with breaks before and after it.
    pub exceptions: (u64, u64),
    /// Subjects inside grace after it.
    pub in_transit: u64,
}

/// A reconcile rule with its tables, judged as it stands.
struct Bench<'a> {
    rule: &'a Rule,
    settings: &'a Reconcile,
    context: &'a Context,
    tables: &'a Tables,
    judgement: Judgement,
}

/// Looks for proposals; `None` for a kind of rule that has none to make.
pub fn suggest(rule: &Rule, context: &Context, tables: &Tables) -> Option<Suggestions> {
    let rule = without_limits(rule);
    let Body::Reconcile(settings) = &rule.body else { return None };
    if settings.kind != SidesKind::Reconcile {
        return None;
    }
    let context = Context { flood: u64::MAX, ..context.clone() };
    let judgement = judge(&rule, &context, tables);
    let bench = Bench { rule: &rule, settings, context: &context, tables, judgement };
    let mut suggestions = normalise::suggestions(&bench);
    suggestions.extend(bench.links());
    suggestions.extend(grace::scopes(&bench));
    suggestions.extend(grace::graces(&bench));
    suggestions.extend(tolerance::suggestions(&bench));
    Some(Suggestions { exceptions: bench.judgement.findings.len() as u64, suggestions })
}

/// A rule that floods is the one that most needs advice.
fn without_limits(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    (rule.threshold.stop, rule.threshold.warn) = (Ceiling::default(), Ceiling::default());
    rule
}

fn judge(rule: &Rule, context: &Context, tables: &Tables) -> Judgement {
    let mut judge = Judge::new(rule, context, BTreeSet::new());
    judge.partition(tables);
    judge.finish()
}

impl Bench<'_> {
    /// What another rule or other tables would change.
    fn effect(&self, rule: &Rule, tables: &Tables, side: Option<&str>) -> Effect {
        let context = Context { diagnosed: 0, ..self.context.clone() };
        let after = judge(rule, &context, tables);
        Effect {
            missing: (missing(&self.judgement, side), missing(&after, side)),
            exceptions: (self.judgement.findings.len() as u64, after.findings.len() as u64),
            in_transit: after.in_transit,
        }
    }

    /// The same rule with other settings.
    fn with(&self, change: impl FnOnce(&mut Reconcile)) -> Rule {
        let mut rule = self.rule.clone();
        if let Body::Reconcile(settings) = &mut rule.body {
            change(settings);
        }
        rule
    }

    /// Findings that lack a side, with the break that says so.
    fn lacking<'b>(&'b self, side: &'b str) -> impl Iterator<Item = (&'b Finding, &'b Break)> {
        self.judgement.findings.iter().filter_map(move |finding| {
            let lacks =
                |found: &&Break| matches!(&found.message, Message::Missing { side: lacking, .. } if lacking == side);
            finding.breaks.iter().find(lacks).map(|found| (finding, found))
        })
    }

    fn links(&self) -> Vec<Suggestion> {
        let mut by_side: BTreeMap<usize, Suggestion> = BTreeMap::new();
        for (index, side) in self.settings.sides.iter().enumerate() {
            let lacking: Vec<(&Finding, &Break)> = self.lacking(&side.name).collect();
            let linked = lacking.iter().filter_map(|(finding, found)| match found.cause() {
                Some(Cause::LostLink { .. }) => Some((finding.subject.clone(), (*found).clone())),
                _ => None,
            });
            let mut shown: Vec<(Subject, Break)> = linked.collect();
            let found = shown.len() as u64;
            shown.truncate(LINKS_SHOWN);
            if found > 0 {
                let (side, of) = (side.name.clone(), lacking.len() as u64);
                by_side.insert(index, Suggestion::Links { side, found, of, shown });
            }
        }
        by_side.into_values().collect()
    }
}

fn missing(judgement: &Judgement, side: Option<&str>) -> u64 {
    let breaks = judgement.findings.iter().flat_map(|finding| &finding.breaks);
    let lacks = |found: &&Break| match &found.message {
        Message::Missing { side: lacking, .. } => side.is_none_or(|side| side == lacking),
        _ => false,
    };
    breaks.filter(lacks).count() as u64
}
