//! The `within` of a check.

use std::collections::{BTreeMap, BTreeSet};

use super::severity::{money, optional};
use super::{Allowed, Base, Choose, Margins, PerCurrency, Within};
use crate::audit::breaks::Relation;
use crate::audit::expression::{Expression, Type};
use crate::problem::{Node, Section};

/// What a tolerance belongs to.
#[derive(Clone, Copy)]
pub(super) struct Compared<'e> {
    pub relation: Relation,
    pub left: &'e Expression,
    pub right: &'e Expression,
    /// Whether any side that the figures read adds up rows.
    pub sums: bool,
}

/// Reads a tolerance. `compared` is absent where the check's figures could not be read, which is reported elsewhere.
pub(super) fn read(node: &Node<'_>, compared: Option<Compared<'_>>) -> Option<Within> {
    let section = node.section()?;
    match compared.map(|compared| compared.left.kind()) {
        Some(Type::Date | Type::Instant) => days(node, &section, compared),
        Some(Type::Decimal { .. }) => figures(node, &section, compared),
        Some(Type::Text | Type::Boolean) => {
            let what = if matches!(compared?.left.kind(), Type::Text) { "text" } else { "true or false" };
            let sentence = format!("a tolerance has no meaning on {what}");
            node.name_problem(sentence, "no within, or a check of amounts, quantities or dates");
            None
        }
        None if speaks_of_days(node, &section) => days(node, &section, None),
        None => figures(node, &section, None),
    }
}

fn speaks_of_days(node: &Node<'_>, section: &Section<'_>) -> bool {
    let bound = |key: &str| node.value().get(key).is_some_and(|bound| bound.get_ref().get("days").is_some());
    section.has("days") || bound("under") || bound("over")
}

/// Days that dates may be apart.
fn days(node: &Node<'_>, section: &Section<'_>, compared: Option<Compared<'_>>) -> Option<Within> {
    let accepted = "within = { days = 3 }, or { under = { days = 2 }, over = { days = 5 } }";
    let both = optional(section, "days", |node| node.small_count(0));
    let bounds = Bounds::of(section, "days", compared);
    let bound = |node: &Option<Node<'_>>| match node {
        None => Some(0),
        Some(node) => {
            let section = node.section()?;
            let days = section.need("days", accepted).and_then(|node| node.small_count(0));
            section.finish();
            days
        }
    };
    let (under, over) = (bound(&bounds.under), bound(&bounds.over));
    section.finish();
    if !section.has("days") && !bounds.any() {
        node.problem("the tolerance names no days", accepted);
        return None;
    }
    let sound = bounds.sound;
    match both? {
        Some(days) => sound.then_some(Within::Days { under: days, over: days }),
        None => sound.then_some(Within::Days { under: under?, over: over? }),
    }
}

/// What figures may be apart.
fn figures(node: &Node<'_>, section: &Section<'_>, compared: Option<Compared<'_>>) -> Option<Within> {
    let accepted = "within = { amount = \"0.01\" }, { percent = \"0.1\" }, or both";
    let both = allowed(section, compared);
    let of = section.get("of");
    let choose = section.get("use");
    let per_row = section.get("per_row");
    let bounds = Bounds::of(section, "amount and percent", compared);
    let bound = |node: &Option<Node<'_>>| match node {
        None => Some(Allowed::default()),
        Some(node) => {
            let section = node.section()?;
            let allowed = allowed(&section, compared);
            section.finish();
            if !section.has("amount") && !section.has("percent") {
                node.problem("the bound names no figure", "{ amount = \"3\" }, { percent = \"5\" }, or both");
                return None;
            }
            allowed
        }
    };
    let (under, over) = (bound(&bounds.under), bound(&bounds.over));
    let (under, over) = if bounds.any() { (under, over) } else { (both.clone(), both.clone()) };
    if matches!(&both, Some(both) if *both == Allowed::default()) && !bounds.any() {
        node.problem("the tolerance names no figure", accepted);
    }
    // Where a bound could not be read, nothing is said of what would belong to it.
    let some = |has: fn(&Allowed) -> bool| [&under, &over].iter().any(|bound| bound.as_ref().is_none_or(has));
    if let (Some(of), false) = (&of, some(|bound| bound.percent.is_some())) {
        of.name_problem("of says what a percentage is of, and there is none", "percent = \"…\", or no of");
    }
    if let (Some(choose), false) = (&choose, some(|bound| bound.amount.is_some() && bound.percent.is_some())) {
        choose.name_problem("use chooses between amount and percent, and one is missing", "both, or no use");
    }
    if let (Some(per_row), false) = (&per_row, some(|bound| bound.amount.is_some())) {
        per_row.name_problem("per_row multiplies an amount, and there is none", "amount = \"…\", or no per_row");
    }
    if let (Some(per_row), Some(Compared { sums: false, .. })) = (&per_row, compared) {
        let sentence = "no side that the check reads adds up rows, so there is one row of each";
        per_row.name_problem(sentence, "no per_row, or sum = […] on a side");
    }
    let of = of.map_or(Some(Base::Larger), |node| base(&node, compared));
    let choose = choose.map_or(Some(Choose::default()), |node| {
        node.one_of(&[("larger", Choose::Larger), ("smaller", Choose::Smaller)])
    });
    let per_row = per_row.map_or(Some(false), |node| node.boolean());
    section.finish();
    both?;
    let sound = bounds.sound;
    let margins = Margins { under: under?, over: over?, of: of?, choose: choose?, per_row: per_row? };
    sound.then(|| Within::Figures(Box::new(margins)))
}

/// The two bounds of a tolerance, where the file tells them apart.
struct Bounds<'d> {
    under: Option<Node<'d>>,
    over: Option<Node<'d>>,
    sound: bool,
}

impl<'d> Bounds<'d> {
    /// `what` names the keys that say the same for both directions at once.
    fn of(section: &Section<'d>, what: &str, compared: Option<Compared<'_>>) -> Bounds<'d> {
        let mut bounds = Bounds { under: section.get("under"), over: section.get("over"), sound: true };
        let together = what.split(" and ").any(|key| section.has(key));
        if let Some(node) = bounds.under.as_ref().or(bounds.over.as_ref()).filter(|_| together) {
            let sentence = format!("{} says for one direction what {what} beside it say for both", node.name());
            node.name_problem(sentence, format!("either {what}, or under = {{ … }} and over = {{ … }}"));
            bounds.sound = false;
        }
        let idle = match compared.map(|compared| compared.relation) {
            Some(Relation::AtMost) => bounds.under.as_ref(),
            Some(Relation::AtLeast) => bounds.over.as_ref(),
            _ => None,
        };
        if let Some(node) = idle {
            let (one, other) = if node.name() == "under" { ("at_most", "over") } else { ("at_least", "under") };
            let sentence = format!("{one} lets the left figure be {} the right one by any amount", node.name());
            node.name_problem(sentence, format!("{other} = {{ … }}"));
            bounds.sound = false;
        }
        bounds
    }

    fn any(&self) -> bool {
        self.under.is_some() || self.over.is_some()
    }
}

fn allowed(section: &Section<'_>, compared: Option<Compared<'_>>) -> Option<Allowed> {
    let amount = optional(section, "amount", |node| amount(node, compared));
    let percent = optional(section, "percent", Node::tolerance);
    Some(Allowed { amount: amount?, percent: percent? })
}

/// One amount, or one per currency.
fn amount(node: &Node<'_>, compared: Option<Compared<'_>>) -> Option<PerCurrency> {
    if !node.value().is_table() {
        return node.tolerance().map(|other| PerCurrency { currencies: BTreeMap::new(), other });
    }
    let money = |expression: &Expression| matches!(expression.kind(), Type::Decimal { money: true, .. });
    if compared.is_some_and(|compared| !money(compared.left) && !money(compared.right)) {
        node.problem("an amount per currency has no meaning on what is no money", "one amount: amount = \"0.01\"");
        return None;
    }
    let entries = node.section()?.entries();
    if entries.is_empty() {
        node.problem("the amount names no currency", "amount = { CNY = \"0.05\", JPY = \"1\", other = \"0.01\" }");
        return None;
    }
    let mut amounts = Some(PerCurrency::default());
    for (code, node) in entries {
        let amount = if code == "other" {
            node.tolerance()
        } else {
            self::money(&node, "codes of three capitals such as CNY, and other for the rest")
        };
        match (&mut amounts, amount) {
            (Some(amounts), Some(amount)) if code == "other" => amounts.other = amount,
            (Some(amounts), Some(amount)) => drop(amounts.currencies.insert(code, amount)),
            _ => amounts = None,
        }
    }
    amounts
}

/// The figure a percentage is of: the one that alone reads the named side.
fn base(node: &Node<'_>, compared: Option<Compared<'_>>) -> Option<Base> {
    let side = node.filled()?;
    let compared = compared?;
    let sides = |expression: &Expression| -> BTreeSet<String> {
        expression.columns().iter().filter_map(|column| column.side.clone()).collect()
    };
    let (left, right) = (sides(compared.left), sides(compared.right));
    match (left.contains(&side), right.contains(&side)) {
        (true, false) => Some(Base::Left),
        (false, true) => Some(Base::Right),
        (true, true) => {
            node.problem(format!("both figures read {}", node.written()), "a side that only one figure reads");
            None
        }
        (false, false) => {
            let known: Vec<&str> = left.symmetric_difference(&right).map(String::as_str).collect();
            node.unknown(format!("neither figure reads {}", node.written()), &side, known);
            None
        }
    }
}
