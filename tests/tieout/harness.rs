//! What the tests of the whole line stand on: a company in a folder of its own, and a clock that stands still.

mod company;

use chrono::NaiveDate;
use tieout::run::Target;
use tieout::schedule::Clock;

pub use crate::schedule::HeldClock;
pub use company::{Company, Database, Output};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The shipped rules in the order of their ids.
const RULES: [&str; 19] = [
    "bank-statement",
    "cash",
    "complete-order-lines",
    "invoice-header-lines",
    "low-stock",
    "order-shipment-invoice",
    "overdue-payables",
    "overdue-receivables",
    "payment-allocations",
    "prepayments-ledger",
    "purchase-receipt-invoice",
    "receivables-ledger",
    "received-not-invoiced",
    "shipped-not-invoiced",
    "stock-ledger-on-hand",
    "stock-roll-forward",
    "stock-value-ledger",
    "stuck-orders",
    "supplier-billed-twice",
];

#[tokio::test]
async fn a_company_can_be_run_told_and_run_again() {
    let mut company = Company::new(200, 7, day("2026-11-20"));
    assert_eq!(company.clock.now().to_rfc3339(), "2026-11-20T00:30:00+00:00", "half past eight in Shanghai");
    let rehearsal = company.dry_run().await;
    assert!(!company.path("tieout.db").exists(), "a rehearsal leaves nothing behind");
    let first = company.run().await;
    assert_eq!((first.job.as_str(), first.day, first.exit_code()), ("daily", company.day, 1));
    assert_eq!(first.rules.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>(), RULES);
    assert_eq!(
        rehearsal.rules.iter().map(|rule| rule.exceptions.len()).sum::<usize>(),
        company.exceptions().await.len()
    );
    assert!(!company.truth().must_raise.is_empty());

    let sent = company.deliver().await.sent;
    assert!(sent > 0);
    assert_eq!(company.mails().len() as u64, sent);
    assert_eq!(company.rows(Database::Store, "select count(*), null from deliveries"), [format!("{sent}|")]);
    assert!(company.store().await.verify_trail().await.is_ok());

    company.next_day();
    let second = company.run_rule("low-stock").await;
    assert_eq!((second.job.as_str(), second.day), ("rule:low-stock", day("2026-11-21")));
    let unknown = company.ask(Target::Job("nightly".to_owned()), false).await.unwrap_err();
    assert!(unknown.to_string().contains("daily"), "{unknown}");
}

#[test]
fn a_company_can_be_changed_and_asked_through_the_program() {
    let company = Company::new(200, 7, day("2026-11-20"));
    for (database, table) in [(Database::Erp, "order_lines"), (Database::Wms, "stock"), (Database::Ledger, "invoices")]
    {
        let rows = company.rows(database, &format!("select 1 from {table} where rowid % 10 = 0")).len();
        assert!(rows > 0, "{table} has rows to lose");
        assert_eq!(company.sql(database, &format!("delete from {table} where rowid % 10 = 0")), rows);
    }

    company.edit("rules/low-stock.toml", "severity = \"medium\"", "severity = \"grave\"");
    assert!(company.problems().contains("grave"));
    company.remove("rules/low-stock.toml");
    company.edit("config/tieout.toml", "\"low-stock\", ", "");
    assert_eq!(company.config().rules.len(), RULES.len() - 1);

    let said = company.tieout(&["run", "daily", "--as-of", "2026-11-20", "--dry-run", "--format", "json"]);
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    assert!(said.stdout.starts_with('{'), "{}", said.stdout);
    company.write("rules/low-stock.toml", "kind = 1");
    let Output { code, stdout, stderr } = company.tieout(&["check"]);
    assert_eq!((code, stdout.as_str()), (64, ""));
    assert!(stderr.contains("rules/low-stock.toml"), "{stderr}");
}
