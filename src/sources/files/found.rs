//! Which files hold a table: found inside the source's folder, picked, and known to be whole.

use std::cmp::Ordering;
use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use wildmatch::WildMatch;

use crate::audit::snapshot::{FileFormat, FileRead, Pick, is_pattern};
use crate::sources::Fault;

pub(super) const EXPECTED: &str = "a folder of CSV, Excel, JSON lines and Parquet files";

/// One file, found inside its folder.
pub(super) struct Found {
    /// As the table's file writes it, or as its pattern found it.
    pub name: String,
    /// Without symbolic links.
    pub path: PathBuf,
    pub format: FileFormat,
    pub stamp: Stamp,
}

/// What tells that a file was written to.
#[derive(PartialEq, Eq)]
pub(super) struct Stamp {
    pub length: u64,
    pub modified: Option<SystemTime>,
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Stamp {
        Stamp { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// A source's folder: as it was configured, and without symbolic links, so that what lies in it can be told from what
/// does not.
pub(super) struct Folder<'f> {
    given: &'f Path,
    root: PathBuf,
}

impl Folder<'_> {
    pub fn open(given: &Path) -> Result<Folder<'_>, Fault> {
        let root = given.canonicalize().map_err(|error| Fault::unopened(given, &error, EXPECTED))?;
        match root.is_dir() {
            true => Ok(Folder { given, root }),
            false => Err(Fault::WrongPlace { path: given.to_owned(), found: "a file", expected: EXPECTED }),
        }
    }

    /// The files that `read` names, in the order of their names; at least one. Each is known to be whole as far as
    /// `read` says how to tell, `moment` being now.
    pub fn find(&self, read: &FileRead, moment: DateTime<Utc>) -> Result<Vec<Found>, Fault> {
        let mut found = match is_pattern(&read.path) {
            false => vec![self.one(&read.path)?],
            true => self.matching(&read.path)?,
        };
        match read.pick {
            Pick::All => {}
            Pick::LastByName => drop(found.drain(..found.len() - 1)),
            Pick::LastWritten => {
                // The last of those that were written to at the same time.
                let last = found.into_iter().max_by_key(|file| file.stamp.modified);
                found = last.into_iter().collect();
            }
        }
        for file in &found {
            settled(file, read, moment)?;
        }
        Ok(found)
    }

    fn matching(&self, pattern: &str) -> Result<Vec<Found>, Fault> {
        self.inside(pattern)?;
        let (folder, name) = pattern.rsplit_once('/').map_or(("", pattern), |(folder, name)| (folder, name));
        let matcher = WildMatch::new(name);
        let place = self.root.join(folder);
        let beside = listing(&place);
        // A program that has a workbook open puts a file ~$NAME beside it.
        let mut names: Vec<&String> =
            beside.iter().filter(|name| matcher.matches(name) && !name.starts_with("~$")).collect();
        if names.is_empty() {
            let folder = if folder.is_empty() { self.given.to_owned() } else { self.given.join(folder) };
            return Err(Fault::NoMatchingFile { pattern: name.to_owned(), folder, found: beside });
        }
        names.sort_by(|one, other| natural(one, other));
        let path = |name: &String| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        names.into_iter().map(|name| self.one(&path(name))).collect()
    }

    /// Refuses what leads out of the folder by `..` or by an absolute path.
    fn inside(&self, file: &str) -> Result<(), Fault> {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        match Path::new(file).components().all(inside) {
            true => Ok(()),
            false => Err(self.outside(file)),
        }
    }

    fn outside(&self, file: &str) -> Fault {
        Fault::Outside { file: file.to_owned(), folder: self.given.to_owned() }
    }

    /// Finds `file` inside the folder, and refuses what leads out of it: by its path, or by a link.
    fn one(&self, file: &str) -> Result<Found, Fault> {
        self.inside(file)?;
        let format = FileFormat::of(file).ok_or_else(|| Fault::UnknownFormat { file: file.to_owned() })?;
        let place = self.root.join(file);
        let path = place.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                let found = place.parent().map(listing).unwrap_or_default();
                Fault::MissingFile { file: file.to_owned(), folder: self.given.to_owned(), found }
            }
            _ => Fault::unopened(&place, &error, EXPECTED),
        })?;
        if !path.starts_with(&self.root) {
            return Err(self.outside(file));
        }
        let metadata = std::fs::metadata(&path).map_err(|error| Fault::unopened(&path, &error, EXPECTED))?;
        if !metadata.is_file() {
            let found = if metadata.is_dir() { "a folder" } else { "no ordinary file" };
            let expected = "a CSV, Excel, JSON lines or Parquet file";
            return Err(Fault::WrongPlace { path: self.given.join(file), found, expected });
        }
        Ok(Found { name: file.to_owned(), path, format, stamp: Stamp::of(&metadata) })
    }
}

/// Whether the file's writer is done with it, as far as that can be told.
fn settled(file: &Found, read: &FileRead, moment: DateTime<Utc>) -> Result<(), Fault> {
    if let Some(ending) = &read.done {
        let mut beside = file.path.clone().into_os_string();
        beside.push(ending);
        if !Path::new(&beside).exists() {
            return Err(Fault::NotDone { file: file.name.clone(), done: format!("{}{ending}", file.name) });
        }
    }
    let (Some(settled), Some(modified)) = (read.settled, file.stamp.modified) else { return Ok(()) };
    // A file from the future is one whose writer's clock is ahead; it is as young as can be.
    let age = SystemTime::from(moment).duration_since(modified).unwrap_or_default();
    match age >= settled {
        true => Ok(()),
        false => Err(Fault::StillWritten { file: file.name.clone(), settled }),
    }
}

/// The names in a folder, in order.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// The order of names in which a run of digits counts as a number: `2026.9` stands before `2026.10`.
pub(super) fn natural(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let (a, b) = (leading(left), leading(right));
        if a.is_empty() || b.is_empty() {
            return left.len().cmp(&right.len()).then_with(|| one.cmp(other));
        }
        let order = match (is_number(a), is_number(b)) {
            (true, true) => {
                let (x, y) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            _ => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (&left[a.len()..], &right[b.len()..]);
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

/// The digits, or the one character, that a text begins with.
fn leading(text: &str) -> &str {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let length = if digits > 0 { digits } else { text.chars().next().map_or(0, char::len_utf8) };
    &text[..length]
}
