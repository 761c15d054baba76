//! Documents past their due date, and parties over their credit limit.
//!
//! outstanding = amount - what was applied on or before the as-of day and not taken back by then. Days overdue =
//! as-of day - due date; day 0 is not overdue. A party's exposure is the sum of its positive outstandings in the
//! limit's currency, overdue or not; receipts and credits that settle no document are shown beside, never netted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};

use super::age::Ages;
use super::rows::{self, Currencies};
use super::{Gathered, Placed, Tables};
use crate::audit::amount::{Amount, Money, Purse};
use crate::audit::breaks::{Break, Class, Message, Operand, SideRows};
use crate::audit::expression::{Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Kept, Keyed, Pairing};
use crate::audit::rulebook::{Applied, OverduePayment, Rule};
use crate::audit::snapshot::{Table, UnreadableCell};
use crate::audit::value::{Subject, Value};

/// What the documents of all partitions add up to, per party.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    known: BTreeMap<Subject, Party>,
}

#[derive(Debug, Default)]
struct Party {
    outstanding: Purse,
    /// A sum left the range of exact decimals.
    overflowed: bool,
    limit: Option<Money>,
    evidence: Vec<SideRows>,
}

struct Books<'a> {
    rule: &'a Rule,
    settings: &'a OverduePayment,
    context: &'a Context,
    items: &'a Table,
    documents: Vector,
    parties: Vector,
    amounts: Decimals,
    currencies: Currencies,
    due: Option<Vector>,
    dates: Option<Vector>,
    terms: HashMap<String, i64>,
    applied: Option<AppliedRows<'a>>,
    beside: Vec<Beside<'a>>,
    /// Cells of the items that could not be read, by row.
    unreadable: Unreadable<'a>,
}

type Unreadable<'a> = HashMap<u32, Vec<&'a UnreadableCell>>;

struct AppliedRows<'a> {
    table: &'a Table,
    amounts: Decimals,
    currencies: Currencies,
    unreadable: Unreadable<'a>,
}

/// A table shown beside a party's documents, with its rows by party.
struct Beside<'a> {
    name: &'static str,
    table: &'a Table,
    rows: HashMap<String, Vec<u32>>,
}

const ITEMS: usize = 0;
const APPLIED: usize = 1;

/// Judges one partition's documents and adds their parties up.
pub(crate) fn partition(
    rule: &Rule,
    settings: &OverduePayment,
    context: &Context,
    tables: &Tables,
    open: &BTreeSet<Subject>,
    gathered: &mut Gathered,
    parties: &mut Parties,
) {
    let books = Books::new(rule, settings, context, tables);
    let mut keyed = vec![Keyed {
        rows: rows::kept(books.items, settings.items.filter.as_ref(), &context.parameters),
        parts: vec![books.documents.clone()],
    }];
    if let (Some(applied), Some(rows_of)) = (&settings.applied, &books.applied) {
        keyed.push(Keyed {
            rows: applied_rows(applied, rows_of, context),
            parts: vec![rows_of.table.vector(&applied.document)],
        });
    }
    let pairing = matching::pair(&keyed);
    let ages = Ages::of(rule, std::iter::once(books.items), context);
    count(&books, &keyed, &pairing, open, gathered);
    for group in 0..pairing.groups {
        let items = pairing.sides[ITEMS].of(group);
        // What was applied to a document that is not there is another rule's business.
        let Some(first) = items.first() else { continue };
        let subject = Subject::key(vec![books.documents.value(*first as usize)]);
        let applied = pairing.sides.get(APPLIED).map_or(&[][..], |members| members.of(group));
        match books.judge(items, applied, parties) {
            None => gathered.passed(subject, false, open),
            Some(found) => {
                let check = if is_row_fault(found.class) { 0 } else { 1 };
                let placed = Placed { check, side: 0, found };
                let age = ages.age(std::iter::once(items));
                gathered.found(rule, subject, vec![placed], books.evidence(items, applied), age);
            }
        }
    }
    if let Some(credit) = &settings.credit {
        let table = &tables[&credit.table];
        let (names, limits) = (table.vector(&credit.party), rows::decimals(table, &credit.limit));
        let currencies = Currencies::of(table, &credit.limit, context);
        for row in 0..table.len() as u32 {
            let name = names.value(row as usize);
            let Some(amount) = rows::amount(&limits, row).filter(|_| !name.is_null()) else { continue };
            let party = parties.known.entry(Subject::party(name)).or_default();
            party.limit = Some(Money { currency: currencies.at(row).to_owned(), amount });
            party.evidence.push(rows::shown("credit", table, &[row], context.evidence_rows));
        }
    }
}

/// Judges the parties, once all documents are known.
pub(crate) fn finish(rule: &Rule, open: &BTreeSet<Subject>, parties: Parties, gathered: &mut Gathered) {
    for (subject, party) in parties.known {
        let found = match &party.limit {
            Some(_) if party.overflowed => Some((
                Class::Unreadable,
                Message::OutOfRange { side: None, expression: "outstanding".to_owned() },
                None,
            )),
            Some(limit) => {
                let outstanding = party.outstanding.0.get(&limit.currency).copied().unwrap_or_default();
                let excess = outstanding.checked_sub(limit.amount).filter(|excess| *excess > Amount::ZERO);
                excess.map(|excess| {
                    let currency = limit.currency.clone();
                    let message =
                        Message::OverCreditLimit { outstanding, limit: limit.amount, currency: currency.clone() };
                    (Class::OverCreditLimit, message, Some(Money { currency, amount: excess }))
                })
            }
            None => None,
        };
        match found {
            None => gathered.passed(subject, false, open),
            Some((class, message, at_risk)) => {
                let found = rule_break(rule, class, message, at_risk);
                gathered.found(rule, subject, vec![Placed { check: 2, side: 0, found }], party.evidence, None);
            }
        }
    }
}

fn rule_break(rule: &Rule, class: Class, message: Message, at_risk: Option<Money>) -> Break {
    let check = class.name().to_owned();
    Break { check, class, side: None, owner: rule.owner.clone(), message, at_risk, diagnosis: None }
}

fn is_row_fault(class: Class) -> bool {
    matches!(class, Class::Unreadable | Class::Duplicate | Class::Currency)
}

/// What counts as applied on the as-of day. A row with a date that cannot be read is kept, to be told of.
fn applied_rows(applied: &Applied, known: &AppliedRows<'_>, context: &Context) -> Kept {
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

/// The business day in a date or instant cell.
fn day(vector: &Vector, row: u32, context: &Context) -> Option<NaiveDate> {
    match vector.value(row as usize) {
        Value::Date(date) => Some(date),
        Value::Instant(at) => Some(at.with_timezone(&context.zone).date_naive()),
        _ => None,
    }
}

fn count(books: &Books<'_>, keyed: &[Keyed], pairing: &Pairing, open: &BTreeSet<Subject>, gathered: &mut Gathered) {
    let sides = [("items", Some(books.items)), ("applied", books.applied.as_ref().map(|applied| applied.table))];
    for (index, (name, table)) in sides.into_iter().enumerate() {
        let Some(table) = table else { continue };
        let members = &pairing.sides[index];
        gathered.count_side(rows::totals(name, table, &keyed[index].rows, members.distinct(), books.context));
        let subject = Subject::keyless(name);
        if members.keyless.is_empty() {
            gathered.passed(subject, false, open);
            continue;
        }
        let columns = vec![match (index, &books.settings.applied) {
            (APPLIED, Some(applied)) => applied.document.clone(),
            _ => books.settings.items.document.clone(),
        }];
        let message = Message::Keyless { side: name.to_owned(), columns, rows: members.keyless.len() as u64 };
        let mut found = rule_break(books.rule, Class::Keyless, message, None);
        found.side = Some(name.to_owned());
        let evidence = vec![rows::shown(name, table, &members.keyless, books.context.evidence_rows)];
        gathered.found(books.rule, subject, vec![Placed { check: 0, side: index as u32, found }], evidence, None);
    }
}

impl<'a> Books<'a> {
    fn new(rule: &'a Rule, settings: &'a OverduePayment, context: &'a Context, tables: &'a Tables) -> Self {
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
    fn judge(&self, items: &[u32], applied: &[u32], parties: &mut Parties) -> Option<Break> {
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

    fn evidence(&self, items: &[u32], applied: &[u32]) -> Vec<SideRows> {
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

/// Net days per party. A party that stands twice with different terms has none: a guess would set a due date.
fn terms(settings: &OverduePayment, tables: &Tables) -> HashMap<String, i64> {
    let mut known: HashMap<String, Option<i64>> = HashMap::new();
    if let Some(terms) = &settings.terms {
        let table = &tables[&terms.table];
        let (parties, days) = (table.vector(&terms.party), rows::decimals(table, &terms.days));
        for row in 0..table.len() as u32 {
            let whole = rows::amount(&days, row).and_then(|days| days.rescale(0));
            let Some(days) = whole.and_then(|days| i64::try_from(days.units()).ok()) else { continue };
            let party = parties.value(row as usize).to_string();
            known.entry(party).and_modify(|held| *held = held.filter(|held| *held == days)).or_insert(Some(days));
        }
    }
    known.into_iter().filter_map(|(party, days)| Some((party, days?))).collect()
}

/// The ageing bucket of a number of days overdue: its first day, and its last where it has one.
fn bucket(ends: &[i64], days: i64) -> (i64, Option<i64>) {
    let mut from = 1;
    for end in ends {
        if days <= *end {
            return (from, Some(*end));
        }
        from = end + 1;
    }
    (from, None)
}
