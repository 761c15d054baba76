//! The steps that clean text.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::Normaliser;

/// Cuts white space at both ends: ASCII's, the full-width space U+3000, the non-breaking space U+00A0, every other
/// space of Unicode, and the zero-width characters that white-space tests leave standing.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Full-width letters, digits and signs as ASCII (NFKC), and every dash as a hyphen: codes are typed with any of them.
pub(super) fn half_width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().map(|character| if is_dash(character) { '-' } else { character }).collect())
}

/// Figure, en, em and horizontal dashes, the two Unicode hyphens, the minus sign, the small and full-width hyphens.
fn is_dash(character: char) -> bool {
    matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Applies `steps` in their order.
pub(super) fn clean<'t>(text: &'t str, steps: &[Normaliser]) -> Cow<'t, str> {
    let mut cleaned = Cow::Borrowed(text);
    for step in steps {
        cleaned = match step {
            Normaliser::Trim => match cleaned {
                Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
                Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
            },
            Normaliser::HalfWidth => match cleaned {
                Cow::Borrowed(text) => half_width(text),
                Cow::Owned(text) => Cow::Owned(half_width(&text).into_owned()),
            },
            Normaliser::Upper if is_upper(&cleaned) => cleaned,
            Normaliser::Upper => Cow::Owned(cleaned.to_uppercase()),
        };
    }
    cleaned
}

/// Whether ASCII text has nothing to raise.
fn is_upper(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase())
}

/// Full-width digits, letters and signs as ASCII, and nothing else: what numbers and dates are read through, where
/// NFKC would go too far (it turns `1²` into `12`).
pub(super) fn ascii_width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let narrow = text.chars().map(|character| match character {
        dash if is_dash(dash) => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - FULL_WIDTH_FROM_ASCII).unwrap_or(character),
        '\u{ffe5}' => '¥',
        other => other,
    });
    Cow::Owned(narrow.collect())
}

const FULL_WIDTH_FROM_ASCII: u32 = 0xfee0;

/// The inside of `="00123"`, as spreadsheets write text that looks like a number.
pub fn unwrap_formula(text: &str) -> &str {
    text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).map_or(text, trim)
}
