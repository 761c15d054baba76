//! A column of cells that each have a type of their own, on the way to one type for all.

use std::fmt::Write;

use polars::prelude::{
    ChunkedBuilder, Column, Int64Chunked, Int64Type, IntoColumn, PrimitiveChunkedBuilder, StringChunkedBuilder,
};

/// Cells to make room for at first.
const FIRST_CAPACITY: usize = 1024;

/// A growing column: integers as long as every cell is one or null, text from the first cell that is neither. What
/// came before is then written out in digits. A column without any value is text.
pub(super) struct Growing {
    name: String,
    /// The nulls before the first value.
    nulls: usize,
    integers: Option<PrimitiveChunkedBuilder<Int64Type>>,
    /// Holds the whole column as soon as it is there.
    text: Option<StringChunkedBuilder>,
    /// Where numbers are written before they are copied into the column.
    digits: String,
}

impl Growing {
    pub fn new(name: &str) -> Growing {
        Growing { name: name.to_owned(), nulls: 0, integers: None, text: None, digits: String::new() }
    }

    pub fn push_null(&mut self) {
        match (&mut self.text, &mut self.integers) {
            (Some(cells), _) => cells.append_null(),
            (None, Some(cells)) => cells.append_null(),
            (None, None) => self.nulls += 1,
        }
    }

    pub fn push_integer(&mut self, value: i64) {
        if let Some(cells) = &mut self.text {
            return append(cells, &mut self.digits, value);
        }
        let integers = self.integers.get_or_insert_with(|| {
            let room = FIRST_CAPACITY.max(self.nulls + 1);
            let mut cells = PrimitiveChunkedBuilder::new(self.name.as_str().into(), room);
            (0..self.nulls).for_each(|_| cells.append_null());
            cells
        });
        integers.append_value(value);
    }

    pub fn push_text(&mut self, text: &str) {
        self.text().append_value(text);
    }

    /// The shortest text that names the number, all digits written out: `0.1` comes as `0.1`.
    pub fn push_real(&mut self, value: f64) {
        let mut digits = std::mem::take(&mut self.digits);
        append(self.text(), &mut digits, value);
        self.digits = digits;
    }

    /// Bytes as lower-case hexadecimal digits.
    pub fn push_blob(&mut self, bytes: &[u8]) {
        self.text().append_value(hex::encode(bytes));
    }

    pub fn finish(mut self) -> Column {
        if let Some(cells) = self.integers.take() {
            return cells.finish().into_column();
        }
        self.text();
        let cells = self.text.unwrap_or_else(|| StringChunkedBuilder::new(self.name.as_str().into(), 0));
        cells.finish().into_column()
    }

    /// The column as text, which it becomes here unless it is.
    fn text(&mut self) -> &mut StringChunkedBuilder {
        self.text.get_or_insert_with(|| {
            let name = self.name.as_str();
            match self.integers.take() {
                Some(integers) => written_out(name, &integers.finish(), &mut self.digits),
                None => {
                    let mut cells = StringChunkedBuilder::new(name.into(), FIRST_CAPACITY.max(self.nulls));
                    (0..self.nulls).for_each(|_| cells.append_null());
                    cells
                }
            }
        })
    }
}

fn written_out(name: &str, integers: &Int64Chunked, digits: &mut String) -> StringChunkedBuilder {
    let mut cells = StringChunkedBuilder::new(name.into(), FIRST_CAPACITY.max(integers.len()));
    for value in integers.iter() {
        match value {
            Some(value) => append(&mut cells, digits, value),
            None => cells.append_null(),
        }
    }
    cells
}

fn append(cells: &mut StringChunkedBuilder, digits: &mut String, value: impl std::fmt::Display) {
    digits.clear();
    // Writing to a String cannot fail.
    let _ = write!(digits, "{value}");
    cells.append_value(&*digits);
}
