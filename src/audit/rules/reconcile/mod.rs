//! N sides, paired by key and compared: missing, duplicate, keyless and unreadable rows, then the rule's checks.

mod aggregates;
mod agreements;
mod asserted;
mod compare;
mod conditions;
mod currency;
mod exchange;
mod faults;
mod groups;
mod limits;
mod looked_up;
mod matched;
mod measures;
mod prepared;
mod presence;
mod price;
mod settling;
mod sides;
mod tolerance;
mod window;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;

use super::age::Ages;
use super::{Gathered, Placed, Tables, rows};
use crate::audit::breaks::{Class, Message, SideRows};
use crate::audit::companies::{self, LeftOut};
use crate::audit::judgement::{Context, Unjudged};
use crate::audit::matching::{self, Members};
use crate::audit::rulebook::{Reconcile, Rule};
use crate::audit::value::{Subject, SubjectKind};
use compare::Common;
use groups::{Groups, row_break};
use matched::Matched;
use sides::Sides;

/// Rows without a key, gathered over all partitions: one subject per side.
#[derive(Debug, Default)]
pub(crate) struct KeylessRows {
    /// By side index: how many, and a sample of them.
    sides: BTreeMap<u32, SideRows>,
    /// Sides with such rows that are too young to count.
    young: BTreeSet<u32>,
    /// The companies that are unknown.
    left_out: Option<LeftOut>,
    /// Sides that lack rows of a company, and so may lack rows without a key.
    lacking: BTreeSet<u32>,
}

/// Judges one partition of the tables. Rows without a key are kept in `keyless` until [`finish`].
///
/// Its subjects are judged in batches, side by side; what was found is gathered in their order, so that the number of
/// threads never shows.
pub(crate) fn partition(
    rule: &Rule,
    settings: &Reconcile,
    context: &Context,
    tables: &Tables,
    open: &BTreeSet<Subject>,
    gathered: &mut Gathered,
    keyless: &mut KeylessRows,
) {
    let prepared = prepared::prepare(settings, context, tables);
    let left_out = companies::left_out(settings, tables);
    let mut sides = Sides::new(settings, context, &prepared);
    sides.found = asserted::look_up(settings, &prepared, tables, context);
    sides.past = context.past.get(&rule.id);
    let pairing = matching::pair(&sides.keyed);
    let awaited: HashSet<u64> =
        open.iter().map(|subject| matching::digest(&sides.keyed[0].parts, subject.values())).collect();
    let batch = context.batch.max(1);
    let judge = |from: usize| {
        let part = pairing.part(&sides.keyed, from, pairing.groups.min(from + batch), &awaited);
        judge(rule, &Matched::new(&sides, part), left_out.as_ref(), open)
    };
    let batches = pairing.groups.div_ceil(batch);
    let judged: Vec<(Vec<u64>, Gathered)> = (0..batches).into_par_iter().map(|number| judge(number * batch)).collect();
    let mut distinct = vec![0; settings.sides.len()];
    for (keys, found) in judged {
        distinct.iter_mut().zip(keys).for_each(|(sum, keys)| *sum += keys);
        gathered.merge(found);
    }
    if context.diagnosed > 0 {
        gathered.backdrop.add_aids(settings, tables);
    }
    for (index, side) in settings.sides.iter().enumerate() {
        let table = sides.tables[index];
        let kept = &sides.keyed[index].rows;
        let mut totals = rows::totals(&side.name, table, kept, distinct[index], context);
        totals.unmatched_lookups = prepared[index].unmatched(side, kept);
        gathered.count_side(totals);
        let without_key = &pairing.sides[index].keyless;
        if context.diagnosed > 0 {
            gathered.backdrop.add(index, side, table, kept, without_key);
        }
        if !table.unknown.is_empty() {
            keyless.lacking.insert(index as u32);
        }
        keyless.add(index as u32, &sides, without_key);
    }
    keyless.left_out = left_out.or(keyless.left_out.take());
}

/// Judges the subjects of one batch: the distinct keys of each side, and what was found.
fn judge(
    rule: &Rule,
    matched: &Matched<'_>,
    left_out: Option<&LeftOut>,
    open: &BTreeSet<Subject>,
) -> (Vec<u64>, Gathered) {
    let mut groups = Groups::new(matched.pairing.groups);
    leave_out(matched, left_out, &mut groups);
    window::close(matched, open, &mut groups);
    faults::place(matched, &mut groups);
    presence::unreadable(matched, &mut groups);
    presence::duplicates(matched, &mut groups);
    let common = Common::of(matched);
    presence::missing(matched, &common, &mut groups);
    for (place, check) in matched.settings.checks.iter().enumerate() {
        match &check.limit {
            Some(limit) => limits::check(matched, place, limit, &mut groups),
            None => compare::check(matched, place, &common, &mut groups),
        }
    }
    asserted::check(matched, &mut groups);
    let distinct = matched.pairing.sides.iter().map(Members::distinct).collect();
    (distinct, conclude(rule, matched, groups, open))
}

/// Leaves out the subjects of companies that are unknown on some side.
fn leave_out(matched: &Matched<'_>, left_out: Option<&LeftOut>, groups: &mut Groups) {
    let Some(left_out) = left_out else { return };
    for group in 0..matched.pairing.groups {
        if left_out.has(&matched.subject(group)) {
            groups.leave(group, Unjudged::CompanyUnknown);
        }
    }
}

/// Turns rows without a key into their findings, and leaves open subjects of unknown companies as they are that no row
/// spoke of. Whether a side that lacks a company has rows without a key cannot be known.
pub(crate) fn finish(
    rule: &Rule,
    settings: &Reconcile,
    open: &BTreeSet<Subject>,
    keyless: KeylessRows,
    gathered: &mut Gathered,
) {
    for (index, side) in settings.sides.iter().enumerate() {
        let subject = Subject::keyless(&side.name);
        if keyless.lacking.contains(&(index as u32)) {
            gathered.set_aside.extend(open.contains(&subject).then_some(subject));
            continue;
        }
        let Some(sample) = keyless.sides.get(&(index as u32)).filter(|sample| sample.total > 0) else {
            gathered.passed(subject, keyless.young.contains(&(index as u32)), open);
            continue;
        };
        let message = Message::Keyless { side: side.name.clone(), columns: side.key.clone(), rows: sample.total };
        let found = row_break(side, Class::Keyless, message);
        gathered.found(rule, subject, vec![Placed { check: 0, side: index as u32, found }], vec![sample.clone()], None);
    }
    if let Some(left_out) = &keyless.left_out {
        let awaited: Vec<&Subject> = open.iter().filter(|subject| left_out.has(subject)).collect();
        for subject in awaited.into_iter().filter(|subject| subject.kind() == SubjectKind::Key) {
            if !gathered.set_aside.contains(subject) {
                gathered.left(Unjudged::CompanyUnknown, Some(subject.clone()));
            }
        }
    }
}

/// Only a subject that may be an open one is written out to be looked for among them.
fn conclude(rule: &Rule, matched: &Matched<'_>, groups: Groups, open: &BTreeSet<Subject>) -> Gathered {
    let mut gathered = Gathered::default();
    let Groups { mut waiting, unjudged, placed, young, figures, .. } = groups;
    gathered.young = young;
    gathered.figures = figures.into_iter().map(|(group, figure)| (matched.subject(group), figure)).collect();
    let ages = Ages::of(rule, matched.tables.iter().copied(), matched.context);
    let mut broken = vec![false; matched.pairing.groups];
    for (group, placed) in placed {
        if unjudged[group].is_some() {
            continue;
        }
        if matched.sides.settling.as_ref().is_some_and(|settling| settling.touches(matched, group)) {
            waiting[group] = true;
            continue;
        }
        broken[group] = true;
        let age = ages.age((0..matched.tables.len()).map(|side| matched.rows(side, group)));
        gathered.found(rule, matched.subject(group), placed, matched.evidence(group), age);
    }
    let mut agreeing = Vec::new();
    for group in (0..matched.pairing.groups).filter(|group| !broken[*group]) {
        let is_awaited = matched.pairing.is_awaited(group);
        if let Some(why) = unjudged[group] {
            let subject = is_awaited.then(|| matched.subject(group));
            gathered.unjudged_keys += u64::from(matched.is_present(0, group));
            gathered.left(why, subject.filter(|subject| open.contains(subject)));
        } else if is_awaited {
            let subject = matched.subject(group);
            agreeing.extend((!waiting[group] && open.contains(&subject)).then_some(group));
            gathered.passed(subject, waiting[group], open);
        } else {
            gathered.in_transit += u64::from(waiting[group]);
        }
    }
    let agreements = agreements::of(matched, &agreeing);
    gathered.agreements.extend(agreeing.into_iter().map(|group| matched.subject(group)).zip(agreements));
    gathered
}

impl KeylessRows {
    fn add(&mut self, index: u32, sides: &Sides<'_>, rows: &[u32]) {
        let is_young =
            |row: &u32| sides.settling.as_ref().is_some_and(|settling| settling.is_young(index as usize, *row));
        let (young, rows): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| is_young(row));
        if !young.is_empty() {
            self.young.insert(index);
        }
        if rows.is_empty() {
            return;
        }
        let limit = sides.context.evidence_rows;
        let more = rows::shown(&sides.settings.sides[index as usize].name, sides.tables[index as usize], &rows, limit);
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
