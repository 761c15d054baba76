//! `tieout pull`: one table as rules see it, normalised.

mod layout;
mod output;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::{Files, NOT_EVALUATED, TIES_OUT, USAGE, fail, load, print_by, run::as_of};
use crate::audit::snapshot::{Table, UnreadableCell};
use crate::config::Config;
use crate::language::Language;
use crate::run;
use crate::schedule::Clock;
use crate::words;

/// Shows a table as rules see it: pulled with a run's parameters and guards, cleaned and typed
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The table: the name of a file of config/tables/, or RULE.SIDE for a table written in a rule
    pub table: String,
    /// Pull as of this day (2026-11-20) or instant (2026-11-20T08:00:00+08:00) instead of now
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<String>,
    /// How the rows are written [default: by the ending of --out, else table]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// At most this many rows [default: 20 as a table, else all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Only these columns, in this order
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub columns: Vec<String>,
    /// CSV for a spreadsheet: a cell that it would run as a formula or mangle as a number begins with an apostrophe
    #[arg(long)]
    pub spreadsheet: bool,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, fitted to the terminal
    Table,
    /// For programs: every cell exactly as rules see it
    Csv,
    /// Exact decimals, dates and instants
    Parquet,
    /// Figures as texts, because JSON's numbers are not exact
    Json,
}

/// Rows of a table that is shown to a person who did not say how many.
const SHOWN_ROWS: usize = 20;
/// Cells listed of those that cannot be read.
const LISTED_CELLS: usize = 20;

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let config = match load(files) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let format = arguments.format.unwrap_or_else(|| by_ending(arguments.out.as_deref()));
    if let Some(sentence) = misuse(&config, arguments, format) {
        eprintln!("{sentence}");
        return USAGE;
    }
    let as_of = match as_of(arguments.as_of.as_deref(), &config, clock.now()) {
        Ok(as_of) => as_of,
        Err(sentence) => {
            eprintln!("{sentence}");
            return USAGE;
        }
    };
    let table = match run::table(&config, &arguments.table, as_of, clock).await {
        Ok(table) => table,
        Err(reason) => {
            eprintln!("{}.", words::reason(&reason, Language::En));
            return NOT_EVALUATED;
        }
    };
    let view = View::of(&table, arguments, format);
    let code = match format {
        Format::Table => {
            written(arguments.out.as_deref(), |out| out.write_all(layout::page(&config, &view).as_bytes()))
        }
        Format::Csv => written(arguments.out.as_deref(), |out| output::csv(&view, arguments.spreadsheet, out)),
        Format::Json => written(arguments.out.as_deref(), |out| output::json(&view, as_of, out)),
        Format::Parquet => written(arguments.out.as_deref(), |out| output::parquet(&view, out)),
    };
    if format != Format::Table {
        eprint!("{}{}", unreadable(&table.unreadable), no_dates(&table));
    }
    code
}

/// The part of a table that is asked for.
struct View<'t> {
    table: &'t Table,
    /// Places in the table's spec.
    columns: Vec<usize>,
    /// The first so many rows.
    rows: usize,
}

impl View<'_> {
    fn of<'t>(table: &'t Table, arguments: &Arguments, format: Format) -> View<'t> {
        let place = |name: &String| table.spec.columns.iter().position(|column| column.name == *name);
        let columns = match arguments.columns.as_slice() {
            [] => (0..table.spec.columns.len()).collect(),
            named => named.iter().filter_map(place).collect(),
        };
        let usual = if format == Format::Table { SHOWN_ROWS } else { usize::MAX };
        View { table, columns, rows: arguments.limit.unwrap_or(usual).min(table.len()) }
    }
}

fn by_ending(out: Option<&Path>) -> Format {
    let ending = out.and_then(Path::extension).map(|ending| ending.to_ascii_lowercase());
    match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("csv") => Format::Csv,
        Some("parquet") => Format::Parquet,
        Some("json") => Format::Json,
        _ => Format::Table,
    }
}

/// What is wrong with what was asked for.
fn misuse(config: &Config, arguments: &Arguments, format: Format) -> Option<String> {
    let Some(spec) = config.tables.get(&arguments.table) else {
        let sentence = super::unknown("table", &arguments.table, config.tables.keys().map(String::as_str));
        return Some(sentence);
    };
    let known = || spec.columns.iter().map(|column| column.name.as_str());
    if let Some(name) = arguments.columns.iter().find(|name| spec.column(name).is_none()) {
        return Some(super::unknown(&format!("column of table {}", spec.name), name, known()));
    }
    if arguments.spreadsheet && format != Format::Csv {
        return Some("--spreadsheet is about CSV: --format csv".to_owned());
    }
    if format == Format::Parquet && arguments.out.is_none() && io::stdout().is_terminal() {
        return Some("a terminal cannot show Parquet; name a file with --out, or pipe it".to_owned());
    }
    None
}

/// Writes to the file, which is whole or not there, or else to standard output; answers the exit code.
fn written(out: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> u8 {
    let Some(path) = out else { return print_by(write) };
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let whole = || -> io::Result<()> {
        let mut file = BufWriter::with_capacity(1 << 16, File::create(&part)?);
        write(&mut file)?;
        file.flush()?;
        std::fs::rename(&part, path)
    };
    match whole() {
        Ok(()) => TIES_OUT,
        Err(fault) => {
            // What was begun is of no use; that it cannot be removed says nothing more than the fault itself.
            let _ = std::fs::remove_file(&part);
            fail(&io::Error::new(fault.kind(), format!("cannot write {}: {fault}", path.display())))
        }
    }
}

/// How many days of each column stand for none; empty without any.
fn no_dates(table: &Table) -> String {
    let line = |(column, count): (&String, &u64)| {
        let dates = super::tables::count(*count, "date");
        format!("{dates} of {column} that stand for none, such as 0000-00-00\n")
    };
    table.no_dates.iter().map(line).collect()
}

/// The cells that could not be read, a line each; empty without any.
fn unreadable(cells: &[UnreadableCell]) -> String {
    if cells.is_empty() {
        return String::new();
    }
    let mut text = format!("{} that cannot be read:\n", super::tables::count(cells.len() as u64, "cell"));
    for cell in cells.iter().take(LISTED_CELLS) {
        text.push_str(&format!("  row {}, {}: {}\n", cell.row + 1, cell.column, words::visible(&cell.text)));
    }
    if cells.len() > LISTED_CELLS {
        text.push_str(&format!("  and {} more; --format json lists them all\n", cells.len() - LISTED_CELLS));
    }
    text
}
