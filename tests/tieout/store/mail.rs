use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use insta::assert_snapshot;
use tieout::store::{Attempt, NewDelivery, Recording, Store, StoredLetter};

use super::scene::{Day, Scene, moment};

fn now() -> DateTime<Utc> {
    moment("2026-03-02", 9)
}

fn minutes(minutes: i64) -> DateTime<Utc> {
    now() + TimeDelta::minutes(minutes)
}

pub fn letter(run: &str, department: &str, written: DateTime<Utc>) -> StoredLetter {
    StoredLetter {
        id: format!("letter-{run}-{department}"),
        run: run.to_owned(),
        department: department.to_owned(),
        subject: "3 exceptions · 三项异常".to_owned(),
        text: "text".to_owned(),
        html: "<p>html</p>".to_owned(),
        csv_name: "list.csv".to_owned(),
        csv: "a,b\r\n".to_owned(),
        list_id: format!("<{department}.tieout>"),
        written,
    }
}

pub async fn post(recording: &mut Recording, letter: &StoredLetter, recipients: usize) {
    let delivery = |number| NewDelivery {
        id: format!("{}-to-{number:03}", letter.id),
        letter: letter.id.clone(),
        recipient: format!("{number}@example.com"),
        message_id: format!("<{}.{number}@tieout>", letter.id),
        due: letter.written,
    };
    let deliveries: Vec<NewDelivery> = (0..recipients).map(delivery).collect();
    recording.insert_letter(letter, &deliveries).await.expect("a letter");
}

/// A store with one letter to `recipients` people, written now.
async fn posted(recipients: usize) -> Scene {
    let scene = Scene::new().await;
    let day = Day::new("2026-03-02", vec![]);
    let mut recording = scene.store.record().await.expect("a recording");
    super::scene::write(&mut recording, &day).await.expect("a run");
    post(&mut recording, &letter(&day.run().id, "finance", now()), recipients).await;
    recording.commit().await.expect("a commit");
    scene
}

async fn statuses(store: &Store) -> BTreeMap<(String, String), i64> {
    store.standing().await.expect("figures").deliveries
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_two_holders_never_overlap() {
    let scene = posted(100).await;
    let second = scene.second().await;
    let tasks: Vec<_> = (0..6)
        .map(|number| {
            let store = if number % 2 == 0 { scene.store.clone() } else { second.clone() };
            tokio::spawn(async move {
                let (holder, mut taken) = (format!("holder-{number}"), Vec::new());
                loop {
                    let claimed = store.claim_deliveries(&holder, now(), minutes(5), 7).await.expect("a claim");
                    assert!(claimed.len() <= 7);
                    if claimed.is_empty() {
                        return taken;
                    }
                    taken.extend(claimed.into_iter().map(|delivery| delivery.id));
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.expect("a task"));
    }
    taken.sort();
    let before = taken.len();
    taken.dedup();
    assert_eq!((before, taken.len()), (100, 100));
}

#[tokio::test]
async fn a_retry_carries_the_same_letter_and_message_id_until_it_is_sent_or_dead() {
    let scene = posted(1).await;
    let store = &scene.store;
    let claim =
        async |at: i64| store.claim_deliveries("serve", minutes(at), minutes(at + 5), 10).await.expect("a claim");
    assert_eq!(store.next_delivery().await.expect("a time"), Some(now()));
    assert!(claim(-1).await.is_empty(), "it is not due yet");
    let first = claim(0).await.remove(0);
    assert_eq!(
        (first.attempts, first.message_id.as_str()),
        (0, "<letter-run-2026-03-02-order-to-invoice-finance.0@tieout>")
    );
    assert_eq!(first.letter, letter("run-2026-03-02-order-to-invoice", "finance", now()));
    assert!(claim(4).await.is_empty(), "it is claimed");
    assert_eq!(store.next_delivery().await.expect("a time"), Some(minutes(5)));

    let after_crash = claim(5).await.remove(0);
    assert_eq!(
        (after_crash.attempts, &after_crash.message_id, &after_crash.letter),
        (1, &first.message_id, &first.letter)
    );
    let failed = Attempt::Failed { error: "421 try later".to_owned(), next: minutes(20) };
    store.mark_delivery(&first.id, &failed, minutes(6)).await.expect("a mark");
    assert_eq!(store.next_delivery().await.expect("a time"), Some(minutes(20)));
    assert!(claim(19).await.is_empty(), "it waits for its time");

    let third = claim(20).await.remove(0);
    assert_eq!((third.attempts, &third.message_id), (2, &first.message_id));
    store
        .mark_delivery(&first.id, &Attempt::Dead { error: "550 no such user".to_owned() }, minutes(21))
        .await
        .expect("ok");
    assert!(claim(10_000).await.is_empty(), "it is dead");
    assert_eq!(store.next_delivery().await.expect("a time"), None);
    assert_snapshot!(format!("{:?}", statuses(store).await), @r#"{("finance", "dead"): 1}"#);
    let refused = store.mark_delivery("nothing", &Attempt::Sent, now()).await.expect_err("no such delivery");
    assert_snapshot!(refused, @"there is no delivery nothing");
}

#[tokio::test]
async fn what_was_sent_stays_sent_whatever_a_slower_holder_says() {
    let scene = posted(1).await;
    let slow = scene.store.claim_deliveries("slow", now(), minutes(1), 1).await.expect("a claim").remove(0);
    let quick = scene.store.claim_deliveries("quick", minutes(2), minutes(3), 1).await.expect("a claim").remove(0);
    scene.store.mark_delivery(&quick.id, &Attempt::Sent, minutes(2)).await.expect("a mark");
    let failed = Attempt::Failed { error: "timed out".to_owned(), next: minutes(4) };
    scene.store.mark_delivery(&slow.id, &failed, minutes(3)).await.expect("a mark");
    assert!(scene.store.claim_deliveries("quick", minutes(9), minutes(10), 1).await.expect("a claim").is_empty());
    assert_snapshot!(format!("{:?}", statuses(&scene.store).await), @r#"{("finance", "sent"): 1}"#);
}

#[tokio::test]
async fn the_day_of_the_last_letter_is_a_day_of_the_business() {
    let scene = Scene::new().await;
    let day = Day::new("2026-03-02", vec![]);
    let mut recording = scene.store.record().await.expect("a recording");
    recording.insert_run(&day.run()).await.expect("a run");
    assert_eq!(recording.last_letter_day("finance", chrono_tz::Asia::Shanghai).await.expect("a day"), None);
    post(&mut recording, &letter(&day.run().id, "finance", moment("2026-03-02", 20)), 0).await;
    for (zone, expected) in [(chrono_tz::Asia::Shanghai, "2026-03-03"), (chrono_tz::Europe::Berlin, "2026-03-02")] {
        let last = recording.last_letter_day("finance", zone).await.expect("a day");
        assert_eq!(last, Some(super::scene::date(expected)));
    }
    assert_eq!(recording.last_letter_day("sales", chrono_tz::Asia::Shanghai).await.expect("a day"), None);
}
