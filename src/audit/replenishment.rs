//! When to order again and how much: reorder point, safety stock, days of supply and quantity to order.
//!
//! The formulas are those of the inventory textbooks (Silver, Pyke and Thomas, *Inventory and Production Management in
//! Supply Chains*):
//!
//! - reorder point = average daily demand × lead time + safety stock
//! - safety stock = Z × √(lead time × variance of a day's demand + average daily demand² × variance of the lead time)
//! - with stock looked at only every so many days, those days lengthen the lead time
//! - days of supply = stock ÷ average daily demand
//!
//! Averages and variances are exact fractions. Only two results are rounded, always up and to the rule's `round_to`: the
//! safety stock, and the reorder point.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::fraction::Fraction;

/// What a low-stock finding says beyond the comparison, so that its figures can be recomputed on paper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replenishment {
    /// Absent where the rule reads no demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Demanded>,
    /// How the reorder point was computed; absent where the settings give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<ComputedPoint>,
    /// How long the judged stock lasts; absent without demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Lasts>,
    /// Absent where nothing is to be ordered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<ToOrder>,
    /// The last day on which incoming goods had to be due to count; absent where all of them count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_until: Option<NaiveDate>,
}

/// The demand for one item over a window of days, with returns taken off on the day they came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demanded {
    pub since: NaiveDate,
    pub until: NaiveDate,
    /// Days of the window, with and without movement; at least two.
    pub days: u32,
    /// Negative where more came back than went out.
    pub sum: Amount,
    /// The sum of the squares of each day's demand.
    pub squares: Amount,
}

/// What a computed reorder point rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputedPoint {
    /// Days from an order to its arrival.
    pub lead_days: Amount,
    /// Days between two looks at the stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_days: Option<Amount>,
    pub safety: Amount,
    /// How the safety stock was computed; absent where the settings give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
}

/// What a computed safety stock guards against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// Standard deviations of demand over the lead time that the safety stock covers.
    pub z: Amount,
    /// The standard deviation of the lead time, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_days_sd: Option<Amount>,
}

/// How long stock lasts at the average daily demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasts {
    /// Days of supply, digits beyond the tenth cut off; zero for stock below zero.
    pub days: Amount,
    /// The day on which it runs out; absent where no calendar reaches that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// How much to order: up to the target, at least the minimum, in whole packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToOrder {
    pub quantity: Amount,
    /// The stock wanted after the order; the reorder point where nothing else is said.
    pub target: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<Amount>,
}

impl Demanded {
    /// Average daily demand; zero where more came back than went out. `None` where it does not fit.
    pub(crate) fn daily(&self) -> Option<Fraction> {
        if self.sum <= Amount::ZERO {
            return Some(Fraction::ZERO);
        }
        Fraction::from(self.sum).checked_div(Fraction::whole(self.days.into()))
    }

    /// The variance of a day's demand as a sample of all days: (n Σq² - (Σq)²) ÷ (n (n - 1)). `None` where it does not
    /// fit.
    pub(crate) fn variance(&self) -> Option<Fraction> {
        let days = Fraction::whole(self.days.into());
        let sum = Fraction::from(self.sum);
        let spread = days.checked_mul(self.squares.into())?.checked_sub(sum.checked_mul(sum)?)?;
        spread.checked_div(days.checked_mul(Fraction::whole(i128::from(self.days) - 1))?)
    }

    /// Whether average demand uses `stock` up within that many days; without demand nothing does.
    pub fn uses_up(&self, stock: Amount, days: u32) -> bool {
        let wanted = self.daily().filter(|daily| daily.is_positive());
        let wanted = wanted.and_then(|daily| daily.checked_mul(Fraction::whole(days.into())));
        let left = wanted.and_then(|wanted| Fraction::from(stock).checked_sub(wanted));
        left.is_some_and(|left| !left.is_positive())
    }

    /// Average daily demand to two digits, and whether that is exact.
    pub fn shown_daily(&self) -> Option<(Amount, bool)> {
        self.daily()?.shown(2)
    }

    /// The standard deviation of a day's demand, digits beyond the second cut off, and whether that is exact.
    pub fn shown_deviation(&self) -> Option<(Amount, bool)> {
        self.variance()?.shown_root(2)
    }
}

impl Cover {
    /// The safety stock against demand over `lead_days`, rounded up to a multiple of `round_to`. An item without demand
    /// needs none. `None` where it cannot be computed exactly.
    pub fn safety(&self, demand: &Demanded, lead_days: Amount, round_to: Amount) -> Option<Amount> {
        self.square(demand, lead_days)?.root_up_to_multiple(round_to)
    }

    /// The safety stock before it is rounded up, digits beyond the second cut off, and whether that is exact.
    pub fn shown_safety(&self, demand: &Demanded, lead_days: Amount) -> Option<(Amount, bool)> {
        self.square(demand, lead_days)?.shown_root(2)
    }

    fn square(&self, demand: &Demanded, lead_days: Amount) -> Option<Fraction> {
        let daily = demand.daily()?;
        if !daily.is_positive() {
            return Some(Fraction::ZERO);
        }
        let squared = |figure: Fraction| figure.checked_mul(figure);
        let of_demand = Fraction::from(lead_days).checked_mul(demand.variance()?)?;
        let of_lead_time = match self.lead_days_sd {
            Some(deviation) => squared(daily)?.checked_mul(squared(deviation.into())?)?,
            None => Fraction::ZERO,
        };
        squared(self.z.into())?.checked_mul(of_demand.checked_add(of_lead_time)?)
    }
}

impl ComputedPoint {
    /// The time that stock must last after an order: the lead time, and the days until anybody looks.
    pub fn covered_days(&self) -> Option<Amount> {
        self.lead_days.checked_add(self.review_days.unwrap_or_default())
    }

    /// Average daily demand × lead time + safety stock, rounded up to a multiple of `round_to`.
    pub fn point(&self, demand: &Demanded, round_to: Amount) -> Option<Amount> {
        let during = demand.daily()?.checked_mul(self.covered_days()?.into())?;
        during.checked_add(self.safety.into())?.up_to_multiple(round_to)
    }
}

impl Lasts {
    /// How long `stock` lasts from `day` on. `None` without demand: then it lasts neither for ever nor not at all.
    pub fn of(stock: Amount, demand: &Demanded, day: NaiveDate) -> Option<Lasts> {
        let daily = demand.daily().filter(|daily| daily.is_positive())?;
        let stock = Fraction::from(stock.max(Amount::ZERO)).checked_div(daily)?;
        let tenths = stock.checked_mul(Fraction::whole(10))?.floor();
        let whole_days = u64::try_from(stock.floor()).ok();
        let until = whole_days.and_then(|days| day.checked_add_days(Days::new(days)));
        Some(Lasts { days: Amount::new(tenths, 1).normalised(), until })
    }
}

impl ToOrder {
    /// What `figure` lacks to `target`, at least `minimum`, in whole packs and at least one of them; the outer `None`
    /// where it does not fit, the inner where nothing is lacking and nothing says how much is ordered at least.
    pub fn of(
        figure: Amount,
        target: Amount,
        minimum: Option<Amount>,
        pack: Option<Amount>,
    ) -> Option<Option<ToOrder>> {
        let lack = target.checked_sub(figure)?.max(minimum.unwrap_or_default()).max(Amount::ZERO);
        let quantity = match pack {
            Some(pack) if lack.is_zero() => pack,
            Some(pack) => Fraction::from(lack).up_to_multiple(pack)?,
            None => lack.normalised(),
        };
        Some((!quantity.is_zero()).then_some(ToOrder { quantity, target, minimum, pack }))
    }
}
