//! What judging a case must give, worked out subject by subject and row by row.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::cells::{Row, Value};
use super::evaluate::{evaluate, holds, is_money};
use super::figure::Figure;
use super::model::{CURRENCY, Case, Check, Grace, Kind, OWNER, Of, Reference, Relation, Side, Within};
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
    let mut judged: Vec<Judged> = subjects.iter().map(judge_subject).collect();
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
    for column in &side.columns {
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
    let mut used = [side.key.clone(), side.sum.clone(), side.unique.clone()].concat();
    used.extend(side.filter.iter().flat_map(|filter| filter.columns()).map(|column| column.column));
    let mut read: Vec<Reference> = case.price.iter().flat_map(|price| price.columns()).collect();
    for check in &case.checks {
        read.extend(check.columns());
        read.extend(check.when.iter().flat_map(|when| when.columns()));
        read.extend(check.grace.iter().flat_map(|grace| grace.after.clone()));
    }
    used.extend(read.iter().filter(|column| column.side == Some(side.name)).map(|column| column.column));
    used
}

fn judge_subject(subject: &Subject<'_>) -> Judged {
    let case = subject.books.case;
    let mut judged =
        Judged { key: subject.key.clone(), canonical: subject.canonical(), found: Vec::new(), waits: false };
    let mut blocked = false;
    for (number, side) in case.sides.iter().enumerate() {
        let rows = &subject.rows[number];
        let used = used(case, side);
        if rows.iter().any(|row| row.unreadable.iter().any(|column| used.contains(column))) {
            blocked = true;
            judged.found.push(row_fault(case, number, "unreadable", None));
        }
        let surplus =
            if side.sum.is_empty() { all_but_least(case, side, rows) } else { subject.repeated[number].clone() };
        if !surplus.is_empty() {
            blocked |= side.sum.is_empty();
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

/// The class of what a check finds, and what it is worth.
fn run(subject: &Subject<'_>, check: &Check) -> Option<(&'static str, Option<Money>)> {
    let columns = check.columns();
    let applies = check.when.as_ref().is_none_or(|when| holds(when, subject) == Some(true));
    if !applies || !subject.sides_of(&columns).iter().all(|side| subject.is_readable(*side)) {
        return None;
    }
    let codes = currencies(subject, &columns);
    if codes.len() > 1 {
        return Some(("currency", None));
    }
    let (left, right) = (evaluate(&check.left, subject), evaluate(&check.right, subject));
    let kind = subject.books.case.side(columns[0].side?).column(columns[0].column).kind;
    match kind {
        Kind::Text | Kind::Boolean => (left != right).then_some(("text", None)),
        Kind::Date => (!dates_agree(check, &left, &right)).then_some(("date", None)),
        _ => figures(subject, check, (left, right), codes.first().map_or(CURRENCY, String::as_str)),
    }
}

/// The currencies of the money that a check reads.
fn currencies(subject: &Subject<'_>, columns: &[Reference]) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for column in columns {
        let number = subject.side_of(column);
        let side = &subject.books.case.sides[number];
        if side.column(column.column).kind.is_money() {
            codes.extend(subject.counted[number].iter().map(|row| currency_of(side, column.column, row).to_owned()));
        }
    }
    codes
}

fn dates_agree(check: &Check, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Date(left), Value::Date(right)) => match check.relation {
            Relation::Equal => left == right,
            Relation::AtMost => left <= right,
            Relation::AtLeast => left >= right,
        },
        _ => false,
    }
}

fn figures(
    subject: &Subject<'_>,
    check: &Check,
    pair: (Value, Value),
    currency: &str,
) -> Option<(&'static str, Option<Money>)> {
    let both = match &pair {
        (Value::Null, Value::Null) => return None,
        (Value::Fault, _) | (_, Value::Fault) => return Some(("unreadable", None)),
        (one, other) => !one.is_null() && !other.is_null(),
    };
    let figure = |value: &Value| value.figure().cloned().unwrap_or(Figure::zero(0));
    let (left, right) = (figure(&pair.0), figure(&pair.1));
    let difference = left.minus(&right);
    let scale = difference.scale;
    if ![&left.at(scale), &right.at(scale), &difference].iter().all(|figure| figure.fits()) {
        return Some(("unreadable", None));
    }
    // What is beyond the relation, and by how much it is let through.
    let beyond = match check.relation {
        Relation::Equal => difference.absolute(),
        Relation::AtMost => difference.clone(),
        Relation::AtLeast => difference.negated(),
    };
    let keeps = beyond.is_zero() || beyond.is_negative();
    let tolerated = || check.within.as_ref().is_some_and(|within| tolerates(within, &beyond, &left, &right));
    if both && (keeps || tolerated()) {
        return None;
    }
    if is_money(&check.left, subject) || is_money(&check.right, subject) {
        return Some(("amount", Some(Money { currency: currency.to_owned(), amount: difference.absolute() })));
    }
    Some(("quantity", worth::of_quantity(subject, &difference)))
}

/// Whether `beyond` is inside the tolerance. A percentage of nothing tolerates nothing.
fn tolerates(within: &Within, beyond: &Figure, left: &Figure, right: &Figure) -> bool {
    let base = match within.of {
        Some(Of::Left(_)) => left.absolute(),
        Some(Of::Right(_)) => right.absolute(),
        None => left.absolute().max(right.absolute()),
    };
    let by_amount = within.amount.map(|amount| *beyond <= Figure::plain(amount));
    let share = beyond.times(&Figure::whole(100));
    let percent = within.percent.filter(|_| !base.is_zero());
    let by_percent = percent.map(|percent| share <= Figure::plain(percent).times(&base));
    match (by_amount, by_percent) {
        (Some(amount), Some(percent)) if within.smaller => amount && percent,
        (amount, percent) => amount == Some(true) || percent == Some(true),
    }
}

/// Whether what a check finds is still in transit.
fn waits(subject: &Subject<'_>, check: &Check) -> bool {
    let Some(grace) = &check.grace else { return false };
    let days = grace.after.iter().flat_map(|column| {
        let number = subject.side_of(column);
        let place = subject.books.case.sides[number].place(column.column);
        subject.rows[number].iter().filter_map(move |row| match row.cells[place] {
            Value::Date(day) => Some(day),
            _ => None,
        })
    });
    days.min().is_some_and(|earliest| lasts(subject.books.case, grace, earliest))
}

/// Whether fewer days than the grace grants were over before the day of judging.
fn lasts(case: &Case, grace: &Grace, from: NaiveDate) -> bool {
    let mut passed = 0;
    let mut day = from + Days::new(1);
    while day < case.day {
        passed += u32::from(!grace.working || is_worked(case, day));
        day = day + Days::new(1);
    }
    case.day <= from || passed < grace.days
}

fn is_worked(case: &Case, day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    case.workdays.contains(&day) || !weekend && !case.holidays.contains(&day)
}
