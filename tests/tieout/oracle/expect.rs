//! What judging a case must give, worked out subject by subject and row by row.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months};

use super::added::{Fault, rests_on};
use super::cells::{Row, Value};
use super::compare::{run, waits};
use super::evaluate::holds;
use super::figure::Figure;
use super::model::{Case, Check, Kind, Length, OTHER, OWNER, Origin, Reference, Scope, Side};
use super::subjects::{Books, Subject, currency_of, sum};
use super::worth::{self, Money};

/// Classes of breaks, in the order in which they are listed.
pub const CLASSES: [&str; 9] =
    ["unreadable", "keyless", "duplicate", "missing", "currency", "quantity", "amount", "text", "date"];

/// What a case must give, as lines.
pub struct Expected {
    /// A line per break, in order.
    pub breaks: Vec<String>,
    pub in_transit: u64,
    pub out_of_scope: u64,
    /// A line per open subject.
    pub verdicts: Vec<String>,
    /// A line per side: what was read.
    pub totals: Vec<String>,
    pub classes: BTreeMap<&'static str, u64>,
}

/// A break with its place among those of its subject.
struct Found {
    /// 0 for faults of the rows, then the check's number.
    check: usize,
    class: usize,
    side: usize,
    text: String,
}

/// What was found of one subject.
struct Judged {
    key: Vec<Value>,
    canonical: String,
    found: Vec<Found>,
    waits: bool,
}

pub fn judge(case: &Case) -> Expected {
    let books = Books::read(case);
    let subjects = books.subjects();
    let inside = |subject: &&Subject<'_>| {
        let open = || case.open.contains(&subject.canonical());
        case.scope.as_ref().is_none_or(|scope| is_inside(scope, subject) || open())
    };
    let mut judged: Vec<Judged> = subjects.iter().filter(inside).map(judge_subject).collect();
    let out_of_scope = (subjects.len() - judged.len()) as u64;
    judged.sort_by(|one, other| keys_in_order(&one.key, &other.key));
    judged.extend(keyless(&books));
    let mut broken: Vec<&Judged> = judged.iter().filter(|judged| !judged.found.is_empty()).collect();
    // The order by subjects stays among those whose first breaks are alike.
    broken.sort_by_key(|judged| judged.found.first().map(|found| (found.check, found.class, found.side)));
    let mut classes = BTreeMap::new();
    for found in broken.iter().flat_map(|judged| &judged.found) {
        *classes.entry(CLASSES[found.class]).or_default() += 1;
    }
    let lines = |judged: &&Judged| -> Vec<String> {
        judged.found.iter().map(|found| format!("{} {}", judged.canonical, found.text)).collect()
    };
    Expected {
        breaks: broken.iter().flat_map(lines).collect(),
        in_transit: judged.iter().filter(|judged| judged.found.is_empty() && judged.waits).count() as u64,
        out_of_scope,
        verdicts: verdicts(case, &judged),
        totals: (0..case.sides.len()).map(|side| totals(&books, side, &subjects)).collect(),
        classes,
    }
}

/// Numbers by value, everything else by its text.
fn keys_in_order(one: &[Value], other: &[Value]) -> Ordering {
    let orders = one.iter().zip(other).map(|pair| match pair {
        (Value::Figure(one), Value::Figure(other)) => one.cmp(other),
        (one, other) => one.plain().cmp(&other.plain()),
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

fn keyless(books: &Books<'_>) -> Vec<Judged> {
    let mut sides: Vec<usize> = (0..books.kept.len()).collect();
    sides.sort_by_key(|side| books.case.sides[*side].name);
    let judge = |side: usize| {
        let name = books.case.sides[side].name;
        let mut judged = Judged {
            key: Vec::new(),
            canonical: format!("{{\"keyless\":[\"{name}\"]}}"),
            found: Vec::new(),
            waits: false,
        };
        if books.keyless(side) > 0 {
            judged.found.push(row_fault(books.case, side, "keyless", None));
        }
        judged
    };
    sides.into_iter().map(judge).collect()
}

fn verdicts(case: &Case, judged: &[Judged]) -> Vec<String> {
    let open: BTreeSet<&String> = case.open.iter().collect();
    let verdict = |open: &&String| match judged.iter().find(|judged| judged.canonical == **open) {
        None => "Gone",
        Some(judged) if !judged.found.is_empty() => "Breaks",
        Some(judged) if judged.waits => "InTransit",
        Some(_) => "Agrees",
    };
    open.iter().map(|open| format!("{open} is {}", verdict(open))).collect()
}

/// Rows, rows that count, keys, and the sums of what counts.
fn totals(books: &Books<'_>, number: usize, subjects: &[Subject<'_>]) -> String {
    let side = &books.case.sides[number];
    let kept = &books.kept[number];
    let keys = subjects.iter().filter(|subject| !subject.rows[number].is_empty()).count();
    let mut text = format!("{}: {} rows, {} judged, {keys} keys", side.name, side.rows.len(), kept.len());
    let mut unsummed = Vec::new();
    for column in side.columns.iter().filter(|column| !matches!(column.origin, Origin::Taken(_))) {
        let sums: Vec<(&str, Figure)> = match column.kind {
            Kind::Money { .. } => {
                let codes: BTreeSet<&str> = kept.iter().map(|row| currency_of(side, column.name, row)).collect();
                let of_code = |code: &str| {
                    let rows = kept.iter().filter(|row| currency_of(side, column.name, row) == code);
                    sum(side, column.name, rows)
                };
                codes.iter().filter_map(|code| Some((*code, of_code(code)?))).collect()
            }
            Kind::Quantity { scale } => vec![("of", sum(side, column.name, kept).unwrap_or(Figure::zero(scale)))],
            _ => continue,
        };
        if sums.iter().all(|(_, sum)| sum.fits()) {
            let sums = sums.iter().map(|(code, sum)| format!(", {} {code} {}", column.name, sum.shortest()));
            text.extend(sums);
        } else {
            unsummed.push(column.name);
        }
    }
    unsummed.sort_unstable();
    text.extend(unsummed.iter().map(|name| format!(", {name} unsummed")));
    let unmatched = kept.iter().filter(|row| row.is_unmatched).count();
    if unmatched > 0 {
        text.push_str(&format!(", {unmatched} unmatched in {OTHER}"));
    }
    text
}

fn line(check: &str, class: &str, side: &str, owner: &str, at_risk: Option<Money>) -> String {
    let money = at_risk.map(|money| format!(" {} {}", money.currency, money.amount.shortest()));
    format!("{check} {class} {side}{} -> {owner}", money.unwrap_or_default())
}

fn class_number(class: &str) -> usize {
    CLASSES.iter().position(|known| *known == class).expect("a class of the list")
}

/// A fault of a side's rows: on the desk of the side's owner, else of the first check that reads the side.
fn row_fault(case: &Case, number: usize, class: &str, at_risk: Option<Money>) -> Found {
    let side = &case.sides[number];
    let reads = |check: &&Check| check.columns().iter().any(|column| column.side == Some(side.name));
    let first = || case.checks.iter().find(reads).and_then(|check| check.owner);
    let owner = side.owner.or_else(first).unwrap_or(OWNER);
    Found { check: 0, class: class_number(class), side: number, text: line(class, class, side.name, owner, at_risk) }
}

/// The columns of a side that the rule's meaning rests on.
fn used(case: &Case, side: &Side) -> Vec<&'static str> {
    let gathered = [&side.key, &side.sum, &side.min, &side.max, &side.first, &side.unique];
    let mut used: Vec<&'static str> = gathered.into_iter().flatten().copied().collect();
    used.extend(side.filter.iter().flat_map(|filter| filter.columns()).map(|column| column.column));
    let mut read: Vec<Reference> = case.price.iter().flat_map(|price| price.columns()).collect();
    for check in &case.checks {
        read.extend(check.columns());
        read.extend(check.when.iter().flat_map(|when| when.columns()));
        read.extend(check.grace.iter().flat_map(|grace| grace.columns()));
    }
    used.extend(read.iter().filter(|column| column.side == Some(side.name)).map(|column| column.column));
    if let Some(scope) = &case.scope {
        used.extend(if case.sides[0].name == side.name { Some(scope.by) } else { side.date });
    }
    rests_on(side, used)
}

/// Whether any row of the first side, or where it has none, of another, is dated inside the scope. One without a date
/// is; one of a table without dates is not.
fn is_inside(scope: &Scope, subject: &Subject<'_>) -> bool {
    let case = subject.books.case;
    let before = |length: &Length| match length {
        Length::Days(days) => case.day - Days::new(u64::from(*days)),
        Length::Months(months) => case.day - Months::new(*months),
    };
    let dated = |number: usize| {
        let date = if number == 0 { Some(scope.by) } else { case.sides[number].date };
        let rows = subject.rows[number].iter();
        date.is_some_and(|date| {
            let place = case.sides[number].place(date);
            rows.map(|row| &row.cells[place]).any(|value| match value {
                Value::Date(day) => {
                    before(&scope.since) <= *day && scope.until.as_ref().is_none_or(|until| *day <= before(until))
                }
                _ => true,
            })
        })
    };
    let sides = if subject.rows[0].is_empty() { 1..case.sides.len() } else { 0..1 };
    sides.into_iter().any(dated)
}

fn judge_subject(subject: &Subject<'_>) -> Judged {
    let case = subject.books.case;
    let mut judged =
        Judged { key: subject.key.clone(), canonical: subject.canonical(), found: Vec::new(), waits: false };
    let mut blocked = false;
    for (number, side) in case.sides.iter().enumerate() {
        let rows = &subject.rows[number];
        let used = used(case, side);
        let faults = faults(case, number, rows, &used);
        blocked |= rows.iter().flat_map(|row| &row.faults).any(|fault| fault.touches(side, &used));
        judged.found.extend(faults);
        if rows.iter().any(|row| row.unreadable.iter().any(|column| used.contains(column))) {
            blocked = true;
            judged.found.push(row_fault(case, number, "unreadable", None));
        }
        let surplus = if side.gathers() { subject.repeated[number].clone() } else { all_but_least(case, side, rows) };
        if !surplus.is_empty() {
            blocked |= !side.gathers();
            judged.found.push(row_fault(case, number, "duplicate", worth::of_rows(case, side, &surplus)));
        }
        match missing(subject, number) {
            Presence::There => {}
            Presence::Waits => judged.waits = true,
            Presence::Missing => {
                judged.found.push(row_fault(case, number, "missing", worth::of_present(subject)));
            }
        }
    }
    for (number, check) in case.checks.iter().enumerate().filter(|_| !blocked) {
        let Some((class, at_risk)) = run(subject, check) else { continue };
        if waits(subject, check) {
            judged.waits = true;
            continue;
        }
        let name = if class == "unreadable" { class } else { &check.name };
        let text = line(name, class, "-", check.owner.unwrap_or(OWNER), at_risk);
        judged.found.push(Found { check: number + 1, class: class_number(class), side: 0, text });
    }
    judged.found.sort_by_key(|found| (found.check, found.class, found.side));
    judged
}

/// What could not be said of rows when their side added its columns: one break for each kind, told of a lookup whatever
/// the rule reads, of a figure only where it is read.
fn faults(case: &Case, number: usize, rows: &[&Row], used: &[&'static str]) -> Vec<Found> {
    let side = &case.sides[number];
    let mut kinds: Vec<Fault> = side.columns.iter().map(|column| Fault::Unreadable(column.name)).collect();
    kinds.retain(|fault| fault.touches(side, used));
    kinds.extend([Fault::Ambiguous, Fault::Missed]);
    let tell = |fault: Fault| {
        let having: Vec<&Row> = rows.iter().copied().filter(|row| row.faults.contains(&fault)).collect();
        let class = match fault {
            Fault::Unreadable(_) => "unreadable",
            Fault::Ambiguous => "duplicate",
            Fault::Missed => "missing",
        };
        let at_risk = if class == "unreadable" { None } else { worth::of_rows(case, side, &having) };
        (!having.is_empty()).then(|| row_fault(case, number, class, at_risk))
    };
    kinds.into_iter().filter_map(tell).collect()
}

/// On a side that allows one row: all but the one with the smallest amount.
fn all_but_least<'r>(case: &Case, side: &Side, rows: &[&'r Row]) -> Vec<&'r Row> {
    let worth = worth::worth_column(case, side);
    let amount = |row: &Row| worth.and_then(|column| row.cells[side.place(column)].figure().cloned());
    let mut ordered = rows.to_vec();
    ordered.sort_by_key(|row| (amount(row), row.text()));
    ordered.drain(..ordered.len().min(1));
    ordered
}

enum Presence {
    There,
    Waits,
    Missing,
}

/// Whether a side lacks the subject: not where no check that reads it applies, and not yet where all that do still wait.
fn missing(subject: &Subject<'_>, number: usize) -> Presence {
    let case = subject.books.case;
    let side = &case.sides[number];
    if !side.expected || side.absent_zero || !subject.rows[number].is_empty() {
        return Presence::There;
    }
    let reads = |check: &&Check| check.columns().iter().any(|column| column.side == Some(side.name));
    let readers: Vec<&Check> = case.checks.iter().filter(reads).collect();
    let applies = |check: &&Check| {
        let Some(when) = &check.when else { return true };
        let known = subject.sides_of(&when.columns()).iter().all(|side| subject.is_readable(*side));
        !known || holds(when, subject) == Some(true)
    };
    let applying: Vec<&Check> = readers.iter().copied().filter(applies).collect();
    match (readers.is_empty(), applying.is_empty()) {
        (false, true) => Presence::There,
        (_, false) if applying.iter().all(|check| waits(subject, check)) => Presence::Waits,
        _ => Presence::Missing,
    }
}
