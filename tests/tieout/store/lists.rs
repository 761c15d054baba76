use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::DateTime;
use insta::assert_snapshot;
use tieout::audit::breaks::{Class, Finding, Message, Severity};
use tieout::audit::exception::{Exception, Status};
use tieout::audit::judgement::Verdict;
use tieout::audit::value::{Subject, SubjectKind, Value};
use tieout::store::Filter;

use super::scene::{self, Day, Scene, amount, differs, id, rule};

fn bare(subject: Subject) -> Finding {
    scene::finding(subject, Class::NegativeStock, Message::NegativeStock { on_hand: amount("-1") }, None)
}

/// Values whose order is easy to get wrong.
fn values() -> Vec<Value> {
    let amounts = ["-170141183460469231731687303715884105727", "-10", "-9.99", "-0.000000000000000001", "0", "0.05"];
    let more = ["0.5", "1", "1.000000000000000001", "9", "10", "100", "170141183460469231731687303715884105727"];
    let texts = ["", "\0", "\0\0", "\0a", "10", "2", "A", "a", "a\0", "a\0b", "aa", "é", "中", "\u{ff}"];
    let mut values = vec![Value::Null, Value::Bool(false), Value::Bool(true)];
    values.extend(amounts.iter().chain(&more).map(|text| Value::Amount(amount(text))));
    values.extend(texts.map(|text| Value::Text(text.to_owned())));
    values.push(Value::Date(scene::date("2026-03-02")));
    values.push(Value::Instant(DateTime::from_timestamp_micros(1).expect("an instant")));
    values
}

fn subjects() -> Vec<Subject> {
    let values = values();
    let mut subjects = vec![Subject::flood(), Subject::keyless("sales"), Subject::keyless("finance")];
    for first in &values {
        subjects.push(Subject::party(first.clone()));
        subjects.push(Subject::key(vec![first.clone()]));
        subjects.extend(values.iter().map(|second| Subject::key(vec![first.clone(), second.clone()])));
    }
    subjects.push(Subject::new(SubjectKind::Key, Vec::new()));
    subjects
}

#[tokio::test]
async fn pages_follow_the_order_of_subjects_whatever_their_types() {
    let scene = Scene::new().await;
    let mut subjects = subjects();
    scene.record(&Day::new("2026-03-02", subjects.iter().cloned().map(bare).collect())).await;
    subjects.sort();
    let (mut paged, mut offset) = (Vec::new(), 0);
    loop {
        let filter = Filter { limit: Some(97), offset, ..Default::default() };
        let page = scene.store.exceptions(&filter).await.expect("a page");
        assert_eq!(page.total, subjects.len() as u64);
        if page.exceptions.is_empty() {
            break;
        }
        offset += page.exceptions.len() as u64;
        paged.extend(page.exceptions.into_iter().map(|exception| exception.subject));
    }
    assert_eq!(paged, subjects);
}

fn shown(exceptions: &[Exception]) -> String {
    let line = |one: &Exception| {
        format!("{} {} {} {} {}", one.department, one.severity.name(), one.rule, one.first_seen, one.subject)
    };
    exceptions.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Two days, two rules, two departments.
async fn varied() -> Scene {
    let scene = Scene::new().await;
    let finding = |subject: &str, department: &str, severity| {
        let mut finding = differs(subject, "1");
        finding.breaks[0].owner = department.to_owned();
        finding.severity = severity;
        finding
    };
    let first = vec![
        finding("SO-9", "sales", Severity::Low),
        finding("SO-2_%", "finance", Severity::High),
        finding("SO-1", "finance", Severity::High),
    ];
    scene.record(&Day::new("2026-03-02", first.clone())).await;
    let second =
        [first, vec![finding("so-0", "finance", Severity::High), finding("SO-3", "finance", Severity::Critical)]];
    scene.record(&Day::new("2026-03-03", second.concat()).ids_from(10)).await;
    let other = vec![finding("SO-5", "finance", Severity::High)];
    scene.record(&Day::new("2026-03-03", other).rule(rule("a-rule")).ids_from(20)).await;
    scene.record(&Day::new("2026-03-04", vec![]).says("SO-9", Verdict::Agrees)).await;
    scene
}

#[tokio::test]
async fn lists_go_by_department_severity_rule_first_day_and_subject() {
    let scene = varied().await;
    let page = scene.store.exceptions(&Filter::default()).await.expect("a list");
    assert_snapshot!(shown(&page.exceptions), @r"
    finance critical order-to-invoice 2026-03-03 SO-3
    finance high a-rule 2026-03-03 SO-5
    finance high order-to-invoice 2026-03-02 SO-1
    finance high order-to-invoice 2026-03-02 SO-2_%
    finance high order-to-invoice 2026-03-03 so-0
    sales low order-to-invoice 2026-03-02 SO-9
    ");
}

#[tokio::test]
async fn filters_narrow_and_totals_count_what_a_limit_leaves_out() {
    let scene = varied().await;
    let filters = [
        Filter { department: Some("finance".to_owned()), limit: Some(2), ..Default::default() },
        Filter { rule: Some("a-rule".to_owned()), ..Default::default() },
        Filter { status: [Status::Resolved].into(), ..Default::default() },
        Filter { subject: Some("so-".to_owned()), offset: 5, ..Default::default() },
        Filter { subject: Some("_%".to_owned()), ..Default::default() },
        Filter { subject: Some("' OR 1=1 --".to_owned()), ..Default::default() },
    ];
    let mut texts = Vec::new();
    for filter in filters {
        let page = scene.store.exceptions(&filter).await.expect("a list");
        texts.push(format!("of {}:\n{}", page.total, shown(&page.exceptions)));
    }
    assert_snapshot!(texts.join("\n\n"), @r"
    of 5:
    finance critical order-to-invoice 2026-03-03 SO-3
    finance high a-rule 2026-03-03 SO-5

    of 1:
    finance high a-rule 2026-03-03 SO-5

    of 1:
    sales low order-to-invoice 2026-03-02 SO-9

    of 6:
    sales low order-to-invoice 2026-03-02 SO-9

    of 1:
    finance high order-to-invoice 2026-03-02 SO-2_%

    of 0:
    ");
}

#[tokio::test]
async fn a_part_of_an_id_stands_for_it_where_it_is_long_enough_and_unambiguous() {
    let scene = varied().await;
    let found = |part: &'static str| {
        let store = scene.store.clone();
        async move {
            match store.exception(part).await {
                Ok(detail) => format!("{part}: {:?}", detail.map(|detail| detail.exception.id)),
                Err(refused) => format!("{part}: {refused}"),
            }
        }
    };
    let whole = scene.store.exception(&id(21)).await.expect("a detail").expect("it is there");
    assert_eq!(whole.exception.id, id(21));
    let mut texts = Vec::new();
    for part in ["000021", "00000000000A", "0198", "01980000-0000", "______", "00021"] {
        texts.push(found(part).await);
    }
    assert_snapshot!(texts.join("\n"), @r#"
    000021: Some("01980000-0000-7000-8000-000000000021")
    00000000000A: None
    0198: `0198` is too short to name an exception; give its id, or at least 6 characters of the id's beginning or end
    01980000-0000: `01980000-0000` could be any of 6 exceptions: 01980000-0000-7000-8000-000000000001 (order-to-invoice SO-9), 01980000-0000-7000-8000-000000000002 (order-to-invoice SO-2_%), 01980000-0000-7000-8000-000000000003 (order-to-invoice SO-1), 01980000-0000-7000-8000-000000000011 (order-to-invoice so-0), 01980000-0000-7000-8000-000000000012 (order-to-invoice SO-3), 01980000-0000-7000-8000-000000000021 (a-rule SO-5)
    ______: None
    00021: `00021` is too short to name an exception; give its id, or at least 6 characters of the id's beginning or end
    "#);
}

#[tokio::test]
async fn the_standing_figures_count_what_stands() {
    let scene = varied().await;
    let standing = scene.store.standing().await.expect("figures");
    let mut texts: Vec<String> =
        standing.exceptions.iter().map(|(labels, count)| format!("{labels:?} {count}")).collect();
    texts.extend(standing.at_risk.iter().map(|(labels, sum)| format!("{labels:?} {sum}")));
    texts.extend(standing.oldest.iter().map(|(department, day)| format!("{department} since {day}")));
    assert_snapshot!(texts.join("\n"), @r#"
    ("a-rule", "finance", Open, High) 1
    ("order-to-invoice", "finance", Open, High) 3
    ("order-to-invoice", "finance", Open, Critical) 1
    ("a-rule", "finance", "CNY") 10000
    ("order-to-invoice", "finance", "CNY") 40000
    finance since 2026-03-02
    "#);
}

#[tokio::test]
async fn sums_at_risk_may_be_larger_than_any_of_their_parts() {
    let scene = Scene::new().await;
    let findings = (0..100).map(|number| differs(&format!("SO-{number}"), "922337203685477.5807")).collect();
    scene.record(&Day::new("2026-03-02", findings)).await;
    let standing = scene.store.standing().await.expect("figures");
    assert_eq!(standing.at_risk.values().copied().collect::<Vec<_>>(), [i128::from(i64::MAX) * 100]);
}

#[tokio::test]
async fn five_thousand_exceptions_are_recorded_in_a_few_hundred_statements() {
    let scene = Scene::new().await;
    let findings: Vec<Finding> = (0..5_000).map(|number| overdue_at(number, 1)).collect();
    let statements = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&statements);
    let store =
        scene.store.clone().with_statement_hook(Arc::new(move |number| counter.store(number, Ordering::Relaxed)));
    scene::record(&store, &Day::new("2026-03-02", findings)).await.expect("recorded");
    let opened = statements.load(Ordering::Relaxed);
    assert!(opened < 700, "{opened} statements to open");
    let findings: Vec<Finding> = (0..5_000).map(|number| overdue_at(number, 2)).collect();
    scene::record(&store, &Day::new("2026-03-03", findings)).await.expect("recorded");
    let refreshed = statements.load(Ordering::Relaxed);
    assert!(refreshed < 500, "{refreshed} statements to refresh");
}

fn overdue_at(number: u64, days: i64) -> Finding {
    scene::overdue(&format!("INV-{number:05}"), days)
}
