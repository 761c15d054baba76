//! The fields of delimited text: quotes doubled inside quotes, rows ended by LF, CR LF or CR, blank lines nothing.

use std::borrow::Cow;

const QUOTE: u8 = b'"';

/// Where one field stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    start: usize,
    end: usize,
    /// Whether the field is quoted and holds more than the text between its quotes: doubled quotes, or something
    /// behind the closing one.
    rough: bool,
}

impl Field {
    /// The field's own text.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        // Fields begin and end beside ASCII characters, so a cut through a character cannot happen.
        let raw = text.get(self.start..self.end).unwrap_or_default();
        if !self.rough {
            return Cow::Borrowed(raw);
        }
        let mut own = String::with_capacity(raw.len());
        let mut inside = false;
        let mut letters = raw.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '"' if inside && letters.peek() == Some(&'"') => own.extend(letters.next()),
                '"' if inside => {
                    own.extend(letters);
                    break;
                }
                '"' if own.is_empty() => inside = true,
                letter => own.push(letter),
            }
        }
        Cow::Owned(own)
    }

    pub fn bytes(self, text: &str) -> &[u8] {
        &text.as_bytes()[self.start..self.end]
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A row whose quote is never closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenQuote;

/// Walks over the rows of a text.
pub(super) struct Scanner<'t> {
    text: &'t [u8],
    delimiter: u8,
    /// Where the next row is looked for; behind the last, the end of what was read.
    pub at: usize,
    /// Where the row begins that was read last.
    pub row_start: usize,
    /// Whether that row ends with the text, and not with a line end of its own.
    pub is_cut: bool,
}

impl<'t> Scanner<'t> {
    /// `at` is where a row begins.
    pub fn new(text: &'t str, delimiter: u8, at: usize) -> Self {
        Scanner { text: text.as_bytes(), delimiter, at, row_start: at, is_cut: false }
    }

    /// Puts the next row's fields into `fields`, unless none begins before `limit`.
    pub fn row(&mut self, limit: usize, fields: &mut Vec<Field>) -> Result<bool, OpenQuote> {
        fields.clear();
        let limit = limit.min(self.text.len());
        while self.at < limit && matches!(self.text[self.at], b'\r' | b'\n') {
            self.at += 1;
        }
        self.row_start = self.at;
        self.is_cut = false;
        if self.at >= limit {
            return Ok(false);
        }
        let mut start = self.at;
        loop {
            let field = match self.text.get(start) {
                Some(&QUOTE) => self.quoted(start)?,
                _ => Field { start, end: self.plain_end(start), rough: false },
            };
            fields.push(field);
            // A quoted field's end is before its quote; what follows the field is found from behind it.
            let end = self.at;
            match self.text.get(end) {
                Some(byte) if *byte == self.delimiter => start = end + 1,
                Some(b'\r') if self.text.get(end + 1) == Some(&b'\n') => {
                    self.at = end + 2;
                    return Ok(true);
                }
                Some(_) => {
                    self.at = end + 1;
                    return Ok(true);
                }
                None => {
                    self.is_cut = true;
                    return Ok(true);
                }
            }
        }
    }

    /// Where the text from `start` meets a delimiter or the end of its row.
    fn plain_end(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        let ends = |byte: &u8| *byte == self.delimiter || *byte == b'\n' || *byte == b'\r';
        self.at = rest.iter().position(ends).map_or(self.text.len(), |length| start + length);
        self.at
    }

    fn quoted(&mut self, start: usize) -> Result<Field, OpenQuote> {
        let mut rough = false;
        let mut from = start + 1;
        let close = loop {
            let quote = memchr::memchr(QUOTE, self.text.get(from..).unwrap_or_default()).ok_or(OpenQuote)? + from;
            if self.text.get(quote + 1) != Some(&QUOTE) {
                break quote;
            }
            rough = true;
            from = quote + 2;
        };
        let end = self.plain_end(close + 1);
        if rough || end > close + 1 {
            return Ok(Field { start, end, rough: true });
        }
        Ok(Field { start: start + 1, end: close, rough: false })
    }
}

/// About where the text can be cut between rows: behind the first line end from `at` on that no quote encloses, if
/// `start`, where a row begins, is right and quotes stand in pairs. Only a guess: text may hold a quote that opens
/// nothing.
pub(super) fn likely_row_end(text: &str, start: usize, at: usize) -> usize {
    let bytes = text.as_bytes();
    if at >= bytes.len() {
        return bytes.len();
    }
    let mut enclosed = memchr::memchr_iter(QUOTE, &bytes[start..at]).count() % 2 == 1;
    // Beyond as much again, a quote that opens nothing is likelier than a field so long.
    let far = at.saturating_add(at - start).min(bytes.len());
    for place in memchr::memchr2_iter(QUOTE, b'\n', &bytes[at..far]) {
        match bytes[at + place] {
            QUOTE => enclosed = !enclosed,
            _ if !enclosed => return at + place + 1,
            _ => {}
        }
    }
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |place| at + place + 1)
}
