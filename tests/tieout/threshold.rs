//! Figures that must stay above or below a limit, group by group.

use tieout::language::Language;
use tieout::words;

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind  = "threshold"
    table = "balances"
    by    = ["account", "ccy"]
    value = "sum(balance)"
    [[checks]]
    name     = "floor"
    at_least = "1000"
    [[checks]]
    name    = "ceiling"
    at_most = "9000.50"
    owner   = "sales"
"#;

fn bench(rows: &str) -> Bench {
    Bench::new(RULE).table("balances", "account text, ccy text, balance money ccy, branch text", rows)
}

#[test]
fn a_figure_at_its_limit_is_in_order_and_a_cent_beyond_is_not() {
    check(bench("A,CNY,400.00,x\nA,CNY,600.00,y\nB,USD,9000.50,x"), "ties out");
    check(
        bench("A,CNY,400.00,x\nA,CNY,599.99,y\nB,USD,9000.51,x"),
        r#"["A","CNY"] floor: amount CNY 0.01 -> finance
        ["B","USD"] ceiling: amount USD 0.01 -> sales"#,
    );
}

#[test]
fn a_group_is_a_subject_with_a_life() {
    check(
        bench("A,CNY,5000.00,x").open(&["[\"A\",\"CNY\"]", "[\"B\",\"CNY\"]"]),
        r#"["A","CNY"] is Agrees
        ["B","CNY"] is Gone"#,
    );
}

#[test]
fn negative_figures_and_rows_without_one_count_as_they_are() {
    check(bench("A,CNY,2000.00,x\nA,CNY,-1500.00,y"), "[\"A\",\"CNY\"] floor: amount CNY 500.00 -> finance");
    check(bench("A,CNY,2000.00,x\nA,CNY,,y"), "ties out");
    check(bench(",CNY,2000.00,x"), "{\"keyless\":[\"balances\"]} keyless balances -> finance");
    check(bench("A,CNY,much,x"), "[\"A\",\"CNY\"] unreadable balances -> finance");
}

#[test]
fn currencies_are_never_added_up() {
    let mixed =
        bench("A,CNY,2000.00,x\nA,USD,2000.00,y").with("by    = [\"account\", \"ccy\"]", "by    = [\"account\"]");
    check(mixed, "[\"A\"] floor: currency -> finance\n[\"A\"] ceiling: currency -> sales");
}

#[test]
fn the_least_or_the_largest_of_a_group_may_be_the_figure() {
    let rows = "A,CNY,2000.00,x\nA,CNY,500.00,y";
    let of = |value: &str| bench(rows).with("sum(balance)", value);
    check(of("max(balance)"), "ties out");
    check(of("min(balance)"), "[\"A\",\"CNY\"] floor: amount CNY 500.00 -> finance");
}

#[test]
fn what_is_told_names_figure_and_limit() {
    let findings = bench("A,CNY,400.00,x").judge().findings;
    let found = &findings[0].breaks[0];
    let told = [Language::En, Language::Zh].map(|language| words::sentence(found, language));
    insta::assert_snapshot!(told.join("\n"), @"
    balances.balance is CNY 400.00, at least CNY 1,000 expected: 600.00 too little
    balances.balance CNY 400.00 不足 CNY 1,000，少 600.00
    ");
}
