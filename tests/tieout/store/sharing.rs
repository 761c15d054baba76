use chrono::TimeDelta;
use tieout::store::Store;

use super::scene::{Day, Scene, differs, moment, open};

#[tokio::test]
async fn a_lease_keeps_others_out_until_it_runs_out_or_is_given_back() {
    let scene = Scene::new().await;
    let second = scene.second().await;
    let start = moment("2026-03-02", 8);
    let lease = async |store: &Store, job: &str, holder: &str, minute: i64| {
        let now = start + TimeDelta::minutes(minute);
        store.lease(job, holder, now, now + TimeDelta::minutes(30)).await.expect("an answer")
    };
    assert!(lease(&scene.store, "daily", "run", 0).await);
    assert!(!lease(&second, "daily", "serve", 0).await, "it is held");
    assert!(lease(&second, "weekly", "serve", 0).await, "another job is free");
    assert!(lease(&scene.store, "daily", "run", 10).await, "its holder may take it again, and longer");
    assert!(!lease(&second, "daily", "serve", 39).await, "it runs to the new end");
    assert!(!lease(&second, "daily", "serve", -600).await, "a clock that was set back frees nothing");
    assert!(lease(&second, "daily", "serve", 40).await, "it has run out");
    let held = second.lease_holder("daily").await.expect("an answer");
    assert_eq!(held, Some(("serve".to_owned(), start + TimeDelta::minutes(70))));
    scene.store.release("daily", "run").await.expect("nothing to give back");
    assert!(!lease(&scene.store, "daily", "run", 41).await, "somebody else's is not given back");
    second.release("daily", "serve").await.expect("it is given back");
    assert!(lease(&scene.store, "daily", "run", 41).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_a_lease_at_once_one_gets_it() {
    let scene = Scene::new().await;
    let now = moment("2026-03-02", 8);
    let mut tasks = Vec::new();
    for number in 0..8 {
        let store = scene.second().await;
        let holder = format!("holder-{number}");
        tasks.push(tokio::spawn(async move { store.lease("daily", &holder, now, now + TimeDelta::hours(1)).await }));
    }
    let mut taken = 0;
    for task in tasks {
        taken += u32::from(task.await.expect("a task").expect("an answer"));
    }
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_record_into_one_file_one_after_the_other() {
    let scene = Scene::new().await;
    let mut tasks = Vec::new();
    for number in 0..6_u64 {
        let store = scene.second().await;
        tasks.push(tokio::spawn(async move {
            let mut rule = super::scene::rule(&format!("rule-{number}"));
            rule.hash = number.to_string();
            let findings = (0..50).map(|subject| differs(&format!("SO-{subject}"), "1")).collect();
            let day = Day::new("2026-03-02", findings).rule(rule).ids_from(1_000 * number);
            super::scene::record(&store, &day).await
        }));
    }
    for task in tasks {
        assert_eq!(task.await.expect("a task").expect("it waits for its turn").len(), 50);
    }
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_many_make_at_once_is_made_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/er/tieout.db");
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { open(&path).await.verify_trail().await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("a task").expect("it opens"), 0);
    }
}
