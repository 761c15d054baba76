//! The documents of a rule with everything they are judged by.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate};

use super::due::{bucket, day, terms};
use super::{Parties, rule_break};
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Class, Message, Operand, SideRows};
use crate::audit::expression::{Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::Kept;
use crate::audit::rulebook::{Applied, OverduePayment, Rule};
use crate::audit::rules::Tables;
use crate::audit::rules::rows::{self, Currencies};
use crate::audit::snapshot::{Table, UnreadableCell};
use crate::audit::value::{Subject, Value};

pub(super) struct Books<'a> {
    pub rule: &'a Rule,
    pub settings: &'a OverduePayment,
    pub context: &'a Context,
    pub items: &'a Table,
    pub documents: Vector,
    pub parties: Vector,
    pub amounts: Decimals,
    pub currencies: Currencies,
    pub due: Option<Vector>,
    pub dates: Option<Vector>,
    pub terms: HashMap<String, i64>,
    pub applied: Option<AppliedRows<'a>>,
    pub beside: Vec<Beside<'a>>,
    /// Cells of the items that could not be read, by row.
    pub unreadable: Unreadable<'a>,
}

type Unreadable<'a> = HashMap<u32, Vec<&'a UnreadableCell>>;

pub(super) struct AppliedRows<'a> {
    pub table: &'a Table,
    pub amounts: Decimals,
    pub currencies: Currencies,
    pub unreadable: Unreadable<'a>,
}

/// A table shown beside a party's documents, with its rows by party.
pub(super) struct Beside<'a> {
    pub name: &'static str,
    pub table: &'a Table,
    pub rows: HashMap<String, Vec<u32>>,
}

/// What counts as applied on the as-of day. A row with a date that cannot be read is kept, to be told of.
pub(super) fn applied_rows(applied: &Applied, known: &AppliedRows<'_>, context: &Context) -> Kept {
    let table = known.table;
    let mut kept = rows::kept(table, applied.filter.as_ref(), &context.parameters);
    let day_of = |column: &Option<String>| column.as_ref().map(|column| table.vector(column));
    let (dates, reversed) = (day_of(&applied.date), day_of(&applied.reversed));
    kept.retain(|row| {
        let on = |dates: &Vector| day(dates, row, context);
        let in_time = dates.as_ref().is_none_or(|dates| on(dates).is_some_and(|date| date <= context.day));
        let taken_back = reversed.as_ref().and_then(on).is_some_and(|date| date <= context.day);
        (in_time && !taken_back) || known.unreadable.contains_key(&row)
    });
    kept
}

impl<'a> Books<'a> {
    pub fn new(rule: &'a Rule, settings: &'a OverduePayment, context: &'a Context, tables: &'a Tables) -> Self {
        let items = &tables[&settings.items.table];
        let column = |name: &Option<String>| name.as_ref().map(|name| items.vector(name));
        let applied = settings.applied.as_ref().map(|applied| {
            let table = &tables[&applied.table];
            let used = [Some(&applied.amount), applied.date.as_ref(), applied.reversed.as_ref()];
            let used = used.into_iter().flatten().cloned().collect();
            AppliedRows {
                table,
                amounts: rows::decimals(table, &applied.amount),
                currencies: Currencies::of(table, &applied.amount, context),
                unreadable: rows::unreadable(table, &used),
            }
        });
        let shown = [("unapplied", &settings.unapplied), ("credits", &settings.credits)];
        let beside = shown.into_iter().filter_map(|(name, open)| {
            let open = open.as_ref()?;
            let table = &tables[&open.table];
            let parties = table.vector(&open.party);
            let mut by_party: HashMap<String, Vec<u32>> = HashMap::new();
            for row in rows::kept(table, open.filter.as_ref(), &context.parameters).iter() {
                by_party.entry(parties.value(row as usize).to_string()).or_default().push(row);
            }
            Some(Beside { name, table, rows: by_party })
        });
        let used = [Some(&settings.items.amount), settings.items.due.as_ref(), settings.items.date.as_ref()];
        let used = used.into_iter().flatten().chain([&settings.items.party]).cloned().collect();
        Books {
            rule,
            settings,
            context,
            items,
            documents: items.vector(&settings.items.document),
            parties: items.vector(&settings.items.party),
            amounts: rows::decimals(items, &settings.items.amount),
            currencies: Currencies::of(items, &settings.items.amount, context),
            due: column(&settings.items.due),
            dates: column(&settings.items.date),
            terms: terms(settings, tables),
            applied,
            beside: beside.collect(),
            unreadable: rows::unreadable(items, &used),
        }
    }

    /// The one break of a document, or none. Adds what is outstanding to its party.
    pub fn judge(&self, items: &[u32], applied: &[u32], parties: &mut Parties) -> Option<Break> {
        if let Some(fault) = self.row_fault(items, applied) {
            return Some(fault);
        }
        let row = items[0];
        let currency = self.currencies.at(row).to_owned();
        let amount = rows::amount(&self.amounts, row)?;
        let party = self.parties.value(row as usize);
        let paid = self.applied.as_ref().map_or(Some(Amount::ZERO), |known| {
            let mut sums = applied.iter().filter_map(|row| rows::amount(&known.amounts, *row));
            sums.try_fold(Amount::ZERO, Amount::checked_add)
        });
        let Some((paid, outstanding)) = paid.and_then(|paid| Some((paid, amount.checked_sub(paid)?))) else {
            let expression = self.settings.items.amount.clone();
            return Some(self.fault(Class::Unreadable, "items", Message::OutOfRange { side: None, expression }));
        };
        if outstanding <= Amount::ZERO {
            return None;
        }
        let known = parties.known.entry(Subject::party(party.clone())).or_default();
        known.overflowed |= !known.outstanding.add(&currency, outstanding);
        let at_risk = Some(Money { currency: currency.clone(), amount: outstanding });
        let Some(due) = self.due_date(row) else {
            let message = Message::NoDueDate { outstanding, currency, party };
            return Some(rule_break(self.rule, Class::NoDueDate, message, at_risk));
        };
        let days = (self.context.day - due).num_days();
        if days <= 0 {
            return None;
        }
        let (from, to) = bucket(&self.settings.buckets, days);
        let message = Message::Overdue { days, from, to, due, amount, applied: paid, outstanding, currency, party };
        Some(rule_break(self.rule, Class::Overdue, message, at_risk))
    }

    /// A document that cannot be judged: an unreadable cell, two rows, or payments in another currency.
    fn row_fault(&self, items: &[u32], applied: &[u32]) -> Option<Break> {
        if let Some(message) = unreadable("items", self.items, items, &self.unreadable) {
            return Some(self.fault(Class::Unreadable, "items", message));
        }
        if let Some(known) = &self.applied
            && let Some(message) = unreadable("applied", known.table, applied, &known.unreadable)
        {
            return Some(self.fault(Class::Unreadable, "applied", message));
        }
        let document = &self.settings.items.document;
        if items.len() > 1 {
            let rows = items.len() as u64;
            let message = Message::Duplicate { side: "items".to_owned(), unique: vec![document.clone()], rows };
            return Some(self.fault(Class::Duplicate, "items", message));
        }
        if rows::amount(&self.amounts, items[0]).is_none() {
            let message = Message::UnreadableCell {
                side: "items".to_owned(),
                column: self.settings.items.amount.clone(),
                text: String::new(),
                expected: "money".to_owned(),
                cells: 1,
            };
            return Some(self.fault(Class::Unreadable, "items", message));
        }
        let own = self.currencies.at(items[0]).to_owned();
        let known = self.applied.as_ref()?;
        let others: BTreeSet<String> = known.currencies.of_rows(applied);
        let other = others.into_iter().find(|code| *code != own)?;
        let operand = |side: &str, column: &str, code: String| Operand {
            expression: format!("{side}.{column}"),
            value: Value::Text(code),
        };
        let message = Message::CurrencyDiffers {
            left: operand("items", &self.settings.items.amount, own),
            right: operand("applied", &self.settings.applied.as_ref()?.amount, other),
        };
        Some(self.fault(Class::Currency, "applied", message))
    }

    fn fault(&self, class: Class, side: &str, message: Message) -> Break {
        let mut found = rule_break(self.rule, class, message, None);
        found.side = Some(side.to_owned());
        found
    }

    /// The document's own due date, else its date plus the party's terms.
    fn due_date(&self, row: u32) -> Option<NaiveDate> {
        let own = self.due.as_ref().and_then(|due| day(due, row, self.context));
        own.or_else(|| {
            let start = self.dates.as_ref().and_then(|dates| day(dates, row, self.context))?;
            let days = *self.terms.get(&self.parties.value(row as usize).to_string())?;
            start.checked_add_days(Days::new(u64::try_from(days).ok()?))
        })
    }

    pub fn evidence(&self, items: &[u32], applied: &[u32]) -> Vec<SideRows> {
        let limit = self.context.evidence_rows;
        let mut sides = vec![rows::shown("items", self.items, items, limit)];
        sides.extend(self.applied.as_ref().map(|known| rows::shown("applied", known.table, applied, limit)));
        let party = self.parties.value(items[0] as usize).to_string();
        sides.extend(
            self.beside
                .iter()
                .filter_map(|beside| Some(rows::shown(beside.name, beside.table, beside.rows.get(&party)?, limit))),
        );
        sides
    }
}

fn unreadable(side: &str, table: &Table, members: &[u32], cells: &Unreadable<'_>) -> Option<Message> {
    let mut faulty: Vec<_> = members.iter().filter_map(|row| cells.get(row)).flatten().collect();
    faulty.sort_by(|left, right| (&left.column, &left.text).cmp(&(&right.column, &right.text)));
    let first = faulty.first()?;
    let expected = table.spec.column(&first.column).map_or("text", |column| column.kind.name());
    Some(Message::UnreadableCell {
        side: side.to_owned(),
        column: first.column.clone(),
        text: first.text.clone(),
        expected: expected.to_owned(),
        cells: faulty.len() as u64,
    })
}
