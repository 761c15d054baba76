//! One value of a file: typed getters that record what is wrong and answer `None`.

use std::cell::RefCell;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::DeValue;

use super::reader::Section;
use super::{Problem, Sink, SourceText, listed, nearest};
use crate::audit::amount::Amount;
use crate::language::Bilingual;

/// One value of the file, with its place and the path of its key.
#[derive(Clone)]
pub struct Node<'d> {
    pub(super) file: &'d SourceText,
    pub(super) sink: &'d Sink,
    pub(super) key: String,
    pub(super) named_at: Range<usize>,
    pub(super) at: Range<usize>,
    pub(super) value: &'d DeValue<'d>,
}

impl<'d> Node<'d> {
    /// Records that the value is wrong.
    pub fn problem(&self, sentence: impl Into<String>, accepted: impl Into<String>) {
        self.push(self.at.clone(), sentence.into(), Some(accepted.into()), None);
    }

    /// Like [`Node::problem`], with the name that may have been meant.
    pub fn problem_near(&self, sentence: impl Into<String>, accepted: impl Into<String>, nearest: Option<String>) {
        self.push(self.at.clone(), sentence.into(), Some(accepted.into()), nearest);
    }

    /// Records that the key is wrong, whatever its value.
    pub fn name_problem(&self, sentence: impl Into<String>, accepted: impl Into<String>) {
        self.push(self.named_at.clone(), sentence.into(), Some(accepted.into()), None);
    }

    /// Records a fault in a part of a text value; `part` is a byte range of the text.
    pub fn part_problem(&self, part: Range<usize>, sentence: impl Into<String>, accepted: Option<String>) {
        self.push(self.inner(part), sentence.into(), accepted, None);
    }

    /// Records that the value names something that does not exist, with what does and what is nearest.
    pub fn unknown<'k>(&self, sentence: impl Into<String>, name: &str, known: impl IntoIterator<Item = &'k str>) {
        self.unknown_at(self.at.clone(), sentence, name, known);
    }

    /// Like [`Node::unknown`], for the key instead of the value.
    pub fn unknown_name<'k>(&self, sentence: impl Into<String>, name: &str, known: impl IntoIterator<Item = &'k str>) {
        self.unknown_at(self.named_at.clone(), sentence, name, known);
    }

    fn unknown_at<'k>(
        &self,
        at: Range<usize>,
        sentence: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        self.push(at, sentence.into(), Some(listed(known.iter().copied())), nearest(name, known));
    }

    fn push(&self, at: Range<usize>, sentence: String, accepted: Option<String>, nearest: Option<String>) {
        self.sink.push(Problem {
            file: self.file.clone(),
            at: Some(at),
            key: Some(self.key.clone()),
            sentence,
            accepted: accepted.filter(|accepted| !accepted.is_empty()),
            nearest,
        });
    }

    /// The key's own name, without the path before it.
    pub fn name(&self) -> &str {
        self.key.rsplit_once('.').map_or(&self.key, |(_, name)| name)
    }

    /// The line of the value in its file, from 1.
    pub fn line(&self) -> usize {
        self.file.text.get(..self.at.start).unwrap_or_default().matches('\n').count() + 1
    }

    /// The value as it stands in the file, cut to one short line. Sentences quote this and never a value, because a
    /// value may hold a resolved secret.
    pub fn written(&self) -> String {
        const SHOWN: usize = 60;
        let text = self.file.text.get(self.at.clone()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        if line.len() == text.len() && line.chars().count() <= SHOWN {
            return line.to_owned();
        }
        format!("{}…", line.chars().take(SHOWN).collect::<String>())
    }

    /// Text in quotes.
    pub fn text(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.wrong_type("text", "text in quotes"),
        }
    }

    /// Text that says something.
    pub fn filled(&self) -> Option<String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.problem(format!("{} is empty", self.name()), "text that is not empty");
            return None;
        }
        Some(text)
    }

    /// Text for people: one string, or `{ en, zh }`.
    pub fn bilingual(&self) -> Option<Bilingual> {
        match self.value {
            DeValue::String(_) => self.filled().map(Bilingual::same),
            DeValue::Table(_) => {
                let section = self.section()?;
                let accepted = "text in both languages: { en = \"…\", zh = \"…\" }";
                let en = section.need("en", accepted).and_then(|node| node.filled());
                let zh = section.need("zh", accepted).and_then(|node| node.filled());
                section.finish();
                Some(Bilingual::new(en?, zh?))
            }
            _ => self.wrong_type("text", "text in quotes, or { en = \"…\", zh = \"…\" }"),
        }
    }

    /// A whole number of 64 bits.
    pub fn integer(&self) -> Option<i64> {
        let DeValue::Integer(number) = self.value else {
            return self.wrong_type("a whole number", "a whole number without quotes");
        };
        let read = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if read.is_none() {
            self.problem(format!("{} does not fit", self.written()), "a whole number of at most 18 digits");
        }
        read
    }

    /// A whole number that is `least` or more.
    pub fn count(&self, least: u32) -> Option<u64> {
        let number = self.integer()?;
        match u64::try_from(number).ok().filter(|number| *number >= u64::from(least)) {
            Some(number) => Some(number),
            None => {
                self.problem(format!("{} is too small", self.written()), format!("a whole number from {least}"));
                None
            }
        }
    }

    /// A whole number of 32 bits that is `least` or more.
    pub fn small_count(&self, least: u32) -> Option<u32> {
        let number = self.count(least)?;
        let small = u32::try_from(number).ok();
        if small.is_none() {
            self.problem(format!("{} is too large", self.written()), format!("a whole number up to {}", u32::MAX));
        }
        small
    }

    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong_type("true or false", "true or false, without quotes"),
        }
    }

    /// An exact decimal: a string or a whole number. A TOML float is refused, because it has no exact value.
    pub fn decimal(&self) -> Option<Amount> {
        match self.value {
            DeValue::Integer(_) => self.integer().map(Amount::from),
            DeValue::String(text) => match text.trim().parse() {
                Ok(amount) => Some(amount),
                Err(fault) => {
                    self.problem(format!("{} is no figure: {fault}", self.written()), "a decimal such as \"0.01\"");
                    None
                }
            },
            DeValue::Float(float) => {
                let sentence = "a figure with a point must be quoted, because a bare one is a binary fraction";
                self.problem(sentence, format!("\"{}\"", float.as_str()));
                None
            }
            _ => self.wrong_type("a decimal", "a decimal in quotes such as \"0.01\", or a whole number"),
        }
    }

    /// A decimal that is not negative.
    pub fn tolerance(&self) -> Option<Amount> {
        let amount = self.decimal()?;
        if amount.is_negative() {
            self.problem(format!("{} is negative", self.written()), "zero or more");
            return None;
        }
        Some(amount)
    }

    /// A day: a TOML date, or the same in quotes.
    pub fn date(&self) -> Option<NaiveDate> {
        let accepted = "a date such as 2026-10-01";
        let day = match self.value {
            DeValue::Datetime(at) => match (at.date, at.time, at.offset) {
                (Some(date), None, None) => {
                    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
                }
                _ => None,
            },
            DeValue::String(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
            _ => return self.wrong_type("a date", accepted),
        };
        if day.is_none() {
            self.problem(format!("{} is no date", self.written()), accepted);
        }
        day
    }

    /// One of a closed set of words.
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let sentence = format!("{} cannot be {}", self.name(), self.written());
            self.unknown(sentence, &text, words.iter().map(|(word, _)| *word));
        }
        found
    }

    /// A name as tieout gives them: letters, digits, `_` and, unless it is used in expressions, `-`.
    pub fn check_name(&self, name: &str, dashes: bool) -> bool {
        let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || (dashes && letter == '-');
        let sound = name.chars().all(fits) && name.chars().next().is_some_and(|first| !first.is_numeric() || dashes);
        if !sound {
            let accepted = if dashes { "letters, digits, - and _" } else { "letters, digits and _, not a digit first" };
            self.name_problem("this name cannot be used", accepted);
        }
        sound
    }

    /// The elements of a list, at least `least` of them.
    pub fn list(&self, least: usize) -> Option<Vec<Node<'d>>> {
        let DeValue::Array(array) = self.value else {
            return self.wrong_type("a list", "a list in brackets");
        };
        if array.len() < least {
            let sentence = match array.len() {
                0 => format!("{} is an empty list", self.name()),
                count => format!("{} lists {count}, and {least} are needed", self.name()),
            };
            let accepted = if least == 1 { "a list that is not empty".to_owned() } else { format!("at least {least}") };
            self.problem(sentence, accepted);
            return None;
        }
        let node = |element: &'d Spanned<DeValue<'d>>| Node {
            at: element.span(),
            named_at: element.span(),
            value: element.get_ref(),
            ..self.clone()
        };
        Some(array.iter().map(node).collect())
    }

    /// A list of texts, each with its place. What is no text, or stands there twice, is reported and left out, so that
    /// the others can still be looked at.
    pub fn texts(&self, least: usize) -> Option<Vec<(String, Node<'d>)>> {
        let mut texts: Vec<(String, Node<'d>)> = Vec::new();
        for node in self.list(least)? {
            let Some(text) = node.filled() else { continue };
            if texts.iter().any(|(known, _)| *known == text) {
                node.problem(format!("{} is listed twice", node.written()), "each entry once");
                continue;
            }
            texts.push((text, node));
        }
        Some(texts)
    }

    /// The value as a table.
    pub fn section(&self) -> Option<Section<'d>> {
        let DeValue::Table(table) = self.value else {
            return self.wrong_type("a table", "a table: { … }, or a section of its own");
        };
        Some(Section {
            file: self.file,
            sink: self.sink,
            key: self.key.clone(),
            at: Some(self.at.clone()),
            table,
            asked: RefCell::default(),
        })
    }

    /// A list of tables. Each one's key path carries its `name`, so that problems tell them apart.
    pub fn sections(&self) -> Option<Vec<Section<'d>>> {
        let mut sections = Vec::new();
        let mut sound = true;
        for node in self.list(1)? {
            match node.section() {
                Some(mut section) => {
                    let name = section.table.get("name").and_then(|name| name.get_ref().as_str());
                    section.key = name.map_or(section.key.clone(), |name| format!("{}.{name}", section.key));
                    sections.push(section);
                }
                None => sound = false,
            }
        }
        sound.then_some(sections)
    }

    pub fn value(&self) -> &'d DeValue<'d> {
        self.value
    }

    fn wrong_type<T>(&self, expected: &str, accepted: &str) -> Option<T> {
        let found = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.problem(format!("{} must be {expected}, but it is {found}", self.name()), accepted);
        None
    }

    /// The place of a part of a text value. Exact where the file writes the text without escapes; the whole value
    /// otherwise.
    fn inner(&self, part: Range<usize>) -> Range<usize> {
        let written = self.file.text.get(self.at.clone()).unwrap_or_default();
        let quotes = if written.starts_with("\"\"\"") || written.starts_with("'''") { 3 } else { 1 };
        let Some(inside) = written.get(quotes..written.len().saturating_sub(quotes)) else {
            return self.at.clone();
        };
        let newline = match inside {
            _ if quotes == 1 => 0,
            _ if inside.starts_with("\r\n") => 2,
            _ => usize::from(inside.starts_with('\n')),
        };
        if self.value.as_str() != inside.get(newline..) {
            return self.at.clone();
        }
        let start = self.at.start + quotes + newline;
        start + part.start..(start + part.end).max(start + part.start)
    }
}
