//! Reading the rows that a finding rests on.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::audit::amount::Amount;
use crate::audit::breaks::{Finding, SideRows};
use crate::audit::value::Value;

/// One side's rows of a finding, where the finding holds all of them.
pub(super) fn whole<'f>(finding: &'f Finding, side: &str) -> Option<&'f SideRows> {
    rows(finding, side).filter(|rows| rows.total == rows.rows.len() as u64)
}

pub(super) fn rows<'f>(finding: &'f Finding, side: &str) -> Option<&'f SideRows> {
    finding.evidence.sides.iter().find(|rows| rows.side == side)
}

pub(super) fn has_rows(finding: &Finding, side: &str) -> bool {
    rows(finding, side).is_some_and(|rows| rows.total > 0)
}

/// The cells of one column, in the order of the rows.
pub(super) fn cells<'r>(rows: &'r SideRows, column: &str) -> Option<impl Iterator<Item = &'r Value> + use<'r>> {
    let place = rows.columns.iter().position(|name| name == column)?;
    Some(rows.rows.iter().filter_map(move |row| row.get(place)))
}

/// The figures of one column; nothing where one of the cells has none.
pub(super) fn amounts(rows: &SideRows, column: &str) -> Option<Vec<Amount>> {
    let amount = |value: &Value| match value {
        Value::Amount(amount) => Some(*amount),
        _ => None,
    };
    cells(rows, column)?.map(amount).collect()
}

pub(super) fn sum(amounts: &[Amount]) -> Option<Amount> {
    amounts.iter().try_fold(Amount::ZERO, |sum, amount| sum.checked_add(*amount))
}

/// The one value that all rows have in a column; nothing where they differ or have none.
pub(super) fn common<'r>(rows: &'r SideRows, column: &str) -> Option<&'r Value> {
    let mut cells = cells(rows, column)?;
    let first = cells.next().filter(|value| !value.is_null())?;
    cells.all(|other| other == first).then_some(first)
}

/// The earliest day of a column.
pub(super) fn earliest(rows: &SideRows, column: &str) -> Option<NaiveDate> {
    cells(rows, column)?.filter_map(day).min()
}

pub(super) fn day(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Date(date) => Some(*date),
        Value::Instant(at) => Some(at.date_naive()),
        _ => None,
    }
}

/// When something happened, for telling earlier from later.
pub(super) fn moment(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Date(date) => Some(date.and_time(NaiveTime::MIN).and_utc()),
        Value::Instant(at) => Some(*at),
        _ => None,
    }
}
