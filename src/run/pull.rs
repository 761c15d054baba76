//! Pulling: every table the rules name, once, source by source side by side, normalised or known to be unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::gathering::Gathering;
use super::guarding::Memory;
use crate::audit::judgement::{Context, Reason};
use crate::audit::moments;
use crate::audit::reach::SCOPE_START;
use crate::audit::recheck::Keys;
use crate::audit::rules::Tables;
use crate::audit::snapshot::{Guards, RawTable, Table, TableSpec, normalise};
use crate::audit::value::Value;
use crate::config::Config;
use crate::schedule::Clock;
use crate::sources::{self, Asked, PullLimits, SourceError};
use crate::store::TablePull;

/// What could be read, and why the rest is unknown.
pub(super) struct Pulled {
    pub tables: Arc<Tables>,
    pub faults: BTreeMap<String, Reason>,
    /// What later pulls are judged by.
    pub pulls: Vec<TablePull>,
}

/// Pulls every table that `starts` names, each with the day from which its rows are needed, and holds each against what
/// is remembered of it.
pub(super) async fn pull(
    config: &Arc<Config>,
    starts: &BTreeMap<String, NaiveDate>,
    context: &Context,
    memory: &Arc<Memory>,
    clock: &dyn Clock,
    deadline: Instant,
) -> Pulled {
    pull_keys(config, starts, &BTreeMap::new(), context, memory, clock, deadline).await
}

/// The same, and of the tables that `keys` names only the rows of their keys. Those are not held against anything: how
/// many rows some keys have says nothing of a table.
pub(super) async fn pull_keys(
    config: &Arc<Config>,
    starts: &BTreeMap<String, NaiveDate>,
    keys: &BTreeMap<String, Keys>,
    context: &Context,
    memory: &Arc<Memory>,
    clock: &dyn Clock,
    deadline: Instant,
) -> Pulled {
    let mut by_source: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
    let mut gathering = Gathering::default();
    for (name, start) in starts {
        let Some(spec) = config.tables.get(name) else { continue };
        let mut parameters = context.parameters.clone();
        parameters.insert(SCOPE_START.to_owned(), Value::Date(*start));
        let (mut spec, keys) = (spec.clone(), keys.get(name));
        if keys.is_some() {
            spec.guards = Guards::default();
        }
        for source in spec.sources() {
            let (table, parameters, keys) = (spec.asked_of(source), parameters.clone(), keys.cloned());
            by_source.entry(source.to_owned()).or_default().push(Asked { table, parameters, keys });
        }
        gathering.expect(&spec);
    }
    let mut work = JoinSet::new();
    for (name, asked) in by_source {
        let Some(source) = config.sources.get(&name).cloned() else { continue };
        let limits = PullLimits::of(&config.limits);
        let (clock, memory) = (clock.shared(), Arc::clone(memory));
        let (max_offset, business_zone) = (config.limits.max_clock_offset, context.zone);
        work.spawn(async move {
            let by_name: BTreeMap<String, TableSpec> =
                asked.iter().map(|asked| (asked.table.name.clone(), asked.table.clone())).collect();
            let (name, zone) = (source.name.clone(), source.zone);
            let settle = move |table: &str, raw: RawTable| {
                if let Some(reason) = moments::clock_off((&name, table), &raw, max_offset, business_zone) {
                    return Err(reason);
                }
                settle(&name, zone, &by_name[table], raw, &memory)
            };
            let pulls = sources::pull(&source, asked, &limits, clock, settle).await;
            pulls.into_iter().map(|(table, answer)| answered(&source.name, table, answer)).collect::<Settled>()
        });
    }
    loop {
        match timeout_at(deadline, work.join_next()).await {
            Ok(None) | Err(_) => break,
            Ok(Some(Ok(settled))) => gathering.take(settled),
            // Which source it was is known by what stays waiting.
            Ok(Some(fault)) => tracing::error!(?fault, "a pull stopped"),
        }
    }
    let names: Vec<String> = starts.keys().cloned().collect();
    let memory = Arc::clone(memory);
    let gathered = tokio::task::spawn_blocking(move || gathering.finish(&memory)).await;
    gathered.unwrap_or_else(|fault| {
        tracing::error!(?fault, "putting the tables together stopped");
        let sentence = "putting the tables together stopped".to_owned();
        let faults = names.into_iter().map(|name| (name, Reason::InternalFault { sentence: sentence.clone() }));
        Pulled { tables: Arc::default(), faults: faults.collect(), pulls: Vec::new() }
    })
}

/// What one source answered, table by table.
pub(super) type Settled = Vec<((String, String), Answer)>;

/// What one source gave of a table, or why it gave nothing.
pub(super) type Answer = Result<Part, Reason>;

/// A table as one source gave it.
#[derive(Debug)]
pub(super) struct Part {
    pub table: Table,
    /// The types in which the source gave its columns.
    pub types: BTreeMap<String, String>,
}

/// Normalises what was read. Of too few rows, nobody needs to know what they say.
fn settle(source: &str, zone: Tz, spec: &TableSpec, raw: RawTable, memory: &Memory) -> Answer {
    if !memory.is_accepted(&spec.name)
        && let Some(few) = spec.too_few(raw.frame.height())
    {
        return Err(Reason::tripped(source, &spec.name, few));
    }
    let table = normalise(spec, &raw, zone).map_err(|fault| Reason::Unreadable {
        source: source.to_owned(),
        table: spec.name.clone(),
        sentence: chain(&fault),
    })?;
    Ok(Part { table, types: raw.types(spec) })
}

/// The answer with the table and the source it is about.
fn answered(source: &str, table: String, answer: Result<Answer, SourceError>) -> ((String, String), Answer) {
    let settled = answer.unwrap_or_else(|fault| {
        Err(Reason::Unreadable { source: source.to_owned(), table: table.clone(), sentence: chain(&fault.fault) })
    });
    ((table, source.to_owned()), settled)
}

/// A fault and its causes as one line.
fn chain(fault: &dyn std::error::Error) -> String {
    let mut line = fault.to_string();
    let mut cause = fault.source();
    while let Some(next) = cause {
        line.push_str(": ");
        line.push_str(&next.to_string());
        cause = next.source();
    }
    line
}
