//! Rows that stay in a state longer than they may.

use std::collections::BTreeSet;

use tieout::audit::calendar::Calendar;
use tieout::language::Language;
use tieout::words;

use crate::bench::{Bench, check, day};

const RULE: &str = r#"
    kind   = "stalled"
    table  = "orders"
    key    = ["no"]
    amount = "total"
    [[checks]]
    name   = "approved-not-shipped"
    while  = "approved_on is not null and shipped_on is null"
    longer = { working_days = 5, since = "approved_on" }
    owner  = "warehouse"
    [[checks]]
    name   = "shipped-not-invoiced"
    while  = "shipped_on is not null and invoiced_on is null"
    longer = { days = 10, since = "shipped_on" }
"#;

/// Judged on Friday, 2026-11-20.
fn bench(rows: &str) -> Bench {
    bench_with(RULE, rows)
}

fn bench_with(rule: &str, rows: &str) -> Bench {
    let columns = "no text, approved_on date, shipped_on date, invoiced_on date, total money ccy, ccy text";
    Bench::new(rule).table("orders", columns, rows)
}

fn told(bench: &Bench) -> String {
    let findings = bench.judge().findings;
    let breaks = findings.iter().flat_map(|finding| &finding.breaks);
    let both = [Language::En, Language::Zh];
    breaks.flat_map(|found| both.map(|language| words::sentence(found, language) + "\n")).collect()
}

#[test]
fn the_last_day_allowed_is_allowed_and_the_next_is_not() {
    // Five working days after Friday the 13th end on Friday the 20th.
    check(bench("A,2026-11-13,,,1.00,CNY"), "ties out");
    check(bench("A,2026-11-12,,,1.50,USD"), "[\"A\"] approved-not-shipped: stalled USD 1.50 -> warehouse");
    check(bench("A,2026-11-01,2026-11-10,,1.00,CNY"), "ties out");
    check(bench("A,2026-11-01,2026-11-09,,1.00,CNY"), "[\"A\"] shipped-not-invoiced: stalled CNY 1.00 -> finance");
}

#[test]
fn a_stay_of_working_days_grows_no_longer_over_a_weekend() {
    let on = |date: &str| {
        let mut bench = bench("A,2026-11-13,,,1.00,CNY");
        bench.day = day(date);
        told(&bench).lines().next().map(str::to_owned)
    };
    assert_eq!(on("2026-11-21"), None, "Saturday");
    assert_eq!(on("2026-11-22"), None, "Sunday");
    let monday = on("2026-11-23").unwrap();
    assert!(monday.contains("for 6 working days since 2026-11-13 (approved_on), 5 working days allowed"), "{monday}");
}

#[test]
fn what_left_the_state_waits_no_more() {
    check(bench("A,2026-01-01,2026-01-02,2026-01-03,1.00,CNY").open(&["[\"A\"]"]), "[\"A\"] is Agrees");
    check(bench("B,,,,1.00,CNY").open(&["[\"A\"]"]), "[\"A\"] is Gone");
}

#[test]
fn holidays_are_not_waited_through_and_made_up_days_are() {
    let mut bench = bench("A,2026-11-12,,,1.00,CNY");
    bench.calendar = Calendar { holidays: BTreeSet::from([day("2026-11-16")]), workdays: BTreeSet::new() };
    assert_eq!(told(&bench), "", "one of the six days was off");
    bench.calendar.workdays.insert(day("2026-11-14"));
    assert!(told(&bench).starts_with("“approved_on is not null and shipped_on is null” for 6 working days"));
}

#[test]
fn working_days_are_counted_as_a_calendar_on_the_wall_would() {
    let calendar = Calendar {
        holidays: BTreeSet::from([day("2026-02-17"), day("2026-02-18"), day("2026-02-21")]),
        workdays: BTreeSet::from([day("2026-02-14"), day("2026-02-18")]),
    };
    let start = day("2026-01-28");
    for length in 0..60 {
        let end = start + chrono::Days::new(length);
        let counted =
            start.iter_days().skip(1).take_while(|day| *day <= end).filter(|day| calendar.is_working_day(*day));
        assert_eq!(calendar.working_days(start, end), counted.count() as i64, "{end}");
    }
    assert_eq!(calendar.working_days(start, day("2025-01-01")), 0);
}

#[test]
fn month_ends_and_leap_days_count_as_days() {
    let on = |today: &str, shipped: &str| told(&bench(&format!("A,{shipped},{shipped},,1.00,CNY")).on(day(today)));
    assert_eq!(on("2024-03-05", "2024-02-24"), "", "the 29th is a day of the ten");
    assert!(on("2024-03-06", "2024-02-24").contains("11 days"));
    assert!(on("2026-03-07", "2026-02-24").contains("11 days"));
}

#[test]
fn an_instant_is_the_day_it_has_in_the_business_zone() {
    let rule = RULE.replace("since = \"shipped_on\"", "since = \"shipped_at\"").replace("shipped_on", "shipped_at");
    let bench = |at: &str| {
        let columns = "no text, approved_on date, shipped_at instant, invoiced_on date, total money";
        told(&Bench::new(&rule).table("orders", columns, &format!("A,2026-11-01,{at},,1.00")))
    };
    // 16:30 in London is half past midnight of the 10th in Shanghai.
    assert_eq!(bench("2026-11-09T16:30:00Z"), "");
    assert!(bench("2026-11-09T15:30:00Z").contains("11 days since 2026-11-09"));
}

#[test]
fn without_a_day_nobody_can_tell_how_long() {
    let rule = RULE.replace("approved_on is not null and shipped_on is null", "total > 0 and shipped_on is null");
    let columns = "no text, approved_on date, shipped_on date, invoiced_on date, total money ccy, ccy text";
    let bench = Bench::new(&rule).table("orders", columns, "A,,,,5.00,CNY");
    insta::assert_snapshot!(told(&bench), @"
    “total > 0 and shipped_on is null”, and nobody can tell since when: approved_on is empty
    “合计 > 0且发货日期为空”，但审批日期为空，无法得知已停留多久
    ");
}

#[test]
fn how_long_is_said_in_both_languages() {
    insta::assert_snapshot!(told(&bench("A,2026-11-02,,,1.00,CNY\nB,2026-10-01,2026-10-31,,1.00,CNY")), @"
    “approved_on is not null and shipped_on is null” for 14 working days since 2026-11-02 (approved_on), 5 working days allowed
    “审批日期不为空且发货日期为空”自审批日期 2026-11-02 起已 14 个工作日，最多 5 个工作日
    “shipped_on is not null and invoiced_on is null” for 20 days since 2026-10-31 (shipped_on), 10 days allowed
    “发货日期不为空且开票日期为空”自发货日期 2026-10-31 起已 20 天，最多 10 天
    ");
}

#[test]
fn another_day_of_waiting_is_no_news() {
    let found = |today: &str| {
        let findings = bench("A,2026-11-02,,,1.00,CNY").on(day(today)).judge().findings;
        (findings[0].breaks[0].clone(), findings[0].breaks[0].fingerprint())
    };
    let (today, tomorrow) = (found("2026-11-20"), found("2026-11-23"));
    assert_ne!(today.0, tomorrow.0);
    assert_eq!(today.1, tomorrow.1);
}

#[test]
fn rows_that_cannot_be_read_are_told_and_not_judged_further() {
    check(bench("A,soon,,,1.00,CNY"), "[\"A\"] unreadable orders -> finance");
    check(bench("A,2026-11-12,,,1.00,CNY\nA,2026-11-12,,,1.00,CNY"), "[\"A\"] duplicate orders CNY 1.00 -> finance");
}

#[test]
fn orders_that_stand_twice_may_be_left_to_another_rule() {
    let rule = RULE.replace("key ", "duplicates = \"pass\"\n    key ");
    let twice = bench_with(&rule, "A,2026-11-12,,,1.00,CNY\nA,2026-11-12,,,1.00,CNY\nB,2026-11-12,,,2.00,CNY");
    check(
        twice.open(&["[\"A\"]"]),
        r#"["B"] approved-not-shipped: stalled CNY 2.00 -> warehouse
           doubled: 1
           ["A"] is NotJudged"#,
    );
}
