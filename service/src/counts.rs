//! What the service has done since it started.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// Counts that every call adds to.
#[derive(Debug, Default)]
pub struct Counts {
    /// Batches that were acknowledged, duplicates among them.
    pub batches: AtomicU64,
    /// Those that were there already.
    pub duplicates: AtomicU64,
    /// Rows of batches that were not.
    pub rows: AtomicU64,
    /// Bytes of batches that were received.
    pub bytes: AtomicU64,
    /// Calls and streams that were refused.
    pub refusals: AtomicU64,
    /// Tickets that were answered.
    pub answers: AtomicU64,
    /// Streams that were answered without keeping anything.
    pub exchanges: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Counted {
    pub batches: u64,
    pub duplicates: u64,
    pub rows: u64,
    pub bytes: u64,
    pub refusals: u64,
    pub answers: u64,
    pub exchanges: u64,
}

impl Counts {
    /// All of them now.
    pub fn now(&self) -> Counted {
        let Self { batches, duplicates, rows, bytes, refusals, answers, exchanges } = self;
        let all = [batches, duplicates, rows, bytes, refusals, answers, exchanges];
        let [batches, duplicates, rows, bytes, refusals, answers, exchanges] =
            all.map(|count| count.load(Relaxed));
        Counted { batches, duplicates, rows, bytes, refusals, answers, exchanges }
    }
}

/// Adds to a count.
pub fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Relaxed);
}
