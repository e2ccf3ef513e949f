//! Exact sums of the columns of a table of floating-point numbers.
//!
//! Columns are summed in *groups* of neighbouring `stripes`, a block of rows at a time. The first
//! rows show each column its grids, and each group its number of slices; both are tried for all blocks that follow.
//! A block that does not fit is looked at again, stripe by stripe: special values are counted and left out, the grids
//! of columns move to their largest values, and the group climbs to more slices. Columns that fit no grid take integer
//! arithmetic for that block.
//!
//! * `tile`: the order of blocks and groups;
//! * `group`: the ladder of a group, and what happens to blocks that do not fit;
//! * `rungs`: how many slices there are, and the code for each;
//! * `specials`: largest values, and blocks without special values;
//! * `stripes`: what is gathered of the columns in the lanes of one vector;
//! * `forms`: ways to sum a stripe;
//! * `chains`: their accumulators.

mod chains;
mod forms;
mod group;
mod rungs;
mod specials;
mod stripes;
mod tile;

use super::level_of;
use super::rows::Rows;
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::element::Need;
use crate::kernels::floats::Ieee;
use crate::kernels::formats::negative_zero;
use crate::kernels::sums::Sums;
use crate::kernels::vector::{MAX_LANES, Vector};
use tile::{TILE_COLUMNS, Tile};

/// Stripes of a group, where there are registers enough for four of them, and elsewhere.
const STRIPES: [usize; 2] = [4, 2];
/// The most columns of a group.
const MAX_COLUMNS: usize = STRIPES[0] * MAX_LANES;
/// Values that are packed at a time, if a table has few columns and gaps between its rows: they stay in the second-level
/// cache.
const PACKED_VALUES: usize = 1 << 14;
/// Rows that are summed for each of the virtual columns that a table of few columns is read as, at least: reading
/// out the accumulators of one takes about as long.
const MIN_JOINED_ROWS: usize = 32;

/// Adds the values of each column to its sums; returns false, having done nothing, without vectors of doubles.
pub fn add<T: Ieee>(rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) -> bool {
    add_at(Level::current(), rows, need, sums)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn add_on<T: Ieee>(isa: Isa, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) -> bool {
    add_at(level_of(isa), rows, need, sums)
}

fn add_at<T: Ieee>(level: Level, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) -> bool {
    assert_eq!(rows.columns(), sums.len(), "each column has sums");
    if level.isa() == Isa::Portable {
        return false;
    }
    if rows.count() > 0 && rows.columns() > 0 {
        add_rows(Vectors::of(level), rows, need, sums);
        note_negative_zeros(rows, sums);
    }
    true
}

/// Finds out which columns have anything but -0.0.
pub(super) fn note_negative_zeros<T: Ieee>(rows: Rows<'_, T>, sums: &mut [Sums]) {
    let is_other = |value: &T| value.bits() != negative_zero::<T>() && !value.is_nan();
    for (column, (sums, first)) in sums.iter_mut().zip(rows.row(0)).enumerate() {
        if !sums.has_other_than_negative_zero {
            // Nearly always decided by the first value.
            sums.has_other_than_negative_zero =
                is_other(first) || rows.column(column).any(is_other);
        }
    }
}

/// The vectors of a level.
#[derive(Clone, Copy)]
struct Vectors {
    level: Level,
    lanes: usize,
    /// How many stripes a group has.
    stripes: usize,
}

impl Vectors {
    fn of(level: Level) -> Self {
        struct Ask<'a>(&'a mut Vectors);

        impl Task for Ask<'_> {
            #[inline(always)]
            fn run<V: Vector>(self, _: V::Detected) {
                self.0.lanes = V::LANES;
                self.0.stripes = STRIPES[if V::HAS_FOUR_CHAINS { 0 } else { 1 }];
            }
        }

        let mut vectors = Self { level, lanes: 0, stripes: 0 };
        dispatch::run(level, Ask(&mut vectors));
        vectors
    }

    /// How many rows to read as one, so that a table of few columns fills vectors.
    fn joined_rows(self, rows: usize, columns: usize) -> usize {
        let lanes = self.stripes * self.lanes;
        let count = lanes >> columns.trailing_zeros().min(lanes.trailing_zeros());
        let halves = std::iter::successors(Some(count), |count| Some(count / 2));
        let fits =
            |&count: &usize| count * columns <= TILE_COLUMNS && rows >= count * MIN_JOINED_ROWS;
        // Less than a vector is none.
        let least = self.lanes.div_ceil(columns);
        halves.take_while(|&count| count > 0).find(fits).unwrap_or(1).max(least)
    }
}

fn add_rows<T: Ieee>(vectors: Vectors, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) {
    let columns = rows.columns();
    let count = vectors.joined_rows(rows.count(), columns);
    if let Some((joined, rest)) = rows.joined(count) {
        return add_tiles(vectors, joined, rest, need, sums);
    }
    if columns >= vectors.lanes {
        return add_tiles(vectors, rows, &[], need, sums);
    }
    // Rows with gaps that do not fill a vector.
    let mut packed = Vec::with_capacity(PACKED_VALUES.min(rows.count() * columns));
    for block in rows.blocks((PACKED_VALUES / columns).max(1)) {
        packed.clear();
        block.iter().for_each(|row| packed.extend_from_slice(row));
        let count = vectors.joined_rows(block.count(), columns);
        let block = Rows::new(&packed, 0, columns as isize, block.count(), columns);
        let block = block.and_then(|block| block.joined(count));
        let (joined, rest) = block.unwrap_or_else(|| unreachable!("packed rows have no gaps"));
        add_tiles(vectors, joined, rest, need, sums);
    }
}

/// Adds rows, and further values that fill no row.
fn add_tiles<T: Ieee>(
    vectors: Vectors,
    rows: Rows<'_, T>,
    rest: &[T],
    need: Need,
    sums: &mut [Sums],
) {
    // Zeros add nothing.
    let mut padded = rest.to_vec();
    padded.resize(rows.columns(), T::default());
    let padded = Rows::new(&padded, 0, 0, usize::from(!rest.is_empty()), rows.columns());
    let rest = padded.unwrap_or_else(|| unreachable!("one row"));
    for first in (0..rows.columns()).step_by(TILE_COLUMNS) {
        let end = rows.columns().min(first + TILE_COLUMNS);
        let mut tile = Tile::new(vectors, need, first..end, sums);
        tile.add(rows);
        tile.add(rest);
        tile.finish();
    }
}
