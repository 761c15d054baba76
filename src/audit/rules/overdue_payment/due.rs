//! When a document is due.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, Days, Months, NaiveDate};

use super::name_key;
use crate::audit::expression::{Decimals, Vector};
use crate::audit::judgement::Context;
use crate::audit::rulebook::{OverduePayment, Term};
use crate::audit::rules::Tables;
use crate::audit::rules::rows;
use crate::audit::snapshot::Table;
use crate::audit::value::Value;

/// The business day in a date or instant cell.
pub(super) fn day(vector: &Vector, row: u32, context: &Context) -> Option<NaiveDate> {
    match vector.value(row as usize) {
        Value::Date(date) => Some(date),
        Value::Instant(at) => Some(at.with_timezone(&context.zone).date_naive()),
        _ => None,
    }
}

/// What a row or a party says of its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Terms(Term<i64>),
    /// Something that sets no day: a guess would.
    Unusable,
}

/// The due date of a document of `date`; `None` where the terms are none, such as a 32nd day. A day of the month that
/// is past on the document's own date is that day of the next month.
pub(super) fn due(date: NaiveDate, term: &Term<i64>) -> Option<NaiveDate> {
    let days = Days::new(u64::try_from(term.days.unwrap_or(0)).ok()?);
    if term.months.or(term.day_of_month).or(term.cut_off).is_none() {
        return date.checked_add_days(days);
    }
    let of_month = |day: Option<i64>| match day {
        None => Some(None),
        Some(day) => u32::try_from(day).ok().filter(|day| (1..=31).contains(day)).map(Some),
    };
    let (day_of_month, cut_off) = (of_month(term.day_of_month)?, of_month(term.cut_off)?);
    let later = u32::from(cut_off.is_some_and(|cut_off| date.day() > cut_off));
    let months = u32::try_from(term.months.unwrap_or(0)).ok()?.checked_add(later)?;
    let stated = in_month(date, months, day_of_month)?;
    let stated = if stated < date { in_month(date, months.checked_add(1)?, day_of_month)? } else { stated };
    stated.checked_add_days(days)
}

/// A day of the month so many months after that of `date`: its last day where it has no such day or none is named.
fn in_month(date: NaiveDate, months: u32, day: Option<u32>) -> Option<NaiveDate> {
    let first = date.with_day(1)?.checked_add_months(Months::new(months))?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    last.with_day(day.unwrap_or(31).min(last.day()))
}

/// Columns that hold terms.
pub(super) struct TermCells {
    cells: Term<Decimals>,
}

impl TermCells {
    pub fn of(table: &Table, columns: &Term<String>) -> TermCells {
        let cells = |column: &Option<String>| column.as_ref().map(|column| rows::decimals(table, column));
        let Term { days, months, day_of_month, cut_off } = columns;
        let (days, months) = (cells(days), cells(months));
        TermCells { cells: Term { days, months, day_of_month: cells(day_of_month), cut_off: cells(cut_off) } }
    }

    /// What a row says. A fraction of a day or a month sets no day.
    fn at(&self, row: u32) -> Said {
        let mut said = [None; 4];
        for (place, (_, cells)) in self.cells.parts().into_iter().enumerate() {
            let Some(figure) = cells.and_then(|cells| rows::amount(cells, row)) else { continue };
            let whole = figure.rescale(0).and_then(|figure| i64::try_from(figure.units()).ok());
            if whole.is_none() {
                return Said::Unusable;
            }
            said[place] = whole;
        }
        match said {
            [None, None, None, None] => Said::Nothing,
            [days, months, day_of_month, cut_off] => Said::Terms(Term { days, months, day_of_month, cut_off }),
        }
    }
}

/// The terms of a rule, from the narrowest to the widest: a document's own, its party's, everybody's.
pub(super) struct Terms {
    own: Option<TermCells>,
    parties: HashMap<String, Said>,
    otherwise: Said,
}

impl Terms {
    pub fn of(settings: &OverduePayment, items: &Table, tables: &Tables) -> Terms {
        let terms = settings.terms.as_ref();
        Terms {
            own: settings.items.terms.as_ref().map(|columns| TermCells::of(items, columns)),
            parties: parties(settings, tables),
            otherwise: terms.and_then(|terms| terms.otherwise).map_or(Said::Nothing, Said::Terms),
        }
    }

    /// When an item of `date` is due that states no due date of its own.
    pub fn due(&self, row: u32, party: &Value, date: NaiveDate) -> Option<NaiveDate> {
        let own = self.own.as_ref().map_or(Said::Nothing, |own| own.at(row));
        let of_party = self.parties.get(&name_key(party)).copied().unwrap_or(Said::Nothing);
        match [own, of_party, self.otherwise].into_iter().find(|said| *said != Said::Nothing)? {
            Said::Terms(term) => due(date, &term),
            Said::Nothing | Said::Unusable => None,
        }
    }
}

/// Terms per party. A party that stands twice with different ones, or with one that cannot be read, has none.
fn parties(settings: &OverduePayment, tables: &Tables) -> HashMap<String, Said> {
    let mut known: HashMap<String, Said> = HashMap::new();
    let Some(terms) = settings.terms.as_ref().and_then(|terms| terms.parties.as_ref()) else { return known };
    let table = &tables[&terms.table];
    let (names, cells) = (table.vector(&terms.party), TermCells::of(table, &terms.columns));
    let used: BTreeSet<String> = terms.columns.parts().into_iter().filter_map(|(_, column)| column.cloned()).collect();
    let unreadable = rows::unreadable(table, &used);
    for row in 0..table.len() as u32 {
        let name = names.value(row as usize);
        let said = if unreadable.contains_key(&row) { Said::Unusable } else { cells.at(row) };
        if said != Said::Nothing && !name.is_null() {
            let held = known.entry(name_key(&name)).or_insert(said);
            if *held != said {
                *held = Said::Unusable;
            }
        }
    }
    known
}
