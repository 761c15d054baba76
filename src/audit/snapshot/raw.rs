//! What sources hand over: polars columns of many types, as integers, moments or plain text.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use polars::prelude::{DataType, Int128Chunked, PolarsResult, Series, TimeUnit};

use super::ColumnType;
use super::numerals::plain;

type Texts<'s> = Box<dyn Iterator<Item = Option<Cow<'s, str>>> + 's>;

/// Whether a raw column of type `found` can hold cells of `wanted` at all.
pub(super) fn can_be(found: &DataType, wanted: &ColumnType) -> bool {
    let number = matches!(wanted, ColumnType::Money { .. } | ColumnType::Quantity { .. } | ColumnType::Number { .. });
    match found {
        DataType::String | DataType::Null => true,
        DataType::Boolean => matches!(wanted, ColumnType::Text | ColumnType::Boolean),
        DataType::Date | DataType::Datetime(..) => {
            matches!(wanted, ColumnType::Text | ColumnType::Date | ColumnType::Instant)
        }
        DataType::Decimal(..) | DataType::Float32 | DataType::Float64 => number || !is_moment(wanted),
        found if found.is_integer() => number || !is_moment(wanted),
        _ => false,
    }
}

fn is_moment(wanted: &ColumnType) -> bool {
    matches!(wanted, ColumnType::Instant)
}

/// Integers and decimals as units of `10^-scale`; `None` for every other type.
pub(super) fn scaled_integers(held: &Series) -> PolarsResult<Option<(Int128Chunked, u8)>> {
    Ok(match held.dtype() {
        DataType::Decimal(_, scale) => u8::try_from(*scale)
            .ok()
            .map(|scale| held.decimal().map(|held| (held.physical().clone(), scale)))
            .transpose()?,
        // Half of its values have no 128-bit signed form, so they are read as text.
        DataType::UInt128 => None,
        found if found.is_integer() => Some((held.strict_cast(&DataType::Int128)?.i128()?.clone(), 0)),
        _ => None,
    })
}

/// Every cell as plain text: exact decimals, the shortest text that reads back as the same float, ISO dates.
pub(super) fn texts(held: &Series) -> PolarsResult<Texts<'_>> {
    if let Some((units, scale)) = scaled_integers(held)? {
        let units: Vec<Option<i128>> = units.iter().collect();
        let texts = units.into_iter().map(move |units| units.map(|units| plain(units, usize::from(scale))));
        return Ok(Box::new(texts.map(|text| text.map(Cow::Owned))));
    }
    Ok(match held.dtype() {
        DataType::String => Box::new(held.str()?.iter().map(|text| text.map(Cow::Borrowed))),
        DataType::Boolean => written(held.bool()?.iter()),
        DataType::UInt128 => written(held.u128()?.iter()),
        DataType::Float64 => written(held.f64()?.iter()),
        DataType::Float32 => written(held.f32()?.iter()),
        DataType::Date => {
            let days = held.date()?.physical().iter();
            let text = |days| day_at(days).map_or(format!("day {days}"), |day| day.format("%Y-%m-%d").to_string());
            Box::new(days.map(move |days| days.map(text).map(Cow::Owned)))
        }
        DataType::Datetime(unit, zone) => {
            let (unit, mark) = (*unit, if zone.is_some() { "Z" } else { "" });
            let ticks = held.datetime()?.physical().iter();
            Box::new(ticks.map(move |ticks| {
                let ticks = ticks?;
                let text = match moment(ticks, unit) {
                    Some(naive) => format!("{}{mark}", naive.format("%Y-%m-%dT%H:%M:%S%.f")),
                    None => format!("tick {ticks}"),
                };
                Some(Cow::Owned(text))
            }))
        }
        _ => Box::new(std::iter::repeat_n(None, held.len())),
    })
}

fn written<'s, T: ToString + 's>(cells: impl Iterator<Item = Option<T>> + 's) -> Texts<'s> {
    Box::new(cells.map(|cell| cell.map(|cell| Cow::Owned(cell.to_string()))))
}

/// Days since 1970-01-01 as a day of the calendar.
pub fn day_at(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_FROM_CE)?)
}

/// A day of the calendar as days since 1970-01-01.
pub fn days_since_epoch(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH_FROM_CE
}

/// 1970-01-01, counted from the first day of year one.
const EPOCH_FROM_CE: i32 = 719_163;

/// Ticks since 1970-01-01T00:00 as a date-time, cut to the microsecond.
pub(super) fn moment(ticks: i64, unit: TimeUnit) -> Option<NaiveDateTime> {
    let micros = match unit {
        TimeUnit::Nanoseconds => ticks.div_euclid(1_000),
        TimeUnit::Microseconds => ticks,
        TimeUnit::Milliseconds => ticks.checked_mul(1_000)?,
    };
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc())
}
