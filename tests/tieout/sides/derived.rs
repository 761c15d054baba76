//! `derive`: columns computed row by row, which filters, sums and checks read like any other.

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind = "reconcile"
    key  = ["order_no"]
    [sides.orders]
    table = "orders"
    [sides.invoices]
    table  = "invoices"
    derive = { net = "amount - discount", gross = "round(net * rate, 2)", billed = "status <> 'void'" }
    filter = "billed"
    sum    = ["net", "gross"]
    [[checks]]
    name  = "net"
    equal = ["orders.net", "invoices.net"]
    [[checks]]
    name  = "gross"
    equal = ["orders.gross", "invoices.gross"]
"#;

const INVOICES: &str = r#"
    [columns]
    order_no = { type = "text" }
    amount = { type = "money", currency = "ccy" }
    discount = { type = "money", currency = "ccy" }
    ccy = { type = "text" }
    rate = { type = "number", scale = 2 }
    status = { type = "text" }
"#;

fn bench() -> Bench {
    Bench::new(RULE)
        .table("orders", "order_no text, net money ccy, gross money ccy, ccy text", "SO1,90.00,101.70,CNY")
        .table_file(
            "invoices",
            INVOICES,
            "SO1,60.00,10.00,CNY,1.13,open\nSO1,40.00,,CNY,1.13,void\nSO1,40.00,0.00,CNY,1.13,open",
        )
}

#[test]
fn derived_columns_are_filtered_added_up_and_compared() {
    check(bench(), "ties out");
    check(
        bench().rows("orders", "SO1,90.01,101.71,CNY"),
        r#"["SO1"] net: amount CNY 0.01 -> finance
           ["SO1"] gross: amount CNY 0.01 -> finance"#,
    );
}

#[test]
fn derived_money_is_in_the_currency_of_the_money_it_reads() {
    let bench = bench().rows("invoices", "SO1,100.00,10.00,USD,1.13,open");
    check(
        bench,
        r#"["SO1"] net: currency -> finance
           ["SO1"] gross: currency -> finance"#,
    );
}

#[test]
fn a_cell_that_a_derived_column_cannot_be_made_of_is_told() {
    let bench = bench().rows("invoices", "SO1,100.00,ten,CNY,1.13,open");
    check(bench, r#"["SO1"] unreadable invoices -> finance"#);
}

#[test]
fn an_unreadable_cell_behind_the_filter_keeps_its_row() {
    let rule = RULE.replace("billed = \"status <> 'void'\"", "billed = \"rate > 1\"");
    let bench = Bench::new(&rule)
        .table("orders", "order_no text, net money ccy, gross money ccy, ccy text", "SO1,90.00,101.70,CNY")
        .table_file("invoices", INVOICES, "SO1,90.00,0.00,CNY,often,open");
    check(bench, r#"["SO1"] unreadable invoices -> finance"#);
}

#[test]
fn a_derived_figure_that_does_not_fit_is_unreadable_and_only_where_it_is_used() {
    let rule = |equal: &str| {
        format!(
            r#"
            kind = "reconcile"
            key  = ["order_no"]
            [sides.orders]
            table = "orders"
            [sides.invoices]
            table  = "invoices"
            derive = {{ each = "round(amount / qty, 2)", square = "amount * amount" }}
            [[checks]]
            name  = "one"
            equal = ["orders.amount", "invoices.{equal}"]
            "#
        )
    };
    let bench = |equal: &str| {
        Bench::new(&rule(equal)).table("orders", "order_no text, amount money", "SO1,10.00").table(
            "invoices",
            "order_no text, amount money, qty quantity",
            "SO1,10.00,0",
        )
    };
    check(bench("each"), r#"["SO1"] unreadable invoices -> finance"#);
    check(bench("amount"), "ties out");
    let large = "99999999999999999999999999999.00";
    let large = bench("square").rows("invoices", &format!("SO1,{large},1"));
    check(large, r#"["SO1"] unreadable invoices -> finance"#);
}

#[test]
fn derived_columns_stand_in_the_evidence_and_the_totals() {
    let judgement = bench().rows("orders", "SO1,90.01,101.70,CNY").judge();
    let invoices = &judgement.findings[0].evidence.sides[1];
    let columns = "order_no amount discount ccy rate status net gross billed";
    assert_eq!(invoices.columns.join(" "), columns);
    assert_eq!(invoices.rows[0][6].to_string(), "40.00");
    let money = serde_json::to_string(&judgement.sides[1].money).unwrap();
    insta::assert_snapshot!(money, @r#"{"amount":{"CNY":"100.00"},"discount":{"CNY":"10.00"},"gross":{"CNY":"101.70"},"net":{"CNY":"90.00"}}"#);
}
