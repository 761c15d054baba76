//! When a pull is not believed: too few rows, too few more than last time, too old.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use insta::assert_snapshot;
use polars::prelude::{Column, DataFrame};
use tieout::audit::calendar::Calendar;
use tieout::audit::judgement::{BATCH, Context, Reason};
use tieout::audit::rulebook::{Asking, read_table};
use tieout::audit::snapshot::{Baseline, Figures, RawTable, Table, TableSpec, normalise, trip};
use tieout::language::Language;
use tieout::problem::SourceText;
use tieout::words;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Noon in Shanghai.
fn context(today: &str) -> Context {
    Context {
        as_of: day(today).and_hms_opt(4, 0, 0).unwrap().and_utc(),
        day: day(today),
        zone: chrono_tz::Asia::Shanghai,
        currency: "CNY".to_owned(),
        calendar: Calendar { holidays: BTreeSet::from([day("2026-11-20")]), workdays: BTreeSet::new() },
        past: std::sync::Arc::default(),
        parameters: BTreeMap::new(),
        flood: 1000,
        evidence_rows: 5,
        diagnosed: 20_000,
        batch: BATCH,
    }
}

fn spec(guards: &str) -> TableSpec {
    let text = format!(
        "source = \"erp\"\nquery = \"select 1\"\ndate = \"posted\"\nguards = {{ {guards} }}\n[columns]\n\
         posted = {{ type = \"date\" }}\nsaved = {{ type = \"instant\" }}\n\
         amount = {{ type = \"money\", currency = \"ccy\" }}\nccy = {{ type = \"text\" }}\n\
         qty = {{ type = \"quantity\" }}\n"
    );
    let sources = BTreeMap::from([("erp".to_owned(), Asking::Query)]);
    read_table(&SourceText::new("config/tables/sales_lines.toml", text), Some(&sources)).unwrap()
}

/// Rows of `posted saved amount ccy qty`, cells apart by `|`, an empty one null.
fn table(guards: &str, rows: &[&str]) -> Table {
    let spec = spec(guards);
    let columns = ["posted", "saved", "amount", "ccy", "qty"].iter().enumerate().map(|(place, name)| {
        let cells = rows.iter().map(|row| row.split('|').nth(place).filter(|cell| !cell.is_empty()));
        Column::new((*name).into(), cells.collect::<Vec<Option<&str>>>())
    });
    let frame = DataFrame::new(rows.len(), columns.collect()).unwrap();
    let moment = context("2026-11-23").as_of;
    normalise(&spec, &RawTable { frame, moment, clock_offset: None }, chrono_tz::Asia::Shanghai).unwrap()
}

/// The last good pull of a table of these rows, read on a day.
fn baseline(guards: &str, rows: &[&str], read_on: &str) -> Baseline {
    let figures = Figures::of(&table(guards, rows), BTreeMap::new(), &context(read_on));
    Baseline { day: day(read_on), since: None, figures }
}

/// What is said of a pull on Monday, 2026-11-23; nothing where it is believed.
fn said(guards: &str, now: &[&str], last: Option<&Baseline>) -> String {
    let (table, context) = (table(guards, now), context("2026-11-23"));
    let figures = Figures::of(&table, BTreeMap::new(), &context);
    let tripped = trip(&table, &figures, None, last, &context);
    let reason = tripped.map(|tripped| Reason::tripped("erp", "sales_lines", tripped));
    reason.map_or_else(String::new, |reason| words::reason(&reason, Language::En))
}

fn check(guards: &str, was: &[&str], now: &[&str], expected: &str) {
    let last = baseline(guards, was, "2026-11-19");
    assert_eq!(said(guards, now, Some(&last)), expected);
}

const LINE: &str = "2026-11-19||10|CNY|1";

#[test]
fn fewer_rows_than_are_let_through_are_a_fall_and_exactly_as_many_are_none() {
    let (ten, five, four) = (vec![LINE; 10], vec![LINE; 5], vec![LINE; 4]);
    check(r#"max_drop = "50%""#, &ten, &five, "");
    check(
        r#"max_drop = "50%""#,
        &ten,
        &four,
        "Table sales_lines of erp has 4 rows, 10 in the last good pull of 2026-11-19: 60 % fewer, at most 50 % is let \
         through; `tieout accept sales_lines --reason …` takes it",
    );
    let last = baseline("", &ten, "2026-11-19");
    assert!(said(r#"max_drop = "59.99%""#, &four, Some(&last)).contains("at most 59.99 % is let through"));
    check(r#"max_drop = "60.00%""#, &ten, &four, "");
    // Growing is no fall, and of nothing nothing can be lost.
    check(r#"max_drop = "0%""#, &four, &ten, "");
    check(r#"max_drop = "0%""#, &[], &four, "");
    check(r#"min_rows = 0"#, &ten, &[], "");
}

#[test]
fn without_a_last_good_pull_nothing_fell() {
    assert_eq!(said(r#"max_drop = "0%""#, &[LINE], None), "");
    assert_eq!(
        said(r#"min_rows = 2"#, &[LINE], None),
        "Table sales_lines of erp has only 1 row; fewer than 2 cannot be believed"
    );
}

#[test]
fn a_control_total_falls_per_currency_and_towards_zero() {
    let guards = r#"max_drop = "50%", totals = ["amount", "qty"]"#;
    let rows = |cells: [&str; 3]| cells.map(|cell| format!("2026-11-19||{cell}"));
    let fell = |was: [&str; 3], now: [&str; 3]| {
        let (was, now) = (rows(was), rows(now));
        let was: Vec<&str> = was.iter().map(String::as_str).collect();
        let now: Vec<&str> = now.iter().map(String::as_str).collect();
        said(guards, &now, Some(&baseline(guards, &was, "2026-11-19")))
    };
    let usual = ["100|CNY|1", "40|USD|1", "-7|EUR|1"];
    let mut texts = Vec::new();
    for (what, now) in [
        ("as it was", usual),
        ("half of each", ["50|CNY|1", "20|USD|1", "-3.5|EUR|1"]),
        ("one currency less than half", ["50|CNY|1", "19.99|USD|1", "-7|EUR|1"]),
        ("one currency gone", ["100|CNY|1", "40|USD|1", "|EUR|1"]),
        ("a null currency is the business's own", ["100||1", "40|USD|1", "-7|EUR|1"]),
        ("a negative total beyond zero", ["100|CNY|1", "40|USD|1", "7|EUR|1"]),
        ("a negative total grows", ["100|CNY|1", "40|USD|1", "-700|EUR|1"]),
        ("quantities", ["100|CNY|1", "40|USD|0", "-7|EUR|0"]),
        ("a figure that nobody can read counts as none", ["many|CNY|1", "40|USD|1", "-7|EUR|1"]),
    ] {
        texts.push(format!("{what}: {}", fell(usual, now)));
    }
    assert_snapshot!(texts.join("\n"));
}

#[test]
fn sums_beyond_every_figure_are_not_compared() {
    let guards = r#"max_drop = "1%", totals = ["amount"]"#;
    let most = format!("2026-11-19||{}|CNY|1", "9".repeat(34));
    let rows = vec![most.as_str(); 200_000];
    assert_eq!(said(guards, &rows, Some(&baseline(guards, &rows, "2026-11-19"))), "");
}

#[test]
fn a_total_whose_column_means_something_else_now_is_not_compared() {
    let guards = r#"max_drop = "10%", totals = ["amount"]"#;
    let mut last = baseline(guards, &["2026-11-19||100|CNY|1"], "2026-11-19");
    let now = ["2026-11-19||1|CNY|1"];
    assert!(said(guards, &now, Some(&last)).contains("99 % less"));
    last.figures.totals.get_mut("amount").unwrap().meaning.push('x');
    assert_eq!(said(guards, &now, Some(&last)), "");
}

#[test]
fn a_pull_of_a_shorter_time_is_not_held_against_one_of_a_longer() {
    let guards = r#"max_drop = "10%""#;
    let (table, context) = (table(guards, &[LINE]), context("2026-11-23"));
    let figures = Figures::of(&table, BTreeMap::new(), &context);
    let last = |since: Option<&str>| Baseline { since: since.map(day), ..baseline(guards, &[LINE; 10], "2026-11-19") };
    let trips = |since: Option<&str>, was: Option<&str>| {
        trip(&table, &figures, since.map(day), Some(&last(was)), &context).is_some()
    };
    assert!(trips(None, None) && trips(None, Some("2026-11-01")));
    // Eighteen days then.
    assert!(trips(Some("2026-11-01"), Some("2026-11-01")));
    assert!(trips(Some("2026-11-08"), Some("2026-11-01")), "months differ by as many days");
    assert!(!trips(Some("2026-11-09"), Some("2026-11-01")));
    assert!(!trips(Some("2026-11-01"), None));
}

#[test]
fn the_newest_row_that_is_not_of_the_future_says_how_old_a_table_is() {
    let mut texts = Vec::new();
    for (guards, rows) in [
        (r#"fresh = "4d""#, vec!["2026-11-19||1|CNY|1", "2026-11-01||1|CNY|1"]),
        (r#"fresh = "3d""#, vec!["2026-11-19||1|CNY|1"]),
        // Friday is a holiday; Monday is the first working day after Thursday.
        (r#"fresh = { working_days = 1 }"#, vec!["2026-11-19||1|CNY|1"]),
        (r#"fresh = { working_days = 0 }"#, vec!["2026-11-19||1|CNY|1"]),
        (r#"fresh = { working_days = 0 }"#, vec!["2026-11-23||1|CNY|1"]),
        // A slip of the hand in a year does not make a table young for good.
        (r#"fresh = "3d""#, vec!["2062-11-19||1|CNY|1", "2026-11-01||1|CNY|1"]),
        (r#"fresh = "3d""#, vec!["||1|CNY|1", "2062-11-19||1|CNY|1"]),
        (r#"fresh = "3d""#, vec![]),
        (r#"fresh = { within = "36h", by = "saved" }"#, vec!["|2026-11-22 00:00:00|1|CNY|1"]),
        (r#"fresh = { within = "36h", by = "saved" }"#, vec!["|2026-11-21 23:59:59|1|CNY|1"]),
        (r#"fresh = { within = "36h", by = "saved" }"#, vec!["|2026-11-23 12:00:01|1|CNY|1"]),
        (r#"fresh = { within = "1d", by = "saved" }"#, vec!["|2026-11-22 00:00:00|1|CNY|1"]),
        (r#"fresh = { within = "0d", by = "saved" }"#, vec!["|2026-11-22 23:59:59|1|CNY|1"]),
    ] {
        texts.push(format!("{guards} of {rows:?}: {}", said(guards, &rows, None)));
    }
    assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_column_of_another_type_is_named() {
    let types =
        |amount: &str| BTreeMap::from([("amount".to_owned(), amount.to_owned()), ("qty".to_owned(), "i64".to_owned())]);
    let last = Figures { types: types("decimal[38,2]"), ..Figures::default() };
    let now = Figures { types: types("str"), ..Figures::default() };
    assert_eq!(now.retyped(&last), [("amount", "decimal[38,2]", "str")]);
    assert_eq!(last.retyped(&last), []);
    assert_eq!(last.retyped(&Figures::default()), []);
}
