//! The rule's scope in time: which subjects it judges on this day.

use std::collections::BTreeSet;

use super::super::age::day_of;
use super::groups::Groups;
use super::matched::Matched;
use crate::audit::expression::{Shared, Vector};
use crate::audit::judgement::{Context, Unjudged};
use crate::audit::rulebook::Window;
use crate::audit::snapshot::{Table, days_since_epoch};
use crate::audit::value::Subject;

/// Which rows of each side lie inside the rule's scope.
pub(super) struct Inside {
    /// The first and the last day of the scope, as days since 1970; `None` where it has no such end.
    since: Option<i32>,
    until: Option<i32>,
    /// By side: the day of each row, where the side's rows have one.
    days: Vec<Option<Shared<Option<i32>>>>,
}

impl Inside {
    /// The reference side's rows are dated by the window's column, the others' by their table's own.
    pub fn new(window: &Window, tables: &[&Table], context: &Context) -> Inside {
        let days = tables.iter().enumerate().map(|(side, table)| {
            let column = if side == 0 { Some(&window.by) } else { table.spec.date.as_ref() };
            match table.vector(column?) {
                Vector::Date(days) => Some(days),
                Vector::Instant(at) => Some(at.iter().map(|at| at.and_then(|at| day_of(at, context))).collect()),
                _ => None,
            }
        });
        let days = days.collect();
        let since = window.first_day(context).map(days_since_epoch);
        let until = window.last_day(context).map(days_since_epoch);
        Inside { since, until, days }
    }

    /// Whether any of some rows of a side lies inside; one without a date does.
    fn any(&self, side: usize, rows: &[u32]) -> bool {
        let inside =
            |day: i32| self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until);
        let days = self.days[side].as_ref();
        days.is_some_and(|days| rows.iter().any(|row| days[*row as usize].is_none_or(inside)))
    }
}

/// Leaves out the groups that lie outside the rule's scope. The reference side's dates decide, and where it has no row
/// the other sides' own. A group that stands only on sides whose tables have no date lies outside. Subjects of open
/// exceptions are never left out.
pub(super) fn close(matched: &Matched<'_>, open: &BTreeSet<Subject>, groups: &mut Groups) {
    let Some(inside) = &matched.sides.inside else { return };
    for group in 0..matched.pairing.groups {
        let others = if matched.is_present(0, group) { 0..1 } else { 1..matched.tables.len() };
        let judged = others.into_iter().any(|side| inside.any(side, matched.rows(side, group)));
        let is_open = || matched.pairing.is_awaited(group) && open.contains(&matched.subject(group));
        if !judged && !is_open() {
            groups.leave(group, Unjudged::OutOfScope);
        }
    }
}
