//! Sides out of dice, and the rows of their tables.

use std::collections::BTreeSet;

use super::cases::Dice;
use super::model::{Case, Column, Condition, Currency, Kind, Lookup, Origin, Reference, Side, Term};

/// What the tables of a case are like as a whole.
#[derive(Clone, Copy)]
pub struct Mood {
    /// Nothing is out of the ordinary, so that more is left to compare.
    pub calm: bool,
    /// Figures as long as columns hold.
    pub large: bool,
}

pub fn side(name: &'static str, case: &Case, mood: Mood, dice: &mut Dice<'_>) -> Side {
    let mut columns = columns(dice);
    // A side may know a part of the key by a name of its own.
    let own = dice.pick(&[false, false, true]);
    let key = case.key.iter().map(|part| if own && *part == "code" { "note" } else { *part });
    let lookup = lookup(&mut columns, dice);
    derive(&mut columns, dice);
    let filter = filter(&columns, dice).filter(|_| !mood.calm);
    let uniques: [&[&str]; 4] = [&[], &["doc"], &["doc", "code"], &["doc", "line"]];
    let mut side = Side {
        name,
        key: key.collect(),
        unique: dice.pick(&uniques).to_vec(),
        date: dice.pick(&[Some("day"), None]),
        filter,
        lookup,
        sum: Vec::new(),
        min: Vec::new(),
        max: Vec::new(),
        first: Vec::new(),
        count: None,
        expected: dice.pick(&[true, true, false]),
        absent_zero: dice.pick(&[false, false, false, true]),
        owner: dice.pick(&[None, Some("warehouse"), Some("sales")]),
        rows: Vec::new(),
        columns,
    };
    gather(&mut side, dice);
    // A scope must be able to place every subject that the side alone has.
    if case.scope.is_some() && side.expected {
        side.date = Some("day");
    }
    side
}

/// What becomes of several rows of one key.
fn gather(side: &mut Side, dice: &mut Dice<'_>) {
    let none: &[&str] = &[];
    let sums = [none, none, none, &["qty", "amount"], &["qty", "amount"], &["qty"], &["amount"]];
    side.sum = dice.pick(&sums).to_vec();
    let derived = side.columns.iter().filter(|column| matches!(column.origin, Origin::Derived(_)));
    let derived: Vec<&'static str> = derived.map(|column| column.name).collect();
    if !side.sum.is_empty() {
        side.sum.extend(derived.into_iter().filter(|_| dice.pick(&[true, false])));
    }
    side.count = dice.pick(&[None, None, None, None, None, Some("rows")]);
    if dice.pick(&[false, false, true]) {
        for name in ["price", "day", "note", "qty", "amount", "listed", "region"] {
            let free = side.column(name).is_some() && ![&side.sum, &side.key].iter().any(|list| list.contains(&name));
            match dice.pick(&["", "min", "max", "first"]) {
                "min" if free => side.min.push(name),
                "max" if free => side.max.push(name),
                "first" if free => side.first.push(name),
                _ => {}
            }
        }
    }
}

fn bare(column: &'static str) -> Term {
    Term::Column(Reference { side: None, column })
}

fn filter(columns: &[Column], dice: &mut Dice<'_>) -> Option<Condition> {
    let mut filters = vec![None; 8];
    filters.extend([
        Some(Condition::IsTrue(bare("flag"))),
        Some(Condition::IsNotText(bare("note"), "void")),
        Some(Condition::Above(bare("qty"), Term::Figure("0"))),
        Some(Condition::IsNull(bare("amount"))),
    ]);
    let has = |name: &str| columns.iter().any(|column| column.name == name);
    let added = ["net", "worth", "twice", "valued"].into_iter().filter(|name| has(name));
    filters.extend(added.map(|name| Some(Condition::Above(bare(name), Term::Figure("5")))));
    filters.extend(has("region").then(|| Some(Condition::IsNotText(bare("region"), "south"))));
    dice.pick(&filters)
}

fn columns(dice: &mut Dice<'_>) -> Vec<Column> {
    let none: &[&str] = &[];
    let code_steps = [none, &["trim", "upper"], &["trim", "upper", "half_width"], &["half_width", "trim", "upper"]];
    let code_steps = dice.pick(&code_steps);
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
    let mut signs = |name: &str| {
        let mut signs = vec![None; 14];
        signs.extend([
            Some(Condition::IsText(bare("note"), "B2")),
            Some(Condition::IsTrue(bare("flag"))),
            Some(Condition::Above(bare("amount"), Term::Figure("100"))),
        ]);
        if matches!(name, "qty" | "amount") { dice.pick(&signs) } else { None }
    };
    let column = |(name, kind)| {
        let normalise = if name == "code" { code_steps } else { none };
        Column { name, kind, origin: Origin::Pulled { normalise, negate_when: signs(name) } }
    };
    kinds.into_iter().map(column).collect()
}

fn lookup(columns: &mut Vec<Column>, dice: &mut Dice<'_>) -> Option<Lookup> {
    let required = dice.pick(&[None, None, None, None, None, None, None, Some(false), Some(false), Some(true)])?;
    let taken = other_columns().into_iter().filter(|column| column.name != "code");
    columns.extend(taken.map(|column| Column { origin: Origin::Taken(column.name), ..column }));
    Some(Lookup { key: (dice.pick(&["code", "note"]), "code"), required })
}

fn derive(columns: &mut Vec<Column>, dice: &mut Dice<'_>) {
    let pair = |one, other| Box::new((bare(one), bare(other)));
    for _ in 0..2 {
        let kind = |name: &str| columns.iter().find(|column| column.name == name).map(|column| column.kind);
        let (Some(Kind::Money { scale, currency }), Some(Kind::Quantity { scale: of_quantity })) =
            (kind("amount"), kind("qty"))
        else {
            return;
        };
        let of_product = of_quantity + 2;
        let (name, term, kind) = match dice.pick(&["", "", "", "", "net", "worth", "twice", "valued"]) {
            "net" => ("net", Term::Minus(pair("amount", "price")), Kind::Money { scale: scale.max(2), currency }),
            "worth" => ("worth", Term::Times(pair("qty", "price")), Kind::Money { scale: of_product, currency }),
            "twice" => ("twice", Term::Plus(pair("qty", "qty")), Kind::Quantity { scale: of_quantity }),
            "valued" if kind("listed").is_some() => {
                let kind = Kind::Money { scale: of_product, currency: Currency::Business };
                ("valued", Term::Times(pair("qty", "listed")), kind)
            }
            _ => continue,
        };
        if !columns.iter().any(|column| column.name == name) {
            columns.push(Column { name, kind, origin: Origin::Derived(term) });
        }
    }
}

/// The columns of the table that sides look things up in.
pub fn other_columns() -> Vec<Column> {
    let kinds = [
        ("code", Kind::Text),
        ("region", Kind::Text),
        ("listed", Kind::Money { scale: 2, currency: Currency::Business }),
    ];
    let origin = || Origin::Pulled { normalise: &[], negate_when: None };
    kinds.into_iter().map(|(name, kind)| Column { name, kind, origin: origin() }).collect()
}

pub fn other_row(dice: &mut Dice<'_>) -> Vec<String> {
    let code = dice.pick(&["A1", "B2", "C3", "A1", "B2", ""]);
    let region = dice.pick(&["north", "north", "south", ""]);
    [code, region, dice.pick(&["10", "2.50", "10", "7", "", "free"])].map(str::to_owned).to_vec()
}

/// Gives a side its rows: mostly of keys that the first side has as well.
pub fn fill(side: &mut Side, first: Option<&Side>, rows: &[Vec<u8>], mood: Mood) {
    let own = side.columns.iter().filter(|column| matches!(column.origin, Origin::Pulled { .. }));
    let own: Vec<&'static str> = own.map(|column| column.name).collect();
    for throws in rows {
        let mut dice = Dice::new(throws);
        let mut row: Vec<String> = own.iter().map(|name| cell(name, &mut dice, mood)).collect();
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
    if !side.gathers() && (mood.calm || dice.pick(&[true, true, true, true, true, false])) {
        let places: Vec<usize> = side.key.iter().map(|name| side.place(name)).collect();
        let mut seen = BTreeSet::new();
        side.rows.retain(|row| seen.insert(places.iter().map(|place| row[*place].clone()).collect::<Vec<_>>()));
    }
}

/// 34 digits: with four behind the point as many as a column holds, with two a hundredth of that.
const LARGE: &str = "9999999999999999999999999999999999";
const LARGE_DEBT: &str = "-9999999999999999999999999999999999";
const HALF: &str = "5000000000000000000000000000000000";
const NEARLY_AS_LARGE: &str = "9900000000000000000000000000000000";
const LESS_LARGE: &str = "9999999999999999999999999999999998";

/// A cell as a column usually has it, or, less often, one that is out of the ordinary.
fn cell(name: &str, dice: &mut Dice<'_>, mood: Mood) -> String {
    let mut odds = [false; 20];
    odds[19] = true;
    let odd = dice.pick(&odds) && !mood.calm;
    let texts: &[&str] = match (name, odd) {
        ("code", false) => &["A1", "A1", "A1", "A1", "B2", "C3"],
        ("code", true) => &["a1", " A1", "Ａ1", "", "\"", "b2 "],
        ("line", false) => &["1", "1", "1", "2", "1.00", "2.0"],
        ("line", true) => &["-0", "0", "1.5", "", "one", "-1", "０1"],
        ("doc", false) => &["D1", "D2", "D3", "D4", "D5", "D6", "D7"],
        ("doc", true) => &[""],
        ("qty" | "amount", false) if mood.large => {
            &[LARGE, LARGE, LESS_LARGE, NEARLY_AS_LARGE, HALF, HALF, LARGE_DEBT, "100"]
        }
        ("qty", false) => {
            &["10", "10", "10", "10.0", "10.01", "9.99", "11", "9", "10.5", "9.5", "10.1", "9.9", "5", "20"]
        }
        ("qty", true) => &["-10", "-0", "0.0", "", "", "ten", "1,000", "(10)", LARGE, LARGE, LARGE_DEBT, LARGE_DEBT],
        ("amount", false) => &[
            "100", "100", "100.00", "100.0", "100.01", "99.99", "100.02", "101", "99", "101.01", "100.50", "99.50",
            "50", "110", "90", "200",
        ],
        ("amount", true) => &[
            "-100", "-100.00", "-0", "0.00", "0", "", "", "¥100", "n/a", "100.005", "1,000.00", "0.1", "0.2", "0.3",
            LARGE, LARGE, LARGE_DEBT, LESS_LARGE, LESS_LARGE,
        ],
        ("price", false) => &["10", "10.00", "2.50"],
        ("price", true) => &["0", "", "-10", "free"],
        ("ccy", false) => &["CNY", "CNY", "CNY", "CNY", ""],
        ("ccy", true) => &["USD", "JPY"],
        ("day", false) => &[
            "2026-10-05",
            "2026/10/5",
            "20261006",
            "2026-10-07",
            "2026-10-08",
            "2026-10-09",
            "2026-10-09",
            "2026-10-10",
            "2026-10-04",
            "2026-09-30",
        ],
        ("day", true) => &["2026-10-13", "2026-10-01", "1900-01-01", "", "soon"],
        ("flag", false) => &["yes", "yes", "1", "no"],
        ("flag", true) => &["", "perhaps", "0"],
        (_, false) => &["A1", "A1", "A1", "B2"],
        (_, true) => &["void", "", "C3"],
    };
    dice.pick(texts).to_owned()
}
