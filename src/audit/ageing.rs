//! What parties owe by age, in one table: nothing of it is netted, and no two currencies are added.

use std::collections::BTreeMap;

use serde::Serialize;

use super::amount::Amount;

/// The debts of a rule by party, currency and bucket, as of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ageing {
    /// We owe the parties; otherwise they owe us.
    pub payable: bool,
    /// The last day of each bucket but the last, which has no end.
    pub buckets: Vec<i64>,
    /// One per currency, over all parties, in currency order.
    pub totals: Vec<Aged>,
    /// By currency, then what is overdue, the largest first, then by name.
    pub parties: Vec<Aged>,
    /// Parties whose sums have more digits than fit: they stand in neither list.
    pub unsummed: u64,
}

impl Ageing {
    /// The first `limit` parties of each currency, and how many rows were left out.
    pub fn bounded(mut self, limit: usize) -> (Ageing, u64) {
        let all = self.parties.len();
        let mut listed: BTreeMap<String, usize> = BTreeMap::new();
        self.parties.retain(|party| {
            let places = listed.entry(party.currency.clone()).or_default();
            *places += 1;
            *places <= limit
        });
        let more = (all - self.parties.len()) as u64;
        (self, more)
    }
}

/// One party's debts in one currency, or all parties'.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Aged {
    /// `None` where the documents name no party, and in totals.
    pub party: Option<String>,
    pub currency: String,
    /// `not_due`, the buckets and `no_due_date` together.
    pub outstanding: Amount,
    /// The buckets together.
    pub overdue: Amount,
    /// Due today or later.
    pub not_due: Amount,
    pub buckets: Vec<Amount>,
    pub no_due_date: Amount,
    /// Shown beside: payments that settle no document.
    pub unapplied: Amount,
    /// Shown beside: credit notes that are not used up, as a positive figure.
    pub credits: Amount,
    /// Shown beside: what was applied to documents beyond their amounts.
    pub overpaid: Amount,
}

impl Aged {
    /// Whether any figure is not zero.
    pub fn says_something(&self) -> bool {
        let beside = [self.unapplied, self.credits, self.overpaid];
        !self.outstanding.is_zero() || beside.iter().any(|amount| !amount.is_zero())
    }

    /// Adds another row's figures; `None` where one does not fit.
    pub fn plus(mut self, other: &Aged) -> Option<Aged> {
        let pairs = [
            (&mut self.outstanding, other.outstanding),
            (&mut self.overdue, other.overdue),
            (&mut self.not_due, other.not_due),
            (&mut self.no_due_date, other.no_due_date),
            (&mut self.unapplied, other.unapplied),
            (&mut self.credits, other.credits),
            (&mut self.overpaid, other.overpaid),
        ];
        let buckets = self.buckets.iter_mut().zip(other.buckets.iter().copied());
        for (held, more) in pairs.into_iter().chain(buckets) {
            *held = held.checked_add(more)?;
        }
        Some(self)
    }
}

/// How a bucket is called in days: `1-30`, `91+`.
pub fn bucket_name(from: i64, to: Option<i64>) -> String {
    to.map_or_else(|| format!("{from}+"), |to| format!("{from}-{to}"))
}

/// First and last day of each bucket; the last one has no end.
pub fn bounds(ends: &[i64]) -> Vec<(i64, Option<i64>)> {
    let starts = std::iter::once(1).chain(ends.iter().map(|end| end + 1));
    starts.zip(ends.iter().copied().map(Some).chain([None])).collect()
}
