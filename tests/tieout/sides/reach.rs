//! How far back a run reads each table: as far as some rule of the run needs it, and no farther.

use chrono::NaiveDate;
use tieout::audit::reach::{EVERYTHING, scope_start, table_starts};
use tieout::audit::rulebook::Rule;
use tieout::audit::value::Value;

use crate::bench::{Bench, day};

const RULE: &str = r#"
    kind  = "reconcile"
    key   = ["order_no"]
    SCOPE
    [sides.orders]
    table = "orders"
    [sides.invoices]
    table = "invoices"
    [[checks]]
    name  = "amount"
    equal = ["orders.amount", "invoices.amount"]
"#;

/// The bench's day is 2026-11-20. `scope` is what the rule says of it; nothing, where it says nothing.
fn bench(scope: &str) -> Bench {
    let scope =
        if scope.is_empty() { String::new() } else { format!("scope = {{ by = \"orders.entered\", {scope} }}") };
    Bench::new(&RULE.replace("SCOPE", &scope))
        .table("orders", "order_no text, sku text, amount money ccy, ccy text, entered@ date", "")
        .table("invoices", "order_no text, amount money ccy, ccy text, billed@ date", "")
        .table("prices", "sku text, price money", "")
        .table("rates", "day date, base text, other text, rate number", "")
}

/// The first day of the bench's scope.
fn start(bench: &Bench) -> Option<NaiveDate> {
    let mut context = bench.context();
    context.parameters.insert("period_start".to_owned(), Value::Date(day("2026-11-01")));
    scope_start(&bench.rule(), &context)
}

/// `table day` for every table of some rules, each with the first day of its scope.
fn starts(rules: &[(Rule, Option<NaiveDate>)]) -> Vec<String> {
    let starts = table_starts(rules.iter().map(|(rule, since)| (rule, *since)));
    starts.iter().map(|(table, start)| format!("{table} {start}")).collect()
}

/// The tables of one rule on the bench's day, where no exception is open.
fn today(bench: &Bench) -> Vec<String> {
    starts(&[(bench.rule(), start(bench))])
}

#[test]
fn every_side_is_read_from_its_margin_before_the_scope() {
    for (scope, first, read) in [
        (r#"since = "180 days", margin = "60 days""#, "2026-05-24", "2026-03-25"),
        (r#"since = "1 day", margin = "1 day""#, "2026-11-19", "2026-11-18"),
        (r#"since = "6 months", margin = "2 months""#, "2026-05-20", "2026-03-20"),
        (r#"since = ":period_start", margin = "10 days""#, "2026-11-01", "2026-10-22"),
        (r#"since = "0 days", margin = "0 days""#, "2026-11-20", "2026-11-20"),
    ] {
        let bench = bench(scope);
        assert_eq!(start(&bench), Some(day(first)), "{scope}");
        assert_eq!(today(&bench), [format!("invoices {read}"), format!("orders {read}")], "{scope}");
    }
}

#[test]
fn a_month_that_is_too_short_ends_on_its_last_day() {
    let bench = bench(r#"since = "1 month", margin = "1 month""#).on(day("2026-03-31"));
    assert_eq!(today(&bench), ["invoices 2026-01-28", "orders 2026-01-28"]);
}

#[test]
fn what_has_no_scope_no_margin_or_no_first_day_needs_everything() {
    assert_eq!(start(&bench("")), None);
    let everything = ["invoices 0001-01-01", "orders 0001-01-01"];
    for scope in ["", r#"since = "180 days""#, r#"since = "4000000 months", margin = "1 day""#] {
        assert_eq!(today(&bench(scope)), everything, "{scope}");
    }
    let far = bench(r#"since = "1000000 days", margin = "1 day""#);
    assert_eq!((start(&far), today(&far)), (Some(EVERYTHING), everything.map(str::to_owned).to_vec()));
    let wide = bench(r#"since = "10 days", margin = "4294967295 months""#);
    assert_eq!(today(&wide), everything);
}

#[test]
fn open_exceptions_hold_the_day_back_and_one_of_a_run_without_a_scope_holds_it_at_the_beginning() {
    let rule = bench(r#"since = "10 days", margin = "5 days""#).rule();
    assert_eq!(starts(&[(rule.clone(), Some(day("2026-07-06")))]), ["invoices 2026-07-01", "orders 2026-07-01"]);
    assert_eq!(starts(&[(rule, None)]), ["invoices 0001-01-01", "orders 0001-01-01"]);
}

#[test]
fn the_rule_that_needs_more_of_a_table_decides_for_all() {
    let near = bench(r#"since = "10 days", margin = "5 days""#);
    let far = bench(r#"since = "30 days", margin = "0 days""#).with("table = \"invoices\"", "table = \"bills\"");
    let far = far.table("bills", "order_no text, amount money ccy, ccy text, billed@ date", "");
    let both = [(near.rule(), start(&near)), (far.rule(), start(&far))];
    let read = ["bills 2026-10-21", "invoices 2026-11-05", "orders 2026-10-21"];
    assert_eq!(starts(&both), read);
    let [near, far] = both;
    assert_eq!(starts(&[far.clone(), near.clone()]), read, "whichever comes first");

    let whole = bench("").rule();
    assert_eq!(starts(&[near, (whole, None), far]), ["bills 2026-10-21", "invoices 0001-01-01", "orders 0001-01-01"]);
}

#[test]
fn what_is_looked_up_is_read_whole_even_where_it_is_a_side_too() {
    let scoped = bench(r#"since = "10 days", margin = "5 days""#);
    let looking = "table = \"orders\"\n\
                   lookup = [{ table = \"prices\", key = { sku = \"sku\" }, take = [\"price\"] }]\n\
                   convert = { cny = { from = \"amount\", to = \"CNY\", on = \"entered\" } }";
    let rates = "rates = { table = \"rates\", date = \"day\", from = \"base\", to = \"other\", rate = \"rate\" }\n";
    let looking = scoped.clone().with("table = \"orders\"", looking).with("scope =", &format!("{rates}scope ="));
    let read = ["invoices 2026-11-05", "orders 2026-11-05", "prices 0001-01-01", "rates 0001-01-01"];
    assert_eq!(today(&looking), read);

    let itself = "table = \"orders\"\n\
                  lookup = [{ table = \"invoices\", key = { order_no = \"order_no\" }, take = [\"billed\"] }]";
    assert_eq!(today(&scoped.with("table = \"orders\"", itself)), ["invoices 0001-01-01", "orders 2026-11-05"]);
}

#[test]
fn stock_and_debts_need_everything() {
    let stock = r#"
        kind = "low_stock"
        key  = ["sku"]
        judge = "on_hand"
        on_hand  = { table = "stock", column = "qty" }
        settings = { table = "points", point = "point" }
    "#;
    let stock =
        Bench::new(stock).table("stock", "sku text, qty quantity", "").table("points", "sku* text, point quantity", "");
    assert_eq!(start(&stock), None);
    assert_eq!(today(&stock), ["points 0001-01-01", "stock 0001-01-01"]);
}

#[test]
fn a_margin_does_not_change_what_the_rule_means() {
    let plain = bench(r#"since = "10 days""#).rule().hash;
    assert_eq!(bench(r#"since = "10 days", margin = "5 days""#).rule().hash, plain);
    assert_ne!(bench(r#"since = "11 days""#).rule().hash, plain);
}
