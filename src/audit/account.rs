//! What stands on a party's account beside the figures of one finding.

use serde::{Deserialize, Serialize};

use super::amount::{Amount, Purse};

/// What a message about a debt knows beside its own figures. Nothing here is netted with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// We owe the party; otherwise it owes us.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payable: bool,
    /// Which part of its document the debt is, where it is not the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Payments of the party that settle no document.
    #[serde(default, skip_serializing_if = "Purse::is_empty")]
    pub unapplied: Purse,
    /// Credit notes that are not used up, as positive figures.
    #[serde(default, skip_serializing_if = "Purse::is_empty")]
    pub credits: Purse,
    /// What was applied to documents beyond their amounts.
    #[serde(default, skip_serializing_if = "Purse::is_empty")]
    pub overpaid: Purse,
}

impl Account {
    /// `None` where it says nothing.
    pub fn filled(self) -> Option<Box<Account>> {
        (self != Account::default()).then(|| Box::new(self))
    }
}

/// An instalment's place among those of its document, in order of due date, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub place: u64,
    pub of: u64,
    /// The amount of the whole document.
    pub document: Amount,
}

/// What uses a credit limit up in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    pub currency: String,
    /// Of open documents, overdue or not.
    pub open: Amount,
    /// Of orders not delivered yet.
    #[serde(default)]
    pub undelivered: Amount,
    /// What one unit was worth in the limit's currency; absent where it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Amount>,
    /// Both in the limit's currency, rounded half away from zero to the limit's own digits.
    pub converted: Amount,
}
