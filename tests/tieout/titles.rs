//! What checks are called for people who do not read rule files.

use tieout::audit::rulebook::CheckTitles;
use tieout::language::Language;
use tieout::words;

use crate::bench::Bench;

/// The first break of every subject, with its check's title, in both languages.
fn told(bench: &Bench) -> String {
    let titles = CheckTitles::of(&bench.rule());
    let findings = bench.judge().findings;
    let breaks = findings.iter().flat_map(|finding| &finding.breaks);
    let both =
        |found| [Language::En, Language::Zh].map(|language| words::told(found, titles.get(&found.check), language));
    breaks.map(|found| both(found).join("\n") + "\n").collect()
}

#[test]
fn a_title_stands_in_place_of_a_condition() {
    let rule = r#"
        kind   = "validity"
        table  = "lines"
        key    = ["no"]
        [[checks]]
        name   = "complete"
        title  = { en = "Every line has a customer and counts something", zh = "每行都有客户且数量大于零" }
        assert = "customer is not null and qty > 0"
        [[checks]]
        name   = "known-item"
        title  = { en = "Only items of the list are sold", zh = "只销售目录内的商品" }
        exists = { table = "items", key = { sku = "sku" } }
    "#;
    let rows = "S1,,A,2\nS2,C1,A,\nS3,C1,Z,1";
    let bench = Bench::new(rule).table("lines", "no text, customer text, sku text, qty quantity", rows);
    insta::assert_snapshot!(told(&bench.table("items", "sku text", "A")), @"
    Every line has a customer and counts something: customer is empty
    每行都有客户且数量大于零：客户为空
    Every line has a customer and counts something: cannot be told, qty is empty
    每行都有客户且数量大于零：无法判断，数量为空
    Only items of the list are sold: lines refers to Z, which is not in items
    只销售目录内的商品：明细的 Z 在“货品”表中查不到
    ");
}

#[test]
fn a_title_stands_in_place_of_a_state() {
    let rule = r#"
        kind  = "stalled"
        table = "orders"
        key   = ["no"]
        [[checks]]
        name   = "approved-not-shipped"
        title  = { en = "Approved and not shipped", zh = "已审批未发货" }
        while  = "status = 'approved' and shipped_on is null"
        longer = { days = 5, since = "approved_on" }
    "#;
    let rows = "S1,approved,2026-11-01,\nS2,approved,,";
    let bench = Bench::new(rule).table("orders", "no text, status text, approved_on date, shipped_on date", rows);
    insta::assert_snapshot!(told(&bench), @"
    Approved and not shipped: for 19 days since 2026-11-01 (approved_on), 5 days allowed
    已审批未发货：自审批日期 2026-11-01 起已 19 天，最多 5 天
    Approved and not shipped: nobody can tell since when: approved_on is empty
    已审批未发货：审批日期为空，无法得知已停留多久
    ");
}

#[test]
fn a_title_stands_in_front_of_figures() {
    let rule = r#"
        kind  = "threshold"
        table = "balances"
        by    = ["account", "ccy"]
        value = "sum(balance)"
        [[checks]]
        name     = "floor"
        title    = { en = "Cash floor", zh = "资金下限" }
        at_least = "1000"
    "#;
    let bench = Bench::new(rule).table("balances", "account text, ccy text, balance money ccy", "A,CNY,999.99");
    insta::assert_snapshot!(told(&bench), @"
    Cash floor: balance is CNY 999.99, at least CNY 1,000 expected: 0.01 too little
    资金下限：余额 CNY 999.99，下限 CNY 1,000，少 0.01
    ");
    let rule = r#"
        kind = "reconcile"
        key  = ["no"]
        [sides.sales]
        table = "sales"
        [sides.warehouse]
        table = "shipments"
        [[checks]]
        name  = "shipped"
        title = "Shipped as ordered"
        equal = ["warehouse.qty", "sales.qty"]
        [[checks]]
        name  = "untitled"
        equal = ["warehouse.qty", "sales.qty + 0"]
    "#;
    let bench = Bench::new(rule).table("sales", "no text, qty quantity", "S1,7\nS2,8").table(
        "shipments",
        "no text, qty quantity",
        "S1,6",
    );
    insta::assert_snapshot!(told(&bench), @"
    Not in warehouse, but in sales
    仓库没有记录，销售有
    Shipped as ordered: warehouse.qty is 6, sales.qty is 7: 1 less
    Shipped as ordered：仓库数量 6 ≠ 销售数量 7，差 -1
    warehouse.qty is 6, sales.qty + 0 is 7: 1 less
    仓库数量 6 ≠ 销售数量 + 0 7，差 -1
    ");
}

/// What a title holds is text from a file like any other.
#[test]
fn a_title_is_one_line_whatever_it_holds() {
    let rule = r#"
        kind   = "validity"
        table  = "lines"
        key    = ["no"]
        [[checks]]
        name   = "counted"
        title  = "two\nlines\u202E"
        assert = "qty > 0"
    "#;
    let told = told(&Bench::new(rule).table("lines", "no text, qty quantity", "S1,0"));
    assert_eq!(told.lines().next(), Some("two⟨U+000A⟩lines⟨U+202E⟩: qty is 0"));
}

#[test]
fn a_title_is_no_part_of_what_a_rule_means() {
    let rules = [
        "kind = \"validity\"\ntable = \"lines\"\nkey = [\"no\"]\n[[checks]]\nname = \"c\"\nassert = \"qty > 0\"",
        "kind = \"stalled\"\ntable = \"lines\"\nkey = [\"no\"]\n[[checks]]\nname = \"c\"\nwhile = \"qty > 0\"\n\
         longer = { days = 1, since = \"since\" }",
        "kind = \"threshold\"\ntable = \"lines\"\nby = [\"no\"]\nvalue = \"sum(qty)\"\n[[checks]]\nname = \"c\"\n\
         at_most = 5",
        "kind = \"reconcile\"\nkey = [\"no\"]\n[sides.a]\ntable = \"lines\"\n[sides.b]\ntable = \"lines\"\n\
         [[checks]]\nname = \"c\"\nequal = [\"a.qty\", \"b.qty\"]",
    ];
    for rule in rules {
        let bench = Bench::new(rule).table("lines", "no* text, qty quantity, since date", "");
        let titled = bench.clone().with("name = \"c\"", "name = \"c\"\ntitle = { en = \"a title\", zh = \"标题\" }");
        assert_eq!(titled.rule().hash, bench.rule().hash, "{rule}");
        assert_eq!(titled.rule().check_title("c").map(|title| title.zh.as_str()), Some("标题"), "{rule}");
        assert!(CheckTitles::of(&bench.rule()).is_empty());
    }
}
