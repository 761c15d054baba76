//! Lookups, derived columns, units and aggregates against the same worked out row by row, on whole numbers and maps.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::bench::Bench;

const RULE: &str = r#"
    kind  = "reconcile"
    key   = ["order_no"]
    units = { table = "units", item = "sku", unit = "unit", factor = "factor" }
    [sides.orders]
    table = "orders"
    [sides.lines]
    table  = "lines"
    lookup = [{ table = "items", key = { sku = "sku" }, take = ["price"] }]
    derive = { base = "qty + 0", value = "base * price" }
    sum    = ["value"]
    min    = ["qty"]
    max    = ["base"]
    count  = "rows"
    [[checks]]
    name  = "value"
    equal = ["orders.value", "lines.value"]
    [[checks]]
    name  = "least"
    equal = ["orders.least", "lines.qty"]
    [[checks]]
    name  = "largest"
    equal = ["orders.largest", "lines.base"]
    [[checks]]
    name  = "count"
    equal = ["orders.lines", "lines.rows"]
"#;

/// A line of an order: its item, how many, and in which unit.
type Line = (u8, u8, Option<i64>, Option<u8>);

/// What the lines of one order come to, and whether a lookup or a unit is in question.
#[derive(Debug, Default, PartialEq)]
struct Order {
    value: Option<i64>,
    least: Option<i64>,
    largest: Option<i64>,
    rows: i64,
    ambiguous: bool,
    without_factor: bool,
}

fn orders(lines: &[Line], items: &[(u8, i64)], units: &BTreeMap<(u8, u8), i64>) -> BTreeMap<u8, Order> {
    let mut orders: BTreeMap<u8, Order> = BTreeMap::new();
    for (order, sku, qty, unit) in lines {
        let order = orders.entry(*order).or_default();
        order.rows += 1;
        let prices: Vec<i64> = items.iter().filter(|(item, _)| item == sku).map(|(_, price)| *price).collect();
        order.ambiguous |= prices.len() > 1;
        let Some(qty) = qty else { continue };
        let factor = match unit {
            None => Some(1),
            Some(unit) => units.get(&(*sku, *unit)).copied(),
        };
        let Some(factor) = factor else {
            order.without_factor = true;
            continue;
        };
        let base = qty * factor;
        order.least = Some(order.least.map_or(base, |least| least.min(base)));
        order.largest = Some(order.largest.map_or(base, |largest| largest.max(base)));
        if let [price] = prices.as_slice() {
            order.value = Some(order.value.unwrap_or_default() + base * price);
        }
    }
    orders
}

fn cell(figure: Option<i64>) -> String {
    figure.map(|figure| figure.to_string()).unwrap_or_default()
}

/// Order numbers with the classes of their breaks.
fn judged(bench: &Bench) -> Vec<String> {
    let findings = bench.judge().findings;
    let mut told: Vec<String> = findings
        .iter()
        .map(|finding| {
            let classes: Vec<&str> = finding.breaks.iter().map(|found| found.class.name()).collect();
            format!("{} {}", finding.subject.canonical(), classes.join(" "))
        })
        .collect();
    told.sort();
    told
}

fn bench(lines: &[Line], items: &[(u8, i64)], units: &BTreeMap<(u8, u8), i64>, more: i64) -> Bench {
    let mut text = String::new();
    for (number, (order, sku, qty, unit)) in lines.iter().enumerate() {
        let unit = unit.map(|unit| format!("u{unit}")).unwrap_or_default();
        let _ = writeln!(text, "D{number},SO{order},K{sku},{},{unit}", cell(*qty));
    }
    let prices: String = items.iter().map(|(sku, price)| format!("K{sku},{price}\n")).collect();
    let factors: String = units.iter().map(|((sku, unit), factor)| format!("K{sku},u{unit},{factor}\n")).collect();
    let mut totals = String::new();
    for (order, known) in orders(lines, items, units) {
        let (value, least, largest) = (cell(known.value), cell(known.least), cell(known.largest));
        let _ = writeln!(totals, "SO{order},{value},{least},{largest},{}", known.rows + more);
    }
    Bench::new(RULE)
        .table("orders", "order_no text, value money, least quantity, largest quantity, lines number", &totals)
        .table_file(
            "lines",
            r#"
            [columns]
            doc = { type = "text" }
            order_no = { type = "text" }
            sku = { type = "text" }
            qty = { type = "quantity", unit = "uom" }
            uom = { type = "text" }
            "#,
            &text,
        )
        .table("items", "sku text, price money", &prices)
        .table("units", "sku text, unit text, factor number", &factors)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_side_makes_of_its_rows_is_what_working_it_out_by_hand_gives(
        lines in vec((0..5u8, 0..4u8, option::weighted(0.9, -50..50i64), option::of(0..2u8)), 0..40),
        items in vec((0..4u8, -20..20i64), 0..5),
        units in prop::collection::btree_map((0..4u8, 0..2u8), 1..13i64, 0..8),
        more in 0..2i64,
    ) {
        let expected: Vec<String> = orders(&lines, &items, &units)
            .iter()
            .filter_map(|(order, known)| {
                let mut classes = Vec::new();
                if known.without_factor {
                    classes.push("unreadable");
                }
                if known.ambiguous {
                    classes.push("duplicate");
                }
                if classes.is_empty() && more > 0 {
                    classes.push("quantity");
                }
                (!classes.is_empty()).then(|| format!("[\"SO{order}\"] {}", classes.join(" ")))
            })
            .collect();
        let bench = bench(&lines, &items, &units, more);
        prop_assert_eq!(&judged(&bench), &expected);
        let mut apart = bench.reversed();
        apart.batch = 1;
        prop_assert_eq!(&judged(&apart), &expected);
    }
}
