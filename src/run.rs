//! One run of one job, top to bottom: the only file that knows the whole line.

mod figures;
mod gathering;
mod guarding;
mod pull;
mod recheck;
mod record;
mod rehearsal;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::audit::companies;
use crate::audit::judge::{Judge, Seen};
use crate::audit::judgement::{BATCH, Context, Judgement, Reason};
use crate::audit::moments::{self, Moments};
use crate::audit::reach;
use crate::audit::rulebook::Rule;
use crate::audit::snapshot::History;
use crate::audit::value::{Subject, Value};
use crate::config::{Config, Job};
use crate::notify::email::{Envelope, Mailer};
use crate::notify::letter::Letter;
use crate::report::RunReport;
use crate::schedule::Clock;
use crate::sources::PROGRESS;
use crate::store::{Attempt, Delivery, Store, StoreError};
use guarding::Memory;
use pull::Pulled;
use recheck::{Again, Looked};
pub use rehearsal::{Debts, debts, suggest};
pub use table::table;

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Job(String),
    Rule(String),
}

/// One run, asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub target: Target,
    pub as_of: DateTime<Utc>,
    /// Judge and report, and write nothing.
    pub dry_run: bool,
}

/// Why a run could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("there is no {what} {name}; known: {known}")]
    Unknown { what: &'static str, name: String, known: String },
    #[error("{job} is already running elsewhere; a run that died is let go {minutes} minutes after it began")]
    Busy { job: String, minutes: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A single rule run by hand has no job to say how long it may take.
const SINGLE_RULE_TIME_LIMIT: Duration = Duration::from_secs(30 * 60);

/// How long past its time limit a job's lease lasts: recording comes after the limit has passed.
const LEASE_MARGIN: Duration = Duration::from_secs(5 * 60);

/// Deliveries taken at once; a round goes on until none is due.
const DELIVERY_BATCH: u32 = 20;

/// One run, resolved against the config.
struct Plan {
    job: String,
    rules: Vec<Rule>,
    time_limit: Duration,
    max_skew: Duration,
    context: Context,
}

/// A judged rule, on its way to being recorded.
struct Judged {
    rule: Rule,
    judgement: Judgement,
    /// When its tables were read; one that could not be read is not among them.
    read_at: Moments,
    /// When they were read a second time, where they were.
    read_again_at: Moments,
    /// Companies that it could not be judged of, by why.
    unknown: BTreeMap<String, Reason>,
    seconds: f64,
}

/// Runs, records, and leaves the deliveries it caused in the store. Without a store (a dry run before the first real
/// one) nothing is known of before.
pub async fn run(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
) -> Result<RunReport, RunError> {
    let mut plan = plan(config, request)?;
    let holder = Uuid::now_v7().to_string();
    let leased = store.filter(|_| !request.dry_run);
    if let Some(store) = leased {
        let now = clock.now();
        let until = now + plan.time_limit + LEASE_MARGIN;
        if !store.lease(&plan.job, &holder, now, until).await? {
            let minutes = (plan.time_limit + LEASE_MARGIN).as_secs() / 60;
            return Err(RunError::Busy { job: plan.job, minutes });
        }
    }
    let answer = run_leased(config, store, request, clock, &mut plan).await;
    if let Some(store) = leased {
        store.release(&plan.job, &holder).await?;
    }
    answer
}

async fn run_leased(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
    plan: &mut Plan,
) -> Result<RunReport, RunError> {
    plan.context.past = figures::past(store, &plan.rules, plan.context.day).await?;
    let plan = &*plan;
    let started = clock.now();
    let began = Instant::now();
    let deadline = began + plan.time_limit;
    tracing::info!(job = plan.job, as_of = %plan.context.as_of, rules = plan.rules.len(), "run begins");
    let starts = table_starts(store, plan).await?;
    let memory = Arc::new(Memory::of(store, config, &starts, &plan.context).await?);
    let mut pulled = pull::pull(config, &starts, &plan.context, &memory, clock, deadline).await;
    let pulls = std::mem::take(&mut pulled.pulls);
    let mut looked = Vec::with_capacity(plan.rules.len());
    for rule in &plan.rules {
        let open = match store {
            Some(store) => store.live_subjects(&rule.id).await?,
            None => BTreeSet::new(),
        };
        let rule_began = Instant::now();
        let today = day_of(clock.now(), config.business.zone);
        tracing::info!(target: PROGRESS, rule = rule.id, "judging");
        let seen = look(rule, plan, &pulled, open.clone(), today, deadline).await;
        let read_at = moments::of(&pulled.tables, &rule.tables);
        let unknown = companies::unknown(rule, &pulled.tables);
        let seconds = rule_began.elapsed().as_secs_f64();
        tracing::info!(target: PROGRESS, rule = rule.id, seconds, "judged");
        looked.push(Looked { rule, open, seen, read_at, unknown, seconds });
    }
    // Recording needs what was found, and no longer the tables it was found in, nor to wait until they are let go.
    tokio::task::spawn_blocking(move || drop(pulled));
    let judged = Again { config, store, plan, starts: &starts, memory: &memory, clock, started, deadline }
        .judged(looked)
        .await?;
    let session = record::Session { config, request, job: &plan.job, context: &plan.context, started, clock };
    let mut report = record::record(&session, store, judged, &pulls).await?;
    report.seconds = began.elapsed().as_secs_f64();
    tracing::info!(job = plan.job, status = report.status.name(), seconds = report.seconds, "run ends");
    Ok(report)
}

/// The day from which each table of the run must be read. What was in scope when an exception was opened is read until
/// that exception is closed, whatever the rule's scope has become meanwhile.
async fn table_starts(store: Option<&Store>, plan: &Plan) -> Result<BTreeMap<String, NaiveDate>, StoreError> {
    let mut needed = Vec::with_capacity(plan.rules.len());
    for rule in &plan.rules {
        let mut since = reach::scope_start(rule, &plan.context);
        if let (Some(store), Some(today)) = (store, since) {
            // Nothing, which stands for everything, is less than every day.
            let opened = store.opening_scopes(&rule.id).await?;
            since = opened.into_iter().chain([Some(today)]).min().flatten();
        }
        needed.push((rule, since));
    }
    Ok(reach::table_starts(needed))
}

/// Looks at one rule's tables, unless something stands in the way.
async fn look(
    rule: &Rule,
    plan: &Plan,
    pulled: &Pulled,
    open: BTreeSet<Subject>,
    today: NaiveDate,
    deadline: Instant,
) -> Result<Seen, Reason> {
    if let Some(reason) = obstacle(rule, plan, pulled, today) {
        return Err(reason);
    }
    let (rule, context, tables) = (rule.clone(), plan.context.clone(), Arc::clone(&pulled.tables));
    apart(plan, deadline, move || {
        let mut judge = Judge::new(&rule, &context, open);
        judge.partition(&tables);
        judge.seen()
    })
    .await
}

/// Does one rule's work on a blocking thread: what goes wrong there is this rule's fault alone.
async fn apart<T: Send + 'static>(
    plan: &Plan,
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Reason> {
    match timeout_at(deadline, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(fault)) => Err(Reason::InternalFault { sentence: panic_sentence(fault) }),
        Err(_) => Err(Reason::TimeLimit { minutes: plan.time_limit.as_secs() / 60 }),
    }
}

fn panic_sentence(fault: tokio::task::JoinError) -> String {
    let Ok(payload) = fault.try_into_panic() else { return "judging was cancelled".to_owned() };
    let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    text.unwrap_or("judging stopped without a message").to_owned()
}

/// Why a rule cannot be judged, if it cannot.
fn obstacle(rule: &Rule, plan: &Plan, pulled: &Pulled, today: NaiveDate) -> Option<Reason> {
    for name in &rule.tables {
        if let Some(reason) = pulled.faults.get(name) {
            return Some(reason.clone());
        }
        let table = pulled.tables.get(name)?;
        if table.spec.history == History::NowOnly && plan.context.day < today {
            return Some(Reason::PastNotKept { table: name.clone() });
        }
    }
    if let Some(reason) = companies::obstacle(rule, &pulled.tables) {
        return Some(reason);
    }
    moments::skew(&moments::of(&pulled.tables, &rule.tables), plan.max_skew, plan.context.zone)
}

fn plan(config: &Config, request: &Request) -> Result<Plan, RunError> {
    let (job, ids, time_limit, params) = match &request.target {
        Target::Job(name) => {
            let job = config.jobs.get(name).ok_or_else(|| unknown_job(config, name))?;
            let Job { rules, time_limit, params, .. } = job;
            (name.clone(), rules.clone(), *time_limit, params.clone())
        }
        Target::Rule(id) => {
            if !config.rules.iter().any(|rule| rule.id == *id) {
                return Err(unknown_rule(config, id));
            }
            // Every job that runs the rule binds the parameters it names, with one type; the first job's will do.
            let job = config.jobs.values().find(|job| job.rules.contains(id));
            let params = job.map(|job| job.params.clone()).unwrap_or_default();
            (format!("rule:{id}"), BTreeSet::from([id.clone()]), SINGLE_RULE_TIME_LIMIT, params)
        }
    };
    let context = context(config, request.as_of, params);
    let rules = config.rules.iter().filter(|rule| ids.contains(&rule.id)).cloned().collect();
    Ok(Plan { job, rules, time_limit, max_skew: config.limits.max_skew, context })
}

/// What every rule of a run may know.
pub fn context(config: &Config, as_of: DateTime<Utc>, params: BTreeMap<String, Value>) -> Context {
    let zone = config.business.zone;
    let day = day_of(as_of, zone);
    let mut parameters = parameters(as_of, day);
    parameters.extend(params);
    Context {
        as_of,
        day,
        zone,
        currency: config.business.currency.clone(),
        calendar: config.business.calendar.clone(),
        parameters,
        past: Arc::default(),
        flood: config.limits.flood,
        evidence_rows: config.limits.evidence_rows,
        diagnosed: config.limits.diagnosed,
        batch: BATCH,
    }
}

fn unknown_job(config: &Config, name: &str) -> RunError {
    let known = config.jobs.keys().cloned().collect::<Vec<_>>().join(", ");
    RunError::Unknown { what: "job", name: name.to_owned(), known }
}

fn unknown_rule(config: &Config, name: &str) -> RunError {
    let known = config.rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>().join(", ");
    RunError::Unknown { what: "rule", name: name.to_owned(), known }
}

/// The parameters every run carries: the as-of instant and day, and the calendar month around the day.
fn parameters(as_of: DateTime<Utc>, day: NaiveDate) -> BTreeMap<String, Value> {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(chrono::Months::new(1)).unwrap_or(first);
    let last = next.checked_sub_days(Days::new(1)).unwrap_or(day);
    BTreeMap::from([
        ("as_of".to_owned(), Value::Instant(as_of)),
        ("as_of_day".to_owned(), Value::Date(day)),
        ("period_start".to_owned(), Value::Date(first)),
        ("period_end".to_owned(), Value::Date(last)),
    ])
}

/// The business day of an instant.
pub fn day_of(at: DateTime<Utc>, zone: chrono_tz::Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The as-of instant of a business day: now if the day is today, else the day's last second.
pub fn as_of_day(day: NaiveDate, zone: chrono_tz::Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    if day == day_of(now, zone) { now } else { end_of_day(day, zone) }
}

/// The last second of a business day.
pub fn end_of_day(day: NaiveDate, zone: chrono_tz::Tz) -> DateTime<Utc> {
    let last = day.and_time(NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default());
    zone.from_local_datetime(&last).latest().map_or_else(|| last.and_utc(), |last| last.with_timezone(&Utc))
}

/// What one round of sending did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub sent: u64,
    /// Will be tried again.
    pub failed: u64,
    pub dead: u64,
}

/// Sends every delivery that is due, from the store. One that fails never stops the others.
pub async fn deliver(config: &Config, store: &Store, mailer: &Mailer, clock: &dyn Clock) -> Result<Sent, StoreError> {
    let holder = Uuid::now_v7().to_string();
    let mut sent = Sent::default();
    loop {
        let now = clock.now();
        let until = now + config.limits.send_timeout * DELIVERY_BATCH + LEASE_MARGIN;
        let batch = store.claim_deliveries(&holder, now, until, DELIVERY_BATCH).await?;
        if batch.is_empty() {
            return Ok(sent);
        }
        for delivery in batch {
            let attempt = attempt(config, mailer, &delivery, clock).await;
            match attempt {
                Attempt::Sent => sent.sent += 1,
                Attempt::Failed { .. } => sent.failed += 1,
                Attempt::Dead { .. } => sent.dead += 1,
            }
            store.mark_delivery(&delivery.id, &attempt, clock.now()).await?;
        }
    }
}

async fn attempt(config: &Config, mailer: &Mailer, delivery: &Delivery, clock: &dyn Clock) -> Attempt {
    let letter = &delivery.letter;
    let envelope = Envelope {
        recipient: delivery.recipient.clone(),
        message_id: delivery.message_id.clone(),
        list_id: letter.list_id.clone(),
        day: day_of(letter.written, config.business.zone),
        date: letter.written,
        letter: Letter {
            subject: letter.subject.clone(),
            text: letter.text.clone(),
            html: letter.html.clone(),
            csv_name: letter.csv_name.clone(),
            csv: letter.csv.clone(),
        },
    };
    let Err(fault) = mailer.send(&envelope).await else { return Attempt::Sent };
    let error = fault.sentence.clone();
    tracing::warn!(delivery = delivery.id, attempts = delivery.attempts + 1, error, "delivery failed");
    if fault.permanent || delivery.attempts + 1 >= config.limits.delivery_attempts {
        return Attempt::Dead { error };
    }
    Attempt::Failed { error, next: clock.now() + backoff(delivery.attempts) }
}

/// How long to wait after a failed try: one minute, then five times as long each time, at most four hours.
fn backoff(attempts: u32) -> Duration {
    let longest = Duration::from_secs(4 * 60 * 60);
    let minutes = 5u64.checked_pow(attempts).and_then(|minutes| minutes.checked_mul(60));
    minutes.map_or(longest, Duration::from_secs).min(longest)
}

/// What reading one table gave, for `tieout check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    pub rows: u64,
    pub unreadable: u64,
    /// Cells that hold a day which stands for none.
    pub no_dates: u64,
}

/// Reads every table of the config once, as a run of all rules would, and holds it against what the store remembers of
/// it. Where several jobs bind a parameter, the first one's value stands.
pub async fn probe(
    config: &Arc<Config>,
    store: Option<&Store>,
    clock: &dyn Clock,
) -> Result<BTreeMap<String, Result<Probe, Reason>>, StoreError> {
    let bound = config.jobs.values().rev().flat_map(|job| job.params.clone()).collect();
    let context = context(config, clock.now(), bound);
    let starts = config.tables.keys().map(|name| (name.clone(), reach::EVERYTHING)).collect();
    let deadline = Instant::now() + config.limits.pull_timeout;
    let memory = Arc::new(Memory::of(store, config, &starts, &context).await?);
    let pulled = pull::pull(config, &starts, &context, &memory, clock, deadline).await;
    let mut probes: BTreeMap<String, Result<Probe, Reason>> = BTreeMap::new();
    for (name, table) in pulled.tables.iter() {
        let probe = Probe {
            rows: table.len() as u64,
            unreadable: table.unreadable.len() as u64,
            no_dates: table.no_dates.values().sum(),
        };
        probes.insert(name.clone(), Ok(probe));
    }
    for (name, table) in pulled.tables.iter() {
        if let Some(reason) = table.unknown.values().next() {
            probes.insert(name.clone(), Err(reason.clone()));
        }
    }
    probes.extend(pulled.faults.into_iter().map(|(name, reason)| (name, Err(reason))));
    Ok(probes)
}
