//! The tables of a low-stock rule in their roles.

use std::collections::{BTreeSet, HashMap};

use crate::audit::breaks::Message;
use crate::audit::expression::{Decimals, Expression, Vector, truth};
use crate::audit::judgement::Context;
use crate::audit::matching::Kept;
use crate::audit::rulebook::{Demand, Figure, LowStock};
use crate::audit::rules::age::day_at;
use crate::audit::rules::{Tables, rows};
use crate::audit::snapshot::{Table, UnreadableCell, days_since_epoch};

pub(super) const ON_HAND: usize = 0;
pub(super) const SETTINGS: usize = 1;

/// One table in its role: the rows that count and the cells that are added up.
pub(super) struct Role<'a> {
    pub name: &'static str,
    pub table: &'a Table,
    pub rows: Kept,
    /// Of the settings' table nothing is added up.
    pub cells: Option<Decimals>,
    /// When the rows are due, or were; nothing where the rule does not ask.
    pub dates: Option<Vector>,
    /// Cells of the key and the columns in use that could not be read, by row.
    unreadable: HashMap<u32, Vec<&'a UnreadableCell>>,
}

/// On hand and settings first, then those of the others that the rule has.
pub(super) fn roles<'a>(settings: &'a LowStock, context: &Context, tables: &'a Tables) -> Vec<Role<'a>> {
    let figure = |name, figure: &'a Figure, date: Option<&'a String>| {
        let used = settings.key.iter().chain([&figure.column]).chain(date).cloned().collect();
        let mut role = role(name, &tables[&figure.table], figure.filter.as_ref(), &used, context);
        role.cells = Some(rows::decimals(role.table, &figure.column));
        role.dates = date.map(|date| role.table.vector(date));
        role
    };
    let about = &settings.settings;
    let columns = about.figures.values().filter_map(|setting| setting.column.as_ref()).chain(&about.price);
    let used = settings.key.iter().chain(columns).cloned().collect();
    let mut roles = vec![
        figure("on_hand", &settings.on_hand, None),
        role("settings", &tables[&about.table], about.filter.as_ref(), &used, context),
    ];
    roles.extend(settings.reserved.iter().map(|reserved| figure("reserved", reserved, None)));
    roles.extend(settings.incoming.iter().map(|incoming| {
        let mut purchases = figure("incoming", &incoming.figure, incoming.due.as_ref());
        // A date that cannot be read is told of; a date that is not there makes the purchase no promise.
        purchases.retain_dated(|_| true, context);
        purchases
    }));
    roles.extend(settings.demand.iter().map(|demand| movements(settings, demand, context, tables)));
    roles
}

fn role<'a>(
    name: &'static str,
    table: &'a Table,
    filter: Option<&Expression>,
    used: &BTreeSet<String>,
    context: &Context,
) -> Role<'a> {
    let rows = rows::kept(table, filter, &context.parameters);
    Role { name, table, rows, cells: None, dates: None, unreadable: rows::unreadable(table, used) }
}

/// The movements inside the window that are demand or returns.
fn movements<'a>(settings: &LowStock, demand: &'a Demand, context: &Context, tables: &'a Tables) -> Role<'a> {
    let Figure { table, column, filter } = &demand.figure;
    let mut used: BTreeSet<String> = settings.key.iter().chain([column, &demand.date]).cloned().collect();
    used.extend(demand.returns.iter().flat_map(|returns| returns.columns()).map(|column| column.column.clone()));
    let mut role = role("demand", &tables[table], filter.as_ref(), &used, context);
    if let (Some(returns), Some(_)) = (&demand.returns, filter) {
        let back = truth(&returns.evaluate(&role.table, &context.parameters));
        let sold: BTreeSet<u32> = role.rows.iter().collect();
        role.rows = Kept::All(role.table.len() as u32);
        role.rows.retain(|row| back[row as usize] || sold.contains(&row));
    }
    role.cells = Some(rows::decimals(role.table, column));
    role.dates = Some(role.table.vector(&demand.date));
    let today = days_since_epoch(context.day);
    role.retain_dated(|day| (1..=i64::from(demand.days)).contains(&(i64::from(today) - i64::from(day))), context);
    role
}

impl Role<'_> {
    /// Keeps the rows whose day holds, and those that cannot be read. Without dates all are kept.
    fn retain_dated(&mut self, holds: impl Fn(i32) -> bool, context: &Context) {
        let Some(dates) = &self.dates else { return };
        let unreadable = &self.unreadable;
        let date_unreadable = |row: &u32| unreadable.contains_key(row) && day_at(dates, *row, context).is_none();
        self.rows.retain(|row| date_unreadable(&row) || day_at(dates, row, context).is_some_and(&holds));
    }

    /// Whether each row of the table is among those that count.
    pub fn counted(&self) -> Vec<bool> {
        let mut counted = vec![false; self.table.len()];
        self.rows.iter().for_each(|row| counted[row as usize] = true);
        counted
    }

    /// Whether a cell of `columns` could not be read in a row.
    pub fn is_unreadable(&self, row: u32, columns: &[String]) -> bool {
        let mut cells = self.unreadable.get(&row).into_iter().flatten();
        cells.any(|cell| columns.contains(&cell.column))
    }

    /// The first cell of the columns in use, by its text, that could not be read.
    pub fn unreadable(&self, members: &[u32]) -> Option<Message> {
        let mut faulty: Vec<_> = members.iter().filter_map(|row| self.unreadable.get(row)).flatten().collect();
        faulty.sort_by(|left, right| left.text.cmp(&right.text));
        let first = faulty.first()?;
        Some(self.faulty(&first.column, first.text.clone(), faulty.len() as u64))
    }

    /// What is said of cells that mean nothing where they stand.
    pub fn faulty(&self, column: &str, text: String, cells: u64) -> Message {
        let expected = self.table.spec.column(column).map_or("quantity", |column| column.kind.name());
        Message::UnreadableCell {
            side: self.name.to_owned(),
            column: column.to_owned(),
            text,
            expected: expected.to_owned(),
            cells,
        }
    }
}
