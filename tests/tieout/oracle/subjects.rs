//! Which rows belong to which subject, found by looking at every row for every subject.

use super::added::{self, OneRow, rests_on};
use super::cells::{Row, Value};
use super::evaluate::{Cells, holds, order};
use super::figure::{COLUMN_DIGITS, Figure};
use super::model::{CURRENCY, Case, Currency, Kind, Reference, Side};

/// A case with its rows read.
pub struct Books<'c> {
    pub case: &'c Case,
    /// The rows that each side's filter leaves, in side order.
    pub kept: Vec<Vec<Row>>,
}

/// The rows of one key on every side.
pub struct Subject<'b> {
    pub books: &'b Books<'b>,
    pub key: Vec<Value>,
    /// In side order: all rows of the key.
    pub rows: Vec<Vec<&'b Row>>,
    /// Those that count: of a document that stands twice on a side that takes rows together, only one.
    pub counted: Vec<Vec<&'b Row>>,
    /// The others.
    pub repeated: Vec<Vec<&'b Row>>,
}

impl<'c> Books<'c> {
    pub fn read(case: &'c Case) -> Books<'c> {
        let kept = |side: &Side| {
            let rows = added::rows(case, side);
            let Some(filter) = &side.filter else { return rows };
            let read = rests_on(side, filter.columns().iter().map(|column| column.column).collect());
            // What could not be read must be told, and not left out.
            let keep = |row: &Row| row.lacks(side, &read) || holds(filter, &OneRow { side, row }) == Some(true);
            rows.into_iter().filter(keep).collect()
        };
        Books { case, kept: case.sides.iter().map(kept).collect() }
    }

    /// The values of a row's key; `None` where a part of it is null.
    fn key(&self, side: usize, row: &Row) -> Option<Vec<Value>> {
        let settings = &self.case.sides[side];
        let key: Vec<Value> = settings.key.iter().map(|name| row.cells[settings.place(name)].clone()).collect();
        (!key.iter().any(Value::is_null)).then_some(key)
    }

    pub fn keyless(&self, side: usize) -> usize {
        self.kept[side].iter().filter(|row| self.key(side, row).is_none()).count()
    }

    pub fn subjects(&'c self) -> Vec<Subject<'c>> {
        let mut keys: Vec<Vec<Value>> = Vec::new();
        for side in 0..self.kept.len() {
            for key in self.kept[side].iter().filter_map(|row| self.key(side, row)) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys.into_iter().map(|key| self.subject(key)).collect()
    }

    fn subject(&'c self, key: Vec<Value>) -> Subject<'c> {
        let mut subject = Subject { books: self, key, rows: Vec::new(), counted: Vec::new(), repeated: Vec::new() };
        for (number, side) in self.case.sides.iter().enumerate() {
            let of_key = |row: &&Row| self.key(number, row).as_ref() == Some(&subject.key);
            let mut rows: Vec<&Row> = self.kept[number].iter().filter(of_key).collect();
            rows.sort_by_key(|row| row.text());
            let (mut counted, mut repeated): (Vec<&Row>, Vec<&Row>) = (Vec::new(), Vec::new());
            for row in &rows {
                let again = counted.iter().any(|known| is_same_document(side, known, row));
                if again { repeated.push(row) } else { counted.push(row) }
            }
            subject.rows.push(rows);
            subject.counted.push(counted);
            subject.repeated.push(repeated);
        }
        subject
    }
}

/// Whether two rows of a side that takes rows together carry the same document's own key. A null in it is like nothing else.
fn is_same_document(side: &Side, one: &Row, other: &Row) -> bool {
    let same = |name: &&str| {
        let place = side.place(name);
        !one.cells[place].is_null() && one.cells[place] == other.cells[place]
    };
    side.gathers() && !side.unique.is_empty() && side.unique.iter().all(same)
}

/// The currency of a money column in one row.
pub fn currency_of<'r>(side: &'r Side, column: &str, row: &'r Row) -> &'r str {
    match side.kind(column) {
        Kind::Money { currency: Currency::Fixed(code), .. } => code,
        Kind::Money { currency: Currency::Column(name), .. } => match &row.cells[side.place(name)] {
            Value::Text(code) => code,
            _ => CURRENCY,
        },
        _ => CURRENCY,
    }
}

/// The exact sum of a column's figures in some rows; `None` without a figure.
pub fn sum<'r>(side: &Side, column: &str, rows: impl IntoIterator<Item = &'r Row>) -> Option<Figure> {
    let place = side.place(column);
    rows.into_iter().filter_map(|row| row.cells[place].figure().cloned()).reduce(|sum, figure| sum.plus(&figure))
}

impl Subject<'_> {
    pub fn canonical(&self) -> String {
        let parts: Vec<String> = self.key.iter().map(Value::canonical).collect();
        format!("[{}]", parts.join(","))
    }

    /// Whether a check may read the side: it has rows, or their absence counts as zero.
    pub fn is_readable(&self, side: usize) -> bool {
        !self.rows[side].is_empty() || self.books.case.sides[side].absent_zero
    }

    pub fn side_of(&self, column: &Reference) -> usize {
        let place = self.books.case.sides.iter().position(|side| Some(side.name) == column.side);
        place.expect("a case names its own sides")
    }

    pub fn sides_of(&self, columns: &[Reference]) -> Vec<usize> {
        columns.iter().map(|column| self.side_of(column)).collect()
    }
}

impl<'b> Subject<'b> {
    /// The earliest row by the table's date, undated ones last, then by its text.
    fn first_row(&self, number: usize) -> Option<&'b Row> {
        let side = &self.books.case.sides[number];
        let date = |row: &Row| {
            let day = side.date.map(|date| row.cells[side.place(date)].clone());
            let day = match day {
                Some(Value::Date(day)) => Some(day),
                _ => None,
            };
            (day.is_none(), day)
        };
        self.counted[number].iter().copied().min_by_key(|row| (date(row), row.text()))
    }

    /// The rows whose currency is that of a money column's figure.
    pub fn priced(&self, column: &Reference) -> Vec<&'b Row> {
        let number = self.side_of(column);
        if self.books.case.sides[number].first.contains(&column.column) {
            return self.first_row(number).into_iter().collect();
        }
        self.counted[number].clone()
    }

    /// The least or, reversed, the largest value of a column.
    fn extreme(&self, number: usize, place: usize, reversed: bool) -> Value {
        let values = self.counted[number].iter().map(|row| &row.cells[place]).filter(|value| !value.is_null());
        let better =
            |one, other| order(other, one).is_some_and(|order| if reversed { order.is_gt() } else { order.is_lt() });
        values.reduce(|best, next| if better(best, next) { next } else { best }).cloned().unwrap_or(Value::Null)
    }
}

impl Cells for Subject<'_> {
    fn cell(&self, column: Reference) -> Value {
        let number = self.side_of(&column);
        let side = &self.books.case.sides[number];
        let (name, counted) = (column.column, &self.counted[number]);
        if side.count == Some(name) {
            return Value::Figure(Figure::whole(counted.len()));
        }
        let Some(any) = counted.first() else {
            let scale = side.kind(name).scale().filter(|_| side.absent_zero);
            return scale.map_or(Value::Null, |scale| Value::Figure(Figure::zero(scale)));
        };
        let place = side.place(name);
        if side.min.contains(&name) || side.max.contains(&name) {
            return self.extreme(number, place, side.max.contains(&name));
        }
        if side.first.contains(&name) {
            return self.first_row(number).map_or(Value::Null, |row| row.cells[place].clone());
        }
        if !side.sum.contains(&name) {
            return any.cells[place].clone();
        }
        match sum(side, name, counted.iter().copied()) {
            None => Value::Null,
            Some(sum) if sum.length() > COLUMN_DIGITS => Value::Fault,
            Some(sum) => Value::Figure(sum),
        }
    }

    fn kind(&self, column: Reference) -> Kind {
        self.books.case.sides[self.side_of(&column)].kind(column.column)
    }
}
