//! A column on the way from a source's cells to one type for all of them, exactly.

use std::fmt::{self, Display, Write};

use chrono::DateTime;
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, Int32Type, Int64Type, Int128Type, IntoColumn, IntoSeries,
    PlSmallStr, PolarsNumericType, PrimitiveChunkedBuilder, Series, StringChunkedBuilder, TimeUnit, TimeZone,
};

use crate::audit::amount::power_of_ten;
use crate::audit::snapshot::day_at;

/// Cells to make room for at first.
const FIRST_CAPACITY: usize = 1024;
/// Digits that a Decimal(38, s) holds.
const DIGITS: usize = 38;
/// The first figure of more digits.
const LIMIT: i128 = 10i128.pow(DIGITS as u32);

/// A growing column. It has the type of its first value as long as every cell has that one or is null; integers become
/// decimals with the first decimal, whose scale rises as far as the cells need it; and the column is text from the
/// first cell on that fits in no other way. What came before is then written out, exactly. A column without any value
/// is text.
pub(super) struct Growing {
    name: String,
    typed: Typed,
    /// Holds the whole column as soon as it is there.
    text: Option<StringChunkedBuilder>,
    /// Where values are written before they are copied into the column.
    digits: String,
}

enum Typed {
    /// Only nulls so far: their number.
    Nulls(usize),
    Booleans(BooleanChunkedBuilder),
    Integers(PrimitiveChunkedBuilder<Int64Type>),
    /// Units of `10^-scale`.
    Decimals(PrimitiveChunkedBuilder<Int128Type>, u8),
    /// Days since 1970-01-01.
    Days(PrimitiveChunkedBuilder<Int32Type>),
    /// Microseconds since 1970-01-01T00:00; of UTC where `true`, else of the source's own clock.
    Moments(PrimitiveChunkedBuilder<Int64Type>, bool),
}

impl Growing {
    pub fn new(name: &str) -> Growing {
        Growing { name: name.to_owned(), typed: Typed::Nulls(0), text: None, digits: String::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn push_null(&mut self) {
        if let Some(cells) = &mut self.text {
            return cells.append_null();
        }
        match &mut self.typed {
            Typed::Nulls(count) => *count += 1,
            Typed::Booleans(cells) => cells.append_null(),
            Typed::Integers(cells) => cells.append_null(),
            Typed::Decimals(cells, _) => cells.append_null(),
            Typed::Days(cells) => cells.append_null(),
            Typed::Moments(cells, _) => cells.append_null(),
        }
    }

    pub fn push_boolean(&mut self, value: bool) {
        self.begin(|nulls| Typed::Booleans(boolean_cells(nulls)));
        match &mut self.typed {
            Typed::Booleans(cells) => cells.append_value(value),
            _ => self.write(value),
        }
    }

    pub fn push_integer(&mut self, value: i64) {
        self.begin(|nulls| Typed::Integers(number_cells(nulls)));
        match &mut self.typed {
            Typed::Integers(cells) => cells.append_value(value),
            Typed::Decimals(..) => self.push_decimal(value.into(), 0),
            _ => self.write(value),
        }
    }

    /// A figure of `units` times `10^-scale`. One that has more than 38 digits turns the column into text, and so does
    /// one that gives others as many.
    pub fn push_decimal(&mut self, units: i128, scale: u8) {
        self.begin(|nulls| Typed::Decimals(number_cells(nulls), scale));
        if let Typed::Integers(cells) = &mut self.typed {
            let integers = std::mem::replace(cells, number_cells(0)).finish();
            self.typed = Typed::Decimals(rescaled(integers.iter().map(|cell| cell.map(i128::from)), 1), 0);
        }
        if let Typed::Decimals(cells, held) = &mut self.typed {
            if scale > *held && raise(cells, scale - *held) {
                *held = scale;
            }
            let grown = held.checked_sub(scale).and_then(|more| units.checked_mul(power_of_ten(more)));
            if let Some(units) = grown.filter(fits) {
                return cells.append_value(units);
            }
        }
        self.write(Figure { units, scale });
    }

    /// A day, as days since 1970-01-01.
    pub fn push_day(&mut self, days: i32) {
        self.begin(|nulls| Typed::Days(number_cells(nulls)));
        match &mut self.typed {
            Typed::Days(cells) if day_at(days).is_some() => cells.append_value(days),
            _ => self.write(Day(days)),
        }
    }

    /// A moment, as microseconds since 1970-01-01T00:00: of UTC where `zoned`, else of the source's own clock.
    pub fn push_moment(&mut self, micros: i64, zoned: bool) {
        self.begin(|nulls| Typed::Moments(number_cells(nulls), zoned));
        match &mut self.typed {
            Typed::Moments(cells, held) if *held == zoned => cells.append_value(micros),
            _ => self.write(Moment { micros, zoned }),
        }
    }

    pub fn push_text(&mut self, text: &str) {
        self.text().append_value(text);
    }

    /// A floating-point number, as the shortest text that names it, all digits written out: `0.1` comes as `0.1`.
    pub fn push_real(&mut self, value: impl Display) {
        self.write(value);
    }

    /// A value that no other type holds, as the text it is displayed as.
    pub fn push_written(&mut self, value: impl Display) {
        self.write(value);
    }

    /// Bytes as lower-case hexadecimal digits.
    pub fn push_blob(&mut self, bytes: &[u8]) {
        self.text().append_value(hex::encode(bytes));
    }

    pub fn finish(mut self) -> Column {
        if self.text.is_none() && matches!(self.typed, Typed::Nulls(_)) {
            self.text();
        }
        let series = match (self.text, self.typed) {
            (Some(cells), _) => cells.finish().into_series(),
            (None, Typed::Nulls(count)) => Series::new_null(PlSmallStr::EMPTY, count),
            (None, Typed::Booleans(cells)) => cells.finish().into_series(),
            (None, Typed::Integers(cells)) => cells.finish().into_series(),
            (None, Typed::Decimals(cells, scale)) => {
                cells.finish().into_decimal_unchecked(DIGITS, scale.into()).into_series()
            }
            (None, Typed::Days(cells)) => cells.finish().into_date().into_series(),
            (None, Typed::Moments(cells, zoned)) => {
                let zone = zoned.then_some(TimeZone::UTC);
                cells.finish().into_datetime(TimeUnit::Microseconds, zone).into_series()
            }
        };
        series.with_name(self.name.as_str().into()).into_column()
    }

    /// Gives the column its type where it had no value yet.
    fn begin(&mut self, typed: impl FnOnce(usize) -> Typed) {
        if let (Typed::Nulls(count), None) = (&self.typed, &self.text) {
            self.typed = typed(*count);
        }
    }

    /// Appends a value as text, which the column becomes here unless it is.
    fn write(&mut self, value: impl Display) {
        let mut digits = std::mem::take(&mut self.digits);
        append(self.text(), &mut digits, value);
        self.digits = digits;
    }

    fn text(&mut self) -> &mut StringChunkedBuilder {
        self.text
            .get_or_insert_with(|| written_out(std::mem::replace(&mut self.typed, Typed::Nulls(0)), &mut self.digits))
    }
}

fn boolean_cells(nulls: usize) -> BooleanChunkedBuilder {
    let mut cells = BooleanChunkedBuilder::new(PlSmallStr::EMPTY, FIRST_CAPACITY.max(nulls + 1));
    (0..nulls).for_each(|_| cells.append_null());
    cells
}

fn number_cells<T: PolarsNumericType>(nulls: usize) -> PrimitiveChunkedBuilder<T> {
    let mut cells = PrimitiveChunkedBuilder::new(PlSmallStr::EMPTY, FIRST_CAPACITY.max(nulls + 1));
    (0..nulls).for_each(|_| cells.append_null());
    cells
}

/// Whether a figure has no more digits than a Decimal(38, s) holds.
fn fits(units: &i128) -> bool {
    units.unsigned_abs() < LIMIT.unsigned_abs()
}

/// Gives every figure `more` fractional digits; `false`, and nothing is done, where one of them has no room for that.
fn raise(cells: &mut PrimitiveChunkedBuilder<Int128Type>, more: u8) -> bool {
    let held = std::mem::replace(cells, number_cells(0)).finish();
    let factor = if more < DIGITS as u8 { power_of_ten(more) } else { LIMIT };
    let room = held.iter().flatten().all(|units| units.checked_mul(factor).is_some_and(|units| fits(&units)));
    *cells = rescaled(held.iter(), if room { factor } else { 1 });
    room
}

fn rescaled(cells: impl ExactSizeIterator<Item = Option<i128>>, factor: i128) -> PrimitiveChunkedBuilder<Int128Type> {
    let mut grown = PrimitiveChunkedBuilder::new(PlSmallStr::EMPTY, FIRST_CAPACITY.max(cells.len() + 1));
    cells.for_each(|units| grown.append_option(units.map(|units| units * factor)));
    grown
}

/// What a column held so far, as text.
fn written_out(typed: Typed, digits: &mut String) -> StringChunkedBuilder {
    match typed {
        Typed::Nulls(count) => {
            let mut cells = StringChunkedBuilder::new(PlSmallStr::EMPTY, FIRST_CAPACITY.max(count + 1));
            (0..count).for_each(|_| cells.append_null());
            cells
        }
        Typed::Booleans(cells) => texts(cells.finish().iter(), digits),
        Typed::Integers(cells) => texts(cells.finish().iter(), digits),
        Typed::Decimals(cells, scale) => {
            texts(cells.finish().iter().map(|units| units.map(|units| Figure { units, scale })), digits)
        }
        Typed::Days(cells) => texts(cells.finish().iter().map(|days| days.map(Day)), digits),
        Typed::Moments(cells, zoned) => {
            texts(cells.finish().iter().map(|micros| micros.map(|micros| Moment { micros, zoned })), digits)
        }
    }
}

fn texts<T: Display>(values: impl ExactSizeIterator<Item = Option<T>>, digits: &mut String) -> StringChunkedBuilder {
    let mut cells = StringChunkedBuilder::new(PlSmallStr::EMPTY, FIRST_CAPACITY.max(values.len() + 1));
    for value in values {
        match value {
            Some(value) => append(&mut cells, digits, value),
            None => cells.append_null(),
        }
    }
    cells
}

fn append(cells: &mut StringChunkedBuilder, digits: &mut String, value: impl Display) {
    digits.clear();
    // Writing to a String cannot fail.
    let _ = write!(digits, "{value}");
    cells.append_value(&*digits);
}

/// Units of `10^-scale`, without an exponent.
struct Figure {
    units: i128,
    scale: u8,
}

impl Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, scale) = (if self.units < 0 { "-" } else { "" }, usize::from(self.scale));
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// A day as ISO 8601 has it; one that no calendar reaches keeps its number.
struct Day(i32);

impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match day_at(self.0) {
            Some(day) => write!(f, "{day}"),
            None => write!(f, "day {}", self.0),
        }
    }
}

/// A moment as ISO 8601 has it, ending in `Z` where it is one of UTC.
struct Moment {
    micros: i64,
    zoned: bool,
}

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.zoned { "Z" } else { "" };
        match DateTime::from_timestamp_micros(self.micros) {
            Some(at) => write!(f, "{}{mark}", at.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f")),
            None => write!(f, "tick {}", self.micros),
        }
    }
}
