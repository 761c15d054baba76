//! One rule's tables, pulled as by a dry run and looked through for what the rule could say otherwise.

use std::sync::Arc;

use tokio::time::Instant;

use super::guarding::Memory;
use super::{Request, RunError, apart, day_of, obstacle, plan, pull, table_starts};
use crate::audit::judgement::Reason;
use crate::audit::suggest::{self, Suggestions};
use crate::config::Config;
use crate::schedule::Clock;
use crate::store::Store;

/// Suggests for the first rule that the request names. The reason is the one the rule would give for not being
/// evaluated; `None` where its kind has nothing to propose. Nothing is recorded.
pub async fn suggest(
    config: &Arc<Config>,
    store: Option<&Store>,
    request: &Request,
    clock: &dyn Clock,
) -> Result<Result<Option<Suggestions>, Reason>, RunError> {
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
    Ok(apart(&plan, deadline, move || suggest::suggest(&rule, &context, &tables)).await)
}
