//! Whether a difference of figures lies inside a check's tolerance, and what to say where it does not.
//!
//! Percentages and multiples are compared by cross-multiplication in 256 bits: nothing is divided, rounded or cut, and
//! nothing overflows.

use crate::audit::amount::Amount;
use crate::audit::breaks::{Bound, Relation};
use crate::audit::rulebook::{Allowed, Base, Check, Choose, Margins, Within};

/// The tolerance of a check for one subject.
pub(super) struct Tolerance<'c> {
    pub check: &'c Check,
    pub currency: &'c str,
    /// Rows added up on the side that has most.
    pub rows: u64,
}

/// A difference that is not tolerated, and what would have been.
pub(super) struct Excessive {
    pub difference: Amount,
    pub allowed: Amount,
    pub bound: Option<Bound>,
    pub rows: Option<u64>,
}

impl Tolerance<'_> {
    /// `None` where the difference of the two figures is tolerated.
    pub fn exceeded(&self, difference: Amount, left: Amount, right: Amount) -> Option<Excessive> {
        (!self.holds(difference, left, right)).then(|| self.excessive(difference, left, right))
    }

    /// A percentage of nothing tolerates nothing.
    fn holds(&self, difference: Amount, left: Amount, right: Amount) -> bool {
        let Some(margins) = self.margins() else { return false };
        let allowed = allowed(margins, difference);
        let rows = Amount::new(i128::from(if margins.per_row { self.rows } else { 1 }), 0);
        let by_amount = allowed.amount.as_ref().map(|amount| {
            let amount = amount.of(self.currency);
            difference.is_within_product(amount, rows, 0)
        });
        let base = base(margins.of, left, right);
        let by_percent = allowed.percent.filter(|_| !base.is_zero());
        let by_percent = by_percent.map(|percent| difference.is_within_product(percent, base, HUNDREDTHS));
        match (by_amount, by_percent, margins.choose) {
            (Some(amount), Some(percent), Choose::Larger) => amount || percent,
            (Some(amount), Some(percent), Choose::Smaller) => amount && percent,
            (one, other, _) => one.or(other).unwrap_or(false),
        }
    }

    /// The difference with what was allowed as one figure, for the evidence.
    pub fn excessive(&self, difference: Amount, left: Amount, right: Amount) -> Excessive {
        let mut excessive = Excessive { difference, allowed: Amount::ZERO, bound: None, rows: None };
        let Some(margins) = self.margins() else { return excessive };
        let allowed = allowed(margins, difference);
        if margins.under != margins.over && self.check.relation == Relation::Equal {
            excessive.bound = Some(if difference.is_negative() { Bound::Under } else { Bound::Over });
        }
        let amount = allowed.amount.as_ref().map(|amount| amount.of(self.currency));
        let amount = match amount {
            Some(amount) if margins.per_row => {
                excessive.rows = Some(self.rows);
                Some(Amount::shown_product(amount, Amount::new(i128::from(self.rows), 0), 0))
            }
            amount => amount,
        };
        let base = base(margins.of, left, right);
        let percent = allowed.percent.filter(|_| !base.is_zero());
        let percent = percent.map(|percent| Amount::shown_product(percent, base, HUNDREDTHS));
        excessive.allowed = match (amount, percent, margins.choose) {
            (Some(amount), Some(percent), Choose::Larger) => amount.max(percent),
            (Some(amount), Some(percent), Choose::Smaller) => amount.min(percent),
            (amount, percent, _) => amount.or(percent).unwrap_or_default(),
        };
        excessive
    }

    fn margins(&self) -> Option<&Margins> {
        match &self.check.within {
            Within::Figures(margins) => Some(margins),
            Within::Exactly | Within::Days { .. } => None,
        }
    }
}

/// What is allowed in the direction of the difference.
fn allowed(margins: &Margins, difference: Amount) -> &Allowed {
    if difference.is_negative() { &margins.under } else { &margins.over }
}

/// Digits by which a percentage is shifted against a share.
const HUNDREDTHS: u8 = 2;

/// What a percentage is taken of; its sign does not matter.
fn base(of: Base, left: Amount, right: Amount) -> Amount {
    match of {
        Base::Left => left,
        Base::Right => right,
        Base::Larger => match (left.checked_abs(), right.checked_abs()) {
            (Some(one), Some(other)) if one >= other => left,
            // The one figure without an absolute value is the most negative of all, and so the largest.
            (None, _) => left,
            _ => right,
        },
    }
}
