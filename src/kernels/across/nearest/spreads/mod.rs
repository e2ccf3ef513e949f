//! The nearest doubles of the variances or deviations of all columns.
//!
//! Columns are summed in tiles, a block of rows at a time, each on grids that its first rows show. A block that does not fit
//! is read again: its largest values move the grids of the columns that they belong to. What the grids leave over is summed
//! in floating point, with a bounded error. In the end the sum of each column and that of its squares are two doubles each,
//! and the formulas of `exact::double_double` round the spreads of several columns at once.
//!
//! * `chains`: the accumulators, with the proof;
//! * `tile`: what is gathered of the columns of a tile;
//! * `sums`: the sums as pairs of doubles.

mod chains;
mod sums;
#[cfg(test)]
mod tests;
mod tile;

use super::Nearest;
use super::sources::{Source, for_each_source};
use crate::exact::Form;
use crate::kernels::across::level_of;
use crate::kernels::across::rows::Rows;
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::floats::Ieee;
use crate::kernels::formats::magnitude;
use crate::kernels::vector::{Attempt, Vector};
use sums::PairSums;
use tile::Tile;

/// The most rows for which the formulas are proven.
const MAX_ROWS: usize = (1 << 26) - 1;
/// Rows that are compared at a time to find out which columns are constant.
const COMPARED_ROWS: usize = 32;

/// Which spread, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The variance or its root.
    pub form: Form,
    /// Degrees of freedom.
    pub ddof: u64,
    /// Whether one NaN makes the result of a column NaN; otherwise columns with NaNs are left open.
    pub has_nans: bool,
}

/// The nearest doubles of the spreads of all columns; `None` without vectors of doubles, without columns enough to fill one,
/// or if there are too few rows, or too many.
pub fn spreads<T: Ieee>(rows: Rows<'_, T>, spread: Spread) -> Option<Nearest> {
    spreads_at(Level::current(), rows, spread)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn spreads_on<T: Ieee>(isa: Isa, rows: Rows<'_, T>, spread: Spread) -> Option<Nearest> {
    spreads_at(level_of(isa), rows, spread)
}

fn spreads_at<T: Ieee>(level: Level, rows: Rows<'_, T>, spread: Spread) -> Option<Nearest> {
    let count = rows.count();
    if level.isa() == Isa::Portable || count > MAX_ROWS || count as u64 <= spread.ddof {
        return None;
    }
    let mut nearest = Nearest::default();
    nearest.values.resize(rows.columns(), 0.0);
    let mut is_done = false;
    dispatch::run(level, Walk { rows, spread, nearest: &mut nearest, is_done: &mut is_done });
    is_done.then_some(nearest)
}

/// All tiles of a table.
struct Walk<'a, T> {
    rows: Rows<'a, T>,
    spread: Spread,
    nearest: &'a mut Nearest,
    is_done: &'a mut bool,
}

impl<T: Ieee> Task for Walk<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let Self { rows, spread, nearest, is_done } = self;
        let count = rows.count() as u64;
        let [count, freedom] = [count as f64, (count - spread.ddof) as f64];
        let (mut tile, mut sums) = (Tile::<V>::new(), PairSums::default());
        *is_done = for_each_source::<V, T>(rows, |source, rows, first, own| {
            V::attempt(detected, Gather { tile: &mut tile, source });
            tile.read(&mut sums);
            sums.join(source.columns);
            let values = &mut nearest.values[own..first + source.columns];
            let skip = own - first;
            let round = Round { sums: &sums, form: spread.form, count, freedom, skip, values };
            if !V::attempt(detected, round) {
                settle(spread, rows, &tile, nearest, first, own);
            }
        });
    }
}

/// Gathers the sums of a tile.
struct Gather<'a, V, T> {
    tile: &'a mut Tile<V>,
    source: Source<'a, T>,
}

impl<V: Vector, T: Ieee> Attempt<V> for Gather<'_, V, T> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        self.tile.gather(detected, self.source);
        true
    }
}

/// Rounds the spreads of the columns from `skip` on; returns whether none is left open.
struct Round<'a> {
    sums: &'a PairSums,
    form: Form,
    count: f64,
    freedom: f64,
    skip: usize,
    values: &'a mut [f64],
}

impl<V: Vector> Attempt<V> for Round<'_> {
    #[inline(always)]
    fn run(self, _: V::Detected) -> bool {
        let Self { sums, form, count, freedom, skip, values } = self;
        // One loop for each form.
        match form {
            Form::Quotient => sums.spreads(Form::Quotient, count, freedom, skip, values),
            Form::Root => sums.spreads(Form::Root, count, freedom, skip, values),
        }
        let mut has_open = false;
        for value in &*values {
            has_open |= value.is_nan();
        }
        !has_open
    }
}

/// Settles columns without a spread as yet, if special values do or if they are constant, and leaves the others open.
#[cold]
#[inline(never)]
fn settle<V: Vector, T: Ieee>(
    spread: Spread,
    rows: Rows<'_, T>,
    tile: &Tile<V>,
    nearest: &mut Nearest,
    first: usize,
    own: usize,
) {
    let values = &mut nearest.values[first..first + rows.columns()];
    let mut is_constant = values.iter().map(|value| value.is_nan()).collect::<Vec<_>>();
    is_constant[..own - first].fill(false);
    find_constant(rows, &mut is_constant);
    for (column, value) in values.iter_mut().enumerate().skip(own - first) {
        if !value.is_nan() {
            continue;
        }
        let is_special = tile.is_special::<T>(column, rows.columns());
        if is_special && spread.has_nans {
            // The spread of infinities is a NaN, too.
        } else if !is_special && is_constant[column] {
            *value = 0.0;
        } else {
            nearest.open.push(first + column);
        }
    }
}

/// Leaves those candidates that are constant columns of finite values.
fn find_constant<T: Ieee>(rows: Rows<'_, T>, candidates: &mut [bool]) {
    let first = rows.row(0);
    for (candidate, &value) in candidates.iter_mut().zip(first) {
        *candidate &= magnitude(value) < T::INFINITY_BITS;
    }
    for block in rows.blocks(COMPARED_ROWS) {
        if !candidates.contains(&true) {
            return;
        }
        for row in block.iter() {
            for ((candidate, value), first) in candidates.iter_mut().zip(row).zip(first) {
                *candidate &= value.bits() == first.bits();
            }
        }
    }
}
