//! Cases out of dice: every throw is a valid rule over valid tables, and the lower the dice, the plainer the case.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use proptest::collection::vec;
use proptest::prelude::*;

use super::checks;
use super::model::{Case, Column, Condition, Currency, Kind, Reference, Side, Term};
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

/// What a case is made of.
type Throws = (Vec<u8>, Vec<(Vec<u8>, Vec<Vec<u8>>)>, Vec<Vec<u8>>);

pub fn cases() -> impl Strategy<Value = Case> {
    let throws = |count: usize| vec(any::<u8>(), count);
    let side = (throws(16), vec(throws(26), 1..8));
    let throws: (_, _, _) = (throws(24), vec(side, 2..=4), vec(throws(20), 1..5));
    throws.prop_map(|throws: Throws| case(&throws))
}

pub fn case((rule, sides, checks): &Throws) -> Case {
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
        checks: Vec::new(),
        price: None,
        day: dice.pick(&[today, today + Days::new(1), today + Days::new(4), today - Days::new(3)]),
        holidays: dice.pick(&[vec![], (1..8).map(|number| day(&format!("2026-10-0{number}"))).collect()]),
        workdays: dice.pick(&[vec![], vec![day("2026-10-10")], vec![day("2026-10-10"), day("2026-09-26")]]),
        open: Vec::new(),
    };
    let large = dice.pick(&[false, false, false, false, false, false, true]);
    for (name, (settings, rows)) in ["a", "b", "c", "d"].into_iter().zip(sides) {
        let mut side = side(name, &case, &mut Dice::new(settings));
        fill(&mut side, case.sides.first(), rows, large);
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

fn side(name: &'static str, case: &Case, dice: &mut Dice<'_>) -> Side {
    let none: &[&str] = &[];
    let code_steps = [none, &["trim", "upper"], &["trim", "upper", "half_width"], &["half_width", "trim", "upper"]];
    let columns = columns(dice.pick(&code_steps), dice);
    // A side may know a part of the key by a name of its own.
    let own = dice.pick(&[false, false, true]);
    let key = case.key.iter().map(|part| if own && *part == "code" { "note" } else { *part });
    let uniques = [none, &["doc"], &["doc", "code"], &["doc", "line"]];
    let sums = [none, none, none, &["qty", "amount"], &["qty", "amount"], &["qty"], &["amount"]];
    let bare = |column| Term::Column(Reference { side: None, column });
    let filters = [
        None,
        None,
        None,
        None,
        None,
        Some(Condition::IsTrue(bare("flag"))),
        Some(Condition::IsNotText(bare("note"), "void")),
        Some(Condition::Above(bare("qty"), Term::Figure("0"))),
        Some(Condition::IsNull(bare("amount"))),
    ];
    Side {
        name,
        key: key.collect(),
        unique: dice.pick(&uniques).to_vec(),
        filter: dice.pick(&filters),
        sum: dice.pick(&sums).to_vec(),
        expected: dice.pick(&[true, true, false]),
        absent_zero: dice.pick(&[false, false, false, true]),
        owner: dice.pick(&[None, Some("warehouse"), Some("sales")]),
        rows: Vec::new(),
        columns,
    }
}

/// Gives a side its rows: mostly of keys that the first side has as well.
fn fill(side: &mut Side, first: Option<&Side>, rows: &[Vec<u8>], large: bool) {
    for throws in rows {
        let mut dice = Dice::new(throws);
        let mut row: Vec<String> = side.columns.iter().map(|column| cell(column, &mut dice, large)).collect();
        let known = first.filter(|first| !first.rows.is_empty());
        if let Some(first) = known.filter(|_| dice.pick(&[true, true, true, true, true, false])) {
            let same = dice.pick(&first.rows);
            for (own, other) in side.key.iter().zip(&first.key) {
                row[side.place(own)].clone_from(&same[first.place(other)]);
            }
        }
        side.rows.push(row);
    }
    // Books in which nearly everything stands twice would show little else.
    let mut dice = Dice::new(rows.first().map_or(&[], |throws| throws.as_slice()));
    if side.sum.is_empty() && dice.pick(&[true, true, true, true, true, false]) {
        let places: Vec<usize> = side.key.iter().map(|name| side.place(name)).collect();
        let mut seen = BTreeSet::new();
        side.rows.retain(|row| seen.insert(places.iter().map(|place| row[*place].clone()).collect::<Vec<_>>()));
    }
}

fn columns(code_steps: &'static [&'static str], dice: &mut Dice<'_>) -> Vec<Column> {
    let currencies = [
        Currency::Business,
        Currency::Business,
        Currency::Column("ccy"),
        Currency::Column("ccy"),
        Currency::Column("ccy"),
        Currency::Fixed("CNY"),
        Currency::Fixed("USD"),
    ];
    let currency = dice.pick(&currencies);
    let kinds = [
        ("code", Kind::Text),
        ("line", Kind::Number { scale: dice.pick(&[0, 0, 2, 4]) }),
        ("doc", Kind::Text),
        ("qty", Kind::Quantity { scale: dice.pick(&[4, 4, 0, 2, 6]) }),
        ("amount", Kind::Money { scale: dice.pick(&[2, 2, 4, 3]), currency }),
        ("price", Kind::Money { scale: 2, currency }),
        ("ccy", Kind::Text),
        ("day", Kind::Date),
        ("flag", Kind::Boolean),
        ("note", Kind::Text),
    ];
    let column = |(name, kind)| Column { name, kind, normalise: if name == "code" { code_steps } else { &[] } };
    kinds.into_iter().map(column).collect()
}

/// 34 digits: with four behind the point as many as a column holds, with two a hundredth of that.
const LARGE: &str = "9999999999999999999999999999999999";
const LARGE_DEBT: &str = "-9999999999999999999999999999999999";
const NEARLY_AS_LARGE: &str = "9900000000000000000000000000000000";
const LESS_LARGE: &str = "9999999999999999999999999999999998";

/// A cell as a column usually has it, or, less often, one that is out of the ordinary.
fn cell(column: &Column, dice: &mut Dice<'_>, large: bool) -> String {
    let mut odds = [false; 20];
    odds[19] = true;
    let odd = dice.pick(&odds);
    let texts: &[&str] = match (column.name, odd) {
        ("code", false) => &["A1", "A1", "A1", "A1", "B2", "C3"],
        ("code", true) => &["a1", " A1", "Ａ1", "", "\"", "b2 "],
        ("line", false) => &["1", "1", "1", "2", "1.00", "2.0"],
        ("line", true) => &["-0", "0", "1.5", "", "one", "-1", "０1"],
        ("doc", false) => &["D1", "D2", "D3", "D4", "D5", "D6", "D7"],
        ("doc", true) => &[""],
        ("qty" | "amount", false) if large => &[LARGE, LARGE, LARGE, LESS_LARGE, NEARLY_AS_LARGE, LARGE_DEBT, "100"],
        ("qty", false) => &["10", "10", "10", "10.0", "5", "5", "9", "11", "10.5", "9.5", "10.01", "0"],
        ("qty", true) => &["-10", "-0", "0.0", "", "", "ten", "1,000", "(10)", LARGE, LARGE, LARGE_DEBT, LARGE_DEBT],
        ("amount", false) => &[
            "100", "100", "100", "100.00", "100.0", "50", "50.00", "100.01", "99.99", "100.02", "101", "101.01", "99",
            "98.99",
        ],
        ("amount", true) => &[
            "-100", "-100.00", "-0", "0.00", "0", "", "", "¥100", "n/a", "100.005", "1,000.00", "0.1", "0.2", "0.3",
            LARGE, LARGE, LARGE_DEBT, LESS_LARGE, LESS_LARGE,
        ],
        ("price", false) => &["10", "10.00", "2.50"],
        ("price", true) => &["0", "", "-10", "free"],
        ("ccy", false) => &["CNY", "CNY", "CNY", "CNY", ""],
        ("ccy", true) => &["USD", "JPY"],
        ("day", false) => {
            &["2026-10-05", "2026-10-05", "2026/10/5", "20261006", "2026-10-07", "2026-10-04", "2026-09-30"]
        }
        ("day", true) => &["2026-10-09", "2026-10-01", "1900-01-01", "", "soon"],
        ("flag", false) => &["yes", "yes", "1", "no"],
        ("flag", true) => &["", "perhaps", "0"],
        (_, false) => &["A1", "A1", "A1", "B2"],
        (_, true) => &["void", "", "C3"],
    };
    dice.pick(texts).to_owned()
}

/// A price of a side that has one row per subject.
fn price(case: &Case, dice: &mut Dice<'_>) -> Option<Term> {
    let single = case.sides.iter().filter(|side| side.sum.is_empty());
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
