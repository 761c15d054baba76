//! One run of one job, top to bottom: the only file that knows the whole line.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::notify::email::Mailer;
use crate::report::RunReport;
use crate::schedule::Clock;
use crate::store::{Store, StoreError};

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Job(String),
    Rule(String),
}

/// One run, asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub target: Target,
    pub as_of: DateTime<Utc>,
    /// Judge and report, and write nothing.
    pub dry_run: bool,
}

/// Why a run could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("there is no {what} {name}; known: {known}")]
    Unknown { what: &'static str, name: String, known: String },
    #[error("{job} is already running; it is let go when it ends, or at {until}")]
    Busy { job: String, until: DateTime<Utc> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs, records, and leaves the deliveries it caused in the store.
pub async fn run(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
) -> Result<RunReport, RunError> {
    let _ = (config, store, request, clock);
    todo!("founder: run")
}

/// What one round of sending did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub sent: u64,
    /// Will be tried again.
    pub failed: u64,
    pub dead: u64,
}

/// Sends every delivery that is due, from the store.
pub async fn deliver(config: &Config, store: &Store, mailer: &Mailer, clock: &dyn Clock) -> Result<Sent, StoreError> {
    let _ = (config, store, mailer, clock);
    todo!("founder: run")
}
