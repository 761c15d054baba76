//! JSON lines: one object a line, its members the cells. Numbers are taken by their own text, never as floats.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::columns::{Cells, Gathered, Wanted};
use super::{Found, text};
use crate::audit::snapshot::Encoding;
use crate::sources::{Fault, PullLimits, Watch};

/// Lines between two looks at the watch.
const LINES_PER_LOOK: u64 = 4096;
/// Members of the file's objects that are named where a column is missing.
const LINES_SEARCHED: usize = 100;

/// Reads the `wanted` columns of the file that `bytes` are. A member that is not there is null; one that no line has is
/// a column that is missing.
pub(super) fn read(
    found: &Found,
    bytes: Vec<u8>,
    wanted: &[Wanted<'_>],
    limits: &PullLimits,
    watch: &Watch,
) -> Result<Gathered, Fault> {
    let text = text::decode(found, bytes, Some(Encoding::Utf8)).map_err(|fault| match fault {
        Fault::Encoding { file, line, byte, .. } => {
            Fault::JsonLine { file, line, reason: format!("it is not UTF-8 text (byte {byte} of the file)") }
        }
        fault => fault,
    })?;
    let mut cells: Vec<Cells> = wanted.iter().map(|wanted| wanted.cells(0)).collect();
    let mut seen = vec![false; wanted.len()];
    let mut row: Vec<Option<&RawValue>> = Vec::new();
    let mut rows: usize = 0;
    for (line, object) in (1_u64..).zip(text.split('\n')) {
        if line.is_multiple_of(LINES_PER_LOOK) && watch.is_over() {
            return Err(Fault::TooSlow { limit: limits.timeout });
        }
        if object.trim().is_empty() {
            continue;
        }
        row.clear();
        row.resize(wanted.len(), None);
        let mut reader = serde_json::Deserializer::from_str(object);
        let twice = Members { wanted, row: &mut row, seen: &mut seen }.deserialize(&mut reader);
        let twice = twice.and_then(|twice| reader.end().map(|()| twice)).map_err(|error| {
            let reason = error.to_string();
            Fault::JsonLine {
                file: found.name.clone(),
                line,
                reason: reason.replace(" at line 1 column", " at column"),
            }
        })?;
        if let Some(place) = twice {
            let column = wanted[place].name.to_owned();
            return Err(Fault::TwiceInLine { file: found.name.clone(), line, column });
        }
        for ((value, cells), wanted) in row.iter().zip(&mut cells).zip(wanted) {
            match value.map(|value| cell(value, wanted)) {
                None => cells.push_null(),
                Some(Ok(cell)) => cells.push(&cell),
                Some(Err(Unusable::Nested(nested))) => {
                    let (file, column) = (found.name.clone(), wanted.name.to_owned());
                    return Err(Fault::NestedJson { file, line, column, found: nested });
                }
                Some(Err(Unusable::Broken)) => {
                    let reason = format!("the text under {} is no text", wanted.name);
                    return Err(Fault::JsonLine { file: found.name.clone(), line, reason });
                }
            }
        }
        rows += 1;
        if rows as u64 > limits.rows {
            return Err(Fault::TooManyRows { limit: limits.rows });
        }
    }
    if let Some((missing, _)) = wanted.iter().zip(&seen).find(|(_, seen)| rows > 0 && !**seen) {
        return Err(missing.missing(members(&text)));
    }
    let mut gathered = Gathered::new(wanted);
    gathered.add(cells, rows);
    Ok(gathered)
}

/// Why a value is no cell.
enum Unusable {
    Nested(&'static str),
    /// Half of a character that is written as two: only looked at where the text is taken apart.
    Broken,
}

/// The text of a value; of a list or an object, in a text column, its JSON.
fn cell<'t>(value: &'t RawValue, wanted: &Wanted<'_>) -> Result<Cow<'t, str>, Unusable> {
    let raw = value.get();
    match raw.as_bytes().first() {
        Some(b'"') => {
            let plain = raw.get(1..raw.len() - 1).filter(|text| !text.contains('\\'));
            let read = || serde_json::from_str(raw).map(Cow::Owned).map_err(|_| Unusable::Broken);
            plain.map_or_else(read, |plain| Ok(Cow::Borrowed(plain)))
        }
        Some(b'n') => Ok(Cow::Borrowed("")),
        Some(b'[') if !wanted.is_text => Err(Unusable::Nested("a list")),
        Some(b'{') if !wanted.is_text => Err(Unusable::Nested("an object")),
        _ => Ok(Cow::Borrowed(raw)),
    }
}

/// The names of members in the first lines, in order.
fn members(text: &str) -> Vec<String> {
    let objects = text.split('\n').take(LINES_SEARCHED).filter_map(|line| serde_json::from_str(line).ok());
    let mut names: Vec<String> = Vec::new();
    for object in objects {
        let object: serde_json::Map<String, serde_json::Value> = object;
        names.extend(object.into_iter().map(|(name, _)| name));
    }
    names.sort();
    names.dedup();
    names
}

/// Takes the wanted members of one object. Answers the column that had two.
struct Members<'a, 't> {
    wanted: &'a [Wanted<'a>],
    row: &'a mut [Option<&'t RawValue>],
    seen: &'a mut [bool],
}

impl<'de> DeserializeSeed<'de> for Members<'_, 'de> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self::Value, M::Error> {
        let mut twice = None;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            let Some(place) = self.wanted.iter().position(|wanted| wanted.is_called(&name)) else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = members.next_value::<&'de RawValue>()?;
            self.seen[place] = true;
            if self.row[place].replace(value).is_some() {
                twice = twice.or(Some(place));
            }
        }
        Ok(twice)
    }
}
