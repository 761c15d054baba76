//! Adding up without a limit on the way: only what comes out in the end has to fit.

/// The sum of figures of one scale. It is exact however far it leaves the range of a single figure before the last
/// one is added, so that the order of the figures never decides whether there is a sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    /// Counted in `2^64`.
    high: i128,
    low: i128,
}

const LOW_BITS: i128 = u64::MAX as i128;

impl Sum {
    /// Room is for more figures than a table has rows.
    pub fn add(&mut self, units: i128) {
        self.high += units >> 64;
        self.low += units & LOW_BITS;
    }

    /// The sum; `None` where it does not fit.
    pub fn units(self) -> Option<i128> {
        let high = i64::try_from(self.high + (self.low >> 64)).ok()?;
        Some((i128::from(high) << 64) | (self.low & LOW_BITS))
    }
}
