//! The thread pool of this library, which is created when it is first needed.
//!
//! A process that is forked inherits the pool without its threads, so a pool is used only by the
//! process that created it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, RwLock};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::cancel::{POLL_INTERVAL, Watch};
use super::memory;

/// Some threads that wait for work.
pub struct Pool(Arc<ThreadPool>);

impl Pool {
    /// Runs work on the pool. If the calling thread polls for cancellation, it does so while it waits, and
    /// sets the flag that is passed to the work.
    pub fn run<T: Send>(&self, work: impl FnOnce(&AtomicBool) -> T + Send) -> T {
        let Self(pool) = self;
        let Some(watch) = Watch::current() else {
            return pool.install(|| work(&AtomicBool::new(false)));
        };
        let (cancelled, (send, receive)) = (watch.flag(), sync_channel(1));
        let result = pool.in_place_scope(|scope| {
            scope.spawn(move |_| {
                // The receiver waits below.
                let _ = send.send(work(&cancelled));
            });
            loop {
                match receive.recv_timeout(POLL_INTERVAL) {
                    Ok(result) => return Some(result),
                    Err(RecvTimeoutError::Timeout) => watch.poll(),
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
        });
        result.unwrap_or_else(|| unreachable!("a panic of the work is resumed by the scope"))
    }

    /// The results of a function for each item, in order; for some items only, if the work is cancelled.
    pub fn map<I: Send, T: Send>(
        &self,
        items: Vec<I>,
        function: impl Fn(I) -> T + Send + Sync,
    ) -> Vec<T> {
        self.run(|cancelled| {
            let unless_cancelled = |item| (!cancelled.load(Relaxed)).then(|| function(item));
            items.into_par_iter().filter_map(unless_cancelled).collect()
        })
    }
}

/// The results of a function for each item, for work that runs on a pool already.
pub fn map_here<I: Sync, T: Send>(items: &[I], function: impl Fn(&I) -> T + Send + Sync) -> Vec<T> {
    items.par_iter().map(function).collect()
}

/// The pool that is kept, the process that created it, and its number of threads.
struct Kept {
    process: u32,
    size: usize,
    pool: Arc<ThreadPool>,
}

impl Kept {
    fn is_for(&self, threads: usize) -> bool {
        (self.process, self.size) == (std::process::id(), threads)
    }
}

/// A pool of this number of threads; none if they cannot be started now.
pub(super) fn pool(threads: usize) -> Option<Pool> {
    static POOL: RwLock<Option<Kept>> = RwLock::new(None);

    // With a read lock, several callers at a time find the same pool.
    if let Ok(slot) = POOL.try_read()
        && let Some(kept) = slot.as_ref().filter(|kept| kept.is_for(threads))
    {
        return Some(Pool(Arc::clone(&kept.pool)));
    }
    // The lock may be held by a thread that did not survive a fork, so do not wait for it.
    let Ok(mut slot) = POOL.try_write() else {
        return new_pool(threads).map(Pool);
    };
    if let Some(kept) = slot.as_ref().filter(|kept| kept.is_for(threads)) {
        return Some(Pool(Arc::clone(&kept.pool)));
    }
    let pool = new_pool(threads)?;
    let process = std::process::id();
    let old = slot.replace(Kept { process, size: threads, pool: Arc::clone(&pool) });
    if let Some(old) = old.filter(|old| old.process != process) {
        // Its threads did not survive the fork: dropping it would wait for them.
        std::mem::forget(old);
    }
    Some(Pool(pool))
}

fn new_pool(threads: usize) -> Option<Arc<ThreadPool>> {
    /// Memory that must be available for each thread: twice its stack, since work takes memory, too.
    const THREAD_BYTES: usize = 4 << 20;
    if !memory::is_available(threads.saturating_mul(THREAD_BYTES)) {
        return None;
    }
    let name = |i| format!("colstats-{i}");
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build();
    pool.ok().map(Arc::new)
}
