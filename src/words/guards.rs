//! Why a pull was not believed, with its figures.

use super::names::column_in_zh;
use super::{money, quantity, visible};
use crate::audit::amount::Amount;
use crate::audit::snapshot::{Age, Drop};
use crate::language::Language;

/// A figure that fell too far.
pub(super) fn dropped(source: &str, table: &str, drop: &Drop, language: Language) -> String {
    let shown = |amount: Amount| drop.currency.as_deref().map_or_else(|| quantity(amount), |code| money(code, amount));
    let (source, name) = (visible(source), visible(table));
    let (now, was, day, most) = (shown(drop.now), shown(drop.was), drop.day, quantity(drop.max_drop));
    let percent = drop.percent().map(quantity);
    match (language, &drop.column) {
        (Language::En, column) => {
            let (what, less) = match column {
                None if drop.now == Amount::from(1) => (format!("has {now} row"), "fewer"),
                None => (format!("has {now} rows"), "fewer"),
                Some(column) => (format!("adds up to {now} in {}", visible(column)), "less"),
            };
            let fall = percent.map(|percent| format!(": {percent} % {less}")).unwrap_or_default();
            format!(
                "Table {name} of {source} {what}, {was} in the last good pull of {day}{fall}, at most {most} % is let \
                 through; `tieout accept {name} --reason …` takes it"
            )
        }
        (Language::Zh, column) => {
            let what = match column {
                None => format!("只有 {now} 行，{day} 上次可信读取时有 {was} 行"),
                Some(column) => {
                    format!("的{}合计为 {now}，{day} 上次可信读取时为 {was}", column_in_zh(column))
                }
            };
            let fall = percent.map(|percent| format!("，减少 {percent}%")).unwrap_or_default();
            format!(
                "数据源 {source} 的表 {name} {what}{fall}，最多允许减少 {most}%；如属实，请用 \
                 `tieout accept {name} --reason …` 接受"
            )
        }
    }
}

/// A table whose newest row is too old.
pub(super) fn stale(
    (source, table): (&str, &str),
    column: &str,
    newest: Option<&str>,
    within: Age,
    language: Language,
) -> String {
    let (source, name) = (visible(source), visible(table));
    match language {
        Language::En => {
            let age = match within {
                Age::Days(days) => counted(days, "day"),
                Age::WorkingDays(days) => counted(days, "working day"),
                Age::Hours(hours) => counted(hours, "hour"),
            };
            let found = newest.map_or_else(
                || format!("has no {} up to now", visible(column)),
                |newest| format!("ends with {} {newest}", visible(column)),
            );
            format!(
                "Table {name} of {source} {found}; its newest row may lie at most {age} back; `tieout accept {name} --reason …` \
                 takes it"
            )
        }
        Language::Zh => {
            let age = match within {
                Age::Days(days) => format!("{days} 天"),
                Age::WorkingDays(days) => format!("{days} 个工作日"),
                Age::Hours(hours) => format!("{hours} 小时"),
            };
            let column = column_in_zh(column);
            let found =
                newest.map_or_else(|| format!("至今没有任何{column}"), |newest| format!("最新的{column}是 {newest}"));
            format!(
                "数据源 {source} 的表 {name} {found}，最多允许滞后 {age}；如属实，请用 `tieout accept {name} --reason …` 接受"
            )
        }
    }
}

fn counted(count: u32, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}
