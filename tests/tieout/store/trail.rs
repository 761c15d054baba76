use insta::assert_snapshot;
use sha2::{Digest, Sha256};
use tieout::store::{Edit, StoreError};

use super::scene::{Day, Scene, copy, differs, id, moment, open, raw};

/// A trail of five rows.
async fn written() -> Scene {
    let scene = Scene::new().await;
    let three = ["SO-1", "SO-2", "SO-3"].map(|subject| differs(subject, "1")).to_vec();
    scene.record(&Day::new("2026-03-02", three)).await;
    for version in 1..3 {
        let comment = Edit::Comment { text: format!("note {version}") };
        scene.store.edit(&id(1), version, &comment, "li.na", moment("2026-03-02", 12)).await.expect("a comment");
    }
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), 5);
    scene
}

/// What verifying says of a copy of the store after `tampering`.
async fn verified_after(scene: &Scene, tampering: &str) -> Result<u64, StoreError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.db");
    copy(&scene.path(), &path);
    raw(&path).execute_batch(tampering).expect("a statement");
    open(&path).await.verify_trail().await
}

#[tokio::test]
async fn every_single_change_to_the_trail_is_noticed_where_it_was_made() {
    let scene = written().await;
    let mut texts = Vec::new();
    for column in ["exception_id", "actor", "event", "detail", "prev_hash", "hash"] {
        for row in 1..=5 {
            let tampering = format!("UPDATE trail SET {column} = {column} || ' ' WHERE seq = {row}");
            let refused = verified_after(&scene, &tampering).await.expect_err("it was changed");
            texts.push(format!("{column} of row {row}: {refused}"));
        }
    }
    for row in 1..=5 {
        let tampering = format!("UPDATE trail SET at = at + 1 WHERE seq = {row}");
        let refused = verified_after(&scene, &tampering).await.expect_err("it was changed");
        texts.push(format!("at of row {row}: {refused}"));
    }
    assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn rows_missing_exchanged_put_in_or_cut_off_are_noticed() {
    let scene = written().await;
    let exchange = "UPDATE trail SET seq = -1 WHERE seq = 2; UPDATE trail SET seq = 2 WHERE seq = 3; \
                    UPDATE trail SET seq = 3 WHERE seq = -1";
    let shift = "UPDATE trail SET detail = CASE seq WHEN 4 THEN (SELECT detail FROM trail WHERE seq = 5) \
                 ELSE (SELECT detail FROM trail WHERE seq = 4) END WHERE seq IN (4, 5)";
    let boundary = "UPDATE trail SET actor = substr(actor, 1, 4), event = substr(actor, 5) || event WHERE seq = 4";
    let mut texts = Vec::new();
    for (what, tampering) in [
        ("the first is deleted", "DELETE FROM trail WHERE seq = 1"),
        ("one inside is deleted", "DELETE FROM trail WHERE seq = 3"),
        ("the last is deleted", "DELETE FROM trail WHERE seq = 5"),
        ("the last two are deleted", "DELETE FROM trail WHERE seq >= 4"),
        ("all are deleted", "DELETE FROM trail"),
        ("two are exchanged", exchange),
        ("two texts are exchanged", shift),
        ("text moves from one field to the next", boundary),
        (
            "one is put in before",
            "INSERT INTO trail SELECT 0, exception_id, at, actor, event, detail, prev_hash, hash, table_name FROM trail WHERE seq = 1",
        ),
        (
            "one is put in behind",
            "INSERT INTO trail SELECT 6, exception_id, at, actor, event, detail, prev_hash, hash, table_name FROM trail WHERE seq = 5",
        ),
        ("the type of a value is changed", "UPDATE trail SET at = 'yesterday' WHERE seq = 2"),
        ("the head is deleted", "DELETE FROM trail_head"),
        ("the head is set back", "UPDATE trail_head SET seq = 4"),
        ("the head's hash is changed", "UPDATE trail_head SET hash = 'x'"),
        ("everything is deleted, the head as well", "DELETE FROM trail; DELETE FROM trail_head"),
    ] {
        let said = match verified_after(&scene, tampering).await {
            Ok(rows) => format!("it holds, with {rows} rows"),
            Err(refused) => refused.to_string(),
        };
        texts.push(format!("{what}: {said}"));
    }
    assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn a_gap_at_the_end_is_still_noticed_after_more_was_written() {
    let scene = written().await;
    scene.raw().execute("DELETE FROM trail WHERE seq = 5", []).expect("a statement");
    scene
        .store
        .edit(&id(2), 1, &Edit::Comment { text: "later".to_owned() }, "li.na", moment("2026-03-03", 1))
        .await
        .expect("ok");
    let refused = scene.store.verify_trail().await.expect_err("row 5 is gone");
    assert_snapshot!(refused, @"the trail does not hold at row 5: it is missing; the next one there is row 6");
}

#[tokio::test]
async fn a_rows_hash_is_that_of_its_documented_encoding() {
    let scene = written().await;
    let detail = scene.store.exception(&id(1)).await.expect("a detail").expect("the exception");
    for row in &detail.trail {
        let (seq, at) = (row.seq.to_string(), row.at.timestamp_micros().to_string());
        let fields = ["tieout.trail/1", &seq, &row.exception, &at, &row.actor, &row.event, &row.detail, &row.prev_hash];
        let mut bytes = Vec::new();
        for field in fields {
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field.as_bytes());
        }
        assert_eq!(row.hash, hex::encode(Sha256::digest(bytes)));
    }
    assert_eq!(detail.trail[0].prev_hash, "0".repeat(64));
}

#[tokio::test]
async fn a_trail_longer_than_a_page_holds() {
    let scene = Scene::new().await;
    let findings = (0..2_000).map(|number| differs(&format!("SO-{number}"), "1")).collect();
    scene.record(&Day::new("2026-03-02", findings)).await;
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), 2_000);
    scene.raw().execute("DELETE FROM trail WHERE seq = 1000", []).expect("a statement");
    let refused = scene.store.verify_trail().await.expect_err("row 1000 is gone");
    assert_snapshot!(refused, @"the trail does not hold at row 1000: it is missing; the next one there is row 1001");
}
