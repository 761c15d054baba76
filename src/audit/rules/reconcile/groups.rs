//! What is known of each subject while a rule's checks run over it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Placed;
use crate::audit::breaks::{Break, Class, Message};
use crate::audit::expression::ColumnRef;
use crate::audit::judgement::Unjudged;
use crate::audit::rulebook::{Check, Reconcile, Side};
use crate::audit::swing::{NewFigure, Young};

/// What is known of each group while its checks run.
pub(super) struct Groups {
    /// Not value-checked: unreadable, or duplicate on a side that does not sum.
    pub blocked: Vec<bool>,
    pub waiting: Vec<bool>,
    /// Why a group is not judged at all; its breaks do not count.
    pub unjudged: Vec<Option<Unjudged>>,
    pub placed: BTreeMap<usize, Vec<Placed>>,
    /// How many groups a check could not compare with their past yet.
    pub young: Young,
    /// What later runs compare with.
    pub figures: BTreeMap<usize, NewFigure>,
}

impl Groups {
    pub fn new(count: usize) -> Self {
        Groups {
            blocked: vec![false; count],
            waiting: vec![false; count],
            unjudged: vec![None; count],
            placed: BTreeMap::new(),
            young: Young::default(),
            figures: BTreeMap::new(),
        }
    }

    /// Leaves a group out of everything that follows.
    pub fn leave(&mut self, group: usize, why: Unjudged) {
        self.unjudged[group] = self.unjudged[group].or(Some(why));
        self.blocked[group] = true;
    }

    /// Leaves a group of several rows to another rule, but for what was found in them so far.
    pub fn leave_doubled(&mut self, group: usize) {
        if self.placed.contains_key(&group) {
            self.blocked[group] = true;
        } else {
            self.leave(group, Unjudged::Doubled);
        }
    }

    pub fn place(&mut self, group: usize, check: u32, side: u32, found: Break) {
        self.placed.entry(group).or_default().push(Placed { check, side, found });
    }
}

/// The check name of a fault that no check of the file names.
pub(super) fn row_fault(class: Class) -> String {
    class.name().to_owned()
}

/// An unpriced fault of a side's rows.
pub(super) fn row_break(side: &Side, class: Class, message: Message) -> Break {
    Break {
        check: row_fault(class),
        class,
        side: Some(side.name.clone()),
        owner: side.owner.clone(),
        message,
        at_risk: None,
        diagnosis: None,
    }
}

/// The columns that both figures of a check read.
pub(super) fn columns_of(check: &Check) -> impl Iterator<Item = &ColumnRef> {
    check.left.columns().iter().chain(check.right.columns())
}

/// The sides that any of `columns` stands on, as indexes.
pub(super) fn sides_read<'c>(settings: &Reconcile, columns: impl Iterator<Item = &'c ColumnRef>) -> BTreeSet<usize> {
    let names = columns.filter_map(|column| column.side.as_deref());
    names.filter_map(|name| settings.sides.iter().position(|side| side.name == name)).collect()
}
