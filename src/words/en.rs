//! The English words.

use super::{figure, guards, limits, moments, money, one_line, payments, quantity, stalled, stock, validity, visible};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Bound, Class, Excess, Message, Operand, Relation, Severity};
use crate::audit::exception::{Status, Step};
use crate::audit::judgement::Reason;
use crate::audit::value::Value;
use crate::language::Language;

pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Unreadable => "Unreadable value",
        Class::Keyless => "No key",
        Class::Duplicate => "Duplicate",
        Class::Missing => "Missing",
        Class::Currency => "Currency differs",
        Class::Quantity => "Quantity differs",
        Class::Amount => "Amount differs",
        Class::Text => "Text differs",
        Class::Date => "Date differs",
        Class::Invalid => "Invalid entry",
        Class::UnknownReference => "Unknown reference",
        Class::Stalled => "Stalled",
        Class::Limit => "Beyond its limit",
        Class::NegativeStock => "Negative stock",
        Class::LowStock => "Low stock",
        Class::NoReorderPoint => "No reorder point",
        Class::Overdue => "Overdue",
        Class::NoDueDate => "No due date",
        Class::OverCreditLimit => "Over credit limit",
        Class::Flood => "Too many differences",
    }
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "Open",
        Status::Acknowledged => "Acknowledged",
        Status::Waived => "Waived",
        Status::Resolved => "Resolved",
        Status::Gone => "Gone",
        Status::Retired => "Rule retired",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::Opened => "New",
        Step::Regressed => "Came back",
        Step::Worsened => "Worsened",
        Step::Changed => "Changed",
        Step::Unchanged => "Unchanged",
        Step::Resolved => "Resolved",
        Step::Gone => "Gone",
        Step::Retired => "Retired",
    }
}

pub(super) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Unreadable { source, table, sentence } => {
            format!("Table {} of {} could not be read in full: {}", visible(table), visible(source), one_line(sentence))
        }
        Reason::Guard { source, table, rows, min_rows } => format!(
            "Table {} of {} has only {}; fewer than {} cannot be believed",
            visible(table),
            visible(source),
            rows_of(*rows),
            count(*min_rows)
        ),
        Reason::Dropped { source, table, drop } => guards::dropped(source, table, drop, Language::En),
        Reason::Stale { source, table, column, newest, within } => {
            guards::stale((source, table), column, newest.as_deref(), *within, Language::En)
        }
        Reason::Partly { companies } => {
            let each = companies
                .iter()
                .map(|(company, reason)| format!("company {}: {}", visible(company), self::reason(reason)));
            each.collect::<Vec<_>>().join("; ")
        }
        Reason::PastNotKept { table } => {
            format!("Table {} holds only its present state, so a past day cannot be judged", visible(table))
        }
        Reason::NoTimeToRecheck { after, minutes } => moments::no_time_to_recheck(*after, *minutes, Language::En),
        Reason::Skew { early, early_at, late, late_at, limit } => {
            moments::skew((early, *early_at), (late, *late_at), *limit, Language::En)
        }
        Reason::ClockOff { source, table, here, there, limit } => {
            moments::clock_off(source, table, (*here, *there), *limit, Language::En)
        }
        Reason::InternalFault { sentence } => format!("Judging itself failed: {}", one_line(sentence)),
        Reason::TimeLimit { minutes: 1 } => "Judging was not done within 1 minute".to_owned(),
        Reason::TimeLimit { minutes } => format!("Judging was not done within {minutes} minutes"),
    }
}

pub(super) fn message(message: &Message) -> String {
    match message {
        Message::UnreadableCell { side, column, text, expected, cells } => {
            let (side, column, expected) = (visible(side), visible(column), type_name(expected));
            match cells {
                0 | 1 => format!("{side}.{column} holds “{}”, which is not a valid {expected}", visible(text)),
                cells => {
                    format!(
                        "{side}.{column} is not a valid {expected} in {} cells, such as “{}”",
                        count(*cells),
                        visible(text)
                    )
                }
            }
        }
        Message::OutOfRange { side, expression } => {
            let side = side.as_deref().map(|side| format!("{}: ", visible(side))).unwrap_or_default();
            let fault = if expression.contains('/') { "divides by zero or is" } else { "is" };
            format!("{side}{} {fault} too large to be computed exactly", visible(expression))
        }
        Message::Keyless { side, columns, rows } => {
            let columns: Vec<String> = columns.iter().map(|column| visible(column)).collect();
            format!("{} in {} without {}: cannot be matched", rows_of(*rows), visible(side), columns.join(", "))
        }
        Message::Duplicate { side, unique, rows } => {
            let unique: Vec<String> = unique.iter().map(|column| visible(column)).collect();
            let same = if unique.is_empty() { String::new() } else { format!(" with the same {}", unique.join(", ")) };
            format!("{} has {}{same}, 1 expected", visible(side), rows_of(*rows))
        }
        Message::Missing { side, present } if present.is_empty() => format!("Not in {}", visible(side)),
        Message::Missing { side, present } => {
            let present: Vec<String> = present.iter().map(|side| visible(side)).collect();
            format!("Not in {}, but in {}", visible(side), present.join(" and "))
        }
        Message::CurrencyDiffers { left, right } => format!("Currencies differ: {}, {}", stated(left), stated(right)),
        Message::MixedCurrencies { side, currencies } => {
            let currencies: Vec<String> = currencies.iter().map(|currency| visible(currency)).collect();
            format!("{} adds up several currencies: {}", visible(side), currencies.join(", "))
        }
        Message::AmountDiffers { relation, left, right, difference, allowed, currency, bound, rows } => {
            let words = Figures { show: figure, unit: Some(currency), allowed: *allowed, bound: *bound, rows: *rows };
            words.compare(*relation, left, right, *difference)
        }
        Message::QuantityDiffers { relation, left, right, difference, allowed, bound, rows } => {
            let words = Figures { show: quantity, unit: None, allowed: *allowed, bound: *bound, rows: *rows };
            words.compare(*relation, left, right, *difference)
        }
        Message::TextDiffers { left, right } => format!("{}, {}", quoted(left), quoted(right)),
        Message::DateDiffers { relation, left, right, days, allowed } => {
            dates(*relation, left, right, *days) + &allowed.map(days_allowed).unwrap_or_default()
        }
        Message::AmbiguousLookup { .. } | Message::LookupMissing { .. } | Message::NoUnitFactor { .. } => {
            added(message)
        }
        Message::NegativeStock { .. } | Message::LowStock { .. } | Message::NoReorderPoint { .. } => {
            stock::message(message, Language::En)
        }
        Message::NotSatisfied { .. } => validity::message(message, Language::En),
        Message::Stalled { .. } => stalled::message(message, Language::En),
        Message::BeyondLimit { .. } | Message::Swung { .. } => limits::message(message, Language::En),
        Message::Flood { found, limit, excess } => flood(*found, *limit, excess.as_ref()),
        Message::Overdue { .. } | Message::NoDueDate { .. } | Message::OverCreditLimit { .. } => {
            payments::message(message, Language::En)
        }
    }
}

/// The messages about columns that a side adds to its table.
fn added(message: &Message) -> String {
    match message {
        Message::AmbiguousLookup { side, table, key, found } => {
            let (table, key) = (visible(table), values(key));
            format!("{table} has {} for {key}, 1 expected: {} cannot look it up", rows_of(*found), visible(side))
        }
        Message::LookupMissing { side, table, key, rows } => {
            let more = if *rows > 1 { format!(", in {}", rows_of(*rows)) } else { String::new() };
            let (side, table) = (visible(side), visible(table));
            if key.iter().any(Value::is_null) {
                return format!("{side} leaves empty what is looked up in {table}{more}");
            }
            format!("{side} refers to {}, which is not in {table}{more}", values(key))
        }
        Message::NoUnitFactor { side, column, item, unit, rows } => {
            let more = if *rows > 1 { format!(", in {}", rows_of(*rows)) } else { String::new() };
            let (side, column, unit) = (visible(side), visible(column), value(unit));
            if item.is_null() {
                return format!("{side}.{column} is in “{unit}” of no item: it has no base unit{more}");
            }
            format!("{side}.{column}: no single factor turns “{unit}” of {} into its base unit{more}", value(item))
        }
        _ => String::new(),
    }
}

fn values(key: &[Value]) -> String {
    key.iter().map(value).collect::<Vec<_>>().join(", ")
}

/// What says that one exception stands for all.
fn flood(found: u64, limit: u64, excess: Option<&Excess>) -> String {
    let excess = self::excess(excess.unwrap_or(&Excess::Count { found, limit }));
    format!(
        "{excess}: most likely the data or the rule is at fault. This one stands for all; the others stay as they were"
    )
}

pub(super) fn excess(excess: &Excess) -> String {
    match excess {
        Excess::Count { found, limit } => {
            format!("{}, more than the limit of {}", differences(*found), count(*limit))
        }
        Excess::Percent { found, of, limit } => {
            format!("{} among {} keys, more than the limit of {} %", differences(*found), count(*of), quantity(*limit))
        }
        Excess::Amount { currency, at_risk: Some(at_risk), limit } => {
            format!("{} at risk, more than the limit of {}", money(currency, *at_risk), figure(*limit))
        }
        Excess::Amount { currency, at_risk: None, limit } => {
            format!("More {} at risk than can be added up; the limit is {}", visible(currency), figure(*limit))
        }
    }
}

/// How two figures of one kind are told, and what was tolerated.
struct Figures<'a> {
    show: fn(Amount) -> String,
    unit: Option<&'a str>,
    allowed: Amount,
    bound: Option<Bound>,
    rows: Option<u64>,
}

impl Figures<'_> {
    fn compare(&self, relation: Relation, left: &Operand, right: &Operand, gap: Amount) -> String {
        let size = (self.show)(gap.checked_abs().unwrap_or(gap));
        let direction = if gap.is_negative() { "less" } else { "more" };
        let (wanted, verdict) = match relation {
            Relation::Equal => ("", format!("{size} {direction}")),
            Relation::AtMost => ("at most ", format!("{size} too much")),
            Relation::AtLeast => ("at least ", format!("{size} too little")),
        };
        // A figure that the rule itself writes down is not said to be what it is.
        let right = match right.expression.parse::<Amount>() {
            Ok(_) => format!("{wanted}{} expected", self.value(right)),
            Err(_) => self.operand(right),
        };
        format!("{}, {right}: {verdict}{}", self.operand(left), self.tolerance())
    }

    fn tolerance(&self) -> String {
        if self.allowed.is_zero() {
            return String::new();
        }
        let direction = match self.bound {
            Some(Bound::Under) => " less",
            Some(Bound::Over) => " more",
            None => "",
        };
        let rows = self.rows.map(|rows| format!(" for {}", rows_of(rows))).unwrap_or_default();
        format!(" ({}{direction} allowed{rows})", (self.show)(self.allowed))
    }

    fn operand(&self, operand: &Operand) -> String {
        format!("{} is {}", visible(&operand.expression), self.value(operand))
    }

    fn value(&self, operand: &Operand) -> String {
        match (&operand.value, self.unit) {
            (Value::Amount(amount), Some(unit)) => money(unit, *amount),
            (Value::Amount(amount), None) => (self.show)(*amount),
            (other, _) => value(other),
        }
    }
}

fn dates(relation: Relation, left: &Operand, right: &Operand, days: Option<i64>) -> String {
    let (left, right) = (stated(left), stated(right));
    let Some(days) = days else { return format!("Dates differ: {left}, {right}") };
    let size = days.unsigned_abs();
    let unit = if size == 1 { "day" } else { "days" };
    let verdict = match (relation, days < 0) {
        (Relation::Equal, true) => "earlier",
        (Relation::Equal, false) => "later",
        (Relation::AtMost, _) => "too late",
        (Relation::AtLeast, _) => "too early",
    };
    format!("{left}, {right}: {size} {unit} {verdict}")
}

fn days_allowed(days: u32) -> String {
    format!(" ({days} {} allowed)", if days == 1 { "day" } else { "days" })
}

fn stated(operand: &Operand) -> String {
    format!("{} is {}", visible(&operand.expression), value(&operand.value))
}

fn quoted(operand: &Operand) -> String {
    match &operand.value {
        Value::Text(text) => format!("{} is “{}”", visible(&operand.expression), visible(text)),
        _ => stated(operand),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => visible(&other.to_string()),
    }
}

fn type_name(name: &str) -> String {
    match name {
        "money" => "amount".to_owned(),
        "instant" => "time".to_owned(),
        "boolean" => "yes or no".to_owned(),
        other => visible(other),
    }
}

fn differences(found: u64) -> String {
    if found == 1 { "1 difference".to_owned() } else { format!("{} differences", count(found)) }
}

fn rows_of(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{} rows", count(rows)) }
}

fn count(number: u64) -> String {
    i64::try_from(number).map_or_else(|_| number.to_string(), |number| quantity(Amount::from(number)))
}
