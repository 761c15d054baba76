//! Whose settings hold, what is left out, what is worth what, and which incoming goods count.

use tieout::audit::breaks::Message;

use super::{bench, planned, point};
use crate::bench::{Bench, check, said};

fn falling_back() -> Bench {
    bench().with("target = \"most\"", "target = \"most\", fallback = [[\"sku\"], [\"warehouse\"], []]")
}

#[test]
fn a_figure_comes_from_the_most_specific_row_that_has_it() {
    let settings = "A,W1,,7,,,,,,,\nA,,,3,,,50,,6,,\n,W1,,,,,9,,24,36,\n,,,1,,,1,,,,90";
    let (point, plan) = planned(&falling_back().rows("points", settings));
    // Lead time of the row itself; safety stock and pack of the item; minimum of the warehouse; target of all.
    let order = plan.order.expect("something is to be ordered");
    let computed = plan.computed.expect("the point was computed");
    assert_eq!(
        (point.as_str(), computed.lead_days.to_string(), computed.safety.to_string()),
        ("750", "7".to_owned(), "50".to_owned())
    );
    let figures =
        [order.pack, order.minimum, Some(order.target)].map(|figure| figure.map(|f| f.normalised().to_string()));
    assert_eq!(figures, ["6", "36", "90"].map(|figure| Some(figure.to_owned())));
    assert_eq!(order.quantity.to_string(), "90");
}

#[test]
fn an_item_without_a_row_of_its_own_takes_the_general_one() {
    let stock = "A,W1,5\nA,W2,5\nB,W2,5";
    let all = falling_back().rows("stock", stock).rows("points", "A,,6,,,,,,,,\n,W2,4,,,,,,,,");
    // B in W2 has the point of its warehouse, and A that of the item, in both.
    check(
        all.clone(),
        r#"["A","W1"] low_stock -> finance
           ["A","W2"] low_stock -> finance"#,
    );
    let none = all.rows("stock", "C,W3,5");
    check(none.clone(), r#"["C","W3"] no_reorder_point -> finance"#);
    check(none.rows("points", ",,5,,,,,,,,"), r#"["C","W3"] low_stock -> finance"#);
}

#[test]
fn two_rows_of_one_level_are_a_duplicate_for_whoever_they_speak_of() {
    let twice =
        falling_back().rows("stock", "A,W1,5\nB,W2,5").rows("points", "A,,6,,,,,,,,\nA,,6,,,,,,,,\n,,5,,,,,,,,");
    check(
        twice,
        r#"["A","W1"] duplicate settings -> finance
           ["B","W2"] low_stock -> finance"#,
    );
}

#[test]
fn a_row_of_a_level_the_rule_does_not_know_has_no_key() {
    let only_items = bench().with("target = \"most\"", "target = \"most\", fallback = [[\"sku\"]]");
    check(
        only_items.rows("points", "A,,6,,,,,,,,\n,W1,9,,,,,,,,"),
        r#"{"keyless":["settings"]} keyless settings -> finance
           ["A","W1"] low_stock -> finance"#,
    );
}

#[test]
fn defaults_hold_where_no_row_says_anything() {
    let defaults = bench()
        .with("lead_days = \"lead\"", "lead_days = { column = \"lead\", default = 7 }")
        .with("lead_days_sd = \"lead_sd\"", "lead_days_sd = 2")
        .with("z = \"z\"", "service = \"95%\"");
    assert_eq!(point(&defaults.clone().rows("points", "A,W1,,,,,,,,,")), ("1042".to_owned(), "342".to_owned()));
    assert_eq!(point(&defaults.clone().rows("points", "A,W1,,4,,,50,,,,")), ("450".to_owned(), "50".to_owned()));
    // Even an item that no row names.
    assert_eq!(point(&defaults.rows("points", "")), ("1042".to_owned(), "342".to_owned()));
}

#[test]
fn service_levels_are_the_z_of_the_tables() {
    for (level, safety) in [("90%", "26"), ("95 %", "33"), ("97.5%", "40"), ("98%", "41"), ("99%", "47")] {
        let bench = bench().with("z = \"z\"", &format!("service = \"{level}\"")).rows("points", "A,W1,,1,,,,,,,");
        assert_eq!(point(&bench).1, safety, "{level} of a standard deviation of 20, rounded up");
    }
}

#[test]
fn a_figure_below_zero_is_no_setting() {
    for row in ["A,W1,,-7,,,,1.65,,,", "A,W1,5,,,,,,-12,,", "A,W1,,7,-2,,,1.65,,,", "A,W1,,7,,,-1,,,,"] {
        check(bench().rows("points", row), r#"["A","W1"] unreadable settings -> finance"#);
    }
    insta::assert_snapshot!(said(&bench().rows("points", "A,W1,,-7,,,,1.65,,,")), @r#"["A","W1"] medium: settings.lead holds “-7”, which is not a valid quantity"#);
    // A point below zero is one: stock that may be owed.
    check(bench().rows("points", "A,W1,-5,,,,,,,,"), "ties out");
}

#[test]
fn items_whose_settings_are_filtered_away_are_left_out_but_for_stock_below_zero() {
    let filtered = bench()
        .with("target = \"most\"", "target = \"most\", filter = \"point < 900\"")
        .rows("points", "A,W1,999,,,,,,,,\nB,W1,6,,,,,,,,");
    let open = filtered.open(&[r#"["A","W1"]"#]);
    check(
        open.clone().rows("stock", "A,W1,3\nB,W1,5\nC,W1,5"),
        r#"["B","W1"] low_stock -> finance
           ["C","W1"] no_reorder_point -> finance
           ["A","W1"] is Gone"#,
    );
    check(
        open.rows("stock", "A,W1,-3\nB,W1,7"),
        r#"["A","W1"] negative_stock -> finance
           ["A","W1"] is Breaks"#,
    );
}

#[test]
fn a_price_says_what_the_shortage_is_worth() {
    let priced = |rows: &str| {
        bench()
            .with("target = \"most\"", "target = \"most\", price = \"cost\"")
            .table("points", &format!("{}, cost money ccy, ccy text", super::SETTINGS), rows)
            .rows("stock", "A,W1,5")
    };
    check(priced("A,W1,20,,,,,,,,,1.25,USD"), r#"["A","W1"] low_stock USD 18.75 -> finance"#);
    check(priced("A,W1,20,,,,,,,,,2.5,CNY"), r#"["A","W1"] low_stock CNY 37.50 -> finance"#);
    check(priced("A,W1,5,,,,,,,,,2.5,CNY"), r#"["A","W1"] low_stock CNY 0.00 -> finance"#);
    check(priced("A,W1,20,,,,,,,,,,"), r#"["A","W1"] low_stock -> finance"#);
}

const INCOMING: &str = "judge    = \"on_hand\"";

fn arriving(more: &str) -> Bench {
    let incoming = format!("incoming = {{ table = \"purchases\", column = \"open\", due = \"eta\"{more} }}");
    bench()
        .with(INCOMING, &format!("judge    = \"projected\"\n    {incoming}"))
        .table(
            "purchases",
            "sku text, warehouse text, open quantity, eta date",
            "A,W1,1,2026-11-19\nA,W1,10,2026-11-20\nA,W1,100,2026-11-27\nA,W1,1000,2026-11-28\nA,W1,10000,",
        )
        .rows("points", "A,W1,5000,7,,,,,,,")
}

fn counted(bench: &Bench) -> String {
    let judgement = bench.judge();
    match &judgement.findings[0].breaks[0].message {
        Message::LowStock { incoming, .. } => incoming.normalised().to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_comes_later_than_an_order_of_today_is_no_reason_to_wait() {
    assert_eq!(counted(&arriving("")), "111");
    assert_eq!(counted(&arriving(", within_lead_time = false")), "1111");
    assert_eq!(counted(&arriving("").rows("points", "A,W1,5000,,,,,,,,")), "1111", "no lead time, no end");
    assert_eq!(counted(&arriving("").rows("points", "A,W1,5000,7,,1,,,,,")), "1111", "the days until a review count");
    assert_eq!(counted(&arriving("").rows("points", "A,W1,5000,0.9,,,,,,,")), "11", "part of a day is not over");
}

#[test]
fn a_purchase_that_is_late_counts_unless_the_rule_gives_it_up() {
    assert_eq!(counted(&arriving(", late = \"ignore\"")), "110");
    assert_eq!(counted(&arriving(", late = \"count\"")), "111");
}
