//! Stock at or under its reorder point, below zero, or without a point at all.
//!
//! available = on hand - reserved; projected = available + incoming. A key that only has a reorder point counts with
//! nothing on hand. With `incoming.due` only rows that carry a date count: a purchase without one is no promise.

use std::collections::{BTreeSet, HashMap};

use super::age::Ages;
use super::{Gathered, Placed, Tables, rows};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Class, Message, SideRows, StockFigure};
use crate::audit::expression::{Decimals, Expression};
use crate::audit::judgement::Context;
use crate::audit::matching::{self, Kept, Keyed, Pairing, key_values};
use crate::audit::rulebook::{Figure, LowStock, Rule};
use crate::audit::snapshot::{Table, UnreadableCell};
use crate::audit::value::Subject;

/// One table in its role: the rows that count and the cells that are added up.
struct Role<'a> {
    name: &'static str,
    table: &'a Table,
    rows: Kept,
    cells: Decimals,
    /// Cells of the key and the column that could not be read, by row.
    unreadable: HashMap<u32, Vec<&'a UnreadableCell>>,
}

const ON_HAND: usize = 0;
const SETTINGS: usize = 1;

/// Judges one partition.
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
        .map(|role| Keyed {
            rows: role.rows.clone(),
            parts: settings.key.iter().map(|column| role.table.vector(column)).collect(),
        })
        .collect();
    let pairing = matching::pair(&keyed);
    let ages = Ages::of(rule, roles.iter().map(|role| role.table), context);
    for (index, role) in roles.iter().enumerate() {
        let members = &pairing.sides[index];
        gathered.count_side(rows::totals(role.name, role.table, &role.rows, members.distinct(), context));
        keyless(rule, settings, role, index, &members.keyless, context, open, gathered);
    }
    for group in 0..pairing.groups {
        let place = [ON_HAND, SETTINGS].into_iter().find(|role| !pairing.sides[*role].of(group).is_empty());
        // Reservations or purchases of what is neither stocked nor has a point are not stock.
        let Some(place) = place else { continue };
        let subject = Subject::key(key_values(&keyed[place].parts, pairing.sides[place].of(group)[0]));
        let placed = judge(rule, settings, &roles, &pairing, group);
        if placed.is_empty() {
            gathered.passed(subject, false, open);
        } else {
            let evidence = evidence(&roles, &pairing, group, context.evidence_rows);
            let age = ages.age(pairing.sides.iter().map(|members| members.of(group)));
            gathered.found(rule, subject, placed, evidence, age);
        }
    }
}

fn roles<'a>(settings: &'a LowStock, context: &Context, tables: &'a Tables) -> Vec<Role<'a>> {
    let role = |name, table: &'a String, column: &'a String, filter: Option<&Expression>| {
        let table = &tables[table];
        let used: BTreeSet<String> = settings.key.iter().chain([column]).cloned().collect();
        let rows = rows::kept(table, filter, &context.parameters);
        Role { name, table, rows, cells: rows::decimals(table, column), unreadable: rows::unreadable(table, &used) }
    };
    let figure = |name, figure: &'a Figure| role(name, &figure.table, &figure.column, figure.filter.as_ref());
    let mut roles = vec![
        figure("on_hand", &settings.on_hand),
        role("settings", &settings.settings.table, &settings.settings.point, None),
    ];
    roles.extend(settings.reserved.iter().map(|reserved| figure("reserved", reserved)));
    if let Some(incoming) = &settings.incoming {
        let mut purchases = figure("incoming", &incoming.figure);
        if let Some(due) = &incoming.due {
            // A date that cannot be read is told of; a date that is not there makes the purchase no promise.
            purchases.unreadable.extend(rows::unreadable(purchases.table, &BTreeSet::from([due.clone()])));
            let dates = purchases.table.vector(due);
            let unreadable = &purchases.unreadable;
            purchases.rows.retain(|row| unreadable.contains_key(&row) || !dates.value(row as usize).is_null());
        }
        roles.push(purchases);
    }
    roles
}

fn judge(rule: &Rule, settings: &LowStock, roles: &[Role<'_>], pairing: &Pairing, group: usize) -> Vec<Placed> {
    let mut placed = Vec::new();
    let mut place = |check: u32, side: u32, class: Class, stands_on: Option<&str>, message: Message| {
        let found = Break {
            check: class.name().to_owned(),
            class,
            side: stands_on.map(str::to_owned),
            owner: rule.owner.clone(),
            message,
            at_risk: None,
            diagnosis: None,
        };
        placed.push(Placed { check, side, found });
    };
    for (index, role) in roles.iter().enumerate() {
        if let Some(message) = unreadable(role, pairing.sides[index].of(group)) {
            place(0, index as u32, Class::Unreadable, Some(role.name), message);
        }
    }
    let points = pairing.sides[SETTINGS].of(group);
    if points.len() > 1 {
        let message = Message::Duplicate {
            side: roles[SETTINGS].name.to_owned(),
            unique: settings.key.clone(),
            rows: points.len() as u64,
        };
        place(0, SETTINGS as u32, Class::Duplicate, Some(roles[SETTINGS].name), message);
    }
    if !placed.is_empty() {
        return placed;
    }
    let mut place = |class: Class, message: Message| {
        let found = Break {
            check: class.name().to_owned(),
            class,
            side: None,
            owner: rule.owner.clone(),
            message,
            at_risk: None,
            diagnosis: None,
        };
        placed.push(Placed { check: 1, side: 0, found });
    };
    let sum = |name: &str| -> Option<Amount> {
        let Some(index) = roles.iter().position(|role| role.name == name) else { return Some(Amount::ZERO) };
        let cells = &roles[index].cells;
        let mut present = pairing.sides[index].of(group).iter().filter_map(|row| rows::amount(cells, *row));
        present.try_fold(Amount::ZERO, Amount::checked_add)
    };
    let figures = (|| {
        let (on_hand, reserved, incoming) = (sum("on_hand")?, sum("reserved")?, sum("incoming")?);
        let available = on_hand.checked_sub(reserved)?;
        Some((on_hand, reserved, incoming, available, available.checked_add(incoming)?))
    })();
    let Some((on_hand, reserved, incoming, available, projected)) = figures else {
        place(Class::Unreadable, Message::OutOfRange { side: None, expression: settings.on_hand.column.clone() });
        return placed;
    };
    if on_hand.is_negative() {
        place(Class::NegativeStock, Message::NegativeStock { on_hand });
    }
    let point = points.first().and_then(|row| rows::amount(&roles[SETTINGS].cells, *row));
    let Some(point) = point else {
        place(Class::NoReorderPoint, Message::NoReorderPoint { on_hand });
        return placed;
    };
    let figure = match settings.judge {
        StockFigure::OnHand => on_hand,
        StockFigure::Available => available,
        StockFigure::Projected => projected,
    };
    if figure < point || (figure == point && !settings.strict) {
        let judged = settings.judge;
        place(Class::LowStock, Message::LowStock { judged, figure, point, on_hand, reserved, incoming });
    }
    placed
}

/// The first cell of the judged column, by its text, that could not be read.
fn unreadable(role: &Role<'_>, members: &[u32]) -> Option<Message> {
    let mut faulty: Vec<_> = members.iter().filter_map(|row| role.unreadable.get(row)).flatten().collect();
    faulty.sort_by(|left, right| left.text.cmp(&right.text));
    let first = faulty.first()?;
    let expected = role.table.spec.column(&first.column).map_or("quantity", |column| column.kind.name());
    Some(Message::UnreadableCell {
        side: role.name.to_owned(),
        column: first.column.clone(),
        text: first.text.clone(),
        expected: expected.to_owned(),
        cells: faulty.len() as u64,
    })
}

#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn keyless(
    rule: &Rule,
    settings: &LowStock,
    role: &Role<'_>,
    index: usize,
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

fn evidence(roles: &[Role<'_>], pairing: &Pairing, group: usize, limit: usize) -> Vec<SideRows> {
    let sides = roles.iter().enumerate();
    sides.map(|(index, role)| rows::shown(role.name, role.table, pairing.sides[index].of(group), limit)).collect()
}
