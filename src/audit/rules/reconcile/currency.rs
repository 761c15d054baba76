//! The currency in which a check's figures are stated.

use super::super::rows::Currencies;
use super::groups::columns_of;
use super::matched::Matched;
use crate::audit::breaks::{Message, Operand};
use crate::audit::expression::ColumnRef;
use crate::audit::rulebook::Check;
use crate::audit::snapshot::{ColumnType, CurrencyOf};
use crate::audit::value::Value;

/// The money that a check reads.
pub(super) struct Monies<'m> {
    columns: Vec<Priced<'m>>,
    /// The currency of every subject, where all columns have but one.
    only: Option<&'m str>,
    /// The currency of figures without a row: the one that a column states for all its rows, else the business's own.
    usual: &'m str,
}

/// A money column, and the currencies of its rows.
struct Priced<'m> {
    column: &'m ColumnRef,
    side: usize,
    currencies: &'m Currencies,
}

impl<'m> Monies<'m> {
    pub fn of(matched: &'m Matched<'_>, check: &'m Check) -> Self {
        let money = |column: &&ColumnRef| matches!(matched.kind(column), Some(ColumnType::Money { .. }));
        let priced = |column: &'m ColumnRef| Priced {
            column,
            side: matched.side_of(column),
            currencies: matched.currencies(column),
        };
        let columns: Vec<Priced<'m>> = columns_of(check).filter(money).map(priced).collect();
        let stated = columns.iter().find_map(|money| match matched.kind(money.column) {
            Some(ColumnType::Money { currency: CurrencyOf::Fixed(code), .. }) => Some(code.as_str()),
            _ => None,
        });
        let usual = stated.unwrap_or(&matched.context.currency);
        let only = match columns.first().map(|first| first.currencies.codes()) {
            None => Some(usual),
            Some([one]) => Some(one.as_str()),
            Some(_) => None,
        };
        let same = |one: &&str| columns.iter().all(|money| matches!(money.currencies.codes(), [code] if code == one));
        // What the rows of other subjects have in common says nothing of a subject that has none.
        let has_rows = columns.iter().any(|money| !matched.side(money.side).absent_zero);
        let only = only.filter(same).filter(|one| has_rows || *one == usual);
        Monies { only, columns, usual }
    }

    /// The one currency of all figures of a group; `None` where there are several.
    pub fn at(&self, matched: &Matched<'_>, group: usize) -> Option<&'m str> {
        if self.only.is_some() {
            return self.only;
        }
        let mut seen = None;
        for Priced { column, side, currencies } in &self.columns {
            let Some((first, others)) = matched.priced(*side, &column.column, group).split_first() else { continue };
            let number = currencies.number(*first);
            if others.iter().any(|row| currencies.number(*row) != number) {
                return None;
            }
            let code = currencies.at(*first);
            if *seen.get_or_insert(code) != code {
                return None;
            }
        }
        Some(seen.unwrap_or(self.usual))
    }

    /// What to say of a group whose figures have several currencies.
    pub fn conflict(&self, matched: &Matched<'_>, group: usize) -> Option<Message> {
        let mut seen: Option<(&ColumnRef, String)> = None;
        for Priced { column, side, currencies } in &self.columns {
            let mut codes = currencies.of_rows(matched.priced(*side, &column.column, group));
            if codes.len() > 1 {
                let side = column.side.clone().unwrap_or_default();
                return Some(Message::MixedCurrencies { side, currencies: codes.into_iter().collect() });
            }
            let Some(code) = codes.pop_first() else { continue };
            match &seen {
                None => seen = Some((column, code)),
                Some((_, known)) if *known == code => {}
                Some((first, known)) => {
                    let operand = |column: &ColumnRef, code: &str| Operand {
                        expression: column.to_string(),
                        value: Value::Text(code.to_owned()),
                    };
                    let (left, right) = (operand(first, known), operand(column, &code));
                    return Some(Message::CurrencyDiffers { left, right });
                }
            }
        }
        None
    }
}
