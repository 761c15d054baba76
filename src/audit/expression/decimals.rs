//! Exact arithmetic on scaled integers, cell by cell.

use super::operand::{Extent, Figures};
use super::{Cell, Decimals, DecimalsBuilder};
use crate::audit::amount::power_of_ten;

impl DecimalsBuilder {
    /// A figure, or a fault where there is none.
    pub(super) fn push_or_fault(&mut self, units: Option<i128>) {
        match units {
            Some(units) => self.push(units),
            None => self.push_absent(Cell::Fault),
        }
    }
}

impl Decimals {
    /// The same figures at a finer scale; a figure that no longer fits is a fault.
    pub(super) fn refined(self, scale: u8) -> Decimals {
        if scale <= self.scale {
            return self;
        }
        let factor = power_of_ten(scale - self.scale);
        let mut refined = DecimalsBuilder::with_room(scale, self.len());
        for cell in self.iter() {
            match cell {
                (units, Cell::Value) => refined.push_or_fault(units.checked_mul(factor)),
                (_, absent) => refined.push_absent(absent),
            }
        }
        refined.finish()
    }
}

/// One figure from one; nulls and faults stay.
pub(super) fn map(operand: &Figures<'_>, extent: Extent, scale: u8, of: impl Fn(i128) -> Option<i128>) -> Decimals {
    let mut result = DecimalsBuilder::with_room(scale, extent.cells);
    for row in 0..extent.cells {
        match operand.at(row) {
            (units, Cell::Value) => result.push_or_fault(of(units)),
            (_, absent) => result.push_absent(absent),
        }
    }
    result.finish()
}

/// One figure from two. A fault on either side wins over a null on the other.
pub(super) fn zip(
    left: &Figures<'_>,
    right: &Figures<'_>,
    extent: Extent,
    scale: u8,
    of: impl Fn(i128, i128) -> Option<i128>,
) -> Decimals {
    let mut result = DecimalsBuilder::with_room(scale, extent.cells);
    for row in 0..extent.cells {
        match (left.at(row), right.at(row)) {
            ((left, Cell::Value), (right, Cell::Value)) => result.push_or_fault(of(left, right)),
            ((_, Cell::Fault), _) | (_, (_, Cell::Fault)) => result.push_absent(Cell::Fault),
            _ => result.push_absent(Cell::Null),
        }
    }
    result.finish()
}

/// Sum or difference of two columns, at the finer of both scales.
pub(super) fn combine(
    left: &Figures<'_>,
    right: &Figures<'_>,
    extent: Extent,
    of: impl Fn(i128, i128) -> Option<i128>,
) -> Decimals {
    let scale = left.scale.max(right.scale);
    if left.scale == right.scale {
        return zip(left, right, extent, scale, of);
    }
    let (raise_left, raise_right) = (power_of_ten(scale - left.scale), power_of_ten(scale - right.scale));
    zip(left, right, extent, scale, |left, right| of(left.checked_mul(raise_left)?, right.checked_mul(raise_right)?))
}

/// Cuts `drop` fractional digits, half away from zero.
pub(super) fn round(units: i128, drop: u8) -> Option<i128> {
    let divisor = power_of_ten(drop);
    let (whole, rest) = (units / divisor, units % divisor);
    let away = if rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() { units.signum() } else { 0 };
    whole.checked_add(away)
}

/// `dividend * 10^shift / divisor`, rounded half away from zero; `None` for a divisor of zero and for what does not
/// fit. Long division, so that no intermediate needs more than 128 bits.
pub(super) fn rounded_quotient(dividend: i128, divisor: i128, shift: i16) -> Option<i128> {
    let negative = (dividend < 0) != (divisor < 0);
    let (dividend, mut divisor) = (dividend.unsigned_abs(), divisor.unsigned_abs());
    if divisor == 0 {
        return None;
    }
    let mut numerator = dividend;
    let mut digits = 0;
    for _ in shift..0 {
        // A divisor beyond 128 bits is more than twice any dividend: the quotient rounds to zero.
        let Some(grown) = divisor.checked_mul(10) else { return Some(0) };
        divisor = grown;
    }
    for _ in 0..shift {
        match numerator.checked_mul(10) {
            Some(grown) if digits == 0 => numerator = grown,
            _ => digits += 1,
        }
    }
    let (mut quotient, mut rest) = (numerator / divisor, numerator % divisor);
    for _ in 0..digits {
        let grown = rest.checked_mul(10)?;
        quotient = quotient.checked_mul(10)?.checked_add(grown / divisor)?;
        rest = grown % divisor;
    }
    if rest >= divisor - rest {
        quotient = quotient.checked_add(1)?;
    }
    let magnitude = i128::try_from(quotient).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}
