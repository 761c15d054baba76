//! A case as the files a user would write, and as text for a reader.

use std::fmt;
use std::fmt::Write;

use super::model::{
    Case, Check, Column, Condition, Currency, Grace, Kind, Of, Reference, Relation, Side, Term, Within,
};

/// A rule file without title and owner.
pub fn rule(case: &Case) -> String {
    let mut toml = format!("kind = \"reconcile\"\nkey = {:?}\n", case.key);
    if let Some(price) = &case.price {
        let _ = writeln!(toml, "price = {:?}", price.to_string());
    }
    for side in &case.sides {
        write_side(&mut toml, case, side);
    }
    for check in &case.checks {
        write_check(&mut toml, check);
    }
    toml
}

fn write_side(toml: &mut String, case: &Case, side: &Side) {
    let _ = writeln!(toml, "[sides.{0}]\ntable = {0:?}", side.name);
    let mapped = case.key.iter().zip(&side.key).filter(|(part, column)| part != column);
    let mapped: Vec<String> = mapped.map(|(part, column)| format!("{part} = {column:?}")).collect();
    if !mapped.is_empty() {
        let _ = writeln!(toml, "key = {{ {} }}", mapped.join(", "));
    }
    if let Some(filter) = &side.filter {
        let _ = writeln!(toml, "filter = {:?}", filter.to_string());
    }
    if !side.sum.is_empty() {
        let _ = writeln!(toml, "sum = {:?}", side.sum);
    }
    toml.push_str(if side.expected { "" } else { "expected = false\n" });
    toml.push_str(if side.absent_zero { "absent = \"zero\"\n" } else { "" });
    if let Some(owner) = side.owner {
        let _ = writeln!(toml, "owner = {owner:?}");
    }
}

fn write_check(toml: &mut String, check: &Check) {
    let relation = match check.relation {
        Relation::Equal => "equal",
        Relation::AtMost => "at_most",
        Relation::AtLeast => "at_least",
    };
    let (left, right) = (check.left.to_string(), check.right.to_string());
    let _ = writeln!(toml, "[[checks]]\nname = {:?}\n{relation} = [{left:?}, {right:?}]", check.name);
    if let Some(when) = &check.when {
        let _ = writeln!(toml, "when = {:?}", when.to_string());
    }
    if let Some(within) = &check.within {
        let _ = writeln!(toml, "within = {{ {} }}", tolerance(within));
    }
    if let Some(grace) = &check.grace {
        let _ = writeln!(toml, "grace = {{ {} }}", patience(grace));
    }
    if let Some(owner) = check.owner {
        let _ = writeln!(toml, "owner = {owner:?}");
    }
}

fn tolerance(within: &Within) -> String {
    let mut parts = Vec::new();
    parts.extend(within.amount.map(|amount| format!("amount = {amount:?}")));
    parts.extend(within.percent.map(|percent| format!("percent = {percent:?}")));
    parts.extend(within.of.as_ref().map(|(Of::Left(side) | Of::Right(side))| format!("of = {side:?}")));
    parts.extend(within.smaller.then(|| "use = \"smaller\"".to_owned()));
    parts.join(", ")
}

fn patience(grace: &Grace) -> String {
    let unit = if grace.working { "working_days" } else { "days" };
    let after: Vec<String> = grace.after.iter().map(ToString::to_string).collect();
    format!("{unit} = {}, after = {after:?}", grace.days)
}

/// A side's table file, without its source.
pub fn table(side: &Side) -> String {
    let mut toml = String::new();
    if !side.unique.is_empty() {
        let _ = writeln!(toml, "unique = {:?}", side.unique);
    }
    toml.push_str("[columns]\n");
    for column in &side.columns {
        let _ = writeln!(toml, "{} = {{ {} }}", column.name, described(column));
    }
    toml
}

fn described(column: &Column) -> String {
    let mut parts = match column.kind {
        Kind::Text => vec!["type = \"text\"".to_owned()],
        Kind::Date => vec!["type = \"date\"".to_owned()],
        Kind::Boolean => vec!["type = \"boolean\"".to_owned()],
        Kind::Quantity { scale } => vec!["type = \"quantity\"".to_owned(), format!("scale = {scale}")],
        Kind::Number { scale } => vec!["type = \"number\"".to_owned(), format!("scale = {scale}")],
        Kind::Money { scale, .. } => vec!["type = \"money\"".to_owned(), format!("scale = {scale}")],
    };
    if let Kind::Money { currency: Currency::Fixed(name) | Currency::Column(name), .. } = column.kind {
        parts.push(format!("currency = {name:?}"));
    }
    if !column.normalise.is_empty() {
        parts.push(format!("normalise = {:?}", column.normalise));
    }
    parts.join(", ")
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.side {
            Some(side) => write!(f, "{side}.{}", self.column),
            None => f.write_str(self.column),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Column(reference) => write!(f, "{reference}"),
            Term::Figure(figure) => f.write_str(figure),
            Term::Plus(pair) => write!(f, "({} + {})", pair.0, pair.1),
            Term::Minus(pair) => write!(f, "({} - {})", pair.0, pair.1),
            Term::Times(pair) => write!(f, "({} * {})", pair.0, pair.1),
            Term::Coalesce(pair) => write!(f, "coalesce({}, {})", pair.0, pair.1),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::IsTrue(term) => write!(f, "{term}"),
            Condition::IsNull(term) => write!(f, "{term} is null"),
            Condition::Above(left, right) => write!(f, "{left} > {right}"),
            Condition::IsText(term, text) => write!(f, "{term} = '{text}'"),
            Condition::IsNotText(term, text) => write!(f, "{term} <> '{text}'"),
            Condition::Both(pair) => write!(f, "{} and {}", pair.0, pair.1),
        }
    }
}

/// The case as files and tables: what a failing case prints.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "on {}, holidays {:?}, make-up days {:?}", self.day, self.holidays, self.workdays)?;
        writeln!(f, "open: {}", self.open.join(" "))?;
        writeln!(f, "\n{}", rule(self))?;
        for side in &self.sides {
            writeln!(f, "# tables/{}.toml\n{}", side.name, table(side))?;
            let names: Vec<&str> = side.columns.iter().map(|column| column.name).collect();
            writeln!(f, "# {} rows\n{}", side.name, names.join(" | "))?;
            for row in &side.rows {
                writeln!(f, "{}", row.join(" | "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
