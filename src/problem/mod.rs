//! A fault in a file that someone can mend: file, line, column, key, a sentence, what would be accepted.

mod duration;
mod node;
mod reader;
mod render;

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use node::Node;
pub use reader::{Section, parse, read};

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

    /// The file's name without its ending: the name of a table, the default id of a rule.
    pub fn stem(&self) -> String {
        self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
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

impl Problem {
    /// A fault of a file as a whole: it is missing, or not text.
    pub fn of_file(path: impl AsRef<Path>, sentence: impl Into<String>, accepted: impl Into<String>) -> Self {
        Problem {
            file: SourceText::new(path, ""),
            at: None,
            key: None,
            sentence: sentence.into(),
            accepted: Some(accepted.into()).filter(|accepted| !accepted.is_empty()),
            nearest: None,
        }
    }

    /// The line of the fault, from 1; `None` for a fault of the file as a whole.
    pub fn line(&self) -> Option<usize> {
        self.before().map(|before| before.matches('\n').count() + 1)
    }

    /// The column of the fault in characters, from 1.
    pub fn column(&self) -> Option<usize> {
        self.before().map(|before| before.chars().rev().take_while(|character| *character != '\n').count() + 1)
    }

    /// The text of the file before the fault.
    fn before(&self) -> Option<&str> {
        let at = self.at.as_ref()?;
        self.file.text.get(..floor(&self.file.text, at.start))
    }

    /// Where the fault stands in a list of faults: by file, then by place, then by its words.
    fn order(&self) -> (&Path, Option<usize>, Option<&str>, &str) {
        (&self.file.path, self.at.as_ref().map(|at| at.start), self.key.as_deref(), &self.sentence)
    }
}

/// The nearest start of a character at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// Every fault of every file read, in file and place order. Displays as one annotated excerpt per fault, without
/// colour; [`Problems::render`] colours it for a terminal.
#[derive(Clone, Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// Collects the problems of any number of files while they are read.
#[derive(Debug, Default)]
pub struct Sink {
    problems: RefCell<Vec<Problem>>,
    settled: RefCell<Vec<(PathBuf, Range<usize>)>>,
}

impl Sink {
    pub fn push(&self, problem: Problem) {
        let place = problem.at.clone().map(|at| (problem.file.path.clone(), at));
        if !place.is_some_and(|place| self.settled.borrow().contains(&place)) {
            self.problems.borrow_mut().push(problem);
        }
    }

    /// Records a fault that leaves a value without meaning: whatever else is said of the same place is not heard.
    pub fn settle(&self, problem: Problem) {
        let place = problem.at.clone().map(|at| (problem.file.path.clone(), at));
        self.push(problem);
        self.settled.borrow_mut().extend(place);
    }

    pub fn extend(&self, problems: Problems) {
        self.problems.borrow_mut().extend(problems.0);
    }

    /// How many problems were found so far: a reader that finds it grown knows that it has no meaning to answer.
    pub fn len(&self) -> usize {
        self.problems.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything found, in file and place order, each fault once.
    pub fn into_problems(self) -> Problems {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|left, right| left.order().cmp(&right.order()));
        problems.dedup_by(|left, right| left.order() == right.order());
        Problems(problems)
    }

    /// `meaning`, unless something is wrong.
    pub fn answer<T>(self, meaning: Option<T>) -> Result<T, Problems> {
        match meaning {
            Some(meaning) if self.is_empty() => Ok(meaning),
            _ => Err(self.into_problems()),
        }
    }
}

/// The known name that is most like `name`, if one is so near that it may have been meant.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let wanted = name.to_lowercase();
    let reach = (wanted.chars().count() / 3).max(1);
    let near = known.into_iter().filter_map(|known| {
        let distance = strsim::damerau_levenshtein(&wanted, &known.to_lowercase());
        (distance <= reach).then_some((distance, known))
    });
    near.min().map(|(_, known)| known.to_owned())
}

/// A list of names for a sentence. A long list says how many it leaves out.
pub fn listed<'k>(names: impl IntoIterator<Item = &'k str>) -> String {
    const SHOWN: usize = 24;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "nothing: there is none".to_owned(),
        1 => shown,
        count if count > SHOWN => format!("one of {shown}, and {} more", count - SHOWN),
        _ => format!("one of {shown}"),
    }
}
