//! `kind = "stalled"`: rows of one table that stay in a state longer than they may.

use std::collections::BTreeSet;

use super::reading::{DATED, column};
use super::validity::{Assertion, Checking, Required};
use super::{checks, titles};
use crate::problem::{Node, Section};

/// How long a row may stay as it is: up to and including `days` after the day that `since` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    pub days: u32,
    pub working: bool,
    /// A date or instant column.
    pub since: String,
}

/// One check of a stalled rule: `while` says which rows are in the state.
pub(super) fn check(
    checking: &Checking<'_>,
    section: &Section<'_>,
    owner: &str,
    names: &mut BTreeSet<String>,
) -> Option<Assertion> {
    let name = section.need("name", "a name of its own, such as \"approved-not-shipped\"");
    let name = name.and_then(|node| checks::name(&node, names));
    let title = titles::read(section);
    let accepted = "which rows wait: while = \"approved_on is not null and shipped_on is null\"";
    let state = section.need("while", accepted).and_then(|node| checking.holds(&node));
    let stay = section.need("longer", LONGER).and_then(|node| longer(checking, &node));
    let owner = section.get("owner").map_or_else(|| Some(owner.to_owned()), |node| checking.reading.department(&node));
    let (required, when) = (Required::Leaves(stay?), Some(state?));
    let (name, title) = (name?, title?);
    Some(Assertion { name, title, required, when, passes_empty: false, owner: owner? })
}

const LONGER: &str = "longer = { working_days = 5, since = \"approved_on\" }, or days in place of working_days";

fn longer(checking: &Checking<'_>, node: &Node<'_>) -> Option<Stay> {
    let section = node.section()?;
    let length = match (section.get("days"), section.get("working_days")) {
        (Some(node), None) => node.small_count(0).map(|days| (days, false)),
        (None, Some(node)) => node.small_count(0).map(|days| (days, true)),
        (Some(_), Some(second)) => {
            second.name_problem("the time counts days or working days", LONGER);
            None
        }
        (None, None) => {
            section.problem("the time has no length", LONGER);
            None
        }
    };
    let since = section.need("since", "the day it is counted from: since = \"approved_on\"");
    let since = since.and_then(|node| column(&node, checking.table, &DATED));
    section.finish();
    let (days, working) = length?;
    Some(Stay { days, working, since: since? })
}
