//! One rule's tables, pulled as by a dry run, and what is to be known of them beside exceptions. Nothing is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::guarding::Memory;
use super::{Request, RunError, apart, day_of, obstacle, plan, pull, table_starts};
use crate::audit::ageing::Ageing;
use crate::audit::companies;
use crate::audit::judge::Judge;
use crate::audit::judgement::{Context, Reason};
use crate::audit::rulebook::Rule;
use crate::audit::rules::Tables;
use crate::audit::suggest::{self, Suggestions};
use crate::config::Config;
use crate::schedule::Clock;
use crate::store::Store;

/// Suggests for the first rule that the request names. The reason is the one the rule would give for not being
/// evaluated; `None` where its kind has nothing to propose.
pub async fn suggest(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
) -> Result<Result<Option<Suggestions>, Reason>, RunError> {
    let work = |rule: &Rule, context: &Context, tables: &Tables| suggest::suggest(rule, context, tables);
    Ok(look_through(config, store, request, clock, work).await?.map(Option::flatten))
}

/// What parties owe by age, whole.
pub struct Debts {
    pub ageing: Ageing,
    /// Companies whose debts are not among them, by why.
    pub unknown: BTreeMap<String, Reason>,
}

/// The debts of the first rule that the request names. The reason is the one the rule would give for not being
/// evaluated; `None` where its kind judges no debts.
pub async fn debts(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
) -> Result<Result<Option<Debts>, Reason>, RunError> {
    let work = |rule: &Rule, context: &Context, tables: &Tables| {
        let mut judge = Judge::new(rule, context, BTreeSet::new());
        judge.partition(tables);
        let ageing = judge.finish().ageing?;
        Some(Debts { ageing, unknown: companies::unknown(rule, tables) })
    };
    Ok(look_through(config, store, request, clock, work).await?.map(Option::flatten))
}

/// Pulls what the first rule of the request reads and does some work on it.
async fn look_through<T: Send + 'static>(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
    work: impl FnOnce(&Rule, &Context, &Tables) -> T + Send + 'static,
) -> Result<Result<Option<T>, Reason>, RunError> {
    let plan = plan(config, request)?;
    let Some(rule) = plan.rules.first().cloned() else { return Ok(Ok(None)) };
    let deadline = Instant::now() + plan.time_limit;
    let starts = table_starts(store, &plan).await?;
    let memory = Arc::new(Memory::of(store, config, &starts, &plan.context).await?);
    let pulled = pull::pull(config, &starts, &plan.context, &memory, clock, deadline).await;
    let today = day_of(clock.now(), config.business.zone);
    if let Some(reason) = obstacle(&rule, &plan, &pulled, today) {
        return Ok(Err(reason));
    }
    let (context, tables) = (plan.context.clone(), Arc::clone(&pulled.tables));
    Ok(apart(&plan, deadline, move || work(&rule, &context, &tables)).await.map(Some))
}
