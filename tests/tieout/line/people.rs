//! What people say of an exception, before, during and after a run.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tieout::audit::amount::Purse;
use tieout::audit::exception::{Acknowledgement, Exception, Status, Waiver};
use tieout::demo::THREE_WAY;
use tieout::schedule::Clock;
use tieout::store::{Edit, Store, StoreError};

use super::{WrongAmount, company, daily, events, letter, section, trail_end};
use crate::harness::Company;
use crate::schedule::utc;

const WHO: &str = "li.na";

fn acknowledge() -> Edit {
    Edit::Acknowledge(Acknowledgement { by: WHO.to_owned(), until: None })
}

fn waiver() -> Waiver {
    Waiver { by: WHO.to_owned(), reason: "合同约定含税".to_owned(), expires: None, cap: None, covers: Vec::new() }
}

fn comment() -> Edit {
    Edit::Comment { text: "asked the customer".to_owned() }
}

fn assign() -> Edit {
    Edit::Assign { to: Some("wang.wei".to_owned()) }
}

async fn edit(company: &Company, seen: &Exception, edit: &Edit) -> Exception {
    company.store().await.edit(&seen.id, seen.version, edit, WHO, company.clock.now()).await.unwrap()
}

/// Somebody who looked at an exception, and edits it from a process of their own, one edit after the other.
struct Somebody {
    url: String,
    seen: Exception,
    edits: Vec<Edit>,
    now: chrono::DateTime<chrono::Utc>,
}

impl Somebody {
    fn new(company: &Company, seen: &Exception, edits: Vec<Edit>) -> Somebody {
        let url = company.config().store_url.expose().to_owned();
        Somebody { url, seen: seen.clone(), edits, now: company.clock.now() }
    }

    fn begin(self) -> JoinHandle<Result<(), StoreError>> {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let store = Store::open(&self.url).await?;
                let mut version = self.seen.version;
                for edit in &self.edits {
                    version = store.edit(&self.seen.id, version, edit, WHO, self.now).await?.version;
                }
                Ok(())
            })
        })
    }
}

/// Runs the day while somebody edits. With `wait`, they are done between judging and recording; without, they come
/// while the run is being recorded, and are kept waiting until it is.
async fn run_beside(company: &Company, somebody: Somebody, wait: bool) -> Result<(), StoreError> {
    let statement = if wait { 1 } else { 8 };
    let (somebody, answer) = (Mutex::new(Some(somebody)), Arc::new(Mutex::new(None)));
    let begun = Arc::clone(&answer);
    let store = company.store().await.with_statement_hook(Arc::new(move |number| {
        if number != statement {
            return;
        }
        let Some(somebody) = somebody.lock().unwrap().take() else { return };
        let work = somebody.begin();
        *begun.lock().unwrap() = Some(match wait {
            true => Ok(work.join().unwrap()),
            false => Err(work),
        });
    }));
    daily(company, &store, company.clock.now(), &*company.clock).await.unwrap();
    store.verify_trail().await.unwrap();
    let answer = answer.lock().unwrap().take().expect("the recording came so far");
    answer.unwrap_or_else(|work| work.join().unwrap())
}

#[tokio::test]
async fn what_is_said_between_judging_and_recording_is_kept() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    let seen = wrong.exception(&company).await;
    let end = trail_end(&company);
    let somebody = Somebody::new(&company, &seen, vec![assign(), acknowledge(), comment()]);
    run_beside(&company, somebody, true).await.unwrap();
    let expected = ["acknowledged", "assigned", "commented"].map(|event| wrong.event(event));
    assert_eq!(events(&company, end), expected, "and the run adds nothing");
    let after = wrong.exception(&company).await;
    assert_eq!((after.status, after.assignee.as_deref()), (Status::Acknowledged, Some("wang.wei")));
    assert_eq!(after.version, seen.version + 3);
}

#[tokio::test]
async fn what_is_said_of_figures_that_just_changed_is_kept_and_lapses() {
    let company = company();
    let wrong = WrongAmount::in_books_of(&company);
    wrong.invoice(&company, "1.00");
    company.run().await;
    let seen = wrong.exception(&company).await;
    wrong.spoil(&company);
    let end = trail_end(&company);
    let somebody = Somebody::new(&company, &seen, vec![assign(), acknowledge()]);
    run_beside(&company, somebody, true).await.unwrap();
    let expected = ["acknowledged", "acknowledgement_lapsed", "assigned", "changed"].map(|event| wrong.event(event));
    assert_eq!(events(&company, end), expected);
    let after = wrong.exception(&company).await;
    assert_eq!((after.status, after.assignee.as_deref()), (Status::Open, Some("wang.wei")));
}

#[tokio::test]
async fn an_assignee_of_the_last_minute_stays_with_what_the_run_closes() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    let seen = wrong.exception(&company).await;
    wrong.mend(&company);
    run_beside(&company, Somebody::new(&company, &seen, vec![assign(), acknowledge()]), true).await.unwrap();
    let after = wrong.exception(&company).await;
    assert_eq!((after.status, after.assignee.as_deref()), (Status::Resolved, Some("wang.wei")));
}

#[tokio::test]
async fn who_edits_during_the_recording_waits_and_is_told_when_it_moved() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    let seen = wrong.exception(&company).await;

    let end = trail_end(&company);
    run_beside(&company, Somebody::new(&company, &seen, vec![comment()]), false).await.unwrap();
    assert_eq!(events(&company, end), [wrong.event("commented")], "what did not move can be edited");

    let seen = wrong.exception(&company).await;
    wrong.mend(&company);
    let end = trail_end(&company);
    let refused = run_beside(&company, Somebody::new(&company, &seen, vec![comment()]), false).await.unwrap_err();
    assert!(matches!(refused, StoreError::Outdated { .. }), "{refused}");
    assert_eq!(events(&company, end), [wrong.event("resolved")], "what moved must be looked at again");
}

#[tokio::test]
async fn an_acknowledgement_holds_until_the_breaks_change_or_its_time_is_over() {
    let company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    let given = Acknowledgement { by: WHO.to_owned(), until: Some(utc("2026-11-20T12:00:00+08:00")) };
    edit(&company, &wrong.exception(&company).await, &Edit::Acknowledge(given)).await;

    company.clock.set("2026-11-20T12:00:00+08:00");
    company.run().await;
    assert_eq!(wrong.status(&company).await, Status::Acknowledged);
    company.clock.set("2026-11-20T12:00:01+08:00");
    let end = trail_end(&company);
    let report = company.run().await;
    assert_eq!(events(&company, end), [wrong.event("acknowledgement_lapsed")]);
    assert!(section(&letter(&company, &report, "finance"), "有变化").contains(&wrong.order));

    edit(&company, &wrong.exception(&company).await, &acknowledge()).await;
    wrong.invoice(&company, "1.00");
    let end = trail_end(&company);
    company.run().await;
    let steps = events(&company, end);
    assert!(steps.contains(&wrong.event("acknowledgement_lapsed")), "{steps:?}");
    assert_eq!(wrong.status(&company).await, Status::Open);
}

/// Waives the exception, lets the books move, runs the day again; answers what the trail says and the status.
async fn after_waiver(given: Waiver, moved: impl FnOnce(&mut Company, &WrongAmount)) -> (Vec<String>, Status) {
    let mut company = company();
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    edit(&company, &wrong.exception(&company).await, &Edit::Waive(given)).await;
    moved(&mut company, &wrong);
    let end = trail_end(&company);
    company.run().await;
    let own = format!("{THREE_WAY} {} ", wrong.subject.canonical());
    let events = events(&company, end).into_iter().filter_map(|event| event.strip_prefix(&own).map(str::to_owned));
    (events.collect(), wrong.status(&company).await)
}

#[tokio::test]
async fn a_waiver_covers_what_it_was_given_for_until_it_ends() {
    let still = (Vec::<String>::new(), Status::Waived);
    let quiet = |_: &mut Company, _: &WrongAmount| {};
    assert_eq!(after_waiver(waiver(), quiet).await, still);

    let other_figure = |company: &mut Company, wrong: &WrongAmount| wrong.invoice(company, "99999.00");
    let covered = (vec!["worsened".to_owned()], Status::Waived);
    assert_eq!(after_waiver(waiver(), other_figure).await, covered, "the same check, whatever the figure");

    let ended = |step: &str| (vec!["waiver_ended".to_owned(), step.to_owned()], Status::Open);
    let cap = Purse([("CNY".to_owned(), "99000.00".parse().unwrap())].into());
    let capped = Waiver { cap: Some(cap), ..waiver() };
    assert_eq!(after_waiver(capped.clone(), quiet).await, still, "under the cap");
    let at_cap = |company: &mut Company, wrong: &WrongAmount| {
        let cents: i64 = wrong.right.replace('.', "").parse().unwrap();
        wrong.invoice(company, &format!("{}.{:02}", (cents + 9_900_000) / 100, (cents + 9_900_000) % 100));
    };
    assert_eq!(after_waiver(capped.clone(), at_cap).await, covered, "exactly the cap");
    let over = |company: &mut Company, wrong: &WrongAmount| wrong.invoice(company, "999999.00");
    assert_eq!(after_waiver(capped, over).await, ended("worsened"));

    let another_break = |company: &mut Company, wrong: &WrongAmount| {
        let WrongAmount { order, line, .. } = wrong;
        let update =
            format!("update invoice_lines set qty = '9999' where order_no = '{order}' and order_line = {line}");
        assert_eq!(company.sql(crate::harness::Database::Ledger, &update), 1);
    };
    assert_eq!(after_waiver(waiver(), another_break).await, ended("worsened"), "nobody waived the quantity");

    let last_day = Waiver { expires: Some(crate::harness::day(super::DAY)), ..waiver() };
    assert_eq!(after_waiver(last_day.clone(), quiet).await, still, "its last day");
    let tomorrow = |company: &mut Company, _: &WrongAmount| company.next_day();
    assert_eq!(after_waiver(last_day, tomorrow).await, (vec!["waiver_ended".to_owned()], Status::Open));
    let mended = |company: &mut Company, wrong: &WrongAmount| wrong.mend(company);
    assert_eq!(after_waiver(waiver(), mended).await, (vec!["resolved".to_owned()], Status::Resolved));
}
