//! Columns on several threads: what is exact can be split anywhere.
//!
//! Columns are cut into parts of about [`PART`] rows, worth some tens of microseconds each; the
//! states of the parts are merged, which gives the same bits as one pass. Less than two parts of work
//! is done by the thread that asks.
//!
//! The threads belong to a pool of this library, made when it is first needed. A process that is
//! forked inherits the pool without its threads, so a pool is used only by the process that made it.
//!
//! Between two parts, the thread that asks may [look up](crate::run::cancel) and give up; if it has
//! handed its work to the pool, it looks up while it waits.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, OnceLock, RwLock};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::columns::chunk::Chunk;
use crate::kernels::Need;
use crate::run::cancel::{PATIENCE, Watch};
use crate::run::memory;
use crate::states::accumulator::Moments;

/// Rows of a part.
pub const PART: usize = 1 << 18;
/// Rows of a part that a thread adds up which works alone, and looks up in between.
const STRIDE: usize = 1 << 22;
/// Parts that are shared out at a time: a column may be far longer than there is memory, as one whose
/// rows are all in one place.
const ROUND: usize = 1 << 13;

/// The number of threads that was set, or 0.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// How many threads are used unless a call says otherwise: what was set, or `COLSTATS_NUM_THREADS`,
/// or what the process may use. The latter two are looked at once.
pub fn num_threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    // The default is kept apart, so that finding it cannot overwrite what is set meanwhile.
    let default = *DEFAULT.get_or_init(default_threads);
    match THREADS.load(Relaxed) {
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

/// Sets how many threads are used from now on; 0 goes back to the default.
pub fn set_num_threads(threads: usize) {
    THREADS.store(threads, Relaxed);
}

/// What a function makes of each item, in their order; of the first items, if the work is given up.
pub fn map<I: Send, T: Send>(
    items: Vec<I>,
    rows: usize,
    threads: usize,
    function: impl Fn(I) -> T + Send + Sync,
) -> Vec<T> {
    match worth_a_pool(rows, threads) {
        Some(pool) => on_pool(&pool, |given_up| {
            let unless_over = |item| (!given_up.load(Relaxed)).then(|| function(item));
            items.into_par_iter().filter_map(unless_over).collect()
        }),
        None => {
            let watch = Watch::current();
            let goes_on = |_: &I| watch.as_ref().is_none_or(|watch| !watch.is_over());
            items.into_iter().take_while(goes_on).map(function).collect()
        }
    }
}

/// Sorts items that are all different.
pub fn sort<T: Send>(
    items: &mut [T],
    threads: usize,
    compare: impl Fn(&T, &T) -> Ordering + Send + Sync,
) {
    match worth_a_pool(items.len(), threads) {
        Some(pool) => pool.install(|| items.par_sort_unstable_by(compare)),
        None => items.sort_unstable_by(compare),
    }
}

/// The states of columns, each told by its chunks, and what is needed of it.
pub fn fold(columns: &[(&[Chunk], Need)], threads: usize) -> Vec<Moments> {
    let chunks = columns.iter().flat_map(|(chunks, _)| chunks.iter());
    let work = chunks.map(Chunk::work).fold(0, usize::saturating_add);
    match worth_a_pool(work, threads) {
        Some(pool) => on_pool(&pool, |given_up| fold_parts(columns, given_up)),
        None => {
            let watch = Watch::current();
            let fold = |&(chunks, need): &(&[Chunk], Need)| match &watch {
                None => fold_chunks(chunks, need),
                Some(watch) => fold_alone(chunks, need, watch),
            };
            columns.iter().map(fold).collect()
        }
    }
}

/// The state of one column, by the thread that asks.
pub fn fold_chunks(chunks: &[Chunk], need: Need) -> Moments {
    let mut moments = Moments::new();
    for chunk in chunks {
        chunk.fold(need, &mut moments);
    }
    moments
}

/// The same, by a thread that looks up.
fn fold_alone(chunks: &[Chunk], need: Need, watch: &Watch) -> Moments {
    let mut moments = Moments::new();
    for part in split(chunks, STRIDE).take_while(|_| !watch.is_over()) {
        part.fold(need, &mut moments);
    }
    moments
}

/// Does work on a pool, and looks up meanwhile, if this thread does.
fn on_pool<T: Send>(pool: &ThreadPool, work: impl FnOnce(&AtomicBool) -> T + Send) -> T {
    let Some(watch) = Watch::current() else {
        return pool.install(|| work(&AtomicBool::new(false)));
    };
    let (given_up, (send, receive)) = (watch.flag(), sync_channel(1));
    let result = pool.in_place_scope(|scope| {
        scope.spawn(move |_| {
            // The receiver waits.
            let _ = send.send(work(&given_up));
        });
        loop {
            match receive.recv_timeout(PATIENCE) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout) => watch.look_up(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    });
    result.unwrap_or_else(|| unreachable!("work that panics has done so here as well"))
}

/// Some of the rows of a column.
enum Part<'a> {
    Chunks(&'a [Chunk]),
    Rows(&'a Chunk, Range<usize>),
}

impl Part<'_> {
    fn fold(&self, need: Need, moments: &mut Moments) {
        match self {
            Self::Chunks(chunks) => chunks.iter().for_each(|chunk| chunk.fold(need, moments)),
            Self::Rows(chunk, rows) => chunk.slice(rows.start, rows.len()).fold(need, moments),
        }
    }
}

fn fold_parts(columns: &[(&[Chunk], Need)], given_up: &AtomicBool) -> Vec<Moments> {
    let mut parts = columns
        .iter()
        .enumerate()
        .flat_map(|(column, (chunks, _))| split(chunks, PART).map(move |part| (column, part)));
    let mut moments = vec![Moments::new(); columns.len()];
    loop {
        let round = parts.by_ref().take(ROUND).collect::<Vec<_>>();
        if round.is_empty() || given_up.load(Relaxed) {
            return moments;
        }
        let states = round.par_iter().map(|(column, part)| {
            let mut state = Moments::new();
            if !given_up.load(Relaxed) {
                part.fold(columns[*column].1, &mut state);
            }
            (*column, state)
        });
        for (column, state) in states.collect::<Vec<_>>() {
            moments[column].merge(&state);
        }
    }
}

/// Cuts large chunks, and joins small ones, into parts of so much work.
fn split(chunks: &[Chunk], size: usize) -> impl Iterator<Item = Part<'_>> {
    joined(chunks, size).flat_map(move |chunks| {
        let (first, work) = (&chunks[0], chunks[0].work());
        let (rows, step) = match work > size {
            // Runs reach over several rows each.
            true => (first.rows(), size * (first.rows() / work)),
            false => (1, 1),
        };
        (0..rows).step_by(step).map(move |at| match work > size {
            true => Part::Rows(first, at..rows.min(at + step)),
            false => Part::Chunks(chunks),
        })
    })
}

/// Neighbours that are worth a part together, and those alone that are worth more.
fn joined(chunks: &[Chunk], size: usize) -> impl Iterator<Item = &[Chunk]> {
    let mut rest = chunks;
    std::iter::from_fn(move || {
        let (mut count, mut total) = (0, 0);
        for work in rest.iter().map(Chunk::work) {
            if count > 0 && (total >= size || work > size) {
                break;
            }
            (count, total) = (count + 1, work.saturating_add(total));
        }
        let (together, behind) = rest.split_at(count);
        rest = behind;
        (count > 0).then_some(together)
    })
}

/// A pool for so much work, if a second thread is worth it.
fn worth_a_pool(work: usize, threads: usize) -> Option<Arc<ThreadPool>> {
    if threads > 1 && work >= 2 * PART { pool(threads) } else { None }
}

/// A pool, the process that made it, and how many threads it has.
struct Pool {
    maker: u32,
    size: usize,
    threads: Arc<ThreadPool>,
}

impl Pool {
    fn is_for(&self, threads: usize) -> bool {
        (self.maker, self.size) == (std::process::id(), threads)
    }
}

/// A pool of so many threads; none if it cannot be had now.
fn pool(threads: usize) -> Option<Arc<ThreadPool>> {
    static POOL: RwLock<Option<Pool>> = RwLock::new(None);

    // Whoever asks at the same time finds the same pool.
    if let Ok(slot) = POOL.try_read()
        && let Some(pool) = slot.as_ref().filter(|pool| pool.is_for(threads))
    {
        return Some(Arc::clone(&pool.threads));
    }
    // Held by another thread, or by one that a fork has left behind: no reason to wait.
    let Ok(mut slot) = POOL.try_write() else {
        return new_pool(threads);
    };
    if let Some(pool) = slot.as_ref().filter(|pool| pool.is_for(threads)) {
        return Some(Arc::clone(&pool.threads));
    }
    let pool = new_pool(threads)?;
    let (maker, size) = (std::process::id(), threads);
    let old = slot.replace(Pool { maker, size, threads: Arc::clone(&pool) });
    if let Some(old) = old.filter(|old| old.maker != maker) {
        // Its threads are gone: ending them would wait for them.
        std::mem::forget(old);
    }
    Some(pool)
}

fn new_pool(threads: usize) -> Option<Arc<ThreadPool>> {
    /// What is asked for a thread: twice its stack, since work takes memory as well.
    const SPACE: usize = 4 << 20;
    if !memory::is_there(threads * SPACE) {
        return None;
    }
    let name = |i| format!("colstats-{i}");
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build();
    pool.ok().map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Float64Array, Int64Array};

    #[test]
    fn parts_add_up_to_the_whole() {
        let floats = (0..3 * PART + 7).map(|i| 1e16f64.powi((i % 5) as i32 - 2) / (i + 1) as f64);
        let floats: ArrayRef = Arc::new(floats.map(Some).collect::<Float64Array>());
        let nulls = (0..PART + 1).map(|i| (i % 3 > 0).then_some(i as i64));
        let integers: ArrayRef = Arc::new(nulls.collect::<Int64Array>());
        let cut = |array: &ArrayRef, lengths: &[usize]| {
            let mut start = 0;
            let mut chunks = vec![];
            for &length in lengths {
                chunks.push(Chunk::from(array.slice(start, length)));
                start += length;
            }
            chunks.push(Chunk::from(array.slice(start, array.len() - start)));
            chunks
        };
        let whole = [cut(&floats, &[]), cut(&integers, &[])];
        let pieces = [cut(&floats, &[0, 5, 2 * PART, 100, 100]), cut(&integers, &[1; 40])];
        for need in [Need::Count, Need::Sum, Need::Squares, Need::Extremes, Need::Everything] {
            let expected = whole.each_ref().map(|chunks| fold_chunks(chunks, need));
            for threads in [1, 2, 4] {
                for columns in [&whole, &pieces] {
                    let columns = columns.each_ref().map(|chunks| (chunks.as_slice(), need));
                    assert_eq!(fold(&columns, threads), expected, "{need:?}, {threads}");
                }
            }
        }
    }
}
