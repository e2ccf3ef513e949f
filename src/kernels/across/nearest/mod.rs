//! The nearest doubles of the sums or means of all columns, without exact sums of a column in between.
//!
//! An exact sum is an integer of hundreds of bytes; to fill in one, to divide it and to round it takes as long as adding
//! some hundred values. For most columns that is not needed: their sums are two or three doubles, in the lanes of
//! vectors, and so is all that follows. Columns are summed in tiles, all rows at once, on the lowest rung that fits:
//!
//! 0. as they are, if no addition rounds: integers, single precision;
//! 1. in two slices, on grids that the first rows show;
//! 2. in three slices to within a slack, on grids that fit the largest values, which another pass finds.
//!
//! Then the sums are divided and rounded, several columns at once. Columns whose rounding is too close to call are left
//! open; the caller sums them exactly.
//!
//! * `sources`: the tiles of a table;
//! * `passes`: the loops over rows;
//! * `tile`: what is gathered of the columns of a tile;
//! * `rungs`: the rungs, and whether they fit;
//! * `totals`: the sums as doubles;
//! * `quotient`: the nearest double of a quotient, with the proof;
//! * `specials`: zeros, NaNs and infinities;
//! * [`integers`]: means of integers;
//! * [`spreads`]: variances and deviations.

pub mod integers;
mod passes;
mod quotient;
mod rungs;
mod sources;
mod specials;
pub mod spreads;
mod tile;
mod totals;

use super::floats::note_negative_zeros;
use super::rows::Rows;
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::floats::Ieee;
use crate::kernels::sums::Sums;
use crate::kernels::vector::{Attempt, Vector, Watch};
use quotient::Count;
use sources::for_each_source;
use tile::Tile;
use totals::Totals;

/// Tiles before a lower rung is tried for the first time.
const FIRST_BACKOFF: u32 = 16;
/// The longest backoff, in tiles.
const MAX_BACKOFF: u32 = 1 << 10;

/// The results of all columns.
#[derive(Debug, Default)]
pub struct Nearest {
    /// The nearest doubles; anything for columns that are open.
    pub values: Vec<f64>,
    /// The columns that must be summed exactly, in order.
    pub open: Vec<usize>,
}

/// The nearest doubles of the sums of all columns, each divided by `divisor`. If `has_nans`, one NaN makes the result of
/// a column NaN; otherwise columns with NaNs are left open. `None` without vectors of doubles, or without columns
/// enough to fill one.
pub fn quotients<T: Ieee>(rows: Rows<'_, T>, divisor: u64, has_nans: bool) -> Option<Nearest> {
    quotients_at(Level::current(), rows, divisor, has_nans)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn quotients_on<T: Ieee>(
    isa: Isa,
    rows: Rows<'_, T>,
    divisor: u64,
    has_nans: bool,
) -> Option<Nearest> {
    quotients_at(super::level_of(isa), rows, divisor, has_nans)
}

fn quotients_at<T: Ieee>(
    level: Level,
    rows: Rows<'_, T>,
    divisor: u64,
    has_nans: bool,
) -> Option<Nearest> {
    let mut nearest = Nearest::default();
    nearest.values.resize(rows.columns(), 0.0);
    let count = Count::new(divisor)?;
    walk(level, rows, Wanted::Quotients { count, has_nans, nearest: &mut nearest })
        .then_some(nearest)
}

/// The sums of all columns, to within a slack; `None` also if a column has NaNs or infinities.
pub fn sums<T: Ieee>(rows: Rows<'_, T>) -> Option<Vec<Sums>> {
    sums_at(Level::current(), rows)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn sums_on<T: Ieee>(isa: Isa, rows: Rows<'_, T>) -> Option<Vec<Sums>> {
    sums_at(super::level_of(isa), rows)
}

fn sums_at<T: Ieee>(level: Level, rows: Rows<'_, T>) -> Option<Vec<Sums>> {
    let mut sums = Vec::with_capacity(rows.columns());
    walk(level, rows, Wanted::Sums(&mut sums)).then_some(())?;
    let mut sums = sums.into_iter().collect::<Option<Vec<Sums>>>()?;
    note_negative_zeros(rows, &mut sums);
    Some(sums)
}

/// What is to be made of the sums.
enum Wanted<'a> {
    Quotients { count: Count, has_nans: bool, nearest: &'a mut Nearest },
    Sums(&'a mut Vec<Option<Sums>>),
}

/// Visits all tiles of a table; returns false, having done nothing, if there are no vectors for it.
fn walk<T: Ieee>(level: Level, rows: Rows<'_, T>, wanted: Wanted<'_>) -> bool {
    let mut is_done = false;
    if level.isa() != Isa::Portable && rows.count() > 0 {
        dispatch::run(level, Walk { level, rows, wanted, is_done: &mut is_done });
    }
    is_done
}

struct Walk<'a, T> {
    level: Level,
    rows: Rows<'a, T>,
    wanted: Wanted<'a>,
    is_done: &'a mut bool,
}

impl<T: Ieee> Task for Walk<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let Self { level, rows, mut wanted, is_done } = self;
        let mut totals = Totals::default();
        let (mut tile, mut ladder) = (Tile::<V>::new(), Ladder::new::<V>());
        *is_done = for_each_source::<V, T>(rows, |source, rows, first, own| {
            let mut rung = ladder.next();
            while !tile.add(detected, source, rung, &mut totals) {
                rung += 1;
            }
            ladder.rung = rung;
            if source.columns < source.rows.columns() {
                totals.join(source.columns);
            }
            let done = Done { level, tile: &tile, totals: &totals, rows, is_near: rung > 1 };
            done.give(detected, &mut wanted, first, own);
        });
    }
}

/// A tile that has been summed.
struct Done<'a, V, T> {
    level: Level,
    tile: &'a Tile<V>,
    totals: &'a Totals,
    rows: Rows<'a, T>,
    is_near: bool,
}

impl<V: Vector, T: Ieee> Done<'_, V, T> {
    /// Gives what is wanted of the columns from `own` on, the first of which is the column `first` of the table.
    #[inline(always)]
    fn give(&self, detected: V::Detected, wanted: &mut Wanted<'_>, first: usize, own: usize) {
        match wanted {
            Wanted::Quotients { count, has_nans, nearest } => {
                // Those before have been settled, and not always by the same rung.
                let (skip, end) = (own - first, first + self.rows.columns());
                let values = &mut nearest.values[own..end];
                let divide = Divide { totals: self.totals, count: *count, skip, values };
                if !V::attempt(detected, divide) {
                    self.settle(*has_nans, nearest, first, own);
                }
            }
            Wanted::Sums(sums) => {
                for column in own - first..self.rows.columns() {
                    let is_finite = !self.is_near || self.tile.largest[column] < T::INFINITY_BITS;
                    sums.push(if is_finite { self.totals.sum(column) } else { None });
                }
            }
        }
    }
}

/// Divides the sums from that of the column `skip` on; returns whether none is left open.
struct Divide<'a> {
    totals: &'a Totals,
    count: Count,
    skip: usize,
    values: &'a mut [f64],
}

impl<V: Vector> Attempt<V> for Divide<'_> {
    #[inline(always)]
    fn run(self, _: V::Detected) -> bool {
        let Self { totals, count, skip, values } = self;
        totals.divide(count, skip, values);
        let mut has_open = false;
        for value in &*values {
            has_open |= value.is_nan();
        }
        !has_open
    }
}

/// Which rung to try first: that of the tile before, and now and then one less.
struct Ladder {
    rung: usize,
    lowest: usize,
    descend_in: u32,
    backoff: u32,
}

impl Ladder {
    fn new<V: Vector>() -> Self {
        // Without flags nothing shows that additions did not round.
        let lowest = if V::Watch::EXISTS { 0 } else { 1 };
        Self { rung: lowest, lowest, descend_in: FIRST_BACKOFF, backoff: FIRST_BACKOFF }
    }

    fn next(&mut self) -> usize {
        self.descend_in -= 1;
        if self.descend_in > 0 {
            return self.rung;
        }
        self.backoff = (2 * self.backoff).min(MAX_BACKOFF);
        self.descend_in = self.backoff;
        self.rung.saturating_sub(1).max(self.lowest)
    }
}
