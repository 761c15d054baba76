//! Reading exceptions: lists, and one with everything that is kept of it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

use super::cells::{Columns, cells};
use super::reading;
use super::schema::assembled;
use super::session::{Mode, Session};
use super::{Detail, Filter, Page, Store, StoreError, trail};
use crate::audit::breaks::Evidence;
use crate::audit::exception::Exception;
use crate::audit::value::Subject;

const READ: &str = "read the exceptions";

/// The shortest part of an id that may stand for it.
const SHORTEST: usize = 6;
/// Ids that a sentence lists.
const LISTED: usize = 10;

/// What a rule's part of a run's report says of its scope.
#[derive(Deserialize)]
struct Scoped {
    scope_start: Option<NaiveDate>,
}

impl Store {
    /// A transaction outside a recording.
    pub(super) async fn session(&self, mode: Mode, doing: &'static str) -> Result<Session, StoreError> {
        Session::begin(&self.pool, mode, None, doing).await
    }

    /// Subjects of a rule's live exceptions.
    pub async fn live_subjects(&self, rule: &str) -> Result<BTreeSet<Subject>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let (live, statuses) = reading::standing(2);
        let select = format!("SELECT subject FROM exceptions WHERE rule_id = $1 AND status IN ({live})");
        let rows = session.rows(READ, assembled(select), [cells![rule], statuses].concat()).await?;
        let subjects = rows.iter().map(|row| Columns { row, table: "exceptions" }.named("subject", Subject::parse));
        subjects.collect()
    }

    /// A rule's live exceptions, in subject order.
    pub async fn live_exceptions(&self, rule: &str) -> Result<Vec<Exception>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        reading::known(&mut session, rule, &[]).await
    }

    /// The first days of a rule's scope in the runs that opened its live exceptions; `None` for a run that judged
    /// everything, or that did not say.
    pub async fn opening_scopes(&self, rule: &str) -> Result<BTreeSet<Option<NaiveDate>>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let (live, statuses) = reading::standing(2);
        let select = format!(
            "SELECT report FROM run_rules WHERE rule_id = $1 AND run_id IN (SELECT o.run_id FROM evidence o \
             JOIN exceptions e ON e.id = o.exception_id WHERE o.stage = 'opening' AND e.rule_id = $1 \
             AND e.status IN ({live}))"
        );
        let rows = session.rows(READ, assembled(select), [cells![rule], statuses].concat()).await?;
        let reports = rows.iter().map(|row| Columns { row, table: "run_rules" }.json::<Scoped>("report"));
        reports.map(|report| report.map(|report| report.scope_start)).collect()
    }

    /// The exceptions that match, in list order (department, severity from the highest, rule, first seen, subject),
    /// with their whole number.
    pub async fn exceptions(&self, filter: &Filter) -> Result<Page, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let (exceptions, total) = reading::list(&mut session, filter).await?;
        Ok(Page { exceptions, total })
    }

    /// By id, or by an unambiguous beginning or ending of it of at least six characters. An ambiguous or shorter one
    /// is refused.
    pub async fn exception(&self, id: &str) -> Result<Option<Detail>, StoreError> {
        let mut session = self.session(Mode::Read, READ).await?;
        let exception = match reading::by_id(&mut session, id).await? {
            Some(exception) => Some(exception),
            None => match resolve(&mut session, id).await? {
                Some(whole) => reading::by_id(&mut session, &whole).await?,
                None => None,
            },
        };
        let Some(exception) = exception else { return Ok(None) };
        let (opening, opened_run) = evidence(&mut session, &exception.id, "opening").await?;
        let (latest, changed_run) = evidence(&mut session, &exception.id, "latest").await?;
        let select = "SELECT rule_hash FROM exceptions WHERE id = $1";
        let rule_hash = match session.row(READ, select, cells![&exception.id]).await? {
            Some(row) => Columns { row: &row, table: "exceptions" }.text("rule_hash")?,
            None => String::new(),
        };
        let trail = trail::of_exception(&mut session, &exception.id).await?;
        Ok(Some(Detail { exception, opening, latest, opened_run, changed_run, rule_hash, trail }))
    }
}

/// The whole id that begins or ends with `part`.
async fn resolve(session: &mut Session, part: &str) -> Result<Option<String>, StoreError> {
    if part.chars().count() < SHORTEST {
        return Err(StoreError::Refused(format!(
            "`{part}` is too short to name an exception; give its id, or at least {SHORTEST} characters of the id's \
             beginning or end"
        )));
    }
    let literal = reading::literal(part);
    let select = "SELECT id, rule_id, subject FROM exceptions WHERE lower(id) LIKE lower($1) ESCAPE '!' \
                  OR lower(id) LIKE lower($2) ESCAPE '!' ORDER BY id";
    let rows = session.rows(READ, select, cells![format!("{literal}%"), format!("%{literal}")]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let columns = Columns { row, table: "exceptions" };
        let subject = columns.named("subject", Subject::parse)?;
        found.push((columns.text("id")?, format!("{} {subject}", columns.text("rule_id")?)));
    }
    match found.as_slice() {
        [] => Ok(None),
        [(id, _)] => Ok(Some(id.clone())),
        several => {
            let listed: Vec<String> = several.iter().take(LISTED).map(|(id, what)| format!("{id} ({what})")).collect();
            let rest = several.len().saturating_sub(LISTED);
            let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
            Err(StoreError::Refused(format!(
                "`{part}` could be any of {} exceptions: {}{rest}",
                several.len(),
                listed.join(", ")
            )))
        }
    }
}

/// The evidence of a stage, with the run that saw it.
async fn evidence(session: &mut Session, id: &str, stage: &str) -> Result<(Evidence, String), StoreError> {
    let select = "SELECT run_id, json FROM evidence WHERE exception_id = $1 AND stage = $2";
    let row = session.row("read the evidence", select, cells![id, stage]).await?;
    let Some(row) = row else {
        return Err(StoreError::Unreadable { what: format!("an exception {id} without its {stage} evidence") });
    };
    let columns = Columns { row: &row, table: "evidence" };
    Ok((columns.json("json")?, columns.text("run_id")?))
}
