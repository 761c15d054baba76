//! What is found is what is wrong.

use std::collections::BTreeSet;

use tieout::report::RunReport;

use crate::harness::{Company, day};

/// Rule, check, class, side, subject, amount at risk by value.
type Row = (String, String, &'static str, Option<String>, String, Option<(String, String)>);

fn found(report: &RunReport) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    for rule in &report.rules {
        for listed in &rule.exceptions {
            for found in &listed.breaks {
                let money = found.at_risk.as_ref();
                let money = money.map(|money| (money.currency.clone(), money.amount.normalised().to_string()));
                let subject = listed.subject.canonical().to_owned();
                let row =
                    (rule.rule.clone(), found.check.clone(), found.class.name(), found.side.clone(), subject, money);
                assert!(rows.insert(row), "{found:?} of {} is listed once", listed.subject);
            }
        }
    }
    rows
}

fn check(lines: u64, seed: u64, date: &str) {
    let company = Company::new(lines, seed, day(date));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(company.run());
    let truth = company.truth();
    let expected: BTreeSet<Row> = truth
        .must_raise
        .iter()
        .map(|raised| {
            let money = raised.amount.as_ref();
            let money = money.map(|money| (money.currency.clone(), money.amount.normalised().to_string()));
            let subject = raised.subject.canonical().to_owned();
            (raised.rule.clone(), raised.check.clone(), raised.class.name(), raised.side.clone(), subject, money)
        })
        .collect();
    let found = found(&report);
    let missed: Vec<_> = expected.difference(&found).collect();
    let invented: Vec<_> = found.difference(&expected).collect();
    let company = format!("--lines {lines} --seed {seed} --as-of {date}");
    assert!(missed.is_empty() && invented.is_empty(), "{company}: missed {missed:#?}, invented {invented:#?}");
    for near in &truth.must_not_raise {
        let rule = super::rule(&report, &near.rule);
        assert!(rule.exceptions.iter().all(|listed| listed.subject != near.subject), "{company}: {near:?} is raised");
    }
    let listed: u64 = report.rules.iter().flat_map(|rule| rule.counts.values()).sum();
    assert_eq!(listed, found.len() as u64, "{company}: the counts are those of the list");
}

/// Three seeds, three sizes, two days and a month's end.
#[test]
fn what_is_found_is_the_truth_and_no_near_miss_is_raised() {
    for date in ["2026-03-17", "2026-07-05", "2026-03-31"] {
        std::thread::scope(|scope| {
            for seed in [1, 7, 20_260_331] {
                scope.spawn(move || {
                    for lines in [200, 700, 2_000] {
                        check(lines, seed, date);
                    }
                });
            }
        });
    }
}

#[test]
fn what_is_found_is_the_truth_in_a_year_that_turns_and_in_a_large_company() {
    check(300, 3, "2024-02-29");
    check(300, 3, "2026-01-01");
    check(20_000, 7, "2026-11-20");
}
