//! What a reconcile rule calls a break, and what it lets pass.

use crate::bench::{Bench, check, day};

const RULE: &str = r#"
    kind  = "reconcile"
    key   = ["order_no", "line_no"]
    price = "sales.price"
    [sides.sales]
    table = "sales"
    [sides.warehouse]
    table = "shipments"
    sum   = ["qty"]
    owner = "warehouse"
    [sides.finance]
    table = "invoices"
    sum   = ["qty", "amount"]
    [[checks]]
    name  = "shipped"
    equal = ["sales.qty", "warehouse.qty"]
    owner = "warehouse"
    grace = { days = 3, after = ["sales.promised"] }
    [[checks]]
    name  = "invoiced"
    equal = ["finance.amount", "sales.amount"]
    within = { amount = "0.01" }
    grace = { days = 10, after = ["sales.promised"] }
"#;

const SALES: &str =
    "order_no text, line_no number, qty quantity, price money ccy, amount money ccy, ccy text, promised date";

/// 34 digits: with a scale of 4 the widest a column holds.
const LARGE: &str = "9999999999999999999999999999999999";

/// One order line that agrees on all three sides; each test changes what it is about.
fn trade() -> Bench {
    Bench::new(RULE)
        .table("sales", SALES, "SO1,1,10,2.50,25.00,CNY,2026-10-01")
        .table("shipments", "doc* text, order_no* text, line_no* number, qty quantity", "D1,SO1,1,10")
        .table(
            "invoices",
            "doc* text, order_no* text, line_no* number, qty quantity, amount money ccy, ccy text",
            "F1,SO1,1,10,25.00,CNY",
        )
}

#[test]
fn what_agrees_on_all_sides_ties_out() {
    check(trade(), "ties out");
}

#[test]
fn a_missing_row_is_one_break_on_the_side_that_lacks_it_priced_by_the_side_that_has_it() {
    check(trade().rows("shipments", ""), r#"["SO1",1] missing warehouse CNY 25.00 -> warehouse"#);
    check(trade().rows("invoices", ""), r#"["SO1",1] missing finance CNY 25.00 -> finance"#);
    check(trade().rows("sales", ""), r#"["SO1",1] missing sales CNY 25.00 -> warehouse"#);
}

#[test]
fn a_missing_side_skips_the_checks_that_need_it_and_no_others() {
    let bench = trade().rows("shipments", "").rows("invoices", "F1,SO1,1,10,30.00,CNY");
    check(
        bench,
        r#"["SO1",1] missing warehouse CNY 25.00 -> warehouse
           ["SO1",1] invoiced: amount CNY 5.00 -> finance"#,
    );
}

#[test]
fn a_quantity_break_is_worth_the_difference_times_the_price() {
    let bench = trade().rows("shipments", "D1,SO1,1,7.5");
    check(bench, r#"["SO1",1] shipped: quantity CNY 6.25 -> warehouse"#);
}

#[test]
fn rows_of_one_key_add_up_on_a_side_that_sums() {
    check(trade().rows("shipments", "D1,SO1,1,3\nD2,SO1,1,3\nD3,SO1,1,4"), "ties out");
    check(
        trade().rows("shipments", "D1,SO1,1,10\nD2,SO1,1,10"),
        r#"["SO1",1] shipped: quantity CNY 25.00 -> warehouse"#,
    );
}

#[test]
fn a_document_that_stands_twice_is_a_duplicate_and_counts_once() {
    let bench = trade().rows("invoices", "F1,SO1,1,10,25.00,CNY\nF1,SO1,1,10,25.00,CNY");
    check(bench, r#"["SO1",1] duplicate finance CNY 25.00 -> finance"#);
}

#[test]
fn two_rows_on_a_side_that_does_not_sum_are_a_duplicate_and_nothing_else_is_said() {
    let bench = trade().rows("sales", "SO1,1,10,2.50,25.00,CNY,2026-10-01\nSO1,1,99,2.50,247.50,CNY,2026-10-01");
    check(bench, r#"["SO1",1] duplicate sales CNY 247.50 -> warehouse"#);
}

#[test]
fn rows_without_a_key_are_one_subject_a_side_and_pair_with_nothing() {
    let bench =
        trade().rows("shipments", "D1,SO1,1,10\nD2,,1,4\nD3,,1,4\nD4,SO1,,4").rows("invoices", "F1,,1,10,25.00,CNY");
    check(
        bench,
        r#"{"keyless":["warehouse"]} keyless warehouse -> warehouse
           {"keyless":["finance"]} keyless finance -> finance
           ["SO1",1] missing finance CNY 25.00 -> finance"#,
    );
}

#[test]
fn an_unreadable_cell_is_told_and_its_subject_is_not_compared() {
    let bench = trade().rows("shipments", "D1,SO1,1,ten");
    check(bench, r#"["SO1",1] unreadable warehouse -> warehouse"#);
    let bench = trade().rows("invoices", "F1,SO1,1,10,25.001,CNY");
    check(bench, r#"["SO1",1] unreadable finance -> finance"#);
}

#[test]
fn an_unreadable_cell_that_a_filter_reads_is_never_left_out() {
    let rule = RULE.replace("table = \"shipments\"", "table = \"shipments\"\n    filter = \"qty > 0\"");
    let bench = Bench::new(&rule)
        .table("sales", SALES, "SO1,1,10,2.50,25.00,CNY,2026-10-01")
        .table("shipments", "doc text, order_no text, line_no number, qty quantity", "D1,SO1,1,abc")
        .table("invoices", "order_no text, line_no number, qty quantity, amount money", "SO1,1,10,25.00");
    check(bench, r#"["SO1",1] unreadable warehouse -> warehouse"#);
}

#[test]
fn a_tolerance_includes_its_edge_and_one_unit_more_is_a_break() {
    check(trade().rows("invoices", "F1,SO1,1,10,25.01,CNY"), "ties out");
    check(trade().rows("invoices", "F1,SO1,1,10,24.99,CNY"), "ties out");
    check(trade().rows("invoices", "F1,SO1,1,10,25.02,CNY"), r#"["SO1",1] invoiced: amount CNY 0.02 -> finance"#);
}

#[test]
fn a_percentage_is_of_the_named_side_and_never_of_nothing() {
    let within = |within: &str| {
        let rule = RULE.replace("within = { amount = \"0.01\" }", &format!("within = {within}"));
        Bench::new(&rule)
            .table("sales", SALES, "SO1,1,10,2.50,200.00,CNY,2026-10-01")
            .table("shipments", "doc text, order_no text, line_no number, qty quantity", "D1,SO1,1,10")
            .table("invoices", "order_no text, line_no number, qty quantity, amount money", "SO1,1,10,201.00")
    };
    let half = r#"{ percent = "0.5", of = "sales" }"#;
    check(within(half), "ties out");
    check(within(half).rows("invoices", "SO1,1,10,201.01"), r#"["SO1",1] invoiced: amount CNY 1.01 -> finance"#);
    let smaller = r#"{ amount = "0.50", percent = "0.5", of = "sales", use = "smaller" }"#;
    check(within(smaller), r#"["SO1",1] invoiced: amount CNY 1.00 -> finance"#);
    let larger = r#"{ amount = "0.50", percent = "0.5", of = "sales", use = "larger" }"#;
    check(within(larger), "ties out");
    let nothing = within(half).rows("sales", "SO1,1,10,2.50,0.00,CNY,2026-10-01").rows("invoices", "SO1,1,10,0.01");
    check(nothing, r#"["SO1",1] invoiced: amount CNY 0.01 -> finance"#);
}

#[test]
fn inside_grace_a_difference_is_in_transit_to_the_last_day() {
    let short = trade().rows("shipments", "D1,SO1,1,4");
    check(short.clone().on(day("2026-10-04")), "in transit: 1");
    check(short.on(day("2026-10-05")), r#"["SO1",1] shipped: quantity CNY 15.00 -> warehouse"#);
}

#[test]
fn a_missing_row_waits_as_long_as_every_check_that_needs_it() {
    let unshipped = trade().rows("shipments", "").rows("invoices", "");
    check(unshipped.clone().on(day("2026-10-04")), "in transit: 1");
    check(unshipped.clone().on(day("2026-10-05")), r#"["SO1",1] missing warehouse CNY 25.00 -> warehouse"#);
    check(
        unshipped.on(day("2026-10-12")),
        r#"["SO1",1] missing warehouse CNY 25.00 -> warehouse
           ["SO1",1] missing finance CNY 25.00 -> finance"#,
    );
}

#[test]
fn working_days_skip_weekends_and_holidays_and_count_make_up_days() {
    let rule = RULE.replace("days = 3", "working_days = 3");
    let bench = |calendar: tieout::audit::calendar::Calendar| {
        let mut bench = Bench::new(&rule)
            // 2026-09-30 is a Wednesday before the national holiday.
            .table("sales", SALES, "SO1,1,10,2.50,25.00,CNY,2026-09-30")
            .table("shipments", "doc text, order_no text, line_no number, qty quantity", "D1,SO1,1,4")
            .table("invoices", "order_no text, line_no number, qty quantity, amount money", "SO1,1,10,25.00");
        bench.calendar = calendar;
        bench
    };
    let plain = tieout::audit::calendar::Calendar::default();
    check(bench(plain.clone()).on(day("2026-10-05")), "in transit: 1");
    check(bench(plain).on(day("2026-10-06")), r#"["SO1",1] shipped: quantity CNY 15.00 -> warehouse"#);
    let golden_week = tieout::audit::calendar::Calendar {
        holidays: (1..=7).map(|number| day(&format!("2026-10-0{number}"))).collect(),
        workdays: [day("2026-10-10")].into(),
    };
    check(bench(golden_week.clone()).on(day("2026-10-10")), "in transit: 1");
    check(bench(golden_week).on(day("2026-10-11")), r#"["SO1",1] shipped: quantity CNY 15.00 -> warehouse"#);
}

#[test]
fn a_check_applies_only_where_its_condition_is_true() {
    let rule = RULE.replace("name  = \"shipped\"", "name  = \"shipped\"\n    when  = \"sales.stocked\"");
    let bench = Bench::new(&rule)
        .table("sales", &format!("{SALES}, stocked boolean"), "SO1,1,10,2.50,25.00,CNY,2026-10-01,no")
        .table("shipments", "doc text, order_no text, line_no number, qty quantity", "")
        .table("invoices", "order_no text, line_no number, qty quantity, amount money", "SO1,1,10,25.00");
    check(bench.clone(), "ties out");
    check(
        bench.rows("sales", "SO1,1,10,2.50,25.00,CNY,2026-10-01,yes"),
        r#"["SO1",1] missing warehouse CNY 25.00 -> warehouse"#,
    );
}

#[test]
fn different_currencies_are_never_compared_nor_added() {
    let bench = trade().rows("invoices", "F1,SO1,1,10,25.00,USD");
    check(bench, r#"["SO1",1] invoiced: currency -> finance"#);
    let bench = trade().rows("invoices", "F1,SO1,1,5,12.50,CNY\nF2,SO1,1,5,12.50,USD");
    check(bench, r#"["SO1",1] invoiced: currency -> finance"#);
}

#[test]
fn nothing_on_one_side_differs_from_zero_and_nothing_on_both_agrees() {
    let bench = trade().rows("sales", "SO1,1,10,2.50,,CNY,2026-10-01").rows("invoices", "F1,SO1,1,10,0.00,CNY");
    check(bench.clone(), r#"["SO1",1] invoiced: amount CNY 0.00 -> finance"#);
    check(bench.rows("invoices", "F1,SO1,1,10,,CNY"), "ties out");
}

#[test]
fn an_absent_side_counts_as_zero_where_the_rule_says_so() {
    let rule = RULE.replace("owner = \"warehouse\"\n    [sides.finance]", "absent = \"zero\"\n    [sides.finance]");
    let bench = Bench::new(&rule)
        .table("sales", SALES, "SO1,1,0,2.50,25.00,CNY,2026-10-01")
        .table("shipments", "doc text, order_no text, line_no number, qty quantity", "")
        .table("invoices", "order_no text, line_no number, qty quantity, amount money", "SO1,1,10,25.00");
    check(bench.clone(), "ties out");
    check(
        bench.rows("sales", "SO1,1,10,2.50,25.00,CNY,2026-10-01"),
        r#"["SO1",1] shipped: quantity CNY 25.00 -> warehouse"#,
    );
}

#[test]
fn sums_beyond_64_bits_are_exact_and_beyond_38_digits_unreadable() {
    let bench = trade()
        .rows("sales", "SO1,1,18446744073709551616,1.00,25.00,CNY,2026-10-01")
        .rows("shipments", "D1,SO1,1,9223372036854775808\nD2,SO1,1,9223372036854775808");
    check(bench, "ties out");
    let half = "5000000000000000000000000000000000"; // Twice that is the least figure of 39 digits.
    for each in [LARGE, half] {
        let bench = trade().rows("shipments", &format!("D1,SO1,1,{each}\nD2,SO1,1,{each}"));
        check(bench, r#"["SO1",1] unreadable -> warehouse"#);
    }
}

#[test]
fn a_sum_is_judged_by_what_comes_out_whatever_it_passes_on_the_way() {
    let debt = format!("-{LARGE}");
    for order in [[LARGE, LARGE, debt.as_str()], [LARGE, debt.as_str(), LARGE]] {
        let rows: Vec<String> = order.iter().enumerate().map(|(doc, qty)| format!("D{doc},SO1,1,{qty}")).collect();
        let bench = trade().rows("sales", &format!("SO1,1,{LARGE},1.00,25.00,CNY,2026-10-01"));
        let bench = bench.rows("shipments", &rows.join("\n"));
        assert_eq!(bench.judge().sides[1].quantities["qty"], LARGE.parse().unwrap());
        check(bench, "ties out");
    }
}

#[test]
fn a_tenth_and_two_tenths_are_three_tenths() {
    for (sold, invoices) in [("0.3", "F1,SO1,1,5,0.1,CNY\nF2,SO1,1,5,0.2,CNY"), ("0.30", "F1,SO1,1,10,0.3,CNY")] {
        let bench = trade().rows("sales", &format!("SO1,1,10,2.50,{sold},CNY,2026-10-01")).rows("invoices", invoices);
        check(bench.clone().with("within = { amount = \"0.01\" }", ""), "ties out");
        let with_figures = bench.with("\"finance.amount\", \"sales.amount\"", "\"sales.amount\", \"0.1 + 0.2\"");
        check(with_figures.with("within = { amount = \"0.01\" }", ""), "ties out");
    }
}

#[test]
fn of_duplicate_rows_the_first_by_its_text_speaks_for_what_is_asked_of_other_sides() {
    let rule = RULE.replace("name  = \"shipped\"", "name  = \"shipped\"\n    when  = \"sales.stocked\"");
    let bench = Bench::new(&rule)
        .table(
            "sales",
            &format!("{SALES}, stocked boolean"),
            "SO1,1,10,2.50,25.00,CNY,2026-10-01,yes\nSO1,1,10,2.50,25.00,CNY,2026-10-01,no",
        )
        .table("shipments", "doc text, order_no text, line_no number, qty quantity", "")
        .table("invoices", "order_no text, line_no number, qty quantity, amount money", "SO1,1,10,25.00");
    check(bench, r#"["SO1",1] duplicate sales CNY 25.00 -> warehouse"#);
}

#[test]
fn an_open_subject_whose_key_has_a_date_is_found_again() {
    let rule = "kind = \"reconcile\"\nkey = [\"day\", \"at\"]\n[sides.sales]\ntable = \"sales\"\n[sides.bank]\ntable = \"bank\"";
    let rows = "2026-10-05,2026-10-05 12:30:00";
    let bench =
        Bench::new(rule).table("sales", "day date, at instant", rows).table("bank", "day date, at instant", rows);
    let subject = r#"["2026-10-05","2026-10-05T04:30:00Z"]"#;
    check(bench.open(&[subject]), &format!("{subject} is Agrees"));
}

#[test]
fn every_open_subject_gets_a_verdict() {
    let open = [r#"["SO1",1]"#, r#"["SO2",1]"#, r#"["SO3",1]"#, r#"["SO4",1]"#, r#"{"keyless":["finance"]}"#];
    let bench = trade()
        .rows(
            "sales",
            "SO1,1,10,2.50,25.00,CNY,2026-10-01\nSO2,1,10,2.50,25.00,CNY,2026-10-01\nSO3,1,10,2.50,25.00,CNY,2026-11-19",
        )
        .rows("shipments", "D1,SO1,1,10\nD2,SO2,1,9")
        .rows("invoices", "F1,SO1,1,10,25.00,CNY\nF2,SO2,1,10,25.00,CNY")
        .open(&open);
    check(
        bench,
        r#"["SO2",1] shipped: quantity CNY 2.50 -> warehouse
           in transit: 1
           ["SO1",1] is Agrees
           ["SO2",1] is Breaks
           ["SO3",1] is InTransit
           ["SO4",1] is Gone
           {"keyless":["finance"]} is Agrees"#,
    );
}

#[test]
fn the_currency_of_an_absent_figure_is_its_columns_or_the_businesss_own_whatever_other_subjects_have() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        [sides.bank]
        table  = "bank"
        absent = "zero"
        [[checks]]
        name    = "fee"
        at_most = ["bank.amount + 5", "bank.amount"]
        within  = { amount = { USD = "5", other = "4" } }
    "#;
    let bench = Bench::new(rule).table("sales", "order_no text", "SO1\nSO2");
    let by_row = |rows: &str| bench.clone().table("bank", "order_no text, amount money ccy, ccy text", rows);
    check(by_row("SO2,10.00,USD"), r#"["SO1"] fee: amount CNY 5.00 -> finance"#);
    check(
        by_row("SO2,10.00,CNY"),
        r#"["SO1"] fee: amount CNY 5.00 -> finance
           ["SO2"] fee: amount CNY 5.00 -> finance"#,
    );
    check(bench.table("bank", "order_no text, amount money USD", "SO2,10.00"), "ties out");
}

#[test]
fn a_flood_is_one_finding_and_judges_no_other_subject() {
    let mut bench =
        trade().rows("shipments", "D1,SO2,1,1\nD2,SO3,1,1").open(&[r#"["SO1",1]"#, r#"["SO9",1]"#, r#"{"flood":[]}"#]);
    bench.flood = 2;
    check(
        bench,
        r#"{"flood":[]} flood -> finance
           ["SO1",1] is NotJudged
           ["SO9",1] is NotJudged
           {"flood":[]} is Breaks
           Flooded(Count { found: 3, limit: 2 })"#,
    );
}

#[test]
fn breaks_stand_in_the_order_of_checks_then_classes_then_subjects() {
    let bench = trade()
        .rows(
            "sales",
            "SO2,10,10,2.50,25.00,CNY,2026-10-01\nSO2,9,10,2.50,25.00,CNY,2026-10-01\nSO1,1,10,2.50,25.00,CNY,2026-10-01",
        )
        .rows("shipments", "D1,SO2,9,1\nD1,SO2,10,1\nD1,SO1,1,10")
        .rows("invoices", "F1,SO2,9,10,1.00,CNY\nF1,SO2,10,10,25.00,CNY");
    check(
        bench,
        r#"["SO1",1] missing finance CNY 25.00 -> finance
           ["SO2",9] shipped: quantity CNY 22.50 -> warehouse
           ["SO2",9] invoiced: amount CNY 24.00 -> finance
           ["SO2",10] shipped: quantity CNY 22.50 -> warehouse"#,
    );
}

#[test]
fn control_totals_say_what_was_read_per_currency() {
    let bench = trade()
        .rows("sales", "SO1,1,10,2.50,25.00,CNY,2026-10-01\nSO2,1,4,1.00,4.00,USD,2026-10-01")
        .rows("invoices", "F1,SO1,1,10,25.00,CNY\nF2,SO2,1,4,4.00,USD\nF3,,1,4,4.00,USD");
    let sides = bench.judge().sides;
    let finance = &sides[2];
    assert_eq!((finance.rows, finance.judged, finance.distinct_keys), (3, 3, 2));
    assert_eq!(serde_json::to_string(&finance.money).unwrap(), r#"{"amount":{"CNY":"25.00","USD":"8.00"}}"#);
    assert_eq!(finance.quantities["qty"].to_string(), "18.0000");
}

#[test]
fn tables_that_come_in_seven_parts_by_key_are_judged_as_those_that_come_whole() {
    let order = |number: usize| {
        format!("SO{number},{},10,2.50,25.00,{},2026-1{}-18", number % 3, ["CNY", "USD"][number % 2], number % 2)
    };
    let sales: Vec<String> = (0..40).map(order).collect();
    let shipments: Vec<String> = (0..45)
        .filter(|number| number % 7 != 0)
        .map(|number| format!("D{},SO{number},{},{}", number % 5, number % 3, 10 - number % 2))
        .chain(["D1,SO3,0,4".to_owned(), "D1,SO3,0,4".to_owned(), "D9,,1,4".to_owned(), "D8,SO5,2,ten".to_owned()])
        .collect();
    let invoices: Vec<String> = (0..40)
        .map(|number| format!("F1,SO{number},{},10,25.0{},{}", number % 3, number % 4, ["CNY", "USD"][number % 2]))
        .chain(["F2,,,1,1.00,CNY".to_owned()])
        .collect();
    let bench = trade()
        .rows("sales", &sales.join("\n"))
        .rows("shipments", &shipments.join("\n"))
        .rows("invoices", &invoices.join("\n"))
        .open(&[r#"["SO1",1]"#, r#"["SO2",2]"#, r#"["SO99",1]"#, r#"{"keyless":["sales"]}"#]);
    let whole = bench.judge();
    assert!(whole.findings.len() > 10 && whole.in_transit > 0 && whole.counts.len() > 4, "{:?}", whole.counts);
    let part_of = |table: &str, row: &[String]| {
        let order = if table == "sales" { &row[0] } else { &row[1] };
        order.bytes().map(usize::from).sum::<usize>() % 7
    };
    assert_eq!(format!("{:?}", bench.judge_apart(7, part_of)), format!("{whole:?}"));
}
