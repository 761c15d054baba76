//! Which figures of which sides stand for the same thing, by the rule's own checks.

use std::collections::BTreeSet;

use super::backdrop::Backdrop;
use super::rows;
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Class, Finding, Relation};
use crate::audit::expression::{ColumnRef, Expression};
use crate::audit::rulebook::{Check, Reconcile, Side};
use crate::audit::snapshot::{ColumnType, TableSpec};

/// A reconcile rule, seen as figures that tie out.
pub(super) struct Ties<'a> {
    pub settings: &'a Reconcile,
    pub backdrop: &'a Backdrop,
    /// Columns that checks demand to be equal, directly or by way of others: (side index, column), each list one figure.
    figures: Vec<Vec<(usize, &'a str)>>,
}

impl<'a> Ties<'a> {
    pub fn new(settings: &'a Reconcile, backdrop: &'a Backdrop) -> Self {
        let place = |column: &ColumnRef| {
            let side = column.side.as_deref()?;
            settings.sides.iter().position(|known| known.name == side)
        };
        let mut figures: Vec<Vec<(usize, &str)>> = Vec::new();
        for check in settings.checks.iter().filter(|check| check.relation == Relation::Equal) {
            let (Some(left), Some(right)) = (plain(&check.left), plain(&check.right)) else { continue };
            let (Some(left), Some(right)) = (
                place(left).map(|side| (side, left.column.as_str())),
                place(right).map(|side| (side, right.column.as_str())),
            ) else {
                continue;
            };
            let mut tied = vec![left, right];
            figures.retain_mut(|known| {
                let meets = known.iter().any(|column| tied.contains(column));
                if meets {
                    tied.extend(known.iter().filter(|column| **column != left && **column != right).copied());
                }
                !meets
            });
            tied.sort_unstable();
            tied.dedup();
            figures.push(tied);
        }
        Ties { settings, backdrop, figures }
    }

    pub fn side(&self, index: usize) -> &'a Side {
        &self.settings.sides[index]
    }

    pub fn index(&self, side: &str) -> Option<usize> {
        self.settings.sides.iter().position(|known| known.name == side)
    }

    pub fn spec(&self, side: usize) -> Option<&'a TableSpec> {
        self.backdrop.spec(side)
    }

    pub fn check(&self, found: &Break) -> Option<&'a Check> {
        self.settings.checks.iter().find(|check| check.name == found.check)
    }

    /// The columns that stand for one figure, where a check's operand is one of them.
    pub fn figure_of(&self, column: &ColumnRef) -> Option<&[(usize, &'a str)]> {
        let side = self.index(column.side.as_deref()?)?;
        let figure = self.figures.iter().find(|figure| figure.contains(&(side, column.column.as_str())))?;
        Some(figure)
    }

    /// The pairs of columns in which a row of one side and a row of another must agree to belong together.
    pub fn between(&self, left: usize, right: usize) -> Vec<(&'a str, &'a str)> {
        let on = |figure: &[(usize, &'a str)], side: usize| {
            figure.iter().find(|(index, _)| *index == side).map(|(_, column)| *column)
        };
        self.figures.iter().filter_map(|figure| Some((on(figure, left)?, on(figure, right)?))).collect()
    }

    /// What a side says of a figure: the sum over its rows where the side adds up, else its one row's. Rows that repeat a
    /// document are among the evidence and do not count, so that a side with such rows says nothing here.
    pub fn value(&self, finding: &Finding, side: usize, column: &str) -> Option<Amount> {
        let side = self.side(side);
        let repeats = |found: &Break| found.class == Class::Duplicate && found.side.as_ref() == Some(&side.name);
        if finding.breaks.iter().any(repeats) {
            return None;
        }
        let held = rows::whole(finding, &side.name)?;
        match held.rows.len() {
            0 => side.absent_zero.then_some(Amount::ZERO),
            1 => rows::amounts(held, column)?.first().copied(),
            _ if side.sum.iter().any(|summed| summed == column) => rows::sum(&rows::amounts(held, column)?),
            _ => None,
        }
    }

    /// The text columns by which rows of two sides can be told to concern the same thing, beside their keys: those
    /// both tables have under one name, without the ones that number documents. Currencies come along and prove nothing.
    pub fn shared(&self, left: usize, right: usize) -> Vec<Shared<'a>> {
        let (Some(one), Some(two)) = (self.spec(left), self.spec(right)) else { return Vec::new() };
        let numbering: BTreeSet<&String> =
            [&one.unique, &two.unique, &self.side(left).key, &self.side(right).key].into_iter().flatten().collect();
        let is_text = |spec: &TableSpec, name: &str| {
            spec.column(name).is_some_and(|column| matches!(column.kind, ColumnType::Text))
        };
        let shared = one.columns.iter().filter(|column| {
            is_text(one, &column.name) && is_text(two, &column.name) && !numbering.contains(&column.name)
        });
        shared.map(|column| Shared { column: &column.name, proves: !self.backdrop.is_currency(&column.name) }).collect()
    }
}

/// A column that two sides have in common.
pub(super) struct Shared<'a> {
    pub column: &'a str,
    /// Whether agreeing in it says anything.
    pub proves: bool,
}

/// The column that an expression consists of, where it is nothing but one.
pub(super) fn plain(expression: &Expression) -> Option<&ColumnRef> {
    let column = expression.columns().first().filter(|_| expression.columns().len() == 1)?;
    let written = match &column.side {
        Some(side) => format!("{side}.{}", column.column),
        None => column.column.clone(),
    };
    (expression.text().trim() == written).then_some(column)
}
