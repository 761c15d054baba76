//! Expressions, one row at a time.

use std::cmp::Ordering;

use super::cells::Value;
use super::figure::Figure;
use super::model::{Condition, Kind, Reference, Term};

/// What an expression reads: the cells of one row, or what the sides have for one subject.
pub trait Cells {
    fn cell(&self, column: Reference) -> Value;

    fn kind(&self, column: Reference) -> Kind;
}

/// Digits behind the point of a term's result, whatever its value.
fn scale(term: &Term, cells: &dyn Cells) -> usize {
    let wider = |pair: &(Term, Term)| scale(&pair.0, cells).max(scale(&pair.1, cells));
    match term {
        Term::Column(column) => cells.kind(*column).scale().unwrap_or_default(),
        Term::Figure(figure) => Figure::plain(figure).scale,
        Term::Plus(pair) | Term::Minus(pair) | Term::Coalesce(pair) => wider(pair),
        Term::Times(pair) => scale(&pair.0, cells) + scale(&pair.1, cells),
    }
}

/// Money plus or minus anything is money, and so is money times what is none.
pub fn is_money(term: &Term, cells: &dyn Cells) -> bool {
    let both = |pair: &(Term, Term)| (is_money(&pair.0, cells), is_money(&pair.1, cells));
    match term {
        Term::Column(column) => cells.kind(*column).is_money(),
        Term::Figure(_) => false,
        Term::Plus(pair) | Term::Minus(pair) | Term::Coalesce(pair) => {
            let (left, right) = both(pair);
            left || right
        }
        Term::Times(pair) => {
            let (left, right) = both(pair);
            left != right
        }
    }
}

pub fn evaluate(term: &Term, cells: &dyn Cells) -> Value {
    let both = |pair: &(Term, Term)| (evaluate(&pair.0, cells), evaluate(&pair.1, cells));
    match term {
        Term::Column(column) => cells.cell(*column),
        Term::Figure(figure) => Value::Figure(Figure::plain(figure)),
        Term::Plus(pair) => calculate(both(pair), true, Figure::plus),
        Term::Minus(pair) => calculate(both(pair), true, Figure::minus),
        Term::Times(pair) => calculate(both(pair), false, Figure::times),
        Term::Coalesce(pair) => match both(pair) {
            (Value::Null, other) | (other, _) => match other {
                Value::Figure(figure) => fitting(figure.at(scale(term, cells))),
                other => other,
            },
        },
    }
}

/// A figure of two: null with null, and a fault where it does not fit, or where its operands do not once they are
/// `aligned` to one scale.
fn calculate(pair: (Value, Value), aligned: bool, of: impl Fn(&Figure, &Figure) -> Figure) -> Value {
    match pair {
        (Value::Figure(left), Value::Figure(right)) => {
            let scale = if aligned { left.scale.max(right.scale) } else { 0 };
            let (left, right) = (left.at(scale), right.at(scale));
            if !left.fits() || !right.fits() {
                return Value::Fault;
            }
            fitting(of(&left, &right))
        }
        (Value::Fault, _) | (_, Value::Fault) => Value::Fault,
        _ => Value::Null,
    }
}

fn fitting(figure: Figure) -> Value {
    if figure.fits() { Value::Figure(figure) } else { Value::Fault }
}

/// True, false, or unknown.
pub fn holds(condition: &Condition, cells: &dyn Cells) -> Option<bool> {
    match condition {
        Condition::IsTrue(term) => match evaluate(term, cells) {
            Value::Flag(flag) => Some(flag),
            _ => None,
        },
        Condition::IsNull(term) => match evaluate(term, cells) {
            Value::Fault => None,
            value => Some(value.is_null()),
        },
        Condition::Above(left, right) => {
            let order = order(&evaluate(left, cells), &evaluate(right, cells))?;
            Some(order == Ordering::Greater)
        }
        Condition::IsText(term, text) => is_text(term, text, cells),
        Condition::IsNotText(term, text) => is_text(term, text, cells).map(|same| !same),
        Condition::Both(pair) => match (holds(&pair.0, cells), holds(&pair.1, cells)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
    }
}

fn is_text(term: &Term, text: &str, cells: &dyn Cells) -> Option<bool> {
    match evaluate(term, cells) {
        Value::Text(held) => Some(held == text),
        _ => None,
    }
}

/// The order of two values of one type; `None` where one is missing.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Figure(left), Value::Figure(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
