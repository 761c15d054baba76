//! How much of an item went out day by day.

use chrono::Days;

use super::roles::Role;
use crate::audit::amount::{Amount, MAX_SCALE};
use crate::audit::expression::truth;
use crate::audit::judgement::Context;
use crate::audit::replenishment::Demanded;
use crate::audit::rulebook::{Demand, Outgoing};
use crate::audit::rules::age::day_at;

/// What movements come to.
pub(super) struct Daily<'a> {
    demand: &'a Demand,
    role: &'a Role<'a>,
    context: &'a Context,
    /// By row of the table; empty where the sign alone says what came back.
    returned: Vec<bool>,
}

impl<'a> Daily<'a> {
    pub fn of(demand: &'a Demand, role: &'a Role<'a>, context: &'a Context) -> Daily<'a> {
        let returned =
            demand.returns.as_ref().map(|returns| truth(&returns.evaluate(&role.table, &context.parameters)));
        Daily { demand, role, context, returned: returned.unwrap_or_default() }
    }

    /// The demand in some rows; `None` where it cannot be computed exactly. Days without movement count as none.
    pub fn demanded(&self, members: &[u32]) -> Option<Demanded> {
        let (cells, dates) = (self.role.cells.as_ref()?, self.role.dates.as_ref()?);
        let mut moved: Vec<(i32, i128)> = Vec::with_capacity(members.len());
        for row in members {
            let day = day_at(dates, *row, self.context);
            let units = cells.value(*row as usize);
            if let (Some(day), Some(units)) = (day, units) {
                moved.push((day, self.went_out(*row, units)?));
            }
        }
        moved.sort_unstable();
        // The figures are brought to their shortest form first, so that squares of plain numbers always fit.
        let mut scale = cells.scale;
        while scale > 0 && moved.iter().all(|(_, units)| units % 10 == 0) {
            moved.iter_mut().for_each(|(_, units)| *units /= 10);
            scale -= 1;
        }
        if scale > MAX_SCALE / 2 {
            return None;
        }
        let (mut sum, mut squares) = (0i128, 0i128);
        for day in moved.chunk_by(|left, right| left.0 == right.0) {
            let of_day = day.iter().try_fold(0i128, |sum, (_, units)| sum.checked_add(*units))?;
            sum = sum.checked_add(of_day)?;
            squares = squares.checked_add(of_day.checked_mul(of_day)?)?;
        }
        Some(Demanded {
            since: self.context.day.checked_sub_days(Days::new(self.demand.days.into()))?,
            until: self.context.day.checked_sub_days(Days::new(1))?,
            days: self.demand.days,
            sum: Amount::new(sum, scale),
            squares: Amount::new(squares, scale * 2),
        })
    }

    /// What left the house in a row; negative where it came back.
    fn went_out(&self, row: u32, units: i128) -> Option<i128> {
        if self.returned.get(row as usize).copied().unwrap_or_default() {
            return units.checked_abs()?.checked_neg();
        }
        match self.demand.outgoing {
            Outgoing::Positive => Some(units),
            Outgoing::Negative => units.checked_neg(),
        }
    }
}
