//! What moved since: today's breaks beside those that were recorded of the same subjects before.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Because, Moved, Odd};
use crate::audit::breaks::{Break, Finding, Message, Operand};
use crate::audit::exception::Exception;
use crate::audit::expression::Expression;
use crate::audit::rulebook::{Added, Body, Reconcile, Rule};
use crate::audit::value::Subject;

/// Says of every break that stood or comes back whose figure moved since it was last seen, where exactly one of its two
/// did. In a rule of two sides that side is the odd one, unless something else named one already.
///
/// `known` are the rule's exceptions before this run, as [`crate::audit::exception::Past`] has them. They must have been
/// found by the rule as it is now: another rule may read other rows.
pub fn recall(rule: &Rule, known: &[Exception], findings: &mut [Finding]) {
    let Body::Reconcile(settings) = &rule.body else { return };
    if settings.sides.len() < 2 || known.is_empty() {
        return;
    }
    let known: HashMap<&Subject, &Exception> = known.iter().map(|known| (&known.subject, known)).collect();
    for finding in findings {
        let Some(before) = known.get(&finding.subject) else { continue };
        for found in &mut finding.breaks {
            tell(settings, before, found);
        }
    }
}

fn tell(settings: &Reconcile, before: &Exception, found: &mut Break) {
    let Some(was) = before.breaks.iter().find(|was| was.check == found.check && was.class == found.class) else {
        return;
    };
    let live = before.status.is_live();
    let (moved, last) = match fresh(settings, was, found, before.last_seen) {
        // What happened while it was closed is not known: the side that stands as it did may have moved and come back.
        Some(Motion::One(moved)) => {
            let last = if live { changed_last(settings, &moved) } else { None };
            (moved, last)
        }
        // What moved last is still what moved last.
        Some(Motion::None) if live => {
            let Some(moved) = was.moved() else { return };
            (moved.clone(), was.odd().filter(|odd| odd.because == Because::Moved).cloned())
        }
        _ => return,
    };
    let diagnosis = found.diagnosis.get_or_insert_default();
    diagnosis.odd = diagnosis.odd.take().or(last);
    diagnosis.moved = Some(moved);
}

/// Which of the two figures of a break are not what they were.
enum Motion {
    None,
    One(Moved),
    Both,
}

/// What moved from one break of a check to another; `None` where they cannot be compared, or where it is not two sides
/// that are held against each other.
fn fresh(settings: &Reconcile, was: &Break, found: &Break, since: NaiveDate) -> Option<Motion> {
    let check = settings.checks.iter().find(|check| check.name == found.check)?;
    let sides = (only_side(&check.left)?, only_side(&check.right)?);
    let ((left_was, right_was), (left, right)) = (compared(&was.message)?, compared(&found.message)?);
    let same_figures = left_was.expression == left.expression && right_was.expression == right.expression;
    if sides.0 == sides.1 || !same_figures || currency(&was.message) != currency(&found.message) {
        return None;
    }
    let one = |side: &str, was: &Operand, now: &Operand| {
        let (side, figure) = (side.to_owned(), now.expression.clone());
        Motion::One(Moved { side, figure, from: was.value.clone(), to: now.value.clone(), since })
    };
    Some(match (left_was.value == left.value, right_was.value == right.value) {
        (true, true) => Motion::None,
        (false, true) => one(sides.0, left_was, left),
        (true, false) => one(sides.1, right_was, right),
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
