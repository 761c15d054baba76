//! Rows of text with delimiters, as people and programs export them.
//!
//! The text is cut into parts at places that are likely row ends, and the parts are read side by side. A part is only
//! believed when the one before it ended exactly where it begins; otherwise it is read again from there.

use std::borrow::Cow;

use rayon::prelude::*;

use super::Found;
use super::columns::{Cells, Gathered, Wanted};
use super::fields::{Field, OpenQuote, Scanner, likely_row_end};
use super::left_out::{LeftOut, Marks};
use super::text::line_of;
use super::windows::{Unread, Window, Windows};
use crate::audit::snapshot::{Layout, trim, unwrap_formula};
use crate::sources::{Fault, PullLimits, Watch};

/// Bytes of text in one part.
const PART: usize = 1 << 19;
/// Parts between two looks at the watch.
const PARTS_PER_LOOK: usize = 32;
/// What parts fields, most usual first.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// Lines from the first on that are looked through for the columns' names, to tell where they stand.
const LINES_SEARCHED: usize = 20;

/// Reads the `wanted` columns of a file.
pub(super) fn read(
    found: &Found,
    wanted: &[Wanted<'_>],
    layout: &Layout,
    limits: &PullLimits,
    watch: &Watch,
) -> Result<(Gathered, LeftOut), Fault> {
    let fixed = layout.encoding;
    let answer = windowed(found, Windows::open(found, fixed)?, wanted, layout, limits, watch);
    let answer = match answer {
        // Nothing that was read so far counts: where UTF-8 ends, the file is in another encoding from its beginning.
        Err(Unread::NotUtf8) => windowed(found, Windows::decoded(found, fixed)?, wanted, layout, limits, watch),
        answer => answer,
    };
    answer.map_err(|unread| match unread {
        Unread::Fault(fault) => fault,
        Unread::NotUtf8 => Fault::Internal { reason: "text that was decoded is no text".to_owned() },
    })
}

fn windowed(
    found: &Found,
    mut windows: Windows<'_>,
    wanted: &[Wanted<'_>],
    layout: &Layout,
    limits: &PullLimits,
    watch: &Watch,
) -> Result<(Gathered, LeftOut), Unread> {
    let text = windows.window()?.text;
    let (header, mut start) = Header::read(found, text, wanted, layout)?;
    let places: Vec<usize> =
        wanted.iter().map(|wanted| wanted.place(&header.names)).collect::<Result<_, _>>().map_err(|fault| {
            let line = header.line_with(text, wanted).filter(|_| layout.header_line.is_none());
            line.map_or(fault, |line| Fault::HeaderElsewhere { file: found.name.clone(), line })
        })?;
    let marks = Marks::new(layout, &header.names);
    let reading = Reading { found, header: &header, wanted, places, marks, limits, watch };
    let (mut gathered, mut left_out) = (Gathered::new(wanted), LeftOut::default());
    loop {
        let window = windows.window()?;
        let reached = reading.rows(window, start, &mut gathered, &mut left_out)?;
        if window.is_last {
            return Ok((gathered, left_out));
        }
        windows.advance(reached)?;
        start = 0;
    }
}

/// The row that names the columns.
struct Header {
    names: Vec<String>,
    delimiter: u8,
    /// Fields without a name. They are empty in every row.
    nameless: Vec<usize>,
}

impl Header {
    /// The header, and where the row behind it begins.
    fn read(found: &Found, text: &str, wanted: &[Wanted<'_>], layout: &Layout) -> Result<(Header, usize), Fault> {
        let (start, stated) = match layout.header_line {
            Some(line) => {
                (line_start(text, line).ok_or_else(|| Fault::NoHeaderLine { file: found.name.clone(), line })?, None)
            }
            None => stated_delimiter(text),
        };
        let delimiter = layout.delimiter.or(stated).unwrap_or_else(|| delimiter(text, start, wanted));
        let mut scanner = Scanner::new(text, delimiter, start);
        let names =
            names(&mut scanner, text).map_err(|_| open_quote(found, line_of(text.as_bytes(), scanner.row_start)))?;
        let Some(names) = names else { return Err(Fault::EmptyFile { file: found.name.clone() }) };
        let nameless = names.iter().enumerate().filter(|(_, name)| name.is_empty()).map(|(place, _)| place).collect();
        Ok((Header { names, delimiter, nameless }, scanner.at))
    }

    /// The line that has all wanted columns, where the header has not.
    fn line_with(&self, text: &str, wanted: &[Wanted<'_>]) -> Option<u32> {
        let mut lines = 1..=u32::try_from(LINES_SEARCHED).ok()?;
        lines.find(|line| {
            let start = line_start(text, *line);
            // A line that is blank is no header, though reading from it finds the one behind it.
            let Some(start) = start.filter(|at| !text[*at..].starts_with(['\r', '\n'])) else { return false };
            let delimiters = DELIMITERS.iter().chain([&self.delimiter]);
            delimiters.into_iter().any(|delimiter| {
                let names = names(&mut Scanner::new(text, *delimiter, start), text);
                let names = names.ok().flatten().unwrap_or_default();
                !wanted.is_empty() && wanted.iter().all(|wanted| wanted.place(&names).is_ok())
            })
        })
    }
}

/// The names in the next row, without blanks around them.
fn names(scanner: &mut Scanner<'_>, text: &str) -> Result<Option<Vec<String>>, OpenQuote> {
    let mut fields = Vec::new();
    let more = scanner.row(usize::MAX, &mut fields)?;
    Ok(more.then(|| fields.iter().map(|field| trim(&field.text(text)).to_owned()).collect()))
}

/// Where a line begins, counted from 1.
fn line_start(text: &str, line: u32) -> Option<usize> {
    let before = usize::try_from(line).ok()?.checked_sub(1)?;
    match before.checked_sub(1) {
        None => Some(0),
        Some(nth) => memchr::memchr_iter(b'\n', text.as_bytes()).nth(nth).map(|end| end + 1),
    }
}

/// Excel's own `sep=;`, which says what parts the fields and is no row.
fn stated_delimiter(text: &str) -> (usize, Option<u8>) {
    let line = text.split(['\r', '\n']).next().unwrap_or_default();
    match line.as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if delimiter.is_ascii() => {
            (line.len(), Some(*delimiter))
        }
        _ => (0, None),
    }
}

/// The delimiter under which the header names the most of the wanted columns, then the one that makes most fields.
fn delimiter(text: &str, start: usize, wanted: &[Wanted<'_>]) -> u8 {
    let score = |delimiter: u8| {
        let names = names(&mut Scanner::new(text, delimiter, start), text);
        let names = names.ok().flatten().unwrap_or_default();
        let known = wanted.iter().filter(|wanted| names.iter().any(|name| wanted.is_called(name))).count();
        (known, names.len())
    };
    let mut best = (DELIMITERS[0], score(DELIMITERS[0]));
    for delimiter in &DELIMITERS[1..] {
        let score = score(*delimiter);
        if score > best.1 {
            best = (*delimiter, score);
        }
    }
    best.0
}

fn open_quote(found: &Found, line: u64) -> Fault {
    Fault::OpenQuote { file: found.name.clone(), line }
}

/// What reading the rows of one file stands on.
struct Reading<'r> {
    found: &'r Found,
    header: &'r Header,
    wanted: &'r [Wanted<'r>],
    /// For each wanted column the field that holds it.
    places: Vec<usize>,
    marks: Marks,
    limits: &'r PullLimits,
    watch: &'r Watch,
}

/// The rows that begin in one part of the text.
struct Part {
    /// Where the row behind the last begins.
    end: usize,
    /// Whether that one goes on behind the window.
    is_cut: bool,
    cells: Vec<Cells>,
    rows: usize,
    left_out: LeftOut,
}

impl Reading<'_> {
    /// Gathers the rows that a window holds from `start` on. Answers where the row begins that it only holds the
    /// beginning of, or its end.
    fn rows(
        &self,
        window: Window<'_>,
        start: usize,
        gathered: &mut Gathered,
        left_out: &mut LeftOut,
    ) -> Result<usize, Fault> {
        let (mut planned, mut reached) = (start, start);
        while planned < window.text.len() {
            if self.watch.is_over() {
                return Err(Fault::TooSlow { limit: self.limits.timeout });
            }
            let mut ranges = Vec::with_capacity(PARTS_PER_LOOK);
            while ranges.len() < PARTS_PER_LOOK && planned < window.text.len() {
                let end = likely_row_end(window.text, planned, planned + PART);
                ranges.push((planned, end));
                planned = end;
            }
            let cutter = self.cutter();
            let parts: Vec<Result<Part, Fault>> =
                ranges.par_iter().map(|(start, end)| cutter.part(window, *start, *end)).collect();
            for (part, (start, end)) in parts.into_iter().zip(ranges) {
                let part = if start == reached { part? } else { cutter.part(window, reached, end)? };
                reached = part.end;
                left_out.add(part.left_out);
                gathered.add(part.cells, part.rows);
                if gathered.rows as u64 > self.limits.rows {
                    return Err(Fault::TooManyRows { limit: self.limits.rows });
                }
                if part.is_cut {
                    return Ok(reached);
                }
            }
        }
        Ok(reached)
    }

    fn cutter(&self) -> Cutter<'_> {
        let Reading { found, header, wanted, places, marks, .. } = self;
        Cutter { found, header, wanted, places, marks }
    }
}

/// What cuts parts of the text into cells, on any thread.
#[derive(Clone, Copy)]
struct Cutter<'r> {
    found: &'r Found,
    header: &'r Header,
    wanted: &'r [Wanted<'r>],
    places: &'r [usize],
    marks: &'r Marks,
}

impl Cutter<'_> {
    /// Reads the rows that begin from `start` on and before `end`.
    fn part(&self, window: Window<'_>, start: usize, end: usize) -> Result<Part, Fault> {
        let text = window.text;
        let room = end.saturating_sub(start) / (8 * self.header.names.len()).max(16);
        let cells = self.wanted.iter().map(|wanted| wanted.cells(room)).collect();
        let mut part = Part { end, is_cut: false, cells, rows: 0, left_out: LeftOut::default() };
        let mut scanner = Scanner::new(text, self.header.delimiter, start);
        let mut fields: Vec<Field> = Vec::with_capacity(self.header.names.len());
        loop {
            match scanner.row(end, &mut fields) {
                Ok(true) if scanner.is_cut && !window.is_last => part.is_cut = true,
                Ok(true) => {}
                Ok(false) => break,
                Err(OpenQuote) if !window.is_last => part.is_cut = true,
                Err(OpenQuote) => return Err(open_quote(self.found, window.line(scanner.row_start))),
            }
            if part.is_cut {
                part.end = scanner.row_start;
                return Ok(part);
            }
            if self.is_odd(text, &fields) {
                let texts: Vec<Cow<'_, str>> = fields.iter().map(|field| field.text(text)).collect();
                if self.marks.leaves_out(&texts, &mut part.left_out) {
                    continue;
                }
                self.check(&texts, window, scanner.row_start)?;
            }
            for (place, cells) in self.places.iter().zip(&mut part.cells) {
                cells.push(bare(&fields[*place].text(text)));
            }
            part.rows += 1;
        }
        // Blank lines at the end belong to the part; a row that began in it may have led beyond.
        part.end = end.max(scanner.at);
        Ok(part)
    }

    /// Whether a row is to be looked at as a whole.
    fn is_odd(&self, text: &str, fields: &[Field]) -> bool {
        fields.len() != self.header.names.len()
            || fields.first().is_none_or(|first| self.marks.is_suspect(first.bytes(text)))
            || self.header.nameless.iter().any(|place| !fields[*place].is_empty())
    }

    /// A row has a field for every column, and nothing anywhere else.
    fn check(&self, cells: &[Cow<'_, str>], window: Window<'_>, at: usize) -> Result<(), Fault> {
        let expected = self.header.names.len();
        let beyond = cells.get(expected..).unwrap_or_default().iter().any(|cell| !trim(cell).is_empty());
        if cells.len() < expected || beyond {
            let (file, line) = (self.found.name.clone(), window.line(at));
            return Err(Fault::Ragged { file, line, found: cells.len(), expected });
        }
        match self.header.nameless.iter().find(|place| !trim(&cells[**place]).is_empty()) {
            Some(place) => Err(Fault::NamelessColumn { file: self.found.name.clone(), column: place + 1 }),
            None => Ok(()),
        }
    }
}

/// A cell without what is written before digits only to keep a spreadsheet from reading them as a number: `="00123"`,
/// an apostrophe, a tab.
fn bare(cell: &str) -> &str {
    match cell.as_bytes() {
        [b'=', b'"', ..] => unwrap_formula(cell),
        [b'\'', digit, ..] if digit.is_ascii_digit() => &cell[1..],
        [b'\t', ..] => cell.trim_start_matches('\t'),
        _ => cell,
    }
}
