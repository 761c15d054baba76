//! The trail: every change of every exception and every accepted table, each row chained to the one before by hash.
//!
//! A row's hash is the SHA-256, in lower-case hex, over these fields in this order, each written as its length in
//! bytes (eight bytes, big-endian) and then its UTF-8 bytes: the text `tieout.trail/1`, `seq` in decimal, the
//! exception's id, `at` in UTC microseconds in decimal, `actor`, `event`, `detail`, `prev_hash`. The first row's
//! `prev_hash` is sixty-four zeros. A row about a table begins with the text `tieout.trail/1 table` instead and has the
//! table's name in the place of the exception's id. `trail_head` holds the number and hash of the last row, written in the same
//! transaction, so that rows missing at the end are noticed too.
//!
//! Whoever can write to the database and recomputes every hash from some row on, the head included, leaves no trace
//! in it; against that, compare the head with one that was written down elsewhere.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;

use super::cells::{Columns, cells};
use super::session::{Mode, Session};
use super::{Store, StoreError, TrailRow};

/// What stands before the first row.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const FORMAT: &str = "tieout.trail/1";
const TABLE_FORMAT: &str = "tieout.trail/1 table";
/// Rows read at a time when the trail is verified.
const VERIFY_PAGE: i64 = 1_000;
const SELECT_PAGE: &str = "SELECT seq, exception_id, table_name, at, actor, event, detail, prev_hash, hash FROM trail \
                           WHERE seq > $1 ORDER BY seq LIMIT $2";

/// A row to be appended.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub about: About<String>,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub event: &'static str,
    pub detail: String,
}

/// What a row of the trail is about: the id of an exception, or the name of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About<T> {
    Exception(T),
    Table(T),
}

impl About<String> {
    fn borrowed(&self) -> About<&str> {
        match self {
            About::Exception(id) => About::Exception(id),
            About::Table(name) => About::Table(name),
        }
    }

    /// The cells of both columns.
    fn columns(self) -> (Option<String>, Option<String>) {
        match self {
            About::Exception(id) => (Some(id), None),
            About::Table(name) => (None, Some(name)),
        }
    }
}

/// A row's fields exactly as stored.
struct Link<'a> {
    seq: i64,
    about: About<&'a str>,
    at: i64,
    actor: &'a str,
    event: &'a str,
    detail: &'a str,
    prev_hash: &'a str,
}

impl Link<'_> {
    fn hash(&self) -> String {
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let (format, about) = match self.about {
            About::Exception(id) => (FORMAT, id),
            About::Table(name) => (TABLE_FORMAT, name),
        };
        let fields = [format, &seq, about, &at, self.actor, self.event, self.detail, self.prev_hash];
        let mut digest = Sha256::new();
        for field in fields {
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field.as_bytes());
        }
        hex::encode(digest.finalize())
    }
}

/// The number and hash of the last row.
async fn head(session: &mut Session) -> Result<Option<(i64, String)>, StoreError> {
    let row = session.row("read the trail", "SELECT seq, hash FROM trail_head WHERE one = 1", cells![]).await?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns { row: &row, table: "trail_head" };
    Ok(Some((columns.integer("seq")?, columns.text("hash")?)))
}

/// Appends rows, in order. The session holds the write lock, so that no other row comes between.
pub(super) async fn append(session: &mut Session, entries: Vec<Entry>) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let (mut seq, mut hash) = head(session).await?.unwrap_or_else(|| (0, GENESIS.to_owned()));
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let prev_hash = hash;
        let link = Link {
            seq,
            about: entry.about.borrowed(),
            at: entry.at.timestamp_micros(),
            actor: &entry.actor,
            event: entry.event,
            detail: &entry.detail,
            prev_hash: &prev_hash,
        };
        hash = link.hash();
        let Entry { about, at, actor, event, detail } = entry;
        let (exception, table) = about.columns();
        rows.push(cells![seq, exception, table, at, actor, event, detail, prev_hash, &hash]);
    }
    let insert = "INSERT INTO trail (seq, exception_id, table_name, at, actor, event, detail, prev_hash, hash) VALUES";
    session.insert("write the trail", insert, "", rows).await?;
    let upsert = "INSERT INTO trail_head (one, seq, hash) VALUES (1, $1, $2) \
                  ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
    session.execute("write the trail", upsert, cells![seq, hash]).await?;
    Ok(())
}

/// The rows of one exception, oldest first.
pub(super) async fn of_exception(session: &mut Session, id: &str) -> Result<Vec<TrailRow>, StoreError> {
    let select = "SELECT seq, exception_id, at, actor, event, detail, prev_hash, hash FROM trail \
                  WHERE exception_id = $1 ORDER BY seq";
    let rows = session.rows("read the trail", select, cells![id]).await?;
    rows.iter().map(trail_row).collect()
}

fn trail_row(row: &SqliteRow) -> Result<TrailRow, StoreError> {
    let columns = Columns { row, table: "trail" };
    Ok(TrailRow {
        seq: columns.integer("seq")?,
        exception: columns.text("exception_id")?,
        at: columns.instant("at")?,
        actor: columns.text("actor")?,
        event: columns.text("event")?,
        detail: columns.text("detail")?,
        prev_hash: columns.text("prev_hash")?,
        hash: columns.text("hash")?,
    })
}

impl Store {
    /// Recomputes every hash of the trail; the number of rows, or [`StoreError::Trail`] with the first that does not
    /// fit: changed, missing, out of place, or missing at the end.
    pub async fn verify_trail(&self) -> Result<u64, StoreError> {
        let mut session = self.session(Mode::Read, "verify the trail").await?;
        let head = head(&mut session).await?;
        let (mut seq, mut hash) = (0, GENESIS.to_owned());
        let mut from = i64::MIN;
        loop {
            let page = session.rows("verify the trail", SELECT_PAGE, cells![from, VERIFY_PAGE]).await?;
            for row in &page {
                hash = follows(row, seq + 1, &hash)?;
                seq += 1;
            }
            if page.len() < VERIFY_PAGE as usize {
                break;
            }
            from = seq;
        }
        ends(head, seq, &hash)?;
        Ok(u64::try_from(seq).unwrap_or_default())
    }
}

/// The hash of the row that should be number `expected` and follow `before`.
fn follows(row: &SqliteRow, expected: i64, before: &str) -> Result<String, StoreError> {
    let refuse = |what: String| Err(StoreError::Trail { row: expected, what });
    let columns = Columns { row, table: "trail" };
    let seq = columns.integer("seq")?;
    if seq != expected {
        return refuse(format!("it is missing; the next one there is row {seq}"));
    }
    let fields = ["actor", "event", "detail", "prev_hash", "hash"];
    let read: Result<Vec<String>, _> = fields.iter().map(|field| columns.text(field)).collect();
    let abouts = (columns.optional_text("exception_id"), columns.optional_text("table_name"));
    let (Ok(texts), Ok(at), (Ok(exception), Ok(table))) = (read, columns.integer("at"), abouts) else {
        return refuse("it was changed after it was written: a value has another type".to_owned());
    };
    let [actor, event, detail, prev_hash, hash] = texts.as_slice() else {
        return refuse("it cannot be read".to_owned());
    };
    let about = match (&exception, &table) {
        (Some(id), None) => About::Exception(id.as_str()),
        (None, Some(name)) => About::Table(name.as_str()),
        _ => return refuse("it was changed after it was written: it is about two things, or about nothing".to_owned()),
    };
    if prev_hash != before {
        return refuse(format!("it does not follow row {}: a row was changed, exchanged or put in", expected - 1));
    }
    let link = Link { seq, about, at, actor, event, detail, prev_hash };
    if link.hash() != *hash {
        return refuse("it was changed after it was written".to_owned());
    }
    Ok(hash.clone())
}

/// Compares the last row with what the head says it is.
fn ends(head: Option<(i64, String)>, seq: i64, hash: &str) -> Result<(), StoreError> {
    let (written, last) = match head {
        Some(head) => head,
        None if seq == 0 => return Ok(()),
        None => {
            return Err(StoreError::Trail { row: seq, what: "the note of which row is the last is gone".to_owned() });
        }
    };
    let what = match seq.cmp(&written) {
        std::cmp::Ordering::Less => {
            let what = format!("it is missing, and everything after it; {written} rows were written");
            return Err(StoreError::Trail { row: seq + 1, what });
        }
        std::cmp::Ordering::Greater => format!("only {written} rows were written"),
        std::cmp::Ordering::Equal if hash != last => "it is not the row that was written last".to_owned(),
        std::cmp::Ordering::Equal => return Ok(()),
    };
    Err(StoreError::Trail { row: seq, what })
}
