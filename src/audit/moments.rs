//! The moments at which the tables of one rule were read, and whether they can be believed together.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use chrono_tz::Tz;

use super::judgement::Reason;
use super::rules::Tables;
use super::snapshot::RawTable;

/// When each table was read, by our clock.
pub type Moments = BTreeMap<String, DateTime<Utc>>;

/// The moments of the tables that are named. A table that is not there has none.
pub fn of<'n>(tables: &Tables, names: impl IntoIterator<Item = &'n String>) -> Moments {
    let moment = |name: &'n String| Some((name.clone(), tables.get(name)?.moment));
    names.into_iter().filter_map(moment).collect()
}

/// The tables that were read first and last, each with its moment; of several the first by name. Nothing where there is
/// no table.
pub fn ends(moments: &Moments) -> Option<[(&String, DateTime<Utc>); 2]> {
    let earliest = moments.iter().min_by_key(|(_, moment)| **moment)?;
    let latest = moments.iter().rev().max_by_key(|(_, moment)| **moment)?;
    Some([(earliest.0, *earliest.1), (latest.0, *latest.1)])
}

/// How far apart the first and the last of them are.
pub fn spread(moments: &Moments) -> TimeDelta {
    ends(moments).map(|[(_, first), (_, last)]| last - first).unwrap_or_default()
}

/// Why a rule over these tables cannot be judged: read further apart than `limit`, they show no one state of the
/// business. Sentences have their moments in `zone`.
pub fn skew(moments: &Moments, limit: Duration, zone: Tz) -> Option<Reason> {
    let [(early, early_at), (late, late_at)] = ends(moments)?;
    let apart = (late_at - early_at).to_std().unwrap_or_default();
    (apart > limit).then(|| Reason::Skew {
        early: early.clone(),
        early_at: local(early_at, zone),
        late: late.clone(),
        late_at: local(late_at, zone),
        limit: limit.as_secs(),
    })
}

/// Why a table cannot be believed: its source's own clock is further from ours than `limit`, before or behind, so that
/// no age of its rows means anything. `whence` is the source and the table.
pub fn clock_off(whence: (&str, &str), raw: &RawTable, limit: Duration, zone: Tz) -> Option<Reason> {
    let offset = raw.clock_offset?;
    if offset.abs().to_std().is_ok_and(|off| off <= limit) {
        return None;
    }
    let there = raw.moment.checked_add_signed(offset).unwrap_or(raw.moment);
    Some(Reason::ClockOff {
        source: whence.0.to_owned(),
        table: whence.1.to_owned(),
        here: local(raw.moment, zone),
        there: local(there, zone),
        limit: limit.as_secs(),
    })
}

fn local(at: DateTime<Utc>, zone: Tz) -> DateTime<FixedOffset> {
    at.with_timezone(&zone).fixed_offset()
}
