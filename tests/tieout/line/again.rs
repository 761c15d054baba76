//! The same day again, and a day that is over.

use tieout::audit::judgement::Reason;
use tieout::report::{RuleStatus, RunStatus};

use super::{books, check_unchanged, company, daily, deliveries, letters};
use crate::harness::{Company, Database};
use crate::schedule::utc;

#[tokio::test]
async fn the_same_day_again_changes_nothing_and_tells_nobody() {
    let company = company();
    let first = company.run().await;
    assert!(company.deliver().await.sent > 0);
    let (before, mails) = (books(&company), company.mails());

    for hour in ["08:30", "08:31", "23:59"] {
        company.clock.set(&format!("2026-11-20T{hour}:00+08:00"));
        let again = company.run().await;
        check_unchanged(&again);
        assert_eq!(again.status, first.status);
        assert!(letters(&company, &again).is_empty(), "{hour}");
        assert_eq!(company.deliver().await, Default::default(), "{hour}");
        let states = |books: Vec<String>| -> Vec<String> {
            // Only the as-of time of each rule moves on.
            books.into_iter().filter(|row| row.contains(": ")).collect()
        };
        assert_eq!(states(books(&company)), states(before.clone()), "{hour}");
        assert_eq!(company.mails(), mails, "{hour}");
    }
}

/// Judges `as_of` while the clock stands where it stands, and expects that nothing but the run itself is kept.
async fn check_past(company: &Company, as_of: &str) -> tieout::report::RunReport {
    let before = books(company);
    let report = daily(company, &company.store().await, utc(as_of), &*company.clock).await.unwrap();
    assert!(report.rules.iter().all(|rule| !rule.recorded && rule.continuity.is_none()), "{as_of}");
    assert!(report.rules.iter().flat_map(|rule| &rule.exceptions).all(|listed| listed.step.is_none()), "{as_of}");
    assert_eq!(books(company), before, "{as_of}");
    let runs = format!("select recorded from run_rules where run_id = '{}'", report.run.as_ref().unwrap());
    assert_eq!(company.rows(Database::Store, &runs), ["0", "0", "0"], "{as_of}");
    report
}

#[tokio::test]
async fn a_day_before_the_last_one_is_judged_and_not_recorded() {
    let company = company();
    let first = company.run().await;
    company.deliver().await;
    let told = deliveries(&company);

    let yesterday = check_past(&company, "2026-11-19T08:30:00+08:00").await;
    assert_eq!(yesterday.status, RunStatus::Exceptions, "it is judged and reported in full");
    let known = first.rules.iter().flat_map(|rule| &rule.exceptions).filter_map(|listed| listed.id.clone());
    let known: Vec<String> = known.collect();
    let seen = yesterday.rules.iter().flat_map(|rule| &rule.exceptions).filter_map(|listed| listed.id.clone());
    assert!(seen.into_iter().all(|id| known.contains(&id)), "what is known goes by its own id");
    check_past(&company, "2026-11-20T08:29:59+08:00").await;
    assert_eq!(deliveries(&company), told);

    check_unchanged(&company.run().await);
}

/// Somebody who looks at a past day while a system is away learns it from the report; nobody is written to, and
/// today's standing of the rule stays as it is.
#[tokio::test]
async fn a_past_day_that_cannot_be_judged_is_nobody_elses_news() {
    let company = company();
    company.run().await;
    company.deliver().await;
    company.remove("wms.db");
    let past = check_past(&company, "2026-11-18T08:30:00+08:00").await;
    assert_eq!(past.exit_code(), 2);
    let low = super::rule(&past, "low-stock");
    assert_eq!(low.status, RuleStatus::NotEvaluated);
    assert!(matches!(low.reason, Some(Reason::Unreadable { .. })), "{:?}", low.reason);
    assert!(letters(&company, &past).is_empty());
}

#[tokio::test]
async fn a_clock_that_was_set_back_changes_nothing_until_it_has_caught_up() {
    let mut company = company();
    company.run().await;
    company.deliver().await;
    let before = books(&company);
    company.set_day(crate::harness::day("2026-11-17"));
    let back = company.run().await;
    assert!(back.rules.iter().all(|rule| !rule.recorded));
    assert_eq!(books(&company), before);
    assert_eq!(company.deliver().await, Default::default());
    company.set_day(crate::harness::day("2026-11-20"));
    check_unchanged(&company.run().await);
    assert!(company.store().await.verify_trail().await.is_ok());
}
