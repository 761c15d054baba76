//! One table by itself, as a run of the rules that read it would see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::time::Instant;

use super::guarding::Memory;
use super::{context, pull};
use crate::audit::judgement::{Context, Reason};
use crate::audit::reach;
use crate::audit::snapshot::Table;
use crate::config::Config;
use crate::schedule::Clock;

/// Pulls and normalises the table of the config that is called `name`: with the parameters of the first job that runs
/// a rule which reads it, from the day its rules need it from, and under the guards of a run. The reason is the one a
/// rule would give for not being evaluated.
pub async fn table(config: &Arc<Config>, name: &str, as_of: DateTime<Utc>, clock: &dyn Clock) -> Result<Table, Reason> {
    let context = table_context(config, name, as_of);
    let starts = BTreeMap::from([(name.to_owned(), table_start(config, name, &context))]);
    let deadline = Instant::now() + config.limits.pull_timeout;
    let mut pulled = pull::pull(config, &starts, &context, &Arc::new(Memory::none(&context)), clock, deadline).await;
    if let Some(reason) = pulled.faults.remove(name) {
        return Err(reason);
    }
    let tables = Arc::try_unwrap(pulled.tables).unwrap_or_else(|shared| (*shared).clone());
    tables.into_iter().find(|(known, _)| known == name).map(|(_, table)| table).ok_or_else(|| Reason::Unreadable {
        source: config.tables.get(name).map(|spec| spec.source.clone()).unwrap_or_default(),
        table: name.to_owned(),
        sentence: "nothing was pulled".to_owned(),
    })
}

fn table_context(config: &Config, name: &str, as_of: DateTime<Utc>) -> Context {
    let reads = |id: &String| config.rules.iter().any(|rule| rule.id == *id && rule.tables.iter().any(|t| t == name));
    let job = config.jobs.values().find(|job| job.rules.iter().any(reads));
    context(config, as_of, job.map(|job| job.params.clone()).unwrap_or_default())
}

/// The day that `:scope_start` stands for. What older exceptions would add to it is in the store, which is not asked.
fn table_start(config: &Config, name: &str, context: &Context) -> NaiveDate {
    let needed = config.rules.iter().map(|rule| (rule, reach::scope_start(rule, context)));
    reach::table_starts(needed).remove(name).unwrap_or(reach::EVERYTHING)
}
