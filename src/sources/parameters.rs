//! `:name` parameters of a query: found in its text as the source's own SQL would read it, and bound by the driver. A
//! value never becomes part of the text.

use std::ops::Range;

use crate::audit::expression::Parameters;
use crate::audit::value::Value;
use crate::config::SourceKind;

/// Whose SQL a query is written in: what is quoted and what is a comment differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Also takes names in backticks and in brackets.
    Sqlite,
    /// Dollar quotes, `E'…'` with backslashes, block comments that nest.
    Postgres,
    /// Backslashes in all texts, texts in double quotes, names in backticks, comments from `#` and from `-- ` on.
    Mysql,
}

impl Dialect {
    /// What a source of this kind speaks; `None` where nothing is asked in a language.
    pub fn of(kind: &SourceKind) -> Option<Dialect> {
        match kind {
            SourceKind::Sqlite { .. } => Some(Dialect::Sqlite),
            SourceKind::Postgres { .. } => Some(Dialect::Postgres),
            SourceKind::Mysql { .. } => Some(Dialect::Mysql),
            SourceKind::Files { .. } => None,
        }
    }
}

/// The parameters of `query` with their values: each name once, without its colon, in order of appearance. The error
/// is the first name that `parameters` lacks.
pub fn bind<'a>(
    query: &'a str,
    dialect: Dialect,
    parameters: &'a Parameters,
) -> Result<Vec<(&'a str, &'a Value)>, &'a str> {
    let mut bound: Vec<(&str, &Value)> = Vec::new();
    for name in names(query, dialect) {
        if bound.iter().all(|(known, _)| *known != name) {
            bound.push((name, parameters.get(name).ok_or(name)?));
        }
    }
    Ok(bound)
}

/// The names of the parameters in `query`, without their colons, in order of appearance, repeated as they repeat.
pub fn names(query: &str, dialect: Dialect) -> Vec<&str> {
    marks(query, dialect).into_iter().filter_map(|mark| mark.name(query)).collect()
}

/// `query` with what `placeholder` answers in the place of each parameter; it is given the name and which of the
/// parameters it is, counted from 0 and repetitions included.
pub fn replaced(query: &str, dialect: Dialect, mut placeholder: impl FnMut(&str, usize) -> String) -> String {
    let (mut text, mut end, mut count) = (String::with_capacity(query.len() + 32), 0, 0);
    for mark in marks(query, dialect) {
        if let Some(name) = mark.name(query) {
            text.push_str(&query[end..mark.place.start]);
            text.push_str(&placeholder(name, count));
            (end, count) = (mark.place.end, count + 1);
        }
    }
    text.push_str(&query[end..]);
    text
}

/// Whether `query` has a placeholder of the server's own, `$1` or `?`, which nothing would be bound to.
pub fn has_foreign_placeholder(query: &str, dialect: Dialect) -> bool {
    marks(query, dialect).iter().any(|mark| mark.kind == Kind::Foreign)
}

/// `query` up to the semicolon that ends it, where nothing but blanks and comments follow.
pub fn without_end(query: &str, dialect: Dialect) -> &str {
    let ends = marks(query, dialect).into_iter().filter(|mark| mark.kind == Kind::End).map(|mark| mark.place.start);
    let mut bare = query;
    for end in ends.collect::<Vec<_>>().into_iter().rev() {
        if !is_blank(&query[end + 1..], dialect) {
            break;
        }
        bare = &query[..end];
    }
    bare
}

/// Whether `query` has a semicolon that something else than blanks and comments follows.
pub fn has_several_statements(query: &str, dialect: Dialect) -> bool {
    marks(without_end(query, dialect), dialect).iter().any(|mark| mark.kind == Kind::End)
}

/// Whether `word` stands in `query` as a name does: alone, or between the quotes of names, in whatever case. Such a
/// query may name something else so; one in which it does not stand does not name it.
pub fn has_word(query: &str, word: &str) -> bool {
    let (query, word) = (query.to_lowercase(), word.to_lowercase());
    query.match_indices(&word).any(|(at, _)| {
        let end = at + word.len();
        !query[..at].ends_with(is_name_part) && !query[end..].starts_with(is_name_part)
    })
}

/// Whether `text` is made of blanks, comments and semicolons.
fn is_blank(text: &str, dialect: Dialect) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        match comment(rest, dialect) {
            Some(length) => rest = &rest[length..],
            None => return rest.is_empty(),
        }
    }
}

/// The first word of `query` that is no comment, in lower case; empty when there is none.
pub fn first_word(query: &str, dialect: Dialect) -> String {
    let mut rest = query;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        match comment(rest, dialect) {
            Some(length) => rest = &rest[length..],
            None => break,
        }
    }
    let end = rest.find(|c: char| !is_name_part(c)).unwrap_or(rest.len());
    rest[..end].to_ascii_lowercase()
}

/// Something in a query that is neither quoted nor a comment.
struct Mark {
    kind: Kind,
    place: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A colon and a name.
    Parameter,
    /// A placeholder of the server's own.
    Foreign,
    /// A semicolon.
    End,
}

impl Mark {
    fn name<'q>(&self, query: &'q str) -> Option<&'q str> {
        (self.kind == Kind::Parameter).then(|| &query[self.place.start + 1..self.place.end])
    }
}

/// Everything that is marked in `query`, in order.
fn marks(query: &str, dialect: Dialect) -> Vec<Mark> {
    let mut found = Vec::new();
    let mut at = 0;
    // The last character before `at` that belongs to a word, for what a quote or a dollar behind it means.
    let mut word_start = None;
    while let Some(first) = query[at..].chars().next() {
        let rest = &query[at..];
        let (length, kind) = match first {
            '\'' => {
                let escapes = match dialect {
                    Dialect::Sqlite => false,
                    Dialect::Postgres => word_start.is_some_and(|start| query[start..at].eq_ignore_ascii_case("e")),
                    Dialect::Mysql => true,
                };
                (quoted(rest, first, escapes), None)
            }
            '"' => (quoted(rest, first, dialect == Dialect::Mysql), None),
            '`' if dialect != Dialect::Postgres => (quoted(rest, first, false), None),
            // SQLite also takes names in brackets. It has no arrays for which brackets would mean anything else.
            '[' if dialect == Dialect::Sqlite => (rest.find(']').map_or(rest.len(), |end| end + 1), None),
            '$' if dialect == Dialect::Postgres && word_start.is_none() => dollar(rest),
            '?' if dialect == Dialect::Mysql => (1, Some(Kind::Foreign)),
            ';' => (1, Some(Kind::End)),
            '-' | '/' | '#' => (comment(rest, dialect).unwrap_or(1), None),
            ':' => colon(rest),
            other => (other.len_utf8(), None),
        };
        found.extend(kind.map(|kind| Mark { kind, place: at..at + length }));
        let in_word = is_name_part(first) || (first == '$' && kind.is_none() && length == 1);
        word_start = if in_word { word_start.or(Some(at)) } else { None };
        at += length;
    }
    found
}

/// What a colon begins, with its length in bytes: a parameter, a `::cast`, a `:=`, or a colon by itself.
fn colon(rest: &str) -> (usize, Option<Kind>) {
    let after = &rest[1..];
    if after.starts_with([':', '=']) {
        return (2, None);
    }
    if !after.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
        return (1, None);
    }
    (1 + after.find(|c: char| !is_name_part(c)).unwrap_or(after.len()), Some(Kind::Parameter))
}

/// What a dollar begins in PostgreSQL: a placeholder, a text between two equal tags, or a dollar by itself.
fn dollar(rest: &str) -> (usize, Option<Kind>) {
    let after = &rest[1..];
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        return (1 + digits, Some(Kind::Foreign));
    }
    let tag = after.find(|c: char| !is_name_part(c)).filter(|end| after[*end..].starts_with('$'));
    let Some(tag) = tag.map(|end| &rest[..end + 2]) else { return (1, None) };
    (rest[tag.len()..].find(tag).map_or(rest.len(), |end| tag.len() + end + tag.len()), None)
}

fn is_name_part(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of the quoted text at the start of `rest`: up to its closing quote, or to the end without one. A doubled
/// quote needs no care: it ends one quoted text and begins the next at once. Where there are `escapes`, a backslash
/// takes the character behind it out of the text's meaning.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if escapes => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the comment at the start of `rest`, if one is there.
fn comment(rest: &str, dialect: Dialect) -> Option<usize> {
    let line = match dialect {
        Dialect::Sqlite | Dialect::Postgres => rest.starts_with("--"),
        // Two minuses are arithmetic, unless a blank follows them.
        Dialect::Mysql => {
            let dashes = rest.strip_prefix("--");
            let blank = |c: char| c.is_whitespace() || c.is_control();
            rest.starts_with('#') || dashes.is_some_and(|after| after.is_empty() || after.starts_with(blank))
        }
    };
    if line {
        return Some(rest.find('\n').map_or(rest.len(), |end| end + 1));
    }
    let inside = rest.strip_prefix("/*")?;
    match dialect {
        Dialect::Postgres => Some(2 + nested(inside)),
        Dialect::Sqlite | Dialect::Mysql => Some(inside.find("*/").map_or(rest.len(), |end| end + 4)),
    }
}

/// The length of what is inside a block comment, its end included: such comments nest in PostgreSQL.
fn nested(inside: &str) -> usize {
    let (mut depth, mut at) = (1, 0);
    while let Some(next) = inside[at..].find(['*', '/']) {
        at += next;
        depth += match inside.get(at..at + 2) {
            Some("/*") => 1,
            Some("*/") => -1,
            _ => {
                at += 1;
                continue;
            }
        };
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    inside.len()
}
