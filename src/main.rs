//! The command line and exit codes, nothing else.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tieout::commands::{self, Files};
use tieout::progress::Display;
use tieout::schedule::{Clock, SystemClock};
use tieout::sources::PROGRESS;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Proves sales, warehouse and finance tables against each other, and tells whose desk a difference belongs on
///
/// Exit codes: 0 all ties out, 1 there are exceptions, 2 something could not be evaluated or run, 64 wrong usage or files.
#[derive(Parser)]
#[command(name = "tieout", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    files: Files,
    /// How the log on standard error is written; TIEOUT_LOG sets what is in it (warn, info, tieout=debug)
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    log_format: LogFormat,
    /// Show no progress on the terminal
    #[arg(long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Arguments),
    Run(commands::run::Arguments),
    /// Runs jobs on their schedules, sends mails, serves the page and the metrics
    Serve,
    Check(commands::check::Arguments),
    Test(commands::test::Arguments),
    Exceptions(commands::exceptions::Arguments),
    Explain(commands::explain::Arguments),
    Pull(commands::pull::Arguments),
    Accept(commands::accept::Arguments),
    Explore(commands::explore::Arguments),
    Init(commands::init::Arguments),
    Suggest(commands::suggest::Arguments),
    Ageing(commands::ageing::Arguments),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(fault) => {
            // Help and version are answers, everything else is wrong usage.
            let code = if fault.use_stderr() { commands::USAGE } else { commands::TIES_OUT };
            let _ = fault.print();
            return ExitCode::from(code);
        }
    };
    start_log(&cli);
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            eprintln!("{fault:#}");
            ExitCode::from(commands::NOT_EVALUATED)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let files = cli.files;
    Ok(runtime.block_on(async {
        match cli.command {
            Command::Demo(arguments) => commands::demo::command(&arguments, clock).await,
            Command::Run(arguments) => commands::run::command(&files, &arguments, &*clock).await,
            Command::Check(arguments) => commands::check::command(&files, &arguments, &*clock).await,
            Command::Test(arguments) => commands::test::command(&files, &arguments),
            Command::Exceptions(arguments) => commands::exceptions::command(&files, &arguments).await,
            Command::Explain(arguments) => commands::explain::command(&files, &arguments).await,
            Command::Pull(arguments) => commands::pull::command(&files, &arguments, &*clock).await,
            Command::Accept(arguments) => commands::accept::command(&files, &arguments, &*clock).await,
            Command::Explore(arguments) => commands::explore::command(&files, &arguments, &*clock).await,
            Command::Init(arguments) => commands::init::command(&arguments, &*clock).await,
            Command::Suggest(arguments) => commands::suggest::command(&files, &arguments, &*clock).await,
            Command::Ageing(arguments) => commands::ageing::command(&files, &arguments, &*clock).await,
            Command::Serve => match commands::load(&files) {
                Ok(config) => commands::serve(config, clock).await,
                Err(code) => code,
            },
        }
    }))
}

/// Logs go to standard error; `TIEOUT_LOG` sets what is said (`info`, `tieout=debug`), by default warnings. Where
/// standard error is a terminal and the command ends by itself, it also shows what goes on.
fn start_log(cli: &Cli) {
    let filter = EnvFilter::try_from_env("TIEOUT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let terminal = std::io::stderr().is_terminal();
    let display = (terminal && !cli.quiet && !matches!(cli.command, Command::Serve)).then(Display::default);
    let writer = display.as_ref().map(Display::log).unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match cli.log_format {
        LogFormat::Text => lines.with_ansi(terminal).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let display = display.map(|display| display.with_filter(Targets::new().with_target(PROGRESS, Level::TRACE)));
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(display).init();
}
