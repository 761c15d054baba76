//! Checks out of dice.

use super::cases::Dice;
use super::model::{Case, Check, Condition, Grace, Of, Reference, Relation, Term, Within};

/// A check of the case; `None` where its sides have nothing to compare.
pub fn check(case: &Case, number: usize, dice: &mut Dice<'_>) -> Option<Check> {
    let wanted = dice.pick(&["amount", "amount", "qty", "qty", "product", "day", "day", "note", "flag", "line"]);
    let left = match wanted {
        "product" => product(case, dice)?,
        "amount" | "qty" => figure(case, wanted, None, dice)?,
        name => column(case, name, None, dice)?,
    };
    let other = left.columns()[0].side;
    let right = match wanted {
        "product" => column(case, "amount", None, dice)?,
        "amount" | "qty" => figure(case, wanted, other, dice)?,
        name => column(case, name, other, dice)?,
    };
    let is_figure = matches!(wanted, "product" | "amount" | "qty" | "line");
    let relations = match wanted {
        "note" | "flag" => vec![Relation::Equal],
        _ => vec![Relation::Equal, Relation::Equal, Relation::AtMost, Relation::AtLeast],
    };
    let relation = dice.pick(&relations);
    let within = is_figure.then(|| within(&left, &right, dice)).flatten();
    Some(Check {
        name: format!("c{}", number + 1),
        relation,
        when: when(case, dice),
        within,
        grace: grace(case, dice),
        owner: dice.pick(&[None, Some("warehouse"), Some("sales")]),
        left,
        right,
    })
}

/// A column of a side on which it has one value per subject, and of another side than `but` if there is one.
fn column(case: &Case, name: &'static str, but: Option<&str>, dice: &mut Dice<'_>) -> Option<Term> {
    let mut sides: Vec<&'static str> =
        case.sides.iter().filter(|side| side.has_one_value(name)).map(|side| side.name).collect();
    if sides.len() > 1 {
        sides.retain(|side| Some(*side) != but);
    }
    (!sides.is_empty()).then(|| Term::Column(Reference { side: Some(dice.pick(&sides)), column: name }))
}

/// A column, often as it is, at times calculated with.
fn figure(case: &Case, name: &'static str, but: Option<&str>, dice: &mut Dice<'_>) -> Option<Term> {
    let term = column(case, name, but, dice)?;
    let pair = |other| Box::new((term.clone(), other));
    let shapes = ["as it is", "as it is", "as it is", "as it is", "as it is", "plus", "minus", "coalesce", "times"];
    Some(match dice.pick(&shapes) {
        "plus" => Term::Plus(pair(column(case, name, None, dice)?)),
        "minus" => Term::Minus(pair(Term::Figure(dice.pick(&["0.01", "1", "0.0001"])))),
        "coalesce" => Term::Coalesce(pair(Term::Figure(dice.pick(&["0", "100.000"])))),
        "times" => Term::Times(pair(Term::Figure(dice.pick(&["1.0", "0.5", "1000"])))),
        _ => term,
    })
}

/// Quantity times price.
fn product(case: &Case, dice: &mut Dice<'_>) -> Option<Term> {
    Some(Term::Times(Box::new((column(case, "qty", None, dice)?, column(case, "price", None, dice)?))))
}

fn within(left: &Term, right: &Term, dice: &mut Dice<'_>) -> Option<Within> {
    let none = Within { amount: None, percent: None, of: None, smaller: false };
    let amount = Some(dice.pick(&["0.01", "1", "0.5", "0", "0.010000000000000000"]));
    let percent = Some(dice.pick(&["1", "0.01", "10", "0.000001", "100"]));
    let of = of(left, right, dice);
    match dice.pick(&["nothing", "amount", "amount", "percent", "percent", "larger", "smaller"]) {
        "amount" => Some(Within { amount, ..none }),
        "percent" => Some(Within { percent, of, ..none }),
        "larger" => Some(Within { amount, percent, of, ..none }),
        "smaller" => Some(Within { amount, percent, of, smaller: true }),
        _ => None,
    }
}

/// A side that only one of the figures reads.
fn of(left: &Term, right: &Term, dice: &mut Dice<'_>) -> Option<Of> {
    let sides = |term: &Term| term.columns().into_iter().filter_map(|column| column.side).collect::<Vec<_>>();
    let (left, right) = (sides(left), sides(right));
    let mut choices = vec![None];
    choices.extend(left.iter().filter(|side| !right.contains(side)).map(|side| Some(Of::Left(side))));
    choices.extend(right.iter().filter(|side| !left.contains(side)).map(|side| Some(Of::Right(side))));
    dice.pick(&choices)
}

fn when(case: &Case, dice: &mut Dice<'_>) -> Option<Condition> {
    let mut choices = vec![None; 30];
    for side in &case.sides {
        let term = |column| Term::Column(Reference { side: Some(side.name), column });
        let has = |name| side.has_one_value(name);
        choices.extend(has("flag").then(|| Some(Condition::IsTrue(term("flag")))));
        choices.extend(has("note").then(|| Some(Condition::IsText(term("note"), "A1"))));
        choices.extend(has("amount").then(|| Some(Condition::IsNull(term("amount")))));
        choices.extend(has("qty").then(|| Some(Condition::Above(term("qty"), Term::Figure("9.50")))));
    }
    let (one, other) = (dice.pick(&choices)?, dice.pick(&choices));
    Some(match other {
        Some(other) => Condition::Both(Box::new((one, other))),
        None => one,
    })
}

fn grace(case: &Case, dice: &mut Dice<'_>) -> Option<Grace> {
    let days = dice.pick(&[None, None, Some(3), Some(1), Some(2), Some(4), Some(8)])?;
    let sides: Vec<&'static str> = case.sides.iter().map(|side| side.name).collect();
    let date = |side| Reference { side: Some(side), column: "day" };
    let mut after = vec![date(dice.pick(&sides))];
    after.extend(dice.pick(&[None, Some(())]).map(|()| date(dice.pick(&sides))));
    after.dedup();
    Some(Grace { days, working: dice.pick(&[false, true]), after })
}
