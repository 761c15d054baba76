//! Leases: one per job, so that two runs of it never overlap.

use chrono::{DateTime, Utc};

use super::cells::{Columns, cells};
use super::session::Mode;
use super::{Store, StoreError};

impl Store {
    /// Takes the job's lease until `until`; `false` when another holder has it and it has not run out.
    ///
    /// Whoever holds it may take it again, for longer or shorter. A clock that was set back makes a lease last
    /// longer, never run out early.
    pub async fn lease(
        &self,
        job: &str,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let doing = "take the job's lease";
        let mut session = self.session(Mode::Write, doing).await?;
        let upsert = "INSERT INTO leases (job, holder, held_until) VALUES ($1, $2, $3) \
                      ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
                      WHERE leases.held_until <= $4 OR leases.holder = excluded.holder RETURNING holder";
        let taken = session.row(doing, upsert, cells![job, holder, until, now]).await?.is_some();
        session.commit(doing).await?;
        Ok(taken)
    }

    /// Who holds the job's lease, or held it last, and until when.
    pub async fn lease_holder(&self, job: &str) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
        let doing = "read the job's lease";
        let mut session = self.session(Mode::Read, doing).await?;
        let row = session.row(doing, "SELECT holder, held_until FROM leases WHERE job = $1", cells![job]).await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns { row: &row, table: "leases" };
        Ok(Some((columns.text("holder")?, columns.instant("held_until")?)))
    }

    /// Gives the lease back. Somebody else's stays.
    pub async fn release(&self, job: &str, holder: &str) -> Result<(), StoreError> {
        let doing = "release the job's lease";
        let mut session = self.session(Mode::Write, doing).await?;
        session.execute(doing, "DELETE FROM leases WHERE job = $1 AND holder = $2", cells![job, holder]).await?;
        session.commit(doing).await
    }
}
