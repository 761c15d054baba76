//! Figures that must stay above or below a limit, group by group.

mod swing;

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
        r#"["A","CNY"] floor: limit CNY 0.01 -> finance
        ["B","USD"] ceiling: limit USD 0.01 -> sales"#,
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
    check(bench("A,CNY,2000.00,x\nA,CNY,-1500.00,y"), "[\"A\",\"CNY\"] floor: limit CNY 500.00 -> finance");
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
    check(of("min(balance)"), "[\"A\",\"CNY\"] floor: limit CNY 500.00 -> finance");
}

#[test]
fn what_is_told_names_figure_and_limit() {
    let findings = bench("A,CNY,400.00,x").judge().findings;
    let found = &findings[0].breaks[0];
    let told = [Language::En, Language::Zh].map(|language| words::sentence(found, language));
    insta::assert_snapshot!(told.join("\n"), @"
    balance is CNY 400.00, at least CNY 1,000 expected: 600.00 too little
    余额 CNY 400.00，下限 CNY 1,000，少 600.00
    ");
}

#[test]
fn a_limit_per_currency_holds_the_currencies_that_it_names() {
    let rows = "A,CNY,400.00,x\nA,USD,19.99,x\nA,EUR,0.01,x\nB,USD,20.00,x";
    check(
        bench(rows).with("at_least = \"1000\"", "at_least = { CNY = \"400\", USD = \"20\" }"),
        "[\"A\",\"USD\"] floor: limit USD 0.01 -> finance",
    );
    let overdraft = bench("A,CNY,-500.00,x\nB,CNY,-500.01,x");
    check(
        overdraft.with("at_least = \"1000\"", "at_least = { CNY = \"-500\" }"),
        "[\"B\",\"CNY\"] floor: limit CNY 0.01 -> finance",
    );
    let mixed = bench("A,CNY,2000.00,x\nA,USD,2000.00,y").with("[\"account\", \"ccy\"]", "[\"account\"]");
    let mixed = mixed.with("at_least = \"1000\"", "at_least = { CNY = \"1\" }").with("9000.50", "1");
    check(mixed, "[\"A\"] floor: currency -> finance\n[\"A\"] ceiling: currency -> sales");
}

#[test]
fn the_rows_of_a_group_may_be_the_figure() {
    let counted = bench("A,CNY,1.00,x\nA,CNY,,y\nB,USD,1.00,x").with("sum(balance)", "count()");
    let counted = counted.with("at_least = \"1000\"", "at_most = \"1\"");
    check(counted.clone(), "[\"A\",\"CNY\"] floor: limit -> finance");
    let told = |bench: &Bench| {
        let found = &bench.judge().findings[0].breaks[0];
        [Language::En, Language::Zh].map(|language| words::sentence(found, language)).join("\n")
    };
    insta::assert_snapshot!(told(&counted), @"
    2 rows of balances, at most 1 allowed
    “balances”有 2 行，最多允许 1 行
    ");
    let few = counted.with("at_most = \"1\"", "at_least = \"2\"");
    insta::assert_snapshot!(told(&few), @"
    1 row of balances, at least 2 expected
    “balances”有 1 行，至少应有 2 行
    ");
}

#[test]
fn a_figure_of_quantities_has_no_price() {
    let stock = Bench::new(
        r#"
        kind  = "threshold"
        table = "bins"
        by    = ["bin"]
        value = "sum(qty)"
        [[checks]]
        name    = "full"
        at_most = "100"
        "#,
    );
    let stock = stock.table("bins", "bin text, qty quantity", "A,100.000\nB,100.001\nC,");
    check(stock.clone(), "[\"B\"] full: limit -> finance\n[\"C\"] full: limit -> finance");
    let said: Vec<String> =
        stock.judge().findings.iter().map(|f| words::sentence(&f.breaks[0], Language::En)).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    qty is 100.001, at most 100 allowed: 0.001 too much
    qty is empty, at most 100 allowed
    ");
}
