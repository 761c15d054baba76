//! The rows of one table in a test: written inline, as CSV, or in a file beside the test.

use std::path::Path;

use toml::de::DeValue;

use crate::audit::snapshot::{ColumnSpec, TableSpec};
use crate::problem::{Node, Section};

/// Rows as a source would hand them over. Every row has a cell for every column of the table's spec; an empty text
/// is null.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// For each column as written: the columns of the spec that it fills.
    written: Vec<Vec<usize>>,
    pub rows: Vec<Vec<String>>,
}

const COLUMNS: &str = "columns = [\"order_no\", \"qty\"], named as in the table's file";

/// Reads a table's section on top of `base`, the rows it has so far: `rows`, `csv` or `file` take the place of those,
/// `set` changes a column in all of them, `add` puts rows behind them.
pub(super) fn rows(node: &Node<'_>, spec: &TableSpec, base: Option<&Rows>, folder: &Path) -> Option<Rows> {
    let section = node.section()?;
    let mut rows = base.cloned().unwrap_or_default();
    let mut sound = true;
    if let Some(node) = section.get("columns") {
        match columns(&node, spec) {
            Some(written) => rows.written = written,
            None => sound = false,
        }
    }
    let given = ["rows", "csv", "file"].map(|key| section.get(key));
    if let Some(second) = given.iter().flatten().nth(1) {
        second.name_problem("the rows of a table are given once", "one of rows, csv and file");
        sound = false;
    }
    let [inline, csv, file] = given;
    if let Some(node) = inline {
        let inline = sound.then(|| listed(&section, &node, &rows, spec)).flatten();
        sound &= inline.is_some();
        rows.rows = inline.unwrap_or_default();
    } else if let Some(node) = csv.as_ref().or(file.as_ref()) {
        let text = if csv.is_some() { node.text() } else { text_of(node, folder) };
        match text.and_then(|text| separated(node, &text, spec, csv.is_some())) {
            Some(read) => rows = read,
            None => sound = false,
        }
    }
    if let Some(node) = section.get("set") {
        sound &= sound && set(&node, &mut rows, spec).is_some();
    }
    if let Some(node) = section.get("add") {
        let more = sound.then(|| listed(&section, &node, &rows, spec)).flatten();
        sound &= more.is_some();
        rows.rows.extend(more.unwrap_or_default());
    }
    section.finish();
    sound.then_some(rows)
}

/// What a column's name stands for: the column of that name, or every column that is read from it in the source.
fn places(name: &str, spec: &TableSpec) -> Vec<usize> {
    let called = |is: &dyn Fn(&ColumnSpec) -> bool| -> Vec<usize> {
        let columns = spec.columns.iter().enumerate();
        columns.filter(|(_, column)| is(column)).map(|(index, _)| index).collect()
    };
    let own = called(&|column| column.name == name);
    if own.is_empty() {
        called(&|column| column.from == name || column.also.iter().any(|also| also == name))
    } else {
        own
    }
}

fn known(spec: &TableSpec) -> impl Iterator<Item = &str> {
    spec.columns.iter().map(|column| column.name.as_str())
}

fn columns(node: &Node<'_>, spec: &TableSpec) -> Option<Vec<Vec<usize>>> {
    let named = node.texts(1)?;
    let places = named.iter().map(|(name, node)| {
        let places = places(name, spec);
        if places.is_empty() {
            node.unknown(format!("table {} has no column {}", spec.name, node.written()), name, known(spec));
            return None;
        }
        Some(places)
    });
    places.collect::<Vec<_>>().into_iter().collect()
}

/// Rows in brackets, one cell for each of the written columns.
fn listed(section: &Section<'_>, node: &Node<'_>, rows: &Rows, spec: &TableSpec) -> Option<Vec<Vec<String>>> {
    let lines = node.list(0)?;
    if rows.written.is_empty() && !lines.is_empty() {
        section.problem("the columns of these rows are not named", COLUMNS);
        return None;
    }
    let read = lines.iter().map(|line| {
        let cells = line.list(0)?;
        if cells.len() != rows.written.len() {
            let (cells, columns) = (cells.len(), rows.written.len());
            line.problem(
                format!("this row has {cells} cells, and {columns} columns are named"),
                format!("a row of {columns} cells; \"\" where there is nothing"),
            );
            return None;
        }
        let cells = cells.iter().map(cell).collect::<Vec<_>>().into_iter().collect::<Option<Vec<String>>>()?;
        Some(spread(rows, spec, cells.iter().map(String::as_str)))
    });
    read.collect::<Vec<_>>().into_iter().collect()
}

/// A row of the spec's width from a row as written.
fn spread<'c>(rows: &Rows, spec: &TableSpec, cells: impl Iterator<Item = &'c str>) -> Vec<String> {
    let mut row = vec![String::new(); spec.columns.len()];
    for (places, cell) in rows.written.iter().zip(cells) {
        for place in places {
            row[*place] = cell.to_owned();
        }
    }
    row
}

/// A cell as the text a source would hand over.
fn cell(node: &Node<'_>) -> Option<String> {
    match node.value() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(_) => node.integer().map(|number| number.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Datetime(_) => Some(node.written()),
        DeValue::Float(float) => {
            let sentence = "a figure with a point must be quoted, because a bare one is a binary fraction";
            node.problem(sentence, format!("\"{}\"", float.as_str()));
            None
        }
        DeValue::Array(_) | DeValue::Table(_) => {
            node.problem("a cell is one value", "text, a whole number, true, false or a date");
            None
        }
    }
}

fn set(node: &Node<'_>, rows: &mut Rows, spec: &TableSpec) -> Option<()> {
    let entries = node.section()?.entries();
    if rows.rows.is_empty() {
        node.problem("there are no rows to change", "set where the table has rows already");
        return None;
    }
    let mut sound = true;
    for (name, node) in entries {
        let places = places(&name, spec);
        if places.is_empty() {
            node.unknown_name(format!("table {} has no column {name}", spec.name), &name, known(spec));
        }
        let cell = cell(&node);
        sound &= cell.is_some() && !places.is_empty();
        for row in &mut rows.rows {
            for place in &places {
                row[*place] = cell.clone().unwrap_or_default();
            }
        }
    }
    sound.then_some(())
}

fn text_of(node: &Node<'_>, folder: &Path) -> Option<String> {
    let name = node.filled()?;
    match std::fs::read_to_string(folder.join(&name)) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()),
        Err(fault) => {
            let sentence = format!("cannot read the file {}: {fault}", node.written());
            node.problem(sentence, "a CSV file in UTF-8, its path starting at the folder of this file");
            None
        }
    }
}

/// CSV with a header. `inside` says that the text stands in the test file itself, so that faults have a place in it.
fn separated(node: &Node<'_>, text: &str, spec: &TableSpec, inside: bool) -> Option<Rows> {
    let fault = |at: u64, line: u64, sentence: String, accepted: String| {
        let start = usize::try_from(at).unwrap_or(0).min(text.len());
        let start = start + text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
        let end = text[start..].find(['\r', '\n']).map_or(text.len(), |length| start + length);
        match inside {
            true => node.part_problem(start..end, sentence, Some(accepted)),
            false => node.problem(format!("line {line} of {}: {sentence}", node.written()), accepted),
        }
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) if !header.is_empty() => header.clone(),
        _ => {
            fault(0, 1, "this CSV has no header".to_owned(), "a first line with the names of columns".to_owned());
            return None;
        }
    };
    let mut rows = Rows { written: header.iter().map(|name| places(name.trim(), spec)).collect(), rows: Vec::new() };
    let mut sound = true;
    for (name, places) in header.iter().zip(&rows.written) {
        if places.is_empty() {
            let near = crate::problem::nearest(name, known(spec)).map(|near| format!("{near}; "));
            let accepted = format!("{}{}", near.unwrap_or_default(), crate::problem::listed(known(spec)));
            fault(0, 1, format!("table {} has no column {name}", spec.name), accepted);
            sound = false;
        }
    }
    for record in reader.records() {
        let Ok(record) = record else {
            node.problem("this CSV cannot be read", "CSV in UTF-8");
            return None;
        };
        let (at, line) = record.position().map_or((0, 1), |place| (place.byte(), place.line()));
        if record.len() != header.len() {
            let sentence = format!("this row has {} cells, and {} columns are named", record.len(), header.len());
            fault(at, line, sentence, format!("a row of {} cells", header.len()));
            sound = false;
            continue;
        }
        let row = spread(&rows, spec, record.iter());
        rows.rows.push(row);
    }
    sound.then_some(rows)
}
