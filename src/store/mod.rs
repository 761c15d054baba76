//! What tieout remembers: exceptions, runs, deliveries and the trail. The one place that is written to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::audit::breaks::{Evidence, Finding, Severity};
use crate::audit::exception::{Acknowledgement, Exception, Status, Transition, Waiver};
use crate::audit::rulebook::Rule;
use crate::audit::value::Subject;

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

/// The open store.
#[derive(Clone)]
pub struct Store {
    // helper: store
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

/// What the store knows of a rule before a run is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleState {
    pub hash: String,
    pub last_as_of: DateTime<Utc>,
    pub last_day: NaiveDate,
    /// The status of its last run, recorded or not.
    pub last_status: String,
    /// The day of its last run, recorded or not.
    pub last_run_day: NaiveDate,
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

#[expect(unused_variables, reason = "skeleton")]
impl Store {
    /// Opens, creating and migrating as needed. `url` is `sqlite:PATH`.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        todo!("helper: store")
    }
    /// Opens what exists for reading; `None` when there is no store yet. For a dry run, which must not create one.
    pub async fn open_existing(url: &str) -> Result<Option<Store>, StoreError> {
        todo!("helper: store")
    }
    /// Called before every statement of a recording with its number: how tests kill the process at each.
    pub fn with_statement_hook(self, hook: Arc<dyn Fn(u64) + Send + Sync>) -> Store {
        todo!("helper: store")
    }

    /// Takes the job's lease until `until`; `false` when another holder has it and it has not run out.
    pub async fn lease(
        &self,
        job: &str,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        todo!("helper: store")
    }
    pub async fn release(&self, job: &str, holder: &str) -> Result<(), StoreError> {
        todo!("helper: store")
    }

    /// Subjects of a rule's live exceptions.
    pub async fn live_subjects(&self, rule: &str) -> Result<BTreeSet<Subject>, StoreError> {
        todo!("helper: store")
    }

    /// Begins the one transaction in which a run is recorded. It holds the store's write lock from the start.
    pub async fn record(&self) -> Result<Recording, StoreError> {
        todo!("helper: store")
    }

    /// The same reads as [`Store::record`], for a dry run; whatever is written is rolled back when dropped.
    pub async fn rehearse(&self) -> Result<Recording, StoreError> {
        todo!("helper: store")
    }

    pub async fn exceptions(&self, filter: &Filter) -> Result<Page, StoreError> {
        todo!("helper: store")
    }
    /// By id, or by an unambiguous beginning or ending of it of at least six characters.
    pub async fn exception(&self, id: &str) -> Result<Option<Detail>, StoreError> {
        todo!("helper: store")
    }
    pub async fn edit(
        &self,
        id: &str,
        expected_version: i64,
        edit: &Edit,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Exception, StoreError> {
        todo!("helper: store")
    }
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        todo!("helper: store")
    }
    /// Recomputes every hash of the trail; the number of rows, or the first that does not fit.
    pub async fn verify_trail(&self) -> Result<u64, StoreError> {
        todo!("helper: store")
    }
    /// Latest runs first.
    pub async fn runs(&self, limit: u32) -> Result<Vec<(RunRow, Vec<RuleRunRow>)>, StoreError> {
        todo!("helper: store")
    }

    /// Takes up to `limit` deliveries that are due, for `holder`, until `until`; nobody else is handed them before.
    pub async fn claim_deliveries(
        &self,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        todo!("helper: store")
    }
    pub async fn mark_delivery(&self, id: &str, attempt: &Attempt, now: DateTime<Utc>) -> Result<(), StoreError> {
        todo!("helper: store")
    }
    /// When the next delivery is due, if one is waiting.
    pub async fn next_delivery(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        todo!("helper: store")
    }
}

/// The transaction that records a run. Dropped without [`Recording::commit`], nothing of it stays.
pub struct Recording {
    // helper: store
}

#[expect(unused_variables, reason = "skeleton")]
impl Recording {
    pub async fn rule_state(&mut self, rule: &str) -> Result<Option<RuleState>, StoreError> {
        todo!("helper: store")
    }
    /// Every live exception of the rule, and closed ones whose subject is among the findings.
    pub async fn known(&mut self, rule: &str, findings: &[Finding]) -> Result<Vec<Exception>, StoreError> {
        todo!("helper: store")
    }
    /// Rules that have live exceptions but are not among `present`.
    pub async fn rules_without_file(&mut self, present: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        todo!("helper: store")
    }
    pub async fn insert_run(&mut self, run: &RunRow) -> Result<(), StoreError> {
        todo!("helper: store")
    }
    /// Keeps what the run says of a rule; when it was recorded, its hash and as-of become the rule's state.
    pub async fn insert_rule_run(&mut self, run: &RunRow, hash: &str, row: &RuleRunRow) -> Result<(), StoreError> {
        todo!("helper: store")
    }
    /// Writes the steps and their trail rows; answers each step's exception as it stands afterwards, in step order.
    /// `rule` is `None` when its file is gone, which only retires.
    pub async fn apply(
        &mut self,
        run: &RunRow,
        rule: Option<&Rule>,
        steps: &[Transition],
        ids: Ids<'_>,
    ) -> Result<Vec<Exception>, StoreError> {
        todo!("helper: store")
    }
    /// All live exceptions, in list order: department, severity (highest first), rule, first seen, subject.
    pub async fn live(&mut self) -> Result<Vec<Exception>, StoreError> {
        todo!("helper: store")
    }
    /// The last business day on which the department was written a letter.
    pub async fn last_letter_day(
        &mut self,
        department: &str,
        zone: chrono_tz::Tz,
    ) -> Result<Option<NaiveDate>, StoreError> {
        todo!("helper: store")
    }
    pub async fn insert_letter(&mut self, letter: &StoredLetter, deliveries: &[NewDelivery]) -> Result<(), StoreError> {
        todo!("helper: store")
    }
    pub async fn commit(self) -> Result<(), StoreError> {
        todo!("helper: store")
    }
}
