//! Other people at work on a server while a test looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::runtime::Runtime;

use super::{on_a_thread, runtime};

/// A connection that stays as its statements left it.
pub struct Session<C> {
    _connection: C,
    runtime: Option<Runtime>,
}

impl<C: Connection + Send> Session<C>
where
    for<'c> &'c mut C: Executor<'c>,
{
    /// Runs statements, and holds what they hold.
    pub fn holding(url: &str, statements: &str) -> Session<C> {
        on_a_thread(|| {
            let runtime = runtime();
            let connection = runtime.block_on(async {
                let mut connection = C::connect(url).await.unwrap();
                connection.execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await.unwrap();
                connection
            });
            Session { _connection: connection, runtime: Some(runtime) }
        })
    }
}

impl<C> Drop for Session<C> {
    fn drop(&mut self) {
        // A test that is itself asynchronous may not wait for a runtime to end.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

/// Somebody who works on a database until nobody holds this any more.
pub struct Writer {
    rounds: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    work: Option<JoinHandle<()>>,
}

impl Writer {
    /// Runs statements again and again, with the number of the round in the place of `$n`.
    pub fn at_work<C: Connection>(url: String, statements: String) -> Writer
    where
        for<'c> &'c mut C: Executor<'c>,
    {
        let (rounds, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&rounds), Arc::clone(&stop));
        let work = std::thread::spawn(move || {
            runtime().block_on(async {
                let mut connection = C::connect(&url).await.unwrap();
                while !stopped.load(Ordering::Relaxed) {
                    let round = counted.fetch_add(1, Ordering::Relaxed) + 1;
                    let text = statements.replace("$n", &round.to_string());
                    connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
                }
            });
        });
        Writer { rounds, stop, work: Some(work) }
    }

    /// How often all statements were run so far.
    pub fn rounds(&self) -> u32 {
        self.rounds.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.work.take().map(JoinHandle::join);
    }
}
