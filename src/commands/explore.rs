//! `tieout explore`: what a source holds, and what its tables seem to mean.

mod page;

use super::{Files, NOT_EVALUATED, USAGE, place, print, unknown};
use crate::config::Source;
use crate::explore;
use crate::problem::nearest;
use crate::schedule::Clock;
use crate::sources::catalogue::{self, Holding};

/// Shows what a source holds, or one of its tables with a table file to begin with; only ever reads
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// A source of the config, or on the spot: postgres://…, mysql://…, sqlite:FILE, a SQLite file, a folder of files
    pub source: String,
    /// One table, view or file of it
    pub table: Option<String>,
    /// How many rows of the table are looked at
    #[arg(long, value_name = "ROWS", default_value_t = SAMPLE, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub sample: u32,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How what was found is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
}

/// Rows that tell enough of a table, and are read in a moment.
pub const SAMPLE: u32 = 10_000;

/// Runs the command; answers the exit code.
pub async fn command(files: &Files, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let place = match place::find(files, &arguments.source) {
        Ok(place) => place,
        Err(sentence) => {
            eprintln!("{sentence}");
            return USAGE;
        }
    };
    let held = match catalogue::list(&place.source, clock).await {
        Ok(held) => held,
        Err(fault) => {
            eprintln!("{}: {}", place.source.name, fault.fault);
            return NOT_EVALUATED;
        }
    };
    let Some(wanted) = arguments.table.clone().or(place.file) else {
        return print(&match arguments.format {
            Format::Table => page::list(&place.source, &held),
            Format::Json => page::list_json(&place.source, &held),
        });
    };
    let holding = match pick(&held, &wanted) {
        Ok(holding) => holding,
        Err(sentence) => {
            eprintln!("{sentence}");
            return USAGE;
        }
    };
    look(&place.source, holding, arguments, clock).await
}

/// The table that is meant: by its full name, or by its name alone where only one has it. Letters may be of either
/// case where that is enough.
fn pick(held: &[Holding], wanted: &str) -> Result<Holding, String> {
    let same = |name: &str, alike: &dyn Fn(&str, &str) -> bool| {
        held.iter()
            .filter(|holding| alike(&holding.full_name(), name) || alike(&holding.name, name))
            .collect::<Vec<_>>()
    };
    let exact = same(wanted, &|left, right| left == right);
    let found = if exact.is_empty() { same(wanted, &|left, right| left.eq_ignore_ascii_case(right)) } else { exact };
    match found.as_slice() {
        [holding] => Ok((*holding).clone()),
        [] => {
            let names: Vec<String> = held.iter().map(Holding::full_name).collect();
            let short = held.iter().map(|holding| holding.name.as_str());
            // A name without its schema is as near as one with it.
            let near = nearest(wanted, short).filter(|near| !names.contains(near));
            let near = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            Err(unknown("table", wanted, names.iter().map(String::as_str)) + &near)
        }
        several => {
            let names: Vec<String> = several.iter().map(|holding| holding.full_name()).collect();
            Err(format!("There are several tables {wanted}: {}; say which.", names.join(", ")))
        }
    }
}

async fn look(source: &Source, mut holding: Holding, arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let most = usize::try_from(arguments.sample).unwrap_or(usize::MAX);
    if let Some(fault) = &holding.fault {
        eprintln!("{} of {}: {fault}", holding.full_name(), source.name);
        return NOT_EVALUATED;
    }
    let sample = match catalogue::sample(source, &mut holding, most, clock).await {
        Ok(sample) => sample,
        Err(fault) => {
            eprintln!("{} of {}: {}", holding.full_name(), source.name, fault.fault);
            return NOT_EVALUATED;
        }
    };
    let profile = explore::profile(holding, &sample, source.zone);
    print(&match arguments.format {
        Format::Table => page::table(source, &profile),
        Format::Json => page::table_json(source, &profile),
    })
}
