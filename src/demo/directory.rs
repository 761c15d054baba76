//! The demo's directory: what stands in it, whose it is, and what may be taken away.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DemoError, Options, shipped};

/// Written last: a directory with it holds a whole company.
const NOTE: &str = "demo.json";
/// Written first: a directory with it, and without [`NOTE`], holds a company whose making was interrupted.
const UNFINISHED: &str = "demo.json.part";
const NOTE_FORMAT: &str = "tieout.demo/1";
/// The databases, and what tieout itself keeps in the demo's directory.
const DATABASES: [&str; 4] = ["erp.db", "wms.db", "ledger.db", "tieout.db"];
const MAIL: &str = "mail";
pub(super) const TRUTH: &str = "truth.json";

/// What `demo.json` says.
#[derive(Serialize, Deserialize)]
struct Note {
    format: String,
    #[serde(flatten)]
    options: Options,
    /// SHA-256 of every config and rule file as it was written: one that differs now was edited and is its editor's.
    files: BTreeMap<String, String>,
}

/// What a directory holds.
pub(super) enum State {
    /// Nothing, or it is not there.
    Empty,
    Whole(Options),
    Unfinished,
    /// Files that no demo made; some of their names.
    Foreign(Vec<String>),
}

pub(super) fn state(dir: &Path) -> Result<State, DemoError> {
    if dir.is_file() {
        let sentence = "is a file; name an empty or new directory with --dir";
        return Err(DemoError::Refused(format!("{} {sentence}", dir.display())));
    }
    if let Some(note) = read_note(&dir.join(NOTE))? {
        return Ok(State::Whole(note.options));
    }
    let entries = match fs::read_dir(dir) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(State::Empty),
        Err(source) => return Err(DemoError::reading(dir, source)),
        Ok(entries) => entries,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| DemoError::reading(dir, source))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(match names {
        names if names.is_empty() => State::Empty,
        names if names.iter().any(|name| name == UNFINISHED) => State::Unfinished,
        names => State::Foreign(names),
    })
}

fn read_note(path: &Path) -> Result<Option<Note>, DemoError> {
    let text = match fs::read_to_string(path) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DemoError::reading(path, source)),
        Ok(text) => text,
    };
    let note: Note = serde_json::from_str(&text).map_err(|source| {
        let sentence =
            "is not what tieout writes there about its demo company; name another directory, or empty this one";
        DemoError::Refused(format!("{} {sentence} ({source})", path.display()))
    })?;
    if note.format != NOTE_FORMAT {
        let sentence = format!("has the format {}, and this tieout knows {NOTE_FORMAT}", note.format);
        return Err(DemoError::Refused(format!("{} {sentence}; name another directory", path.display())));
    }
    Ok(Some(note))
}

/// Says in the directory that a company is being made, and takes away what an earlier call made. A config or rule file
/// that somebody edited stays.
pub(super) fn begin(dir: &Path, options: &Options) -> Result<(), DemoError> {
    fs::create_dir_all(dir).map_err(|source| DemoError::writing(dir, source))?;
    let (note, unfinished) = (dir.join(NOTE), dir.join(UNFINISHED));
    if note.exists() {
        fs::rename(&note, &unfinished).map_err(|source| DemoError::writing(&unfinished, source))?;
    }
    // A note that was cut short says nothing about files: then only files that are exactly the shipped ones go.
    let former = read_note(&unfinished).ok().flatten().map(|note| note.files).unwrap_or_default();
    clear(dir, &former)?;
    write(&unfinished, &note_text(options)?)
}

/// Writes the config and rules, but for those somebody edited.
pub(super) fn write_shipped(dir: &Path) -> Result<(), DemoError> {
    for (path, text) in shipped::files() {
        let path = dir.join(path);
        if path.exists() {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|source| DemoError::writing(parent, source))?;
        }
        // Written aside first: half a file would be taken for an edited one.
        let aside = aside(&path);
        write(&aside, &text)?;
        fs::rename(&aside, &path).map_err(|source| DemoError::writing(&path, source))?;
    }
    Ok(())
}

/// Says that the company is whole.
pub(super) fn finish(dir: &Path) -> Result<(), DemoError> {
    let (note, unfinished) = (dir.join(NOTE), dir.join(UNFINISHED));
    fs::rename(&unfinished, &note).map_err(|source| DemoError::writing(&note, source))
}

fn note_text(options: &Options) -> Result<String, DemoError> {
    let files = shipped::files().map(|(path, text)| (path.to_owned(), digest(text.as_bytes()))).collect();
    let note = Note { format: NOTE_FORMAT.to_owned(), options: options.clone(), files };
    json(&note, NOTE)
}

pub(super) fn json(value: &impl Serialize, what: &str) -> Result<String, DemoError> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|source| DemoError::Write { what: what.to_owned(), source: Box::new(source) })?;
    Ok(text + "\n")
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    fs::write(path, text).map_err(|source| DemoError::writing(path, source))
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn clear(dir: &Path, former: &BTreeMap<String, String>) -> Result<(), DemoError> {
    for database in DATABASES {
        for tail in ["", "-journal", "-wal", "-shm"] {
            remove(&dir.join(format!("{database}{tail}")))?;
        }
    }
    remove(&dir.join(TRUTH))?;
    clear_mail(&dir.join(MAIL))?;
    for (path, text) in shipped::files() {
        let place = dir.join(path);
        remove(&aside(&place))?;
        let Ok(found) = fs::read(&place) else { continue };
        let found = digest(&found);
        if former.get(path) == Some(&found) || found == digest(text.as_bytes()) {
            remove(&place)?;
        }
    }
    Ok(())
}

/// The demo's own mails go; whatever else somebody put there stays.
fn clear_mail(folder: &Path) -> Result<(), DemoError> {
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(DemoError::reading(folder, source)),
        Ok(entries) => entries,
    };
    for entry in entries {
        let path = entry.map_err(|source| DemoError::reading(folder, source))?.path();
        if path.extension().is_some_and(|ending| ending == "eml") {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), DemoError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(DemoError::Write { what: format!("over {}", path.display()), source: Box::new(source) })
        }
        _ => Ok(()),
    }
}
