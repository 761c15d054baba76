//! How much a finding matters, and when a rule has found too much.

use crate::bench::{Bench, check, day, said};

/// Invoices against orders, with `settings` at the head of the rule.
fn trade(settings: &str) -> Bench {
    let rule = format!(
        r#"
        kind  = "reconcile"
        key   = ["no"]
        {settings}
        [sides.sales]
        table = "sales"
        [sides.finance]
        table = "invoices"
        [[checks]]
        name  = "billed"
        equal = ["finance.amount", "sales.amount"]
        "#
    );
    Bench::new(&rule).table("sales", "no text, amount money ccy, ccy text, day@ date", "A,100.00,CNY,2026-11-01").table(
        "invoices",
        "no text, amount money ccy, ccy text, day@ date",
        "A,100.00,CNY,2026-11-01",
    )
}

/// The severity of each broken order, in order of their numbers.
fn severities(bench: &Bench) -> String {
    let mut lines: Vec<String> =
        said(bench).lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect();
    lines.sort();
    lines.join("\n")
}

const SCALE: &str = r#"severity = { base = "low", medium = { days = 10 }, high = { amount = "10", days = 20, classes = ["missing", "duplicate"] }, critical = { amount = "100" } }"#;

#[test]
fn a_severity_is_that_of_the_highest_step_any_of_whose_conditions_holds() {
    let bench = trade(SCALE)
        .rows(
            "sales",
            "AMOUNT,100.00,CNY,2026-11-20\nCLASS,1.00,CNY,2026-11-20\nEDGE,100.00,CNY,2026-11-20\nLARGE,200.00,CNY,2026-11-20
            LOW,100.00,CNY,2026-11-20\nTWICE,1.00,CNY,2026-11-20\nTWICE,1.00,CNY,2026-11-20",
        )
        .rows(
            "invoices",
            "AMOUNT,110.00,CNY,2026-11-20\nEDGE,109.99,CNY,2026-11-20\nLARGE,100.00,CNY,2026-11-20\nLOW,100.01,CNY,2026-11-20
            TWICE,1.00,CNY,2026-11-20",
        );
    insta::assert_snapshot!(severities(&bench), @r#"
    ["AMOUNT"] high
    ["CLASS"] high
    ["EDGE"] low
    ["LARGE"] critical
    ["LOW"] low
    ["TWICE"] high
    "#);
}

#[test]
fn the_age_is_counted_from_the_earliest_date_of_any_row_of_the_subject() {
    let aged = |sales: &str, finance: &str| {
        let bench = trade(SCALE).rows("sales", &format!("A,1.00,CNY,{sales}"));
        severities(&bench.rows("invoices", &format!("A,1.01,CNY,{finance}")).on(day("2026-11-20")))
    };
    assert_eq!(aged("2026-11-11", "2026-11-20"), "[\"A\"] low");
    assert_eq!(aged("2026-11-10", "2026-11-20"), "[\"A\"] medium");
    assert_eq!(aged("2026-11-20", "2026-10-31"), "[\"A\"] high");
    assert_eq!(aged("", "2026-10-31"), "[\"A\"] high");
    assert_eq!(aged("", ""), "[\"A\"] low");
    assert_eq!(aged("2027-11-10", "2027-11-10"), "[\"A\"] low");
}

/// Orders of which the first `broken` are invoiced with one too much.
fn orders(settings: &str, all: usize, broken: usize, currency: &str) -> Bench {
    let sales: Vec<String> = (0..all).map(|order| format!("{order:03},10.00,{currency},2026-11-01")).collect();
    let amount = |order| if order < broken { "11.00" } else { "10.00" };
    let invoices: Vec<String> =
        (0..all).map(|order| format!("{order:03},{},{currency},2026-11-01", amount(order))).collect();
    trade(settings).rows("sales", &sales.join("\n")).rows("invoices", &invoices.join("\n"))
}

/// What is told beside the breaks themselves.
fn aside(bench: &Bench) -> String {
    let told = bench.told();
    told.lines().filter(|line| !line.contains("billed: amount")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_warning_names_every_limit_that_is_exceeded_and_changes_nothing_else() {
    let warn = r#"threshold = { warn = { count = 2, percent = "20", amount = "2" } }"#;
    assert_eq!(aside(&orders(warn, 10, 2, "CNY")), "");
    insta::assert_snapshot!(aside(&orders(warn, 10, 3, "CNY")), @r"
    warned: 3 differences, more than the limit of 2
    warned: 3 differences among 10 keys, more than the limit of 20 %
    warned: CNY 3.00 at risk, more than the limit of 2
    ");
    assert_eq!(orders(warn, 10, 3, "CNY").judge().findings.len(), 3);
    // The business's own currency is meant, and figures of others are never added to it.
    assert_eq!(aside(&orders(r#"threshold = { warn = { amount = "2" } }"#, 10, 3, "USD")), "");
    let usd = r#"threshold = { warn = { amount = { USD = "2.99", JPY = "0" } } }"#;
    insta::assert_snapshot!(aside(&orders(usd, 10, 3, "USD")), @"warned: USD 3.00 at risk, more than the limit of 2.99");
}

#[test]
fn a_percentage_is_compared_exactly_and_a_percentage_of_nothing_is_no_limit() {
    let third = r#"threshold = { warn = { percent = "33.333333" } }"#;
    assert_eq!(
        aside(&orders(third, 3, 1, "CNY")),
        "warned: 1 difference among 3 keys, more than the limit of 33.333333 %"
    );
    let third = r#"threshold = { warn = { percent = "33.333334" } }"#;
    assert_eq!(aside(&orders(third, 3, 1, "CNY")), "");
    let nothing = orders(r#"threshold = { warn = { percent = "1" } }"#, 3, 0, "CNY").rows("sales", "");
    assert!(!nothing.told().contains("warned"));
}

#[test]
fn a_percentage_is_of_the_keys_that_are_judged() {
    let rule = r#"
        threshold = { warn = { percent = "29" } }
        scope     = { by = "sales.day", since = "180 days" }
    "#;
    let sales = (0..10).map(|order| format!("{order:03},10.00,CNY,2026-11-01"));
    let earlier = (100..200).map(|order| format!("{order:03},10.00,CNY,2025-11-01"));
    let sales: Vec<String> = sales.chain(earlier).collect();
    let bench = orders(rule, 10, 3, "CNY").rows("sales", &sales.join("\n"));
    insta::assert_snapshot!(aside(&bench), @r"
    out_of_scope: 100
    warned: 3 differences among 10 keys, more than the limit of 29 %
    ");
}

#[test]
fn a_stop_is_one_flood_exception_that_names_the_limit_and_judges_no_other_subject() {
    let open = [r#"["000"]"#, r#"["009"]"#];
    let stopped = |stop: &str| {
        orders(&format!("threshold = {{ warn = {{ count = 0 }}, stop = {stop} }}"), 10, 3, "CNY").open(&open)
    };
    check(
        stopped(r#"{ percent = "29.9" }"#),
        r#"{"flood":[]} flood -> finance
           ["000"] is NotJudged
           ["009"] is NotJudged
           Flooded(Percent { found: 3, of: 10, limit: Amount(29.9) })"#,
    );
    insta::assert_snapshot!(said(&stopped(r#"{ percent = "29.9" }"#)), @r#"{"flood":[]} critical: 3 differences among 10 keys, more than the limit of 29.9 %: most likely the data or the rule is at fault. This one stands for all; the others stay as they were"#);
    insta::assert_snapshot!(said(&stopped(r#"{ amount = "2.99" }"#)), @r#"{"flood":[]} critical: CNY 3.00 at risk, more than the limit of 2.99: most likely the data or the rule is at fault. This one stands for all; the others stay as they were"#);
    insta::assert_snapshot!(said(&stopped(r#"{ count = 2 }"#)), @r#"{"flood":[]} critical: 3 differences, more than the limit of 2: most likely the data or the rule is at fault. This one stands for all; the others stay as they were"#);
    assert_eq!(stopped(r#"{ count = 3, percent = "30", amount = "3" }"#).judge().findings.len(), 3);
}

#[test]
fn money_at_risk_that_cannot_be_added_up_exceeds_every_limit() {
    let large = "999999999999999999999999999999999999.99";
    let sales: Vec<String> = (0..200).map(|order| format!("{order},{large},CNY,2026-11-01")).collect();
    let bench = trade(&format!("threshold = {{ warn = {{ amount = \"{large}\" }} }}")).rows("sales", &sales.join("\n"));
    let bench = bench.rows("invoices", "");
    let told = bench.told();
    assert!(told.contains("warned: More CNY at risk than can be added up; the limit is 999,"), "{told}");
}
