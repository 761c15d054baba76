//! What the documents of all partitions add up to, per party.

use std::collections::BTreeMap;

use super::books::{Unreadable, by_party, empty, unreadable};
use super::credit::Limits;
use super::name_key;
use super::parts::Settled;
use crate::audit::account::Account;
use crate::audit::ageing::{Aged, Ageing, bounds};
use crate::audit::amount::{Amount, Purse};
use crate::audit::breaks::{Message, SideRows};
use crate::audit::judgement::Context;
use crate::audit::rulebook::{Direction, Open, OverduePayment};
use crate::audit::rules::Tables;
use crate::audit::rules::rows::{self, Currencies};
use crate::audit::value::{Subject, Value};

#[derive(Debug, Default)]
pub(crate) struct Parties {
    pub(super) known: BTreeMap<Subject, Party>,
    pub(super) limits: Limits,
    /// The tables of parties were read.
    read: bool,
}

#[derive(Debug, Default)]
pub(super) struct Party {
    /// By currency.
    pub balances: BTreeMap<String, Aged>,
    /// A sum left the range of exact decimals.
    pub overflowed: bool,
    /// Of undelivered orders.
    pub undelivered: Purse,
    /// Rows of the party's own tables that cannot be read: the side, and what it says.
    pub faults: Vec<(&'static str, Message)>,
    pub evidence: Vec<SideRows>,
}

impl Party {
    /// Adds to one figure of the party's balance in one currency.
    fn add(&mut self, currency: &str, buckets: usize, amount: Amount, figure: impl FnOnce(&mut Aged) -> &mut Amount) {
        let balance = self.balances.entry(currency.to_owned()).or_insert_with(|| Aged {
            currency: currency.to_owned(),
            buckets: vec![Amount::ZERO; buckets],
            ..Aged::default()
        });
        let held = figure(balance);
        match held.checked_add(amount) {
            Some(sum) => *held = sum,
            None => self.overflowed = true,
        }
    }

    fn purse(&self, figure: impl Fn(&Aged) -> Amount) -> Purse {
        let figures = self.balances.iter().map(|(currency, balance)| (currency.clone(), figure(balance)));
        Purse(figures.filter(|(_, amount)| !amount.is_zero()).collect())
    }
}

impl Parties {
    /// Adds the debts of one document to its party's.
    pub(super) fn add(&mut self, settings: &OverduePayment, context: &Context, settled: &Settled) {
        let ends = bounds(&settings.buckets);
        let party = self.known.entry(Subject::party(settled.party.clone())).or_default();
        for part in settled.parts.iter().filter(|part| part.outstanding > Amount::ZERO) {
            let days = part.due.map(|due| (context.day - due).num_days());
            let bucket = days.and_then(|days| ends.iter().position(|(_, to)| to.is_none_or(|to| days <= to)));
            let outstanding = part.outstanding;
            party.add(&settled.currency, ends.len(), outstanding, |aged| &mut aged.outstanding);
            match (days, bucket) {
                (Some(days), Some(bucket)) if days > 0 => {
                    party.add(&settled.currency, ends.len(), outstanding, |aged| &mut aged.overdue);
                    party.add(&settled.currency, ends.len(), outstanding, |aged| &mut aged.buckets[bucket]);
                }
                (None, _) => party.add(&settled.currency, ends.len(), outstanding, |aged| &mut aged.no_due_date),
                _ => party.add(&settled.currency, ends.len(), outstanding, |aged| &mut aged.not_due),
            }
        }
        if settled.left > Amount::ZERO {
            let is_credit = settled.amount <= Amount::ZERO;
            party.add(&settled.currency, ends.len(), settled.left, |aged| {
                if is_credit { &mut aged.credits } else { &mut aged.overpaid }
            });
        }
    }

    /// Reads the tables of parties, once.
    pub(super) fn read(&mut self, settings: &OverduePayment, context: &Context, tables: &Tables) {
        if std::mem::replace(&mut self.read, true) {
            return;
        }
        self.beside("unapplied", settings.unapplied.as_ref(), settings, context, tables);
        self.beside("credits", settings.credits.as_ref(), settings, context, tables);
        if let Some(credit) = &settings.credit {
            self.beside("undelivered", credit.undelivered.as_ref(), settings, context, tables);
            self.read_limits(credit, settings, context, tables);
        }
    }

    /// Adds up one table of figures that stand beside the documents.
    fn beside(
        &mut self,
        side: &'static str,
        open: Option<&Open>,
        settings: &OverduePayment,
        context: &Context,
        tables: &Tables,
    ) {
        let Some(open) = open else { return };
        let table = &tables[&open.table];
        let (names, amounts) = (table.vector(&open.party), rows::decimals(table, &open.amount));
        let currencies = Currencies::of(table, &open.amount, context);
        let used = [Some(&open.amount), open.date.as_ref()].into_iter().flatten().cloned().collect();
        let cells: Unreadable<'_> = rows::unreadable(table, &used);
        let buckets = settings.buckets.len() + 1;
        let by_party: BTreeMap<String, Vec<u32>> = by_party(open, table, context).into_iter().collect();
        for members in by_party.into_values() {
            let name = names.value(members[0] as usize);
            if name.is_null() {
                continue;
            }
            let party = self.known.entry(Subject::party(name)).or_default();
            party.evidence.push(rows::shown(side, table, &members, context.evidence_rows));
            if let Some(message) = unreadable(side, table, &members, &cells) {
                party.faults.push((side, message));
                continue;
            }
            // One row without an amount leaves the party's sum open, whichever row comes first.
            let stated = members.iter().map(|row| Some((*row, rows::amount(&amounts, *row)?)));
            let Some(stated) = stated.collect::<Option<Vec<_>>>() else {
                party.faults.push((side, empty(side, &open.amount, "money")));
                continue;
            };
            for (row, amount) in stated {
                let currency = currencies.at(row);
                match side {
                    "unapplied" => party.add(currency, buckets, amount, |aged| &mut aged.unapplied),
                    "credits" => party.add(currency, buckets, amount, |aged| &mut aged.credits),
                    _ => party.overflowed |= !party.undelivered.add(currency, amount),
                }
            }
        }
    }

    /// Fills in what stands beside a debt on its party's account.
    pub(super) fn complete(&self, message: &mut Message) {
        let (Message::Overdue { party, account, .. } | Message::NoDueDate { party, account, .. }) = message else {
            return;
        };
        let known = self.known.get(&Subject::party(party.clone()));
        let mut filled = account.take().map_or_else(Account::default, |account| *account);
        if let Some(known) = known {
            known.beside(&mut filled);
        }
        *account = filled.filled();
    }

    /// What every party owes by age.
    pub(super) fn ageing(&self, settings: &OverduePayment) -> Ageing {
        let payable = settings.direction == Direction::Payable;
        let mut ageing = Ageing { payable, buckets: settings.buckets.clone(), ..Ageing::default() };
        let mut totals: BTreeMap<String, Option<Aged>> = BTreeMap::new();
        for (subject, party) in &self.known {
            if party.overflowed {
                ageing.unsummed += 1;
                continue;
            }
            let name = subject.values().first().filter(|name| !name.is_null()).map(name_key);
            for balance in party.balances.values().filter(|balance| balance.says_something()) {
                let total = totals.entry(balance.currency.clone()).or_insert_with(|| {
                    let nothing = vec![Amount::ZERO; balance.buckets.len()];
                    Some(Aged { currency: balance.currency.clone(), buckets: nothing, ..Aged::default() })
                });
                *total = total.take().and_then(|total| total.plus(balance));
                ageing.parties.push(Aged { party: name.clone(), ..balance.clone() });
            }
        }
        // A total that does not fit is no reason to hide its parties.
        ageing.totals = totals.into_values().flatten().collect();
        ageing.parties.sort_by(|left, right| {
            let by_size = right.overdue.cmp(&left.overdue).then_with(|| right.outstanding.cmp(&left.outstanding));
            left.currency.cmp(&right.currency).then(by_size).then_with(|| left.party.cmp(&right.party))
        });
        ageing
    }
}

impl Party {
    pub fn beside(&self, account: &mut Account) {
        account.unapplied = self.purse(|aged| aged.unapplied);
        account.credits = self.purse(|aged| aged.credits);
        account.overpaid = self.purse(|aged| aged.overpaid);
    }

    /// The party's own ageing as rows of evidence: a row per currency.
    pub fn aged(&self, ends: &[i64]) -> Option<SideRows> {
        let rows: Vec<&Aged> = self.balances.values().filter(|balance| balance.says_something()).collect();
        if rows.is_empty() || self.overflowed {
            return None;
        }
        let names = bounds(ends).into_iter().map(|(from, to)| crate::audit::ageing::bucket_name(from, to));
        let before = ["currency", "outstanding", "not_due"].map(str::to_owned);
        let after = ["no_due_date", "unapplied", "credits", "overpaid"].map(str::to_owned);
        let columns = before.into_iter().chain(names).chain(after).collect();
        let cells = rows.iter().map(|aged| {
            let before = [aged.outstanding, aged.not_due];
            let after = [aged.no_due_date, aged.unapplied, aged.credits, aged.overpaid];
            let figures = before.into_iter().chain(aged.buckets.iter().copied()).chain(after);
            std::iter::once(Value::Text(aged.currency.clone())).chain(figures.map(Value::Amount)).collect()
        });
        let (side, total) = ("ageing".to_owned(), rows.len() as u64);
        Some(SideRows { side, table: "ageing".to_owned(), columns, total, rows: cells.collect() })
    }
}
