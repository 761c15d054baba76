//! Figures as people read them.

use crate::audit::amount::{Amount, Purse};

/// An amount with thousands separators, for people. Zeros beyond the second decimal are left out: `12,345.00`,
/// `0.125`, `8.00` for 8.0000.
pub fn figure(amount: Amount) -> String {
    let mut shown = amount;
    while shown.scale() > 2 {
        match shown.rescale(shown.scale() - 1) {
            Some(shorter) => shown = shorter,
            None => break,
        }
    }
    separated(shown)
}

/// A quantity with thousands separators and no trailing zeros: `8` for 8.0000, `2.5` for 2.50.
pub fn quantity(amount: Amount) -> String {
    separated(amount.normalised())
}

/// A figure with its currency in front.
pub fn money(currency: &str, amount: Amount) -> String {
    format!("{} {}", super::visible(currency), figure(amount))
}

/// Every figure of a purse, in currency order; empty for an empty purse.
pub fn purse(purse: &Purse) -> String {
    purse.iter().map(|(currency, amount)| money(currency, amount)).collect::<Vec<_>>().join(" / ")
}

fn separated(amount: Amount) -> String {
    let text = amount.to_string();
    let (sign, body) = text.strip_prefix('-').map_or(("", text.as_str()), |body| ("-", body));
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(whole, rest)| (whole, Some(rest)));
    let mut shown = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}
