//! A case as the files a user would write, and as text for a reader.

use std::fmt;
use std::fmt::Write;

use super::model::{
    Allowed, Amounts, Case, Check, Column, Condition, Currency, Grace, Kind, Length, OTHER, Of, Origin, Reference,
    Relation, Scope, Side, Term, Within,
};

/// A rule file without title and owner.
pub fn rule(case: &Case) -> String {
    let mut toml = format!("kind = \"reconcile\"\nkey = {:?}\n", case.key);
    if let Some(price) = &case.price {
        let _ = writeln!(toml, "price = {:?}", price.to_string());
    }
    if let Some(scope) = &case.scope {
        write_scope(&mut toml, case, scope);
    }
    for side in &case.sides {
        write_side(&mut toml, case, side);
    }
    for check in &case.checks {
        write_check(&mut toml, check);
    }
    toml
}

fn write_scope(toml: &mut String, case: &Case, scope: &Scope) {
    let until = scope.until.map(|until| format!(", until = \"{until}\"")).unwrap_or_default();
    let (side, by, since) = (case.sides[0].name, scope.by, scope.since);
    let _ = writeln!(toml, "scope = {{ by = \"{side}.{by}\", since = \"{since}\"{until} }}");
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
    write_added(toml, side);
    for (name, columns) in [("sum", &side.sum), ("min", &side.min), ("max", &side.max), ("first", &side.first)] {
        if !columns.is_empty() {
            let _ = writeln!(toml, "{name} = {columns:?}");
        }
    }
    if let Some(count) = side.count {
        let _ = writeln!(toml, "count = {count:?}");
    }
    toml.push_str(if side.expected { "" } else { "expected = false\n" });
    toml.push_str(if side.absent_zero { "absent = \"zero\"\n" } else { "" });
    if let Some(owner) = side.owner {
        let _ = writeln!(toml, "owner = {owner:?}");
    }
}

fn write_added(toml: &mut String, side: &Side) {
    if let Some(lookup) = &side.lookup {
        let taken = side.columns.iter().filter_map(|column| match column.origin {
            Origin::Taken(from) => Some(format!("{} = {from:?}", column.name)),
            _ => None,
        });
        let (taken, (own, theirs)) = (taken.collect::<Vec<_>>().join(", "), lookup.key);
        let required = if lookup.required { ", required = true" } else { "" };
        let key = format!("{{ {own} = {theirs:?} }}");
        let _ = writeln!(toml, "lookup = [{{ table = {OTHER:?}, key = {key}, take = {{ {taken} }}{required} }}]");
    }
    let derived = side.columns.iter().filter_map(|column| match &column.origin {
        Origin::Derived(term) => Some(format!("{} = {:?}", column.name, term.to_string())),
        _ => None,
    });
    let derived = derived.collect::<Vec<_>>().join(", ");
    if !derived.is_empty() {
        let _ = writeln!(toml, "derive = {{ {derived} }}");
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
    if within.signed {
        let bound = |name: &str, allowed: &Option<Allowed>| {
            allowed.as_ref().map(|allowed| format!("{name} = {{ {} }}", bounds(allowed).join(", ")))
        };
        parts.extend(bound("under", &within.under));
        parts.extend(bound("over", &within.over));
    } else {
        parts.extend(within.over.as_ref().map(bounds).unwrap_or_default());
    }
    parts.extend(within.of.as_ref().map(|(Of::Left(side) | Of::Right(side))| format!("of = {side:?}")));
    parts.extend(within.smaller.then(|| "use = \"smaller\"".to_owned()));
    parts.extend(within.per_row.then(|| "per_row = true".to_owned()));
    parts.join(", ")
}

fn bounds(allowed: &Allowed) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(allowed.amount.as_ref().map(|amounts| match amounts {
        Amounts::One(amount) => format!("amount = {amount:?}"),
        Amounts::Each(amounts) => {
            let amounts: Vec<String> = amounts.iter().map(|(code, amount)| format!("{code} = {amount:?}")).collect();
            format!("amount = {{ {} }}", amounts.join(", "))
        }
    }));
    parts.extend(allowed.percent.map(|percent| format!("percent = {percent:?}")));
    parts.extend(allowed.days.map(|days| format!("days = {days}")));
    parts
}

fn patience(grace: &Grace) -> String {
    match grace {
        Grace::Until(date) => format!("until = {:?}", date.to_string()),
        Grace::Days { days, working, after } => {
            let unit = if *working { "working_days" } else { "days" };
            let after: Vec<String> = after.iter().map(ToString::to_string).collect();
            format!("{unit} = {days}, after = {after:?}")
        }
    }
}

/// A side's table file, without its source.
pub fn table(side: &Side) -> String {
    let mut toml = String::new();
    if !side.unique.is_empty() {
        let _ = writeln!(toml, "unique = {:?}", side.unique);
    }
    if let Some(date) = side.date {
        let _ = writeln!(toml, "date = {date:?}");
    }
    toml + &columns(&side.columns)
}

/// The columns of a table file.
pub fn columns(columns: &[Column]) -> String {
    let mut toml = "[columns]\n".to_owned();
    for column in columns {
        if let Origin::Pulled { normalise, negate_when } = &column.origin {
            let mut parts = described(column.kind);
            if !normalise.is_empty() {
                parts.push(format!("normalise = {normalise:?}"));
            }
            parts.extend(negate_when.as_ref().map(|when| format!("negate_when = {:?}", when.to_string())));
            let _ = writeln!(toml, "{} = {{ {} }}", column.name, parts.join(", "));
        }
    }
    toml
}

fn described(kind: Kind) -> Vec<String> {
    let mut parts = match kind {
        Kind::Text => vec!["type = \"text\"".to_owned()],
        Kind::Date => vec!["type = \"date\"".to_owned()],
        Kind::Boolean => vec!["type = \"boolean\"".to_owned()],
        Kind::Quantity { scale } => vec!["type = \"quantity\"".to_owned(), format!("scale = {scale}")],
        Kind::Number { scale } => vec!["type = \"number\"".to_owned(), format!("scale = {scale}")],
        Kind::Money { scale, .. } => vec!["type = \"money\"".to_owned(), format!("scale = {scale}")],
    };
    if let Kind::Money { currency: Currency::Fixed(name) | Currency::Column(name), .. } = kind {
        parts.push(format!("currency = {name:?}"));
    }
    parts
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length::Days(days) => write!(f, "{days} days"),
            Length::Months(months) => write!(f, "{months} months"),
        }
    }
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
            write_table(f, side.name, &table(side), &side.columns, &side.rows)?;
        }
        write_table(f, OTHER, &columns(&self.other.columns), &self.other.columns, &self.other.rows)
    }
}

fn write_table(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    toml: &str,
    columns: &[Column],
    rows: &[Vec<String>],
) -> fmt::Result {
    let pulled = columns.iter().filter(|column| matches!(column.origin, Origin::Pulled { .. }));
    let names: Vec<&str> = pulled.map(|column| column.name).collect();
    writeln!(f, "# tables/{name}.toml\n{toml}\n# {name} rows\n{}", names.join(" | "))?;
    for row in rows {
        writeln!(f, "{}", row.join(" | "))?;
    }
    writeln!(f)
}
