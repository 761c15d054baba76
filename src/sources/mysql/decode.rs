//! MySQL's binary values, cell by cell into typed columns. The formats are those of the protocol's binary result set.

use std::fmt::{self, Display};

use chrono::{Datelike, NaiveDate};
use sqlx::mysql::MySqlTypeInfo;
use sqlx::{MySql, Type, TypeInfo};

use crate::sources::column::Growing;
use crate::sources::growth::{CellKind, Unfit};

/// Days from the first of January of year 1 to 1970-01-01, and one, as chrono counts them.
const EPOCH_DAYS: i32 = 719_163;
const SECOND: i64 = 1_000_000;
/// The most digits of a figure that surely fits 64 bits.
const SMALL: usize = 18;

/// How the values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tiny,
    TinyUnsigned,
    Short,
    /// Years too.
    ShortUnsigned,
    Integer,
    IntegerUnsigned,
    Long,
    LongUnsigned,
    Bits,
    Decimal,
    Float,
    Double,
    Text,
    Bytes,
    Date,
    /// Of the source's own clock.
    Moment,
    /// An instant, shown by a clock that is this many microseconds ahead of UTC.
    Instant(i64),
    Time,
}

impl Kind {
    /// The kind of a column; `None` for a type that cannot be carried. `ahead` are the microseconds by which the clock
    /// of the session is ahead of UTC.
    pub fn of(info: &MySqlTypeInfo, ahead: i64) -> Option<Kind> {
        Some(match info.name() {
            // `tinyint(1)`, which has room for more than yes and no.
            "BOOLEAN" if *info == <u8 as Type<MySql>>::type_info() => Kind::TinyUnsigned,
            "BOOLEAN" | "TINYINT" => Kind::Tiny,
            "TINYINT UNSIGNED" => Kind::TinyUnsigned,
            "SMALLINT" => Kind::Short,
            "SMALLINT UNSIGNED" | "YEAR" => Kind::ShortUnsigned,
            "INT" | "MEDIUMINT" => Kind::Integer,
            "INT UNSIGNED" | "MEDIUMINT UNSIGNED" => Kind::IntegerUnsigned,
            "BIGINT" => Kind::Long,
            "BIGINT UNSIGNED" => Kind::LongUnsigned,
            "BIT" => Kind::Bits,
            "DECIMAL" => Kind::Decimal,
            "FLOAT" => Kind::Float,
            "DOUBLE" => Kind::Double,
            "DATE" => Kind::Date,
            "DATETIME" => Kind::Moment,
            "TIMESTAMP" => Kind::Instant(ahead),
            "TIME" => Kind::Time,
            "NULL" | "JSON" => Kind::Text,
            "GEOMETRY" => return None,
            // The names tell how a text is sorted, not whether it is one: a column sorted by its bytes is a "BLOB".
            _ if <str as Type<MySql>>::compatible(info) => Kind::Text,
            _ => Kind::Bytes,
        })
    }
}

impl CellKind for Kind {
    fn push(&self, column: &mut Growing, bytes: &[u8]) -> Result<(), Unfit> {
        match *self {
            Kind::Tiny => column.push_integer(i8::from_le_bytes(array(bytes)?).into()),
            Kind::TinyUnsigned => column.push_integer(u8::from_le_bytes(array(bytes)?).into()),
            Kind::Short => column.push_integer(i16::from_le_bytes(array(bytes)?).into()),
            Kind::ShortUnsigned => column.push_integer(u16::from_le_bytes(array(bytes)?).into()),
            Kind::Integer => column.push_integer(i32::from_le_bytes(array(bytes)?).into()),
            Kind::IntegerUnsigned => column.push_integer(u32::from_le_bytes(array(bytes)?).into()),
            Kind::Long => column.push_integer(i64::from_le_bytes(array(bytes)?)),
            Kind::LongUnsigned => push_unsigned(column, u64::from_le_bytes(array(bytes)?)),
            Kind::Bits => push_unsigned(column, bits(bytes)?),
            Kind::Decimal => push_decimal(column, bytes)?,
            Kind::Float => column.push_real(f32::from_le_bytes(array(bytes)?)),
            Kind::Double => column.push_real(f64::from_le_bytes(array(bytes)?)),
            Kind::Text => column.push_text(text(bytes)?),
            Kind::Bytes => column.push_blob(bytes),
            Kind::Date => {
                let written = Written::of(bytes)?;
                match written.days() {
                    Some(days) => column.push_day(days),
                    None => column.push_written(Day(&written)),
                }
            }
            Kind::Moment => push_moment(column, &Written::of(bytes)?, None),
            Kind::Instant(ahead) => push_moment(column, &Written::of(bytes)?, Some(ahead)),
            Kind::Time => column.push_written(Span::of(bytes)?),
        }
        Ok(())
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Unfit> {
    bytes.try_into().map_err(|_| Unfit::Malformed)
}

fn text(bytes: &[u8]) -> Result<&str, Unfit> {
    std::str::from_utf8(bytes).map_err(|_| Unfit::NotText)
}

/// The number of bits, of which there are up to 64, the highest first.
fn bits(bytes: &[u8]) -> Result<u64, Unfit> {
    match bytes.len() {
        0..=8 => Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))),
        _ => Err(Unfit::Malformed),
    }
}

fn push_unsigned(column: &mut Growing, number: u64) {
    match i64::try_from(number) {
        Ok(number) => column.push_integer(number),
        Err(_) => column.push_decimal(number.into(), 0),
    }
}

/// A figure comes as its digits.
fn push_decimal(column: &mut Growing, bytes: &[u8]) -> Result<(), Unfit> {
    let (sign, digits) = match bytes.split_first() {
        Some((b'-', digits)) => (-1, digits),
        _ => (1, bytes),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    let each = || whole.iter().chain(fraction);
    if digits.is_empty() || !each().all(u8::is_ascii_digit) {
        return Err(Unfit::Malformed);
    }
    let units = if digits.len() <= SMALL {
        Some(i128::from(each().fold(0, |units: i64, digit| units * 10 + i64::from(digit - b'0'))))
    } else {
        each().try_fold(0i128, |units, digit| units.checked_mul(10)?.checked_add((digit - b'0').into()))
    };
    match (units, u8::try_from(fraction.len())) {
        (Some(units), Ok(scale)) => column.push_decimal(sign * units, scale),
        _ => column.push_text(text(bytes)?),
    }
    Ok(())
}

/// A date with or without a time, as it is stored: MySQL also stores what no calendar has, such as `2026-00-00`.
struct Written {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    micros: u32,
}

impl Written {
    /// A length, and as many bytes; trailing zeros may be left out.
    fn of(bytes: &[u8]) -> Result<Written, Unfit> {
        let (length, fields) = bytes.split_first().ok_or(Unfit::Malformed)?;
        if usize::from(*length) != fields.len() || !matches!(length, 0 | 4 | 7 | 11) {
            return Err(Unfit::Malformed);
        }
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        Ok(Written {
            year: u16::from_le_bytes([field(0), field(1)]),
            month: field(2),
            day: field(3),
            hour: field(4),
            minute: field(5),
            second: field(6),
            micros: u32::from_le_bytes([field(7), field(8), field(9), field(10)]),
        })
    }

    /// Days since 1970-01-01; `None` where no calendar has the day. There is no year 0.
    fn days(&self) -> Option<i32> {
        let day = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into());
        day.filter(|_| self.year > 0).map(|day| day.num_days_from_ce() - EPOCH_DAYS)
    }

    /// Microseconds since 1970-01-01T00:00 of the same clock.
    fn since_epoch(&self) -> Option<i64> {
        let minutes = i64::from(self.days()?) * 1_440 + i64::from(self.hour) * 60 + i64::from(self.minute);
        Some((minutes * 60 + i64::from(self.second)) * SECOND + i64::from(self.micros))
    }
}

fn push_moment(column: &mut Growing, written: &Written, ahead: Option<i64>) {
    match written.since_epoch() {
        Some(micros) => column.push_moment(micros - ahead.unwrap_or_default(), ahead.is_some()),
        None => column.push_written(written),
    }
}

/// Only the day of what is written.
struct Day<'w>(&'w Written);

impl Display for Day<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year, self.0.month, self.0.day)
    }
}

impl Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written { hour, minute, second, micros, .. } = self;
        write!(f, "{} {hour:02}:{minute:02}:{second:02}{}", Day(self), Fraction(*micros))
    }
}

/// A `TIME`: of a day, or a span of up to 838 hours, which may be negative.
struct Span {
    negative: bool,
    hours: u32,
    minutes: u8,
    seconds: u8,
    micros: u32,
}

impl Span {
    fn of(bytes: &[u8]) -> Result<Span, Unfit> {
        let (length, fields) = bytes.split_first().ok_or(Unfit::Malformed)?;
        if usize::from(*length) != fields.len() || !matches!(length, 0 | 8 | 12) {
            return Err(Unfit::Malformed);
        }
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        let days = u32::from_le_bytes([field(1), field(2), field(3), field(4)]);
        let hours = days.checked_mul(24).and_then(|hours| hours.checked_add(field(5).into()));
        Ok(Span {
            negative: field(0) == 1,
            hours: hours.ok_or(Unfit::Malformed)?,
            minutes: field(6),
            seconds: field(7),
            micros: u32::from_le_bytes([field(8), field(9), field(10), field(11)]),
        })
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { hours, minutes, seconds, micros, .. } = self;
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{hours:02}:{minutes:02}:{seconds:02}{}", Fraction(*micros))
    }
}

/// Microseconds behind the seconds, without trailing zeros; nothing where there are none.
struct Fraction(u32);

impl Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut digits, mut width) = (self.0, 6);
        if digits == 0 {
            return Ok(());
        }
        while digits.is_multiple_of(10) {
            (digits, width) = (digits / 10, width - 1);
        }
        write!(f, ".{digits:0width$}")
    }
}
