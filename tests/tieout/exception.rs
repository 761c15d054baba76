//! The life of an exception: what a judgement does to what is known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use tieout::audit::amount::{Amount, Money, Purse};
use tieout::audit::breaks::{Break, Class, Evidence, Finding, Message, Severity, StockFigure, at_risk};
use tieout::audit::exception::{
    Acknowledgement, Exception, Lapse, Past, Status, Step, Transition, Waiver, continuity, retire, transitions,
};
use tieout::audit::judgement::{Judgement, Outcome, Verdict};
use tieout::audit::replenishment::{ComputedPoint, Demanded, Lasts, Replenishment};
use tieout::audit::rulebook::Worsened;
use tieout::audit::value::{Subject, Value};
use tieout::language::Bilingual;

use crate::harness::day;

const DAY: &str = "2026-11-20";

fn subject(name: &str) -> Subject {
    Subject::key(vec![Value::Text(name.to_owned())])
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// A break of `check`, worth `risk` of the business's currency.
fn worth(check: &str, risk: &str) -> Break {
    Break {
        check: check.to_owned(),
        class: Class::Missing,
        side: Some("warehouse".to_owned()),
        owner: "warehouse".to_owned(),
        message: Message::Missing { side: "warehouse".to_owned(), present: vec!["sales".to_owned()] },
        at_risk: Some(Money { currency: "CNY".to_owned(), amount: amount(risk) }),
        diagnosis: None,
    }
}

fn overdue(days: i64, from: i64) -> Break {
    let message = Message::Overdue {
        days,
        from,
        to: None,
        due: day("2026-10-01"),
        amount: amount("100"),
        applied: Amount::ZERO,
        outstanding: amount("100"),
        currency: "CNY".to_owned(),
        party: Value::Null,
        account: None,
    };
    Break { message, class: Class::Overdue, ..worth("overdue", "100") }
}

/// Stock under a reorder point that was computed from demand on the days up to `until`, or that was set.
fn low(figure: &str, point: &str, until: &str, computed: bool) -> Break {
    let (since, until) = (day("2026-08-20"), day(until));
    let demand = Demanded { since, until, days: 90, sum: amount(point), squares: amount(point) };
    let by = ComputedPoint { lead_days: amount("7"), review_days: None, safety: amount("10"), cover: None };
    let plan = Replenishment {
        demand: Some(demand),
        computed: Some(by).filter(|_| computed),
        lasts: Lasts::of(amount(figure), &demand, until),
        ..Replenishment::default()
    };
    let message = Message::LowStock {
        judged: StockFigure::OnHand,
        figure: amount(figure),
        point: amount(point),
        on_hand: amount(figure),
        reserved: Amount::ZERO,
        incoming: Amount::ZERO,
        plan: Some(Box::new(plan)),
    };
    Break { message, class: Class::LowStock, at_risk: None, ..worth("low_stock", "0") }
}

fn finding(name: &str, breaks: &[Break]) -> Finding {
    let evidence = Evidence::default();
    Finding { subject: subject(name), breaks: breaks.to_vec(), severity: Severity::Medium, evidence }
}

fn known(name: &str, status: Status, breaks: &[Break]) -> Exception {
    Exception {
        id: format!("id-{name}"),
        rule: "rule".to_owned(),
        rule_title: Bilingual::same("rule"),
        subject: subject(name),
        department: "warehouse".to_owned(),
        status,
        severity: Severity::Medium,
        breaks: breaks.to_vec(),
        at_risk: at_risk(breaks),
        first_seen: day("2026-11-01"),
        last_seen: day("2026-11-19"),
        last_changed: day("2026-11-01"),
        closed: None,
        regressions: 0,
        rule_changed: false,
        assignee: None,
        acknowledgement: None,
        waiver: None,
        version: 1,
    }
}

fn judgement(findings: Vec<Finding>, verdicts: &[(&str, Verdict)]) -> Judgement {
    Judgement {
        rule: "rule".to_owned(),
        outcome: Outcome::Judged,
        sides: Vec::new(),
        counts: BTreeMap::new(),
        in_transit: 0,
        unjudged: BTreeMap::new(),
        warned: Vec::new(),
        patterns: Vec::new(),
        undiagnosed: 0,
        ageing: None,
        no_history: Vec::new(),
        figures: BTreeMap::new(),
        findings,
        verdicts: verdicts.iter().map(|(name, verdict)| (subject(name), *verdict)).collect(),
        agreements: BTreeMap::new(),
    }
}

fn steps(judgement: &Judgement, known: &[Exception], worsened: &Worsened, rule_changed: bool) -> Vec<Transition> {
    let as_of: DateTime<Utc> = "2026-11-20T00:30:00Z".parse().unwrap();
    transitions(judgement, Past { known, rule_changed, worsened, as_of, day: day(DAY) })
}

/// What becomes of one known exception when `breaks` are found of it now.
fn meet(before: &Exception, breaks: &[Break]) -> (Step, Status, Option<Lapse>) {
    let judged = judgement(vec![finding("a", breaks)], &[("a", Verdict::Breaks)]);
    let steps = steps(&judged, std::slice::from_ref(before), &Worsened::default(), false);
    assert_eq!(steps.len(), 1);
    (steps[0].step, steps[0].status, steps[0].lapse)
}

#[test]
fn what_was_never_seen_opens_and_what_was_closed_comes_back_under_its_id() {
    let judged = judgement(vec![finding("a", &[worth("x", "1")])], &[]);
    let opened = steps(&judged, &[], &Worsened::default(), false);
    assert_eq!((opened[0].step, opened[0].status), (Step::Opened, Status::Open));
    assert!(opened[0].before.is_none());
    for closed in [Status::Resolved, Status::Gone, Status::Retired] {
        let before = known("a", closed, &[worth("x", "1")]);
        let again = steps(&judged, std::slice::from_ref(&before), &Worsened::default(), false);
        assert_eq!((again[0].step, again[0].status), (Step::Regressed, Status::Open), "{closed:?}");
        assert_eq!(again[0].before.as_ref().unwrap().id, "id-a");
    }
}

#[test]
fn what_a_verdict_does_to_a_live_exception() {
    for status in Status::LIVE {
        for (verdict, wanted) in [
            (Verdict::Agrees, Some((Step::Resolved, Status::Resolved))),
            (Verdict::Gone, Some((Step::Gone, Status::Gone))),
            (Verdict::InTransit, None),
            (Verdict::NotJudged, None),
        ] {
            let before = known("a", status, &[worth("x", "1")]);
            let steps = steps(&judgement(vec![], &[("a", verdict)]), &[before], &Worsened::default(), false);
            let met = steps.first().map(|step| (step.step, step.status));
            assert_eq!(met, wanted, "{status:?} {verdict:?}");
        }
    }
}

#[test]
fn a_verdict_says_nothing_of_what_is_closed_already() {
    let before = known("a", Status::Resolved, &[worth("x", "1")]);
    let judged = judgement(vec![], &[("a", Verdict::Gone)]);
    assert!(steps(&judged, &[before], &Worsened::default(), false).is_empty());
}

#[test]
fn the_same_breaks_are_no_change_and_other_breaks_are_one() {
    let before = known("a", Status::Open, &[worth("x", "5")]);
    assert_eq!(meet(&before, &[worth("x", "5.00")]).0, Step::Unchanged, "a column with more digits is no news");
    assert_eq!(meet(&before, &[worth("x", "5")]).0, Step::Unchanged);
    let both = known("a", Status::Open, &[worth("x", "5"), worth("y", "5")]);
    let turned = [worth("y", "5"), worth("x", "5")];
    assert_eq!(meet(&both, &turned).0, Step::Unchanged, "checks that change places are no news");
    assert_eq!(meet(&both, &[worth("x", "5"), worth("x", "5")]).0, Step::Changed);
    assert_eq!(meet(&before, &[worth("y", "5")]).0, Step::Changed);
    assert_eq!(meet(&before, &[worth("x", "4")]).0, Step::Changed);
    assert_eq!(meet(&before, &[worth("x", "5.01")]).0, Step::Worsened);
    assert_eq!(meet(&before, &[worth("x", "5"), worth("y", "6")]).0, Step::Worsened);
}

#[test]
fn days_that_pass_inside_a_bucket_are_no_change_and_an_older_bucket_is_worse() {
    let before = known("a", Status::Open, &[overdue(31, 31)]);
    assert_eq!(meet(&before, &[overdue(32, 31)]).0, Step::Unchanged);
    assert_eq!(meet(&before, &[overdue(61, 61)]).0, Step::Worsened);
    assert_eq!(meet(&before, &[overdue(30, 1)]).0, Step::Changed);
}

#[test]
fn worse_is_what_grew_by_more_than_both_the_amount_and_the_percentage() {
    let worsened = Worsened { amount: amount("10"), percent: amount("50") };
    for (was, now, step) in [
        ("10", "20", Step::Changed),
        ("10", "20.01", Step::Worsened),
        ("100", "150", Step::Changed),
        ("100", "150.01", Step::Worsened),
        ("100", "90", Step::Changed),
    ] {
        let before = known("a", Status::Open, &[worth("x", was)]);
        let judged = judgement(vec![finding("a", &[worth("x", now)])], &[]);
        assert_eq!(steps(&judged, &[before], &worsened, false)[0].step, step, "{was} to {now}");
    }
}

#[test]
fn an_acknowledgement_lapses_when_the_breaks_change_or_its_time_is_over() {
    let given = |until: &str| Exception {
        acknowledgement: Some(Acknowledgement { by: "li".to_owned(), until: Some(until.parse().unwrap()) }),
        ..known("a", Status::Acknowledged, &[worth("x", "5")])
    };
    let same = [worth("x", "5")];
    assert_eq!(meet(&given("2026-11-20T00:30:00Z"), &same), (Step::Unchanged, Status::Acknowledged, None));
    let over = (Step::Unchanged, Status::Open, Some(Lapse::Expired));
    assert_eq!(meet(&given("2026-11-20T00:29:59Z"), &same), over);
    let changed = (Step::Changed, Status::Open, Some(Lapse::BreaksChanged));
    assert_eq!(meet(&given("2026-12-01T00:00:00Z"), &[worth("x", "4")]), changed);
}

#[test]
fn demand_that_moves_on_by_a_day_is_no_news_and_stock_that_moves_is() {
    let meet = |before: Break, now: Break| {
        let known = known("a", Status::Acknowledged, &[before]);
        self::meet(&known, &[now]).0
    };
    let computed = |figure, point, until| low(figure, point, until, true);
    let yesterday = || computed("5", "80", "2026-11-18");
    assert_eq!(meet(yesterday(), computed("5", "81", "2026-11-19")), Step::Unchanged);
    assert_eq!(meet(yesterday(), computed("4", "80", "2026-11-19")), Step::Changed);
    let set = |point, until| low("5", point, until, false);
    assert_eq!(meet(set("80", "2026-11-18"), set("80", "2026-11-19")), Step::Unchanged);
    assert_eq!(meet(set("80", "2026-11-18"), set("90", "2026-11-19")), Step::Changed, "somebody set another point");
}

#[test]
fn a_waiver_holds_for_its_breaks_whatever_the_figure_until_its_last_day_and_up_to_its_cap() {
    let given = |expires: Option<&str>, cap: Option<&str>| Exception {
        waiver: Some(Waiver {
            by: "wang".to_owned(),
            reason: "agreed".to_owned(),
            expires: expires.map(day),
            cap: cap.map(|cap| Purse(BTreeMap::from([("CNY".to_owned(), amount(cap))]))),
            covers: vec![worth("x", "5").scope()],
        }),
        ..known("a", Status::Waived, &[worth("x", "5")])
    };
    let held = |step| (step, Status::Waived, None);
    let ended = |step, lapse| (step, Status::Open, Some(lapse));
    assert_eq!(meet(&given(None, None), &[worth("x", "999")]), held(Step::Worsened));
    let more = [worth("x", "5"), worth("y", "1")];
    assert_eq!(meet(&given(None, None), &more), ended(Step::Changed, Lapse::BreaksChanged));
    assert_eq!(meet(&given(Some(DAY), None), &[worth("x", "5")]), held(Step::Unchanged));
    let late = meet(&given(Some("2026-11-19"), None), &[worth("x", "5")]);
    assert_eq!(late, ended(Step::Unchanged, Lapse::Expired));
    assert_eq!(meet(&given(None, Some("6")), &[worth("x", "6")]), held(Step::Worsened));
    assert_eq!(meet(&given(None, Some("6")), &[worth("x", "6.01")]), ended(Step::Worsened, Lapse::OverCap));
    let dollars = Break { at_risk: Some(Money { currency: "USD".to_owned(), amount: amount("1") }), ..worth("x", "1") };
    let other = meet(&given(None, Some("6")), &[dollars]);
    assert_eq!(other.2, Some(Lapse::OverCap), "a cap says nothing of another currency, so it does not cover it");
}

#[test]
fn an_edited_rule_marks_what_moves_and_not_what_stays() {
    let before = [
        known("agrees", Status::Open, &[worth("x", "1")]),
        known("moves", Status::Open, &[worth("x", "1")]),
        known("stays", Status::Open, &[worth("x", "1")]),
    ];
    let findings = vec![
        finding("moves", &[worth("x", "2")]),
        finding("new", &[worth("x", "1")]),
        finding("stays", &[worth("x", "1")]),
    ];
    let steps = steps(&judgement(findings, &[("agrees", Verdict::Agrees)]), &before, &Worsened::default(), true);
    let marked: Vec<(Step, bool)> = steps.iter().map(|step| (step.step, step.rule_changed)).collect();
    let wanted = [(Step::Worsened, true), (Step::Opened, true), (Step::Unchanged, false), (Step::Resolved, true)];
    assert_eq!(marked, wanted, "findings in their order, then what closes");
}

#[test]
fn a_rule_that_left_retires_its_live_exceptions_in_the_order_of_their_subjects() {
    let known = [
        known("c", Status::Waived, &[worth("x", "1")]),
        known("b", Status::Resolved, &[worth("x", "1")]),
        known("a", Status::Open, &[worth("x", "1")]),
    ];
    let retired = retire(&known);
    let ids: Vec<&str> = retired.iter().map(|step| step.before.as_ref().unwrap().id.as_str()).collect();
    assert_eq!(ids, ["id-a", "id-c"]);
    assert!(retired.iter().all(|step| (step.step, step.status) == (Step::Retired, Status::Retired)));
}

/// What is known of one subject, and what is said of it now: `None` stands for nothing.
type Case = (Option<(usize, u32)>, Option<u32>, usize);

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let before = proptest::option::of((0..Status::ALL.len(), 0u32..500));
    prop::collection::vec((before, proptest::option::of(0u32..500), 0usize..4), 0..30)
}

fn money(cents: u32) -> Break {
    worth("x", &format!("{}.{:02}", cents / 100, cents % 100))
}

proptest! {
    #[test]
    fn the_continuity_line_always_ties_out(cases in cases()) {
        let mut before = Vec::new();
        let mut findings = Vec::new();
        let mut verdicts = Vec::new();
        let names: Vec<String> = (0..cases.len()).map(|number| format!("s{number:02}")).collect();
        for (name, (was, now, verdict)) in names.iter().zip(&cases) {
            if let Some((status, cents)) = was {
                before.push(known(name, Status::ALL[*status], &[money(*cents)]));
            }
            match now {
                Some(cents) => findings.push(finding(name, &[money(*cents)])),
                None => {
                    let all = [Verdict::Agrees, Verdict::Gone, Verdict::InTransit, Verdict::NotJudged];
                    verdicts.push((name.as_str(), all[*verdict]));
                }
            }
        }
        let steps = steps(&judgement(findings, &verdicts), &before, &Worsened::default(), false);
        let line = continuity(&before, &steps);

        let touched: BTreeSet<&Subject> =
            steps.iter().filter_map(|step| step.before.as_ref()).map(|before| &before.subject).collect();
        let mut live: Vec<Purse> = before
            .iter()
            .filter(|known| known.status.is_live() && !touched.contains(&known.subject))
            .map(|known| known.at_risk.clone())
            .collect();
        live.extend(steps.iter().filter(|step| step.status.is_live()).map(|step| {
            step.finding.as_ref().expect("what stays live was found").at_risk()
        }));
        let mut sum = Purse::default();
        for purse in &live {
            for (currency, amount) in purse.iter() {
                prop_assert!(sum.add(currency, amount));
            }
        }
        sum.0.retain(|_, amount| !amount.is_zero());
        prop_assert_eq!(line.closing.count, live.len() as i64);
        prop_assert_eq!(&line.closing.amount, &sum);
        let count = line.opening.count + line.new.count + line.regressed.count
            - line.resolved.count - line.gone.count - line.retired.count;
        prop_assert_eq!(line.closing.count, count);
    }
}
