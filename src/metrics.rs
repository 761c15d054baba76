//! Every metric's name, help and labels, in one table.
//!
//! State gauges are built afresh at every scrape from what the store says; counters and histograms are fed by runs.

use crate::audit::amount::Purse;

/// What one finished run adds to the counters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEvent {
    pub job: String,
    pub seconds: f64,
    pub rules: Vec<RuleEvent>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleEvent {
    pub rule: String,
    pub evaluated: bool,
    pub seconds: f64,
    pub rows: u64,
    /// Steps by name.
    pub steps: std::collections::BTreeMap<&'static str, u64>,
}

#[doc(hidden)]
pub type Unused = Purse;
