//! `config/tieout.toml` and `config/tables/`: what was written, and what it means.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};

use crate::audit::calendar::Calendar;
use crate::audit::rulebook::Rule;
use crate::audit::snapshot::TableSpec;
use crate::audit::value::Value;
use crate::language::{Bilingual, Language};
use crate::problem::Problems;

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
    /// Rows of one section in a mail; the attachment has them all.
    pub mail_rows: usize,
    /// Rows on one page of the exception list.
    pub page_rows: usize,
    /// Tries of one delivery before it is dead.
    pub delivery_attempts: u32,
    /// One send, from connecting to the last answer.
    pub send_timeout: Duration,
    /// One pull of one table.
    pub pull_timeout: Duration,
    /// Rows one pull may have.
    pub pull_rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            flood: 5_000,
            evidence_rows: 20,
            mail_rows: 20,
            page_rows: 100,
            delivery_attempts: 8,
            send_timeout: Duration::from_secs(60),
            pull_timeout: Duration::from_secs(600),
            pull_rows: 20_000_000,
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
/// all problems of all files.
pub fn load(locations: &Locations, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, Problems> {
    let _ = (locations, environment);
    todo!("helper: files")
}

/// A day of `business.holidays`, kept here so that the types above name every import they need.
#[doc(hidden)]
pub type Day = NaiveDate;

#[doc(hidden)]
pub fn root_of(config: &Path) -> PathBuf {
    config.parent().and_then(Path::parent).unwrap_or(Path::new("")).to_owned()
}
