//! Rows so young that the other systems may not have heard of them yet.

use super::matched::Matched;
use crate::audit::expression::{Shared, Vector};
use crate::audit::judgement::Context;
use crate::audit::rulebook::{Reconcile, Settled};
use crate::audit::rules::age::day_of;
use crate::audit::snapshot::Table;

/// The columns that say how old rows are, with what is too young, each as of the moment its table was read.
pub(super) struct Settling {
    columns: Vec<Aged>,
}

struct Aged {
    side: usize,
    touched: Touched,
}

enum Touched {
    /// A day counts as its end: young is this day and every later one.
    Days(Shared<Option<i32>>, i32),
    /// Microseconds since 1970: young is what lies after this moment.
    Moments(Shared<Option<i64>>, i64),
}

impl Settling {
    pub fn new(settled: &Settled, settings: &Reconcile, tables: &[&Table], context: &Context) -> Settling {
        let columns = settled.by.iter().filter_map(|column| {
            let side = settings.sides.iter().position(|side| Some(&side.name) == column.side.as_ref())?;
            // Where no calendar reaches that far back, everything is young.
            let cutoff = tables[side].own_moment().checked_sub_signed(settled.age()).unwrap_or_default();
            let cutoff = cutoff.timestamp_micros();
            let touched = match tables[side].vector(&column.column) {
                Vector::Date(days) => Touched::Days(days, day_of(cutoff, context)?),
                Vector::Instant(moments) => Touched::Moments(moments, cutoff),
                _ => return None,
            };
            Some(Aged { side, touched })
        });
        Settling { columns: columns.collect() }
    }

    /// Whether a row was touched too lately to count. One that says nothing of its age counts.
    pub fn is_young(&self, side: usize, row: u32) -> bool {
        let row = row as usize;
        self.columns.iter().filter(|aged| aged.side == side).any(|aged| match &aged.touched {
            Touched::Days(days, from) => days[row].is_some_and(|day| day >= *from),
            Touched::Moments(moments, after) => moments[row].is_some_and(|moment| moment > *after),
        })
    }

    /// Whether any row of a group is too young.
    pub fn touches(&self, matched: &Matched<'_>, group: usize) -> bool {
        let sides = 0..matched.tables.len();
        sides.into_iter().any(|side| matched.rows(side, group).iter().any(|row| self.is_young(side, *row)))
    }
}
