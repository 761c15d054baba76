//! Operations on text, counted in characters.

use std::str::Chars;

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use super::operand::{Extent, Operand};
use super::{Cell, Vector};

/// One text from one; null stays.
pub(super) fn map<'o, S: AsRef<str>>(operand: &'o Operand<'_>, extent: Extent, of: impl Fn(&'o str) -> S) -> Vector {
    let texts = operand.texts(extent.cells).map(|text| text.map(&of));
    Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, texts))
}

pub(super) fn concatenate(left: &Operand<'_>, right: &Operand<'_>, extent: Extent) -> Vector {
    let pairs = left.texts(extent.cells).zip(right.texts(extent.cells));
    let texts = pairs.map(|(left, right)| Some([left?, right?].concat()));
    Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, texts))
}

/// The part of each text between two character positions, which `window` works out from the text's length and the
/// numbers given beside it; null where a number is null or a fault.
pub(super) fn cut(
    text: &Operand<'_>,
    numbers: &[&Operand<'_>],
    extent: Extent,
    window: impl Fn(i128, &[i128]) -> (i128, i128),
) -> Vector {
    let lanes: Vec<_> = numbers.iter().map(|number| number.figures()).collect();
    let mut held = Vec::with_capacity(lanes.len());
    let texts = text.texts(extent.cells).enumerate().map(|(row, text)| {
        let text = text?;
        held.clear();
        for lane in &lanes {
            match lane.at(row) {
                (number, Cell::Value) => held.push(number),
                _ => return None,
            }
        }
        let length = text.chars().count();
        let (from, to) = window(i128::try_from(length).unwrap_or(i128::MAX), &held);
        Some(between(text, length, from, to))
    });
    Vector::Text(StringChunked::from_iter_options(PlSmallStr::EMPTY, texts))
}

/// The characters from `from` (counted from zero) up to but not including `to`, both held inside the text.
fn between(text: &str, length: usize, from: i128, to: i128) -> &str {
    let clamp = |position: i128| usize::try_from(position.max(0)).map_or(length, |position| position.min(length));
    let (from, to) = (clamp(from), clamp(to));
    let byte = |position: usize| text.char_indices().nth(position).map_or(text.len(), |(at, _)| at);
    if from >= to { "" } else { &text[byte(from)..byte(to)] }
}

/// A pattern of SQL's `like`.
pub(super) struct Pattern(Vec<Piece>);

enum Piece {
    /// `%`: any run of characters, also none.
    Run,
    /// `_`: one character.
    One,
    Exactly(char),
}

impl Pattern {
    pub fn new(pattern: &str) -> Self {
        let pieces = pattern.chars().map(|character| match character {
            '%' => Piece::Run,
            '_' => Piece::One,
            other => Piece::Exactly(other),
        });
        Pattern(pieces.collect())
    }

    /// Walks text and pattern together; on a mismatch the latest run takes one character more.
    pub fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        let mut latest_run: Option<(usize, Chars<'_>)> = None;
        loop {
            let fits = match self.0.get(at) {
                None => match rest.as_str() {
                    "" => return true,
                    _ => false,
                },
                Some(Piece::Run) => {
                    latest_run = Some((at + 1, rest.clone()));
                    true
                }
                Some(Piece::One) => rest.next().is_some(),
                Some(Piece::Exactly(wanted)) => rest.next() == Some(*wanted),
            };
            if fits {
                at += 1;
                continue;
            }
            let Some((after, from)) = &mut latest_run else { return false };
            if from.next().is_none() {
                return false;
            }
            at = *after;
            rest = from.clone();
        }
    }
}

pub(super) fn like(text: &Operand<'_>, pattern: &Operand<'_>, extent: Extent) -> Vec<Option<bool>> {
    if pattern.constant {
        let Some(pattern) = pattern.text().get(0).map(Pattern::new) else {
            return vec![None; extent.cells];
        };
        return text.texts(extent.cells).map(|text| text.map(|text| pattern.matches(text))).collect();
    }
    let pairs = text.texts(extent.cells).zip(pattern.texts(extent.cells));
    pairs.map(|(text, pattern)| Some(Pattern::new(pattern?).matches(text?))).collect()
}
