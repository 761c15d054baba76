//! The columns that are taken from a file: under which names, and what becomes of their cells.

use polars::prelude::{
    ChunkedBuilder, Column, DataFrame, DataType, Int64Chunked, Int64Type, Int128Chunked, Int128Type, IntoColumn,
    IntoSeries, PlSmallStr, PrimitiveChunkedBuilder, Series, StringChunked, StringChunkedBuilder,
};

use super::Found;
use crate::audit::amount::{Amount, power_of_ten};
use crate::audit::snapshot::{ColumnSpec, ColumnType, TableSpec};
use crate::sources::Fault;

/// Digits of the widest decimal that frames carry.
const PRECISION: usize = 38;
/// Digits of a figure that is read without looking at how large it grows.
const PLAIN_DIGITS: usize = 18;

/// A column that the table's file asks for.
pub(super) struct Wanted<'s> {
    /// What the frame calls it.
    pub name: &'s str,
    also: &'s [String],
    /// The scale of a column that holds figures, and nothing but figures.
    scale: Option<u8>,
    /// Whether all that read it read text.
    pub is_text: bool,
    /// Whether days or moments are read out of it.
    pub is_dated: bool,
    fill_down: bool,
}

/// The columns of `spec`, each once.
pub(super) fn wanted(spec: &TableSpec) -> Vec<Wanted<'_>> {
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for column in &spec.columns {
        let scale = scale(column);
        let is_text = column.kind == ColumnType::Text;
        let is_dated = matches!(column.kind, ColumnType::Date | ColumnType::Instant);
        match wanted.iter_mut().find(|known| known.name == column.from) {
            Some(known) => {
                known.scale = known.scale.filter(|known| Some(*known) == scale);
                known.is_text &= is_text;
                known.is_dated &= is_dated;
                known.fill_down |= column.fill_down;
            }
            None => wanted.push(Wanted {
                name: &column.from,
                also: &column.also,
                scale,
                is_text,
                is_dated,
                fill_down: column.fill_down,
            }),
        }
    }
    wanted
}

/// Null words are looked for in a cell's text, and cells above are copied as text.
fn scale(column: &ColumnSpec) -> Option<u8> {
    column.kind.scale().filter(|_| column.null_words.is_empty() && !column.fill_down)
}

impl Wanted<'_> {
    /// Whether the column goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also.iter().any(|also| also == name)
    }

    /// The place of the column among `names`, which are those of a file.
    pub fn place(&self, names: &[String]) -> Result<usize, Fault> {
        let mut places = names.iter().enumerate().filter(|(_, name)| self.is_called(name));
        let Some((place, name)) = places.next() else {
            return Err(self.missing(names.to_vec()));
        };
        match places.next() {
            None => Ok(place),
            Some((_, second)) if second == name => Err(Fault::DuplicateColumn { column: name.clone() }),
            Some((_, second)) => Err(Fault::SeveralNames { first: name.clone(), second: second.clone() }),
        }
    }

    pub fn missing(&self, found: Vec<String>) -> Fault {
        let named = std::iter::once(self.name).chain(self.also.iter().map(String::as_str));
        let found = found.into_iter().filter(|name| !name.is_empty()).collect();
        Fault::MissingColumn { column: named.collect::<Vec<_>>().join(" or "), found }
    }

    pub fn cells(&self, room: usize) -> Cells {
        match self.scale {
            Some(0) => Cells::Wholes(PrimitiveChunkedBuilder::new(PlSmallStr::EMPTY, room)),
            Some(scale) => Cells::Figures { scale, units: PrimitiveChunkedBuilder::new(PlSmallStr::EMPTY, room) },
            None => Cells::Texts(StringChunkedBuilder::new(PlSmallStr::EMPTY, room)),
        }
    }
}

/// Cells of one column on their way into a frame: exact figures while each of them is plain, text otherwise.
pub(super) enum Cells {
    Wholes(PrimitiveChunkedBuilder<Int64Type>),
    Figures { scale: u8, units: PrimitiveChunkedBuilder<Int128Type> },
    Texts(StringChunkedBuilder),
}

impl Cells {
    /// An empty text is null.
    pub fn push(&mut self, cell: &str) {
        if cell.is_empty() {
            return self.push_null();
        }
        let figure = match self {
            Cells::Texts(texts) => return texts.append_value(cell),
            Cells::Wholes(_) => plain_figure(cell.as_bytes(), 0),
            Cells::Figures { scale, .. } => plain_figure(cell.as_bytes(), *scale),
        };
        match (self, figure) {
            (Cells::Wholes(units), Some((figure, 0))) => units.append_value(figure),
            (Cells::Figures { units, .. }, Some((figure, missing))) => {
                units.append_value(i128::from(figure) * power_of_ten(missing));
            }
            (cells, _) => {
                cells.turn_to_text();
                cells.push(cell);
            }
        }
    }

    pub fn push_null(&mut self) {
        match self {
            Cells::Texts(texts) => texts.append_null(),
            Cells::Wholes(units) => units.append_null(),
            Cells::Figures { units, .. } => units.append_null(),
        }
    }

    /// Some cell is no plain figure, so the normaliser reads them all.
    fn turn_to_text(&mut self) {
        let nothing = Cells::Texts(StringChunkedBuilder::new(PlSmallStr::EMPTY, 0));
        *self = Cells::Texts(std::mem::replace(self, nothing).into_texts());
    }

    fn wholes(self) -> Int64Chunked {
        match self {
            Cells::Wholes(units) => units.finish(),
            _ => Int64Chunked::default(),
        }
    }

    fn figures(self) -> Int128Chunked {
        match self {
            Cells::Figures { units, .. } => units.finish(),
            _ => Int128Chunked::default(),
        }
    }

    /// Figures in plain digits: what the normaliser reads out of them is what they were.
    fn into_texts(self) -> StringChunkedBuilder {
        match self {
            Cells::Texts(texts) => texts,
            Cells::Wholes(units) => {
                let units = units.finish();
                let mut texts = StringChunkedBuilder::new(PlSmallStr::EMPTY, units.len());
                units.iter().for_each(|units| texts.append_option(units.map(|units| units.to_string())));
                texts
            }
            Cells::Figures { scale, units } => {
                let units = units.finish();
                let mut texts = StringChunkedBuilder::new(PlSmallStr::EMPTY, units.len());
                let figures = units.iter().map(|units| units.map(|units| Amount::new(units, scale).to_string()));
                figures.for_each(|figure| texts.append_option(figure));
                texts
            }
        }
    }
}

/// A figure in digits, with at most a minus before and a point among them, where `scale` needs no rounding: its units,
/// and how many digits they are short of the scale.
fn plain_figure(cell: &[u8], scale: u8) -> Option<(i64, u8)> {
    let (digits, negative) = match cell.strip_prefix(b"-") {
        Some(digits) => (digits, true),
        None => (cell, false),
    };
    if digits.is_empty() || digits.len() > PLAIN_DIGITS {
        return None;
    }
    let mut units: i64 = 0;
    let mut point = None;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => units = units * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() && at > 0 && at + 1 < digits.len() => point = Some(at),
            _ => return None,
        }
    }
    let mut kept = point.map_or(0, |point| digits.len() - point - 1);
    while kept > usize::from(scale) {
        if units % 10 != 0 {
            return None;
        }
        units /= 10;
        kept -= 1;
    }
    let missing = scale - u8::try_from(kept).ok()?;
    Some((if negative { -units } else { units }, missing))
}

/// The cells of one file: for each column its parts, in the order of the rows.
pub(super) struct Gathered {
    pub parts: Vec<Vec<Cells>>,
    pub rows: usize,
}

impl Gathered {
    pub fn new(wanted: &[Wanted<'_>]) -> Gathered {
        Gathered { parts: wanted.iter().map(|_| Vec::new()).collect(), rows: 0 }
    }

    /// Puts `cells`, one part for each column, behind what is there.
    pub fn add(&mut self, cells: Vec<Cells>, rows: usize) {
        for (parts, part) in self.parts.iter_mut().zip(cells) {
            parts.push(part);
        }
        self.rows += rows;
    }

    /// Fills cells of columns that are filled down, within this one file.
    pub fn fill_down(&mut self, wanted: &[Wanted<'_>]) {
        for (parts, _) in self.parts.iter_mut().zip(wanted).filter(|(_, wanted)| wanted.fill_down) {
            let mut filled = StringChunkedBuilder::new(PlSmallStr::EMPTY, self.rows);
            let mut above: Option<String> = None;
            for part in std::mem::take(parts) {
                for cell in part.into_texts().finish().iter() {
                    if let Some(cell) = cell {
                        above = Some(cell.to_owned());
                    }
                    filled.append_option(above.as_deref());
                }
            }
            parts.push(Cells::Texts(filled));
        }
    }

    /// Puts the rows of another file behind these.
    pub fn append(&mut self, other: Gathered) {
        for (parts, more) in self.parts.iter_mut().zip(other.parts) {
            parts.extend(more);
        }
        self.rows += other.rows;
    }

    /// The columns as a frame. A column is one of figures when every cell of it is a plain one.
    pub fn finish(self, wanted: &[Wanted<'_>]) -> Result<DataFrame, Fault> {
        let columns = self.parts.into_iter().zip(wanted).map(|(parts, wanted)| column(parts, wanted));
        let columns = columns.collect::<Result<Vec<Column>, Fault>>()?;
        DataFrame::new(self.rows, columns).map_err(|error| internal(&error))
    }
}

fn internal(error: &polars::prelude::PolarsError) -> Fault {
    Fault::Internal { reason: error.to_string() }
}

fn column(parts: Vec<Cells>, wanted: &Wanted<'_>) -> Result<Column, Fault> {
    let name = PlSmallStr::from(wanted.name);
    let figures = parts.iter().all(|part| !matches!(part, Cells::Texts(_)));
    let column = match wanted.scale.filter(|_| figures) {
        Some(0) => joined::<Int64Chunked>(parts.into_iter().map(Cells::wholes))?,
        Some(scale) => {
            let units = joined::<Int128Chunked>(parts.into_iter().map(Cells::figures))?;
            let units = units.i128().map_err(|error| internal(&error))?.clone();
            units.into_decimal_unchecked(PRECISION, usize::from(scale)).into_series()
        }
        None => joined::<StringChunked>(parts.into_iter().map(|part| part.into_texts().finish()))?,
    };
    Ok(column.with_name(name).into_column())
}

/// The parts of a column, one behind the other, without copying them.
fn joined<C: Default + IntoSeries>(parts: impl Iterator<Item = C>) -> Result<Series, Fault> {
    let mut all = C::default().into_series();
    for part in parts {
        all.append_owned(part.into_series()).map_err(|error| internal(&error))?;
    }
    Ok(all)
}

/// Frames of several files, one behind the other. They have the same columns, in the same types.
pub(super) fn stack(all: &mut DataFrame, found: &Found, mut more: DataFrame) -> Result<(), Fault> {
    for column in all.columns() {
        let name = column.name().as_str();
        let other: DataType =
            more.column(name).map(|column| column.dtype().clone()).map_err(|error| internal(&error))?;
        if other != *column.dtype() {
            return Err(Fault::UnlikeFiles {
                file: found.name.clone(),
                column: name.to_owned(),
                found: other.to_string(),
                expected: column.dtype().to_string(),
            });
        }
    }
    let names: Vec<PlSmallStr> = all.columns().iter().map(|column| column.name().clone()).collect();
    more = more.select(names).map_err(|error| internal(&error))?;
    all.vstack_mut_owned(more).map_err(|error| internal(&error))?;
    Ok(())
}
