//! What parties owe by age: beside a run as a person reads it in a terminal, and by itself with `tieout ageing`.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::tables::{drawn, right, table};
use super::{Files, Format, NOT_EVALUATED, TIES_OUT, USAGE, fail, print, run::rehearsed};
use crate::audit::ageing::{Aged, Ageing, bounds, bucket_name};
use crate::audit::judgement::Reason;
use crate::language::Language;
use crate::report::{AGED_PARTIES, AgeingReport, RunReport};
use crate::run::{self, Debts, Request, RunError, Target, day_of};
use crate::schedule::Clock;
use crate::words;

/// Parties that a run lists per rule and currency; what is left out is said.
const TOP_PARTIES: usize = 5;

/// Parties that the table of the command lists per currency.
const MANY_PARTIES: usize = 50;

/// Shows what every party owes by age, by a run that records nothing
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The rule, of kind overdue_payment: the name of a file of rules/
    pub rule: String,
    /// Judge as of this day (2026-11-20) or instant (2026-11-20T08:00:00+08:00) instead of now
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The whole list as JSON. Money is text.
#[derive(Serialize)]
struct Listed<'a> {
    format: &'static str,
    rule: &'a str,
    as_of: DateTime<Utc>,
    day: NaiveDate,
    #[serde(flatten)]
    ageing: &'a Ageing,
}

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let (config, as_of, store) = match rehearsed(files, arguments.as_of.as_deref(), clock).await {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let rule = words::visible(&arguments.rule);
    let request = Request { target: Target::Rule(arguments.rule.clone()), as_of, dry_run: true };
    match run::debts(&config, store.as_ref(), &request, clock).await {
        Ok(Ok(Some(debts))) => shown(arguments, &debts, (as_of, day_of(as_of, config.business.zone))),
        Ok(Ok(None)) => {
            eprintln!("{rule} judges no debts; only rules of kind overdue_payment do");
            USAGE
        }
        Ok(Err(reason)) => {
            eprintln!("{rule} was not evaluated: {}.", words::reason(&reason, Language::En));
            NOT_EVALUATED
        }
        Err(fault @ RunError::Unknown { .. }) => {
            eprintln!("{fault}");
            USAGE
        }
        Err(fault) => fail(&fault),
    }
}

/// Prints the debts. What is not among them goes to standard error and makes the answer one that is not whole.
fn shown(arguments: &Arguments, debts: &Debts, (as_of, day): (DateTime<Utc>, NaiveDate)) -> u8 {
    let Debts { ageing, unknown } = debts;
    let rule = &arguments.rule;
    let text = match arguments.format {
        Format::Table if ageing.totals.is_empty() => "Nobody owes anything.\n".to_owned(),
        Format::Table => {
            let aged = AgeingReport { ageing: ageing.clone(), more: 0 };
            format!("{}, as of {day}: {}\n", words::visible(rule), heading(&aged))
                + &self::debts(&aged, MANY_PARTIES)
                + &left_out(&aged, MANY_PARTIES, "--format csv lists them all")
        }
        Format::Json => {
            let listed = Listed { format: "tieout.ageing/1", rule, as_of, day, ageing };
            serde_json::to_string_pretty(&listed).expect("every key of an ageing is text") + "\n"
        }
        Format::Csv => match csv(rule, day, ageing) {
            Ok(text) => text,
            Err(fault) => return fail(&fault),
        },
    };
    let printed = print(&text);
    if ageing.unsummed > 0 && arguments.format != Format::Table {
        eprintln!("left out, because their sums have more digits than fit: {} of the parties", ageing.unsummed);
    }
    if !unknown.is_empty() {
        let why = words::reason(&Reason::Partly { companies: unknown.clone() }, Language::En);
        eprintln!("not all debts are known: {why}.");
    }
    let whole = ageing.unsummed == 0 && unknown.is_empty();
    if printed == TIES_OUT && !whole { NOT_EVALUATED } else { printed }
}

/// One row per party and currency, without totals: a spreadsheet adds up by itself. A column is called after its days
/// with a word in front, because `1-30` alone becomes a date.
fn csv(rule: &str, day: NaiveDate, ageing: &Ageing) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let buckets = bounds(&ageing.buckets).into_iter().map(|(from, to)| format!("days_{}", bucket_name(from, to)));
    let mut header: Vec<String> =
        ["rule", "as_of", "direction", "party", "currency", "outstanding", "not_due"].map(str::to_owned).into();
    header.extend(buckets);
    header.extend(["no_due_date", "overdue", "unapplied", "credits", "overpaid"].map(str::to_owned));
    writer.write_record(&header)?;
    let direction = if ageing.payable { "payable" } else { "receivable" };
    for party in &ageing.parties {
        let name = words::csv_cell(party.party.as_deref().unwrap_or_default());
        let mut record = vec![rule.to_owned(), day.to_string(), direction.to_owned(), name];
        record.push(words::csv_cell(&party.currency));
        let figures = [party.outstanding, party.not_due].into_iter().chain(party.buckets.iter().copied());
        let beside = [party.no_due_date, party.overdue, party.unapplied, party.credits, party.overpaid];
        record.extend(figures.chain(beside).map(|amount| amount.to_string()));
        writer.write_record(&record)?;
    }
    let bytes = writer.into_inner().map_err(|fault| csv::Error::from(fault.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A table per rule that judges debts; nothing where nobody owes anything.
pub(super) fn of(report: &RunReport) -> String {
    let mut text = String::new();
    for rule in &report.rules {
        if let Some(aged) = rule.ageing.as_ref().filter(|aged| !aged.ageing.totals.is_empty()) {
            text.push_str(&format!("\n{}, as of {}: {}\n", rule.rule, report.day, heading(aged)));
            text.push_str(&debts(aged, TOP_PARTIES));
            let listed = format!("--format json lists up to {AGED_PARTIES} of a currency");
            text.push_str(&left_out(aged, TOP_PARTIES, &listed));
        }
    }
    text
}

fn heading(aged: &AgeingReport) -> &'static str {
    if aged.ageing.payable { "what we owe, by days overdue" } else { "what is owed to us, by days overdue" }
}

fn debts(aged: &AgeingReport, most: usize) -> String {
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
        for party in parties.take(most) {
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
fn left_out(aged: &AgeingReport, most: usize, listed: &str) -> String {
    let ageing = &aged.ageing;
    let mut text = String::new();
    let of = |currency: &str| ageing.parties.iter().filter(|party| party.currency == currency).count();
    let hidden: usize = ageing.totals.iter().map(|total| of(&total.currency).saturating_sub(most)).sum();
    let more = hidden as u64 + aged.more;
    if more > 0 {
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
