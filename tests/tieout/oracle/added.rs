//! What a side adds to its rows before anything is matched: signs, columns of another table, and computed ones.

use super::cells::{Row, Value, read_rows};
use super::evaluate::{Cells, evaluate, holds};
use super::figure::COLUMN_DIGITS;
use super::model::{Case, Column, Kind, Origin, Reference, Side};

/// What could not be said of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Several rows of the other table have its key.
    Ambiguous,
    /// It must be found in the other table, and is not.
    Missed,
    /// The cell for this column could not be read there, or its figure does not fit.
    Unreadable(&'static str),
}

/// One row as an expression over its own table sees it.
pub struct OneRow<'r> {
    pub side: &'r Side,
    pub row: &'r Row,
}

impl Cells for OneRow<'_> {
    fn cell(&self, column: Reference) -> Value {
        self.row.cells[self.side.place(column.column)].clone()
    }

    fn kind(&self, column: Reference) -> Kind {
        self.side.kind(column.column)
    }
}

/// A side's rows with every column it has.
pub fn rows(case: &Case, side: &Side) -> Vec<Row> {
    let others = read_rows(&case.other.columns, &case.other.rows);
    let mut rows = read_rows(&side.columns, &side.rows);
    for row in &mut rows {
        turn_signs(side, row);
        look_up(case, side, row, &others);
        derive(side, row);
    }
    rows
}

/// Every condition sees the row as its table states it.
fn turn_signs(side: &Side, row: &mut Row) {
    let stated = row.clone();
    let turned = |column: &Column| match &column.origin {
        Origin::Pulled { negate_when: Some(when), .. } => holds(when, &OneRow { side, row: &stated }) == Some(true),
        _ => false,
    };
    for (place, _) in side.columns.iter().enumerate().filter(|(_, column)| turned(column)) {
        if let Value::Figure(figure) = &stated.cells[place] {
            row.cells[place] = Value::Figure(figure.negated());
        }
    }
}

fn look_up(case: &Case, side: &Side, row: &mut Row, others: &[Row]) {
    let Some(lookup) = &side.lookup else { return };
    let own = row.cells[side.place(lookup.key.0)].clone();
    let place = |name: &str| case.other.columns.iter().position(|column| column.name == name).expect("it is taken");
    let theirs = place(lookup.key.1);
    let hits: Vec<&Row> = others.iter().filter(|other| !own.is_null() && other.cells[theirs] == own).collect();
    match hits.len() {
        0 => {
            row.is_unmatched = true;
            row.faults.extend(lookup.required.then_some(Fault::Missed));
        }
        1 => {}
        _ => row.faults.push(Fault::Ambiguous),
    }
    for column in &side.columns {
        let Origin::Taken(from) = column.origin else { continue };
        let value = match hits.as_slice() {
            [hit] => {
                row.faults.extend(hit.unreadable.contains(&from).then_some(Fault::Unreadable(column.name)));
                hit.cells[place(from)].clone()
            }
            _ => Value::Null,
        };
        row.cells.push(value);
    }
}

fn derive(side: &Side, row: &mut Row) {
    for column in &side.columns {
        let Origin::Derived(term) = &column.origin else { continue };
        let value = evaluate(term, &OneRow { side, row });
        let fits = match &value {
            Value::Fault => false,
            Value::Figure(figure) => figure.length() <= COLUMN_DIGITS,
            _ => true,
        };
        row.cells.push(if fits { value } else { Value::Null });
        row.faults.extend((!fits).then_some(Fault::Unreadable(column.name)));
    }
}

/// Some columns with all those that decide what is in them.
pub fn rests_on(side: &Side, mut names: Vec<&'static str>) -> Vec<&'static str> {
    let taken = |names: &[&str]| {
        side.columns.iter().any(|column| matches!(column.origin, Origin::Taken(_)) && names.contains(&column.name))
    };
    for column in side.columns.iter().rev().filter(|column| matches!(column.origin, Origin::Derived(_))) {
        if names.contains(&column.name) {
            names.extend(column.made_of());
        }
    }
    if let Some(lookup) = side.lookup.as_ref().filter(|lookup| lookup.required || taken(&names)) {
        names.push(lookup.key.0);
    }
    let signs = side.columns.iter().filter(|column| names.contains(&column.name)).flat_map(Column::made_of);
    let signs: Vec<&'static str> = signs.collect();
    [names, signs].concat()
}

impl Row {
    pub fn text(&self) -> Vec<String> {
        self.cells.iter().map(Value::plain).collect()
    }

    /// Whether one of some columns could not be said, or read, in this row.
    pub fn lacks(&self, side: &Side, names: &[&'static str]) -> bool {
        self.unreadable.iter().any(|name| names.contains(name))
            || self.faults.iter().any(|fault| fault.touches(side, names))
    }
}

impl Fault {
    pub fn touches(self, side: &Side, names: &[&'static str]) -> bool {
        match self {
            Fault::Unreadable(column) => names.contains(&column),
            Fault::Ambiguous | Fault::Missed => {
                let mut columns = side.columns.iter();
                columns.any(|column| matches!(column.origin, Origin::Taken(_)) && names.contains(&column.name))
            }
        }
    }
}
