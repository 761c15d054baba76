//! The files as they lie on disk: read as UTF-8, listed in name order.

use std::io;
use std::path::Path;

use crate::problem::{Problem, Sink, SourceText};

/// One file's text, without a byte order mark.
pub(super) fn file(path: &Path, sink: &Sink) -> Option<SourceText> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(fault) => {
            sink.push(Problem::of_file(path, format!("cannot read this file: {}", reason(&fault)), "a readable file"));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(SourceText::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text))),
        Err(fault) => {
            let good = fault.utf8_error().valid_up_to();
            let line = fault.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
            let sentence = format!("this file is not UTF-8: line {line} holds other bytes");
            sink.push(Problem::of_file(path, sentence, "the same text, saved as UTF-8"));
            None
        }
    }
}

/// Whether a folder must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Needed,
    Optional,
}

/// Every `*.toml` of a folder, in name order, and the stems of those that could not be read. Hidden files, which
/// editors leave behind, are passed over.
pub(super) fn folder(path: &Path, presence: Presence, sink: &Sink) -> (Vec<SourceText>, Vec<String>) {
    let paths = match toml_files(path) {
        Ok(paths) => paths,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound && presence == Presence::Optional => Vec::new(),
        Err(fault) => {
            sink.push(Problem::of_file(
                path,
                format!("cannot read this folder: {}", reason(&fault)),
                "a readable folder",
            ));
            Vec::new()
        }
    };
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for path in paths {
        match file(&path, sink) {
            Some(file) => files.push(file),
            None => unread.push(SourceText::new(&path, "").stem()),
        }
    }
    (files, unread)
}

fn toml_files(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|ending| ending == "toml") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Why a file could not be read, in words that do not differ between systems where the reason is a usual one.
pub(super) fn reason(fault: &io::Error) -> String {
    match fault.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => fault.to_string(),
    }
}
