//! `scope`: the days whose subjects a reconcile rule judges.

use chrono::{Days, Months, NaiveDate};

use crate::audit::expression::{ColumnRef, Expression, Rows, Vector};
use crate::audit::judgement::Context;
use crate::audit::snapshot::day_at;

/// The days whose subjects are judged.
#[derive(Clone, Debug)]
pub struct Window {
    /// A date or instant column of the reference side.
    pub by: String,
    /// The first and the last day, both included.
    pub since: Bound,
    pub until: Option<Bound>,
    /// How far apart the documents of one subject may lie; without it nothing is known of that. It says what has to be
    /// read, never what is judged.
    pub margin: Option<Span>,
}

/// A day, seen from the as-of day.
#[derive(Clone, Debug)]
pub enum Bound {
    /// So long before.
    Before(Span),
    /// A date made of parameters.
    On(Expression),
}

/// A length of time, in days of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Days(u32),
    Months(u32),
}

impl Span {
    /// The day that lies so long before `day`; `None` where no calendar reaches that far.
    pub fn before(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Span::Days(days) => day.checked_sub_days(Days::new(u64::from(days))),
            Span::Months(months) => day.checked_sub_months(Months::new(months)),
        }
    }
}

impl Window {
    /// The first day of the scope; `None` where it has no such end.
    pub fn first_day(&self, context: &Context) -> Option<NaiveDate> {
        self.since.day(context)
    }

    /// The last day of the scope; `None` where it has no such end.
    pub fn last_day(&self, context: &Context) -> Option<NaiveDate> {
        self.until.as_ref()?.day(context)
    }
}

impl Bound {
    fn day(&self, context: &Context) -> Option<NaiveDate> {
        match self {
            Bound::Before(span) => span.before(context.day),
            Bound::On(date) => match date.evaluate(&OneRow, &context.parameters) {
                Vector::Date(days) => days.first().copied().flatten().and_then(day_at),
                _ => None,
            },
        }
    }
}

/// A row without columns, for an expression over parameters alone.
struct OneRow;

impl Rows for OneRow {
    fn len(&self) -> usize {
        1
    }

    fn column(&self, column: &ColumnRef) -> Vector {
        panic!("an expression over parameters alone reads {column}")
    }
}
