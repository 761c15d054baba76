//! N sides, paired by key and compared: missing, duplicate, keyless and unreadable rows, then the rule's checks.

mod compare;
mod conditions;
mod groups;
mod matched;
mod presence;
mod price;

use std::collections::{BTreeMap, BTreeSet};

use super::{Gathered, Placed, Tables, rows};
use crate::audit::breaks::{Class, Message, SideRows};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Keyed};
use crate::audit::rulebook::{Reconcile, Rule};
use crate::audit::snapshot::Table;
use crate::audit::value::Subject;
use groups::{Groups, row_break};
use matched::Matched;

/// Rows without a key, gathered over all partitions: one subject per side.
#[derive(Debug, Default)]
pub(crate) struct KeylessRows {
    /// By side index: how many, and a sample of them.
    sides: BTreeMap<u32, SideRows>,
}

/// Judges one partition. Rows without a key are kept in `keyless` until [`finish`].
pub(crate) fn partition(
    rule: &Rule,
    settings: &Reconcile,
    context: &Context,
    tables: &Tables,
    open: &BTreeSet<Subject>,
    gathered: &mut Gathered,
    keyless: &mut KeylessRows,
) {
    let matched = pair(settings, context, tables);
    for (index, side) in settings.sides.iter().enumerate() {
        let table = matched.tables[index];
        let members = &matched.pairing.sides[index];
        let totals = rows::totals(&side.name, table, &matched.kept[index], members.distinct(), context);
        gathered.count_side(totals);
        keyless.add(index as u32, &side.name, table, &members.keyless, context.evidence_rows);
    }
    let mut groups = Groups::new(matched.pairing.groups);
    presence::unreadable(&matched, &mut groups);
    presence::duplicates(&matched, &mut groups);
    presence::missing(&matched, &mut groups);
    for (number, check) in settings.checks.iter().enumerate() {
        compare::check(&matched, number as u32 + 1, check, &mut groups);
    }
    conclude(rule, &matched, groups, open, gathered);
}

/// Turns rows without a key into their findings.
pub(crate) fn finish(
    rule: &Rule,
    settings: &Reconcile,
    open: &BTreeSet<Subject>,
    keyless: KeylessRows,
    gathered: &mut Gathered,
) {
    for (index, side) in settings.sides.iter().enumerate() {
        let subject = Subject::keyless(&side.name);
        let Some(sample) = keyless.sides.get(&(index as u32)).filter(|sample| sample.total > 0) else {
            gathered.passed(subject, false, open);
            continue;
        };
        let message = Message::Keyless { side: side.name.clone(), columns: side.key.clone(), rows: sample.total };
        let found = row_break(side, Class::Keyless, message);
        gathered.found(rule, subject, vec![Placed { check: 0, side: index as u32, found }], vec![sample.clone()]);
    }
}

fn pair<'a>(settings: &'a Reconcile, context: &'a Context, tables: &'a Tables) -> Matched<'a> {
    let mut kept = Vec::new();
    let mut keyed = Vec::new();
    let mut chosen: Vec<&Table> = Vec::new();
    for side in &settings.sides {
        let table = &tables[&side.table];
        let rows = rows::kept(table, side.filter.as_ref(), &context.parameters);
        let parts = side.key.iter().map(|column| table.vector(column)).collect();
        kept.push(rows.clone());
        keyed.push(Keyed { rows, parts });
        chosen.push(table);
    }
    let pairing = matching::pair(&keyed);
    let keys = keyed.into_iter().map(|side| side.parts).collect();
    Matched::new(settings, context, chosen, kept, keys, pairing)
}

fn conclude(rule: &Rule, matched: &Matched<'_>, mut groups: Groups, open: &BTreeSet<Subject>, gathered: &mut Gathered) {
    for group in 0..matched.pairing.groups {
        match groups.placed.remove(&group) {
            Some(placed) => gathered.found(rule, matched.subject(group), placed, matched.evidence(group)),
            None if !open.is_empty() => gathered.passed(matched.subject(group), groups.waiting[group], open),
            None => gathered.in_transit += u64::from(groups.waiting[group]),
        }
    }
}

impl KeylessRows {
    fn add(&mut self, index: u32, side: &str, table: &Table, rows: &[u32], limit: usize) {
        if rows.is_empty() {
            return;
        }
        let more = rows::shown(side, table, rows, limit);
        match self.sides.get_mut(&index) {
            None => drop(self.sides.insert(index, more)),
            Some(known) => {
                known.total += more.total;
                known.rows.extend(more.rows);
                known.rows.sort_by_cached_key(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
                known.rows.truncate(limit);
            }
        }
    }
}
