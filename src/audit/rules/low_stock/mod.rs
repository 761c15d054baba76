//! Stock at or under its reorder point, below zero, or without a point at all.
//!
//! available = on hand - reserved; projected = available + incoming. A key that only has a reorder point counts with
//! nothing on hand. With `incoming.due` only rows that carry a date count: a purchase without one is no promise.
//! Where the settings give no point it is computed from demand; what is computed how stands in `replenishment`.

mod demand;
mod figures;
mod planning;
mod roles;

use std::collections::BTreeSet;

use super::age::Ages;
use super::{Gathered, Placed, Tables, rows};
use crate::audit::breaks::{Break, Class, Message, SideRows};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Keyed, Members, Pairing, key_values};
use crate::audit::rulebook::{LowStock, Rule};
use crate::audit::value::Subject;
use demand::Daily;
use figures::Item;
use planning::Planning;
use roles::{ON_HAND, Role, SETTINGS, roles};

/// What one partition is judged with.
struct Stocks<'a> {
    rule: &'a Rule,
    settings: &'a LowStock,
    context: &'a Context,
    roles: &'a [Role<'a>],
    pairing: &'a Pairing,
    planning: Planning<'a>,
    daily: Option<Daily<'a>>,
    /// The rows of the settings that their filter leaves.
    kept: Members,
}

/// Judges one partition. Settings of a whole item or warehouse belong into every partition that has a part of it.
pub(crate) fn partition(
    rule: &Rule,
    settings: &LowStock,
    context: &Context,
    tables: &Tables,
    open: &BTreeSet<Subject>,
    gathered: &mut Gathered,
) {
    let roles = roles(settings, context, tables);
    let keyed: Vec<Keyed> = roles
        .iter()
        .enumerate()
        .map(|(index, role)| Keyed {
            // An item whose settings are filtered away is left out of the rule, so it must be known that it has some.
            rows: if index == SETTINGS { matching::Kept::All(role.table.len() as u32) } else { role.rows.clone() },
            parts: settings.key.iter().map(|column| role.table.vector(column)).collect(),
        })
        .collect();
    let pairing = matching::pair(&keyed);
    let counted = roles[SETTINGS].counted();
    let kept = pairing.sides[SETTINGS].filtered(pairing.groups, |_, row| counted[row as usize]);
    let mut incomplete = pairing.sides[SETTINGS].keyless.clone();
    incomplete.retain(|row| counted[*row as usize]);
    let planning = Planning::of(settings, &roles[SETTINGS], &mut incomplete, context);
    for (index, role) in roles.iter().enumerate() {
        let (distinct, keyless) = match index {
            SETTINGS => (kept.distinct(), &incomplete),
            _ => (pairing.sides[index].distinct(), &pairing.sides[index].keyless),
        };
        gathered.count_side(rows::totals(role.name, role.table, &role.rows, distinct, context));
        self::keyless(rule, settings, (role, index), keyless, context, open, gathered);
    }
    let movements = roles.iter().find(|role| role.name == "demand");
    let daily = settings.demand.as_ref().zip(movements).map(|(demand, role)| Daily::of(demand, role, context));
    let stocks = Stocks { rule, settings, context, roles: &roles, pairing: &pairing, planning, daily, kept };
    let ages = Ages::of(rule, roles.iter().map(|role| role.table), context);
    for group in 0..pairing.groups {
        let place = [ON_HAND, SETTINGS].into_iter().find(|role| !pairing.sides[*role].of(group).is_empty());
        // Reservations, purchases or sales of what is neither stocked nor has settings are not stock.
        let Some(place) = place else { continue };
        let key = key_values(&keyed[place].parts, pairing.sides[place].of(group)[0]);
        let speaking = stocks.planning.rows(stocks.kept.of(group), &key);
        let placed = stocks.judge(group, &speaking);
        let subject = Subject::key(key);
        if !placed.is_empty() {
            let age = ages.age(stocks.documents(group));
            gathered.found(rule, subject, placed, stocks.evidence(group, &speaking.concat()), age);
        } else if !stocks.is_left_out(group) {
            gathered.passed(subject, false, open);
        }
    }
}

impl Stocks<'_> {
    /// Whether every row of settings for this very item is filtered away.
    fn is_left_out(&self, group: usize) -> bool {
        self.kept.of(group).is_empty() && !self.pairing.sides[SETTINGS].of(group).is_empty()
    }

    /// `speaking` are the rows of settings that speak of the item, level by level.
    fn judge(&self, group: usize, speaking: &[Vec<u32>]) -> Vec<Placed> {
        let mut placed = Vec::new();
        let settings = &self.roles[SETTINGS];
        let all = speaking.concat();
        for (index, role) in self.roles.iter().enumerate() {
            let members = if index == SETTINGS { all.as_slice() } else { self.pairing.sides[index].of(group) };
            if let Some(message) = role.unreadable(members) {
                placed.push(self.place((0, index), Class::Unreadable, Some(role.name), message));
            }
        }
        if let Some(several) = speaking.iter().find(|rows| rows.len() > 1) {
            let message = Message::Duplicate {
                side: settings.name.to_owned(),
                unique: self.settings.key.clone(),
                rows: several.len() as u64,
            };
            placed.push(self.place((0, SETTINGS), Class::Duplicate, Some(settings.name), message));
        }
        if !placed.is_empty() {
            return placed;
        }
        let plan = match self.planning.plan(&all) {
            Ok(plan) => plan,
            Err(message) => {
                return vec![self.place((0, SETTINGS), Class::Unreadable, Some(settings.name), *message)];
            }
        };
        let Some(told) = Item::of(self, group, &plan).and_then(|item| item.told(self.is_left_out(group))) else {
            let message = Message::OutOfRange { side: None, expression: self.settings.on_hand.column.clone() };
            return vec![self.place((1, 0), Class::Unreadable, None, message)];
        };
        let place = |told: figures::Told| {
            let mut placed = self.place((1, 0), told.class, None, told.message);
            placed.found.at_risk = told.at_risk;
            placed
        };
        told.into_iter().map(place).collect()
    }

    fn place(&self, (check, side): (u32, usize), class: Class, stands_on: Option<&str>, message: Message) -> Placed {
        let found = Break {
            check: class.name().to_owned(),
            class,
            side: stands_on.map(str::to_owned),
            owner: self.rule.owner.clone(),
            message,
            at_risk: None,
            diagnosis: None,
        };
        Placed { check, side: side as u32, found }
    }

    /// The rows of a group that say how old it is. Its movements lie all over the window, whatever is wrong with it.
    fn documents(&self, group: usize) -> impl Iterator<Item = &[u32]> {
        let rows = move |(role, members): (&Role<'_>, &'_ Members)| match role.name {
            "demand" => 0..0,
            _ => 0..members.of(group).len(),
        };
        let sides = self.roles.iter().zip(&self.pairing.sides);
        sides.map(move |(role, members)| &members.of(group)[rows((role, members))])
    }

    fn evidence(&self, group: usize, speaking: &[u32]) -> Vec<SideRows> {
        let sides = self.roles.iter().zip(&self.pairing.sides).enumerate();
        let shown = |(index, (role, members)): (usize, (&Role<'_>, &Members))| {
            let rows = if index == SETTINGS { speaking } else { members.of(group) };
            rows::shown(role.name, role.table, rows, self.context.evidence_rows)
        };
        sides.map(shown).collect()
    }
}

fn keyless(
    rule: &Rule,
    settings: &LowStock,
    (role, index): (&Role<'_>, usize),
    members: &[u32],
    context: &Context,
    open: &BTreeSet<Subject>,
    gathered: &mut Gathered,
) {
    let subject = Subject::keyless(role.name);
    if members.is_empty() {
        return gathered.passed(subject, false, open);
    }
    let found = Break {
        check: Class::Keyless.name().to_owned(),
        class: Class::Keyless,
        side: Some(role.name.to_owned()),
        owner: rule.owner.clone(),
        message: Message::Keyless {
            side: role.name.to_owned(),
            columns: settings.key.clone(),
            rows: members.len() as u64,
        },
        at_risk: None,
        diagnosis: None,
    };
    let evidence = vec![rows::shown(role.name, role.table, members, context.evidence_rows)];
    gathered.found(rule, subject, vec![Placed { check: 0, side: index as u32, found }], evidence, None);
}
