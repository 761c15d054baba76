//! One moment: tables that were read too far apart, and sources whose clocks cannot be believed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use polars::prelude::DataFrame;
use tieout::audit::judgement::Reason;
use tieout::audit::moments::{Moments, clock_off, ends, skew, spread};
use tieout::audit::snapshot::RawTable;
use tieout::language::Language;
use tieout::report::RuleStatus;
use tieout::run::{self, Request, Target};
use tieout::schedule::Clock;
use tieout::words;

use crate::harness::{Company, day};
use crate::schedule::utc;

const ZONE: Tz = Tz::Asia__Shanghai;
const TEN_MINUTES: Duration = Duration::from_secs(600);

fn moments(read: &[(&str, &str)]) -> Moments {
    read.iter().map(|(table, at)| ((*table).to_owned(), utc(at))).collect()
}

fn both(reason: &Reason) -> String {
    [Language::En, Language::Zh].map(|language| words::reason(reason, language)).join("\n")
}

#[test]
fn tables_read_further_apart_than_the_limit_are_named_with_their_moments() {
    let read = |late: &str| {
        moments(&[("sales", "2026-11-20T00:30:02Z"), ("invoices", late), ("receipts", "2026-11-20T00:31:00Z")])
    };
    assert_eq!(skew(&read("2026-11-20T00:40:02Z"), TEN_MINUTES, ZONE), None, "at the limit is within it");
    let reason = skew(&read("2026-11-20T00:40:02.000001Z"), TEN_MINUTES, ZONE).expect("a microsecond more is not");
    assert!(matches!(&reason, Reason::Skew { early, late, .. } if early == "sales" && late == "invoices"));
    let reason = skew(&read("2026-11-20T01:52:10Z"), TEN_MINUTES, ZONE).unwrap();
    insta::assert_snapshot!(both(&reason), @"
    Table sales was read at 2026-11-20 08:30:02 +08:00 and table invoices at 2026-11-20 09:52:10 +08:00: 1 hour 22 minutes apart, and the limit is 10 minutes
    表 sales 读取于 2026-11-20 08:30:02 +08:00，表 invoices 读取于 2026-11-20 09:52:10 +08:00，相差 1 小时 22 分钟，超过上限 10 分钟
    ");
    assert_eq!(skew(&Moments::new(), TEN_MINUTES, ZONE), None);
}

#[test]
fn the_first_of_several_tables_of_one_moment_is_named() {
    let read = moments(&[("b", "2026-11-20T00:30:00Z"), ("a", "2026-11-20T00:30:00Z"), ("c", "2026-11-20T00:30:00Z")]);
    assert_eq!(ends(&read).map(|ends| ends.map(|(table, _)| table.as_str())), Some(["a", "a"]));
    assert_eq!(spread(&read), TimeDelta::zero());
    assert_eq!(spread(&Moments::new()), TimeDelta::zero());
}

#[test]
fn a_source_whose_clock_is_far_off_cannot_be_believed() {
    let read = |offset: Option<TimeDelta>| RawTable {
        frame: DataFrame::empty(),
        moment: utc("2026-11-20T00:30:00Z"),
        clock_offset: offset,
    };
    let limit = Duration::from_secs(5 * 60);
    let off = |offset| clock_off(("erp", "sales"), &read(offset), limit, ZONE);
    assert_eq!(off(None), None, "a source that does not tell is believed");
    assert_eq!(off(Some(TimeDelta::minutes(5))), None);
    assert_eq!(off(Some(TimeDelta::minutes(-5))), None);
    let ahead = off(Some(TimeDelta::hours(1))).expect("an hour ahead");
    let behind = off(Some(TimeDelta::seconds(-301))).expect("a second too many behind");
    assert!(off(Some(TimeDelta::MAX)).is_some(), "a clock of the end of time");
    insta::assert_snapshot!([both(&ahead), both(&behind)].join("\n"), @"
    Table sales cannot be believed: the clock of erp showed 2026-11-20 09:30:00 +08:00 when ours showed 2026-11-20 08:30:00 +08:00; it is 1 hour off, and the limit is 5 minutes
    表 sales 不可信：本机时间为 2026-11-20 08:30:00 +08:00 时，数据源 erp 的时钟为 2026-11-20 09:30:00 +08:00，相差 1 小时，超过上限 5 分钟
    Table sales cannot be believed: the clock of erp showed 2026-11-20 08:24:59 +08:00 when ours showed 2026-11-20 08:30:00 +08:00; it is 5 minutes 1 second off, and the limit is 5 minutes
    表 sales 不可信：本机时间为 2026-11-20 08:30:00 +08:00 时，数据源 erp 的时钟为 2026-11-20 08:24:59 +08:00，相差 5 分钟 1 秒，超过上限 5 分钟
    ");
}

/// A clock on which five minutes pass from one look to the next, whoever looks.
#[derive(Clone, Default)]
struct RushingClock(Arc<AtomicI32>);

impl Clock for RushingClock {
    fn now(&self) -> DateTime<Utc> {
        // Sources look side by side, and no two of them may see the same time.
        utc("2026-11-20T00:30:00Z") + TimeDelta::minutes(5) * self.0.fetch_add(1, Ordering::SeqCst)
    }

    fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }

    fn wait(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// Three systems are read by one rule, so that the first and the last lie ten minutes apart; the rule over one system
/// is judged as ever.
#[tokio::test]
async fn a_rule_over_tables_that_were_read_too_far_apart_is_not_evaluated() {
    let company = Company::new(200, 7, day("2026-11-20"));
    company.narrow(&["order-*", "low-stock"]);
    let text = company.read("config/tieout.toml");
    let run = async |limit: &str| {
        company.write("config/tieout.toml", &format!("{text}\n[limits]\nmax_skew = \"{limit}\"\n"));
        let request = Request { target: Target::Job("daily".to_owned()), as_of: company.clock.now(), dry_run: true };
        let clock = RushingClock::default();
        run::run(&company.config(), None, &request, &clock).await.unwrap()
    };
    let report = run("9m").await;
    let rule = |name: &str| report.rules.iter().find(|rule| rule.rule == name).unwrap();
    let across = rule("order-shipment-invoice");
    assert_eq!(across.status, RuleStatus::NotEvaluated);
    let Some(Reason::Skew { early, early_at, late, late_at, limit: 540 }) = &across.reason else {
        panic!("{:?}", across.reason)
    };
    assert_ne!(early, late);
    assert_eq!(*late_at - *early_at, TimeDelta::minutes(10));
    assert!(across.exceptions.is_empty());
    assert_eq!(across.read_at.len(), 3, "and when each was read is kept all the same");
    assert_eq!(rule("low-stock").status, RuleStatus::Exceptions);
    assert_eq!(spread(&rule("low-stock").read_at), TimeDelta::zero());

    let report = run("10m").await;
    assert_eq!(report.rules[1].status, RuleStatus::Exceptions, "{:?}", report.rules[1].reason);
}
