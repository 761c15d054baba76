//! A fault in a file that someone can mend: file, line, column, key, a sentence, what would be accepted.

mod reader;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use reader::*;

/// A file a user wrote, as read.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// As the user named it; shown in messages.
    pub path: PathBuf,
    pub text: Arc<str>,
}

impl SourceText {
    pub fn new(path: impl AsRef<Path>, text: impl Into<Arc<str>>) -> Self {
        SourceText { path: path.as_ref().to_owned(), text: text.into() }
    }
}

/// One fault, with its place.
#[derive(Clone, Debug)]
pub struct Problem {
    pub file: SourceText,
    /// Byte range in the file; `None` for a fault of the file as a whole.
    pub at: Option<Range<usize>>,
    /// The path of the key, dotted: `checks.price.within.amount`.
    pub key: Option<String>,
    pub sentence: String,
    /// What would be accepted, as a sentence fragment.
    pub accepted: Option<String>,
    /// The nearest known name.
    pub nearest: Option<String>,
}

/// Every fault of every file read, in file and place order. Displays as one annotated excerpt per fault.
#[derive(Clone, Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!("helper: files")
    }
}

impl std::error::Error for Problems {}
