//! The rule's checks: two figures of one subject, a relation, a tolerance, a grace.

use std::collections::BTreeSet;

use super::super::Placed;
use super::super::rows::Currencies;
use super::conditions::{applies, in_grace};
use super::groups::{Groups, columns_of, row_fault, sides_read};
use super::matched::Matched;
use super::price::Price;

use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Class, Message, Operand, Relation};
use crate::audit::expression::{Cell, ColumnRef, Expression, Type, Vector};
use crate::audit::rulebook::{Base, Check, Choose, Within};
use crate::audit::snapshot::ColumnType;
use crate::audit::value::Value;

/// Runs one check over all groups.
pub(super) fn check(matched: &Matched<'_>, number: u32, check: &Check, groups: &mut Groups) {
    let parameters = &matched.context.parameters;
    let left = check.left.evaluate(matched, parameters);
    let right = check.right.evaluate(matched, parameters);
    let when = applies(matched, check);
    let grace = in_grace(matched, check);
    let price = Price::of(matched);
    let needed: BTreeSet<usize> = sides_read(matched.settings, columns_of(check));
    let monies = monies(matched, check);
    for group in 0..matched.pairing.groups {
        let applies = when.as_ref().is_none_or(|when| when[group] == Some(true));
        let readable = needed.iter().all(|side| matched.is_readable(*side, group));
        if groups.blocked[group] || !applies || !readable {
            continue;
        }
        let (class, side, message) = match currency(matched, &monies, group) {
            Err(fault) => (Class::Currency, None, *fault),
            Ok(currency) => {
                let currency = currency.unwrap_or(&matched.context.currency);
                match compare(check, &left, &right, group, currency) {
                    Compared::Agrees => continue,
                    Compared::Fault(message) => (Class::Unreadable, None, message),
                    Compared::Differs(class, message) => (class, None, message),
                }
            }
        };
        if grace.as_ref().is_some_and(|grace| grace[group]) {
            groups.waiting[group] = true;
            continue;
        }
        let name = if class == Class::Unreadable { row_fault(class) } else { check.name.clone() };
        let at_risk = match &message {
            Message::AmountDiffers { difference, currency, .. } => {
                difference.checked_abs().map(|amount| Money { currency: currency.clone(), amount })
            }
            Message::QuantityDiffers { difference, .. } => price.times(matched, group, *difference),
            _ => None,
        };
        let found = Break { check: name, class, side, owner: check.owner.clone(), message, at_risk };
        groups.placed.entry(group).or_default().push(Placed { check: number, side: 0, found });
    }
}

/// A money column that a check reads, and the currencies of its rows.
struct Priced<'m> {
    column: &'m ColumnRef,
    side: usize,
    currencies: &'m Currencies,
}

fn monies<'m>(matched: &'m Matched<'_>, check: &'m Check) -> Vec<Priced<'m>> {
    let money = |column: &&ColumnRef| matches!(matched.kind(column), Some(ColumnType::Money { .. }));
    let priced = |column: &'m ColumnRef| Priced {
        column,
        side: matched.side_of(column),
        currencies: matched.currencies(column),
    };
    columns_of(check).filter(money).map(priced).collect()
}

/// The one currency of all figures of a group, or the break that says there are several.
fn currency<'m>(matched: &Matched<'_>, monies: &[Priced<'m>], group: usize) -> Result<Option<&'m str>, Box<Message>> {
    let mut seen: Option<(&ColumnRef, &str)> = None;
    for money in monies {
        let rows = matched.priced(money.side, &money.column.column, group);
        let Some((first, others)) = rows.split_first() else { continue };
        let number = money.currencies.number(*first);
        if others.iter().any(|row| money.currencies.number(*row) != number) {
            let side = money.column.side.clone().unwrap_or_default();
            let currencies = money.currencies.of_rows(rows).into_iter().collect();
            return Err(Box::new(Message::MixedCurrencies { side, currencies }));
        }
        let code = money.currencies.at(*first);
        match seen {
            None => seen = Some((money.column, code)),
            Some((_, known)) if known == code => {}
            Some((column, known)) => {
                let operand = |column: &ColumnRef, code: &str| Operand {
                    expression: column.to_string(),
                    value: Value::Text(code.to_owned()),
                };
                let (left, right) = (operand(column, known), operand(money.column, code));
                return Err(Box::new(Message::CurrencyDiffers { left, right }));
            }
        }
    }
    Ok(seen.map(|(_, code)| code))
}

enum Compared {
    Agrees,
    Differs(Class, Message),
    Fault(Message),
}

fn compare(check: &Check, left: &Vector, right: &Vector, group: usize, currency: &str) -> Compared {
    let operand = |expression: &Expression, vector: &Vector| Operand {
        expression: expression.text().to_owned(),
        value: vector.value(group),
    };
    let operands = || (operand(&check.left, left), operand(&check.right, right));
    match (left, right) {
        (Vector::Decimal(one), Vector::Decimal(other)) => {
            for (cells, expression) in [(one, &check.left), (other, &check.right)] {
                if cells.state(group) == Cell::Fault {
                    return Compared::Fault(out_of_range(expression));
                }
            }
            let cell = |cells: &crate::audit::expression::Decimals| {
                cells.value(group).map(|units| Amount::new(units, cells.scale))
            };
            decimals(check, cell(one), cell(other), operands, currency)
        }
        (Vector::Date(one), Vector::Date(other)) => {
            let days = one[group].zip(other[group]).map(|(left, right)| i64::from(left) - i64::from(right));
            dates(check, days, one[group].is_none() && other[group].is_none(), operands)
        }
        (Vector::Instant(one), Vector::Instant(other)) => {
            let apart = one[group].zip(other[group]).map(|(left, right)| left - right);
            let days = apart.map(|micros| match micros {
                0 => 0,
                micros if micros < 0 => micros.div_euclid(86_400_000_000),
                micros => -((-micros).div_euclid(86_400_000_000)),
            });
            dates(check, days, one[group].is_none() && other[group].is_none(), operands)
        }
        _ => {
            let (left, right) = operands();
            let agrees = match check.relation {
                Relation::Equal => left.value == right.value,
                Relation::AtMost => left.value.to_string() <= right.value.to_string(),
                Relation::AtLeast => left.value.to_string() >= right.value.to_string(),
            };
            if agrees { Compared::Agrees } else { Compared::Differs(Class::Text, Message::TextDiffers { left, right }) }
        }
    }
}

fn out_of_range(expression: &Expression) -> Message {
    Message::OutOfRange { side: None, expression: expression.text().to_owned() }
}

/// Two figures: nothing on both sides agrees; nothing on one side is never within a tolerance, and the difference is
/// the other figure.
fn decimals(
    check: &Check,
    left: Option<Amount>,
    right: Option<Amount>,
    operands: impl Fn() -> (Operand, Operand),
    currency: &str,
) -> Compared {
    if left.is_none() && right.is_none() {
        return Compared::Agrees;
    }
    let (one, other) = (left.unwrap_or_default(), right.unwrap_or_default());
    let Some(difference) = one.checked_sub(other) else {
        return Compared::Fault(out_of_range(&check.left));
    };
    let allowed = allowed(&check.within, one, other);
    if left.is_some() && right.is_some() {
        let beyond = match check.relation {
            Relation::Equal => difference.checked_abs(),
            Relation::AtMost => Some(difference),
            Relation::AtLeast => difference.checked_neg(),
        };
        let Some(beyond) = beyond else { return Compared::Fault(out_of_range(&check.left)) };
        if beyond <= Amount::ZERO || tolerated(&check.within, beyond, one, other) {
            return Compared::Agrees;
        }
    }
    let money =
        [check.left.kind(), check.right.kind()].iter().any(|kind| matches!(kind, Type::Decimal { money: true, .. }));
    let (left, right) = operands();
    let relation = check.relation;
    if money {
        let currency = currency.to_owned();
        Compared::Differs(
            Class::Amount,
            Message::AmountDiffers { relation, left, right, difference, allowed, currency },
        )
    } else {
        Compared::Differs(Class::Quantity, Message::QuantityDiffers { relation, left, right, difference, allowed })
    }
}

fn dates(check: &Check, days: Option<i64>, both_null: bool, operands: impl Fn() -> (Operand, Operand)) -> Compared {
    let agrees = match (days, check.relation) {
        (None, _) => both_null,
        (Some(days), Relation::Equal) => days == 0,
        (Some(days), Relation::AtMost) => days <= 0,
        (Some(days), Relation::AtLeast) => days >= 0,
    };
    if agrees {
        return Compared::Agrees;
    }
    let (left, right) = operands();
    Compared::Differs(Class::Date, Message::DateDiffers { relation: check.relation, left, right, days })
}

/// What a percentage is taken of, without its sign.
fn base(within: &Within, left: Amount, right: Amount) -> Option<Amount> {
    let (left, right) = (left.checked_abs()?, right.checked_abs()?);
    Some(match within.of {
        Base::Left => left,
        Base::Right => right,
        Base::Larger => left.max(right),
    })
}

/// Whether a difference lies inside the tolerance, by cross-multiplication: nothing is divided, so nothing is
/// rounded. A percentage of nothing tolerates nothing.
fn tolerated(within: &Within, beyond: Amount, left: Amount, right: Amount) -> bool {
    let by_amount = within.amount.map(|amount| beyond <= amount);
    let by_percent = within.percent.and_then(|percent| {
        let base = base(within, left, right).filter(|base| !base.is_zero())?;
        let (share, limit) = (beyond.checked_mul(Amount::from(100))?, percent.checked_mul(base)?);
        Some(share <= limit)
    });
    match (by_amount, by_percent, within.choose) {
        (Some(amount), Some(percent), Choose::Larger) => amount || percent,
        (Some(amount), Some(percent), Choose::Smaller) => amount && percent,
        (Some(one), None, _) | (None, Some(one), _) => one,
        (None, None, _) => false,
    }
}

/// The tolerance as one figure, for the evidence.
fn allowed(within: &Within, left: Amount, right: Amount) -> Amount {
    let by_percent = within.percent.and_then(|percent| {
        let base = base(within, left, right).filter(|base| !base.is_zero())?;
        percent.checked_mul(base)?.checked_mul(Amount::new(1, 2))
    });
    match (within.amount, by_percent, within.choose) {
        (Some(amount), Some(percent), Choose::Larger) => amount.max(percent),
        (Some(amount), Some(percent), Choose::Smaller) => amount.min(percent),
        (amount, percent, _) => amount.or(percent).unwrap_or_default(),
    }
}
