//! How a debt and a credit limit come about.

use super::{Written, at_risk, summed};
use crate::audit::account::{Account, Exposure};
use crate::audit::breaks::{Break, Evidence, Message};
use crate::commands::tables::count;
use crate::words;

pub(super) fn lines(found: &Break, evidence: &Evidence) -> Vec<String> {
    let show: Written = words::figure;
    match &found.message {
        Message::Overdue { amount, applied, outstanding, due, days, account, .. } => {
            let settled =
                summed(evidence, "applied", *applied, show).map(|sum| format!("settled = {sum} = {}", show(*applied)));
            let outstanding =
                format!("{} - {} settled = {} outstanding", show(*amount), show(*applied), show(*outstanding));
            let due = format!("due {due}, {} ago", count(days.unsigned_abs(), "day"));
            let part = part(account.as_deref());
            let lines = part.into_iter().chain(settled).chain([outstanding, due]);
            lines.chain(at_risk(found, "what is outstanding")).collect()
        }
        Message::NoDueDate { account, .. } => part(account.as_deref()).into_iter().chain(at_risk(found, "")).collect(),
        Message::OverCreditLimit { outstanding, limit, currency, exposures, used, .. } => {
            let excess = outstanding.checked_sub(*limit).map(|excess| words::money(currency, excess));
            let mut lines: Vec<String> = exposures.iter().map(exposure).collect();
            let (outstanding, limit) = (show(*outstanding), show(*limit));
            lines.extend(
                excess.map(|excess| format!("{outstanding} outstanding - {limit} limit = {excess} over the limit")),
            );
            let used = used.map(words::quantity);
            lines.extend(used.map(|used| format!("{outstanding} / {limit} = {used} % of the limit used")));
            lines.extend(at_risk(found, "what is over the limit"));
            lines
        }
        _ => Vec::new(),
    }
}

fn part(account: Option<&Account>) -> Option<String> {
    let part = account?.part.as_ref()?;
    let whole = words::figure(part.document);
    Some(format!("instalment {} of {} by due date; the whole document is {whole}", part.place, part.of))
}

/// `USD 10.00 open + 5.00 undelivered = 15.00, at 7.1 = 106.50`
fn exposure(exposure: &Exposure) -> String {
    let Exposure { currency, open, undelivered, rate, converted } = exposure;
    let mut line = format!("{} open", words::money(currency, *open));
    let sum = open.checked_add(*undelivered).filter(|_| !undelivered.is_zero());
    if let Some(sum) = sum {
        line += &format!(" + {} undelivered = {}", words::figure(*undelivered), words::figure(sum));
    }
    if let Some(rate) = rate {
        line += &format!(", at {} = {}", words::quantity(*rate), words::figure(*converted));
    }
    line
}
