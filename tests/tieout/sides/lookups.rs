//! `lookup`: columns of another table, found by key, that never make rows more or fewer.

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind = "reconcile"
    key  = ["order_no"]
    [sides.orders]
    table  = "orders"
    lookup = [{ table = "customers", key = { customer = "no" }, take = { area = "region", limit = "credit" } }]
    filter = "area = 'north'"
    [sides.invoices]
    table = "invoices"
    owner = "sales"
    [[checks]]
    name  = "amount"
    equal = ["orders.amount", "invoices.amount"]
"#;

fn bench_with(rule: &str) -> Bench {
    Bench::new(rule)
        .table("orders", "order_no text, customer text, amount money", "SO1,C1,10.00\nSO2,C2,20.00\nSO3,C1,30.00")
        .table("customers", "no text, region text, credit money", "C1,north,1000.00\nC2,south,2000.00")
        .table("invoices", "order_no text, amount money", "SO1,10.00\nSO3,30.00")
}

fn bench() -> Bench {
    bench_with(RULE)
}

fn required() -> Bench {
    bench_with(&RULE.replace("} }]", "}, required = true }]").replace("filter = \"area = 'north'\"", ""))
        .rows("invoices", "SO1,10.00\nSO2,20.00\nSO3,30.00")
}

#[test]
fn a_looked_up_column_can_be_filtered_by_and_compared() {
    check(bench(), "ties out");
    let rule = RULE.replace("[\"orders.amount\", \"invoices.amount\"]", "[\"orders.area\", \"invoices.area\"]");
    let bench = bench_with(&rule).table("invoices", "order_no text, area text", "SO1,north\nSO3,west");
    check(bench, r#"["SO3"] amount: text -> finance"#);
}

#[test]
fn no_hit_is_null_and_counted() {
    let bench = bench().rows("customers", "C1,north,1000.00");
    check(bench.clone(), "ties out");
    let unfiltered = bench_with(&RULE.replace("filter = \"area = 'north'\"", ""))
        .rows("customers", "C1,north,1000.00")
        .rows("orders", "SO1,C1,10.00\nSO2,C2,20.00\nSO3,,30.00")
        .rows("invoices", "SO1,10.00\nSO2,20.00\nSO3,30.00");
    check(unfiltered.clone(), "ties out");
    let counts = |bench: Bench| bench.judge().sides[0].unmatched_lookups.get("customers").copied();
    assert_eq!(counts(unfiltered), Some(2));
    assert_eq!(counts(bench), None, "a row that the filter leaves out is not counted");
}

#[test]
fn no_hit_is_a_missing_row_where_the_lookup_is_required() {
    check(required(), "ties out");
    let bench =
        required().rows("customers", "C2,south,2000.00").rows("orders", "SO1,C1,10.00\nSO2,C2,20.00\nSO3,,30.00");
    check(
        bench,
        r#"["SO1"] missing orders CNY 10.00 -> finance
           ["SO3"] missing orders CNY 30.00 -> finance"#,
    );
}

#[test]
fn a_required_lookup_that_the_filter_reads_keeps_its_row() {
    let bench = bench_with(&RULE.replace("} }]", "}, required = true }]")).rows("customers", "C1,north,1000.00");
    check(
        bench,
        r#"["SO2"] missing orders CNY 20.00 -> finance
           ["SO2"] missing invoices CNY 20.00 -> sales"#,
    );
}

#[test]
fn two_hits_are_a_duplicate_of_the_subject_and_never_more_rows() {
    let bench = required().rows("customers", "C1,north,1000.00\nC1,north,1000.00\nC2,south,2000.00");
    check(
        bench,
        r#"["SO1"] duplicate orders CNY 10.00 -> finance
           ["SO3"] duplicate orders CNY 30.00 -> finance"#,
    );
}

#[test]
fn checks_that_do_not_read_what_could_not_be_looked_up_still_run() {
    let bench = required().rows("customers", "C1,north,1000.00").rows("invoices", "SO1,10.00\nSO2,20.01\nSO3,30.00");
    check(
        bench,
        r#"["SO2"] missing orders CNY 20.00 -> finance
           ["SO2"] amount CNY 0.01 -> finance"#,
    );
}

#[test]
fn a_cell_that_cannot_be_read_there_cannot_be_read_here() {
    let rule = RULE
        .replace("filter = \"area = 'north'\"", "")
        .replace("[\"orders.amount\", \"invoices.amount\"]", "[\"orders.limit\", \"invoices.amount\"]");
    let bench = bench_with(&rule)
        .rows("customers", "C1,north,plenty\nC2,south,2000.00")
        .rows("invoices", "SO1,1000.00\nSO2,2000.00\nSO3,1000.00");
    check(
        bench,
        r#"["SO1"] unreadable orders -> finance
           ["SO3"] unreadable orders -> finance"#,
    );
}

#[test]
fn a_lookup_may_go_on_from_what_an_earlier_one_found_by_keys_of_several_parts() {
    let rule = RULE
        .replace(
            "take = { area = \"region\", limit = \"credit\" } }]",
            "take = [\"region\"] },\n { table = \"areas\", key = { region = \"region\", line = \"line\" }, take = { area = \"head\" } }]",
        )
        .replace("area = 'north'", "area = 'Li'");
    let bench = bench_with(&rule)
        .table("orders", "order_no text, customer text, line number, amount money", "SO1,C1,1,10.00\nSO2,C1,2,20.00")
        .table("areas", "region text, line number, head text", "north,1,Li\nnorth,2,Wu\nnorth,,Li")
        .rows("invoices", "SO1,10.00");
    check(bench, "ties out");
}
