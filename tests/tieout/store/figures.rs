//! What the store remembers of figures that later runs compare with.

use std::collections::BTreeMap;

use tieout::audit::swing::NewFigure;
use tieout::audit::value::Subject;
use tieout::store::{FIGURE_DAYS_KEPT, Recording, Store};

use super::scene::{Scene, date};

const GROUP: &str = "[\"A1\",\"CNY\"]";

fn subject() -> Subject {
    Subject::parse(GROUP).expect("a canonical subject")
}

fn figures(amount: &str) -> BTreeMap<Subject, NewFigure> {
    let amount = amount.parse().expect("an amount");
    BTreeMap::from([(subject(), NewFigure { currency: Some("CNY".to_owned()), amount })])
}

/// Keeps one figure of the rule `cash`, of the meaning `m`.
pub async fn keep(recording: &mut Recording, day: &str, amount: &str) {
    recording.keep_figures(("cash", "m"), date(day), &figures(amount)).await.expect("figures");
}

/// What a run of `day` looks back at.
pub async fn past(store: &Store, day: &str) -> Vec<String> {
    let history = store.history(("cash", "m"), date(day), 1000).await.expect("a history");
    let past = history.into_values().flatten();
    past.map(|past| format!("{} {} {}", past.day, past.currency.as_deref().unwrap_or(""), past.amount)).collect()
}

async fn record(scene: &Scene, day: &str, amount: &str) {
    let mut recording = scene.store.record().await.expect("a recording");
    keep(&mut recording, day, amount).await;
    recording.commit().await.expect("a commit");
}

#[tokio::test]
async fn a_day_keeps_the_figures_of_its_last_run_and_is_not_its_own_past() {
    let scene = Scene::new().await;
    record(&scene, "2026-03-02", "1.50").await;
    record(&scene, "2026-03-02", "2.50").await;
    record(&scene, "2026-03-03", "3.00").await;
    assert_eq!(past(&scene.store, "2026-03-03").await, ["2026-03-02 CNY 2.50"]);
    assert_eq!(past(&scene.store, "2026-03-04").await, ["2026-03-02 CNY 2.50", "2026-03-03 CNY 3.00"]);
    let mut recording = scene.store.record().await.expect("a recording");
    recording.keep_figures(("cash", "m"), date("2026-03-03"), &BTreeMap::new()).await.expect("figures");
    recording.commit().await.expect("a commit");
    assert_eq!(past(&scene.store, "2026-03-04").await, ["2026-03-02 CNY 2.50"], "the group was gone in the last run");
}

#[tokio::test]
async fn figures_of_another_meaning_or_rule_are_never_read_and_those_of_a_rehearsal_never_kept() {
    let scene = Scene::new().await;
    record(&scene, "2026-03-02", "1.50").await;
    let other = scene.store.history(("cash", "other"), date("2026-03-03"), 9).await.expect("a history");
    assert!(other.is_empty());
    assert!(scene.store.history(("stock", "m"), date("2026-03-03"), 9).await.expect("a history").is_empty());
    let mut rehearsal = scene.store.rehearse().await.expect("a rehearsal");
    keep(&mut rehearsal, "2026-03-03", "9").await;
    rehearsal.commit().await.expect("nothing");
    assert_eq!(past(&scene.store, "2026-03-09").await, ["2026-03-02 CNY 1.50"]);
    let mut recording = scene.store.record().await.expect("a recording");
    recording.keep_figures(("cash", "n"), date("2026-03-03"), &figures("7")).await.expect("figures");
    recording.commit().await.expect("a commit");
    assert!(past(&scene.store, "2026-03-09").await.is_empty(), "the history starts anew");
}

#[tokio::test]
async fn only_the_latest_days_are_kept() {
    let scene = Scene::new().await;
    let first = date("2024-01-01");
    let mut recording = scene.store.record().await.expect("a recording");
    for day in first.iter_days().take(FIGURE_DAYS_KEPT as usize + 2) {
        keep(&mut recording, &day.to_string(), "1").await;
    }
    recording.commit().await.expect("a commit");
    let past = past(&scene.store, "2030-01-01").await;
    assert_eq!((past.len(), past[0].as_str()), (FIGURE_DAYS_KEPT as usize, "2024-01-03 CNY 1"));
    let latest = scene.store.history(("cash", "m"), date("2024-02-01"), 2).await.expect("a history");
    let days: Vec<String> = latest[&subject()].iter().map(|past| past.day.to_string()).collect();
    assert_eq!(days, ["2024-01-30", "2024-01-31"]);
}
