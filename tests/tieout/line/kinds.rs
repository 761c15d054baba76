//! Rules over one table through the whole line: rows that must hold, rows that stay too long, figures with a limit.

use std::fs;

use serde_json::Value;
use tieout::audit::exception::{Exception, Status};

use super::{DAY, events, letter, trail_end};
use crate::harness::{Company, Database, day};

const TABLES: [(&str, &str); 3] = [
    (
        "so_lines",
        "unique = [\"no\", \"line\"]\n[columns]\nno = { type = \"text\" }\nline = { type = \"number\", scale = 0 }\n\
         customer = { type = \"text\" }\nqty = { type = \"quantity\", scale = 2 }\n\
         price = { type = \"money\", scale = 2 }",
    ),
    (
        "so_heads",
        "unique = [\"no\"]\n[columns]\nno = { type = \"text\" }\napproved_on = { type = \"date\" }\n\
         shipped_on = { type = \"date\" }",
    ),
    (
        "cash",
        "[columns]\naccount = { type = \"text\" }\nccy = { type = \"text\" }\n\
         balance = { type = \"money\", scale = 2, currency = \"ccy\" }",
    ),
];

const RULES: [(&str, &str); 3] = [
    (
        "complete-lines",
        r#"
kind   = "validity"
title  = { en = "Order lines are complete", zh = "订单明细完整" }
owner  = "finance"
table  = "so_lines"
key    = ["no", "line"]
amount = "qty * price"
[[checks]]
name   = "customer"
title  = { en = "Every line has a customer", zh = "每行都有客户" }
assert = "customer is not null"
[[checks]]
name   = "counted"
assert = "qty > 0"
"#,
    ),
    (
        "stuck-orders",
        r#"
kind  = "stalled"
title = { en = "Approved orders are shipped", zh = "已审批订单及时发货" }
owner = "finance"
table = "so_heads"
key   = ["no"]
[[checks]]
name   = "shipped"
title  = { en = "Approved and not shipped", zh = "已审批未发货" }
while  = "approved_on is not null and shipped_on is null"
longer = { days = 5, since = "approved_on" }
"#,
    ),
    (
        "cash-floor",
        r#"
kind  = "threshold"
title = { en = "There is cash enough", zh = "资金充足" }
owner = "finance"
table = "cash"
by    = ["account", "ccy"]
value = "sum(balance)"
[[checks]]
name     = "floor"
title    = { en = "Cash floor", zh = "资金下限" }
at_least = "1000"
"#,
    ),
];

const TESTS: [(&str, &str); 3] = [
    (
        "complete-lines",
        r#"
as_of = 2026-11-20
[tables.so_lines]
columns = ["no", "line", "customer", "qty", "price"]
rows    = [["S1", 1, "C1", 1, "2.50"]]
[[cases]]
name = "A line without a customer"
tables.so_lines.set = { customer = "" }
expect = [{ subject = ["S1", 1], check = "customer", class = "invalid", at_risk = "CNY 2.50" }]
"#,
    ),
    (
        "stuck-orders",
        r#"
as_of = 2026-11-20
[tables.so_heads]
columns = ["no", "approved_on", "shipped_on"]
[[cases]]
name = "The fifth day is in time, the sixth is not"
tables.so_heads.rows = [["S1", 2026-11-15, ""], ["S2", 2026-11-14, ""]]
expect = [{ subject = ["S2"], check = "shipped", class = "stalled" }]
"#,
    ),
    (
        "cash-floor",
        r#"
as_of = 2026-11-20
[tables.cash]
columns = ["account", "ccy", "balance"]
[[cases]]
name = "A cent under the floor"
tables.cash.rows = [["A", "CNY", "400.00"], ["A", "CNY", "599.99"], ["B", "CNY", "1000.00"]]
expect = [{ subject = ["A", "CNY"], check = "floor", class = "limit", at_risk = "CNY 0.01" }]
"#,
    ),
];

/// A company of three tables, of which each has one row that does not hold; finance reads `language`.
fn company(language: &str) -> Company {
    let company = Company::new(200, 7, day(DAY));
    company.narrow(&RULES.map(|(rule, _)| rule));
    for (table, columns) in TABLES {
        let text = format!("source = \"erp\"\nquery = \"select * from {table}\"\n{columns}\n");
        company.write(&format!("config/tables/{table}.toml"), &text);
    }
    for (rule, text) in RULES {
        company.write(&format!("rules/{rule}.toml"), text);
    }
    fs::create_dir_all(company.path("tests/rules")).unwrap();
    for (rule, text) in TESTS {
        company.write(&format!("tests/rules/{rule}.toml"), text);
    }
    let recipients = "recipients = [\"finance@mingzhou.example\", \"controller@mingzhou.example\"]\n";
    company.edit(
        "config/tieout.toml",
        &format!("{recipients}language   = \"zh\""),
        &format!("{recipients}language   = \"{language}\""),
    );
    for statement in [
        "create table so_lines (no text, line integer, customer text, qty text, price text)",
        "insert into so_lines values ('S1', 1, 'C1', '2', '5.00'), ('S1', 2, null, '3', '10.00'), ('S2', 1, 'C2', '0', '1.00')",
        "create table so_heads (no text, approved_on text, shipped_on text)",
        "insert into so_heads values ('S1', '2026-11-10', '2026-11-12'), ('S2', '2026-11-10', null), ('S3', null, null)",
        "create table cash (account text, ccy text, balance text)",
        "insert into cash values ('ICBC', 'CNY', '700.00'), ('ICBC', 'CNY', '200.00'), ('BOC', 'USD', '5000.00')",
    ] {
        company.sql(Database::Erp, statement);
    }
    company
}

/// A text with every exception's id replaced by its place in the list.
async fn without_ids(company: &Company, text: &str) -> String {
    let all = company.exceptions().await;
    all.iter().enumerate().fold(text.to_owned(), |text, (place, one)| text.replace(&one.id, &format!("ID-{place}")))
}

async fn found(company: &Company, rule: &str) -> Exception {
    let mut all = company.exceptions().await;
    all.retain(|one| one.rule == rule);
    all.remove(0)
}

#[tokio::test]
async fn each_kind_is_told_in_words_of_its_reader() {
    for language in ["zh", "en"] {
        let company = company(language);
        let report = company.run().await;
        assert_eq!(report.exit_code(), 1);
        let letter = without_ids(&company, &letter(&company, &report, "finance")).await;
        insta::assert_snapshot!(format!("kinds_{language}"), letter);
    }
}

#[tokio::test]
async fn each_kind_has_a_life_from_day_to_day() {
    let mut company = company("zh");
    company.run().await;
    let first = found(&company, "stuck-orders").await;

    // A day later the order waits still, which is no news; there is less cash; the line has its customer.
    company.next_day();
    let end = trail_end(&company);
    company.sql(Database::Erp, "update so_lines set customer = 'C9' where customer is null");
    company.sql(Database::Erp, "update cash set balance = '650.00' where balance = '700.00'");
    let report = company.run().await;
    assert_eq!(events(&company, end), ["cash-floor [\"ICBC\",\"CNY\"] worsened", "complete-lines [\"S1\",2] resolved"]);
    let waiting = found(&company, "stuck-orders").await;
    assert_eq!((waiting.id.as_str(), waiting.last_changed), (first.id.as_str(), day(DAY)));
    assert_eq!(waiting.last_seen, day("2026-11-21"), "its days are brought up to date");
    insta::assert_snapshot!("kinds_next_day", without_ids(&company, &letter(&company, &report, "finance")).await);

    // And then: shipped, cash again, and the customer is gone again.
    company.next_day();
    let end = trail_end(&company);
    company.sql(Database::Erp, "update so_lines set customer = null where customer = 'C9'");
    company.sql(Database::Erp, "update so_heads set shipped_on = '2026-11-21' where no = 'S2'");
    company.sql(Database::Erp, "update cash set balance = '950.00' where balance = '650.00'");
    company.run().await;
    assert_eq!(
        events(&company, end),
        [
            "cash-floor [\"ICBC\",\"CNY\"] resolved",
            "complete-lines [\"S1\",2] regressed",
            "stuck-orders [\"S2\"] resolved"
        ]
    );
    let back = found(&company, "complete-lines").await;
    assert_eq!((back.status, back.regressions), (Status::Open, 1));
}

/// Under another title, or under none, an exception is what it was.
#[tokio::test]
async fn a_title_that_changes_or_goes_with_its_rule_changes_no_exception() {
    let mut company = company("en");
    company.run().await;
    company.next_day();
    company.edit("rules/cash-floor.toml", "en = \"Cash floor\"", "en = \"Enough to pay wages\"");
    let end = trail_end(&company);
    let report = company.run().await;
    assert_eq!(events(&company, end), [""; 0]);
    let told = letter(&company, &report, "finance");
    assert!(told.contains("Enough to pay wages: balance is CNY 900.00"), "{told}");

    company.next_day();
    company.remove("rules/cash-floor.toml");
    company.edit("config/tieout.toml", ", \"cash-floor\"", "");
    let report = company.run().await;
    let told = letter(&company, &report, "finance");
    assert!(told.contains("  balance is CNY 900.00"), "{told}");
    let listed = company.tieout(&["exceptions", "--status", "retired"]);
    assert!(listed.stdout.contains("cash-floor"), "{}", listed.stdout);
}

#[tokio::test]
async fn each_kind_is_listed_explained_and_tested_by_the_program() {
    let company = company("zh");
    company.run().await;
    let list = company.tieout(&["exceptions", "--format", "csv"]);
    insta::assert_snapshot!("kinds_csv", without_ids(&company, &list.stdout).await);
    let json = company.tieout(&["exceptions", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let messages: Vec<&str> = json["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["breaks"][0]["message"]["is"].as_str().unwrap())
        .collect();
    assert_eq!(messages, ["beyond_limit", "not_satisfied", "not_satisfied", "stalled"]);
    let condition = &json["exceptions"][1]["breaks"][0]["message"]["assertion"];
    assert_eq!(condition, "customer is not null", "machines read the condition");

    for (rule, line) in [
        ("complete-lines", "customer, “Every line has a customer” (invalid entry): customer is empty"),
        (
            "stuck-orders",
            "shipped, “Approved and not shipped” (stalled): “approved_on is not null and shipped_on is null” for 10 days",
        ),
        ("cash-floor", "floor, “Cash floor” (beyond its limit): balance is CNY 900.00, at least CNY 1,000 expected"),
    ] {
        let explained = company.tieout(&["explain", &found(&company, rule).await.id]);
        assert!(explained.stdout.contains(line), "{}", explained.stdout);
    }

    let report = company.tieout(&["run", "daily", "--as-of", DAY, "--dry-run", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let schema = serde_json::from_str(include_str!("../../schema/run-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&report).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(report["rules"][0]["check_titles"]["floor"]["zh"], "资金下限");

    let tested = company.tieout(&["test"]);
    assert_eq!((tested.code, tested.stderr.as_str()), (0, ""), "{}", tested.stdout);
}
