//! The laws of the house, held by reading the house: what each room may not name, and how files are named and cut.

mod names;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use names::Names;

/// Lines of the longest file under `src`. A file that needs more holds more than one thing.
const LONGEST_FILE: usize = 600;
/// File names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 9] =
    ["utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "shared"];

/// What may not be named where.
struct Law {
    name: &'static str,
    /// Beginnings of paths below `src`; an empty one is everywhere.
    within: &'static [&'static str],
    except: &'static [&'static str],
    /// Paths seen from the crate's root, with all that is below them.
    paths: &'static [&'static str],
    macros: &'static [&'static str],
    attributes: &'static [&'static str],
}

const EVERYWHERE: Law = Law { name: "", within: &[""], except: &[], paths: &[], macros: &[], attributes: &[] };

const LAWS: [Law; 10] = [
    Law {
        name: "audit is quiet: no database, network, file, process, environment, log, clock or chance",
        within: &["audit/"],
        paths: &[
            "anyhow",
            "axum",
            "csv",
            "lettre",
            "polars_io",
            "prometheus",
            "rand",
            "rusqlite",
            "sqlx",
            "tokio",
            "tracing",
            "tracing_subscriber",
            "uuid",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::os",
            "std::process",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
            "chrono::Local",
            "chrono::Utc::now",
            "Utc::now",
            "Local::now",
            "Instant::now",
            "SystemTime::now",
        ],
        macros: &[
            "print",
            "println",
            "eprint",
            "eprintln",
            "include",
            "include_str",
            "include_bytes",
            "env",
            "option_env",
        ],
        ..EVERYWHERE
    },
    Law {
        name: "audit knows no other room but language and problem",
        within: &["audit/"],
        paths: &[
            "crate::commands",
            "crate::config",
            "crate::demo",
            "crate::metrics",
            "crate::notify",
            "crate::report",
            "crate::run",
            "crate::schedule",
            "crate::serve",
            "crate::sources",
            "crate::store",
            "crate::web",
            "crate::words",
        ],
        ..EVERYWHERE
    },
    Law {
        name: "sources stand alone",
        within: &["sources/"],
        paths: &[
            "crate::store",
            "crate::notify",
            "crate::metrics",
            "crate::web",
            "crate::run",
            "crate::serve",
            "crate::commands",
        ],
        ..EVERYWHERE
    },
    Law {
        name: "the store stands alone",
        within: &["store/", "store.rs"],
        paths: &[
            "crate::sources",
            "crate::notify",
            "crate::metrics",
            "crate::web",
            "crate::run",
            "crate::serve",
            "crate::commands",
        ],
        ..EVERYWHERE
    },
    Law {
        name: "notify stands alone",
        within: &["notify/"],
        paths: &[
            "crate::sources",
            "crate::store",
            "crate::metrics",
            "crate::web",
            "crate::run",
            "crate::serve",
            "crate::commands",
        ],
        ..EVERYWHERE
    },
    Law {
        name: "metrics stand alone",
        within: &["metrics/", "metrics.rs"],
        paths: &[
            "crate::sources",
            "crate::store",
            "crate::notify",
            "crate::web",
            "crate::run",
            "crate::serve",
            "crate::commands",
        ],
        ..EVERYWHERE
    },
    Law {
        name: "web reads the store and the metrics, and neither source nor mail",
        within: &["web/"],
        paths: &["crate::sources", "crate::notify", "crate::run", "crate::serve", "crate::commands"],
        ..EVERYWHERE
    },
    Law {
        name: "the wall clock is read in schedule.rs alone",
        except: &["schedule.rs"],
        paths: &[
            "chrono::Local",
            "chrono::Utc::now",
            "Utc::now",
            "Local::now",
            "std::time::SystemTime::now",
            "SystemTime::now",
        ],
        ..EVERYWHERE
    },
    Law { name: "faults have types: anyhow stays in main.rs", except: &["main.rs"], paths: &["anyhow"], ..EVERYWHERE },
    Law {
        name: "nothing unfinished and nothing silenced is left",
        macros: &["dbg", "todo", "unimplemented"],
        attributes: &["allow", "ignore"],
        ..EVERYWHERE
    },
];

/// What a file at `path` below `src` breaks, one sentence each.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let names = Names::of(path, text);
    let stands = |beginnings: &[&str]| beginnings.iter().any(|beginning| path.starts_with(beginning));
    let mut found = BTreeSet::new();
    for law in LAWS.iter().filter(|law| stands(law.within) && !stands(law.except)) {
        let denied = |path: &&String| law.paths.iter().any(|denied| is_below(path, denied));
        let paths = names.paths.iter().filter(denied).map(String::to_owned);
        let macros =
            names.macros.iter().filter(|name| law.macros.contains(&name.as_str())).map(|name| format!("{name}!"));
        let attributes = names.attributes.iter().filter(|name| law.attributes.contains(&name.as_str()));
        let attributes = attributes.map(|name| format!("#[{name}]"));
        found.extend(paths.chain(macros).chain(attributes).map(|what| format!("{}: {path} names {what}", law.name)));
    }
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        found.insert(format!("a file is read in one sitting: {path} has {lines} lines of {LONGEST_FILE}"));
    }
    found.into_iter().collect()
}

/// Whether `path` is `denied` or below it. A glob above it brings it in as well.
fn is_below(path: &str, denied: &str) -> bool {
    let below =
        |path: &str, root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with("::"));
    below(path, denied) || path.strip_suffix("::*").is_some_and(|root| below(denied, root))
}

/// Whether a file's or a folder's name says nothing.
fn is_empty_name(path: &str) -> bool {
    path.split('/').any(|part| EMPTY_NAMES.contains(&part.strip_suffix(".rs").unwrap_or(part)))
}

/// Rooms that stand in `src` but not in lib.rs, rooms that lib.rs only imagines, and whatever else lib.rs holds.
fn breaches_of_the_map(lib: &str, files: &[String]) -> Vec<String> {
    let rooms: BTreeSet<String> = files
        .iter()
        .filter(|path| !["lib.rs", "main.rs"].contains(&path.as_str()))
        .filter_map(|path| path.split('/').next())
        .map(|first| first.strip_suffix(".rs").unwrap_or(first).to_owned())
        .collect();
    let mut named = BTreeSet::new();
    let mut found = Vec::new();
    for item in syn::parse_file(lib).unwrap().items {
        match item {
            syn::Item::Mod(room) if room.content.is_none() => {
                named.insert(room.ident.to_string());
            }
            _ => found.push("lib.rs is the map: it holds more than the names of rooms".to_owned()),
        }
    }
    found.extend(rooms.difference(&named).map(|room| format!("lib.rs does not name the room {room}")));
    found.extend(named.difference(&rooms).map(|room| format!("lib.rs names {room}, which is not there")));
    found
}

/// Every Rust file below a folder of this package: its path there, and its text.
fn files_below(folder: &str) -> Vec<(String, String)> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                walk(root, &entry, found);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                let name = entry.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort();
    assert!(found.len() > 5, "the files below {folder} were found");
    found
}

#[test]
fn every_file_keeps_the_laws() {
    let found: Vec<String> = files_below("src").iter().flat_map(|(path, text)| breaches(path, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// What a file of the oracle would have in common with what it judges: anything of this package but its own files, and
/// the engine of the tables.
fn breaches_of_the_oracle(path: &str, text: &str) -> Vec<String> {
    let names = Names::of(&format!("oracle/{path}"), text);
    let foreign =
        |path: &&String| is_below(path, "polars") || is_below(path, "crate") && !is_below(path, "crate::oracle");
    names.paths.iter().filter(foreign).map(|name| format!("{path} names {name}")).collect()
}

#[test]
fn the_oracle_shares_nothing_with_what_it_judges() {
    let files = files_below("tests/tieout/oracle");
    let found: Vec<String> = files.iter().flat_map(|(path, text)| breaches_of_the_oracle(path, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    for planted in ["use tieout::audit::amount::Amount;", "use super::super::bench::Bench;", "use polars::prelude::*;"]
    {
        assert!(!breaches_of_the_oracle("expect.rs", planted).is_empty(), "{planted}");
    }
}

#[test]
fn every_file_has_a_name_that_says_what_is_inside() {
    let files = [files_below("src"), files_below("tests")].concat();
    let found: Vec<&String> = files.iter().map(|(path, _)| path).filter(|path| is_empty_name(path)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_map_names_every_room() {
    let files = files_below("src");
    let lib = &files.iter().find(|(path, _)| path == "lib.rs").unwrap().1;
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    let found = breaches_of_the_map(lib, &paths);
    assert!(found.is_empty(), "{found:?}");
}

/// Files that break one law each, every way of naming something at least once.
const PLANTED: [(&str, &str); 27] = [
    ("audit/judge.rs", "use sqlx::Row;"),
    ("audit/judge.rs", "use std::{collections::BTreeMap, fs as files};"),
    ("audit/judge.rs", "use std::*;"),
    ("audit/judge.rs", "fn f() -> ::std::io::Result<()> { Ok(()) }"),
    ("audit/judge.rs", "fn f(a: Vec<std::net::IpAddr>) {}"),
    ("audit/judge.rs", "fn f() { let now = chrono::Utc::now(); }"),
    ("audit/judge.rs", "fn f() { assert!(a.b(std::env::var(\"A\")), \"{}\", 1); }"),
    ("audit/judge.rs", "#[tokio::main] async fn f() {}"),
    ("audit/judge.rs", "extern crate rand;"),
    ("audit/judge.rs", "fn f() { println!(\"found\"); }"),
    ("audit/rules/mod.rs", "use crate::store::Store;"),
    ("audit/rules/mod.rs", "use super::super::config;"),
    ("audit/rules/low_stock.rs", "mod inner { use super::super::super::super::web; }"),
    ("audit/rules/mod.rs", "#[derive(crate::notify::Tell)] struct A;"),
    ("sources/sqlite/mod.rs", "use crate::{audit::value::Value, store};"),
    ("store/mod.rs", "fn f(a: &crate::sources::Pulls) {}"),
    ("notify/plan.rs", "use crate::store::{Filter, Store};"),
    ("metrics.rs", "use crate::store::Standing;"),
    ("web/pages.rs", "use crate::notify::letter;"),
    ("run.rs", "fn f() { let now = std::time::SystemTime::now(); }"),
    ("run.rs", "use chrono::Utc; fn f() { let now = Utc::now(); }"),
    ("report.rs", "fn f() -> anyhow::Result<()> { Ok(()) }"),
    ("report.rs", "fn f() { unimplemented!() }"),
    ("report.rs", "#[allow(dead_code)] fn f() {}"),
    ("report.rs", "#![cfg_attr(test, allow(dead_code))]"),
    ("report.rs", "#[test] #[ignore] fn f() {}"),
    ("words.rs", "mod inner { fn f() { dbg!(1); } }"),
];

#[test]
fn every_law_is_broken_by_a_planted_file() {
    let found: Vec<String> = PLANTED
        .iter()
        .flat_map(|(path, text)| {
            let found = breaches(path, text);
            assert!(!found.is_empty(), "nothing was found in {path}: {text}");
            found
        })
        .collect();
    for law in &LAWS {
        assert!(found.iter().any(|breach| breach.starts_with(law.name)), "no planted file breaks {:?}", law.name);
    }
    insta::assert_snapshot!(found.join("\n"), @"
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names sqlx::Row
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names std::fs
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names std::*
    the wall clock is read in schedule.rs alone: audit/judge.rs names std::*
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names std::io::Result
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names std::net::IpAddr
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names chrono::Utc::now
    the wall clock is read in schedule.rs alone: audit/judge.rs names chrono::Utc::now
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names std::env::var
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names tokio::main
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names rand
    audit is quiet: no database, network, file, process, environment, log, clock or chance: audit/judge.rs names println!
    audit knows no other room but language and problem: audit/rules/mod.rs names crate::store::Store
    audit knows no other room but language and problem: audit/rules/mod.rs names crate::config
    audit knows no other room but language and problem: audit/rules/low_stock.rs names crate::web
    audit knows no other room but language and problem: audit/rules/mod.rs names crate::notify::Tell
    sources stand alone: sources/sqlite/mod.rs names crate::store
    the store stands alone: store/mod.rs names crate::sources::Pulls
    notify stands alone: notify/plan.rs names crate::store::Filter
    notify stands alone: notify/plan.rs names crate::store::Store
    metrics stand alone: metrics.rs names crate::store::Standing
    web reads the store and the metrics, and neither source nor mail: web/pages.rs names crate::notify::letter
    the wall clock is read in schedule.rs alone: run.rs names std::time::SystemTime::now
    the wall clock is read in schedule.rs alone: run.rs names Utc::now
    faults have types: anyhow stays in main.rs: report.rs names anyhow::Result
    nothing unfinished and nothing silenced is left: report.rs names unimplemented!
    nothing unfinished and nothing silenced is left: report.rs names #[allow]
    nothing unfinished and nothing silenced is left: report.rs names #[allow]
    nothing unfinished and nothing silenced is left: report.rs names #[ignore]
    nothing unfinished and nothing silenced is left: words.rs names dbg!
    ");
}

#[test]
fn what_only_looks_like_a_breach_is_none() {
    let clean = [
        ("audit/judge.rs", "// use std::fs;\n/// Not sqlx::Row.\nfn f() { let text = \"crate::store::Store\"; }"),
        ("audit/judge.rs", "use super::snapshot::Table; use crate::language::Bilingual; use crate::problem::Problems;"),
        (
            "audit/judge.rs",
            "use std::{collections::BTreeMap, fmt}; use chrono::{DateTime, Utc}; use polars::prelude::*;",
        ),
        ("audit/store.rs", "fn f(config: u8, store: u8, rand: u8) { config.store(rand); }"),
        ("web/pages.rs", "use crate::store::Store; use crate::metrics::RunEvent;"),
        ("main.rs", "use tieout::run; fn main() -> anyhow::Result<()> { Ok(()) }"),
        ("schedule.rs", "fn now() { chrono::Utc::now(); }"),
        ("report.rs", "#[expect(dead_code, reason = \"…\")] fn f() {}"),
    ];
    let found: Vec<String> = clean.iter().flat_map(|(path, text)| breaches(path, text)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_laws_on_files_can_fail() {
    let long = "\n".repeat(LONGEST_FILE + 1);
    let paths = ["lib.rs", "main.rs", "audit/mod.rs", "run.rs", "web/mod.rs"].map(str::to_owned);
    let found = [
        breaches("run.rs", &long),
        breaches_of_the_map("pub mod audit; pub mod run; mod web;", &paths),
        breaches_of_the_map("pub mod audit; pub mod run; pub mod bank; pub use run::run;", &paths),
    ];
    insta::assert_snapshot!(found.concat().join("\n"), @"
    a file is read in one sitting: run.rs has 601 lines of 600
    lib.rs is the map: it holds more than the names of rooms
    lib.rs does not name the room web
    lib.rs names bank, which is not there
    ");
    let named =
        ["audit/utils.rs", "helpers/mod.rs", "common.rs", "web/manager.rs", "misc.rs", "utilities.rs", "run.rs"];
    assert_eq!(named.map(is_empty_name), [true, true, true, true, true, false, false]);
}
