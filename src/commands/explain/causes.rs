//! How a likely cause adds up, so that a person can check it on paper.

use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Message};
use crate::audit::diagnosis::Cause;
use crate::audit::value::Value;
use crate::words;

/// A line a step; empty where the cause says all there is.
pub(super) fn lines(found: &Break) -> Vec<String> {
    let Some(cause) = found.cause() else { return Vec::new() };
    let Some((left, right)) = figures(&found.message) else { return Vec::new() };
    let (small, large) = if left.checked_abs() < right.checked_abs() { (left, right) } else { (right, left) };
    let show = words::figure;
    let line = match cause {
        Cause::TaxIncluded { rate, tax, .. } => format!(
            "{} x {} % = {} tax; {} + {} = {}",
            show(small),
            words::quantity(*rate),
            show(*tax),
            show(small),
            show(*tax),
            show(large)
        ),
        Cause::UnitRatio { factor, .. } => {
            format!("{} x {} = {}", words::quantity(small), words::quantity(*factor), words::quantity(large))
        }
        Cause::DecimalPoint { places, .. } => {
            format!("{} x 1{} = {}", show(small), "0".repeat(*places as usize), show(large))
        }
        Cause::SwappedDigits { .. } => match large.checked_sub(small) {
            Some(apart) => format!("{} - {} = {}, divisible by 9", show(large), show(small), show(apart)),
            None => return Vec::new(),
        },
        Cause::RedLetter { amount, .. } => match larger_of(left, right).checked_add(*amount) {
            Some(rest) => format!("{} {} = {}", show(larger_of(left, right)), signed(*amount), show(rest)),
            None => return Vec::new(),
        },
        Cause::PostedTwice { amount: Some(amount), .. } => {
            format!("{} - {} = {}", show(large), show(*amount), show(large.checked_sub(*amount).unwrap_or_default()))
        }
        Cause::Rounded { .. } => match large.checked_sub(small) {
            Some(apart) => format!("{} - {} = {}", show(large), show(small), show(apart)),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    vec![line]
}

fn figures(message: &Message) -> Option<(Amount, Amount)> {
    let (Message::AmountDiffers { left, right, .. } | Message::QuantityDiffers { left, right, .. }) = message else {
        return None;
    };
    match (&left.value, &right.value) {
        (Value::Amount(left), Value::Amount(right)) => Some((*left, *right)),
        _ => None,
    }
}

fn larger_of(left: Amount, right: Amount) -> Amount {
    left.max(right)
}

/// A figure that is added, with its sign as an operator.
fn signed(amount: Amount) -> String {
    let size = words::figure(amount.checked_abs().unwrap_or(amount));
    if amount.is_negative() { format!("- {size}") } else { format!("+ {size}") }
}
