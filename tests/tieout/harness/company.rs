//! The demo company in a folder of its own, and everything a test does to it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;
use tieout::audit::exception::Exception;
use tieout::config::{self, Config, Locations};
use tieout::demo::{self, Options, Truth};
use tieout::notify::email::Mailer;
use tieout::problem::Problems;
use tieout::report::RunReport;
use tieout::run::{self, Request, RunError, Sent, Target};
use tieout::schedule::Clock;
use tieout::store::{Filter, Store};

use super::HeldClock;

/// Where the company does its business; its config says the same.
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

/// The databases in the company's folder.
#[derive(Clone, Copy, Debug)]
pub enum Database {
    Erp,
    Wms,
    Ledger,
    /// tieout's own.
    Store,
}

impl Database {
    fn file(self) -> &'static str {
        match self {
            Database::Erp => "erp.db",
            Database::Wms => "wms.db",
            Database::Ledger => "ledger.db",
            Database::Store => "tieout.db",
        }
    }
}

/// What the program said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A demo company. Config and store are opened afresh for every call, as by a process of its own; the clock shows half
/// past eight in the morning of `day`.
pub struct Company {
    dir: TempDir,
    pub day: NaiveDate,
    pub clock: Arc<HeldClock>,
}

impl Company {
    /// Makes a company of so many order lines whose books stand at `day`.
    pub fn new(lines: u64, seed: u64, day: NaiveDate) -> Company {
        let dir = TempDir::new().unwrap();
        assert!(demo::prepare(dir.path(), &Options { day, seed, lines }, false).unwrap(), "the company was made");
        Company { dir, day, clock: Arc::new(HeldClock::at(&morning(day))) }
    }

    /// A place in the company's folder: `rules/low-stock.toml`, `mail`.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// What is wrong with the company on purpose.
    pub fn truth(&self) -> Truth {
        demo::truth(self.dir.path()).unwrap()
    }

    /// Lets it become half past eight in the morning of `day`.
    pub fn set_day(&mut self, day: NaiveDate) {
        self.day = day;
        self.clock.set(&morning(day));
    }

    pub fn next_day(&mut self) {
        self.set_day(self.day + Days::new(1));
    }

    /// Changes a database; how many rows were changed.
    pub fn sql(&self, database: Database, statement: &str) -> usize {
        self.connection(database).execute(statement, ()).unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// What a query answers, one text per row, its cells joined by `|`; null is nothing.
    pub fn rows(&self, database: Database, query: &str) -> Vec<String> {
        let connection = self.connection(database);
        let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let width = statement.column_count();
        let rows = statement.query_map((), |row| {
            let cells = (0..width).map(|cell| {
                Ok(match row.get_ref(cell)? {
                    ValueRef::Null => String::new(),
                    ValueRef::Integer(value) => value.to_string(),
                    ValueRef::Real(value) => value.to_string(),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                })
            });
            Ok(cells.collect::<rusqlite::Result<Vec<String>>>()?.join("|"))
        });
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    fn connection(&self, database: Database) -> Connection {
        let path = self.path(database.file());
        assert!(path.is_file(), "{} is there", path.display());
        let connection = Connection::open(path).unwrap();
        // The systems that are read keep no order among their tables, and a test may leave them in none.
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap_or_else(|error| panic!("{relative}: {error}"));
    }

    /// Replaces the one place of a file that says `from`.
    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert_eq!(text.matches(from).count(), 1, "{relative} says {from:?} once");
        self.write(relative, &text.replace(from, to));
    }

    /// Leaves the company these rules only; a name may end in `*`.
    pub fn narrow(&self, rules: &[&str]) {
        let text = self.read("config/tieout.toml");
        let (start, rest) = text.split_once("\nrules ").expect("the job names its rules");
        let (_, end) = rest.split_once(']').expect("they are a list");
        self.write("config/tieout.toml", &format!("{start}\nrules = {rules:?}{end}"));
        let is_left = |name: &str| {
            rules.iter().any(|rule| rule.strip_suffix('*').map_or(name == *rule, |prefix| name.starts_with(prefix)))
        };
        for entry in fs::read_dir(self.path("rules")).unwrap() {
            let path = entry.unwrap().path();
            if !is_left(path.file_stem().unwrap().to_str().unwrap()) {
                fs::remove_file(path).unwrap();
            }
        }
    }

    pub fn remove(&self, relative: &str) {
        fs::remove_file(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"));
    }

    /// What the files mean. They have no fault, or the test ends.
    pub fn config(&self) -> Arc<Config> {
        Arc::new(self.load().unwrap_or_else(|problems| panic!("{problems}")))
    }

    /// What is wrong with the files, as it is printed.
    pub fn problems(&self) -> String {
        self.load().expect_err("the files have a fault").to_string()
    }

    fn load(&self) -> Result<Config, Problems> {
        let locations = Locations { config: self.path("config/tieout.toml"), rules: self.path("rules") };
        config::load(&locations, &|_| None)
    }

    pub async fn store(&self) -> Store {
        Store::open(self.config().store_url.expose()).await.unwrap()
    }

    /// Runs the job `daily` as of now.
    pub async fn run(&self) -> RunReport {
        self.ask(Target::Job("daily".to_owned()), false).await.unwrap()
    }

    pub async fn run_rule(&self, rule: &str) -> RunReport {
        self.ask(Target::Rule(rule.to_owned()), false).await.unwrap()
    }

    pub async fn dry_run(&self) -> RunReport {
        self.ask(Target::Job("daily".to_owned()), true).await.unwrap()
    }

    /// Asks for a run as of now.
    pub async fn ask(&self, target: Target, dry_run: bool) -> Result<RunReport, RunError> {
        let request = Request { target, as_of: self.clock.now(), dry_run };
        let config = self.config();
        let url = config.store_url.expose();
        let store = if dry_run { Store::open_existing(url).await } else { Store::open(url).await.map(Some) };
        run::run(&config, store.unwrap().as_ref(), &request, &*self.clock).await
    }

    /// Sends every mail that is due.
    pub async fn deliver(&self) -> Sent {
        let config = self.config();
        let mailer = Mailer::new(config.mail.as_ref().unwrap(), config.limits.send_timeout).unwrap();
        run::deliver(&config, &self.store().await, &mailer, &*self.clock).await.unwrap()
    }

    /// The mails in the company's folder, as they were sent, in the order of their names.
    pub fn mails(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("mail")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    /// Every exception the store knows, closed ones too, in list order.
    pub async fn exceptions(&self) -> Vec<Exception> {
        let page = self.store().await.exceptions(&Filter::default()).await.unwrap();
        assert_eq!(page.total, page.exceptions.len() as u64, "the list is whole");
        page.exceptions
    }

    /// Whether the store answers a query with at least one row. A store that is not there yet, or is being made,
    /// holds nothing.
    pub fn holds(&self, query: &str) -> bool {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let Ok(connection) = Connection::open_with_flags(self.path(Database::Store.file()), flags) else {
            return false;
        };
        connection.query_row(query, (), |_| Ok(())).is_ok()
    }

    /// The built program in the company's folder, without any variable of ours in its environment.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
        command.args(arguments).current_dir(self.dir.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TIEOUT_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Starts the program and leaves it to itself, unheard.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.program(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs the program to its end.
    pub fn tieout(&self, arguments: &[&str]) -> Output {
        Self::said(&mut self.program(arguments))
    }

    /// Runs the program to its end where no file may become larger than so many blocks of 512 bytes: a full disk.
    pub fn tieout_with_files_of(&self, blocks: u32, arguments: &[&str]) -> Output {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_tieout")]).args(arguments).current_dir(self.dir.path());
        Self::said(&mut command)
    }

    fn said(command: &mut Command) -> Output {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Output {
            code: output.status.code().expect("the program ended by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Half past eight in the company's zone, as RFC 3339.
fn morning(day: NaiveDate) -> String {
    let time = NaiveTime::from_hms_opt(8, 30, 0).unwrap();
    ZONE.from_local_datetime(&day.and_time(time)).unwrap().to_rfc3339()
}
