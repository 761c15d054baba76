//! What `tieout explain` says to a person who was told nothing else.

use super::Shop;

/// One sale that nobody invoiced: 25 pieces for 25.00.
fn uninvoiced() -> Shop {
    let shop = Shop::new("", "");
    shop.edit("config/tables/sales.toml", "[columns]", "[columns]\npieces = { type = \"quantity\" }");
    shop.write("data/sales.csv", "no,customer,pieces,amount,ccy\nA1,C1,25,25.00,CNY\n");
    shop
}

#[test]
fn what_is_at_risk_is_named_by_its_money_and_not_by_a_quantity_of_the_same_figure() {
    let shop = uninvoiced();
    shop.shell("tieout run daily");
    let why = shop.shell("tieout explain $(tieout exceptions --format csv | sed -n 2p | cut -d, -f1)");
    assert!(why.out.contains("at risk: sales.amount = CNY 25.00"), "{}", why.out);
    let read = why.out.lines().find(|line| line.starts_with("  read at")).expect("when the rows were read");
    assert_eq!(read.matches(':').count(), 2, "both files in one second: {read}");
    assert!(!why.out.contains("why "), "a rule without a reason has no empty line for it: {}", why.out);
}

#[test]
fn a_row_too_wide_for_the_terminal_stands_below_itself() {
    let shop = uninvoiced();
    shop.write("data/sales.csv", &format!("no,customer,pieces,amount,ccy\nA1,{},25,25.00,CNY\n", "C".repeat(40)));
    shop.shell("tieout run daily");
    let why = shop.shell("COLUMNS=60 tieout explain $(tieout exceptions --format csv | sed -n 2p | cut -d, -f1)");
    let rows = why.out.split("Rows\n").nth(1).and_then(|rows| rows.split("Trail").next()).unwrap_or_default();
    insta::assert_snapshot!(rows, @r"

    sales (table sales): 1 row
    pieces    25.0000
    no        A1
    customer  CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC
    amount    25.00
    ccy       CNY

    finance (table invoices): 0 rows
    ");
}
