//! How old the documents behind a finding are.

use chrono::{DateTime, Duration, NaiveDate};

use crate::audit::expression::Vector;
use crate::audit::judgement::Context;
use crate::audit::rulebook::Rule;
use crate::audit::snapshot::{Table, days_since_epoch};

/// The dates of a rule's rows, where the rule's severity asks for them.
pub(super) struct Ages<'c> {
    /// By side, for the sides whose table says which column dates its rows.
    dates: Vec<Option<Vector>>,
    context: &'c Context,
}

impl<'c> Ages<'c> {
    pub fn of<'t>(rule: &Rule, tables: impl Iterator<Item = &'t Table>, context: &'c Context) -> Ages<'c> {
        let dates = |table: &Table| table.spec.date.as_ref().map(|column| table.vector(column));
        let asked = rule.severity.asks_age();
        Ages { dates: tables.map(|table| if asked { dates(table) } else { None }).collect(), context }
    }

    /// Days from the earliest date among the given rows of each side, in side order, to the as-of day.
    pub fn age<'r>(&self, rows: impl Iterator<Item = &'r [u32]>) -> Option<i64> {
        let dated = self.dates.iter().zip(rows).filter_map(|(dates, rows)| Some((dates.as_ref()?, rows)));
        let days = dated.flat_map(|(dates, rows)| rows.iter().filter_map(|row| day_at(dates, *row, self.context)));
        days.min().map(|earliest| i64::from(days_since_epoch(self.context.day)) - i64::from(earliest))
    }
}

/// The day in a row of a date or instant column, as days since 1970; instants by the business's own clock.
pub(super) fn day_at(dates: &Vector, row: u32, context: &Context) -> Option<i32> {
    match dates {
        Vector::Date(days) => days[row as usize],
        Vector::Instant(at) => day_of(at[row as usize]?, context),
        _ => None,
    }
}

/// The business's own day of an instant in microseconds, as days since 1970.
pub(super) fn day_of(micros: i64, context: &Context) -> Option<i32> {
    let at = DateTime::from_timestamp_micros(micros)?;
    Some(days_since_epoch(at.with_timezone(&context.zone).date_naive()))
}

/// The day that many days after 1970 began; `None` outside the calendar.
pub(super) fn day_after(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(Duration::days(i64::from(days)))
}
