//! What a rule could say otherwise: proposed where the tables show it, with the effect in figures.

use std::fmt::Write;

use tieout::audit::suggest::{Suggestion, suggest};

use crate::bench::Bench;
use crate::harness::Company;

const RULE: &str = r#"
kind = "reconcile"
key  = ["order_no"]
[sides.sales]
table = "sales"
[sides.invoices]
table = "invoices"
[[checks]]
name  = "amount"
equal = ["invoices.amount", "sales.amount"]
"#;

/// Forty orders of one a day up to the bench's day, 2026-11-20, and the invoice that `invoice` makes of each.
fn bench(invoice: impl Fn(i64) -> Option<String>) -> Bench {
    let (mut sales, mut invoices) = (String::new(), String::new());
    for number in 0..40 {
        let ordered = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap() - chrono::Days::new(39 - number as u64);
        let _ = writeln!(sales, "SO{number},C{},{number}00.50,{ordered}", number % 7);
        if let Some(invoice) = invoice(number) {
            let _ = writeln!(invoices, "{invoice},C{},{}", number % 7, ordered + chrono::Days::new(1));
        }
    }
    Bench::new(RULE).table("sales", "order_no* text, customer text, amount money, ordered@ date", &sales).table(
        "invoices",
        "order_no* text, amount money, customer text, posted@ date",
        &invoices,
    )
}

fn plain(number: i64) -> String {
    format!("SO{number},{number}00.50")
}

fn told(bench: &Bench) -> Vec<Suggestion> {
    suggest(&bench.rule(), &bench.context(), &bench.tables()).unwrap().suggestions
}

#[test]
fn a_rule_that_ties_out_is_left_alone() {
    assert_eq!(told(&bench(|number| Some(plain(number)))), []);
}

#[test]
fn cleaning_is_proposed_for_the_columns_whose_keys_it_matches() {
    let bench = bench(|number| Some(plain(number).replace("SO", if number < 10 { "so" } else { "SO" })));
    let suggestions = told(&bench);
    let [Suggestion::Normalise { steps, columns, effect }] = &suggestions[..] else { panic!("{suggestions:?}") };
    assert_eq!(format!("{steps:?}"), "[Upper]");
    let named: Vec<String> =
        columns.iter().map(|cleaned| format!("{}.{}", cleaned.side, cleaned.column.name)).collect();
    assert_eq!(named, ["invoices.order_no"]);
    assert_eq!((effect.missing, effect.exceptions), ((20, 0), (20, 0)));
}

#[test]
fn two_ways_of_writing_at_once_need_both_steps() {
    let bench = bench(|number| Some(plain(number).replace("SO", if number < 10 { "ｓｏ" } else { "SO" })));
    let suggestions = told(&bench);
    let [Suggestion::Normalise { steps, effect, .. }] = &suggestions[..] else { panic!("{suggestions:?}") };
    assert_eq!(format!("{steps:?}"), "[HalfWidth, Upper]");
    assert_eq!(effect.missing, (20, 0));
}

#[test]
fn a_tolerance_is_proposed_where_differences_are_small_and_none_is_near() {
    let off = |number: i64| {
        if number % 4 == 0 { format!("SO{number},{number}00.5{}", 1 + number % 3) } else { plain(number) }
    };
    let suggestions = told(&bench(|number| Some(off(number))));
    let [Suggestion::Tolerance { check, within, passing, of, largest, .. }] = &suggestions[..] else {
        panic!("{suggestions:?}")
    };
    assert_eq!((check.as_str(), within.to_string().as_str(), *passing, *of), ("amount", "0.05", 10, 10));
    assert_eq!(largest.to_string(), "0.03");
    // Differences of every size have no natural end.
    let spread = |number: i64| {
        if number % 4 == 0 { format!("SO{number},{}.50", number * 100 + number * 3) } else { plain(number) }
    };
    assert_eq!(told(&bench(|number| Some(spread(number)))), []);
}

#[test]
fn a_grace_is_proposed_where_only_young_rows_are_missing() {
    let suggestions = told(&bench(|number| (number < 34).then(|| plain(number))));
    let [Suggestion::Grace { side, checks, days, after, effect }] = &suggestions[..] else { panic!("{suggestions:?}") };
    assert_eq!((side.as_str(), *days, after.as_str()), ("invoices", 5, "sales.ordered"));
    assert_eq!(checks, &["amount"]);
    assert_eq!((effect.missing, effect.in_transit), ((6, 0), 6));
    // What is missing throughout is no matter of waiting.
    assert_eq!(told(&bench(|number| (number % 5 > 0).then(|| plain(number)))), []);
}

#[test]
fn a_scope_is_proposed_where_a_side_begins_later() {
    let suggestions = told(&bench(|number| (number >= 20).then(|| plain(number))));
    let [Suggestion::Scope { side, by, days, effect }] = &suggestions[..] else { panic!("{suggestions:?}") };
    assert_eq!((side.as_str(), by.as_str(), *days), ("invoices", "sales.ordered", 18));
    assert_eq!(effect.missing, (20, 0));
}

#[test]
fn lost_links_are_listed_and_no_rule_mends_them() {
    let bench = bench(|number| Some(if number == 7 { ",700.50".to_owned() } else { plain(number) }));
    let suggestions = told(&bench);
    let [Suggestion::Links { side, found: 1, of: 1, shown }] = &suggestions[..] else { panic!("{suggestions:?}") };
    assert_eq!((side.as_str(), shown[0].0.canonical()), ("invoices", "[\"SO7\"]"));
}

#[test]
fn a_rule_that_floods_is_advised_too() {
    let mut bench = bench(|number| Some(plain(number).replace("SO", "so")));
    bench.flood = 3;
    assert_eq!(suggest(&bench.rule(), &bench.context(), &bench.tables()).unwrap().exceptions, 80);
}

#[test]
fn the_command_says_what_to_paste_where_and_changes_nothing() {
    let company = Company::new(1_000, 7, "2026-03-31".parse().unwrap());
    for table in ["invoice_lines", "shipment_lines"] {
        let file = format!("config/tables/{table}.toml");
        company.edit(
            &file,
            "order_no      = { type = \"text\", normalise = [\"trim\", \"half_width\", \"upper\"], null_words",
            "order_no      = { type = \"text\", null_words",
        );
    }
    let suggested = company.tieout(&["suggest", "order-shipment-invoice", "--as-of", "2026-03-31"]);
    assert_eq!(suggested.code, 0, "{}", suggested.stderr);
    insta::assert_snapshot!(suggested.stdout);
    assert!(!company.path("tieout.db").exists(), "nothing is recorded");

    let refused = company.tieout(&["suggest", "low-stock"]);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (64, "low-stock is no reconcile rule; only those can be suggested for\n")
    );
    let unknown = company.tieout(&["suggest", "low-stok"]);
    assert_eq!(unknown.code, 64);
}

/// A rule may write its tables itself. What is proposed is then pasted into the rule, and there it does what was said.
#[test]
fn what_is_proposed_for_a_table_inside_the_rule_is_pasted_into_the_rule() {
    let company = Company::new(200, 7, "2026-03-31".parse().unwrap());
    company.narrow(&["exports"]);
    let config = company.read("config/tieout.toml");
    company
        .write("config/tieout.toml", &format!("{config}\n[sources.exports]\nkind = \"files\"\npath = \"exports\"\n"));
    std::fs::create_dir_all(company.path("exports")).unwrap();
    let orders = |upper: bool| {
        let name = if upper { "SO" } else { "so" };
        let rows: String = (0..40).map(|number| format!("{name}{number},{number}00.50\n")).collect();
        format!("单号,amount\n{rows}")
    };
    company.write("exports/sales.csv", &orders(true).replace("单号", "order_no"));
    company.write("exports/invoices.csv", &orders(false));
    let column = "order_no = { type = \"text\", from = [\"No. \\\"2\\\"\", \"单号\"], null_words = [\"无\"] }";
    let rule = format!(
        r#"
kind  = "reconcile"
title = "Two exports"
owner = "finance"
key   = ["order_no"]
[sides.sales]
source = "exports"
file   = "sales.csv"
[sides.sales.columns]
order_no = {{ type = "text" }}
amount   = {{ type = "money" }}
[sides.invoices]
source = "exports"
file   = "invoices.csv"
[sides.invoices.columns]
{column}
amount = {{ type = "money" }}
[[checks]]
name  = "amount"
equal = ["invoices.amount", "sales.amount"]
"#
    );
    company.write("rules/exports.toml", &rule);
    let suggest = || company.tieout(&["suggest", "exports", "--as-of", "2026-03-31"]);
    let suggested = suggest();
    assert_eq!((suggested.code, suggested.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(suggested.stdout, @r#"
    exports: 80 exceptions as it stands

    1. Clean invoices.order_no by "upper"
       would match 80 of 80 missing; 0 of 80 exceptions are left
       rules/exports.toml, [sides.invoices.columns]:
         order_no = { type = "text", from = ["No. \"2\"", "单号"], normalise = ["upper"], null_words = ["无"] }

    Whether breaks may pass is yours to say; nothing was changed.
    "#);

    let lines: Vec<&str> = suggested.stdout.lines().map(str::trim).collect();
    let place = lines.iter().position(|line| *line == "rules/exports.toml, [sides.invoices.columns]:").unwrap();
    company.edit("rules/exports.toml", column, lines[place + 1]);
    let again = suggest();
    assert!(again.stdout.starts_with("exports: 0 exceptions as it stands\nNothing to suggest"), "{}", again.stdout);
    assert!(!company.path("tieout.db").exists(), "nothing is recorded");
}
