//! Tolerances and graces as they are meant: how far two figures or days may be apart, and for how long.

use std::collections::BTreeMap;

use crate::audit::amount::Amount;
use crate::audit::expression::ColumnRef;

/// A tolerance, inclusive. `under` is how far the left of the compared two may lie under the right one, `over` how far
/// over it; where the file does not tell them apart, both are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Within {
    #[default]
    Exactly,
    Figures(Box<Margins>),
    /// Days that dates or instants may be apart; of instants, full 24 hours.
    Days {
        under: u32,
        over: u32,
    },
}

/// How far figures may be apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Margins {
    pub under: Allowed,
    pub over: Allowed,
    /// What a percentage is of. With a base of zero only the amount counts.
    pub of: Base,
    pub choose: Choose,
    /// Whether an amount is allowed once for every row that was added up.
    pub per_row: bool,
}

/// How far a figure may be off in one direction. Neither: not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    pub amount: Option<PerCurrency>,
    pub percent: Option<Amount>,
}

/// An amount that may depend on the currency of the compared money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerCurrency {
    pub currencies: BTreeMap<String, Amount>,
    /// For every other currency, and for figures that are no money.
    pub other: Amount,
}

impl PerCurrency {
    pub fn of(&self, currency: &str) -> Amount {
        self.currencies.get(currency).copied().unwrap_or(self.other)
    }
}

/// The figure a percentage is taken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The larger of both figures, by absolute value.
    #[default]
    Larger,
    Left,
    Right,
}

/// Which of amount and percentage holds where both are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choose {
    #[default]
    Larger,
    Smaller,
}

/// A time in which a difference is in transit: up to and including `days` after the earliest non-null of `after`.
/// `until` is no days after one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grace {
    pub days: u32,
    pub working: bool,
    pub after: Vec<ColumnRef>,
}
