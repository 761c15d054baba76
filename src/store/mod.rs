//! What tieout remembers: exceptions, runs, deliveries and the trail. The one place that is written to.
//!
//! Every query is written once, in the SQL that SQLite and PostgreSQL share: `$1` placeholders, ids made by the caller,
//! instants as UTC microseconds, days as ISO text, booleans as 0 and 1, JSON as text, and nothing that the database
//! makes up by itself. Only [`open`](Store::open) speaks the dialect of one database.

mod cells;
mod deliveries;
mod edits;
mod exceptions;
mod figures;
mod leases;
mod open;
mod reading;
mod recording;
mod runs;
mod schema;
mod session;
mod standing;
mod steps;
mod tables;
mod trail;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::audit::breaks::{Evidence, Severity};
use crate::audit::diagnosis::Pattern;
use crate::audit::exception::{Acknowledgement, Exception, Status, Waiver};
use crate::audit::moments::Moments;
use crate::audit::snapshot::Figures;

pub use figures::FIGURE_DAYS_KEPT;
pub use recording::Recording;
pub use tables::PULLS_KEPT;

/// A store that cannot do what was asked. Sentences carry no URL and no secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the store {path}")]
    Open {
        path: String,
        #[source]
        source: sqlx::Error,
    },
    #[error(
        "the store {path} was written by a newer tieout (schema {found}, this one knows {known}); install that version or a newer one"
    )]
    Newer { path: String, found: i64, known: i64 },
    #[error("cannot {doing}")]
    Database {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// The disk, the file or its permissions stand in the way.
    #[error("cannot {doing}: {why}")]
    Blocked {
        doing: String,
        why: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// Somebody wrote to the trail behind tieout's back.
    #[error("the trail does not hold at row {row}: {what}")]
    Trail { row: i64, what: String },
    #[error("the store holds {what}, which this version cannot read")]
    Unreadable { what: String },
    #[error(
        "exception {id} was changed by somebody else meanwhile (version {found}, expected {expected}); look at it again and repeat"
    )]
    Outdated { id: String, found: i64, expected: i64 },
    #[error("there is no exception {id}")]
    NoException { id: String },
    #[error("{0}")]
    Refused(String),
}

/// Ids from the caller: UUIDv7 text, rising.
pub type Ids<'a> = &'a mut (dyn FnMut() -> String + Send);

/// The open store. Cheap to clone; every clone shares the same connections.
#[derive(Clone)]
pub struct Store {
    pool: sqlx::SqlitePool,
    hook: Option<session::Hook>,
}

/// One run, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub id: String,
    /// The job's name, or `rule:ID` for a single rule.
    pub job: String,
    pub as_of: DateTime<Utc>,
    pub day: NaiveDate,
    pub started: DateTime<Utc>,
    pub finished: DateTime<Utc>,
    /// Exit-code meaning: `ties_out`, `exceptions` or `not_evaluated`.
    pub status: String,
    /// Typed parameters as JSON.
    pub parameters: String,
}

/// What a run says of one rule, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleRunRow {
    pub rule: String,
    /// `ties_out`, `exceptions`, `flooded` or `not_evaluated`.
    pub status: String,
    /// The rule's part of the run's JSON report, without its exceptions.
    pub report: String,
    pub seconds: f64,
    pub rows: u64,
    /// Whether its changes were recorded: evaluated, and not older than the last recorded run.
    pub recorded: bool,
}

impl RuleRunRow {
    /// When the rule's tables were read. Runs of earlier versions kept no such moments, and have none.
    pub fn read_at(&self) -> Moments {
        let report: Option<serde_json::Value> = serde_json::from_str(&self.report).ok();
        let read_at = report.and_then(|mut report| Some(report.get_mut("read_at")?.take()));
        read_at.and_then(|read_at| serde_json::from_value(read_at).ok()).unwrap_or_default()
    }

    /// What the breaks it found have in common. Runs of earlier versions kept nothing of it.
    pub fn patterns(&self) -> Vec<Pattern> {
        #[derive(Deserialize)]
        struct Kept {
            #[serde(default)]
            patterns: Vec<Pattern>,
        }
        serde_json::from_str(&self.report).map(|kept: Kept| kept.patterns).unwrap_or_default()
    }
}

/// What the store knows of a rule before a run is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleState {
    pub hash: String,
    pub last_as_of: DateTime<Utc>,
    pub last_day: NaiveDate,
    /// The status of its last run, recorded or not. A run for an as-of older than the last recorded one is not it.
    pub last_status: String,
    /// The day of that run.
    pub last_run_day: NaiveDate,
}

/// A pull of a table that later ones are judged by: it passed every guard, or somebody accepted it.
#[derive(Clone, Debug, PartialEq)]
pub struct TablePull {
    pub table: String,
    /// Empty for a table of one company.
    pub company: String,
    /// Of what was asked: pulls with different ones are not compared.
    pub hash: String,
    /// The day from which its rows were asked for, where the query asks that.
    pub since: Option<NaiveDate>,
    pub moment: DateTime<Utc>,
    pub figures: Figures,
    /// The acceptance that let it through.
    pub acceptance: Option<String>,
}

/// Somebody's word that the next pull of a table is to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// UUIDv7 text, rising.
    pub id: String,
    pub table: String,
    pub at: DateTime<Utc>,
    pub by: String,
    pub reason: String,
}

/// A rendered letter, kept so that a retry sends the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredLetter {
    pub id: String,
    pub run: String,
    pub department: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub csv_name: String,
    pub csv: String,
    /// Stable per department, for `List-Id` and threading.
    pub list_id: String,
    pub written: DateTime<Utc>,
}

/// One message to one recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub id: String,
    pub letter: StoredLetter,
    pub recipient: String,
    pub message_id: String,
    /// Tries before this one.
    pub attempts: u32,
}

/// What a new delivery needs.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDelivery {
    pub id: String,
    pub letter: String,
    pub recipient: String,
    pub message_id: String,
    pub due: DateTime<Utc>,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    Sent,
    /// Try again at the given time.
    Failed {
        error: String,
        next: DateTime<Utc>,
    },
    /// Will not be tried again.
    Dead {
        error: String,
    },
}

/// One row of the trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrailRow {
    pub seq: i64,
    pub exception: String,
    pub at: DateTime<Utc>,
    /// `run:ID` or a person.
    pub actor: String,
    /// A [`Step`](crate::audit::exception::Step)'s name, or `acknowledged`, `assigned`, `waived`, `commented`, `reopened`.
    pub event: String,
    /// JSON.
    pub detail: String,
    pub prev_hash: String,
    pub hash: String,
}

/// What a person does to an exception.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    Acknowledge(Acknowledgement),
    Assign {
        to: Option<String>,
    },
    Waive(Waiver),
    Comment {
        text: String,
    },
    /// Takes an acknowledgement or waiver back.
    Reopen,
}

/// Which exceptions to list. Empty fields do not narrow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub department: Option<String>,
    pub rule: Option<String>,
    pub status: BTreeSet<Status>,
    /// Part of the subject's canonical text.
    pub subject: Option<String>,
    pub limit: Option<u64>,
    pub offset: u64,
}

/// A list with its whole length: nothing is cut silently.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub exceptions: Vec<Exception>,
    pub total: u64,
}

/// An exception with everything that is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    pub exception: Exception,
    /// Frozen when it opened, and at its latest change.
    pub opening: Evidence,
    pub latest: Evidence,
    pub opened_run: String,
    pub changed_run: String,
    pub rule_hash: String,
    /// Oldest first.
    pub trail: Vec<TrailRow>,
}

/// What the gauges show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Live exceptions by (rule, department, status, severity).
    pub exceptions: BTreeMap<(String, String, Status, Severity), i64>,
    /// Live money at risk by (rule, department, currency), in ten-thousandths.
    pub at_risk: BTreeMap<(String, String, String), i128>,
    /// Day the oldest live exception was first seen, by department.
    pub oldest: BTreeMap<String, NaiveDate>,
    /// Deliveries by (department, status).
    pub deliveries: BTreeMap<(String, String), i64>,
    /// Per rule: last evaluated as-of, and status of the last run.
    pub rules: BTreeMap<String, RuleStanding>,
    /// Per job: the last finished run.
    pub jobs: BTreeMap<String, RunRow>,
}

/// A rule's last runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleStanding {
    pub status: String,
    pub last_run: DateTime<Utc>,
    /// When it was last evaluated in full.
    pub last_evaluated: Option<DateTime<Utc>>,
    pub seconds: f64,
    pub rows: u64,
}
