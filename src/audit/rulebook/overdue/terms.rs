//! Terms of payment: of a document and of a party by column, and for all others by number.

use super::Tied;
use crate::audit::rulebook::reading::{NUMBER, Reading, optional};
use crate::audit::rulebook::{PartyTerms, Term, Terms};
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

const ACCEPTED: &str = "days = …, or a monthly statement: months = …, day_of_month = … or cut_off = …";

/// The rule's `terms`: columns of a table, numbers, or both.
pub(super) fn read(node: &Node<'_>, reading: &Reading<'_>, tied: &Tied<'_>) -> Option<Terms> {
    let section = node.section()?;
    if !section.has("table") {
        let otherwise = numbers(node, &section);
        section.finish();
        return Some(Terms { parties: None, otherwise: Some(otherwise?) });
    }
    let table = reading.table_of(&section);
    let party = tied.column(&section, "party", tied.party.as_deref(), table);
    let columns = columns(node, &section, table);
    let otherwise = section.get("otherwise").map_or(Some(None), |node| {
        let section = node.section()?;
        let otherwise = numbers(&node, &section);
        section.finish();
        otherwise.map(Some)
    });
    section.finish();
    let parties = PartyTerms { table: table?.name.clone(), party: party?, columns: columns? };
    Some(Terms { parties: Some(parties), otherwise: otherwise? })
}

/// The terms that an item's own columns hold.
pub(super) fn of_items(node: &Node<'_>, table: Option<&TableSpec>) -> Option<Term<String>> {
    let section = node.section()?;
    let columns = columns(node, &section, table);
    section.finish();
    columns
}

fn columns(node: &Node<'_>, section: &Section<'_>, table: Option<&TableSpec>) -> Option<Term<String>> {
    let column = |key: &str| optional(section, key, table, &NUMBER);
    let (days, months) = (column("days"), column("months"));
    let (day_of_month, cut_off) = (column("day_of_month"), column("cut_off"));
    let term = Term { days: days?, months: months?, day_of_month: day_of_month?, cut_off: cut_off? };
    said(node, term)
}

fn numbers(node: &Node<'_>, section: &Section<'_>) -> Option<Term<i64>> {
    let number = |key: &str, least: i64, most: i64| {
        section.get(key).map_or(Some(None), |node| {
            let number = node.integer()?;
            if !(least..=most).contains(&number) {
                node.problem(format!("{} cannot be", node.written()), format!("a whole number from {least} to {most}"));
                return None;
            }
            Some(Some(number))
        })
    };
    let (days, months) = (number("days", 0, 3650), number("months", 0, 120));
    let (day_of_month, cut_off) = (number("day_of_month", 1, 31), number("cut_off", 1, 31));
    let term = Term { days: days?, months: months?, day_of_month: day_of_month?, cut_off: cut_off? };
    said(node, term)
}

fn said<T>(node: &Node<'_>, term: Term<T>) -> Option<Term<T>> {
    if term.is_empty() {
        node.problem("nothing says how long after its date an item is due", ACCEPTED);
        return None;
    }
    Some(term)
}
