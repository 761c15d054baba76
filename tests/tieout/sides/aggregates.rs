//! `min`, `max`, `first` and `count`: what several rows of one key come to.

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind = "reconcile"
    key  = ["order_no"]
    [sides.orders]
    table = "orders"
    [sides.lines]
    table = "lines"
    sum   = ["amount"]
    min   = ["qty"]
    max   = ["freight", "shipped"]
    first = ["status"]
    count = "rows"
    [[checks]]
    name  = "total"
    equal = ["orders.amount", "lines.amount + lines.freight"]
    [[checks]]
    name  = "count"
    equal = ["orders.lines", "lines.rows"]
    [[checks]]
    name  = "least"
    equal = ["orders.least", "lines.qty"]
    [[checks]]
    name  = "shipped"
    equal = ["orders.shipped", "lines.shipped"]
    [[checks]]
    name  = "status"
    equal = ["orders.status", "lines.status"]
"#;

const ORDERS: &str = "order_no text, amount money, lines number, least quantity, shipped date, status text";

const LINES: &str = r#"
    unique = ["doc"]
    date = "entered"
    [columns]
    doc = { type = "text" }
    order_no = { type = "text" }
    amount = { type = "money", currency = "ccy" }
    ccy = { type = "text" }
    qty = { type = "quantity" }
    freight = { type = "money", currency = "ccy" }
    shipped = { type = "date" }
    entered = { type = "date" }
    status = { type = "text" }
"#;

/// Two lines of one order, whose document's freight stands on both.
fn order() -> Bench {
    Bench::new(RULE).table("orders", ORDERS, "SO1,110.00,2,3,2026-10-04,open").table_file(
        "lines",
        LINES,
        "D1,SO1,60.00,CNY,3,10.00,2026-10-04,2026-10-02,billed\nD2,SO1,40.00,CNY,5,10.00,2026-10-03,2026-10-01,open",
    )
}

#[test]
fn rows_of_one_key_are_counted_and_give_their_least_largest_and_first_value() {
    check(order(), "ties out");
    check(
        order().rows("orders", "SO1,110.01,3,5,2026-10-03,billed"),
        r#"["SO1"] total: amount CNY 0.01 -> finance
           ["SO1"] count: quantity -> finance
           ["SO1"] least: quantity -> finance
           ["SO1"] shipped: date -> finance
           ["SO1"] status: text -> finance"#,
    );
}

#[test]
fn nulls_are_neither_least_nor_largest_but_may_be_first() {
    let lines = "D1,SO1,60.00,CNY,,10.00,,2026-10-02,billed\nD2,SO1,40.00,CNY,5,,2026-10-03,2026-10-01,";
    check(
        order().rows("lines", lines),
        r#"["SO1"] least: quantity -> finance
           ["SO1"] shipped: date -> finance
           ["SO1"] status: text -> finance"#,
    );
    check(order().rows("lines", lines).rows("orders", "SO1,110.00,2,5,2026-10-03,"), "ties out");
}

#[test]
fn the_first_row_is_the_earliest_and_an_undated_one_comes_last() {
    let lines = "D1,SO1,60.00,CNY,3,10.00,2026-10-04,,open\nD2,SO1,40.00,CNY,5,10.00,2026-10-03,2026-10-01,billed";
    check(order().rows("lines", lines), r#"["SO1"] status: text -> finance"#);
    let same_day =
        "D1,SO1,60.00,CNY,3,10.00,2026-10-04,2026-10-01,open\nD2,SO1,40.00,CNY,5,10.00,2026-10-03,2026-10-01,billed";
    check(order().rows("lines", same_day), "ties out");
}

#[test]
fn a_document_that_stands_twice_counts_once() {
    let twice = "D1,SO1,60.00,CNY,3,10.00,2026-10-04,2026-10-02,billed\nD1,SO1,60.00,CNY,3,10.00,2026-10-04,2026-10-02,billed\n\
                 D2,SO1,40.00,CNY,5,10.00,2026-10-03,2026-10-01,open";
    check(order().rows("lines", twice), r#"["SO1"] duplicate lines CNY 60.00 -> finance"#);
}

#[test]
fn figures_of_several_currencies_have_no_largest() {
    let lines =
        "D1,SO1,60.00,CNY,3,10.00,2026-10-04,2026-10-02,billed\nD2,SO1,40.00,USD,5,10.00,2026-10-03,2026-10-01,open";
    check(order().rows("lines", lines), r#"["SO1"] total: currency -> finance"#);
}

#[test]
fn the_first_figure_is_in_the_currency_of_its_own_row() {
    let rule =
        RULE.replace("sum   = [\"amount\"]", "").replace("max   = [\"freight\", \"shipped\"]", "max = [\"shipped\"]");
    let rule = rule.replace("first = [\"status\"]", "first = [\"status\", \"amount\", \"freight\"]");
    let lines =
        "D1,SO1,60.00,CNY,3,10.00,2026-10-04,2026-10-01,open\nD2,SO1,40.00,USD,5,10.00,2026-10-03,2026-10-02,billed";
    let bench =
        Bench::new(&rule).table("orders", ORDERS, "SO1,70.00,2,3,2026-10-04,open").table_file("lines", LINES, lines);
    check(bench.clone(), "ties out");
    let later = bench.rows("lines", &lines.replace("2026-10-01", "2026-10-03"));
    check(later, "[\"SO1\"] total: currency -> finance\n[\"SO1\"] status: text -> finance");
}

#[test]
fn a_side_that_only_counts_may_have_several_rows_and_absent_ones_count_zero() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.orders]
        table = "orders"
        [sides.lines]
        table  = "lines"
        count  = "rows"
        absent = "zero"
        [[checks]]
        name  = "count"
        equal = ["orders.lines", "lines.rows"]
    "#;
    let bench = Bench::new(rule).table("orders", "order_no text, lines number", "SO1,2\nSO2,0\nSO3,1").table(
        "lines",
        "order_no text",
        "SO1\nSO1",
    );
    check(bench, r#"["SO3"] count: quantity -> finance"#);
}

#[test]
fn an_unreadable_cell_of_an_aggregated_column_is_told() {
    let lines = "D1,SO1,60.00,CNY,three,10.00,2026-10-04,2026-10-02,billed\nD2,SO1,40.00,CNY,5,10.00,2026-10-03,2026-10-01,open";
    check(order().rows("lines", lines), r#"["SO1"] unreadable lines -> finance"#);
}

#[test]
fn a_number_of_rows_is_not_worth_the_price_of_a_quantity() {
    let rule = r#"
        kind  = "reconcile"
        key   = ["order_no"]
        price = "orders.price"
        [sides.orders]
        table = "orders"
        [sides.lines]
        table = "lines"
        sum   = ["qty"]
        count = "rows"
        [[checks]]
        name    = "one-line"
        at_most = ["lines.rows", "1"]
        [[checks]]
        name  = "lines"
        equal = ["orders.lines", "lines.rows"]
        [[checks]]
        name  = "shipped"
        equal = ["orders.qty", "lines.qty"]
    "#;
    let bench = Bench::new(rule)
        .table("orders", "order_no text, lines number, qty quantity, price money", "SO1,1,9,2.50")
        .table("lines", "order_no text, qty quantity", "SO1,4\nSO1,4");
    let found = "[\"SO1\"] one-line: quantity -> finance\n[\"SO1\"] lines: quantity -> finance\n[\"SO1\"] shipped: quantity CNY 2.50 -> finance";
    check(bench, found);
}

#[test]
fn money_at_risk_has_no_zeros_beyond_its_cents() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.orders]
        table = "orders"
        [sides.bills]
        table = "bills"
        [[checks]]
        name  = "billed"
        equal = ["bills.amount", "orders.qty * orders.price"]
    "#;
    let bench = Bench::new(rule)
        .table("orders", "order_no text, qty quantity, price money", "SO1,4.0000,2.50\nSO2,3.9990,2.50")
        .table("bills", "order_no text, amount money", "SO1,11.00\nSO2,11.00");
    check(bench, "[\"SO1\"] billed: amount CNY 1.00 -> finance\n[\"SO2\"] billed: amount CNY 1.0025 -> finance");
}
