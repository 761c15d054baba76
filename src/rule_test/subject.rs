//! What a test names as a subject, in terms of the rule's own key.

use toml::de::DeValue;

use crate::audit::rulebook::{Body, Rule};
use crate::audit::snapshot::ColumnType;
use crate::audit::value::{Subject, Value};
use crate::config::Config;
use crate::problem::Node;

/// A table whose rows are subjects, with the columns of the key.
pub(super) struct Keyed<'a> {
    pub table: &'a str,
    pub columns: Vec<&'a str>,
    /// Whether a row is a business partner rather than a key.
    pub party: bool,
}

/// Every table that gives the rule subjects; the first one's columns say of which types the key is.
pub(super) fn keyed<'a>(rule: &'a Rule) -> Vec<Keyed<'a>> {
    let keyed = |table: &'a str, columns: Vec<&'a str>| Keyed { table, columns, party: false };
    match &rule.body {
        Body::Reconcile(body) => {
            let columns = |key: &'a [String]| key.iter().map(String::as_str).collect();
            body.sides.iter().map(|side| keyed(&side.table, columns(&side.key))).collect()
        }
        Body::LowStock(body) => {
            let columns: Vec<&str> = body.key.iter().map(String::as_str).collect();
            vec![keyed(&body.on_hand.table, columns.clone()), keyed(&body.settings.table, columns)]
        }
        Body::OverduePayment(body) => {
            let document = std::iter::once(body.items.document.as_str());
            let items = keyed(&body.items.table, document.chain(body.items.instalment.as_deref()).collect());
            let plan = body.instalments.as_ref().map(|plan| keyed(&plan.table, vec![&plan.document, &plan.instalment]));
            let party = |credit: &'a crate::audit::rulebook::Credit| Keyed {
                table: &credit.table,
                columns: vec![&credit.party],
                party: true,
            };
            std::iter::once(plan.unwrap_or(items)).chain(body.credit.iter().map(party)).collect()
        }
    }
}

/// The names under which the rule knows its tables.
pub(super) fn sides(rule: &Rule) -> Vec<&str> {
    match &rule.body {
        Body::Reconcile(body) => body.sides.iter().map(|side| side.name.as_str()).collect(),
        Body::LowStock(_) => vec!["on_hand", "settings", "reserved", "incoming", "demand"],
        Body::OverduePayment(_) => vec!["items", "applied", "instalments"],
    }
}

/// The type of each part of the rule's key. A part that no table declares is read as text.
pub(super) fn key_types(rule: &Rule, config: &Config) -> Vec<ColumnType> {
    let Some(first) = keyed(rule).into_iter().next() else { return Vec::new() };
    let spec = config.tables.get(first.table);
    let kind = |column: &&str| spec.and_then(|spec| spec.column(column)).map(|column| column.kind.clone());
    first.columns.iter().map(|column| kind(column).unwrap_or(ColumnType::Text)).collect()
}

/// A subject as written: the values of the key, or one value where the key has one part; `{ keyless = "side" }`,
/// `{ party = "C-1" }` or `{ flood = true }` for the other kinds.
pub(super) fn subject(node: &Node<'_>, rule: &Rule, types: &[ColumnType]) -> Option<Subject> {
    match node.value() {
        DeValue::Table(_) => special(node, rule),
        DeValue::Array(_) => {
            let values = node.list(1)?;
            if values.len() != types.len() {
                let (given, parts) = (values.len(), types.len());
                node.problem(
                    format!(
                        "{} does not have as many values as the key of the rule: {given}, not {parts}",
                        node.written()
                    ),
                    format!("a value for each part of the key: {}", key_names(rule)),
                );
                return None;
            }
            let values = values.iter().zip(types).map(|(node, kind)| value(node, kind));
            Some(Subject::key(values.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?))
        }
        _ if types.len() == 1 => value(node, &types[0]).map(|value| Subject::key(vec![value])),
        _ => {
            let accepted = format!("a list with a value for each part of the key: {}", key_names(rule));
            node.problem(format!("{} is not a whole key", node.written()), accepted);
            None
        }
    }
}

fn key_names(rule: &Rule) -> String {
    match &rule.body {
        Body::Reconcile(body) => body.key.join(", "),
        Body::LowStock(body) => body.key.join(", "),
        Body::OverduePayment(body) => body.items.document.clone(),
    }
}

fn special(node: &Node<'_>, rule: &Rule) -> Option<Subject> {
    let section = node.section()?;
    let (keyless, party, flood) = (section.get("keyless"), section.get("party"), section.get("flood"));
    section.finish();
    match (keyless, party, flood) {
        (Some(node), None, None) => {
            let side = node.filled()?;
            let known = sides(rule);
            if !known.contains(&side.as_str()) {
                node.unknown(format!("the rule has no side {}", node.written()), &side, known);
                return None;
            }
            Some(Subject::keyless(&side))
        }
        (None, Some(node), None) => node.filled().map(|party| Subject::party(Value::Text(party))),
        (None, None, Some(_)) => Some(Subject::flood()),
        _ => {
            let accepted = "{ keyless = \"side\" }, { party = \"customer\" } or { flood = true }";
            node.problem(format!("{} names no subject", node.written()), accepted);
            None
        }
    }
}

/// One value of a key.
fn value(node: &Node<'_>, kind: &ColumnType) -> Option<Value> {
    match kind {
        ColumnType::Money { .. } | ColumnType::Quantity { .. } | ColumnType::Number { .. } => {
            node.decimal().map(Value::Amount)
        }
        ColumnType::Boolean => node.boolean().map(Value::Bool),
        ColumnType::Date => node.date().map(Value::Date),
        ColumnType::Text | ColumnType::Instant => match node.value() {
            DeValue::Integer(_) => node.integer().map(|number| Value::Text(number.to_string())),
            _ => node.text().map(Value::Text),
        },
    }
}
