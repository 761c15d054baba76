//! What the breaks of one check have in common, far beyond what all rows have.

use std::fmt::Write;

use tieout::language::Language;
use tieout::words;

use crate::bench::Bench;

const RULE: &str = r#"
    kind = "reconcile"
    key  = ["order_no"]
    [sides.sales]
    table = "sales"
    [sides.warehouse]
    table = "shipments"
    [[checks]]
    name  = "shipped"
    equal = ["sales.qty", "warehouse.qty"]
"#;

/// Two hundred orders, a fifth of them from W02; of those that `is_wrong` names, one piece was not shipped.
fn bench(is_wrong: impl Fn(i64) -> bool) -> Bench {
    let (mut sales, mut shipments) = (String::new(), String::new());
    for number in 0..200 {
        let qty = 50 + number % 7;
        let shipped = if is_wrong(number) { qty - 1 } else { qty };
        let day = 1 + number % 25;
        let _ = writeln!(sales, "SO{number},C{},{qty}", number % 10);
        let _ = writeln!(shipments, "SO{number},W0{},{shipped},2026-11-{day:02}", 1 + number % 5);
    }
    Bench::new(RULE).table("sales", "order_no* text, customer text, qty quantity", &sales).table(
        "shipments",
        "order_no* text, warehouse text, qty quantity, shipped@ date",
        &shipments,
    )
}

fn told(bench: &Bench) -> String {
    let patterns = bench.judge().patterns;
    let both = [Language::En, Language::Zh];
    patterns.iter().flat_map(|pattern| both.map(|language| words::pattern(pattern, None, language) + "\n")).collect()
}

#[test]
fn breaks_of_one_warehouse_say_so_with_both_shares() {
    insta::assert_snapshot!(told(&bench(|number| number % 5 == 1)), @"
    40 of 40 (shipped) have warehouse.warehouse W02 (20.0 % of all its rows)
    40 项“shipped”中有 40 项仓库仓库为 W02（全部行中占 20.0 %）
    ");
}

#[test]
fn values_that_the_same_breaks_share_are_told_together() {
    insta::assert_snapshot!(told(&bench(|number| number % 25 == 6)), @"
    8 of 8 (shipped) have warehouse.warehouse W02 (20.0 % of all its rows) and warehouse.shipped 2026-11-07 (4.0 % of all its rows)
    8 项“shipped”中有 8 项仓库仓库为 W02（全部行中占 20.0 %），且仓库“shipped”为 2026-11-07（全部行中占 4.0 %）
    ");
}

#[test]
fn breaks_that_are_spread_as_all_rows_are_have_nothing_in_common() {
    assert_eq!(told(&bench(|number| number % 6 == 0)), "");
}

#[test]
fn four_breaks_are_too_few() {
    assert_eq!(told(&bench(|number| number % 50 == 6)), "");
}

#[test]
fn patterns_do_not_depend_on_the_order_of_rows_or_their_partitions() {
    let bench = bench(|number| number % 5 == 1);
    let told = format!("{:?}", bench.judge().patterns);
    assert_eq!(format!("{:?}", bench.clone().reversed().judge().patterns), told);
    let part = |_: &str, row: &[String]| row[0].len() % 3;
    assert_eq!(format!("{:?}", bench.judge_apart(3, part).patterns), told);
}
