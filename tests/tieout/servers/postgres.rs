//! PostgreSQL, with passwords, a certificate, and as many databases as tests want.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

use super::work::{Session, Writer};
use super::{PASSWORD, Process, as_user, certificate, free_port, is_root, on_a_thread, program, run, runtime};

/// A server that tests may use as they like.
pub struct Postgres {
    /// `None` where somebody else runs it.
    process: Option<Process>,
    /// `user:password@host:port` of a superuser.
    login: String,
}

/// The server all tests share; `None` where there is none and none is demanded.
pub fn postgres() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::named().or_else(Postgres::start)).as_ref()
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Postgres {
    fn named() -> Option<Postgres> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let host = variable("PGHOST")?;
        let port = variable("PGPORT").unwrap_or_else(|| "5432".to_owned());
        let user = variable("PGUSER").unwrap_or_else(|| "postgres".to_owned());
        let password = variable("PGPASSWORD").map(|password| format!(":{password}")).unwrap_or_default();
        Some(Postgres { process: None, login: format!("{user}{password}@{host}:{port}") })
    }

    /// Starts a server of one's own.
    pub fn start() -> Option<Postgres> {
        let bin = |name| program(name, Path::new("/usr/lib/postgresql"), "postgresql");
        let (initdb, server) = (bin("initdb")?, bin("postgres")?);
        let user = is_root().then_some("postgres");
        let dir = TempDir::with_prefix("tieout-postgres").unwrap();
        let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        fs::write(place("password"), PASSWORD).unwrap();
        certificate(dir.path());
        if user.is_some() {
            run(None, &["chown", "-R", "postgres", &place("")]);
        }
        let (data, password) = (place("data"), place("password"));
        let initdb = initdb.to_str().unwrap();
        let made = as_user(
            user,
            &[initdb, "-D", &data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", &password, "-N", "-E", "UTF8"],
        )
        .args(["--locale", "C"])
        .output()
        .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let settings = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", dir.path().display()),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", place("server.pem")),
            format!("ssl_key_file={}", place("server.key")),
        ];
        let mut command = vec![server.to_str().unwrap().to_owned(), "-D".to_owned(), data];
        command.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let process = Process::start(user, dir, &command);
        let mut server = Postgres { process: Some(process), login: format!("postgres:{PASSWORD}@127.0.0.1:{port}") };
        let url = server.url("postgres");
        let answers = || on_a_thread(|| runtime().block_on(PgConnection::connect(&url)).is_ok());
        server.process.iter_mut().for_each(|process| process.wait(answers));
        Some(server)
    }

    /// The URL of a superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{}/{database}", self.login)
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.login.rsplit_once('@').unwrap().1
    }

    /// The authority that signed the certificate of a private server, which names `localhost`.
    pub fn authority(&self) -> Option<PathBuf> {
        self.process.as_ref().map(|process| process.dir.path().join("authority.pem"))
    }

    /// A new database, set up by these statements.
    pub fn database(&self, statements: &str) -> Database<'_> {
        let name = format!("tieout_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        execute(&self.url("postgres"), &format!("create database {name}"));
        let database = Database { server: self, name };
        database.sql(statements);
        database
    }

    /// What ends a private server as a power cut would.
    pub fn killer(&self) -> impl Fn() + Send + use<> {
        self.process.as_ref().unwrap().killer()
    }
}

/// A database of one test's own.
pub struct Database<'s> {
    server: &'s Postgres,
    pub name: String,
}

impl Database<'_> {
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Runs statements, and holds what they hold.
    pub fn session(&self, statements: &str) -> Session<PgConnection> {
        Session::holding(&self.url(), statements)
    }

    /// Runs statements again and again, with the number of the round in the place of `$n`.
    pub fn writer(&self, statements: &str) -> Writer {
        Writer::at_work::<PgConnection>(self.url(), statements.to_owned())
    }

    /// Runs statements.
    pub fn sql(&self, statements: &str) {
        execute(&self.url(), statements);
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A server that was killed has no databases left to drop.
        let url = self.server.url("postgres");
        let statement = format!("drop database {} with (force)", self.name);
        let _ = on_a_thread(move || {
            runtime().block_on(async {
                let mut connection = PgConnection::connect(&url).await?;
                connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.map(drop)
            })
        });
    }
}

fn execute(url: &str, statements: &str) {
    let (url, text) = (url.to_owned(), statements.to_owned());
    let done = on_a_thread(move || {
        runtime().block_on(async {
            let mut connection = PgConnection::connect(&url).await?;
            connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
            connection.close().await
        })
    });
    done.unwrap_or_else(|error| panic!("{statements}: {error}"));
}
