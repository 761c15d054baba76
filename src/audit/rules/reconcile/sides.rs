//! A rule's sides, made ready once for all partitions: what every subject's judging looks up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::Tables;
use super::super::rows::{self, Currencies};
use super::groups::columns_of;
use crate::audit::expression::{ColumnRef, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::Keyed;
use crate::audit::rulebook::{Reconcile, Side};
use crate::audit::snapshot::{ColumnType, Table, UnreadableCell};

pub(super) struct Sides<'a> {
    pub settings: &'a Reconcile,
    pub context: &'a Context,
    /// In side order, as are all the lists below.
    pub tables: Vec<&'a Table>,
    /// The rows that the side's filter leaves, and their keys.
    pub keyed: Vec<Keyed>,
    /// The document's own key, on sides that add up several documents.
    pub documents: Vec<Option<Vec<Vector>>>,
    /// By row, the cells that could not be read and that the rule's meaning rests on.
    pub unreadable: Vec<HashMap<u32, Vec<&'a UnreadableCell>>>,
    /// The column that says what a side's rows are worth, where it has money.
    pub worth: Vec<Option<String>>,
    currencies: BTreeMap<(usize, String), Currencies>,
}

impl<'a> Sides<'a> {
    pub fn new(settings: &'a Reconcile, context: &'a Context, tables: &'a Tables) -> Self {
        let tables: Vec<&Table> = settings.sides.iter().map(|side| &tables[&side.table]).collect();
        let both = || settings.sides.iter().zip(&tables);
        let keyed = both().map(|(side, table)| Keyed {
            rows: rows::kept(table, side.filter.as_ref(), &context.parameters),
            parts: side.key.iter().map(|column| table.vector(column)).collect(),
        });
        let documents = both().map(|(side, table)| {
            let unique = &table.spec.unique;
            let summing = !side.sum.is_empty() && !unique.is_empty();
            summing.then(|| unique.iter().map(|column| table.vector(column)).collect())
        });
        let unreadable = both().map(|(side, table)| rows::unreadable(table, &used(settings, side, table)));
        let worth: Vec<Option<String>> = both().map(|(side, table)| money_column(settings, side, table)).collect();
        let mut sides = Sides {
            settings,
            context,
            keyed: keyed.collect(),
            documents: documents.collect(),
            unreadable: unreadable.collect(),
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
            let names: BTreeSet<&String> = read.map(|column| &column.column).chain(&self.worth[index]).collect();
            for name in names.into_iter().filter(|name| is_money(table, name)) {
                currencies.insert((index, name.clone()), Currencies::of(table, name, self.context));
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
    let mut used: BTreeSet<String> = side.key.iter().chain(&side.sum).chain(&table.spec.unique).cloned().collect();
    if let Some(filter) = &side.filter {
        used.extend(filter.columns().iter().map(|column| column.column.clone()));
    }
    for column in all_columns(settings).filter(|column| column.side.as_deref() == Some(&side.name)) {
        used.insert(column.column.clone());
    }
    used
}

fn all_columns(settings: &Reconcile) -> impl Iterator<Item = &ColumnRef> {
    let checks = settings.checks.iter().flat_map(|check| {
        let grace = check.grace.iter().flat_map(|grace| &grace.after);
        columns_of(check).chain(check.when.iter().flat_map(|when| when.columns())).chain(grace)
    });
    checks.chain(settings.price.iter().flat_map(|price| price.columns()))
}

fn is_money(table: &Table, name: &str) -> bool {
    table.spec.column(name).is_some_and(|column| matches!(column.kind, ColumnType::Money { .. }))
}

/// The column that says what a side's rows are worth: the first money its checks read, else the first it sums or has.
fn money_column(settings: &Reconcile, side: &Side, table: &Table) -> Option<String> {
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
