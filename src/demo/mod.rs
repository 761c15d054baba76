//! The demo company: a trading company's three systems, made from a seed, with the truth written beside them.

use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What the company is made from. Kept in its directory as `demo.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The business day the company's books stand at.
    pub day: NaiveDate,
    pub seed: u64,
    /// Order lines.
    pub lines: u64,
}

/// Why the company could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("{0}")]
    Refused(String),
    #[error("cannot write {what}")]
    Write {
        what: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Makes the company in `dir`, or finds the one that the same options made. `fresh` removes what an earlier call made.
/// Answers whether it was made now.
pub fn prepare(dir: &Path, options: &Options, fresh: bool) -> Result<bool, DemoError> {
    let _ = (dir, options, fresh);
    todo!("helper: demo")
}
