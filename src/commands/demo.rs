//! `tieout demo`: a trading company in a folder, judged, told and shown.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;

use super::{Files, USAGE, fail, load, print, run, serve, tables};
use crate::config::{Config, Transport};
use crate::demo::{self, DemoError, Options};
use crate::run::{Request, Target, as_of_day, day_of};
use crate::schedule::Clock;

/// Makes a small trading company, finds what its books disagree about, writes the mails and serves the page
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The company's folder
    #[arg(long, default_value = "var/demo")]
    pub dir: PathBuf,
    /// The business day its books stand at [default: today, or the day it was made for]
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<NaiveDate>,
    /// What all its figures follow from [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Order lines [default: 20000]
    #[arg(long)]
    pub lines: Option<u64>,
    /// Remove what an earlier demo made there, and begin anew
    #[arg(long)]
    pub fresh: bool,
    /// Run once and end like `run`, without serving
    #[arg(long)]
    pub once: bool,
}

/// The zone the demo company lives in; its config says the same.
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

const SEED: u64 = 1;
const LINES: u64 = 20_000;

/// Runs the command; answers the exit code.
pub async fn command(arguments: &Arguments, clock: Arc<dyn Clock>) -> u8 {
    let options = match options(arguments, &*clock) {
        Ok(options) => options,
        Err(fault) => return refuse(&fault),
    };
    match demo::prepare(&arguments.dir, &options, arguments.fresh) {
        Ok(true) => eprintln!(
            "made a company of {} order lines as of {} in {}",
            options.lines,
            options.day,
            arguments.dir.display()
        ),
        Ok(false) => eprintln!("found the company of {} in {}", options.day, arguments.dir.display()),
        Err(fault) => return refuse(&fault),
    }
    let files = Files { config: arguments.dir.join("config/tieout.toml"), rules: None };
    let config = match load(&files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let as_of = as_of_day(options.day, config.business.zone, clock.now());
    let request = Request { target: Target::Job("daily".to_owned()), as_of, dry_run: false };
    let (report, sent) = match run::once(&config, &request, &*clock, None).await {
        Ok(done) => done,
        Err(code) => return code,
    };
    print(&tables::run(&config, &report, sent));
    print(&places(&config, arguments));
    if arguments.once {
        return report.exit_code();
    }
    serve(config, clock).await.max(report.exit_code())
}

/// The options as given, with those the folder remembers, then the defaults, where nothing is given.
fn options(arguments: &Arguments, clock: &dyn Clock) -> Result<Options, DemoError> {
    let kept = if arguments.fresh { None } else { demo::remembered(&arguments.dir)? };
    let today = day_of(clock.now(), ZONE);
    Ok(Options {
        day: arguments.as_of.or(kept.as_ref().map(|kept| kept.day)).unwrap_or(today),
        seed: arguments.seed.or(kept.as_ref().map(|kept| kept.seed)).unwrap_or(SEED),
        lines: arguments.lines.or(kept.as_ref().map(|kept| kept.lines)).unwrap_or(LINES),
    })
}

fn refuse(fault: &DemoError) -> u8 {
    let code = fail(fault);
    if matches!(fault, DemoError::Refused(_)) { USAGE } else { code }
}

/// Where a newcomer finds everything.
fn places(config: &Config, arguments: &Arguments) -> String {
    let dir = arguments.dir.display();
    let mail = match config.mail.as_ref().map(|mail| &mail.transport) {
        Some(Transport::Folder { path }) => path.display().to_string(),
        _ => "sent".to_owned(),
    };
    let mut text = format!(
        "\nThe company    {dir}/erp.db, wms.db, ledger.db; what is wrong in it on purpose: {dir}/truth.json\n\
         Rules, config  {dir}/rules, {dir}/config\n\
         Mails          {mail}\n"
    );
    if arguments.once {
        text.push_str(&format!("Page, metrics  tieout demo --dir {dir} (without --once)\n"));
    } else {
        let page = &config.serve.base_url;
        text.push_str(&format!("Page           {page}/\nMetrics        {page}/metrics\nStop with Ctrl-C.\n"));
    }
    text
}
