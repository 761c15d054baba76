//! How far back a run must read. A table's query may name [`SCOPE_START`]; it is bound to the earliest day that some
//! rule of the run needs of that table.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::judgement::Context;
use super::rulebook::{Body, Reconcile, Rule};

/// The name of the parameter, without its colon. Each table has its own day, so that queries know it and rules do not.
pub const SCOPE_START: &str = "scope_start";

/// Where everything is needed: a day before every document.
pub const EVERYTHING: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("the calendar has a first of January");

/// The first day of the rule's scope; `None` where it has no scope, or one without a first day: it judges everything.
pub fn scope_start(rule: &Rule, context: &Context) -> Option<NaiveDate> {
    let Body::Reconcile(body) = &rule.body else { return None };
    body.window.as_ref()?.first_day(context).map(|day| day.max(EVERYTHING))
}

/// For each table of some rules the day from which it must be read. Beside each rule stands the earliest first day of
/// its scope that still matters: today's, or that of a run which opened an exception that is still open. `None` stands
/// for everything.
///
/// All sides of a rule are read from its margin before that day: a document on one side inside the scope may belong to
/// one on another side, the reference too, that lies before it. A rule that names no margin says nothing of how far
/// before, and needs everything.
pub fn table_starts<'r>(rules: impl IntoIterator<Item = (&'r Rule, Option<NaiveDate>)>) -> BTreeMap<String, NaiveDate> {
    let mut starts: BTreeMap<String, NaiveDate> = BTreeMap::new();
    for (rule, since) in rules {
        for table in &rule.tables {
            let day = needed(rule, table, since).unwrap_or(EVERYTHING).max(EVERYTHING);
            starts.entry(table.clone()).and_modify(|earliest| *earliest = day.min(*earliest)).or_insert(day);
        }
    }
    starts
}

/// The day from which `rule` needs `table`; `None` where it needs everything.
fn needed(rule: &Rule, table: &str, since: Option<NaiveDate>) -> Option<NaiveDate> {
    let Body::Reconcile(body) = &rule.body else { return None };
    let margin = body.window.as_ref()?.margin?;
    if looks_into(body, table) { None } else { margin.before(since?) }
}

/// Whether rows of `table` are looked up, whose age says nothing of the documents that need them.
fn looks_into(body: &Reconcile, table: &str) -> bool {
    let mut lookups = body.sides.iter().flat_map(|side| &side.added.lookups);
    lookups.any(|lookup| lookup.table == table)
        || body.rates.as_ref().is_some_and(|rates| rates.table == table)
        || body.units.as_ref().is_some_and(|units| units.table == table)
}
