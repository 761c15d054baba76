//! Exact fractions, for averages and roots that no decimal holds.

use super::amount::{Amount, MAX_SCALE, power_of_ten};

/// A fraction in lowest terms with a positive denominator. Arithmetic never rounds and never wraps: it answers `None`
/// where the result does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    pub const ZERO: Fraction = Fraction { numerator: 0, denominator: 1 };

    /// `None` for a denominator of zero, or one that has no positive counterpart.
    pub fn new(numerator: i128, denominator: i128) -> Option<Fraction> {
        if denominator == 0 {
            return None;
        }
        let common = i128::try_from(common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs())).ok()?;
        let (numerator, denominator) = (numerator / common, denominator / common);
        if denominator < 0 {
            return Some(Fraction { numerator: numerator.checked_neg()?, denominator: denominator.checked_neg()? });
        }
        Some(Fraction { numerator, denominator })
    }

    pub fn whole(number: i128) -> Fraction {
        Fraction { numerator: number, denominator: 1 }
    }

    pub fn is_positive(self) -> bool {
        self.numerator > 0
    }

    pub fn checked_add(self, other: Fraction) -> Option<Fraction> {
        let common =
            i128::try_from(common_divisor(self.denominator.unsigned_abs(), other.denominator.unsigned_abs())).ok()?;
        let (left, right) = (self.denominator / common, other.denominator / common);
        let sum = self.numerator.checked_mul(right)?.checked_add(other.numerator.checked_mul(left)?)?;
        Fraction::new(sum, self.denominator.checked_mul(right)?)
    }

    pub fn checked_sub(self, other: Fraction) -> Option<Fraction> {
        self.checked_add(Fraction { numerator: other.numerator.checked_neg()?, ..other })
    }

    /// Both diagonals are reduced first, so that only a product that is itself too large does not fit.
    pub fn checked_mul(self, other: Fraction) -> Option<Fraction> {
        let first = Fraction::new(self.numerator, other.denominator)?;
        let second = Fraction::new(other.numerator, self.denominator)?;
        let numerator = first.numerator.checked_mul(second.numerator)?;
        Some(Fraction { numerator, denominator: first.denominator.checked_mul(second.denominator)? })
    }

    pub fn checked_div(self, other: Fraction) -> Option<Fraction> {
        self.checked_mul(Fraction::new(other.denominator, other.numerator)?)
    }

    /// The largest whole number that is not larger.
    pub fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    /// The smallest whole number that is not smaller.
    pub fn ceiling(self) -> Option<i128> {
        let below = self.floor();
        if self.numerator.rem_euclid(self.denominator) == 0 { Some(below) } else { below.checked_add(1) }
    }

    /// The smallest multiple of `step` that is not smaller.
    pub fn up_to_multiple(self, step: Amount) -> Option<Amount> {
        let steps = self.checked_div(step.into())?.ceiling()?;
        Some(Amount::new(step.units().checked_mul(steps)?, step.scale()))
    }

    /// The smallest multiple of `step` that is not smaller than the square root; `None` of a negative number.
    pub fn root_up_to_multiple(self, step: Amount) -> Option<Amount> {
        let step_squared = Fraction::from(step).checked_mul(step.into())?;
        // A whole number reaches the root of a fraction exactly when it reaches the root of the fraction rounded up.
        let square = u128::try_from(self.checked_div(step_squared)?.ceiling()?).ok()?;
        let root = square.isqrt();
        let steps = if root * root < square { root + 1 } else { root };
        Some(Amount::new(step.units().checked_mul(i128::try_from(steps).ok()?)?, step.scale()))
    }

    /// To be shown: at most `scale` digits after the point, the rest rounded half up. The flag says whether that is exact.
    pub fn shown(self, scale: u8) -> Option<(Amount, bool)> {
        let scale = scale.min(MAX_SCALE);
        let scaled = self.checked_mul(Fraction::whole(power_of_ten(scale)))?;
        let rounded = scaled.checked_add(Fraction { numerator: 1, denominator: 2 })?.floor();
        Some((Amount::new(rounded, scale).normalised(), scaled.denominator == 1))
    }

    /// The square root, to be shown: at most `scale` digits after the point, the rest cut off.
    pub fn shown_root(self, scale: u8) -> Option<(Amount, bool)> {
        let scale = scale.min(MAX_SCALE / 2);
        let raised = power_of_ten(scale);
        let scaled = self.checked_mul(Fraction::whole(raised.checked_mul(raised)?))?;
        let square = u128::try_from(scaled.floor()).ok()?;
        let root = square.isqrt();
        let exact = scaled.denominator == 1 && root * root == square;
        Some((Amount::new(i128::try_from(root).ok()?, scale).normalised(), exact))
    }
}

impl From<Amount> for Fraction {
    fn from(amount: Amount) -> Fraction {
        // A power of ten is never zero, so the fallback is never taken.
        Fraction::new(amount.units(), power_of_ten(amount.scale())).unwrap_or(Fraction::ZERO)
    }
}

fn common_divisor(left: u128, right: u128) -> u128 {
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}
