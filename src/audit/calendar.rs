//! Working days: the weekend, holidays, and the weekend days that are worked to make up for them.

use std::collections::BTreeSet;
use std::ops::Bound;

use chrono::{Datelike, NaiveDate, Weekday};

/// The business's working days. Without any entry: Monday to Friday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days off that fall on Monday to Friday.
    pub holidays: BTreeSet<NaiveDate>,
    /// Saturdays and Sundays that are worked (调休).
    pub workdays: BTreeSet<NaiveDate>,
}

impl Calendar {
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        if self.workdays.contains(&day) {
            return true;
        }
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        !weekend && !self.holidays.contains(&day)
    }

    /// How many working days follow `after`, up to and including `until`; none where it does not follow.
    pub fn working_days(&self, after: NaiveDate, until: NaiveDate) -> i64 {
        let days = (until - after).num_days();
        if days <= 0 {
            return 0;
        }
        let is_weekday = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        // Every seven days hold five weekdays; only the rest is looked at day by day.
        let weeks = days / 7;
        let rest = after.iter_days().skip(1).take((days % 7) as usize).filter(is_weekday).count() as i64;
        let within = (Bound::Excluded(after), Bound::Included(until));
        let off = self.holidays.range(within).filter(|day| is_weekday(day) && !self.workdays.contains(*day)).count();
        let made_up = self.workdays.range(within).filter(|day| !is_weekday(day)).count();
        weeks * 5 + rest - off as i64 + made_up as i64
    }
}
