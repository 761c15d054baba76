//! What moved since: today's breaks beside what was recorded of the same subjects before.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Agreed, Because, Moved, Odd};
use crate::audit::breaks::{Break, Message, Operand};
use crate::audit::exception::Exception;
use crate::audit::expression::Expression;
use crate::audit::judgement::{Agreement, Judgement};
use crate::audit::rulebook::{Added, Body, Reconcile, Rule};
use crate::audit::value::{Subject, Value};

/// Says of every break that stood before, or that comes back, which figure moved since: where exactly one of its two did.
/// In a rule of two sides that side is the odd one, unless something else named one already. Of what is resolved with
/// this judgement it keeps the figures that agree.
///
/// `known` are the rule's exceptions before this run, as [`crate::audit::exception::Past`] has them. The live ones must
/// have been found by the rule as it is now: another rule may read other rows.
pub fn recall(rule: &Rule, day: NaiveDate, known: &mut [Exception], judgement: &mut Judgement) {
    let Body::Reconcile(settings) = &rule.body else { return };
    if settings.sides.len() < 2 {
        return;
    }
    let Judgement { agreements, findings, .. } = judgement;
    for exception in known.iter_mut() {
        let agreements = agreements.get(&exception.subject);
        for agreement in agreements.into_iter().flatten() {
            let Agreement { check, left, right } = agreement.clone();
            let agreed = Agreed { left, right, on: day, rule: rule.hash.clone() };
            keep(exception, &check, &agreed);
        }
    }
    let known: HashMap<&Subject, &Exception> = known.iter().map(|known| (&known.subject, known)).collect();
    for finding in findings {
        let Some(before) = known.get(&finding.subject) else { continue };
        for found in &mut finding.breaks {
            tell(rule, settings, before, found);
        }
    }
}

fn keep(exception: &mut Exception, check: &str, agreed: &Agreed) {
    let compares = |found: &&mut Break| found.check == check && compared(&found.message).is_some();
    for found in exception.breaks.iter_mut().filter(compares) {
        found.diagnosis.get_or_insert_default().agreed = Some(agreed.clone());
    }
}

fn tell(rule: &Rule, settings: &Reconcile, before: &Exception, found: &mut Break) {
    let same_check = |was: &&Break| was.check == found.check && was.class == found.class;
    let Some(was) = before.breaks.iter().find(same_check) else { return };
    let Some(standing) = Standing::of(rule, before, was) else { return };
    let (moved, last) = match motion(settings, was, &standing, found) {
        Some(Motion::One(moved)) => {
            let last = changed_last(settings, &moved);
            (moved, last)
        }
        // What moved last is still what moved last.
        Some(Motion::None) if before.status.is_live() => {
            let Some(moved) = was.moved() else { return };
            (moved.clone(), was.odd().filter(|odd| odd.because == Because::Moved).cloned())
        }
        _ => return,
    };
    let diagnosis = found.diagnosis.get_or_insert_default();
    diagnosis.odd = diagnosis.odd.take().or(last);
    diagnosis.moved = Some(moved);
}

/// The figures that a break is held against: those it last had, or those at which it was resolved.
struct Standing<'e> {
    left: &'e Value,
    right: &'e Value,
    since: NaiveDate,
}

impl<'e> Standing<'e> {
    /// Of what was closed otherwise, or under another rule, nobody knows what happened meanwhile.
    fn of(rule: &Rule, before: &'e Exception, was: &'e Break) -> Option<Standing<'e>> {
        if before.status.is_live() {
            let (left, right) = compared(&was.message)?;
            return Some(Standing { left: &left.value, right: &right.value, since: before.last_seen });
        }
        let agreed = was.diagnosis.as_deref()?.agreed.as_ref();
        let Agreed { left, right, on, rule: _ } = agreed.filter(|agreed| agreed.rule == rule.hash)?;
        Some(Standing { left, right, since: *on })
    }
}

/// Which of the two figures of a break are not what they were.
enum Motion {
    None,
    One(Moved),
    Both,
}

/// What moved since a break of the check stood as it did; `None` where they cannot be compared, or where it is not two
/// sides that are held against each other.
fn motion(settings: &Reconcile, was: &Break, standing: &Standing<'_>, found: &Break) -> Option<Motion> {
    let check = settings.checks.iter().find(|check| check.name == found.check)?;
    let sides = (only_side(&check.left)?, only_side(&check.right)?);
    let ((left_was, right_was), (left, right)) = (compared(&was.message)?, compared(&found.message)?);
    let same_figures = left_was.expression == left.expression && right_was.expression == right.expression;
    if sides.0 == sides.1 || !same_figures || currency(&was.message) != currency(&found.message) {
        return None;
    }
    let one = |side: &str, was: &Value, now: &Operand| {
        let (side, figure) = (side.to_owned(), now.expression.clone());
        Motion::One(Moved { side, figure, from: was.clone(), to: now.value.clone(), since: standing.since })
    };
    Some(match (*standing.left == left.value, *standing.right == right.value) {
        (true, true) => Motion::None,
        (false, true) => one(sides.0, standing.left, left),
        (true, false) => one(sides.1, standing.right, right),
        (false, false) => Motion::Both,
    })
}

/// The side whose columns an expression reads, where it is one.
fn only_side(expression: &Expression) -> Option<&str> {
    let mut columns = expression.columns().iter();
    let first = columns.next()?;
    first.side.as_deref().filter(|_| columns.all(|column| column.side == first.side))
}

/// The side that moved, of two, as the odd one. Where other tables have a part in its figures, they may be what moved.
fn changed_last(settings: &Reconcile, moved: &Moved) -> Option<Odd> {
    let side = settings.sides.iter().find(|side| side.name == moved.side).filter(|_| settings.sides.len() == 2)?;
    let Added { lookups, measured, derived: _, conversions } = &side.added;
    let by_itself = lookups.is_empty() && measured.is_empty() && conversions.is_empty();
    let odd = Odd { side: side.name.clone(), department: side.owner.clone(), because: Because::Moved };
    by_itself.then_some(odd)
}

/// The two figures that a break compares.
fn compared(message: &Message) -> Option<(&Operand, &Operand)> {
    match message {
        Message::AmountDiffers { left, right, .. }
        | Message::QuantityDiffers { left, right, .. }
        | Message::TextDiffers { left, right }
        | Message::DateDiffers { left, right, .. } => Some((left, right)),
        _ => None,
    }
}

fn currency(message: &Message) -> Option<&str> {
    match message {
        Message::AmountDiffers { currency, .. } => Some(currency),
        _ => None,
    }
}
