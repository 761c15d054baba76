//! The checks of a reconcile rule.

use std::collections::BTreeSet;

use super::reading::Reading;
use super::reconcile::Draft;
use super::within::{self, Compared};
use super::{Check, Grace, Within, titles};
use crate::audit::breaks::{Class, Relation};
use crate::audit::expression::{ColumnRef, Expression, Scope, Type};
use crate::audit::snapshot::{ColumnType, Tax};
use crate::problem::{Node, Section};

/// Every check of the rule, in file order.
pub(super) fn read(
    section: &Section<'_>,
    reading: &Reading<'_>,
    sides: &[Draft<'_>],
    scope: Option<&Scope>,
    owner: &str,
) -> Option<Vec<Check>> {
    let Some(node) = section.get("checks") else { return Some(Vec::new()) };
    let mut names = BTreeSet::new();
    let mut checks = Some(Vec::new());
    for section in node.sections()? {
        let check = Checking { reading, sides, scope, section: &section }.read(owner, &mut names);
        section.finish();
        match (&mut checks, check) {
            (Some(checks), Some(check)) => checks.push(check),
            _ => checks = None,
        }
    }
    checks
}

/// On a side that adds up, a column that is neither added up nor part of the key has no single value.
pub(super) fn reads_sums_only(node: &Node<'_>, expression: &Expression, sides: &[Draft<'_>]) -> bool {
    let mut sound = true;
    for column in expression.columns() {
        let side = sides.iter().find(|side| column.side.as_deref() == Some(&side.name));
        let Some(side) = side.filter(|side| side.aggregates.gathers()) else { continue };
        let in_key = side.key.as_ref().is_none_or(|key| key.contains(&column.column));
        if !in_key && !side.aggregates.make(&column.column) {
            node.problem(
                format!("{column} has no single value, because side {} takes several rows together", side.name),
                format!(
                    "add \"{}\" to the side's sum, min, max or first, or compare a column that is in one",
                    column.column
                ),
            );
            sound = false;
        }
    }
    sound
}

/// One check being read.
struct Checking<'r, 'd> {
    reading: &'r Reading<'r>,
    sides: &'r [Draft<'d>],
    scope: Option<&'r Scope>,
    section: &'r Section<'d>,
}

impl Checking<'_, '_> {
    fn read(&self, owner: &str, names: &mut BTreeSet<String>) -> Option<Check> {
        let section = self.section;
        let name = section.need("name", "a name of its own, such as \"price\"").and_then(|node| name(&node, names));
        let title = titles::read(section);
        let relation = self.relation();
        let when = section.get("when").map_or(Some(None), |node| {
            let when = self.reading.condition(&node, self.scope)?;
            reads_sums_only(&node, &when, self.sides).then_some(Some(when))
        });
        let compared = relation.as_ref().map(|(relation, left, right)| Compared {
            relation: *relation,
            left,
            right,
            sums: self.sums(left) || self.sums(right),
        });
        let within = section.get("within").map_or(Some(Within::default()), |node| within::read(&node, compared));
        let grace = section.get("grace").map_or(Some(None), |node| self.grace(&node).map(Some));
        let owner = section.get("owner").map_or_else(|| Some(owner.to_owned()), |node| self.reading.department(&node));
        let (relation, left, right) = relation?;
        let (name, title, limit) = (name?, title?, None);
        Some(Check {
            name,
            title,
            relation,
            left,
            right,
            limit,
            when: when?,
            within: within?,
            grace: grace?,
            owner: owner?,
        })
    }

    /// Exactly one of `equal`, `at_most` and `at_least`, with its two figures.
    fn relation(&self) -> Option<(Relation, Expression, Expression)> {
        const RELATIONS: [(&str, Relation); 3] =
            [("equal", Relation::Equal), ("at_most", Relation::AtMost), ("at_least", Relation::AtLeast)];
        let given: Vec<(Node<'_>, Relation)> =
            RELATIONS.iter().filter_map(|(key, relation)| Some((self.section.get(key)?, *relation))).collect();
        let accepted =
            "one of equal, at_most and at_least, with two figures: equal = [\"sales.qty\", \"warehouse.qty\"]";
        let (node, relation) = match given.as_slice() {
            [(node, relation)] => (node, *relation),
            [] => {
                self.section.problem("the check compares nothing", accepted);
                return None;
            }
            [_, (second, _), ..] => {
                second.name_problem("a check has one relation", accepted);
                return None;
            }
        };
        let figures = node.list(0)?;
        let [left, right] = figures.as_slice() else {
            node.problem(format!("{} compares two figures, and here are {}", node.name(), figures.len()), accepted);
            return None;
        };
        let (left_node, right_node) = (left, right);
        let left = self.figure(left_node);
        let right = self.figure(right_node);
        let (left, right) = (left?, right?);
        self.comparable(node, relation, &left, &right).then_some((relation, left, right))
    }

    /// Whether an expression reads a side that adds up rows.
    fn sums(&self, expression: &Expression) -> bool {
        let read = |name: &str| expression.columns().iter().any(|column| column.side.as_deref() == Some(name));
        self.sides.iter().any(|side| !side.aggregates.sum.is_empty() && read(&side.name))
    }

    fn figure(&self, node: &Node<'_>) -> Option<Expression> {
        let expression = self.reading.expression(node, self.scope)?;
        reads_sums_only(node, &expression, self.sides).then_some(expression)
    }

    fn comparable(&self, node: &Node<'_>, relation: Relation, left: &Expression, right: &Expression) -> bool {
        let (one, other) = (type_name(left.kind()), type_name(right.kind()));
        if one != other {
            node.problem(format!("{one} cannot be compared with {other}"), "two figures of the same type");
            return false;
        }
        if relation != Relation::Equal && matches!(left.kind(), Type::Text | Type::Boolean) {
            node.problem(format!("{one} is neither more nor less"), "equal = [ … ], or two figures or dates");
            return false;
        }
        if left.columns().is_empty() && right.columns().is_empty() {
            node.problem("neither figure reads a column", "figures such as sales.qty");
            return false;
        }
        let taxes = (self.tax(left), self.tax(right));
        if let (Some(one), Some(other)) = taxes
            && one != other
        {
            let word = |tax| if tax == Tax::Included { "contains tax" } else { "is without tax" };
            node.problem(
                format!("the left figure {}, the right one {}: they can never agree", word(one), word(other)),
                "two figures with tax or two without; leave `tax` off a column that the expression converts",
            );
            return false;
        }
        true
    }

    /// Whether an expression's money contains tax; `None` where it reads no money, does not say, or mixes both.
    fn tax(&self, expression: &Expression) -> Option<Tax> {
        let taxes: Vec<Tax> = expression.columns().iter().filter_map(|column| self.tax_of(column)).collect();
        let (first, others) = taxes.split_first()?;
        (*first != Tax::Unknown && others.iter().all(|tax| tax == first)).then_some(*first)
    }

    fn tax_of(&self, column: &ColumnRef) -> Option<Tax> {
        let side = self.sides.iter().find(|side| column.side.as_deref() == Some(&side.name))?;
        match &side.table.as_ref()?.column(&column.column)?.kind {
            ColumnType::Money { tax, .. } => Some(*tax),
            _ => None,
        }
    }

    fn grace(&self, node: &Node<'_>) -> Option<Grace> {
        let section = node.section()?;
        let accepted = "grace = { days = 3, after = [\"sales.promised_date\"] }, working_days in place of days, or \
                        { until = \"sales.promised_date\" }";
        let lengths = [("days", false), ("working_days", true), ("until", false)];
        let given: Vec<_> = lengths.iter().filter_map(|(key, working)| Some((section.get(key)?, *working))).collect();
        let length = match given.as_slice() {
            [(node, _)] if node.name() == "until" => {
                let until = node.filled().and_then(|text| self.date(&text, node));
                section.finish();
                return Some(Grace { days: 0, working: false, after: vec![until?] });
            }
            [(node, working)] => node.small_count(1).map(|days| (days, *working)),
            [_, (second, _), ..] => {
                second.name_problem("a grace counts days, counts working days, or ends on one day", accepted);
                None
            }
            [] => {
                section.problem("the grace has no length", accepted);
                None
            }
        };
        let after = section.need("after", "the dates it is counted from: after = [\"sales.promised_date\"]");
        let after = after.and_then(|node| node.texts(1)).and_then(|texts| {
            let columns = texts.into_iter().map(|(text, node)| self.date(&text, &node));
            columns.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
        });
        section.finish();
        let (days, working) = length?;
        Some(Grace { days, working, after: after? })
    }

    /// A `side.column` of dates.
    fn date(&self, text: &str, node: &Node<'_>) -> Option<ColumnRef> {
        let scope = self.scope?;
        let found = scope.iter().find(|(column, _)| column.to_string() == text);
        let Some((column, kind)) = found else {
            let dates = scope.iter().filter(|(_, kind)| **kind == Type::Date).map(|(column, _)| column.to_string());
            let dates: Vec<String> = dates.collect();
            let known = dates.iter().map(String::as_str);
            node.unknown(format!("{} is no column of a side", node.written()), text, known);
            return None;
        };
        if *kind != Type::Date {
            node.problem(format!("{} is {}, not a date", node.written(), type_name(*kind)), "a date column");
            return None;
        }
        Some(column.clone())
    }
}

/// The classes of breaks that no check of the file finds; their breaks carry the class's name as their check.
const ROW_FAULTS: [Class; 5] = [Class::Unreadable, Class::Keyless, Class::Duplicate, Class::Missing, Class::Flood];

/// A name that no other check has, and that no break without a check carries.
pub(super) fn name(node: &Node<'_>, names: &mut BTreeSet<String>) -> Option<String> {
    let name = node.filled()?;
    if ROW_FAULTS.iter().any(|class| class.name() == name) {
        let accepted = "another name: the breaks that no check finds are listed under this one";
        node.problem(format!("{} is the name of a class of breaks", node.written()), accepted);
        return None;
    }
    if name.chars().any(|letter| letter.is_control() || letter == '|') {
        node.problem(format!("{} cannot be the name of a check", node.written()), "text on one line, without |");
        return None;
    }
    if !names.insert(name.clone()) {
        node.problem(format!("there is already a check {}", node.written()), "a name of its own for every check");
        return None;
    }
    Some(name)
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Text => "text",
        Type::Decimal { .. } => "a figure",
        Type::Date => "a date",
        Type::Instant => "an instant",
        Type::Boolean => "true or false",
    }
}
