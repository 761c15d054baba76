//! Which movements are demand, and on which days.

use super::{STEADY, bench, planned};
use crate::bench::{Bench, check, day};

/// Sum and sum of squares of the demand for A, whose shelf is empty and whose point is 5.
fn demand(bench: &Bench) -> (String, String) {
    let (_, plan) = planned(&bench.clone().rows("points", "A,W1,5,,,,,,,,"));
    let demand = plan.demand.expect("the rule reads demand");
    (demand.sum.normalised().to_string(), demand.squares.normalised().to_string())
}

fn moved(rows: &str) -> Bench {
    bench().rows("moves", rows)
}

fn figures(sum: &str, squares: &str) -> (String, String) {
    (sum.to_owned(), squares.to_owned())
}

#[test]
fn the_window_ends_the_day_before_and_has_as_many_days_as_the_rule_says() {
    let (_, plan) = planned(&bench());
    let demand = plan.demand.expect("the rule reads demand");
    assert_eq!((demand.since, demand.until, demand.days), (day("2026-11-15"), day("2026-11-19"), 5));
    let edges = "A,W1,1,2026-11-14\nA,W1,10,2026-11-15\nA,W1,100,2026-11-19\nA,W1,1000,2026-11-20";
    assert_eq!(self::demand(&moved(edges)), figures("110", "10100"));
}

#[test]
fn a_window_over_a_leap_day_has_it_as_one_of_its_days() {
    let long = bench().with("days = 5", "days = 90");
    let window = |today: &str| {
        let (_, plan) = planned(&long.clone().on(day(today)).rows("points", "A,W1,5,,,,,,,,"));
        plan.demand.map(|demand| (demand.since, demand.until)).expect("the rule reads demand")
    };
    assert_eq!(window("2024-03-31"), (day("2024-01-01"), day("2024-03-30")), "31 + 29 + 30 days");
    assert_eq!(window("2025-03-31"), (day("2024-12-31"), day("2025-03-30")), "1 + 31 + 28 + 30 days");
    assert_eq!(window("2026-01-01"), (day("2025-10-03"), day("2025-12-31")));
    let leap = long.on(day("2024-03-31")).rows("moves", "A,W1,90,2024-02-29\nA,W1,1,2023-12-31\nA,W1,1,2024-03-31");
    assert_eq!(demand(&leap), figures("90", "8100"));
}

#[test]
fn stock_runs_out_past_month_ends_and_leap_days() {
    let out = |today: &str, moved: &str, on_hand: &str| {
        let bench = bench().on(day(today)).rows("moves", moved).rows("stock", &format!("A,W1,{on_hand}"));
        let (_, plan) = planned(&bench.rows("points", "A,W1,1000,,,,,,,,"));
        let lasts = plan.lasts.expect("there is demand");
        (lasts.days.to_string(), lasts.until.expect("the calendar reaches that far").to_string())
    };
    let two_a_day = "A,W1,10,2024-02-27";
    assert_eq!(out("2024-02-28", two_a_day, "4"), ("2".to_owned(), "2024-03-01".to_owned()));
    assert_eq!(out("2024-02-28", two_a_day, "3.9"), ("1.9".to_owned(), "2024-02-29".to_owned()));
    assert_eq!(out("2025-02-28", "A,W1,10,2025-02-27", "2"), ("1".to_owned(), "2025-03-01".to_owned()));
    assert_eq!(out("2026-12-31", "A,W1,15,2026-12-30", "10"), ("3.3".to_owned(), "2027-01-03".to_owned()));
    assert_eq!(out("2026-12-31", "A,W1,15,2026-12-30", "-10"), ("0".to_owned(), "2026-12-31".to_owned()));
}

#[test]
fn an_instant_counts_on_the_day_of_the_business() {
    // The bench's business is in Shanghai, eight hours ahead of UTC.
    let instants = |rows: &str| bench().table("moves", "sku text, warehouse text, qty quantity, day instant", rows);
    let edges = "A,W1,1,2026-11-14T15:59:59Z\nA,W1,10,2026-11-14T16:00:00Z\n\
                 A,W1,100,2026-11-19T15:59:59Z\nA,W1,1000,2026-11-19T16:00:00Z";
    assert_eq!(demand(&instants(edges)), figures("110", "10100"));
    // 23:00 and 01:00 UTC of two dates are one day there.
    let one_day = "A,W1,3,2026-11-16T23:00:00Z\nA,W1,4,2026-11-17T01:00:00Z";
    assert_eq!(demand(&instants(one_day)), figures("7", "49"));
}

#[test]
fn several_movements_of_one_day_are_one_days_demand() {
    assert_eq!(demand(&moved("A,W1,3,2026-11-16\nA,W1,4,2026-11-16\nA,W1,2,2026-11-17")), figures("9", "53"));
}

#[test]
fn returns_are_taken_off_by_their_sign() {
    assert_eq!(demand(&moved("A,W1,10,2026-11-16\nA,W1,-4,2026-11-18")), figures("6", "116"));
    let outgoing = bench().with("date = \"day\"", "date = \"day\", outgoing = \"negative\"");
    assert_eq!(demand(&outgoing.rows("moves", "A,W1,-10,2026-11-16\nA,W1,4,2026-11-18")), figures("6", "116"));
}

#[test]
fn sales_and_returns_are_told_apart_by_what_the_rule_says() {
    let kinds = bench()
        .with("date = \"day\"", "date = \"day\", filter = \"kind = 'sale'\", returns = \"kind = 'return'\"")
        .table("moves", "sku text, warehouse text, qty quantity, day date, kind text", "");
    // A return counts against the sales whether it is booked with a sign or without; a stocktake is neither.
    for back in ["4", "-4"] {
        let rows = format!("A,W1,10,2026-11-16,sale\nA,W1,{back},2026-11-18,return\nA,W1,99,2026-11-17,count");
        assert_eq!(demand(&kinds.clone().rows("moves", &rows)), figures("6", "116"), "{back}");
    }
}

#[test]
fn more_returns_than_sales_are_no_demand_and_that_is_said() {
    let back = moved("A,W1,10,2026-11-16\nA,W1,-25,2026-11-18").rows("points", "A,W1,5,,,,,,,,");
    insta::assert_snapshot!(crate::bench::said(&back), @r#"["A","W1"] medium: On-hand stock of 0 is 5 short of the reorder point of 5 (on hand 0, reserved 0, incoming 0); in 5 days 15 more came back than went out, which counts as no demand; order 5"#);
    // Nothing guards against a demand that is none: the computed point is zero, and an empty shelf is at no point.
    let computed = moved("A,W1,10,2026-11-16\nA,W1,-25,2026-11-18");
    check(computed.clone(), "ties out");
    check(
        computed.rows("stock", "A,W1,-1"),
        r#"["A","W1"] negative_stock -> finance
           ["A","W1"] low_stock -> finance"#,
    );
}

#[test]
fn an_item_that_never_moves_is_not_low_unless_a_safety_stock_is_set() {
    check(moved(""), "ties out");
    check(moved("").rows("points", "A,W1,,7,2,,3,1.65,,,"), r#"["A","W1"] low_stock -> finance"#);
}

#[test]
fn movements_without_day_or_quantity_are_none_and_those_that_cannot_be_read_are_told() {
    assert_eq!(demand(&moved("A,W1,3,\nA,W1,,2026-11-16\nA,W1,5,2026-11-17")), figures("5", "25"));
    let points = "A,W1,5,,,,,,,,";
    check(moved("A,W1,3,yesterday").rows("points", points), r#"["A","W1"] unreadable demand -> finance"#);
    check(moved("A,W1,some,2026-11-17").rows("points", points), r#"["A","W1"] unreadable demand -> finance"#);
    // Outside the window it does not matter what stands there.
    check(moved("A,W1,some,2026-10-17").rows("points", points), r#"["A","W1"] low_stock -> finance"#);
    check(
        moved(&format!("{STEADY}\n,W1,5,2026-11-17")).rows("points", points),
        r#"{"keyless":["demand"]} keyless demand -> finance
           ["A","W1"] low_stock -> finance"#,
    );
}

#[test]
fn demand_for_what_is_neither_stocked_nor_set_is_no_stock() {
    check(moved("Z,W9,5,2026-11-17").rows("points", "A,W1,5,,,,,,,,"), r#"["A","W1"] low_stock -> finance"#);
}

#[test]
fn a_rule_may_find_it_worse_the_sooner_stock_runs_out() {
    let severities =
        "severity = { base = \"low\", medium = { supply_days = 10 }, high = { supply_days = 3 } }\n    judge ";
    let severity = |on_hand: &str, moves: &str| {
        let bench = bench().with("judge ", severities).rows("points", "A,W1,5000,,,,,,,,").rows("moves", moves);
        bench.rows("stock", &format!("A,W1,{on_hand}")).judge().findings[0].severity.name()
    };
    let found = ["1000.1", "1000", "300.1", "300", "0"].map(|on_hand| severity(on_hand, STEADY));
    assert_eq!(found, ["low", "medium", "medium", "high", "high"]);
    assert_eq!(severity("0", ""), "low", "what nobody wants does not run out");
}
