//! Checks out of dice.

use super::cases::Dice;
use super::model::{Allowed, Amounts, Case, Check, Condition, Grace, Of, Reference, Relation, Term, Within};

/// A check of the case; `None` where its sides have nothing to compare.
pub fn check(case: &Case, number: usize, dice: &mut Dice<'_>) -> Option<Check> {
    let wanted = dice.pick(&["amount", "amount", "qty", "qty", "product", "day", "day", "note", "flag", "line"]);
    let names: &[&'static str] = match wanted {
        "amount" | "product" => &["amount", "amount", "net", "worth", "valued", "listed"],
        "qty" => &["qty", "qty", "twice", "rows"],
        "note" => &["note", "region", "code"],
        "day" => &["day"],
        "flag" => &["flag"],
        _ => &["line"],
    };
    let left = match wanted {
        "product" => product(case, dice)?,
        "amount" | "qty" => figure(case, names, None, dice)?,
        _ => column(case, names, None, dice)?,
    };
    let other = left.columns()[0].side;
    let right = match wanted {
        "amount" | "qty" => figure(case, names, other, dice)?,
        _ => column(case, names, other, dice)?,
    };
    let is_figure = matches!(wanted, "product" | "amount" | "qty" | "line");
    let relations = match wanted {
        "note" | "flag" => vec![Relation::Equal],
        _ => vec![Relation::Equal, Relation::Equal, Relation::AtMost, Relation::AtLeast],
    };
    let relation = dice.pick(&relations);
    let tolerance = Tolerance { case, left: &left, right: &right, relation };
    let within = match wanted {
        "day" => tolerance.of_days(dice),
        _ if is_figure => tolerance.of_figures(matches!(wanted, "amount" | "product"), dice),
        _ => None,
    };
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
fn column(case: &Case, names: &[&'static str], but: Option<&str>, dice: &mut Dice<'_>) -> Option<Term> {
    let of = |side: &'static str, column| Reference { side: Some(side), column };
    let mut columns: Vec<Reference> = Vec::new();
    for side in &case.sides {
        columns.extend(names.iter().filter(|name| side.has_one_value(name)).map(|name| of(side.name, name)));
    }
    if columns.iter().any(|column| column.side != but) {
        columns.retain(|column| column.side != but);
    }
    (!columns.is_empty()).then(|| Term::Column(dice.pick(&columns)))
}

/// A column, often as it is, at times calculated with.
fn figure(case: &Case, names: &[&'static str], but: Option<&str>, dice: &mut Dice<'_>) -> Option<Term> {
    let term = column(case, names, but, dice)?;
    let pair = |other| Box::new((term.clone(), other));
    let shapes = ["as it is", "as it is", "as it is", "as it is", "as it is", "plus", "minus", "coalesce", "times"];
    Some(match dice.pick(&shapes) {
        "plus" => Term::Plus(pair(column(case, names, None, dice)?)),
        "minus" => Term::Minus(pair(Term::Figure(dice.pick(&["0.01", "1", "0.0001"])))),
        "coalesce" => Term::Coalesce(pair(Term::Figure(dice.pick(&["0", "100.000"])))),
        "times" => Term::Times(pair(Term::Figure(dice.pick(&["1.0", "0.5", "1000"])))),
        _ => term,
    })
}

/// Quantity times price.
fn product(case: &Case, dice: &mut Dice<'_>) -> Option<Term> {
    Some(Term::Times(Box::new((column(case, &["qty"], None, dice)?, column(case, &["price"], None, dice)?))))
}

/// A tolerance to be thrown for a check.
struct Tolerance<'t> {
    case: &'t Case,
    left: &'t Term,
    right: &'t Term,
    relation: Relation,
}

impl Tolerance<'_> {
    /// One bound for both directions, or one for each in which the relation can fail.
    fn of(&self, dice: &mut Dice<'_>, mut allowed: impl FnMut(&mut Dice<'_>) -> Allowed) -> Within {
        let signed = dice.pick(&[false, false, true]);
        let mut within = Within { under: None, over: None, signed, of: None, smaller: false, per_row: false };
        if !signed {
            within.under = Some(allowed(dice));
            within.over.clone_from(&within.under);
            return within;
        }
        let both = dice.pick(&[true, false]);
        if self.relation != Relation::AtMost {
            within.under = Some(allowed(dice));
        }
        if self.relation == Relation::AtMost || self.relation == Relation::Equal && both {
            within.over = Some(allowed(dice));
        }
        within
    }

    fn of_days(&self, dice: &mut Dice<'_>) -> Option<Within> {
        let days = |dice: &mut Dice<'_>| Allowed { days: Some(dice.pick(&[1, 0, 2, 5])), ..Allowed::default() };
        dice.pick(&[None, Some(())]).map(|()| self.of(dice, days))
    }

    fn of_figures(&self, money: bool, dice: &mut Dice<'_>) -> Option<Within> {
        dice.pick(&[None, Some(()), Some(()), Some(())])?;
        let mut within = self.of(dice, |dice| figures(money, dice));
        let bounds = || [&within.under, &within.over].into_iter().flatten();
        let has_percent = bounds().any(|allowed| allowed.percent.is_some());
        let has_amount = bounds().any(|allowed| allowed.amount.is_some());
        let has_both = bounds().any(|allowed| allowed.amount.is_some() && allowed.percent.is_some());
        let read = [self.left.columns(), self.right.columns()].concat();
        let sums = read.iter().filter_map(|column| column.side).any(|side| !self.case.side(side).sum.is_empty());
        within.of = if has_percent { of(self.left, self.right, dice) } else { None };
        within.smaller = has_both && dice.pick(&[false, true]);
        within.per_row = has_amount && sums && dice.pick(&[false, true]);
        Some(within)
    }
}

fn figures(money: bool, dice: &mut Dice<'_>) -> Allowed {
    let one = Amounts::One(dice.pick(&["1", "0.01", "0.5", "0.1", "0", "0.010000000000000000"]));
    let each: [&[(&str, &str)]; 3] =
        [&[("CNY", "1"), ("other", "0.01")], &[("USD", "0.01"), ("JPY", "1")], &[("other", "1")]];
    let each = Amounts::Each(dice.pick(&each));
    let amount = if money && dice.pick(&[false, false, true]) { each } else { one };
    let percent = dice.pick(&["1", "0.01", "10", "0.000001", "100"]);
    match dice.pick(&["amount", "amount", "percent", "percent", "both"]) {
        "amount" => Allowed { amount: Some(amount), ..Allowed::default() },
        "percent" => Allowed { percent: Some(percent), ..Allowed::default() },
        _ => Allowed { amount: Some(amount), percent: Some(percent), days: None },
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
        choices.extend(has("region").then(|| Some(Condition::IsText(term("region"), "north"))));
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
    if dice.pick(&[false, false, true]) {
        return Some(Grace::Until(after[0]));
    }
    after.extend(dice.pick(&[None, Some(())]).map(|()| date(dice.pick(&sides))));
    after.dedup();
    Some(Grace::Days { days, working: dice.pick(&[false, true]), after })
}
