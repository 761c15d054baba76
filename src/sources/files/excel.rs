//! Excel workbooks: XLSX and the older XLS.
//!
//! A cell's value is what the workbook holds, formulas by the value they last had. Numbers are binary fractions of which
//! Excel answers for fifteen digits and no more: a number is read at fifteen significant digits, which gives back what
//! was typed, and a whole number of more digits than that is left in a form that no column accepts.

use std::io::Cursor;

use calamine::{CellErrorType, Data, DataRef, ExcelDateTime, ExcelDateTimeType};
use calamine::{Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError};
use wildmatch::WildMatch;

use super::columns::{Gathered, Wanted};
use super::found::natural;
use super::left_out::LeftOut;
use super::sheet::Sheet;
use super::{Found, zip};
use crate::audit::snapshot::{Layout, is_pattern};
use crate::sources::{Fault, PullLimits, Watch};

/// How files begin that are a workbook.
const ZIP: &[u8] = b"PK";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";
/// Columns of a sheet, as Excel has them.
const MOST_COLUMNS: u32 = 16_384;
/// Rows between two looks at the watch.
const ROWS_PER_LOOK: u32 = 4096;
/// Whole numbers below this have at most fifteen digits.
const WHOLE_TO: f64 = 1e15;
/// Days up to the end of the year 9999, counted from 1900.
const DAYS_OF_CALENDAR: f64 = 2_958_466.0;
/// Serial numbers of the days from 1954 to 2119.
const SERIALS: std::ops::Range<f64> = 20_000.0..80_000.0;
/// Bytes that the parts of a workbook may unpack to.
const MOST_UNPACKED: u64 = 2 << 30;

/// What reading a workbook stands on.
struct Workbook<'r> {
    found: &'r Found,
    wanted: &'r [Wanted<'r>],
    layout: &'r Layout,
    limits: PullLimits,
    watch: &'r Watch,
}

/// Reads the `wanted` columns of the sheets that `layout` names, one behind the other, in the order of the workbook.
pub(super) fn read(
    found: &Found,
    bytes: &[u8],
    wanted: &[Wanted<'_>],
    layout: &Layout,
    limits: &PullLimits,
    watch: &Watch,
) -> Result<(Gathered, LeftOut), Fault> {
    let workbook = Workbook { found, wanted, layout, limits: *limits, watch };
    match bytes {
        bytes if bytes.starts_with(ZIP) => {
            if zip::unpacked(bytes).is_some_and(|unpacked| unpacked > MOST_UNPACKED) {
                return Err(Fault::Unpacks { file: found.name.clone(), most: MOST_UNPACKED >> 30 });
            }
            workbook.xlsx(bytes)
        }
        bytes if bytes.starts_with(COMPOUND) => workbook.xls(bytes),
        bytes => Err(Fault::NotAWorkbook { file: found.name.clone(), found: looks_like(bytes) }),
    }
}

/// What programs save under an Excel ending.
fn looks_like(bytes: &[u8]) -> &'static str {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).to_lowercase();
    match start.trim_start_matches('\u{feff}').trim_start() {
        "" if bytes.is_empty() => "it is empty",
        start if start.starts_with("<?xml") => "it is XML",
        start if start.starts_with('<') => "it is HTML, as web pages export tables",
        start if start.contains([',', '\t', ';']) => "it is text, which the ending .csv would read",
        _ => "it begins like none",
    }
}

impl Workbook<'_> {
    fn xlsx(&self, bytes: &[u8]) -> Result<(Gathered, LeftOut), Fault> {
        let broken = |error: XlsxError| match error {
            XlsxError::Password => self.locked(),
            error => self.broken(error.to_string()),
        };
        let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
        let is_1904 = workbook.has_1904_epoch();
        let sheets = self.sheets(workbook.sheets_metadata())?;
        self.each(sheets, Some(is_1904), |name, sheet| {
            let mut cells = workbook.worksheet_cells_reader(name).map_err(broken)?;
            let mut row = Row::default();
            while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(broken)? {
                let (at, column) = cell.pos;
                if at < row.at || column >= MOST_COLUMNS {
                    return Err(self.broken(format!("sheet {name} has a cell in row {} out of its place", at + 1)));
                }
                if at > row.at {
                    self.hand(&mut row, sheet)?;
                    row.at = at;
                }
                if cell.formula.is_some() && cell.value == DataRef::Empty {
                    let (file, sheet) = (self.found.name.clone(), name.to_owned());
                    return Err(Fault::Uncalculated { file, sheet, row: at + 1, column: column + 1 });
                }
                row.put(column, text(&cell.value));
            }
            self.hand(&mut row, sheet)
        })
    }

    fn xls(&self, bytes: &[u8]) -> Result<(Gathered, LeftOut), Fault> {
        let broken = |error: XlsError| match error {
            XlsError::Password => self.locked(),
            error => self.broken(error.to_string()),
        };
        let mut workbook = match Xls::new(Cursor::new(bytes)) {
            Ok(workbook) => workbook,
            // A protected XLSX is wrapped as an old workbook is, and only the other reader knows it.
            Err(error) => {
                return Err(match Xlsx::new(Cursor::new(bytes)) {
                    Err(XlsxError::Password) => self.locked(),
                    _ => broken(error),
                });
            }
        };
        let sheets = self.sheets(workbook.sheets_metadata())?;
        self.each(sheets, None, |name, sheet| {
            let range = workbook.worksheet_range(name).map_err(broken)?;
            let (first_row, first_column) = range.start().unwrap_or_default();
            for (at, cells) in (first_row..).zip(range.rows()) {
                let mut row = Row { at, ..Row::default() };
                for (column, cell) in (first_column..).zip(cells) {
                    row.put(column, text(&held(cell)));
                }
                self.hand(&mut row, sheet)?;
            }
            Ok(())
        })
    }

    /// Reads the sheets one behind the other.
    fn each(
        &self,
        sheets: Vec<String>,
        is_1904: Option<bool>,
        mut read: impl FnMut(&str, &mut Sheet<'_>) -> Result<(), Fault>,
    ) -> Result<(Gathered, LeftOut), Fault> {
        let (mut gathered, mut left_out) = (Gathered::new(self.wanted), LeftOut::default());
        for name in sheets {
            let rows = self.limits.rows.saturating_sub(gathered.rows as u64);
            let mut sheet = Sheet::new(self.found, self.wanted, self.layout, rows, is_1904);
            let answer = read(&name, &mut sheet).and_then(|()| sheet.finish());
            let (mut one, left) = answer.map_err(|fault| self.of(&name, fault))?;
            one.fill_down(self.wanted);
            gathered.append(one);
            left_out.add(left);
        }
        Ok((gathered, left_out))
    }

    /// A fault of one of several sheets says which.
    fn of(&self, sheet: &str, fault: Fault) -> Fault {
        match (&self.layout.sheet, fault) {
            (None, fault)
            | (_, fault @ (Fault::TooSlow { .. } | Fault::TooManyRows { .. } | Fault::Uncalculated { .. })) => fault,
            (Some(_), fault) => {
                Fault::InFile { file: format!("sheet {sheet} of {}", self.found.name), fault: Box::new(fault) }
            }
        }
    }

    fn hand(&self, row: &mut Row, sheet: &mut Sheet<'_>) -> Result<(), Fault> {
        if row.at.is_multiple_of(ROWS_PER_LOOK) && self.watch.is_over() {
            return Err(Fault::TooSlow { limit: self.limits.timeout });
        }
        if !row.cells.is_empty() {
            sheet.row(row.at + 1, &row.cells)?;
            row.cells.clear();
        }
        Ok(())
    }

    /// The sheets that are read. Without a name it is the only one that can be seen.
    fn sheets(&self, all: &[calamine::Sheet]) -> Result<Vec<String>, Fault> {
        let sheets = all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let names: Vec<String> = sheets.clone().map(|sheet| sheet.name.clone()).collect();
        let file = self.found.name.clone();
        match &self.layout.sheet {
            None => {
                let mut seen = sheets.filter(|sheet| sheet.visible == SheetVisible::Visible);
                match (seen.next(), seen.next()) {
                    (Some(only), None) => Ok(vec![only.name.clone()]),
                    _ => Err(Fault::WhichSheet { file, found: names }),
                }
            }
            Some(wanted) => {
                let pattern = WildMatch::new(wanted);
                let is_meant = |name: &&String| match is_pattern(wanted) {
                    true => pattern.matches(name),
                    false => *name == wanted,
                };
                let meant: Vec<String> = names.iter().filter(is_meant).cloned().collect();
                match meant.is_empty() {
                    true => Err(Fault::MissingSheet { file, sheet: wanted.clone(), found: sorted(names) }),
                    false => Ok(meant),
                }
            }
        }
    }

    fn broken(&self, reason: String) -> Fault {
        Fault::Workbook { file: self.found.name.clone(), reason }
    }

    fn locked(&self) -> Fault {
        Fault::Protected { file: self.found.name.clone() }
    }
}

/// The cells of one row, up to the last that is there.
#[derive(Default)]
struct Row {
    /// Rows before it.
    at: u32,
    cells: Vec<String>,
}

impl Row {
    fn put(&mut self, column: u32, text: String) {
        let column = usize::try_from(column).unwrap_or_default();
        if column >= self.cells.len() {
            self.cells.resize(column + 1, String::new());
        }
        self.cells[column] = text;
    }
}

fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => decimal(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(at) => moment(at),
        DataRef::Error(error) => error_word(error).to_owned(),
    }
}

/// A number in plain digits, fifteen of them that count at most. A whole number that has more is in the form in which
/// spreadsheets show it, which is neither a figure nor a key.
fn decimal(number: f64) -> String {
    if number.is_finite() && number.abs() < WHOLE_TO {
        let kept: f64 = format!("{number:.14e}").parse().unwrap_or(number);
        return if kept == 0.0 { "0".to_owned() } else { kept.to_string() };
    }
    format!("{number:E}").replacen('E', "E+", 1)
}

/// A day, or a day and a time where there is one; a time alone where there is no day.
fn moment(at: &ExcelDateTime) -> String {
    if at.is_duration() || !(0.0..DAYS_OF_CALENDAR).contains(&at.as_f64()) {
        return decimal(at.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let fraction = if milli > 0 { format!(".{milli:03}") } else { String::new() };
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    match (at.as_f64() < 1.0, at.as_f64().fract() == 0.0) {
        (true, _) => time,
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => format!("{year:04}-{month:02}-{day:02}T{time}"),
    }
}

/// What a number without a date's format means in a column of dates. Only days within a lifetime are read so: `2024`
/// and `20241105` are something else.
pub(super) fn day_of_serial(text: &str, is_1904: bool) -> Option<String> {
    let serial: f64 = text.parse().ok()?;
    let near = (SERIALS.start..SERIALS.end).contains(&serial);
    near.then(|| moment(&ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, is_1904)))
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_by(|one, other| natural(one, other));
    names
}

/// A cell of an old workbook as one of a new.
fn held(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(flag) => DataRef::Bool(*flag),
        Data::DateTime(at) => DataRef::DateTime(*at),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        _ => DataRef::Empty,
    }
}

/// How Excel writes an error; the normaliser knows the words and reads no value out of them.
fn error_word(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        _ => "#N/A",
    }
}
