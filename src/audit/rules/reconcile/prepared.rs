//! A side's table with all the columns the side adds to it, ready to be filtered and matched.
//!
//! The order is the rulebook's: columns looked up in other tables, quantities in base units, derived columns, money in
//! another currency. What cannot be said of one row is kept beside the table until the row's subject is known. A side
//! that adds nothing borrows its table as it was pulled.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::super::{Tables, rows};
use super::{exchange, looked_up, measures};
use crate::audit::expression::{Cell, Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::Kept;
use crate::audit::rulebook::{Derived, Reconcile, Side};
use crate::audit::snapshot::{ColumnSpec, Table};

/// A side's table as its checks read it.
pub(super) struct Prepared<'t> {
    pub table: Cow<'t, Table>,
    /// In the order in which they were found.
    pub faults: Vec<RowFault>,
    /// By lookup: the table it looks in, and the rows that found nothing, rising.
    pub looked_in: Vec<(&'t Table, Vec<u32>)>,
}

/// What could not be said of one row. Indexes are those of the side's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowFault {
    pub row: u32,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum What {
    /// Several rows of the other table have the row's key.
    Ambiguous {
        lookup: usize,
        hits: u32,
    },
    /// A required lookup found nothing.
    Missed {
        lookup: usize,
    },
    /// A taken cell of that row of the other table could not be read.
    UnreadableThere {
        lookup: usize,
        taken: usize,
        row: u32,
    },
    /// No one factor turns the row's unit into the item's base unit.
    NoFactor {
        measured: usize,
    },
    /// The figure in base units does not fit.
    TooLarge {
        measured: usize,
    },
    /// The derived figure does not fit, or there is none.
    NoFigure {
        derived: usize,
    },
    NoRate {
        conversion: usize,
    },
    /// The last rate on or before the day is said twice, and differently.
    TwoRates {
        conversion: usize,
    },
    /// The converted figure does not fit.
    Overflow {
        conversion: usize,
    },
}

impl What {
    /// Whether it leaves a column of `used` without a value.
    pub fn touches(self, side: &Side, used: &BTreeSet<String>) -> bool {
        let added = &side.added;
        match self {
            What::Ambiguous { lookup, .. } | What::Missed { lookup } => {
                added.lookups[lookup].take.iter().any(|column| used.contains(&column.name))
            }
            What::UnreadableThere { lookup, taken, .. } => used.contains(&added.lookups[lookup].take[taken].name),
            What::NoFactor { measured } | What::TooLarge { measured } => {
                used.contains(&added.measured[measured].column.name)
            }
            What::NoFigure { derived } => used.contains(&added.derived[derived].column.name),
            What::NoRate { conversion } | What::TwoRates { conversion } | What::Overflow { conversion } => {
                let conversion = &added.conversions[conversion];
                used.contains(&conversion.column.name) || used.contains(&conversion.rate.name)
            }
        }
    }
}

/// Prepares the tables of all sides side by side; they are answered in side order.
pub(super) fn prepare<'t>(settings: &Reconcile, context: &Context, tables: &'t Tables) -> Vec<Prepared<'t>> {
    settings.sides.par_iter().map(|side| Prepared::of(settings, side, context, tables)).collect()
}

impl<'t> Prepared<'t> {
    fn of(settings: &Reconcile, side: &Side, context: &Context, tables: &'t Tables) -> Prepared<'t> {
        let pulled = &tables[&side.table];
        let mut prepared = Prepared { table: Cow::Borrowed(pulled), faults: Vec::new(), looked_in: Vec::new() };
        if side.added.is_empty() {
            return prepared;
        }
        for (index, lookup) in side.added.lookups.iter().enumerate() {
            looked_up::add(&mut prepared, index, lookup, &tables[&lookup.table]);
        }
        if let Some(units) = settings.units.as_ref().filter(|_| !side.added.measured.is_empty()) {
            measures::convert(&mut prepared, &side.added.measured, units, &tables[&units.table]);
        }
        for (index, derived) in side.added.derived.iter().enumerate() {
            prepared.derive(index, derived, context);
        }
        if let Some(rates) = settings.rates.as_ref().filter(|_| !side.added.conversions.is_empty()) {
            let table = &tables[&rates.table];
            for (index, conversion) in side.added.conversions.iter().enumerate() {
                exchange::convert(&mut prepared, index, conversion, rates, table, context);
            }
        }
        prepared
    }

    fn derive(&mut self, index: usize, derived: &Derived, context: &Context) {
        let cells = derived.expression.evaluate(&self.table.as_ref(), &context.parameters);
        self.add(derived.column.clone(), cells, What::NoFigure { derived: index });
    }

    /// Adds a column, or puts it in the place of the one of its name. A figure that does not fit becomes null, and a
    /// fault of its row.
    pub fn add(&mut self, column: ColumnSpec, cells: Vector, unfit: What) {
        let cells = match cells {
            Vector::Decimal(figures) => {
                let rows = unfit_rows(&figures);
                self.faults.extend(rows.iter().map(|row| RowFault { row: *row, what: unfit }));
                Vector::Decimal(without(figures, &rows))
            }
            other => other,
        };
        self.table = Cow::Owned(self.table.clone().into_owned().with_column(column, cells));
    }

    /// The rows that the side's filter leaves. A row whose filter reads what could not be said of it is kept: it must
    /// be told, not left out.
    pub fn kept(&self, side: &Side, context: &Context) -> Kept {
        let kept = rows::kept(&self.table, side.filter.as_ref(), &context.parameters);
        let Some(filter) = side.filter.as_ref().filter(|_| !side.added.is_empty()) else { return kept };
        let mut read: BTreeSet<String> = filter.columns().iter().map(|column| column.column.clone()).collect();
        side.added.close(&mut read);
        let read = self.table.spec.with_signs(&read);
        let unsaid = self.faults.iter().filter(|fault| fault.what.touches(side, &read)).map(|fault| fault.row);
        let unreadable = self.table.unreadable.iter().filter(|cell| read.contains(&cell.column));
        let unsaid: BTreeSet<u32> = unsaid.chain(unreadable.map(|cell| cell.row as u32)).collect();
        if unsaid.is_empty() {
            return kept;
        }
        let mut left = kept.iter().peekable();
        let mut all = Kept::All(self.table.len() as u32);
        all.retain(|row| left.next_if_eq(&row).is_some() || unsaid.contains(&row));
        all
    }

    /// The faults of each row that has some.
    pub fn by_row(&self) -> HashMap<u32, Vec<What>> {
        let mut rows: HashMap<u32, Vec<What>> = HashMap::new();
        for fault in &self.faults {
            rows.entry(fault.row).or_default().push(fault.what);
        }
        rows
    }

    /// The text of a taken cell that could not be read in the table that `lookup` looks in.
    pub fn unreadable_there(&self, lookup: usize, column: &str, row: u32) -> Option<&str> {
        let mut cells = self.looked_in[lookup].0.unreadable.iter();
        cells.find(|cell| cell.row == row as usize && cell.column == column).map(|cell| cell.text.as_str())
    }

    /// How many of `kept` found nothing, by the name of the table they looked in.
    pub fn unmatched(&self, side: &Side, kept: &Kept) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (lookup, (_, misses)) in side.added.lookups.iter().zip(&self.looked_in) {
            let mut missed = misses.iter().peekable();
            let found_nothing = |row: &u32| {
                while missed.next_if(|missed| *missed < row).is_some() {}
                missed.next_if_eq(&row).is_some()
            };
            let count = if misses.is_empty() { 0 } else { kept.iter().filter(found_nothing).count() as u64 };
            if count > 0 {
                *counts.entry(lookup.table.clone()).or_insert(0) += count;
            }
        }
        counts
    }
}

/// The rows of a column whose figure is a fault, or has more than 38 digits.
fn unfit_rows(figures: &Decimals) -> Vec<u32> {
    const LIMIT: u128 = 10u128.pow(38);
    if figures.plain().is_some() {
        return Vec::new();
    }
    let unfit = |(_, (units, state)): &(usize, (i128, Cell))| *state == Cell::Fault || units.unsigned_abs() >= LIMIT;
    figures.iter().enumerate().filter(unfit).map(|(row, _)| row as u32).collect()
}

/// The column with nulls in some rows, which rise.
fn without(figures: Decimals, rows: &[u32]) -> Decimals {
    if rows.is_empty() {
        return figures;
    }
    let cell = |(row, cell)| if rows.binary_search(&(row as u32)).is_ok() { (0, Cell::Null) } else { cell };
    Decimals::new(figures.scale, figures.iter().enumerate().map(cell))
}
