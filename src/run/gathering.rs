//! What the sources answered, put together table by table: guards are applied, and companies united.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::guarding::Memory;
use super::pull::{Answer, Part, Pulled, Settled};
use crate::audit::judgement::Reason;
use crate::audit::rules::Tables;
use crate::audit::snapshot::{Table, TableSpec, unite};

/// The tables that are waited for, and what was answered so far.
#[derive(Default)]
pub(super) struct Gathering {
    expected: Vec<TableSpec>,
    /// By table and source.
    answers: BTreeMap<(String, String), Answer>,
}

impl Gathering {
    pub fn expect(&mut self, spec: &TableSpec) {
        self.expected.push(spec.clone());
    }

    pub fn take(&mut self, settled: Settled) {
        self.answers.extend(settled);
    }

    /// Every table that can be believed, and why the rest is unknown. A source that has not answered by now has not
    /// answered in time.
    pub fn finish(mut self, memory: &Memory) -> Pulled {
        let mut pulled = Pulled { tables: Arc::default(), faults: BTreeMap::new(), pulls: Vec::new() };
        let mut tables = Tables::new();
        for spec in std::mem::take(&mut self.expected) {
            let whole = match spec.companies.is_empty() {
                true => self.single(&spec, memory, &mut pulled),
                false => self.companies(&spec, memory, &mut pulled),
            };
            match whole {
                Ok(table) => drop(tables.insert(spec.name, table)),
                Err(reason) => drop(pulled.faults.insert(spec.name, reason)),
            }
        }
        pulled.tables = Arc::new(tables);
        pulled
    }

    fn answer(&mut self, table: &str, source: &str) -> Answer {
        self.answers.remove(&(table.to_owned(), source.to_owned())).unwrap_or_else(|| {
            let sentence = "the pull did not end in time, or stopped without an answer".to_owned();
            Err(Reason::Unreadable { source: source.to_owned(), table: table.to_owned(), sentence })
        })
    }

    fn single(&mut self, spec: &TableSpec, memory: &Memory, pulled: &mut Pulled) -> Result<Table, Reason> {
        let Part { table, types } = self.answer(&spec.name, &spec.source)?;
        pulled.pulls.push(memory.judge((&spec.source, ""), &table, types)?);
        Ok(table)
    }

    /// The table of all companies that can be believed. One that cannot be is unknown by itself, unless there is no
    /// other.
    fn companies(&mut self, spec: &TableSpec, memory: &Memory, pulled: &mut Pulled) -> Result<Table, Reason> {
        let mut unknown: BTreeMap<String, Reason> = BTreeMap::new();
        let mut known: BTreeMap<String, Vec<(String, Table)>> = BTreeMap::new();
        let names: BTreeSet<String> = spec.company_names().into_iter().map(str::to_owned).collect();
        for company in names {
            let sources: Vec<String> = spec.sources_of(&company).into_iter().map(str::to_owned).collect();
            // Every source is asked for its answer, so that none is left behind.
            let answers: Vec<Answer> = sources.iter().map(|source| self.answer(&spec.name, source)).collect();
            let parts = answers.into_iter().collect::<Result<Vec<Part>, Reason>>();
            let judged = parts.and_then(|parts| {
                let types = parts.iter().flat_map(|part| part.types.clone()).collect();
                let tables: Vec<Table> = parts.into_iter().map(|part| part.table).collect();
                let whole = of_one_company(spec, &company, &tables);
                pulled.pulls.push(memory.judge((&sources.join(", "), &company), &whole, types)?);
                Ok(sources.into_iter().zip(tables).collect())
            });
            match judged {
                Ok(tables) => drop(known.insert(company, tables)),
                Err(reason) => {
                    tracing::warn!(table = spec.name, company, ?reason, "company unknown");
                    unknown.insert(company, reason);
                }
            }
        }
        if known.is_empty()
            && let Some(reason) = unknown.values().next()
        {
            return Err(reason.clone());
        }
        let mut parts: Vec<(&str, &str, Table)> = Vec::new();
        for (company, tables) in &known {
            parts.extend(tables.iter().map(|(source, table)| (source.as_str(), company.as_str(), table.clone())));
        }
        parts.sort_by_key(|(source, ..)| *source);
        let parts: Vec<(&str, Table)> = parts.into_iter().map(|(_, company, table)| (company, table)).collect();
        Ok(unite(spec, &parts, unknown))
    }
}

/// The tables of one company's sources as one, under the guards of the whole.
fn of_one_company(spec: &TableSpec, company: &str, tables: &[Table]) -> Table {
    let mut whole = match tables {
        [table] => table.clone(),
        tables => {
            let parts: Vec<(&str, Table)> = tables.iter().map(|table| (company, table.clone())).collect();
            unite(&spec.asked_of(&spec.source), &parts, BTreeMap::new())
        }
    };
    whole.spec.guards = spec.guards.clone();
    whole
}
