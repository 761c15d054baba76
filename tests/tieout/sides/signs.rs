//! `negate_when` and `header`: what a table file says of a figure's sign, and of figures that rows repeat.

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind = "reconcile"
    key  = ["order_no"]
    [sides.orders]
    table = "orders"
    [sides.invoices]
    table = "invoices"
    sum   = ["amount"]
    max   = ["freight"]
    [[checks]]
    name  = "amount"
    equal = ["orders.amount", "invoices.amount"]
    [[checks]]
    name  = "freight"
    equal = ["orders.freight", "invoices.freight"]
"#;

const INVOICES: &str = r#"
    [columns]
    order_no = { type = "text" }
    amount = { type = "money", negate_when = "kind = 'credit' or qty < 0" }
    qty = { type = "quantity", negate_when = "kind = 'credit'" }
    kind = { type = "text" }
    freight = { type = "money", header = true }
"#;

fn bench() -> Bench {
    Bench::new(RULE).table("orders", "order_no text, amount money, freight money", "SO1,70.00,8.00").table_file(
        "invoices",
        INVOICES,
        "SO1,100.00,10,invoice,8.00\nSO1,30.00,3,credit,8.00\nSO1,0.00,0,,8.00",
    )
}

#[test]
fn a_credit_note_counts_with_its_sign_turned() {
    check(bench(), "ties out");
    let credit = bench().rows("invoices", "SO1,100.00,10,invoice,8.00\nSO1,-30.00,3,credit,8.00");
    check(credit, r#"["SO1"] amount CNY 60.00 -> finance"#);
}

#[test]
fn conditions_read_the_figures_as_the_table_states_them() {
    // The quantity's own sign is turned too, and that does not turn the amount's a second time.
    let bench = bench().rows("invoices", "SO1,-70.00,5,credit,8.00");
    check(bench, "ties out");
}

#[test]
fn a_sign_that_cannot_be_told_leaves_the_figure_unreadable() {
    let bench = bench().rows("invoices", "SO1,70.00,few,invoice,8.00");
    check(bench, r#"["SO1"] unreadable invoices -> finance"#);
}

#[test]
fn a_row_whose_filter_reads_a_figure_of_unknown_sign_is_told_and_not_left_out() {
    for filter in ["amount < 0", "gross < 0"] {
        let derive = "table = \"invoices\"\n    derive = { gross = \"amount * 1\" }";
        let rule = RULE.replace("table = \"invoices\"", &format!("{derive}\n    filter = \"{filter}\""));
        let bench = Bench::new(&rule).table("orders", "order_no text, amount money, freight money", "SO1,70.00,8.00");
        let bench = bench.table_file("invoices", INVOICES, "SO1,70.00,few,invoice,8.00");
        check(bench, r#"["SO1"] unreadable invoices -> finance"#);
    }
}

#[test]
fn a_repeated_figure_counts_once_in_checks_totals_and_at_risk() {
    let judgement = bench().judge();
    assert!(!judgement.sides[1].money.contains_key("freight"));
    let rule = RULE.replace("sum   = [\"amount\"]", "").replace("\"invoices.amount\"", "\"orders.amount\"");
    let bench = Bench::new(&rule).table("orders", "order_no text, amount money, freight money", "").table_file(
        "invoices",
        INVOICES,
        "SO1,1.00,1,invoice,8.00\nSO1,2.00,1,invoice,8.00",
    );
    check(bench, r#"["SO1"] missing orders CNY 8.00 -> finance"#);
}

#[test]
#[should_panic(expected = "\"qty\" stands repeated on several rows and cannot be added up")]
fn no_kind_of_rule_adds_a_repeated_figure_up() {
    let rule = r#"
        kind = "low_stock"
        key  = ["sku"]
        on_hand  = { table = "stock", column = "qty" }
        settings = { table = "settings", point = "point" }
    "#;
    let stock = "[columns]\nsku = { type = \"text\" }\nqty = { type = \"quantity\", header = true }";
    Bench::new(rule).table_file("stock", stock, "").table("settings", "sku text, point quantity", "").rule();
}
