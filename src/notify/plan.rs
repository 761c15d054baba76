//! Who is told what, and why now. Pure: a run's outcome in, digests out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::audit::ageing::Ageing;
use crate::audit::breaks::Excess;
use crate::audit::diagnosis::Pattern;
use crate::audit::exception::{Continuity, Exception, Status, Step};
use crate::audit::judgement::Reason;
use crate::audit::rulebook::Titles;
use crate::config::Department;
use crate::language::Bilingual;

/// What one run did, as telling needs it.
#[derive(Clone, Debug)]
pub struct Happened {
    pub business: String,
    pub job: String,
    pub as_of: DateTime<Utc>,
    pub day: NaiveDate,
    pub zone: chrono_tz::Tz,
    /// In id order.
    pub rules: Vec<RuleNews>,
    /// Every step but `unchanged`, with the exception as it stands afterwards.
    pub changes: Vec<Changed>,
    /// Every live exception after the run, in list order.
    pub live: Vec<Exception>,
    /// What the checks of every rule are called.
    pub titles: Titles,
    /// Departments that were already written to on this business day.
    pub written_today: BTreeSet<String>,
}

/// One rule's line in a digest.
#[derive(Clone, Debug)]
pub struct RuleNews {
    pub id: String,
    pub title: Bilingual,
    /// The departments it concerns: its owner, and those its checks and sides name.
    pub departments: BTreeSet<String>,
    pub continuity: Option<Continuity>,
    /// First recorded run: recorded in full, told as one line.
    pub baseline: bool,
    pub not_evaluated: Option<Reason>,
    /// Companies that it could not be judged of, by why.
    pub unknown: BTreeMap<String, Reason>,
    /// It was not evaluated, or not of these companies, on this business day before, or by the same guard: already told.
    pub told_not_evaluated: bool,
    pub flooded: bool,
    pub in_transit: u64,
    /// The warning limits of the rule's threshold that were passed.
    pub warned: Vec<Excess>,
    /// What breaks have in common far beyond chance.
    pub patterns: Vec<Pattern>,
    /// What is owed by age, where the rule judges debts, with the parties that are named.
    pub ageing: Option<Ageing>,
    /// Subjects that could not be judged for want of a rate of exchange.
    pub without_rate: u64,
}

/// One exception that a run changed.
#[derive(Clone, Debug)]
pub struct Changed {
    pub step: Step,
    pub exception: Exception,
    pub rule_changed: bool,
    /// Part of a baseline: not listed as new.
    pub baseline: bool,
}

/// What one department is told.
#[derive(Clone, Debug)]
pub struct Digest {
    pub department: Department,
    pub happened: Header,
    /// Why this letter is written. Never empty.
    pub reasons: BTreeSet<Reasons>,
    /// By section, in section order; empty sections are absent.
    pub sections: BTreeMap<Section, Vec<Changed>>,
    pub rules: Vec<RuleNews>,
    /// What the checks of every rule are called.
    pub titles: Titles,
    /// All live exceptions of the department, in list order.
    pub open: Vec<Exception>,
}

/// The run's particulars.
#[derive(Clone, Debug)]
pub struct Header {
    pub business: String,
    pub job: String,
    pub as_of: DateTime<Utc>,
    pub day: NaiveDate,
    pub zone: chrono_tz::Tz,
}

/// A named reason to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reasons {
    New,
    Worsened,
    Changed,
    Regressed,
    Resolved,
    Gone,
    Retired,
    Baseline,
    NotEvaluated,
    /// Nothing changed, but something is still open and nobody was reminded today.
    Reminder,
}

/// Sections of a digest, in reading order. Rule-level sections (baseline, not evaluated, still open) are drawn from
/// [`Digest::rules`] and [`Digest::open`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    New,
    Worsened,
    Changed,
    Regressed,
    Resolved,
    Gone,
    /// Opened or closed because somebody edited the rule.
    RuleChanged,
    Retired,
}

impl Section {
    /// Every section, in reading order.
    pub const ALL: [Section; 8] = [
        Section::New,
        Section::Worsened,
        Section::Changed,
        Section::Regressed,
        Section::Resolved,
        Section::Gone,
        Section::RuleChanged,
        Section::Retired,
    ];
}

/// One digest per department that has a reason to be written to, in department order. A department without
/// recipients gets none.
pub fn digests(happened: &Happened, departments: &BTreeMap<String, Department>) -> Vec<Digest> {
    let written_to = departments.values().filter(|department| !department.recipients.is_empty());
    written_to.filter_map(|department| digest(happened, department)).collect()
}

fn digest(happened: &Happened, department: &Department) -> Option<Digest> {
    let own = |exception: &Exception| exception.department == department.name;
    let changes: Vec<&Changed> = happened.changes.iter().filter(|change| own(&change.exception)).collect();
    let rules: Vec<RuleNews> =
        happened.rules.iter().filter(|rule| rule.departments.contains(&department.name)).cloned().collect();
    let open: Vec<Exception> =
        happened.live.iter().filter(|live| own(live) && live.status.is_live()).cloned().collect();

    let mut sections: BTreeMap<Section, Vec<Changed>> = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.baseline) {
        sections.entry(section(change)).or_default().push((*change).clone());
    }
    let mut reasons: BTreeSet<Reasons> = changes.iter().map(|change| reason(change)).collect();
    for rule in &rules {
        if rule.baseline {
            reasons.insert(Reasons::Baseline);
        }
        if (rule.not_evaluated.is_some() || !rule.unknown.is_empty()) && !rule.told_not_evaluated {
            reasons.insert(Reasons::NotEvaluated);
        }
    }
    let waiting = open.iter().any(|live| live.status != Status::Waived);
    if reasons.is_empty() && waiting && !happened.written_today.contains(&department.name) {
        reasons.insert(Reasons::Reminder);
    }
    if reasons.is_empty() {
        return None;
    }
    let (department, titles) = (department.clone(), happened.titles.clone());
    Some(Digest { department, happened: Header::of(happened), reasons, sections, rules, titles, open })
}

/// Where a change is listed. What opens or closes with an edited rule says something about the rule, not about the
/// books, and stands apart.
fn section(change: &Changed) -> Section {
    match change.step {
        Step::Opened | Step::Regressed | Step::Resolved | Step::Gone if change.rule_changed => Section::RuleChanged,
        Step::Opened => Section::New,
        Step::Regressed => Section::Regressed,
        Step::Worsened => Section::Worsened,
        // An exception whose breaks stayed is among the changes only when its acknowledgement or waiver lapsed.
        Step::Changed | Step::Unchanged => Section::Changed,
        Step::Resolved => Section::Resolved,
        Step::Gone => Section::Gone,
        Step::Retired => Section::Retired,
    }
}

fn reason(change: &Changed) -> Reasons {
    match change.step {
        _ if change.baseline => Reasons::Baseline,
        Step::Opened => Reasons::New,
        Step::Regressed => Reasons::Regressed,
        Step::Worsened => Reasons::Worsened,
        Step::Changed | Step::Unchanged => Reasons::Changed,
        Step::Resolved => Reasons::Resolved,
        Step::Gone => Reasons::Gone,
        Step::Retired => Reasons::Retired,
    }
}

impl Header {
    fn of(happened: &Happened) -> Header {
        Header {
            business: happened.business.clone(),
            job: happened.job.clone(),
            as_of: happened.as_of,
            day: happened.day,
            zone: happened.zone,
        }
    }
}
