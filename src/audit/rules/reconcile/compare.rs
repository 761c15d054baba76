//! The rule's checks: two figures of one subject, a relation, a tolerance, a grace.
//!
//! Subjects are many and nearly all agree, so nothing is allocated, and no condition evaluated, before two figures
//! differ.

use super::conditions::Conditions;
use super::currency::Monies;
use super::groups::{Groups, columns_of, row_fault, sides_read};
use super::matched::Matched;
use super::price::{Price, in_cents};
use super::tolerance::{Excessive, Tolerance};
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Class, Message, Operand, Relation};
use crate::audit::expression::{Cell, ColumnRef, Decimals, Expression, Type, Vector};
use crate::audit::rulebook::{Check, Within};
use crate::audit::snapshot::ColumnType;

/// What all checks of a rule share over the groups of one batch.
pub(super) struct Common<'m> {
    pub conditions: Conditions<'m>,
    pub price: Price<'m>,
}

impl<'m> Common<'m> {
    pub fn of(matched: &'m Matched<'m>) -> Self {
        Common { conditions: Conditions::of(matched), price: Price::of(matched) }
    }
}

/// Runs the check at `place` of the file over all groups.
pub(super) fn check(matched: &Matched<'_>, place: usize, common: &Common<'_>, groups: &mut Groups) {
    let check = &matched.settings.checks[place];
    let parameters = &matched.context.parameters;
    let left = check.left.evaluate(matched, parameters);
    let right = check.right.evaluate(matched, parameters);
    let read = sides_read(matched.settings, columns_of(check));
    let run = Run {
        matched,
        place,
        check,
        common,
        // A side whose absence counts as zero can always be read.
        needed: read.iter().copied().filter(|side| !matched.side(*side).absent_zero).collect(),
        read: read.into_iter().collect(),
        monies: Monies::of(matched, check),
        vectors: (&left, &right),
    };
    match (&left, &right) {
        (Vector::Decimal(left), Vector::Decimal(right)) => run.over_figures(groups, left, right),
        (Vector::Date(left), Vector::Date(right)) => {
            run.over(groups, |group, _| run.days(left[group].map(i128::from), right[group].map(i128::from), 1));
        }
        (Vector::Instant(left), Vector::Instant(right)) => {
            run.over(groups, |group, _| run.days(left[group].map(i128::from), right[group].map(i128::from), DAY));
        }
        (Vector::Text(left), Vector::Text(right)) => {
            run.over(groups, |group, _| (left.get(group) != right.get(group)).then_some(Difference::Text));
        }
        // The rulebook lets only two results of one type through, which leaves true and false.
        _ => run.over(groups, |group, _| (left.value(group) != right.value(group)).then_some(Difference::Text)),
    }
}

/// Microseconds of a day.
const DAY: i128 = 86_400_000_000;

/// Why two results do not agree.
enum Difference {
    Currency,
    /// The figure of this expression, or the difference, is beyond exact decimals.
    OutOfRange(Side),
    Figures(Excessive),
    Text,
    Days {
        days: Option<i64>,
        allowed: u32,
    },
}

enum Side {
    Left,
    Right,
}

/// One check over the groups of a batch.
struct Run<'r> {
    matched: &'r Matched<'r>,
    place: usize,
    check: &'r Check,
    common: &'r Common<'r>,
    /// The sides without which it is not compared.
    needed: Vec<usize>,
    read: Vec<usize>,
    monies: Monies<'r>,
    vectors: (&'r Vector, &'r Vector),
}

impl Run<'_> {
    fn over(&self, groups: &mut Groups, compare: impl Fn(usize, &str) -> Option<Difference>) {
        for group in 0..self.matched.pairing.groups {
            if groups.blocked[group] || !self.needed.iter().all(|side| self.matched.is_present(*side, group)) {
                continue;
            }
            let currency = self.monies.at(self.matched, group);
            let difference = match currency {
                None => Difference::Currency,
                Some(currency) => match compare(group, currency) {
                    None => continue,
                    Some(difference) => difference,
                },
            };
            if !self.common.conditions.applies(self.place, group) {
                continue;
            }
            if self.common.conditions.waits(self.place, group) {
                groups.waiting[group] = true;
                continue;
            }
            let found = self.found(group, difference, currency);
            groups.place(group, self.place as u32 + 1, 0, found);
        }
    }

    /// Figures of one scale that are equal need no arithmetic.
    fn over_figures(&self, groups: &mut Groups, left: &Decimals, right: &Decimals) {
        let slow = |group, currency: &str| self.figures(left, right, group, currency);
        match (left.narrow(), right.narrow()) {
            (Some(one), Some(other)) if left.scale == right.scale => {
                let agree = |group: usize| {
                    one[group] == other[group] && left.state(group) == Cell::Value && right.state(group) == Cell::Value
                };
                self.over(groups, |group, money| if agree(group) { None } else { slow(group, money) });
            }
            _ => self.over(groups, slow),
        }
    }

    /// Two figures: nothing on both sides agrees; nothing on one side is never within a tolerance, and the difference
    /// is the other figure.
    fn figures(&self, left: &Decimals, right: &Decimals, group: usize, currency: &str) -> Option<Difference> {
        let figure = |cells: &Decimals| match cells.at(group) {
            (units, Cell::Value) => Ok(Some(Amount::new(units, cells.scale))),
            (_, Cell::Null) => Ok(None),
            (_, Cell::Fault) => Err(()),
        };
        let Ok(one) = figure(left) else { return Some(Difference::OutOfRange(Side::Left)) };
        let Ok(other) = figure(right) else { return Some(Difference::OutOfRange(Side::Right)) };
        if one.is_none() && other.is_none() {
            return None;
        }
        let both = one.is_some() && other.is_some();
        let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
        let Some(difference) = one.checked_sub(other) else { return Some(Difference::OutOfRange(Side::Left)) };
        let keeps = match self.check.relation {
            Relation::Equal => difference.is_zero(),
            Relation::AtMost => difference <= Amount::ZERO,
            Relation::AtLeast => difference >= Amount::ZERO,
        };
        if both && keeps {
            return None;
        }
        let tolerance = Tolerance { check: self.check, currency, rows: self.matched.most_rows(&self.read, group) };
        match tolerance.exceeded(difference, one, other) {
            None if both => None,
            exceeded => {
                Some(Difference::Figures(exceeded.unwrap_or_else(|| tolerance.excessive(difference, one, other))))
            }
        }
    }

    /// Two dates or instants, `day` units of which make a day; a part of a day counts as one.
    fn days(&self, left: Option<i128>, right: Option<i128>, day: i128) -> Option<Difference> {
        let (left, right) = match (left, right) {
            (None, None) => return None,
            (Some(left), Some(right)) => (left, right),
            _ => return Some(Difference::Days { days: None, allowed: 0 }),
        };
        let apart = left - right;
        let days = apart.signum() * ((apart.abs() + day - 1) / day);
        let (under, over) = match self.check.within {
            Within::Days { under, over } => (under, over),
            _ => (0, 0),
        };
        let allowed = if days < 0 { under } else { over };
        let agrees = match self.check.relation {
            Relation::AtMost if days <= 0 => true,
            Relation::AtLeast if days >= 0 => true,
            _ => days.abs() <= i128::from(allowed),
        };
        // Instants are at most 2^64 microseconds apart, and that many days fit.
        let days = i64::try_from(days).ok();
        (!agrees).then_some(Difference::Days { days, allowed })
    }

    fn found(&self, group: usize, difference: Difference, currency: Option<&str>) -> Break {
        let (class, message) = self.said(group, difference, currency);
        let name = if class == Class::Unreadable { row_fault(class) } else { self.check.name.clone() };
        let at_risk = match &message {
            Message::AmountDiffers { difference, currency, .. } => {
                let amount = difference.checked_abs();
                amount.map(|amount| Money { currency: currency.clone(), amount: in_cents(amount) })
            }
            Message::QuantityDiffers { difference, .. } if !self.counts_rows() => {
                self.common.price.times(group, *difference)
            }
            _ => None,
        };
        Break { check: name, class, side: None, owner: self.check.owner.clone(), message, at_risk, diagnosis: None }
    }

    /// Whether the check compares a number of rows and no quantity: the rule's price says nothing of it.
    fn counts_rows(&self) -> bool {
        let is_count =
            |column: &ColumnRef| self.matched.side(self.matched.side_of(column)).count.as_ref() == Some(&column.column);
        let is_quantity = |column| matches!(self.matched.kind(column), Some(ColumnType::Quantity { .. }));
        columns_of(self.check).any(is_count) && !columns_of(self.check).any(is_quantity)
    }

    fn said(&self, group: usize, difference: Difference, currency: Option<&str>) -> (Class, Message) {
        let Check { left, right, relation, .. } = self.check;
        let relation = *relation;
        let operand = |expression: &Expression, vector: &Vector| Operand {
            expression: expression.text().to_owned(),
            value: vector.value(group),
        };
        let operands = || (operand(left, self.vectors.0), operand(right, self.vectors.1));
        match difference {
            Difference::Currency => {
                let conflict = self.monies.conflict(self.matched, group);
                (Class::Currency, conflict.expect("two currencies were seen in the group"))
            }
            Difference::OutOfRange(side) => {
                let expression = match side {
                    Side::Left => left,
                    Side::Right => right,
                };
                (Class::Unreadable, Message::OutOfRange { side: None, expression: expression.text().to_owned() })
            }
            Difference::Text => {
                let (left, right) = operands();
                (Class::Text, Message::TextDiffers { left, right })
            }
            Difference::Days { days, allowed } => {
                let (left, right) = operands();
                let allowed = Some(allowed).filter(|allowed| *allowed > 0);
                (Class::Date, Message::DateDiffers { relation, left, right, days, allowed })
            }
            Difference::Figures(Excessive { difference, allowed, bound, rows }) => {
                let money = |expression: &Expression| matches!(expression.kind(), Type::Decimal { money: true, .. });
                let currency = currency.filter(|_| money(left) || money(right));
                let (left, right) = operands();
                match currency.map(str::to_owned) {
                    Some(currency) => {
                        let message = Message::AmountDiffers {
                            relation,
                            left,
                            right,
                            difference,
                            allowed,
                            currency,
                            bound,
                            rows,
                        };
                        (Class::Amount, message)
                    }
                    None => {
                        let message =
                            Message::QuantityDiffers { relation, left, right, difference, allowed, bound, rows };
                        (Class::Quantity, message)
                    }
                }
            }
        }
    }
}
