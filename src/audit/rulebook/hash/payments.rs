//! The meaning of a rule of overdue payments.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{expression, rates};
use crate::audit::rulebook::{
    Applied, Credit, Direction, Instalments, Items, Open, OverduePayment, Share, Term, Terms,
};

/// The tables it reads.
pub(super) fn tables(rule: &OverduePayment) -> Vec<Option<&String>> {
    let parties = rule.terms.as_ref().and_then(|terms| terms.parties.as_ref());
    let undelivered = rule.credit.as_ref().and_then(|credit| credit.undelivered.as_ref());
    vec![
        Some(&rule.items.table),
        rule.instalments.as_ref().map(|instalments| &instalments.table),
        rule.applied.as_ref().map(|applied| &applied.table),
        rule.unapplied.as_ref().map(|open| &open.table),
        rule.credits.as_ref().map(|open| &open.table),
        parties.map(|parties| &parties.table),
        rule.credit.as_ref().map(|credit| &credit.table),
        undelivered.map(|open| &open.table),
        rule.rates.as_ref().map(|rates| &rates.table),
    ]
}

pub(super) fn meaning(rule: &OverduePayment) -> Value {
    json!({
        "kind": "overdue_payment",
        "direction": match rule.direction {
            Direction::Receivable => "receivable",
            Direction::Payable => "payable",
        },
        "items": items(&rule.items),
        "instalments": rule.instalments.as_ref().map(instalments),
        "applied": rule.applied.as_ref().map(applied),
        "unapplied": rule.unapplied.as_ref().map(open),
        "credits": rule.credits.as_ref().map(open),
        "terms": rule.terms.as_ref().map(terms),
        "credit": rule.credit.as_ref().map(credit),
        "rates": rule.rates.as_ref().map(rates),
        "buckets": rule.buckets,
    })
}

fn items(items: &Items) -> Value {
    json!({
        "table": items.table,
        "document": items.document,
        "instalment": items.instalment,
        "party": items.party,
        "due": items.due,
        "date": items.date,
        "amount": items.amount,
        "terms": items.terms.as_ref().map(term),
        "filter": expression(items.filter.as_ref()),
    })
}

fn instalments(instalments: &Instalments) -> Value {
    let (amount, percent) = match &instalments.share {
        Share::Amount(column) => (Some(column), None),
        Share::Percent(column) => (None, Some(column)),
    };
    json!({
        "table": instalments.table,
        "document": instalments.document,
        "instalment": instalments.instalment,
        "due": instalments.due,
        "amount": amount,
        "percent": percent,
        "filter": expression(instalments.filter.as_ref()),
    })
}

fn applied(applied: &Applied) -> Value {
    json!({
        "table": applied.table,
        "document": applied.document,
        "instalment": applied.instalment,
        "amount": applied.amount,
        "date": applied.date,
        "reversed": applied.reversed,
        "filter": expression(applied.filter.as_ref()),
    })
}

fn open(open: &Open) -> Value {
    let filter = expression(open.filter.as_ref());
    json!({ "table": open.table, "party": open.party, "amount": open.amount, "date": open.date, "filter": filter })
}

fn terms(terms: &Terms) -> Value {
    let mut meaning = terms.parties.as_ref().map_or_else(|| json!({}), |parties| term(&parties.columns));
    if let Some(parties) = &terms.parties {
        meaning["table"] = json!(parties.table);
        meaning["party"] = json!(parties.party);
    }
    meaning["otherwise"] = json!(terms.otherwise.as_ref().map(term));
    meaning
}

fn term<T: Serialize>(term: &Term<T>) -> Value {
    let parts = term.parts().into_iter().map(|(name, part)| (name.to_owned(), json!(part)));
    Value::Object(parts.collect::<Map<_, _>>())
}

fn credit(credit: &Credit) -> Value {
    json!({
        "table": credit.table,
        "party": credit.party,
        "limit": credit.limit,
        "undelivered": credit.undelivered.as_ref().map(open),
    })
}
