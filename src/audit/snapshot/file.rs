//! What a table file asks of a folder of files: which of them, and how they are laid out.

use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Files of a `files` source, and how they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRead {
    /// A path inside the source's folder; `*` and `?` in its last part stand for any text and any one character.
    pub path: String,
    pub pick: Pick,
    /// A file that was written to later than this before the run is still being written.
    pub settled: Option<Duration>,
    /// Put behind a file's name, the name of the file that says it is whole: `.done`.
    pub done: Option<String>,
    pub layout: Layout,
}

/// Which of the files that a pattern finds are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// Every one, in the order of their names.
    #[default]
    All,
    /// The last by name, in which numbers count as numbers.
    LastByName,
    /// The one that was written to last.
    LastWritten,
}

/// How the rows stand in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What parts the fields of a text file: an ASCII character. Told from the header when it is not given.
    pub delimiter: Option<u8>,
    /// Told from the bytes when it is not given.
    pub encoding: Option<Encoding>,
    /// The line, or the row of a sheet, that names the columns, from 1. The first that is not blank when not given.
    pub header_line: Option<u32>,
    /// Words that make a row a totals row, where they are its first filled cell; [`USUAL_TOTALS`] when not given.
    pub totals: Option<Vec<String>>,
    /// The name of a workbook's sheet, or a pattern for the names of several.
    pub sheet: Option<String>,
}

/// What exports write before their totals.
pub const USUAL_TOTALS: [&str; 10] =
    ["合计", "小计", "总计", "累计", "本页合计", "本页小计", "本页总计", "Total", "Subtotal", "Grand total"];

/// How a text file's characters are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// With all of GBK and GB2312 in it.
    Gb18030,
    Big5,
    Windows1252,
}

/// The names that files may give encodings; the first of each is the one that is told.
pub const ENCODINGS: [(&str, Encoding); 8] = [
    ("utf-8", Encoding::Utf8),
    ("gb18030", Encoding::Gb18030),
    ("gbk", Encoding::Gb18030),
    ("gb2312", Encoding::Gb18030),
    ("utf-16le", Encoding::Utf16Le),
    ("utf-16be", Encoding::Utf16Be),
    ("big5", Encoding::Big5),
    ("windows-1252", Encoding::Windows1252),
];

impl Encoding {
    pub fn name(self) -> &'static str {
        ENCODINGS.iter().find(|(_, encoding)| *encoding == self).map_or("", |(name, _)| name)
    }
}

/// What a file is, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Rows of text with delimiters.
    Csv,
    /// A workbook.
    Excel,
    /// One JSON object a line.
    JsonLines,
    Parquet,
}

/// The endings that can be read.
pub const ENDINGS: &str = ".csv, .tsv, .txt, .xlsx, .xlsm, .xls, .jsonl, .ndjson or .parquet";

impl FileFormat {
    /// By the ending of `path`, in capitals or not; `None` for one that cannot be read.
    pub fn of(path: &str) -> Option<FileFormat> {
        let name = path.rsplit(['/', '\\']).next()?;
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(FileFormat::Csv),
            "xlsx" | "xlsm" | "xls" => Some(FileFormat::Excel),
            "jsonl" | "ndjson" => Some(FileFormat::JsonLines),
            "parquet" => Some(FileFormat::Parquet),
            _ => None,
        }
    }
}

impl FileRead {
    /// The file at `path`, in the layout that its bytes tell.
    pub fn of(path: impl Into<String>) -> FileRead {
        FileRead { path: path.into(), ..FileRead::default() }
    }
}

/// Whether `path` is a pattern for the names of several files.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// What can change a judgement: how long a file is waited for is not in it. A bare path is the bare text, as it was
/// when nothing else could be said of a file.
impl Serialize for FileRead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.pick == Pick::All && self.layout == Layout::default() {
            return serializer.serialize_str(&self.path);
        }
        let Layout { delimiter, encoding, header_line, totals, sheet } = &self.layout;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("path", &self.path)?;
        match self.pick {
            Pick::All => {}
            Pick::LastByName => map.serialize_entry("pick", "last_by_name")?,
            Pick::LastWritten => map.serialize_entry("pick", "last_written")?,
        }
        if let Some(delimiter) = delimiter {
            map.serialize_entry("delimiter", &char::from(*delimiter))?;
        }
        if let Some(encoding) = encoding {
            map.serialize_entry("encoding", encoding.name())?;
        }
        if let Some(line) = header_line {
            map.serialize_entry("header_line", line)?;
        }
        if let Some(totals) = totals {
            map.serialize_entry("totals", totals)?;
        }
        if let Some(sheet) = sheet {
            map.serialize_entry("sheet", sheet)?;
        }
        map.end()
    }
}
