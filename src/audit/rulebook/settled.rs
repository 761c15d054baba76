//! `settled`: how long a row must have stood unchanged before what is said of it counts.

use chrono::TimeDelta;

use super::reading::DATED;
use super::reconcile::Draft;
use crate::audit::expression::ColumnRef;
use crate::problem::{Node, Section};

/// A subject whose break touches a younger row is in transit: the other systems may not have heard of it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Age of a row, by its source's own clock, from which it counts.
    pub minutes: u32,
    /// Dates or instants of sides that say when a row was last touched; any of them may be too young.
    pub by: Vec<ColumnRef>,
}

impl Settled {
    pub fn age(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.minutes))
    }
}

/// The outer `None` says that the setting is wrong.
pub(super) fn read(section: &Section<'_>, drafts: &[Draft<'_>]) -> Option<Option<Settled>> {
    let Some(node) = section.get("settled") else { return Some(None) };
    let section = node.section()?;
    let minutes = section.need("minutes", "how old a row must be before it counts, such as 30");
    let minutes = minutes.and_then(|node| node.small_count(1));
    let by = section.need("by", "when a row was last touched: \"sales.updated_at\", or a list of such columns");
    let by = by.and_then(|node| columns(&node, drafts));
    section.finish();
    Some(Some(Settled { minutes: minutes?, by: by? }))
}

/// One column or a list of them.
fn columns(node: &Node<'_>, drafts: &[Draft<'_>]) -> Option<Vec<ColumnRef>> {
    let texts = if node.value().is_array() { node.texts(1)? } else { vec![(node.filled()?, node.clone())] };
    let columns = texts.iter().map(|(text, node)| column(text, node, drafts));
    columns.collect::<Vec<_>>().into_iter().collect()
}

/// The date or instant that `text` names as `side.column`.
fn column(text: &str, node: &Node<'_>, drafts: &[Draft<'_>]) -> Option<ColumnRef> {
    let mut known = Vec::new();
    for draft in drafts {
        // A table that could not be read is reported elsewhere, and may well have the column.
        let table = draft.table.as_ref()?;
        let dated = table.columns.iter().filter(|column| (DATED.fits)(&column.kind));
        known.extend(dated.map(|column| ColumnRef { side: Some(draft.name.clone()), column: column.name.clone() }));
    }
    let found = known.iter().find(|column| column.to_string() == text).cloned();
    if found.is_none() {
        let names: Vec<String> = known.iter().map(ColumnRef::to_string).collect();
        let sentence = format!("{} is no date or instant of a side", node.written());
        node.unknown(sentence, text, names.iter().map(String::as_str));
    }
    found
}
