//! What reading from a database server takes, whichever it is: patience until it answers, an end to it when the time is
//! over, and one more try where the fault was a passing one.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::{Fault, PullLimits, Watch};

/// Tries of reaching a server that may answer soon.
const CONNECT_ATTEMPTS: u32 = 3;
/// How long to wait before the second try; before each further one twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Times the tables of a source are read, when the connection breaks on the way.
pub(super) const READ_ATTEMPTS: u32 = 2;

/// What the reading thread drives its connection with: bytes are waited for on the thread that decodes them.
pub(super) fn runtime() -> Result<Runtime, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Fault::Internal { reason: error.to_string() })
}

/// Hears when the time of a table is over, or nobody waits for the source any more.
pub(super) struct Stop(Arc<Notify>);

impl Stop {
    pub fn of(watch: &Watch) -> Stop {
        let stop = Stop(Arc::new(Notify::new()));
        let notify = Arc::clone(&stop.0);
        watch.on_stop(Box::new(move || notify.notify_one()));
        stop
    }

    /// What `work` answers, unless the time is over before.
    pub async fn or<T>(
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
