//! The checks of a threshold rule: the figure of each group against a number, or against its own past.

use super::currency::Monies;
use super::groups::{Groups, row_fault};
use super::matched::Matched;
use super::price::in_cents;
use crate::audit::amount::{Amount, Money};
use crate::audit::breaks::{Break, Class, Message, Operand, Relation};
use crate::audit::expression::{Cell, Decimals, Type, Vector};
use crate::audit::rulebook::{Check, Limit};
use crate::audit::swing::{Change, Compared, NewFigure, PastFigure};
use crate::audit::value::Value;

/// The one side of a threshold rule.
const ROWS: usize = 0;

/// Runs the check at `place` of the file, which holds its figure to `limit`, over all groups.
pub(super) fn check(matched: &Matched<'_>, place: usize, limit: &Limit, groups: &mut Groups) {
    let check = &matched.settings.checks[place];
    let Vector::Decimal(figures) = check.left.evaluate(matched, &matched.context.parameters) else { return };
    let is_money = matches!(check.left.kind(), Type::Decimal { money: true, .. });
    let run = Run { matched, place, check, figures, is_money };
    let monies = Monies::of(matched, check);
    for group in 0..matched.pairing.groups {
        if groups.blocked[group] {
            continue;
        }
        let Some(currency) = monies.at(matched, group) else {
            let conflict = monies.conflict(matched, group).expect("two currencies were seen in the group");
            run.place(group, Class::Currency, conflict, None, groups);
            continue;
        };
        let figure = match run.figures.at(group) {
            (units, Cell::Value) => Some(Amount::new(units, run.figures.scale)),
            (_, Cell::Null) => None,
            (_, Cell::Fault) => {
                run.out_of_range(group, groups);
                continue;
            }
        };
        let currency = is_money.then_some(currency);
        match limit {
            Limit::Number(number) => run.compare(group, figure, *number, currency, groups),
            Limit::PerCurrency(limits) => {
                if let Some(number) = currency.and_then(|currency| limits.get(currency)) {
                    run.compare(group, figure, *number, currency, groups);
                }
            }
            Limit::Change(change) => {
                // A group whose rows hold no figure has none to compare, and leaves none to compare with.
                if let Some(figure) = figure {
                    run.swings(group, figure, change, currency, groups);
                }
            }
        }
    }
}

/// One check over one batch.
struct Run<'m> {
    matched: &'m Matched<'m>,
    place: usize,
    check: &'m Check,
    figures: Decimals,
    is_money: bool,
}

impl Run<'_> {
    /// A group whose rows hold no figure keeps no limit; how far it is off is then the limit itself.
    fn compare(
        &self,
        group: usize,
        figure: Option<Amount>,
        limit: Amount,
        currency: Option<&str>,
        groups: &mut Groups,
    ) {
        let Some(difference) = figure.unwrap_or_default().checked_sub(limit) else {
            self.out_of_range(group, groups);
            return;
        };
        let keeps = match self.check.relation {
            Relation::Equal => difference.is_zero(),
            Relation::AtMost => difference <= Amount::ZERO,
            Relation::AtLeast => difference >= Amount::ZERO,
        };
        if figure.is_some() && keeps {
            return;
        }
        let message = Message::BeyondLimit {
            relation: self.check.relation,
            figure: self.operand(figure),
            limit,
            difference,
            currency: currency.map(str::to_owned),
            counts_rows: self.counts_rows(),
        };
        self.place(group, Class::Limit, message, worth(currency, difference), groups);
    }

    fn swings(&self, group: usize, figure: Amount, change: &Change, currency: Option<&str>, groups: &mut Groups) {
        groups.figures.insert(group, NewFigure { currency: currency.map(str::to_owned), amount: figure });
        let context = self.matched.context;
        let subject = self.matched.subject(group);
        let past = self.matched.sides.past.and_then(|past| past.get(&subject));
        let past: &[PastFigure] = past.map(Vec::as_slice).unwrap_or_default();
        match change.compare(figure, currency, past, context.day) {
            Compared::Within => {}
            Compared::NoHistory(have) => groups.young.count(self.place, 1, have),
            Compared::OutOfRange => self.out_of_range(group, groups),
            Compared::Beyond(swing) => {
                let at_risk = worth(currency, swing.change);
                let message =
                    Message::Swung { figure: self.operand(Some(figure)), swing, counts_rows: self.counts_rows() };
                self.place(group, Class::Limit, message, at_risk, groups);
            }
        }
    }

    fn operand(&self, figure: Option<Amount>) -> Operand {
        let shown = |figure: Amount| Value::Amount(if self.is_money { figure } else { figure.normalised() });
        Operand { expression: self.check.left.text().to_owned(), value: figure.map_or(Value::Null, shown) }
    }

    fn counts_rows(&self) -> bool {
        self.matched.side(ROWS).count.is_some()
    }

    fn out_of_range(&self, group: usize, groups: &mut Groups) {
        let message = Message::OutOfRange { side: None, expression: self.check.left.text().to_owned() };
        self.place(group, Class::Unreadable, message, None, groups);
    }

    fn place(&self, group: usize, class: Class, message: Message, at_risk: Option<Money>, groups: &mut Groups) {
        let check = if class == Class::Unreadable { row_fault(class) } else { self.check.name.clone() };
        let owner = self.check.owner.clone();
        let found = Break { check, class, side: None, owner, message, at_risk, diagnosis: None };
        groups.place(group, self.place as u32 + 1, 0, found);
    }
}

/// The absolute amount of money; what is no money has no price.
fn worth(currency: Option<&str>, difference: Amount) -> Option<Money> {
    Some(Money { currency: currency?.to_owned(), amount: in_cents(difference.checked_abs()?) })
}
