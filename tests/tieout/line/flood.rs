//! More differences than can be believed.

use tieout::audit::exception::Status;
use tieout::demo::THREE_WAY;
use tieout::report::RuleStatus;

use super::{company, events, letter, rule, section, trail_end};
use crate::harness::{Company, Database};

const FLOOD: &str = r#"order-shipment-invoice {"flood":[]}"#;

fn limited(limit: u64) -> Company {
    let company = company();
    let file = "rules/order-shipment-invoice.toml";
    company.edit(file, "\nprice    = ", &format!("\nflood    = {limit}\nprice    = "));
    company
}

#[tokio::test]
async fn a_flood_is_one_exception_and_leaves_the_others_alone() {
    let company = limited(30);
    let first = company.run().await;
    let known = rule(&first, THREE_WAY).exceptions.len();
    assert!((6..30).contains(&known), "{known} exceptions stand before the flood");
    let live = company.exceptions().await;

    let amounts = company.rows(Database::Ledger, "select rowid, amount from invoice_lines");
    company.sql(Database::Ledger, "update invoice_lines set amount = '1.00'");
    let end = trail_end(&company);
    let report = company.run().await;
    assert_eq!(events(&company, end), [format!("{FLOOD} opened")]);
    let flooded = rule(&report, THREE_WAY);
    assert_eq!((flooded.status, flooded.exceptions.len()), (RuleStatus::Flooded, 1));
    assert!(flooded.counts.values().sum::<u64>() > 30, "what was found is still counted: {:?}", flooded.counts);
    let line = flooded.continuity.as_ref().unwrap();
    assert_eq!((line.new.count, line.closing.count), (1, line.opening.count + 1));
    assert_eq!(report.exit_code(), 1);
    let told = letter(&company, &report, "finance");
    assert!(!section(&told, "没有核对完整的规则").is_empty(), "{told}");
    assert!(section(&told, "新增").contains("(1)"), "{told}");
    let mut after = company.exceptions().await;
    after.retain(|one| one.subject.canonical() != r#"{"flood":[]}"#);
    assert_eq!(after, live, "the others stand as they stood");

    let end = trail_end(&company);
    company.run().await;
    assert_eq!(events(&company, end), [""; 0], "and it is the same flood tomorrow");

    for row in amounts {
        let (id, amount) = row.split_once('|').unwrap();
        company.sql(Database::Ledger, &format!("update invoice_lines set amount = '{amount}' where rowid = {id}"));
    }
    let end = trail_end(&company);
    let report = company.run().await;
    assert_eq!(events(&company, end), [format!("{FLOOD} resolved")]);
    assert_eq!(rule(&report, THREE_WAY).status, RuleStatus::Exceptions);
}

#[tokio::test]
async fn a_warning_is_told_in_the_letter_and_nothing_else_changes() {
    let quiet = company();
    let expected = quiet.run().await;
    let company = company();
    let file = "rules/order-shipment-invoice.toml";
    company.edit(file, "\nprice    = ", "\nthreshold = { warn = { percent = \"0.5\" } }\nprice    = ");
    let report = company.run().await;
    let (warned, expected) = (rule(&report, THREE_WAY), rule(&expected, THREE_WAY));
    assert_eq!((warned.status, warned.exceptions.len()), (expected.status, expected.exceptions.len()));
    assert_eq!((warned.warned.len(), expected.warned.len()), (1, 0));
    let told = section(&letter(&company, &report, "finance"), "超过警戒线的规则");
    assert!(told.contains("- 订单、出库、发票三单一致：") && told.contains("超过上限 0.5%"), "{told}");
}

#[tokio::test]
async fn a_limit_that_is_raised_lets_the_list_in() {
    let company = limited(5);
    let report = company.run().await;
    assert_eq!(rule(&report, THREE_WAY).status, RuleStatus::Flooded);
    let live = company.exceptions().await.into_iter().filter(|one| one.rule == THREE_WAY).count();
    assert_eq!(live, 1);
    company.edit("rules/order-shipment-invoice.toml", "flood    = 5\n", "");
    let report = company.run().await;
    assert_eq!(rule(&report, THREE_WAY).steps.get("resolved"), Some(&1));
    let expected = company.truth().must_raise.into_iter().filter(|raised| raised.rule == THREE_WAY);
    let expected: std::collections::BTreeSet<_> = expected.map(|raised| raised.subject).collect();
    let live = company.exceptions().await.into_iter();
    let live = live.filter(|one| one.rule == THREE_WAY && one.status == Status::Open).map(|one| one.subject);
    assert_eq!(live.collect::<std::collections::BTreeSet<_>>(), expected);
}
