//! Rates of exchange: the last one on or before a day.

use std::collections::{HashMap, HashSet};

use super::rows;
use crate::audit::amount::Amount;
use crate::audit::expression::Vector;
use crate::audit::rulebook::Rates;
use crate::audit::snapshot::Table;
use crate::audit::value::Value;

/// The rates of one currency, by the day from which they hold.
pub(super) type Series = Vec<(i32, Rate)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rate {
    Known(Amount),
    /// The cell is null, could not be read, or is not above zero.
    Unknown,
    /// The day has several rows that differ.
    Disputed,
}

/// The rates into `to`, by the currency they are from. A day that stands twice with one rate has that rate. A rate of
/// no day could be the last one of any day, so that none of its currency is known.
pub(super) fn series(table: &Table, rates: &Rates, to: &str) -> HashMap<String, Series> {
    let (from, into) = (table.vector(&rates.from), table.vector(&rates.to));
    let figures = rows::decimals(table, &rates.rate);
    let Vector::Date(days) = table.vector(&rates.date) else { return HashMap::new() };
    let mut all: HashMap<String, Series> = HashMap::new();
    let mut undated = HashSet::new();
    for (row, day) in days.iter().enumerate() {
        let Value::Text(code) = from.value(row) else { continue };
        if into.value(row) != Value::Text(to.to_owned()) {
            continue;
        }
        let Some(day) = *day else {
            undated.insert(code);
            continue;
        };
        let rate = rows::amount(&figures, row as u32).filter(|rate| *rate > Amount::ZERO);
        all.entry(code).or_default().push((day, rate.map_or(Rate::Unknown, Rate::Known)));
    }
    for series in all.values_mut() {
        series.sort_by_key(|(day, _)| *day);
        series.dedup_by(|(day, rate), (known_day, known)| {
            let same = day == known_day;
            if same && rate != known {
                *known = Rate::Disputed;
            }
            same
        });
    }
    all.retain(|code, _| !undated.contains(code));
    all
}

/// The rate that holds on a day: the last one on or before it.
pub(super) fn last(series: &Series, day: i32) -> Rate {
    let after = series.partition_point(|(from, _)| *from <= day);
    after.checked_sub(1).map_or(Rate::Unknown, |place| series[place].1)
}
