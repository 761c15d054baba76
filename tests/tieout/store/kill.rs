//! Processes that die in the middle of a recording, and disks that are full in the middle of one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tieout::audit::exception::{Acknowledgement, Waiver};
use tieout::audit::judgement::Verdict;
use tieout::store::{Edit, Store};

use super::mail::{letter, post};
use super::scene::{self, Day, Scene, copy, differs, dump, id, moment, open, overdue};

const STORE: &str = "TIEOUT_TEST_STORE";
const KILL_AT: &str = "TIEOUT_TEST_KILL_AT";
const CHILD: &str = "store::kill::the_process_that_records_and_may_be_killed";

/// A store with exceptions in every state that a run can move.
async fn eve() -> Scene {
    let scene = Scene::new().await;
    let mut findings: Vec<_> = ["A", "B", "C", "D", "E", "F"].map(|subject| differs(subject, "10")).to_vec();
    findings.push(overdue("INV-1", 1));
    scene.record(&Day::new("2026-03-02", findings)).await;
    scene.record(&Day::new("2026-03-03", vec![]).says("F", Verdict::Agrees)).await;
    let now = moment("2026-03-03", 12);
    let acknowledge = Edit::Acknowledge(Acknowledgement { by: "li.na".to_owned(), until: None });
    let waiver = Waiver {
        by: "li.na".to_owned(),
        reason: "agreed".to_owned(),
        expires: Some(scene::date("2026-03-03")),
        cap: None,
        covers: Vec::new(),
    };
    scene.store.edit(&scene.one("C").await.id, 1, &acknowledge, "li.na", now).await.expect("an edit");
    scene.store.edit(&scene.one("A").await.id, 1, &Edit::Waive(waiver), "li.na", now).await.expect("an edit");
    scene
}

/// The run that is killed: every kind of step, a lapse of each kind, a letter to two people.
async fn eventful(store: &Store) {
    let findings = [
        differs("A", "10"),
        differs("B", "10"),
        differs("C", "20"),
        differs("F", "1"),
        differs("G", "1"),
        overdue("INV-1", 3),
    ];
    let day =
        Day::new("2026-03-04", findings.to_vec()).says("D", Verdict::Agrees).says("E", Verdict::Gone).ids_from(100);
    let mut recording = store.record().await.expect("a recording");
    scene::write(&mut recording, &day).await.expect("steps");
    let live = recording.live().await.expect("a list");
    assert_eq!(live.len(), 6);
    post(&mut recording, &letter(&day.run().id, "finance", moment("2026-03-04", 9)), 2).await;
    recording.commit().await.expect("a commit");
}

/// The role this same binary plays when it is started anew with the store's path in the environment; without it,
/// nothing.
#[tokio::test]
async fn the_process_that_records_and_may_be_killed() {
    let Ok(path) = std::env::var(STORE) else { return };
    let kill_at: Option<u64> = std::env::var(KILL_AT).ok().and_then(|text| text.parse().ok());
    let store = open(Path::new(&path)).await.with_statement_hook(Arc::new(move |number| {
        if kill_at == Some(number) {
            std::process::abort();
        }
        let _ = writeln!(std::io::stderr(), "statement {number}");
    }));
    eventful(&store).await;
}

fn child(path: &Path, kill_at: Option<u64>) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args([CHILD, "--exact", "--nocapture"]).env(STORE, path);
    if let Some(number) = kill_at {
        command.env(KILL_AT, number.to_string());
    }
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a process")
}

/// What the eventful run leaves when nothing disturbs it.
async fn undisturbed(scene: &Scene) -> String {
    let path = scene.folder.path().join("undisturbed.db");
    copy(&scene.path(), &path);
    eventful(&open(&path).await).await;
    dump(&path)
}

#[tokio::test]
async fn a_process_killed_at_any_statement_of_a_recording_leaves_all_of_it_or_nothing() {
    let scene = eve().await;
    let (before, after) = (dump(&scene.path()), undisturbed(&scene).await);
    assert_ne!(before, after);
    let mut number = 1;
    loop {
        let ended = child(&scene.path(), Some(number)).wait_with_output().expect("an end");
        if ended.status.success() {
            break;
        }
        assert_eq!(dump(&scene.path()), before, "killed at statement {number}");
        let repeated = scene.folder.path().join(format!("repeated-{number}.db"));
        copy(&scene.path(), &repeated);
        let store = open(&repeated).await;
        store.verify_trail().await.expect("the trail holds after the kill");
        eventful(&store).await;
        store.verify_trail().await.expect("the trail holds after the repeated run");
        assert_eq!(dump(&repeated), after, "repeated after a kill at statement {number}");
        number += 1;
    }
    assert!(number > 20, "only {} statements were killed", number - 1);
    assert_eq!(dump(&scene.path()), after, "the run that nobody killed");
}

#[tokio::test]
async fn a_process_killed_while_it_commits_leaves_all_of_it_or_nothing() {
    let scene = eve().await;
    let (before, after) = (dump(&scene.path()), undisturbed(&scene).await);
    let whole = scene.folder.path().join("whole.db");
    copy(&scene.path(), &whole);
    let told = child(&whole, None).wait_with_output().expect("an end").stderr;
    let commit = String::from_utf8_lossy(&told).lines().filter(|line| line.starts_with("statement")).count();
    for round in 0..6 {
        let path = scene.folder.path().join(format!("round-{round}.db"));
        copy(&scene.path(), &path);
        let mut child = child(&path, None);
        let told = BufReader::new(child.stderr.take().expect("a pipe"));
        let last = format!("statement {commit}");
        let reached = told.lines().map_while(Result::ok).any(|line| line == last);
        child.kill().expect("a kill");
        child.wait().expect("an end");
        assert!(reached);
        let left = dump(&path);
        assert!(left == before || left == after, "round {round}");
        open(&path).await.verify_trail().await.expect("the trail holds");
    }
}

const FULL: &str = "TIEOUT_TEST_FULL_DISK";
const WRITER: &str = "store::kill::the_process_whose_disk_is_full";

/// The other role: a process that may write no file larger than its limit, which is what a quota or a full disk
/// looks like.
#[tokio::test]
async fn the_process_whose_disk_is_full() {
    let Ok(path) = std::env::var(FULL) else { return };
    let store = open(Path::new(&path)).await;
    for _ in 0..3 {
        let findings = (0..6_000).map(|number| differs(&format!("SO-{number}"), "1")).collect();
        let day = Day::new("2026-03-03", findings).ids_from(100);
        match scene::record(&store, &day).await {
            Ok(_) => println!("SAID it was recorded"),
            Err(refused) => println!("SAID {refused}"),
        }
    }
    let comment = Edit::Comment { text: "there is room for this".to_owned() };
    let version = store.exception(&id(1)).await.expect("a detail").expect("the exception").exception.version;
    for _ in 0..10 {
        store.verify_trail().await.expect("the trail holds");
    }
    store.edit(&id(1), version, &comment, "li.na", moment("2026-03-03", 12)).await.expect("a small edit");
    println!("SAID the edit was kept");
}

#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_is_told_in_a_sentence_and_loses_nothing() {
    let scene = eve().await;
    let shell = "trap '' XFSZ; ulimit -f 3000; exec \"$0\" \"$@\"";
    let ended = Command::new("sh")
        .args(["-c", shell])
        .arg(std::env::current_exe().expect("this binary"))
        .args([WRITER, "--exact", "--nocapture"])
        .env(FULL, scene.path())
        .output()
        .expect("a process");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{told}{}", String::from_utf8_lossy(&ended.stderr));
    let said: Vec<&str> = told.lines().filter_map(|line| line.split_once("SAID ")).map(|(_, said)| said).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    cannot record the exceptions: the disk refused to read or write (full, over a quota, or failing); nothing of this was kept
    cannot record the exceptions: the disk refused to read or write (full, over a quota, or failing); nothing of this was kept
    cannot record the exceptions: the disk refused to read or write (full, over a quota, or failing); nothing of this was kept
    the edit was kept
    ");
    assert_eq!(scene.store.exceptions(&Default::default()).await.expect("a list").total, 7);
    scene.store.verify_trail().await.expect("the trail holds");
    eventful(&scene.store).await;
}
