//! Writers between two readings: what breaks is read again, and only what breaks both times is recorded.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tieout::audit::exception::Status;
use tieout::audit::judgement::Reason;
use tieout::audit::moments;
use tieout::demo::THREE_WAY;
use tieout::report::{RuleReport, RuleStatus, RunReport};
use tieout::run::{self, Request, Target};
use tieout::schedule::Clock;

use super::{WrongAmount, check_quiet, company, events, rule, trail_end};
use crate::harness::{Company, HeldClock};

const RULE_FILE: &str = "rules/order-shipment-invoice.toml";

/// A held clock; while it is waited for, somebody works.
struct WorkingClock<'c> {
    held: &'c HeldClock,
    work: Mutex<Option<Box<dyn FnOnce() + Send + 'c>>>,
}

impl Clock for WorkingClock<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.held.now()
    }

    fn shared(&self) -> Arc<dyn Clock> {
        self.held.shared()
    }

    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let work = self.work.lock().unwrap().take();
        work.expect("a run waits once")();
        self.held.wait(time)
    }
}

/// Runs the three-way match while somebody works between its two readings.
pub(super) async fn run_while(company: &Company, dry_run: bool, work: impl FnOnce() + Send) -> RunReport {
    let clock = WorkingClock { held: &company.clock, work: Mutex::new(Some(Box::new(work))) };
    let request = Request { target: Target::Job("daily".to_owned()), as_of: clock.now(), dry_run };
    run::run(&company.config(), Some(&company.store().await), &request, &clock).await.unwrap()
}

/// A company whose three-way match reads again after five minutes, after its first run; and an order line whose invoice
/// had the wrong amount and was mended.
async fn settled() -> (Company, WrongAmount) {
    let company = company();
    company.narrow(&["order-*"]);
    company.run().await;
    let wrong = WrongAmount::in_books_of(&company);
    wrong.mend(&company);
    company.edit(RULE_FILE, "\nprice    =", "\nrecheck  = \"5m\"\nprice    =");
    assert_eq!(company.run().await.rules[0].steps.get("resolved"), Some(&1));
    (company, wrong)
}

fn three_way(report: &RunReport) -> &RuleReport {
    rule(report, THREE_WAY)
}

fn lists(report: &RunReport, wrong: &WrongAmount) -> bool {
    three_way(report).exceptions.iter().any(|listed| listed.subject == wrong.subject)
}

#[tokio::test]
async fn what_is_on_its_way_between_two_readings_is_no_exception() {
    let (company, wrong) = settled().await;
    wrong.spoil(&company);
    let before = (trail_end(&company), company.clock.now());
    let report = run_while(&company, false, || wrong.mend(&company)).await;
    assert!(!lists(&report, &wrong));
    check_quiet(three_way(&report));
    assert_eq!(events(&company, before.0), [""; 0]);
    assert_eq!(company.clock.now() - before.1, TimeDelta::minutes(5));
    let (first, again) = (&three_way(&report).read_at, &three_way(&report).read_again_at);
    assert_eq!(again.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    let [(_, last), (_, next)] = [moments::ends(first).unwrap()[1], moments::ends(again).unwrap()[0]];
    assert_eq!(next - last, TimeDelta::minutes(5));
}

#[tokio::test]
async fn what_breaks_both_times_is_one_exception() {
    let (company, wrong) = settled().await;
    wrong.spoil(&company);
    let end = trail_end(&company);
    let report = run_while(&company, false, || ()).await;
    assert!(lists(&report, &wrong));
    assert_eq!(events(&company, end), [wrong.event("regressed")]);
    assert_eq!(wrong.status(&company).await, Status::Open);
}

/// Known exceptions are not read again: a run in which nothing is new waits for nothing.
#[tokio::test]
async fn what_is_known_is_not_waited_for() {
    let (company, wrong) = settled().await;
    wrong.spoil(&company);
    run_while(&company, false, || ()).await;
    let now = company.clock.now();
    let report = company.run().await;
    assert!(lists(&report, &wrong));
    assert!(three_way(&report).read_again_at.is_empty());
    wrong.mend(&company);
    assert_eq!(company.run().await.rules[0].steps.get("resolved"), Some(&1));
    assert_eq!(company.clock.now(), now);
}

#[tokio::test]
async fn a_rehearsal_reads_again_too() {
    let (company, wrong) = settled().await;
    wrong.spoil(&company);
    assert!(!lists(&run_while(&company, true, || wrong.mend(&company)).await, &wrong));
    wrong.spoil(&company);
    assert!(lists(&run_while(&company, true, || ()).await, &wrong));
}

/// What broke at the first reading is not known to break, and what did not is not known to agree.
#[tokio::test]
async fn a_source_that_fails_at_the_second_reading_leaves_everything_as_it_was() {
    let (company, wrong) = settled().await;
    wrong.spoil(&company);
    let end = trail_end(&company);
    let report = run_while(&company, false, || company.remove("wms.db")).await;
    let judged = three_way(&report);
    assert_eq!((judged.status, report.exit_code()), (RuleStatus::NotEvaluated, 2));
    assert!(
        matches!(&judged.reason, Some(Reason::Unreadable { source, .. }) if source == "wms"),
        "{:?}",
        judged.reason
    );
    assert_eq!(events(&company, end), [""; 0]);
}

#[tokio::test]
async fn where_the_time_limit_leaves_no_second_reading_nothing_is_opened() {
    let (company, wrong) = settled().await;
    company.edit("config/tieout.toml", "time_limit = \"30m\"", "time_limit = \"5m\"");
    wrong.spoil(&company);
    let (end, now) = (trail_end(&company), company.clock.now());
    let report = company.run().await;
    assert_eq!(three_way(&report).reason, Some(Reason::NoTimeToRecheck { after: 300, minutes: 5 }));
    assert_eq!((events(&company, end).len(), company.clock.now()), (0, now));
}

/// The keys of the demo company are cleaned; a second reading by key must find the rows that cleaning makes equal.
#[tokio::test]
async fn rows_are_found_again_however_their_key_is_written() {
    let (company, wrong) = settled().await;
    let write = |from: &str, to: &str| {
        let update = format!("update invoice_lines set order_no = '{to}' where order_no = '{from}'");
        assert!(company.sql(crate::harness::Database::Ledger, &update) > 0, "{from}");
    };
    let untidy = format!(" {} ", wrong.order.to_lowercase());
    wrong.spoil(&company);
    let end = trail_end(&company);
    let report = run_while(&company, false, || {
        write(&wrong.order, &untidy);
    })
    .await;
    assert!(lists(&report, &wrong));
    assert_eq!(events(&company, end), [wrong.event("regressed")], "the amount differs still, and no side is missing");
}
