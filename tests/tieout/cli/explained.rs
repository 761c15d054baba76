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

/// A shop of one item: 100 went out a day, with a standard deviation of 20, and an order takes about a week.
fn planned(settings: &str) -> String {
    let shop = Shop::new("", "");
    for (name, columns, date, rows) in [
        ("stock", "qty = { type = \"quantity\" }", "", "sku,qty\nA,250\n"),
        (
            "moves",
            "qty = { type = \"quantity\" }\nday = { type = \"date\" }",
            "date = \"day\"\n",
            "sku,qty,day\nA,80,2026-11-15\nA,120,2026-11-16\nA,80,2026-11-17\nA,120,2026-11-18\nA,100,2026-11-19\n",
        ),
        ("points", "lead = { type = \"quantity\" }", "", "sku,lead\nA,7\n"),
    ] {
        let table = format!(
            "source = \"files\"\nfile = \"{name}.csv\"\n{date}[columns]\nsku = {{ type = \"text\" }}\n{columns}\n"
        );
        shop.write(&format!("config/tables/{name}.toml"), &table);
        shop.write(&format!("data/{name}.csv"), rows);
    }
    let rule = format!(
        "kind = \"low_stock\"\ntitle = \"Stock lasts\"\nowner = \"finance\"\nkey = [\"sku\"]\njudge = \"on_hand\"\n\
         on_hand = {{ table = \"stock\", column = \"qty\" }}\n\
         demand = {{ table = \"moves\", column = \"qty\", days = 5 }}\n\
         settings = {{ table = \"points\", lead_days = \"lead\", {settings} }}\n"
    );
    shop.write("rules/low.toml", &rule);
    shop.shell("tieout run daily --as-of 2026-11-20");
    let why = shop.shell("tieout explain $(tieout exceptions --rule low --format csv | sed -n 2p | cut -d, -f1)").out;
    let steps = why.lines().filter_map(|line| line.strip_prefix("      "));
    steps.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_computed_reorder_point_can_be_computed_again_on_paper() {
    insta::assert_snapshot!(planned("lead_days_sd = 2, service = \"95%\", pack = 24, minimum = 100"), @r"
    on hand = 250
    demand in the 5 days from 2026-11-15 to 2026-11-19 = 500, a day 500 ÷ 5 = 100
    standard deviation of a day's demand = √((5 × 51,600 - 500²) ÷ (5 × 4)) = 20 (51,600 is the sum of the squares of each day's demand)
    safety stock = 1.65 × √(7 × 20² + 100² × 2²) ≈ 341.35, rounded up = 342
    reorder point = 500 ÷ 5 × 7 + 342 safety, rounded up = 1,042
    250 is at or under the reorder point of 1,042
    days of supply = 250 ÷ (500 ÷ 5) = 2.5, until 2026-11-22
    to order: 1,042 - 250 = 792, at least 100, in packs of 24
    ");
    insta::assert_snapshot!(planned("safety = 50, review_days = 1, target = 2000"), @r"
    on hand = 250
    demand in the 5 days from 2026-11-15 to 2026-11-19 = 500, a day 500 ÷ 5 = 100
    days to cover = 7 lead time + 1 between reviews = 8
    safety stock = 50, as set
    reorder point = 500 ÷ 5 × 8 + 50 safety, rounded up = 850
    250 is at or under the reorder point of 850
    days of supply = 250 ÷ (500 ÷ 5) = 2.5, until 2026-11-22
    to order: 2,000 - 250 = 1,750
    ");
}
