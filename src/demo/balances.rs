//! What the bank says lies on each account at the end of a day.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::bank::{Entry, account_no};
use super::company::{Company, HOME_CURRENCY};
use super::random::{Random, Topic};
use super::spelling::Cents;
use super::truth::{CASH, Cause, Innocence, Truth, cents, text_subject};
use crate::audit::breaks::Class;

/// What the rule wants on every account of a currency.
const FLOORS: [(&str, Cents); 2] = [(HOME_CURRENCY, 10_000_000), ("USD", 2_000_000)];

const FLOOR: (&str, Class) = ("floor", Class::Limit);

/// The account for deposits on letters of credit (保证金户), which lies below its floor.
const DEPOSITS: &str = "CMB-6214-3090";
/// The account for taxes, which lies exactly at it.
const TAXES: &str = "CCB-5120-7731";

/// What lay on an account at the end of a day on which something moved.
pub(super) struct Closing {
    pub(super) account: &'static str,
    pub(super) currency: &'static str,
    pub(super) date: NaiveDate,
    pub(super) balance: Cents,
}

/// The accounts that the bank's movements run over keep their floor on every day; one of two others does not.
pub(super) fn close(company: &Company, entries: &[Entry], truth: &mut Truth, seed: u64) -> Vec<Closing> {
    let mut random = Random::stream(seed, Topic::Balances);
    let mut closings = Vec::new();
    for (currency, floor) in FLOORS {
        closings.extend(moved(company, entries, (currency, floor), random.between(0, 50_000_000)));
    }
    let since = company.day - Days::new(random.between(10, 40).unsigned_abs());
    let short = random.between(1, 9_000_000);
    let (currency, floor) = FLOORS[0];
    let quiet = |account, balance| Closing { account, currency, date: since, balance };
    closings.extend([quiet(DEPOSITS, floor - short), quiet(TAXES, floor)]);
    truth.raise(CASH, FLOOR, text_subject(&[DEPOSITS, currency]), cents(currency, short), Cause::BelowFloor);
    truth.spare(CASH, text_subject(&[TAXES, currency]), Innocence::AtFloor);
    closings
}

/// The days on which the currency's account moved, with an opening balance that keeps it above its floor by `spare`.
/// A statement that was loaded twice moved its money once.
fn moved(company: &Company, entries: &[Entry], (currency, floor): (&'static str, Cents), spare: Cents) -> Vec<Closing> {
    let mut days: BTreeMap<NaiveDate, Cents> = BTreeMap::from([(company.start, 0)]);
    let stated = entries.iter().filter(|entry| entry.currency == currency).filter_map(|entry| entry.stated.as_ref());
    for stated in stated {
        *days.entry(stated.date).or_default() += stated.amount;
    }
    let sums = days.iter().scan(0, |sum, (date, moved)| {
        *sum += moved;
        Some((*date, *sum))
    });
    let sums: Vec<(NaiveDate, Cents)> = sums.collect();
    let least = sums.iter().map(|(_, sum)| *sum).min().unwrap_or_default();
    let opening = floor + spare - least.min(0);
    let account = account_no(currency);
    sums.into_iter().map(|(date, sum)| Closing { account, currency, date, balance: opening + sum }).collect()
}
