//! The command line and exit codes, nothing else.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tieout::commands::{self, Files};
use tieout::schedule::{Clock, SystemClock};

use tracing_subscriber::EnvFilter;

/// Proves sales, warehouse and finance tables against each other, and tells whose desk a difference belongs on
///
/// Exit codes: 0 all ties out, 1 there are exceptions, 2 something could not be evaluated or run, 64 wrong usage or files.
#[derive(Parser)]
#[command(name = "tieout", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    files: Files,
    #[command(subcommand)]
    command: Command,
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
    start_log();
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
            Command::Serve => match commands::load(&files) {
                Ok(config) => commands::serve(config, clock).await,
                Err(code) => code,
            },
        }
    }))
}

/// Logs go to standard error; `TIEOUT_LOG` sets what is said (`info`, `tieout=debug`), by default warnings.
fn start_log() {
    let filter = EnvFilter::try_from_env("TIEOUT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
