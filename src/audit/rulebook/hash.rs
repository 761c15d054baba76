//! What of a rule can change a judgement, as one hash.
//!
//! The hash is stored with every recorded run and compared with the next one's. A field that a later version adds
//! must therefore be left out of the text while it has its default, or every rule would look edited after an upgrade.

mod payments;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Added, Allowed, Base, Body, Bound, Ceiling, Check, Choose, Figure, Limit, Margins, PerCurrency, Rates, Reconcile,
    Side, Span, Threshold, Units, Within,
};
use crate::audit::amount::Amount;
use crate::audit::expression::Expression;
use crate::audit::snapshot::{ColumnSpec, TableSpec};
use crate::audit::value;

/// The tables a rule reads.
pub(super) fn tables(body: &Body) -> BTreeSet<String> {
    let names: Vec<Option<&String>> = match body {
        Body::Reconcile(rule) => {
            let looked_up = rule.sides.iter().flat_map(|side| &side.added.lookups).map(|lookup| Some(&lookup.table));
            let given = [rule.rates.as_ref().map(|rates| &rates.table), rule.units.as_ref().map(|units| &units.table)];
            let asserted = rule.asserted.iter().flat_map(|asserted| asserted.looked_for());
            let asserted = asserted.map(|exists| Some(&exists.table));
            rule.sides.iter().map(|side| Some(&side.table)).chain(looked_up).chain(given).chain(asserted).collect()
        }
        Body::LowStock(rule) => vec![
            Some(&rule.on_hand.table),
            rule.reserved.as_ref().map(|figure| &figure.table),
            rule.incoming.as_ref().map(|incoming| &incoming.figure.table),
            rule.demand.as_ref().map(|demand| &demand.figure.table),
            Some(&rule.settings.table),
        ],
        Body::OverduePayment(rule) => payments::tables(rule),
    };
    names.into_iter().flatten().cloned().collect()
}

/// SHA-256, in hex, over the canonical JSON of the rule's meaning and of the tables it reads.
pub(super) fn hash<'t>(
    body: &Body,
    threshold: &Threshold,
    recheck: Option<Duration>,
    specs: impl Iterator<Item = &'t TableSpec>,
) -> String {
    let body = match body {
        Body::Reconcile(rule) => reconcile(rule),
        Body::LowStock(rule) => rule.meaning(),
        Body::OverduePayment(rule) => payments::meaning(rule),
    };
    let tables: Vec<Value> = specs.map(table).collect();
    let flood = threshold.stop.count;
    // A warning, like a severity, says how much something matters, and opens or closes nothing.
    let stop = ceiling(&Ceiling { count: None, ..threshold.stop.clone() });
    let recheck = recheck.map(|recheck| recheck.as_secs());
    digest(&json!({ "rule": body, "flood": flood, "stop": stop, "recheck": recheck, "tables": tables }))
}

/// What the figures of a rule mean that looks back at its own past: figures with another hash are not compared.
pub(super) fn figures<'t>(body: &Body, specs: impl Iterator<Item = &'t TableSpec>) -> Option<String> {
    let Body::Reconcile(rule) = body else { return None };
    let looks_back = rule.checks.iter().find(|check| matches!(check.limit, Some(Limit::Change(_))))?;
    let sides: Vec<Value> = rule.sides.iter().map(side).collect();
    let tables: Vec<Value> = specs.map(table).collect();
    let figure = expression(Some(&looks_back.left));
    let rates = rule.rates.as_ref().map(rates);
    Some(digest(
        &json!({ "figure": figure, "sides": sides, "rates": rates, "units": rule.units.as_ref().map(units), "tables": tables }),
    ))
}

/// JSON with sorted members, without those that are null.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().filter(|(_, value)| !value.is_null()).collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, value) in elements.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write(value, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn reconcile(rule: &Reconcile) -> Value {
    json!({
        "kind": rule.kind.name(),
        "key": rule.key,
        "sides": rule.sides.iter().map(side).collect::<Vec<_>>(),
        "checks": rule.checks.iter().map(check).collect::<Vec<_>>(),
        "price": expression(rule.price.as_ref()),
        "rates": rule.rates.as_ref().map(rates),
        "units": rule.units.as_ref().map(units),
        // A margin says what is read, not what is judged.
        "scope": rule.window.as_ref().map(|window| {
            json!({ "by": window.by, "since": bound(&window.since), "until": window.until.as_ref().map(bound) })
        }),
        "settled": rule.settled.as_ref().map(|settled| {
            json!({ "minutes": settled.minutes, "by": settled.by.iter().map(ToString::to_string).collect::<Vec<_>>() })
        }),
        "asserted": rule.asserted.as_ref().map(|asserted| asserted.meaning()),
    })
}

fn rates(rates: &Rates) -> Value {
    json!({ "table": rates.table, "date": rates.date, "from": rates.from, "to": rates.to, "rate": rates.rate })
}

fn units(units: &Units) -> Value {
    json!({ "table": units.table, "item": units.item, "unit": units.unit, "factor": units.factor })
}

fn bound(bound: &Bound) -> Value {
    match bound {
        Bound::Before(Span::Days(days)) => json!({ "days": days }),
        Bound::Before(Span::Months(months)) => json!({ "months": months }),
        Bound::On(date) => json!({ "on": expression(Some(date)) }),
    }
}

/// What a side adds, member by member; the scales of its columns follow from the tables.
fn added(added: &Added) -> Option<Value> {
    if added.is_empty() {
        return None;
    }
    let lookups: Vec<Value> = added
        .lookups
        .iter()
        .map(|lookup| {
            let take: Vec<_> = lookup.take.iter().map(|column| (&column.name, &column.from)).collect();
            json!({ "table": lookup.table, "key": lookup.key, "take": take, "required": lookup.required })
        })
        .collect();
    let measured: Vec<_> =
        added.measured.iter().map(|measured| (&measured.column.name, &measured.item, &measured.unit)).collect();
    let derived: Vec<_> =
        added.derived.iter().map(|derived| (&derived.column.name, expression(Some(&derived.expression)))).collect();
    let conversions: Vec<_> = added
        .conversions
        .iter()
        .map(|conversion| (&conversion.column.name, &conversion.from, &conversion.to, &conversion.on))
        .collect();
    Some(json!({ "lookup": lookups, "units": measured, "derive": derived, "convert": conversions }))
}

fn side(side: &Side) -> Value {
    json!({
        "name": side.name,
        "table": side.table,
        "key": side.key,
        "added": added(&side.added),
        "filter": expression(side.filter.as_ref()),
        "sum": side.sum,
        "min": given(&side.min),
        "max": given(&side.max),
        "first": given(&side.first),
        "count": side.count,
        "expected": side.expected,
        "absent_zero": side.absent_zero,
    })
}

/// A list that was not there in earlier versions: nothing, while it is empty.
fn given(names: &[String]) -> Option<&[String]> {
    Some(names).filter(|names| !names.is_empty())
}

fn check(check: &Check) -> Value {
    let grace = check.grace.as_ref().map(|grace| {
        let after: Vec<String> = grace.after.iter().map(ToString::to_string).collect();
        json!({ "days": grace.days, "working": grace.working, "after": after })
    });
    json!({
        "name": check.name,
        "relation": check.relation,
        "left": expression(Some(&check.left)),
        "right": expression(Some(&check.right)),
        "when": expression(check.when.as_ref()),
        "within": within(&check.within),
        "limit": check.limit.as_ref().and_then(Limit::meaning),
        "grace": grace,
    })
}

/// Nothing where there is no limit, so that a rule without a threshold keeps its hash.
fn ceiling(ceiling: &Ceiling) -> Option<Value> {
    if *ceiling == Ceiling::default() {
        return None;
    }
    let amounts: Map<String, Value> = ceiling
        .amounts
        .iter()
        .map(|(currency, amount)| (currency.clone().unwrap_or_default(), decimal(*amount)))
        .collect();
    Some(json!({ "count": ceiling.count, "percent": ceiling.percent.map(decimal), "amounts": amounts }))
}

fn within(within: &Within) -> Value {
    let Margins { under, over, of, choose, per_row } = match within {
        Within::Exactly => &Margins::default(),
        Within::Figures(margins) => margins,
        Within::Days { under, over } => return json!({ "days": [under, over] }),
    };
    let of = match of {
        Base::Larger => "larger",
        Base::Left => "left",
        Base::Right => "right",
    };
    let choose = match choose {
        Choose::Larger => "larger",
        Choose::Smaller => "smaller",
    };
    let per_row = per_row.then_some(true);
    if under == over {
        let (amount, percent) = (under.amount.as_ref().map(per_currency), under.percent.map(decimal));
        return json!({ "amount": amount, "percent": percent, "of": of, "use": choose, "per_row": per_row });
    }
    json!({ "under": allowed(under), "over": allowed(over), "of": of, "use": choose, "per_row": per_row })
}

fn allowed(allowed: &Allowed) -> Value {
    json!({ "amount": allowed.amount.as_ref().map(per_currency), "percent": allowed.percent.map(decimal) })
}

fn per_currency(amount: &PerCurrency) -> Value {
    if amount.currencies.is_empty() {
        return decimal(amount.other);
    }
    let currencies = amount.currencies.iter().map(|(currency, amount)| (currency.clone(), decimal(*amount)));
    json!({ "currencies": currencies.collect::<Map<_, _>>(), "other": decimal(amount.other) })
}

pub(super) fn decimal(amount: Amount) -> Value {
    Value::String(amount.normalised().to_string())
}

pub(super) fn figure(figure: &Figure) -> Value {
    json!({ "table": figure.table, "column": figure.column, "filter": expression(figure.filter.as_ref()) })
}

/// The columns are sorted by name: their order in the file has no meaning.
fn table(table: &TableSpec) -> Value {
    let mut columns: Vec<_> = table.columns.iter().collect();
    columns.sort_by_key(|column| &column.name);
    let columns: Map<String, Value> =
        columns.into_iter().map(|column| (column.name.clone(), self::column(column))).collect();
    json!({
        "name": table.name,
        "source": table.source,
        "companies": Some(&table.companies).filter(|companies| !companies.is_empty()),
        "read": table.read,
        "unique": table.unique,
        "date": table.date,
        "history": table.history,
        "guards": table.guards,
        "columns": columns,
    })
}

fn column(column: &ColumnSpec) -> Value {
    let mut meaning = json!(column);
    if let Some(condition) = expression(column.negate_when.as_ref()) {
        meaning["negate_when"] = Value::String(condition);
    }
    meaning
}

/// What a column's figures mean, as one hash.
pub fn column_meaning(column: &ColumnSpec) -> String {
    digest(&self::column(column))
}

/// What a table asks of its sources, as one hash: two pulls with different ones are not compared. `bound` are the
/// parameters whose values say what is asked for.
pub fn asked(table: &TableSpec, sources: &[&str], bound: &BTreeMap<&str, &value::Value>) -> String {
    digest(&json!({ "sources": sources, "read": table.read, "bound": bound }))
}

/// SHA-256, in hex, over canonical JSON.
fn digest(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// An expression's text with every run of white space outside quotes as one space.
pub(super) fn expression(expression: Option<&Expression>) -> Option<String> {
    let mut text = String::new();
    let mut quote: Option<char> = None;
    for letter in expression?.text().trim().chars() {
        match quote {
            Some(open) => quote = Some(open).filter(|open| letter != *open),
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if letter.is_whitespace() && text.ends_with(' ') => continue,
            None => {}
        }
        text.push(if quote.is_none() && letter.is_whitespace() { ' ' } else { letter });
    }
    Some(text)
}
