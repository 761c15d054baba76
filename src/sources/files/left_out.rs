//! Rows of an export that are no rows of the table: totals, headers repeated on every page, blank ones.

use crate::audit::snapshot::{Layout, USUAL_TOTALS, trim};

/// How many rows were left out, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub totals: u64,
    pub headers: u64,
    pub blank: u64,
}

impl LeftOut {
    pub fn add(&mut self, other: LeftOut) {
        self.totals += other.totals;
        self.headers += other.headers;
        self.blank += other.blank;
    }
}

/// Blanks of ASCII, the marks that stand before hidden text, and the first bytes of every blank beyond ASCII.
const BLANKS: &[u8] = b" \t\"='\xc2\xe2\xe3\xef";

/// What tells that a row is to be left out.
pub(super) struct Marks {
    /// The names of the columns, without the last ones as far as they are empty.
    header: Vec<String>,
    /// In lower case, without blanks.
    totals: Vec<String>,
    /// For every byte whether a first cell that begins with it has to be looked at.
    suspect: [bool; 256],
}

impl Marks {
    pub fn new(layout: &Layout, header: &[String]) -> Marks {
        let totals: Vec<String> = match &layout.totals {
            Some(words) => words.iter().map(|word| bare(word)).collect(),
            None => USUAL_TOTALS.iter().map(|word| bare(word)).collect(),
        };
        let mut suspect = [false; 256];
        let beginnings = totals.iter().chain(header.first()).filter_map(|word| word.as_bytes().first());
        for byte in beginnings {
            suspect[usize::from(byte.to_ascii_lowercase())] = true;
            suspect[usize::from(byte.to_ascii_uppercase())] = true;
        }
        for byte in BLANKS {
            suspect[usize::from(*byte)] = true;
        }
        let named = header.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        Marks { header: header[..named].to_vec(), totals, suspect }
    }

    /// Whether a row whose first cell is `first`, in UTF-8, may have to be left out. Asked of every row, so that only
    /// the few that may be are looked at as a whole.
    pub fn is_suspect(&self, first: &[u8]) -> bool {
        let Some(byte) = first.first() else { return true };
        if !self.suspect[usize::from(*byte)] {
            return false;
        }
        let begins_with = |word: &String| {
            let start = first.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        };
        first.iter().any(|byte| BLANKS.contains(byte)) || self.totals.iter().chain(self.header.first()).any(begins_with)
    }

    /// Counts a row that is to be left out.
    pub fn leaves_out<C: AsRef<str>>(&self, cells: &[C], counts: &mut LeftOut) -> bool {
        let Some(first) = cells.iter().map(|cell| trim(cell.as_ref())).find(|cell| !cell.is_empty()) else {
            counts.blank += 1;
            return true;
        };
        if self.is_total(first) {
            counts.totals += 1;
            return true;
        }
        let is_header = !self.header.is_empty()
            && cells.len() >= self.header.len()
            && cells.iter().zip(&self.header).all(|(cell, name)| trim(cell.as_ref()) == name)
            && cells[self.header.len()..].iter().all(|cell| trim(cell.as_ref()).is_empty());
        counts.headers += u64::from(is_header);
        is_header
    }

    /// A word of totals by itself, or with a colon or a bracket behind it.
    fn is_total(&self, cell: &str) -> bool {
        if cell.len() > 60 {
            return false;
        }
        let cell = bare(cell);
        self.totals.iter().any(|word| {
            let rest = cell.strip_prefix(word.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '：', '(', '（']))
        })
    }
}

/// In lower case and without blanks: totals are written as `合 计` and `TOTAL` too.
fn bare(word: &str) -> String {
    word.chars()
        .filter(|letter| !trim(letter.encode_utf8(&mut [0; 4])).is_empty())
        .flat_map(char::to_lowercase)
        .collect()
}
