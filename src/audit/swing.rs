//! A figure against its own past: what earlier runs found of a group, and how far today's figure lies from it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::fraction::Fraction;
use super::rulebook::{Check, Limit};
use super::value::Subject;

/// Past figures that a median needs before anything is compared with it; a shorter median needs all of its own.
pub const LEAST_PAST: u32 = 5;

/// The most runs that a median looks back over.
pub const MOST_RUNS: u32 = 400;

/// What an earlier business day's run found of a group: its last one, where there were several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastFigure {
    pub day: NaiveDate,
    /// Of money; quantities and numbers of rows have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    pub amount: Amount,
}

/// The past figures of one rule's groups, in any order.
pub type History = BTreeMap<Subject, Vec<PastFigure>>;

/// What of the past a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Against {
    LastRun,
    /// The median of the latest figures, at most so many.
    Median {
        runs: u32,
    },
}

impl Against {
    /// How many past figures it looks at.
    pub fn runs(self) -> u32 {
        match self {
            Against::LastRun => 1,
            Against::Median { runs } => runs,
        }
    }

    /// With fewer past figures nothing is compared.
    pub fn needed(self) -> u32 {
        self.runs().min(LEAST_PAST)
    }
}

/// How far a figure may lie from its past, in either direction; inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "of", rename_all = "snake_case")]
pub enum Allowance {
    /// Of the past figure's absolute value. Of zero no change is within a percentage.
    Percent(Amount),
    /// In the figure's own unit, whatever the currency.
    Amount(Amount),
}

/// The `change` of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub within: Allowance,
    pub against: Against,
}

/// How a figure lies to its past, where it lies too far from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swing {
    pub against: Against,
    pub allowed: Allowance,
    /// What the past figures come to.
    pub base: Amount,
    /// The figure minus `base`.
    pub change: Amount,
    /// |change| / |base| in percent, rounded half up to one digit; `None` where the base is zero. Shown only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The figures that were looked at, the latest first.
    pub past: Vec<PastFigure>,
}

/// What comparing a figure with its past says.
pub(crate) enum Compared {
    Within,
    Beyond(Box<Swing>),
    /// There are only so many past figures.
    NoHistory(u32),
    /// What they come to, or the change, is beyond exact decimals.
    OutOfRange,
}

impl Change {
    /// Compares `figure` with those of `past` that are in its currency and of days before `today`.
    pub(crate) fn compare(
        &self,
        figure: Amount,
        currency: Option<&str>,
        past: &[PastFigure],
        today: NaiveDate,
    ) -> Compared {
        let mut past: Vec<&PastFigure> =
            past.iter().filter(|past| past.day < today && past.currency.as_deref() == currency).collect();
        past.sort_by_key(|past| std::cmp::Reverse(past.day));
        past.truncate(self.against.runs() as usize);
        let have = past.len() as u32;
        if have < self.against.needed() {
            return Compared::NoHistory(have);
        }
        let base = median(past.iter().map(|past| past.amount).collect());
        let measured = base.and_then(|base| {
            let change = figure.checked_sub(base)?;
            Some((base, change, change.checked_abs()?))
        });
        let Some((base, change, size)) = measured else { return Compared::OutOfRange };
        let within = match self.within {
            Allowance::Percent(percent) => size.is_within_product(percent, base, 2),
            Allowance::Amount(amount) => size <= amount,
        };
        if within {
            return Compared::Within;
        }
        Compared::Beyond(Box::new(Swing {
            against: self.against,
            allowed: self.within,
            base,
            change,
            percent: percent(size, base),
            currency: currency.map(str::to_owned),
            past: past.into_iter().cloned().collect(),
        }))
    }
}

/// The middle figure, or the exact mean of the two in the middle; `None` where there is none or it does not fit.
fn median(mut figures: Vec<Amount>) -> Option<Amount> {
    figures.sort();
    let middle = figures.len() / 2;
    let upper = *figures.get(middle)?;
    if figures.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = figures[middle - 1];
    if lower == upper {
        return Some(upper);
    }
    // Half of the sum is five of its tenths. Zeros it did not need are not shown.
    let sum = lower.checked_add(upper)?;
    let half = sum.checked_mul(Amount::new(5, 1))?;
    half.rescale(sum.scale()).or(Some(half))
}

fn percent(size: Amount, base: Amount) -> Option<Amount> {
    let share = Fraction::from(size).checked_div(Fraction::from(base.checked_abs()?))?;
    share.checked_mul(Fraction::whole(100))?.shown(1).map(|(percent, _)| percent)
}

/// What a run found of a group, for later runs to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFigure {
    pub currency: Option<String>,
    pub amount: Amount,
}

/// Groups that a check could not compare with their past yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoHistory {
    pub check: String,
    pub groups: u64,
    /// Past figures of the group among them that has most.
    pub most: u32,
    pub needed: u32,
}

/// By the place of a check in the file, how many groups could not be compared yet, and the most past figures any of
/// them has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Young(BTreeMap<usize, (u64, u32)>);

impl Young {
    pub fn count(&mut self, place: usize, groups: u64, most: u32) {
        let held = self.0.entry(place).or_default();
        *held = (held.0 + groups, held.1.max(most));
    }

    pub fn merge(&mut self, more: Young) {
        more.0.into_iter().for_each(|(place, (groups, most))| self.count(place, groups, most));
    }

    /// In check order.
    pub fn told(&self, checks: &[Check]) -> Vec<NoHistory> {
        let told = self.0.iter().filter_map(|(place, (groups, most))| {
            let check = checks.get(*place)?;
            let Some(Limit::Change(change)) = &check.limit else { return None };
            let (check, needed) = (check.name.clone(), change.against.needed());
            Some(NoHistory { check, groups: *groups, most: *most, needed })
        });
        told.collect()
    }
}
