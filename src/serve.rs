//! Opens the doors once: the store, the mail channel, the pages. Then runs what is due and sends what waits, until
//! it is told to stop; then it closes in order: no new run, the current one and the current mails to their end, and
//! the pages last, so that the metrics can be read until there is nothing left to say.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};

use crate::config::Config;
use crate::metrics::{DeliveryEvent, Metrics};
use crate::notify::email::{Mailer, SendFault};
use crate::run::{self, Request, RunError, Target};
use crate::schedule::{Clock, ScheduleFault, Timetable};
use crate::store::{Store, StoreError};
use crate::web::{WebState, router};

/// Why the service did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot open the mail channel")]
    Mail(#[from] SendFault),
    #[error("job {job} cannot be scheduled: {fault}")]
    Schedule { job: String, fault: ScheduleFault },
    #[error("cannot answer on the page's address any more")]
    Web(#[source] std::io::Error),
}

/// How long the loops wait. The clock may be set, and people may edit the store: nobody sleeps longer than this.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two looks at the schedule.
    pub schedule: Duration,
    /// Between two looks at the waiting deliveries.
    pub delivery: Duration,
    /// The shortest wait: nothing that fails at once may spin.
    pub least: Duration,
    /// What a run or a mail gets to end, once the service is told to stop; and the pages after them.
    pub stop: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            schedule: Duration::from_secs(20),
            delivery: Duration::from_secs(30),
            least: Duration::from_secs(1),
            stop: Duration::from_secs(30),
        }
    }
}

/// Serves until `shutdown` is done. The listener is bound by the caller, who knows how to say that a port is taken.
pub async fn serve(
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    listener: TcpListener,
    pace: Pace,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let timetables = Arc::new(timetables(&config)?);
    let store = Store::open(config.store_url.expose()).await?;
    let mailer = config.mail.as_ref().map(|mail| Mailer::new(mail, config.limits.send_timeout)).transpose()?;
    let rules: BTreeSet<String> = config.rules.iter().map(|rule| rule.id.clone()).collect();
    let metrics = Arc::new(Metrics::new(&config.jobs.keys().cloned().collect(), &rules));
    let service = Arc::new(Service {
        config: Arc::clone(&config),
        store: store.clone(),
        metrics: Arc::clone(&metrics),
        clock: Arc::clone(&clock),
        pace,
        letters: Notify::new(),
    });
    let pages = router(WebState { config, store, metrics, clock, timetables: Arc::clone(&timetables) });

    let (stop, stopping) = watch::channel(Stage::Open);
    let mut doors = JoinSet::new();
    let until_closing = until(stopping.clone(), Stage::Closing);
    doors.spawn(async move { axum::serve(listener, pages).with_graceful_shutdown(until_closing).await });
    let mut work = JoinSet::new();
    for (job, timetable) in timetables.iter() {
        let planned = Arc::clone(&service).keep_schedule(job.clone(), timetable.clone(), stopping.clone());
        work.spawn(planned);
    }
    if let Some(mailer) = mailer {
        work.spawn(Arc::clone(&service).keep_sending(mailer, stopping.clone()));
    }
    tracing::info!(jobs = timetables.len(), "the service is open");

    let ended = tokio::select! {
        () = shutdown => None,
        ended = doors.join_next() => ended,
    };
    tracing::info!("the service stops: no new run starts");
    stop.send_replace(Stage::Stopping);
    finish(&mut work, pace.stop, "a run or a mail").await;
    stop.send_replace(Stage::Closing);
    finish(&mut doors, pace.stop.min(Duration::from_secs(5)), "a page").await;
    match ended {
        Some(Ok(Err(error))) => Err(ServeError::Web(error)),
        Some(Err(error)) => Err(ServeError::Web(std::io::Error::other(error))),
        _ => Ok(()),
    }
}

/// Waits for SIGTERM or ctrl-c.
pub async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be waited for; ctrl-c stops the service");
            // An error here means that no signal will ever come: better to serve on than to stop at once.
            if interrupt.await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Every scheduled job's timetable, or the first that is none.
pub fn timetables(config: &Config) -> Result<BTreeMap<String, Timetable>, ServeError> {
    let scheduled = config.jobs.values().filter_map(|job| Some((job, job.schedule.as_deref()?)));
    let parsed = scheduled.map(|(job, line)| match Timetable::parse(line, job.zone) {
        Ok(timetable) => Ok((job.name.clone(), timetable)),
        Err(fault) => Err(ServeError::Schedule { job: job.name.clone(), fault }),
    });
    parsed.collect()
}

/// How far the service has come in closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Open,
    /// Nothing new is begun.
    Stopping,
    /// The pages end too.
    Closing,
}

/// Runs that are looked through for a job's last one; more than all jobs together make within a catch-up.
const RUNS_SEEN: u32 = 200;

/// What the loops share.
struct Service {
    config: Arc<Config>,
    store: Store,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    pace: Pace,
    /// Rung when a run left letters.
    letters: Notify,
}

impl Service {
    /// Runs one job whenever it is due. A failing run is logged and the loop goes on.
    async fn keep_schedule(self: Arc<Self>, job: String, timetable: Timetable, stopping: watch::Receiver<Stage>) {
        // A job that never ran has missed nothing: it waits for its first planned time.
        let mut since = self.clock.now();
        let mut read = false;
        while *stopping.borrow() == Stage::Open {
            if !read {
                match self.last_run(&job).await {
                    Ok(last) => {
                        since = last.unwrap_or(since);
                        read = true;
                    }
                    Err(error) => tracing::error!(%job, %error, "the schedule cannot see when the job last ran"),
                }
            }
            let now = self.clock.now();
            if let Some(planned) = timetable.due(since, now).filter(|_| read) {
                // Another service, or a person, may have run it meanwhile.
                let since_then = self.last_run(&job).await.ok().flatten();
                if since_then.is_some_and(|last| last >= planned) || self.run_once(&job, planned).await {
                    since = planned;
                }
            }
            let now = self.clock.now();
            let ahead = timetable.next(now).and_then(|next| (next - now).to_std().ok());
            let wait = ahead.unwrap_or(self.pace.schedule).clamp(self.pace.least, self.pace.schedule);
            pause(wait, &stopping).await;
        }
    }

    /// When the job was last run, as far as the present day is concerned: a run for a past as-of does not count as
    /// today's.
    async fn last_run(&self, job: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let runs = self.store.runs(RUNS_SEEN).await?;
        Ok(runs.iter().filter(|(run, _)| run.job == job).map(|(run, _)| run.started.min(run.as_of)).max())
    }

    /// Whether the planned time is taken care of: always, unless somebody else holds the job just now.
    async fn run_once(&self, job: &str, planned: DateTime<Utc>) -> bool {
        tracing::info!(%job, %planned, "a run starts");
        let (config, store, clock) = (Arc::clone(&self.config), self.store.clone(), Arc::clone(&self.clock));
        let request = Request { target: Target::Job(job.to_owned()), as_of: self.clock.now(), dry_run: false };
        // In a task of its own: a panic is a failed run, and the schedule goes on.
        let ran = Abandonable(tokio::spawn(async move { run::run(&config, Some(&store), &request, &*clock).await }));
        match ran.await {
            Ok(Ok(report)) => {
                let event = report.event();
                tracing::info!(%job, seconds = event.seconds, "a run ended");
                self.metrics.ran(&event);
                self.letters.notify_one();
            }
            Ok(Err(error @ RunError::Busy { .. })) => {
                tracing::info!(%job, %error, "the run waits");
                return false;
            }
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%job, %error, cause, "a run failed; the job is tried again at its next planned time");
                self.metrics.run_failed(job);
            }
            Err(error) => {
                tracing::error!(%job, %error, "a run broke off; the job is tried again at its next planned time");
                self.metrics.run_failed(job);
            }
        }
        true
    }

    /// Sends what is due, from the store, as it becomes due.
    async fn keep_sending(self: Arc<Self>, mailer: Mailer, stopping: watch::Receiver<Stage>) {
        let mailer = Arc::new(mailer);
        while *stopping.borrow() == Stage::Open {
            let (config, store, clock) = (Arc::clone(&self.config), self.store.clone(), Arc::clone(&self.clock));
            let by = Arc::clone(&mailer);
            let sending = Abandonable(tokio::spawn(async move { run::deliver(&config, &store, &by, &*clock).await }));
            let next = match sending.await {
                Ok(Ok(sent)) => {
                    self.metrics.sent(DeliveryEvent { sent: sent.sent, failed: sent.failed, dead: sent.dead });
                    self.store.next_delivery().await
                }
                Ok(Err(error)) => Err(error),
                Err(error) => {
                    tracing::error!(%error, "sending broke off; what was not marked is tried again");
                    Ok(None)
                }
            };
            let next = next.unwrap_or_else(|error| {
                tracing::error!(%error, "the waiting deliveries cannot be read");
                None
            });
            let ahead = next.map(|next| (next - self.clock.now()).to_std().unwrap_or_default());
            let wait = ahead.unwrap_or(self.pace.delivery).clamp(self.pace.least, self.pace.delivery);
            tokio::select! {
                () = pause(wait, &stopping) => {}
                () = self.letters.notified() => {}
            }
        }
    }
}

/// A task that ends when nobody waits for it any more, so that a stop that has waited long enough stops it too.
struct Abandonable<T>(tokio::task::JoinHandle<T>);

impl<T> Future for Abandonable<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Abandonable<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits, but not past the word to stop.
async fn pause(wait: Duration, stopping: &watch::Receiver<Stage>) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = until(stopping.clone(), Stage::Stopping) => {}
    }
}

async fn until(mut stopping: watch::Receiver<Stage>, stage: Stage) {
    // An error means that the service is gone, which is a stop as well.
    let _ = stopping.wait_for(|now| *now >= stage).await;
}

/// Lets every task end by itself for so long, and then ends it.
async fn finish<T: 'static>(tasks: &mut JoinSet<T>, limit: Duration, what: &str) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, all).await.is_err() {
        tracing::warn!(?limit, "{what} did not end in time and is broken off; nothing half-done was recorded");
        tasks.shutdown().await;
    }
}
