//! What is said of a row that stays as it is for too long.

use super::conditions::condition_zh;
use super::names::column_in_zh;
use super::visible;
use crate::audit::breaks::Message;
use crate::language::Language;

/// Empty for a message about anything else.
pub(super) fn message(message: &Message, language: Language) -> String {
    let Message::Stalled { state, since, .. } = message else { return String::new() };
    let detail = detail(message, language);
    match (language, since) {
        (Language::En, Some(_)) => format!("“{}” {detail}", visible(state)),
        (Language::En, None) => format!("“{}”, and {detail}", visible(state)),
        (Language::Zh, Some(_)) => format!("“{}”{detail}", in_zh(state)),
        (Language::Zh, None) => format!("“{}”，但{detail}", in_zh(state)),
    }
}

/// The same without the condition, behind its title.
pub(super) fn detail(message: &Message, language: Language) -> String {
    let Message::Stalled { state: _, column, since, days, allowed, working } = message else { return String::new() };
    match (language, since) {
        (Language::En, Some(since)) => {
            let unit = if *working { "working day" } else { "day" };
            let plural = |count: i64| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
            let (days, allowed) = (plural(*days), plural(i64::from(*allowed)));
            format!("for {days} since {since} ({}), {allowed} allowed", visible(column))
        }
        (Language::En, None) => format!("nobody can tell since when: {} is empty", visible(column)),
        (Language::Zh, Some(since)) => {
            let unit = if *working { "个工作日" } else { "天" };
            format!("自{} {since} 起已 {days} {unit}，最多 {allowed} {unit}", column_in_zh(column))
        }
        (Language::Zh, None) => format!("{}为空，无法得知已停留多久", column_in_zh(column)),
    }
}

/// The state with its columns in Chinese, where they are known.
fn in_zh(state: &str) -> String {
    let words: Vec<&str> = state.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).collect();
    condition_zh(state, &words)
}
