//! A rule's sides, made ready once for all batches: what every subject's judging looks up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::rows::{self, Currencies};
use super::groups::columns_of;
use super::prepared::{Prepared, What};
use super::settling::Settling;
use super::window::Inside;
use crate::audit::expression::{ColumnRef, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::Keyed;
use crate::audit::rulebook::{Reconcile, Side};
use crate::audit::snapshot::{ColumnType, Table, UnreadableCell};
use crate::audit::swing::History;

pub(super) struct Sides<'a> {
    pub settings: &'a Reconcile,
    pub context: &'a Context,
    /// In side order, as are all the lists below.
    pub prepared: &'a [Prepared<'a>],
    pub tables: Vec<&'a Table>,
    /// The rows that the side's filter leaves, and their keys.
    pub keyed: Vec<Keyed>,
    /// The document's own key, on sides that take several documents together.
    pub documents: Vec<Option<Vec<Vector>>>,
    /// By row, the cells that could not be read and that the rule's meaning rests on.
    pub unreadable: Vec<HashMap<u32, Vec<&'a UnreadableCell>>>,
    /// By row, what could not be said of it while its side was prepared.
    pub faults: Vec<HashMap<u32, Vec<What>>>,
    /// The columns that the rule's meaning rests on.
    pub used: Vec<BTreeSet<String>>,
    /// The rule's scope in time, where it has one.
    pub inside: Option<Inside>,
    /// Which rows are too young to count, where the rule asks.
    pub settling: Option<Settling>,
    /// For each assertion of a validity rule that looks for rows elsewhere, whether each row finds one.
    pub found: Vec<Option<Vec<bool>>>,
    /// What earlier runs found of the groups, where any did.
    pub past: Option<&'a History>,
    /// The column that says what a side's rows are worth, where it has money.
    pub worth: Vec<Option<String>>,
    currencies: BTreeMap<(usize, String), Currencies>,
}

impl<'a> Sides<'a> {
    pub fn new(settings: &'a Reconcile, context: &'a Context, prepared: &'a [Prepared<'a>]) -> Self {
        let tables: Vec<&Table> = prepared.iter().map(|prepared| prepared.table.as_ref()).collect();
        let both = || settings.sides.iter().zip(&tables);
        let keyed = both().zip(prepared).map(|((side, table), prepared)| Keyed {
            rows: prepared.kept(side, context),
            parts: side.key.iter().map(|column| table.vector(column)).collect(),
        });
        let documents = both().map(|(side, table)| {
            let unique = &table.spec.unique;
            let gathering = side.gathers() && !unique.is_empty();
            gathering.then(|| unique.iter().map(|column| table.vector(column)).collect())
        });
        let used: Vec<BTreeSet<String>> = both().map(|(side, table)| used(settings, side, table)).collect();
        let unreadable = tables.iter().zip(&used).map(|(table, used)| rows::unreadable(table, used));
        let worth: Vec<Option<String>> = both().map(|(side, table)| money_column(settings, side, table)).collect();
        let mut sides = Sides {
            settings,
            context,
            keyed: keyed.collect(),
            documents: documents.collect(),
            unreadable: unreadable.collect(),
            faults: prepared.iter().map(Prepared::by_row).collect(),
            inside: settings.window.as_ref().map(|window| Inside::new(window, &tables, context)),
            settling: settings.settled.as_ref().map(|settled| Settling::new(settled, settings, &tables, context)),
            prepared,
            found: Vec::new(),
            past: None,
            used,
            tables: tables.clone(),
            worth,
            currencies: BTreeMap::new(),
        };
        sides.currencies = sides.money_columns();
        sides
    }

    /// The currencies of every money column that a subject's judging may ask for.
    fn money_columns(&self) -> BTreeMap<(usize, String), Currencies> {
        let mut currencies = BTreeMap::new();
        for (index, table) in self.tables.iter().enumerate() {
            let side = &self.settings.sides[index];
            let read = all_columns(self.settings).filter(|column| column.side.as_deref() == Some(&side.name));
            let asserted = self.settings.asserted.iter().flat_map(|asserted| asserted.columns());
            let read = read.map(|column| column.column.clone()).chain(self.worth[index].clone()).chain(asserted);
            let names: BTreeSet<String> = read.filter(|name| is_money(table, name)).collect();
            for name in names {
                let known = Currencies::of(table, &name, self.context);
                currencies.insert((index, name), known);
            }
        }
        currencies
    }

    /// The currencies of a money column that the rule reads, or that says what a side is worth.
    pub fn currencies(&self, side: usize, column: &str) -> &Currencies {
        let known = self.currencies.get(&(side, column.to_owned()));
        known.expect("every money column that the rule reads was looked up when its sides were made ready")
    }
}

/// The columns of one side that the rule's meaning rests on.
fn used(settings: &Reconcile, side: &Side, table: &Table) -> BTreeSet<String> {
    let aggregated = side.sum.iter().chain(&side.min).chain(&side.max).chain(&side.first);
    let mut used: BTreeSet<String> = side.key.iter().chain(aggregated).chain(&table.spec.unique).cloned().collect();
    if let Some(filter) = &side.filter {
        used.extend(filter.columns().iter().map(|column| column.column.clone()));
    }
    for column in all_columns(settings).filter(|column| column.side.as_deref() == Some(&side.name)) {
        used.insert(column.column.clone());
    }
    if let Some(asserted) = &settings.asserted {
        used.extend(asserted.columns());
    }
    if let Some(window) = &settings.window {
        let is_reference = settings.sides.first().is_some_and(|first| first.name == side.name);
        used.extend(if is_reference { Some(window.by.clone()) } else { table.spec.date.clone() });
    }
    side.added.close(&mut used);
    used
}

fn all_columns(settings: &Reconcile) -> impl Iterator<Item = &ColumnRef> {
    let checks = settings.checks.iter().flat_map(|check| {
        let grace = check.grace.iter().flat_map(|grace| &grace.after);
        columns_of(check).chain(check.when.iter().flat_map(|when| when.columns())).chain(grace)
    });
    let settled = settings.settled.iter().flat_map(|settled| &settled.by);
    checks.chain(settings.price.iter().flat_map(|price| price.columns())).chain(settled)
}

fn is_money(table: &Table, name: &str) -> bool {
    table.spec.column(name).is_some_and(|column| matches!(column.kind, ColumnType::Money { .. }))
}

/// The column that says what a side's rows are worth: the first money its checks read, else the first it sums or has.
fn money_column(settings: &Reconcile, side: &Side, table: &Table) -> Option<String> {
    if let Some(asserted) = &settings.asserted {
        // Of a computed amount no single column says it, and a table's first money may be a unit price.
        let amount = asserted.amount.as_ref()?;
        let columns = amount.columns().iter().map(|column| &column.column);
        return columns.filter(|column| *column == amount.text().trim()).find(|name| is_money(table, name)).cloned();
    }
    let read = settings.checks.iter().flat_map(columns_of);
    let mut read = read.filter(|column| column.side.as_deref() == Some(&side.name) && is_money(table, &column.column));
    let own = || {
        let columns = table.spec.columns.iter().map(|column| &column.name);
        let mut names: Box<dyn Iterator<Item = &String>> =
            if side.sum.is_empty() { Box::new(columns) } else { Box::new(side.sum.iter()) };
        names.find(|name| is_money(table, name)).cloned()
    };
    read.next().map(|column| column.column.clone()).or_else(own)
}
