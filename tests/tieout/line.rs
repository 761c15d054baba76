//! The whole line: from the tables of three systems to exceptions, trail and mails, day after day.

mod again;
mod cash;
mod companies;
mod flood;
mod guards;
mod history;
mod identity;
mod killed;
mod kinds;
mod life;
mod mail;
mod people;
mod recheck;
mod scope;
mod servers;
mod sharing;
mod sources;
mod sums;
mod truth;

use chrono::{DateTime, Utc};
use tieout::audit::exception::{Exception, Status, Tally};
use tieout::audit::value::Subject;
use tieout::demo::{Cause, THREE_WAY};
use tieout::report::{RuleReport, RunReport};
use tieout::run::{self, Request, RunError, Target};
use tieout::schedule::Clock;
use tieout::store::Store;

use crate::harness::{Company, Database, day};

const DAY: &str = "2026-11-20";

/// The smallest company: every defect of the truth once; with one rule of each kind.
fn company() -> Company {
    let company = Company::new(200, 7, day(DAY));
    company.narrow(&["order-*", "low-stock", "overdue-receivables"]);
    company
}

/// Runs the job `daily` on a store that the test holds, by a clock that the test holds.
async fn daily(
    company: &Company,
    store: &Store,
    as_of: DateTime<Utc>,
    clock: &dyn Clock,
) -> Result<RunReport, RunError> {
    let request = Request { target: Target::Job("daily".to_owned()), as_of, dry_run: false };
    run::run(&company.config(), Some(store), &request, clock).await
}

fn rule<'a>(report: &'a RunReport, id: &str) -> &'a RuleReport {
    report.rules.iter().find(|rule| rule.rule == id).unwrap_or_else(|| panic!("{id} was run"))
}

/// The number of the trail's last row.
fn trail_end(company: &Company) -> u64 {
    company.rows(Database::Store, "select coalesce(max(seq), 0) from trail")[0].parse().unwrap()
}

/// What the trail says since a row: `rule subject event`, sorted.
fn events(company: &Company, since: u64) -> Vec<String> {
    let query = format!(
        "select e.rule_id || ' ' || e.subject || ' ' || t.event from trail t
         join exceptions e on e.id = t.exception_id where t.seq > {since} order by 1"
    );
    company.rows(Database::Store, &query)
}

/// Every row of the store's tables, but for those that note that a run was made at all.
fn books(company: &Company) -> Vec<String> {
    let noted = "('runs', 'run_rules', 'table_pulls', 'leases')";
    let tables = company.rows(
        Database::Store,
        &format!("select name from sqlite_master where type = 'table' and name not in {noted} order by name"),
    );
    let rows = |table: &String| {
        let rows = company.rows(Database::Store, &format!("select * from {table} order by 1, 2"));
        rows.into_iter().map(|row| format!("{table}: {row}")).collect::<Vec<_>>()
    };
    // When a rule last ran, and how long it took, is a note of the run too.
    let standing = company.rows(
        Database::Store,
        "select id, hash, last_as_of, last_day, last_evaluated, last_status, last_run_day, row_count from rules",
    );
    let tables = tables.iter().filter(|table| *table != "rules");
    tables.flat_map(rows).chain(standing).collect()
}

/// Whether a run left every exception as it was.
#[track_caller]
fn check_unchanged(report: &RunReport) {
    for rule in &report.rules {
        let moved: Vec<_> = rule.steps.iter().filter(|(step, _)| **step != "unchanged").collect();
        assert!(moved.is_empty(), "{}: {moved:?}", rule.rule);
        check_quiet(rule);
    }
}

/// Whether a rule's continuity line says that nothing moved.
#[track_caller]
fn check_quiet(rule: &RuleReport) {
    let line = rule.continuity.as_ref().unwrap_or_else(|| panic!("{} was recorded", rule.rule));
    let moved = [&line.new, &line.regressed, &line.remeasured, &line.resolved, &line.gone, &line.retired];
    assert!(moved.iter().all(|tally| **tally == Tally::default()), "{}: {line:?}", rule.rule);
    assert_eq!(line.opening, line.closing, "{}", rule.rule);
}

/// The letters that a run wrote: department and text, in department order.
fn letters(company: &Company, report: &RunReport) -> Vec<(String, String)> {
    let run = report.run.as_deref().expect("the run was recorded");
    let of = format!("from letters where run_id = '{run}' order by department");
    let departments = company.rows(Database::Store, &format!("select department {of}"));
    departments.into_iter().zip(company.rows(Database::Store, &format!("select text_part {of}"))).collect()
}

/// The letter that a run wrote to a department.
#[track_caller]
fn letter(company: &Company, report: &RunReport, department: &str) -> String {
    let mut letters = letters(company, report);
    let place = letters.iter().position(|(name, _)| name == department);
    letters.swap_remove(place.unwrap_or_else(|| panic!("nothing was written to {department}"))).1
}

/// A section of a letter's text with its heading; nothing where there is none.
fn section(letter: &str, title: &str) -> String {
    let Some(start) = letter.find(&format!("== {title} (")) else { return String::new() };
    let rest = &letter[start..];
    rest.find("\n\n").map_or(rest, |end| &rest[..end]).to_owned()
}

/// The deliveries in the store, by status: `sent 4`.
fn deliveries(company: &Company) -> Vec<String> {
    company.rows(Database::Store, "select status || ' ' || count(*) from deliveries group by status order by status")
}

/// An order line that was invoiced with the wrong amount, and with nothing else amiss.
struct WrongAmount {
    subject: Subject,
    order: String,
    line: String,
    right: String,
    wrong: String,
}

impl WrongAmount {
    /// The one that was invoiced with tax.
    fn in_books_of(company: &Company) -> WrongAmount {
        let truth = company.truth();
        let found = truth.must_raise.iter().find(|found| found.cause == Cause::TaxIncluded);
        let subject = found.expect("tax is included somewhere").subject.clone();
        let [order, line] = subject.values() else { panic!("{subject} is an order line") };
        let (order, line) = (order.to_string(), line.to_string());
        let sold = format!("select amount from order_lines where order_no = '{order}' and line_no = {line}");
        let billed = format!("select amount from invoice_lines where order_no = '{order}' and order_line = {line}");
        let right = company.rows(Database::Erp, &sold).remove(0);
        let wrong = company.rows(Database::Ledger, &billed).remove(0);
        WrongAmount { subject, order, line, right, wrong }
    }

    fn invoice(&self, company: &Company, amount: &str) {
        let WrongAmount { order, line, .. } = self;
        let update =
            format!("update invoice_lines set amount = '{amount}' where order_no = '{order}' and order_line = {line}");
        assert_eq!(company.sql(Database::Ledger, &update), 1, "{order} / {line} is on one invoice");
    }

    fn mend(&self, company: &Company) {
        self.invoice(company, &self.right);
    }

    fn spoil(&self, company: &Company) {
        self.invoice(company, &self.wrong);
    }

    /// Takes the line out of every system, without a trace.
    fn delete(&self, company: &Company) {
        let WrongAmount { order, line, .. } = self;
        for (database, table, column) in [
            (Database::Erp, "order_lines", "line_no"),
            (Database::Wms, "shipment_lines", "order_line"),
            (Database::Ledger, "invoice_lines", "order_line"),
        ] {
            let delete = format!("delete from {table} where order_no = '{order}' and {column} = {line}");
            assert!(company.sql(database, &delete) > 0, "{table} had {order} / {line}");
        }
    }

    fn event(&self, event: &str) -> String {
        format!("{THREE_WAY} {} {event}", self.subject.canonical())
    }

    async fn exception(&self, company: &Company) -> Exception {
        let mut all = company.exceptions().await;
        let place = all.iter().position(|one| one.rule == THREE_WAY && one.subject == self.subject);
        all.swap_remove(place.unwrap_or_else(|| panic!("{} was found", self.subject)))
    }

    async fn status(&self, company: &Company) -> Status {
        self.exception(company).await.status
    }
}
