//! What people do to exceptions.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::cells;
use super::session::Mode;
use super::trail::{self, About, Entry};
use super::{Edit, Store, StoreError, reading, writing};
use crate::audit::exception::{Exception, Status};

const EDIT: &str = "edit the exception";

impl Store {
    /// Edits the exception with this whole id, provided it still has the version the editor saw; the trail says who.
    ///
    /// A waiver that names nothing it covers covers the breaks as they stand. Comments and assignees may be given at
    /// any time, the rest only while the fault stands; what makes no sense is [`StoreError::Refused`].
    pub async fn edit(
        &self,
        id: &str,
        expected_version: i64,
        edit: &Edit,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Exception, StoreError> {
        if by.trim().is_empty() {
            return Err(StoreError::Refused("an edit needs the name of whoever makes it".to_owned()));
        }
        let mut session = self.session(Mode::Write, EDIT).await?;
        let before = reading::by_id(&mut session, id).await?;
        let before = before.ok_or_else(|| StoreError::NoException { id: id.to_owned() })?;
        if before.version != expected_version {
            return Err(StoreError::Outdated { id: id.to_owned(), found: before.version, expected: expected_version });
        }
        let mut after = edited(&before, edit).map_err(StoreError::Refused)?;
        after.version += 1;
        writing::overwrite(&mut session, &[&after], None).await?;
        let detail = json!({
            "edit": applied(&after, edit),
            "status": after.status.name(),
            "version": after.version,
        });
        let entry = Entry {
            about: About::Exception(after.id.clone()),
            at: now,
            actor: by.to_owned(),
            event: event(edit),
            detail: cells::json("an edit", &detail)?,
        };
        trail::append(&mut session, vec![entry]).await?;
        session.commit(EDIT).await?;
        Ok(after)
    }
}

/// The exception after the edit, or why it cannot be made.
fn edited(before: &Exception, edit: &Edit) -> Result<Exception, String> {
    let mut after = before.clone();
    let standing = |what: &str| {
        if before.status.is_live() {
            return Ok(());
        }
        Err(format!("exception {} is {}; only one that still stands can be {what}", before.id, before.status.name()))
    };
    match edit {
        Edit::Acknowledge(given) => {
            standing("acknowledged")?;
            if before.status == Status::Waived {
                return Err(format!("exception {} is waived; reopen it before it is acknowledged", before.id));
            }
            after.status = Status::Acknowledged;
            after.acknowledgement = Some(given.clone());
        }
        Edit::Assign { to } => after.assignee = to.clone().filter(|name| !name.trim().is_empty()),
        Edit::Waive(given) => {
            standing("waived")?;
            if given.reason.trim().is_empty() {
                return Err(format!("a waiver of exception {} needs a reason", before.id));
            }
            let mut waiver = given.clone();
            if waiver.covers.is_empty() {
                waiver.covers = before.breaks.iter().map(|found| found.scope()).collect();
            }
            after.status = Status::Waived;
            after.acknowledgement = None;
            after.waiver = Some(waiver);
        }
        Edit::Comment { text } => {
            if text.trim().is_empty() {
                return Err(format!("a comment on exception {} needs a text", before.id));
            }
        }
        Edit::Reopen => {
            if !matches!(before.status, Status::Acknowledged | Status::Waived) {
                let status = before.status.name();
                return Err(format!(
                    "exception {} is {status}; only one that is acknowledged or waived can be reopened",
                    before.id
                ));
            }
            after.status = Status::Open;
            after.acknowledgement = None;
            after.waiver = None;
        }
    }
    Ok(after)
}

/// The edit as it took effect: a waiver with what it covers.
fn applied(after: &Exception, edit: &Edit) -> Edit {
    match (edit, &after.waiver) {
        (Edit::Waive(_), Some(waiver)) => Edit::Waive(waiver.clone()),
        _ => edit.clone(),
    }
}

fn event(edit: &Edit) -> &'static str {
    match edit {
        Edit::Acknowledge(_) => "acknowledged",
        Edit::Assign { .. } => "assigned",
        Edit::Waive(_) => "waived",
        Edit::Comment { .. } => "commented",
        Edit::Reopen => "reopened",
    }
}
