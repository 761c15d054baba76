//! What a validity rule calls a break: rows that do not satisfy what is asserted of them.

use tieout::language::Language;
use tieout::words;

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind   = "validity"
    table  = "lines"
    key    = ["no", "line"]
    amount = "qty * price"
    [[checks]]
    name   = "complete"
    assert = "customer is not null and qty > 0"
    [[checks]]
    name   = "known-item"
    exists = { table = "items", key = { sku = "sku" } }
    owner  = "warehouse"
"#;

const COLUMNS: &str = "no text, line number, customer text, sku text, qty quantity, price money ccy, ccy text";

fn bench_with(rule: &str) -> Bench {
    Bench::new(rule).table("lines", COLUMNS, "S1,1,C1,A,2,5.00,CNY\nS1,2,C1,B,1,3.00,USD").table(
        "items",
        "sku text, status text",
        "A,active\nB,active\nC,stopped",
    )
}

fn bench() -> Bench {
    bench_with(RULE)
}

/// The sentences of every break, a line each.
fn sentences(bench: &Bench, language: Language) -> String {
    let findings = bench.judge().findings;
    let breaks = findings.iter().flat_map(|finding| &finding.breaks);
    breaks.map(|found| words::sentence(found, language) + "\n").collect()
}

#[test]
fn rows_that_satisfy_every_assertion_pass() {
    check(bench(), "ties out");
    check(
        bench().open(&["[\"S1\",\"1\"]", "[\"S9\",\"1\"]"]),
        r#"["S1","1"] is Gone
        ["S9","1"] is Gone"#,
    );
    check(
        bench().open(&["[\"S1\",1]", "[\"S9\",1]"]),
        r#"["S1",1] is Agrees
        ["S9",1] is Gone"#,
    );
}

#[test]
fn what_is_false_is_a_break_worth_the_row_in_its_currency() {
    let rows = "S1,1,C1,A,-2,5.00,CNY\nS1,2,C1,B,0,3.00,USD\nS1,3,C1,B,,3.00,USD\nS1,4,,A,1.5,0.3333,JPY";
    check(
        bench().rows("lines", &rows.replace("0.3333", "0.33")),
        r#"["S1",1] complete: invalid CNY 10.00 -> finance
           ["S1",2] complete: invalid USD 0.00 -> finance
           ["S1",3] complete: invalid -> finance
           ["S1",4] complete: invalid JPY 0.495 -> finance"#,
    );
}

#[test]
fn a_break_says_what_stood_in_the_row_and_what_could_not_be_told() {
    let bench = bench().rows("lines", "S1,1,C1,A,-2,5.00,CNY\nS1,2,C1,Z,,3.00,USD\nS1,3,,,1,1.00,CNY");
    insta::assert_snapshot!(sentences(&bench, Language::En), @"
    “qty > 0” does not hold: qty is -2
    “qty > 0” cannot be told: qty is empty
    lines refers to Z, which is not in items
    customer is empty
    lines leaves empty what is looked up in items
    ");
    insta::assert_snapshot!(sentences(&bench, Language::Zh), @"
    不满足“数量 > 0”：数量为 -2
    无法判断是否满足“数量 > 0”：数量为空
    明细的 Z 在“货品”表中查不到
    客户为空
    明细没有填写可在“货品”表中查找的值
    ");
}

#[test]
fn of_several_conditions_only_those_are_told_that_do_not_hold() {
    let told = |condition: &str, row: &str| {
        let rule = RULE.replace("customer is not null and qty > 0", condition);
        sentences(&bench_with(&rule).rows("lines", row), Language::En)
    };
    let row = "S1,1,,A,-2,5.00,CNY";
    insta::assert_snapshot!(
        [
            told("customer is not null and line is not null and price is not null", "S1,1,,A,1,,CNY"),
            told("customer is not null and (qty > 0 and price > 0)", row),
            told("qty between 1 and 5 and price > 0", row),
            told("customer is not null or qty > 0 and price > 9", row),
            told("not (qty < 0) and sku in ('A', 'and')", row),
            told("case when qty > 0 and price > 0 then true else false end and sku = 'A'", row),
            told("qty > 0", row),
        ]
        .concat(),
        @"
        customer is empty, price is empty
        “customer is not null and (qty > 0 and price > 0)” does not hold: customer is empty, qty is -2, price is 5.00
        “qty between 1 and 5” does not hold: qty is -2
        “customer is not null or qty > 0 and price > 9” does not hold: customer is empty, qty is -2, price is 5.00
        “not (qty < 0)” does not hold: qty is -2
        “case when qty > 0 and price > 0 then true else false end” does not hold: qty is -2, price is 5.00
        “qty > 0” does not hold: qty is -2
        "
    );
}

#[test]
fn a_price_that_is_looked_up_by_currency_is_of_that_currency() {
    let rule = RULE.replace("customer is not null and qty > 0", "price >= floor").replace(
        "[[checks]]\n    name   = \"complete\"",
        "lookup = [{ table = \"list\", key = { sku = \"sku\", ccy = \"currency\" }, take = [\"floor\"] }]\n    \
         [[checks]]\n    name   = \"complete\"\n    empty  = \"pass\"",
    );
    let list = "A,CNY,5.00\nB,CNY,1.00\nB,USD,3.01";
    let bench = bench_with(&rule).table("list", "sku text, currency text, floor money currency", list);
    check(bench, r#"["S1",2] complete: invalid USD 3.00 -> finance"#);
}

#[test]
fn what_an_empty_cell_leaves_untold_is_a_break_unless_the_check_lets_it_pass() {
    let rule = RULE.replace(
        "[[checks]]\n    name   = \"known-item\"",
        "empty = \"pass\"\n    [[checks]]\n    name   = \"known-item\"",
    );
    let rows = "S1,1,C1,A,,5.00,CNY\nS1,2,,A,,1.00,CNY\nS1,3,C1,A,-1,1.00,CNY";
    check(
        bench_with(&rule).rows("lines", rows),
        r#"["S1",2] complete: invalid -> finance
           ["S1",3] complete: invalid CNY 1.00 -> finance"#,
    );
    let rule = format!("{RULE}    empty = \"pass\"\n");
    check(bench_with(&rule).rows("lines", "S1,1,C1,,1,5.00,CNY"), "ties out");
    check(
        bench().rows("lines", "S1,1,C1,,1,5.00,CNY"),
        r#"["S1",1] known-item: unknown_reference CNY 5.00 -> warehouse"#,
    );
}

#[test]
fn a_figure_that_does_not_fit_is_no_empty_cell() {
    let rule =
        RULE.replace("customer is not null and qty > 0", "qty * qty * qty > 0").replace("amount = \"qty * price\"", "");
    let rule = rule.replace(
        "[[checks]]\n    name   = \"known-item\"",
        "empty = \"pass\"\n    [[checks]]\n    name   = \"known-item\"",
    );
    let huge = "S1,1,C1,A,99999999999999999999,5.00,CNY";
    check(bench_with(&rule).rows("lines", huge), r#"["S1",1] complete: invalid -> finance"#);
    // What it is worth does not fit either, and is then unpriced.
    let priced = RULE.replace("qty * price", "qty * qty * price").replace("qty > 0", "qty < 0");
    check(bench_with(&priced).rows("lines", huge), r#"["S1",1] complete: invalid -> finance"#);
}

#[test]
fn a_check_applies_only_where_its_condition_is_true() {
    let rule = format!("{RULE}    when = \"price > 1\"\n");
    check(
        bench_with(&rule).rows("lines", "S1,1,C1,Z,1,5.00,CNY\nS1,2,C1,Z,1,1.00,CNY\nS1,3,C1,Z,1,,CNY"),
        r#"["S1",1] known-item: unknown_reference CNY 5.00 -> warehouse"#,
    );
}

#[test]
fn only_rows_that_a_filter_leaves_are_there_on_either_side() {
    let rule = RULE.replace("{ sku = \"sku\" }", "{ sku = \"sku\" }, filter = \"status = 'active'\"");
    let rule = rule.replace("key    = [", "filter = \"ccy = 'CNY'\"\n    key    = [");
    let rows = "S1,1,C1,C,1,5.00,CNY\nS1,2,C1,C,-1,3.00,USD\nS1,3,C1,A,1,3.00,CNY";
    check(bench_with(&rule).rows("lines", rows), r#"["S1",1] known-item: unknown_reference CNY 5.00 -> warehouse"#);
}

#[test]
fn a_row_that_is_there_twice_is_known_all_the_same_and_an_empty_key_is_nowhere() {
    check(bench().rows("items", "A,active\nA,stopped\nB,active"), "ties out");
    let nowhere = bench().rows("items", ",active").rows("lines", "S1,1,C1,,1,5.00,CNY");
    check(nowhere, r#"["S1",1] known-item: unknown_reference CNY 5.00 -> warehouse"#);
}

#[test]
fn faults_of_the_rows_themselves_come_first_and_stop_the_checks() {
    let rows = "S1,1,,Z,-1,5.00,CNY\nS1,1,,Z,-2,5.00,CNY\nS2,,,Z,-1,1.00,CNY\nS3,1,C1,A,two,1.00,CNY";
    check(
        bench().rows("lines", rows),
        r#"["S3",1] unreadable lines -> finance
           {"keyless":["lines"]} keyless lines -> finance
           ["S1",1] duplicate lines -> finance"#,
    );
}

#[test]
fn rows_that_share_a_key_may_be_left_to_another_rule() {
    let rule = RULE.replace("amount = ", "duplicates = \"pass\"\n    amount = ");
    let twice = "S1,1,,Z,-1,5.00,CNY\nS1,1,,Z,-2,5.00,CNY\nS2,1,C1,Z,1,1.00,CNY";
    check(
        bench_with(&rule).rows("lines", twice),
        r#"["S2",1] known-item: unknown_reference CNY 1.00 -> warehouse
           doubled: 1"#,
    );
    // Nobody can tell whether what was wrong with one of them is mended, so it stays open.
    check(
        bench_with(&rule).rows("lines", twice).open(&["[\"S1\",1]", "[\"S2\",1]"]),
        r#"["S2",1] known-item: unknown_reference CNY 1.00 -> warehouse
           doubled: 1
           ["S1",1] is NotJudged
           ["S2",1] is Breaks"#,
    );
    let once = "S1,1,C1,A,1,5.00,CNY\nS2,1,C1,A,1,1.00,CNY";
    check(
        bench_with(&rule).rows("lines", once).open(&["[\"S1\",1]", "[\"S9\",1]"]),
        r#"["S1",1] is Agrees
           ["S9",1] is Gone"#,
    );
}

#[test]
fn what_only_this_rule_can_tell_of_doubled_rows_is_told_all_the_same() {
    let rule = RULE.replace("amount = ", "duplicates = \"pass\"\n    amount = ");
    check(
        bench_with(&rule).rows("lines", "S1,1,C1,Z,two,5.00,CNY\nS1,1,C1,Z,2,5.00,CNY\n,1,C1,Z,2,5.00,CNY"),
        r#"["S1",1] unreadable lines -> finance
           {"keyless":["lines"]} keyless lines -> finance"#,
    );
}

#[test]
fn a_cell_that_no_check_reads_may_be_unreadable() {
    let rule = RULE.replace("amount = \"qty * price\"", "");
    check(bench_with(&rule).rows("lines", "S1,1,C1,A,2,five,CNY"), "ties out");
    check(bench().rows("lines", "S1,1,C1,A,2,five,CNY"), r#"["S1",1] unreadable lines -> finance"#);
}

const PRICES: &str = r#"
    kind   = "validity"
    table  = "lines"
    key    = ["no", "line"]
    amount = "price"
    lookup = [{ table = "prices", key = { sku = "sku", ccy = "ccy" }, take = { low = "low", high = "high", ccy_of_list = "ccy" } }]
    [[checks]]
    name   = "price"
    assert = "price between low and high"
"#;

fn priced(rule: &str, prices: &str) -> Bench {
    bench_with(rule).table("prices", "sku text, low money ccy, high money ccy, ccy text", prices)
}

#[test]
fn a_price_is_held_to_the_bounds_of_a_list_and_an_item_that_is_not_on_it_cannot_be_told() {
    check(priced(PRICES, "A,5.00,6.00,CNY\nB,2.00,3.00,USD"), "ties out");
    check(
        priced(PRICES, "A,5.01,6.00,CNY\nB,2.00,2.99,USD"),
        r#"["S1",1] price: invalid CNY 5.00 -> finance
           ["S1",2] price: invalid USD 3.00 -> finance"#,
    );
    let unlisted = priced(PRICES, "A,5.00,6.00,CNY\nB,2.00,3.00,EUR");
    check(unlisted.clone(), r#"["S1",2] price: invalid USD 3.00 -> finance"#);
    insta::assert_snapshot!(sentences(&unlisted, Language::En), @"“price between low and high” cannot be told: price is 3.00, low is empty, high is empty");
    check(priced(&format!("{PRICES}    empty = \"pass\"\n"), "A,5.00,6.00,CNY"), "ties out");
}

#[test]
fn a_lookup_that_finds_several_rows_or_must_find_one_is_a_break_of_the_row() {
    check(
        priced(PRICES, "A,5.00,6.00,CNY\nA,4.00,6.00,CNY\nB,2.00,3.00,USD"),
        r#"["S1",1] duplicate lines CNY 5.00 -> finance"#,
    );
    let required = PRICES.replace("\"ccy\" } }]", "\"ccy\" }, required = true }]");
    check(priced(&required, "A,5.00,6.00,CNY"), r#"["S1",2] missing lines USD 3.00 -> finance"#);
}

#[test]
fn money_in_another_currency_is_checked_where_there_is_a_rate() {
    let rule = r#"
        kind    = "validity"
        table   = "lines"
        key     = ["no", "line"]
        rates   = { table = "rates", date = "day", from = "from", to = "to", rate = "rate" }
        derive  = { on = ":as_of_day" }
        convert = { in_cny = { from = "price", to = "CNY", on = "on" } }
        [[checks]]
        name    = "small"
        assert  = "in_cny <= 20"
    "#;
    let bench = bench_with(rule)
        .rows("lines", "S1,1,C1,A,1,20.00,CNY\nS1,2,C1,A,1,3.00,USD\nS1,3,C1,A,1,3.00,JPY")
        .table("rates", "day date, from text, to text, rate number", "2026-11-01,USD,CNY,7");
    check(
        bench,
        r#"["S1",2] small: invalid -> finance
           no_rate: 1"#,
    );
}

#[test]
fn a_row_with_several_faults_is_one_finding_in_the_order_of_the_checks() {
    let bench = bench().rows("lines", "S1,1,,Z,-1,5.00,CNY");
    check(
        bench.clone(),
        r#"["S1",1] complete: invalid CNY 5.00 -> finance
           ["S1",1] known-item: unknown_reference CNY 5.00 -> warehouse"#,
    );
    assert_eq!(bench.judge().findings.len(), 1);
}

#[test]
fn an_amount_of_two_currencies_is_no_amount() {
    let rule = RULE.replace("amount = \"qty * price\"", "amount = \"price + freight\"");
    let bench = bench_with(&rule).table(
        "lines",
        "no text, line number, customer text, sku text, qty quantity, price money ccy, ccy text, freight money CNY",
        "S1,1,C1,Z,1,5.00,CNY,1.00\nS1,2,C1,Z,1,5.00,USD,1.00",
    );
    check(
        bench,
        r#"["S1",1] known-item: unknown_reference CNY 6.00 -> warehouse
           ["S1",2] known-item: unknown_reference -> warehouse"#,
    );
}

#[test]
fn every_setting_that_can_change_a_judgement_is_in_the_hash() {
    let variants = [
        RULE.to_owned(),
        RULE.replace("qty > 0", "qty >= 0"),
        RULE.replace("amount = \"qty * price\"", ""),
        RULE.replace("\"known-item\"", "\"item\""),
        RULE.replace("{ sku = \"sku\" } }", "{ sku = \"sku\" }, filter = \"status = 'active'\" }"),
        RULE.replace("{ sku = \"sku\" }", "{ sku = \"status\" }"),
        format!("{RULE}    when = \"qty > 1\"\n"),
        format!("{RULE}    empty = \"pass\"\n"),
        RULE.replace("amount = ", "duplicates = \"pass\"\n    amount = "),
    ];
    let hashes: std::collections::BTreeSet<String> = variants.iter().map(|rule| bench_with(rule).rule().hash).collect();
    assert_eq!(hashes.len(), variants.len());
    let explicit = RULE.replace("amount = ", "duplicates = \"break\"\n    amount = ");
    let same = [
        format!("{RULE}    empty = \"break\"\n"),
        explicit,
        RULE.replace("owner  = \"warehouse\"", "owner = \"sales\""),
    ];
    for rule in same {
        assert!(hashes.contains(&bench_with(&rule).rule().hash), "{rule}");
    }
}
