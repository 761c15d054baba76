//! `:name` parameters of a query: found in its text, and bound by the driver. A value never becomes part of the text.

use std::ops::Range;

use crate::audit::expression::Parameters;
use crate::audit::value::Value;

/// The parameters of `query` with their values: each name once, without its colon, in order of appearance. The error
/// is the first name that `parameters` lacks.
pub fn bind<'a>(query: &'a str, parameters: &'a Parameters) -> Result<Vec<(&'a str, &'a Value)>, &'a str> {
    let mut bound: Vec<(&str, &Value)> = Vec::new();
    for name in names(query) {
        if bound.iter().all(|(known, _)| *known != name) {
            bound.push((name, parameters.get(name).ok_or(name)?));
        }
    }
    Ok(bound)
}

/// The names of the parameters in `query`, without their colons, in order of appearance, repeated as they repeat.
pub fn names(query: &str) -> Vec<&str> {
    find(query).into_iter().map(|found| &query[found.start + 1..found.end]).collect()
}

/// The first word of `query` that is no comment, in lower case; empty when there is none.
pub fn first_word(query: &str) -> String {
    let mut rest = query;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        match comment(rest) {
            Some(length) => rest = &rest[length..],
            None => break,
        }
    }
    let end = rest.find(|c: char| !is_name_part(c)).unwrap_or(rest.len());
    rest[..end].to_ascii_lowercase()
}

/// The byte ranges of all parameters, their colons included.
fn find(query: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = query[at..].chars().next() {
        let rest = &query[at..];
        at += match first {
            '\'' | '"' | '`' => quoted(rest, first),
            // SQLite also takes names in brackets. It has no arrays for which brackets would mean anything else.
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            '-' | '/' => comment(rest).unwrap_or(1),
            ':' => match colon(rest) {
                Colon::Parameter(length) => {
                    found.push(at..at + length);
                    length
                }
                Colon::Other(length) => length,
            },
            other => other.len_utf8(),
        };
    }
    found
}

/// What a colon begins, with its length in bytes.
enum Colon {
    Parameter(usize),
    /// A `::cast`, a `:=`, or a colon by itself.
    Other(usize),
}

fn colon(rest: &str) -> Colon {
    let after = &rest[1..];
    if after.starts_with([':', '=']) {
        return Colon::Other(2);
    }
    if !after.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
        return Colon::Other(1);
    }
    Colon::Parameter(1 + after.find(|c: char| !is_name_part(c)).unwrap_or(after.len()))
}

fn is_name_part(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of the quoted text at the start of `rest`: up to its closing quote, or to the end without one. A doubled
/// quote needs no care: it ends one quoted text and begins the next at once.
fn quoted(rest: &str, quote: char) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |end| end + 2)
}

/// The length of the comment at the start of `rest`, if one is there. Block comments do not nest in SQLite.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("--") {
        return Some(rest.find('\n').map_or(rest.len(), |end| end + 1));
    }
    let inside = rest.strip_prefix("/*")?;
    Some(inside.find("*/").map_or(rest.len(), |end| end + 4))
}
