//! How far two figures or days may be apart, and what is said when they are further.

use crate::bench::{Bench, check, day, said};

/// Invoices against orders, with one check that is `with`.
fn trade(with: &str) -> Bench {
    let rule = format!(
        r#"
        kind  = "reconcile"
        key   = ["no"]
        [sides.sales]
        table = "sales"
        [sides.finance]
        table = "invoices"
        sum   = ["amount"]
        [[checks]]
        name  = "billed"
        equal = ["finance.amount", "sales.amount"]
        {with}
        "#
    );
    Bench::new(&rule).table("sales", "no text, amount money ccy, ccy text", "A,100.00,CNY").table(
        "invoices",
        "doc* text, no* text, amount money ccy, ccy text",
        "1,A,100.00,CNY",
    )
}

/// Judges an invoice of each amount against an order of 100.00 in `currency`, and lists those that are broken.
fn broken(with: &str, currency: &str, amounts: &[&str]) -> Vec<String> {
    let sales: Vec<String> = amounts.iter().map(|amount| format!("{amount},100.00,{currency}")).collect();
    let invoices: Vec<String> = amounts.iter().map(|amount| format!("1,{amount},{amount},{currency}")).collect();
    let bench = trade(with).rows("sales", &sales.join("\n")).rows("invoices", &invoices.join("\n"));
    let findings = bench.judge().findings;
    findings.iter().map(|finding| finding.subject.values()[0].to_string()).collect()
}

#[test]
fn an_amount_may_depend_on_the_currency_and_other_stands_for_the_rest() {
    let within = r#"within = { amount = { CNY = "0.05", JPY = "1", other = "0.01" } }"#;
    assert_eq!(broken(within, "CNY", &["99.94", "99.95", "100.05", "100.06"]), ["100.06", "99.94"]);
    assert_eq!(broken(within, "JPY", &["99", "98.99", "101", "101.01"]), ["101.01", "98.99"]);
    assert_eq!(broken(within, "USD", &["99.99", "100.02"]), ["100.02"]);
    let only = r#"within = { amount = { CNY = "0.05" } }"#;
    assert_eq!(broken(only, "USD", &["100.01", "100.00"]), ["100.01"]);
}

#[test]
fn an_amount_per_row_grows_with_the_rows_of_the_side_that_has_most() {
    let within = r#"within = { amount = "0.01", per_row = true }"#;
    let three =
        |last: &str| trade(within).rows("invoices", &format!("1,A,40.00,CNY\n2,A,40.00,CNY\n3,A,{last},CNY")).told();
    assert_eq!(three("20.03"), "ties out\n");
    assert_eq!(three("19.97"), "ties out\n");
    assert_eq!(three("20.04"), "[\"A\"] billed: amount CNY 0.04 -> finance\n");
    // One row is one row, and a document that stands twice is no second one.
    assert_eq!(trade(within).rows("invoices", "1,A,100.02,CNY").told(), "[\"A\"] billed: amount CNY 0.02 -> finance\n");
    let twice = trade(within).rows("invoices", "1,A,100.02,CNY\n1,A,100.02,CNY");
    assert!(twice.told().contains("billed: amount CNY 0.02"), "{}", twice.told());
    let far = trade(within).rows("invoices", "1,A,40.00,CNY\n2,A,60.50,CNY");
    insta::assert_snapshot!(said(&far), @r#"["A"] medium: finance.amount is CNY 100.50, sales.amount is CNY 100.00: 0.50 more (0.02 allowed for 2 rows)"#);
}

#[test]
fn a_side_that_is_absent_counts_as_one_row() {
    let within = r#"within = { amount = "0.01", per_row = true }"#;
    let rule = |bench: Bench| bench.rows("sales", "A,0.01,CNY").rows("invoices", "");
    let absent = |amount: &str| {
        let bench = trade(within).rows("invoices", "");
        let bench = bench.rows("sales", &format!("A,{amount},CNY"));
        bench.with("sum   = [\"amount\"]", "sum   = [\"amount\"]\n absent = \"zero\"").told()
    };
    assert_eq!(absent("0.01"), "ties out\n");
    assert_eq!(absent("0.02"), "[\"A\"] billed: amount CNY 0.02 -> finance\n");
    assert_eq!(rule(trade(within)).told(), "[\"A\"] missing finance CNY 0.01 -> finance\n");
}

#[test]
fn two_bounds_tell_too_little_from_too_much_and_include_their_edges() {
    let within = r#"within = { under = { percent = "5" }, over = { percent = "10", amount = "3" }, of = "sales" }"#;
    assert_eq!(broken(within, "CNY", &["94.99", "95", "110", "110.01"]), ["110.01", "94.99"]);
    let smaller = r#"within = { under = { percent = "5" }, over = { percent = "10", amount = "3" }, of = "sales", use = "smaller" }"#;
    assert_eq!(broken(smaller, "CNY", &["94.99", "95", "103", "103.01"]), ["103.01", "94.99"]);
    let only_over = r#"within = { over = { amount = "3" } }"#;
    assert_eq!(broken(only_over, "CNY", &["99.99", "100", "103", "103.01"]), ["103.01", "99.99"]);
    let bench = trade(within).rows("invoices", "1,A,94.00,CNY");
    insta::assert_snapshot!(said(&bench), @r#"["A"] medium: finance.amount is CNY 94.00, sales.amount is CNY 100.00: 6.00 less (5.00 less allowed)"#);
}

#[test]
fn a_percentage_of_nothing_leaves_the_amount_and_a_negative_base_counts_by_its_size() {
    let within = r#"within = { under = { percent = "50", amount = "0.02" }, over = { percent = "50" }, of = "sales" }"#;
    let against = |sales: &str, invoiced: &str| {
        let bench = trade(within).rows("sales", &format!("A,{sales},CNY"));
        bench.rows("invoices", &format!("1,A,{invoiced},CNY")).told() == "ties out\n"
    };
    assert!(against("0", "-0.02") && !against("0", "-0.03") && !against("0", "0.01"));
    assert!(against("-100", "-150") && !against("-100", "-150.01"));
    assert!(against("-100", "-50") && !against("-100", "-49.99"));
}

#[test]
fn a_tolerance_whose_product_exceeds_every_decimal_still_judges_exactly() {
    // Of 36 digits: times a percentage of 12 more this is beyond 128 bits.
    let (base, off) = ("100000000000000000000000000000000000", "100000000000000000000000000000000001");
    let judge = |within: &str, sales: &str, invoiced: &str| {
        let bench = trade(within).rows("sales", &format!("A,{sales},CNY"));
        bench.rows("invoices", &format!("1,A,{invoiced},CNY")).told()
    };
    let tight = r#"within = { percent = "0.000000000000000001", of = "sales" }"#;
    assert_eq!(judge(tight, base, off), "ties out\n");
    let none = r#"within = { percent = "0.000000000000000000", of = "sales" }"#;
    assert!(judge(none, base, off).contains("amount CNY 1"));
    let exact = r#"within = { percent = "0.000000000000000001", of = "sales" }"#;
    assert_eq!(judge(exact, "100000000000000000000.00", "100000000000000000001.00"), "ties out\n");
    assert!(judge(exact, "100000000000000000000.00", "100000000000000000001.01").contains("amount CNY 1.01"));
    let wide = r#"within = { amount = "99999999999999999999999999999999999999", per_row = true }"#;
    assert_eq!(judge(wide, base, "1"), "ties out\n");
}

#[test]
fn one_that_is_at_most_another_may_be_over_it_by_the_tolerance() {
    let with = |relation: &str, within: &str| {
        trade(within).with("equal =", &format!("{relation} =")).rows("invoices", "1,A,103.00,CNY").told()
    };
    assert_eq!(with("at_most", r#"within = { over = { amount = "3" } }"#), "ties out\n");
    assert_eq!(with("at_most", r#"within = { percent = "3", of = "sales" }"#), "ties out\n");
    assert_eq!(
        with("at_most", r#"within = { over = { amount = "2.99" } }"#),
        "[\"A\"] billed: amount CNY 3.00 -> finance\n"
    );
    assert_eq!(with("at_least", r#"within = { under = { amount = "0" } }"#), "ties out\n");
}

/// Shipping against promised days, with one check that is `with`.
fn dates(kind: &str, with: &str, shipped: &str) -> String {
    let rule = format!(
        r#"
        kind  = "reconcile"
        key   = ["no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [[checks]]
        name  = "on-time"
        {with}
        "#
    );
    let promised = if kind == "date" { "A,2026-10-10" } else { "A,2026-10-10 12:00:00" };
    let bench = Bench::new(&rule).table("sales", &format!("no text, promised {kind}"), promised).table(
        "shipments",
        &format!("no text, shipped {kind}"),
        &format!("A,{shipped}"),
    );
    let said = said(&bench);
    if said.is_empty() { bench.told() } else { said }
}

const SHIPPED: &str = r#"equal = ["warehouse.shipped", "sales.promised"]"#;

#[test]
fn dates_may_be_days_apart_in_either_direction() {
    let both = format!("{SHIPPED}\nwithin = {{ days = 3 }}");
    for day in ["2026-10-07", "2026-10-10", "2026-10-13"] {
        assert_eq!(dates("date", &both, day), "ties out\n");
    }
    insta::assert_snapshot!(dates("date", &both, "2026-10-14"), @r#"["A"] medium: warehouse.shipped is 2026-10-14, sales.promised is 2026-10-10: 4 days later (3 days allowed)"#);
    insta::assert_snapshot!(dates("date", &both, "2026-10-06"), @r#"["A"] medium: warehouse.shipped is 2026-10-06, sales.promised is 2026-10-10: 4 days earlier (3 days allowed)"#);
    let signed = format!("{SHIPPED}\nwithin = {{ under = {{ days = 1 }}, over = {{ days = 5 }} }}");
    assert_eq!(dates("date", &signed, "2026-10-09"), "ties out\n");
    assert_eq!(dates("date", &signed, "2026-10-15"), "ties out\n");
    insta::assert_snapshot!(dates("date", &signed, "2026-10-08"), @r#"["A"] medium: warehouse.shipped is 2026-10-08, sales.promised is 2026-10-10: 2 days earlier (1 day allowed)"#);
    assert!(dates("date", &signed, "2026-10-16").contains("6 days later (5 days allowed)"));
    let at_most = r#"at_most = ["warehouse.shipped", "sales.promised"]
        within = { over = { days = 2 } }"#;
    assert_eq!(dates("date", at_most, "2025-01-01"), "ties out\n");
    assert_eq!(dates("date", at_most, "2026-10-12"), "ties out\n");
    assert!(dates("date", at_most, "2026-10-13").contains("3 days too late (2 days allowed)"));
}

#[test]
fn nothing_on_one_side_is_within_no_number_of_days() {
    let both = format!("{SHIPPED}\nwithin = {{ days = 3000 }}");
    insta::assert_snapshot!(dates("date", &both, ""), @r#"["A"] medium: Dates differ: warehouse.shipped is empty, sales.promised is 2026-10-10"#);
}

#[test]
fn days_between_instants_are_full_days_to_the_second() {
    let both = format!("{SHIPPED}\nwithin = {{ days = 1 }}");
    assert_eq!(dates("instant", &both, "2026-10-11 12:00:00"), "ties out\n");
    assert_eq!(dates("instant", &both, "2026-10-09 12:00:00"), "ties out\n");
    assert!(dates("instant", &both, "2026-10-11 12:00:01").contains("2 days later (1 day allowed)"));
    assert!(dates("instant", &both, "2026-10-09 11:59:59").contains("2 days earlier (1 day allowed)"));
}

#[test]
fn grace_until_a_day_ends_with_that_day() {
    let rule = r#"
        kind  = "reconcile"
        key   = ["no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        sum   = ["qty"]
        [[checks]]
        name  = "shipped"
        equal = ["sales.qty", "warehouse.qty"]
        grace = { until = "sales.promised" }
    "#;
    let bench = Bench::new(rule)
        .table("sales", "no text, qty quantity, promised date", "A,5,2026-10-10\nB,5,2026-10-10\nC,5,")
        .table("shipments", "no text, qty quantity", "A,4\nC,4");
    check(
        bench.clone().on(day("2026-10-10")),
        r#"["C"] shipped: quantity -> finance
           in transit: 2"#,
    );
    check(
        bench.on(day("2026-10-11")),
        r#"["B"] missing warehouse -> finance
           ["A"] shipped: quantity -> finance
           ["C"] shipped: quantity -> finance"#,
    );
}

#[test]
fn working_days_of_grace_are_counted_between_the_start_and_the_day() {
    let rule = |days: u32| {
        format!(
            r#"
        kind  = "reconcile"
        key   = ["no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [[checks]]
        name  = "shipped"
        equal = ["sales.qty", "warehouse.qty"]
        grace = {{ working_days = {days}, after = ["sales.day"] }}
        "#
        )
    };
    // 2026-10-30 is a Friday.
    for (days, last) in [(1, "2026-11-02"), (2, "2026-11-03"), (5, "2026-11-06"), (6, "2026-11-09")] {
        let bench = Bench::new(&rule(days)).table("sales", "no text, qty quantity, day date", "A,5,2026-10-30").table(
            "shipments",
            "no text, qty quantity",
            "A,4",
        );
        assert_eq!(bench.clone().on(day(last)).told(), "in transit: 1\n", "{days} working days");
        let after = bench.on(day(last).succ_opt().unwrap());
        assert_eq!(after.told(), "[\"A\"] shipped: quantity -> finance\n", "{days} working days");
    }
}
