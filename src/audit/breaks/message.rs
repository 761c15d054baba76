//! What is said of a break: a closed set of sentences, each with its typed arguments.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::audit::account::{Account, Exposure};
use crate::audit::amount::Amount;
use crate::audit::replenishment::Replenishment;
use crate::audit::swing::Swing;
use crate::audit::value::Value;

/// Which relation a check demands of its two figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Equal,
    AtMost,
    AtLeast,
}

/// One figure of a comparison: the expression as the rule writes it, and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operand {
    pub expression: String,
    pub value: Value,
}

/// Which stock figure a low-stock rule compares with the reorder point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockFigure {
    OnHand,
    Available,
    Projected,
}

/// What a reorder point is computed from, besides demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanningNeed {
    LeadTime,
    /// A safety stock, or the service level it is computed from.
    SafetyStock,
}

/// What a break has to say, with typed arguments. Versioned with the evidence format: a stored message must stay
/// readable, so a variant may gain optional fields but never loses or renames one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Message {
    /// `text` is the first offending cell as read; `expected` the column type's name; `cells` how many there are.
    UnreadableCell {
        side: String,
        column: String,
        text: String,
        expected: String,
        cells: u64,
    },
    /// A sum or an expression left the range of exact decimals.
    OutOfRange {
        side: Option<String>,
        expression: String,
    },
    /// `rows` rows of `side` have no usable key in `columns`.
    Keyless {
        side: String,
        columns: Vec<String>,
        rows: u64,
    },
    /// `rows` rows where one is allowed; `unique` are the columns that should tell them apart.
    Duplicate {
        side: String,
        unique: Vec<String>,
        rows: u64,
    },
    Missing {
        side: String,
        present: Vec<String>,
    },
    /// A row of `side` looks `key` up in `table`, which has `found` rows of it.
    AmbiguousLookup {
        side: String,
        table: String,
        key: Vec<Value>,
        found: u64,
    },
    /// `rows` rows of `side` look something up in `table` that is not there; `key` is the first of what they look for.
    LookupMissing {
        side: String,
        table: String,
        key: Vec<Value>,
        rows: u64,
    },
    /// No one factor turns `unit` of `item` into its base unit, in `rows` rows.
    NoUnitFactor {
        side: String,
        column: String,
        item: Value,
        unit: Value,
        rows: u64,
    },
    CurrencyDiffers {
        left: Operand,
        right: Operand,
    },
    /// One side adds up rows of several currencies.
    MixedCurrencies {
        side: String,
        currencies: Vec<String>,
    },
    /// `left relation right` does not hold; `difference` is left minus right; `allowed` what was tolerated, in the
    /// direction of `bound` where the two directions differ, and for `rows` rows where it depends on how many were
    /// added up.
    AmountDiffers {
        relation: Relation,
        left: Operand,
        right: Operand,
        difference: Amount,
        allowed: Amount,
        currency: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bound: Option<Bound>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
    QuantityDiffers {
        relation: Relation,
        left: Operand,
        right: Operand,
        difference: Amount,
        allowed: Amount,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bound: Option<Bound>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
    TextDiffers {
        left: Operand,
        right: Operand,
    },
    /// `days` is left minus right, absent where one of them is null; `allowed` the days that were tolerated, where
    /// the check tolerates any in that direction.
    DateDiffers {
        relation: Relation,
        left: Operand,
        right: Operand,
        days: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allowed: Option<u32>,
    },
    /// `assertion` is not true of the row; `figures` are the columns it reads. `untold` says that it is not false
    /// either: a figure is empty, or does not fit.
    NotSatisfied {
        assertion: String,
        untold: bool,
        figures: Vec<Operand>,
    },
    /// `state` has been true of the row since `since`, which `column` says: for `days`, of which `allowed` were allowed.
    /// Without a day in the column nobody can tell how long.
    Stalled {
        state: String,
        column: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<NaiveDate>,
        days: i64,
        allowed: u32,
        /// Days and allowance count working days.
        working: bool,
    },
    /// `figure` of a group's rows is not `relation limit`; `difference` is figure minus limit. Money has a currency.
    BeyondLimit {
        relation: Relation,
        figure: Operand,
        limit: Amount,
        difference: Amount,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<String>,
        /// The figure is the number of rows of the table that stands before the point.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        counts_rows: bool,
    },
    /// `figure` of a group's rows is too far from what earlier runs found.
    Swung {
        figure: Operand,
        swing: Box<Swing>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        counts_rows: bool,
    },
    NegativeStock {
        on_hand: Amount,
    },
    /// `figure` (the one `judged` names) is at or under `point`; `plan` is there where the rule knows more than that.
    LowStock {
        judged: StockFigure,
        figure: Amount,
        point: Amount,
        on_hand: Amount,
        reserved: Amount,
        incoming: Amount,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Box<Replenishment>>,
    },
    /// `lacks` is what would let a point be computed, where the rule computes any.
    NoReorderPoint {
        on_hand: Amount,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lacks: Vec<PlanningNeed>,
    },
    /// `from..=to` is the ageing bucket in days; no `to` means it has no end.
    Overdue {
        days: i64,
        from: i64,
        to: Option<i64>,
        due: NaiveDate,
        amount: Amount,
        applied: Amount,
        outstanding: Amount,
        currency: String,
        party: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Box<Account>>,
    },
    NoDueDate {
        outstanding: Amount,
        currency: String,
        party: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Box<Account>>,
    },
    /// `outstanding` is the whole exposure; `exposures` what it is made of, where that is more than open documents in
    /// the limit's currency; `used` is exposure / limit in percent, rounded half away from zero to one digit.
    OverCreditLimit {
        outstanding: Amount,
        limit: Amount,
        currency: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exposures: Vec<Exposure>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        used: Option<Amount>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Box<Account>>,
    },
    /// More than `limit` subjects have breaks, or another limit of the rule's threshold was passed: `excess`.
    Flood {
        found: u64,
        limit: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        excess: Option<Excess>,
    },
}

/// The direction in which a tolerance was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The left figure is too far under the right one.
    Under,
    Over,
}

/// A limit of a rule's threshold that was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Excess {
    /// Subjects with breaks.
    Count { found: u64, limit: u64 },
    /// Subjects with breaks among the `of` keys of the reference side; `limit` is in percent.
    Percent { found: u64, of: u64, limit: Amount },
    /// Money at risk; `None` where the sum has more digits than fit.
    Amount { currency: String, at_risk: Option<Amount>, limit: Amount },
}
