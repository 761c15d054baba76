//! MariaDB or MySQL, with passwords, a certificate, and as many databases as tests want.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

use super::work::{Session, Writer};
use super::{PASSWORD, Process, certificate, free_port, is_root, on_a_thread, program, run, runtime};

/// Not `root`, which the server makes by itself, for logins from its own machine and without a password.
const ADMINISTRATOR: &str = "keeper";

/// A server that tests may use as they like.
pub struct Mariadb {
    /// `None` where somebody else runs it.
    process: Option<Process>,
    /// `user:password` of an administrator.
    login: String,
    address: String,
}

/// The server all tests share; `None` where there is none and none is demanded.
pub fn mariadb() -> Option<&'static Mariadb> {
    static SERVER: OnceLock<Option<Mariadb>> = OnceLock::new();
    SERVER.get_or_init(|| Mariadb::named().or_else(Mariadb::start)).as_ref()
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Mariadb {
    fn named() -> Option<Mariadb> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let host = variable("MYSQL_HOST")?;
        let port = variable("MYSQL_TCP_PORT").unwrap_or_else(|| "3306".to_owned());
        let user = variable("MYSQL_USER").unwrap_or_else(|| "root".to_owned());
        let password = variable("MYSQL_PWD").map(|password| format!(":{password}")).unwrap_or_default();
        Some(Mariadb { process: None, login: format!("{user}{password}"), address: format!("{host}:{port}") })
    }

    /// Starts a server of one's own.
    pub fn start() -> Option<Mariadb> {
        let bin = |name| program(name, Path::new("/usr/lib/mysql"), "mariadb-server");
        let (install, server) = (bin("mariadb-install-db")?, bin("mariadbd")?);
        let dir = TempDir::with_prefix("tieout-mariadb").unwrap();
        let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let login = format!(
            "create user {ADMINISTRATOR}@'%' identified by '{PASSWORD}';\ngrant all on *.* to {ADMINISTRATOR}@'%' with grant option;\n"
        );
        fs::write(place("login.sql"), login).unwrap();
        certificate(dir.path());
        let data = format!("--datadir={}", place("data"));
        // A server refuses to run as root unless it is told to by name.
        let user: &[&str] = if is_root() { &["--user=root"] } else { &[] };
        let auth = "--auth-root-authentication-method=normal";
        let install = [&[install.to_str().unwrap(), "--no-defaults", &data, auth, "--skip-test-db"], user].concat();
        run(None, &install);
        let port = free_port();
        let settings = [
            data.clone(),
            format!("--port={port}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--skip-name-resolve".to_owned(),
            format!("--socket={}", place("socket")),
            format!("--init-file={}", place("login.sql")),
            format!("--ssl-cert={}", place("server.pem")),
            format!("--ssl-key={}", place("server.key")),
            "--innodb-flush-log-at-trx-commit=0".to_owned(),
        ];
        let mut command = vec![server.to_str().unwrap(), "--no-defaults"];
        command.extend(settings.iter().map(String::as_str));
        command.extend(user);
        let process = Process::start(None, dir, &command);
        let (login, address) = (format!("{ADMINISTRATOR}:{PASSWORD}"), format!("127.0.0.1:{port}"));
        let mut server = Mariadb { process: Some(process), login, address };
        let url = server.url("mysql");
        let answers = || on_a_thread(|| runtime().block_on(MySqlConnection::connect(&url)).is_ok());
        server.process.iter_mut().for_each(|process| process.wait(answers));
        Some(server)
    }

    /// The URL of an administrator.
    pub fn url(&self, database: &str) -> String {
        self.url_of(&self.login, database)
    }

    /// The URL of `login`, a user and a password.
    pub fn url_of(&self, login: &str, database: &str) -> String {
        format!("mysql://{login}@{}/{database}", self.address)
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The authority that signed the certificate of a private server, which names `localhost`.
    pub fn authority(&self) -> Option<PathBuf> {
        self.process.as_ref().map(|process| process.dir.path().join("authority.pem"))
    }

    /// A new database, set up by these statements, with a login that may only read it.
    pub fn database(&self, statements: &str) -> Shop<'_> {
        let name = format!("tieout_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        let reader = format!("{name}_reader");
        let made = format!(
            "create database {name} character set utf8mb4; create user {reader}@'%' identified by '{PASSWORD}';
             grant select on {name}.* to {reader}@'%'"
        );
        execute(&self.url("mysql"), &made);
        let shop = Shop { server: self, name, reader };
        shop.sql(statements);
        shop
    }

    /// Whether it is a MariaDB, and no MySQL, which a variable may name.
    pub fn is_mariadb(&self) -> bool {
        self.process.is_some() || self.version().contains("MariaDB")
    }

    /// How its own words are compared: each family of servers has its own.
    pub fn quoted(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        if !self.is_mariadb() {
            settings.set_snapshot_suffix("mysql");
        }
        settings
    }

    fn version(&self) -> String {
        let url = self.url("mysql");
        on_a_thread(move || {
            runtime().block_on(async {
                let mut connection = MySqlConnection::connect(&url).await.unwrap();
                sqlx::query_scalar("select version()").fetch_one(&mut connection).await.unwrap()
            })
        })
    }

    /// What ends a private server as a power cut would.
    pub fn killer(&self) -> impl Fn() + Send + use<> {
        self.process.as_ref().unwrap().killer()
    }
}

/// A table `numbers` of one column, `seq`: the whole numbers from 1 to `last`, as every server can make them.
pub fn numbers(last: u32) -> String {
    let digits = (0..10).map(|digit| format!("select {digit} as d")).collect::<Vec<_>>().join(" union all ");
    let places = last.ilog10() as usize + 1;
    let joined = (0..places).map(|place| format!("({digits}) d{place}")).collect::<Vec<_>>().join(" cross join ");
    let number = (0..places).map(|place| format!("{} * d{place}.d", 10u32.pow(place as u32))).collect::<Vec<_>>();
    let number = number.join(" + ");
    format!("(select {number} as seq from {joined} where {number} between 1 and {last} order by seq) numbers")
}

/// A database of one test's own.
pub struct Shop<'s> {
    pub server: &'s Mariadb,
    pub name: String,
    /// A login that may only read it.
    pub reader: String,
}

impl Shop<'_> {
    /// The URL of the login that may only read.
    pub fn url(&self) -> String {
        self.server.url_of(&format!("{}:{PASSWORD}", self.reader), &self.name)
    }

    /// Runs statements as an administrator.
    pub fn sql(&self, statements: &str) {
        execute(&self.server.url(&self.name), statements);
    }

    /// Runs statements as an administrator, and holds what they hold.
    pub fn session(&self, statements: &str) -> Session<MySqlConnection> {
        Session::holding(&self.server.url(&self.name), statements)
    }

    /// Runs statements as an administrator again and again, with the number of the round in the place of `$n`.
    pub fn writer(&self, statements: &str) -> Writer {
        Writer::at_work::<MySqlConnection>(self.server.url(&self.name), statements.to_owned())
    }

    /// Ends every connection of the login that may only read.
    pub fn cut(&self) -> impl Fn() + Send + use<> {
        let (url, reader) = (self.server.url(&self.name), self.reader.clone());
        move || {
            let (url, reader) = (url.clone(), reader.clone());
            on_a_thread(move || runtime().block_on(ended(&url, &reader))).unwrap();
        }
    }

    /// Runs statements as an administrator whenever it is called, from whatever thread.
    pub fn later(&self, statements: &str) -> impl Fn() + Send + use<> {
        let (url, statements) = (self.server.url(&self.name), statements.to_owned());
        move || execute(&url, &statements)
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        // A server that was killed has nothing left to drop.
        let (url, Shop { name, reader, .. }) = (self.server.url("mysql"), self);
        let statements = format!("drop database {name}; drop user {reader}@'%'");
        let _ = on_a_thread(move || runtime().block_on(asked(&url, &statements)));
    }
}

async fn asked(url: &str, statements: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(url).await?;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await?;
    connection.close().await
}

async fn ended(url: &str, user: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(url).await?;
    let asked = "select cast(id as signed) from information_schema.processlist where user = ?";
    let ids: Vec<i64> = sqlx::query_scalar(asked).bind(user).fetch_all(&mut connection).await?;
    for id in ids {
        connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("kill {id}")))).await?;
    }
    connection.close().await
}

fn execute(url: &str, statements: &str) {
    let done = on_a_thread(|| runtime().block_on(asked(url, statements)));
    done.unwrap_or_else(|error| panic!("{statements}: {error}"));
}
