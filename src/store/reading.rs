//! Exceptions as rows, and back.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;

use super::Filter;
use super::StoreError;
use super::cells::{Cell, Columns, cells};
use super::schema::{assembled, placeholders};
use super::session::Session;
use crate::audit::amount::{Amount, Purse};
use crate::audit::breaks::Severity;
use crate::audit::exception::{Exception, Status};
use crate::audit::value::Subject;

/// What [`exception`] reads.
pub(super) const COLUMNS: &str = "id, rule_id, rule_title, subject, department, status, severity, breaks, first_seen, \
                                  last_seen, last_changed, closed, regressions, rule_changed, assignee, \
                                  acknowledgement, waiver, version";

/// Highest first. The id comes last for determinism only: a subject stands once per rule.
const LIST_ORDER: &str = "ORDER BY department, CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 \
                          WHEN 'medium' THEN 2 ELSE 3 END, rule_id, first_seen, subject_order, id";

const READ: &str = "read the exceptions";

/// One exception, its money still missing.
fn exception(row: &SqliteRow) -> Result<Exception, StoreError> {
    let columns = Columns { row, table: "exceptions" };
    Ok(Exception {
        id: columns.text("id")?,
        rule: columns.text("rule_id")?,
        rule_title: columns.json("rule_title")?,
        subject: columns.named("subject", Subject::parse)?,
        department: columns.text("department")?,
        status: columns.named("status", Status::from_name)?,
        severity: columns.named("severity", severity)?,
        breaks: columns.json("breaks")?,
        at_risk: Purse::default(),
        first_seen: columns.day("first_seen")?,
        last_seen: columns.day("last_seen")?,
        last_changed: columns.day("last_changed")?,
        closed: columns.optional_day("closed")?,
        regressions: columns.integer("regressions")?,
        rule_changed: columns.truth("rule_changed")?,
        assignee: columns.optional_text("assignee")?,
        acknowledgement: columns.optional_json("acknowledgement")?,
        waiver: columns.optional_json("waiver")?,
        version: columns.integer("version")?,
    })
}

pub(super) fn severity(name: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.name() == name)
}

/// Exceptions with their money, in the order of `rows`.
pub(super) async fn with_money(session: &mut Session, rows: &[SqliteRow]) -> Result<Vec<Exception>, StoreError> {
    let mut read: Vec<Exception> = rows.iter().map(exception).collect::<Result<_, _>>()?;
    let ids: Vec<String> = read.iter().map(|exception| exception.id.clone()).collect();
    let head = "SELECT exception_id, currency, exact FROM exception_amounts WHERE exception_id IN";
    let amounts = session.rows_in(READ, (head, ""), Vec::new(), &ids).await?;
    let mut purses: HashMap<String, Purse> = HashMap::new();
    for row in &amounts {
        let columns = Columns { row, table: "exception_amounts" };
        let exact: Amount = columns.named("exact", |text| text.parse().ok())?;
        purses.entry(columns.text("exception_id")?).or_default().0.insert(columns.text("currency")?, exact);
    }
    for exception in &mut read {
        exception.at_risk = purses.remove(&exception.id).unwrap_or_default();
    }
    Ok(read)
}

/// One exception by its whole id.
pub(super) async fn by_id(session: &mut Session, id: &str) -> Result<Option<Exception>, StoreError> {
    let sql = assembled(format!("SELECT {COLUMNS} FROM exceptions WHERE id = $1"));
    let rows = session.rows(READ, sql, cells![id]).await?;
    Ok(with_money(session, &rows).await?.pop())
}

/// Every exception of a rule that stands, and those of the given subjects that do not, in subject order.
pub(super) async fn known(session: &mut Session, rule: &str, digests: &[String]) -> Result<Vec<Exception>, StoreError> {
    let (live, cells) = standing(2);
    let sql = assembled(format!("SELECT {COLUMNS} FROM exceptions WHERE rule_id = $1 AND status IN ({live})"));
    let mut rows = session.rows(READ, sql, [cells![rule], cells.clone()].concat()).await?;
    let head =
        format!("SELECT {COLUMNS} FROM exceptions WHERE rule_id = $1 AND status NOT IN ({live}) AND subject_digest IN");
    rows.extend(session.rows_in(READ, (&head, ""), [cells![rule], cells].concat(), digests).await?);
    let mut read = with_money(session, &rows).await?;
    read.sort_by(|left, right| left.subject.cmp(&right.subject));
    Ok(read)
}

/// Placeholders and values of the statuses in which an exception stands.
pub(super) fn standing(first: usize) -> (String, Vec<Cell>) {
    let names = Status::LIVE.iter().map(|status| Cell::from(status.name())).collect();
    (placeholders(first, Status::LIVE.len()), names)
}

/// A list in list order, and how long it is without its limit.
pub(super) async fn list(session: &mut Session, filter: &Filter) -> Result<(Vec<Exception>, u64), StoreError> {
    let (condition, cells) = condition(filter);
    let count = assembled(format!("SELECT COUNT(*) AS total FROM exceptions WHERE {condition}"));
    let total = match session.row(READ, count, cells.clone()).await? {
        Some(row) => Columns { row: &row, table: "exceptions" }.count("total")?,
        None => 0,
    };
    let (limit, offset) = (cells.len() + 1, cells.len() + 2);
    let select =
        format!("SELECT {COLUMNS} FROM exceptions WHERE {condition} {LIST_ORDER} LIMIT ${limit} OFFSET ${offset}");
    let window = cells![filter.limit.unwrap_or(u64::MAX), filter.offset];
    let rows = session.rows(READ, assembled(select), [cells, window].concat()).await?;
    Ok((with_money(session, &rows).await?, total))
}

/// The filter as a condition, its placeholders counted from `$1`.
fn condition(filter: &Filter) -> (String, Vec<Cell>) {
    let mut parts = vec!["1 = 1".to_owned()];
    let mut cells = Vec::new();
    if let Some(department) = &filter.department {
        cells.push(Cell::from(department));
        parts.push(format!("department = ${}", cells.len()));
    }
    if let Some(rule) = &filter.rule {
        cells.push(Cell::from(rule));
        parts.push(format!("rule_id = ${}", cells.len()));
    }
    if !filter.status.is_empty() {
        parts.push(format!("status IN ({})", placeholders(cells.len() + 1, filter.status.len())));
        cells.extend(filter.status.iter().map(|status| Cell::from(status.name())));
    }
    if let Some(subject) = &filter.subject {
        cells.push(Cell::from(format!("%{}%", literal(subject))));
        parts.push(format!("lower(subject) LIKE lower(${}) ESCAPE '!'", cells.len()));
    }
    (parts.join(" AND "), cells)
}

/// `text` with the signs that `LIKE` would take for wildcards escaped by `!`.
pub(super) fn literal(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
