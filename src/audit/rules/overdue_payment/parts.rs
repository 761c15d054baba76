//! What falls due of one document, and what of it is outstanding.
//!
//! What is applied to a document fills its instalments in the order of their due dates (those without one last, equal
//! ones by their number), unless the applied row names the instalment. What an instalment does not need goes on to the
//! others, and what none of them needs was paid too much. Negative instalments and negative documents settle: they are
//! never overdue.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::books::{Books, Plan, empty, total, unreadable};
use super::due::day;
use super::fault;
use crate::audit::account::{Account, Part as Place};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Class, Message, Operand, Relation};
use crate::audit::rulebook::{Direction, Share};
use crate::audit::rules::rows;
use crate::audit::value::{Subject, Value};

/// An amount that falls due on one day: a document, or an instalment of it.
pub(super) struct Part {
    /// Null for a document as a whole.
    pub instalment: Value,
    /// Its row of the items.
    pub row: u32,
    pub amount: Amount,
    pub due: Option<NaiveDate>,
    pub outstanding: Amount,
}

/// A document that could be read whole.
pub(super) struct Settled {
    pub party: Value,
    pub currency: String,
    /// In the order in which they are filled.
    pub parts: Vec<Part>,
    /// The amount of the document.
    pub amount: Amount,
    /// What was paid beyond it, or what is left of a credit note; never negative.
    pub left: Amount,
}

/// Why a document cannot be judged, and which instalment of it is at fault; null where it is the document.
pub(super) struct Fault {
    pub instalment: Value,
    pub found: Box<Break>,
}

impl Books<'_> {
    pub fn settle(&self, items: &[u32], applied: &[u32], plan: &[u32]) -> Result<Settled, Fault> {
        self.readable(items, applied, plan)?;
        self.single(items)?;
        self.same_currency(items, applied, plan)?;
        let mut parts = self.parts(items, plan)?;
        parts.sort_by(in_order);
        let expression = &self.settings.items.amount;
        let too_large = || {
            let message = Message::OutOfRange { side: None, expression: expression.clone() };
            self.of_document(fault(self.rule, Class::Unreadable, "items", message))
        };
        let amount = total(&self.amounts, items.iter().copied()).ok_or_else(too_large)?;
        let left = self.fill(&mut parts, applied).ok_or_else(too_large)?;
        let first = parts.first().map_or(items[0], |part| part.row);
        let party = self.parties.value(first as usize);
        Ok(Settled { party, currency: self.currencies.at(first).to_owned(), parts, amount, left })
    }

    /// What is known of a debt's account before all documents are.
    pub fn account(&self, settled: &Settled, place: usize) -> Option<Box<Account>> {
        let of = settled.parts.len() as u64;
        let part = (of > 1).then(|| Place { place: place as u64 + 1, of, document: settled.amount });
        let payable = self.settings.direction == Direction::Payable;
        Account { payable, part, ..Account::default() }.filled()
    }

    fn of_document(&self, found: Break) -> Fault {
        Fault { instalment: Value::Null, found: Box::new(found) }
    }

    /// The instalments of a document, nothing paid yet.
    fn parts(&self, items: &[u32], plan: &[u32]) -> Result<Vec<Part>, Fault> {
        let part = |instalment: Value, row: u32| {
            let amount = rows::amount(&self.amounts, row).unwrap_or_default();
            Part { instalment, row, amount, due: self.due_date(row), outstanding: amount }
        };
        if let Some(numbers) = &self.numbers {
            let parts: Vec<Part> = items.iter().map(|row| part(numbers.value(*row as usize), *row)).collect();
            let columns = [Some(&self.settings.items.document), self.settings.items.instalment.as_ref()];
            self.distinct("items", columns.into_iter().flatten().cloned().collect(), &parts)?;
            return Ok(parts);
        }
        let whole = part(Value::Null, items[0]);
        match &self.plan {
            Some(known) if !plan.is_empty() => self.planned(known, plan, &whole),
            _ => Ok(vec![whole]),
        }
    }

    /// The instalments that the plan of a document makes of it.
    fn planned(&self, plan: &Plan<'_>, members: &[u32], whole: &Part) -> Result<Vec<Part>, Fault> {
        let figure = |row: u32| rows::amount(&plan.figures, row).unwrap_or_default();
        let mut parts: Vec<(Part, Amount)> = members
            .iter()
            .map(|row| {
                let instalment = plan.numbers.value(*row as usize);
                let due = day(&plan.due, *row, self.context);
                let (amount, outstanding) = (figure(*row), figure(*row));
                (Part { instalment, row: whole.row, amount, due, outstanding }, figure(*row))
            })
            .collect();
        parts.sort_by(|(left, _), (right, _)| in_order(left, right));
        let sum = total(&plan.figures, members.iter().copied());
        if let Share::Percent(_) = plan.settings.share {
            shares(whole.amount, &mut parts).ok_or_else(|| self.unlike(plan, whole, sum))?;
        }
        let wanted = match plan.settings.share {
            Share::Amount(_) => whole.amount,
            Share::Percent(_) => Amount::from(100),
        };
        if sum != Some(wanted) {
            return Err(self.unlike(plan, whole, sum));
        }
        let parts: Vec<Part> = parts.into_iter().map(|(part, _)| part).collect();
        let columns = vec![plan.settings.document.clone(), plan.settings.instalment.clone()];
        self.distinct("instalments", columns, &parts)?;
        Ok(parts)
    }

    /// A plan that does not add up to its document, to the money or to a hundred percent.
    fn unlike(&self, plan: &Plan<'_>, whole: &Part, sum: Option<Amount>) -> Fault {
        let operand = |expression: String, value: Amount| Operand { expression, value: Value::Amount(value) };
        let (class, message) = match (&plan.settings.share, sum) {
            (_, None) => {
                let expression = "instalments".to_owned();
                (Class::Unreadable, Message::OutOfRange { side: Some("instalments".to_owned()), expression })
            }
            (Share::Amount(column), Some(sum)) => {
                let left = operand(format!("items.{}", self.settings.items.amount), whole.amount);
                let right = operand(format!("instalments.{column}"), sum);
                let difference = whole.amount.checked_sub(sum).unwrap_or_default();
                let (relation, bound, rows) = (Relation::Equal, None, None);
                let (allowed, currency) = (Amount::ZERO, self.currencies.at(whole.row).to_owned());
                let message =
                    Message::AmountDiffers { relation, left, right, difference, allowed, currency, bound, rows };
                (Class::Amount, message)
            }
            (Share::Percent(column), Some(sum)) => {
                let left = operand("100".to_owned(), Amount::from(100));
                let right = operand(format!("instalments.{column}"), sum);
                let difference = Amount::from(100).checked_sub(sum).unwrap_or_default();
                let (relation, bound, rows) = (Relation::Equal, None, None);
                let allowed = Amount::ZERO;
                let message = Message::QuantityDiffers { relation, left, right, difference, allowed, bound, rows };
                (Class::Quantity, message)
            }
        };
        self.of_document(fault(self.rule, class, "instalments", message))
    }

    /// Refuses two instalments of one number.
    fn distinct(&self, side: &str, unique: Vec<String>, parts: &[Part]) -> Result<(), Fault> {
        let subject = |part: &Part| Subject::key(vec![part.instalment.clone()]);
        let mut numbers: Vec<Subject> = parts.iter().map(subject).collect();
        numbers.sort();
        let Some(twice) = numbers.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()) else {
            return Ok(());
        };
        let rows = numbers.iter().filter(|number| **number == twice).count() as u64;
        let message = Message::Duplicate { side: side.to_owned(), unique, rows };
        let instalment = twice.values().first().cloned().unwrap_or_default();
        Err(Fault { instalment, found: Box::new(fault(self.rule, Class::Duplicate, side, message)) })
    }

    /// Sets what is applied to a document off against its parts: what is left over. `None` where a sum does not fit.
    fn fill(&self, parts: &mut [Part], applied: &[u32]) -> Option<Amount> {
        let mut pool = Amount::ZERO;
        if let Some(known) = &self.applied {
            for row in applied {
                let Some(paid) = rows::amount(&known.amounts, *row) else { continue };
                let named = known.numbers.as_ref().map(|numbers| numbers.value(*row as usize));
                let named = named.filter(|named| !named.is_null()).map(|named| Subject::key(vec![named]));
                let own = parts.iter_mut().find(|part| Some(Subject::key(vec![part.instalment.clone()])) == named);
                match own {
                    Some(part) => part.outstanding = part.outstanding.checked_sub(paid)?,
                    None => pool = pool.checked_add(paid)?,
                }
            }
        }
        for part in parts.iter_mut().filter(|part| part.outstanding.is_negative()) {
            pool = pool.checked_sub(part.outstanding)?;
            part.outstanding = Amount::ZERO;
        }
        // More was taken back than was paid: the oldest debt is larger by that much.
        if let (true, Some(first)) = (pool.is_negative(), parts.first_mut()) {
            first.outstanding = first.outstanding.checked_sub(pool)?;
            return Some(Amount::ZERO);
        }
        for part in parts.iter_mut() {
            let taken = pool.min(part.outstanding);
            part.outstanding = part.outstanding.checked_sub(taken)?;
            pool = pool.checked_sub(taken)?;
        }
        Some(pool)
    }

    /// Refuses rows with cells that cannot be read, and rows without an amount.
    fn readable(&self, items: &[u32], applied: &[u32], plan: &[u32]) -> Result<(), Fault> {
        let found = |side: &str, message: Message| fault(self.rule, Class::Unreadable, side, message);
        if let Some(message) = unreadable("items", self.items, items, &self.unreadable) {
            return Err(self.of_document(found("items", message)));
        }
        if let Some(known) = &self.applied
            && let Some(message) = unreadable("applied", known.table, applied, &known.unreadable)
        {
            return Err(self.of_document(found("applied", message)));
        }
        if items.iter().any(|row| rows::amount(&self.amounts, *row).is_none()) {
            let message = empty("items", &self.settings.items.amount, "money");
            return Err(self.of_document(found("items", message)));
        }
        let Some(known) = &self.plan else { return Ok(()) };
        if let Some(message) = unreadable("instalments", known.table, plan, &known.unreadable) {
            return Err(self.of_document(found("instalments", message)));
        }
        if plan.iter().any(|row| rows::amount(&known.figures, *row).is_none()) {
            let (column, expected) = match &known.settings.share {
                Share::Amount(column) => (column, "money"),
                Share::Percent(column) => (column, "number"),
            };
            return Err(self.of_document(found("instalments", empty("instalments", column, expected))));
        }
        Ok(())
    }

    /// Refuses a document that stands on several rows which are no instalments.
    fn single(&self, items: &[u32]) -> Result<(), Fault> {
        if self.numbers.is_some() || items.len() == 1 {
            return Ok(());
        }
        let unique = vec![self.settings.items.document.clone()];
        let message = Message::Duplicate { side: "items".to_owned(), unique, rows: items.len() as u64 };
        Err(self.of_document(fault(self.rule, Class::Duplicate, "items", message)))
    }

    /// Refuses a document of two currencies, and payments or instalments in another one than the document's.
    fn same_currency(&self, items: &[u32], applied: &[u32], plan: &[u32]) -> Result<(), Fault> {
        let own = self.currencies.of_rows(items);
        if own.len() > 1 {
            let message = Message::MixedCurrencies { side: "items".to_owned(), currencies: own.into_iter().collect() };
            return Err(self.of_document(fault(self.rule, Class::Currency, "items", message)));
        }
        let own = self.currencies.at(items[0]);
        let applied = self
            .applied
            .as_ref()
            .map(|known| ("applied", known.settings.amount.as_str(), known.currencies.of_rows(applied)));
        let plan = self.plan.as_ref().and_then(|known| {
            let Share::Amount(column) = &known.settings.share else { return None };
            Some(("instalments", column.as_str(), known.currencies.as_ref()?.of_rows(plan)))
        });
        for (side, column, codes) in applied.into_iter().chain(plan) {
            let Some(other) = codes.into_iter().find(|code| code != own) else { continue };
            let operand = |side: &str, column: &str, code: &str| Operand {
                expression: format!("{side}.{column}"),
                value: Value::Text(code.to_owned()),
            };
            let message = Message::CurrencyDiffers {
                left: operand("items", &self.settings.items.amount, own),
                right: operand(side, column, &other),
            };
            return Err(self.of_document(fault(self.rule, Class::Currency, side, message)));
        }
        Ok(())
    }
}

/// The order in which parts are filled.
fn in_order(left: &Part, right: &Part) -> Ordering {
    let due = (left.due.is_none(), left.due).cmp(&(right.due.is_none(), right.due));
    let number = |part: &Part| Subject::key(vec![part.instalment.clone()]);
    due.then_with(|| number(left).cmp(&number(right)))
}

/// Turns percentages into amounts, in the parts' order: all but the last rounded half away from zero to the document's
/// digits, the last what is left. `None` where a product does not fit.
fn shares(whole: Amount, parts: &mut [(Part, Amount)]) -> Option<()> {
    let mut rest = whole;
    let last = parts.len().saturating_sub(1);
    for (place, (part, percent)) in parts.iter_mut().enumerate() {
        let share = if place == last {
            rest
        } else {
            let percent = percent.normalised();
            let scale = percent.scale().checked_add(2).filter(|scale| *scale <= crate::audit::amount::MAX_SCALE)?;
            whole.checked_mul_rounded(Amount::new(percent.units(), scale), whole.scale())?
        };
        rest = rest.checked_sub(share)?;
        (part.amount, part.outstanding) = (share, share);
    }
    Some(())
}
