//! `tieout run`: one run of a job or a rule, its report, its mails.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Files, Format, NOT_EVALUATED, TIES_OUT, USAGE, fail, load, print, print_by, tables};
use crate::config::Config;
use crate::metrics;
use crate::notify::email::Mailer;
use crate::report::RunReport;
use crate::run::{self, Request, RunError, Sent, Target};
use crate::schedule::Clock;
use crate::serve;
use crate::store::Store;
use crate::web::measure;

/// Runs a job, or one rule, and reports what does not tie out
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The job to run
    #[arg(conflicts_with = "rule")]
    pub job: Option<String>,
    /// Run this one rule instead of a job
    #[arg(long)]
    pub rule: Option<String>,
    /// Judge as of this day (2026-11-20) or instant (2026-11-20T08:00:00+08:00) instead of now
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<String>,
    /// Report only: record nothing, send nothing
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the metrics here afterwards, for node_exporter's textfile collector
    #[arg(long, value_name = "PATH")]
    pub metrics_file: Option<PathBuf>,
}

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let target = match (&arguments.job, &arguments.rule) {
        (_, Some(rule)) => Target::Rule(rule.clone()),
        (Some(job), None) => Target::Job(job.clone()),
        (None, None) => {
            let known: Vec<&str> = config.jobs.keys().map(String::as_str).collect();
            eprintln!("say which job to run, or which rule with --rule; known jobs: {}", known.join(", "));
            return USAGE;
        }
    };
    let as_of = match as_of(arguments.as_of.as_deref(), &config, clock.now()) {
        Ok(as_of) => as_of,
        Err(sentence) => {
            eprintln!("{sentence}");
            return USAGE;
        }
    };
    let request = Request { target, as_of, dry_run: arguments.dry_run };
    let (report, sent) = match once(&config, &request, clock, arguments.metrics_file.as_ref()).await {
        Ok(done) => done,
        Err(code) => return code,
    };
    let printed = match arguments.format {
        Format::Json => print_by(|out| report.write_json(out)),
        Format::Csv => match report.to_csv() {
            Ok(text) => print(&text),
            Err(fault) => return fail(&fault),
        },
        Format::Table => print(&tables::run(&config, &report, sent)),
    };
    let code = report.exit_code().max(printed);
    // The process ends here, and takes a large report along sooner than it could be taken apart.
    std::mem::forget(report);
    code
}

/// One run with everything that follows it: mails, and the metrics file. Answers the exit code when it fails.
pub(super) async fn once(
    config: &Arc<Config>,
    request: &Request,
    clock: &dyn Clock,
    metrics_file: Option<&PathBuf>,
) -> Result<(RunReport, Sent), u8> {
    let url = config.store_url.expose();
    let store = if request.dry_run { Store::open_existing(url).await } else { Store::open(url).await.map(Some) };
    let store = store.map_err(|fault| fail(&fault))?;
    let report = run::run(config, store.as_ref(), request, clock).await.map_err(|fault| match fault {
        RunError::Unknown { .. } => {
            eprintln!("{fault}");
            USAGE
        }
        fault => fail(&fault),
    })?;
    let mut sent = Sent::default();
    if let Some(store) = store.as_ref().filter(|_| !request.dry_run) {
        sent = deliver(config, store, clock).await?;
    }
    if let (Some(path), Some(store)) = (metrics_file, &store) {
        let timetables = serve::timetables(config).map_err(|fault| fail(&fault))?;
        let standing = store.standing().await.map_err(|fault| fail(&fault))?;
        let state = measure::state(config, &timetables, &standing, clock.now());
        metrics::write_textfile(path, Some(&state)).map_err(|fault| fail(&fault))?;
    }
    Ok((report, sent))
}

/// Sends what is due. A mail that cannot go out now is kept and tried again; that is told, and is no failed run.
async fn deliver(config: &Config, store: &Store, clock: &dyn Clock) -> Result<Sent, u8> {
    let Some(mail) = &config.mail else { return Ok(Sent::default()) };
    let mailer = Mailer::new(mail, config.limits.send_timeout).map_err(|fault| fail(&fault))?;
    let sent = run::deliver(config, store, &mailer, clock).await.map_err(|fault| fail(&fault))?;
    if sent.failed > 0 {
        eprintln!("{} mails could not be sent; they are kept and tried again", sent.failed);
    }
    if sent.dead > 0 {
        eprintln!("{} mails will not be tried again; see the log above for why", sent.dead);
    }
    Ok(sent)
}

/// What a command needs that judges a rule and records nothing: the config, the instant judged, and the store where there
/// is one. The error is the exit code, once what is wrong was said.
pub(super) async fn rehearsed(
    files: &Files,
    text: Option<&str>,
    clock: &dyn Clock,
) -> Result<(Arc<Config>, DateTime<Utc>, Option<Store>), u8> {
    let config = load(files)?;
    let as_of = as_of(text, &config, clock.now()).map_err(|sentence| {
        eprintln!("{sentence}");
        USAGE
    })?;
    let store = Store::open_existing(config.store_url.expose()).await.map_err(|fault| fail(&fault))?;
    Ok((config, as_of, store))
}

/// Reads `--as-of`: nothing is now, a day is its last second (or now, if it is today), an instant is itself.
pub(super) fn as_of(text: Option<&str>, config: &Config, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let Some(text) = text else { return Ok(now) };
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(run::as_of_day(day, config.business.zone, now));
    }
    let instant = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    instant.map_err(|_| {
        format!(
            "--as-of {text:?} is neither a day such as 2026-11-20 nor an instant with its offset such as \
             2026-11-20T08:00:00+08:00"
        )
    })
}

const _: () = assert!(TIES_OUT < NOT_EVALUATED, "the worse code is the larger one, so `max` keeps it");
