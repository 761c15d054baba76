//! Folders of CSV and Parquet files.
//!
//! A folder has no transactions. What stands for one: each file's size and time of change are noted before the first
//! is read, and a file that looks otherwise after it was read makes its table unknown.

mod checked;
mod csv;
mod parquet;

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use super::{Fault, PullLimits, Watch};
use crate::audit::snapshot::{RawTable, Read, TableSpec};
use crate::schedule::Clock;

const EXPECTED: &str = "a folder of CSV and Parquet files";

/// One file, found inside its folder.
struct Found {
    /// As the table's file writes it.
    name: String,
    /// Without symbolic links.
    path: PathBuf,
    format: Format,
    stamp: Stamp,
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Parquet,
}

/// What tells that a file was written to.
#[derive(PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// Reads every table's file.
pub(super) fn pull(folder: &Path, tables: &[TableSpec], limits: &PullLimits, clock: &dyn Clock, watch: &Watch) {
    let root = open_folder(folder);
    let located: Vec<Result<Found, Fault>> = tables
        .iter()
        .map(|table| match (&root, &table.read) {
            (Err(fault), _) => Err(fault.clone()),
            (Ok(_), Read::Query(_)) => Err(super::wrong_read("files", &table.read)),
            (Ok(root), Read::File(file)) => find(folder, root, file),
        })
        .collect();
    // A file whose size and time of change stay what they were just now is the file of this moment.
    let moment = clock.now();
    for (table, found) in tables.iter().zip(&located) {
        watch.read(&table.name, || {
            let found = found.as_ref().map_err(Fault::clone)?;
            let file = File::open(&found.path).map_err(|error| Fault::unopened(&found.path, &error, EXPECTED))?;
            let frame = match found.format {
                Format::Csv => csv::read(found, file, table, limits, watch)?,
                Format::Parquet => parquet::read(found, file, table, limits)?,
            };
            let now = std::fs::metadata(&found.path).map(|metadata| Stamp::of(&metadata));
            match now {
                Ok(stamp) if stamp == found.stamp => Ok(RawTable { frame, moment, clock_offset: None }),
                _ => Err(Fault::Changed { file: found.name.clone() }),
            }
        });
    }
}

/// The folder without symbolic links, so that what lies in it can be told from what does not.
fn open_folder(folder: &Path) -> Result<PathBuf, Fault> {
    let root = folder.canonicalize().map_err(|error| Fault::unopened(folder, &error, EXPECTED))?;
    match root.is_dir() {
        true => Ok(root),
        false => Err(Fault::WrongPlace { path: folder.to_owned(), found: "a file", expected: EXPECTED }),
    }
}

/// Finds `file` inside the folder, and refuses what leads out of it: by `..`, by an absolute path, by a link.
fn find(folder: &Path, root: &Path, file: &str) -> Result<Found, Fault> {
    let outside = || Fault::Outside { file: file.to_owned(), folder: folder.to_owned() };
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(file).components().all(inside) {
        return Err(outside());
    }
    let format = match Path::new(file).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Format::Csv,
        Some("parquet") => Format::Parquet,
        _ => return Err(Fault::UnknownFormat { file: file.to_owned() }),
    };
    let place = root.join(file);
    let path = place.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Fault::MissingFile { file: file.to_owned(), folder: folder.to_owned(), found: listing(&place) }
        }
        _ => Fault::unopened(&place, &error, EXPECTED),
    })?;
    if !path.starts_with(root) {
        return Err(outside());
    }
    let metadata = std::fs::metadata(&path).map_err(|error| Fault::unopened(&path, &error, EXPECTED))?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "no ordinary file" };
        return Err(Fault::WrongPlace { path: folder.join(file), found, expected: "a CSV or Parquet file" });
    }
    Ok(Found { name: file.to_owned(), path, format, stamp: Stamp::of(&metadata) })
}

/// The names beside a file that is not there, in order.
fn listing(missing: &Path) -> Vec<String> {
    let entries = missing.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let mut names: Vec<String> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
