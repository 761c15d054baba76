//! An oracle for `reconcile`: what a rule must find, worked out from the cells' text alone, row by row and digit by
//! digit, and compared with what judging finds.
//!
//! Everything below `oracle/` is written without the rooms it judges; `architecture` holds it. Only this file knows
//! both.

mod added;
mod cases;
mod cells;
mod checks;
mod compare;
mod evaluate;
mod expect;
mod figure;
mod files;
mod model;
mod sides;
mod subjects;
mod worth;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tieout::audit::calendar::Calendar;
use tieout::audit::judgement::{Judgement, Outcome};

use crate::bench::Bench;
use expect::Expected;
use model::{Case, OTHER};

/// The case as files and tables on the bench.
fn bench(case: &Case) -> Bench {
    let mut bench = Bench::new(&files::rule(case)).on(case.day);
    for side in &case.sides {
        bench = bench.table_file(side.name, &files::table(side), "").cells(side.name, side.rows.clone());
    }
    bench = bench.table_file(OTHER, &files::columns(&case.other.columns), "").cells(OTHER, case.other.rows.clone());
    bench.calendar = Calendar {
        holidays: case.holidays.iter().copied().collect(),
        workdays: case.workdays.iter().copied().collect(),
    };
    let open: Vec<&str> = case.open.iter().map(String::as_str).collect();
    bench.open(&open)
}

/// A judgement in the oracle's words.
fn told(case: &Case, judgement: &Judgement) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in &judgement.findings {
        for found in &finding.breaks {
            let side = found.side.as_deref().unwrap_or("-");
            let money = found.at_risk.as_ref();
            let money = money.map(|money| format!(" {} {}", money.currency, money.amount.normalised()));
            let (subject, check, class) = (finding.subject.canonical(), &found.check, found.class.name());
            let money = money.unwrap_or_default();
            lines.push(format!("{subject} {check} {class} {side}{money} -> {}", found.owner));
        }
    }
    lines.push(format!("in transit: {}", judgement.in_transit));
    let unjudged: Vec<String> =
        judgement.unjudged.iter().map(|(why, count)| format!("{}: {count}", why.name())).collect();
    lines.extend(unjudged);
    let mut verdicts: Vec<String> =
        judgement.verdicts.iter().map(|(open, verdict)| format!("{} is {verdict:?}", open.canonical())).collect();
    verdicts.sort();
    lines.extend(verdicts);
    for side in &judgement.sides {
        let mut line =
            format!("{}: {} rows, {} judged, {} keys", side.side, side.rows, side.judged, side.distinct_keys);
        for column in case.side(&side.side).columns.iter().map(|column| column.name) {
            let quantity = side.quantities.get(column);
            line.extend(quantity.map(|sum| format!(", {column} of {}", sum.normalised())));
            for (currency, sum) in side.money.get(column).iter().flat_map(|purse| purse.iter()) {
                line.push_str(&format!(", {column} {currency} {}", sum.normalised()));
            }
        }
        line.extend(side.unsummed.iter().map(|column| format!(", {column} unsummed")));
        let unmatched = side.unmatched_lookups.iter();
        line.extend(unmatched.map(|(table, count)| format!(", {count} unmatched in {table}")));
        lines.push(line);
    }
    if judgement.outcome != Outcome::Judged {
        lines.push(format!("{:?}", judgement.outcome));
    }
    lines
}

fn expected_lines(expected: &Expected) -> Vec<String> {
    let in_transit = format!("in transit: {}", expected.in_transit);
    let out_of_scope = (expected.out_of_scope > 0).then(|| format!("out_of_scope: {}", expected.out_of_scope));
    let counts: Vec<String> = std::iter::once(in_transit).chain(out_of_scope).collect();
    [&expected.breaks[..], &counts, &expected.verdicts, &expected.totals].concat()
}

/// The lines that only one of two lists has, each behind a sign.
fn difference(expected: &[String], found: &[String]) -> String {
    let only = |of: &[String], other: &[String], sign: &str| {
        let lines = of.iter().filter(|line| !other.contains(line)).map(|line| format!("{sign} {line}\n"));
        lines.collect::<String>()
    };
    let unlike = [only(expected, found, "-"), only(found, expected, "+")].concat();
    if unlike.is_empty() { format!("the order differs: {expected:#?} and {found:#?}") } else { unlike }
}

fn agrees(case: &Case, seed: u64) -> Result<(), TestCaseError> {
    let bench = bench(case);
    let judgement = bench.judge();
    let (expected, found) = (expected_lines(&expect::judge(case)), told(case, &judgement));
    prop_assert!(expected == found, "the oracle (-) and judging (+) differ:\n{}", difference(&expected, &found));
    let mut split = bench.clone();
    split.batch = 1;
    prop_same(&judgement, &split.judge(), "one row per partition")?;
    let shuffled = bench.shuffled(seed);
    prop_same(&judgement, &shuffled.judge(), "shuffled rows")?;
    let mut both = shuffled;
    both.batch = 7;
    prop_same(&judgement, &both.judge(), "shuffled rows in partitions of seven")
}

/// Two judgements are the same to the last byte, evidence included.
fn prop_same(one: &Judgement, other: &Judgement, how: &str) -> Result<(), TestCaseError> {
    if format!("{one:?}") == format!("{other:?}") {
        return Ok(());
    }
    let lines = |judgement| -> Vec<String> { format!("{judgement:#?}").lines().map(str::to_owned).collect() };
    Err(TestCaseError::fail(format!("{how} show:\n{}", difference(&lines(one), &lines(other)))))
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 4000, ..Config::default() })]

    #[test]
    fn judging_finds_what_the_oracle_finds(case in cases::cases(), seed in any::<u64>()) {
        agrees(&case, seed)?;
    }
}

#[test]
fn the_cases_are_hard_enough() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..500 {
        let case = cases::cases().new_tree(&mut runner).expect("every throw is a case").current();
        let expected = expect::judge(&case);
        let verdicts = ["Agrees", "Breaks", "InTransit", "Gone"];
        let judged = verdicts.map(|verdict| (verdict, expected.verdicts.iter().any(|line| line.ends_with(verdict))));
        let seen = expected.classes.keys().map(|class| (*class, true)).chain(judged).chain([
            ("in transit", expected.in_transit > 0),
            ("agreement", case.checks.len() > 1 && expected.breaks.is_empty()),
            ("out of scope", expected.out_of_scope > 0),
            ("unmatched", expected.totals.iter().any(|line| line.contains("unmatched"))),
            ("unsummed", expected.totals.iter().any(|line| line.contains("unsummed"))),
        ]);
        for (what, seen) in seen {
            *counts.entry(what).or_default() += u64::from(seen);
        }
    }
    assert!(counts.len() >= 15 && counts.values().all(|count| *count >= 5), "{counts:#?}");
}
