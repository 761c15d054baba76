//! `settled`: what touches a row that is too young is in transit.

use crate::bench::{Bench, check, day};

/// Half an hour, by what the reference and the invoices say of themselves.
const RULE: &str = r#"
    kind    = "reconcile"
    key     = ["order_no"]
    settled = { minutes = 30, by = ["orders.updated_at", "invoices.booked"] }
    [sides.orders]
    table = "orders"
    [sides.invoices]
    table = "invoices"
    sum   = ["amount"]
    [[checks]]
    name  = "amount"
    equal = ["orders.amount", "invoices.amount"]
"#;

/// Noon of 2026-11-20 in Shanghai is four in the morning by UTC.
fn bench(orders: &str, invoices: &str) -> Bench {
    Bench::new(RULE).table("orders", "order_no text, amount money, updated_at instant", orders).table(
        "invoices",
        "order_no text, amount money, booked date",
        invoices,
    )
}

const BREAK: &str = r#"["SO1"] amount CNY 1.00 -> finance"#;
const MISSING: &str = r#"["SO1"] missing invoices CNY 1.00 -> finance"#;
const WAITS: &str = "in transit: 1";

#[test]
fn a_break_counts_once_its_rows_have_stood_long_enough() {
    let at = |time: &str| bench(&format!("SO1,1.00,2026-11-20T{time}"), "SO1,2.00,2026-11-01");
    check(at("03:30:00.000001Z"), WAITS);
    check(at("03:30:00Z"), BREAK);
    check(at("11:30:00+08:00"), BREAK);
    let missing = |time: &str| bench(&format!("SO1,1.00,2026-11-20T{time}"), "");
    check(missing("03:59:59Z"), WAITS);
    check(missing("03:29:59Z"), MISSING);
}

#[test]
fn a_row_of_the_future_is_young_and_one_without_a_time_is_not() {
    check(bench("SO1,1.00,2027-11-20T00:00:00Z", ""), WAITS);
    check(bench("SO1,1.00,8999-12-31T00:00:00Z", ""), WAITS);
    check(bench("SO1,1.00,", ""), MISSING);
}

/// Whoever fixed a row lately may be fixing its counterpart just now.
#[test]
fn one_young_row_is_enough_on_whatever_side_it_stands() {
    check(bench("SO1,1.00,2026-11-01T00:00:00Z", "SO1,1.00,2026-11-01\nSO1,1.00,2026-11-20"), WAITS);
    check(bench("", "SO1,2.00,2026-11-20"), WAITS);
    let twice = "SO1,1.00,2026-11-01T00:00:00Z\nSO1,1.00,2026-11-20T03:59:00Z";
    check(bench(twice, "SO1,1.00,2026-11-01"), WAITS);
    check(bench("SO1,ten,2026-11-20T03:59:00Z", "SO1,1.00,2026-11-01"), WAITS);
}

#[test]
fn what_agrees_need_not_be_old() {
    check(bench("SO1,2.00,2026-11-20T03:59:00Z", "SO1,2.00,2026-11-20"), "ties out");
}

/// A day is over at midnight in the zone of the business, and settled half an hour later.
#[test]
fn a_day_counts_as_its_end() {
    let at = |moment: &str| bench("", "SO1,2.00,2026-11-19").read_at("invoices", moment, 0);
    let missing = r#"["SO1"] missing orders CNY 2.00 -> finance"#;
    check(at("2026-11-20T00:29:59.999999+08:00"), WAITS);
    check(at("2026-11-20T00:30:00+08:00"), missing);
    check(bench("", "SO1,2.00,2026-11-20"), WAITS);
    check(bench("", "SO1,2.00,2026-12-24"), WAITS);
}

/// A past day is judged by what stands now: how old it was then nobody asks.
#[test]
fn age_is_counted_from_the_moment_of_the_snapshot_and_not_from_the_as_of() {
    let young = || bench("SO1,1.00,2026-11-20T03:45:00Z", "");
    check(young(), WAITS);
    check(young().read_at("orders", "2026-11-20T04:15:00Z", 0), MISSING);
    check(young().on(day("2026-11-10")).read_at("orders", "2026-11-20T04:14:59Z", 0), WAITS);
    check(young().on(day("2026-12-10")).read_at("orders", "2026-11-20T04:14:59Z", 0), WAITS);
    let other = young().read_at("invoices", "2026-12-20T04:15:00Z", 0);
    check(other, WAITS);
}

/// Rows are stamped by the clock of the server they stand on.
#[test]
fn age_is_counted_by_the_clock_of_the_source() {
    let noon = "2026-11-20T04:00:00Z";
    let stamped = |time: &str, ahead| bench(&format!("SO1,1.00,{time}"), "").read_at("orders", noon, ahead);
    check(stamped("2026-11-20T03:33:00Z", 4), MISSING);
    check(stamped("2026-11-20T03:35:00Z", 4), WAITS);
    check(stamped("2026-11-20T03:27:00Z", -4), WAITS);
    check(stamped("2026-11-20T03:26:00Z", -4), MISSING);
}

#[test]
fn an_open_exception_that_is_touched_stays_as_it_is() {
    let bench = bench("SO1,1.00,2026-11-20T03:59:00Z", "").open(&[r#"["SO1"]"#]);
    check(
        bench,
        r#"in transit: 1
           ["SO1"] is InTransit"#,
    );
}

#[test]
fn rows_without_a_key_count_one_by_one() {
    let keyless = r#"{"keyless":["orders"]}"#;
    let old = ",1.00,2026-11-01T00:00:00Z";
    let young = ",1.00,2026-11-20T03:59:00Z";
    check(bench(old, ""), &format!("{keyless} keyless orders -> finance"));
    check(bench(&format!("{old}\n{young}"), ""), &format!("{keyless} keyless orders -> finance"));
    check(bench(young, ""), WAITS);
    check(bench(young, "").open(&[keyless]), &format!("in transit: 1\n{keyless} is InTransit"));
    let found = bench(&format!("{old}\n{young}"), "").judge().findings.remove(0);
    assert_eq!(found.evidence.sides[0].total, 1, "the young row is not among them");
}

#[test]
fn a_time_that_cannot_be_read_is_told() {
    check(bench("SO1,1.00,lately", "SO1,1.00,2026-11-01"), r#"["SO1"] unreadable orders -> finance"#);
}

/// What judging a rule gives may only change its meaning where something is said that was not said before.
#[test]
fn settling_is_part_of_the_rules_meaning() {
    let settled = bench("", "").rule().hash;
    let line = "settled = { minutes = 30, by = [\"orders.updated_at\", \"invoices.booked\"] }";
    let changed = |by: &str| bench("", "").with(line, by).rule().hash;
    let others = [
        changed(""),
        changed("settled = { minutes = 31, by = [\"orders.updated_at\", \"invoices.booked\"] }"),
        changed("settled = { minutes = 30, by = [\"orders.updated_at\"] }"),
    ];
    assert!(!others.contains(&settled));
    assert_eq!(changed("settled = { minutes = 30, by = \"orders.updated_at\" }"), others[2]);
}
