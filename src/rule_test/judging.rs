//! A case's rows, normalised and judged as in a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{Column, DataFrame};

use super::rows::Rows;
use super::subject::keyed;
use super::{Case, Expected};
use crate::audit::judge::Judge;
use crate::audit::judgement::{Judgement, Verdict};
use crate::audit::rulebook::Rule;
use crate::audit::rules::Tables;
use crate::audit::snapshot::{RawTable, SnapshotFault, Table, TableSpec, normalise};
use crate::audit::value::{Subject, Value};
use crate::config::Config;
use crate::run;

/// What judging a case gave.
pub(super) struct Judged {
    pub judgement: Judgement,
    pub in_transit: BTreeSet<Subject>,
    /// Every subject that some row of the case names; `None` where that cannot be told from the rows alone.
    pub named: Option<BTreeSet<Subject>>,
    /// What would be said of those and of every expected subject, were their exceptions open.
    pub watched: BTreeMap<Subject, Verdict>,
}

pub(super) fn judge(config: &Config, rule: &Rule, case: &Case) -> Result<Judged, SnapshotFault> {
    let mut tables = Tables::new();
    let none = Rows::default();
    for spec in rule.tables.iter().filter_map(|name| config.tables.get(name)) {
        let rows = case.tables.get(&spec.name).unwrap_or(&none);
        let zone = config.sources.get(&spec.source).map_or(config.business.zone, |source| source.zone);
        tables.insert(spec.name.clone(), table(spec, rows, case, zone)?);
    }
    let mut context = run::context(config, case.as_of, case.params.clone());
    context.past = Arc::new(BTreeMap::from([(rule.id.clone(), case.history.clone())]));
    let judge = |open: &BTreeSet<Subject>| {
        let mut judge = Judge::new(rule, &context, open.clone());
        judge.partition(&tables);
        judge.finish()
    };
    let open: BTreeSet<Subject> = case.expected.open.iter().map(|(subject, _)| subject.clone()).collect();
    let named = named(rule, &tables);
    let judgement = judge(&open);
    let all = open.union(&watched(named.as_ref(), &case.expected)).cloned().collect();
    let watched = judge(&all).verdicts;
    let in_transit = in_transit(&judge, &judgement, &open, &watched);
    Ok(Judged { judgement, in_transit, named, watched })
}

/// The rows as a table. They are read by the names the table's file gives its columns, not by the source's.
fn table(spec: &TableSpec, rows: &Rows, case: &Case, zone: chrono_tz::Tz) -> Result<Table, SnapshotFault> {
    let mut renamed = spec.clone();
    for column in &mut renamed.columns {
        column.from = column.name.clone();
    }
    let columns = spec.columns.iter().enumerate().map(|(index, column)| {
        let cells: Vec<&str> = rows.rows.iter().map(|row| row[index].as_str()).collect();
        Column::new(column.name.as_str().into(), cells)
    });
    let engine = |fault: polars::prelude::PolarsError| SnapshotFault::Engine {
        table: spec.name.clone(),
        reason: fault.to_string(),
    };
    let frame = DataFrame::new(rows.rows.len(), columns.collect()).map_err(engine)?;
    let mut table = normalise(&renamed, &RawTable { frame, moment: case.as_of, clock_offset: None }, zone)?;
    table.spec = spec.clone();
    Ok(table)
}

/// Every subject that a row names, filtered away or not.
fn named(rule: &Rule, tables: &Tables) -> Option<BTreeSet<Subject>> {
    let mut named = BTreeSet::new();
    for keyed in keyed(rule) {
        let table = tables.get(keyed.table)?;
        if !keyed.columns.iter().all(|column| table.spec.column(column).is_some()) {
            return None;
        }
        for row in 0..table.len() {
            let mut values: Vec<Value> = keyed.columns.iter().map(|column| table.value(column, row)).collect();
            if values.iter().any(Value::is_null) {
                continue;
            }
            named.insert(if keyed.party { Subject::party(values.remove(0)) } else { Subject::key(values) });
        }
    }
    Some(named)
}

fn watched(named: Option<&BTreeSet<Subject>>, expected: &Expected) -> BTreeSet<Subject> {
    let raised = expected.raised.iter().map(|raised| &raised.subject);
    let expected = raised.chain(&expected.in_transit).chain(&expected.silent);
    named.into_iter().flatten().chain(expected).cloned().collect()
}

/// Which subjects are in transit. A judgement only counts them, and tells of those whose exceptions are open; so the
/// others are watched as if theirs were. That may draw a subject into the judgement that is otherwise outside the
/// rule's scope, and such a one is told by the count it raises.
fn in_transit(
    judge: &dyn Fn(&BTreeSet<Subject>) -> Judgement,
    judgement: &Judgement,
    open: &BTreeSet<Subject>,
    watched: &BTreeMap<Subject, Verdict>,
) -> BTreeSet<Subject> {
    let waiting = watched.iter().filter(|(_, verdict)| **verdict == Verdict::InTransit);
    let mut found: BTreeSet<Subject> = waiting.map(|(subject, _)| subject.clone()).collect();
    if found.len() as u64 != judgement.in_transit {
        found.retain(|subject| {
            let mut with = open.clone();
            !with.insert(subject.clone()) || judge(&with).in_transit == judgement.in_transit
        });
    }
    found
}
