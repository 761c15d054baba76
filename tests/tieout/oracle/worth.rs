//! What a break is worth.

use super::cells::Row;
use super::evaluate::evaluate;
use super::figure::Figure;
use super::model::{CURRENCY, Case, Kind, Reference, Side};
use super::subjects::{Subject, currency_of, sum};

/// Digits behind the point of the finest figure there is.
const FINEST: usize = 18;

/// An amount in a currency.
pub struct Money {
    pub currency: String,
    pub amount: Figure,
}

/// The column that says what a side's rows are worth: the first money that a check reads there, else the first that it
/// adds up, or has.
pub fn worth_column(case: &Case, side: &Side) -> Option<&'static str> {
    let is_money = |name: &str| side.kind(name).is_money();
    let read = case.checks.iter().flat_map(|check| check.columns());
    let mut read = read.filter(|column| column.side == Some(side.name)).map(|column| column.column);
    let own = || {
        let all: Vec<&'static str> = side.columns.iter().map(|column| column.name).collect();
        let own = if side.sum.is_empty() { all } else { side.sum.clone() };
        own.into_iter().find(|name| is_money(name))
    };
    read.find(|name| is_money(name)).or_else(own)
}

/// The one currency of some rows.
fn one_currency(side: &Side, column: &str, rows: &[&Row]) -> Option<String> {
    let first = currency_of(side, column, rows.first()?);
    rows.iter().all(|row| currency_of(side, column, row) == first).then(|| first.to_owned())
}

/// What some rows of a side hold, where that is one figure of one currency. What they repeat counts once.
pub fn of_rows(case: &Case, side: &Side, rows: &[&Row]) -> Option<Money> {
    let column = worth_column(case, side)?;
    let amount = match side.repeats(column) {
        true => rows.iter().filter_map(|row| row.cells[side.place(column)].figure()).map(Figure::absolute).max()?,
        false => sum(side, column, rows.iter().copied()).filter(Figure::fits)?.absolute(),
    };
    Some(Money { currency: one_currency(side, column, rows)?, amount })
}

/// The worth of a quantity at the rule's price.
pub fn of_quantity(subject: &Subject<'_>, quantity: &Figure) -> Option<Money> {
    let case = subject.books.case;
    let price = case.price.as_ref()?;
    let value = evaluate(price, subject);
    let amount = value.figure()?.shortest().times(&quantity.shortest()).absolute();
    if amount.scale > FINEST || !amount.fits() {
        return None;
    }
    let is_money = |column: &&Reference| case.side(column.side.unwrap_or_default()).kind(column.column).is_money();
    let priced = price.columns();
    let Some(column) = priced.iter().find(is_money) else {
        return Some(Money { currency: CURRENCY.to_owned(), amount });
    };
    let side = &case.sides[subject.side_of(column)];
    let rows = subject.priced(column);
    let currency = match rows.is_empty() {
        true => CURRENCY.to_owned(),
        false => one_currency(side, column.column, &rows)?,
    };
    Some(Money { currency, amount })
}

/// What is in question where a side is missing: the money of the first side that has some, else the worth of the first
/// quantity that a check reads.
pub fn of_present(subject: &Subject<'_>) -> Option<Money> {
    let case = subject.books.case;
    let present = || (0..case.sides.len()).filter(|side| !subject.rows[*side].is_empty());
    let money = present().find_map(|side| of_rows(case, &case.sides[side], &subject.counted[side]));
    let quantity = present().find_map(|number| {
        let side = &case.sides[number];
        let read = case.checks.iter().flat_map(|check| check.columns());
        let mut read = read.filter(|column| column.side == Some(side.name)).map(|column| column.column);
        let column = read.find(|name| matches!(side.kind(name), Kind::Quantity { .. }))?;
        sum(side, column, subject.counted[number].iter().copied()).filter(Figure::fits)
    });
    money.or_else(|| of_quantity(subject, &quantity?))
}
