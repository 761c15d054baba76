//! What a low-stock rule and an overdue-payment rule call a break.

use crate::bench::{Bench, check, day};

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

const OVERDUE: &str = r#"
    kind      = "overdue_payment"
    direction = "receivable"
    items     = { table = "invoices", document = "no", party = "customer", due = "due", date = "day", amount = "amount" }
    applied   = { table = "allocations", document = "no", amount = "amount", date = "day", reversed = "reversed" }
    terms     = { table = "customers", party = "customer", days = "net" }
    credit    = { table = "customers", party = "customer", limit = "credit" }
    buckets   = [30, 60, 90]
"#;

fn books() -> Bench {
    Bench::new(OVERDUE)
        .table(
            "invoices",
            "no text, customer text, day date, due date, amount money ccy, ccy text",
            "F1,C1,2026-09-01,2026-11-20,100.00,CNY",
        )
        .table("allocations", "no text, amount money ccy, ccy text, day date, reversed date", "")
        .table("customers", "customer text, net number, credit money ccy, ccy text", "C1,30,1000.00,CNY")
}

fn invoice(due: &str) -> String {
    format!("F1,C1,2026-01-01,{due},100.00,CNY")
}

#[test]
fn due_today_is_not_overdue_and_due_yesterday_is() {
    check(books(), "ties out");
    check(books().on(day("2026-11-21")), r#"["F1"] overdue CNY 100.00 -> finance"#);
}

#[test]
fn buckets_end_on_their_last_day() {
    use tieout::audit::breaks::Message;
    for (due, wanted) in [
        ("2026-11-19", (1, 1, Some(30))),
        ("2026-10-21", (30, 1, Some(30))),
        ("2026-10-20", (31, 31, Some(60))),
        ("2026-09-21", (60, 31, Some(60))),
        ("2026-09-20", (61, 61, Some(90))),
        ("2026-08-22", (90, 61, Some(90))),
        ("2026-08-21", (91, 91, None)),
    ] {
        let judgement = books().rows("invoices", &invoice(due)).judge();
        let Message::Overdue { days, from, to, .. } = judgement.findings[0].breaks[0].message else {
            panic!("{due} is overdue");
        };
        assert_eq!((days, from, to), wanted, "{due}");
    }
}

#[test]
fn payments_count_from_their_day_until_they_are_taken_back() {
    let late = books().rows("invoices", &invoice("2026-11-01"));
    check(late.clone().rows("allocations", "F1,60.00,CNY,2026-11-20,\nF1,40.00,CNY,2026-11-10,"), "ties out");
    check(
        late.clone().rows("allocations", "F1,60.00,CNY,2026-11-21,\nF1,40.00,CNY,2026-11-10,"),
        r#"["F1"] overdue CNY 60.00 -> finance"#,
    );
    check(late.rows("allocations", "F1,100.00,CNY,2026-11-10,2026-11-20"), r#"["F1"] overdue CNY 100.00 -> finance"#);
}

#[test]
fn a_document_without_due_date_takes_its_partys_terms() {
    let terms = books().rows("invoices", "F1,C1,2026-10-20,,100.00,CNY");
    check(terms.clone(), r#"["F1"] overdue CNY 100.00 -> finance"#);
    check(terms.clone().on(day("2026-11-19")), "ties out");
    check(terms.rows("customers", "C1,,1000.00,CNY"), r#"["F1"] no_due_date CNY 100.00 -> finance"#);
}

#[test]
fn a_party_is_over_its_limit_by_what_all_its_open_documents_exceed_it() {
    let two =
        books().rows("invoices", "F1,C1,2026-09-01,2026-12-31,600.00,CNY\nF2,C1,2026-09-01,2026-12-31,400.00,CNY");
    check(two.clone(), "ties out");
    let over = two.rows("customers", "C1,30,999.99,CNY").open(&[r#"{"party":["C1"]}"#, r#"{"party":["C9"]}"#]);
    check(
        over,
        r#"{"party":["C1"]} over_credit_limit CNY 0.01 -> finance
           {"party":["C1"]} is Breaks
           {"party":["C9"]} is Gone"#,
    );
}

#[test]
fn other_currencies_do_not_use_up_a_limit_and_do_not_pay_a_document() {
    let dollars = books().rows("invoices", "F1,C1,2026-09-01,2026-12-31,5000.00,USD");
    check(dollars, "ties out");
    let mixed = books().rows("allocations", "F1,100.00,USD,2026-11-01,");
    check(mixed, r#"["F1"] currency applied -> finance"#);
}

#[test]
fn an_invoice_that_stands_twice_or_cannot_be_read_is_told() {
    let twice = format!("{}\n{}", invoice("2026-11-01"), invoice("2026-11-01"));
    check(books().rows("invoices", &twice), r#"["F1"] duplicate items -> finance"#);
    check(books().rows("invoices", "F1,C1,2026-09-01,sometime,100.00,CNY"), r#"["F1"] unreadable items -> finance"#);
    check(
        books().rows("invoices", &invoice("2026-11-01")).rows("allocations", "F1,100.00,CNY,someday,"),
        r#"["F1"] unreadable applied -> finance"#,
    );
    check(
        books().rows("invoices", ",C1,2026-09-01,2026-11-01,100.00,CNY"),
        r#"{"keyless":["items"]} keyless items -> finance"#,
    );
}
