//! What is told needs evidence: who has a vote, what counts as agreement, and how far the limit reaches.

use super::cases::{told, two};
use crate::bench::Bench;

#[test]
fn what_a_lost_link_agrees_in_is_named_whatever_the_order_of_columns() {
    let rule = r#"
        kind = "reconcile"
        key  = ["no"]
        [sides.sales]
        table = "sales"
        [sides.finance]
        table = "finance"
        [[checks]]
        name  = "amount"
        equal = ["finance.amount", "sales.amount"]
    "#;
    let bench = Bench::new(rule)
        .table("sales", "no* text, customer text, item text, amount money", "A,C1,BOLT,123.45")
        .table("finance", "item text, no text, amount money, customer text", "BOLT,B,123.45,C1");
    let text = told(&bench);
    assert_eq!(text.matches("same customer C1, same item BOLT").count(), 2, "{text}");
}

#[test]
fn what_differs_inside_a_grace_is_no_agreement() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [sides.finance]
        table = "invoices"
        [[checks]]
        name  = "shipped"
        equal = ["sales.qty", "warehouse.qty"]
        [[checks]]
        name  = "invoiced"
        equal = ["finance.qty", "sales.qty"]
        grace = { days = 30, after = ["sales.ordered"] }
    "#;
    let invoiced = |qty: &str| {
        let bench = Bench::new(rule)
            .table("sales", "order_no* text, qty quantity, ordered@ date", "SO1,7,2026-11-10")
            .table("shipments", "order_no text, qty quantity", "")
            .table("invoices", "order_no text, qty quantity", &format!("SO1,{qty}"));
        told(&bench)
    };
    assert!(invoiced("7").contains("Odd one out: warehouse: sales and finance agree"));
    assert!(invoiced("6").contains("  -\n"));
}

#[test]
fn a_side_that_repeats_a_document_has_no_vote() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [sides.finance]
        table = "invoices"
        sum   = ["qty"]
        [[checks]]
        name  = "shipped"
        equal = ["sales.qty", "warehouse.qty"]
        [[checks]]
        name  = "invoiced"
        equal = ["finance.qty", "sales.qty"]
    "#;
    // Invoiced is 5 as ordered; with the repeated row it would be 10, as shipped.
    let bench = Bench::new(rule)
        .table("sales", "order_no* text, qty quantity", "SO1,5")
        .table("shipments", "order_no text, qty quantity", "SO1,10")
        .table("invoices", "doc* text, order_no text, qty quantity", "F1,SO1,5\nF1,SO1,5");
    assert!(!told(&bench).contains("sales: "), "{}", told(&bench));
}

#[test]
fn the_limit_keeps_the_largest_of_every_currency_and_counts_the_others() {
    let rows = |amounts: [&str; 4]| {
        let row = |(n, amount): (usize, &&str)| format!("SO{n},C,{amount},{},2026-03-01", ["CNY", "JPY"][n % 2]);
        amounts.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    let invoices = rows(["113.00", "113000.00", "226.00", "226000.00"]);
    let invoices: Vec<String> = invoices.iter().enumerate().map(|(n, row)| format!("F{n},{row}")).collect();
    let bench = two(&rows(["100.00", "100000.00", "200.00", "200000.00"]).join("\n"), &invoices.join("\n"));
    let with_limit = |diagnosed| {
        let mut bench = bench.clone();
        bench.diagnosed = diagnosed;
        bench.judge()
    };
    let judged = with_limit(2);
    let diagnosed = judged.findings.iter().filter(|finding| finding.breaks[0].cause().is_some());
    let subjects: Vec<&str> = diagnosed.map(|finding| finding.subject.canonical()).collect();
    assert_eq!((subjects, judged.undiagnosed), (vec!["[\"SO2\"]", "[\"SO3\"]"], 2));
    let off = with_limit(0);
    assert!(off.findings.iter().all(|finding| finding.breaks[0].diagnosis.is_none()) && off.undiagnosed == 0);
}
