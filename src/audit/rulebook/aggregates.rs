//! What becomes of several rows of one key: `sum`, `min`, `max`, `first` and `count` of a side.

use super::reading::{ANY, DECIMAL, ORDERED, Wanted, adds_up, column};
use crate::audit::snapshot::TableSpec;
use crate::problem::{Node, Section};

/// The aggregates of one side.
#[derive(Default)]
pub(super) struct Aggregates {
    pub sum: Vec<String>,
    pub min: Vec<String>,
    pub max: Vec<String>,
    pub first: Vec<String>,
    pub count: Option<String>,
}

impl Aggregates {
    /// Whether several rows of one key make one figure.
    pub fn gathers(&self) -> bool {
        self.count.is_some() || self.lists().iter().any(|columns| !columns.is_empty())
    }

    /// Whether the rows of one key make one value of `name`.
    pub fn make(&self, name: &str) -> bool {
        self.count.as_deref() == Some(name)
            || self.lists().iter().any(|columns| columns.iter().any(|held| held == name))
    }

    fn lists(&self) -> [&Vec<String>; 4] {
        [&self.sum, &self.min, &self.max, &self.first]
    }
}

/// Reads the aggregates of a side over `table`. The outer `None` says that one of them is wrong; over an unread table
/// no column can be checked, and the rule is left out anyway.
pub(super) fn read(section: &Section<'_>, table: Option<&TableSpec>, key: Option<&[String]>) -> Option<Aggregates> {
    let mut taken: Vec<(String, &str)> = Vec::new();
    let mut list = |name: &'static str, wanted: &Wanted| {
        let Some(node) = section.get(name) else { return Some(Vec::new()) };
        let columns = node.texts(1)?.into_iter().map(|(text, node)| {
            let sound = in_no_key(&node, &text, name, key) && once(&node, &text, name, &mut taken);
            column(&node, table, wanted).filter(|_| sound && (name != "sum" || adds_up(&node, &text, table)))
        });
        columns.collect::<Vec<_>>().into_iter().collect::<Option<Vec<String>>>()
    };
    let sum = list("sum", &DECIMAL);
    let (min, max, first) = (list("min", &ORDERED), list("max", &ORDERED), list("first", &ANY));
    let count = section.get("count").map_or(Some(None), |node| count(&node, table).map(Some));
    if table.is_none() {
        return Some(Aggregates::default());
    }
    Some(Aggregates { sum: sum?, min: min?, max: max?, first: first?, count: count? })
}

fn in_no_key(node: &Node<'_>, text: &str, name: &str, key: Option<&[String]>) -> bool {
    let sound = !key.is_some_and(|key| key.iter().any(|part| part == text));
    if !sound {
        let sentence = match name {
            "sum" => format!("{} is part of the key and cannot be added up", node.written()),
            _ => format!("{} is part of the key: all rows of one subject have the same", node.written()),
        };
        node.problem(sentence, "other columns");
    }
    sound
}

/// A check could not say which of two aggregates of one column it means.
fn once(node: &Node<'_>, text: &str, name: &'static str, taken: &mut Vec<(String, &'static str)>) -> bool {
    let known = taken.iter().find(|(column, _)| column == text);
    if let Some((_, other)) = known {
        let accepted =
            format!("each column in one of them; derive = {{ {text}_{name} = \"{text}\" }} makes a second one");
        node.problem(format!("{} already stands in {other}", node.written()), accepted);
        return false;
    }
    taken.push((text.to_owned(), name));
    true
}

/// The name of the row count: one that no column has.
fn count(node: &Node<'_>, table: Option<&TableSpec>) -> Option<String> {
    let name = node.filled()?;
    let sound = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if !sound || name.starts_with(char::is_numeric) {
        let accepted = "letters, digits and _, not a digit first";
        node.problem(format!("{} cannot be used as a name", node.written()), accepted);
        return None;
    }
    if table.is_some_and(|table| table.column(&name).is_some()) {
        let accepted = "a name of its own for the number of rows, such as \"rows\"";
        node.problem(format!("there is already a column {}", node.written()), accepted);
        return None;
    }
    Some(name)
}
