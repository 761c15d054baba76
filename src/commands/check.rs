//! `tieout check`: reads every file, and unless told otherwise every source, and says what would run when.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Files, NOT_EVALUATED, TIES_OUT, fail, load, print};
use crate::audit::judgement::Reason;
use crate::audit::snapshot::TableSpec;
use crate::config::{Config, Transport};
use crate::language::Language;
use crate::run::{self, Probe};
use crate::schedule::{Clock, Timetable};
use crate::sources::{self, PullLimits};
use crate::store::Store;
use crate::words;

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
        let probes = run::probe(&config, clock).await;
        code = code.max(tables(&mut text, &probes));
        sources(&mut text, &config).await;
        code = code.max(store(&mut text, &config).await);
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
            continue;
        };
        let _ = writeln!(text, "  job {name}: {}, at \"{line}\" in {}", counted(job.rules.len(), "rule"), job.zone);
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

fn tables(text: &mut String, probes: &BTreeMap<String, Result<Probe, Reason>>) -> u8 {
    let mut code = TIES_OUT;
    for (name, probe) in probes {
        match probe {
            Ok(probe) => {
                let _ = write!(text, "  table {name}: {}", super::tables::count(probe.rows, "row"));
                if probe.unreadable > 0 {
                    let _ = write!(text, ", {} that cannot be read", super::tables::count(probe.unreadable, "cell"));
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

async fn store(text: &mut String, config: &Config) -> u8 {
    let store = match Store::open_existing(config.store_url.expose()).await {
        Ok(Some(store)) => store,
        Ok(None) => {
            let _ = writeln!(text, "  store: none yet; the first run makes it");
            return TIES_OUT;
        }
        Err(fault) => return fail(&fault),
    };
    match store.verify_trail().await {
        Ok(rows) => {
            let _ = writeln!(text, "  store: in order, {rows} trail rows verified");
            TIES_OUT
        }
        Err(fault) => fail(&fault),
    }
}
