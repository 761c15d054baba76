//! What is said of a row that does not satisfy what its rule asserts.

use super::conditions::condition_zh;
use super::names::column_in_zh;
use super::{figure, visible};
use crate::audit::breaks::{Message, Operand};
use crate::audit::value::Value;
use crate::language::Language;

/// Empty for a message about anything else.
pub(super) fn message(message: &Message, language: Language) -> String {
    let Message::NotSatisfied { assertion, untold, figures } = message else { return String::new() };
    let stated = all_stated(figures, language);
    if asks_for_cells(assertion, figures) {
        // That a cell is empty says all there is to say of a condition that it is not.
        return stated;
    }
    match language {
        Language::En => {
            let verdict = if *untold { "cannot be told" } else { "does not hold" };
            format!("“{}” {verdict}: {stated}", visible(assertion))
        }
        Language::Zh => {
            let verdict = if *untold { "无法判断是否满足" } else { "不满足" };
            let columns: Vec<&str> = figures.iter().map(|figure| figure.expression.as_str()).collect();
            format!("{verdict}“{}”：{stated}", condition_zh(assertion, &columns))
        }
    }
}

/// Whether all that was asserted is that cells are not empty, and they are.
fn asks_for_cells(assertion: &str, figures: &[Operand]) -> bool {
    let asked = figures.iter().map(|figure| format!("{} is not null", figure.expression)).collect::<Vec<_>>();
    !figures.is_empty() && figures.iter().all(|figure| figure.value.is_null()) && assertion == asked.join(" and ")
}

/// What [`message`] says, without the condition: it stands behind its title.
pub(super) fn detail(message: &Message, language: Language) -> String {
    let Message::NotSatisfied { assertion: _, untold, figures } = message else { return String::new() };
    let stated = all_stated(figures, language);
    match (language, untold) {
        (_, false) => stated,
        (Language::En, true) => format!("cannot be told, {stated}"),
        (Language::Zh, true) => format!("无法判断，{stated}"),
    }
}

fn all_stated(figures: &[Operand], language: Language) -> String {
    let stated = figures.iter().map(|operand| stated(operand, language));
    stated.collect::<Vec<_>>().join(if language == Language::En { ", " } else { "，" })
}

fn stated(operand: &Operand, language: Language) -> String {
    match language {
        Language::En => {
            let value = match &operand.value {
                Value::Null => "empty".to_owned(),
                Value::Bool(true) => "yes".to_owned(),
                Value::Bool(false) => "no".to_owned(),
                Value::Text(text) => format!("“{}”", visible(text)),
                Value::Amount(amount) => figure(*amount),
                other => visible(&other.to_string()),
            };
            format!("{} is {value}", visible(&operand.expression))
        }
        Language::Zh => {
            let value = match &operand.value {
                Value::Null => "为空".to_owned(),
                Value::Bool(true) => "为“是”".to_owned(),
                Value::Bool(false) => "为“否”".to_owned(),
                Value::Text(text) => format!("为“{}”", visible(text)),
                Value::Amount(amount) => format!("为 {}", figure(*amount)),
                other => format!("为 {}", visible(&other.to_string())),
            };
            format!("{}{value}", column_in_zh(&operand.expression))
        }
    }
}
