//! Products of two decimals, compared without rounding and without overflow.

use super::amount::{Amount, MAX_SCALE, power_of_ten};

/// A whole number of 256 bits. The field order makes the derived order the numbers' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wide {
    high: u128,
    low: u128,
}

const HALF: u128 = u64::MAX as u128;

impl Wide {
    fn product(left: u128, right: u128) -> Wide {
        let (left_high, left_low) = (left >> 64, left & HALF);
        let (right_high, right_low) = (right >> 64, right & HALF);
        let low = left_low * right_low;
        // No partial sum exceeds 128 bits: (2^64 - 1)^2 leaves room for two more halves.
        let first = left_high * right_low + (low >> 64);
        let second = left_low * right_high + (first & HALF);
        Wide { high: left_high * right_high + (first >> 64) + (second >> 64), low: (second << 64) | (low & HALF) }
    }

    fn tenth(self) -> Wide {
        let upper = ((self.high % 10) << 64) | (self.low >> 64);
        let lower = ((upper % 10) << 64) | (self.low & HALF);
        Wide { high: self.high / 10, low: ((upper / 10) << 64) | (lower / 10) }
    }
}

impl Amount {
    /// Whether the figure is at most `factor * other / 10^shift`, all of them taken without their signs.
    pub(crate) fn is_within_product(self, factor: Amount, other: Amount, shift: u8) -> bool {
        let (figure, factor, other) = (self.normalised(), factor.normalised(), other.normalised());
        let [units, one, two] = [figure, factor, other].map(|each| each.units().unsigned_abs());
        let fraction = factor.scale() + other.scale() + shift;
        if let Some(raise) = fraction.checked_sub(figure.scale()) {
            return Wide::product(units, power_of_ten(raise).unsigned_abs()) <= Wide::product(one, two);
        }
        match one.checked_mul(power_of_ten(figure.scale() - fraction).unsigned_abs()) {
            Some(one) => Wide { high: 0, low: units } <= Wide::product(one, two),
            // The factor alone is beyond 128 bits, and so beyond any figure.
            None => two > 0 || units == 0,
        }
    }

    /// `factor * other / 10^shift` without sign, to be shown: exact, except that digits which no amount holds are cut
    /// off, and that what is beyond every amount is the largest one.
    pub(crate) fn shown_product(factor: Amount, other: Amount, shift: u8) -> Amount {
        let (factor, other) = (factor.normalised(), other.normalised());
        let mut product = Wide::product(factor.units().unsigned_abs(), other.units().unsigned_abs());
        let mut scale = factor.scale() + other.scale() + shift;
        let largest = Wide { high: 0, low: i128::MAX.unsigned_abs() };
        while scale > 0 && (scale > MAX_SCALE || product > largest) {
            product = product.tenth();
            scale -= 1;
        }
        Amount::new(i128::try_from(product.min(largest).low).unwrap_or(i128::MAX), scale)
    }
}
