//! The order in which integers and extremes read a table: blocks of rows, and in them strips of columns whose
//! accumulators stay in registers.

use super::rows::Rows;
use crate::kernels::vector::Vector;

/// Columns of a strip.
pub(super) const COLUMNS: usize = 64;
/// Rows of a block: as many values of a column as accumulators of 64 bits can take in any case, and a fourth of that.
pub(super) const ROWS: usize = 256;
/// The most columns that a table of few columns is read as.
const MAX_JOINED_COLUMNS: usize = 1024;
/// How many rows ahead memory is prefetched, as by [`floats`](super::floats).
const PREFETCHED_ROWS: usize = 8;
pub(super) const CACHE_LINE: usize = 64;

/// How many rows of a table without gaps to read as one, so that a table of few columns has whole strips.
pub(super) fn joined_rows(rows: usize, columns: usize) -> usize {
    let whole = COLUMNS >> columns.trailing_zeros().min(COLUMNS.trailing_zeros());
    let halves = std::iter::successors(Some(whole), |count| Some(count / 2));
    let fits = |&count: &usize| {
        count * columns <= MAX_JOINED_COLUMNS && rows >= count.saturating_mul(ROWS / 8)
    };
    halves.take_while(|&count| count > 0).find(fits).unwrap_or(1)
}

/// Visits all values, in blocks of up to [`ROWS`] rows and [`COLUMNS`] columns, each with its first column. Several
/// rows may have been joined: columns beyond those of the table are the first ones again.
#[inline(always)]
pub(super) fn for_each_block<'a, T: Copy>(
    rows: Rows<'a, T>,
    mut visit: impl FnMut(Rows<'a, T>, usize),
) {
    let joined = rows.joined(joined_rows(rows.count(), rows.columns()));
    let (rows, rest) = joined.unwrap_or((rows, &[]));
    let rest = Rows::new(rest, 0, 0, usize::from(!rest.is_empty()), rest.len());
    for rows in [Some(rows), rest].into_iter().flatten() {
        for block in rows.blocks(ROWS) {
            for first in (0..rows.columns()).step_by(COLUMNS) {
                let end = rows.columns().min(first + COLUMNS);
                visit(block.of_columns(first..end), first);
            }
        }
    }
}

/// Prefetches a later row of a block.
#[inline(always)]
pub(super) fn prefetch<V: Vector, T: Copy>(block: Rows<'_, T>, row: usize) {
    let ahead = block.row((row + PREFETCHED_ROWS).min(block.count() - 1));
    for line in ahead.chunks(CACHE_LINE / size_of::<T>()) {
        V::prefetch_front(line);
    }
}
