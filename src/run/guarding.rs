//! What earlier runs remember of the tables, and what this one adds to it: a pull is held against the last good one.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::audit::judgement::{Context, Reason};
use crate::audit::reach::SCOPE_START;
use crate::audit::rulebook::asked;
use crate::audit::snapshot::{Baseline, Figures, Read, Table, TableSpec, trip};
use crate::config::Config;
use crate::sources::parameters::{self, Dialect};
use crate::store::{Store, StoreError, TablePull};

/// Parameters that every run binds anew and that do not make its pull another one.
const RISING: [&str; 3] = ["as_of", "as_of_day", SCOPE_START];

/// What is remembered of every table of a run.
pub(super) struct Memory {
    context: Context,
    /// By table and company, which is empty for a table of one.
    tables: BTreeMap<(String, String), Remembered>,
    /// The latest acceptance of each table whose next pull somebody accepted.
    accepted: BTreeMap<String, String>,
}

/// What is remembered of one table.
#[derive(Clone)]
struct Remembered {
    hash: String,
    since: Option<NaiveDate>,
    last: Option<Baseline>,
}

impl Memory {
    /// Nothing is remembered.
    pub fn none(context: &Context) -> Memory {
        Memory { context: context.clone(), tables: BTreeMap::new(), accepted: BTreeMap::new() }
    }

    /// Reads what the store remembers of the tables that `starts` names. Without a store nothing is.
    pub async fn of(
        store: Option<&Store>,
        config: &Config,
        starts: &BTreeMap<String, NaiveDate>,
        context: &Context,
    ) -> Result<Memory, StoreError> {
        let mut memory = Memory::none(context);
        for (name, start) in starts {
            let Some(spec) = config.tables.get(name) else { continue };
            for company in spec.company_names() {
                let (hash, since) = identity(config, spec, company, *start, context);
                let last = match store {
                    Some(store) => store.baseline((name, company), &hash, context.as_of).await?,
                    None => None,
                };
                memory.tables.insert((name.clone(), company.to_owned()), Remembered { hash, since, last });
            }
        }
        if let Some(store) = store {
            let acceptances = store.acceptances().await?;
            memory.accepted.extend(acceptances.into_iter().map(|acceptance| (acceptance.table, acceptance.id)));
        }
        Ok(memory)
    }

    /// The same without what is remembered of some tables.
    pub fn without(&self, forgotten: impl Fn(&str) -> bool) -> Memory {
        let kept = self.tables.iter().filter(|((table, _), _)| !forgotten(table));
        let tables = kept.map(|(name, known)| (name.clone(), known.clone())).collect();
        Memory { context: self.context.clone(), tables, accepted: self.accepted.clone() }
    }

    /// Whether somebody accepted the table's next pull, whatever it holds.
    pub fn is_accepted(&self, table: &str) -> bool {
        self.accepted.contains_key(table)
    }

    /// Holds a table that was read against its guards; what later pulls are judged by, or why it is not believed.
    /// The company is empty for a table of one.
    pub fn judge(
        &self,
        (source, company): (&str, &str),
        table: &Table,
        types: BTreeMap<String, String>,
    ) -> Result<TablePull, Reason> {
        let name = &table.spec.name;
        let figures = Figures::of(table, types, &self.context);
        let acceptance = self.accepted.get(name).cloned();
        let remembered = self.tables.get(&(name.clone(), company.to_owned()));
        let (since, last) = remembered.map_or((None, None), |known| (known.since, known.last.as_ref()));
        for (column, was, now) in last.iter().flat_map(|last| figures.retyped(&last.figures)) {
            tracing::warn!(
                table = name,
                source,
                column,
                was,
                now,
                "the type of a column changed and can still be read"
            );
        }
        if acceptance.is_none()
            && let Some(tripped) = trip(table, &figures, since, last, &self.context)
        {
            return Err(Reason::tripped(source, name, tripped));
        }
        Ok(TablePull {
            table: name.clone(),
            company: company.to_owned(),
            hash: remembered.map(|known| known.hash.clone()).unwrap_or_default(),
            since,
            moment: table.moment,
            figures,
            acceptance,
        })
    }
}

/// The hash of what is asked for, and the day from which the query asks for rows, if it asks that.
fn identity(
    config: &Config,
    spec: &TableSpec,
    company: &str,
    start: NaiveDate,
    context: &Context,
) -> (String, Option<NaiveDate>) {
    let dialect = config.sources.get(&spec.source).and_then(|source| Dialect::of(&source.kind));
    let named = match (&spec.read, dialect) {
        (Read::Query(query), Some(dialect)) => parameters::names(query, dialect),
        _ => Vec::new(),
    };
    let since = named.contains(&SCOPE_START).then_some(start);
    let bound = named.into_iter().filter(|name| !RISING.contains(name));
    let bound = bound.filter_map(|name| Some((name, context.parameters.get(name)?))).collect();
    (asked(spec, &spec.sources_of(company), &bound), since)
}
