//! From what the store and the config say to what the gauges show.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};

use crate::audit::amount::Amount;
use crate::audit::breaks::Severity;
use crate::audit::exception::Status;
use crate::audit::rulebook::Rule;
use crate::config::Config;
use crate::metrics::{JobState, RuleState, State};
use crate::schedule::Timetable;
use crate::store::Standing;

/// How a delivery may stand.
const DELIVERY_STATUSES: [&str; 4] = ["pending", "sent", "failed", "dead"];

/// The gauges' picture of the store at `now`. Series that a configured rule or department can have start at zero, so
/// that a list that was worked off reads 0 and does not vanish from the graphs.
pub fn state(
    config: &Config,
    timetables: &BTreeMap<String, Timetable>,
    standing: &Standing,
    now: DateTime<Utc>,
) -> State {
    let mut state = zeros(config);
    for (key, count) in &standing.exceptions {
        state.exceptions.insert(key.clone(), *count);
    }
    for (key, units) in &standing.at_risk {
        state.at_risk.insert(key.clone(), Amount::new(*units, 4));
    }
    for (key, count) in &standing.deliveries {
        state.deliveries.insert(key.clone(), *count);
    }
    state.oldest = standing.oldest.iter().map(|(name, day)| (name.clone(), midnight(*day, config))).collect();
    for rule in &config.rules {
        if let Some(last) = standing.rules.get(&rule.id) {
            let rule_state = RuleState {
                last_run: last.last_run,
                last_evaluated: last.last_evaluated,
                evaluated: last.status != "not_evaluated",
                flooded: last.status == "flooded",
                rows: last.rows,
                seconds: last.seconds,
            };
            state.rules.insert(rule.id.clone(), rule_state);
        }
    }
    for name in config.jobs.keys() {
        let last = standing.jobs.get(name);
        let timetable = timetables.get(name);
        let job = JobState {
            last_finished: last.map(|run| run.finished),
            last_status: last.map(|run| run.status.clone()),
            expected_since: timetable.and_then(|timetable| timetable.expected_since(now)),
            next: timetable.and_then(|timetable| timetable.next(now)),
        };
        state.jobs.insert(name.clone(), job);
    }
    state
}

fn zeros(config: &Config) -> State {
    let mut state = State::default();
    for rule in &config.rules {
        for department in rule.departments() {
            for severity in severities(rule) {
                for status in Status::LIVE {
                    state.exceptions.insert((rule.id.clone(), department.to_owned(), status, severity), 0);
                }
            }
            let own = config.business.currency.clone();
            state.at_risk.insert((rule.id.clone(), department.to_owned(), own), Amount::ZERO);
        }
    }
    for department in config.departments.values().filter(|department| !department.recipients.is_empty()) {
        for status in DELIVERY_STATUSES {
            state.deliveries.insert((department.name.clone(), status.to_owned()), 0);
        }
    }
    state
}

fn severities(rule: &Rule) -> BTreeSet<Severity> {
    let steps = rule.severity.steps.iter().map(|step| step.severity);
    steps.chain([rule.severity.base]).collect()
}

/// The start of a business day; where a clock change skips midnight, the UTC midnight is near enough for a gauge.
fn midnight(day: NaiveDate, config: &Config) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = config.business.zone.from_local_datetime(&midnight).earliest();
    local.map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}
