//! Runs that are killed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tieout::config::{self, Locations};
use tieout::run::{self, Request, Target};
use tieout::store::Store;

use super::{WrongAmount, books, company, daily, events};
use crate::harness::{Company, Database, HeldClock};
use crate::schedule::utc;

const FOLDER: &str = "TIEOUT_TEST_LINE";
const KILL_AT: &str = "TIEOUT_TEST_LINE_KILL_AT";
const NOW: &str = "TIEOUT_TEST_LINE_NOW";
const CHILD: &str = "line::killed::the_process_that_runs_the_day_and_may_be_killed";
const SECOND_DAY: &str = "2026-11-21T08:30:00+08:00";

/// The role this same binary plays when it is started anew with a company's folder in the environment; without it,
/// nothing.
#[tokio::test]
async fn the_process_that_runs_the_day_and_may_be_killed() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else { return };
    let kill_at: u64 = std::env::var(KILL_AT).unwrap().parse().unwrap();
    let locations = Locations { config: folder.join("config/tieout.toml"), rules: folder.join("rules") };
    let config = Arc::new(config::load(&locations, &|_| None).unwrap());
    let store = Store::open(config.store_url.expose()).await.unwrap();
    let store = store.with_statement_hook(Arc::new(move |number| {
        if number == kill_at {
            std::process::abort();
        }
    }));
    let request = Request { target: Target::Job("daily".to_owned()), as_of: utc(SECOND_DAY), dry_run: false };
    let clock = HeldClock::at(&std::env::var(NOW).unwrap());
    run::run(&config, Some(&store), &request, &clock).await.unwrap();
}

fn killed_at(company: &Company, number: u64, now: &str) -> bool {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact"])
        .env(FOLDER, company.path(""))
        .env(KILL_AT, number.to_string())
        .env(NOW, now)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    !child.unwrap().success()
}

/// A second day on which something opens, changes, is resolved and retired.
async fn eve() -> Company {
    let company = company();
    let wrong = WrongAmount::in_books_of(&company);
    company.run().await;
    company.deliver().await;
    wrong.mend(&company);
    let doubled = "update invoice_lines set amount = amount || '0' where rowid % 40 = 3";
    assert!(company.sql(Database::Ledger, doubled) > 0);
    company.remove("rules/low-stock.toml");
    company.edit("config/tieout.toml", "\"low-stock\", ", "");
    company
}

#[tokio::test]
async fn a_run_killed_before_any_statement_of_its_recording_leaves_nothing_and_can_be_repeated() {
    let company = eve().await;
    let before = books(&company);
    let end = super::trail_end(&company);
    let mut number = 1;
    // The lease of the one that died must be over before the next may try.
    let hour = |number: u64| utc(SECOND_DAY) + chrono::TimeDelta::hours(number as i64);
    while killed_at(&company, number, &hour(number).to_rfc3339()) {
        assert_eq!(books(&company), before, "killed at statement {number}");
        number += 1;
    }
    assert!(number > 15, "only {number} statements");
    let steps = events(&company, end);
    for event in ["opened", "resolved", "retired"] {
        assert!(steps.iter().any(|step| step.ends_with(event)), "something was {event}: {steps:?}");
    }
    company.store().await.verify_trail().await.unwrap();
    company.clock.set(&hour(number + 1).to_rfc3339());
    check_mails(&company).await;
}

/// Every mail goes out once, and then none.
async fn check_mails(company: &Company) {
    company.deliver().await;
    assert_eq!(company.deliver().await, Default::default());
    let ids = company.rows(Database::Store, "select message_id from deliveries where status = 'sent'");
    let mails: Vec<String> = company.mails();
    let sent: BTreeSet<&str> = mails
        .iter()
        .filter_map(|mail| mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")))
        .map(str::trim)
        .collect();
    assert_eq!(sent, ids.iter().map(String::as_str).collect::<BTreeSet<_>>());
    assert_eq!(mails.len(), sent.len(), "none twice");
    assert_eq!(company.rows(Database::Store, "select id from deliveries where status <> 'sent'"), [""; 0]);
}

/// Kills the program as soon as `reached` answers at least one row; then the day is run again by somebody else.
async fn check_killed(moment: &str, reached: &str) {
    let company = company();
    let mut child = company.start(&["run", "daily", "--as-of", super::DAY, "--format", "csv"]);
    let mut over = false;
    while !over && !company.holds(reached) {
        over = child.try_wait().unwrap().is_some();
        std::thread::yield_now();
    }
    // A program that was too quick has ended by itself, which must come to the same.
    let _ = child.kill();
    child.wait().unwrap();

    company.clock.set("2999-01-01T08:30:00+08:00");
    let store = company.store().await;
    store.verify_trail().await.unwrap();
    let recorded = company.rows(Database::Store, "select id from runs").len();
    assert!(recorded <= 1, "{moment}");
    let as_of = utc("2026-11-20T23:59:59+08:00");
    let report = daily(&company, &store, as_of, &*company.clock).await.unwrap();
    let step = if recorded == 0 { "opened" } else { "unchanged" };
    for rule in &report.rules {
        assert!(rule.steps.keys().all(|found| *found == step), "{moment}: {:?}", rule.steps);
    }
    let undisturbed = super::company();
    daily(&undisturbed, &undisturbed.store().await, as_of, &*undisturbed.clock).await.unwrap();
    assert_eq!(events(&company, 0), events(&undisturbed, 0), "{moment}");
    store.verify_trail().await.unwrap();
    let recipients = "select recipient from deliveries order by recipient";
    assert_eq!(company.rows(Database::Store, recipients), undisturbed.rows(Database::Store, recipients), "{moment}");
    check_mails(&company).await;
}

#[tokio::test]
async fn the_program_can_be_killed_at_any_moment_and_nothing_is_lost_or_doubled() {
    for (moment, reached) in [
        ("as the store is made", "select 1 from sqlite_master"),
        ("once it holds the lease", "select 1 from leases"),
        ("once the run is recorded", "select 1 from runs"),
        ("while it sends", "select 1 from deliveries where status = 'sending'"),
        ("after the first mail", "select 1 from deliveries where status = 'sent'"),
    ] {
        check_killed(moment, reached).await;
    }
}
