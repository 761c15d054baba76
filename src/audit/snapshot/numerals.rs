//! Reading numbers exactly: digits to scaled integers, never through a float, never rounded.

use super::Reading;
use super::cleaning::trim;
use crate::audit::amount::power_of_ten;

/// Figures have at most 38 digits, as a frame's Decimal(38, s) holds them.
const LIMIT: i128 = 10i128.pow(38);

const CURRENCY_PREFIXES: [&str; 3] = ["¥", "CNY", "RMB"];
const CURRENCY_SUFFIX: &str = "元";

/// Reads a number written for people, as units of `10^-scale`: with thousands separators where they belong, a sign
/// before or after or as brackets, and with the marks of the yuan where `money` allows them. Digits beyond the scale
/// must be zeros. Anything else (an exponent, a percentage, 万) is unreadable.
pub(super) fn read_number(text: &str, scale: u8, money: bool) -> Reading<i128> {
    if text.is_empty() {
        return Reading::Null;
    }
    let bare = |text| if money { strip_currency(text) } else { text };
    let (unsigned, negative) = strip_sign(bare(text));
    match read_digits(bare(unsigned), scale) {
        Some(units) => Reading::Value(if negative { -units } else { units }),
        None => Reading::Unreadable,
    }
}

fn strip_currency(text: &str) -> &str {
    let prefix = CURRENCY_PREFIXES.iter().find(|prefix| {
        let start = text.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    });
    let text = prefix.map_or(text, |prefix| trim(&text[prefix.len()..]));
    text.strip_suffix(CURRENCY_SUFFIX).map_or(text, trim)
}

/// The text without its one sign, and whether that turned it negative.
fn strip_sign(text: &str) -> (&str, bool) {
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return (trim(inner), true);
    }
    if let Some(rest) = text.strip_prefix('-').or_else(|| text.strip_suffix('-')) {
        return (trim(rest), true);
    }
    (text.strip_prefix('+').map_or(text, trim), false)
}

fn read_digits(text: &str, scale: u8) -> Option<i128> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    if (whole.is_empty() && fraction.is_empty()) || !separators_fit(whole) {
        return None;
    }
    let kept = fraction.len().min(usize::from(scale));
    let (kept, beyond) = fraction.as_bytes().split_at(kept);
    if beyond.iter().any(|byte| *byte != b'0') {
        return None;
    }
    let mut units: i128 = 0;
    for byte in whole.bytes().filter(|byte| *byte != b',').chain(kept.iter().copied()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        units = units.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    let missing = scale - u8::try_from(kept.len()).ok()?;
    within(units.checked_mul(power_of_ten(missing))?)
}

/// Whether a text of a file is what a spreadsheet leaves where it has no value: an error such as `#N/A`, or a number too
/// long for it, such as an order number of eighteen digits: `1.23457E+17`. What it was cannot be told any more.
pub(super) fn is_ruined(text: &str) -> bool {
    if text.starts_with('#') {
        return ERRORS.contains(&text);
    }
    let [b'0'..=b'9', b'.' | b'E', ..] = text.as_bytes() else { return false };
    let Some((figure, exponent)) = text.split_once("E+") else { return false };
    let fraction = figure.get(1..).unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (fraction.is_empty() || fraction.strip_prefix('.').is_some_and(digits))
        && digits(exponent)
        && exponent.parse::<u32>().is_ok_and(|exponent| exponent >= RUINED_FROM)
}

const ERRORS: [&str; 7] = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"];

/// Spreadsheets show whole numbers in full up to eleven digits.
const RUINED_FROM: u32 = 11;

/// Groups of three behind a first group of one to three digits, or no separator at all.
fn separators_fit(whole: &str) -> bool {
    let Some((first, rest)) = whole.split_once(',') else { return true };
    (1..=3).contains(&first.len()) && rest.split(',').all(|group| group.len() == 3)
}

/// The same figure at another scale, where that needs no rounding and fits.
pub(super) fn rescale(units: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        return within(units.checked_mul(power_of_ten(to - from))?);
    }
    let divisor = power_of_ten(from - to);
    if units % divisor == 0 { within(units / divisor) } else { None }
}

fn within(units: i128) -> Option<i128> {
    (-LIMIT < units && units < LIMIT).then_some(units)
}

/// A decimal of any scale as plain text.
pub(super) fn plain(units: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let (sign, point) = (if units < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" });
    format!("{sign}{whole}{point}{fraction}")
}
