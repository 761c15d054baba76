//! Why a table could not be pulled whole.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names listed in one sentence; the rest is counted.
const LISTED_NAMES: usize = 12;

/// Which table of which source a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub source: String,
    pub table: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {} of source {}", self.table, self.source)
    }
}

/// Why a table could not be pulled whole. Every sentence stands by itself: source and table, what was tried, what was
/// found, what would be accepted. None carries a secret, nor the value of a parameter that is not at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {at}: {fault}")]
pub struct SourceError {
    pub at: Origin,
    pub fault: Fault,
}

/// What went wrong, without saying where: a fault of a source as a whole is the same for each of its tables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("there is nothing at {}; expected {expected}, which tieout only reads and never makes", path.display())]
    Missing { path: PathBuf, expected: &'static str },
    #[error("{} is {found}; expected {expected}", path.display())]
    WrongPlace { path: PathBuf, found: &'static str, expected: &'static str },
    #[error("{} cannot be opened: {reason}; this user needs the right to read it", path.display())]
    Unopened { path: PathBuf, reason: String },
    #[error("reading {} failed: {reason}", path.display())]
    Interrupted { path: PathBuf, reason: String },
    #[error("a source of kind {kind} is read by `{accepted}`, not by `{found}`")]
    WrongRead { kind: &'static str, found: &'static str, accepted: &'static str },
    #[error("it took longer than {}; make the query smaller or raise limits.pull_timeout", seconds(.limit))]
    TooSlow { limit: Duration },
    #[error("it has more than {limit} rows; narrow it or raise limits.pull_rows")]
    TooManyRows { limit: u64 },
    #[error("it has no column {column}; it has {}", list(.found))]
    MissingColumn { column: String, found: Vec<String> },
    #[error("it has more than one column named {column:?}; every column needs a name of its own")]
    DuplicateColumn { column: String },
    #[error("column {column} is not UTF-8 text in row {row}")]
    NotText { column: String, row: u64 },
    #[error("reading stopped with an internal fault of tieout: {reason}")]
    Internal { reason: String },

    #[error("{} is not a SQLite database", path.display())]
    NotADatabase { path: PathBuf },
    #[error("{} is locked by another program, and still was after {}; run again when its writer is done", path.display(), seconds(.waited))]
    Locked { path: PathBuf, waited: Duration },
    #[error("{doing} failed: {message}")]
    Database { doing: &'static str, message: String },
    #[error("its query names the unknown parameter :{name}; known: {}", list(.known))]
    UnknownParameter { name: String, known: Vec<String> },
    #[error("its query has a placeholder that is no parameter; a parameter is a colon and a name, known: {}", list(.known))]
    ForeignPlaceholder { known: Vec<String> },
    #[error(
        "parameter :{name} is {value}, which SQLite's numbers do not hold exactly; accepted are whole numbers of 64 bits, up to {digits} digits with a point, or a text"
    )]
    TooLong { name: String, value: String, digits: u32 },
    #[error("its query begins with {found}; only a statement that reads is accepted: select, with … select, or values")]
    NotAQuery { found: String },
    #[error("its query writes; sources are only ever read: select, with … select, or values")]
    Writes,
    #[error("its query holds more than one statement; exactly one is accepted")]
    SeveralStatements,

    #[error("the source's url cannot be understood: {reason}")]
    Url { reason: String },
    #[error("{server} cannot be reached: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("{server} refused the login: {message}; the source's url needs a user, a password and a database it knows")]
    LoginRefused { server: String, message: String },
    #[error(
        "the certificate or the encryption of {server} is not accepted: {reason}; the source's url says what is ({accepted})"
    )]
    Certificate { server: String, reason: String, accepted: &'static str },
    #[error("the connection to {server} broke: {reason}; half a table is none, so nothing of it is used")]
    Lost { server: String, reason: String },
    #[error("it was not read, because table {table} took too long and the connection was given up with it")]
    GivenUp { table: String },
    #[error("a table that it reads is locked by another program, and still was after {}; run again when its writer is done, or raise limits.lock_timeout", seconds(.waited))]
    TableLocked { waited: Duration },
    #[error("column {column} has the type {found}, which cannot be carried exactly; {accepted}")]
    UnreadableType { column: String, found: String, accepted: &'static str },

    #[error("file = {file:?} leads out of the source's folder {}; a path inside it is accepted", folder.display())]
    Outside { file: String, folder: PathBuf },
    #[error("there is no file {file} in the folder {}; it holds {}", folder.display(), list(.found))]
    MissingFile { file: String, folder: PathBuf, found: Vec<String> },
    #[error("{file:?} is neither .csv nor .parquet; those two are accepted")]
    UnknownFormat { file: String },
    #[error("{file} was changed while the source was being read; run again when its writer is done")]
    Changed { file: String },
    #[error("{file} is empty; the first line of a CSV file names its columns")]
    EmptyFile { file: String },
    #[error("column {column} of {file} has no name; every column of the first line needs one")]
    NamelessColumn { file: String, column: usize },
    #[error(
        "the row of {file} that begins in line {line} does not have the {expected} fields of the first line; fields found: {found}"
    )]
    Ragged { file: String, line: u64, found: usize, expected: usize },
    #[error("the row of {file} that begins in line {line} opens a quote that is never closed")]
    OpenQuote { file: String, line: u64 },
    #[error(
        "line {line} of {file} is not UTF-8 text (byte {byte} of the file); save it as UTF-8 (GB18030 files come later)"
    )]
    Encoding { file: String, line: u64, byte: u64 },
    #[error("line {line} of {file} holds a NUL (byte {byte} of the file); a CSV file is text in UTF-8, without NUL")]
    Nul { file: String, line: u64, byte: u64 },
    #[error("{file} is not a whole Parquet file: {reason}")]
    Parquet { file: String, reason: String },
    #[error(
        "column {column} of {file} has the Parquet type {found}, which cannot be carried exactly; accepted are text, boolean, integers, floats, decimals, dates and timestamps"
    )]
    UnsupportedType { file: String, column: String, found: String },
}

/// Names for one sentence: all of a short list, the beginning and the number of the rest of a long one.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(LISTED_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn seconds(time: &Duration) -> String {
    match time.subsec_nanos() {
        0 => format!("{} s", time.as_secs()),
        _ => format!("{} s", time.as_secs_f32()),
    }
}

impl Fault {
    /// What opening the file at `path` answered. `expected` is what should have been there.
    pub(super) fn unopened(path: &Path, error: &std::io::Error, expected: &'static str) -> Fault {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::NotFound => Fault::Missing { path, expected },
            _ => Fault::Unopened { path, reason: error.to_string() },
        }
    }
}
