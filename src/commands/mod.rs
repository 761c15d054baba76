//! What each command does between its arguments and its exit code. Prints results to standard output, and nothing
//! else there; what goes wrong goes to standard error.

pub mod accept;
pub mod ageing;
pub mod check;
pub mod demo;
pub mod exceptions;
pub mod explain;
pub mod explore;
pub mod init;
mod moments;
mod place;
pub mod pull;
pub mod run;
pub mod suggest;
mod tables;
pub mod test;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::config::{self, Config, Locations};
use crate::problem;
use crate::schedule::Clock;
use crate::serve::{self, Pace};

/// All ties out, or there was nothing to judge.
pub const TIES_OUT: u8 = 0;
/// There are exceptions.
pub const EXCEPTIONS: u8 = 1;
/// Something could not be evaluated or run.
pub const NOT_EVALUATED: u8 = 2;
/// Wrong usage or wrong files, after `EX_USAGE` of sysexits.h.
pub const USAGE: u8 = 64;

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
}

/// Where files are, as every command takes it.
#[derive(Clone, Debug, clap::Args)]
pub struct Files {
    /// The config file; table files are read from `tables/` beside it
    #[arg(long, global = true, value_name = "FILE", default_value = "config/tieout.toml")]
    pub config: PathBuf,
    /// The folder of rule files [default: rules/ beside the config's folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

impl Files {
    /// Where the rule files are.
    pub fn rules(&self) -> PathBuf {
        self.rules.clone().unwrap_or_else(|| config::root_of(&self.config).join("rules"))
    }
}

/// Reads every file, or prints all their problems and answers the exit code.
pub fn load(files: &Files) -> Result<Arc<Config>, u8> {
    let locations = Locations { config: files.config.clone(), rules: files.rules() };
    match config::load(&locations, &|name| std::env::var(name).ok()) {
        Ok(config) => Ok(Arc::new(config)),
        Err(problems) => {
            eprintln!("{problems}");
            let count = problems.0.len();
            eprintln!("{count} {} to mend; nothing was run", if count == 1 { "problem" } else { "problems" });
            Err(USAGE)
        }
    }
}

/// Prints a result. A reader that went away (`| head`) is no fault of ours.
pub(crate) fn print(text: &str) -> u8 {
    print_by(|out| out.write_all(text.as_bytes()))
}

/// Prints a result that is written piece by piece, because it may be large.
pub(crate) fn print_by(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> u8 {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => TIES_OUT,
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => TIES_OUT,
        Err(fault) => {
            eprintln!("cannot write to standard output: {fault}");
            NOT_EVALUATED
        }
    }
}

/// Prints a fault with its causes as one sentence and answers the exit code.
pub(crate) fn fail(fault: &dyn std::error::Error) -> u8 {
    let mut line = fault.to_string();
    let mut cause = fault.source();
    while let Some(next) = cause {
        line = format!("{line}: {next}");
        cause = next.source();
    }
    eprintln!("{line}");
    NOT_EVALUATED
}

/// Serves until it is asked to stop.
pub async fn serve(config: Arc<Config>, clock: Arc<dyn Clock>) -> u8 {
    let listen = config.serve.listen;
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(fault) => {
            eprintln!("cannot listen on {listen}: {fault}; [serve] listen in the config file names the address");
            return NOT_EVALUATED;
        }
    };
    let served = serve::serve(config, clock, listener, Pace::default(), serve::stop_signal()).await;
    served.map_or_else(|fault| fail(&fault), |()| TIES_OUT)
}

/// What is said of a name that nobody knows: the nearest one, and which there are.
pub(crate) fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    let near = problem::nearest(name, known.clone()).map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    let name = crate::words::visible(name);
    format!(
        "There is no {what} {name}.{near} Known: {}.",
        known.map(crate::words::visible).collect::<Vec<_>>().join(", ")
    )
}
