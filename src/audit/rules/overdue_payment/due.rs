//! When a document is due, and how long ago that was.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::audit::expression::Vector;
use crate::audit::judgement::Context;
use crate::audit::rulebook::OverduePayment;
use crate::audit::rules::Tables;
use crate::audit::rules::rows;
use crate::audit::value::Value;

/// The business day in a date or instant cell.
pub(super) fn day(vector: &Vector, row: u32, context: &Context) -> Option<NaiveDate> {
    match vector.value(row as usize) {
        Value::Date(date) => Some(date),
        Value::Instant(at) => Some(at.with_timezone(&context.zone).date_naive()),
        _ => None,
    }
}

/// Net days per party. A party that stands twice with different terms has none: a guess would set a due date.
pub(super) fn terms(settings: &OverduePayment, tables: &Tables) -> HashMap<String, i64> {
    let mut known: HashMap<String, Option<i64>> = HashMap::new();
    if let Some(terms) = &settings.terms {
        let table = &tables[&terms.table];
        let (parties, days) = (table.vector(&terms.party), rows::decimals(table, &terms.days));
        for row in 0..table.len() as u32 {
            let whole = rows::amount(&days, row).and_then(|days| days.rescale(0));
            let Some(days) = whole.and_then(|days| i64::try_from(days.units()).ok()) else { continue };
            let party = parties.value(row as usize).to_string();
            known.entry(party).and_modify(|held| *held = held.filter(|held| *held == days)).or_insert(Some(days));
        }
    }
    known.into_iter().filter_map(|(party, days)| Some((party, days?))).collect()
}

/// The ageing bucket of a number of days overdue: its first day, and its last where it has one.
pub(super) fn bucket(ends: &[i64], days: i64) -> (i64, Option<i64>) {
    let mut from = 1;
    for end in ends {
        if days <= *end {
            return (from, Some(*end));
        }
        from = end + 1;
    }
    (from, None)
}
