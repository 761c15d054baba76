//! Keys that would meet if they were cleaned further.

use super::{Bench, Cleaned, Effect, Suggestion};
use crate::audit::rules::Tables;
use crate::audit::snapshot::{ColumnType, Normaliser};

const STEPS: [Normaliser; 3] = [Normaliser::Trim, Normaliser::HalfWidth, Normaliser::Upper];

/// Each step that matches something by itself; all of them together where only that matches more.
pub(super) fn suggestions(bench: &Bench<'_>) -> Vec<Suggestion> {
    let gains = |effect: &Effect| effect.missing.0.saturating_sub(effect.missing.1);
    let helps = |steps: &[Normaliser]| {
        let suggestion = tried(bench, steps)?;
        matches!(&suggestion, Suggestion::Normalise { effect, .. } if gains(effect) > 0).then_some(suggestion)
    };
    let alone: Vec<Suggestion> = STEPS.iter().filter_map(|step| helps(&[*step])).collect();
    let best = alone.iter().map(|known| match known {
        Suggestion::Normalise { effect, .. } => gains(effect),
        _ => 0,
    });
    let best = best.max().unwrap_or_default();
    match helps(&STEPS) {
        Some(Suggestion::Normalise { steps, columns, effect }) if gains(&effect) > best => {
            let steps = needed(bench, steps, gains(&effect));
            vec![tried(bench, &steps).unwrap_or(Suggestion::Normalise { steps, columns, effect })]
        }
        _ => alone,
    }
}

/// The steps without which less would match.
fn needed(bench: &Bench<'_>, mut steps: Vec<Normaliser>, wanted: u64) -> Vec<Normaliser> {
    for step in STEPS {
        let fewer: Vec<Normaliser> = steps.iter().copied().filter(|known| *known != step).collect();
        if let Some(Suggestion::Normalise { effect, .. }) = tried(bench, &fewer)
            && effect.missing.0.saturating_sub(effect.missing.1) >= wanted
        {
            steps = fewer;
        }
    }
    steps
}

/// Cleans the text columns of every side's key by some steps and judges again; nothing where no cell changes.
fn tried(bench: &Bench<'_>, steps: &[Normaliser]) -> Option<Suggestion> {
    let mut tables: Tables = bench.tables.clone();
    let mut columns: Vec<Cleaned> = Vec::new();
    for side in &bench.settings.sides {
        for name in &side.key {
            let table = tables.get(&side.table)?;
            let Some(spec) = table.spec.column(name).filter(|column| matches!(column.kind, ColumnType::Text)) else {
                continue;
            };
            let new: Vec<Normaliser> = steps.iter().copied().filter(|step| !spec.normalise.contains(step)).collect();
            let mut column = spec.clone();
            column.normalise =
                STEPS.into_iter().filter(|step| spec.normalise.contains(step) || new.contains(step)).collect();
            let Some(cleaned) = table.cleaned(column.clone(), &new) else { continue };
            tables.insert(side.table.clone(), cleaned);
            columns.push(Cleaned { side: side.name.clone(), table: side.table.clone(), column });
        }
    }
    if columns.is_empty() {
        return None;
    }
    let effect = bench.effect(bench.rule, &tables, None);
    Some(Suggestion::Normalise { steps: steps.to_vec(), columns, effect })
}
