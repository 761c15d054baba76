//! Parties over their credit limit.
//!
//! exposure = open documents, overdue or not, plus undelivered orders where the rule names them, each sum that is above
//! zero. Where the rule has rates, other currencies are converted into the limit's at the last rate on or before the
//! as-of day, and a party with a figure that has none is not judged; without rates they use nothing of it up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::books::unreadable;
use super::parties::{Parties, Party};
use super::{OF_PARTIES, OF_ROWS, fault, placed, rule_break};
use crate::audit::account::{Account, Exposure};
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Class, Message};
use crate::audit::judgement::{Context, Unjudged};
use crate::audit::rulebook::{Credit, Direction, OverduePayment, Rule};
use crate::audit::rules::exchange::{Rate, last, series};
use crate::audit::rules::rows::{self, Currencies};
use crate::audit::rules::{Gathered, Tables};
use crate::audit::snapshot::days_since_epoch;
use crate::audit::value::Subject;

/// What the tables of limits and rates say.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// Every limit that a party has, sorted, with how many rows state one.
    of: BTreeMap<Subject, (BTreeSet<Money>, u64)>,
    /// The rate of the day by the currency it leads into and the one it comes from; `None` where the rule has no rates.
    rates: Option<BTreeMap<String, HashMap<String, Rate>>>,
}

/// What judging one party gave.
enum Verdict {
    Within,
    NoRate,
    /// A figure left the range of exact decimals.
    TooLarge,
    Over(Box<Break>),
}

impl Parties {
    pub(super) fn read_limits(
        &mut self,
        credit: &Credit,
        settings: &OverduePayment,
        context: &Context,
        tables: &Tables,
    ) {
        let table = &tables[&credit.table];
        let (names, amounts) = (table.vector(&credit.party), rows::decimals(table, &credit.limit));
        let currencies = Currencies::of(table, &credit.limit, context);
        let cells = rows::unreadable(table, &BTreeSet::from([credit.limit.clone()]));
        let mut by_party: BTreeMap<Subject, Vec<u32>> = BTreeMap::new();
        for row in 0..table.len() as u32 {
            let name = names.value(row as usize);
            let told = rows::amount(&amounts, row).is_some() || cells.contains_key(&row);
            if told && !name.is_null() {
                by_party.entry(Subject::party(name)).or_default().push(row);
            }
        }
        for (subject, members) in by_party {
            let party = self.known.entry(subject.clone()).or_default();
            party.evidence.push(rows::shown("credit", table, &members, context.evidence_rows));
            if let Some(message) = unreadable("credit", table, &members, &cells) {
                party.faults.push(("credit", message));
                continue;
            }
            let limits: BTreeSet<Money> = members
                .iter()
                .filter_map(|row| {
                    Some(Money { currency: currencies.at(*row).to_owned(), amount: rows::amount(&amounts, *row)? })
                })
                .collect();
            self.limits.of.insert(subject, (limits, members.len() as u64));
        }
        self.limits.rates = settings.rates.as_ref().map(|rates| {
            let into: BTreeSet<&String> =
                self.limits.of.values().flat_map(|(limits, _)| limits.iter().map(|limit| &limit.currency)).collect();
            let day = days_since_epoch(context.day);
            let of_day = |to: &&String| -> HashMap<String, Rate> {
                let all = series(&tables[&rates.table], rates, to);
                all.into_iter().map(|(from, series)| (from, last(&series, day))).collect()
            };
            into.iter().map(|to| ((*to).clone(), of_day(to))).collect()
        });
    }

    /// Tells of every party whose own rows cannot be read, whose limits differ, or which is over its limit.
    pub(super) fn judge(
        self,
        rule: &Rule,
        settings: &OverduePayment,
        open: &BTreeSet<Subject>,
        gathered: &mut Gathered,
    ) {
        let Parties { known, limits, .. } = self;
        for (subject, mut party) in known {
            let faults: Vec<_> = std::mem::take(&mut party.faults);
            let mut placed_breaks: Vec<_> = faults
                .into_iter()
                .map(|(side, message)| placed(OF_ROWS, fault(rule, Class::Unreadable, side, message)))
                .collect();
            if let (true, Some((stated, rows))) = (placed_breaks.is_empty(), limits.of.get(&subject)) {
                let mut stated_limits = stated.iter();
                let found = match (stated_limits.next(), stated_limits.next(), &settings.credit) {
                    (Some(limit), None, _) => match verdict(rule, settings, &party, limit, limits.rates.as_ref()) {
                        Verdict::Within => None,
                        Verdict::NoRate => {
                            let awaited = open.contains(&subject).then(|| subject.clone());
                            gathered.left(Unjudged::NoRate, awaited);
                            continue;
                        }
                        Verdict::TooLarge => {
                            let expression = "outstanding".to_owned();
                            let message = Message::OutOfRange { side: None, expression };
                            Some(rule_break(rule, Class::Unreadable, message, None))
                        }
                        Verdict::Over(found) => Some(*found),
                    },
                    (Some(_), Some(_), Some(credit)) => {
                        let (side, unique) = ("credit".to_owned(), vec![credit.party.clone()]);
                        let message = Message::Duplicate { side, unique, rows: *rows };
                        Some(fault(rule, Class::Duplicate, "credit", message))
                    }
                    _ => None,
                };
                placed_breaks.extend(found.map(|found| placed(OF_PARTIES, found)));
            }
            if placed_breaks.is_empty() {
                gathered.passed(subject, false, open);
                continue;
            }
            let aged = party.aged(&settings.buckets);
            let evidence = aged.into_iter().chain(std::mem::take(&mut party.evidence)).collect();
            gathered.found(rule, subject, placed_breaks, evidence, None);
        }
    }
}

fn verdict(
    rule: &Rule,
    settings: &OverduePayment,
    party: &Party,
    limit: &Money,
    rates: Option<&BTreeMap<String, HashMap<String, Rate>>>,
) -> Verdict {
    if party.overflowed {
        return Verdict::TooLarge;
    }
    let currency = &limit.currency;
    let mut exposures = Vec::new();
    let mut exposure = Amount::ZERO;
    let currencies: BTreeSet<&String> = party.balances.keys().chain(party.undelivered.0.keys()).collect();
    for own in currencies {
        let above = |amount: Option<Amount>| amount.filter(|amount| *amount > Amount::ZERO).unwrap_or_default();
        let open = above(party.balances.get(own).map(|balance| balance.outstanding));
        let undelivered = above(party.undelivered.0.get(own).copied());
        let Some(sum) = open.checked_add(undelivered) else { return Verdict::TooLarge };
        if sum.is_zero() {
            continue;
        }
        let (rate, converted) = if own == currency {
            (None, Some(sum))
        } else {
            let Some(rates) = rates else { continue };
            let rate = rates.get(currency).and_then(|rates| rates.get(own)).copied();
            let Some(Rate::Known(rate)) = rate else { return Verdict::NoRate };
            (Some(rate), sum.checked_mul_rounded(rate, limit.amount.scale()))
        };
        let Some(converted) = converted else { return Verdict::TooLarge };
        let Some(sum) = exposure.checked_add(converted) else { return Verdict::TooLarge };
        exposure = sum;
        exposures.push(Exposure { currency: own.clone(), open, undelivered, rate, converted });
    }
    let Some(excess) = exposure.checked_sub(limit.amount) else { return Verdict::TooLarge };
    if excess <= Amount::ZERO {
        return Verdict::Within;
    }
    // What only repeats the sum need not be said.
    if exposures.iter().all(|exposure| exposure.rate.is_none() && exposure.undelivered.is_zero()) {
        exposures.clear();
    }
    let mut account = Account { payable: settings.direction == Direction::Payable, ..Account::default() };
    party.beside(&mut account);
    let message = Message::OverCreditLimit {
        outstanding: exposure,
        limit: limit.amount,
        currency: currency.clone(),
        exposures,
        used: used(exposure, limit.amount),
        account: account.filled(),
    };
    let at_risk = Some(Money { currency: currency.clone(), amount: excess });
    Verdict::Over(Box::new(rule_break(rule, Class::OverCreditLimit, message, at_risk)))
}

/// exposure / limit in percent, rounded half away from zero to one digit; `None` for a limit that is not above zero.
/// Shown only: what is compared are the amounts.
fn used(exposure: Amount, limit: Amount) -> Option<Amount> {
    let scale = exposure.scale().max(limit.scale());
    let (exposure, limit) = (exposure.rescale(scale)?.units(), limit.rescale(scale)?.units());
    if limit <= 0 {
        return None;
    }
    let tenths = exposure.checked_mul(1000)?;
    let (whole, rest) = (tenths / limit, tenths % limit);
    Some(Amount::new(whole.checked_add(i128::from(rest >= limit - rest))?, 1))
}
