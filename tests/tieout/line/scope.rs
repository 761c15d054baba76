//! A rule whose scope reaches the source: what it does not need is not read, and what it needs still is.

use chrono::NaiveDate;
use tieout::audit::exception::Status;
use tieout::audit::judgement::Unjudged;
use tieout::report::{RuleReport, RunReport};
use tieout::run;

use super::{check_quiet, rule};
use crate::harness::{Company, Database, day};

const DEALS: &str = r#"
kind  = "reconcile"
title = "Deals are billed as agreed"
owner = "finance"
key   = ["no"]
scope = { by = "deals.day", since = "30 days", margin = "20 days" }
[sides.deals]
table = "deals"
[sides.bills]
table = "bills"
[[checks]]
name  = "amount"
equal = ["deals.amount", "bills.amount"]
"#;

/// No, day of the deal, its amount, day of the bill, its amount. The first run is of 2026-11-20: its scope begins on
/// 2026-10-21, and its margin on 2026-10-01.
const BOOKS: [(&str, &str, &str, &str, &str); 6] = [
    ("before-the-margin", "'2026-09-30'", "1.00", "'2026-09-30'", "2.00"),
    ("billed-later", "'2026-10-20'", "1.00", "'2026-10-25'", "2.00"),
    ("billed-before", "'2026-10-21'", "1.00", "'2026-10-01'", "1.00"),
    ("agreed", "'2026-10-22'", "1.00", "'2026-10-22'", "1.00"),
    ("differs", "'2026-10-23'", "1.00", "'2026-10-23'", "2.00"),
    ("undated", "null", "1.00", "null", "1.00"),
];

fn company() -> Company {
    let company = Company::new(200, 7, day(super::DAY));
    company.write("rules/deals.toml", DEALS);
    company.narrow(&["deals"]);
    for table in ["deals", "bills"] {
        company.sql(Database::Erp, &format!("create table {table} (no text, day text, amount text)"));
        let file = format!(
            "source = \"erp\"\n\
             query  = \"select no, day, amount from {table} where day >= :scope_start or day is null\"\n\
             date   = \"day\"\n\
             [columns]\n\
             no     = {{ type = \"text\" }}\n\
             day    = {{ type = \"date\" }}\n\
             amount = {{ type = \"money\" }}\n"
        );
        company.write(&format!("config/tables/{table}.toml"), &file);
    }
    for (no, dealt, price, billed, amount) in BOOKS {
        company.sql(Database::Erp, &format!("insert into deals values ('{no}', {dealt}, '{price}')"));
        company.sql(Database::Erp, &format!("insert into bills values ('{no}', {billed}, '{amount}')"));
    }
    company
}

fn deals(report: &RunReport) -> &RuleReport {
    rule(report, "deals")
}

/// Rows read of each side.
fn read(report: &RunReport) -> Vec<(&str, u64)> {
    deals(report).sides.iter().map(|side| (side.side.as_str(), side.rows)).collect()
}

fn found(report: &RunReport) -> Vec<String> {
    deals(report).exceptions.iter().map(|listed| listed.subject.to_string()).collect()
}

fn scope_start(report: &RunReport) -> Option<NaiveDate> {
    deals(report).scope_start
}

#[tokio::test]
async fn what_lies_before_the_margin_is_not_read_and_what_lies_in_it_finds_its_other_side() {
    let company = company();
    let report = company.run().await;
    assert_eq!(read(&report), [("deals", 5), ("bills", 5)]);
    assert_eq!(scope_start(&report), Some(day("2026-10-21")));
    // The deal that was billed later is no missing deal, and the one that was billed before is no missing bill.
    assert_eq!(found(&report), ["differs"]);
    assert_eq!(deals(&report).unjudged, [(Unjudged::OutOfScope, 1)].into());
    assert!(!report.parameters.contains_key("scope_start"), "the run has no such day, its tables have");
}

#[tokio::test]
async fn an_open_exception_is_read_and_judged_until_it_is_mended() {
    let mut company = company();
    company.run().await;
    let later = day("2027-02-20");
    company.set_day(later);
    assert_eq!(read(&company.dry_run().await), [("deals", 5), ("bills", 5)], "a rehearsal knows of it too");
    let report = company.run().await;
    assert_eq!(read(&report), [("deals", 5), ("bills", 5)], "as far as in the run that opened it");
    assert_eq!(scope_start(&report), Some(day("2027-01-21")));
    assert_eq!(found(&report), ["differs"]);
    check_quiet(deals(&report));

    // Whatever the rule has come to say of its scope meanwhile.
    company.edit("rules/deals.toml", "30 days", "3 days");
    let report = company.run().await;
    assert_eq!(read(&report), [("deals", 5), ("bills", 5)]);
    check_quiet(deals(&report));

    company.sql(Database::Erp, "update bills set amount = '1.00' where no = 'differs'");
    let report = company.run().await;
    assert_eq!(found(&report), [""; 0]);
    let known = company.exceptions().await;
    assert_eq!(known.iter().map(|one| one.status).collect::<Vec<_>>(), [Status::Resolved]);

    let report = company.run().await;
    assert_eq!(read(&report), [("deals", 1), ("bills", 1)], "only what has no date");
    check_quiet(deals(&report));
}

#[tokio::test]
async fn an_exception_from_before_the_rule_had_a_scope_holds_everything() {
    let mut company = company();
    let scope = "scope = { by = \"deals.day\", since = \"30 days\", margin = \"20 days\" }\n";
    company.edit("rules/deals.toml", scope, "");
    let report = company.run().await;
    assert_eq!((read(&report), scope_start(&report)), (vec![("deals", 6), ("bills", 6)], None));
    assert_eq!(found(&report), ["before-the-margin", "billed-later", "differs"]);
    company.edit("rules/deals.toml", "[sides.deals]", &format!("{scope}[sides.deals]"));
    company.next_day();
    let report = company.run().await;
    assert_eq!(read(&report), [("deals", 6), ("bills", 6)]);
    assert_eq!(found(&report), ["before-the-margin", "billed-later", "differs"]);
}

#[tokio::test]
async fn a_rule_without_a_margin_reads_everything_and_so_does_a_check_of_the_config() {
    let company = company();
    let probes = run::probe(&company.config(), None, &*company.clock).await.unwrap();
    for table in ["deals", "bills"] {
        assert_eq!(probes[table].as_ref().map(|probe| probe.rows), Ok(6), "{table}");
    }
    company.edit("rules/deals.toml", ", margin = \"20 days\"", "");
    let report = company.run().await;
    assert_eq!(read(&report), [("deals", 6), ("bills", 6)]);
    assert_eq!(found(&report), ["differs"]);
}
