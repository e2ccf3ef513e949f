//! The number of threads, and loops that use them if there is enough work.
//!
//! The calling thread may poll for [cancellation](super::cancel): between two items if it works alone,
//! and while it waits for the pool.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::cancel::Watch;

#[cfg(feature = "threads")]
use super::threads;
#[cfg(feature = "threads")]
pub use super::threads::{Pool, map_here};

/// Rows in a part of work for a thread: 20 to 140 us for doubles in the cache, at 0.07 to 0.54 ns a value.
pub const PART_ROWS: usize = 1 << 18;

/// The number of threads that was set, or 0.
static NUM_THREADS: AtomicUsize = AtomicUsize::new(0);

/// The number of threads that are used unless a call says otherwise: the number that was set, or
/// `COLSTATS_NUM_THREADS`, or as many as the process may use. The latter two are read once.
pub fn num_threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    // The default is stored separately, so that computing it cannot overwrite a number that is set meanwhile.
    let default = *DEFAULT.get_or_init(default_threads);
    match NUM_THREADS.load(Relaxed) {
        0 => default,
        threads => threads,
    }
}

fn default_threads() -> usize {
    let wanted = std::env::var("COLSTATS_NUM_THREADS").ok();
    let wanted = wanted.and_then(|threads| threads.parse().ok()).filter(|&n| n > 0);
    wanted
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |threads| threads.get()))
}

/// Sets how many threads are used from now on; 0 restores the default.
pub fn set_num_threads(threads: usize) {
    NUM_THREADS.store(threads, Relaxed);
}

/// The results of a function for each item, in order; for the first items only, if the work is cancelled.
/// `rows` is the amount of work.
pub fn map<I: Send, T: Send>(
    items: Vec<I>,
    rows: usize,
    threads: usize,
    function: impl Fn(I) -> T + Send + Sync,
) -> Vec<T> {
    match for_work(rows, threads) {
        Some(pool) => pool.map(items, function),
        None => {
            let watch = Watch::current();
            let goes_on = |_: &I| watch.as_ref().is_none_or(|watch| !watch.is_cancelled());
            items.into_iter().take_while(goes_on).map(function).collect()
        }
    }
}

/// A pool to read this number of values, if they are worth a second thread.
#[cfg(feature = "threads")]
pub fn for_work(work: usize, threads: usize) -> Option<Pool> {
    if threads > 1 && work >= 2 * PART_ROWS { threads::pool(threads) } else { None }
}

#[cfg(not(feature = "threads"))]
pub use single::{Pool, for_work, map_here};

/// Without the feature `threads` there is never a pool.
#[cfg(not(feature = "threads"))]
#[allow(missing_docs)]
mod single {
    use std::sync::atomic::AtomicBool;

    /// Has no values: its methods are never called.
    pub enum Pool {}

    impl Pool {
        pub fn run<T: Send>(&self, _: impl FnOnce(&AtomicBool) -> T + Send) -> T {
            match *self {}
        }

        pub fn map<I: Send, T: Send>(&self, _: Vec<I>, _: impl Fn(I) -> T) -> Vec<T> {
            match *self {}
        }
    }

    pub fn for_work(_: usize, _: usize) -> Option<Pool> {
        None
    }

    pub fn map_here<I, T>(items: &[I], function: impl Fn(&I) -> T) -> Vec<T> {
        items.iter().map(function).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::cancel::{POLL_INTERVAL, interruptible};

    #[test]
    fn items_are_skipped_after_cancellation() {
        for threads in [1, 3] {
            let slow = |item: usize| {
                std::thread::sleep(POLL_INTERVAL / 4);
                item
            };
            let work = || map((0..10_000).collect(), 4 * PART_ROWS, threads, slow).len();
            assert_eq!(interruptible(|| Err("stop"), work), Err("stop"));
        }
    }
}
