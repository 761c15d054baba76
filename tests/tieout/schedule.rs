//! When jobs run: five-field Unix lines in a zone, across clock changes, and after downtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use tieout::schedule::{CATCH_UP, Clock, Timetable};

/// A clock that stands still until a test moves it, forwards or back.
#[derive(Clone)]
pub struct HeldClock(Arc<Mutex<DateTime<Utc>>>);

impl HeldClock {
    pub fn at(instant: &str) -> HeldClock {
        HeldClock(Arc::new(Mutex::new(utc(instant))))
    }

    pub fn set(&self, instant: &str) {
        *self.0.lock().expect("no test panics while it holds the clock") = utc(instant);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no test panics while it holds the clock")
    }

    fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }

    /// Time that is waited for passes at once.
    fn wait(&self, time: std::time::Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move { *self.0.lock().expect("no test panics while it holds the clock") += time })
    }
}

pub fn utc(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("tests write RFC 3339").to_utc()
}

fn timetable(line: &str, zone: &str) -> Timetable {
    Timetable::parse(line, zone.parse().expect("a zone")).unwrap_or_else(|fault| panic!("{line}: {fault}"))
}

/// The next instants, in the zone's wall time with its offset, so that a clock change can be seen.
fn upcoming(line: &str, zone: &str, after: &str, count: usize) -> String {
    let tz: Tz = zone.parse().expect("a zone");
    let times = timetable(line, zone).upcoming(utc(after), count);
    times.iter().map(|at| at.with_timezone(&tz).format("%a %F %R %z").to_string()).collect::<Vec<_>>().join("\n")
}

/// The excerpt of a refused line: the place underlined, the sentence, what would be accepted.
fn refusal(line: &str) -> String {
    let fault = Timetable::parse(line, Tz::Asia__Shanghai).expect_err(line);
    let carets = "^".repeat(fault.at.len().max(1));
    format!("{line}\n{:pad$}{carets}\n{}\naccepted: {}", "", fault.sentence, fault.accepted, pad = fault.at.start)
}

fn check_upcoming(cases: &[(&str, &str, &str, &[&str])]) {
    for (line, zone, after, expected) in cases {
        assert_eq!(
            upcoming(line, zone, after, expected.len()),
            expected.join("\n"),
            "`{line}` in {zone} after {after}"
        );
    }
}

#[test]
fn a_line_means_what_unix_users_mean_by_it() {
    let shanghai = "Asia/Shanghai";
    check_upcoming(&[
        // 1-5 is Monday to Friday; after Friday's run comes Monday's.
        (
            "30 7 * * 1-5",
            shanghai,
            "2026-11-27T00:00:00Z",
            &["Mon 2026-11-30 07:30 +0800", "Tue 2026-12-01 07:30 +0800"],
        ),
        ("30 7 * * mon-fri", shanghai, "2026-11-26T23:30:00Z", &["Mon 2026-11-30 07:30 +0800"]),
        ("0 9 * * 0", shanghai, "2026-11-23T00:00:00Z", &["Sun 2026-11-29 09:00 +0800"]),
        ("0 9 * * 7", shanghai, "2026-11-23T00:00:00Z", &["Sun 2026-11-29 09:00 +0800"]),
        (
            "0 9 * * 5-7",
            shanghai,
            "2026-11-23T00:00:00Z",
            &[
                "Fri 2026-11-27 09:00 +0800",
                "Sat 2026-11-28 09:00 +0800",
                "Sun 2026-11-29 09:00 +0800",
                "Fri 2026-12-04 09:00 +0800",
            ],
        ),
        ("0 9 * * FRI-sun", shanghai, "2026-11-28T02:00:00Z", &["Sun 2026-11-29 09:00 +0800"]),
        (
            "5-55/25 8,18 * * *",
            shanghai,
            "2026-11-23T00:10:00Z",
            &["Mon 2026-11-23 08:30 +0800", "Mon 2026-11-23 08:55 +0800", "Mon 2026-11-23 18:05 +0800"],
        ),
        (
            "0 6 1 jan,Jul *",
            shanghai,
            "2026-11-23T00:00:00Z",
            &["Fri 2027-01-01 06:00 +0800", "Thu 2027-07-01 06:00 +0800"],
        ),
        ("0 0 29 2 *", shanghai, "2026-11-23T00:00:00Z", &["Tue 2028-02-29 00:00 +0800"]),
        (
            "0 0 31 * *",
            shanghai,
            "2026-11-23T00:00:00Z",
            &["Thu 2026-12-31 00:00 +0800", "Sun 2027-01-31 00:00 +0800", "Wed 2027-03-31 00:00 +0800"],
        ),
    ]);
}

#[test]
fn two_narrowed_day_fields_are_an_or_and_a_star_makes_them_an_and() {
    let shanghai = "Asia/Shanghai";
    check_upcoming(&[
        // Every 13th, and every Friday.
        (
            "0 8 13 * fri",
            shanghai,
            "2026-12-01T00:00:00Z",
            &[
                "Fri 2026-12-04 08:00 +0800",
                "Fri 2026-12-11 08:00 +0800",
                "Sun 2026-12-13 08:00 +0800",
                "Fri 2026-12-18 08:00 +0800",
            ],
        ),
        // 31 February never comes, but Mondays in February do.
        (
            "0 8 31 2 mon",
            shanghai,
            "2026-12-01T00:00:00Z",
            &["Mon 2027-02-01 08:00 +0800", "Mon 2027-02-08 08:00 +0800"],
        ),
        // An odd day that is a Friday: `*/2` begins with a star.
        (
            "0 8 */2 * fri",
            shanghai,
            "2026-12-01T00:00:00Z",
            &["Fri 2026-12-11 08:00 +0800", "Fri 2026-12-25 08:00 +0800"],
        ),
    ]);
}

#[test]
fn clock_changes_neither_skip_a_run_nor_double_one() {
    let berlin = "Europe/Berlin";
    check_upcoming(&[
        // Spring: 02:30 does not exist on the 29th of March; the run comes when the gap ends.
        (
            "30 2 * * *",
            berlin,
            "2026-03-28T00:00:00Z",
            &["Sat 2026-03-28 02:30 +0100", "Sun 2026-03-29 03:00 +0200", "Mon 2026-03-30 02:30 +0200"],
        ),
        // Four skipped quarters and 03:00 itself are one instant, and one run.
        (
            "*/15 * * * *",
            berlin,
            "2026-03-29T00:40:00Z",
            &["Sun 2026-03-29 01:45 +0100", "Sun 2026-03-29 03:00 +0200", "Sun 2026-03-29 03:15 +0200"],
        ),
        // Autumn: 02:30 comes twice on the 25th of October; the first one counts.
        ("30 2 * * *", berlin, "2026-10-24T12:00:00Z", &["Sun 2026-10-25 02:30 +0200", "Mon 2026-10-26 02:30 +0100"]),
        ("30 * * * *", berlin, "2026-10-24T23:45:00Z", &["Sun 2026-10-25 02:30 +0200", "Sun 2026-10-25 03:30 +0100"]),
        // Asked from inside the second 02:xx hour.
        ("45 2 * * *", berlin, "2026-10-25T01:10:00Z", &["Mon 2026-10-26 02:45 +0100"]),
        // China has had no clock changes since 1991.
        (
            "30 2 * * *",
            "Asia/Shanghai",
            "2026-03-28T18:00:00Z",
            &["Sun 2026-03-29 02:30 +0800", "Mon 2026-03-30 02:30 +0800"],
        ),
        // A gap of half an hour, on a Sunday of the southern spring.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", &["Sun 2026-10-04 02:30 +1100"]),
    ]);
}

#[test]
fn a_line_that_is_no_schedule_is_refused_with_its_place_and_what_would_do() {
    let lines = [
        "",
        "30 7 * *",
        "0 30 7 * * mon-fri",
        "@daily",
        "60 7 * * *",
        "30 7 0 * *",
        "30 7 * 13 *",
        "30 7 * * 8",
        "30 7 * * mon-",
        "30 7 * * fri-tue",
        "30 7 L * *",
        "30 7 15W * *",
        "30 7 ? * mon",
        "30 7 * * fri#2",
        "30 7,,8 * * *",
        "*/0 7 * * *",
        "5/15 7 * * *",
        "30 7 * * 星期一",
        "0 2 30 2 *",
        "0 2 31 4,6 *",
    ];
    insta::assert_snapshot!("refused_schedules", lines.map(refusal).join("\n\n"));
}

#[test]
fn after_downtime_only_the_latest_missed_run_is_made_up_and_only_while_it_is_young() {
    let daily = timetable("30 7 * * *", "Asia/Shanghai");
    let hourly = timetable("0 * * * *", "Asia/Shanghai");
    let due = |timetable: &Timetable, since: &str, now: &str| {
        let due = timetable.due(utc(since), utc(now));
        due.map_or("nothing".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    let check = |timetable: &Timetable, since: &str, now: &str, expected: &str| {
        assert_eq!(due(timetable, since, now), expected, "since {since}, now {now}");
    };
    // 07:30 in Shanghai is 23:30 of the day before in UTC.
    check(&daily, "2026-11-22T23:31:00Z", "2026-11-23T23:29:59Z", "nothing");
    check(&daily, "2026-11-22T23:31:00Z", "2026-11-23T23:30:00Z", "2026-11-23T23:30:00Z");
    // Down for three days, back at 09:00: one run, for this morning.
    check(&daily, "2026-11-20T23:31:00Z", "2026-11-24T01:00:00Z", "2026-11-23T23:30:00Z");
    // Down over the weekend, back at night: the missed run is too old, tomorrow's is near.
    check(&daily, "2026-11-20T23:31:00Z", "2026-11-24T11:30:00Z", "nothing");
    check(&hourly, "2026-11-23T00:00:00Z", "2026-11-23T09:59:00Z", "2026-11-23T09:00:00Z");
    // The instant that was taken care of is not due again, not even when the clock is set back.
    check(&hourly, "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", "nothing");
    check(&hourly, "2026-11-23T09:00:00Z", "2026-11-23T08:20:00Z", "nothing");
    assert_eq!(CATCH_UP, TimeDelta::hours(12));
}

#[test]
fn a_job_is_expected_to_have_run_since_the_planned_time_before_the_latest_one() {
    let working_days = timetable("30 7 * * mon-fri", "Asia/Shanghai");
    // On Monday evening that is Friday morning, on Sunday it is Thursday morning.
    assert_eq!(working_days.expected_since(utc("2026-11-23T12:00:00Z")), Some(utc("2026-11-19T23:30:00Z")));
    assert_eq!(working_days.expected_since(utc("2026-11-22T12:00:00Z")), Some(utc("2026-11-18T23:30:00Z")));
}

/// Lines that narrow each field or leave it open.
fn any_line() -> impl Strategy<Value = String> {
    let minute = prop_oneof!["\\*", "\\*/[1-9]", "[0-5][0-9]", "[0-9],3[0-9]"];
    let hour = prop_oneof!["\\*", "[0-9]", "1-[2-9]", "\\*/[2-7]"];
    let day = prop_oneof!["\\*", "[1-9]", "1-2[0-8]/[2-5]"];
    let weekday = prop_oneof!["\\*", "[0-7]", "mon-(wed|fri)"];
    (minute, hour, day, weekday).prop_map(|(minute, hour, day, weekday)| format!("{minute} {hour} {day} * {weekday}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn looking_forward_and_looking_back_see_the_same_rising_instants(
        line in any_line(),
        zone in prop::sample::select(vec!["Europe/Berlin", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]),
        // The days around the clock changes of 2026, and any day.
        minute in prop_oneof![0i64..525_600, 124_000i64..126_500, 426_000i64..429_000],
    ) {
        let timetable = timetable(&line, zone);
        let after = utc("2026-01-01T00:00:00Z") + TimeDelta::minutes(minute);
        let times = timetable.upcoming(after, 12);
        prop_assert_eq!(times.len(), 12);
        prop_assert!(times[0] > after);
        prop_assert!(times.is_sorted_by(|earlier, later| earlier < later), "{:?}", times);
        for pair in times.windows(2) {
            prop_assert_eq!(timetable.latest(pair[1] - TimeDelta::seconds(1)), Some(pair[0]));
            prop_assert_eq!(timetable.latest(pair[1]), Some(pair[1]));
        }
    }
}
