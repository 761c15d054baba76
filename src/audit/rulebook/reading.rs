//! What reading a rule knows besides its file, and the parts every kind of rule is made of: tables, columns,
//! expressions and departments.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Sources;
use crate::audit::expression::{ColumnRef, Expression, ParameterTypes, Scope, Type};
use crate::audit::snapshot::{ColumnType, TableSpec};
use crate::problem::{Node, Section};

/// What the other files say. `None` where the file that would say it could not be read: naming something of it is
/// then no second fault, and a rule that needs it is left out.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub tables: &'a BTreeMap<String, TableSpec>,
    /// Names of tables whose own file has problems.
    pub unread_tables: &'a BTreeSet<String>,
    pub departments: Option<&'a BTreeSet<String>>,
    pub sources: Option<&'a Sources>,
    /// The types of the parameters that every job running the rule of this id binds, standard ones included.
    pub parameters: &'a dyn Fn(&str) -> Option<ParameterTypes>,
}

/// The parameters that every run binds.
pub fn standard_parameters() -> ParameterTypes {
    let types =
        [("as_of", Type::Instant), ("as_of_day", Type::Date), ("period_start", Type::Date), ("period_end", Type::Date)];
    types.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect()
}

/// One rule file being read.
pub(super) struct Reading<'a> {
    pub surroundings: Surroundings<'a>,
    pub id: String,
    pub parameters: Option<ParameterTypes>,
}

/// What a column must be, for a role in a rule.
pub(super) struct Wanted {
    pub what: &'static str,
    pub fits: fn(&ColumnType) -> bool,
}

pub(super) const ANY: Wanted = Wanted { what: "any column", fits: |_| true };
pub(super) const ORDERED: Wanted =
    Wanted { what: "a column of figures, dates, instants or text", fits: |kind| !matches!(kind, ColumnType::Boolean) };
pub(super) const DATE: Wanted = Wanted { what: "a date column", fits: |kind| matches!(kind, ColumnType::Date) };
pub(super) const DATED: Wanted =
    Wanted { what: "a date or instant column", fits: |kind| matches!(kind, ColumnType::Date | ColumnType::Instant) };
pub(super) const TEXT: Wanted = Wanted { what: "a text column", fits: |kind| matches!(kind, ColumnType::Text) };
pub(super) const MONEY: Wanted =
    Wanted { what: "a money column", fits: |kind| matches!(kind, ColumnType::Money { .. }) };
pub(super) const QUANTITY: Wanted = Wanted {
    what: "a quantity or number column",
    fits: |kind| matches!(kind, ColumnType::Quantity { .. } | ColumnType::Number { .. }),
};
pub(super) const NUMBER: Wanted = Wanted {
    what: "a number column",
    fits: |kind| matches!(kind, ColumnType::Number { .. } | ColumnType::Quantity { .. }),
};
pub(super) const DECIMAL: Wanted =
    Wanted { what: "a money, quantity or number column", fits: |kind| kind.scale().is_some() };

impl<'a> Reading<'a> {
    /// The table that `node` names.
    pub fn table(&self, node: &Node<'_>) -> Option<&'a TableSpec> {
        let name = node.filled()?;
        let tables = self.surroundings.tables;
        let found = tables.get(&name);
        if found.is_none() && !self.surroundings.unread_tables.contains(&name) {
            let known = tables.keys().chain(self.surroundings.unread_tables).map(String::as_str);
            node.unknown(format!("there is no table {}", node.written()), &name, known);
        }
        found
    }

    /// The table under `table` of a section, which must be there.
    pub fn table_of(&self, section: &Section<'_>) -> Option<&'a TableSpec> {
        section.need("table", "the name of a file of config/tables, without .toml").and_then(|node| self.table(&node))
    }

    /// The department that `node` names.
    pub fn department(&self, node: &Node<'_>) -> Option<String> {
        let name = node.filled()?;
        let known = self.surroundings.departments;
        if let Some(known) = known.filter(|known| !known.contains(&name)) {
            let sentence = format!("there is no department {}", node.written());
            node.unknown(sentence, &name, known.iter().map(String::as_str));
            return None;
        }
        Some(name)
    }

    /// A checked expression over `scope`; `None` without a problem where the scope itself could not be read.
    pub fn expression(&self, node: &Node<'_>, scope: Option<&Scope>) -> Option<Expression> {
        let text = node.filled()?;
        let (scope, parameters) = (scope?, self.parameters.as_ref()?);
        match Expression::parse(&text, scope, parameters) {
            Ok(expression) => Some(expression),
            Err(fault) => {
                node.part_problem(fault.at, fault.sentence, fault.accepted);
                None
            }
        }
    }

    /// An expression that is true or false.
    pub fn condition(&self, node: &Node<'_>, scope: Option<&Scope>) -> Option<Expression> {
        let expression = self.expression(node, scope)?;
        if expression.kind() != Type::Boolean {
            node.problem(
                format!("{} is no condition: it is neither true nor false", node.written()),
                "a comparison such as status <> 'void'",
            );
            return None;
        }
        Some(expression)
    }

    /// The `filter` of a section that reads rows of `table`. The outer `None` says that it is wrong.
    pub fn filter(&self, section: &Section<'_>, table: Option<&TableSpec>) -> Option<Option<Expression>> {
        let Some(node) = section.get("filter") else { return Some(None) };
        let scope = table.map(|table| scope(None, table));
        self.condition(&node, scope.as_ref()).map(Some)
    }
}

/// The columns of one table as an expression names them: bare, or behind the name of their side.
pub(super) fn scope(side: Option<&str>, table: &TableSpec) -> Scope {
    let reference = |column: &str| ColumnRef { side: side.map(str::to_owned), column: column.to_owned() };
    table.columns.iter().map(|column| (reference(&column.name), Type::from(&column.kind))).collect()
}

/// The column of `table` that `node` names, if it is what is wanted.
pub(super) fn column(node: &Node<'_>, table: Option<&TableSpec>, wanted: &Wanted) -> Option<String> {
    let name = node.filled()?;
    let table = table?;
    let Some(column) = table.column(&name) else {
        let known = table.columns.iter().filter(|column| (wanted.fits)(&column.kind));
        let sentence = format!("table {} has no column {}", table.name, node.written());
        node.unknown(sentence, &name, known.map(|column| column.name.as_str()));
        return None;
    };
    if !(wanted.fits)(&column.kind) {
        let sentence = format!("{} is a {} column of table {}", node.written(), column.kind.name(), table.name);
        node.problem(sentence, wanted.what);
        return None;
    }
    Some(name)
}

/// The column under `key`, which must be given.
pub(super) fn needed(section: &Section<'_>, key: &str, table: Option<&TableSpec>, wanted: &Wanted) -> Option<String> {
    let accepted = format!("the name of {}", wanted.what);
    section.need(key, &accepted).and_then(|node| column(&node, table, wanted))
}

/// The column under `key`, which must be given and whose figures are added up.
pub(super) fn summed(section: &Section<'_>, key: &str, table: Option<&TableSpec>, wanted: &Wanted) -> Option<String> {
    let name = needed(section, key, table, wanted)?;
    section.get(key).is_none_or(|node| adds_up(&node, &name, table)).then_some(name)
}

/// A figure that a document repeats on each of its lines would count once a line.
pub(super) fn adds_up(node: &Node<'_>, name: &str, table: Option<&TableSpec>) -> bool {
    let header = table.and_then(|table| table.column(name)).is_some_and(|column| column.header);
    if header {
        let sentence = format!("{} stands repeated on several rows and cannot be added up", node.written());
        node.problem(
            sentence,
            "figures of the rows themselves; a reconcile rule can take min, max or first of this column",
        );
    }
    !header
}

/// The column under `key`, where one is given. The outer `None` says that it is wrong.
pub(super) fn optional(
    section: &Section<'_>,
    key: &str,
    table: Option<&TableSpec>,
    wanted: &Wanted,
) -> Option<Option<String>> {
    section.get(key).map_or(Some(None), |node| column(&node, table, wanted).map(Some))
}

/// What of a column's type must agree for two columns to hold the same key.
pub(super) fn family(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Money { .. } | ColumnType::Quantity { .. } | ColumnType::Number { .. } => "decimal",
        other => other.name(),
    }
}

/// Records a problem where `right` cannot hold the same keys as `left`.
pub(super) fn same_family(
    node: &Node<'_>,
    (left_table, left): (&TableSpec, &str),
    (right_table, right): (&TableSpec, &str),
) -> bool {
    let (Some(one), Some(other)) = (left_table.column(left), right_table.column(right)) else { return true };
    let same = family(&one.kind) == family(&other.kind);
    if !same {
        node.problem(
            format!(
                "{}.{left} is {} and {}.{right} is {}: their keys can never be equal",
                left_table.name,
                family(&one.kind),
                right_table.name,
                family(&other.kind)
            ),
            "columns of the same type; change one of the table files",
        );
    }
    same
}
