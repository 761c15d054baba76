//! Why a table could not be pulled whole.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::snapshot::ENDINGS;

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
    #[error(
        "other runs are reading its source, and it was not this one's turn within {}; run again when they are done, raise limits.turn_timeout, or give the source more than connections = {connections}", seconds(.waited)
    )]
    NoTurn { connections: u32, waited: Duration },
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
    #[error("the clock of {server} shows no time that can be read, so how far it is off is not known; set it right")]
    NoClock { server: String },
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
    #[error("no file in the folder {} has a name like {pattern}; it holds {}", folder.display(), list(.found))]
    NoMatchingFile { pattern: String, folder: PathBuf, found: Vec<String> },
    #[error("{file:?} is of no kind that can be read; accepted are {ENDINGS}")]
    UnknownFormat { file: String },
    #[error("{file} was written to less than {} ago and may still be being written; run again when its writer is done", seconds(.settled))]
    StillWritten { file: String, settled: Duration },
    #[error("{file} is not known to be whole: there is no {done} beside it; run again when its writer is done")]
    NotDone { file: String, done: String },
    #[error("{file} was changed while the source was being read; run again when its writer is done")]
    Changed { file: String },
    #[error("{file} is empty; its first row names its columns")]
    EmptyFile { file: String },
    #[error("{file} has no line {line}, which is to name its columns; give another header_line")]
    NoHeaderLine { file: String, line: u32 },
    #[error("the first line of {file} does not name its columns, but line {line} does: header_line = {line}")]
    HeaderElsewhere { file: String, line: u32 },
    #[error("it has both a column {first} and a column {second}, and `from` lists both; exactly one must be there")]
    SeveralNames { first: String, second: String },
    #[error(
        "{file} has column {column} as {found}, and the files before it as {expected}; files that are read together have the same columns"
    )]
    UnlikeFiles { file: String, column: String, found: String, expected: String },
    #[error("column {column} of {file} has no name, but it is not empty; every column that holds something needs one")]
    NamelessColumn { file: String, column: usize },
    #[error(
        "the row of {file} that begins in line {line} does not have the {expected} fields of the header; fields found: {found}"
    )]
    Ragged { file: String, line: u64, found: usize, expected: usize },
    #[error("the row of {file} that begins in line {line} opens a quote that is never closed")]
    OpenQuote { file: String, line: u64 },
    #[error(
        "line {line} of {file} is not {encoding} text (byte {byte} of the file); save it as UTF-8, or name its encoding in the table's file"
    )]
    Encoding { file: String, line: u64, byte: u64, encoding: String },
    #[error("{file} is UTF-8 text, but its table's file says encoding = {named:?}; take that out")]
    IsUtf8 { file: String, named: &'static str },
    #[error("line {line} of {file} holds a NUL (byte {byte} of the file), which text never does{}", wide_hint(*.wide))]
    Nul { file: String, line: u64, byte: u64, wide: bool },
    #[error("in {file}: {fault}")]
    InFile { file: String, fault: Box<Fault> },
    #[error("{file} is not a whole Excel workbook: {reason}")]
    Workbook { file: String, reason: String },
    #[error("{file} is no Excel workbook, whatever its ending says: {found}; save it as one")]
    NotAWorkbook { file: String, found: &'static str },
    #[error("{file} is protected by a password, which tieout does not have; save it without one")]
    Protected { file: String },
    #[error("{file} unpacks to more than {most} GiB; save what is needed of it in a file of its own")]
    Unpacks { file: String, most: u64 },
    #[error("{file} does not have one sheet to be read; name it in the table's file, sheet = \"…\": {}", list(.found))]
    WhichSheet { file: String, found: Vec<String> },
    #[error("{file} has no sheet {sheet}; it has {}", list(.found))]
    MissingSheet { file: String, sheet: String, found: Vec<String> },
    #[error(
        "row {row}, column {column} of sheet {sheet} of {file} holds a formula without a value; open the file in Excel and save it"
    )]
    Uncalculated { file: String, sheet: String, row: u32, column: u32 },
    #[error("line {line} of {file} is no JSON object on a line of its own: {reason}")]
    JsonLine { file: String, line: u64, reason: String },
    #[error(
        "line {line} of {file} holds {found} under {column}, which is no value of one cell; only a text column takes it, as JSON"
    )]
    NestedJson { file: String, line: u64, column: String, found: &'static str },
    #[error("line {line} of {file} has more than one value for column {column}; exactly one is accepted")]
    TwiceInLine { file: String, line: u64, column: String },
    #[error("{file} is not a whole Parquet file: {reason}")]
    Parquet { file: String, reason: String },
    #[error(
        "column {column} of {file} has the Parquet type {found}, which cannot be carried exactly; accepted are text, boolean, integers, floats, decimals, dates and timestamps"
    )]
    UnsupportedType { file: String, column: String, found: String },
}

/// What a NUL in every other byte means.
fn wide_hint(wide: bool) -> &'static str {
    if wide { "; if it is UTF-16, name that in the table's file: encoding = \"utf-16le\"" } else { "" }
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
