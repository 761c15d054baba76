//! Cases out of dice: every throw is a valid rule over valid tables, and the lower the dice, the plainer the case.

use chrono::{Days, NaiveDate};
use proptest::collection::vec;
use proptest::prelude::*;

use super::checks;
use super::model::{Case, Length, Other, Reference, Scope, Term};
use super::sides::{Mood, fill, other_columns, other_row, side};
use super::subjects::Books;

/// Throws that are used up one by one; when none is left, all further ones are zero.
pub struct Dice<'d> {
    throws: std::slice::Iter<'d, u8>,
}

impl<'d> Dice<'d> {
    pub fn new(throws: &'d [u8]) -> Self {
        Dice { throws: throws.iter() }
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let throw = usize::from(self.throws.next().copied().unwrap_or_default());
        choices[throw % choices.len()].clone()
    }
}

/// Throws for a side's settings, and for each of its rows.
type SideThrows = (Vec<u8>, Vec<Vec<u8>>);

/// What a case is made of: throws for the rule, its sides, the table they look things up in, and its checks.
type Throws = (Vec<u8>, Vec<SideThrows>, Vec<Vec<u8>>, Vec<Vec<u8>>);

pub fn cases() -> impl Strategy<Value = Case> {
    let throws = |count: usize| vec(any::<u8>(), count);
    let side = (throws(32), vec(throws(26), 1..8));
    (throws(30), vec(side, 2..=4), vec(throws(5), 0..4), vec(throws(30), 1..6)).prop_map(|throws| case(&throws))
}

fn case((rule, sides, others, checks): &Throws) -> Case {
    let mut dice = Dice::new(rule);
    let keys: [&[&str]; 8] = [
        &["code"],
        &["code"],
        &["code", "line"],
        &["code"],
        &["code", "line"],
        &["code", "day"],
        &["line", "day"],
        &["code", "flag"],
    ];
    let key: &[&str] = dice.pick(&keys);
    // A Thursday after the holidays of the first week of October 2026, between two days worked to make up for them.
    let today = day("2026-10-08");
    let mut case = Case {
        key: key.to_vec(),
        sides: Vec::new(),
        other: Other {
            columns: other_columns(),
            rows: others.iter().map(|throws| other_row(&mut Dice::new(throws))).collect(),
        },
        checks: Vec::new(),
        scope: scope(&mut dice),
        price: None,
        day: dice.pick(&[
            today,
            today + Days::new(4),
            today + Days::new(3),
            today + Days::new(1),
            today + Days::new(5),
        ]),
        holidays: dice.pick(&[vec![], (1..8).map(|number| day(&format!("2026-10-0{number}"))).collect()]),
        workdays: dice.pick(&[vec![], vec![day("2026-10-10")], vec![day("2026-10-10"), day("2026-09-26")]]),
        open: Vec::new(),
    };
    let mood = Mood {
        calm: dice.pick(&[true, true, false]),
        large: dice.pick(&[false, false, false, false, false, false, true]),
    };
    for (name, (settings, rows)) in ["a", "b", "c", "d"].into_iter().zip(sides) {
        let mut side = side(name, &case, mood, &mut Dice::new(settings));
        fill(&mut side, case.sides.first(), rows, mood);
        case.sides.push(side);
    }
    case.price = price(&case, &mut dice);
    for (number, throws) in checks.iter().enumerate() {
        let check = checks::check(&case, number, &mut Dice::new(throws));
        case.checks.extend(check);
    }
    case.open = open(&case, &mut dice);
    case
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day of this file is one")
}

fn scope(dice: &mut Dice<'_>) -> Option<Scope> {
    let (days, none) = (Length::Days, None);
    let since =
        dice.pick(&[none, None, None, None, None, None, Some(days(3)), Some(days(8)), Some(Length::Months(0))])?;
    Some(Scope { by: "day", since, until: dice.pick(&[None, Some(days(1)), Some(days(3)), Some(Length::Months(0))]) })
}

/// A price of a side that has one per subject.
fn price(case: &Case, dice: &mut Dice<'_>) -> Option<Term> {
    let single = case.sides.iter().filter(|side| side.has_one_value("price"));
    let mut prices: Vec<Option<Term>> =
        single.map(|side| Some(Term::Column(Reference { side: Some(side.name), column: "price" }))).collect();
    prices.push(None);
    dice.pick(&prices)
}

/// Some of the subjects that there are, and some that are not.
fn open(case: &Case, dice: &mut Dice<'_>) -> Vec<String> {
    let books = Books::read(case);
    let mut open: Vec<String> = books.subjects().iter().map(|subject| subject.canonical()).collect();
    open.extend(["[\"Z9\"]", "[\"Z9\",7.5]", "[7]"].map(str::to_owned));
    open.extend(case.sides.iter().map(|side| format!("{{\"keyless\":[\"{}\"]}}", side.name)));
    open.retain(|_| dice.pick(&[true, true, false]));
    open
}
