//! Documents past their due date, and parties over their credit limit.
//!
//! outstanding = amount - what was applied on or before the as-of day and not taken back by then. Days overdue =
//! as-of day - due date; day 0 is not overdue. A party's exposure is the sum of its positive outstandings in the
//! limit's currency, overdue or not; receipts and credits that settle no document are shown beside, never netted.

mod books;
mod due;

use std::collections::{BTreeMap, BTreeSet};

use self::books::{Books, applied_rows};
use super::age::Ages;
use super::rows::{self, Currencies};
use super::{Gathered, Placed, Tables};
use crate::audit::amount::{Amount, Money, Purse};
use crate::audit::breaks::{Break, Class, Message, SideRows};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Keyed, Pairing};
use crate::audit::rulebook::{OverduePayment, Rule};
use crate::audit::value::Subject;

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
