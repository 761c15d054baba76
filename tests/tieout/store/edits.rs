use insta::assert_snapshot;
use tieout::audit::exception::{Acknowledgement, Waiver};
use tieout::audit::judgement::Verdict;
use tieout::store::{Edit, StoreError};

use super::scene::{Day, Scene, differs, id, line, moment, write};

fn comment(text: &str) -> Edit {
    Edit::Comment { text: text.to_owned() }
}

fn acknowledge() -> Edit {
    Edit::Acknowledge(Acknowledgement { by: "li.na".to_owned(), until: None })
}

fn waive(reason: &str) -> Edit {
    Edit::Waive(Waiver { by: "li.na".to_owned(), reason: reason.to_owned(), expires: None, cap: None, covers: vec![] })
}

#[tokio::test]
async fn the_second_of_two_editors_is_told_that_it_changed_meanwhile() {
    let scene = Scene::new().await;
    let seen = scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1")])).await.remove(0);
    let now = moment("2026-03-02", 12);
    let second = scene.second().await;
    scene.store.edit(&seen.id, seen.version, &acknowledge(), "li.na", now).await.expect("the first edit");
    let refused = second.edit(&seen.id, seen.version, &waive("why not"), "wang.wei", now).await.expect_err("outdated");
    assert!(matches!(refused, StoreError::Outdated { found: 2, expected: 1, .. }));
    assert_snapshot!(refused, @"exception 01980000-0000-7000-8000-000000000001 was changed by somebody else meanwhile (version 2, expected 1); look at it again and repeat");
    assert_snapshot!(line(&scene.one("SO-1").await), @"acknowledged v2; 1 CNY; first 2026-03-02 last 2026-03-02 changed 2026-03-02; acknowledged by li.na");
    let missing = second.edit("nobody", 1, &comment("?"), "li.na", now).await.expect_err("no such exception");
    assert!(matches!(missing, StoreError::NoException { .. }));
}

#[tokio::test]
async fn edits_that_make_no_sense_are_refused_and_leave_nothing() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1"), differs("SO-2", "1")])).await;
    scene.record(&Day::new("2026-03-03", vec![]).says("SO-2", Verdict::Agrees)).await;
    let now = moment("2026-03-03", 12);
    let before = super::scene::dump(&scene.path());
    let mut sentences = Vec::new();
    for (subject, edit, by) in [
        ("SO-1", Edit::Reopen, "li.na"),
        ("SO-1", waive(" "), "li.na"),
        ("SO-1", comment(""), "li.na"),
        ("SO-1", comment("who?"), ""),
        ("SO-2", acknowledge(), "li.na"),
        ("SO-2", waive("late"), "li.na"),
        ("SO-2", Edit::Reopen, "li.na"),
    ] {
        let seen = scene.one(subject).await;
        let refused = scene.store.edit(&seen.id, seen.version, &edit, by, now).await.expect_err("it makes no sense");
        sentences.push(refused.to_string());
    }
    assert_snapshot!(sentences.join("\n"), @r"
    exception 01980000-0000-7000-8000-000000000001 is open; only one that is acknowledged or waived can be reopened
    a waiver of exception 01980000-0000-7000-8000-000000000001 needs a reason
    a comment on exception 01980000-0000-7000-8000-000000000001 needs a text
    an edit needs the name of whoever makes it
    exception 01980000-0000-7000-8000-000000000002 is resolved; only one that still stands can be acknowledged
    exception 01980000-0000-7000-8000-000000000002 is resolved; only one that still stands can be waived
    exception 01980000-0000-7000-8000-000000000002 is resolved; only one that is acknowledged or waived can be reopened
    ");
    assert_eq!(super::scene::dump(&scene.path()), before);
    let closed = scene.one("SO-2").await;
    scene.store.edit(&closed.id, closed.version, &comment("paid twice"), "li.na", now).await.expect("a late comment");
    let open = scene.one("SO-1").await;
    let waived = scene.store.edit(&open.id, open.version, &waive("agreed"), "li.na", now).await.expect("a waiver");
    let refused = scene.store.edit(&open.id, waived.version, &acknowledge(), "li.na", now).await.expect_err("waived");
    assert_snapshot!(refused, @"exception 01980000-0000-7000-8000-000000000001 is waived; reopen it before it is acknowledged");
    let reopened = scene.store.edit(&open.id, waived.version, &Edit::Reopen, "li.na", now).await.expect("reopened");
    assert_snapshot!(line(&reopened), @"open v3; 1 CNY; first 2026-03-02 last 2026-03-02 changed 2026-03-02");
}

#[tokio::test]
async fn an_edit_before_a_recording_begins_is_seen_by_it() {
    let scene = Scene::new().await;
    let seen = scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1")])).await.remove(0);
    let now = moment("2026-03-02", 12);
    scene.store.edit(&seen.id, 1, &Edit::Assign { to: Some("wang.wei".to_owned()) }, "li.na", now).await.expect("ok");
    let after = scene.record(&Day::new("2026-03-03", vec![differs("SO-1", "2")])).await;
    assert_snapshot!(line(&after[0]), @"open v3; 2 CNY; first 2026-03-02 last 2026-03-03 changed 2026-03-03; assigned to wang.wei");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_during_a_recording_waits_and_is_then_outdated() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1")])).await;
    let mut recording = scene.store.record().await.expect("a recording");
    let second = scene.second().await;
    let edit =
        tokio::spawn(
            async move { second.edit(&id(1), 1, &comment("looking"), "li.na", moment("2026-03-03", 8)).await },
        );
    write(&mut recording, &Day::new("2026-03-03", vec![differs("SO-1", "2")])).await.expect("it is written");
    // Readers do not wait: they see the list as it was before.
    assert_eq!(scene.one("SO-1").await.version, 1);
    assert!(!edit.is_finished());
    recording.commit().await.expect("a commit");
    let refused = edit.await.expect("a task").expect_err("outdated");
    assert!(matches!(refused, StoreError::Outdated { found: 2, expected: 1, .. }), "{refused}");
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), 2);
}

#[tokio::test]
async fn a_recording_that_is_dropped_lets_the_next_one_in_and_leaves_nothing() {
    let scene = Scene::new().await;
    for _ in 0..20 {
        let mut recording = scene.store.record().await.expect("a recording");
        write(&mut recording, &Day::new("2026-03-02", vec![differs("SO-1", "1")])).await.expect("it is written");
    }
    assert_eq!(scene.store.exceptions(&Default::default()).await.expect("a list").total, 0);
    scene.record(&Day::new("2026-03-02", vec![differs("SO-1", "1")])).await;
}

#[tokio::test]
async fn a_recording_that_keeps_no_run_cannot_be_committed() {
    let scene = Scene::new().await;
    let day = Day::new("2026-03-02", vec![differs("SO-1", "1")]);
    let mut recording = scene.store.record().await.expect("a recording");
    let steps = super::scene::steps(&day, &[], false);
    let mut ids = || id(1);
    recording.apply(&day.run(), Some(&day.rule), &steps, &mut ids).await.expect("steps");
    recording.commit().await.expect_err("no run");
    assert_eq!(scene.store.exceptions(&Default::default()).await.expect("a list").total, 0);
    scene.record(&day).await;
}
