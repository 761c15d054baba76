use insta::assert_snapshot;
use tieout::audit::breaks::{Message, Severity};
use tieout::audit::exception::{Acknowledgement, Waiver};
use tieout::audit::judgement::Verdict;
use tieout::language::Bilingual;
use tieout::store::Edit;

use super::scene::{Day, Scene, amount, date, differs, id, key, line, moment, overdue, record, retired, rule};

async fn edit(scene: &Scene, edit: Edit, day: &str) -> String {
    let before = scene.one("SO-1").await;
    let after = scene.store.edit(&before.id, before.version, &edit, "li.na", moment(day, 12)).await.expect("an edit");
    format!("{day} edit: {}", line(&after))
}

async fn run(scene: &Scene, day: Day) -> String {
    let after = scene.record(&day).await;
    let shown: Vec<String> = after.iter().map(line).collect();
    assert_eq!(after, [scene.one("SO-1").await], "what apply answers is what is kept");
    format!("{} run: {}", day.day, shown.join(" | "))
}

#[tokio::test]
async fn an_exception_keeps_its_id_through_its_whole_life() {
    let scene = Scene::new().await;
    let lines = [
        run(&scene, Day::new("2026-03-02", vec![differs("SO-1", "100.00")])).await,
        run(&scene, Day::new("2026-03-03", vec![differs("SO-1", "100.00")])).await,
        edit(&scene, Edit::Assign { to: Some("wang.wei".to_owned()) }, "2026-03-03").await,
        edit(&scene, Edit::Acknowledge(Acknowledgement { by: "li.na".to_owned(), until: None }), "2026-03-03").await,
        run(&scene, Day::new("2026-03-04", vec![differs("SO-1", "100.00")])).await,
        run(&scene, Day::new("2026-03-05", vec![differs("SO-1", "150.00")])).await,
        edit(&scene, waive("2026-03-06"), "2026-03-05").await,
        run(&scene, Day::new("2026-03-06", vec![differs("SO-1", "120.00")])).await,
        run(&scene, Day::new("2026-03-07", vec![differs("SO-1", "120.00")])).await,
        edit(&scene, waive("2026-12-31"), "2026-03-07").await,
        run(&scene, Day::new("2026-03-08", vec![]).says("SO-1", Verdict::Agrees)).await,
        run(&scene, Day::new("2026-03-09", vec![differs("SO-1", "7.5")])).await,
        run(&scene, Day::new("2026-03-10", vec![]).says("SO-1", Verdict::Gone)).await,
        run(&scene, Day::new("2026-03-11", vec![differs("SO-1", "7.5")])).await,
        format!("2026-03-12 run: {}", line(&retired(&scene.store, "2026-03-12").await[0])),
    ];
    assert_snapshot!(lines.join("\n"));
    let detail = scene.store.exception(&id(1)).await.expect("a detail").expect("the exception");
    let trail: Vec<String> = detail
        .trail
        .iter()
        .map(|row| format!("{} {} {} {}", row.at.date_naive(), row.actor, row.event, row.detail))
        .collect();
    assert_snapshot!("trail_of_a_whole_life", trail.join("\n"));
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), trail.len() as u64);
}

fn waive(expires: &str) -> Edit {
    Edit::Waive(Waiver {
        by: "li.na".to_owned(),
        reason: "agreed with the customer".to_owned(),
        expires: Some(date(expires)),
        cap: None,
        covers: Vec::new(),
    })
}

#[tokio::test]
async fn opening_evidence_is_frozen_and_the_latest_follows_changes_only() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1")])).await;
    scene.record(&Day::new("2026-03-03", vec![differs("SO-1", "2")])).await;
    scene.record(&Day::new("2026-03-04", vec![differs("SO-1", "2")])).await;
    let detail = scene.store.exception(&id(1)).await.expect("a detail").expect("the exception");
    assert_eq!(detail.opening, differs("SO-1", "1").evidence);
    assert_eq!(detail.latest, differs("SO-1", "2").evidence);
    assert_eq!(detail.opened_run, "run-2026-03-02-order-to-invoice");
    assert_eq!(detail.changed_run, "run-2026-03-03-order-to-invoice");
    assert_eq!(detail.rule_hash, "hash-of-order-to-invoice");
}

#[tokio::test]
async fn days_that_pass_are_shown_and_are_no_change() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![overdue("INV-1", 1)])).await;
    let after = scene.record(&Day::new("2026-03-20", vec![overdue("INV-1", 19)])).await;
    let kept = scene.one("INV-1").await;
    assert_eq!(after.as_slice(), std::slice::from_ref(&kept));
    assert!(matches!(kept.breaks[0].message, Message::Overdue { days: 19, .. }));
    assert_snapshot!(line(&kept), @"open v1; 100.00 CNY; first 2026-03-02 last 2026-03-20 changed 2026-03-02");
    let detail = scene.store.exception(&kept.id).await.expect("a detail").expect("the exception");
    assert_eq!(detail.trail.len(), 1);
    scene.record(&Day::new("2026-04-05", vec![overdue("INV-1", 35)])).await;
    assert_snapshot!(line(&scene.one("INV-1").await), @"open v2; 100.00 CNY; first 2026-03-02 last 2026-04-05 changed 2026-04-05");
}

#[tokio::test]
async fn an_edited_rule_marks_what_opens_and_closes_and_brings_its_new_words() {
    let scene = Scene::new().await;
    let day = Day::new("2026-03-02", ["SO-1", "SO-2", "SO-3"].map(|subject| differs(subject, "1")).to_vec());
    scene.record(&day).await;
    let mut edited = rule(super::scene::RULE);
    edited.hash = "another".to_owned();
    edited.title = Bilingual::same("Reworded");
    let mut severe = differs("SO-2", "1");
    severe.severity = Severity::Critical;
    let day = Day::new("2026-03-03", vec![severe, differs("SO-3", "2"), differs("SO-4", "1")])
        .says("SO-1", Verdict::Agrees)
        .rule(edited)
        .ids_from(10);
    let after = scene.record(&day).await;
    let shown: Vec<String> = after
        .iter()
        .map(|one| format!("{} {} {} {}", one.subject, one.rule_title.en, one.severity.name(), line(one)))
        .collect();
    assert_snapshot!(shown.join("\n"), @r"
    SO-2 Reworded critical open v1; 1 CNY; first 2026-03-02 last 2026-03-03 changed 2026-03-02
    SO-3 Reworded medium open v2; 2 CNY; first 2026-03-02 last 2026-03-03 changed 2026-03-03
    SO-4 Reworded medium open v1; 1 CNY; first 2026-03-03 last 2026-03-03 changed 2026-03-03; rule changed
    SO-1 Reworded medium resolved v2; 1 CNY; first 2026-03-02 last 2026-03-02 changed 2026-03-02; closed 2026-03-03; rule changed
    ");
}

#[tokio::test]
async fn money_too_large_for_the_sortable_column_is_refused_and_nothing_stays() {
    let scene = Scene::new().await;
    let day = Day::new("2026-03-02", vec![differs("SO-1", "1"), differs("SO-2", "922337203685477.5808")]);
    let refused = record(&scene.store, &day).await.expect_err("it is too large");
    assert_snapshot!(refused, @"cannot record SO-2 of rule order-to-invoice: 922337203685477.5808 CNY at risk is more than the store can sort and sum; the most is 922337203685477.5807");
    assert_eq!(scene.store.exceptions(&Default::default()).await.expect("a list").total, 0);
    scene.record(&Day::new("2026-03-02", vec![differs("SO-2", "-922337203685477.58079")])).await;
    let standing = scene.store.standing().await.expect("figures");
    assert_eq!(standing.at_risk.values().copied().collect::<Vec<_>>(), [i128::from(-i64::MAX)]);
    assert_eq!(scene.one("SO-2").await.at_risk.0["CNY"], amount("-922337203685477.58079"));
}

#[tokio::test]
async fn known_is_what_stands_and_what_is_closed_among_the_findings() {
    let scene = Scene::new().await;
    let all = ["A", "B", "C", "D"].map(|subject| differs(subject, "1")).to_vec();
    scene.record(&Day::new("2026-03-02", all)).await;
    let closing = Day::new("2026-03-03", vec![]).says("B", Verdict::Agrees).says("C", Verdict::Gone);
    scene.record(&closing).await;
    let mut recording = scene.store.record().await.expect("a recording");
    let known = recording.known(super::scene::RULE, &[differs("C", "1"), differs("E", "1")]).await.expect("known");
    let subjects: Vec<String> = known.iter().map(|one| format!("{} {}", one.subject, one.status.name())).collect();
    assert_eq!(subjects, ["A open", "C gone", "D open"]);
    assert!(recording.known("another", &[differs("C", "1")]).await.expect("known").is_empty());
    drop(recording);
    let live = scene.store.live_subjects(super::scene::RULE).await.expect("subjects");
    assert_eq!(live.into_iter().collect::<Vec<_>>(), [key("A"), key("D")]);
}

#[tokio::test]
async fn a_rehearsal_answers_as_a_recording_does_and_leaves_nothing() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1")])).await;
    let before = super::scene::dump(&scene.path());
    let day = Day::new("2026-03-03", vec![differs("SO-1", "2"), differs("SO-2", "1")]).ids_from(10);
    let mut rehearsal = scene.store.rehearse().await.expect("a rehearsal");
    let rehearsed = super::scene::write(&mut rehearsal, &day).await.expect("it is written");
    let live = rehearsal.live().await.expect("the list");
    rehearsal.commit().await.expect("its end");
    assert_eq!(super::scene::dump(&scene.path()), before);
    assert_eq!(scene.record(&day).await, rehearsed);
    assert_eq!(scene.store.exceptions(&super::scene::live()).await.expect("a list").exceptions, live);
}

#[tokio::test]
async fn the_state_of_a_rule_is_that_of_its_last_recorded_run() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![])).await;
    for (day, status) in [("2026-03-01", "exceptions"), ("2026-03-03", "not_evaluated")] {
        let day = Day::new(day, vec![]).rule(rule("other"));
        let mut row = day.rule_run();
        (row.rule, row.status, row.recorded) = (super::scene::RULE.to_owned(), status.to_owned(), false);
        let mut recording = scene.store.record().await.expect("a recording");
        recording.insert_run(&day.run()).await.expect("a run");
        recording.insert_rule_run(&day.run(), "not this one", &row).await.expect("a rule's run");
        row.rule = "never".to_owned();
        recording.insert_rule_run(&day.run(), "nor this", &row).await.expect("a rule's run");
        recording.commit().await.expect("a commit");
    }
    let mut recording = scene.store.record().await.expect("a recording");
    let state = recording.rule_state(super::scene::RULE).await.expect("a state").expect("it was recorded");
    assert_snapshot!(format!("{state:?}"), @r#"RuleState { hash: "hash-of-order-to-invoice", last_as_of: 2026-03-02T08:00:00Z, last_day: 2026-03-02, last_status: "not_evaluated", last_run_day: 2026-03-03 }"#);
    assert_eq!(recording.rule_state("never").await.expect("a state"), None);
    let last = recording.last_rule_run("never").await.expect("a run");
    assert_eq!(last, Some(("not_evaluated".to_owned(), date("2026-03-03"))));
    drop(recording);
    let standing = scene.store.standing().await.expect("figures");
    assert_snapshot!(format!("{:#?}", standing.rules), @r#"
    {
        "never": RuleStanding {
            status: "not_evaluated",
            last_run: 2026-03-03T08:00:03Z,
            last_evaluated: None,
            seconds: 0.25,
            rows: 1000,
        },
        "order-to-invoice": RuleStanding {
            status: "not_evaluated",
            last_run: 2026-03-03T08:00:03Z,
            last_evaluated: Some(
                2026-03-02T08:00:00Z,
            ),
            seconds: 0.25,
            rows: 1000,
        },
    }
    "#);
    let runs = scene.store.runs(2).await.expect("runs");
    let shown: Vec<String> = runs
        .iter()
        .map(|(run, rules)| {
            format!("{} {}", run.id, rules.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>().join("+"))
        })
        .collect();
    assert_snapshot!(shown.join("\n"), @r"
    run-2026-03-03-other never+order-to-invoice
    run-2026-03-02-order-to-invoice order-to-invoice
    ");
    assert_eq!(standing.jobs["daily"], runs[0].0);
}
