//! Companies that are unknown in one run: which rules judge the others all the same, and who is left out of them.

use std::collections::{BTreeMap, BTreeSet};

use super::judgement::Reason;
use super::rulebook::{Body, Reconcile, Rule};
use super::rules::Tables;
use super::snapshot::COMPANY;
use super::value::{Subject, Value};

/// The companies that a rule leaves out, and the part of its key that says which company a subject is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub part: usize,
    pub companies: BTreeSet<String>,
}

impl LeftOut {
    /// Whether a subject is of a company that is left out.
    pub fn has(&self, subject: &Subject) -> bool {
        match subject.values().get(self.part) {
            Some(Value::Text(company)) => self.companies.contains(company),
            _ => false,
        }
    }
}

/// Why companies are unknown to a rule, by company; of several tables the first by name. Empty where all is known.
pub fn unknown(rule: &Rule, tables: &Tables) -> BTreeMap<String, Reason> {
    let mut unknown = BTreeMap::new();
    for table in rule.tables.iter().filter_map(|name| tables.get(name)) {
        for (company, reason) in &table.unknown {
            unknown.entry(company.clone()).or_insert_with(|| reason.clone());
        }
    }
    unknown
}

/// Why a rule cannot judge even the companies that are known: some table lacks a company, and the rule does not tell
/// its subjects apart by company wherever that table has a part in them.
pub fn obstacle(rule: &Rule, tables: &Tables) -> Option<Reason> {
    let reason = unknown(rule, tables).into_values().next()?;
    let told_apart = match &rule.body {
        Body::Reconcile(body) => company_part(body, tables).is_some(),
        Body::LowStock(_) | Body::OverduePayment(_) => false,
    };
    (!told_apart).then_some(reason)
}

/// Who is left out of a rule that [`obstacle`] has nothing against; `None` where every company is known.
pub(crate) fn left_out(body: &Reconcile, tables: &Tables) -> Option<LeftOut> {
    let part = company_part(body, tables)?;
    let read = read(body).into_iter().filter_map(|name| tables.get(name));
    let companies: BTreeSet<String> = read.flat_map(|table| table.unknown.keys().cloned()).collect();
    (!companies.is_empty()).then_some(LeftOut { part, companies })
}

/// The tables that a rule reads.
fn read(body: &Reconcile) -> BTreeSet<&String> {
    let lookups = body.sides.iter().flat_map(|side| side.added.lookups.iter().map(|lookup| &lookup.table));
    let given = body.rates.iter().map(|rates| &rates.table).chain(body.units.iter().map(|units| &units.table));
    let asserted = body.asserted.iter().flat_map(|asserted| asserted.looked_for().map(|exists| &exists.table));
    body.sides.iter().map(|side| &side.table).chain(lookups).chain(given).chain(asserted).collect()
}

/// The part of the key that is the company on every side that lacks one, and under which everything is looked up that
/// lacks one.
fn company_part(body: &Reconcile, tables: &Tables) -> Option<usize> {
    let lacks = |table: &String| tables.get(table).is_some_and(|table| !table.unknown.is_empty());
    let given = body.rates.iter().map(|rates| &rates.table).chain(body.units.iter().map(|units| &units.table));
    if given.into_iter().any(lacks) {
        return None;
    }
    (0..body.key.len()).find(|part| {
        body.sides.iter().all(|side| {
            let own = &side.key[*part];
            let lookups = side.added.lookups.iter().map(|lookup| (&lookup.table, &lookup.key));
            let asserted = body.asserted.iter().flat_map(|asserted| asserted.looked_for());
            let mut keys = lookups.chain(asserted.map(|exists| (&exists.table, &exists.key)));
            (!lacks(&side.table) || own == COMPANY)
                && keys.all(|(table, key)| {
                    !lacks(table) || key.iter().any(|(left, right)| left == own && right == COMPANY)
                })
        })
    })
}
