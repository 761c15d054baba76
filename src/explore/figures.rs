//! Counts and widths as people read them.

use crate::audit::amount::Amount;
use crate::words;

/// A number with thousands separators.
pub fn count(number: u64) -> String {
    words::quantity(Amount::new(i128::from(number), 0))
}

/// Columns of a terminal that a text takes: two for a character of East Asia.
pub fn width(text: &str) -> usize {
    text.chars().map(|each| if each >= '\u{1100}' { 2 } else { 1 }).sum()
}
