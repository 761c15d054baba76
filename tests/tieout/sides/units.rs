//! `unit` and `units`: quantities in base units.

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind  = "reconcile"
    key   = ["order_no"]
    units = { table = "item_units", item = "sku", unit = "unit", factor = "factor" }
    [sides.orders]
    table = "orders"
    [sides.shipments]
    table = "shipments"
    item  = "article"
    sum   = ["qty"]
    [[checks]]
    name  = "qty"
    equal = ["orders.qty", "shipments.qty"]
"#;

const ORDERS: &str = r#"
    [columns]
    order_no = { type = "text" }
    sku = { type = "text" }
    qty = { type = "quantity", scale = 1, unit = "uom" }
    uom = { type = "text" }
"#;

fn bench() -> Bench {
    Bench::new(RULE)
        .table_file("orders", ORDERS, "SO1,A,1.5,box\nSO2,B,7,")
        .table_file("shipments", &ORDERS.replace("sku", "article"), "SO1,A,17.5,piece\nSO1,A,0.5,piece\nSO2,B,0.5,pallet\nSO2,B,2,")
        .table_file(
            "item_units",
            "[columns]\nsku = { type = \"text\" }\nunit = { type = \"text\" }\nfactor = { type = \"number\", scale = 3 }",
            "A,box,12\nA,piece,1\nB,pallet,10",
        )
}

#[test]
fn quantities_are_compared_in_base_units_and_without_a_unit_as_they_are() {
    check(bench(), "ties out");
    check(bench().rows("orders", "SO1,A,1.4,box\nSO2,B,7,"), r#"["SO1"] qty: quantity -> finance"#);
}

#[test]
fn fractions_of_units_are_exact() {
    let bench =
        bench().rows("item_units", "A,box,0.333\nA,piece,0.001\nB,pallet,10").rows("orders", "SO1,A,0.1,box\nSO2,B,7,");
    check(bench.rows("shipments", "SO1,A,33.3,piece\nSO2,B,7,"), "ties out");
}

#[test]
fn a_unit_without_one_factor_is_told() {
    for factors in ["A,piece,1", "A,piece,1\nA,box,", "A,piece,1\nA,box,0", "A,piece,1\nA,box,12\nA,box,10"] {
        let bench = bench().rows("item_units", &format!("{factors}\nB,pallet,10"));
        check(bench, r#"["SO1"] unreadable orders -> finance"#);
    }
    let twice = bench().rows("item_units", "A,piece,1\nA,box,12\nA,box,12.000\nB,pallet,10");
    check(twice, "ties out");
    let no_item = bench().rows("orders", "SO1,,1.5,box\nSO2,B,7,");
    check(no_item, r#"["SO1"] unreadable orders -> finance"#);
}

#[test]
fn what_the_table_states_stays_in_the_evidence() {
    let judgement = bench().rows("orders", "SO1,A,1.4,box\nSO2,B,7,").judge();
    let orders = &judgement.findings[0].evidence.sides[0];
    let row: Vec<String> = orders.rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(orders.columns, ["order_no", "sku", "qty", "uom", "qty_in_unit"]);
    assert_eq!(row, ["SO1", "A", "16.8000", "box", "1.4"]);
    assert_eq!(judgement.sides[0].quantities.len(), 1);
}
