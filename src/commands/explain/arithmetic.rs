//! How the figures of a break come about, so that a person can add them up again on paper.

mod limits;
mod payments;

use std::collections::BTreeMap;

use super::stock;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Bound, Break, Evidence, Message, Operand, Relation, SideRows};
use crate::audit::rulebook::{Allowed, Base, Body, Check, Choose, Margins, Reconcile, Rule, Within};
use crate::audit::snapshot::{ColumnType, TableSpec};
use crate::audit::value::Value;
use crate::words;

/// Summands that are written out; more are counted.
const WRITTEN_OUT: usize = 12;

/// How an amount is written: money with its cents, a quantity without trailing zeros.
pub(super) type Written = fn(Amount) -> String;

/// A line a step. `rule` is the rule that judged, where it still stands as it did then.
pub(super) fn lines(
    found: &Break,
    evidence: &Evidence,
    rule: Option<&Rule>,
    tables: &BTreeMap<String, TableSpec>,
) -> Vec<String> {
    let settings = rule.and_then(|rule| match &rule.body {
        Body::Reconcile(settings) => Some(settings),
        _ => None,
    });
    let check = settings.and_then(|settings| settings.checks.iter().find(|check| check.name == found.check));
    match &found.message {
        Message::AmountDiffers { relation, left, right, difference, allowed, currency, bound, rows } => {
            let mut lines = operands(left, right, *difference, evidence, settings, words::figure);
            let tolerance = Tolerated { allowed: *allowed, bound: *bound, rows: *rows, currency };
            lines.push(wanted(*relation, left, right) + &tolerance.text(check, words::figure));
            lines.extend(at_risk(found, "the difference"));
            lines
        }
        Message::QuantityDiffers { relation, left, right, difference, allowed, bound, rows } => {
            let mut lines = operands(left, right, *difference, evidence, settings, words::quantity);
            let tolerance = Tolerated { allowed: *allowed, bound: *bound, rows: *rows, currency: "" };
            lines.push(wanted(*relation, left, right) + &tolerance.text(check, words::quantity));
            lines.push(priced(found, *difference, evidence, settings));
            lines
        }
        Message::DateDiffers { relation, left, right, days, allowed } => {
            let mut lines = days.map(|days| days_apart(left, right, days)).into_iter().collect::<Vec<_>>();
            let tolerance =
                allowed.map(|allowed| format!("; allowed are {}", super::tables::count(allowed.into(), "day")));
            lines.push(wanted(*relation, left, right) + &tolerance.unwrap_or_default());
            lines
        }
        Message::BeyondLimit { .. } | Message::Swung { .. } => limits::lines(found, evidence, settings),
        Message::LowStock { .. } | Message::NegativeStock { .. } => stock::lines(found, evidence, rule),
        Message::Overdue { .. } | Message::NoDueDate { .. } | Message::OverCreditLimit { .. } => {
            payments::lines(found, evidence)
        }
        Message::Duplicate { .. } => at_risk(found, "what the rows hold that are too many").into_iter().collect(),
        Message::NotSatisfied { assertion, figures, .. } => asserted(found, assertion, figures),
        Message::Missing { present, .. } => missing(found, evidence, present, tables),
        _ => at_risk(found, "").into_iter().collect(),
    }
}

/// What an assertion read, and that it was wanted.
fn asserted(found: &Break, assertion: &str, figures: &[Operand]) -> Vec<String> {
    let figure = |figure: &Operand| {
        let value = match &figure.value {
            Value::Null => "nothing".to_owned(),
            other => words::visible(&other.to_string()),
        };
        format!("{} = {value}", words::visible(&figure.expression))
    };
    let wanted = format!("wanted: {}", words::visible(assertion));
    figures.iter().map(figure).chain([wanted]).chain(at_risk(found, "what the row is worth")).collect()
}

/// What both figures are worth, and their difference.
fn operands(
    left: &Operand,
    right: &Operand,
    difference: Amount,
    evidence: &Evidence,
    settings: Option<&Reconcile>,
    show: Written,
) -> Vec<String> {
    let mut lines = operand(left, evidence, settings, show);
    lines.extend(operand(right, evidence, settings, show));
    if let (Value::Amount(left), Value::Amount(right)) = (&left.value, &right.value) {
        lines.push(format!("{} - {} = {}", show(*left), show(*right), show(difference)));
    }
    lines
}

fn days_apart(left: &Operand, right: &Operand, days: i64) -> String {
    let value = |operand: &Operand| words::visible(&operand.value.to_string());
    let apart = super::tables::count(days.unsigned_abs(), "day");
    format!("{} is {apart} {} {}", value(left), if days < 0 { "before" } else { "after" }, value(right))
}

fn wanted(relation: Relation, left: &Operand, right: &Operand) -> String {
    let relation = match relation {
        Relation::Equal => "equal to",
        Relation::AtMost => "at most",
        Relation::AtLeast => "at least",
    };
    format!("wanted: {} {relation} {}", words::visible(&left.expression), words::visible(&right.expression))
}

/// A tolerance that was not enough.
struct Tolerated<'a> {
    allowed: Amount,
    bound: Option<Bound>,
    rows: Option<u64>,
    /// Of the compared money; empty where it is no money.
    currency: &'a str,
}

impl Tolerated<'_> {
    /// What was allowed and, where the check still stands as it did, what that was computed from.
    fn text(&self, check: Option<&Check>, show: Written) -> String {
        if self.allowed.is_zero() {
            return String::new();
        }
        let of = check.and_then(|check| self.source(check, show));
        let of = match (of, self.rows) {
            (Some(of), _) => format!(", {of}"),
            (None, Some(rows)) => format!(", for {}", super::tables::count(rows, "row")),
            (None, None) => String::new(),
        };
        let direction = match self.bound {
            Some(Bound::Under) => "to be less by",
            Some(Bound::Over) => "to be more by",
            None => "a difference of",
        };
        format!("; allowed is {direction} {}{of}", show(self.allowed))
    }

    /// What the tolerance was computed from; nothing where it is the plain amount.
    fn source(&self, check: &Check, show: Written) -> Option<String> {
        let Within::Figures(margins) = &check.within else { return None };
        let Margins { under, over, of, choose, .. } = margins.as_ref();
        // A check that only asks for at least as much is only ever missed from below.
        let under_it = self.bound == Some(Bound::Under) || check.relation == Relation::AtLeast;
        let Allowed { amount, percent } = if under_it { under } else { over };
        let share = percent.map(|percent| {
            let base = match of {
                Base::Larger => "the larger figure".to_owned(),
                Base::Left => words::visible(check.left.text()),
                Base::Right => words::visible(check.right.text()),
            };
            format!("{} % of {base}", percent.normalised())
        });
        let amount = amount.as_ref().map(|amount| {
            let each = show(amount.of(self.currency));
            let rows = self.rows.map(|rows| format!(" × {}", super::tables::count(rows, "row"))).unwrap_or_default();
            let whose = if amount.currencies.is_empty() { String::new() } else { format!(" in {}", self.currency) };
            (format!("{each}{rows}{whose}"), self.rows.is_some() || !amount.currencies.is_empty())
        });
        match (amount, share) {
            (Some((amount, _)), Some(share)) => {
                let which = if *choose == Choose::Larger { "larger" } else { "smaller" };
                Some(format!("the {which} of {amount} and {share}"))
            }
            (Some((amount, computed)), None) => computed.then_some(amount),
            (None, share) => share,
        }
    }
}

/// What an expression is worth, with all that several rows come to in it written out.
fn operand(operand: &Operand, evidence: &Evidence, settings: Option<&Reconcile>, show: Written) -> Vec<String> {
    let value = match &operand.value {
        Value::Amount(amount) => show(*amount),
        Value::Null => "nothing".to_owned(),
        other => words::visible(&other.to_string()),
    };
    let expression = words::visible(&operand.expression);
    let columns = columns(&operand.expression, evidence);
    if let [(name, side, index)] = columns.as_slice()
        && *name == operand.expression
    {
        let Value::Amount(amount) = operand.value else { return vec![format!("{expression} = {value}")] };
        return match together(side, *index, settings, show) {
            Some((figures, total)) if side.rows.len() > 1 && total.is_none_or(|total| total == amount) => {
                vec![format!("{expression} = {figures} = {value}")]
            }
            _ => vec![format!("{expression} = {value}{}", over_rows(side))],
        };
    }
    let mut lines: Vec<String> = columns
        .iter()
        .map(|(name, side, index)| {
            let name = words::visible(name);
            match together(side, *index, settings, show) {
                Some((figures, Some(total))) if side.rows.len() > 1 => format!("{name} = {figures} = {}", show(total)),
                Some((figures, _)) => format!("{name} = {figures}"),
                None => format!("{name}{}", over_rows(side)),
            }
        })
        .collect();
    lines.push(format!("{expression} = {value}"));
    lines
}

fn over_rows(side: &SideRows) -> String {
    if side.total > 1 { format!(" ({})", super::tables::count(side.total, "row")) } else { String::new() }
}

/// The columns of figures that an expression names as `side.column`.
fn columns<'e>(expression: &str, evidence: &'e Evidence) -> Vec<(String, &'e SideRows, usize)> {
    let mut found = Vec::new();
    for side in &evidence.sides {
        for (index, column) in side.columns.iter().enumerate() {
            let name = format!("{}.{column}", side.side);
            let figures = side.rows.iter().any(|row| matches!(row.get(index), Some(Value::Amount(_))));
            if let Some(at) = place(expression, &name).filter(|_| figures) {
                found.push((at, (name, side, index)));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, column)| column).collect()
}

/// Where a text names `name`, and not something longer.
fn place(text: &str, name: &str) -> Option<usize> {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}

/// What the rows of one key come to in a column, written out, and what that is; which row is the first is not known
/// any more. Nothing where rows were left out of the evidence.
fn together(
    side: &SideRows,
    column: usize,
    settings: Option<&Reconcile>,
    show: Written,
) -> Option<(String, Option<Amount>)> {
    let rule = settings.and_then(|settings| settings.sides.iter().find(|known| known.name == side.side));
    let name = side.columns.get(column)?;
    let holds = |columns: &[String]| columns.contains(name);
    let Some(rule) = rule.filter(|rule| side.rows.len() > 1 && !holds(&rule.sum)) else {
        return sum(side, column, show).map(|(sum, total)| (sum, Some(total)));
    };
    let figures = figures(side, column)?;
    let (word, total) = match () {
        () if holds(&rule.min) => ("the least", figures.iter().min().copied()),
        () if holds(&rule.max) => ("the largest", figures.iter().max().copied()),
        () => ("the first", None),
    };
    let mut written: Vec<String> = figures.iter().take(WRITTEN_OUT).map(|figure| show(*figure)).collect();
    if figures.len() > WRITTEN_OUT {
        written.push(format!("{} more", figures.len() - WRITTEN_OUT));
    }
    Some((format!("{word} of {}", written.join(", ")), total))
}

/// The figures of a column; nothing where rows were left out of the evidence.
fn figures(side: &SideRows, column: usize) -> Option<Vec<Amount>> {
    let amount = |row: &Vec<Value>| match row.get(column) {
        Some(Value::Amount(amount)) => Some(*amount),
        _ => None,
    };
    (side.rows.len() as u64 == side.total).then(|| side.rows.iter().filter_map(amount).collect())
}

/// A column's figures written as a sum, and the sum; nothing where rows were left out of the evidence.
fn sum(side: &SideRows, column: usize, show: Written) -> Option<(String, Amount)> {
    let figures = figures(side, column)?;
    let total = figures.iter().try_fold(Amount::default(), |total, figure| total.checked_add(*figure))?;
    let mut written = String::new();
    for (index, figure) in figures.iter().take(WRITTEN_OUT).enumerate() {
        let sign = match (index, figure.is_negative()) {
            (0, _) => "",
            (_, true) => " - ",
            (_, false) => " + ",
        };
        let figure = if index > 0 { figure.checked_abs()? } else { *figure };
        written.push_str(sign);
        written.push_str(&show(figure));
    }
    if figures.len() > WRITTEN_OUT {
        written.push_str(&format!(" and {} more", figures.len() - WRITTEN_OUT));
    }
    Some((written, total))
}

/// How several rows of a side make up `figure`, where a column of theirs does.
pub(super) fn summed(evidence: &Evidence, side: &str, figure: Amount, show: Written) -> Option<String> {
    let side = evidence.sides.iter().find(|rows| rows.side == side && rows.rows.len() > 1)?;
    let mut sums = (0..side.columns.len()).filter_map(|column| sum(side, column, show));
    sums.find(|(_, total)| *total == figure && !figure.is_zero()).map(|(sum, _)| sum)
}

pub(super) fn at_risk(found: &Break, what: &str) -> Option<String> {
    let money = found.at_risk.as_ref()?;
    let what = if what.is_empty() { String::new() } else { format!(", {what}") };
    Some(format!("at risk: {}{what}", words::money(&money.currency, money.amount)))
}

/// What a difference of quantity is worth.
fn priced(found: &Break, difference: Amount, evidence: &Evidence, settings: Option<&Reconcile>) -> String {
    let price = settings.and_then(|settings| settings.price.as_ref());
    let Some(Money { currency, amount }) = &found.at_risk else {
        return match price {
            Some(price) if columns(price.text(), evidence).is_empty() => {
                format!("at risk: unpriced, because {} has no value here", words::visible(price.text()))
            }
            _ => "at risk: unpriced".to_owned(),
        };
    };
    let money = words::money(currency, *amount);
    let Some(price) = price else { return format!("at risk: {money}") };
    let text = words::visible(price.text());
    let columns = columns(price.text(), evidence);
    if let [(name, side, index)] = columns.as_slice()
        && name == price.text()
        && let Some(Value::Amount(each)) = side.rows.first().and_then(|row| row.get(*index))
        && let Some(quantity) = difference.checked_abs()
        && quantity.checked_mul(*each) == Some(*amount)
    {
        return format!("at risk: {} × {} ({text}) = {money}", words::quantity(quantity), words::figure(*each));
    }
    format!("at risk: {} × {text} = {money}", words::quantity(difference.checked_abs().unwrap_or(difference)))
}

/// Which figure of a side that has the subject is in question.
fn missing(
    found: &Break,
    evidence: &Evidence,
    present: &[String],
    tables: &BTreeMap<String, TableSpec>,
) -> Vec<String> {
    let Some(money) = &found.at_risk else { return Vec::new() };
    let sides = evidence.sides.iter().filter(|side| present.contains(&side.side));
    for side in sides {
        // A quantity may happen to be the same figure. What a side added to its table is not known here, and may be money.
        let spec = tables.get(&side.table);
        let money_or_unknown = |column: &str| {
            let column = spec.and_then(|spec| spec.column(column));
            column.is_none_or(|column| matches!(column.kind, ColumnType::Money { .. }))
        };
        for (index, column) in side.columns.iter().enumerate().filter(|(_, column)| money_or_unknown(column)) {
            if let Some((sum, total)) = sum(side, index, words::figure).filter(|(_, total)| !total.is_zero())
                && total.checked_abs() == Some(money.amount)
            {
                let sum = if side.rows.len() > 1 { format!("{sum} = ") } else { String::new() };
                let column = words::visible(&format!("{}.{column}", side.side));
                return vec![format!("at risk: {column} = {sum}{}", words::money(&money.currency, money.amount))];
            }
        }
    }
    at_risk(found, "").into_iter().collect()
}
