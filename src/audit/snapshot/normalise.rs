//! From a raw frame to a table: every cell cleaned, typed, and read exactly or named as unreadable.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn,
    NewChunkedArray, PlSmallStr, PolarsResult, Series, StringChunked, TimeUnit,
};

use super::cleaning::{ascii_width, clean, trim, unwrap_formula};
use super::dates::{instant_in, is_placeholder, read_date, read_instant};
use super::numerals::{read_number, rescale};
use super::raw;
use super::{ColumnSpec, ColumnType, RawTable, Reading, SnapshotFault, Table, TableSpec, UnreadableCell};

/// Characters of an unreadable cell that are kept.
const SHOWN_CHARACTERS: usize = 80;

/// Digits of every decimal column.
const PRECISION: usize = 38;

/// A cell that was refused: its row, and its text as read.
type Refused = (usize, String);

/// Cleans and types a raw frame. `zone` is the source's: it turns naive date-times into instants.
///
/// An empty text is null whatever the column's type, and so are the column's null words. Full-width digits and signs
/// are digits and signs in every column but text; days that systems store for *no date* (1900-01-01, zeros) are null.
/// A figure finer than its column's scale, or of more than 38 digits, is unreadable: nothing is rounded.
pub fn normalise(spec: &TableSpec, raw: &RawTable, zone: Tz) -> Result<Table, SnapshotFault> {
    let mut columns = Vec::with_capacity(spec.columns.len());
    let mut refused: Vec<(usize, usize, String)> = Vec::new();
    for (index, wanted) in spec.columns.iter().enumerate() {
        let held = raw.frame.column(&wanted.from).map_err(|_| missing(spec, wanted, &raw.frame))?;
        let reader = Reader { spec, column: wanted, held: held.as_materialized_series(), zone };
        let (column, cells) = reader.read()?;
        columns.push(column);
        refused.extend(cells.into_iter().map(|(row, text)| (row, index, text)));
    }
    refused.sort_unstable();
    let unreadable = refused.into_iter().map(|(row, index, text)| UnreadableCell {
        row,
        column: spec.columns[index].name.clone(),
        text: text.chars().take(SHOWN_CHARACTERS).collect(),
    });
    let frame = DataFrame::new(raw.frame.height(), columns).map_err(|fault| engine(spec, &fault))?;
    Ok(Table { spec: spec.clone(), frame, unreadable: unreadable.collect(), moment: raw.moment })
}

fn missing(spec: &TableSpec, column: &ColumnSpec, frame: &DataFrame) -> SnapshotFault {
    let mut found: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    found.sort_unstable();
    SnapshotFault::MissingColumn { table: spec.name.clone(), column: column.from.clone(), found }
}

fn engine(spec: &TableSpec, fault: &polars::prelude::PolarsError) -> SnapshotFault {
    SnapshotFault::Engine { table: spec.name.clone(), reason: fault.to_string() }
}

/// One column on its way from raw to typed.
struct Reader<'r> {
    spec: &'r TableSpec,
    column: &'r ColumnSpec,
    held: &'r Series,
    zone: Tz,
}

impl Reader<'_> {
    fn read(&self) -> Result<(Column, Vec<Refused>), SnapshotFault> {
        if !raw::can_be(self.held.dtype(), &self.column.kind) {
            return Err(SnapshotFault::WrongType {
                table: self.spec.name.clone(),
                column: self.column.from.clone(),
                found: self.held.dtype().to_string(),
                expected: self.column.kind.name().to_owned(),
            });
        }
        let read = match &self.column.kind {
            ColumnType::Text => self.texts(),
            ColumnType::Money { scale, .. } => self.figures(*scale, true),
            ColumnType::Quantity { scale } | ColumnType::Number { scale } => self.figures(*scale, false),
            ColumnType::Date => self.dates(),
            ColumnType::Instant => self.instants(),
            ColumnType::Boolean => self.booleans(),
        };
        read.map_err(|fault| engine(self.spec, &fault))
    }

    fn name(&self) -> PlSmallStr {
        self.column.name.as_str().into()
    }

    /// Null words are looked for in a cell's text, so a column that has some takes the way through text.
    fn has_null_words(&self) -> bool {
        !self.column.null_words.is_empty()
    }

    fn texts(&self) -> PolarsResult<(Column, Vec<Refused>)> {
        let untouched = self.column.normalise.is_empty() && !self.has_null_words();
        if let (true, Ok(texts)) = (untouched, self.held.str())
            && texts.iter().all(|text| text != Some(""))
        {
            return Ok((texts.clone().with_name(self.name()).into_column(), Vec::new()));
        }
        let float = self.held.dtype().is_float();
        let mut texts = Vec::with_capacity(self.held.len());
        let mut refused = Vec::new();
        let words = self.null_words();
        for (row, cell) in raw::texts(self.held)?.enumerate() {
            let cleaned = cell.as_deref().map(|cell| clean(cell, &self.column.normalise));
            let cleaned = cleaned.filter(|text| !text.is_empty() && !words.contains(text));
            let broken = float && cell.as_deref().is_some_and(|cell| matches!(cell, "NaN" | "inf" | "-inf"));
            match cleaned {
                Some(text) if broken => {
                    refused.push((row, text.into_owned()));
                    texts.push(None);
                }
                kept => texts.push(kept.map(|text| PlSmallStr::from(text.as_ref()))),
            }
        }
        let texts = texts.iter().map(|text| text.as_deref());
        Ok((StringChunked::from_iter_options(self.name(), texts).into_column(), refused))
    }

    fn figures(&self, scale: u8, money: bool) -> PolarsResult<(Column, Vec<Refused>)> {
        let turn = |units: i128| if self.column.negate { -units } else { units };
        let (units, refused) = match raw::scaled_integers(self.held)? {
            Some((units, held_scale)) if !self.has_null_words() => {
                self.read_cells(units.iter(), |units| match rescale(*units, held_scale, scale) {
                    Some(units) => Reading::Value(turn(units)),
                    None => Reading::Unreadable,
                })?
            }
            _ => self.read_texts(|text| read_number(text, scale, money).map(turn))?,
        };
        let units = Int128Chunked::from_iter_options(self.name(), units.into_iter());
        Ok((units.into_decimal_unchecked(PRECISION, usize::from(scale)).into_column(), refused))
    }

    fn dates(&self) -> PolarsResult<(Column, Vec<Refused>)> {
        let read = |day: NaiveDate| if is_placeholder(day) { Reading::Null } else { Reading::Value(day) };
        let (days, refused) = match self.held.dtype() {
            DataType::Date if !self.has_null_words() => {
                let days = self.held.date()?.physical();
                self.read_cells(days.iter(), |days| raw::day_at(*days).map_or(Reading::Unreadable, read))?
            }
            DataType::Datetime(unit, zoned) if !self.has_null_words() => {
                let ticks = self.held.datetime()?.physical();
                self.read_cells(ticks.iter(), |ticks| {
                    let naive = raw::moment(*ticks, *unit);
                    let day = naive.map(|naive| match zoned {
                        None => naive.date(),
                        Some(_) => naive.and_utc().with_timezone(&self.zone).date_naive(),
                    });
                    day.map_or(Reading::Unreadable, read)
                })?
            }
            _ => self.read_texts(|text| read_date(text, self.zone))?,
        };
        let days = days.into_iter().map(|day| day.map(raw::days_since_epoch));
        Ok((Int32Chunked::from_iter_options(self.name(), days).into_date().into_column(), refused))
    }

    fn instants(&self) -> PolarsResult<(Column, Vec<Refused>)> {
        let read = |naive: NaiveDateTime, zoned: bool| {
            if is_placeholder(naive.date()) {
                return Reading::Null;
            }
            let instant = if zoned { Some(naive.and_utc()) } else { instant_in(naive, self.zone) };
            instant.map_or(Reading::Unreadable, Reading::Value)
        };
        let (instants, refused) = match self.held.dtype() {
            DataType::Datetime(unit, zoned) if !self.has_null_words() => {
                let ticks = self.held.datetime()?.physical();
                self.read_cells(ticks.iter(), |ticks| {
                    raw::moment(*ticks, *unit).map_or(Reading::Unreadable, |naive| read(naive, zoned.is_some()))
                })?
            }
            _ => self.read_texts(|text| read_instant(text, self.zone))?,
        };
        let ticks = instants.into_iter().map(|at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros()));
        let ticks = Int64Chunked::from_iter_options(self.name(), ticks);
        Ok((ticks.into_datetime(TimeUnit::Microseconds, None).into_column(), refused))
    }

    fn booleans(&self) -> PolarsResult<(Column, Vec<Refused>)> {
        if let (false, Ok(held)) = (self.has_null_words(), self.held.bool()) {
            return Ok((held.clone().with_name(self.name()).into_column(), Vec::new()));
        }
        let (answers, refused) = self.read_texts(read_boolean)?;
        Ok((BooleanChunked::from_iter_options(self.name(), answers.into_iter()).into_column(), refused))
    }

    /// Reads cells that need no text. The text of a refused one is only then looked up.
    fn read_cells<C, T>(
        &self,
        cells: impl Iterator<Item = Option<C>>,
        read: impl Fn(&C) -> Reading<T>,
    ) -> PolarsResult<(Vec<Option<T>>, Vec<Refused>)> {
        let mut values = Vec::with_capacity(self.held.len());
        let mut rows = Vec::new();
        for (row, cell) in cells.enumerate() {
            let reading = cell.as_ref().map_or(Reading::Null, &read);
            if matches!(reading, Reading::Unreadable) {
                rows.push(row);
            }
            values.push(reading.value());
        }
        if rows.is_empty() {
            return Ok((values, Vec::new()));
        }
        let mut rows = rows.into_iter().peekable();
        let texts = raw::texts(self.held)?.enumerate().filter(|(row, _)| rows.next_if_eq(row).is_some());
        let refused = texts.map(|(row, text)| (row, text.unwrap_or_default().into_owned())).collect();
        Ok((values, refused))
    }

    /// Reads cells by their text: cleaned as the column says, then made half-width and freed of surrounding blanks.
    fn read_texts<T>(&self, read: impl Fn(&str) -> Reading<T>) -> PolarsResult<(Vec<Option<T>>, Vec<Refused>)> {
        let words = self.null_words();
        let mut values = Vec::with_capacity(self.held.len());
        let mut refused = Vec::new();
        for (row, cell) in raw::texts(self.held)?.enumerate() {
            let Some(cell) = cell else {
                values.push(None);
                continue;
            };
            let cleaned = clean(&cell, &self.column.normalise);
            let narrow = ascii_width(&cleaned);
            let bare = trim(unwrap_formula(trim(&narrow)));
            let is_word = words.contains(&cleaned) || words.iter().any(|word| word == trim(&cleaned));
            let reading = if is_word { Reading::Null } else { read(bare) };
            if matches!(reading, Reading::Unreadable) {
                refused.push((row, cell.clone().into_owned()));
            }
            values.push(reading.value());
        }
        Ok((values, refused))
    }

    /// The column's null words, cleaned as its cells are.
    fn null_words(&self) -> Vec<Cow<'_, str>> {
        self.column.null_words.iter().map(|word| clean(word, &self.column.normalise)).collect()
    }
}

fn read_boolean(text: &str) -> Reading<bool> {
    match text.to_ascii_lowercase().as_str() {
        "" => Reading::Null,
        "1" | "true" | "t" | "yes" | "y" | "是" => Reading::Value(true),
        "0" | "false" | "f" | "no" | "n" | "否" => Reading::Value(false),
        _ => Reading::Unreadable,
    }
}
