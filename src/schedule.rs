//! Which job is due (pure), and the one holder of a clock. The loop that waits stands in `serve`.
//!
//! A schedule is a five-field Unix cron line and a zone. Times are the zone's wall times:
//!
//! * a wall time that a spring change skips happens at the first instant after the gap (02:30 becomes 03:00);
//! * a wall time that an autumn change repeats happens once, the first time;
//! * where both day fields are narrowed, either one is enough (`0 8 1 * mon`: every first *and* every Monday), as in
//!   Vixie cron; a field that begins with `*` narrows nothing by itself, and then both must hold.

mod line;

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

pub use line::ScheduleFault;
use line::{Field, Line, fault};

/// The time of day, from whoever holds it.
pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// The same clock, for a thread that may outlive whoever holds this one.
    fn shared(&self) -> Arc<dyn Clock>;

    /// Lets so much time pass.
    fn wait(&self, time: std::time::Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        // The store keeps microseconds; a finer instant would not be the same when it is read back.
        Utc::now().trunc_subsecs(6)
    }

    fn shared(&self) -> Arc<dyn Clock> {
        Arc::new(*self)
    }

    fn wait(&self, time: std::time::Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// How old a missed run may be and still be caught up. Older ones are let go: the next planned run is near.
pub const CATCH_UP: TimeDelta = TimeDelta::hours(12);

/// How far a repeated hour can put a wall time ahead of the instant that is asked for.
const OVERLAP: TimeDelta = TimeDelta::hours(3);

/// A schedule with its zone: a rising sequence of instants.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// One, or two where either day field is enough.
    lines: Vec<cron::Schedule>,
    zone: Tz,
}

impl Timetable {
    /// Reads `minute hour day-of-month month day-of-week`.
    pub fn parse(line: &str, zone: Tz) -> Result<Timetable, ScheduleFault> {
        let read = line::read(line)?;
        let either = !read.days.starred && !read.weekdays.starred;
        let any_day = Field { values: (1..=31).collect(), ..read.days.clone() };
        let any_weekday = Field { values: (0..=6).collect(), ..read.weekdays.clone() };
        let parts = if either {
            vec![Line { weekdays: any_weekday, ..read.clone() }, Line { days: any_day, ..read.clone() }]
        } else {
            vec![read.clone()]
        };
        let lines = parts.iter().map(|part| quartz(part, line)).collect::<Result<Vec<_>, _>>()?;
        let timetable = Timetable { lines, zone };
        if !either && timetable.wall_after(first_day()).is_none() {
            let sentence = "no such day ever comes: none of the months has that day".to_owned();
            let accepted = "a day of month that one of the months has";
            return Err(fault(read.days.at.start..read.months.at.end, sentence, accepted));
        }
        Ok(timetable)
    }

    /// The first planned instant strictly after `after`; `None` past the year 2100.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut wall = after.with_timezone(&self.zone).naive_local();
        loop {
            wall = self.wall_after(wall)?;
            match self.instant(wall) {
                Some(at) if at > after => return Some(at),
                _ => {}
            }
        }
    }

    /// The next `count` planned instants after `after`, rising.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next(after), |last| self.next(*last)).take(count).collect()
    }

    /// The last planned instant at or before `at`.
    pub fn latest(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut wall = at.with_timezone(&self.zone).naive_local() + OVERLAP;
        loop {
            wall = self.wall_before(wall)?;
            match self.instant(wall) {
                Some(planned) if planned <= at => return Some(planned),
                _ => {}
            }
        }
    }

    /// The planned instant that should be run now, if there is one.
    ///
    /// `since` is the last instant that was taken care of: the start of the last run, or of the service. However many
    /// planned instants lie between it and `now`, only the latest is due, and only while it is younger than
    /// [`CATCH_UP`]. A clock that was set back makes nothing due again.
    pub fn due(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.latest(now).filter(|planned| *planned > since && now - *planned < CATCH_UP)
    }

    /// The planned instant before the latest one: a job that has not finished a run since then has missed two.
    pub fn expected_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.latest(self.latest(now)? - Duration::milliseconds(1))
    }

    fn wall_after(&self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        self.lines.iter().filter_map(|line| line.after(&wall.and_utc()).next()).map(|at| at.naive_utc()).min()
    }

    fn wall_before(&self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        self.lines.iter().filter_map(|line| line.after(&wall.and_utc()).next_back()).map(|at| at.naive_utc()).max()
    }

    /// When a wall time happens: the first of two, and the end of the gap it falls into.
    fn instant(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        if let Some(at) = self.zone.from_local_datetime(&wall).earliest() {
            return Some(at.to_utc());
        }
        // The last wall minute before the gap and the first after it lie one real minute apart.
        let mut before = wall;
        for _ in 0..LONGEST_GAP_MINUTES {
            before -= TimeDelta::minutes(1);
            if let Some(at) = self.zone.from_local_datetime(&before).latest() {
                return Some(at.to_utc() + TimeDelta::minutes(1));
            }
        }
        None
    }
}

/// Samoa once skipped a whole day.
const LONGEST_GAP_MINUTES: u32 = 25 * 60;

/// A day before every schedule.
fn first_day() -> NaiveDateTime {
    NaiveDateTime::new(NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default(), NaiveTime::MIN)
}

/// The line in the words of the `cron` crate: every value spelled out, seconds first, Sunday as 1. It is stepped
/// through in wall time, as if the zone had no clock changes; [`Timetable::instant`] sees to those.
fn quartz(line: &Line, text: &str) -> Result<cron::Schedule, ScheduleFault> {
    let list = |field: &Field, shift: u32| {
        let values: Vec<String> = field.values.iter().map(|value| (value + shift).to_string()).collect();
        values.join(",")
    };
    let fields = [(&line.minutes, 0), (&line.hours, 0), (&line.days, 0), (&line.months, 0), (&line.weekdays, 1)];
    let fields = fields.map(|(field, shift)| list(field, shift)).join(" ");
    cron::Schedule::from_str(&format!("0 {fields}"))
        .map_err(|error| fault(0..text.len(), format!("the schedule cannot be read: {error}"), "another schedule"))
}
