//! What the store remembers of tables.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use tieout::audit::amount::Purse;
use tieout::audit::judgement::Reason;
use tieout::audit::snapshot::{Figures, Total};
use tieout::store::{Acceptance, PULLS_KEPT, Store, StoreError, TablePull};

use super::scene::{Day, Scene, date, id, moment};

pub fn pull(rows: u64) -> TablePull {
    let sums = Purse(BTreeMap::from([("CNY".to_owned(), "12.50".parse().expect("an amount"))]));
    let totals = BTreeMap::from([("amount".to_owned(), Total { meaning: "money".to_owned(), sums })]);
    let types = BTreeMap::from([("amount".to_owned(), "str".to_owned())]);
    TablePull {
        table: "sales_lines".to_owned(),
        company: String::new(),
        hash: "asked".to_owned(),
        since: Some(date("2026-01-01")),
        moment: moment("2026-03-02", 8),
        figures: Figures { rows, totals, types },
        acceptance: None,
    }
}

pub fn acceptance(number: u64) -> Acceptance {
    Acceptance {
        id: id(number),
        table: "sales_lines".to_owned(),
        at: moment("2026-03-02", 12),
        by: "li.na".to_owned(),
        reason: "a branch was sold".to_owned(),
    }
}

/// The figures that a pull of 2027 would be judged by.
pub async fn baseline(store: &Store) -> Option<Figures> {
    let last = store.baseline(("sales_lines", ""), "asked", moment("2027-01-01", 0)).await.expect("an answer");
    last.map(|last| last.figures)
}

async fn record(scene: &Scene, day: &str, pulls: &[TablePull]) -> Day {
    let day = Day::new(day, Vec::new());
    let mut recording = scene.store.record().await.expect("a recording");
    recording.insert_run(&day.run()).await.expect("a run");
    recording.insert_pulls(&day.run(), pulls).await.expect("pulls");
    recording.commit().await.expect("a commit");
    day
}

#[tokio::test]
async fn the_last_good_pull_is_the_latest_that_is_not_of_a_later_day_and_asked_the_same() {
    let scene = Scene::new().await;
    let other = TablePull { hash: "another".to_owned(), ..pull(7) };
    record(&scene, "2026-03-04", &[pull(4)]).await;
    record(&scene, "2026-03-02", &[pull(2)]).await;
    record(&scene, "2026-03-05", &[other, TablePull { company: "002".to_owned(), ..pull(9) }]).await;
    let at = async |day: &str| {
        let last = scene.store.baseline(("sales_lines", ""), "asked", moment(day, 23)).await.expect("an answer");
        last.map(|last| (last.day.to_string(), last.figures.rows))
    };
    assert_eq!(at("2026-03-01").await, None);
    assert_eq!(at("2026-03-03").await, Some(("2026-03-02".to_owned(), 2)));
    assert_eq!(at("2026-03-05").await, Some(("2026-03-04".to_owned(), 4)));
    assert_eq!(baseline(&scene.store).await, Some(pull(4).figures));
}

#[tokio::test]
async fn of_each_table_the_latest_pulls_are_kept() {
    let scene = Scene::new().await;
    record(&scene, "2026-03-02", &[pull(2), TablePull { company: "002".to_owned(), ..pull(9) }]).await;
    let earlier = "pragma foreign_keys = off;
        with recursive n(n) as (select 1 union all select n + 1 from n where n < 500)
        insert into table_pulls select 'run-' || n, table_name, company, hash, as_of - n * 86400000000, day, since, moment,
            row_count, totals, columns, acceptance from table_pulls, n where company = ''";
    scene.raw().execute_batch(earlier).expect("earlier pulls");
    record(&scene, "2026-03-03", &[pull(3)]).await;
    let counted = |company: &str| -> (u32, i64) {
        let select = "select count(*), (max(as_of) - min(as_of)) / 86400000000 from table_pulls where company = ?1";
        scene.raw().query_row(select, [company], |row| Ok((row.get(0)?, row.get(1)?))).expect("a count")
    };
    assert_eq!(counted(""), (PULLS_KEPT, i64::from(PULLS_KEPT) - 1));
    assert_eq!(counted("002").0, 1, "another company's are its own");
    assert_eq!(baseline(&scene.store).await, Some(pull(3).figures));
}

#[tokio::test]
async fn an_acceptance_waits_for_a_run_and_both_stand_in_the_trail() {
    let scene = Scene::new().await;
    for (by, reason) in [("", "x"), ("li.na", " ")] {
        let nameless = Acceptance { by: by.to_owned(), reason: reason.to_owned(), ..acceptance(1) };
        assert!(matches!(scene.store.accept(&nameless).await, Err(StoreError::Refused(_))));
    }
    scene.store.accept(&acceptance(1)).await.expect("accepted");
    scene.store.accept(&acceptance(2)).await.expect("accepted again");
    assert_eq!(scene.store.acceptances().await.expect("a list"), [acceptance(1), acceptance(2)]);
    let taken = TablePull { acceptance: Some(id(2)), ..pull(512) };
    let mut recording = scene.store.rehearse().await.expect("a rehearsal");
    let run = Day::new("2026-03-03", Vec::new()).run();
    recording.insert_run(&run).await.expect("a run");
    recording.insert_pulls(&run, std::slice::from_ref(&taken)).await.expect("pulls");
    recording.commit().await.expect("nothing stays");
    assert_eq!(scene.store.acceptances().await.expect("a list").len(), 2);
    record(&scene, "2026-03-03", &[taken]).await;
    assert_eq!(scene.store.acceptances().await.expect("a list"), []);
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), 3);
    let raw = scene.raw();
    let mut rows = raw.prepare("SELECT seq, table_name, event, detail FROM trail ORDER BY seq").expect("a query");
    let texts = rows.query_map([], |row| {
        let (seq, table, event): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{seq} {table} {event} {}", row.get::<_, String>(3)?))
    });
    let texts: Vec<String> = texts.expect("rows").collect::<Result<_, _>>().expect("rows");
    assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn a_row_about_a_table_is_no_row_about_anything_else() {
    let scene = Scene::new().await;
    scene.record(&Day::new("2026-03-02", vec![super::scene::differs("SO-1", "1")])).await;
    scene.store.accept(&acceptance(9)).await.expect("accepted");
    assert_eq!(scene.store.verify_trail().await.expect("it holds"), 2);
    let raw = scene.raw();
    for tampering in [
        "UPDATE trail SET table_name = 'invoices' WHERE seq = 2",
        "UPDATE trail SET table_name = NULL, exception_id = (SELECT id FROM exceptions) WHERE seq = 2",
        "UPDATE trail SET exception_id = NULL, table_name = 'sales_lines' WHERE seq = 1",
    ] {
        raw.execute_batch(&format!("SAVEPOINT before; {tampering}; RELEASE before")).expect("a statement");
        assert!(matches!(scene.store.verify_trail().await, Err(StoreError::Trail { .. })), "{tampering}");
        let mend = "UPDATE trail SET table_name = NULL, exception_id = (SELECT id FROM exceptions) WHERE seq = 1; \
                    UPDATE trail SET exception_id = NULL, table_name = 'sales_lines' WHERE seq = 2";
        raw.execute_batch(mend).expect("a statement");
    }
    assert_eq!(scene.store.verify_trail().await.expect("it holds again"), 2);
    let both = raw.execute("UPDATE trail SET table_name = 'sales_lines'", []);
    assert!(both.is_err(), "a row is about one of them");
}

#[tokio::test]
async fn why_a_rule_was_not_evaluated_is_remembered_until_its_next_run() {
    let scene = Scene::new().await;
    let day = Day::new("2026-03-02", Vec::new());
    scene.record(&day).await;
    let reason = Reason::PastNotKept { table: "stock".to_owned() };
    for remembered in [Some(&reason), None] {
        let mut recording = scene.store.record().await.expect("a recording");
        recording.remember_reason(&day.run(), &day.rule.id, remembered).await.expect("remembered");
        assert_eq!(recording.last_reason(&day.rule.id).await.expect("a reason").as_ref(), remembered);
        recording.commit().await.expect("a commit");
    }
    let mut recording = scene.store.record().await.expect("a recording");
    let earlier = Day::new("2026-03-01", Vec::new()).run();
    recording.remember_reason(&earlier, &day.rule.id, Some(&reason)).await.expect("passed over");
    assert_eq!(recording.last_reason(&day.rule.id).await.expect("a reason"), None, "a past day says nothing of it");
    assert_eq!(recording.last_reason("unknown").await.expect("a reason"), None);
}
