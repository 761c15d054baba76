//! The leaves of an expression: columns, literals and parameters as vectors of the types they were checked as.

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use super::{Cell, ColumnRef, Decimals, DecimalsBuilder, Type, Vector};
use crate::audit::amount::{Amount, power_of_ten};
use crate::audit::snapshot;
use crate::audit::value::Value;

/// A literal's or parameter's cell, of the type it was checked as. A figure finer than that type is a fault.
pub(super) fn single(value: &Value, kind: Option<Type>, name: &str) -> Vector {
    let text =
        |text: Option<&str>| Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, [text].into_iter()));
    let figure = |scale: u8, units: Option<i128>, absent: Cell| {
        Vector::Decimal(Decimals::new(scale, [units.map_or((0, absent), |units| (units, Cell::Value))]))
    };
    match (kind, value) {
        (Some(Type::Text) | None, Value::Null) => text(None),
        (Some(Type::Decimal { scale, .. }), Value::Null) => figure(scale, None, Cell::Null),
        (Some(Type::Date), Value::Null) => Vector::Date(vec![None].into()),
        (Some(Type::Instant), Value::Null) => Vector::Instant(vec![None].into()),
        (Some(Type::Boolean), Value::Null) => Vector::Boolean(vec![None].into()),
        (Some(Type::Text), Value::Text(held)) => text(Some(held)),
        (Some(Type::Decimal { scale, .. }), Value::Amount(amount)) => {
            figure(scale, amount.rescale(scale).map(Amount::units), Cell::Fault)
        }
        (Some(Type::Date), Value::Date(day)) => Vector::Date(vec![Some(snapshot::days_since_epoch(*day))].into()),
        (Some(Type::Instant), Value::Instant(at)) => Vector::Instant(vec![Some(at.timestamp_micros())].into()),
        (Some(Type::Boolean), Value::Bool(held)) => Vector::Boolean(vec![Some(*held)].into()),
        (kind, value) => panic!("{name} was checked as {kind:?} and is {value:?}"),
    }
}

/// A column as the scope declares it. Figures at another scale are brought to the declared one; what does not fit
/// there exactly is a fault.
pub(super) fn conform(column: &ColumnRef, held: Vector, kind: Type, rows: usize) -> Vector {
    assert!(held.len() == rows, "column {column} has {} cells for {rows} rows", held.len());
    match (held, kind) {
        (Vector::Decimal(decimals), Type::Decimal { scale, .. }) => Vector::Decimal(rescaled(decimals, scale)),
        (held @ Vector::Text(_), Type::Text)
        | (held @ Vector::Date(_), Type::Date)
        | (held @ Vector::Instant(_), Type::Instant)
        | (held @ Vector::Boolean(_), Type::Boolean) => held,
        (held, kind) => panic!("column {column} was checked as {} and is {}", kind.name(), held.type_name()),
    }
}

fn rescaled(decimals: Decimals, scale: u8) -> Decimals {
    if decimals.scale <= scale {
        return decimals.refined(scale);
    }
    let divisor = power_of_ten(decimals.scale - scale);
    let mut coarser = DecimalsBuilder::with_room(scale, decimals.len());
    for cell in decimals.iter() {
        match cell {
            (units, Cell::Value) => coarser.push_or_fault((units % divisor == 0).then(|| units / divisor)),
            (_, absent) => coarser.push_absent(absent),
        }
    }
    coarser.finish()
}
