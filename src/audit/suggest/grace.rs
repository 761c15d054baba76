//! Rows that are missing because they are too young, or older than the other side's books.

use chrono::NaiveDate;

use super::{Bench, FEWEST, Suggestion};
use crate::audit::breaks::SideRows;
use crate::audit::expression::{ColumnRef, Vector};
use crate::audit::rulebook::{Bound, Check, Grace, Span, Window};
use crate::audit::snapshot::day_at;
use crate::audit::value::Value;

/// Graces that are proposed, in days.
const DAYS: [i64; 9] = [1, 2, 3, 5, 7, 10, 14, 21, 30];

/// For each side whose missing rows are mostly young, though rows as a whole are not: the shortest grace that most of
/// them are inside of, after whichever day of the reference side sets them apart best.
pub(super) fn graces(bench: &Bench<'_>) -> Vec<Suggestion> {
    let dates = Dates::all(bench);
    bench.settings.sides.iter().skip(1).filter_map(|side| of_side(bench, &dates, &side.name)).collect()
}

fn of_side(bench: &Bench<'_>, dates: &[Dates], side: &str) -> Option<Suggestion> {
    let readers: Vec<&Check> = bench.settings.checks.iter().filter(|check| reads(check, side)).collect();
    if readers.is_empty() || readers.iter().any(|check| check.grace.is_some()) {
        return None;
    }
    let checks: Vec<String> = readers.iter().map(|check| check.name.clone()).collect();
    let telling = dates.iter().filter_map(|dates| {
        let lacking = bench.lacking(side);
        let ages: Vec<i64> = lacking.filter_map(|(finding, _)| dates.age(&finding.evidence.sides)).collect();
        let days = DAYS.into_iter().find(|days| dates.tell_apart(&ages, *days))?;
        Some((dates.younger(days).0, dates, days))
    });
    // Of two days, the one that fewer rows are close to.
    let (_, dates, days) = telling.min_by_key(|(rows, ..)| *rows)?;
    let days = u32::try_from(days).ok()?;
    let after = ColumnRef { side: Some(dates.side.clone()), column: dates.column.clone() };
    let rule = bench.with(|settings| {
        for check in settings.checks.iter_mut().filter(|check| checks.contains(&check.name)) {
            check.grace = Some(Grace { days, working: false, after: vec![after.clone()] });
        }
    });
    let effect = bench.effect(&rule, bench.tables, Some(side));
    let after = format!("{}.{}", dates.side, dates.column);
    Some(Suggestion::Grace { side: side.to_owned(), checks, days, after, effect })
}

/// For each side whose missing rows are mostly from before its first row: the scope that begins with it.
pub(super) fn scopes(bench: &Bench<'_>) -> Option<Suggestion> {
    if bench.settings.window.is_some() {
        return None;
    }
    let named = bench.tables.get(&bench.settings.sides.first()?.table)?.spec.date.clone()?;
    let dates = Dates::of(bench, &named)?;
    let sides = bench.settings.sides.iter().skip(1);
    let starts = sides.filter_map(|side| {
        let table = bench.tables.get(&side.table)?;
        let first = days_of(&table.vector(table.spec.date.as_ref()?)).into_iter().flatten().min()?;
        let before: Vec<bool> = bench
            .lacking(&side.name)
            .filter_map(|(finding, _)| Some(dates.day(&finding.evidence.sides)? < first))
            .collect();
        let older = before.iter().filter(|older| **older).count() as u64;
        (older >= FEWEST && 2 * older >= before.len() as u64).then_some((first, side.name.clone()))
    });
    let (first, side) = starts.max()?;
    let days = u32::try_from((bench.context.day - first).num_days()).ok()?;
    let window = Window { by: dates.column.clone(), since: Bound::Before(Span::Days(days)), until: None, margin: None };
    let rule = bench.with(|settings| settings.window = Some(window));
    let effect = bench.effect(&rule, bench.tables, Some(&side));
    let by = format!("{}.{}", dates.side, dates.column);
    Some(Suggestion::Scope { side, by, days, effect })
}

fn reads(check: &Check, side: &str) -> bool {
    let mut columns = check.left.columns().iter().chain(check.right.columns());
    columns.any(|column| column.side.as_deref() == Some(side))
}

/// The days of the reference side's rows.
struct Dates {
    side: String,
    column: String,
    today: NaiveDate,
    days: Vec<NaiveDate>,
}

impl Dates {
    /// Every column of dates that the reference side has.
    fn all(bench: &Bench<'_>) -> Vec<Dates> {
        let table = bench.settings.sides.first().and_then(|side| bench.tables.get(&side.table));
        let columns = table.into_iter().flat_map(|table| &table.spec.columns);
        columns.filter_map(|column| Dates::of(bench, &column.name)).collect()
    }

    fn of(bench: &Bench<'_>, column: &str) -> Option<Dates> {
        let side = bench.settings.sides.first()?;
        let table = bench.tables.get(&side.table)?;
        let Vector::Date(days) = table.vector(column) else { return None };
        let days = days.iter().filter_map(|day| day.and_then(day_at)).collect();
        Some(Dates { side: side.name.clone(), column: column.to_owned(), today: bench.context.day, days })
    }

    /// Whether most of what is missing is at most so many days old, and rows as a whole are not: at least three in five,
    /// and three times the share of all rows.
    fn tell_apart(&self, ages: &[i64], days: i64) -> bool {
        let (of, young) = (ages.len() as u64, ages.iter().filter(|age| **age <= days).count() as u64);
        let (rows, all) = self.younger(days);
        let share = |part: u64, whole: u64| u128::from(part) * u128::from(whole);
        young >= FEWEST && 5 * young >= 3 * of && share(young, all) >= 3 * share(rows, of)
    }

    /// The day of a finding's row on the reference side, the earliest of several.
    fn day(&self, sides: &[SideRows]) -> Option<NaiveDate> {
        let rows = sides.iter().find(|rows| rows.side == self.side)?;
        let place = rows.columns.iter().position(|name| *name == self.column)?;
        let days = rows.rows.iter().filter_map(|row| match row.get(place)? {
            Value::Date(day) => Some(*day),
            _ => None,
        });
        days.min()
    }

    fn age(&self, sides: &[SideRows]) -> Option<i64> {
        self.day(sides).map(|day| (self.today - day).num_days())
    }

    /// How many rows of the reference side are at most so many days old, and how many there are.
    fn younger(&self, days: i64) -> (u64, u64) {
        let young = self.days.iter().filter(|day| (self.today - **day).num_days() <= days).count();
        (young as u64, self.days.len() as u64)
    }
}

fn days_of(dates: &Vector) -> Vec<Option<NaiveDate>> {
    match dates {
        Vector::Date(days) => days.iter().map(|day| day.and_then(day_at)).collect(),
        _ => Vec::new(),
    }
}
