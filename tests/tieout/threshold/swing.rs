//! Figures against their own past.

use std::collections::BTreeSet;

use tieout::audit::value::Subject;
use tieout::language::Language;
use tieout::words;

use crate::bench::{Bench, check};

const RULE: &str = r#"
    kind  = "threshold"
    table = "balances"
    by    = ["account"]
    value = "sum(balance)"
    [[checks]]
    name   = "swing"
    change = { within = "30%", against = "median of last 20 runs" }
"#;

fn bench(rows: &str) -> Bench {
    Bench::new(RULE).table("balances", "account text, ccy text, balance money ccy", rows)
}

const A: &str = "[\"A\"]";
const LEVEL: [&str; 5] = ["CNY 100.00"; 5];

fn said(bench: &Bench) -> String {
    let findings = bench.judge().findings;
    let found = &findings[0].breaks[0];
    [Language::En, Language::Zh].map(|language| words::sentence(found, language)).join("\n")
}

#[test]
fn a_change_of_just_so_much_is_in_order_and_a_cent_more_is_not() {
    for (balance, told) in [
        ("130.00", "ties out"),
        ("130.01", "[\"A\"] swing: limit CNY 30.01 -> finance"),
        ("70.00", "ties out"),
        ("69.99", "[\"A\"] swing: limit CNY 30.01 -> finance"),
    ] {
        check(bench(&format!("A,CNY,{balance}")).past(A, &LEVEL), told);
    }
}

#[test]
fn with_too_little_history_nothing_is_judged_and_that_is_said() {
    let rows = bench("A,CNY,1.00\nB,CNY,1.00");
    check(rows.clone(), "swing: 2 without history (0 of 5)");
    check(rows.clone().past(A, &LEVEL[..4]), "swing: 2 without history (4 of 5)");
    check(
        rows.clone().past(A, &LEVEL).open(&["[\"B\"]"]),
        "[\"A\"] swing: limit CNY 99.00 -> finance\n[\"B\"] is Agrees\nswing: 1 without history (0 of 5)",
    );
    let short = |against: &str| rows.clone().with("median of last 20 runs", against).past(A, &["CNY 100.00"; 1]);
    check(short("last run"), "[\"A\"] swing: limit CNY 99.00 -> finance\nswing: 1 without history (0 of 1)");
    check(short("median of last 2 runs"), "swing: 2 without history (1 of 2)");
}

#[test]
fn the_median_is_that_of_the_latest_figures_and_exact() {
    let of = |against: &str, past: &[&str], balance: &str| {
        let bench = bench(&format!("A,CNY,{balance}")).with("median of last 20 runs", against);
        bench.with("30%", "0").past(A, past)
    };
    // The first figure is too long ago.
    check(of("median of last 3 runs", &["CNY 900", "CNY 1", "CNY 3", "CNY 2"], "2.00"), "ties out");
    check(of("last run", &["CNY 900", "CNY 2"], "2.00"), "ties out");
    // Between a cent and two lies half a cent.
    let half = of("median of last 2 runs", &["CNY 0.01", "CNY 0.02"], "0.01");
    check(half.clone(), "[\"A\"] swing: limit CNY 0.005 -> finance");
    insta::assert_snapshot!(said(&half), @"
    balance CNY 0.01 is CNY 0.005 below the median of the last 2 runs, CNY 0.015 (at most CNY 0 allowed)
    余额 CNY 0.01，比最近 2 次运行的中位数 CNY 0.015 低 CNY 0.005（最多允许 CNY 0）
    ");
    let even = of("median of last 4 runs", &["CNY 4", "CNY 1", "CNY 3", "CNY 2"], "2.50");
    check(even, "ties out");
}

#[test]
fn a_negative_base_counts_by_its_size_and_of_zero_no_change_is_a_share() {
    let past = |figure: &'static str| [figure; 5];
    check(bench("A,CNY,-130.00").past(A, &past("CNY -100.00")), "ties out");
    check(bench("A,CNY,-130.01").past(A, &past("CNY -100.00")), "[\"A\"] swing: limit CNY 30.01 -> finance");
    check(bench("A,CNY,0.00").past(A, &past("CNY 0.00")), "ties out");
    let zero = bench("A,CNY,0.01").past(A, &past("CNY 0.00"));
    check(zero.clone(), "[\"A\"] swing: limit CNY 0.01 -> finance");
    insta::assert_snapshot!(said(&zero), @"
    balance CNY 0.01 is CNY 0.01 above the median of the last 5 runs, CNY 0.00 (at most 30 % allowed)
    余额 CNY 0.01，比最近 5 次运行的中位数 CNY 0.00 高 CNY 0.01（最多允许 30%）
    ");
}

#[test]
fn only_figures_of_the_same_currency_are_compared() {
    let mut past = vec!["USD 1.00"; 5];
    past.extend(["CNY 100.00"; 4]);
    check(bench("A,CNY,1.00").past(A, &past), "swing: 1 without history (4 of 5)");
    check(bench("A,USD,1.20").past(A, &past), "ties out");
    check(bench("A,USD,1.00\nA,CNY,1.00").past(A, &past), "[\"A\"] swing: currency -> finance");
}

#[test]
fn a_group_that_is_not_there_or_has_no_figure_leaves_none() {
    let gone = bench("B,CNY,").past(A, &LEVEL).open(&[A, "[\"B\"]"]);
    check(gone.clone(), "[\"A\"] is Gone\n[\"B\"] is Agrees");
    assert!(gone.judge().figures.is_empty());
    let figures = bench("A,CNY,1.00\nA,CNY,2.00\nB,USD,much\nC,USD,3.50\nC,CNY,1").judge().figures;
    let kept: Vec<String> = figures
        .iter()
        .map(|(subject, figure)| format!("{subject} {} {}", figure.currency.as_deref().unwrap_or(""), figure.amount))
        .collect();
    assert_eq!(kept, ["A CNY 3.00"]);
}

#[test]
fn what_cannot_be_computed_exactly_is_unreadable() {
    let huge = format!("CNY {}", "9".repeat(38));
    let past = [huge.as_str(); 5];
    check(bench("A,CNY,-1.00").past(A, &past), "[\"A\"] unreadable -> finance");
}

#[test]
fn rows_may_be_counted_and_no_currency_is_said() {
    let counted = bench("A,CNY,1.00\nA,USD,1.00\nA,CNY,1.00").with("sum(balance)", "count()");
    let counted = counted.past(A, &["2"; 7]);
    check(counted.clone(), "[\"A\"] swing: limit -> finance");
    insta::assert_snapshot!(said(&counted), @"
    3 rows of balances, 50 % above the median of the last 7 runs, 2 (at most 30 % allowed)
    “balances”有 3 行，比最近 7 次运行的中位数 2 高 50%（最多允许 30%）
    ");
}

#[test]
fn what_is_told_names_figure_past_and_share() {
    let swung = bench("A,CNY,812000.00").past(A, &["CNY 1508000.00"; 20]);
    insta::assert_snapshot!(said(&swung), @"
    balance CNY 812,000.00 is 46.2 % below the median of the last 20 runs, CNY 1,508,000.00 (at most 30 % allowed)
    余额 CNY 812,000.00，比最近 20 次运行的中位数 CNY 1,508,000.00 低 46.2%（最多允许 30%）
    ");
    let rounded = bench("A,CNY,200.00").past(A, &["CNY 150.00"; 5]).with("30%", "33.33 %");
    insta::assert_snapshot!(said(&rounded), @"
    balance CNY 200.00 is 33.3 % above the median of the last 5 runs, CNY 150.00 (at most 33.33 % allowed)
    余额 CNY 200.00，比最近 5 次运行的中位数 CNY 150.00 高 33.3%（最多允许 33.33%）
    ");
    let amount = bench("A,CNY,150.00").past(A, &["CNY 100.00"]).with("median of last 20 runs", "last run");
    insta::assert_snapshot!(said(&amount.with("30%", "49.99")), @"
    balance CNY 150.00 is CNY 50.00 above the figure of the last run, CNY 100.00 (at most CNY 49.99 allowed)
    余额 CNY 150.00，比上次运行的 CNY 100.00 高 CNY 50.00（最多允许 CNY 49.99）
    ");
}

#[test]
fn another_limit_keeps_the_history_and_another_figure_does_not() {
    let rule = |from: &str, to: &str| bench("").with(from, to).rule();
    let first = bench("").rule();
    for (from, to) in
        [("30%", "31%"), ("30%", "30"), ("last 20 runs", "last 21 runs"), ("median of last 20 runs", "last run")]
    {
        let changed = rule(from, to);
        assert_ne!(changed.hash, first.hash, "{to}");
        assert_eq!(changed.figures, first.figures, "{to}");
    }
    let filter = "value = \"sum(balance)\"\nfilter = \"balance > 0\"";
    for (from, to) in
        [("sum(", "max("), ("[\"account\"]", "[\"account\", \"ccy\"]"), ("value = \"sum(balance)\"", filter)]
    {
        assert_ne!(rule(from, to).figures, first.figures, "{to}");
    }
    let without = rule("change = { within = \"30%\", against = \"median of last 20 runs\" }", "at_least = \"1\"");
    assert_eq!(without.figures, None);
}

#[test]
fn a_past_that_moves_on_makes_no_other_break_of_the_same_figure() {
    let found = |balance: &str, past: &str| {
        let swung = bench(&format!("A,CNY,{balance}")).past(A, &[past; 5]);
        swung.judge().findings.remove(0).breaks.remove(0).fingerprint()
    };
    assert_eq!(found("1.00", "CNY 100.00"), found("1.00", "CNY 90.00"));
    assert_ne!(found("1.00", "CNY 100.00"), found("2.00", "CNY 100.00"));
}

#[test]
fn what_is_not_believed_leaves_nothing_to_compare_with() {
    let mut flooded = bench("A,CNY,1.00\nB,CNY,1.00").past(A, &LEVEL);
    flooded.flood = 0;
    assert!(flooded.judge().figures.is_empty());
    // Of a group that is read again, the second reading counts.
    let first = bench("A,CNY,1.00\nB,CNY,1.00").past(A, &LEVEL);
    let second = first.clone().rows("balances", "A,CNY,2.00\nB,CNY,2.00");
    let mut seen = first.seen();
    let asked: BTreeSet<Subject> = seen.findings().map(|finding| finding.subject.clone()).collect();
    seen.confirm(second.seen(), &asked);
    let judgement = seen.finish(&first.rule(), &first.context());
    let kept: Vec<String> = judgement.figures.values().map(|figure| figure.amount.to_string()).collect();
    assert_eq!(kept, ["2.00", "1.00"]);
}
