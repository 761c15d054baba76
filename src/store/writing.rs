//! Exceptions on their way into the store, many rows a statement.

use super::StoreError;
use super::cells::{Cell, cells, json};
use super::session::Session;
use crate::audit::amount::Amount;
use crate::audit::breaks::Evidence;
use crate::audit::exception::Exception;
use crate::audit::value::{SUBJECT_VERSION, Subject, SubjectKind, Value};

const RECORD: &str = "record the exceptions";

const INSERT: &str = "INSERT INTO exceptions (id, rule_id, rule_title, rule_hash, subject, subject_digest, \
                      subject_version, subject_order, department, status, severity, breaks, first_seen, last_seen, \
                      last_changed, closed, regressions, rule_changed, assignee, acknowledgement, waiver, version) \
                      VALUES";

/// A new exception is inserted; a known one is overwritten, provided that it has the version before.
const OVERWRITE: &str = "ON CONFLICT (id) DO UPDATE SET rule_title = excluded.rule_title, \
                         rule_hash = CASE excluded.rule_hash WHEN '' THEN exceptions.rule_hash \
                         ELSE excluded.rule_hash END, department = excluded.department, status = excluded.status, \
                         severity = excluded.severity, breaks = excluded.breaks, last_seen = excluded.last_seen, \
                         last_changed = excluded.last_changed, closed = excluded.closed, \
                         regressions = excluded.regressions, rule_changed = excluded.rule_changed, \
                         assignee = excluded.assignee, acknowledgement = excluded.acknowledgement, \
                         waiver = excluded.waiver, version = excluded.version \
                         WHERE exceptions.version = excluded.version - 1";

/// What may differ from run to run without being a change.
const REFRESH: &str = "ON CONFLICT (id) DO UPDATE SET rule_title = excluded.rule_title, severity = excluded.severity, \
                       breaks = excluded.breaks, last_seen = excluded.last_seen \
                       WHERE exceptions.version = excluded.version";

/// Writes exceptions whose version went up by one. `rule_hash` is `None` when no rule had a part in it.
pub(super) async fn overwrite(
    session: &mut Session,
    exceptions: &[&Exception],
    rule_hash: Option<&str>,
) -> Result<(), StoreError> {
    upsert(session, exceptions, rule_hash, OVERWRITE).await
}

/// Refreshes exceptions that were found again as they were; their version stays.
pub(super) async fn refresh(session: &mut Session, exceptions: &[&Exception]) -> Result<(), StoreError> {
    upsert(session, exceptions, None, REFRESH).await
}

async fn upsert(
    session: &mut Session,
    exceptions: &[&Exception],
    rule_hash: Option<&str>,
    tail: &str,
) -> Result<(), StoreError> {
    let rows = exceptions.iter().map(|exception| row(exception, rule_hash)).collect::<Result<Vec<_>, _>>()?;
    let written = session.insert(RECORD, INSERT, tail, rows).await?;
    if written == exceptions.len() as u64 {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "cannot record {} exceptions: {} of them were not read in the same recording",
        exceptions.len(),
        (exceptions.len() as u64).saturating_sub(written)
    )))
}

fn row(exception: &Exception, rule_hash: Option<&str>) -> Result<Vec<Cell>, StoreError> {
    let acknowledgement = exception.acknowledgement.as_ref().map(|given| json("an acknowledgement", given));
    let waiver = exception.waiver.as_ref().map(|given| json("a waiver", given));
    Ok(cells![
        &exception.id,
        &exception.rule,
        json("a title", &exception.rule_title)?,
        rule_hash.unwrap_or_default(),
        exception.subject.canonical(),
        exception.subject.digest(),
        SUBJECT_VERSION,
        order_text(&exception.subject),
        &exception.department,
        exception.status.name(),
        exception.severity.name(),
        json("breaks", &exception.breaks)?,
        exception.first_seen,
        exception.last_seen,
        exception.last_changed,
        exception.closed,
        exception.regressions,
        exception.rule_changed,
        exception.assignee.as_ref(),
        acknowledgement.transpose()?,
        waiver.transpose()?,
        exception.version,
    ])
}

/// Replaces the money of exceptions. A figure too large for the sortable column is refused with its subject named.
pub(super) async fn money(session: &mut Session, exceptions: &[&Exception]) -> Result<(), StoreError> {
    let known: Vec<String> =
        exceptions.iter().filter(|exception| exception.version > 1).map(|exception| exception.id.clone()).collect();
    let delete = "DELETE FROM exception_amounts WHERE exception_id IN";
    session.execute_in(RECORD, delete, Vec::new(), &known).await?;
    let mut rows = Vec::new();
    for exception in exceptions {
        for (currency, amount) in exception.at_risk.iter() {
            let sortable = amount.ten_thousandths().ok_or_else(|| too_large(exception, currency, amount))?;
            rows.push(cells![&exception.id, currency, sortable, amount.to_string()]);
        }
    }
    let insert = "INSERT INTO exception_amounts (exception_id, currency, ten_thousandths, exact) VALUES";
    session.insert(RECORD, insert, "", rows).await?;
    Ok(())
}

fn too_large(exception: &Exception, currency: &str, amount: Amount) -> StoreError {
    StoreError::Refused(format!(
        "cannot record {} of rule {}: {amount} {currency} at risk is more than the store can sort and sum, which is \
         922337203685477.5807",
        exception.subject, exception.rule
    ))
}

/// Where evidence stands in an exception's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Opening,
    Latest,
}

impl Stage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Stage::Opening => "opening",
            Stage::Latest => "latest",
        }
    }
}

/// Writes evidence; what stood at the same stage is replaced.
pub(super) async fn evidence(
    session: &mut Session,
    run: &str,
    pieces: &[(&str, Stage, &Evidence)],
) -> Result<(), StoreError> {
    let rows =
        pieces.iter().map(|(id, stage, evidence)| Ok(cells![*id, stage.name(), run, json("evidence", evidence)?]));
    let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
    let insert = "INSERT INTO evidence (exception_id, stage, run_id, json) VALUES";
    let tail = "ON CONFLICT (exception_id, stage) DO UPDATE SET run_id = excluded.run_id, json = excluded.json";
    session.insert(RECORD, insert, tail, rows).await?;
    Ok(())
}

/// A text whose byte order is the order of subjects, so that lists are sorted and paged by the database: hex of the
/// kind, then each value as its type and an encoding of it, then a zero byte, below which no type is numbered.
fn order_text(subject: &Subject) -> String {
    let mut bytes = vec![match subject.kind() {
        SubjectKind::Key => 0,
        SubjectKind::Party => 1,
        SubjectKind::Keyless => 2,
        SubjectKind::Flood => 3,
    }];
    for value in subject.values() {
        match value {
            Value::Null => bytes.push(1),
            Value::Bool(value) => bytes.extend([2, u8::from(*value)]),
            Value::Amount(amount) => {
                bytes.push(3);
                bytes.extend(order_bytes(*amount));
            }
            text => {
                bytes.push(4);
                // A zero byte ends the text; one inside it is followed by 255, so that it sorts after the end.
                for byte in text.to_string().bytes() {
                    bytes.push(byte);
                    if byte == 0 {
                        bytes.push(255);
                    }
                }
                bytes.extend([0, 0]);
            }
        }
    }
    bytes.push(0);
    hex::encode(bytes)
}

/// The sign, the whole part, and the fraction in 10^-18, big-endian; all bits are turned where it is negative.
fn order_bytes(amount: Amount) -> Vec<u8> {
    let base = 10u128.pow(u32::from(amount.scale()));
    let units = amount.units().unsigned_abs();
    let fraction = (units % base) * 10u128.pow(18 - u32::from(amount.scale()));
    let mut bytes = vec![1];
    bytes.extend((units / base).to_be_bytes());
    bytes.extend(u64::try_from(fraction).unwrap_or(u64::MAX).to_be_bytes());
    if amount.is_negative() {
        bytes[0] = 0;
        for byte in &mut bytes[1..] {
            *byte = !*byte;
        }
    }
    bytes
}
