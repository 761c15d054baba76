//! The keys of a table file that say which files hold the table, and how they are laid out.

use crate::audit::snapshot::{ColumnSpec, ENCODINGS, ENDINGS, FileFormat, FileRead, Layout, Pick, Read, is_pattern};
use crate::problem::{Node, Section};

/// Reads everything about the file that `node` names. The outer `None` says that something is wrong with it.
pub(super) fn file(section: &Section<'_>, node: &Node<'_>) -> Option<FileRead> {
    let path = path(node);
    let format = path.as_deref().and_then(FileFormat::of);
    let pick = section.get("pick").map_or(Some(Pick::All), |node| {
        let pick = node.one_of(&PICKS)?;
        if path.as_deref().is_some_and(|path| !is_pattern(path)) {
            let sentence = "there is nothing to pick, because file names one file";
            node.name_problem(sentence, "a file such as \"sales_*.csv\", or no pick");
            return None;
        }
        Some(pick)
    });
    let settled = optional(section, "settled", |node| node.duration());
    let done = optional(section, "done", |node| {
        let ending = node.filled()?;
        if ending.contains(['/', '\\']) {
            let sentence = format!("{} is no ending of a name", node.written());
            node.problem(sentence, "what is put behind the file's name, such as \".done\"");
            return None;
        }
        Some(ending)
    });
    let layout = layout(section, format);
    Some(FileRead { path: path?, pick: pick?, settled: settled?, done: done?, layout: layout? })
}

const PICKS: [(&str, Pick); 3] =
    [("all", Pick::All), ("last_by_name", Pick::LastByName), ("last_written", Pick::LastWritten)];

/// The keys that only tables of files have, for those of databases.
pub(super) const KEYS: [&str; 8] =
    ["pick", "settled", "done", "delimiter", "encoding", "header_line", "totals", "sheet"];

/// Refuses the keys of files in a table that is a query.
pub(super) fn refuse(section: &Section<'_>) -> bool {
    let given = KEYS.iter().filter_map(|key| section.get(key));
    let refused = given.map(|node| node.name_problem("only a file has this, and the table is a query", "file = \"…\""));
    refused.count() == 0
}

/// Refuses what only columns of files have, on those of `read`, where it is something else.
pub(super) fn fits(section: &Section<'_>, read: &Read, columns: &[ColumnSpec]) -> bool {
    let laid_out = match read {
        Read::Query(_) => None,
        Read::File(file) => FileFormat::of(&file.path),
    };
    let cells = matches!(laid_out, Some(FileFormat::Csv | FileFormat::Excel));
    let named = laid_out.is_some_and(|format| format != FileFormat::Parquet);
    let Some(nodes) = section.get("columns").and_then(|node| node.section()) else { return true };
    let mut sound = true;
    for column in columns {
        let Some(keys) = nodes.get(&column.name).and_then(|node| node.section()) else { continue };
        if let Some(node) = keys.get("from").filter(|_| !column.also.is_empty() && !named) {
            node.problem("only the columns of CSV, Excel and JSON files go by several names", "one name");
            sound = false;
        }
        if let Some(node) = keys.get("fill_down").filter(|_| column.fill_down && !cells) {
            node.name_problem("only CSV and Excel files are filled down", "a table whose file is one of those");
            sound = false;
        }
    }
    sound
}

/// `Some(None)` where the key is not there, `None` where its value is wrong.
fn optional<'d, T>(section: &Section<'d>, key: &str, read: impl FnOnce(Node<'d>) -> Option<T>) -> Option<Option<T>> {
    section.get(key).map_or(Some(None), |node| read(node).map(Some))
}

fn path(node: &Node<'_>) -> Option<String> {
    let path = node.filled()?;
    let inside =
        !path.starts_with(['/', '\\']) && !path.contains(':') && path.split(['/', '\\']).all(|part| part != "..");
    if !inside {
        node.problem(format!("{} leaves the source's folder", node.written()), "a path inside the source's folder");
        return None;
    }
    if FileFormat::of(&path).is_none() {
        let sentence = format!("{} is of no kind that can be read", node.written());
        node.problem(sentence, format!("a path that ends in {ENDINGS}"));
        return None;
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if is_pattern(folder) {
        node.problem(format!("{} is a pattern for folders", node.written()), "* and ? in the file's own name");
        return None;
    }
    Some(path)
}

/// The keys that lay a file out, each on a file of its kind.
fn layout(section: &Section<'_>, format: Option<FileFormat>) -> Option<Layout> {
    let placed = |key: &str, formats: &[FileFormat], place: &str| -> bool {
        let (Some(node), Some(format)) = (section.get(key), format) else { return true };
        let fits = formats.contains(&format);
        if !fits {
            node.name_problem(
                format!("{key} has no meaning for a file of this kind"),
                format!("it belongs to {place}"),
            );
        }
        fits
    };
    let sheets = [FileFormat::Csv, FileFormat::Excel];
    let mut sound = true;
    for key in ["delimiter", "encoding"] {
        sound &= placed(key, &[FileFormat::Csv], "CSV files");
    }
    for key in ["header_line", "totals"] {
        sound &= placed(key, &sheets, "CSV and Excel files");
    }
    sound &= placed("sheet", &[FileFormat::Excel], "Excel files");
    let delimiter = optional(section, "delimiter", |node| delimiter(&node));
    let encoding = optional(section, "encoding", |node| node.one_of(&ENCODINGS));
    let header_line = optional(section, "header_line", |node| node.small_count(1));
    let totals = optional(section, "totals", |node| {
        node.texts(0).map(|texts| texts.into_iter().map(|(text, _)| text).collect())
    });
    let sheet = optional(section, "sheet", |node| node.filled());
    let (delimiter, encoding, header_line) = (delimiter?, encoding?, header_line?);
    let layout = Layout { delimiter, encoding, header_line, totals: totals?, sheet: sheet? };
    sound.then_some(layout)
}

fn delimiter(node: &Node<'_>) -> Option<u8> {
    let text = node.text()?;
    let usable = |byte: u8| byte == b'\t' || (byte.is_ascii() && !byte.is_ascii_control() && byte != b'"');
    match text.as_bytes() {
        [byte] if usable(*byte) => Some(*byte),
        _ => {
            node.problem(
                format!("{} parts no fields", node.written()),
                "one character, such as \",\", \";\" or \"\\t\"",
            );
            None
        }
    }
}
