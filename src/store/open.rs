//! Opening a store: the one file that knows which database it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use super::schema::{self, Found};
use super::session::{fault, is_busy, why};
use super::{Store, StoreError};

/// How long a statement waits for another process's recording to end.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a task waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECTIONS: u32 = 8;
/// Tries of the one switch that SQLite does not wait for, and the pause between two.
const SWITCH_TRIES: u32 = 200;
const SWITCH_PAUSE: Duration = Duration::from_millis(25);

impl Store {
    /// Opens, creating and migrating as needed. `url` is `sqlite:PATH`.
    ///
    /// A newer store is [`StoreError::Newer`]; a file that is no store of tieout's is refused and left as it was.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let path = path_of(url)?;
        let shown = path.display().to_string();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            tokio::fs::create_dir_all(parent).await.map_err(|cause| {
                StoreError::Refused(format!("cannot make the folder {} for the store: {cause}", parent.display()))
            })?;
        }
        let options = options(&path);
        let mut connection = connect(&options.clone().create_if_missing(true), &shown).await?;
        let found = look(&mut connection, &shown).await?;
        write_ahead(&mut connection).await.map_err(|source| fault(format!("prepare the store {shown}"), source))?;
        if found != Found::Schema(schema::KNOWN) {
            schema::migrate(&mut connection, &shown).await?;
        }
        probe(&mut connection, &shown).await?;
        close(connection, &shown).await?;
        Ok(Store { pool: pool(options), hook: None })
    }

    /// Opens what exists for reading; `None` when there is no store yet. For a dry run, which must not create one, and
    /// neither migrates one: an older store is refused.
    pub async fn open_existing(url: &str) -> Result<Option<Store>, StoreError> {
        let path = path_of(url)?;
        let shown = path.display().to_string();
        match tokio::fs::try_exists(&path).await {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(cause) => return Err(StoreError::Refused(format!("cannot look for the store {shown}: {cause}"))),
        }
        let options = options(&path);
        let mut connection = connect(&options, &shown).await?;
        let found = look(&mut connection, &shown).await?;
        close(connection, &shown).await?;
        match found {
            Found::Schema(schema::KNOWN) => Ok(Some(Store { pool: pool(options), hook: None })),
            Found::Nothing => Ok(None),
            _ => Err(StoreError::Refused(format!(
                "the store {shown} was written by an older tieout; a run that is not a dry run brings it up to date"
            ))),
        }
    }

    /// Called before every statement of a recording with its number: how tests kill the process at each. Numbers
    /// start at 1, the `BEGIN`, anew in each recording; the last is the `COMMIT`.
    pub fn with_statement_hook(self, hook: Arc<dyn Fn(u64) + Send + Sync>) -> Store {
        Store { hook: Some(hook), ..self }
    }
}

/// The path of a `sqlite:PATH` url. Other urls may hold a password, so sentences name their scheme only.
fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    let refuse = |found: &str| {
        Err(StoreError::Refused(format!("the store's url {found}; it must be `sqlite:` and the path of a file")))
    };
    let Some(path) = url.strip_prefix("sqlite:") else {
        return match url.split_once(':') {
            Some((scheme, _)) if scheme.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
                refuse(&format!("starts with `{scheme}:`, which this version cannot keep a store in"))
            }
            _ => refuse("names no kind of database"),
        };
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return refuse("has no path");
    }
    if path == ":memory:" {
        return refuse("names no file, so that nothing would be remembered");
    }
    // SQLite would read a name that starts with `file:` as a url of its own.
    Ok(if path.starts_with("file:") { Path::new(".").join(path) } else { PathBuf::from(path) })
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
}

/// Connections are made when they are needed. One that comes back with its transaction still open (SQLite ended it
/// by itself on a full disk, and the rollback then failed) is thrown away rather than handed to the next task.
fn pool(options: SqliteConnectOptions) -> sqlx::SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_lazy_with(options)
}

async fn connect(options: &SqliteConnectOptions, shown: &str) -> Result<SqliteConnection, StoreError> {
    if tokio::fs::metadata(options.get_filename()).await.is_ok_and(|found| found.is_dir()) {
        return Err(StoreError::Refused(format!("cannot open the store {shown}: it is a folder, and must be a file")));
    }
    SqliteConnection::connect_with(options).await.map_err(|source| opening(shown, source))
}

fn opening(shown: &str, source: sqlx::Error) -> StoreError {
    match why(&source) {
        Some(_) => fault(format!("open the store {shown}"), source),
        None => StoreError::Open { path: shown.to_owned(), source },
    }
}

/// What the file holds, refusing what this version must not touch.
async fn look(connection: &mut SqliteConnection, shown: &str) -> Result<Found, StoreError> {
    let found = schema::inspect(connection).await.map_err(|source| opening(shown, source))?;
    match found {
        Found::Foreign => Err(StoreError::Refused(format!(
            "cannot open the store {shown}: it is a database of something else; name a file that tieout may make"
        ))),
        Found::Schema(version) if version > schema::KNOWN => {
            Err(StoreError::Newer { path: shown.to_owned(), found: version, known: schema::KNOWN })
        }
        found => Ok(found),
    }
}

/// Switches a file to write-ahead logging if it is not there yet, in which readers and a writer do not wait for each other. SQLite
/// refuses the switch at once while another process has the file open otherwise, whatever the busy timeout.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for _ in 0..SWITCH_TRIES {
        match sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await {
            Ok(row) if row.try_get::<String, _>(0)?.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(_) => {}
            Err(source) if is_busy(&source) => {}
            Err(source) => return Err(source),
        }
        tokio::time::sleep(SWITCH_PAUSE).await;
    }
    // A file system without shared memory cannot hold the log's index. The store works there as well, only that
    // readers wait for the writer.
    Ok(())
}

/// Asks for the write lock without waiting, so that a store that cannot be written to is found now and not at the
/// end of the first run.
async fn probe(connection: &mut SqliteConnection, shown: &str) -> Result<(), StoreError> {
    let tried = async {
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
        connection.begin_with("BEGIN IMMEDIATE").await?.rollback().await
    };
    match tried.await {
        Err(source) if !is_busy(&source) => Err(fault(format!("write to the store {shown}"), source)),
        _ => Ok(()),
    }
}

async fn close(connection: SqliteConnection, shown: &str) -> Result<(), StoreError> {
    connection.close().await.map_err(|source| opening(shown, source))
}
