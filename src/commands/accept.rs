//! `tieout accept`: takes the next pull of a table whatever its guards say.

use uuid::Uuid;

use super::{Files, USAGE, fail, load, print};
use crate::problem::nearest;
use crate::schedule::Clock;
use crate::store::{Acceptance, Store, StoreError};
use crate::words;

/// Believes the next pull of a table whatever its guards say, and measures later pulls by it
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The table's name
    pub table: String,
    /// Why its figures are right; kept in the trail
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who says so [default: the user's name in the environment]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let table = &arguments.table;
    if !config.tables.contains_key(table) {
        let known = config.tables.keys().map(String::as_str);
        let near = nearest(table, known.clone()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        eprintln!("there is no table {table}; known: {}{near}", known.collect::<Vec<_>>().join(", "));
        return USAGE;
    }
    let user = || ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let Some(by) = arguments.by.clone().or_else(user).filter(|by| !by.trim().is_empty()) else {
        eprintln!("nobody is named who accepts the table; --by NAME says it");
        return USAGE;
    };
    let store = match Store::open(config.store_url.expose()).await {
        Ok(store) => store,
        Err(fault) => return fail(&fault),
    };
    let acceptance = Acceptance {
        id: Uuid::now_v7().to_string(),
        table: table.clone(),
        at: clock.now(),
        by,
        reason: arguments.reason.clone(),
    };
    match store.accept(&acceptance).await {
        Ok(()) => {
            let by = words::visible(&acceptance.by);
            print(&format!("the next pull of {table} is accepted, by {by}; later pulls are measured by it\n"))
        }
        Err(StoreError::Refused(sentence)) => {
            eprintln!("{sentence}");
            USAGE
        }
        Err(fault) => fail(&fault),
    }
}
