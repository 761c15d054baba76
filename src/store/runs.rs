//! Runs, what they say of each rule, and the state they leave.

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::sqlite::SqliteRow;

use super::cells::{Columns, cells};
use super::session::{Mode, Session};
use super::{RuleRunRow, RuleState, RunRow, Store, StoreError};

const READ: &str = "read the runs";
const WRITE: &str = "record the run";

/// Statuses of a run that judged every subject of the rule.
const EVALUATED: [&str; 2] = ["ties_out", "exceptions"];

pub(super) async fn insert_run(session: &mut Session, run: &RunRow) -> Result<(), StoreError> {
    let insert = "INSERT INTO runs (id, job, as_of, day, started, finished, status, parameters) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let RunRow { id, job, as_of, day, started, finished, status, parameters } = run;
    let cells = cells![id, job, *as_of, *day, *started, *finished, status, parameters];
    session.execute(WRITE, insert, cells).await?;
    Ok(())
}

pub(super) async fn insert_rule_run(
    session: &mut Session,
    run: &RunRow,
    hash: &str,
    row: &RuleRunRow,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO run_rules (run_id, rule_id, hash, status, report, seconds, row_count, recorded) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let RuleRunRow { rule, status, report, seconds, rows, recorded } = row;
    let cells = cells![&run.id, rule, hash, status, report, *seconds, *rows, *recorded];
    session.execute(WRITE, insert, cells).await?;
    // A look at a past day says nothing of how the rule stands today.
    let upsert = "INSERT INTO rules (id, hash, last_as_of, last_day, last_evaluated, last_status, last_run_day, \
                  last_run, seconds, row_count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                  ON CONFLICT (id) DO UPDATE SET hash = COALESCE(excluded.hash, rules.hash), \
                  last_as_of = COALESCE(excluded.last_as_of, rules.last_as_of), \
                  last_day = COALESCE(excluded.last_day, rules.last_day), \
                  last_evaluated = COALESCE(excluded.last_evaluated, rules.last_evaluated), \
                  last_status = excluded.last_status, last_run_day = excluded.last_run_day, \
                  last_run = excluded.last_run, seconds = excluded.seconds, row_count = excluded.row_count \
                  WHERE rules.last_as_of IS NULL OR rules.last_as_of <= $11";
    let evaluated = *recorded && EVALUATED.contains(&status.as_str());
    let cells = cells![
        rule,
        recorded.then_some(hash),
        recorded.then_some(run.as_of),
        recorded.then_some(run.day),
        evaluated.then_some(run.as_of),
        status,
        run.day,
        run.finished,
        *seconds,
        *rows,
        run.as_of,
    ];
    session.execute(WRITE, upsert, cells).await?;
    Ok(())
}

pub(super) async fn rule_state(session: &mut Session, rule: &str) -> Result<Option<RuleState>, StoreError> {
    let select = "SELECT hash, last_as_of, last_day, last_status, last_run_day FROM rules \
                  WHERE id = $1 AND hash IS NOT NULL";
    let row = session.row("read the rule's state", select, cells![rule]).await?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns { row: &row, table: "rules" };
    Ok(Some(RuleState {
        hash: columns.text("hash")?,
        last_as_of: columns.instant("last_as_of")?,
        last_day: columns.day("last_day")?,
        last_status: columns.text("last_status")?,
        last_run_day: columns.day("last_run_day")?,
    }))
}

pub(super) async fn last_rule_run(
    session: &mut Session,
    rule: &str,
) -> Result<Option<(String, NaiveDate)>, StoreError> {
    let select = "SELECT last_status, last_run_day FROM rules WHERE id = $1";
    let row = session.row("read the rule's state", select, cells![rule]).await?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns { row: &row, table: "rules" };
    Ok(Some((columns.text("last_status")?, columns.day("last_run_day")?)))
}

pub(super) fn run_row(row: &SqliteRow) -> Result<RunRow, StoreError> {
    let columns = Columns { row, table: "runs" };
    Ok(RunRow {
        id: columns.text("id")?,
        job: columns.text("job")?,
        as_of: columns.instant("as_of")?,
        day: columns.day("day")?,
        started: columns.instant("started")?,
        finished: columns.instant("finished")?,
        status: columns.text("status")?,
        parameters: columns.text("parameters")?,
    })
}

fn rule_run_row(row: &SqliteRow) -> Result<(String, RuleRunRow), StoreError> {
    let columns = Columns { row, table: "run_rules" };
    let read = RuleRunRow {
        rule: columns.text("rule_id")?,
        status: columns.text("status")?,
        report: columns.text("report")?,
        seconds: columns.real("seconds")?,
        rows: columns.count("row_count")?,
        recorded: columns.truth("recorded")?,
    };
    Ok((columns.text("run_id")?, read))
}

impl Store {
    /// One run; `None` when the store has none of that id.
    pub async fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let select = "SELECT id, job, as_of, day, started, finished, status, parameters FROM runs WHERE id = $1";
        let rows = session.rows(READ, select, cells![id]).await?;
        rows.first().map(run_row).transpose()
    }

    /// What one run says of one rule; `None` when it did not run it.
    pub async fn rule_run(&self, run: &str, rule: &str) -> Result<Option<RuleRunRow>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let select = "SELECT run_id, rule_id, status, report, seconds, row_count, recorded FROM run_rules \
                      WHERE run_id = $1 AND rule_id = $2";
        let rows = session.rows(READ, select, cells![run, rule]).await?;
        rows.first().map(|row| rule_run_row(row).map(|(_, rule)| rule)).transpose()
    }

    /// What the last recorded run of each of some rules says of it; a rule without one is left out.
    pub async fn last_recorded(&self, rules: &[&str]) -> Result<Vec<RuleRunRow>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        // The latest runs are looked at first: a cross join keeps SQLite from beginning with all that was ever judged.
        let select = "SELECT j.run_id, j.rule_id, j.status, j.report, j.seconds, j.row_count, j.recorded \
                      FROM runs r CROSS JOIN run_rules j WHERE j.run_id = r.id AND j.rule_id = $1 AND j.recorded = $2 \
                      ORDER BY r.finished DESC, r.id DESC LIMIT 1";
        let mut found = Vec::with_capacity(rules.len());
        for rule in rules {
            if let Some(row) = session.row(READ, select, cells![*rule, true]).await? {
                found.push(rule_run_row(&row)?.1);
            }
        }
        Ok(found)
    }

    /// Latest runs first, each with its rules in id order.
    pub async fn runs(&self, limit: u32) -> Result<Vec<(RunRow, Vec<RuleRunRow>)>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let select = "SELECT id, job, as_of, day, started, finished, status, parameters FROM runs \
                      ORDER BY finished DESC, id DESC LIMIT $1";
        let rows = session.rows(READ, select, cells![limit]).await?;
        let runs: Vec<RunRow> = rows.iter().map(run_row).collect::<Result<_, _>>()?;
        let ids: Vec<String> = runs.iter().map(|run| run.id.clone()).collect();
        let head =
            "SELECT run_id, rule_id, status, report, seconds, row_count, recorded FROM run_rules WHERE run_id IN";
        let mut rules: HashMap<String, Vec<RuleRunRow>> = HashMap::new();
        for row in &session.rows_in(READ, (head, "ORDER BY rule_id"), Vec::new(), &ids).await? {
            let (run, rule) = rule_run_row(row)?;
            rules.entry(run).or_default().push(rule);
        }
        Ok(runs
            .into_iter()
            .map(|run| (rules.remove(&run.id).unwrap_or_default(), run))
            .map(|(rules, run)| (run, rules))
            .collect())
    }
}
