//! `tieout exceptions`: the list, narrowed.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Files, Format, TIES_OUT, USAGE, fail, load, print, tables};
use crate::audit::exception::{Exception, Status};
use crate::audit::rulebook::Titles;
use crate::language::Language;
use crate::store::{Filter, Store, StoreError};
use crate::words;

/// Lists exceptions
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Only this department's
    #[arg(long)]
    pub department: Option<String>,
    /// Only this rule's
    #[arg(long)]
    pub rule: Option<String>,
    /// Only these: open, acknowledged, waived, resolved, gone, retired [default: open, acknowledged, waived]
    #[arg(long, value_delimiter = ',', value_parser = status)]
    pub status: Vec<Status>,
    /// Only subjects that contain this text
    #[arg(long)]
    pub subject: Option<String>,
    /// List at most this many
    #[arg(long, default_value_t = 50)]
    pub limit: u64,
    /// Leave out this many at the start
    #[arg(long, default_value_t = 0)]
    pub offset: u64,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The JSON list. Money is text.
#[derive(Serialize)]
struct List<'a> {
    format: &'static str,
    total: u64,
    offset: u64,
    exceptions: &'a [Exception],
}

fn status(text: &str) -> Result<Status, String> {
    Status::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = Status::ALL.iter().map(|status| status.name()).collect();
        format!("known are {}", known.join(", "))
    })
}

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let store = match Store::open_existing(config.store_url.expose()).await {
        Ok(store) => store,
        Err(fault) => return fail(&fault),
    };
    let rules: Vec<&str> = config.rules.iter().map(|rule| rule.id.as_str()).collect();
    let departments: Vec<&str> = config.departments.keys().map(String::as_str).collect();
    for (what, given, known) in [("department", &arguments.department, departments), ("rule", &arguments.rule, rules)] {
        let Some(given) = given else { continue };
        match is_known(what, given, &known, store.as_ref()).await {
            Ok(true) => {}
            Ok(false) => {
                eprintln!("there is no {what} {given}; known: {}", known.join(", "));
                return USAGE;
            }
            Err(fault) => return fail(&fault),
        }
    }
    let Some(store) = store else {
        eprintln!("there is no store yet: nothing was run so far; `tieout run JOB` makes it");
        return TIES_OUT;
    };
    let live = || Status::LIVE.into_iter().collect::<BTreeSet<_>>();
    let filter = Filter {
        department: arguments.department.clone(),
        rule: arguments.rule.clone(),
        status: if arguments.status.is_empty() { live() } else { arguments.status.iter().copied().collect() },
        subject: arguments.subject.clone(),
        limit: Some(arguments.limit),
        offset: arguments.offset,
    };
    let page = match store.exceptions(&filter).await {
        Ok(page) => page,
        Err(fault) => return fail(&fault),
    };
    let titles = Titles::of(&config.rules);
    let text = match arguments.format {
        Format::Table => tables::exceptions(&page.exceptions, &titles, page.total, arguments.offset),
        Format::Json => {
            let list = List {
                format: "tieout.exceptions/1",
                total: page.total,
                offset: arguments.offset,
                exceptions: &page.exceptions,
            };
            serde_json::to_string_pretty(&list).expect("every key of an exception is text") + "\n"
        }
        Format::Csv => match csv(&page.exceptions, &titles) {
            Ok(text) => text,
            Err(fault) => return fail(&fault),
        },
    };
    print(&text)
}

/// Whether the files name a rule or department, or the store remembers one that the files name no more.
async fn is_known(what: &str, given: &str, known: &[&str], store: Option<&Store>) -> Result<bool, StoreError> {
    let Some(store) = store.filter(|_| !known.contains(&given)) else { return Ok(known.contains(&given)) };
    let given = given.to_owned();
    let mut filter = Filter { limit: Some(1), ..Filter::default() };
    if what == "rule" {
        if store.standing().await?.rules.contains_key(&given) {
            return Ok(true);
        }
        filter.rule = Some(given);
    } else {
        filter.department = Some(given);
    }
    Ok(store.exceptions(&filter).await?.total > 0)
}

/// One row per break.
fn csv(exceptions: &[Exception], titles: &Titles) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "exception",
        "status",
        "severity",
        "department",
        "rule",
        "subject",
        "first_seen",
        "last_changed",
        "assignee",
        "check",
        "class",
        "side",
        "currency",
        "amount_at_risk",
        "what",
        "likely_cause",
        "odd_one_out",
    ])?;
    for exception in exceptions {
        for found in &exception.breaks {
            let money = found.at_risk.as_ref();
            let title = titles.get(&exception.rule, &found.check);
            writer.write_record([
                &exception.id,
                exception.status.name(),
                exception.severity.name(),
                &exception.department,
                &exception.rule,
                &words::csv_cell(&exception.subject.to_string()),
                &exception.first_seen.to_string(),
                &exception.last_changed.to_string(),
                &words::csv_cell(exception.assignee.as_deref().unwrap_or("")),
                &found.check,
                found.class.name(),
                found.side.as_deref().unwrap_or(""),
                &money.map(|money| words::csv_cell(&money.currency)).unwrap_or_default(),
                &money.map(|money| money.amount.to_string()).unwrap_or_default(),
                &words::csv_cell(&words::told(found, title, Language::En)),
                &words::csv_cell(&words::cause(found, Language::En)),
                &words::csv_cell(found.odd().map_or("", |odd| &odd.side)),
            ])?;
        }
    }
    let bytes = writer.into_inner().map_err(|fault| csv::Error::from(fault.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
