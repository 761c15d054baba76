//! What parties owe by age, as a person reads it in a terminal.

use super::tables::{drawn, right, table};
use crate::audit::ageing::{Aged, bounds, bucket_name};
use crate::report::{AGED_PARTIES, AgeingReport, RunReport};
use crate::words;

/// Parties listed per rule and currency; what is left out is said.
const TOP_PARTIES: usize = 5;

/// A table per rule that judges debts; nothing where nobody owes anything.
pub(super) fn of(report: &RunReport) -> String {
    let mut text = String::new();
    for rule in &report.rules {
        if let Some(aged) = rule.ageing.as_ref().filter(|aged| !aged.ageing.totals.is_empty()) {
            text.push_str(&format!("\n{}, as of {}: {}\n", rule.rule, report.day, heading(aged)));
            text.push_str(&debts(aged));
            text.push_str(&left_out(aged));
        }
    }
    text
}

fn heading(aged: &AgeingReport) -> &'static str {
    if aged.ageing.payable { "what we owe, by days overdue" } else { "what is owed to us, by days overdue" }
}

fn debts(aged: &AgeingReport) -> String {
    let ageing = &aged.ageing;
    let undated = ageing.totals.iter().any(|total| !total.no_due_date.is_zero());
    let names: Vec<String> = bounds(&ageing.buckets).into_iter().map(|(from, to)| bucket_name(from, to)).collect();
    let mut headers = vec!["party", "", "not due"];
    headers.extend(names.iter().map(String::as_str));
    headers.extend(undated.then_some("no due date"));
    headers.push("outstanding");
    let mut shown = table(&headers);
    for total in &ageing.totals {
        let parties = ageing.parties.iter().filter(|party| party.currency == total.currency);
        for party in parties.take(TOP_PARTIES) {
            let name = party.party.as_deref().map_or_else(|| "(no party)".to_owned(), words::visible);
            shown.add_row(cells(name, party, undated));
        }
        shown.add_row(cells("all".to_owned(), total, undated));
    }
    let figures: Vec<usize> = (2..headers.len()).collect();
    right(&mut shown, &figures);
    drawn(&shown)
}

fn cells(name: String, aged: &Aged, undated: bool) -> Vec<String> {
    let figure = |amount: &crate::audit::amount::Amount| {
        if amount.is_zero() { String::new() } else { words::figure(*amount) }
    };
    let mut cells = vec![name, words::visible(&aged.currency), figure(&aged.not_due)];
    cells.extend(aged.buckets.iter().map(figure));
    cells.extend(undated.then(|| figure(&aged.no_due_date)));
    cells.push(figure(&aged.outstanding));
    cells
}

/// How many parties there are beside those that are shown, and where they stand; and what is netted with nothing.
fn left_out(aged: &AgeingReport) -> String {
    let ageing = &aged.ageing;
    let mut text = String::new();
    let of = |currency: &str| ageing.parties.iter().filter(|party| party.currency == currency).count();
    let hidden: usize = ageing.totals.iter().map(|total| of(&total.currency).saturating_sub(TOP_PARTIES)).sum();
    let more = hidden as u64 + aged.more;
    if more > 0 {
        let listed = format!("--format json lists up to {AGED_PARTIES} of a currency");
        text.push_str(&format!("… and {more} more, which the totals have in them; {listed}.\n"));
    }
    let beside = ageing.totals.iter().flat_map(|total| {
        let paid = if ageing.payable { "payments not applied" } else { "receipts not applied" };
        [(paid, total.unapplied), ("credits not used", total.credits), ("overpaid", total.overpaid)]
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(what, amount)| format!("{what} {}", words::money(&total.currency, amount)))
    });
    let beside: Vec<String> = beside.collect();
    if !beside.is_empty() {
        text.push_str(&format!("Not netted: {}.\n", beside.join(", ")));
    }
    if ageing.unsummed > 0 {
        let parties = ageing.unsummed;
        text.push_str(&format!("Left out, because their sums have more digits than fit: {parties} of the parties.\n"));
    }
    text
}
