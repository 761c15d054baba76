//! Parquet files.

use std::io::Cursor;

use chrono::{DateTime, SecondsFormat};
use polars::prelude::{
    ArrowDataType, ArrowTimeUnit, Column, DataFrame, DataType, IntoColumn, PolarsError, StringChunkedBuilder, TimeUnit,
};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use super::Found;
use crate::audit::snapshot::TableSpec;
use crate::sources::{Fault, PullLimits};

/// Digits of the widest decimal that frames carry.
const MAX_PRECISION: usize = 38;

/// Reads the columns that the table's file names, in their own types. Timestamps in UTC become RFC 3339 text, because
/// a frame's own date-times are read in the source's zone; floats become their shortest text.
pub(super) fn read(found: &Found, bytes: Vec<u8>, spec: &TableSpec, limits: &PullLimits) -> Result<DataFrame, Fault> {
    let name = found.name.as_str();
    let broken = |error: PolarsError| Fault::Parquet { file: name.to_owned(), reason: error.to_string() };
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let schema = reader.schema().map_err(broken)?;
    let found: Vec<String> = schema.iter_names().map(|column| column.to_string()).collect();
    let needed = super::super::needed(spec, &found)?;
    let columns: Vec<String> =
        found.iter().zip(&needed).filter(|(_, needed)| **needed).map(|(column, _)| column.clone()).collect();
    for column in &columns {
        if let Some(field) = schema.get(column)
            && !is_carried(field.dtype())
        {
            let (file, found) = (name.to_owned(), type_name(field.dtype()));
            return Err(Fault::UnsupportedType { file, column: column.clone(), found });
        }
    }
    let height = reader.num_rows().map_err(broken)?;
    if height as u64 > limits.rows {
        return Err(Fault::TooManyRows { limit: limits.rows });
    }
    if columns.is_empty() {
        return DataFrame::new(height, Vec::new()).map_err(broken);
    }
    let frame = reader.with_columns(Some(columns)).finish().map_err(broken)?;
    let carried = |column: &Column| {
        // Asked of the file, not of the frame: polars without its time zones may let go of the zone.
        let zoned = schema
            .get(column.name())
            .is_some_and(|field| matches!(field.dtype(), ArrowDataType::Timestamp(_, Some(_))));
        as_carried(column, zoned)
    };
    let columns = frame.columns().iter().map(carried).collect::<Result<Vec<Column>, _>>().map_err(broken)?;
    DataFrame::new(height, columns).map_err(broken)
}

/// Whether a column of this type reaches the frame without losing anything.
fn is_carried(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    match kind {
        Kind::Boolean | Kind::Date32 | Kind::Null => true,
        Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => true,
        Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64 => true,
        Kind::Float32 | Kind::Float64 => true,
        Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View => true,
        Kind::Decimal(precision, scale) => *precision <= MAX_PRECISION && scale <= precision,
        Kind::Timestamp(unit, zone) => {
            *unit != ArrowTimeUnit::Second && zone.as_ref().is_none_or(|zone| is_utc(zone.as_str()))
        }
        _ => false,
    }
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Z" | "+00:00" | "Etc/UTC")
}

/// The type's name as Parquet's users know it.
fn type_name(kind: &ArrowDataType) -> String {
    use ArrowDataType as Kind;
    let name = match kind {
        Kind::List(_) | Kind::LargeList(_) | Kind::FixedSizeList(..) => "list",
        Kind::Struct(_) => "struct",
        Kind::Map(..) => "map",
        Kind::Binary | Kind::LargeBinary | Kind::BinaryView | Kind::FixedSizeBinary(_) => "binary",
        Kind::Dictionary(..) => "dictionary",
        Kind::Time32(_) | Kind::Time64(_) => "time",
        other => return format!("{other:?}").to_lowercase(),
    };
    name.to_owned()
}

fn as_carried(column: &Column, zoned: bool) -> Result<Column, PolarsError> {
    let cells = column.as_materialized_series();
    let mut texts = StringChunkedBuilder::new(column.name().clone(), column.len());
    match cells.dtype() {
        DataType::Null => (0..column.len()).for_each(|_| texts.append_null()),
        DataType::Float32 => {
            cells.f32()?.iter().for_each(|cell| texts.append_option(cell.map(|cell| cell.to_string())))
        }
        DataType::Float64 => {
            cells.f64()?.iter().for_each(|cell| texts.append_option(cell.map(|cell| cell.to_string())))
        }
        DataType::Datetime(unit, _) if zoned => {
            let unit = *unit;
            let ticks = cells.datetime()?.physical();
            ticks.iter().for_each(|cell| texts.append_option(cell.map(|ticks| utc(ticks, unit))));
        }
        _ => return Ok(column.clone()),
    }
    Ok(texts.finish().into_column())
}

/// An instant as RFC 3339 text in UTC; the bare number of ticks where it is beyond every calendar.
fn utc(ticks: i64, unit: TimeUnit) -> String {
    let instant = match unit {
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(ticks),
        TimeUnit::Microseconds => DateTime::from_timestamp_micros(ticks),
        TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(ticks)),
    };
    instant.map_or_else(|| ticks.to_string(), |instant| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
