//! Columns on several threads: exact sums can be split anywhere.
//!
//! Columns are cut into parts of about [`PART_ROWS`] rows, and the states of the parts are merged, which
//! gives the same bits as one pass. Work of less than two parts is done by the calling thread alone.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::cancel::Watch;
use super::pool::{self, PART_ROWS};
use crate::columns::chunk::{Chunk, add_chunks, fold_chunks};
use crate::kernels::Need;
use crate::states::accumulator::Accumulator;

/// Number of rows between two polls for cancellation, for a thread that works alone: at most 10 ms for most
/// types.
const ROWS_PER_POLL: usize = 1 << 22;
/// Maximum number of parts that are listed at a time. The list of all parts of a column may not fit in
/// memory, such as that of a column whose rows are all at the same address.
const PARTS_PER_ROUND: usize = 1 << 13;

/// The states of columns, each given by its chunks and by what is needed of it.
pub fn fold(columns: &[(&[Chunk], Need)], threads: usize) -> Vec<Accumulator> {
    let chunks = columns.iter().flat_map(|(chunks, _)| chunks.iter());
    let work = chunks.map(Chunk::work).fold(0, usize::saturating_add);
    match pool::for_work(work, threads) {
        Some(pool) => pool.run(|cancelled| fold_parts(columns, cancelled)),
        None => {
            let watch = Watch::current();
            let fold = |&(chunks, need): &(&[Chunk], Need)| match &watch {
                None => fold_chunks(chunks, need),
                Some(watch) => fold_watched(chunks, need, watch),
            };
            columns.iter().map(fold).collect()
        }
    }
}

/// The state of one column, by a thread that polls for cancellation.
fn fold_watched(chunks: &[Chunk], need: Need, watch: &Watch) -> Accumulator {
    let mut accumulator = Accumulator::new();
    for part in split(chunks, ROWS_PER_POLL).take_while(|_| !watch.is_cancelled()) {
        part.fold(need, &mut accumulator);
    }
    accumulator
}

fn fold_parts(columns: &[(&[Chunk], Need)], cancelled: &AtomicBool) -> Vec<Accumulator> {
    let mut parts = columns
        .iter()
        .enumerate()
        .flat_map(|(column, (chunks, _))| split(chunks, PART_ROWS).map(move |part| (column, part)));
    let mut accumulators = vec![Accumulator::new(); columns.len()];
    loop {
        let round = parts.by_ref().take(PARTS_PER_ROUND).collect::<Vec<_>>();
        if round.is_empty() || cancelled.load(Relaxed) {
            return accumulators;
        }
        let states = pool::map_here(&round, |(column, part)| {
            let mut state = Accumulator::new();
            if !cancelled.load(Relaxed) {
                part.fold(columns[*column].1, &mut state);
            }
            (*column, state)
        });
        for (column, state) in states {
            accumulators[column].merge(&state);
        }
    }
}

/// Some of the rows of a column.
enum Part<'a> {
    Chunks(&'a [Chunk]),
    Rows(&'a Chunk, Range<usize>),
}

impl Part<'_> {
    fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        match self {
            Self::Chunks(chunks) => add_chunks(chunks, need, accumulator),
            Self::Rows(chunk, rows) => {
                chunk.slice(rows.start, rows.len()).fold(need, accumulator);
            }
        }
    }
}

/// Cuts large chunks, and joins small ones, into parts of about `size` values.
fn split(chunks: &[Chunk], size: usize) -> impl Iterator<Item = Part<'_>> {
    joined(chunks, size).flat_map(move |chunks| {
        let (first, work) = (&chunks[0], chunks[0].work());
        let (rows, step) = match work > size {
            // A value of a run covers several rows.
            true => (first.rows(), size * (first.rows() / work)),
            false => (1, 1),
        };
        (0..rows).step_by(step).map(move |at| match work > size {
            true => Part::Rows(first, at..rows.min(at + step)),
            false => Part::Chunks(chunks),
        })
    })
}

/// Slices of neighbouring chunks that together make up about one part, and single chunks that exceed one.
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
        let (together, remaining) = rest.split_at(count);
        rest = remaining;
        (count > 0).then_some(together)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::cancel::{POLL_INTERVAL, interruptible};
    use arrow_array::{ArrayRef, Float64Array, Int64Array};
    use std::cell::Cell;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::time::Instant;

    #[test]
    fn parts_add_up_to_the_whole() {
        let floats =
            (0..3 * PART_ROWS + 7).map(|i| 1e16f64.powi((i % 5) as i32 - 2) / (i + 1) as f64);
        let floats: ArrayRef = Arc::new(floats.map(Some).collect::<Float64Array>());
        let nulls = (0..PART_ROWS + 1).map(|i| (i % 3 > 0).then_some(i as i64));
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
        let chunked = [cut(&floats, &[0, 5, 2 * PART_ROWS, 100, 100]), cut(&integers, &[1; 40])];
        for need in [Need::Count, Need::Sum, Need::Squares, Need::Extremes, Need::Everything] {
            let expected = whole.each_ref().map(|chunks| fold_chunks(chunks, need));
            for threads in [1, 2, 4] {
                for columns in [&whole, &chunked] {
                    let columns = columns.each_ref().map(|chunks| (chunks.as_slice(), need));
                    assert_eq!(fold(&columns, threads), expected, "{need:?}, {threads}");
                }
            }
        }
    }

    /// More rows than can be folded in reasonable time.
    fn endless() -> Vec<Chunk> {
        let array: ArrayRef = Arc::new(Float64Array::from(vec![1.5; 8 * PART_ROWS]));
        vec![Chunk::from(array); 1 << 20]
    }

    #[test]
    fn long_work_is_cancelled() {
        let chunks = endless();
        for threads in [1, 3] {
            let polls = Rc::new(Cell::new(0));
            let seen = Rc::clone(&polls);
            let poll = move || {
                seen.set(seen.get() + 1);
                if seen.get() < 3 { Ok(()) } else { Err("stop") }
            };
            let start = Instant::now();
            let result = interruptible(poll, || fold(&[(&chunks, Need::Sum)], threads).len());
            assert_eq!((result, polls.get()), (Err("stop"), 3), "{threads} threads");
            assert!(start.elapsed() < 100 * POLL_INTERVAL);
        }
    }

    #[test]
    fn polls_without_an_error_do_not_change_the_result() {
        let chunks = endless();
        for threads in [1, 3] {
            let asked = [(&chunks[..5], Need::Sum)];
            let whole = interruptible(|| Ok::<_, ()>(()), || fold(&asked, threads));
            assert_eq!(whole, Ok(fold(&asked, threads)));
        }
        assert!(Watch::current().is_none());
    }
}
