//! `config/tieout.toml` and `config/tables/`: what was written, and what it means.

mod connections;
mod environment;
mod files;
mod jobs;
mod sections;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveTime;

use crate::audit::calendar::Calendar;
use crate::audit::expression::ParameterTypes;
use crate::audit::rulebook::{Rule, Rulebook, Sources, Surroundings, read_rules, read_table, rule_id};
use crate::audit::snapshot::TableSpec;
use crate::audit::value::Value;
use crate::language::{Bilingual, Language};
use crate::problem::{self, Node, Problems, Section, Sink, SourceText};

pub use connections::{Connections, Turn};
use files::Presence;

/// A password, token or URL that may hold one. It prints as `***`, everywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Everything the files say, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder relative paths of the config start from: the one that holds `config/`.
    pub root: PathBuf,
    pub business: Business,
    /// Where exceptions live; `sqlite:` and a path.
    pub store_url: Secret,
    pub serve: Serve,
    pub limits: Limits,
    pub sources: BTreeMap<String, Source>,
    pub jobs: BTreeMap<String, Job>,
    pub departments: BTreeMap<String, Department>,
    pub mail: Option<Mail>,
    /// By name; tables that rules write inline included.
    pub tables: BTreeMap<String, TableSpec>,
    /// In id order.
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub struct Business {
    pub name: String,
    pub zone: chrono_tz::Tz,
    pub currency: String,
    pub language: Language,
    pub calendar: Calendar,
}

#[derive(Clone, Debug)]
pub struct Serve {
    /// Loopback only, until sign-in exists.
    pub listen: SocketAddr,
    /// The address people reach the page under, without a trailing slash; links in mails start with it.
    pub base_url: String,
}

/// Every limit of `[limits]`, with its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Findings of one rule above which one flood exception stands for all.
    pub flood: u64,
    /// Rows of one side kept as evidence of one exception.
    pub evidence_rows: usize,
    /// Findings of one rule whose likely cause is looked for, the largest first; 0 for none.
    pub diagnosed: usize,
    /// Rows of one section in a mail; the attachment has them all.
    pub mail_rows: usize,
    /// Rows on one page of the exception list.
    pub page_rows: usize,
    /// Tries of one delivery before it is dead.
    pub delivery_attempts: u32,
    /// One send, from connecting to the last answer.
    pub send_timeout: Duration,
    /// Reaching a server and logging in.
    pub connect_timeout: Duration,
    /// Waiting until other runs have read a source, so that it is this one's turn.
    pub turn_timeout: Duration,
    /// Waiting for a table that another program holds locked.
    pub lock_timeout: Duration,
    /// One pull of one table.
    pub pull_timeout: Duration,
    /// Rows one pull may have.
    pub pull_rows: u64,
    /// How far apart the tables of one rule may be read.
    pub max_skew: Duration,
    /// How far the clock of a source may be from ours.
    pub max_clock_offset: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            flood: 5_000,
            evidence_rows: 20,
            diagnosed: 20_000,
            mail_rows: 20,
            page_rows: 100,
            delivery_attempts: 8,
            send_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(15),
            turn_timeout: Duration::from_secs(10 * 60),
            lock_timeout: Duration::from_secs(15),
            pull_timeout: Duration::from_secs(600),
            pull_rows: 20_000_000,
            max_skew: Duration::from_secs(10 * 60),
            max_clock_offset: Duration::from_secs(5 * 60),
        }
    }
}

/// A system that is read.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub kind: SourceKind,
    /// Of naive timestamps.
    pub zone: chrono_tz::Tz,
    /// Those that may read it at the same time.
    pub connections: Connections,
}

#[derive(Clone, Debug)]
pub enum SourceKind {
    Sqlite {
        path: PathBuf,
    },
    /// A folder of CSV and Parquet files.
    Files {
        path: PathBuf,
    },
    /// `postgres://user:password@host:port/database`, with `?sslmode=` and the other parameters of libpq.
    Postgres {
        url: Secret,
    },
    /// `mysql://` or `mariadb://user:password@host:port/database`, with `?ssl-mode=` and `ssl-ca=`.
    Mysql {
        url: Secret,
    },
}

#[derive(Clone, Debug)]
pub struct Job {
    pub name: String,
    /// A five-field Unix line; without one the job runs only by hand.
    pub schedule: Option<String>,
    pub zone: chrono_tz::Tz,
    /// Ids of the rules it runs, resolved from the patterns, in id order.
    pub rules: BTreeSet<String>,
    pub time_limit: Duration,
    /// `[params]`: typed constants, bound by name.
    pub params: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
pub struct Department {
    pub name: String,
    pub title: Bilingual,
    /// Addresses, as written.
    pub recipients: Vec<String>,
    pub language: Language,
    /// When the digest goes out, in the business's zone; without it, at the end of the run.
    pub digest: Option<NaiveTime>,
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub transport: Transport,
}

#[derive(Clone, Debug)]
pub enum Transport {
    /// One `.eml` file per delivery.
    Folder { path: PathBuf },
    /// `smtp://` (with `?tls=required|opportunistic|none`) or `smtps://`, with user and password. `ca_file` is a PEM
    /// file with a further authority to trust, for servers whose certificate the company made itself.
    Smtp { url: Secret, ca_file: Option<PathBuf> },
}

/// Where a command looks for its files, and what stands in for the environment.
#[derive(Clone, Debug)]
pub struct Locations {
    /// `config/tieout.toml`; tables are read from `tables/` beside it.
    pub config: PathBuf,
    /// `rules/`.
    pub rules: PathBuf,
}

/// Reads every file, resolves `${ENV}` and `*_file` secrets through `environment`, and answers the whole meaning or
/// all problems of all files. Relative paths of the config start at its root: the folder above `config/`, or the
/// folder of `tieout.toml` where that is called otherwise.
pub fn load(locations: &Locations, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, Problems> {
    let sink = Sink::default();
    let folder = locations.config.parent().unwrap_or(Path::new(""));
    let root = root_of(&locations.config);
    let (tables, unread_tables) = files::folder(&folder.join("tables"), Presence::Optional, &sink);
    let (rules, unread_rules) = files::folder(&locations.rules, Presence::Needed, &sink);
    let has_rules = locations.rules.is_dir();
    let others = Others { tables, unread_tables, rules, unread_rules, has_rules };
    let text = files::file(&locations.config, &sink);
    let shown = text.as_ref().map(environment::masked);
    let tree = text.as_ref().zip(shown.as_ref()).and_then(|(text, shown)| {
        let mut tree = problem::parse(&text.text, shown, &sink)?;
        environment::resolve(&mut tree, shown, environment, &sink);
        Some((tree, shown))
    });
    let config = match &tree {
        Some((tree, shown)) => whole(&Section::root(shown, &sink, tree), root, &others, &sink),
        None => {
            // The other files are still looked at, as far as they can be without this one.
            others.read(None, &BTreeMap::new(), None, &|_| None, &sink);
            None
        }
    };
    sink.answer(config)
}

/// The sources that a config file names, whatever else is wrong in it or in the files beside it: looking into a source
/// is how such files come to be.
pub fn sources(
    config: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Source>, Problems> {
    let sink = Sink::default();
    let read = || {
        let text = files::file(config, &sink)?;
        let shown = environment::masked(&text);
        let mut tree = problem::parse(&text.text, &shown, &sink)?;
        environment::resolve(&mut tree, &shown, environment, &sink);
        let section = Section::root(&shown, &sink, &tree);
        let root = root_of(config);
        let zone = sections::business(&section).map(|business| business.zone);
        let read = |(name, node): (String, Node<'_>)| Some((name.clone(), jobs::source(&name, &node, root, zone).0?));
        Some(named(&section, "sources").into_iter().filter_map(read).collect())
    };
    let sources: Option<BTreeMap<String, Source>> = read();
    let mut problems = sink.into_problems();
    let about = |key: &Option<String>| key.as_ref().is_none_or(|key| key.starts_with("sources"));
    problems.0.retain(|problem| about(&problem.key));
    match sources {
        Some(sources) if problems.0.is_empty() => Ok(sources),
        _ => Err(problems),
    }
}

/// The folder that relative paths of a config file start from.
pub fn root_of(config: &Path) -> &Path {
    let folder = config.parent().unwrap_or(Path::new(""));
    match folder.file_name() {
        Some(name) if name == "config" => folder.parent().unwrap_or(Path::new("")),
        _ => folder,
    }
}

/// The folder of rule tests, where no other is named: beside the one that holds the config.
pub fn rule_test_folder(root: &Path) -> PathBuf {
    root.join("tests/rules")
}

/// The rule test files among `named`, files and folders of them; without any, those of [`rule_test_folder`].
pub fn rule_tests(root: &Path, named: &[PathBuf]) -> Result<Vec<SourceText>, Problems> {
    let sink = Sink::default();
    let mut found = Vec::new();
    if named.is_empty() {
        found.extend(files::folder(&rule_test_folder(root), Presence::Optional, &sink).0);
    }
    for path in named {
        if path.is_dir() {
            found.extend(files::folder(path, Presence::Needed, &sink).0);
        } else {
            found.extend(files::file(path, &sink));
        }
    }
    sink.answer(Some(found))
}

/// The files beside `tieout.toml`.
struct Others {
    tables: Vec<SourceText>,
    unread_tables: Vec<String>,
    rules: Vec<SourceText>,
    unread_rules: Vec<String>,
    /// Whether there is a folder of rules at all.
    has_rules: bool,
}

impl Others {
    /// Every table, those written in rules included, and every rule. `companies` says which company each source is of.
    /// Their problems go to `sink`.
    fn read(
        &self,
        sources: Option<&Sources>,
        companies: &BTreeMap<String, String>,
        departments: Option<&BTreeSet<String>>,
        parameters: &dyn Fn(&str) -> Option<ParameterTypes>,
        sink: &Sink,
    ) -> (BTreeMap<String, TableSpec>, Vec<Rule>) {
        let mut tables = BTreeMap::new();
        let mut unread_tables: BTreeSet<String> = self.unread_tables.iter().cloned().collect();
        for file in &self.tables {
            match read_table(file, sources) {
                Ok(mut table) => {
                    for member in &mut table.companies {
                        member.company = companies.get(&member.source).cloned().unwrap_or_default();
                    }
                    tables.insert(table.name.clone(), table);
                }
                Err(problems) => {
                    unread_tables.insert(file.stem());
                    sink.extend(problems);
                }
            }
        }
        let surroundings =
            Surroundings { tables: &tables, unread_tables: &unread_tables, departments, sources, parameters };
        let book = read_rules(&self.rules, surroundings).unwrap_or_else(|problems| {
            sink.extend(problems);
            Rulebook::default()
        });
        tables.extend(book.inline_tables.into_iter().map(|table| (table.name.clone(), table)));
        (tables, book.rules)
    }

    /// The ids of all rules, faulty ones included: a pattern that matches one of those is not wrong.
    fn rule_ids(&self) -> BTreeSet<String> {
        self.rules.iter().map(rule_id).chain(self.unread_rules.iter().cloned()).collect()
    }
}

/// Everything, once `tieout.toml` could be parsed.
fn whole(section: &Section<'_>, root: &Path, others: &Others, sink: &Sink) -> Option<Config> {
    let business = sections::business(section);
    let zone = business.as_ref().map(|business| business.zone);
    let store_url = sections::store(section, root);
    let serve = sections::serve(section);
    let limits = sections::limits(section);
    let mail = sections::mail(section, root);
    let language = business.as_ref().map(|business| business.language).unwrap_or_default();
    let (mut sources, mut asking) = (BTreeMap::new(), Some(Sources::new()));
    let mut companies = BTreeMap::new();
    for (name, node) in named(section, "sources") {
        let (source, kind, company) = jobs::source(&name, &node, root, zone);
        companies.insert(name.clone(), company.unwrap_or_default());
        sources.extend(source.map(|source| (name.clone(), source)));
        // A table that names a source of unknown kind must not be told that there is no such source.
        asking = asking.zip(kind).map(|(mut asking, kind)| {
            asking.insert(name, kind);
            asking
        });
    }
    let mut departments = BTreeMap::new();
    let mut department_names = BTreeSet::new();
    for (name, node) in named(section, "departments") {
        let department = sections::department(&name, &node, language);
        departments.extend(department.map(|department| (name.clone(), department)));
        department_names.insert(name);
    }
    let drafts: Vec<Option<jobs::Draft<'_>>> =
        named(section, "jobs").iter().map(|(name, node)| jobs::job(name, node, zone)).collect();
    section.finish();
    let drafts: Vec<jobs::Draft<'_>> = drafts.into_iter().flatten().collect();
    let parameters = |rule: &str| jobs::parameters(&drafts, rule);
    let (tables, rules) = others.read(asking.as_ref(), &companies, Some(&department_names), &parameters, sink);
    let ids = others.rule_ids();
    // Where no rule could be looked at, that is the one problem, and not each name a job has for them.
    let drafts = drafts.into_iter().filter(|_| others.has_rules);
    let jobs: Vec<Job> = drafts.filter_map(|draft| draft.resolve(&ids)).collect();
    Some(Config {
        root: root.to_owned(),
        business: business?,
        store_url: store_url?,
        serve: serve?,
        limits: limits?,
        sources,
        jobs: jobs.into_iter().map(|job| (job.name.clone(), job)).collect(),
        departments,
        mail: mail?,
        tables,
        rules,
    })
}

/// The sections under `key`, which the user names.
fn named<'d>(section: &Section<'d>, key: &str) -> Vec<(String, Node<'d>)> {
    section.get(key).and_then(|node| node.section()).map(|section| section.entries()).unwrap_or_default()
}
