//! Reorder points, safety stock, days of supply and what to order. Every formula is that of Silver, Pyke and Thomas,
//! *Inventory and Production Management in Supply Chains*; the figures are worked by hand.

mod demand;
mod settings;

use tieout::audit::breaks::Message;
use tieout::audit::replenishment::Replenishment;

use crate::bench::{Bench, check, said};

const RULE: &str = r#"
    kind     = "low_stock"
    key      = ["sku", "warehouse"]
    on_hand  = { table = "stock", column = "qty" }
    demand   = { table = "moves", column = "qty", days = 5, date = "day" }
    settings = { table = "points", point = "point", lead_days = "lead", lead_days_sd = "lead_sd", review_days = "review", safety = "safety", z = "z", pack = "pack", minimum = "least", target = "most" }
    judge    = "on_hand"
"#;

/// The five days before 2026-11-20: on average 100 a day, with a standard deviation of √(1600 ÷ 4) = 20.
const STEADY: &str =
    "A,W1,80,2026-11-15\nA,W1,120,2026-11-16\nA,W1,80,2026-11-17\nA,W1,120,2026-11-18\nA,W1,100,2026-11-19";

const SETTINGS: &str = "sku text, warehouse text, point quantity, lead quantity, lead_sd quantity, review quantity, \
                        safety quantity, z quantity, pack quantity, least quantity, most quantity";

fn bench() -> Bench {
    Bench::new(RULE)
        .table("stock", "sku text, warehouse text, qty quantity", "A,W1,0")
        .table("moves", "sku text, warehouse text, qty quantity, day date", STEADY)
        .table("points", SETTINGS, "A,W1,,7,2,,,1.65,,,")
}

/// What the first finding was planned with.
fn planned(bench: &Bench) -> (String, Replenishment) {
    let judgement = bench.judge();
    let low = judgement.findings.iter().flat_map(|finding| &finding.breaks).find_map(|found| match &found.message {
        Message::LowStock { point, plan, .. } => {
            Some((point.normalised().to_string(), *plan.clone().expect("it was planned")))
        }
        _ => None,
    });
    low.expect("something is low")
}

/// The computed reorder point, and the safety stock in it.
fn point(bench: &Bench) -> (String, String) {
    let (point, plan) = planned(bench);
    (point, plan.computed.expect("it was computed").safety.to_string())
}

fn points(bench: &Bench, row: &str) -> Bench {
    bench.clone().rows("points", row)
}

#[test]
fn the_reorder_point_covers_demand_over_the_lead_time_and_its_swings() {
    // 1.65 × √(7 × 20² + 100² × 2²) = 1.65 × √42,800 = 341.35…; 100 × 7 + 342 = 1042.
    assert_eq!(point(&bench()), ("1042".to_owned(), "342".to_owned()));
    // A lead time that never varies: 1.65 × 20 × √7 = 87.3…
    assert_eq!(point(&points(&bench(), "A,W1,,7,,,,1.65,,,")), ("788".to_owned(), "88".to_owned()));
    // 99 %: 2.33 × 20 × √4 = 93.2.
    assert_eq!(point(&points(&bench(), "A,W1,,4,0,,,2.33,,,")), ("494".to_owned(), "94".to_owned()));
    // Stock that is looked at once a week: 7 + 7 days, 1.65 × 20 × √14 = 123.4…
    assert_eq!(point(&points(&bench(), "A,W1,,7,,7,,1.65,,,")), ("1524".to_owned(), "124".to_owned()));
    // A safety stock that is set is not computed.
    assert_eq!(point(&points(&bench(), "A,W1,,7,2,,50,1.65,,,")), ("750".to_owned(), "50".to_owned()));
    // Half a day.
    assert_eq!(point(&points(&bench(), "A,W1,,0.5,,,0,,,,")), ("50".to_owned(), "0".to_owned()));
}

#[test]
fn a_point_that_is_set_is_not_computed() {
    let (point, plan) = planned(&points(&bench(), "A,W1,30,7,2,,,1.65,,,"));
    assert_eq!((point.as_str(), plan.computed), ("30", None));
}

#[test]
fn goods_are_ordered_at_the_point_and_above_it_not_yet() {
    check(bench().rows("stock", "A,W1,1042"), r#"["A","W1"] low_stock -> finance"#);
    check(bench().rows("stock", "A,W1,1042.0001"), "ties out");
}

#[test]
fn without_lead_time_only_the_safety_stock_is_wanted() {
    let at_once = points(&bench(), "A,W1,,0,,,5,,,,");
    assert_eq!(point(&at_once), ("5".to_owned(), "5".to_owned()));
    // No time passes in which anything could happen, unless the lead time itself varies: 1.65 × 100 × 2.
    let none = points(&bench(), "A,W1,,0,,,,1.65,,,");
    check(none, "ties out");
    assert_eq!(point(&points(&bench(), "A,W1,,0,2,,,1.65,,,")), ("330".to_owned(), "330".to_owned()));
}

#[test]
fn computed_figures_are_rounded_up_to_what_the_rule_says() {
    let fine = bench().with("judge ", "round_to = \"0.1\"\n    judge ");
    assert_eq!(point(&fine), ("1041.4".to_owned(), "341.4".to_owned()));
    let dozens = bench().with("judge ", "round_to = 12\n    judge ");
    assert_eq!(point(&dozens), ("1056".to_owned(), "348".to_owned()));
}

#[test]
fn an_item_without_point_lead_time_or_safety_is_listed() {
    let without_lead = points(&bench(), "A,W1,,,,,,1.65,,,");
    check(without_lead.clone(), r#"["A","W1"] no_reorder_point -> finance"#);
    let all =
        [without_lead, points(&bench(), "A,W1,,7,,,,,,,"), points(&bench(), "A,W1,,,,,,,,,"), points(&bench(), "")];
    insta::assert_snapshot!(all.iter().map(said).collect::<String>(), @r#"
    ["A","W1"] medium: No reorder point is set, and none can be computed without a lead time; 0 on hand
    ["A","W1"] medium: No reorder point is set, and none can be computed without a safety stock or service level; 0 on hand
    ["A","W1"] medium: No reorder point is set, and none can be computed without a lead time and a safety stock or service level; 0 on hand
    ["A","W1"] medium: No reorder point is set, and none can be computed without a lead time and a safety stock or service level; 0 on hand
    "#);
}

#[test]
fn what_to_order_goes_up_to_the_target_in_whole_packs_and_is_at_least_the_minimum() {
    let order = |row: &str, on_hand: &str| {
        let bench = points(&bench(), row).rows("stock", &format!("A,W1,{on_hand}"));
        planned(&bench).1.order.map(|order| order.quantity.normalised().to_string())
    };
    let of = |figure: &str| Some(figure.to_owned());
    assert_eq!(order("A,W1,20,,,,,,,,", "5"), of("15"), "up to the point");
    assert_eq!(order("A,W1,20,,,,,,,,50", "5"), of("45"), "up to the target");
    assert_eq!(order("A,W1,20,,,,,,12,,", "5"), of("24"), "15 are two packs of 12");
    assert_eq!(order("A,W1,20,,,,,,,100,", "5"), of("100"), "at least the minimum");
    assert_eq!(order("A,W1,20,,,,,,12,100,", "5"), of("108"), "the minimum in whole packs too");
    assert_eq!(order("A,W1,20,,,,,,2.5,,", "5.1"), of("15"), "14.9 in packs of 2.5");
    assert_eq!(order("A,W1,20,,,,,,,,", "-4"), of("24"), "what is owed is ordered as well");
    assert_eq!(order("A,W1,20,,,,,,,,", "20"), None, "at the point nothing is short");
    assert_eq!(order("A,W1,20,,,,,,12,,", "20"), of("12"), "but an order is at least a pack");
    assert_eq!(order("A,W1,20,,,,,,0,0,", "5"), of("15"), "zero says that there is no pack and no minimum");
    assert_eq!(order("A,W1,20,,,,,,12,,3", "5"), of("12"), "a target under what is there asks for no more");
}

#[test]
fn a_finding_says_how_long_stock_lasts_and_what_to_order() {
    let bench = bench().rows("points", "A,W1,,7,2,,,1.65,24,,\nB,W1,10,,,,,,,,\nC,W1,10,,,,,,,60,").rows(
        "moves",
        &format!("{STEADY}\nB,W1,1,2026-11-16\nB,W1,9,2026-11-19\nB,W1,5,2026-11-20\nD,W1,7,2026-11-16"),
    );
    insta::assert_snapshot!(said(&bench.clone().rows("stock", "A,W1,250\nB,W1,9\nC,W1,3")), @r#"
    ["A","W1"] medium: On-hand stock of 250 is 792 short of the reorder point of 1,042 computed from demand (on hand 250, reserved 0, incoming 0); at 100 a day it lasts 2.5 days, until 2026-11-22; order 792 (packs of 24)
    ["B","W1"] medium: On-hand stock of 9 is 1 short of the reorder point of 10 (on hand 9, reserved 0, incoming 0); at 2 a day it lasts 4.5 days, until 2026-11-24; order 1
    ["C","W1"] medium: On-hand stock of 3 is 7 short of the reorder point of 10 (on hand 3, reserved 0, incoming 0); no demand in 5 days; order 60
    "#);
    insta::assert_snapshot!(said(&bench.rows("stock", "A,W1,0\nB,W1,1\nC,W1,11")), @r#"
    ["A","W1"] medium: On-hand stock of 0 is 1,042 short of the reorder point of 1,042 computed from demand (on hand 0, reserved 0, incoming 0); at 100 a day nothing is left; order 1,056 (packs of 24)
    ["B","W1"] medium: On-hand stock of 1 is 9 short of the reorder point of 10 (on hand 1, reserved 0, incoming 0); at 2 a day it lasts 0.5 days, until 2026-11-20; order 9
    "#);
}

#[test]
fn figures_that_do_not_fit_are_told_and_never_rounded() {
    let huge = "170141183460469231731687303715884";
    let vast = bench().rows("moves", &format!("A,W1,{huge},2026-11-15\nA,W1,{huge},2026-11-16"));
    check(vast.clone(), r#"["A","W1"] unreadable -> finance"#);
    // What one item cannot hold is no matter to the others.
    let two = vast.rows("stock", "A,W1,0\nB,W1,3").rows("points", "A,W1,,7,2,,,1.65,,,\nB,W1,5,,,,,,,,");
    check(
        two,
        r#"["A","W1"] unreadable -> finance
           ["B","W1"] low_stock -> finance"#,
    );
    let long_wait = points(&bench(), &format!("A,W1,,{huge},2,,,1.65,,,"));
    check(long_wait, r#"["A","W1"] unreadable -> finance"#);
}

#[test]
fn plain_figures_of_a_large_house_fit() {
    let moves = "A,W1,99999999.9999,2026-11-15\nA,W1,88888888.8888,2026-11-16";
    let large = points(&bench().rows("moves", moves), "A,W1,,365.25,12.75,,,2.326,,,");
    // d = 37,777,777.77774; the safety stock, worked with 60 digits, is 2,563,903,383.2864.
    assert_eq!(point(&large), ("16362236718".to_owned(), "2563903384".to_owned()));
}
