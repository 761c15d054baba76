//! Several runs, and a service, on one store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use tieout::report::RunReport;
use tieout::run::{Request, RunError, Target};
use tieout::schedule::Clock;
use tieout::serve::{Pace, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{check_unchanged, company, daily, events};
use crate::harness::{Company, Database, HeldClock};

/// Whether every exception was opened once and every mail went to its recipient once.
async fn check_nothing_doubled(company: &Company) {
    company.store().await.verify_trail().await.unwrap();
    let opened: Vec<_> = events(company, 0).into_iter().filter(|event| event.ends_with(" opened")).collect();
    let exceptions = company.exceptions().await;
    assert_eq!(opened.len(), exceptions.len(), "each was opened once");
    let twice = "select department, recipient from deliveries d join letters l on l.id = d.letter_id
                 group by department, recipient, run_id having count(*) > 1";
    assert_eq!(company.rows(Database::Store, twice), [""; 0]);
    let sent = company.rows(Database::Store, "select message_id from deliveries where status = 'sent'");
    assert_eq!(company.mails().len(), sent.len());
    assert_eq!(company.rows(Database::Store, "select id from deliveries where status <> 'sent'"), [""; 0]);
}

/// Runs the day, and starts `other` when the day is judged and about to be recorded.
async fn run_beside(company: &Company, other: Target) -> Result<(), RunError> {
    let (config, now) = (company.config(), company.clock.now());
    let (answer, start) = (Arc::new(Mutex::new(None)), Mutex::new(Some(other)));
    let answered = Arc::clone(&answer);
    let store = company.store().await.with_statement_hook(Arc::new(move |_| {
        let Some(target) = start.lock().unwrap().take() else { return };
        let config = Arc::clone(&config);
        let work = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let store = tieout::store::Store::open(config.store_url.expose()).await.unwrap();
                let request = Request { target, as_of: now, dry_run: false };
                let clock = HeldClock::at(&now.to_rfc3339());
                tieout::run::run(&config, Some(&store), &request, &clock).await.map(drop)
            })
        });
        *answered.lock().unwrap() = Some(work.join().unwrap());
    }));
    daily(company, &store, now, &*company.clock).await.unwrap();
    let answer = answer.lock().unwrap().take();
    answer.expect("the other run was tried")
}

#[tokio::test]
async fn a_job_runs_once_at_a_time_and_a_rule_may_run_beside_it() {
    let company = company();
    let busy = run_beside(&company, Target::Job("daily".to_owned())).await.unwrap_err();
    assert_eq!(
        busy.to_string(),
        "daily is already running elsewhere; a run that died is let go 35 minutes after it began"
    );
    run_beside(&company, Target::Rule("low-stock".to_owned())).await.unwrap();
    company.deliver().await;
    check_nothing_doubled(&company).await;
}

#[tokio::test]
async fn two_runs_that_found_the_same_thing_open_it_once() {
    let company = company();
    run_beside(&company, Target::Rule("order-shipment-invoice".to_owned())).await.unwrap();
    company.deliver().await;
    check_nothing_doubled(&company).await;
    check_unchanged(&company.run().await);
}

#[tokio::test]
async fn a_run_that_died_keeps_its_job_until_its_lease_is_over() {
    let company = company();
    let store = company.store().await;
    let began = company.clock.now();
    assert!(store.lease("daily", "the one that died", began, began + TimeDelta::minutes(35)).await.unwrap());
    company.clock.set("2026-11-20T09:04:59+08:00");
    let busy = company.ask(Target::Job("daily".to_owned()), false).await.unwrap_err();
    assert!(matches!(busy, RunError::Busy { .. }), "{busy}");
    // A rehearsal writes nothing and needs no lease.
    assert_eq!(company.dry_run().await.exit_code(), 1);
    company.clock.set("2026-11-20T09:05:00+08:00");
    company.run().await;
    check_unchanged(&company.run().await);
}

/// Hand runs beside the service until it has made its own run and sent everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_and_runs_by_hand_share_one_store() {
    let company = company();
    company.clock.set("2026-11-20T08:29:59+08:00");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pace = Pace {
        schedule: Duration::from_millis(5),
        delivery: Duration::from_millis(5),
        least: Duration::from_millis(1),
        stop: Duration::from_secs(20),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let clock: Arc<dyn Clock> = company.clock.clone();
    let service = tokio::spawn(serve(company.config(), clock, listener, pace, shutdown));

    let mut by_hand = 0;
    let finished = async {
        loop {
            company.run_rule(["order-shipment-invoice", "low-stock", "overdue-receivables"][by_hand % 3]).await;
            by_hand += 1;
            if by_hand == 2 {
                company.clock.set("2026-11-20T08:30:01+08:00");
            }
            let left = "select (select count(*) from runs where job = 'daily') = 0
                        or (select count(*) from deliveries where status <> 'sent') > 0";
            if company.rows(Database::Store, left) == ["0"] {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), finished).await.expect("the service runs and sends");
    stop.send(()).unwrap();
    service.await.unwrap().unwrap();

    assert_eq!(company.rows(Database::Store, "select count(*), null from runs where job = 'daily'"), ["1|"]);
    check_nothing_doubled(&company).await;
    check_unchanged(&company.run().await);
}

/// Every run asks for all sources, of which each is read once at a time.
#[tokio::test(flavor = "multi_thread")]
async fn runs_at_the_same_time_take_turns_at_their_sources_and_all_are_judged() {
    let company = company();
    let (config, now) = (company.config(), company.clock.now());
    let request = Request { target: Target::Job("daily".to_owned()), as_of: now, dry_run: true };
    let run = || async { tieout::run::run(&config, None, &request, &*company.clock).await.unwrap() };
    let (one, two, three) = tokio::join!(run(), run(), run());
    assert!(one.rules.iter().all(|rule| rule.reason.is_none()), "{:?}", one.rules);
    for other in [two, three] {
        let listed = |report: &RunReport| -> Vec<_> {
            report.rules.iter().map(|rule| (rule.rule.clone(), rule.status, rule.exceptions.len())).collect()
        };
        assert_eq!(listed(&other), listed(&one));
    }
}
