//! Documents past their due date, and parties over their credit limit.
//!
//! outstanding = amount - what was applied on or before the as-of day and not taken back by then; what was taken back
//! on the as-of day itself does not count any more. Days overdue = as-of day - due date; day 0 is not overdue. A
//! document dated after the as-of day does not count yet. A document in instalments is several debts: each falls due
//! and ages on its own (see `parts` for how payments fill them).
//!
//! A party's exposure is the sum of its positive outstandings, overdue or not, and of its undelivered orders where the
//! rule names them. Payments and credits that settle no document, credit notes and what was paid too much are shown
//! beside, never netted.
//!
//! Documents, their instalments and what is applied to them may come partition by partition; the tables of parties and
//! of rates are whole in each, and read once.

mod books;
mod credit;
mod due;
mod parties;
mod parts;

use std::collections::{BTreeSet, HashMap};

use self::books::Books;
pub(crate) use self::parties::Parties;
use self::parts::{Part, Settled};
use super::age::Ages;
use super::rows;
use super::{Gathered, Placed, Tables};
use crate::audit::ageing;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Class, Message};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Keyed, Pairing};
use crate::audit::rulebook::{OverduePayment, Rule};
use crate::audit::value::{Subject, SubjectKind, Value};

const ITEMS: usize = 0;
const APPLIED: usize = 1;
const PLAN: usize = 2;
/// The names of the sides, in the order above.
const SIDES: [&str; 3] = ["items", "applied", "instalments"];

/// The places of breaks in law 10's order: faults of rows, then debts, then parties.
const OF_ROWS: u32 = 0;
const OF_DEBTS: u32 = 1;
const OF_PARTIES: u32 = 2;

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
    let keyed = books.keyed();
    let pairing = matching::pair(&keyed);
    let ages = Ages::of(rule, std::iter::once(books.items), context);
    let awaited = Awaited::of(open);
    count(&books, &keyed, &pairing, open, gathered);
    for group in 0..pairing.groups {
        // What was applied to a document that is not there is another rule's business.
        let Some(first) = pairing.sides[ITEMS].of(group).first() else { continue };
        let document = books.documents.value(*first as usize);
        let of = |side: usize| pairing.sides[side].of(group);
        let items: Vec<u32> = of(ITEMS).iter().copied().filter(|row| !books.is_later(*row)).collect();
        let (applied, plan) = (of(APPLIED), of(PLAN));
        if items.is_empty() {
            for subject in awaited.of_document(&document) {
                gathered.passed((*subject).clone(), false, open);
            }
            continue;
        }
        match books.settle(&items, applied, plan) {
            Err(fault) => {
                let subject = books.subject(&document, fault.instalment);
                for other in awaited.of_document(&document).iter().filter(|other| ***other != subject) {
                    gathered.set_aside.insert((*other).clone());
                }
                let age = ages.age(std::iter::once(&items[..]));
                let evidence = books.evidence(&items, applied, plan);
                gathered.found(rule, subject, vec![placed(OF_ROWS, *fault.found)], evidence, age);
            }
            Ok(settled) => {
                parties.add(settings, context, &settled);
                if settings.has_instalments() && settled.parts.iter().all(|part| !part.instalment.is_null()) {
                    gathered.passed(books.subject(&document, Value::Null), false, open);
                }
                for (place, part) in settled.parts.iter().enumerate() {
                    let subject = books.subject(&document, part.instalment.clone());
                    let Some(found) = debt(&books, &settled, place, part) else {
                        gathered.passed(subject, false, open);
                        continue;
                    };
                    let age = ages.age(std::iter::once(&[part.row][..]));
                    let evidence = books.evidence(&items, applied, plan);
                    gathered.found(rule, subject, vec![placed(OF_DEBTS, found)], evidence, age);
                }
            }
        }
    }
    parties.read(settings, context, tables);
}

/// Judges the parties, once all documents are known.
pub(crate) fn finish(
    rule: &Rule,
    settings: &OverduePayment,
    open: &BTreeSet<Subject>,
    parties: Parties,
    gathered: &mut Gathered,
) {
    for found in gathered.findings.iter_mut().flat_map(|placed| &mut placed.finding.breaks) {
        parties.complete(&mut found.message);
    }
    gathered.ageing = Some(parties.ageing(settings));
    parties.judge(rule, settings, open, gathered);
}

/// The break of a debt that is overdue or of which nobody knows when it is due, or none. What stands beside is filled in
/// when all documents are known.
fn debt(books: &Books<'_>, settled: &Settled, place: usize, part: &Part) -> Option<Break> {
    let (outstanding, currency, party) = (part.outstanding, settled.currency.clone(), settled.party.clone());
    if outstanding <= Amount::ZERO {
        return None;
    }
    let at_risk = Some(Money { currency: currency.clone(), amount: outstanding });
    let account = books.account(settled, place);
    let Some(due) = part.due else {
        let message = Message::NoDueDate { outstanding, currency, party, account };
        return Some(rule_break(books.rule, Class::NoDueDate, message, at_risk));
    };
    let days = (books.context.day - due).num_days();
    if days <= 0 {
        return None;
    }
    let bounds = ageing::bounds(&books.settings.buckets);
    let (from, to) = bounds.into_iter().find(|(_, to)| to.is_none_or(|to| days <= to))?;
    let (amount, applied) = (part.amount, part.amount.checked_sub(outstanding)?);
    let message = Message::Overdue { days, from, to, due, amount, applied, outstanding, currency, party, account };
    Some(rule_break(books.rule, Class::Overdue, message, at_risk))
}

fn rule_break(rule: &Rule, class: Class, message: Message, at_risk: Option<Money>) -> Break {
    let check = class.name().to_owned();
    Break { check, class, side: None, owner: rule.owner.clone(), message, at_risk, diagnosis: None }
}

/// A fault of the rows of a side.
fn fault(rule: &Rule, class: Class, side: &str, message: Message) -> Break {
    Break { side: Some(side.to_owned()), ..rule_break(rule, class, message, None) }
}

fn placed(check: u32, found: Break) -> Placed {
    Placed { check, side: 0, found }
}

/// A name by which rows of several tables are found: equal for equal values, whatever the scale of a number.
fn name_key(value: &Value) -> String {
    match value {
        Value::Amount(amount) => amount.normalised().to_string(),
        other => other.to_string(),
    }
}

/// Open subjects by their document.
struct Awaited<'o> {
    by_document: HashMap<String, Vec<&'o Subject>>,
}

impl<'o> Awaited<'o> {
    fn of(open: &'o BTreeSet<Subject>) -> Awaited<'o> {
        let mut by_document: HashMap<String, Vec<&Subject>> = HashMap::new();
        for subject in open.iter().filter(|subject| subject.kind() == SubjectKind::Key) {
            if let Some(document) = subject.values().first() {
                by_document.entry(name_key(document)).or_default().push(subject);
            }
        }
        Awaited { by_document }
    }

    fn of_document(&self, document: &Value) -> &[&'o Subject] {
        self.by_document.get(&name_key(document)).map_or(&[], Vec::as_slice)
    }
}

fn count(books: &Books<'_>, keyed: &[Keyed], pairing: &Pairing, open: &BTreeSet<Subject>, gathered: &mut Gathered) {
    for (index, name) in SIDES.into_iter().enumerate() {
        let Some((table, document)) = books.side(index) else { continue };
        let members = &pairing.sides[index];
        gathered.count_side(rows::totals(name, table, &keyed[index].rows, members.distinct(), books.context));
        let subject = Subject::keyless(name);
        if members.keyless.is_empty() {
            gathered.passed(subject, false, open);
            continue;
        }
        let (columns, rows) = (vec![document.clone()], members.keyless.len() as u64);
        let message = Message::Keyless { side: name.to_owned(), columns, rows };
        let found =
            Placed { check: OF_ROWS, side: index as u32, found: fault(books.rule, Class::Keyless, name, message) };
        let evidence = vec![rows::shown(name, table, &members.keyless, books.context.evidence_rows)];
        gathered.found(books.rule, subject, vec![found], evidence, None);
    }
}
