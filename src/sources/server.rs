//! What reading from a database server takes, whichever it is: patience until it answers, an end to it when the time is
//! over, and one more try where the fault was a passing one.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::DataFrame;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::{Asked, Fault, PullLimits, Watch};
use crate::audit::snapshot::RawTable;

/// Tries of reaching a server that may answer soon.
const CONNECT_ATTEMPTS: u32 = 3;
/// How long to wait before the second try; before each further one twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Times the tables of a source are read, when the connection breaks on the way.
const READ_ATTEMPTS: u32 = 2;
/// What a query that hangs is given by the server less than by the watch, so that the server's own end to it, after
/// which the transaction goes on, comes first.
const SERVER_ENDS_EARLIER: Duration = Duration::from_secs(2);
/// How long taking leave of a server may last.
const LEAVE: Duration = Duration::from_secs(1);

/// A connection in its read transaction: whatever is written meanwhile, its tables stay as they were when it began.
pub(super) trait Session: Sized {
    /// Reads one table, whole. After a fault the transaction still stands, unless it is [`Fault::Lost`].
    fn read(
        &mut self,
        asked: &Asked,
        limits: &PullLimits,
        watch: &Watch,
    ) -> impl Future<Output = Result<DataFrame, Fault>>;

    /// When the snapshot was taken.
    fn taken(&self) -> Taken;

    /// Takes leave of the server. Nothing depends on it: the transaction of a connection that is gone ends, too.
    fn close(self) -> impl Future<Output = ()>;
}

/// When a snapshot was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// By our clock.
    pub moment: DateTime<Utc>,
    /// How far the server's clock is ahead of ours.
    pub clock_offset: TimeDelta,
}

impl Taken {
    /// Of a snapshot that was taken between two looks at our clock, while the server's showed `theirs`.
    pub fn between(before: DateTime<Utc>, after: DateTime<Utc>, theirs: DateTime<Utc>) -> Taken {
        Taken { moment: before, clock_offset: theirs - (before + (after - before) / 2) }
    }
}

/// Reads every table in the one snapshot that `open` takes. A connection that breaks on the way is opened once more,
/// and then all tables are read again, so that they still are of one moment.
pub(super) fn pull<S: Session>(
    open: impl AsyncFn() -> Result<S, Fault>,
    tables: &[Asked],
    limits: &PullLimits,
    watch: &Watch,
) {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(fault) => return tables.iter().for_each(|asked| watch.read(&asked.table.name, || Err(fault.clone()))),
    };
    let stop = Stop::of(watch);
    for attempt in 1..=READ_ATTEMPTS {
        let mut session = runtime.block_on(stop.or(watch, limits, open()));
        if attempt > 1 && session.is_err() {
            // What was read before the connection broke stands, and what was not keeps its own fault.
            return;
        }
        let mut lost = false;
        for asked in tables {
            watch.read(&asked.table.name, || {
                let opened = session.as_mut().map_err(|fault| fault.clone())?;
                // A fault inside leaves the transaction as it was; one outside is a connection in the middle of
                // something.
                let read = async { Ok(opened.read(asked, limits, watch).await) };
                match runtime.block_on(stop.or(watch, limits, read)) {
                    Ok(Ok(frame)) => {
                        let Taken { moment, clock_offset } = opened.taken();
                        Ok(RawTable { frame, moment, clock_offset: Some(clock_offset) })
                    }
                    Ok(Err(fault)) => {
                        if matches!(fault, Fault::Lost { .. }) {
                            (session, lost) = (Err(fault.clone()), true);
                        }
                        Err(fault)
                    }
                    Err(fault) => {
                        session = Err(Fault::GivenUp { table: asked.table.name.clone() });
                        Err(fault)
                    }
                }
            });
        }
        if let Ok(session) = session {
            // A server that does not listen any more is left without a word.
            let _ = runtime.block_on(async { tokio::time::timeout(LEAVE, session.close()).await });
        }
        if !lost || watch.is_over() {
            return;
        }
        tracing::warn!("the connection broke; all tables of the source are read once more");
    }
}

/// How long the server itself lets one statement run.
pub(super) fn statement_time(limits: &PullLimits) -> Duration {
    limits.timeout.saturating_sub(SERVER_ENDS_EARLIER).max(limits.timeout / 2)
}

/// What the reading thread drives its connection with: bytes are waited for on the thread that decodes them.
fn runtime() -> Result<Runtime, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Fault::Internal { reason: error.to_string() })
}

/// Hears when the time of a table is over, or nobody waits for the source any more.
struct Stop(Arc<Notify>);

impl Stop {
    fn of(watch: &Watch) -> Stop {
        let stop = Stop(Arc::new(Notify::new()));
        let notify = Arc::clone(&stop.0);
        watch.on_stop(Box::new(move || notify.notify_one()));
        stop
    }

    /// What `work` answers, unless the time is over before.
    async fn or<T>(
        &self,
        watch: &Watch,
        limits: &PullLimits,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                answer = &mut work => return answer,
                // A stop that was meant for the table before is no news for this one.
                () = self.0.notified() => if watch.is_over() {
                    return Err(Fault::TooSlow { limit: limits.timeout });
                }
            }
        }
    }
}

/// The open connection, after a few tries where the faults are passing ones.
pub(super) async fn reach<C, F>(
    server: &str,
    limits: &PullLimits,
    connect: impl Fn() -> F,
    fault: impl Fn(&sqlx::Error) -> Fault,
) -> Result<C, Fault>
where
    F: Future<Output = Result<C, sqlx::Error>>,
{
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let fault = match tokio::time::timeout(limits.connect, connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => fault(&error),
            Err(_) => {
                let reason = format!("no answer within {} s", limits.connect.as_secs_f32());
                Fault::Unreachable { server: server.to_owned(), reason }
            }
        };
        if attempt == CONNECT_ATTEMPTS || !matches!(fault, Fault::Unreachable { .. }) {
            return Err(fault);
        }
        tracing::info!(%fault, attempt, "trying again");
        tokio::time::sleep(pause).await;
        (pause, attempt) = (pause * 2, attempt + 1);
    }
}

/// What an error that no server sent means.
pub(super) enum Wire {
    /// Client and server do not agree on encryption, or the server is not the one its certificate names.
    Refused(String),
    /// The connection broke, or never was.
    Broken(String),
}

pub(super) fn wire(error: &sqlx::Error) -> Wire {
    match error {
        sqlx::Error::Tls(reason) => Wire::Refused(reason.to_string()),
        // A handshake that fails comes as an input error around what is wrong with the certificate.
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Wire::Refused(error.to_string()),
        sqlx::Error::Io(error) => Wire::Broken(error.to_string()),
        other => Wire::Broken(other.to_string()),
    }
}
