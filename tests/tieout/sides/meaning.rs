//! What a side adds belongs to the rule's meaning, and its words do not.

use std::collections::BTreeSet;

use crate::bench::Bench;

const RULE: &str = r#"
    kind  = "reconcile"
    key   = ["order_no"]
    rates = { table = "rates", date = "day", from = "from_ccy", to = "to_ccy", rate = "rate" }
    units = { table = "units", item = "sku", unit = "unit", factor = "factor" }
    scope = { by = "orders.day", since = "10 days", until = "1 day" }
    [sides.orders]
    table   = "orders"
    lookup  = [{ table = "items", key = { sku = "sku" }, take = { group = "group", price = "price" }, required = true }]
    derive  = { net = "amount - discount", gross = "amount + discount" }
    convert = { net_cny = { from = "net", to = "CNY", on = "day" } }
    sum     = ["net_cny"]
    min     = ["price"]
    max     = ["discount"]
    first   = ["group"]
    count   = "rows"
    [sides.invoices]
    table    = "invoices"
    expected = false
    [[checks]]
    name  = "amount"
    equal = ["orders.net_cny", "invoices.amount"]
"#;

/// One edit of each setting that can change a judgement.
const EDITS: [(&str, &str); 18] = [
    ("from = \"from_ccy\", to = \"to_ccy\"", "from = \"to_ccy\", to = \"from_ccy\""),
    ("item = \"sku\", unit", "item = \"unit\", unit"),
    ("orders.day", "orders.due"),
    ("10 days", "10 months"),
    (", until = \"1 day\"", ""),
    ("{ sku = \"sku\" }", "{ sku = \"group\" }"),
    ("group = \"group\"", "group = \"sku\""),
    (", required = true", ""),
    ("amount - discount", "discount - amount"),
    ("to = \"CNY\"", "to = \"USD\""),
    ("from = \"net\"", "from = \"gross\""),
    ("on = \"day\"", "on = \"due\""),
    ("\"net_cny\"]\n", "\"net_cny\", \"gross\"]\n"),
    ("min     = [\"price\"]", ""),
    ("max     = [\"discount\"]", "max = [\"net\"]"),
    ("first   = [\"group\"]", "first = [\"day\"]"),
    ("count   = \"rows\"", ""),
    ("table    = \"invoices\"", "table = \"bills\""),
];

fn hash(rule: &str, orders: &str) -> String {
    let orders = format!("[columns]\n{}", lines(orders));
    let invoices = "order_no text, amount money";
    let bench = Bench::new(rule)
        .table_file("orders", &orders, "")
        .table("items", "sku text, group text, price money", "")
        .table("rates", "day date, from_ccy text, to_ccy text, rate number", "")
        .table("units", "sku text, unit text, factor number", "")
        .table("invoices", invoices, "")
        .table("bills", invoices, "");
    bench.rule().hash
}

const ORDERS: &str = "order_no = { type = \"text\" }, sku = { type = \"text\" }, uom = { type = \"text\" }, \
                      amount = { type = \"money\" }, discount = { type = \"money\" }, qty = { type = \"quantity\" }, \
                      day = { type = \"date\" }, due = { type = \"date\" }";

#[test]
fn every_setting_of_a_side_changes_the_hash_in_its_own_way() {
    let mut hashes = BTreeSet::from([hash(RULE, ORDERS)]);
    for (from, to) in EDITS {
        assert!(RULE.contains(from), "{from}");
        assert!(hashes.insert(hash(&RULE.replace(from, to), ORDERS)), "{from} -> {to}");
    }
    for key in ["header = true", "negate_when = \"uom = 'x'\"", "unit = \"uom\""] {
        let orders = ORDERS.replace("{ type = \"quantity\" }", &format!("{{ type = \"quantity\", {key} }}"));
        assert!(hashes.insert(hash(RULE, &orders)), "{key}");
    }
}

#[test]
fn layout_does_not_change_the_hash() {
    let spaced = RULE.replace("amount - discount", "amount   -   discount").replace("  ", "    ");
    assert_eq!(hash(&spaced, ORDERS), hash(RULE, ORDERS));
}

#[test]
fn a_rule_reads_the_tables_that_its_sides_look_into() {
    let bench = Bench::new(RULE);
    let tables = bench
        .table_file("orders", &format!("[columns]\n{}", lines(ORDERS)), "")
        .table("items", "sku text, group text, price money", "")
        .table("rates", "day date, from_ccy text, to_ccy text, rate number", "")
        .table("units", "sku text, unit text, factor number", "")
        .table("invoices", "order_no text, amount money", "")
        .rule()
        .tables;
    assert_eq!(tables.into_iter().collect::<Vec<_>>(), ["invoices", "items", "orders", "rates", "units"]);
}

/// Each column on a line of its own.
fn lines(columns: &str) -> String {
    columns.replace("}, ", "}\n")
}
