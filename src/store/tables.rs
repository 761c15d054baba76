//! What is remembered of tables: the pulls that later ones are judged by, and those that people accept beforehand.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::cells::{Columns, cells, json};
use super::session::{Mode, Session};
use super::trail::{self, About, Entry};
use super::{Acceptance, Recording, RunRow, Store, StoreError, TablePull};
use crate::audit::judgement::Reason;
use crate::audit::snapshot::{Baseline, Figures};

/// Pulls that are kept of one table and company that asked the same: the latest, of which a look at a past day needs
/// one that is no later.
pub const PULLS_KEPT: u32 = 400;

const READ: &str = "read what is remembered of the tables";
const WRITE: &str = "record the pulls";
const ACCEPT: &str = "accept the table's next pull";

impl Store {
    /// The last good pull of a table for an as-of that is not after the given one; `None` when there is none that asked
    /// for the same. `company` is empty for a table of one company.
    pub async fn baseline(
        &self,
        (table, company): (&str, &str),
        hash: &str,
        as_of: DateTime<Utc>,
    ) -> Result<Option<Baseline>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let select = "SELECT day, since, row_count, totals, columns FROM table_pulls \
                      WHERE table_name = $1 AND company = $2 AND hash = $3 AND as_of <= $4 \
                      ORDER BY as_of DESC, moment DESC, run_id DESC LIMIT 1";
        let row = session.row(READ, select, cells![table, company, hash, as_of]).await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns { row: &row, table: "table_pulls" };
        let figures = Figures {
            rows: columns.count("row_count")?,
            totals: columns.json("totals")?,
            types: columns.json("columns")?,
        };
        Ok(Some(Baseline { day: columns.day("day")?, since: columns.optional_day("since")?, figures }))
    }

    /// What people accepted of tables and no run has taken yet, oldest first.
    pub async fn acceptances(&self) -> Result<Vec<Acceptance>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let select = "SELECT id, table_name, at, actor, reason FROM table_acceptances WHERE run_id IS NULL ORDER BY id";
        let rows = session.rows(READ, select, cells![]).await?;
        let read = rows.iter().map(|row| {
            let columns = Columns { row, table: "table_acceptances" };
            Ok(Acceptance {
                id: columns.text("id")?,
                table: columns.text("table_name")?,
                at: columns.instant("at")?,
                by: columns.text("actor")?,
                reason: columns.text("reason")?,
            })
        });
        read.collect()
    }

    /// Takes the next pull of a table whatever its guards say, and makes it what later pulls are judged by. The trail
    /// says who wanted it and why.
    pub async fn accept(&self, acceptance: &Acceptance) -> Result<(), StoreError> {
        let Acceptance { id, table, at, by, reason } = acceptance;
        if by.trim().is_empty() || reason.trim().is_empty() {
            let sentence = "accepting a table needs a reason and the name of whoever gives it";
            return Err(StoreError::Refused(sentence.to_owned()));
        }
        let mut session = self.session(Mode::Write, ACCEPT).await?;
        let insert = "INSERT INTO table_acceptances (id, table_name, at, actor, reason) VALUES ($1, $2, $3, $4, $5)";
        session.execute(ACCEPT, insert, cells![id, table, *at, by, reason]).await?;
        let entry = Entry {
            about: About::Table(table.clone()),
            at: *at,
            actor: by.clone(),
            event: "accepted",
            detail: json!({ "acceptance": id, "reason": reason }).to_string(),
        };
        trail::append(&mut session, vec![entry]).await?;
        session.commit(ACCEPT).await
    }
}

impl Recording {
    /// Keeps the pulls that later ones are judged by. An acceptance that let one through is taken, and the trail says
    /// with which figures.
    pub async fn insert_pulls(&mut self, run: &RunRow, pulls: &[TablePull]) -> Result<(), StoreError> {
        let session = &mut self.session;
        let rows = pulls.iter().map(|pull| row(run, pull)).collect::<Result<Vec<_>, StoreError>>()?;
        let insert = "INSERT INTO table_pulls (run_id, table_name, company, hash, as_of, day, since, moment, \
                      row_count, totals, columns, acceptance) VALUES";
        session.insert(WRITE, insert, "", rows).await?;
        let prune = "DELETE FROM table_pulls WHERE table_name = $1 AND company = $2 AND hash = $3 AND as_of < \
                     (SELECT as_of FROM table_pulls WHERE table_name = $1 AND company = $2 AND hash = $3 \
                      ORDER BY as_of DESC LIMIT 1 OFFSET $4)";
        for pull in pulls {
            let (table, company, hash) = (&pull.table, &pull.company, &pull.hash);
            session.execute(WRITE, prune, cells![table, company, hash, PULLS_KEPT - 1]).await?;
        }
        let mut entries = Vec::new();
        for pull in pulls {
            let Some(acceptance) = &pull.acceptance else { continue };
            let take = "UPDATE table_acceptances SET run_id = $1 WHERE table_name = $2 AND run_id IS NULL AND id <= $3";
            session.execute(WRITE, take, cells![&run.id, &pull.table, acceptance]).await?;
            let Figures { rows, totals, .. } = &pull.figures;
            let company = Some(&pull.company).filter(|company| !company.is_empty());
            let detail = json!({ "acceptance": acceptance, "company": company, "rows": rows, "totals": totals });
            entries.push(Entry {
                about: About::Table(pull.table.clone()),
                at: run.finished,
                actor: format!("run:{}", run.id),
                event: "taken",
                detail: detail.to_string(),
            });
        }
        trail::append(session, entries).await
    }

    /// Why the rule was not evaluated in its last run, where it was not.
    pub async fn last_reason(&mut self, rule: &str) -> Result<Option<Reason>, StoreError> {
        last_reason(&mut self.session, rule).await
    }

    /// Keeps why a rule was not evaluated, for its next run. A look at a past day says nothing of it.
    pub async fn remember_reason(
        &mut self,
        run: &RunRow,
        rule: &str,
        reason: Option<&Reason>,
    ) -> Result<(), StoreError> {
        let reason = reason.map(|reason| json("a reason", reason)).transpose()?;
        let update = "UPDATE rules SET last_reason = $1 WHERE id = $2 AND (last_as_of IS NULL OR last_as_of <= $3)";
        self.session.execute("record the run", update, cells![reason, rule, run.as_of]).await?;
        Ok(())
    }
}

async fn last_reason(session: &mut Session, rule: &str) -> Result<Option<Reason>, StoreError> {
    let select = "SELECT last_reason FROM rules WHERE id = $1";
    let row = session.row("read the rule's state", select, cells![rule]).await?;
    let Some(row) = row else { return Ok(None) };
    Columns { row: &row, table: "rules" }.optional_json("last_reason")
}

fn row(run: &RunRow, pull: &TablePull) -> Result<Vec<super::cells::Cell>, StoreError> {
    let since: Option<NaiveDate> = pull.since;
    Ok(cells![
        &run.id,
        &pull.table,
        &pull.company,
        &pull.hash,
        run.as_of,
        run.day,
        since,
        pull.moment,
        pull.figures.rows,
        json("totals", &pull.figures.totals)?,
        json("columns", &pull.figures.types)?,
        pull.acceptance.as_ref(),
    ])
}
