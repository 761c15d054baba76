//! What a low-stock rule calls a break.

use crate::bench::{Bench, check};

const STOCK: &str = r#"
    kind     = "low_stock"
    key      = ["sku", "warehouse"]
    on_hand  = { table = "stock", column = "qty" }
    reserved = { table = "orders", column = "open" }
    incoming = { table = "purchases", column = "open", due = "eta" }
    settings = { table = "points", point = "point" }
    judge    = "projected"
"#;

fn stock(rule: &str) -> Bench {
    Bench::new(rule)
        .table("stock", "sku text, warehouse text, qty quantity", "A,W1,10")
        .table("orders", "sku text, warehouse text, open quantity", "A,W1,3")
        .table("purchases", "sku text, warehouse text, open quantity, eta date", "A,W1,2,2026-12-01\nA,W1,50,")
        .table("points", "sku text, warehouse text, point quantity", "A,W1,8")
}

#[test]
fn stock_above_its_point_passes_and_at_it_is_low() {
    check(stock(STOCK).rows("points", "A,W1,8"), "ties out");
    check(stock(STOCK).rows("points", "A,W1,9"), r#"["A","W1"] low_stock -> finance"#);
    check(stock(STOCK).rows("points", "A,W1,8.9999"), "ties out");
}

#[test]
fn strictly_judged_only_stock_under_its_point_is_low() {
    let strict = format!("{STOCK}strict = true\n");
    check(stock(&strict).rows("points", "A,W1,9"), "ties out");
    check(stock(&strict).rows("points", "A,W1,9.0001"), r#"["A","W1"] low_stock -> finance"#);
}

#[test]
fn the_figure_judged_is_the_one_the_rule_names() {
    let judged = |figure: &str| STOCK.replace("projected", figure);
    check(stock(&judged("on_hand")).rows("points", "A,W1,9.5"), "ties out");
    check(stock(&judged("available")).rows("points", "A,W1,7"), r#"["A","W1"] low_stock -> finance"#);
    check(stock(&judged("available")).rows("points", "A,W1,6.5"), "ties out");
}

#[test]
fn negative_stock_is_a_break_of_its_own() {
    check(
        stock(STOCK).rows("stock", "A,W1,-1"),
        r#"["A","W1"] negative_stock -> finance
           ["A","W1"] low_stock -> finance"#,
    );
}

#[test]
fn a_point_without_stock_counts_as_nothing_on_hand_and_stock_without_a_point_is_listed() {
    check(stock(STOCK).rows("stock", "").rows("orders", ""), r#"["A","W1"] low_stock -> finance"#);
    check(stock(STOCK).rows("points", ""), r#"["A","W1"] no_reorder_point -> finance"#);
}

#[test]
fn two_points_for_one_item_are_a_duplicate_and_nothing_is_guessed() {
    check(stock(STOCK).rows("points", "A,W1,8\nA,W1,1"), r#"["A","W1"] duplicate settings -> finance"#);
}

#[test]
fn rows_without_item_and_cells_that_cannot_be_read_are_told() {
    check(
        stock(STOCK).rows("points", "A,W1,1").rows("stock", "A,W1,10\n,W1,5"),
        r#"{"keyless":["on_hand"]} keyless on_hand -> finance"#,
    );
    check(stock(STOCK).rows("stock", "A,W1,lots"), r#"["A","W1"] unreadable on_hand -> finance"#);
    check(stock(STOCK).rows("purchases", "A,W1,2,soon"), r#"["A","W1"] unreadable incoming -> finance"#);
}

#[test]
fn an_item_that_left_stock_and_settings_is_gone() {
    let bench = stock(STOCK).rows("points", "A,W1,1").open(&[r#"["A","W1"]"#, r#"["B","W1"]"#]);
    check(
        bench,
        r#"["A","W1"] is Agrees
           ["B","W1"] is Gone"#,
    );
}
