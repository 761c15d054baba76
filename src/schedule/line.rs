//! The text of a schedule: five Unix cron fields, read into the values they allow, or one fault with its place.
//!
//! The fields are read here and not by the `cron` crate because that crate speaks Quartz: six or seven fields,
//! Sunday is 1, and a wrong line is refused with an empty message.

use std::collections::BTreeSet;
use std::ops::Range;

/// Why a line is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}; accepted: {accepted}")]
pub struct ScheduleFault {
    /// Byte range in the line.
    pub at: Range<usize>,
    pub sentence: String,
    /// What would be accepted, as a sentence fragment.
    pub accepted: String,
}

/// The values a line allows, per field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub minutes: Field,
    pub hours: Field,
    pub days: Field,
    pub months: Field,
    /// 0 is Sunday, 6 is Saturday.
    pub weekdays: Field,
}

/// One field: what it allows, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub values: BTreeSet<u32>,
    /// It begins with `*`, and so does not narrow the days by itself when both day fields are given.
    pub starred: bool,
    pub at: Range<usize>,
}

/// What a field may hold.
struct Shape {
    name: &'static str,
    low: u32,
    high: u32,
    names: &'static [&'static str],
    accepted: &'static str,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const SHAPES: [Shape; 5] = [
    Shape { name: "minute", low: 0, high: 59, names: &[], accepted: "0-59, as in `0`, `0,30`, `*/15` or `5-55/10`" },
    Shape { name: "hour", low: 0, high: 23, names: &[], accepted: "0-23, as in `7`, `8-18` or `*/2`" },
    Shape { name: "day of month", low: 1, high: 31, names: &[], accepted: "1-31, as in `1`, `1,15` or `*`" },
    Shape {
        name: "month",
        low: 1,
        high: 12,
        names: &MONTHS,
        accepted: "1-12 or jan-dec, as in `*`, `1-6` or `mar,sep`",
    },
    Shape {
        name: "day of week",
        low: 0,
        high: 7,
        names: &WEEKDAYS,
        accepted: "0-7 (0 and 7 are Sunday, 1 is Monday) or sun-sat, as in `mon-fri` or `1-5`",
    },
];

const FIVE: &str = "five fields, minute hour day-of-month month day-of-week, as in `30 7 * * mon-fri`";

/// Reads a line.
pub(super) fn read(line: &str) -> Result<Line, ScheduleFault> {
    let fields = split(line);
    let whole = 0..line.len();
    match fields.len() {
        5 => {}
        0 => return Err(fault(whole, "the schedule is empty".to_owned(), FIVE)),
        1 if line.trim_start().starts_with('@') => {
            let sentence = format!("`{}` is a nickname, and nicknames are not known here", line.trim());
            return Err(fault(fields[0].clone(), sentence, FIVE));
        }
        more @ 6.. => {
            let sentence = format!("the schedule has {more} fields; seconds and years are not part of it");
            return Err(fault(fields[5].start..fields[more - 1].end, sentence, FIVE));
        }
        fewer => return Err(fault(whole, format!("the schedule has {fewer} of its five fields"), FIVE)),
    }
    let mut read = SHAPES.iter().zip(&fields).map(|(shape, at)| field(shape, line, at.clone()));
    let mut next = || read.next().unwrap_or_else(|| Err(fault(0..line.len(), "a field is missing".to_owned(), FIVE)));
    let (minutes, hours, days, months, mut weekdays) = (next()?, next()?, next()?, next()?, next()?);
    if weekdays.values.remove(&7) {
        weekdays.values.insert(0);
    }
    Ok(Line { minutes, hours, days, months, weekdays })
}

/// The byte ranges of the parts between blanks.
fn split(line: &str) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let mut start = None;
    for (at, letter) in line.char_indices().chain([(line.len(), ' ')]) {
        match (letter.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                fields.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    fields
}

fn field(shape: &Shape, line: &str, at: Range<usize>) -> Result<Field, ScheduleFault> {
    let text = &line[at.clone()];
    let mut values = BTreeSet::new();
    let mut start = at.start;
    for item in text.split(',') {
        let here = start..start + item.len();
        let (low, high, step) = item_range(shape, item, here.clone())?;
        values.extend((low..=high).step_by(step));
        start = here.end + 1;
    }
    Ok(Field { values, starred: text.starts_with('*'), at })
}

/// One item of a list: `*`, `n`, `a-b`, and `*` or `a-b` with a step.
fn item_range(shape: &Shape, item: &str, at: Range<usize>) -> Result<(u32, u32, usize), ScheduleFault> {
    if item.is_empty() {
        let sentence = format!("an item of the {} field is empty", shape.name);
        return Err(fault(at, sentence, shape.accepted));
    }
    let (range, step) = match item.split_once('/') {
        None => (item, None),
        Some((range, step)) => (range, Some(step)),
    };
    let range_at = at.start..at.start + range.len();
    let (low, high) = match range.split_once('-') {
        // Seven is Sunday again: a field of all weekdays must not count it twice.
        _ if range == "*" => (shape.low, if shape.high == 7 { 6 } else { shape.high }),
        Some((from, to)) => bounds(shape, from, to, range_at)?,
        None if step.is_some() => {
            let sentence = format!("the step in `{item}` has no range to step through");
            return Err(fault(
                at,
                sentence,
                format!("a range, as in `{range}-{}/{}`", shape.high, step.unwrap_or("2")),
            ));
        }
        None => {
            let value = number(shape, range, range_at)?;
            (value, value)
        }
    };
    let step = match step {
        None => 1,
        Some(text) => {
            let step_at = at.start + range.len() + 1..at.end;
            let step = text.parse::<usize>().ok().filter(|step| (1..=shape.high as usize).contains(step));
            step.ok_or_else(|| {
                let sentence = format!("`{text}` is no step for the {} field", shape.name);
                fault(step_at, sentence, format!("a whole number from 1 to {}", shape.high))
            })?
        }
    };
    Ok((low, high, step))
}

fn bounds(shape: &Shape, from: &str, to: &str, at: Range<usize>) -> Result<(u32, u32), ScheduleFault> {
    let low = number(shape, from, at.start..at.start + from.len())?;
    let mut high = number(shape, to, at.end - to.len()..at.end)?;
    // `fri-sun` ends with the week's last day, not with its first.
    if shape.high == 7 && high == 0 && low > 0 {
        high = 7;
    }
    if low > high {
        let sentence = format!("the range `{from}-{to}` of the {} field runs backwards", shape.name);
        let (first, last) = match shape.names {
            [first, .., last] => ((*first).to_owned(), (*last).to_owned()),
            _ => (shape.low.to_string(), shape.high.to_string()),
        };
        let accepted = format!("a rising range, or two of them, as in `{from}-{last},{first}-{to}`");
        return Err(fault(at, sentence, accepted));
    }
    Ok((low, high))
}

fn number(shape: &Shape, text: &str, at: Range<usize>) -> Result<u32, ScheduleFault> {
    let lower = text.to_ascii_lowercase();
    if let Some(place) = shape.names.iter().position(|name| *name == lower) {
        return Ok(place as u32 + if shape.low == 1 { 1 } else { 0 });
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits { text.parse::<u32>().ok() } else { None };
    if let Some(value) = value.filter(|value| (shape.low..=shape.high).contains(value)) {
        return Ok(value);
    }
    let sentence = if digits {
        format!("`{text}` is outside the {} field's {}-{}", shape.name, shape.low, shape.high)
    } else if text.is_empty() {
        format!("a number of the {} field is missing", shape.name)
    } else if quartz(text) {
        format!("`{text}` in the {} field is Quartz notation, which Unix schedules do not have", shape.name)
    } else {
        format!("`{text}` is nothing the {} field knows", shape.name)
    };
    Err(fault(at, sentence, shape.accepted))
}

/// Whether it looks like `L`, `LW`, `15W`, `5L`, `fri#2` or `?`.
fn quartz(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    upper == "?"
        || upper.contains('#')
        || matches!(upper.trim_start_matches(|c: char| c.is_ascii_digit()), "L" | "W" | "LW")
}

pub(super) fn fault(at: Range<usize>, sentence: String, accepted: impl Into<String>) -> ScheduleFault {
    ScheduleFault { at, sentence, accepted: accepted.into() }
}
