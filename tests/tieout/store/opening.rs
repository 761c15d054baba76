use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use tieout::store::{Store, StoreError};

use super::scene::{Day, Scene, differs, id, line, open, overdue, raw, url};

/// The sentence for a url that must not open; the folder's own path is left out.
async fn refused(url: &str, folder: &Path) -> String {
    let refused = Store::open(url).await.err().expect("it must not open");
    refused.to_string().replace(&folder.display().to_string(), "DIR")
}

#[tokio::test]
async fn what_cannot_be_a_store_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    std::fs::write(dir.join("text.db"), "this is no database, but it is long enough to be looked at".repeat(20))
        .expect("a file");
    std::fs::create_dir(dir.join("folder")).expect("a folder");
    let erp = rusqlite::Connection::open(dir.join("erp.db")).expect("a file");
    erp.execute_batch("CREATE TABLE orders (id INTEGER)").expect("a table");
    let erp_before = std::fs::read(dir.join("erp.db")).expect("bytes");
    let urls = [
        "postgres://tieout:hunter2@db/tieout".to_owned(),
        "var/tieout.db".to_owned(),
        "sqlite:".to_owned(),
        "sqlite::memory:".to_owned(),
        url(&dir.join("text.db")),
        url(&dir.join("folder")),
        url(&dir.join("text.db/tieout.db")),
        url(&dir.join("erp.db")),
    ];
    let mut texts = Vec::new();
    for url in urls {
        texts.push(refused(&url, dir).await);
    }
    let text = texts.join("\n");
    assert!(!text.contains("hunter2"));
    assert_snapshot!(text, @r"
    the store's url starts with `postgres:`, which this version cannot keep a store in; it must be `sqlite:` and the path of a file
    the store's url names no kind of database; it must be `sqlite:` and the path of a file
    the store's url has no path; it must be `sqlite:` and the path of a file
    the store's url names no file, so that nothing would be remembered; it must be `sqlite:` and the path of a file
    cannot open the store DIR/text.db: the file is not a SQLite database
    cannot open the store DIR/folder: it is a folder, and must be a file
    cannot make the folder DIR/text.db for the store: File exists (os error 17)
    cannot open the store DIR/erp.db: it is a database of something else; name a file that tieout may make
    ");
    assert_eq!(std::fs::read(dir.join("erp.db")).expect("bytes"), erp_before, "somebody else's database is untouched");
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_that_may_not_be_written_to_is_refused_when_it_is_opened() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tieout.db");
    super::scene::copy(&scene.path(), &path);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).expect("permissions");
    // The superuser may write to anything, and then the store rightly opens.
    if std::fs::OpenOptions::new().append(true).open(&path).is_err() {
        assert_snapshot!(refused(&url(&path), folder.path()).await, @"cannot write to the store DIR/tieout.db: the store's file or its folder may not be written to by this user");
    }
}

#[tokio::test]
async fn a_store_of_a_newer_tieout_is_left_alone() {
    let scene = Scene::new().await;
    scene.raw().execute("UPDATE store_schema SET version = 99", []).expect("a statement");
    let newer = Store::open(&url(&scene.path())).await.err().expect("it is newer");
    assert!(matches!(newer, StoreError::Newer { found: 99, known: 3, .. }));
    let folder = scene.folder.path().display().to_string();
    assert_snapshot!(newer.to_string().replace(&folder, "DIR"), @"the store DIR/tieout.db was written by a newer tieout (schema 99, this one knows 3); install that version or a newer one");
    let newer = Store::open_existing(&url(&scene.path())).await.err().expect("it is newer");
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }));
}

#[tokio::test]
async fn opening_what_exists_makes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("var/tieout.db");
    assert!(Store::open_existing(&url(&path)).await.expect("an answer").is_none());
    assert!(!folder.path().join("var").exists());
    std::fs::create_dir(folder.path().join("var")).expect("a folder");
    std::fs::write(&path, "").expect("an empty file");
    assert!(Store::open_existing(&url(&path)).await.expect("an answer").is_none());
    assert_eq!(std::fs::metadata(&path).expect("the file").len(), 0);
    let made = open(&path).await;
    super::scene::record(&made, &Day::new("2026-03-02", vec![differs("SO-1", "1")])).await.expect("recorded");
    let existing = Store::open_existing(&url(&path)).await.expect("an answer").expect("a store");
    assert_eq!(existing.exceptions(&Default::default()).await.expect("a list").total, 1);
}

#[tokio::test]
async fn names_that_sqlite_reads_as_urls_are_names_here() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["file:odd?mode=memory", "per%20cent", "hash#", "空格 库.db"] {
        let path = folder.path().join(name);
        open(&path).await;
        assert!(path.exists(), "{name}");
    }
}

fn released(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stores/schema-{schema}.db"))
}

/// Writes the store of the released schema where it is asked to, once per release; otherwise nothing.
#[tokio::test]
async fn a_store_is_written_for_keeps_where_the_environment_asks_for_one() {
    let Ok(target) = std::env::var("TIEOUT_TEST_KEEP_STORE") else { return };
    let scene = Scene::new().await;
    let now = super::scene::moment("2026-03-02", 12);
    let findings = vec![differs("SO-1", "12.50"), differs("SO-2", "3"), overdue("INV-1", 4)];
    let day = Day::new("2026-03-02", findings.clone());
    let mut recording = scene.store.record().await.expect("a recording");
    super::scene::write(&mut recording, &day).await.expect("steps");
    super::mail::post(&mut recording, &super::mail::letter(&day.run().id, "finance", now), 2).await;
    recording.insert_pulls(&day.run(), &[super::tables::pull(512)]).await.expect("pulls");
    super::figures::keep(&mut recording, "2026-03-02", "12.50").await;
    recording.commit().await.expect("a commit");
    scene.store.accept(&super::tables::acceptance(1)).await.expect("an acceptance");
    let waiver = tieout::audit::exception::Waiver {
        by: "li.na".to_owned(),
        reason: "agreed".to_owned(),
        expires: Some(super::scene::date("2026-12-31")),
        cap: Some(tieout::audit::breaks::at_risk(&findings[1].breaks)),
        covers: Vec::new(),
    };
    scene.store.edit(&id(2), 1, &tieout::store::Edit::Waive(waiver), "li.na", now).await.expect("a waiver");
    scene.store.lease("daily", "run", now, now).await.expect("a lease");
    let raw = raw(&scene.path());
    raw.execute_batch("PRAGMA page_size = 512").expect("small pages");
    raw.execute("VACUUM INTO ?1", [&target]).expect("a copy");
}

#[tokio::test]
async fn a_store_of_every_released_schema_is_brought_forward_with_all_it_holds() {
    // The second schema's trail tells of an accepted table besides.
    for (schema, rows) in [(1, 4), (2, 5), (3, 5)] {
        let (store, _folder) = brought_forward(schema, rows).await;
        let baseline = super::tables::baseline(&store).await;
        assert_eq!(baseline, (schema > 1).then(|| super::tables::pull(512).figures));
        let past = super::figures::past(&store, "2026-03-03").await;
        assert_eq!(past, if schema > 2 { vec!["2026-03-02 CNY 12.50"] } else { Vec::new() });
        assert_eq!(store.acceptances().await.expect("acceptances").len(), usize::from(schema > 1));
    }
}

async fn brought_forward(schema: u32, rows: u64) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tieout.db");
    std::fs::copy(released(schema), &path).expect("the released store");
    let store = open(&path).await;
    assert_eq!(store.verify_trail().await.expect("it holds"), rows);
    let page = store.exceptions(&Default::default()).await.expect("a list");
    let mut texts: Vec<String> = page.exceptions.iter().map(|one| format!("{} {}", one.subject, line(one))).collect();
    let detail = store.exception(&id(1)).await.expect("a detail").expect("the exception");
    assert_eq!(detail.opening, differs("SO-1", "12.50").evidence);
    assert_eq!(detail.exception.breaks, differs("SO-1", "12.50").breaks);
    let now = super::scene::moment("2026-03-02", 13);
    let claimed = store.claim_deliveries("serve", now, now, 10).await.expect("a claim");
    texts.extend(claimed.iter().map(|delivery| format!("{} {}", delivery.recipient, delivery.letter.subject)));
    insta::allow_duplicates!(assert_snapshot!(texts.join("\n"), @r"
    INV-1 open v1; 100.00 CNY; first 2026-03-02 last 2026-03-02 changed 2026-03-02
    SO-1 open v1; 12.50 CNY; first 2026-03-02 last 2026-03-02 changed 2026-03-02
    SO-2 waived v2; 3 CNY; first 2026-03-02 last 2026-03-02 changed 2026-03-02; waived for price|amount|
    0@example.com 3 exceptions · 三项异常
    1@example.com 3 exceptions · 三项异常
    "));
    let day = Day::new("2026-03-03", vec![differs("SO-1", "99"), differs("SO-9", "1")]).ids_from(100);
    assert_eq!(super::scene::record(&store, &day).await.expect("it is written to").len(), 2);
    (store, folder)
}
