//! PostgreSQL's binary values, cell by cell into typed columns. The formats are those of the `…_send` functions in
//! PostgreSQL's `src/backend/utils/adt`.

use chrono::{DateTime, Utc};
use sqlx::TypeInfo;
use sqlx::postgres::{PgTypeInfo, PgTypeKind};

use crate::audit::amount::power_of_ten;
use crate::sources::column::Growing;
use crate::sources::growth::{CellKind, Unfit};

/// Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;
/// The version byte before the text of a `jsonb`.
const JSONB_VERSION: u8 = 1;

/// How the values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Short,
    Integer,
    Long,
    Oid,
    Numeric,
    /// With as many fractional digits as the server's currency has.
    Money(u8),
    Float,
    Double,
    Text,
    /// `char(n)`, whose trailing blanks mean nothing.
    Padded,
    Jsonb,
    Uuid,
    Bytes,
    Date,
    Time,
    TimeZoned,
    Timestamp,
    TimestampZoned,
    Bits,
}

impl Kind {
    /// The kind of a column; `None` for a type that cannot be carried. `money` is the scale of the server's currency.
    pub fn of(info: &PgTypeInfo, money: u8) -> Option<Kind> {
        match info.kind() {
            PgTypeKind::Domain(base) => return Kind::of(base, money),
            PgTypeKind::Enum(_) => return Some(Kind::Text),
            PgTypeKind::Simple => {}
            _ => return None,
        }
        Some(match info.name() {
            "BOOL" => Kind::Boolean,
            "INT2" => Kind::Short,
            "INT4" => Kind::Integer,
            "INT8" => Kind::Long,
            "OID" => Kind::Oid,
            "NUMERIC" => Kind::Numeric,
            "MONEY" => Kind::Money(money),
            "FLOAT4" => Kind::Float,
            "FLOAT8" => Kind::Double,
            "TEXT" | "VARCHAR" | "NAME" | "\"CHAR\"" | "UNKNOWN" | "JSON" | "XML" | "xml" => Kind::Text,
            "CHAR" => Kind::Padded,
            "JSONB" => Kind::Jsonb,
            "UUID" => Kind::Uuid,
            "BYTEA" => Kind::Bytes,
            "DATE" => Kind::Date,
            "TIME" => Kind::Time,
            "TIMETZ" => Kind::TimeZoned,
            "TIMESTAMP" => Kind::Timestamp,
            "TIMESTAMPTZ" => Kind::TimestampZoned,
            "BIT" | "VARBIT" => Kind::Bits,
            other if other.eq_ignore_ascii_case("citext") => Kind::Text,
            _ => return None,
        })
    }
}

impl CellKind for Kind {
    fn push(&self, column: &mut Growing, bytes: &[u8]) -> Result<(), Unfit> {
        match *self {
            Kind::Boolean => column.push_boolean(array::<1>(bytes)? != [0]),
            Kind::Short => column.push_integer(i16::from_be_bytes(array(bytes)?).into()),
            Kind::Integer => column.push_integer(i32::from_be_bytes(array(bytes)?).into()),
            Kind::Long => column.push_integer(i64::from_be_bytes(array(bytes)?)),
            Kind::Oid => column.push_integer(u32::from_be_bytes(array(bytes)?).into()),
            Kind::Numeric => push_numeric(column, bytes)?,
            Kind::Money(scale) => column.push_decimal(i64::from_be_bytes(array(bytes)?).into(), scale),
            Kind::Float => column.push_real(f32::from_be_bytes(array(bytes)?)),
            Kind::Double => column.push_real(f64::from_be_bytes(array(bytes)?)),
            Kind::Text => column.push_text(text(bytes)?),
            Kind::Padded => column.push_text(text(bytes)?.trim_end_matches(' ')),
            Kind::Jsonb => match bytes.split_first() {
                Some((&JSONB_VERSION, json)) => column.push_text(text(json)?),
                _ => return Err(Unfit::Malformed),
            },
            Kind::Uuid => {
                let id = uuid::Uuid::from_bytes(array(bytes)?);
                column.push_text(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
            }
            Kind::Bytes => column.push_blob(bytes),
            Kind::Date => push_date(column, i32::from_be_bytes(array(bytes)?)),
            Kind::Time => column.push_text(&time_of_day(i64::from_be_bytes(array(bytes)?))),
            Kind::TimeZoned => {
                let (time, zone) = bytes.split_at_checked(8).ok_or(Unfit::Malformed)?;
                let time = time_of_day(i64::from_be_bytes(array(time)?));
                column.push_text(&format!("{time}{}", zone_offset(i32::from_be_bytes(array(zone)?))));
            }
            Kind::Timestamp => push_moment(column, i64::from_be_bytes(array(bytes)?), false),
            Kind::TimestampZoned => push_moment(column, i64::from_be_bytes(array(bytes)?), true),
            Kind::Bits => column.push_text(&bits(bytes)?),
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

/// A `timestamptz`, where it is one that a clock can show.
pub(super) fn instant(bytes: &[u8]) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(i64::from_be_bytes(bytes.try_into().ok()?).checked_add(EPOCH_MICROS)?)
}

fn push_date(column: &mut Growing, days: i32) {
    match (days, days.checked_add(EPOCH_DAYS)) {
        (i32::MAX, _) => column.push_text("infinity"),
        (i32::MIN, _) => column.push_text("-infinity"),
        (_, Some(days)) => column.push_day(days),
        (_, None) => column.push_text(&format!("day {days} from 2000-01-01")),
    }
}

fn push_moment(column: &mut Growing, micros: i64, zoned: bool) {
    match (micros, micros.checked_add(EPOCH_MICROS)) {
        (i64::MAX, _) => column.push_text("infinity"),
        (i64::MIN, _) => column.push_text("-infinity"),
        (_, Some(micros)) => column.push_moment(micros, zoned),
        (_, None) => column.push_text(&format!("{micros} microseconds from 2000-01-01")),
    }
}

/// Microseconds since midnight as `HH:MM:SS`, with a fraction where there is one. PostgreSQL also has `24:00:00`.
fn time_of_day(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let time = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match fraction {
        0 => time,
        fraction => format!("{time}.{}", format!("{fraction:06}").trim_end_matches('0')),
    }
}

/// Seconds west of Greenwich, as PostgreSQL counts them, as an offset of ISO 8601.
fn zone_offset(west: i32) -> String {
    let (sign, size) = (if west > 0 { '-' } else { '+' }, west.unsigned_abs());
    let offset = format!("{sign}{:02}:{:02}", size / 3_600, size / 60 % 60);
    match size % 60 {
        0 => offset,
        seconds => format!("{offset}:{seconds:02}"),
    }
}

/// A bit string as its zeros and ones.
fn bits(bytes: &[u8]) -> Result<String, Unfit> {
    let (count, bytes) = bytes.split_at_checked(4).ok_or(Unfit::Malformed)?;
    let count = usize::try_from(i32::from_be_bytes(array(count)?)).map_err(|_| Unfit::Malformed)?;
    if bytes.len() != count.div_ceil(8) {
        return Err(Unfit::Malformed);
    }
    Ok((0..count).map(|at| if bytes[at / 8] >> (7 - at % 8) & 1 == 1 { '1' } else { '0' }).collect())
}

/// The header of a `numeric`: how many groups of four digits, the weight of the first in powers of 10,000, the sign,
/// and the digits that are shown behind the point.
struct Numeric<'b> {
    weight: i16,
    sign: u16,
    shown: u16,
    groups: &'b [u8],
}

const NEGATIVE: u16 = 0x4000;
const NOT_A_NUMBER: u16 = 0xC000;
const INFINITE: u16 = 0xD000;
const NEGATIVE_INFINITE: u16 = 0xF000;
/// The most fractional digits of a Decimal(38, s) that has one before the point.
const MOST_SCALE: u8 = 37;
/// Groups whose digits fit 64 bits.
const SMALL: usize = 4;

fn push_numeric(column: &mut Growing, bytes: &[u8]) -> Result<(), Unfit> {
    let (header, groups) = bytes.split_at_checked(8).ok_or(Unfit::Malformed)?;
    let field = |at: usize| [header[at], header[at + 1]];
    let count = usize::from(u16::from_be_bytes(field(0)));
    let numeric = Numeric {
        weight: i16::from_be_bytes(field(2)),
        sign: u16::from_be_bytes(field(4)),
        shown: u16::from_be_bytes(field(6)),
        groups,
    };
    if groups.len() != 2 * count {
        return Err(Unfit::Malformed);
    }
    match numeric.sign {
        0 | NEGATIVE => match numeric.units() {
            Some((units, scale)) => column.push_decimal(units, scale),
            None => column.push_text(&numeric.written()),
        },
        NOT_A_NUMBER => column.push_text("NaN"),
        INFINITE => column.push_text("Infinity"),
        NEGATIVE_INFINITE => column.push_text("-Infinity"),
        _ => return Err(Unfit::Malformed),
    }
    Ok(())
}

impl Numeric<'_> {
    fn digits(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        self.groups.chunks_exact(2).map(|group| u16::from_be_bytes([group[0], group[1]]))
    }

    /// The figure as units of `10^-scale`, where it has no more digits than a column of figures can hold.
    fn units(&self) -> Option<(i128, u8)> {
        let scale = u8::try_from(self.shown).ok().filter(|scale| *scale <= MOST_SCALE)?;
        let count = self.groups.len() / 2;
        let whole = if count <= SMALL {
            i128::from(self.digits().fold(0, |whole: u64, group| whole * 10_000 + u64::from(group)))
        } else {
            self.digits().try_fold(0i128, |whole, group| whole.checked_mul(10_000)?.checked_add(group.into()))?
        };
        // The last group counts 10,000^(weight + 1 - count), and the figure is wanted in units of 10^-scale.
        let power = 4 * (i32::from(self.weight) + 1 - i32::try_from(count).ok()?) + i32::from(scale);
        let units = if whole == 0 {
            0
        } else if power >= 0 {
            whole.checked_mul(power_of_ten(u8::try_from(power).ok().filter(|power| *power <= MOST_SCALE)?))?
        } else {
            // What the last group has beyond the scale are zeros that fill it up.
            let divisor = power_of_ten(u8::try_from(-power).ok().filter(|power| *power <= MOST_SCALE)?);
            if whole % divisor != 0 {
                return None;
            }
            whole / divisor
        };
        Some((if self.sign == NEGATIVE { -units } else { units }, scale))
    }

    /// The figure with all its digits.
    fn written(&self) -> String {
        let groups: Vec<u16> = self.digits().collect();
        let group = |at: i32| usize::try_from(at).ok().and_then(|at| groups.get(at)).copied().unwrap_or(0);
        let whole: String = (0..=i32::from(self.weight)).map(|at| format!("{:04}", group(at))).collect();
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        let first = i32::from(self.weight) + 1;
        let mut fraction: String =
            (0..i32::from(self.shown.div_ceil(4))).map(|at| format!("{:04}", group(first + at))).collect();
        fraction.truncate(self.shown.into());
        let (sign, point) = (if self.sign == NEGATIVE { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
        format!("{sign}{whole}{point}{fraction}")
    }
}
