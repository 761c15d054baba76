//! What makes a pull unbelievable: the guards of a table, and the figures of a pull that they are judged by.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{ColumnType, CurrencyOf, RawTable, Table, TableSpec, day_at};
use crate::audit::amount::{Amount, Purse};
use crate::audit::expression::{Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::rulebook::column_meaning;
use crate::audit::sum::Sum;

/// What makes a pull unbelievable. A tripped guard makes the table unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Guards {
    /// Fewer rows than this make the table unknown.
    pub min_rows: u64,
    /// By how many percent the rows and each of `totals` may be fewer than in the last good pull.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_drop: Option<Amount>,
    /// Columns of money, quantities or numbers whose sums `max_drop` watches as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh: Option<Fresh>,
}

/// How young the newest row must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fresh {
    /// The date or instant column that is looked at.
    pub by: String,
    pub within: Age,
}

/// How far the newest row may lie before the as-of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    Days(u32),
    /// Days of the business's calendar on which people work.
    WorkingDays(u32),
    /// Only of instants.
    Hours(u32),
}

/// What is kept of a pull, to judge the next one by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub rows: u64,
    /// By column; a column whose sum does not fit is left out.
    pub totals: BTreeMap<String, Total>,
    /// The types in which the source gave its columns, by their names there.
    pub types: BTreeMap<String, String>,
}

/// The sum of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The column's meaning: sums of columns that mean different things are not compared.
    pub meaning: String,
    /// Per currency; what is no money stands under the empty one.
    pub sums: Purse,
}

/// The last pull of a table that passed its guards, or was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The business day it was read for.
    pub day: NaiveDate,
    /// The day from which its rows were asked for, where the query asks that.
    pub since: Option<NaiveDate>,
    pub figures: Figures,
}

/// A figure that fell by more than is let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drop {
    /// `None` for the number of rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// `None` for what is no money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    pub now: Amount,
    pub was: Amount,
    /// The business day of the last good pull.
    pub day: NaiveDate,
    /// In percent.
    pub max_drop: Amount,
}

/// A guard that a pull tripped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tripped {
    Few {
        rows: u64,
        min_rows: u64,
    },
    Dropped(Drop),
    /// `newest` is the newest date that does not lie after the as-of; in hours, with its time.
    Stale {
        column: String,
        newest: Option<String>,
        within: Age,
    },
}

impl Drop {
    /// The fall in percent, cut to two digits after the point, for people; `None` where that does not fit.
    pub fn percent(&self) -> Option<Amount> {
        let scale = self.now.scale().max(self.was.scale());
        let (now, was) = (self.now.rescale(scale)?.units(), self.was.rescale(scale)?.units());
        let hundredths = was.checked_sub(now)?.checked_mul(10_000)?.checked_div(was)?;
        Some(Amount::new(hundredths, 2))
    }
}

impl TableSpec {
    /// Whether a pull of `rows` rows has too few of them.
    pub fn too_few(&self, rows: usize) -> Option<Tripped> {
        let (rows, min_rows) = (rows as u64, self.guards.min_rows);
        (rows < min_rows).then_some(Tripped::Few { rows, min_rows })
    }
}

impl RawTable {
    /// The types of the columns that the table's file names.
    pub fn types(&self, spec: &TableSpec) -> BTreeMap<String, String> {
        let named = spec.columns.iter().filter_map(|column| {
            let held = self.frame.column(&column.from).ok()?;
            Some((column.from.clone(), held.dtype().to_string()))
        });
        named.collect()
    }
}

/// The type of a column that holds nothing but nulls.
const UNTYPED: &str = "null";

impl Figures {
    /// What is kept of a table that was read. `types` are the source's own.
    pub fn of(table: &Table, types: BTreeMap<String, String>, context: &Context) -> Figures {
        let watched = table.spec.guards.totals.iter();
        let totals = watched.filter_map(|column| Some((column.clone(), total(table, column, context)?)));
        Figures { rows: table.len() as u64, totals: totals.collect(), types }
    }

    /// Columns whose type is another one than in the last good pull: name, type then, type now. A column without any
    /// value has no type to speak of.
    pub fn retyped<'f>(&'f self, last: &'f Figures) -> Vec<(&'f str, &'f str, &'f str)> {
        let both = self.types.iter().filter_map(|(name, now)| Some((name.as_str(), last.types.get(name)?, now)));
        let typed = both.filter(|(_, was, now)| [was, now].iter().all(|name| **name != UNTYPED));
        typed.filter(|(_, was, now)| was != now).map(|(name, was, now)| (name, was.as_str(), now.as_str())).collect()
    }
}

/// The first guard that a table trips, in the order rows, fall, age. `since` is the day from which the rows were asked
/// for, where the query asks that: fewer rows of a shorter time are no fall.
pub fn trip(
    table: &Table,
    figures: &Figures,
    since: Option<NaiveDate>,
    last: Option<&Baseline>,
    context: &Context,
) -> Option<Tripped> {
    let guards = &table.spec.guards;
    let last = last.filter(|last| !is_shorter((since, context.day), (last.since, last.day)));
    let dropped = || Some(Tripped::Dropped(drop_from(guards.max_drop?, figures, last?)?));
    let stale = || stale(table, guards.fresh.as_ref()?, context);
    table.spec.too_few(table.len()).or_else(dropped).or_else(stale)
}

/// How much shorter a stretch of months may be by the calendar alone, in days.
const MONTH_ENDS: i64 = 3;

/// Whether one stretch of days is shorter than another, by more than months differ. One without a beginning is as long
/// as any.
fn is_shorter(now: (Option<NaiveDate>, NaiveDate), was: (Option<NaiveDate>, NaiveDate)) -> bool {
    let days = |(since, day): (Option<NaiveDate>, NaiveDate)| since.map(|since| (day - since).num_days());
    match (days(now), days(was)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(now), Some(was)) => now + MONTH_ENDS < was,
    }
}

/// The first figure that fell by more than `max_drop` percent: the rows, then each total in the order of the columns'
/// names and currencies.
fn drop_from(max_drop: Amount, figures: &Figures, last: &Baseline) -> Option<Drop> {
    let counted = |rows: u64| Amount::new(i128::from(rows), 0);
    let fallen = |column: Option<&String>, currency: &str, now: Amount, was: Amount| {
        has_fallen(now, was, max_drop).then(|| Drop {
            column: column.cloned(),
            currency: Some(currency.to_owned()).filter(|currency| !currency.is_empty()),
            now,
            was,
            day: last.day,
            max_drop,
        })
    };
    let rows = fallen(None, "", counted(figures.rows), counted(last.figures.rows));
    rows.or_else(|| {
        let both = figures.totals.iter().filter_map(|(name, now)| Some((name, now, last.figures.totals.get(name)?)));
        let comparable = both.filter(|(_, now, was)| now.meaning == was.meaning);
        let pairs = comparable.flat_map(|(name, now, was)| {
            let held = |currency: &str| now.sums.0.get(currency).copied().unwrap_or_default();
            was.sums.iter().map(move |(currency, was)| (name, currency, held(currency), was))
        });
        pairs.into_iter().find_map(|(name, currency, now, was)| fallen(Some(name), currency, now, was))
    })
}

/// Whether a figure lies nearer to zero than it did, or beyond, by more than so many percent of what it was. A
/// difference that does not fit is a fall of more than any percentage worth naming.
fn has_fallen(now: Amount, was: Amount, percent: Amount) -> bool {
    let falls = if was.is_negative() { now > was } else { now < was };
    let within = || was.checked_sub(now).is_some_and(|fall| fall.is_within_product(percent, was, 2));
    !was.is_zero() && falls && !within()
}

/// The sum of a column over all rows; `None` where one of its currencies does not fit.
fn total(table: &Table, name: &str, context: &Context) -> Option<Total> {
    let column = table.spec.column(name)?;
    let Vector::Decimal(cells) = table.vector(name) else { return None };
    let sums = match &column.kind {
        ColumnType::Money { currency: CurrencyOf::Column(codes), .. } => match table.vector(codes) {
            Vector::Text(codes) => {
                let code = |code: Option<&str>| code.unwrap_or(&context.currency).to_owned();
                add_up(&cells, codes.iter().map(code))?
            }
            _ => return None,
        },
        ColumnType::Money { currency: CurrencyOf::Fixed(code), .. } => one(&cells, code)?,
        ColumnType::Money { currency: CurrencyOf::Business, .. } => one(&cells, &context.currency)?,
        _ => one(&cells, "")?,
    };
    Some(Total { meaning: column_meaning(column), sums })
}

fn one(cells: &Decimals, currency: &str) -> Option<Purse> {
    add_up(cells, std::iter::repeat_n(currency.to_owned(), cells.len()))
}

fn add_up(cells: &Decimals, codes: impl Iterator<Item = String>) -> Option<Purse> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for (row, code) in codes.enumerate() {
        if let Some(units) = cells.value(row) {
            match sums.get_mut(&code) {
                Some(sum) => sum.add(units),
                None => sums.entry(code).or_default().add(units),
            }
        }
    }
    let sums = sums.into_iter().map(|(code, sum)| Some((code, Amount::new(sum.units()?, cells.scale))));
    Some(Purse(sums.collect::<Option<_>>()?))
}

/// Whether the newest row lies further back than is let through. Dates after the as-of are mistakes of somebody's hand,
/// or plans, and say nothing of how fresh the table is.
fn stale(table: &Table, fresh: &Fresh, context: &Context) -> Option<Tripped> {
    let stale = |newest| Tripped::Stale { column: fresh.by.clone(), newest, within: fresh.within };
    let as_of = context.as_of.timestamp_micros();
    let newest = match table.vector(&fresh.by) {
        Vector::Date(days) => {
            days.iter().flatten().filter_map(|days| day_at(*days)).filter(|day| *day <= context.day).max()
        }
        Vector::Instant(at) => {
            let newest = at.iter().flatten().copied().filter(|at| *at <= as_of).max();
            let newest = newest.and_then(DateTime::from_timestamp_micros).map(|at| at.with_timezone(&context.zone));
            if let (Some(newest), Age::Hours(hours)) = (&newest, fresh.within) {
                let age = context.as_of.signed_duration_since(newest);
                let shown = newest.format("%Y-%m-%d %H:%M").to_string();
                return (age > chrono::Duration::hours(i64::from(hours))).then(|| stale(Some(shown)));
            }
            newest.map(|newest| newest.date_naive())
        }
        _ => None,
    };
    let Some(newest) = newest else { return Some(stale(None)) };
    let is_old = match fresh.within {
        Age::Days(days) => (context.day - newest).num_days() > i64::from(days),
        Age::WorkingDays(days) => {
            let passed = newest.iter_days().skip(1).take_while(|day| *day <= context.day);
            let worked = passed.filter(|day| context.calendar.is_working_day(*day));
            worked.take(days as usize + 1).count() > days as usize
        }
        Age::Hours(_) => true,
    };
    is_old.then(|| stale(Some(newest.to_string())))
}
