//! `convert` and `rates`: money in another currency at the last rate on or before its day.

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind  = "reconcile"
    key   = ["order_no"]
    rates = { table = "rates", date = "day", from = "from_ccy", to = "to_ccy", rate = "rate" }
    [sides.invoices]
    table   = "invoices"
    convert = { amount_cny = { from = "amount", to = "CNY", on = "day" } }
    sum     = ["amount_cny"]
    [sides.ledger]
    table = "ledger"
    [[checks]]
    name  = "amount"
    equal = ["invoices.amount_cny", "ledger.amount"]
"#;

const RATES: &str = "day date, from_ccy text, to_ccy text, rate number";

fn bench() -> Bench {
    let rates = "2026-10-01,USD,CNY,7.1055\n2026-10-08,USD,CNY,7.2\n2026-10-01,CNY,USD,0.14\n2026-10-01,EUR,CNY,8.3";
    Bench::new(RULE)
        .table(
            "invoices",
            "order_no text, amount money ccy, ccy text, day date",
            "SO1,100.01,USD,2026-10-07\nSO2,50.00,CNY,2026-10-07",
        )
        .table("ledger", "order_no text, amount money", "SO1,710.62\nSO2,50.00")
        .table_file("rates", &rates_file(), rates)
}

fn rates_file() -> String {
    RATES.split(", ").fold("[columns]\n".to_owned(), |text, column| {
        let (name, kind) = column.split_once(' ').unwrap();
        let scale = if kind == "number" { ", scale = 6" } else { "" };
        format!("{text}{name} = {{ type = {kind:?}{scale} }}\n")
    })
}

#[test]
fn money_is_converted_at_the_last_rate_on_or_before_its_day() {
    check(bench(), "ties out");
    let next = bench().rows("invoices", "SO1,100.01,USD,2026-10-08\nSO2,50.00,CNY,2026-10-07");
    check(next, r#"["SO1"] amount CNY 9.45 -> finance"#);
}

#[test]
fn a_half_is_rounded_away_from_zero_on_both_sides_of_it() {
    let rates = "2026-10-01,USD,CNY,0.5";
    let halves = bench().rows("rates", rates).rows("ledger", "SO1,0.02\nSO2,-0.02");
    check(halves.rows("invoices", "SO1,0.03,USD,2026-10-07\nSO2,-0.03,USD,2026-10-07"), "ties out");
}

#[test]
fn the_converted_money_is_in_the_new_currency_and_is_added_up() {
    let bench = bench()
        .rows(
            "invoices",
            "SO1,1.00,USD,2026-10-07\nSO1,1.00,EUR,2026-10-07\nSO1,1.00,CNY,2026-10-07\nSO1,,USD,2026-10-07",
        )
        .rows("ledger", "SO1,16.41");
    check(bench, "ties out");
}

#[test]
fn without_a_rate_a_subject_is_not_judged_and_counted() {
    let open = [r#"["SO1"]"#, r#"["SO2"]"#];
    let bench = bench().rows("invoices", "SO1,100.01,USD,2026-09-30\nSO2,50.00,CNY,2026-10-07").open(&open);
    check(
        bench.clone(),
        r#"no_rate: 1
           ["SO1"] is NotJudged
           ["SO2"] is Agrees"#,
    );
    check(
        bench.rows("ledger", "SO2,50.00"),
        r#"no_rate: 1
           ["SO1"] is NotJudged
           ["SO2"] is Agrees"#,
    );
    let undated = self::bench().rows("invoices", "SO1,100.01,USD,\nSO2,50.00,CNY,");
    check(undated, "no_rate: 1");
}

#[test]
fn a_rate_that_is_empty_unreadable_or_not_above_zero_is_none() {
    for rate in ["", "many", "0", "-7.1"] {
        let bench = bench().rows("rates", &format!("2026-09-01,USD,CNY,7.1\n2026-10-01,USD,CNY,{rate}"));
        check(bench, "no_rate: 1");
    }
}

#[test]
fn a_rate_of_no_day_could_be_the_last_one_so_its_currency_has_none() {
    for day in ["", "soon"] {
        let bench = bench();
        check(bench.rows("rates", &format!("2026-10-01,USD,CNY,7.1055\n{day},USD,CNY,7.2")), "no_rate: 1");
    }
    let other = "2026-10-01,USD,CNY,7.1055\nsoon,EUR,CNY,8\nsoon,USD,JPY,150";
    check(bench().rows("rates", other), "ties out");
}

#[test]
fn a_day_with_two_rates_is_a_duplicate_unless_they_are_the_same() {
    let twice =
        |second: &str| bench().rows("rates", &format!("2026-10-01,USD,CNY,7.1055\n2026-10-01,USD,CNY,{second}"));
    check(twice("7.10550"), "ties out");
    check(twice("7.2"), r#"["SO1"] duplicate invoices -> finance"#);
}

#[test]
fn the_rate_stands_in_the_evidence_beside_what_it_made() {
    let judgement = bench().rows("ledger", "SO1,710.00\nSO2,50.00").judge();
    let invoices = &judgement.findings[0].evidence.sides[0];
    let row: Vec<String> = invoices.rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(invoices.columns, ["order_no", "amount", "ccy", "day", "amount_cny", "amount_cny_rate"]);
    assert_eq!(row, ["SO1", "100.01", "USD", "2026-10-07", "710.62", "7.105500"]);
}

#[test]
fn a_converted_figure_that_does_not_fit_is_unreadable() {
    let large = "999999999999999999999999999999999999.99";
    let bench = bench().rows("invoices", &format!("SO1,{large},USD,2026-10-07\nSO2,50.00,CNY,2026-10-07"));
    check(bench, r#"["SO1"] unreadable invoices -> finance"#);
}
