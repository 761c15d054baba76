//! What earlier runs found, for the rules of a run that look back.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::audit::rulebook::Rule;
use crate::audit::swing::History;
use crate::store::{Store, StoreError};

/// By rule, what runs of business days before `day` found. Nothing without a store.
pub(super) async fn past(
    store: Option<&Store>,
    rules: &[Rule],
    day: NaiveDate,
) -> Result<Arc<BTreeMap<String, History>>, StoreError> {
    let mut past = BTreeMap::new();
    for rule in rules {
        if let (Some(store), Some(meaning)) = (store, &rule.figures) {
            past.insert(rule.id.clone(), store.history((&rule.id, meaning), day, rule.looks_back()).await?);
        }
    }
    Ok(Arc::new(past))
}
