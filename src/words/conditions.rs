//! A rule's condition as a reader of Chinese reads it: `customer is not null and qty >= 1` as 客户不为空且数量 ≥ 1.

use super::names::{column_word, tokens};
use super::visible;

/// What the words of a condition are read as, in lower case.
const WORDS: [(&str, &str); 12] = [
    ("and", "且"),
    ("or", "或"),
    ("not", "非"),
    ("is", "为"),
    ("in", "属于"),
    ("between", "介于"),
    ("like", "形如"),
    ("true", "真"),
    ("false", "假"),
    ("null", "空"),
    ("date", "日期"),
    ("case", "按情况："),
];

/// What several words are read as together; the longest first.
const PHRASES: [(&[&str], &str); 6] = [
    (&["is", "not", "null"], "不为空"),
    (&["is", "null"], "为空"),
    (&["is", "true"], "为真"),
    (&["is", "false"], "为假"),
    (&["not", "in"], "不属于"),
    (&["not", "like"], "不形如"),
];

/// What joins two conditions stands close to both.
const JOINING: [&str; 2] = ["且", "或"];

/// A condition on the columns of one table, with those of `columns` in Chinese that are known.
pub(super) fn condition_zh(condition: &str, columns: &[&str]) -> String {
    let tokens: Vec<&str> = tokens(condition).into_iter().filter(|token| !token.trim().is_empty()).collect();
    let (mut shown, mut rest, mut between) = (String::new(), tokens.as_slice(), false);
    while let [token, others @ ..] = rest {
        let phrase = PHRASES.iter().find(|(words, _)| begins_with(rest, words));
        let (word, left) = match phrase {
            Some((words, zh)) => ((*zh).to_owned(), &rest[words.len()..]),
            None => (word(token, columns, &mut between), others),
        };
        let is_close = shown.is_empty()
            || shown.ends_with(['(', '且', '或'])
            || matches!(word.as_str(), ")" | "," | "不为空" | "为空" | "为真" | "为假")
            || JOINING.contains(&word.as_str());
        if !is_close {
            shown.push(' ');
        }
        shown.push_str(&word);
        rest = left;
    }
    shown
}

fn begins_with(tokens: &[&str], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.eq_ignore_ascii_case(word))
}

/// One word. The `and` of a `between` joins no conditions.
fn word(token: &str, columns: &[&str], between: &mut bool) -> String {
    if let Some(column) = column_word(token).filter(|_| columns.contains(&token)) {
        return column.to_owned();
    }
    let lower = token.to_lowercase();
    if lower == "and" && std::mem::take(between) {
        return "与".to_owned();
    }
    *between |= lower == "between";
    match lower.as_str() {
        ">=" => "≥".to_owned(),
        "<=" => "≤".to_owned(),
        "<>" | "!=" => "≠".to_owned(),
        _ => WORDS.iter().find(|(known, _)| *known == lower).map_or_else(|| visible(token), |(_, zh)| (*zh).to_owned()),
    }
}
