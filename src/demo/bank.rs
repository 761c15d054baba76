//! The bank accounts: what the company booked, and what the bank's statement says.

use chrono::{Datelike, Days, NaiveDate};

use super::company::{Company, HOME_CURRENCY, Numbers};
use super::defects::quota;
use super::purchasing::Purchases;
use super::random::{Random, Topic};
use super::receivables::Receivables;
use super::spelling::{Cents, Spelling};
use super::truth::{BANK, Cause, Innocence, Truth, cents, text_subject};
use crate::audit::breaks::Class;
use crate::audit::value::Subject;

/// Days in which an entry may stand on one side only (未达账项); the rule's grace.
const GRACE: u64 = 5;

/// Days after its date a supplier's invoice is paid.
pub(super) const PAYMENT_TERM: u64 = 30;

const AMOUNT: (&str, Class) = ("amount", Class::Amount);

const DEFECTS: [(Cause, u64); 4] =
    [(Cause::BankOnly, 3), (Cause::BookOnly, 3), (Cause::BankAmountDifference, 4), (Cause::StatementLoadedTwice, 2)];

const NEAR_MISSES: [(Innocence, u64); 4] = [
    (Innocence::TwoReceiptsInOneCredit, 3),
    (Innocence::NotYetStated, 2),
    (Innocence::StatedYesterday, 2),
    (Innocence::FullWidthKey, 2),
];

/// Money that came in (positive) or went out, by the bank's own number for it.
pub(super) struct Entry {
    pub(super) currency: &'static str,
    pub(super) reference: String,
    /// 摘要
    pub(super) text: &'static str,
    date: NaiveDate,
    amount: Cents,
    /// The entry whose number it goes under.
    under: Option<usize>,
    pub(super) booked: Option<Booked>,
    pub(super) stated: Option<Stated>,
}

pub(super) struct Booked {
    pub(super) date: NaiveDate,
    pub(super) amount: Cents,
    pub(super) reference: Spelling,
}

pub(super) struct Stated {
    pub(super) date: NaiveDate,
    pub(super) amount: Cents,
    /// How many times the line stands in the loaded statement.
    pub(super) copies: u8,
}

/// The number of the company's account in a currency.
pub(super) fn account_no(currency: &str) -> &'static str {
    if currency == HOME_CURRENCY { "ICBC-3901-0188" } else { "BOC-7702-4416" }
}

/// Books what came in and went out by the company's day, states it, and makes both disagree.
pub(super) fn keep(
    company: &Company,
    books: &Receivables,
    bought: &Purchases,
    truth: &mut Truth,
    seed: u64,
) -> Vec<Entry> {
    let mut random = Random::stream(seed, Topic::Bank);
    let mut entries = received(company, books);
    entries.extend(paid(company, bought, &mut random));
    entries.extend(fees(company, &mut random));
    let mut injector = Injector { company, truth, random, ordinary: entries.len(), entries, spares: Vec::new() };
    let causes = injector.inject();
    injector.number();
    injector.record(causes);
    injector.entries
}

fn entry(currency: &'static str, text: &'static str, date: NaiveDate, amount: Cents) -> Entry {
    let booked = Some(Booked { date, amount, reference: Spelling::Plain });
    let stated = Some(Stated { date, amount, copies: 1 });
    Entry { currency, reference: String::new(), text, date, amount, under: None, booked, stated }
}

fn received(company: &Company, books: &Receivables) -> Vec<Entry> {
    let mut entries = Vec::new();
    for receipt in &books.receipts {
        let currency = company.customers[receipt.customer].currency;
        entries.push(entry(currency, "收货款", receipt.date, receipt.amount));
        entries.extend(receipt.bounced_on.map(|bounced| entry(currency, "退票", bounced, -receipt.amount)));
    }
    entries
}

/// The bank states a payment up to two days after it is booked.
fn paid(company: &Company, bought: &Purchases, random: &mut Random) -> Vec<Entry> {
    let mut entries = Vec::new();
    for invoice in bought.invoices.iter().filter(|invoice| !invoice.void) {
        let date = invoice.date + Days::new(PAYMENT_TERM);
        if date > company.day {
            continue;
        }
        let mut payment = entry(HOME_CURRENCY, "付货款", date, -(invoice.net + invoice.tax));
        let value = date + Days::new(random.below(3) as u64);
        payment.stated = payment.stated.take().map(|stated| Stated { date: value, ..stated });
        payment.stated = payment.stated.take().filter(|stated| stated.date <= company.day);
        entries.push(payment);
    }
    entries
}

/// The bank takes its fee on the first of a month, and the company books it the day after.
fn fees(company: &Company, random: &mut Random) -> Vec<Entry> {
    let firsts = company.start.iter_days().take_while(|day| *day <= company.day).filter(|day| day.day() == 1);
    let fee = |date: NaiveDate| {
        let mut fee = entry(HOME_CURRENCY, "手续费", date, -random.between(2_000, 18_000));
        let next = date + Days::new(1);
        fee.booked = fee.booked.take().map(|booked| Booked { date: next, ..booked });
        fee.booked = fee.booked.take().filter(|booked| booked.date <= company.day);
        fee
    };
    firsts.map(fee).collect()
}

struct Injector<'a> {
    company: &'a Company,
    truth: &'a mut Truth,
    random: Random,
    /// How many entries nothing was injected into at first; those behind them were made to be wrong.
    ordinary: usize,
    entries: Vec<Entry>,
    spares: Vec<(usize, Innocence)>,
}

/// An entry, the money at risk and the reason.
type Found = (usize, Cents, Cause);

impl Injector<'_> {
    /// What will be found. It is recorded when the entries have their numbers.
    fn inject(&mut self) -> Vec<Found> {
        let lines = self.company.lines.len();
        let long_ago = self.company.day - Days::new(GRACE + 3);
        let is_free = |place: &usize| {
            let entry = &self.entries[*place];
            entry.date < long_ago && entry.amount > 10_000 && entry.booked.is_some() && entry.stated.is_some()
        };
        let mut free: Vec<usize> = (0..self.ordinary).filter(is_free).collect();
        self.random.shuffle(&mut free);
        let mut found = Vec::new();
        for (cause, share) in DEFECTS {
            for turn in 0..quota(lines, share) {
                found.extend(self.defect(cause, turn, &mut free));
            }
        }
        for (innocence, share) in NEAR_MISSES {
            for _ in 0..quota(lines, share) {
                let place = self.near_miss(innocence, &mut free);
                self.spares.extend(place.map(|place| (place, innocence)));
            }
        }
        found
    }

    /// An entry of its own, so many days old.
    fn add(&mut self, text: &'static str, age: u64) -> &mut Entry {
        let amount = self.random.between(15_000, 2_000_000);
        let amount = if self.random.chance(50) { amount } else { -amount };
        self.entries.push(entry(HOME_CURRENCY, text, self.company.day - Days::new(age), amount));
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }

    fn defect(&mut self, cause: Cause, turn: u64, free: &mut Vec<usize>) -> Option<Found> {
        let age = GRACE + if turn == 0 { 1 } else { 1 + self.random.below(40) as u64 };
        match cause {
            Cause::BankOnly | Cause::BookOnly => {
                let entry = self.add("往来款", age);
                if cause == Cause::BankOnly {
                    entry.booked = None;
                } else {
                    entry.stated = None;
                }
                let amount = entry.amount;
                Some((self.entries.len() - 1, amount.abs(), cause))
            }
            Cause::BankAmountDifference => {
                let place = free.pop()?;
                let amount = self.entries[place].amount;
                let delta = if turn == 0 { 1 } else { self.random.between(1, amount / 2) };
                self.entries[place].booked.as_mut()?.amount -= delta;
                Some((place, delta, cause))
            }
            _ => {
                let place = free.pop()?;
                self.entries[place].stated.as_mut()?.copies = 2;
                Some((place, self.entries[place].amount.abs(), cause))
            }
        }
    }

    fn near_miss(&mut self, innocence: Innocence, free: &mut Vec<usize>) -> Option<usize> {
        match innocence {
            Innocence::TwoReceiptsInOneCredit => {
                let place = free.pop()?;
                let (currency, date) = (self.entries[place].currency, self.entries[place].date);
                // The second receipt is booked under the first one's number, and the bank states their sum.
                let mut second = entry(currency, "收货款", date, self.random.between(10_000, 900_000));
                self.entries[place].stated.as_mut()?.amount += second.amount;
                second.stated = None;
                second.under = Some(place);
                self.entries.push(second);
                Some(place)
            }
            Innocence::NotYetStated => {
                self.add("往来款", GRACE).stated = None;
                Some(self.entries.len() - 1)
            }
            Innocence::StatedYesterday => {
                self.add("往来款", 1).booked = None;
                Some(self.entries.len() - 1)
            }
            _ => {
                let place = free.pop()?;
                self.entries[place].booked.as_mut()?.reference = Spelling::FullWidth;
                Some(place)
            }
        }
    }

    /// Gives every entry the bank's number: in the order of days, but for those that go under another's.
    fn number(&mut self) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|place| self.entries[*place].date);
        let mut numbers = Numbers::default();
        let mut shared = Vec::new();
        for place in order {
            let entry = &mut self.entries[place];
            if let Some(first) = entry.under {
                shared.push((place, first));
                continue;
            }
            entry.reference = format!("TX{}-{:05}", entry.date.format("%Y%m%d"), numbers.next(entry.date));
        }
        for (place, first) in shared {
            self.entries[place].reference = self.entries[first].reference.clone();
        }
    }

    fn record(&mut self, found: Vec<Found>) {
        let subject = |entry: &Entry| -> Subject { text_subject(&[account_no(entry.currency), &entry.reference]) };
        for (place, amount, cause) in found {
            let entry = &self.entries[place];
            let (subject, amount) = (subject(entry), cents(entry.currency, amount));
            let (side, class) = match cause {
                Cause::BankAmountDifference => {
                    self.truth.raise(BANK, AMOUNT, subject, amount, cause);
                    continue;
                }
                Cause::BankOnly => ("book", Class::Missing),
                Cause::BookOnly => ("statement", Class::Missing),
                _ => ("statement", Class::Duplicate),
            };
            self.truth.raise_on((BANK, side), class, subject, amount, cause);
        }
        for (place, innocence) in &self.spares {
            self.truth.spare(BANK, subject(&self.entries[*place]), *innocence);
        }
    }
}
