//! Letters as they were rendered, and the messages that carry them.
//!
//! A delivery is *pending*, then *sending* while somebody has claimed it, then *sent*, *failed* (will be tried again
//! when it is due) or *dead*. Tries are counted when they begin, so one that dies with its process counts as well.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;

use super::cells::{Columns, cells};
use super::session::{Mode, Session};
use super::{Attempt, Delivery, NewDelivery, Store, StoreError, StoredLetter};

const CLAIM: &str = "claim deliveries";
const MARK: &str = "mark the delivery";

pub(super) async fn insert(
    session: &mut Session,
    letter: &StoredLetter,
    deliveries: &[NewDelivery],
) -> Result<(), StoreError> {
    let doing = "keep the letter";
    if let Some(other) = deliveries.iter().find(|delivery| delivery.letter != letter.id) {
        let (id, named, kept) = (&other.id, &other.letter, &letter.id);
        return Err(StoreError::Refused(format!("delivery {id} carries letter {named}, and was kept with {kept}")));
    }
    let insert = "INSERT INTO letters (id, run_id, department, subject, text_part, html_part, csv_name, csv, list_id, \
                  written) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let StoredLetter { id, run, department, subject, text, html, csv_name, csv, list_id, written } = letter;
    let cells = cells![id, run, department, subject, text, html, csv_name, csv, list_id, *written];
    session.execute(doing, insert, cells).await?;
    let rows = deliveries.iter().map(|delivery| {
        let NewDelivery { id, letter, recipient, message_id, due } = delivery;
        cells![id, letter, recipient, message_id, "pending", 0_i64, *due]
    });
    let insert = "INSERT INTO deliveries (id, letter_id, recipient, message_id, status, attempts, due) VALUES";
    session.insert(doing, insert, "", rows.collect()).await?;
    Ok(())
}

/// When the department was last written a letter.
pub(super) async fn last_written(session: &mut Session, department: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let select = "SELECT MAX(written) AS written FROM letters WHERE department = $1";
    let row = session.row("read the letters", select, cells![department]).await?;
    row.map_or(Ok(None), |row| Columns { row: &row, table: "letters" }.optional_instant("written"))
}

fn delivery(row: &SqliteRow) -> Result<Delivery, StoreError> {
    let columns = Columns { row, table: "deliveries" };
    let letter = StoredLetter {
        id: columns.text("letter_id")?,
        run: columns.text("run_id")?,
        department: columns.text("department")?,
        subject: columns.text("subject")?,
        text: columns.text("text_part")?,
        html: columns.text("html_part")?,
        csv_name: columns.text("csv_name")?,
        csv: columns.text("csv")?,
        list_id: columns.text("list_id")?,
        written: columns.instant("written")?,
    };
    let attempts = columns.count("attempts")?.saturating_sub(1);
    Ok(Delivery {
        id: columns.text("id")?,
        letter,
        recipient: columns.text("recipient")?,
        message_id: columns.text("message_id")?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}

impl Store {
    /// Takes up to `limit` deliveries that are due, for `holder`, until `until`; nobody else is handed them before.
    /// One whose claim ran out without a mark is due again. Longest due first.
    pub async fn claim_deliveries(
        &self,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut session = self.session(Mode::Write, CLAIM).await?;
        // The condition stands twice: a database that lets two claims overlap looks at the outer one again once the
        // other claim is done.
        let claim = "UPDATE deliveries SET status = 'sending', holder = $1, claimed_until = $2, \
                     attempts = attempts + 1, changed = $3 WHERE id IN (SELECT id FROM deliveries \
                     WHERE (status IN ('pending', 'failed') AND due <= $3) \
                     OR (status = 'sending' AND claimed_until <= $3) ORDER BY due, id LIMIT $4) \
                     AND ((status IN ('pending', 'failed') AND due <= $3) \
                     OR (status = 'sending' AND claimed_until <= $3)) RETURNING id";
        let rows = session.rows(CLAIM, claim, cells![holder, until, now, limit]).await?;
        let ids: Vec<String> =
            rows.iter().map(|row| Columns { row, table: "deliveries" }.text("id")).collect::<Result<_, _>>()?;
        let head = "SELECT d.id, d.letter_id, d.recipient, d.message_id, d.attempts, d.due, l.run_id, l.department, \
                    l.subject, l.text_part, l.html_part, l.csv_name, l.csv, l.list_id, l.written \
                    FROM deliveries d JOIN letters l ON l.id = d.letter_id WHERE d.id IN";
        let rows = session.rows_in(CLAIM, (head, ""), Vec::new(), &ids).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            claimed.push((Columns { row, table: "deliveries" }.integer("due")?, delivery(row)?));
        }
        session.commit(CLAIM).await?;
        claimed.sort_by(|left, right| (left.0, &left.1.id).cmp(&(right.0, &right.1.id)));
        Ok(claimed.into_iter().map(|(_, delivery)| delivery).collect())
    }

    /// Keeps how a try ended. A delivery that was sent stays sent, whatever a slower holder of it says later.
    pub async fn mark_delivery(&self, id: &str, attempt: &Attempt, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut session = self.session(Mode::Write, MARK).await?;
        let known = session.row(MARK, "SELECT id FROM deliveries WHERE id = $1", cells![id]).await?;
        if known.is_none() {
            return Err(StoreError::Refused(format!("there is no delivery {id}")));
        }
        let (status, error, due) = match attempt {
            Attempt::Sent => ("sent", None, None),
            Attempt::Failed { error, next } => ("failed", Some(error), Some(*next)),
            Attempt::Dead { error } => ("dead", Some(error), None),
        };
        let update = "UPDATE deliveries SET status = $1, error = $2, due = COALESCE($3, due), holder = NULL, \
                      claimed_until = NULL, changed = $4 WHERE id = $5 AND status <> 'sent'";
        session.execute(MARK, update, cells![status, error, due, now, id]).await?;
        session.commit(MARK).await
    }

    /// When the next delivery is due, if one is waiting: its own time, or the end of a claim on it.
    pub async fn next_delivery(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let doing = "look for the next delivery";
        let mut session = self.session(Mode::Read, doing).await?;
        let select = "SELECT MIN(CASE status WHEN 'sending' THEN claimed_until ELSE due END) AS next FROM deliveries \
                      WHERE status IN ('pending', 'failed', 'sending')";
        let row = session.row(doing, select, cells![]).await?;
        row.map_or(Ok(None), |row| Columns { row: &row, table: "deliveries" }.optional_instant("next"))
    }
}
