//! From a raw frame to a table: every cell cleaned, typed, and read exactly or named as unreadable.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use polars::prelude::{
    ChunkedArray, DataFrame, DataType, PlSmallStr, PolarsNumericType, PolarsResult, Series, StringChunked,
    StringChunkedBuilder,
};
use rayon::prelude::*;

use super::cleaning::{ascii_width, clean, trim, unwrap_formula};
use super::dates::{instant_in, is_placeholder, read_date, read_instant};
use super::numerals::{is_ruined, read_number, rescale};
use super::{ColumnSpec, ColumnType, RawTable, Read, Reading, SnapshotFault, Table, TableSpec, UnreadableCell};
use super::{raw, signs};
use crate::audit::amount::power_of_ten;
use crate::audit::expression::{Cell, Decimals, DecimalsBuilder, Vector};

/// Characters of an unreadable cell that are kept.
const SHOWN_CHARACTERS: usize = 80;

/// A cell that was refused: its row, and its text as read.
type Refused = (usize, String);

/// A column, what of it was refused, and how many of its cells hold a day that stands for none.
type ReadColumn = (Vector, Vec<Refused>, u64);

/// Cleans and types a raw frame. `zone` is the source's: it turns naive date-times into instants.
///
/// An empty text is null whatever the column's type, and so are the column's null words. Full-width digits and signs
/// are digits and signs in every column but text; days that systems store for *no date* (1900-01-01, zeros) are null.
/// A figure finer than its column's scale, or of more than 38 digits, is unreadable: nothing is rounded.
pub fn normalise(spec: &TableSpec, raw: &RawTable, zone: Tz) -> Result<Table, SnapshotFault> {
    let read = |wanted: &ColumnSpec| {
        let held = raw.frame.column(&wanted.from).map_err(|_| missing(spec, wanted, &raw.frame))?;
        let reader = Reader {
            spec,
            column: wanted,
            held: held.as_materialized_series(),
            zone,
            no_dates: std::cell::Cell::new(0),
        };
        let (column, refused) = reader.read()?;
        Ok((column, refused, reader.no_dates.get()))
    };
    let read: Vec<Result<ReadColumn, SnapshotFault>> = spec.columns.par_iter().map(read).collect();
    let mut columns = Vec::with_capacity(spec.columns.len());
    let mut refused: Vec<(usize, usize, String)> = Vec::new();
    let mut no_dates = BTreeMap::new();
    for (index, answer) in read.into_iter().enumerate() {
        let (column, cells, empty_days) = answer?;
        columns.push(column);
        if empty_days > 0 {
            no_dates.insert(spec.columns[index].name.clone(), empty_days);
        }
        refused.extend(cells.into_iter().map(|(row, text)| (row, index, text)));
    }
    refused.sort_unstable();
    let unreadable = refused.into_iter().map(|(row, index, text)| UnreadableCell {
        row,
        column: spec.columns[index].name.clone(),
        text: text.chars().take(SHOWN_CHARACTERS).collect(),
    });
    let table = Table::new(spec.clone(), raw.frame.height(), columns, unreadable.collect(), raw.moment);
    Ok(signs::turn(Table { clock_offset: raw.clock_offset, no_dates, ..table }))
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
    /// Cells so far that hold a day which stands for none.
    no_dates: std::cell::Cell<u64>,
}

impl Reader<'_> {
    fn read(&self) -> Result<(Vector, Vec<Refused>), SnapshotFault> {
        if !raw::can_be(self.held.dtype(), &self.column.kind) {
            return Err(SnapshotFault::WrongType {
                table: self.spec.name.clone(),
                column: self.column.from.clone(),
                found: self.held.dtype().to_string(),
                expected: self.column.kind.name().to_owned(),
                accepted: self.column.kind.accepted(),
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

    /// Null words are looked for in a cell's text, so a column that has some takes the way through text.
    fn has_null_words(&self) -> bool {
        !self.column.null_words.is_empty()
    }

    fn is_of_file(&self) -> bool {
        matches!(self.spec.read, Read::File(_))
    }

    fn texts(&self) -> PolarsResult<(Vector, Vec<Refused>)> {
        if let Some(texts) = self.held.str().ok().filter(|texts| self.are_clean(texts)) {
            return Ok((Vector::Text(texts.rechunk().into_owned()), Vec::new()));
        }
        let (float, file) = (self.held.dtype().is_float(), self.is_of_file());
        let mut texts = StringChunkedBuilder::new(PlSmallStr::EMPTY, self.held.len());
        let mut refused = Vec::new();
        let words = self.null_words();
        for (row, cell) in raw::texts(self.held)?.enumerate() {
            let cleaned = cell.as_deref().map(|cell| clean(cell, &self.column.normalise));
            let cleaned = cleaned.filter(|text| !text.is_empty() && !words.contains(text));
            let broken = cleaned.as_deref().is_some_and(|text| match file {
                true => is_ruined(text),
                false => float && matches!(text, "NaN" | "inf" | "-inf"),
            });
            match cleaned {
                Some(text) if broken => {
                    refused.push((row, text.into_owned()));
                    texts.append_null();
                }
                kept => texts.append_option(kept.as_deref()),
            }
        }
        Ok((Vector::Text(texts.finish().rechunk().into_owned()), refused))
    }

    /// Whether every text is already what cleaning would make of it, so that the source's own column can stand.
    fn are_clean(&self, texts: &StringChunked) -> bool {
        let (steps, file) = (&self.column.normalise, self.is_of_file());
        let is_none = |text: &str| text.is_empty() || (file && is_ruined(text));
        !self.has_null_words()
            && texts.iter().flatten().all(|text| {
                !is_none(text) && matches!(clean(text, steps), Cow::Borrowed(cleaned) if cleaned.len() == text.len())
            })
    }

    fn figures(&self, scale: u8, money: bool) -> PolarsResult<(Vector, Vec<Refused>)> {
        let turn = |units: i128| if self.column.negate { -units } else { units };
        if !self.has_null_words() {
            let figures = Figures { scale, held_scale: 0, turn: self.column.negate };
            let read = match self.held.dtype() {
                DataType::Int64 => Some(figures.read(self.held.i64()?)),
                DataType::Int32 => Some(figures.read(self.held.i32()?)),
                _ => raw::scaled_integers(self.held)?
                    .map(|(units, held_scale)| Figures { held_scale, ..figures }.read(&units)),
            };
            if let Some((decimals, rows)) = read {
                return Ok((Vector::Decimal(decimals), self.refused(rows)?));
            }
        }
        let (units, refused) = self.read_texts(|text| read_number(text, scale, money).map(turn))?;
        let cells = units.into_iter().map(|units| units.map_or((0, Cell::Null), |units| (units, Cell::Value)));
        Ok((Vector::Decimal(Decimals::new(scale, cells)), refused))
    }

    fn dates(&self) -> PolarsResult<(Vector, Vec<Refused>)> {
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
        Ok((Vector::Date(days.into_iter().map(|day| day.map(raw::days_since_epoch)).collect()), refused))
    }

    fn instants(&self) -> PolarsResult<(Vector, Vec<Refused>)> {
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
        Ok((Vector::Instant(ticks.collect()), refused))
    }

    fn booleans(&self) -> PolarsResult<(Vector, Vec<Refused>)> {
        if let (false, Ok(held)) = (self.has_null_words(), self.held.bool()) {
            return Ok((Vector::Boolean(held.iter().collect()), Vec::new()));
        }
        let (answers, refused) = self.read_texts(read_boolean)?;
        Ok((Vector::Boolean(answers.into()), refused))
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
            match reading {
                Reading::Unreadable => rows.push(row),
                Reading::Null if cell.is_some() => self.no_dates.set(self.no_dates.get() + 1),
                Reading::Null | Reading::Value(_) => {}
            }
            values.push(reading.value());
        }
        Ok((values, self.refused(rows)?))
    }

    /// The texts of cells that were refused.
    fn refused(&self, rows: Vec<usize>) -> PolarsResult<Vec<Refused>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = rows.into_iter().peekable();
        let texts = raw::texts(self.held)?.enumerate().filter(|(row, _)| rows.next_if_eq(row).is_some());
        Ok(texts.map(|(row, text)| (row, text.unwrap_or_default().into_owned())).collect())
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
            match reading {
                Reading::Unreadable => refused.push((row, cell.clone().into_owned())),
                // What is neither empty nor a word for it, and still is nothing, is a day that stands for none.
                Reading::Null if !is_word && !bare.is_empty() => self.no_dates.set(self.no_dates.get() + 1),
                Reading::Null | Reading::Value(_) => {}
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

/// Figures that come as integers, on their way to the column's scale.
#[derive(Clone, Copy)]
struct Figures {
    scale: u8,
    held_scale: u8,
    /// Whether their sign is turned.
    turn: bool,
}

impl Figures {
    /// The figures, and the rows of those that do not fit the scale.
    fn read<T>(self, held: &ChunkedArray<T>) -> (Decimals, Vec<usize>)
    where
        T: PolarsNumericType,
        T::Native: Into<i128>,
    {
        let factor = power_of_ten(self.scale.saturating_sub(self.held_scale));
        // Below 2^62, times at most 10^18, stays below 10^38: such a figure needs no digits counted.
        let small = -(1 << 62)..(1 << 62);
        let mut decimals = DecimalsBuilder::with_room(self.scale, held.len());
        let mut refused = Vec::new();
        for (row, cell) in held.iter().enumerate() {
            let Some(units) = cell.map(Into::into) else {
                decimals.push_absent(Cell::Null);
                continue;
            };
            let kept = match self.scale >= self.held_scale && small.contains(&units) {
                true => Some(units * factor),
                false => rescale(units, self.held_scale, self.scale),
            };
            match kept {
                Some(units) => decimals.push(if self.turn { -units } else { units }),
                None => {
                    refused.push(row);
                    decimals.push_absent(Cell::Null);
                }
            }
        }
        (decimals.finish(), refused)
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
