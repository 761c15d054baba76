//! A source as a command names it: one of the config, or a URL or path typed on the spot.

use std::path::{Path, PathBuf};

use super::{Files, unknown};
use crate::config::{self, Connections, Secret, Source, SourceKind};

/// The zone of times that a source typed on the spot writes without one, where no config names another.
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;
/// What every SQLite database begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// A source, and the one file of it that was named, if it was a file.
pub(super) struct Place {
    pub source: Source,
    pub file: Option<String>,
}

/// Finds what `text` names. The error is a sentence.
pub(super) fn find(files: &Files, text: &str) -> Result<Place, String> {
    let (mut known, mut wrong) = (Vec::new(), None);
    if files.config.exists() {
        match config::sources(&files.config, &|name| std::env::var(name).ok()) {
            Ok(sources) => {
                if let Some(source) = sources.get(text) {
                    return Ok(Place { source: source.clone(), file: None });
                }
                known.extend(sources.into_keys());
            }
            Err(problems) => wrong = Some(problems),
        }
    }
    if let Some(place) = typed(text)? {
        return Ok(place);
    }
    if let Some(problems) = wrong {
        return Err(problems.to_string());
    }
    let sentence = unknown("source", text, known.iter().map(String::as_str));
    Err(format!(
        "{sentence} Nor is there such a file or folder. On the spot: postgres://…, mysql://…, sqlite:FILE, a SQLite \
         file, or a folder of files."
    ))
}

/// What a URL or a path means; `None` when it is neither.
pub(super) fn typed(text: &str) -> Result<Option<Place>, String> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let url = || Secret::new(text);
    let kind = match scheme.as_deref() {
        Some("postgres" | "postgresql") => SourceKind::Postgres { url: url() },
        Some("mysql" | "mariadb") => SourceKind::Mysql { url: url() },
        Some("sqlite" | "file") => return path(text.split_once("://").map_or("", |(_, path)| path)).map(Some),
        Some(_) => {
            let known = ["postgres", "mysql", "sqlite"];
            return Err(unknown("kind of source", scheme.as_deref().unwrap_or_default(), known.into_iter()));
        }
        None => {
            let named = text.strip_prefix("sqlite:");
            return match named {
                Some(file) => path(file).map(Some),
                None if Path::new(text).exists() => path(text).map(Some),
                None => Ok(None),
            };
        }
    };
    let name = text.rsplit('/').next().and_then(|last| last.split('?').next()).unwrap_or_default();
    Ok(Some(Place { source: source(source_name(name), kind), file: None }))
}

fn path(text: &str) -> Result<Place, String> {
    let path = PathBuf::from(text);
    if path.is_dir() {
        let name = path.canonicalize().unwrap_or_else(|_| path.clone());
        return Ok(Place { source: source(stem(&name), SourceKind::Files { path }), file: None });
    }
    let mut first = Vec::new();
    let read = std::fs::File::open(&path)
        .and_then(|file| std::io::Read::read_to_end(&mut std::io::Read::take(file, SQLITE.len() as u64), &mut first));
    if let Err(fault) = read {
        return Err(format!("cannot read {}: {fault}", path.display()));
    }
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    let database = ending.is_some_and(|ending| ["db", "sqlite", "sqlite3"].iter().any(|known| ending == *known));
    if first == SQLITE || database {
        return Ok(Place { source: source(stem(&path), SourceKind::Sqlite { path }), file: None });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let name = stem(&folder.canonicalize().unwrap_or_else(|_| folder.clone()));
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Place { source: source(name, SourceKind::Files { path: folder }), file })
}

fn stem(path: &Path) -> String {
    source_name(&path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default())
}

/// A name as the config accepts it.
pub(super) fn source_name(text: &str) -> String {
    let fit = |letter: char| if letter.is_alphanumeric() || matches!(letter, '_' | '-') { letter } else { '_' };
    let name: String = text.chars().map(fit).collect();
    if name.trim_matches('_').is_empty() { "source".to_owned() } else { name }
}

fn source(name: String, kind: SourceKind) -> Source {
    Source { name, kind, zone: ZONE, connections: Connections::new(1) }
}
