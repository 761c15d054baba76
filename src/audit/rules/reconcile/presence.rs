//! Faults of the rows themselves: unreadable cells, duplicates, and sides without a row.

use super::super::rows;
use super::compare::Common;
use super::groups::{Groups, columns_of, row_break, sides_read};
use super::matched::{Matched, sum};
use super::price::{Price, in_cents};
use crate::audit::amount::Money;
use crate::audit::breaks::{Break, Class, Message};

/// Places a break for every group with a cell that the rule uses and that could not be read, and blocks its checks.
pub(super) fn unreadable(matched: &Matched<'_>, groups: &mut Groups) {
    for index in 0..matched.tables.len() {
        let cells = &matched.sides.unreadable[index];
        if cells.is_empty() {
            continue;
        }
        for group in 0..matched.pairing.groups {
            if groups.unjudged[group].is_some() {
                continue;
            }
            let of_group = matched.rows(index, group).iter().filter_map(|row| cells.get(row)).flatten();
            let mut faulty: Vec<_> = of_group.collect();
            faulty.sort_by(|left, right| (&left.column, &left.text).cmp(&(&right.column, &right.text)));
            let Some(first) = faulty.first() else { continue };
            let expected = matched.tables[index].spec.column(&first.column).map_or("text", |column| column.kind.name());
            let side = matched.side(index);
            let message = Message::UnreadableCell {
                side: side.name.clone(),
                column: first.column.clone(),
                text: first.text.clone(),
                expected: expected.to_owned(),
                cells: faulty.len() as u64,
            };
            groups.blocked[group] = true;
            groups.place(group, 0, index as u32, row_break(side, Class::Unreadable, message));
        }
    }
}

/// More than one row where a side allows one, and documents that stand twice where a side takes several together.
pub(super) fn duplicates(matched: &Matched<'_>, groups: &mut Groups) {
    let told_elsewhere = matched.settings.asserted.as_ref().is_some_and(|asserted| asserted.passes_duplicates);
    for index in 0..matched.tables.len() {
        let side = matched.side(index);
        let spec = &matched.tables[index].spec;
        for group in 0..matched.pairing.groups {
            if groups.unjudged[group].is_some() {
                continue;
            }
            let rows = matched.rows(index, group);
            let (unique, surplus) = match matched.surplus(index, group) {
                Some(surplus) => (&spec.unique, surplus.to_vec()),
                None if !side.gathers() && rows.len() > 1 => (&side.key, surplus(matched, index, rows)),
                None => continue,
            };
            if told_elsewhere {
                // What no other rule may tell, such as a cell that only this one reads, stays a break.
                groups.leave_doubled(group);
                continue;
            }
            if !side.gathers() {
                groups.blocked[group] = true;
            }
            let message =
                Message::Duplicate { side: side.name.clone(), unique: unique.clone(), rows: 1 + surplus.len() as u64 };
            let mut found = row_break(side, Class::Duplicate, message);
            found.at_risk = money_of(matched, index, &surplus);
            groups.place(group, 0, index as u32, found);
        }
    }
}

/// All rows but the one with the smallest amount: what is in question is at least what the others hold.
fn surplus(matched: &Matched<'_>, index: usize, rows: &[u32]) -> Vec<u32> {
    let mut ordered = rows.to_vec();
    let table = matched.tables[index];
    let cells = matched.sides.worth[index].as_ref().map(|column| rows::decimals(table, column));
    ordered.sort_by_cached_key(|row| {
        let amount = cells.as_ref().and_then(|cells| rows::amount(cells, *row));
        (amount, rows::row_text(table, *row))
    });
    ordered.split_off(1)
}

/// The money some rows of a side hold; `None` when the side has none, or it is of several currencies. What rows repeat
/// counts once, with its largest figure.
pub(super) fn money_of(matched: &Matched<'_>, index: usize, rows: &[u32]) -> Option<Money> {
    let column = matched.sides.worth[index].as_ref()?;
    let (side, table) = (matched.side(index), matched.tables[index]);
    let cells = rows::decimals(table, column);
    let repeats = [&side.min, &side.max, &side.first].into_iter().any(|columns| columns.contains(column));
    let amount = if repeats || table.spec.column(column).is_some_and(|column| column.header) {
        rows.iter().filter_map(|row| rows::amount(&cells, *row)?.checked_abs()).max()?
    } else {
        sum(&cells, rows)?.checked_abs()?
    };
    let mut codes = matched.sides.currencies(index, column).of_rows(rows);
    let currency = codes.pop_first().filter(|_| codes.is_empty())?;
    Some(Money { currency, amount: in_cents(amount) })
}

/// Places a break for every expected side without a row, unless all checks that would read it are waiting.
pub(super) fn missing(matched: &Matched<'_>, common: &Common<'_>, groups: &mut Groups) {
    let settings = matched.settings;
    let Common { conditions, price } = common;
    for (index, side) in settings.sides.iter().enumerate() {
        if !side.expected || side.absent_zero {
            continue;
        }
        let readers: Vec<usize> = (0..settings.checks.len())
            .filter(|number| sides_read(settings, columns_of(&settings.checks[*number])).contains(&index))
            .collect();
        for group in 0..matched.pairing.groups {
            if matched.is_present(index, group) || groups.unjudged[group].is_some() {
                continue;
            }
            let applying: Vec<usize> = readers
                .iter()
                .copied()
                .filter(|number| {
                    let unknown = settings.checks[*number].when.as_ref().is_some_and(|when| {
                        let sides = sides_read(settings, when.columns().iter());
                        sides.into_iter().any(|side| !matched.is_readable(side, group))
                    });
                    unknown || conditions.applies(*number, group)
                })
                .collect();
            if !readers.is_empty() && applying.is_empty() {
                continue;
            }
            if !applying.is_empty() && applying.iter().all(|number| conditions.waits(*number, group)) {
                groups.waiting[group] = true;
                continue;
            }
            let found = missing_break(matched, index, group, price);
            groups.place(group, 0, index as u32, found);
        }
    }
}

fn missing_break(matched: &Matched<'_>, index: usize, group: usize, price: &Price<'_>) -> Break {
    let side = matched.side(index);
    let present: Vec<usize> = (0..matched.tables.len()).filter(|side| matched.is_present(*side, group)).collect();
    let names = present.iter().map(|side| matched.side(*side).name.clone()).collect();
    let message = Message::Missing { side: side.name.clone(), present: names };
    let mut found = row_break(side, Class::Missing, message);
    let money = present.iter().find_map(|side| money_of(matched, *side, matched.counted(*side, group)));
    found.at_risk = money.or_else(|| price.of_present(group, &present));
    found
}
