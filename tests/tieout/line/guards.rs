//! Pulls that are not believed: what they would have proved stays as it was, is told once, and may be accepted.

use tieout::audit::exception::Waiver;
use tieout::audit::judgement::Reason;
use tieout::report::RunReport;
use tieout::run::Target;
use tieout::schedule::Clock;
use tieout::store::Edit;

use super::{check_unchanged, company, events, letters, rule, trail_end};
use crate::harness::{Company, Database};

const SALES: &str = "config/tables/sales_lines.toml";
const THREE_WAY: &str = "order-shipment-invoice";

/// A company that lets its order lines lose half of their rows and of their money.
fn guarded() -> Company {
    let company = company();
    company.narrow(&[THREE_WAY]);
    let guards = "guards = { max_drop = \"50%\", totals = [\"amount\"] }";
    let text = company.read(SALES);
    let lines = text.lines().filter(|line| !line.starts_with("guards"));
    let text = lines.collect::<Vec<_>>().join("\n").replacen("[columns]", &format!("{guards}\n\n[columns]"), 1);
    company.write(SALES, &text);
    company
}

fn reason(report: &RunReport) -> Option<&Reason> {
    rule(report, THREE_WAY).reason.as_ref()
}

/// The order lines that are left, of all and of a quarter; how many were taken away.
fn lose_most(company: &Company) -> usize {
    company.sql(Database::Erp, "create table kept_lines as select * from order_lines");
    company.sql(Database::Erp, "delete from order_lines where rowid % 4 <> 0")
}

/// Waives everything, so that nobody has to be reminded of anything.
async fn waive_all(company: &Company) {
    let store = company.store().await;
    for one in company.exceptions().await.into_iter().filter(|one| one.status.is_live()) {
        let waiver =
            Waiver { by: "li.na".to_owned(), reason: "known".to_owned(), expires: None, cap: None, covers: Vec::new() };
        store.edit(&one.id, one.version, &Edit::Waive(waiver), "li.na", company.clock.now()).await.unwrap();
    }
}

fn put_back(company: &Company) {
    company.sql(Database::Erp, "delete from order_lines");
    company.sql(Database::Erp, "insert into order_lines select * from kept_lines");
    company.sql(Database::Erp, "drop table kept_lines");
}

fn pulls(company: &Company) -> Vec<String> {
    company.rows(
        Database::Store,
        "select table_name || ' ' || day || ' ' || row_count from table_pulls where table_name = 'sales_lines' \
         order by as_of, run_id",
    )
}

#[tokio::test]
async fn a_table_that_lost_most_of_its_rows_is_unknown_until_it_has_them_again_and_told_once() {
    let mut company = guarded();
    company.run().await;
    let first = pulls(&company);
    assert_eq!(first.len(), 1);
    waive_all(&company).await;
    let (end, live) = (trail_end(&company), company.exceptions().await);
    assert!(lose_most(&company) > 0);
    company.next_day();
    let report = company.run().await;
    let Some(Reason::Dropped { source, table, drop }) = reason(&report) else { panic!("{report:?}") };
    assert_eq!((source.as_str(), table.as_str(), drop.column.as_ref()), ("erp", "sales_lines", None));
    assert_eq!(drop.day.to_string(), super::DAY);
    assert_eq!(report.exit_code(), 2);
    let told = letters(&company, &report);
    assert!(!told.is_empty() && told.iter().all(|(_, text)| text.contains("tieout accept sales_lines")));
    // The same guard on the days after: nobody is written to because of it.
    for _ in 0..2 {
        company.next_day();
        let again = company.run().await;
        assert!(reason(&again).is_some_and(|again| again.is_same_guard(reason(&report).unwrap())));
        assert_eq!(letters(&company, &again), []);
    }
    assert_eq!(pulls(&company), first, "what is not believed is nothing to judge by");
    assert_eq!(events(&company, end), [""; 0]);
    assert_eq!(company.exceptions().await.len(), live.len());
    put_back(&company);
    company.next_day();
    assert_eq!(reason(&company.run().await), None);
    assert_eq!(pulls(&company).len(), 2);
    // It trips again: that is news again.
    lose_most(&company);
    company.next_day();
    let report = company.run().await;
    assert!(!letters(&company, &report).is_empty());
}

#[tokio::test]
async fn neither_a_dry_run_nor_another_question_is_something_to_judge_by() {
    let mut company = guarded();
    lose_most(&company);
    company.run().await;
    put_back(&company);
    company.dry_run().await;
    company.sql(Database::Erp, "create table kept_lines as select * from order_lines");
    company.sql(Database::Erp, "delete from order_lines where rowid % 4 <> 0");
    company.next_day();
    assert_eq!(reason(&company.run().await), None, "the dry run's rows were more, and are forgotten");
    put_back(&company);
    company.run().await;
    lose_most(&company);
    let dry = company.dry_run().await;
    assert!(matches!(reason(&dry), Some(Reason::Dropped { .. })), "a dry run judges by what was recorded");
    // A query that asks for something else is a question of its own.
    let text = company.read(SALES).replacen("select", "select /* all of them */", 1);
    company.write(SALES, &text);
    assert_eq!(reason(&company.run().await), None);
}

#[tokio::test]
async fn an_accepted_pull_is_believed_once_and_later_ones_are_measured_by_it() {
    let mut company = guarded();
    company.run().await;
    lose_most(&company);
    let wrong = company.tieout(&["accept", "sale_lines", "--reason", "x", "--by", "li.na"]);
    assert_eq!(wrong.code, 64);
    assert!(wrong.stderr.contains("did you mean sales_lines?"), "{}", wrong.stderr);
    let empty = company.tieout(&["accept", "sales_lines", "--reason", " ", "--by", "li.na"]);
    assert_eq!((empty.code, empty.stderr.contains("needs a reason")), (64, true));
    let check = company.tieout(&["check"]);
    assert_eq!(check.code, 2);
    assert!(check.stdout.contains("table sales_lines: Table sales_lines of erp has"), "{}", check.stdout);
    let accept = company.tieout(&["accept", "sales_lines", "--reason", "a branch was sold", "--by", "li.na"]);
    assert_eq!(accept.stdout, "the next pull of sales_lines is accepted, by li.na; later pulls are measured by it\n");
    let check = company.tieout(&["check"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    assert!(check.stdout.contains("table sales_lines: its next pull is accepted by li.na: a branch was sold"));
    assert_eq!(reason(&company.dry_run().await), None, "a dry run takes what is accepted, and leaves it");
    company.next_day();
    assert_eq!(reason(&company.run().await), None);
    assert_eq!(pulls(&company).len(), 2);
    company.next_day();
    assert_eq!(reason(&company.run().await), None, "as many as were accepted");
    company.sql(Database::Erp, "delete from order_lines where rowid % 16 <> 0");
    assert!(matches!(reason(&company.run().await), Some(Reason::Dropped { .. })), "it was accepted once");
    let trail = "select coalesce(exception_id, '') || table_name || ' ' || event || ' ' || \
                 case when actor like 'run:%' then 'run' else actor end from trail where table_name is not null order by seq";
    assert_eq!(company.rows(Database::Store, trail), ["sales_lines accepted li.na", "sales_lines taken run"]);
    assert!(company.store().await.verify_trail().await.is_ok());
    company.sql(Database::Store, "update trail set table_name = 'invoices' where event = 'taken'");
    assert!(company.store().await.verify_trail().await.is_err());
}

#[tokio::test]
async fn a_job_on_its_own_terms_never_trips_over_the_first_run_of_another() {
    let company = guarded();
    company.run().await;
    let report = company.ask(Target::Rule(THREE_WAY.to_owned()), false).await.unwrap();
    check_unchanged(&report);
    assert_eq!(pulls(&company).len(), 2);
}
