//! Who is told what, and why now. Pure: a run's outcome in, digests out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::audit::exception::{Continuity, Exception, Step};
use crate::audit::judge::Reason;
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
    /// It was not evaluated on this business day before: already told.
    pub told_not_evaluated: bool,
    pub flooded: bool,
    pub in_transit: u64,
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

/// One digest per department that has a reason to be written to, in department order. A department without
/// recipients gets none.
pub fn digests(happened: &Happened, departments: &BTreeMap<String, Department>) -> Vec<Digest> {
    let _ = (happened, departments);
    todo!("helper: notify")
}
