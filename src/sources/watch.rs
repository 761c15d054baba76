//! The blocking thread that reads a source, and the watch over it: one table may take so long, and no longer.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::{Fault, Origin, Pulls, SourceError};
use crate::audit::snapshot::RawTable;

/// How long a thread that was told to stop may take before its tables are given up without it.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Stops whatever the reading thread is doing inside a library. Called from another thread.
type Interrupt = Box<dyn Fn() + Send>;

/// What is done with a table's name and what reading it came to.
type Answered = dyn Fn(&str, Result<RawTable, Fault>) + Send;

/// Where the beginnings and ends of tables, and the rows in between, are told: log lines, or a display that listens.
pub const PROGRESS: &str = "tieout::progress";

/// The reading thread's side of the watch.
pub struct Watch {
    /// The source that is read.
    source: String,
    shared: Arc<Mutex<Shared>>,
    began: Box<dyn Fn(u64) + Send>,
    answered: Box<Answered>,
}

#[derive(Default)]
struct Shared {
    /// Rises with every table, so that the end of one table's time cannot hit the next.
    round: u64,
    /// The round whose time is over, or every one.
    over: Option<Over>,
    /// The table of this round.
    table: String,
    interrupt: Option<Interrupt>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Round(u64),
    Everything,
}

enum News<T> {
    Began(u64),
    Answered(String, Box<Result<T, Fault>>),
}

impl Watch {
    /// A watch nobody keeps: for reading a snapshot by hand, without a time limit.
    pub fn unwatched() -> Watch {
        Watch { source: String::new(), shared: Arc::default(), began: Box::new(|_| ()), answered: Box::new(|_, _| ()) }
    }

    /// How a call that hangs in a library can be stopped.
    pub(super) fn on_stop(&self, interrupt: Interrupt) {
        lock(&self.shared).interrupt = Some(interrupt);
    }

    /// Whether the time of the table being read is over. To be asked every few thousand rows.
    pub(super) fn is_over(&self) -> bool {
        let shared = lock(&self.shared);
        match shared.over {
            Some(Over::Everything) => true,
            Some(Over::Round(round)) => round == shared.round,
            None => false,
        }
    }

    /// Whether the time of the table being read is over, of which so many rows have come: whoever waits for them hears
    /// how many. To be asked every few thousand rows.
    pub(super) fn is_over_after(&self, rows: u64) -> bool {
        self.reached(rows);
        self.is_over()
    }

    /// Tells whoever waits for the table being read that so many of its rows have come.
    pub(super) fn reached(&self, rows: u64) {
        if tracing::enabled!(target: PROGRESS, tracing::Level::TRACE) {
            let table = lock(&self.shared).table.clone();
            tracing::trace!(target: PROGRESS, source = self.source, table, rows, "reached");
        }
    }

    /// Reads one table in a time of its own and hands the answer over. A panic inside is that table's fault alone.
    pub(super) fn read(&self, table: &str, read: impl FnOnce() -> Result<RawTable, Fault>) {
        let round = {
            let mut shared = lock(&self.shared);
            shared.round += 1;
            shared.table = table.to_owned();
            shared.round
        };
        tracing::info!(target: PROGRESS, source = self.source, table, "reading");
        (self.began)(round);
        (self.answered)(table, unless_it_panics(read));
    }
}

/// What the work answers; a panic inside is an answer too.
fn unless_it_panics<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let answer = std::panic::catch_unwind(AssertUnwindSafe(work));
    answer.unwrap_or_else(|panic| Err(Fault::Internal { reason: words_of(&*panic) }))
}

/// Tells the reading thread to stop when the pull is dropped.
struct StopWhenDropped {
    source: String,
    shared: Arc<Mutex<Shared>>,
}

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        stop(&mut lock(&self.shared), Over::Everything);
        tracing::debug!(target: PROGRESS, source = self.source, "left");
    }
}

fn stop(shared: &mut Shared, over: Over) {
    shared.over = Some(over);
    if let Some(interrupt) = &shared.interrupt {
        interrupt();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic said.
fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it gave no reason").to_owned()
}

/// Runs `work` on a blocking thread and gathers its answers, one for each of `tables` whatever happens. `settle` makes
/// of each table what is kept of it, on the same thread and before the next table is read, so that no two raw tables
/// need the memory at once.
pub(super) async fn pull<T: Send + 'static>(
    source: &str,
    tables: Vec<String>,
    limit: Duration,
    settle: impl Fn(&str, RawTable) -> T + Send + 'static,
    work: impl FnOnce(&Watch) + Send + 'static,
) -> Pulls<T> {
    let shared: Arc<Mutex<Shared>> = Arc::default();
    let (news, mut heard) = unbounded_channel();
    let beginnings: UnboundedSender<News<T>> = news.clone();
    // A receiver that is gone has given up already: the time was over, or nobody waits any more.
    let began = move |round| drop(beginnings.send(News::Began(round)));
    let told = source.to_owned();
    let answered = move |table: &str, answer: Result<RawTable, Fault>| {
        let rows = answer.as_ref().map(|raw| raw.frame.height() as u64).unwrap_or_default();
        let fault = answer.as_ref().err().map(ToString::to_string);
        let settled = answer.and_then(|raw| unless_it_panics(|| Ok(settle(table, raw))));
        match fault {
            None => tracing::info!(target: PROGRESS, source = told, table, rows, "read"),
            Some(fault) => tracing::info!(target: PROGRESS, source = told, table, fault, "not read"),
        }
        drop(news.send(News::Answered(table.to_owned(), Box::new(settled))));
    };
    let (began, answered) = (Box::new(began), Box::new(answered));
    let watch = Watch { source: source.to_owned(), shared: Arc::clone(&shared), began, answered };
    let guard = StopWhenDropped { source: source.to_owned(), shared };
    tokio::task::spawn_blocking(move || work(&watch));

    let mut answers = BTreeMap::new();
    let hung = gather(&mut heard, &mut answers, &guard, limit).await;
    let answer = |table: String| {
        let given = answers.remove(&table).unwrap_or_else(|| {
            Err(match hung {
                true => Fault::TooSlow { limit },
                false => Fault::Internal { reason: "the reading thread ended without an answer".to_owned() },
            })
        });
        let at = Origin { source: source.to_owned(), table: table.clone() };
        (table, given.map_err(|fault| SourceError { at, fault }))
    };
    tables.into_iter().map(answer).collect()
}

/// Gathers answers until the thread ends. `true` when it had to be left behind.
async fn gather<T>(
    heard: &mut UnboundedReceiver<News<T>>,
    answers: &mut BTreeMap<String, Result<T, Fault>>,
    guard: &StopWhenDropped,
    limit: Duration,
) -> bool {
    let mut round = 0;
    let mut until = Instant::now() + limit;
    let mut stopped = false;
    loop {
        tokio::select! {
            news = heard.recv() => match news {
                None => return false,
                Some(News::Began(begun)) => (round, until, stopped) = (begun, Instant::now() + limit, false),
                Some(News::Answered(table, answer)) => {
                    answers.insert(table, *answer);
                }
            },
            () = sleep_until(until) => {
                if stopped {
                    return true;
                }
                let mut shared = lock(&guard.shared);
                // The thread may have gone on to the next table already; then that one's news is on its way.
                if shared.round == round {
                    stop(&mut shared, Over::Round(round));
                }
                (until, stopped) = (Instant::now() + STOP_GRACE, true);
            }
        }
    }
}
