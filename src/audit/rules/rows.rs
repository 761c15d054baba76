//! What every kind of rule does with a table: which rows count, what they add up to, and which are shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::audit::amount::{Amount, Purse};
use crate::audit::breaks::SideRows;
use crate::audit::expression::{Cell, Decimals, Expression, Parameters, Vector, truth};
use crate::audit::judgement::{Context, SideTotals};
use crate::audit::snapshot::{ColumnType, CurrencyOf, Table, UnreadableCell};
use crate::audit::value::Value;

/// The rows of `table` that a filter leaves. A row whose filter reads a cell that could not be read is kept: what is
/// unreadable must be told, not left out.
pub(super) fn kept(table: &Table, filter: Option<&Expression>, parameters: &Parameters) -> Vec<u32> {
    let height = table.frame.height();
    let Some(filter) = filter else { return (0..height as u32).collect() };
    let mut keep = truth(&filter.evaluate(&table, parameters));
    for cell in &table.unreadable {
        if filter.columns().iter().any(|column| column.column == cell.column) {
            keep[cell.row] = true;
        }
    }
    (0..height as u32).filter(|row| keep[*row as usize]).collect()
}

/// The cells that could not be read, of the columns a rule uses, by row.
pub(super) fn unreadable<'t>(table: &'t Table, used: &BTreeSet<String>) -> HashMap<u32, Vec<&'t UnreadableCell>> {
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
    let vectors: Vec<Vector> = columns.iter().map(|column| table.vector(column)).collect();
    let mut cells: Vec<Vec<Value>> =
        rows.iter().map(|row| vectors.iter().map(|vector| vector.value(*row as usize)).collect()).collect();
    cells.sort_by_cached_key(|row| row.iter().map(Value::to_string).collect::<Vec<_>>());
    cells.truncate(limit);
    SideRows { side: side.to_owned(), table: table.spec.name.clone(), columns, total: rows.len() as u64, rows: cells }
}

/// The text by which rows of one key are ordered, whatever order the source gave them in.
pub(super) fn row_text(table: &Table, row: u32) -> Vec<String> {
    table.spec.columns.iter().map(|column| table.value(&column.name, row as usize).to_string()).collect()
}

/// The currency of each row of a money column.
pub(super) enum Currencies {
    All(String),
    Each { column: Vector, otherwise: String },
}

impl Currencies {
    pub fn of(table: &Table, column: &str, context: &Context) -> Currencies {
        let kind = table.spec.column(column).map(|column| &column.kind);
        match kind {
            Some(ColumnType::Money { currency: CurrencyOf::Fixed(code), .. }) => Currencies::All(code.clone()),
            Some(ColumnType::Money { currency: CurrencyOf::Column(name), .. }) => {
                Currencies::Each { column: table.vector(name), otherwise: context.currency.clone() }
            }
            _ => Currencies::All(context.currency.clone()),
        }
    }

    pub fn at(&self, row: u32) -> String {
        match self {
            Currencies::All(code) => code.clone(),
            Currencies::Each { column, otherwise } => match column.value(row as usize) {
                Value::Text(code) => code,
                _ => otherwise.clone(),
            },
        }
    }
}

/// The decimals of a column that the rulebook has checked to be decimal.
pub(super) fn decimals(table: &Table, column: &str) -> Decimals {
    match table.vector(column) {
        Vector::Decimal(decimals) => decimals,
        _ => Decimals { scale: 0, units: vec![0; table.frame.height()], state: vec![Cell::Null; table.frame.height()] },
    }
}

/// The amount in one cell, where there is one.
pub(super) fn amount(decimals: &Decimals, row: u32) -> Option<Amount> {
    let row = row as usize;
    (decimals.state[row] == Cell::Value).then(|| Amount::new(decimals.units[row], decimals.scale))
}

/// A side's control totals over the rows that count.
pub(super) fn totals(side: &str, table: &Table, rows: &[u32], distinct_keys: u64, context: &Context) -> SideTotals {
    let mut totals = SideTotals {
        side: side.to_owned(),
        table: table.spec.name.clone(),
        rows: table.frame.height() as u64,
        judged: rows.len() as u64,
        distinct_keys,
        money: BTreeMap::new(),
        quantities: BTreeMap::new(),
        unsummed: Vec::new(),
    };
    for column in &table.spec.columns {
        let name = &column.name;
        let fits = match column.kind {
            ColumnType::Money { .. } => {
                sum_money(table, name, rows, context).map(|purse| totals.money.insert(name.clone(), purse)).is_some()
            }
            ColumnType::Quantity { .. } => {
                let cells = decimals(table, name);
                let mut present = rows.iter().filter_map(|row| amount(&cells, *row));
                let sum = present.try_fold(Amount::new(0, cells.scale), Amount::checked_add);
                sum.map(|sum| totals.quantities.insert(name.clone(), sum)).is_some()
            }
            _ => continue,
        };
        if !fits {
            totals.unsummed.push(name.clone());
        }
    }
    totals
}

/// The sum of a money column per currency; `None` when one does not fit.
fn sum_money(table: &Table, column: &str, rows: &[u32], context: &Context) -> Option<Purse> {
    let cells = decimals(table, column);
    let currencies = Currencies::of(table, column, context);
    let mut purse = Purse::default();
    for row in rows {
        if let Some(amount) = amount(&cells, *row)
            && !purse.add(&currencies.at(*row), amount)
        {
            return None;
        }
    }
    Some(purse)
}

/// Adds one partition's totals to another's.
pub(super) fn add_totals(known: &mut SideTotals, more: SideTotals) {
    known.rows += more.rows;
    known.judged += more.judged;
    known.distinct_keys += more.distinct_keys;
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
