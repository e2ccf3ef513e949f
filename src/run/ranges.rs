//! Rows folded range by range on several threads.

use std::ops::Range;

use super::pool::{self, PART_ROWS};

/// Maximum number of ranges that are listed at a time: the list of all may not fit in memory, such as that of a column
/// of few runs.
const RANGES_PER_ROUND: usize = 1 << 13;

/// Folds ranges of [`PART_ROWS`] rows, and merges the states in order; not all of them if the work is cancelled. `width` is
/// the number of values in a row.
pub fn fold_ranges<T: Send>(
    rows: usize,
    width: usize,
    threads: usize,
    fold: impl Fn(Range<usize>) -> T + Send + Sync,
    mut merge: impl FnMut(T),
) {
    let mut start = 0;
    while start < rows {
        let end = rows.min(start.saturating_add(RANGES_PER_ROUND * PART_ROWS));
        let ranges = (start..end).step_by(PART_ROWS);
        let ranges = ranges.map(|at| at..end.min(at.saturating_add(PART_ROWS)));
        let ranges = ranges.collect::<Vec<_>>();
        let (count, work) = (ranges.len(), (end - start).saturating_mul(width));
        let states = pool::map(ranges, work, threads, &fold);
        let is_cancelled = states.len() < count;
        states.into_iter().for_each(&mut merge);
        if is_cancelled {
            return;
        }
        start = end;
    }
}
