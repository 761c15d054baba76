//! What the gauges show, read in one snapshot.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cells::{Columns, cells};
use super::schema::assembled;
use super::session::{Mode, Session};
use super::{RuleStanding, RunRow, Standing, Store, StoreError, reading, runs};
use crate::audit::breaks::Severity;
use crate::audit::exception::Status;

const READ: &str = "read the standing figures";

/// Sums are taken in two halves, because a sum of 64-bit figures need not fit 64 bits.
const HALF: i64 = 1_000_000_000;

impl Store {
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        Ok(Standing {
            exceptions: exceptions(&mut session).await?,
            at_risk: at_risk(&mut session).await?,
            oldest: oldest(&mut session).await?,
            deliveries: deliveries(&mut session).await?,
            rules: rules(&mut session).await?,
            jobs: jobs(&mut session).await?,
        })
    }
}

async fn exceptions(session: &mut Session) -> Result<BTreeMap<(String, String, Status, Severity), i64>, StoreError> {
    let (live, cells) = reading::standing(1);
    let select = format!(
        "SELECT rule_id, department, status, severity, COUNT(*) AS total FROM exceptions WHERE status IN ({live}) \
         GROUP BY rule_id, department, status, severity"
    );
    let rows = session.rows(READ, assembled(select), cells).await?;
    let read = rows.iter().map(|row| {
        let columns = Columns { row, table: "exceptions" };
        let status = columns.named("status", Status::from_name)?;
        let severity = columns.named("severity", reading::severity)?;
        Ok(((columns.text("rule_id")?, columns.text("department")?, status, severity), columns.integer("total")?))
    });
    read.collect()
}

async fn at_risk(session: &mut Session) -> Result<BTreeMap<(String, String, String), i128>, StoreError> {
    let (live, cells) = reading::standing(1);
    let select = format!(
        "SELECT e.rule_id, e.department, a.currency, \
         CAST(SUM(a.ten_thousandths / {HALF}) AS BIGINT) AS upper_half, \
         CAST(SUM(a.ten_thousandths % {HALF}) AS BIGINT) AS lower_half \
         FROM exceptions e JOIN exception_amounts a ON a.exception_id = e.id WHERE e.status IN ({live}) \
         GROUP BY e.rule_id, e.department, a.currency"
    );
    let rows = session.rows(READ, assembled(select), cells).await?;
    let read = rows.iter().map(|row| {
        let columns = Columns { row, table: "exception_amounts" };
        let (upper, lower) = (columns.integer("upper_half")?, columns.integer("lower_half")?);
        let sum = i128::from(upper) * i128::from(HALF) + i128::from(lower);
        Ok(((columns.text("rule_id")?, columns.text("department")?, columns.text("currency")?), sum))
    });
    read.collect()
}

async fn oldest(session: &mut Session) -> Result<BTreeMap<String, NaiveDate>, StoreError> {
    let (live, cells) = reading::standing(1);
    let select = format!(
        "SELECT department, MIN(first_seen) AS oldest FROM exceptions WHERE status IN ({live}) GROUP BY department"
    );
    let rows = session.rows(READ, assembled(select), cells).await?;
    let read = rows.iter().map(|row| {
        let columns = Columns { row, table: "exceptions" };
        Ok((columns.text("department")?, columns.day("oldest")?))
    });
    read.collect()
}

async fn deliveries(session: &mut Session) -> Result<BTreeMap<(String, String), i64>, StoreError> {
    let select = "SELECT l.department, d.status, COUNT(*) AS total FROM deliveries d \
                  JOIN letters l ON l.id = d.letter_id GROUP BY l.department, d.status";
    let rows = session.rows(READ, select, cells![]).await?;
    let read = rows.iter().map(|row| {
        let columns = Columns { row, table: "deliveries" };
        Ok(((columns.text("department")?, columns.text("status")?), columns.integer("total")?))
    });
    read.collect()
}

async fn rules(session: &mut Session) -> Result<BTreeMap<String, RuleStanding>, StoreError> {
    let select = "SELECT id, last_status, last_run, last_evaluated, seconds, row_count FROM rules";
    let rows = session.rows(READ, select, cells![]).await?;
    let read = rows.iter().map(|row| {
        let columns = Columns { row, table: "rules" };
        let standing = RuleStanding {
            status: columns.text("last_status")?,
            last_run: columns.instant("last_run")?,
            last_evaluated: columns.optional_instant("last_evaluated")?,
            seconds: columns.real("seconds")?,
            rows: columns.count("row_count")?,
        };
        Ok((columns.text("id")?, standing))
    });
    read.collect()
}

async fn jobs(session: &mut Session) -> Result<BTreeMap<String, RunRow>, StoreError> {
    let select = "SELECT id, job, as_of, day, started, finished, status, parameters FROM runs WHERE id IN \
                  (SELECT (SELECT last.id FROM runs last WHERE last.job = named.job \
                  ORDER BY last.finished DESC, last.id DESC LIMIT 1) FROM (SELECT DISTINCT job FROM runs) named)";
    let rows = session.rows(READ, select, cells![]).await?;
    let read = rows.iter().map(|row| {
        let run = runs::run_row(row)?;
        Ok((run.job.clone(), run))
    });
    read.collect()
}
