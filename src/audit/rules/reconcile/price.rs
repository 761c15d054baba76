//! What a difference of quantity is worth.

use std::cell::OnceCell;

use super::groups::columns_of;
use super::matched::{Matched, sum};
use crate::audit::amount::{Amount, Money};
use crate::audit::expression::{ColumnRef, Vector};
use crate::audit::rules::rows;
use crate::audit::snapshot::ColumnType;
use crate::audit::value::Value;

/// What a unit is worth, per group; evaluated when something has to be priced.
pub(super) struct Price<'m> {
    matched: &'m Matched<'m>,
    prices: OnceCell<Option<Vector>>,
    /// The money column the price comes from, for its currency.
    column: Option<&'m ColumnRef>,
}

impl<'m> Price<'m> {
    pub fn of(matched: &'m Matched<'m>) -> Self {
        let money = |column: &&ColumnRef| matches!(matched.kind(column), Some(ColumnType::Money { .. }));
        let price = matched.settings.price.as_ref();
        Price { matched, prices: OnceCell::new(), column: price.and_then(|price| price.columns().iter().find(money)) }
    }

    /// The absolute worth of a quantity; `None` where there is no price.
    pub fn times(&self, group: usize, quantity: Amount) -> Option<Money> {
        let Matched { settings, context, .. } = self.matched;
        let evaluate = || settings.price.as_ref().map(|price| price.evaluate(self.matched, &context.parameters));
        let Value::Amount(price) = self.prices.get_or_init(evaluate).as_ref()?.value(group) else { return None };
        let product = price.checked_mul(quantity)?.checked_abs()?;
        let amount = product.rescale(2).unwrap_or_else(|| in_cents(product));
        let code = |column: &ColumnRef| {
            let rows = self.matched.priced(self.matched.side_of(column), &column.column, group);
            self.matched.currencies(column).of_rows(rows)
        };
        let codes = self.column.map(code);
        let codes = codes.unwrap_or_default();
        let currency = match codes.len() {
            0 => context.currency.clone(),
            1 => codes.into_iter().next()?,
            _ => return None,
        };
        Some(Money { currency, amount })
    }

    /// The worth of what the first present side with a quantity has.
    pub fn of_present(&self, group: usize, present: &[usize]) -> Option<Money> {
        let quantity = present.iter().find_map(|side| quantity(self.matched, *side, group))?;
        self.times(group, quantity)
    }
}

/// The same money with no zeros beyond its cents, which a product brings along.
pub(super) fn in_cents(amount: Amount) -> Amount {
    if amount.scale() <= 2 {
        return amount;
    }
    let shortest = amount.normalised();
    shortest.rescale(shortest.scale().max(2)).unwrap_or(amount)
}

/// The first quantity that checks read on a side, added up over the group's rows.
fn quantity(matched: &Matched<'_>, index: usize, group: usize) -> Option<Amount> {
    let side = &matched.side(index).name;
    let spec = &matched.tables[index].spec;
    let mut read = matched.settings.checks.iter().flat_map(columns_of).filter(|column| {
        let quantity = |kind: &ColumnType| matches!(kind, ColumnType::Quantity { .. });
        column.side.as_deref() == Some(side) && spec.column(&column.column).is_some_and(|column| quantity(&column.kind))
    });
    let cells = rows::decimals(matched.tables[index], &read.next()?.column);
    sum(&cells, matched.counted(index, group))
}
