//! A table's rows for other programs: CSV, JSON, Parquet. Every figure keeps its digits.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, NewChunkedArray,
    PolarsError, StringChunkedBuilder, TimeUnit, TimeZone,
};
use polars_io::parquet::write::ParquetWriter;
use serde_json::{Value as Json, json};

use super::View;
use crate::audit::expression::Vector;
use crate::audit::snapshot::{ColumnSpec, ColumnType, CurrencyOf};
use crate::audit::value::Value;
use crate::words;

/// Digits of the widest decimal.
const PRECISION: usize = 38;

/// RFC 4180 with a header; null is an empty cell. For a spreadsheet, cells that it would run or mangle are disarmed;
/// for programs nothing is changed.
pub(super) fn csv(view: &View<'_>, spreadsheet: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    let safe = |text: &str, figure: bool| match (spreadsheet, figure) {
        (false, _) => text.to_owned(),
        (true, true) => words::csv_cell(text),
        (true, false) => words::csv_text(text),
    };
    let columns = || view.columns.iter().map(|place| (&view.table.spec.columns[*place], &view.table.columns()[*place]));
    writer.write_record(columns().map(|(spec, _)| safe(&spec.name, false)))?;
    for row in 0..view.rows {
        let cell =
            |(spec, held): (&ColumnSpec, &Vector)| safe(&held.value(row).to_string(), spec.kind.scale().is_some());
        writer.write_record(columns().map(cell))?;
    }
    writer.flush()
}

/// One object: what the table is, its columns, a list of rows (a list of cells each, in the order of the columns), and
/// the cells that could not be read, with rows counted from 0 as in `rows`.
pub(super) fn json(view: &View<'_>, as_of: DateTime<Utc>, out: &mut dyn Write) -> io::Result<()> {
    let spec = &view.table.spec;
    let columns: Vec<Json> = view.columns.iter().map(|place| column(&spec.columns[*place])).collect();
    let head = [
        ("format", json!("tieout.table/1")),
        ("table", json!(spec.name)),
        ("source", json!(spec.source)),
        ("as_of", json!(as_of)),
        ("moment", json!(view.table.moment)),
        ("row_count", json!(view.table.len())),
        ("columns", json!(columns)),
        ("unreadable", json!(view.table.unreadable)),
    ];
    write!(out, "{{")?;
    for (name, value) in head {
        write!(out, "\n  {}: {value},", json!(name))?;
    }
    write!(out, "\n  \"rows\": [")?;
    for row in 0..view.rows {
        let cells: Vec<Json> = view.columns.iter().map(|place| cell(view.table.columns()[*place].value(row))).collect();
        write!(out, "{}\n    {}", if row == 0 { "" } else { "," }, json!(cells))?;
    }
    writeln!(out, "\n  ]\n}}")
}

fn column(spec: &ColumnSpec) -> Json {
    let mut told = json!({ "name": spec.name, "type": spec.kind.name() });
    if let Some(scale) = spec.kind.scale() {
        told["scale"] = json!(scale);
    }
    if let ColumnType::Money { currency, .. } = &spec.kind {
        told["currency"] = match currency {
            CurrencyOf::Business => json!("business"),
            CurrencyOf::Column(name) => json!({ "column": name }),
            CurrencyOf::Fixed(code) => json!({ "code": code }),
        };
    }
    told
}

fn cell(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(flag),
        other => Json::String(other.to_string()),
    }
}

/// Decimals of 38 digits at the column's scale, days as dates, instants as timestamps in UTC.
pub(super) fn parquet(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = view.columns.iter().map(|place| {
        let name = view.table.spec.columns[*place].name.as_str();
        frame_column(name, &view.table.columns()[*place], view.rows)
    });
    let failed = |fault: PolarsError| io::Error::other(fault.to_string());
    let columns = columns.collect::<Result<Vec<Column>, _>>().map_err(failed)?;
    let mut frame = DataFrame::new(view.rows, columns).map_err(failed)?;
    ParquetWriter::new(out).finish(&mut frame).map_err(failed)?;
    Ok(())
}

fn frame_column(name: &str, held: &Vector, rows: usize) -> Result<Column, PolarsError> {
    let name = name.into();
    Ok(match held {
        Vector::Text(texts) => {
            let mut cells = StringChunkedBuilder::new(name, rows);
            (0..rows).for_each(|row| cells.append_option(texts.get(row)));
            cells.finish().into_column()
        }
        Vector::Decimal(decimals) => {
            let units = (0..rows).map(|row| decimals.value(row));
            let units = Int128Chunked::from_iter_options(name, units);
            units.into_decimal(PRECISION, usize::from(decimals.scale))?.into_column()
        }
        Vector::Date(days) => {
            let days = (0..rows).map(|row| days[row]);
            Int32Chunked::from_iter_options(name, days).into_date().into_column()
        }
        Vector::Instant(micros) => {
            let micros = (0..rows).map(|row| micros[row]);
            let micros = Int64Chunked::from_iter_options(name, micros);
            micros.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
        }
        Vector::Boolean(flags) => {
            let flags = (0..rows).map(|row| flags[row]);
            BooleanChunked::from_iter_options(name, flags).into_column()
        }
    })
}
