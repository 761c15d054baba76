//! Each cause once, by hand, as it is told in both languages; and what looks like one and is none.

use std::fmt::Write;

use tieout::language::Language;
use tieout::words;

use crate::bench::Bench;

/// Every break with what is known of why, in both languages.
pub(super) fn told(bench: &Bench) -> String {
    let mut text = String::new();
    for finding in bench.judge().findings {
        for found in &finding.breaks {
            let _ = writeln!(text, "{} {}", finding.subject.canonical(), found.check);
            for language in [Language::En, Language::Zh] {
                let why = words::why(found, language);
                let _ = writeln!(text, "  {}", if why.is_empty() { "-".to_owned() } else { why.join(" / ") });
            }
        }
    }
    text
}

/// Two sides whose amounts must agree to the cent; several invoices of one order add up.
pub(super) fn two(sales: &str, finance: &str) -> Bench {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        [sides.finance]
        table = "finance"
        sum   = ["amount"]
        [[checks]]
        name  = "amount"
        equal = ["finance.amount", "sales.amount"]
    "#;
    Bench::new(rule)
        .table("sales", "order_no* text, customer text, amount money ccy, ccy text, ordered@ date", sales)
        .table("finance", "doc* text, order_no text, customer text, amount money ccy, ccy text, posted@ date", finance)
}

/// One order of 12,345.67 and what finance has of it.
fn amount(invoices: &[&str]) -> String {
    let rows: Vec<String> =
        invoices.iter().enumerate().map(|(n, amount)| format!("F{n},SO1,C1,{amount},CNY,2026-03-0{}", n + 2)).collect();
    told(&two("SO1,C1,12345.67,CNY,2026-03-01", &rows.join("\n")))
}

#[test]
fn tax_on_one_side_is_told_with_its_rate() {
    // 12,345.67 x 1.13 = 13,950.6071, half up to the cent.
    insta::assert_snapshot!(amount(&["13950.61"]), @"
    [\"SO1\"] amount
      Likely cause: finance.amount is with 13 % tax, the other figure without: 1,604.94 of tax
      可能原因：财务金额含 13% 的税，另一方不含税，税额 1,604.94
    ");
    assert!(amount(&["13950.62"]).contains("  -\n"), "a cent beside it is another figure");
    // 17 % is no rate of 2026, and was one in 2016.
    assert!(amount(&["14444.43"]).contains("  -\n"));
    let then = two("SO1,C1,12345.67,CNY,2016-03-01", "F1,SO1,C1,14444.43,CNY,2016-03-02");
    insta::assert_snapshot!(told(&then), @"
    [\"SO1\"] amount
      Likely cause: finance.amount is with 17 % tax, the other figure without: 2,098.76 of tax
      可能原因：财务金额含 17% 的税，另一方不含税，税额 2,098.76
    ");
}

#[test]
fn small_figures_meet_a_rate_too_easily() {
    let small = two("SO1,C1,9.10,CNY,2026-03-01", "F1,SO1,C1,9.92,CNY,2026-03-02");
    assert!(told(&small).contains("  -\n"));
}

#[test]
fn slips_of_the_fingers_are_told_with_their_digits() {
    insta::assert_snapshot!(amount(&["12435.67"]), @"
    [\"SO1\"] amount
      Likely cause: two digits changed places: 43 and 34
      可能原因：相邻两位数字颠倒：43 与 34
    ");
    insta::assert_snapshot!(amount(&["1234567"]), @"
    [\"SO1\"] amount
      Likely cause: the decimal point of finance.amount is 2 places too far right, or the other's too far left
      可能原因：小数点错位：财务金额多移了 2 位，或另一方少移了
    ");
    insta::assert_snapshot!(amount(&["1245.67"]), @"
    [\"SO1\"] amount
      Likely cause: finance.amount lacks a digit, 3
      可能原因：财务金额漏了一位数字 3
    ");
    insta::assert_snapshot!(amount(&["-12345.67"]), @"
    [\"SO1\"] amount
      Likely cause: the same figure with its sign turned
      可能原因：金额相同，正负号相反
    ");
    assert!(amount(&["12845.67"]).contains("  -\n"), "another digit may be another price");
}

#[test]
fn rounding_is_told_with_its_step() {
    insta::assert_snapshot!(amount(&["12346"]), @"
    [\"SO1\"] amount
      Likely cause: finance.amount was rounded to whole units
      可能原因：财务金额已舍入到整数
    ");
    insta::assert_snapshot!(amount(&["12345"]), @"
    [\"SO1\"] amount
      Likely cause: finance.amount was rounded to whole units
      可能原因：财务金额已舍入到整数
    ");
    // Two halves of 12,345.67, each rounded up.
    insta::assert_snapshot!(amount(&["6172.84", "6172.84"]), @"
    [\"SO1\"] amount
      Likely cause: each of 2 rows was rounded before they were added up
      可能原因：2 行先逐行舍入再相加（尾差）
    ");
    let round = two("SO1,C1,1200.00,CNY,2026-03-01", "F1,SO1,C1,1200.02,CNY,2026-03-02");
    assert!(told(&round).contains("  -\n"), "a round figure that is off by two cents was not rounded");
}

#[test]
fn rows_that_take_back_or_repeat_are_told_with_their_side() {
    insta::assert_snapshot!(amount(&["12345.67", "-12345.67"]), @"
    [\"SO1\"] amount
      Likely cause: a red-letter row of finance takes 12,345.67 back / Odd one out: finance
      可能原因：财务有 1 行红字冲回 12,345.67 / 问题在财务一方
    ");
    insta::assert_snapshot!(amount(&["12345.67", "-345.67"]), @"
    [\"SO1\"] amount
      Likely cause: a red-letter row of finance takes 345.67 back / Odd one out: finance
      可能原因：财务有 1 行红字冲回 345.67 / 问题在财务一方
    ");
    insta::assert_snapshot!(amount(&["12345.67", "12345.67"]), @"
    [\"SO1\"] amount
      Likely cause: finance has it twice, 12,345.67 too much / Odd one out: finance
      可能原因：财务重复入账，共 2 次，多出 12,345.67 / 问题在财务一方
    ");
    insta::assert_snapshot!(amount(&["12000.00", "345.67", "345.67", "345.67"]), @"
    [\"SO1\"] amount
      Likely cause: finance has it 3 times, 691.34 too much / Odd one out: finance
      可能原因：财务重复入账，共 3 次，多出 691.34 / 问题在财务一方
    ");
    // A second invoice of another figure repeats nothing; without it the figures would agree.
    insta::assert_snapshot!(amount(&["12345.67", "345.60"]), @"
    [\"SO1\"] amount
      Likely cause: the smaller figure is 1 of the 2 rows of finance
      可能原因：较小的一方只含财务 2 行中的 1 行
    ");
}

#[test]
fn the_same_figure_in_another_currency_is_told() {
    let mixed = two("SO1,C1,12345.67,CNY,2026-03-01", "F1,SO1,C1,12345.67,USD,2026-03-02");
    insta::assert_snapshot!(told(&mixed), @"
    [\"SO1\"] amount
      Likely cause: both figures are 12,345.67: one of the currency codes is wrong, or it was not converted
      可能原因：双方金额同为 12,345.67，币种写错或未折算
    ");
    let other = two("SO1,C1,12345.67,CNY,2026-03-01", "F1,SO1,C1,1700.00,USD,2026-03-02");
    assert!(told(&other).contains("  -\n"));
}

#[test]
fn a_row_without_its_number_is_found_by_customer_figure_and_day() {
    let lost = two("SO1,C1,12345.67,CNY,2026-03-01", "F1,,C1,12345.67,CNY,2026-03-17");
    insta::assert_snapshot!(told(&lost), @"
    {\"keyless\":[\"finance\"]} keyless
      -
      -
    [\"SO1\"] missing
      Likely cause: lost link: in finance, doc F1 is for exactly 12,345.67, same customer C1, 16 days later, and carries no key / Odd one out: finance
      可能原因：关联丢失：财务的“doc” F1恰为 12,345.67，客户 C1 相同，晚 16 天，未填关联单号 / 问题在财务一方
    ");
    let other = two("SO1,C1,12345.67,CNY,2026-03-01", "F1,SO7,C1,12345.67,CNY,2026-02-27");
    insta::assert_snapshot!(told(&other), @"
    [\"SO7\"] missing
      Likely cause: lost link: in sales, an unmatched row is for exactly 12,345.67, same customer C1, 2 days later, and stands under “SO1”
      可能原因：关联丢失：销售的一行未匹配记录恰为 12,345.67，客户 C1 相同，晚 2 天，挂在 “SO1” 名下
    [\"SO1\"] missing
      Likely cause: lost link: in finance, doc F1 is for exactly 12,345.67, same customer C1, 2 days earlier, and stands under “SO7”
      可能原因：关联丢失：财务的“doc” F1恰为 12,345.67，客户 C1 相同，早 2 天，挂在 “SO7” 名下
    ");
    let none = |finance: &str| {
        let text = told(&two("SO1,C1,12345.67,CNY,2026-03-01", finance));
        assert!(text.contains("[\"SO1\"] missing\n  -\n"), "{text}");
    };
    none("F1,,C1,12345.67,CNY,2026-03-17\nF2,,C1,12345.67,CNY,2026-03-18");
    none("F1,,C2,12345.67,CNY,2026-03-17");
    none("F1,,C1,12345.67,CNY,2026-09-17");
    none("F1,,C1,12345.66,CNY,2026-03-17");
    none("F1,,C1,12345.67,USD,2026-03-17");
    let twice = two("SO1,C1,12345.67,CNY,2026-03-01\nSO2,C1,12345.67,CNY,2026-03-01", "F1,,C1,12345.67,CNY,2026-03-17");
    assert_eq!(told(&twice).matches("missing\n  -\n").count(), 2, "either order may be the one");
}

#[test]
fn a_key_that_is_written_otherwise_is_told_with_what_would_match_it() {
    let spelled =
        |written: &str| told(&two("SO-001,C1,1.00,CNY,2026-03-01", &format!("F1,{written},C2,2.00,CNY,2026-03-17")));
    insta::assert_snapshot!(spelled("so-001"), @"
    [\"so-001\"] missing
      Likely cause: sales has it as “SO-001”, which differs in capital letters (normalise with \"upper\") only
      可能原因：销售写作 “SO-001”，仅大小写（可用 normalise \"upper\"）不同
    [\"SO-001\"] missing
      Likely cause: finance has it as “so-001”, which differs in capital letters (normalise with \"upper\") only
      可能原因：财务写作 “so-001”，仅大小写（可用 normalise \"upper\"）不同
    ");
    insta::assert_snapshot!(spelled("ＳＯ-001"), @"
    [\"ＳＯ-001\"] missing
      Likely cause: sales has it as “SO-001”, which differs in full-width letters (normalise with \"half_width\") only
      可能原因：销售写作 “SO-001”，仅全角字符（可用 normalise \"half_width\"）不同
    [\"SO-001\"] missing
      Likely cause: finance has it as “ＳＯ-001”, which differs in full-width letters (normalise with \"half_width\") only
      可能原因：财务写作 “ＳＯ-001”，仅全角字符（可用 normalise \"half_width\"）不同
    ");
    insta::assert_snapshot!(spelled("SO001"), @"
    [\"SO001\"] missing
      Likely cause: sales has it as “SO-001”, which differs in separators only
      可能原因：销售写作 “SO-001”，仅分隔符不同
    [\"SO-001\"] missing
      Likely cause: finance has it as “SO001”, which differs in separators only
      可能原因：财务写作 “SO001”，仅分隔符不同
    ");
    insta::assert_snapshot!(spelled("so-1"), @"
    [\"so-1\"] missing
      Likely cause: sales has it as “SO-001”, which differs in capital letters (normalise with \"upper\") and leading zeros only
      可能原因：销售写作 “SO-001”，仅大小写（可用 normalise \"upper\"）、前导零不同
    [\"SO-001\"] missing
      Likely cause: finance has it as “so-1”, which differs in capital letters (normalise with \"upper\") and leading zeros only
      可能原因：财务写作 “so-1”，仅大小写（可用 normalise \"upper\"）、前导零不同
    ");
    assert!(spelled("SO-002").contains("  -\n"));
}

#[test]
fn differences_that_cancel_out_are_told_with_each_other() {
    let sales = "SO1,C1,500.00,CNY,2026-03-01\nSO2,C1,700.00,CNY,2026-03-01\nSO3,C2,900.00,CNY,2026-03-01";
    let pair =
        two(sales, "F1,SO1,C1,623.45,CNY,2026-03-02\nF2,SO2,C1,576.55,CNY,2026-03-02\nF3,SO3,C2,900.00,CNY,2026-03-02");
    insta::assert_snapshot!(told(&pair), @"
    [\"SO1\"] amount
      Likely cause: SO2 differs by the same the other way: together they cancel out
      可能原因：SO2 有等额反向差异，两笔相抵为零
    [\"SO2\"] amount
      Likely cause: SO1 differs by the same the other way: together they cancel out
      可能原因：SO1 有等额反向差异，两笔相抵为零
    ");
    let third =
        two(sales, "F1,SO1,C1,623.45,CNY,2026-03-02\nF2,SO2,C1,576.55,CNY,2026-03-02\nF3,SO3,C2,776.55,CNY,2026-03-02");
    assert!(!told(&third).contains("cancel"), "with a third one it is not known which two belong together");
    let small =
        two(sales, "F1,SO1,C1,501.00,CNY,2026-03-02\nF2,SO2,C1,699.00,CNY,2026-03-02\nF3,SO3,C2,900.00,CNY,2026-03-02");
    assert!(!told(&small).contains("cancel"), "one yuan here and there is chance");
}

#[test]
fn a_figure_in_the_wrong_period_is_a_cut_off() {
    let rule = r#"
        kind = "reconcile"
        key  = ["account", "month"]
        [sides.book]
        table = "book"
        [sides.ledger]
        table = "ledger"
        [[checks]]
        name  = "balance"
        equal = ["ledger.amount", "book.amount"]
    "#;
    let months = |april: &str| {
        Bench::new(rule)
            .table("book", "account text, month text, amount money", "1122,2026-03,1000.00\n1122,2026-04,2000.00")
            .table("ledger", "account text, month text, amount money", &format!("1122,2026-03,920.00\n1122,{april}"))
    };
    insta::assert_snapshot!(told(&months("2026-04,2080.00")), @"
    [\"1122\",\"2026-03\"] balance
      Likely cause: cut-off: 1122 / 2026-04, 31 days later, differs by the same the other way
      可能原因：跨期：1122 / 2026-04（31 天之后）有等额反向差异
    [\"1122\",\"2026-04\"] balance
      Likely cause: cut-off: 1122 / 2026-03, 31 days earlier, differs by the same the other way
      可能原因：跨期：1122 / 2026-03（31 天之前）有等额反向差异
    ");
    assert!(told(&months("2026-04,2081.00")).contains("  -\n"));
}

#[test]
fn units_and_parts_are_told_where_quantities_differ() {
    let rule = r#"
        kind = "reconcile"
        key  = ["order_no"]
        [sides.sales]
        table = "sales"
        owner = "sales"
        [sides.warehouse]
        table = "shipments"
        sum   = ["qty"]
        owner = "warehouse"
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
    let three = |ordered: &str, shipped: &str, invoiced: &str| {
        let bench = Bench::new(rule)
            .table("sales", "order_no* text, qty quantity", ordered)
            .table("shipments", "doc* text, order_no text, qty quantity", shipped)
            .table("invoices", "doc* text, order_no text, qty quantity", invoiced);
        told(&bench)
    };
    insta::assert_snapshot!(three("SO1,240", "D1,SO1,10", "F1,SO1,240"), @"
    [\"SO1\"] shipped
      Likely cause: sales.qty is exactly 24 times the other: counted in another unit / Odd one out: warehouse: sales and finance agree
      可能原因：销售数量恰为另一方的 24 倍，计量单位不同 / 问题在仓库一方（销售与财务一致）
    ");
    insta::assert_snapshot!(three("SO1,240", "D1,SO1,100\nD2,SO1,90\nD3,SO1,50", "F1,SO1,150"), @"
    [\"SO1\"] invoiced
      Likely cause: the smaller figure is 2 of the 3 rows of warehouse / Odd one out: finance: sales and warehouse agree
      可能原因：较小的一方只含仓库 3 行中的 2 行 / 问题在财务一方（销售与仓库一致）
    ");
    insta::assert_snapshot!(three("SO1,7", "D1,SO1,5", "F1,SO1,5"), @"
    [\"SO1\"] shipped
      Odd one out: sales: warehouse and finance agree
      问题在销售一方（仓库与财务一致）
    [\"SO1\"] invoiced
      Odd one out: sales: warehouse and finance agree
      问题在销售一方（仓库与财务一致）
    ");
    insta::assert_snapshot!(three("SO1,7", "D1,SO1,6", "F1,SO1,5"), @"
    [\"SO1\"] shipped
      -
      -
    [\"SO1\"] invoiced
      -
      -
    ");
    insta::assert_snapshot!(three("", "", "F1,SO1,5"), @"
    [\"SO1\"] missing
      Odd one out: finance: sales and warehouse have nothing of it
      问题在财务一方（销售与仓库都没有）
    [\"SO1\"] missing
      Odd one out: finance: sales and warehouse have nothing of it
      问题在财务一方（销售与仓库都没有）
    ");
    insta::assert_snapshot!(three("SO1,7", "", "F1,SO1,7"), @"
    [\"SO1\"] missing
      Odd one out: warehouse: sales and finance agree
      问题在仓库一方（销售与财务一致）
    ");
    insta::assert_snapshot!(three("SO1,7", "", ""), @"
    [\"SO1\"] missing
      -
      -
    [\"SO1\"] missing
      -
      -
    ");
}

#[test]
fn an_amount_that_was_not_converted_is_told_with_the_rate() {
    let rule = r#"
        kind  = "reconcile"
        key   = ["order_no"]
        rates = { table = "rates", date = "day", from = "from_ccy", to = "to_ccy", rate = "rate" }
        [sides.invoices]
        table   = "invoices"
        convert = { amount_cny = { from = "amount", to = "CNY", on = "day" } }
        [sides.ledger]
        table = "ledger"
        [[checks]]
        name  = "amount"
        equal = ["invoices.amount_cny", "ledger.amount"]
    "#;
    let booked = |ledger: &str| {
        Bench::new(rule)
            .table("invoices", "order_no text, amount money ccy, ccy text, day date", "SO1,100.01,USD,2026-10-07")
            .table("ledger", "order_no text, amount money", ledger)
            .table_file(
                "rates",
                "[columns]\nday = { type = \"date\" }\nfrom_ccy = { type = \"text\" }\nto_ccy = { type = \"text\" }\n\
                 rate = { type = \"number\", scale = 6 }\n",
                "2026-10-01,USD,CNY,7.1055\n2026-10-08,USD,CNY,7.2\n2026-10-01,EUR,CNY,8.3",
            )
    };
    // 100.01 x 7.1055 = 710.621055; booked as it was, in dollars, under the name of yuan.
    insta::assert_snapshot!(told(&booked("SO1,100.01")), @"
    [\"SO1\"] amount
      Likely cause: invoices.amount_cny is the other figure converted: 1 USD was 7.1055 CNY that day
      可能原因：发票 amount_cny是另一方按当日汇率折算的金额：1 USD = 7.1055 CNY
    ");
    // Converted twice.
    insta::assert_snapshot!(told(&booked("SO1,5049.31")), @"
    [\"SO1\"] amount
      Likely cause: ledger.amount is the other figure converted: 1 USD was 7.1055 CNY that day
      可能原因：总账金额是另一方按当日汇率折算的金额：1 USD = 7.1055 CNY
    ");
    assert!(told(&booked("SO1,720.07")).contains("  -\n"), "the rate of the next week is not the day's");
}

#[test]
fn a_unit_of_the_items_own_table_is_told_by_name() {
    let rule = r#"
        kind  = "reconcile"
        key   = ["order_no"]
        units = { table = "units", item = "sku", unit = "unit", factor = "factor" }
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [[checks]]
        name  = "shipped"
        equal = ["sales.qty", "warehouse.qty"]
    "#;
    let shipped = |qty: &str| {
        let bench = Bench::new(rule)
            .table_file(
                "sales",
                "unique = [\"order_no\"]\n[columns]\norder_no = { type = \"text\" }\nsku = { type = \"text\" }\n\
                 unit = { type = \"text\" }\nqty = { type = \"quantity\", unit = \"unit\" }\n",
                "SO1,A,箱,3",
            )
            .table("shipments", "order_no text, sku text, qty quantity", &format!("SO1,A,{qty}"))
            .table("units", "sku text, unit text, factor number", "A,箱,18\nA,个,1\nB,箱,7");
        told(&bench)
    };
    insta::assert_snapshot!(shipped("3"), @"
    [\"SO1\"] shipped
      Likely cause: sales.qty is exactly 18 times the other, as one 箱 is: counted in another unit
      可能原因：销售数量恰为另一方的 18 倍（1 箱 即此数），计量单位不同
    ");
    assert!(shipped("8").contains("  -\n"));
}
