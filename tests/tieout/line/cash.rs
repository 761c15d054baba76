//! Balances against their own past, day after day.

use tieout::language::Language;
use tieout::report::{RuleReport, RunReport};
use tieout::words;

use super::{letter, rule};
use crate::harness::{Company, Database, day};

const ACCOUNT: &str = "ICBC-3901-0188";
const RULE_FILE: &str = "rules/cash.toml";

/// A company of one account, whose balance is what a test says.
fn company() -> Company {
    let company = Company::new(200, 7, day("2026-11-20"));
    company.narrow(&["cash"]);
    company.sql(Database::Ledger, "delete from bank_balances");
    company
}

fn close(company: &Company, balance: &str) {
    let day = company.day;
    company.sql(
        Database::Ledger,
        &format!("insert or replace into bank_balances values ('{ACCOUNT}', 'CNY', '{day}', '{balance}')"),
    );
}

/// The rule's sentences, and what it has no history of. The report is as the schema wants it.
fn told(report: &RunReport) -> Vec<String> {
    let mut json = Vec::new();
    report.write_json(&mut json).unwrap();
    let schema = serde_json::from_str(include_str!("../../schema/run-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let written = serde_json::from_slice(&json).unwrap();
    let faults: Vec<String> = validator.iter_errors(&written).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let RuleReport { exceptions, no_history, .. } = rule(report, "cash");
    let breaks = exceptions.iter().flat_map(|listed| &listed.breaks);
    let mut told: Vec<String> =
        breaks.map(|found| format!("{}: {}", found.check, words::sentence(found, Language::En))).collect();
    told.extend(no_history.iter().map(|young| format!("{}: {} of {}", young.check, young.most, young.needed)));
    told
}

/// Five quiet days, each with its run, and the morning after them.
async fn settled(company: &mut Company) {
    for have in 0..5 {
        close(company, "200000.00");
        assert_eq!(told(&company.run().await), [format!("swing: {have} of 5")]);
        company.next_day();
    }
}

const SWUNG: &str =
    "swing: balance CNY 130,000.00 is 35 % below the median of the last 5 runs, CNY 200,000.00 (at most 30 % allowed)";

#[tokio::test]
async fn a_swing_is_told_once_there_is_a_past_and_stays_one_exception() {
    let mut company = company();
    settled(&mut company).await;
    close(&company, "130000.00");
    let report = company.run().await;
    assert_eq!(told(&report), [SWUNG]);
    let letter = letter(&company, &report, "finance");
    assert!(
        letter.contains("余额 CNY 130,000.00，比最近 5 次运行的中位数 CNY 200,000.00 低 35%（最多允许 30%）"),
        "{letter}"
    );
    let id = rule(&report, "cash").exceptions[0].id.clone().expect("it was recorded");
    let explained = company.tieout(&["explain", &id]).stdout;
    let (_, arithmetic) = explained.split_once("swing").expect("it names the check");
    let steps = arithmetic.lines().map(str::trim);
    let steps: Vec<&str> =
        steps.filter(|line| ["found", "median of 5", "change"].iter().any(|word| line.contains(word))).collect();
    insta::assert_snapshot!(steps.join("\n"), @"
    2026-11-24 found 200,000.00
    2026-11-23 found 200,000.00
    2026-11-22 found 200,000.00
    2026-11-21 found 200,000.00
    2026-11-20 found 200,000.00
    median of 5 runs = 200,000.00
    change = -70,000.00, 35 %
    wanted: a change of at most 30 %
    at risk: CNY 70,000.00, the change
    ");
    let again = company.run().await;
    assert_eq!(told(&again), [SWUNG], "a day is not its own past, however often it is judged");
    company.next_day();
    close(&company, "130000.00");
    let report = company.run().await;
    assert_eq!(told(&report), [SWUNG.replace("last 5", "last 6")]);
    assert_eq!(rule(&report, "cash").steps.keys().copied().collect::<Vec<_>>(), ["unchanged"]);
}

#[tokio::test]
async fn a_run_of_the_same_day_replaces_its_figure_and_a_rehearsal_or_a_look_back_leaves_none() {
    let mut company = company();
    close(&company, "1.00");
    company.run().await;
    close(&company, "200000.00");
    company.dry_run().await;
    company.run().await;
    let kept =
        |company: &Company| company.rows(Database::Store, "select day, currency, amount from figures order by day");
    assert_eq!(kept(&company), ["2026-11-20|CNY|200000.00"]);
    company.set_day(day("2026-11-19"));
    close(&company, "7.00");
    company.run().await;
    assert_eq!(kept(&company), ["2026-11-20|CNY|200000.00"], "an older day is not recorded");
}

#[tokio::test]
async fn a_changed_limit_keeps_the_history_and_a_changed_figure_starts_anew() {
    let mut company = company();
    settled(&mut company).await;
    close(&company, "130000.00");
    company.edit(RULE_FILE, "within = \"30%\"", "within = \"35%\"");
    assert_eq!(told(&company.run().await), [""; 0]);
    company.edit(RULE_FILE, "\"sum(balance)\"", "\"max(balance)\"");
    assert_eq!(told(&company.run().await), ["swing: 0 of 5"]);
}
