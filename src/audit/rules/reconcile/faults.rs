//! What could not be said of single rows while their side was prepared, as breaks of their subjects.

use std::collections::{BTreeMap, BTreeSet};

use super::super::rows::Currencies;
use super::groups::{Groups, row_break};
use super::matched::Matched;
use super::prepared::What;
use super::presence::money_of;
use crate::audit::breaks::{Class, Message};
use crate::audit::judgement::Unjudged;
use crate::audit::value::Value;

/// Places a break for every group with a fault the rule's meaning rests on, and blocks its checks; a group that lacks
/// a rate is left unjudged. A lookup that finds several rows, or that is required and finds none, is a break whatever
/// the checks read.
pub(super) fn place(matched: &Matched<'_>, groups: &mut Groups) {
    for index in 0..matched.tables.len() {
        let rows = &matched.sides.faults[index];
        if rows.is_empty() {
            continue;
        }
        let side = Faulty { matched, index, used: &matched.sides.used[index] };
        for group in 0..matched.pairing.groups {
            if groups.unjudged[group].is_some() {
                continue;
            }
            let members = matched.rows(index, group).iter();
            let of_row = members.filter_map(|row| Some((*row, rows.get(row)?)));
            let found: Vec<(u32, What)> =
                of_row.flat_map(|(row, whats)| whats.iter().map(move |what| (row, *what))).collect();
            if !found.is_empty() {
                side.tell(group, &found, groups);
            }
        }
    }
}

/// What faults have in common that are told as one break.
fn sort(what: What) -> (u8, usize, usize) {
    match what {
        What::UnreadableThere { lookup, taken, .. } => (0, lookup, taken),
        What::NoFactor { measured } => (1, measured, 0),
        What::TooLarge { measured } => (2, measured, 0),
        What::NoFigure { derived } => (3, derived, 0),
        What::Overflow { conversion } => (4, conversion, 0),
        What::Ambiguous { lookup, .. } => (5, lookup, 0),
        What::TwoRates { conversion } => (6, conversion, 0),
        What::Missed { lookup } => (7, lookup, 0),
        What::NoRate { conversion } => (8, conversion, 0),
    }
}

/// One side with row faults.
struct Faulty<'m> {
    matched: &'m Matched<'m>,
    index: usize,
    used: &'m BTreeSet<String>,
}

impl Faulty<'_> {
    fn tell(&self, group: usize, found: &[(u32, What)], groups: &mut Groups) {
        let side = self.matched.side(self.index);
        let mut alike: BTreeMap<(u8, usize, usize), Vec<(u32, What)>> = BTreeMap::new();
        for (row, what) in found {
            let touches = what.touches(side, self.used);
            if touches && matches!(what, What::NoRate { .. }) {
                groups.leave(group, Unjudged::NoRate);
                return;
            }
            groups.blocked[group] |= touches;
            if touches || matches!(what, What::Ambiguous { .. } | What::Missed { .. }) {
                alike.entry(sort(*what)).or_default().push((*row, *what));
            }
        }
        for same in alike.values() {
            let rows: Vec<u32> = same.iter().map(|(row, _)| *row).collect();
            // Of several rows the one whose words come first is told, whatever order the source has them in.
            let told = same.iter().filter_map(|(row, what)| self.message(*row, *what, same.len() as u64));
            let Some((class, message)) = told.min_by_key(|(_, message)| format!("{message:?}")) else { continue };
            let mut found = row_break(side, class, message);
            if matches!(class, Class::Missing | Class::Duplicate) {
                found.at_risk = money_of(self.matched, self.index, &rows);
            }
            groups.place(group, 0, self.index as u32, found);
        }
    }

    fn message(&self, row: u32, what: What, rows: u64) -> Option<(Class, Message)> {
        let side = self.matched.side(self.index);
        let name = side.name.clone();
        let too_large = |expression: &str| {
            let message = Message::OutOfRange { side: Some(name.clone()), expression: expression.to_owned() };
            (Class::Unreadable, message)
        };
        Some(match what {
            What::Ambiguous { lookup, hits } => {
                let table = side.added.lookups[lookup].table.clone();
                let key = self.key(lookup, row);
                (Class::Duplicate, Message::AmbiguousLookup { side: name, table, key, found: u64::from(hits) })
            }
            What::Missed { lookup } => {
                let table = side.added.lookups[lookup].table.clone();
                (Class::Missing, Message::LookupMissing { side: name, table, key: self.key(lookup, row), rows })
            }
            What::UnreadableThere { lookup, taken, row: there } => self.unreadable(lookup, taken, there, rows)?,
            What::NoFactor { measured } => {
                let measured = &side.added.measured[measured];
                let (item, unit) = (self.value(&measured.item, row), self.value(&measured.unit, row));
                let column = measured.column.name.clone();
                (Class::Unreadable, Message::NoUnitFactor { side: name, column, item, unit, rows })
            }
            What::TooLarge { measured } => too_large(&side.added.measured[measured].column.name),
            What::NoFigure { derived } => too_large(side.added.derived[derived].expression.text()),
            What::Overflow { conversion } => too_large(&side.added.conversions[conversion].column.name),
            What::TwoRates { conversion } => {
                let conversion = &side.added.conversions[conversion];
                let table = self.matched.settings.rates.as_ref()?.table.clone();
                let (to, on) = (Value::Text(conversion.to.clone()), self.value(&conversion.on, row));
                let table_here = self.matched.tables[self.index];
                let currencies = Currencies::of(table_here, &conversion.from, self.matched.context);
                let key = vec![Value::Text(currencies.at(row).to_owned()), to, on];
                (Class::Duplicate, Message::AmbiguousLookup { side: name, table, key, found: 2 })
            }
            What::NoRate { .. } => return None,
        })
    }

    /// The cell of the other table that could not be read.
    fn unreadable(&self, lookup: usize, taken: usize, there: u32, cells: u64) -> Option<(Class, Message)> {
        let settings = &self.matched.side(self.index).added.lookups[lookup];
        let column = &settings.take[taken];
        let text = self.matched.sides.prepared[self.index].unreadable_there(lookup, &column.from, there)?;
        let message = Message::UnreadableCell {
            side: settings.table.clone(),
            column: column.from.clone(),
            text: text.to_owned(),
            expected: column.kind.name().to_owned(),
            cells,
        };
        Some((Class::Unreadable, message))
    }

    fn key(&self, lookup: usize, row: u32) -> Vec<Value> {
        let lookup = &self.matched.side(self.index).added.lookups[lookup];
        lookup.key.iter().map(|(own, _)| self.value(own, row)).collect()
    }

    fn value(&self, column: &str, row: u32) -> Value {
        self.matched.tables[self.index].value(column, row as usize)
    }
}
