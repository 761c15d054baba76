//! The table file to begin with: what to read, the key, the date, and a type for each column, with what was guessed.

use std::fmt::Write;

use super::figures::{self, count};
use super::{Column, KeyReason, Profile};
use crate::audit::snapshot::{ColumnType, Read};
use crate::config::Source;
use crate::sources::catalogue::{self, Holding};
use crate::words;

/// A name as table files accept it: letters, digits and `_`, no digit first, and none of `taken`.
pub fn column_name(source: &str, taken: &[String]) -> String {
    let mut name = String::new();
    for letter in source.trim().chars() {
        if letter.is_alphanumeric() || letter == '_' {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    let name = match name.chars().next() {
        None => "column".to_owned(),
        Some(first) if first.is_numeric() => format!("_{name}"),
        Some(_) => name.to_owned(),
    };
    let numbered = |number: usize| if number == 1 { name.clone() } else { format!("{name}_{number}") };
    (1..).map(numbered).find(|name| !taken.contains(name)).unwrap_or(name)
}

/// The name of a table file: that of the table, without what file systems or rules would stumble over.
pub fn name(profile: &Profile) -> String {
    let name = profile.holding.name.rsplit('/').next().unwrap_or_default();
    let name = match profile.holding.kind.name() {
        "file" => name.rsplit_once('.').map_or(name, |(stem, _)| stem),
        _ => name,
    };
    column_name(name, &[])
}

/// The file's text. `name` is the table's own. With `latest` only the rows of the latest day of its key are read.
pub fn text(profile: &Profile, source: &Source, name: &str, latest: bool) -> String {
    let holding = &profile.holding;
    let mut text = format!(
        "# {}: {} {} of {}, {} when it was looked at.\n",
        comment(name),
        holding.kind.name(),
        comment(&holding.full_name()),
        source.name,
        profile.rows()
    );
    let _ = writeln!(text, "# Types, key and date are guesses from {}: check them.\n", profile.basis());
    let _ = writeln!(text, "source  = {}", quoted(&source.name));
    match catalogue::query(&source.kind, holding) {
        Read::Query(query) => match latest.then(|| latest_day(profile, source)).flatten() {
            Some(condition) => {
                text.push_str("# The rows of the latest day alone: the others tell how it was before.\n");
                reads(&mut text, &format!("{query}\n{condition}"), None);
            }
            None => reads(&mut text, &query, profile.date.map(|date| profile.columns[date].declared.name.as_str())),
        },
        Read::File(file) => {
            let _ = writeln!(text, "file    = {}", quoted(&file.path));
        }
    }
    key(&mut text, profile);
    if let Some(date) = profile.date {
        let _ = writeln!(text, "date    = {}    # what dates a row", quoted(&profile.columns[date].name));
    }
    text.push_str(
        "history = \"now_only\"    # what is read is what stands there now: a past day is refused, not guessed\n",
    );
    if profile.sampled > 0 {
        text.push_str("guards  = { min_rows = 1 }    # an empty table is not believed\n");
    }
    text.push_str("\n[columns]\n");
    let entries: Vec<(String, String, String)> = profile
        .columns
        .iter()
        .map(|column| (key_name(&column.name), definition(profile, column), guess(column)))
        .collect();
    let widest = entries.iter().map(|(name, ..)| figures::width(name)).max().unwrap_or_default();
    for (name, definition, guess) in entries {
        let pad = " ".repeat(widest - figures::width(&name));
        let guess = if guess.is_empty() { guess } else { format!("    # {guess}") };
        let _ = writeln!(text, "{name}{pad} = {definition}{guess}");
    }
    text
}

/// A key of TOML, bare where that is possible.
fn key_name(name: &str) -> String {
    let bare = name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if bare { name.to_owned() } else { quoted(name) }
}

/// `where day = (select max(day) from table)`, of the day that is part of the key.
fn latest_day(profile: &Profile, source: &Source) -> Option<String> {
    let day = |place: &&usize| profile.columns[**place].proposed.kind == ColumnType::Date;
    let place = *profile.key.as_ref()?.columns.iter().find(day)?;
    let holding = &profile.holding;
    let only = Holding { columns: vec![holding.columns.get(place)?.clone()], ..holding.clone() };
    let Read::Query(query) = catalogue::query(&source.kind, &only) else { return None };
    let (column, table) = query.strip_prefix("select ")?.split_once("\nfrom ")?;
    Some(format!("where {column} = (select max({column}) from {table})"))
}

/// What is read; `date` is the column that a past day could be cut at.
fn reads(text: &mut String, query: &str, date: Option<&str>) {
    // A name may hold whatever TOML means something by; in quotes of three, only backslashes and quotes do.
    let plain = !query.contains(['\\', '\''])
        && !query.contains("\"\"\"")
        && query.chars().all(|c| c == '\n' || !c.is_control());
    if plain {
        let _ = writeln!(text, "query   = '''\n{query}\n'''");
    } else {
        let _ = writeln!(text, "query   = {}", quoted(query));
    }
    if let Some(date) = date {
        let name = comment(date);
        let _ =
            writeln!(text, "# To judge past days: add `where {name} <= :as_of_day`, and take the line `history` away.");
    }
}

fn key(text: &mut String, profile: &Profile) {
    let Some(key) = &profile.key else {
        text.push_str("# unique = [\"…\"]    # no columns were found that tell the rows apart; name them, and doubles are found\n");
        return;
    };
    let names: Vec<String> = key.columns.iter().map(|place| quoted(&profile.columns[*place].name)).collect();
    let why = match key.why {
        KeyReason::Declared => "the primary key".to_owned(),
        KeyReason::Looked { repeats: 0 } => "no row that was looked at repeats it".to_owned(),
        KeyReason::Looked { repeats: 1 } => "1 of the rows that were looked at repeats it".to_owned(),
        KeyReason::Looked { repeats } => format!("{} of the rows that were looked at repeat it", count(repeats as u64)),
    };
    let _ = writeln!(text, "unique  = [{}]    # {why}", names.join(", "));
}

/// What stands behind a column's name in the file.
pub fn definition(profile: &Profile, column: &Column) -> String {
    let proposed = &column.proposed;
    let mut parts = vec![format!("type = \"{}\"", proposed.kind.name())];
    if let Some(scale) = proposed.kind.scale() {
        parts.push(format!("scale = {scale}"));
    }
    if let (ColumnType::Money { .. }, Some(currency)) = (&proposed.kind, profile.currency) {
        parts.push(format!("currency = {}", quoted(&profile.columns[currency].name)));
    }
    if column.name != column.declared.name {
        parts.push(format!("from = {}", quoted(&column.declared.name)));
    }
    if !proposed.normalise.is_empty() {
        let steps: Vec<String> = proposed.normalise.iter().map(|step| quoted(step.name())).collect();
        parts.push(format!("normalise = [{}]", steps.join(", ")));
    }
    if !proposed.null_words.is_empty() {
        let words: Vec<String> = proposed.null_words.iter().map(|word| quoted(word)).collect();
        parts.push(format!("null_words = [{}]", words.join(", ")));
    }
    format!("{{ {} }}", parts.join(", "))
}

/// What should be known of the guess.
fn guess(column: &Column) -> String {
    let unreadable = column.proposed.unreadable;
    match &column.proposed.unreadable_example {
        Some(example) => {
            format!("{} cannot be read so, such as {}", cells(unreadable), comment(&words::clip(example, 24)))
        }
        None if column.distinct == 0 && !column.cells.is_empty() => "always empty".to_owned(),
        None => String::new(),
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{} cells", super::figures::count(count as u64)) }
}

/// Text inside a comment: one line of visible characters.
pub(super) fn comment(text: &str) -> String {
    words::visible(text)
}

/// A TOML string.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
