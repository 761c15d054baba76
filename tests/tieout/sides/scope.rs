//! `scope`: the days whose subjects are judged.

use crate::bench::{Bench, check, day};

fn rule(scope: &str) -> String {
    format!(
        r#"
        kind  = "reconcile"
        key   = ["order_no"]
        scope = {{ by = "orders.entered", {scope} }}
        [sides.orders]
        table = "orders"
        [sides.invoices]
        table = "invoices"
        [sides.notes]
        table    = "notes"
        expected = false
        [[checks]]
        name  = "amount"
        equal = ["orders.amount", "invoices.amount"]
        "#
    )
}

const INVOICES: &str = r#"
    date = "billed"
    [columns]
    order_no = { type = "text" }
    amount = { type = "money" }
    billed = { type = "date" }
"#;

/// Every order differs from its invoice; the bench's day is 2026-11-20.
fn bench(scope: &str) -> Bench {
    let orders = "SO1,1.00,2026-11-09\nSO2,1.00,2026-11-10\nSO3,1.00,2026-11-18\nSO4,1.00,2026-11-19\nSO5,1.00,";
    let invoices =
        "SO1,2.00,2026-11-12\nSO2,2.00,2026-11-12\nSO3,2.00,2026-11-12\nSO4,2.00,2026-11-12\nSO5,2.00,2026-11-12";
    Bench::new(&rule(scope))
        .table("orders", "order_no text, amount money, entered date", orders)
        .table_file("invoices", INVOICES, invoices)
        .table("notes", "order_no text", "")
}

#[test]
fn both_ends_of_the_scope_are_inside_and_an_undated_subject_is_too() {
    let inside = r#"
        ["SO2"] amount CNY 1.00 -> finance
        ["SO3"] amount CNY 1.00 -> finance
        ["SO5"] amount CNY 1.00 -> finance
        out_of_scope: 2"#;
    check(bench(r#"since = "10 days", until = "2 days""#), inside);
    check(bench(r#"since = ":as_of_day - 10", until = ":as_of_day - 2""#), inside);
    let open_end = r#"
        ["SO4"] amount CNY 1.00 -> finance
        ["SO5"] amount CNY 1.00 -> finance
        out_of_scope: 3"#;
    check(bench(r#"since = "1 month""#).on(day("2026-12-19")), open_end);
}

#[test]
fn a_date_of_the_scope_that_cannot_be_read_is_told() {
    let bench = bench(r#"since = "10 days""#).rows("orders", "SO1,2.00,soon").rows("invoices", "SO1,2.00,2026-11-12");
    check(bench, r#"["SO1"] unreadable orders -> finance"#);
}

#[test]
fn a_subject_that_only_another_side_has_is_judged_by_its_own_date() {
    let bench = bench(r#"since = "10 days""#)
        .rows("orders", "SO1,1.00,2026-11-19")
        .rows("invoices", "SO1,1.00,2026-11-01\nSO6,1.00,2026-11-09\nSO7,1.00,2026-11-10\nSO8,1.00,");
    check(
        bench,
        r#"["SO7"] missing orders CNY 1.00 -> finance
           ["SO8"] missing orders CNY 1.00 -> finance
           out_of_scope: 1"#,
    );
}

#[test]
fn a_subject_that_stands_only_where_nothing_is_dated_lies_outside() {
    let bench = bench(r#"since = "10 days""#).rows("orders", "").rows("invoices", "").rows("notes", "SO9");
    check(bench, "out_of_scope: 1");
}

#[test]
fn any_date_inside_is_enough() {
    let bench = bench(r#"since = "10 days""#).rows("orders", "SO1,1.00,2026-11-09\nSO1,1.00,2026-11-10");
    let bench = bench.rows("invoices", "SO1,1.00,2026-11-12");
    check(bench, r#"["SO1"] duplicate orders CNY 1.00 -> finance"#);
}

#[test]
fn subjects_of_open_exceptions_are_always_judged() {
    let bench = bench(r#"since = "1 day""#).open(&[r#"["SO1"]"#, r#"["SO2"]"#]);
    let invoices =
        "SO1,1.00,2026-11-12\nSO2,2.00,2026-11-12\nSO3,2.00,2026-11-12\nSO4,1.00,2026-11-12\nSO5,1.00,2026-11-12";
    check(
        bench.rows("invoices", invoices),
        r#"["SO2"] amount CNY 1.00 -> finance
           out_of_scope: 1
           ["SO1"] is Agrees
           ["SO2"] is Breaks"#,
    );
}
