//! Moments and lengths of time in both languages, and the sentences that are made of them.

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::visible;
use crate::language::Language;

/// When two tables of one rule were read, too far apart to be compared.
pub(super) fn skew(
    early: (&str, DateTime<FixedOffset>),
    late: (&str, DateTime<FixedOffset>),
    limit: u64,
    language: Language,
) -> String {
    let apart = length(late.1 - early.1, language);
    let limit = length(seconds(limit), language);
    let ((early, early_at), (late, late_at)) = ((visible(early.0), at(early.1)), (visible(late.0), at(late.1)));
    match language {
        Language::En => format!(
            "Table {early} was read at {early_at} and table {late} at {late_at}: {apart} apart, and the limit is {limit}"
        ),
        Language::Zh => {
            format!("表 {early} 读取于 {early_at}，表 {late} 读取于 {late_at}，相差 {apart}，超过上限 {limit}")
        }
    }
}

/// A source whose clock cannot be believed. `here` and `there` are one moment by our clock and by the source's.
pub(super) fn clock_off(
    source: &str,
    table: &str,
    (here, there): (DateTime<FixedOffset>, DateTime<FixedOffset>),
    limit: u64,
    language: Language,
) -> String {
    let off = length((there - here).abs(), language);
    let limit = length(seconds(limit), language);
    let (source, table, here, there) = (visible(source), visible(table), at(here), at(there));
    match language {
        Language::En => format!(
            "Table {table} cannot be believed: the clock of {source} showed {there} when ours showed {here}; it is \
             {off} off, and the limit is {limit}"
        ),
        Language::Zh => format!(
            "表 {table} 不可信：本机时间为 {here} 时，数据源 {source} 的时钟为 {there}，相差 {off}，超过上限 {limit}"
        ),
    }
}

/// What was found could not be read again in time.
pub(super) fn no_time_to_recheck(after: u64, minutes: u64, language: Language) -> String {
    let (after, limit) = (length(seconds(after), language), length(seconds(minutes.saturating_mul(60)), language));
    match language {
        Language::En => format!(
            "What breaks is to be read again after {after}, and the job's time limit of {limit} does not leave that"
        ),
        Language::Zh => format!("发现的差异应在 {after}后复读确认，而任务时限 {limit}已不够"),
    }
}

fn seconds(seconds: u64) -> TimeDelta {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}

/// A moment to the second, with its distance from UTC.
fn at(at: DateTime<FixedOffset>) -> String {
    at.format("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// A length of time by its two largest units, cut to the second.
pub fn length(time: TimeDelta, language: Language) -> String {
    let units = [
        (time.num_days(), "day", "天"),
        (time.num_hours() % 24, "hour", "小时"),
        (time.num_minutes() % 60, "minute", "分钟"),
        (time.num_seconds() % 60, "second", "秒"),
    ];
    let first = units.iter().position(|(count, ..)| *count > 0).unwrap_or(units.len() - 1);
    let said = units[first..].iter().take(2).enumerate().filter(|(place, (count, ..))| *place == 0 || *count > 0);
    let said: Vec<String> = said
        .map(|(_, (count, en, zh))| match language {
            Language::En => format!("{count} {en}{}", if *count == 1 { "" } else { "s" }),
            Language::Zh => format!("{count} {zh}"),
        })
        .collect();
    said.join(" ")
}
