//! What one check says about one subject in one run: its class, its evidence and the money in question.
//!
//! A break carries no history and no sentence. What it has to say is a [`Message`] of a closed set with typed
//! arguments; `words` renders it in the reader's language when it is shown.

mod message;

use serde::{Deserialize, Serialize};

use super::amount::{Money, Purse};
use super::diagnosis::{Cause, Diagnosis, Moved, Odd};
use super::value::{Subject, Value};
pub use message::{Bound, Excess, Message, Operand, PlanningNeed, Relation, StockFigure};

/// The kind of a break, in the order in which breaks of one subject are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A cell that cannot be read as its column's type, or a figure that does not fit.
    Unreadable,
    /// Rows without a usable key.
    Keyless,
    /// More than one row where the rule allows one.
    Duplicate,
    /// A side has no row for the subject.
    Missing,
    /// The sides state their figures in different currencies.
    Currency,
    Quantity,
    Amount,
    Text,
    Date,
    /// A row does not satisfy what the rule asserts of it.
    Invalid,
    /// A row refers to something that is not there.
    UnknownReference,
    /// A row stays in a state longer than it may.
    Stalled,
    /// A figure of a group is beyond the limit that the rule sets, or too far from its own past.
    Limit,
    NegativeStock,
    LowStock,
    NoReorderPoint,
    Overdue,
    NoDueDate,
    OverCreditLimit,
    /// The rule found more than its flood limit.
    Flood,
}

impl Class {
    pub const ALL: [Class; 20] = [
        Class::Unreadable,
        Class::Keyless,
        Class::Duplicate,
        Class::Missing,
        Class::Currency,
        Class::Quantity,
        Class::Amount,
        Class::Text,
        Class::Date,
        Class::Invalid,
        Class::UnknownReference,
        Class::Stalled,
        Class::Limit,
        Class::NegativeStock,
        Class::LowStock,
        Class::NoReorderPoint,
        Class::Overdue,
        Class::NoDueDate,
        Class::OverCreditLimit,
        Class::Flood,
    ];

    /// The name used in JSON, CSV, metrics and config.
    pub fn name(self) -> &'static str {
        match self {
            Class::Unreadable => "unreadable",
            Class::Keyless => "keyless",
            Class::Duplicate => "duplicate",
            Class::Missing => "missing",
            Class::Currency => "currency",
            Class::Quantity => "quantity",
            Class::Amount => "amount",
            Class::Text => "text",
            Class::Date => "date",
            Class::Invalid => "invalid",
            Class::UnknownReference => "unknown_reference",
            Class::Stalled => "stalled",
            Class::Limit => "limit",
            Class::NegativeStock => "negative_stock",
            Class::LowStock => "low_stock",
            Class::NoReorderPoint => "no_reorder_point",
            Class::Overdue => "overdue",
            Class::NoDueDate => "no_due_date",
            Class::OverCreditLimit => "over_credit_limit",
            Class::Flood => "flood",
        }
    }
}

/// One fault found by one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// The check's name in the rule; for faults that no check of the file names, the class's name.
    pub check: String,
    pub class: Class,
    /// The side the fault stands on, where it stands on one.
    pub side: Option<String>,
    /// The department that must act.
    pub owner: String,
    pub message: Message,
    /// The money in question; `None` means unpriced.
    pub at_risk: Option<Money>,
    /// What the data says of why; `None` where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Box<Diagnosis>>,
}

impl Break {
    /// The likely cause, where one is known.
    pub fn cause(&self) -> Option<&Cause> {
        self.diagnosis.as_deref()?.cause.as_ref()
    }

    /// The side whose figure is the odd one, where that is known.
    pub fn odd(&self) -> Option<&Odd> {
        self.diagnosis.as_deref()?.odd.as_ref()
    }

    /// Which of its figures moved since the break was seen before, where exactly one did.
    pub fn moved(&self) -> Option<&Moved> {
        self.diagnosis.as_deref()?.moved.as_ref()
    }
}

/// The rows a finding rests on, as they were judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The version of this format and of [`Message`]'s.
    pub version: u32,
    pub sides: Vec<SideRows>,
}

/// The version written into new evidence.
pub const EVIDENCE_VERSION: u32 = 1;

/// One side's rows of one subject. At most the context's `evidence_rows` are kept; `total` says how many there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideRows {
    pub side: String,
    pub table: String,
    pub columns: Vec<String>,
    pub total: u64,
    pub rows: Vec<Vec<Value>>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// A subject with its breaks: what becomes, or keeps alive, an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub subject: Subject,
    /// In the order of law 10: check order, then class order. Never empty.
    pub breaks: Vec<Break>,
    pub severity: Severity,
    pub evidence: Evidence,
}

impl Finding {
    /// The department whose desk the exception belongs on: the first break's.
    pub fn department(&self) -> &str {
        &self.breaks[0].owner
    }

    /// The largest break per currency: an exception counts its money once.
    pub fn at_risk(&self) -> Purse {
        at_risk(&self.breaks)
    }
}

/// The largest figure at risk per currency among `breaks`.
pub fn at_risk(breaks: &[Break]) -> Purse {
    let mut purse = Purse::default();
    for money in breaks.iter().filter_map(|found| found.at_risk.as_ref()) {
        purse.keep_largest(&money.currency, money.amount);
    }
    purse
}
