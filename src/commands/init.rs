//! `tieout init`: config, table files and first rules for one's own systems, from what is found there.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{NOT_EVALUATED, USAGE, place, print, tables::count};
use crate::config::{Source, SourceKind};
use crate::explore::config_file::{self, Business, Found};
use crate::explore::rules::{self, Candidate, Draft};
use crate::explore::{self, Profile, table_file};
use crate::schedule::Clock;
use crate::sources::catalogue::{self, Holding, HoldingKind, Rows};

/// Writes a commented config, table files and first rules for your own systems; overwrites nothing, asks nothing
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The folder to write into; it is made where it is not there
    pub dir: PathBuf,
    /// A system to read, as often as there are systems: postgres://…, mysql://…, a SQLite file, a folder of files;
    /// NAME=… gives it another name
    #[arg(long = "source", value_name = "[NAME=]URL|PATH")]
    pub sources: Vec<String>,
    /// The company's name
    #[arg(long, default_value = "My company")]
    pub business: String,
    /// The time zone of the company and of times that its systems write without one
    #[arg(long, default_value = "Asia/Shanghai")]
    pub zone: chrono_tz::Tz,
    /// The currency of money that names none
    #[arg(long, default_value = "CNY", value_parser = currency)]
    pub currency: String,
}

/// Tables of one source that get a table file; the others are named in the config.
const MOST_TABLES: usize = 40;
/// Rows of each table that are looked at.
const SAMPLE: usize = 5_000;

fn currency(text: &str) -> Result<String, String> {
    match crate::audit::rulebook::is_currency_code(text) {
        true => Ok(text.to_owned()),
        false => Err("a code of three capital letters such as CNY is accepted".to_owned()),
    }
}

/// One file to be written, below the folder.
struct Planned {
    path: String,
    text: String,
}

/// Runs the command; answers the exit code.
pub async fn command(arguments: &Arguments, clock: &dyn Clock) -> u8 {
    let sources = match named_sources(arguments) {
        Ok(sources) => sources,
        Err(sentence) => {
            eprintln!("{sentence}");
            return USAGE;
        }
    };
    let (mut found, mut candidates) = (Vec::new(), Vec::new());
    for source in sources {
        let (left_out, tables) = match look(&source, &mut candidates, clock).await {
            Ok(looked) => looked,
            Err(sentence) => {
                eprintln!("{sentence}; nothing was written");
                return NOT_EVALUATED;
            }
        };
        eprintln!("{}: {}", source.name, count(tables as u64, "table file"));
        found.push(Found { path: written_path(&arguments.dir, &source), source, left_out });
    }
    let drafts = rules::propose(&candidates);
    let planned = plan(arguments, &found, &candidates, &drafts);
    if let Err(fault) = write(&arguments.dir, &planned) {
        eprintln!("{fault}");
        return if fault.kind() == io::ErrorKind::AlreadyExists { USAGE } else { NOT_EVALUATED };
    }
    print(&told(arguments, &found, &planned))
}

/// The sources of the command line, each under a name of its own.
fn named_sources(arguments: &Arguments) -> Result<Vec<Source>, String> {
    let mut sources: Vec<Source> = Vec::new();
    for text in &arguments.sources {
        let (name, place) = match text.split_once('=') {
            // A URL may hold an equals sign of its own, behind its first colon.
            Some((name, place)) if !name.contains([':', '/', '.']) => (Some(name), place),
            _ => (None, text.as_str()),
        };
        let Some(typed) = place::typed(place)? else {
            return Err(format!("there is no file or folder {place}; also accepted are postgres://… and mysql://…"));
        };
        let wanted = name.map_or(typed.source.name.clone(), place::source_name);
        let numbered = |number: usize| if number == 1 { wanted.clone() } else { format!("{wanted}_{number}") };
        let taken = |name: &String| sources.iter().any(|source| source.name == *name);
        let name = (1..).map(numbered).find(|name| !taken(name)).unwrap_or_default();
        sources.push(Source { name, zone: arguments.zone, ..typed.source });
    }
    Ok(sources)
}

/// Looks at a source's tables. Answers the names of those left out, and how many were taken.
async fn look(
    source: &Source,
    candidates: &mut Vec<Candidate>,
    clock: &dyn Clock,
) -> Result<(Vec<String>, usize), String> {
    let held = catalogue::list(source, clock).await.map_err(|fault| format!("{}: {}", source.name, fault.fault))?;
    let (mut wanted, mut left_out): (Vec<Holding>, Vec<Holding>) = held.into_iter().partition(is_sensible);
    // Views repeat what stands in tables, and come behind them.
    wanted.sort_by_key(|holding| (holding.kind == HoldingKind::View, holding.full_name()));
    left_out.extend(wanted.split_off(wanted.len().min(MOST_TABLES)));
    let mut left_out: Vec<String> = left_out.iter().map(Holding::full_name).collect();
    let mut taken = 0;
    for mut holding in wanted {
        match catalogue::sample(source, &mut holding, SAMPLE, clock).await {
            Ok(sample) => {
                let profile = explore::profile(holding, &sample, source.zone);
                let name = table_name(source, &profile, candidates);
                let queried = !matches!(source.kind, SourceKind::Files { .. });
                candidates.push(Candidate { name, source: source.name.clone(), queried, profile });
                taken += 1;
            }
            Err(fault) => {
                eprintln!("{} of {} is left out: {}", holding.full_name(), source.name, fault.fault);
                left_out.push(holding.full_name());
            }
        }
    }
    left_out.sort();
    Ok((left_out, taken))
}

/// Whether a table is worth a table file: it can be read and has rows.
fn is_sensible(holding: &Holding) -> bool {
    holding.fault.is_none() && !holding.columns.is_empty() && holding.rows != Rows::Counted(0)
}

/// A name that no other table has, with the source's where two have the same.
fn table_name(source: &Source, profile: &Profile, candidates: &[Candidate]) -> String {
    let name = table_file::name(profile);
    let taken: Vec<String> = candidates.iter().map(|candidate| candidate.name.clone()).collect();
    if !taken.contains(&name) {
        return name;
    }
    table_file::column_name(&format!("{}_{name}", source.name), &taken)
}

/// A path as the config writes it: from the folder where the source lies in it, whole otherwise.
fn written_path(dir: &Path, source: &Source) -> String {
    let (SourceKind::Sqlite { path } | SourceKind::Files { path }) = &source.kind else { return String::new() };
    let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
    let inside = dir.canonicalize().ok().and_then(|dir| whole.strip_prefix(dir).ok().map(Path::to_owned));
    inside.filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(whole).display().to_string()
}

fn plan(arguments: &Arguments, found: &[Found], candidates: &[Candidate], drafts: &[Draft]) -> Vec<Planned> {
    let business =
        Business { name: arguments.business.clone(), zone: arguments.zone, currency: arguments.currency.clone() };
    let text = config_file::text(&business, found, !drafts.is_empty());
    let mut planned = vec![Planned { path: "config/tieout.toml".to_owned(), text }];
    let latest: BTreeSet<&str> = drafts.iter().filter_map(|draft| draft.latest.as_deref()).collect();
    for candidate in candidates {
        let Some(found) = found.iter().find(|found| found.source.name == candidate.source) else { continue };
        let name = &candidate.name;
        let text = table_file::text(&candidate.profile, &found.source, name, false);
        planned.push(Planned { path: format!("config/tables/{name}.toml"), text });
        if latest.contains(name.as_str()) {
            let name = format!("{name}_latest");
            let text = table_file::text(&candidate.profile, &found.source, &name, true);
            planned.push(Planned { path: format!("config/tables/{name}.toml"), text });
        }
    }
    for draft in drafts {
        planned.push(Planned { path: format!("rules/{}.toml", draft.name), text: draft.text.clone() });
    }
    planned
}

/// Writes all files, or none where one of them is there already.
fn write(dir: &Path, planned: &[Planned]) -> io::Result<()> {
    let there = planned.iter().map(|planned| dir.join(&planned.path)).find(|path| path.exists());
    if let Some(path) = there {
        let sentence = format!("{} is there already, and nothing is overwritten; name another folder", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, sentence));
    }
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |fault: io::Error| io::Error::new(fault.kind(), format!("cannot write {path}: {fault}"))
    };
    for folder in ["config/tables", "rules"] {
        let folder = dir.join(folder);
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    }
    for Planned { path, text } in planned {
        let path = dir.join(path);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed(&path))?;
    }
    Ok(())
}

/// What was written, and what comes next.
fn told(arguments: &Arguments, found: &[Found], planned: &[Planned]) -> String {
    let dir = arguments.dir.display();
    let mut text = format!("Written into {dir}:\n");
    for planned in planned {
        text.push_str(&format!("  {}\n", planned.path));
    }
    text.push_str("\nEverything in them is a guess to be read and corrected. Next:\n");
    for found in found {
        if matches!(found.source.kind, SourceKind::Postgres { .. } | SourceKind::Mysql { .. }) {
            let name = config_file::variable(&found.source.name);
            text.push_str(&format!(
                "  export {name}='…'    # the URL of {}, which is not written anywhere\n",
                found.source.name
            ));
        }
    }
    text + &format!("  tieout check --config {dir}/config/tieout.toml\n")
}
