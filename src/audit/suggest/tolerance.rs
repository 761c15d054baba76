//! Differences that are all small, with nothing much above them.

use super::{Bench, FEWEST, Suggestion};
use crate::audit::amount::{Amount, Purse};
use crate::audit::breaks::Message;

/// Amounts a tolerance may have, in ten-thousandths, rising.
const STEPS: [i128; 10] = [10, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
/// How many times larger the next differences must be than those that would pass.
const GAP: i64 = 10;

pub(super) fn suggestions(bench: &Bench<'_>) -> Vec<Suggestion> {
    bench.settings.checks.iter().filter_map(|check| of_check(bench, &check.name)).collect()
}

/// The least tolerance that lets at least half of a check's breaks pass, where next to none lies just above it.
fn of_check(bench: &Bench<'_>, check: &str) -> Option<Suggestion> {
    let breaks = bench.judgement.findings.iter().flat_map(|finding| &finding.breaks);
    let mut sizes: Vec<(Amount, Option<&str>)> = Vec::new();
    for found in breaks.filter(|found| found.check == check) {
        match &found.message {
            Message::AmountDiffers { difference, currency, .. } => {
                sizes.push((difference.checked_abs()?, Some(currency.as_str())));
            }
            Message::QuantityDiffers { difference, .. } => sizes.push((difference.checked_abs()?, None)),
            _ => {}
        }
    }
    let of = sizes.len() as u64;
    let up_to = |limit: Amount| sizes.iter().filter(|(size, _)| *size <= limit).count() as u64;
    let is_cluster = |within: &Amount| {
        let (passing, near) = (up_to(*within), within.checked_mul(Amount::from(GAP)).map_or(of, up_to));
        passing >= FEWEST && 2 * passing >= of && 5 * (near - passing) <= passing
    };
    let within = STEPS.iter().map(|units| Amount::new(*units, 4).normalised()).find(is_cluster)?;
    let mut sums = Purse::default();
    for (size, currency) in sizes.iter().filter(|(size, _)| *size <= within) {
        // A sum that does not fit is left at what was added up so far; differences within a tolerance never come near.
        let _ = currency.is_some_and(|currency| sums.add(currency, *size));
    }
    let largest = sizes.iter().map(|(size, _)| *size).filter(|size| *size <= within).max()?;
    Some(Suggestion::Tolerance { check: check.to_owned(), within, passing: up_to(within), of, largest, sums })
}
