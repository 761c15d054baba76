//! What moved from one day to the next is told, and nothing of what was seen before is needed to tell it but the store.

use chrono::{DateTime, NaiveDate, Utc};
use tieout::audit::amount::Amount;
use tieout::audit::exception::{Exception, Status};
use tieout::report::RunReport;
use tieout::run::{self, Request, Target};
use tieout::words;

use super::{DAY, letter, rule, section};
use crate::harness::{Company, Database, day};

const RULE: &str = "invoice-header-lines";

/// The day's last second in Shanghai.
fn as_of_day(day: NaiveDate) -> DateTime<Utc> {
    run::end_of_day(day, chrono_tz::Asia::Shanghai)
}

/// The head of an invoice whose lines say something else.
async fn found(company: &Company, invoice: &str) -> Exception {
    let mut all = company.exceptions().await;
    all.retain(|one| one.rule == RULE && one.subject.values()[0].to_string() == invoice);
    all.remove(0)
}

#[tokio::test]
async fn the_side_that_moved_since_yesterday_is_told_until_something_else_moves() {
    let mut company = Company::new(200, 7, day(DAY));
    company.narrow(&[RULE]);
    let sound = "select invoice_no from invoices where status <> 'void' order by invoice_no limit 1";
    let invoice = company.rows(Database::Ledger, sound).remove(0);
    let head = |net: &str| {
        let update = format!("update invoices set net = '{net}' where invoice_no = '{invoice}'");
        assert_eq!(company.sql(Database::Ledger, &update), 1);
    };
    head("90.01");
    company.run().await;
    assert!(found(&company, &invoice).await.breaks.iter().all(|found| found.moved().is_none()));

    head("1234.05");
    company.next_day();
    let report = company.run().await;
    let mail = letter(&company, &report, "finance");
    assert!(section(&mail, "有变化").contains("由 90.01 变为 1,234.05，另一方未变"), "{mail}");
    let told = found(&company, &invoice).await.breaks[0].diagnosis.clone();
    let moved = told.as_ref().and_then(|told| told.moved.as_ref()).unwrap();
    assert_eq!((moved.side.as_str(), moved.since), ("header", day(DAY)));

    company.next_day();
    let report = company.run().await;
    assert_eq!(section(&letter(&company, &report, "finance"), "有变化"), "", "nothing new is nothing to tell");
    let listed = &rule(&report, RULE).exceptions.iter().find(|one| one.subject.values()[0].to_string() == invoice);
    assert_eq!(listed.unwrap().breaks[0].diagnosis, told, "what moved last is still what moved last");

    // Judging a day again that has gone by compares nothing with what came after it.
    let past = Request { target: Target::Rule(RULE.to_owned()), as_of: as_of_day(day(DAY)), dry_run: true };
    let store = company.store().await;
    let report = run::run(&company.config(), Some(&store), &past, &*company.clock).await.unwrap();
    let moved = |report: &RunReport| rule(report, RULE).exceptions.iter().any(|one| one.breaks[0].moved().is_some());
    assert!(!moved(&report));
    assert!(moved(&company.dry_run().await), "a dry run tells what a run would");

    // Under another rule the same figures may mean something else.
    company.edit("rules/invoice-header-lines.toml", "\"0.01\"", "\"0.02\"");
    assert!(!moved(&company.run().await));
}

/// Between the resolving and the coming back the store keeps at which figures both sides agreed.
#[tokio::test]
async fn what_comes_back_names_the_side_that_moved_since_it_was_resolved() {
    let mut company = Company::new(200, 7, day(DAY));
    company.narrow(&[RULE]);
    let sound = "select invoice_no || '|' || net from invoices where status <> 'void' order by invoice_no limit 1";
    let sound = company.rows(Database::Ledger, sound).remove(0);
    let (invoice, net) = sound.split_once('|').unwrap();
    let head = |company: &Company, net: &str| {
        let update = format!("update invoices set net = '{net}' where invoice_no = '{invoice}'");
        assert_eq!(company.sql(Database::Ledger, &update), 1);
    };
    head(&company, "90.01");
    company.run().await;
    head(&company, net);
    company.run().await;
    assert_eq!(found(&company, invoice).await.status, Status::Resolved);
    head(&company, "1234.05");
    company.next_day();
    let report = company.run().await;
    let mail = letter(&company, &report, "finance");
    let told = section(&mail, "重新出现");
    let net: Amount = net.parse().unwrap();
    let moved = format!("自 {DAY} 以来，表头不含税金额由 {} 变为 1,234.05，另一方未变", words::figure(net));
    assert!(told.contains(&moved) && told.contains("问题在表头一方（最后改动）"), "{told}");
}
