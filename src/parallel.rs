//! Columns on several threads: what is exact can be split anywhere.
//!
//! Columns are cut into parts of about [`PART`] rows, worth some tens of microseconds each; the
//! states of the parts are merged, which gives the same bits as one pass. Less than two parts of work
//! is done by the thread that asks.
//!
//! The threads belong to a pool of this library, made when it is first needed. A process that is
//! forked inherits the pool without its threads, so a pool is used only by the process that made it.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, RwLock};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::column::Chunk;
use crate::kernels::Need;
use crate::moments::Moments;

/// Rows of a part.
pub const PART: usize = 1 << 18;

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

/// What a function makes of each item, in their order.
pub fn map<I: Send, T: Send>(
    items: Vec<I>,
    rows: usize,
    threads: usize,
    function: impl Fn(I) -> T + Send + Sync,
) -> Vec<T> {
    match worth_a_pool(rows, threads) {
        Some(pool) => pool.install(|| items.into_par_iter().map(function).collect()),
        None => items.into_iter().map(function).collect(),
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
    let work = chunks.map(Chunk::work).sum::<usize>();
    match worth_a_pool(work, threads) {
        Some(pool) => pool.install(|| fold_parts(columns)),
        None => columns.iter().map(|(chunks, need)| fold_chunks(chunks, *need)).collect(),
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

/// Some of the rows of a column.
enum Part<'a> {
    Chunks(&'a [Chunk]),
    Slice(Chunk),
}

fn fold_parts(columns: &[(&[Chunk], Need)]) -> Vec<Moments> {
    let parts = columns.iter().enumerate().flat_map(|(column, (chunks, _))| {
        split(chunks).into_iter().map(move |part| (column, part))
    });
    let parts = parts.collect::<Vec<_>>();
    let states = parts.par_iter().map(|(column, part)| {
        let chunks = match part {
            Part::Chunks(chunks) => chunks,
            Part::Slice(chunk) => std::slice::from_ref(chunk),
        };
        (*column, fold_chunks(chunks, columns[*column].1))
    });
    let mut moments = vec![Moments::new(); columns.len()];
    for (column, state) in states.collect::<Vec<_>>() {
        moments[column].merge(&state);
    }
    moments
}

/// Cuts large chunks, and joins small ones, into parts.
fn split(chunks: &[Chunk]) -> Vec<Part<'_>> {
    let mut parts = vec![];
    let (mut start, mut rows) = (0, 0);
    for (i, chunk) in chunks.iter().enumerate() {
        let work = chunk.work();
        if work > PART {
            parts.push(Part::Chunks(&chunks[start..i]));
            (start, rows) = (i + 1, 0);
            // Runs reach over several rows each.
            let step = PART * (chunk.rows() / work);
            let starts = (0..chunk.rows()).step_by(step);
            parts
                .extend(starts.map(|at| Part::Slice(chunk.slice(at, step.min(chunk.rows() - at)))));
            continue;
        }
        rows += work;
        if rows >= PART {
            parts.push(Part::Chunks(&chunks[start..=i]));
            (start, rows) = (i + 1, 0);
        }
    }
    parts.push(Part::Chunks(&chunks[start..]));
    parts
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
