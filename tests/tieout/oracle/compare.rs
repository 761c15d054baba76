//! Two results of one check: whether they agree, what is let through, and how long it waits.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::cells::Value;
use super::evaluate::{evaluate, holds, is_money};
use super::figure::Figure;
use super::model::{Allowed, Amounts, CURRENCY, Case, Check, Currency, Grace, Kind, Of, Reference, Relation, Within};
use super::subjects::{Subject, currency_of};
use super::worth::{self, Money};

/// The class of what a check finds, and what it is worth.
pub fn run(subject: &Subject<'_>, check: &Check) -> Option<(&'static str, Option<Money>)> {
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
    let kind = subject.books.case.side(columns[0].side?).kind(columns[0].column);
    match kind {
        Kind::Text | Kind::Boolean => (left != right).then_some(("text", None)),
        Kind::Date => (!dates_agree(check, &left, &right)).then_some(("date", None)),
        _ => {
            let usual = stated_currency(subject, &columns).unwrap_or(CURRENCY);
            figures(subject, check, (left, right), codes.first().map_or(usual, String::as_str))
        }
    }
}

/// The currencies of the money that a check reads.
fn currencies(subject: &Subject<'_>, columns: &[Reference]) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for column in columns {
        let side = &subject.books.case.sides[subject.side_of(column)];
        if side.kind(column.column).is_money() {
            codes.extend(subject.priced(column).iter().map(|row| currency_of(side, column.column, row).to_owned()));
        }
    }
    codes
}

/// The first currency that a column states for all its rows.
fn stated_currency(subject: &Subject<'_>, columns: &[Reference]) -> Option<&'static str> {
    columns.iter().find_map(|column| match subject.books.case.sides[subject.side_of(column)].kind(column.column) {
        Kind::Money { currency: Currency::Fixed(code), .. } => Some(code),
        _ => None,
    })
}

fn dates_agree(check: &Check, left: &Value, right: &Value) -> bool {
    let (left, right) = match (left, right) {
        (Value::Null, Value::Null) => return true,
        (Value::Date(left), Value::Date(right)) => (left, right),
        _ => return false,
    };
    let within = check.within.as_ref();
    let days = |of: fn(&Within) -> &Option<Allowed>| within.and_then(|within| of(within).as_ref()?.days);
    let under = days(|within| &within.under).unwrap_or_default();
    let over = days(|within| &within.over).unwrap_or_default();
    let early = check.relation == Relation::AtMost || *left + Days::new(under.into()) >= *right;
    let late = check.relation == Relation::AtLeast || *left <= *right + Days::new(over.into());
    early && late
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
    let keeps = match check.relation {
        Relation::Equal => difference.is_zero(),
        Relation::AtMost => difference.is_negative() || difference.is_zero(),
        Relation::AtLeast => !difference.is_negative(),
    };
    let tolerated = || {
        let within = check.within.as_ref()?;
        let allowed = if difference.is_negative() { within.under.as_ref() } else { within.over.as_ref() };
        Some(Tolerance { subject, check, within, allowed: allowed?, currency }.holds(&difference, &left, &right))
    };
    if both && (keeps || tolerated() == Some(true)) {
        return None;
    }
    if is_money(&check.left, subject) || is_money(&check.right, subject) {
        return Some(("amount", Some(Money { currency: currency.to_owned(), amount: difference.absolute() })));
    }
    let side = |column: &Reference| subject.books.case.side(column.side.unwrap_or_default());
    let is_count = |column: &Reference| side(column).count == Some(column.column);
    let is_quantity = |column: &Reference| matches!(side(column).kind(column.column), Kind::Quantity { .. });
    if check.columns().iter().any(is_count) && !check.columns().iter().any(is_quantity) {
        return Some(("quantity", None));
    }
    Some(("quantity", worth::of_quantity(subject, &difference)))
}

/// What is let through in one direction.
struct Tolerance<'t> {
    subject: &'t Subject<'t>,
    check: &'t Check,
    within: &'t Within,
    allowed: &'t Allowed,
    currency: &'t str,
}

impl Tolerance<'_> {
    /// Whether the difference is inside. A percentage of nothing lets nothing through.
    fn holds(&self, difference: &Figure, left: &Figure, right: &Figure) -> bool {
        let difference = difference.absolute();
        let base = match self.within.of {
            Some(Of::Left(_)) => left.absolute(),
            Some(Of::Right(_)) => right.absolute(),
            None => left.absolute().max(right.absolute()),
        };
        let by_amount = self.allowed.amount.as_ref().map(|amounts| difference <= self.amount(amounts));
        let share = difference.times(&Figure::whole(100));
        let percent = self.allowed.percent.filter(|_| !base.is_zero());
        let by_percent = percent.map(|percent| share <= Figure::plain(percent).times(&base));
        match (by_amount, by_percent) {
            (Some(amount), Some(percent)) if self.within.smaller => amount && percent,
            (amount, percent) => amount == Some(true) || percent == Some(true),
        }
    }

    /// The amount for the currency, once for each row of the side that has most of them.
    fn amount(&self, amounts: &Amounts) -> Figure {
        let amount = match amounts {
            Amounts::One(amount) => amount,
            Amounts::Each(amounts) => {
                let of = |code: &str| amounts.iter().find(|(known, _)| *known == code).map(|(_, amount)| *amount);
                of(self.currency).or(of("other")).unwrap_or("0")
            }
        };
        let sides = self.subject.sides_of(&self.check.columns());
        let rows = sides.iter().map(|side| self.subject.counted[*side].len()).max().unwrap_or_default().max(1);
        Figure::plain(amount).times(&Figure::whole(if self.within.per_row { rows } else { 1 }))
    }
}

/// Whether what a check finds is still in transit.
pub fn waits(subject: &Subject<'_>, check: &Check) -> bool {
    let Some(grace) = &check.grace else { return false };
    let columns = grace.columns();
    let days = columns.iter().flat_map(|column| {
        let number = subject.side_of(column);
        let place = subject.books.case.sides[number].place(column.column);
        subject.rows[number].iter().filter_map(move |row| match row.cells[place] {
            Value::Date(day) => Some(day),
            _ => None,
        })
    });
    let case = subject.books.case;
    days.min().is_some_and(|earliest| match grace {
        Grace::Until(_) => case.day <= earliest,
        Grace::Days { days, working, .. } => lasts(case, *days, *working, earliest),
    })
}

/// Whether fewer days than the grace grants were over before the day of judging.
fn lasts(case: &Case, days: u32, working: bool, from: NaiveDate) -> bool {
    let mut passed = 0;
    let mut day = from + Days::new(1);
    while day < case.day {
        passed += u32::from(!working || is_worked(case, day));
        day = day + Days::new(1);
    }
    case.day <= from || passed < days
}

fn is_worked(case: &Case, day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    case.workdays.contains(&day) || !weekend && !case.holidays.contains(&day)
}
