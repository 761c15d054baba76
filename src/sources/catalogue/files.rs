//! What a folder of files holds.

use std::path::Path;

use super::{Catalogue, Declared, Holding, HoldingKind, Rows, Sample, unanswered};
use crate::audit::snapshot::{FileFormat, FileRead, Read};
use crate::sources::Fault;

/// Folders below the source's own that are looked into.
const DEEPEST: usize = 2;
/// A larger file is not counted.
const COUNTED_BYTES: u64 = 256 << 20;
/// A column that no file has: asked for it, a reader names those it found.
const NO_COLUMN: &str = "\u{0}";

pub(super) async fn list(catalogue: &Catalogue<'_>, folder: &Path) -> Result<Vec<Holding>, Fault> {
    let mut found: Vec<(String, u64)> = Vec::new();
    walk(folder, "", 0, &mut found).map_err(|error| Fault::unopened(folder, &error, "a folder of files"))?;
    found.sort();
    let asked = found
        .iter()
        .map(|(name, _)| (name.clone(), Read::File(FileRead::of(name.clone())), vec![NO_COLUMN.to_owned()]));
    let mut answers = catalogue.ask(asked.collect(), u64::MAX).await;
    let mut held: Vec<Holding> = Vec::new();
    for (name, _) in &found {
        let (columns, fault) = match answers.remove(name) {
            Some(Err(Fault::MissingColumn { found, .. })) => (found, None),
            Some(Err(fault)) => (Vec::new(), Some(fault.to_string())),
            Some(Ok(_)) | None => (Vec::new(), Some(unanswered().to_string())),
        };
        let declared = |name: String| Declared { name, kind: String::new(), nullable: true, key: None };
        let columns = columns.into_iter().map(declared).collect();
        let (schema, kind, rows, name) = (None, HoldingKind::File, Rows::Unknown, name.clone());
        held.push(Holding { schema, name, kind, rows, columns, fault });
    }
    let small = held.iter().zip(&found).filter(|(_, (_, bytes))| *bytes <= COUNTED_BYTES);
    let asked = small.filter_map(|(holding, _)| {
        let first = holding.columns.first()?.name.clone();
        Some((holding.name.clone(), Read::File(FileRead::of(holding.name.clone())), vec![first]))
    });
    let mut counted = catalogue.ask(asked.collect(), u64::MAX).await;
    for holding in &mut held {
        match counted.remove(&holding.name) {
            Some(Ok((_, texts))) => holding.rows = Rows::Counted(texts.len() as u64),
            Some(Err(fault)) => holding.fault = Some(fault.to_string()),
            None => {}
        }
    }
    Ok(held)
}

fn walk(folder: &Path, inside: &str, depth: usize, found: &mut Vec<(String, u64)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Hidden files are nobody's tables, and neither is the lock that a spreadsheet leaves beside an open file.
        if name.starts_with(['.', '~']) {
            continue;
        }
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        let metadata = std::fs::metadata(entry.path())?;
        if metadata.is_dir() && depth < DEEPEST {
            walk(&entry.path(), &path, depth + 1, found)?;
        }
        if metadata.is_file() && FileFormat::of(&name).is_some() {
            found.push((path, metadata.len()));
        }
    }
    Ok(())
}

/// A file is read whole, because it may be broken anywhere; its first rows are kept.
pub(super) async fn sample(catalogue: &Catalogue<'_>, holding: &mut Holding, most: usize) -> Result<Sample, Fault> {
    let columns: Vec<String> = holding.columns.iter().map(|column| column.name.clone()).collect();
    let asked = vec![(holding.name.clone(), Read::File(FileRead::of(holding.name.clone())), columns)];
    let answer = catalogue.ask(asked, u64::MAX).await.remove(&holding.name);
    let (raw, texts) = answer.unwrap_or_else(|| Err(unanswered()))?;
    holding.rows = Rows::Counted(texts.len() as u64);
    for column in &mut holding.columns {
        if let Ok(held) = raw.frame.column(&column.name) {
            let kind = held.dtype().to_string();
            column.kind = if kind == "str" { "text".to_owned() } else { kind };
        }
    }
    Ok(catalogue.cut(raw, texts, most))
}
