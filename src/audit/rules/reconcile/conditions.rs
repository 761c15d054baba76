//! When a check applies, and how long what it finds is in transit.

use chrono::{Days, NaiveDate};

use super::matched::Matched;
use crate::audit::expression::Vector;
use crate::audit::judgement::Context;
use crate::audit::rulebook::{Check, Grace};

/// Where a check's `when` is true; `None` when it has none.
pub(super) fn applies(matched: &Matched<'_>, check: &Check) -> Option<Vec<Option<bool>>> {
    let when = check.when.as_ref()?;
    match when.evaluate(matched, &matched.context.parameters) {
        Vector::Boolean(flags) => Some(flags.to_vec()),
        _ => Some(vec![None; matched.pairing.groups]),
    }
}

/// Which groups are still inside a check's grace; `None` when it has none.
pub(super) fn in_grace(matched: &Matched<'_>, check: &Check) -> Option<Vec<bool>> {
    let grace = check.grace.as_ref()?;
    let mut earliest: Vec<Option<i32>> = vec![None; matched.pairing.groups];
    for column in &grace.after {
        let side = matched.side_of(column);
        let days = match matched.tables[side].vector(&column.column) {
            Vector::Date(days) => days,
            Vector::Instant(at) => at.iter().map(|at| at.map(|at| day_of(at, matched.context))).collect(),
            _ => continue,
        };
        for (group, earliest) in earliest.iter_mut().enumerate() {
            let of_group = matched.rows(side, group).iter().filter_map(|row| days[*row as usize]);
            *earliest = of_group.chain(*earliest).min();
        }
    }
    Some(
        earliest.into_iter().map(|anchor| anchor.is_some_and(|anchor| waits(grace, anchor, matched.context))).collect(),
    )
}

/// The business day of an instant, as days since 1970.
pub(super) fn day_of(micros: i64, context: &Context) -> i32 {
    let at = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
    let day = at.with_timezone(&context.zone).date_naive();
    i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// Whether the business day is not after the last day of grace.
fn waits(grace: &Grace, anchor: i32, context: &Context) -> bool {
    let Some(start) = NaiveDate::default().checked_add_signed(chrono::Duration::days(i64::from(anchor))) else {
        return false;
    };
    let last = if grace.working {
        context.calendar.add_working_days(start, grace.days)
    } else {
        start.checked_add_days(Days::new(u64::from(grace.days)))
    };
    last.is_none_or(|last| context.day <= last)
}
