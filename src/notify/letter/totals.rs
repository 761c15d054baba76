//! Sums over exceptions, per currency.

use std::collections::BTreeMap;

use crate::audit::amount::Amount;
use crate::audit::exception::Exception;
use crate::language::Language;
use crate::words;

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

    /// One text per currency, in currency order.
    pub fn figures(&self, language: Language) -> Vec<String> {
        let too_large = match language {
            Language::Zh => "（数值过大，无法合计）",
            Language::En => "(too large to add up)",
        };
        let figure = |(currency, sum): (&String, &Option<Amount>)| match sum {
            Some(sum) => words::money(currency, *sum),
            None => format!("{} {too_large}", words::visible(currency)),
        };
        self.money.iter().map(figure).collect()
    }

    /// All currencies in one line; empty where nothing is priced.
    pub fn line(&self, language: Language) -> String {
        self.figures(language).join(" / ")
    }
}
