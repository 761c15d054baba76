//! Systems that cannot be read: what they would have proved stays as it was, and that is said.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;
use tieout::report::{RuleStatus, RunReport};

use super::{WrongAmount, check_unchanged, company, events, letter, letters, rule, section, trail_end};
use crate::harness::{Company, Database};

const UNEVALUATED: &str = "没有核对完整的规则";

/// Runs the day while something is broken, and expects that exactly these rules say why they were not evaluated and
/// that nothing of them moves. Answers the sentences.
pub(super) async fn check_not_evaluated(company: &Company, broken: &str, rules: &[&str]) -> (RunReport, String) {
    let (end, live) = (trail_end(company), company.exceptions().await);
    let report = company.run().await;
    let unknown: Vec<&str> = report
        .rules
        .iter()
        .filter(|rule| rule.status == RuleStatus::NotEvaluated)
        .map(|rule| rule.rule.as_str())
        .collect();
    assert_eq!(unknown, rules, "{broken}");
    assert_eq!(report.exit_code(), 2, "{broken}");
    for rule in &report.rules {
        let evaluated = !rules.contains(&rule.rule.as_str());
        assert_eq!((rule.recorded, rule.continuity.is_some()), (evaluated, evaluated), "{broken}: {}", rule.rule);
        assert_eq!(rule.reason.is_none(), evaluated, "{broken}: {}", rule.rule);
    }
    assert_eq!(events(company, end), [""; 0], "{broken}");
    assert_eq!(company.exceptions().await, live, "{broken}");
    let reasons: BTreeSet<String> =
        report.rules.iter().filter_map(|rule| rule.reason.as_ref()).map(|reason| format!("{reason:?}")).collect();
    let folder = fs::canonicalize(company.path("")).unwrap();
    let mut text = reasons.into_iter().collect::<Vec<_>>().join("\n");
    for folder in [folder, company.path("")] {
        text = text.replace(folder.to_str().unwrap().trim_end_matches('/'), "…");
    }
    (report, text)
}

const THREE_WAY: &str = "order-shipment-invoice";
const LOW_STOCK: &str = "low-stock";
const OVERDUE: &str = "overdue-receivables";

#[tokio::test]
async fn a_system_that_cannot_be_read_leaves_its_rules_as_they_were() {
    let company = company();
    company.run().await;
    let wms = fs::read(company.path("wms.db")).unwrap();
    let mut said = Vec::new();
    for (broken, rules) in [
        ("the file is removed", [LOW_STOCK, THREE_WAY].as_slice()),
        ("the file is something else", &[LOW_STOCK, THREE_WAY]),
        ("the file is cut off", &[LOW_STOCK, THREE_WAY]),
        ("a table is dropped", &[LOW_STOCK]),
        ("a column is dropped", &[THREE_WAY]),
        ("a table is empty", &[LOW_STOCK]),
    ] {
        match broken {
            "the file is removed" => company.remove("wms.db"),
            "the file is something else" => company.write("wms.db", &"这不是数据库".repeat(400)),
            "the file is cut off" => fs::write(company.path("wms.db"), &wms[..wms.len() / 2]).unwrap(),
            "a table is dropped" => drop(company.sql(Database::Wms, "drop table reorder_settings")),
            "a column is dropped" => drop(company.sql(Database::Wms, "alter table shipments drop column ship_date")),
            _ => drop(company.sql(Database::Wms, "delete from reorder_settings")),
        }
        let (report, reasons) = check_not_evaluated(&company, broken, rules).await;
        said.push(format!("{broken}:\n{reasons}"));
        let told = letter(&company, &report, "warehouse");
        assert!(section(&told, UNEVALUATED).contains(&format!("({})", rules.len())), "{broken}: {told}");
        fs::write(company.path("wms.db"), &wms).unwrap();
        check_unchanged(&company.run().await);
    }
    insta::assert_snapshot!(said.join("\n\n"), @r#"
    the file is removed:
    Unreadable { source: "wms", table: "reorder_points", sentence: "there is nothing at …/wms.db; expected a SQLite database file, which tieout only reads and never makes" }
    Unreadable { source: "wms", table: "shipment_lines", sentence: "there is nothing at …/wms.db; expected a SQLite database file, which tieout only reads and never makes" }

    the file is something else:
    Unreadable { source: "wms", table: "reorder_points", sentence: "…/wms.db is not a SQLite database" }
    Unreadable { source: "wms", table: "shipment_lines", sentence: "…/wms.db is not a SQLite database" }

    the file is cut off:
    Unreadable { source: "wms", table: "reorder_points", sentence: "taking a snapshot failed: database disk image is malformed" }
    Unreadable { source: "wms", table: "shipment_lines", sentence: "taking a snapshot failed: database disk image is malformed" }

    a table is dropped:
    Unreadable { source: "wms", table: "reorder_points", sentence: "understanding its query failed: no such table: reorder_settings" }

    a column is dropped:
    Unreadable { source: "wms", table: "shipment_lines", sentence: "understanding its query failed: no such column: s.ship_date" }

    a table is empty:
    Guard { source: "wms", table: "reorder_points", rows: 0, min_rows: 1 }
    "#);
}

#[tokio::test]
async fn what_could_not_be_evaluated_is_told_once_a_day() {
    let mut company = company();
    company.run().await;
    company.remove("wms.db");
    let (first, _) = check_not_evaluated(&company, "first", &[LOW_STOCK, THREE_WAY]).await;
    let told: Vec<String> = letters(&company, &first).into_iter().map(|(department, _)| department).collect();
    assert_eq!(told, ["finance", "sales", "warehouse"], "everybody whom the rules concern");
    for hour in ["09:00", "23:00"] {
        company.clock.set(&format!("2026-11-20T{hour}:00+08:00"));
        let (again, _) = check_not_evaluated(&company, hour, &[LOW_STOCK, THREE_WAY]).await;
        assert!(letters(&company, &again).is_empty(), "{hour}");
    }
    company.remove("ledger.db");
    let (wider, _) = check_not_evaluated(&company, "wider", &[LOW_STOCK, THREE_WAY, OVERDUE]).await;
    let told: Vec<String> = letters(&company, &wider).into_iter().map(|(department, _)| department).collect();
    assert_eq!(told, ["finance"], "whom the further rule concerns");
    company.next_day();
    let next = company.run().await;
    assert_eq!(letters(&company, &next).len(), 3, "a new day, and still unknown");
}

/// The other rules are judged, and what they find is recorded and told.
#[tokio::test]
async fn what_does_not_need_the_system_is_judged_all_the_same() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    company.remove("wms.db");
    wrong.mend(&company);
    let paid = "delete from allocations where rowid % 5 = 0";
    assert!(company.sql(Database::Ledger, paid) > 0);
    let end = trail_end(&company);
    let report = company.run().await;
    let events = events(&company, end);
    assert!(!events.is_empty() && events.iter().all(|event| event.starts_with(OVERDUE)), "{events:?}");
    assert_eq!(rule(&report, OVERDUE).status, RuleStatus::Exceptions);
    let told = letter(&company, &report, "finance");
    assert!(!section(&told, "新增").is_empty() && !section(&told, UNEVALUATED).is_empty(), "{told}");
}

#[tokio::test]
async fn a_system_that_somebody_locks_is_waited_for_and_then_unknown() {
    let company = company();
    company.run().await;
    let text = company.read("config/tieout.toml");
    company.write("config/tieout.toml", &format!("{text}\n[limits]\npull_timeout = \"4s\"\n"));
    let somebody = Connection::open(company.path("wms.db")).unwrap();
    somebody.execute_batch("begin exclusive").unwrap();
    let (_, reasons) = check_not_evaluated(&company, "locked", &[LOW_STOCK, THREE_WAY]).await;
    assert!(reasons.contains("lock"), "{reasons}");
    somebody.execute_batch("rollback").unwrap();
    check_unchanged(&company.run().await);
}

/// A first run that could not be made is no baseline: the first that could is.
#[tokio::test]
async fn a_first_run_without_a_system_is_no_baseline() {
    let company = company();
    let wms = fs::read(company.path("wms.db")).unwrap();
    company.remove("wms.db");
    let first = company.run().await;
    let baseline = |report: &RunReport| report.rules.iter().map(|rule| rule.baseline).collect::<Vec<_>>();
    assert_eq!(baseline(&first), [false, false, true]);
    fs::write(company.path("wms.db"), wms).unwrap();
    assert_eq!(baseline(&company.run().await), [true, true, false]);
}

#[test]
fn the_program_says_it_with_its_exit_code_its_report_and_its_metrics() {
    let company = company();
    let metrics = |company: &Company| {
        let text = company.read("tieout.prom");
        let lines = text.lines().filter(|line| line.starts_with("tieout_rule_evaluated{"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |company: &Company| {
        let arguments = ["run", "daily", "--as-of", super::DAY, "--format", "json", "--metrics-file", "tieout.prom"];
        let output = company.tieout(&arguments);
        (output.code, serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap())
    };
    let (code, report) = run(&company);
    assert_eq!((code, report["status"].as_str()), (1, Some("exceptions")));
    assert_eq!(
        metrics(&company),
        [LOW_STOCK, THREE_WAY, OVERDUE].map(|rule| format!("tieout_rule_evaluated{{rule=\"{rule}\"}} 1"))
    );
    company.remove("wms.db");
    let (code, report) = run(&company);
    assert_eq!((code, report["status"].as_str()), (2, Some("not_evaluated")));
    let low = &report["rules"][0];
    assert_eq!((&low["rule"], &low["status"]), (&LOW_STOCK.into(), &"not_evaluated".into()));
    assert_eq!((&low["reason"]["why"], &low["continuity"]), (&"unreadable".into(), &serde_json::Value::Null));
    let evaluated = [(LOW_STOCK, 0), (THREE_WAY, 0), (OVERDUE, 1)];
    assert_eq!(
        metrics(&company),
        evaluated.map(|(rule, evaluated)| format!("tieout_rule_evaluated{{rule=\"{rule}\"}} {evaluated}"))
    );
}
