//! At which figures open subjects pass, so that what comes back later can be held against them.

use super::matched::Matched;
use crate::audit::judgement::Agreement;
use crate::audit::value::Value;

/// Every check's two figures of some groups, in the groups' order.
pub(super) fn of(matched: &Matched<'_>, groups: &[usize]) -> Vec<Vec<Agreement>> {
    let mut agreements = vec![Vec::new(); groups.len()];
    if groups.is_empty() || matched.tables.len() < 2 || matched.context.diagnosed == 0 {
        return agreements;
    }
    for check in &matched.settings.checks {
        let parameters = &matched.context.parameters;
        let (left, right) = (check.left.evaluate(matched, parameters), check.right.evaluate(matched, parameters));
        for (group, agreements) in groups.iter().zip(&mut agreements) {
            let (left, right): (Value, Value) = (left.value(*group), right.value(*group));
            agreements.push(Agreement { check: check.name.clone(), left, right });
        }
    }
    agreements
}
