//! Random numbers that are the same on every machine: splitmix64, integers only.

/// What a stream of numbers is drawn for. Each topic has its own stream, so a change in one leaves the others alone.
#[derive(Clone, Copy)]
pub(super) enum Topic {
    Customers = 1,
    Items = 2,
    Orders = 3,
    Defects = 4,
    Receivables = 5,
    Stock = 6,
    Purchasing = 7,
    Inventory = 8,
    Bank = 9,
    GeneralLedger = 10,
    Settling = 11,
    Planning = 12,
    Paying = 13,
    OrderBook = 15,
    Balances = 16,
}

/// Sebastiano Vigna's splitmix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn stream(seed: u64, topic: Topic) -> Self {
        let mut random = Random(seed);
        let mixed = random.next();
        Random(mixed ^ (topic as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`; 0 when the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// A number in `low..=high`; `low` when the range is empty.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high.saturating_sub(low)).unwrap_or(0);
        low + self.below(width + 1) as i64
    }

    /// True in `percent` of a hundred draws.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
