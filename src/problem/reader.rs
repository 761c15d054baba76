//! Reading TOML without stopping at the first fault: typed getters over the spanned tree that record what is wrong
//! and answer `None`, so that everything else in the file is still looked at.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::node::Node;
use super::{Problem, Sink, SourceText};

/// Parses `text` into its spanned tree. Every syntax error is recorded against `file`, whose text is what excerpts
/// show: the same as `text`, byte for byte, or masked where secrets stand. `None` when there was any.
pub fn parse<'t>(text: &'t str, file: &SourceText, sink: &Sink) -> Option<DeTable<'t>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let sound = errors.is_empty();
    for error in errors {
        sink.push(Problem {
            file: file.clone(),
            at: error.span(),
            key: None,
            sentence: format!("this is not valid TOML: {}", error.message()),
            accepted: None,
            nearest: None,
        });
    }
    sound.then(|| tree.into_inner())
}

/// Reads one file whole: what `meaning` makes of its top level, answered only when nothing at all was wrong in the
/// file. `meaning` itself calls [`Section::finish`], because only it knows when all keys were asked for.
pub fn read<T>(file: &SourceText, sink: &Sink, meaning: impl FnOnce(&Section<'_>) -> Option<T>) -> Option<T> {
    let before = sink.len();
    let tree = parse(&file.text, file, sink)?;
    let meaning = meaning(&Section::root(file, sink, &tree));
    meaning.filter(|_| sink.len() == before)
}

/// A table of the file that is being read. It remembers which keys were asked for, so that [`Section::finish`] can
/// name the ones nobody knows.
pub struct Section<'d> {
    pub(super) file: &'d SourceText,
    pub(super) sink: &'d Sink,
    pub(super) key: String,
    pub(super) at: Option<Range<usize>>,
    pub(super) table: &'d DeTable<'d>,
    pub(super) asked: RefCell<Vec<String>>,
}

impl<'d> Section<'d> {
    /// The top level of a file.
    pub fn root(file: &'d SourceText, sink: &'d Sink, table: &'d DeTable<'d>) -> Self {
        Section { file, sink, key: String::new(), at: None, table, asked: RefCell::default() }
    }

    /// The value under `key`, if there is one.
    pub fn get(&self, key: &str) -> Option<Node<'d>> {
        self.asked.borrow_mut().push(key.to_owned());
        let (name, value) = self.table.get_key_value(key)?;
        Some(self.node(name.get_ref(), name.span(), value))
    }

    /// The value under `key`; a problem that says what is expected when there is none.
    pub fn need(&self, key: &str, accepted: &str) -> Option<Node<'d>> {
        let found = self.get(key);
        if found.is_none() {
            self.record(Some(self.path_of(key)), format!("{key} is missing"), accepted.to_owned());
        }
        found
    }

    /// Every key with its value, in the order of the file, for a table whose keys are the user's own names.
    pub fn entries(&self) -> Vec<(String, Node<'d>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        self.asked.borrow_mut().extend(self.table.keys().map(|name| name.get_ref().to_string()));
        let node = |(name, value): (&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)| {
            (name.get_ref().to_string(), self.node(name.get_ref(), name.span(), value))
        };
        entries.into_iter().map(node).collect()
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Records a fault of the table as a whole.
    pub fn problem(&self, sentence: impl Into<String>, accepted: impl Into<String>) {
        self.record(Some(self.key.clone()).filter(|key| !key.is_empty()), sentence.into(), accepted.into());
    }

    fn record(&self, key: Option<String>, sentence: String, accepted: String) {
        self.sink.push(Problem {
            file: self.file.clone(),
            at: self.at.clone(),
            key,
            sentence,
            accepted: Some(accepted).filter(|accepted| !accepted.is_empty()),
            nearest: None,
        });
    }

    fn path_of(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) }
    }

    /// Names every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, value) in self.table.iter() {
            let name_text = name.get_ref().as_ref();
            if !asked.iter().any(|asked| asked == name_text) {
                let node = self.node(name_text, name.span(), value);
                let known = asked.iter().map(String::as_str);
                node.unknown_name(format!("{name_text} is not a key that is known here"), name_text, known);
            }
        }
    }

    fn node(&self, name: &str, named_at: Range<usize>, value: &'d Spanned<DeValue<'d>>) -> Node<'d> {
        Node {
            file: self.file,
            sink: self.sink,
            key: self.path_of(name),
            named_at,
            at: value.span(),
            value: value.get_ref(),
        }
    }
}
