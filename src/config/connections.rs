//! How much of a source's patience is used at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections to a source may read at the same time. Shared by whoever holds the same source, so that jobs
/// that run together take turns. Each pull takes one turn of one source and waits for no other while it has it, so
/// runs over the same sources cannot wait for each other.
#[derive(Clone)]
pub struct Connections {
    most: u32,
    turns: Arc<Semaphore>,
}

/// The turn of one pull; over when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    /// At most so many.
    pub fn new(most: u32) -> Connections {
        let permits = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Connections { most, turns: Arc::new(Semaphore::new(permits)) }
    }

    pub fn most(&self) -> u32 {
        self.most
    }

    /// Whether a turn would have to be waited for.
    pub fn are_taken(&self) -> bool {
        self.turns.available_permits() == 0
    }

    /// The next turn, in the order in which they are asked for; `None` where none comes within `patience`.
    pub async fn turn(&self, patience: Duration) -> Option<Turn> {
        let turn = tokio::time::timeout(patience, Arc::clone(&self.turns).acquire_owned()).await;
        turn.ok()?.ok().map(|permit| Turn { _permit: permit })
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.most)
    }
}
