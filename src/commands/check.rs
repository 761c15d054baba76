//! `tieout check`: reads every file, and unless told otherwise every source, and says what would run when.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use chrono::TimeDelta;

use super::{Files, NOT_EVALUATED, TIES_OUT, fail, load, print};
use crate::audit::judgement::Reason;
use crate::audit::snapshot::TableSpec;
use crate::config::{Config, Job, Transport};
use crate::language::Language;
use crate::run::{self, Probe};
use crate::schedule::{Clock, Timetable};
use crate::sources::{self, PullLimits};
use crate::store::Store;
use crate::words::{self, length};

/// Checks config, tables and rules, then reads every table once
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Check the files only; open no source and no store
    #[arg(long)]
    pub offline: bool,
}

/// How many coming runs of each job are shown.
const UPCOMING: usize = 3;

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let mut text = summary(&config, clock);
    let mut code = TIES_OUT;
    if !arguments.offline {
        code = code.max(stored(&mut text, &config, clock).await);
    }
    code.max(print(&text))
}

fn counted(count: usize, one: &str) -> String {
    super::tables::count(count as u64, one)
}

fn summary(config: &Config, clock: &dyn Clock) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {}, {}, {}, {}; all files are in order",
        words::visible(&config.business.name),
        counted(config.rules.len(), "rule"),
        counted(config.tables.len(), "table"),
        counted(config.sources.len(), "source"),
        counted(config.departments.len(), "department")
    );
    for rule in &config.rules {
        let _ =
            writeln!(text, "  rule {}: {} ({})", rule.id, words::visible(rule.title.get(Language::En)), rule.kind());
    }
    for (name, job) in &config.jobs {
        let Some(line) = &job.schedule else {
            let _ = writeln!(text, "  job {name}: {}, run by hand", counted(job.rules.len(), "rule"));
            too_late(&mut text, config, job);
            continue;
        };
        let _ = writeln!(text, "  job {name}: {}, at \"{line}\" in {}", counted(job.rules.len(), "rule"), job.zone);
        too_late(&mut text, config, job);
        // The line was checked when the files were read; a line that cannot be parsed has no coming runs to show.
        let upcoming = Timetable::parse(line, job.zone).map(|times| times.upcoming(clock.now(), UPCOMING));
        for at in upcoming.unwrap_or_default() {
            let _ = writeln!(text, "    next {}", at.with_timezone(&job.zone).format("%a %Y-%m-%d %H:%M %Z"));
        }
    }
    let mail = match config.mail.as_ref().map(|mail| &mail.transport) {
        None => "none: nobody is written to".to_owned(),
        Some(Transport::Folder { path }) => format!("written to the folder {}", path.display()),
        Some(Transport::Smtp { .. }) => "sent by SMTP".to_owned(),
    };
    let _ = writeln!(text, "  mail: {mail}");
    text
}

/// The rules of a job that would read again only when the job's time is over, and so never know what breaks.
fn too_late(text: &mut String, config: &Config, job: &Job) {
    let long = |time| TimeDelta::from_std(time).map_or_else(|_| "ever".to_owned(), |time| length(time, Language::En));
    for rule in config.rules.iter().filter(|rule| job.rules.contains(&rule.id)) {
        let Some(recheck) = rule.recheck.filter(|recheck| *recheck >= job.time_limit) else { continue };
        let (recheck, limit) = (long(recheck), long(job.time_limit));
        let _ = writeln!(
            text,
            "    rule {}: recheck = {recheck} is not over within the job's time_limit of {limit}, so whatever breaks leaves the rule not evaluated",
            rule.id
        );
    }
}

fn tables(text: &mut String, probes: &BTreeMap<String, Result<Probe, Reason>>) -> u8 {
    let mut code = TIES_OUT;
    for (name, probe) in probes {
        match probe {
            Ok(probe) => {
                let _ = write!(text, "  table {name}: {}", super::tables::count(probe.rows, "row"));
                if probe.unreadable > 0 {
                    let _ = write!(text, ", {} that cannot be read", super::tables::count(probe.unreadable, "cell"));
                }
                if probe.no_dates > 0 {
                    let days = super::tables::count(probe.no_dates, "date");
                    let _ = write!(text, ", {days} that stand for none, such as 0000-00-00");
                }
                text.push('\n');
            }
            Err(reason) => {
                code = NOT_EVALUATED;
                let _ = writeln!(text, "  table {name}: {}", words::reason(reason, Language::En));
            }
        }
    }
    code
}

/// What should be known of the sources that can be reached; of one that cannot, its tables have told already.
async fn sources(text: &mut String, config: &Config) {
    for (name, source) in &config.sources {
        let tables: Vec<TableSpec> = config.tables.values().filter(|table| table.source == *name).cloned().collect();
        let remarks = sources::remarks(source, &tables, &PullLimits::of(&config.limits)).await;
        for remark in remarks.unwrap_or_default() {
            let _ = writeln!(text, "  source {name}: {remark}");
        }
    }
}

/// The tables as they are read now, held against what the store remembers of them, and the store itself. A store that
/// cannot be opened is said after the tables.
async fn stored(text: &mut String, config: &Arc<Config>, clock: &dyn Clock) -> u8 {
    let store = Store::open_existing(config.store_url.expose()).await;
    let known = store.as_ref().ok().and_then(Option::as_ref);
    let mut code = match run::probe(config, known, clock).await {
        Ok(probes) => tables(text, &probes),
        Err(fault) => fail(&fault),
    };
    sources(text, config).await;
    if let Some(store) = known {
        code = code.max(acceptances(text, store).await);
    }
    let store = match store {
        Ok(Some(store)) => store,
        Ok(None) => {
            let _ = writeln!(text, "  store: none yet; the first run makes it");
            return code;
        }
        Err(fault) => return code.max(fail(&fault)),
    };
    match store.verify_trail().await {
        Ok(rows) => {
            let _ = writeln!(text, "  store: in order, {rows} trail rows verified");
            code
        }
        Err(fault) => code.max(fail(&fault)),
    }
}

/// Which tables' next pulls somebody accepted.
async fn acceptances(text: &mut String, store: &Store) -> u8 {
    match store.acceptances().await {
        Ok(acceptances) => {
            for acceptance in acceptances {
                let (by, reason) = (words::visible(&acceptance.by), words::one_line(&acceptance.reason));
                let _ = writeln!(text, "  table {}: its next pull is accepted by {by}: {reason}", acceptance.table);
            }
            TIES_OUT
        }
        Err(fault) => fail(&fault),
    }
}
