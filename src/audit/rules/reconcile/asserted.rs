//! What every row of a validity rule's table must satisfy.

use std::cell::OnceCell;

use super::super::age::{day_after, day_at};
use super::super::{Tables, rows};
use super::conditions::{days_since, not_longer_since};
use super::groups::Groups;
use super::matched::Matched;
use super::prepared::Prepared;
use super::price::in_cents;
use crate::audit::amount::Money;
use crate::audit::breaks::{Break, Class, Message, Operand};
use crate::audit::expression::{Expression, Vector};
use crate::audit::judgement::Context;
use crate::audit::matching::Index;
use crate::audit::rulebook::{Asserted, Assertion, Condition, Exists, Reconcile, Required, Stay};
use crate::audit::snapshot::ColumnType;
use crate::audit::value::Value;

/// The one side of a validity rule.
const ROWS: usize = 0;

/// For each assertion that looks for a row elsewhere, whether each row of the table finds one.
pub(super) fn look_up(
    settings: &Reconcile,
    prepared: &[Prepared<'_>],
    tables: &Tables,
    context: &Context,
) -> Vec<Option<Vec<bool>>> {
    let Some(asserted) = &settings.asserted else { return Vec::new() };
    let table = &prepared[ROWS].table;
    let look_up = |exists: &Exists| {
        let other = &tables[&exists.table];
        let counted: Vec<u32> = rows::kept(other, exists.filter.as_ref(), &context.parameters).iter().collect();
        let (own, theirs) = (exists.key.iter().map(|(own, _)| own), exists.key.iter().map(|(_, theirs)| theirs));
        let known = Index::of_rows(theirs.map(|column| other.vector(column)).collect(), counted);
        let own: Vec<Vector> = own.map(|column| table.vector(column)).collect();
        known.find(&own, table.len()).iter().map(|hits| hits.count > 0).collect()
    };
    let found = asserted.assertions.iter().map(|assertion| match &assertion.required {
        Required::Exists(exists) => Some(look_up(exists)),
        Required::Holds(_) | Required::Leaves(_) => None,
    });
    found.collect()
}

/// Runs every assertion over all groups.
pub(super) fn check(matched: &Matched<'_>, groups: &mut Groups) {
    let Some(asserted) = &matched.settings.asserted else { return };
    let worth = Worth { matched, asserted, amounts: OnceCell::new() };
    for (place, assertion) in asserted.assertions.iter().enumerate() {
        let run = Run { matched, place, assertion, when: OnceCell::new() };
        match &assertion.required {
            Required::Holds(condition) => run.holds(condition, &worth, groups),
            Required::Exists(exists) => run.exists(exists, &worth, groups),
            Required::Leaves(stay) => run.leaves(stay, &worth, groups),
        }
    }
}

/// One assertion over one batch.
struct Run<'m> {
    matched: &'m Matched<'m>,
    place: usize,
    assertion: &'m Assertion,
    when: OnceCell<Option<Vector>>,
}

impl Run<'_> {
    fn holds(&self, condition: &Condition, worth: &Worth<'_>, groups: &mut Groups) {
        let parameters = &self.matched.context.parameters;
        let evaluate = |condition: &Expression| condition.evaluate(self.matched, parameters);
        let Vector::Boolean(cells) = evaluate(&condition.whole) else { return };
        let parts: OnceCell<Vec<Vector>> = OnceCell::new();
        for (group, cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != Some(true)) {
            if groups.blocked[group] || !self.applies(group) {
                continue;
            }
            let states = parts.get_or_init(|| condition.parts.iter().map(evaluate).collect());
            let failing =
                condition.parts.iter().zip(states).filter(|(_, state)| state.value(group) != Value::Bool(true));
            let failing: Vec<&Expression> = failing.map(|(part, _)| part).collect();
            let mut columns: Vec<&str> = Vec::new();
            for column in failing.iter().flat_map(|part| in_order(part)) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
            let figures: Vec<Operand> = columns.iter().map(|column| self.operand(column, group)).collect();
            let untold = cell.is_none();
            // A figure that does not fit leaves the condition untold too, and is no empty cell.
            if untold && self.assertion.passes_empty && figures.iter().any(|figure| figure.value.is_null()) {
                continue;
            }
            let assertion = failing.iter().map(|part| part.text()).collect::<Vec<_>>().join(" and ");
            let message = Message::NotSatisfied { assertion, untold, figures };
            self.place(group, Class::Invalid, message, worth, groups);
        }
    }

    fn exists(&self, exists: &Exists, worth: &Worth<'_>, groups: &mut Groups) {
        let Some(found) = self.matched.sides.found[self.place].as_ref() else { return };
        for group in 0..self.matched.pairing.groups {
            let Some(row) = self.matched.rows(ROWS, group).first().filter(|row| !found[**row as usize]) else {
                continue;
            };
            if groups.blocked[group] || !self.applies(group) {
                continue;
            }
            let table = self.matched.tables[ROWS];
            let key: Vec<Value> = exists.key.iter().map(|(own, _)| table.value(own, *row as usize)).collect();
            if self.assertion.passes_empty && key.iter().any(Value::is_null) {
                continue;
            }
            let side = self.matched.side(ROWS).name.clone();
            let message = Message::LookupMissing { side, table: exists.table.clone(), key, rows: 1 };
            self.place(group, Class::UnknownReference, message, worth, groups);
        }
    }

    fn leaves(&self, stay: &Stay, worth: &Worth<'_>, groups: &mut Groups) {
        let context = self.matched.context;
        let dates = self.matched.tables[ROWS].vector(&stay.since);
        let in_time = not_longer_since(stay.days, stay.working, context);
        let state = self.assertion.when.as_ref().map(|state| state.text().to_owned()).unwrap_or_default();
        for group in 0..self.matched.pairing.groups {
            let Some(row) = self.matched.rows(ROWS, group).first() else { continue };
            let since = day_at(&dates, *row, context);
            if since.is_some_and(|since| i64::from(since) >= in_time) || groups.blocked[group] || !self.applies(group) {
                continue;
            }
            let message = Message::Stalled {
                state: state.clone(),
                column: stay.since.clone(),
                since: since.and_then(day_after),
                days: since.map_or(0, |since| days_since(since, stay.working, context)),
                allowed: stay.days,
                working: stay.working,
            };
            self.place(group, Class::Stalled, message, worth, groups);
        }
    }

    /// Whether the check's `when` is true, or it has none.
    fn applies(&self, group: usize) -> bool {
        let parameters = &self.matched.context.parameters;
        let evaluate = || self.assertion.when.as_ref().map(|when| when.evaluate(self.matched, parameters));
        match self.when.get_or_init(evaluate) {
            None => true,
            Some(Vector::Boolean(flags)) => flags[group] == Some(true),
            Some(_) => false,
        }
    }

    fn operand(&self, column: &str, group: usize) -> Operand {
        let row = self.matched.rows(ROWS, group).first();
        let table = self.matched.tables[ROWS];
        let is_money = matches!(table.spec.column(column).map(|column| &column.kind), Some(ColumnType::Money { .. }));
        let value = match row.map_or(Value::Null, |row| table.value(column, *row as usize)) {
            // Only money says its cents where there are none.
            Value::Amount(amount) if !is_money => Value::Amount(amount.normalised()),
            value => value,
        };
        Operand { expression: column.to_owned(), value }
    }

    fn place(&self, group: usize, class: Class, message: Message, worth: &Worth<'_>, groups: &mut Groups) {
        let found = Break {
            check: self.assertion.name.clone(),
            class,
            side: None,
            owner: self.assertion.owner.clone(),
            message,
            at_risk: worth.of(group),
            diagnosis: None,
        };
        groups.place(group, self.place as u32 + 1, ROWS as u32, found);
    }
}

/// The columns of a condition as it names them, one after the other.
fn in_order(condition: &Expression) -> Vec<&str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words: Vec<&str> = condition.text().split(|letter| !is_word(letter)).collect();
    let mut columns: Vec<&str> = condition.columns().iter().map(|column| column.column.as_str()).collect();
    columns.sort_by_key(|column| words.iter().position(|word| word == column));
    columns
}

/// What the rows are worth; evaluated when something has to be priced.
struct Worth<'m> {
    matched: &'m Matched<'m>,
    asserted: &'m Asserted,
    amounts: OnceCell<Option<Vector>>,
}

impl Worth<'_> {
    /// The absolute amount; `None` where there is none, or it takes several currencies together.
    fn of(&self, group: usize) -> Option<Money> {
        let Worth { matched, asserted, amounts } = self;
        let expression = asserted.amount.as_ref()?;
        let evaluate = || Some(expression.evaluate(*matched, &matched.context.parameters));
        let Value::Amount(amount) = amounts.get_or_init(evaluate).as_ref()?.value(group) else { return None };
        let row = matched.rows(ROWS, group).first()?;
        let money = |column: &&crate::audit::expression::ColumnRef| {
            matches!(matched.kind(column), Some(ColumnType::Money { .. }))
        };
        let mut codes = expression.columns().iter().filter(money).map(|column| matched.currencies(column).at(*row));
        let currency = codes.next()?;
        codes.all(|code| code == currency).then_some(())?;
        Some(Money { currency: currency.to_owned(), amount: in_cents(amount.checked_abs()?) })
    }
}
