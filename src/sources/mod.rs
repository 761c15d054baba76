//! Systems that are read: one file per kind. SQL in, frames out; a source returns tables, never breaks.

pub mod files;
pub mod sqlite;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::audit::expression::Parameters;
use crate::audit::snapshot::{RawTable, TableSpec};
use crate::config::Source;

/// Why a table could not be pulled whole. Sentences name source and table, never a secret.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot open {what}")]
    Open {
        what: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{0}")]
    Refused(String),
}

/// What one source answered: for each table a whole raw frame, or why not.
pub type Pulls = BTreeMap<String, Result<RawTable, SourceError>>;

/// Pulls `tables` from `source`, all in one snapshot. Never fails as a whole: each table has its own answer.
pub async fn pull(source: &Source, tables: Vec<TableSpec>, parameters: &Parameters, limits: &PullLimits) -> Pulls {
    let _ = (source, tables, parameters, limits);
    todo!("helper: sources")
}

/// The limits of one source's pull.
#[derive(Clone, Copy, Debug)]
pub struct PullLimits {
    pub timeout: Duration,
    pub rows: u64,
}
