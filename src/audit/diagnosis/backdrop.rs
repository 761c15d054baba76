//! What all rows look like, broken or not: how often values occur, and which rows belong to no subject.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::aids::Aids;
use crate::audit::expression::Vector;
use crate::audit::matching::Kept;
use crate::audit::rulebook::{Reconcile, Side};
use crate::audit::rules::Tables;
use crate::audit::snapshot::{ColumnType, CurrencyOf, Table, TableSpec};
use crate::audit::value::Value;

/// A column with more different values than this groups nothing: its values are not counted.
const VALUES: usize = 1_024;
/// Rows without a key that are looked through for lost links, per side.
const KEYLESS: usize = 20_000;

/// Gathered partition by partition; what comes of it does not depend on how the rows were divided.
#[derive(Debug, Default)]
pub(crate) struct Backdrop {
    sides: Vec<SideBackdrop>,
    aids: Option<Aids>,
}

#[derive(Debug)]
struct SideBackdrop {
    spec: TableSpec,
    rows: u64,
    /// By column, the values of the rows that count; nothing for a column of too many.
    counts: HashMap<String, Option<HashMap<Value, u64>>>,
    keyless: Vec<Vec<Value>>,
}

impl Backdrop {
    /// Takes note of one side's rows in one partition. Sides come in their order. `keyless` are the rows without a key.
    pub fn add(&mut self, index: usize, side: &Side, table: &Table, kept: &Kept, keyless: &[u32]) {
        let counted = table.spec.columns.par_iter().zip(table.columns()).filter_map(|(column, cells)| {
            let groups =
                matches!(column.kind, ColumnType::Text | ColumnType::Date) && !numbers(&table.spec, side, &column.name);
            groups.then(|| (column.name.clone(), count(cells, kept)))
        });
        let counts: HashMap<String, Option<HashMap<Value, u64>>> = counted.collect();
        let cells = |row: &u32| table.columns().iter().map(|cells| cells.value(*row as usize)).collect();
        let keyless = keyless.iter().take(KEYLESS + 1).map(cells);
        match self.sides.get_mut(index) {
            None => self.sides.push(SideBackdrop {
                spec: table.spec.clone(),
                rows: kept.len() as u64,
                counts,
                keyless: keyless.collect(),
            }),
            Some(known) => {
                known.rows += kept.len() as u64;
                known.keyless.extend(keyless);
                for (column, more) in counts {
                    let held = known.counts.entry(column).or_default();
                    *held = held.take().zip(more).and_then(|(held, more)| united(held, more));
                }
            }
        }
    }

    /// Takes note of the tables that the rule converts by; they are whole in every partition.
    pub fn add_aids(&mut self, settings: &Reconcile, tables: &Tables) {
        self.aids.get_or_insert_with(|| Aids::of(settings, tables));
    }

    pub(super) fn aids(&self) -> Option<&Aids> {
        self.aids.as_ref()
    }

    pub fn spec(&self, side: usize) -> Option<&TableSpec> {
        self.sides.get(side).map(|side| &side.spec)
    }

    /// The rows of a side without a key, with the cells of its table's columns; nothing where there are more than are
    /// looked through, because then none of them is known to be the only one.
    pub fn keyless(&self, side: usize) -> &[Vec<Value>] {
        self.sides.get(side).map(|side| &side.keyless[..]).filter(|rows| rows.len() <= KEYLESS).unwrap_or_default()
    }

    /// The columns of a side whose values group its rows, in the table's order.
    pub fn groupings(&self, side: usize) -> impl Iterator<Item = &str> {
        let side = self.sides.get(side);
        side.into_iter().flat_map(|side| {
            let groups = |name: &&str| side.counts.get(*name).is_some_and(Option::is_some);
            side.spec.columns.iter().map(|column| column.name.as_str()).filter(groups)
        })
    }

    /// How many of a side's rows have a value in a column, and how many there are.
    pub fn share(&self, side: usize, column: &str, value: &Value) -> Option<(u64, u64)> {
        let side = self.sides.get(side)?;
        Some((side.counts.get(column)?.as_ref()?.get(value).copied().unwrap_or_default(), side.rows))
    }

    /// Whether a column says in which currency another one is, on any side.
    pub fn is_currency(&self, column: &str) -> bool {
        let mut columns = self.sides.iter().flat_map(|side| &side.spec.columns);
        columns.any(|known| {
            matches!(&known.kind, ColumnType::Money { currency: CurrencyOf::Column(name), .. } if name == column)
        })
    }
}

/// Whether a column alone numbers the side's rows, so that counting its values would say nothing.
fn numbers(spec: &TableSpec, side: &Side, column: &str) -> bool {
    [&spec.unique, &side.key].into_iter().any(|key| matches!(&key[..], [only] if only == column))
}

fn united(mut held: HashMap<Value, u64>, more: HashMap<Value, u64>) -> Option<HashMap<Value, u64>> {
    for (value, rows) in more {
        *held.entry(value).or_default() += rows;
    }
    (held.len() <= VALUES).then_some(held)
}

fn count(cells: &Vector, kept: &Kept) -> Option<HashMap<Value, u64>> {
    match cells {
        Vector::Text(texts) => {
            let counts = match kept {
                Kept::All(_) => tally(texts.iter())?,
                Kept::Some(rows) => tally(rows.iter().map(|row| texts.get(*row as usize)))?,
            };
            Some(counts.into_iter().map(|(text, rows)| (Value::Text(text.to_owned()), rows)).collect())
        }
        Vector::Date(_) => {
            let days = tally(kept.iter().map(|row| match cells {
                Vector::Date(days) => days[row as usize],
                _ => None,
            }))?;
            let day = |days: i32| crate::audit::snapshot::day_at(days).map(Value::Date);
            Some(days.into_iter().filter_map(|(days, rows)| Some((day(days)?, rows))).collect())
        }
        _ => None,
    }
}

/// How often each cell occurs; nothing once there are too many different ones. Neighbours are often alike.
fn tally<T: Copy + Eq + Hash>(cells: impl Iterator<Item = Option<T>>) -> Option<HashMap<T, u64, FixedState>> {
    let mut counts: HashMap<T, u64, FixedState> = HashMap::with_hasher(FixedState::default());
    let mut run: Option<(T, u64)> = None;
    let mut close = |run: Option<(T, u64)>| {
        let Some((cell, rows)) = run else { return true };
        *counts.entry(cell).or_default() += rows;
        counts.len() <= VALUES
    };
    for cell in cells.flatten() {
        match &mut run {
            Some((known, rows)) if *known == cell => *rows += 1,
            _ => {
                if !close(run.replace((cell, 1))) {
                    return None;
                }
            }
        }
    }
    close(run).then_some(counts)
}
