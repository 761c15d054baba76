//! Reading days and moments, in the forms Chinese business systems write them.

use chrono::{
    DateTime, Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc,
};
use chrono_tz::Tz;

use super::Reading;

/// Days that systems store where there is no date.
const PLACEHOLDERS: [(i32, u32, u32); 4] = [(1, 1, 1), (1899, 12, 30), (1900, 1, 1), (9999, 12, 31)];

/// Whether the day stands for no day.
pub(super) fn is_placeholder(day: NaiveDate) -> bool {
    PLACEHOLDERS.iter().any(|(year, month, date)| NaiveDate::from_ymd_opt(*year, *month, *date) == Some(day))
}

/// A date-time as written.
struct Written {
    naive: NaiveDateTime,
    offset: Option<FixedOffset>,
}

/// The day a text names; a time with an offset is seen from `zone` first.
pub(super) fn read_date(text: &str, zone: Tz) -> Reading<NaiveDate> {
    read(text).and_then(|written| {
        let day = match written.offset {
            None => written.naive.date(),
            Some(offset) => match instant_at(written.naive, offset) {
                Some(instant) => instant.with_timezone(&zone).date_naive(),
                None => return Reading::Unreadable,
            },
        };
        if is_placeholder(day) { Reading::Null } else { Reading::Value(day) }
    })
}

/// The moment a text names; without an offset it is a moment of `zone`, and a bare day is its midnight.
pub(super) fn read_instant(text: &str, zone: Tz) -> Reading<DateTime<Utc>> {
    read(text).and_then(|written| {
        let instant = match written.offset {
            None => instant_in(written.naive, zone),
            Some(offset) => instant_at(written.naive, offset),
        };
        instant.map_or(Reading::Unreadable, Reading::Value)
    })
}

/// Reads the text as written; placeholders and zero dates are null.
fn read(text: &str) -> Reading<Written> {
    if text.is_empty() {
        return Reading::Null;
    }
    let mut scanner = Scanner { rest: text };
    let Some((year, month, day)) = scanner.day() else {
        let zero = text.bytes().all(|byte| byte == b'0');
        return if zero { Reading::Null } else { Reading::Unreadable };
    };
    let Some((time, offset)) = scanner.time_and_offset() else {
        return Reading::Unreadable;
    };
    if (year, month, day) == (0, 0, 0) {
        return Reading::Null;
    }
    let date = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
    match date {
        Some(date) if is_placeholder(date) => Reading::Null,
        Some(date) if year > 0 => Reading::Value(Written { naive: date.and_time(time), offset }),
        _ => Reading::Unreadable,
    }
}

struct Scanner<'t> {
    rest: &'t str,
}

impl Scanner<'_> {
    /// `20241105`, `2024-11-05`, `2024/11/5`, `2024.11.5`, `2024年11月5日`.
    fn day(&mut self) -> Option<(u32, u32, u32)> {
        if self.leading_digits() == 8 {
            return Some((self.number(4, 4)?, self.number(2, 2)?, self.number(2, 2)?));
        }
        if self.leading_digits() != 4 {
            return None;
        }
        let year = self.number(4, 4)?;
        let separators = [('-', '-', None), ('/', '/', None), ('.', '.', None), ('年', '月', Some('日'))];
        let (_, second, last) = separators.into_iter().find(|(first, ..)| self.eat(*first))?;
        let month = self.number(1, 2)?;
        if !self.eat(second) {
            return None;
        }
        let day = self.number(1, 2)?;
        if last.is_some_and(|last| !self.eat(last)) {
            return None;
        }
        Some((year, month, day))
    }

    /// What follows a day: nothing, or a time with or without an offset.
    fn time_and_offset(&mut self) -> Option<(NaiveTime, Option<FixedOffset>)> {
        if self.rest.is_empty() {
            return Some((NaiveTime::MIN, None));
        }
        if !self.eat('T') && !self.skip_blanks() {
            return None;
        }
        let time = self.time()?;
        self.skip_blanks();
        let offset = if self.rest.is_empty() { None } else { Some(self.offset()?) };
        self.rest.is_empty().then_some((time, offset))
    }

    /// `8:30`, `08:30:00`, `08:30:00.123`. Digits beyond the microsecond are dropped: a moment is no figure.
    fn time(&mut self) -> Option<NaiveTime> {
        let hour = self.number(1, 2)?;
        if !self.eat(':') {
            return None;
        }
        let minute = self.number(2, 2)?;
        let mut second = 0;
        let mut micro = 0;
        if self.eat(':') {
            second = self.number(2, 2)?;
            if self.eat('.') || self.eat(',') {
                let digits = self.leading_digits();
                let kept = &self.rest[..digits.min(6)];
                micro = format!("{kept:0<6}").parse().ok().filter(|_| digits > 0)?;
                self.rest = &self.rest[digits..];
            }
        }
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro)
    }

    /// `Z`, `+08:00`, `+0800`, `+08`.
    fn offset(&mut self) -> Option<FixedOffset> {
        if self.eat('Z') || self.eat('z') {
            return Some(Utc.fix());
        }
        let west = self.eat('-');
        if !west && !self.eat('+') {
            return None;
        }
        let hours = self.number(2, 2)?;
        let minutes = if self.eat(':') || !self.rest.is_empty() { self.number(2, 2)? } else { 0 };
        if hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        if west { FixedOffset::west_opt(seconds) } else { FixedOffset::east_opt(seconds) }
    }

    fn leading_digits(&self) -> usize {
        self.rest.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// Up to `most` digits, at least `least`.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.leading_digits().min(most);
        let number = self.rest[..digits].parse().ok().filter(|_| digits >= least)?;
        self.rest = &self.rest[digits..];
        Some(number)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_blanks(&mut self) -> bool {
        let rest = self.rest.trim_start();
        let skipped = rest.len() < self.rest.len();
        self.rest = rest;
        skipped
    }
}

fn instant_at(naive: NaiveDateTime, offset: FixedOffset) -> Option<DateTime<Utc>> {
    offset.from_local_datetime(&naive).single().map(|instant| instant.with_timezone(&Utc))
}

/// The moment a naive date-time names in `zone`: the earlier one of an hour that is repeated, the first valid one
/// after an hour that is left out. `None` only at the ends of the calendar.
pub(super) fn instant_in(naive: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&naive) {
        LocalResult::Single(instant) => Some(instant.with_timezone(&Utc)),
        LocalResult::Ambiguous(earlier, later) => Some(earlier.min(later).with_timezone(&Utc)),
        LocalResult::None => after_gap(naive, zone),
    }
}

/// Zones have left out up to a whole day, where they crossed the date line.
const LONGEST_GAP_QUARTERS: i64 = 26 * 4;

/// The moment at which the gap around `naive` ends: where the zone's offset changes.
fn after_gap(naive: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let before = (1..=LONGEST_GAP_QUARTERS).find_map(|quarters| {
        let earlier = naive.checked_sub_signed(Duration::minutes(15 * quarters))?;
        zone.from_local_datetime(&earlier).latest()
    })?;
    let offset_at =
        |seconds: i64| DateTime::from_timestamp(seconds, 0).map(|at| at.with_timezone(&zone).offset().fix());
    let offset = before.offset().fix();
    let mut last_before = before.timestamp();
    let mut first_after = naive.and_utc().timestamp() - i64::from(offset.local_minus_utc());
    while first_after - last_before > 1 {
        let middle = last_before + (first_after - last_before) / 2;
        if offset_at(middle)? == offset {
            last_before = middle;
        } else {
            first_after = middle;
        }
    }
    DateTime::from_timestamp(first_after, 0)
}
