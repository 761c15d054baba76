//! Which rows belong to which subject, found by looking at every row for every subject.

use super::cells::{Row, Value, read_rows};
use super::evaluate::{Cells, holds};
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
    /// Those that count: of a document that stands twice on a summing side, only one.
    pub counted: Vec<Vec<&'b Row>>,
    /// The others.
    pub repeated: Vec<Vec<&'b Row>>,
}

/// One row as an expression over its own table sees it.
struct OneRow<'r> {
    side: &'r Side,
    row: &'r Row,
}

impl Cells for OneRow<'_> {
    fn cell(&self, column: Reference) -> Value {
        self.row.cells[self.side.place(column.column)].clone()
    }

    fn kind(&self, column: Reference) -> Kind {
        self.side.column(column.column).kind
    }
}

impl<'c> Books<'c> {
    pub fn read(case: &'c Case) -> Books<'c> {
        let kept = |side: &Side| {
            let Some(filter) = &side.filter else { return read_rows(side) };
            let read = filter.columns();
            let keep = |row: &Row| {
                let unreadable = read.iter().any(|column| row.unreadable.contains(&column.column));
                unreadable || holds(filter, &OneRow { side, row }) == Some(true)
            };
            read_rows(side).into_iter().filter(keep).collect()
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

/// Whether two rows of a summing side carry the same document's own key. A null in it is like nothing else.
fn is_same_document(side: &Side, one: &Row, other: &Row) -> bool {
    let same = |name: &&str| {
        let place = side.place(name);
        !one.cells[place].is_null() && one.cells[place] == other.cells[place]
    };
    !side.sum.is_empty() && !side.unique.is_empty() && side.unique.iter().all(same)
}

impl Row {
    pub fn text(&self) -> Vec<String> {
        self.cells.iter().map(Value::plain).collect()
    }
}

/// The currency of a money column in one row.
pub fn currency_of<'r>(side: &'r Side, column: &str, row: &'r Row) -> &'r str {
    match side.column(column).kind {
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

impl Cells for Subject<'_> {
    fn cell(&self, column: Reference) -> Value {
        let number = self.side_of(&column);
        let side = &self.books.case.sides[number];
        let scale = side.column(column.column).kind.scale();
        let counted = &self.counted[number];
        let Some(first) = counted.first() else {
            let zero = scale.filter(|_| side.absent_zero).map(|scale| Value::Figure(Figure::zero(scale)));
            return zero.unwrap_or(Value::Null);
        };
        if !side.sum.contains(&column.column) {
            return first.cells[side.place(column.column)].clone();
        }
        match sum(side, column.column, counted.iter().copied()) {
            None => Value::Null,
            Some(sum) if sum.length() > COLUMN_DIGITS => Value::Fault,
            Some(sum) => Value::Figure(sum),
        }
    }

    fn kind(&self, column: Reference) -> Kind {
        self.books.case.sides[self.side_of(&column)].column(column.column).kind
    }
}
