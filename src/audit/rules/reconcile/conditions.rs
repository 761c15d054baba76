//! When a check applies, and how long what it finds is in transit. Both are looked at only for subjects that differ, so
//! nothing is evaluated for a check that always agrees.

use std::cell::OnceCell;

use super::super::age::{day_after, day_at};
use super::matched::Matched;
use crate::audit::expression::Vector;
use crate::audit::judgement::Context;
use crate::audit::rulebook::{Check, Grace};
use crate::audit::snapshot::days_since_epoch;

/// The conditions of a rule's checks over the groups of one batch, in check order.
pub(super) struct Conditions<'m> {
    matched: &'m Matched<'m>,
    checks: Vec<Condition<'m>>,
}

struct Condition<'m> {
    check: &'m Check,
    when: OnceCell<Option<Vector>>,
    grace: OnceCell<Option<Waiting>>,
}

impl<'m> Conditions<'m> {
    pub fn of(matched: &'m Matched<'m>) -> Self {
        let condition = |check| Condition { check, when: OnceCell::new(), grace: OnceCell::new() };
        Conditions { matched, checks: matched.settings.checks.iter().map(condition).collect() }
    }

    /// Whether the check's `when` is true, or it has none.
    pub fn applies(&self, check: usize, group: usize) -> bool {
        let Condition { check, when, .. } = &self.checks[check];
        let evaluate = || check.when.as_ref().map(|when| when.evaluate(self.matched, &self.matched.context.parameters));
        match when.get_or_init(evaluate) {
            None => true,
            Some(Vector::Boolean(flags)) => flags[group] == Some(true),
            Some(_) => false,
        }
    }

    /// Whether the group is still inside the check's grace.
    pub fn waits(&self, check: usize, group: usize) -> bool {
        let Condition { check, grace, .. } = &self.checks[check];
        let waiting = grace.get_or_init(|| check.grace.as_ref().map(|grace| Waiting::of(self.matched, grace)));
        waiting.as_ref().is_some_and(|waiting| waiting.holds(self.matched, group))
    }
}

/// A grace as of the run's day.
struct Waiting {
    /// The dates it is counted from, with the side they stand on.
    dates: Vec<(usize, Vector)>,
    /// The first day, since 1970, from which a grace counted from it still lasts.
    from: i64,
}

impl Waiting {
    fn of(matched: &Matched<'_>, grace: &Grace) -> Waiting {
        let dates = grace.after.iter().map(|column| {
            let side = matched.side_of(column);
            (side, matched.tables[side].vector(&column.column))
        });
        Waiting { dates: dates.collect(), from: still_lasting(grace.days, grace.working, matched.context) }
    }

    fn holds(&self, matched: &Matched<'_>, group: usize) -> bool {
        let days = self.dates.iter().flat_map(|(side, dates)| {
            let rows = matched.rows(*side, group).iter();
            rows.filter_map(|row| day_at(dates, *row, matched.context))
        });
        days.min().is_some_and(|earliest| i64::from(earliest) >= self.from)
    }
}

/// A later start never ends sooner, so one day parts the graces that are over from those that are not.
pub(super) fn still_lasting(length: u32, working: bool, context: &Context) -> i64 {
    let today = i64::from(days_since_epoch(context.day));
    if !working {
        return today - i64::from(length);
    }
    // The grace from a day is over once that many working days lie between it and today.
    let mut passed = 0;
    let mut start = today - 1;
    while let Some(day) = i32::try_from(start).ok().and_then(day_after) {
        passed += u32::from(context.calendar.is_working_day(day));
        if passed >= length {
            break;
        }
        start -= 1;
    }
    start
}

/// The first day since which it is not longer than `length` days, or working days: a stay is no longer on a Sunday than
/// it was on the Friday before.
pub(super) fn not_longer_since(length: u32, working: bool, context: &Context) -> i64 {
    let today = i64::from(days_since_epoch(context.day));
    if !working {
        return today - i64::from(length);
    }
    let (mut first, mut passed) = (today, 0);
    while let Some(day) = i32::try_from(first).ok().and_then(day_after) {
        passed += u32::from(context.calendar.is_working_day(day));
        if passed > length {
            break;
        }
        first -= 1;
    }
    first
}

/// The days, or working days, after `since` up to and including today.
pub(super) fn days_since(since: i32, working: bool, context: &Context) -> i64 {
    match day_after(since).filter(|_| working) {
        Some(since) => context.calendar.working_days(since, context.day),
        None => i64::from(days_since_epoch(context.day)) - i64::from(since),
    }
}
