//! CSV files in UTF-8: commas, quotes doubled inside quotes, the first line naming the columns.

use std::fs::File;
use std::io::{BufReader, Chain, Cursor, Read, Seek, Take};

use polars::prelude::{Column, DataFrame, IntoColumn, StringChunkedBuilder};

use super::Found;
use super::checked::Checked;
use crate::audit::snapshot::TableSpec;
use crate::sources::{Fault, PullLimits, Watch};

/// Rows between two looks at the watch.
const ROWS_PER_LOOK: u64 = 4096;
/// Cells to make room for at first.
const FIRST_CAPACITY: usize = 1024;
/// Put behind the file's last byte, as a row of its own. A quote that is never closed swallows it together with the
/// rest of the file, which nothing else would show; no row of a file looks like it, because a NUL is refused there.
const ENDING: &[u8] = b"\n\0\n";
const ENDING_CELL: &[u8] = b"\0";
/// The byte order mark that some programs put before UTF-8 text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the columns that the table's file names, each as text; an empty cell is null.
pub(super) fn read(
    found: &Found,
    file: File,
    spec: &TableSpec,
    limits: &PullLimits,
    watch: &Watch,
) -> Result<DataFrame, Fault> {
    let mut rows = Rows::open(found, file)?;
    let header = rows.header()?;
    let needed = super::super::needed(spec, &header)?;
    let mut columns: Vec<(usize, StringChunkedBuilder)> = (0..header.len())
        .filter(|index| needed[*index])
        .map(|index| (index, StringChunkedBuilder::new(header[index].as_str().into(), FIRST_CAPACITY)))
        .collect();
    let mut height: u64 = 0;
    while rows.next()? {
        if height.is_multiple_of(ROWS_PER_LOOK) && watch.is_over_after(height) {
            return Err(Fault::TooSlow { limit: limits.timeout });
        }
        height += 1;
        if height > limits.rows {
            return Err(Fault::TooManyRows { limit: limits.rows });
        }
        if rows.record.len() != header.len() {
            let (line, found, expected) = (rows.line(), rows.record.len(), header.len());
            return Err(Fault::Ragged { file: rows.name.to_owned(), line, found, expected });
        }
        for (index, column) in &mut columns {
            // The stream was checked: a cell that is no text cannot come out of it.
            match rows.record.get(*index).and_then(|cell| std::str::from_utf8(cell).ok()) {
                Some("") | None => column.append_null(),
                Some(text) => column.append_value(text),
            }
        }
    }
    let columns: Vec<Column> = columns.into_iter().map(|(_, column)| column.finish().into_column()).collect();
    DataFrame::new(usize::try_from(height).unwrap_or(usize::MAX), columns)
        .map_err(|error| Fault::Internal { reason: error.to_string() })
}

/// The first bytes, which were looked at for a byte order mark, and the rest.
type Stream = Checked<Chain<Cursor<Vec<u8>>, Take<File>>>;

/// The rows of one file, the first included.
struct Rows<'a> {
    name: &'a str,
    reader: csv::Reader<Stream>,
    /// The same open file, to look again where a row begins.
    file: File,
    /// Length of the byte order mark, where there is one.
    mark: u64,
    /// The row that [`Rows::next`] read.
    record: csv::ByteRecord,
}

impl<'a> Rows<'a> {
    fn open(found: &'a Found, mut file: File) -> Result<Self, Fault> {
        let name = found.name.as_str();
        let failed = |error: std::io::Error| Fault::Interrupted { path: name.into(), reason: error.to_string() };
        let mut start = Vec::new();
        (&mut file).take(MARK.len() as u64).read_to_end(&mut start).map_err(failed)?;
        let mark = if start == MARK { std::mem::take(&mut start).len() as u64 } else { 0 };
        let again = file.try_clone().map_err(failed)?;
        // What is written behind the length that was noted makes the table unknown anyway.
        let rest = file.take(found.stamp.length.saturating_sub(MARK.len() as u64));
        let stream = Checked::new(Cursor::new(start).chain(rest), mark, ENDING);
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).buffer_capacity(1 << 16);
        Ok(Rows { name, reader: reader.from_reader(stream), file: again, mark, record: csv::ByteRecord::new() })
    }

    /// Reads the next row; `false` behind the last.
    fn next(&mut self) -> Result<bool, Fault> {
        let more = match self.reader.read_byte_record(&mut self.record) {
            Ok(more) => more,
            Err(error) => return Err(self.failed(&error)),
        };
        let last = self.record.iter().next_back().unwrap_or_default();
        let ended = self.record.len() == 1 && last == ENDING_CELL;
        if !more || (last.contains(&0) && !ended) {
            return Err(Fault::OpenQuote { file: self.name.to_owned(), line: self.line() });
        }
        Ok(!ended)
    }

    /// The line in which the row that was read last begins, counted afresh: the CSV reader's own count is behind by
    /// one where lines end in CR LF, and by every blank line before the row.
    fn line(&mut self) -> u64 {
        let begin = self.mark + self.record.position().map_or(0, csv::Position::byte);
        let mut line = 1;
        if self.file.rewind().is_err() {
            return line;
        }
        for (at, byte) in BufReader::new(&self.file).bytes().map_while(Result::ok).enumerate() {
            if at as u64 >= begin && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            line += u64::from(byte == b'\n');
        }
        line
    }

    /// The names in the first row, without blanks around them.
    fn header(&mut self) -> Result<Vec<String>, Fault> {
        if !self.next()? {
            return Err(Fault::EmptyFile { file: self.name.to_owned() });
        }
        let names: Vec<String> =
            self.record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(Fault::NamelessColumn { file: self.name.to_owned(), column: index + 1 });
            }
            if names[..index].contains(name) {
                return Err(Fault::DuplicateColumn { column: name.clone() });
            }
        }
        Ok(names)
    }

    fn failed(&self, error: &csv::Error) -> Fault {
        let file = self.name.to_owned();
        match self.reader.get_ref().unclean() {
            Some(at) if at.nul => Fault::Nul { file, line: at.line, byte: at.byte },
            Some(at) => Fault::Encoding { file, line: at.line, byte: at.byte },
            None => Fault::Interrupted { path: file.into(), reason: error.to_string() },
        }
    }
}
