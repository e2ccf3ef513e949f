//! The tiles of a table: some neighbouring columns, and all rows. Few columns become many, several rows at a time.

use super::passes::BAND;
use crate::kernels::across::rows::Rows;
use crate::kernels::floats::Ieee;
use crate::kernels::vector::Vector;

/// Columns of a tile: the rows of two bands and the accumulators stay in the first-level cache.
pub(super) const TILE_COLUMNS: usize = 256;
/// Tables of at most as many columns are read several rows at a time, as rows of at most a tile.
const MAX_NARROW_COLUMNS: usize = TILE_COLUMNS / 2;

/// The rows of a tile. If several rows of a table are read as one, some values may be left for a second one, of
/// zeros beyond them, and columns beyond the first ones are these again.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, T> {
    pub(super) rows: Rows<'a, T>,
    pub(super) rest: Rows<'a, T>,
    pub(super) columns: usize,
    /// By how many columns the first stripe overlaps the second, so that all others are aligned in memory.
    pub(super) gap: usize,
}

/// Calls `visit` for each tile of a table: with its source, its rows, which column of the table the first one is, and which
/// one is the first that no tile before has. Returns false, having done nothing, if there are too few columns to fill a vector.
#[inline(always)]
pub(super) fn for_each_source<V: Vector, T: Ieee>(
    rows: Rows<'_, T>,
    mut visit: impl FnMut(Source<'_, T>, Rows<'_, T>, usize, usize),
) -> bool {
    let columns = rows.columns();
    let joined = (columns > 0).then(|| rows.joined(joined_rows::<V>(columns, rows.count())));
    if columns <= MAX_NARROW_COLUMNS
        && let Some((joined, rest)) = joined.flatten()
        && joined.columns() > columns
        && joined.columns() >= V::LANES
    {
        let mut padded = rest.to_vec();
        padded.resize(joined.columns(), T::default());
        let count = usize::from(!rest.is_empty());
        let rest = Rows::new(&padded, 0, 0, count, padded.len());
        let rest = rest.unwrap_or_else(|| unreachable!("one row"));
        let gap = gap::<V, T>(joined);
        visit(Source { rows: joined, rest, columns, gap }, rows, 0, 0);
        return true;
    }
    if columns < V::LANES {
        return false;
    }
    let mut own = 0;
    while own < columns {
        let gap = if own == 0 { gap::<V, T>(rows) } else { 0 };
        let end = columns.min(own + TILE_COLUMNS - gap);
        // The last columns fill a vector together with those before.
        let first = own.min(end - V::LANES);
        let rows = rows.of_columns(first..end);
        let rest = rows.between(0..0);
        visit(Source { rows, rest, columns: end - first, gap }, rows, first, own);
        own = end;
    }
    true
}

/// How many rows of a narrow table to read as one: enough for their columns to fill vectors, if possible.
fn joined_rows<V: Vector>(columns: usize, rows: usize) -> usize {
    let most = (TILE_COLUMNS / columns).min(rows / BAND).max(1);
    let whole = V::LANES >> columns.trailing_zeros().min(V::LANES.trailing_zeros());
    if most > whole { most / whole * whole } else { most }
}

/// By how many columns the first vector of a row is to overlap the second, so that all others are aligned in memory.
/// Without that a million doubles, 1,000 in a row, took 15 % longer with vectors of 64 bytes.
fn gap<V: Vector, T: Ieee>(rows: Rows<'_, T>) -> usize {
    match rows.before_aligned(V::LANES * size_of::<T>()) {
        0 => 0,
        before => V::LANES - before,
    }
}
