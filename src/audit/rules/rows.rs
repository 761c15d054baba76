//! What every kind of rule does with a table: which rows count, what they add up to, and which are shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::StringChunked;
use rayon::prelude::*;

use crate::audit::amount::{Amount, Purse};
use crate::audit::breaks::SideRows;
use crate::audit::expression::{Cell, Decimals, Expression, Parameters, Shared, Vector, truth};
use crate::audit::judgement::{Context, SideTotals};
use crate::audit::matching::Kept;
use crate::audit::snapshot::{ColumnSpec, ColumnType, CurrencyOf, Table, UnreadableCell};
use crate::audit::value::Value;

/// The rows of `table` that a filter leaves. A row whose filter reads a cell that could not be read is kept: what is
/// unreadable must be told, not left out.
pub(super) fn kept(table: &Table, filter: Option<&Expression>, parameters: &Parameters) -> Kept {
    let mut kept = Kept::All(table.len() as u32);
    let Some(filter) = filter else { return kept };
    let mut keep = truth(&filter.evaluate(&table, parameters));
    let read = filter.columns().iter().map(|column| column.column.clone()).collect();
    let read = table.spec.with_signs(&read);
    for cell in table.unreadable.iter().filter(|cell| read.contains(&cell.column)) {
        keep[cell.row] = true;
    }
    kept.retain(|row| keep[row as usize]);
    kept
}

/// The cells that could not be read, of the columns a rule uses, by row.
pub(super) fn unreadable<'t>(table: &'t Table, used: &BTreeSet<String>) -> HashMap<u32, Vec<&'t UnreadableCell>> {
    let used = table.spec.with_signs(used);
    let mut cells: HashMap<u32, Vec<&UnreadableCell>> = HashMap::new();
    for cell in table.unreadable.iter().filter(|cell| used.contains(&cell.column)) {
        cells.entry(cell.row as u32).or_default().push(cell);
    }
    cells
}

/// Rows as evidence: all columns of the table, rows in the order of their cells so that the source's row order never
/// shows, at most `limit` of them.
pub(super) fn shown(side: &str, table: &Table, rows: &[u32], limit: usize) -> SideRows {
    let columns: Vec<String> = table.spec.columns.iter().map(|column| column.name.clone()).collect();
    let row_cells = |row: &u32| table.columns().iter().map(|vector| vector.value(*row as usize)).collect();
    let mut cells: Vec<Vec<Value>> = rows.iter().map(row_cells).collect();
    if cells.len() > 1 {
        cells.sort_by_cached_key(|row| row.iter().map(Value::to_string).collect::<Vec<_>>());
    }
    cells.truncate(limit);
    SideRows { side: side.to_owned(), table: table.spec.name.clone(), columns, total: rows.len() as u64, rows: cells }
}

/// The text by which rows of one key are ordered, whatever order the source gave them in.
pub(super) fn row_text(table: &Table, row: u32) -> Vec<String> {
    table.columns().iter().map(|column| column.value(row as usize).to_string()).collect()
}

/// The currency of each row of a money column, by its number in a list of the codes that occur: rows are compared and
/// added up by number, and a code is only written where somebody reads it.
#[derive(Clone, Debug)]
pub(super) struct Currencies {
    codes: Vec<String>,
    /// Absent where every row has the first code.
    rows: Option<Shared<u32>>,
}

impl Currencies {
    pub fn of(table: &Table, column: &str, context: &Context) -> Currencies {
        match table.spec.column(column).map(|column| &column.kind) {
            Some(ColumnType::Money { currency: CurrencyOf::Fixed(code), .. }) => Currencies::all(code),
            Some(ColumnType::Money { currency: CurrencyOf::Column(name), .. }) => match table.vector(name) {
                Vector::Text(codes) => Currencies::each(&codes, &context.currency),
                _ => Currencies::all(&context.currency),
            },
            _ => Currencies::all(&context.currency),
        }
    }

    fn all(code: &str) -> Currencies {
        Currencies { codes: vec![code.to_owned()], rows: None }
    }

    /// A null stands for the business's own currency.
    fn each(cells: &StringChunked, otherwise: &str) -> Currencies {
        let mut codes: Vec<String> = Vec::new();
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut latest: Option<(&str, u32)> = None;
        let mut number = |code| {
            if let Some((known, number)) = latest
                && known == code
            {
                return number;
            }
            let next = codes.len() as u32;
            let number = *numbers.entry(code).or_insert(next);
            if number == next {
                codes.push(code.to_owned());
            }
            latest = Some((code, number));
            number
        };
        let rows: Shared<u32> = cells.iter().map(|code| number(code.unwrap_or(otherwise))).collect();
        if codes.len() > 1 {
            return Currencies { codes, rows: Some(rows) };
        }
        Currencies::all(codes.first().map_or(otherwise, String::as_str))
    }

    pub fn at(&self, row: u32) -> &str {
        &self.codes[self.number(row)]
    }

    /// The code's place among those of the column: rows have one currency exactly where they have one number.
    pub fn number(&self, row: u32) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows[row as usize] as usize)
    }

    /// The codes that occur, by number.
    pub fn codes(&self) -> &[String] {
        &self.codes
    }

    /// The codes of some rows, in order.
    pub fn of_rows(&self, rows: &[u32]) -> BTreeSet<String> {
        rows.iter().map(|row| self.at(*row).to_owned()).collect()
    }
}

/// The decimals of a column that the rulebook has checked to be decimal.
pub(super) fn decimals(table: &Table, column: &str) -> Decimals {
    match table.vector(column) {
        Vector::Decimal(decimals) => decimals,
        _ => Decimals::uniform(0, table.len(), Cell::Null),
    }
}

/// The amount in one cell, where there is one.
pub(super) fn amount(decimals: &Decimals, row: u32) -> Option<Amount> {
    decimals.value(row as usize).map(|units| Amount::new(units, decimals.scale))
}

/// A side's control totals over the rows that count.
pub(super) fn totals(side: &str, table: &Table, rows: &Kept, distinct_keys: u64, context: &Context) -> SideTotals {
    let mut totals = SideTotals {
        side: side.to_owned(),
        table: table.spec.name.clone(),
        rows: table.len() as u64,
        judged: rows.len() as u64,
        distinct_keys,
        money: BTreeMap::new(),
        quantities: BTreeMap::new(),
        unsummed: Vec::new(),
        unmatched_lookups: BTreeMap::new(),
    };
    // What rows repeat would count once a row, and say nothing of the source.
    let own = table.spec.columns.par_iter().filter(|column| !column.header);
    let sums: Vec<(&String, Option<Sum>)> = own.filter_map(|column| sum(table, column, rows, context)).collect();
    for (name, sum) in sums {
        match sum {
            Some(Sum::Money(purse)) => drop(totals.money.insert(name.clone(), purse)),
            Some(Sum::Quantity(sum)) => drop(totals.quantities.insert(name.clone(), sum)),
            None => totals.unsummed.push(name.clone()),
        }
    }
    totals.unsummed.sort();
    totals
}

enum Sum {
    Money(Purse),
    Quantity(Amount),
}

/// What a column of money or quantities adds up to; the inner `None` where that does not fit.
fn sum<'t>(table: &Table, column: &'t ColumnSpec, rows: &Kept, context: &Context) -> Option<(&'t String, Option<Sum>)> {
    let name = &column.name;
    let sum = match column.kind {
        ColumnType::Money { .. } => sum_money(table, name, rows, context).map(Sum::Money),
        ColumnType::Quantity { .. } => {
            let cells = decimals(table, name);
            let all = add_up(&cells, rows, 1, |_| 0);
            all.map(|all| Sum::Quantity(Amount::new(all[0].unwrap_or_default(), cells.scale)))
        }
        _ => return None,
    };
    Some((name, sum))
}

/// The sum of a money column per currency; `None` when one does not fit.
fn sum_money(table: &Table, column: &str, rows: &Kept, context: &Context) -> Option<Purse> {
    let cells = decimals(table, column);
    let currencies = Currencies::of(table, column, context);
    let sums = add_up(&cells, rows, currencies.codes().len(), |row| currencies.number(row))?;
    let sums = currencies.codes().iter().zip(sums);
    Some(Purse(sums.filter_map(|(code, sum)| Some((code.clone(), Amount::new(sum?, cells.scale)))).collect()))
}

/// The sums of a column's figures by the number that `bin` gives each row, `None` for a bin without a figure; nothing
/// where one does not fit.
fn add_up(cells: &Decimals, rows: &Kept, bins: usize, bin: impl Fn(u32) -> usize) -> Option<Vec<Option<i128>>> {
    let mut sums: Vec<Option<crate::audit::sum::Sum>> = vec![None; bins];
    for row in rows.iter() {
        if let Some(units) = cells.value(row as usize) {
            sums[bin(row)].get_or_insert_default().add(units);
        }
    }
    sums.into_iter().map(|sum| sum.map_or(Some(None), |sum| sum.units().map(Some))).collect()
}

/// Adds one partition's totals to another's.
pub(super) fn add_totals(known: &mut SideTotals, more: SideTotals) {
    known.rows += more.rows;
    known.judged += more.judged;
    known.distinct_keys += more.distinct_keys;
    for (table, rows) in more.unmatched_lookups {
        *known.unmatched_lookups.entry(table).or_insert(0) += rows;
    }
    for (column, purse) in more.money {
        let held = known.money.entry(column.clone()).or_default();
        let fits = purse.iter().all(|(currency, amount)| held.add(currency, amount));
        if !fits {
            known.money.remove(&column);
            known.unsummed.push(column);
        }
    }
    for (column, amount) in more.quantities {
        let held = known.quantities.get(&column).copied().unwrap_or_default();
        match held.checked_add(amount) {
            Some(sum) => drop(known.quantities.insert(column, sum)),
            None => {
                known.quantities.remove(&column);
                known.unsummed.push(column);
            }
        }
    }
    known.unsummed.extend(more.unsummed);
    known.unsummed.sort();
    known.unsummed.dedup();
    let unsummed = known.unsummed.clone();
    known.money.retain(|column, _| !unsummed.contains(column));
    known.quantities.retain(|column, _| !unsummed.contains(column));
}
