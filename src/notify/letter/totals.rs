//! Sums over exceptions, per currency.

use std::collections::BTreeMap;

use crate::audit::amount::Amount;
use crate::audit::exception::Exception;
use crate::language::Language;
use crate::words;

/// The most currencies a letter lists in one place. More than a company has; a column of rubbish has any number.
pub(super) const CURRENCIES: usize = 8;

/// The most characters of a currency; a code has three.
const CODE: usize = 12;

/// What is said in place of the currencies beyond [`CURRENCIES`].
pub(super) fn more_currencies(count: usize, language: Language) -> Option<String> {
    let more = count.checked_sub(CURRENCIES).filter(|more| *more > 0)?;
    Some(match language {
        Language::Zh => format!("另有 {more} 种币种"),
        Language::En => format!("{more} more currencies"),
    })
}

/// How many exceptions, and the money in question.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub count: usize,
    /// Exceptions without any figure.
    pub unpriced: usize,
    /// `None` where the sum has more digits than fit.
    money: BTreeMap<String, Option<Amount>>,
}

impl Totals {
    pub fn of<'a>(exceptions: impl IntoIterator<Item = &'a Exception>) -> Totals {
        let mut totals = Totals::default();
        for exception in exceptions {
            totals.count += 1;
            if exception.at_risk.is_empty() {
                totals.unpriced += 1;
            }
            for (currency, amount) in exception.at_risk.iter() {
                let sum = totals.money.entry(currency.to_owned()).or_insert(Some(Amount::ZERO));
                *sum = sum.and_then(|sum| sum.checked_add(amount));
            }
        }
        totals
    }

    /// One text per currency, in currency order; no more than [`CURRENCIES`], and then how many more there are.
    pub fn figures(&self, language: Language) -> Vec<String> {
        let too_large = match language {
            Language::Zh => "（数值过大，无法合计）",
            Language::En => "(too large to add up)",
        };
        let figure = |(currency, sum): (&String, &Option<Amount>)| match sum {
            Some(sum) => words::money(&words::clip(&words::visible(currency), CODE), *sum),
            None => format!("{} {too_large}", words::clip(&words::visible(currency), CODE)),
        };
        let mut figures: Vec<String> = self.money.iter().take(CURRENCIES).map(figure).collect();
        figures.extend(more_currencies(self.money.len(), language));
        figures
    }

    /// All currencies in one line; empty where nothing is priced.
    pub fn line(&self, language: Language) -> String {
        self.figures(language).join(" / ")
    }
}
