//! The nearest doubles of the means of columns of integers.
//!
//! Values are cut into halves, as [`integers`](super::super::integers) does, and each half is summed in accumulators of 64
//! bits, which cannot overflow: there are fewer than `2^21` rows. So both sums are doubles.

use super::Nearest;
use super::passes::BAND;
use super::quotient::Count;
use super::sources::TILE_COLUMNS;
use crate::kernels::across::integers::Halves;
use crate::kernels::across::level_of;
use crate::kernels::across::rows::Rows;
use crate::kernels::across::walk::CACHE_LINE;
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::slices::power_of_two;
use crate::kernels::vector::Vector;

/// The most rows whose halves have sums of at most 53 bits.
const MAX_ROWS: usize = 1 << 21;

/// The nearest doubles of the means of all columns; `None` if there are too many rows, or none.
pub fn means<T: Halves>(rows: Rows<'_, T>) -> Option<Nearest> {
    means_at(Level::current(), rows)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn means_on<T: Halves>(isa: Isa, rows: Rows<'_, T>) -> Option<Nearest> {
    means_at(level_of(isa), rows)
}

fn means_at<T: Halves>(level: Level, rows: Rows<'_, T>) -> Option<Nearest> {
    // Other levels have no fused multiply-add, which is a function there.
    if level.isa() == Isa::Portable || rows.count() > MAX_ROWS {
        return None;
    }
    let count = Count::new(rows.count() as u64)?;
    let mut nearest = Nearest::default();
    nearest.values.resize(rows.columns(), 0.0);
    dispatch::run(level, Walk { rows, count, nearest: &mut nearest });
    Some(nearest)
}

/// All tiles of a table.
struct Walk<'a, T> {
    rows: Rows<'a, T>,
    count: Count,
    nearest: &'a mut Nearest,
}

impl<T: Halves> Task for Walk<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self { rows, count, nearest } = self;
        let columns = rows.columns();
        for first in (0..columns).step_by(TILE_COLUMNS) {
            let end = columns.min(first + TILE_COLUMNS);
            let rows = rows.of_columns(first..end);
            let (mut low, mut high) = ([0; TILE_COLUMNS], [0; TILE_COLUMNS]);
            add::<V, T>(rows, &mut low[..end - first], &mut high[..end - first]);
            let values = &mut nearest.values[first..end];
            divide::<T>(&low, &high, count, values);
            for (i, value) in values.iter_mut().enumerate() {
                if value.is_nan() {
                    let sum = (i128::from(high[i]) << 32) + i128::from(low[i]);
                    match sum == 0 {
                        true => *value = 0.0,
                        false => nearest.open.push(first + i),
                    }
                }
            }
        }
    }
}

/// Adds the halves of all values.
#[inline(always)]
fn add<V: Vector, T: Halves>(rows: Rows<'_, T>, low: &mut [u64], high: &mut [i64]) {
    let columns = low.len();
    let mut row = 0;
    while row + BAND <= rows.count() {
        let next = row + BAND;
        for i in 0..BAND {
            let ahead = rows.row((next + i).min(rows.count() - 1));
            for line in ahead.chunks(CACHE_LINE / size_of::<T>()) {
                V::prefetch_front(line);
            }
        }
        let lines: [&[T]; BAND] = std::array::from_fn(|i| &rows.row(row + i)[..columns]);
        add_lines(lines, low, &mut high[..columns]);
        row = next;
    }
    while row < rows.count() {
        add_lines([&rows.row(row)[..columns]], low, &mut high[..columns]);
        row += 1;
    }
}

#[inline(always)]
fn add_lines<T: Halves, const ROWS: usize>(lines: [&[T]; ROWS], low: &mut [u64], high: &mut [i64]) {
    for (column, (low, high)) in low.iter_mut().zip(high).enumerate() {
        let mut sums = (*low, *high);
        for line in lines {
            let (l, h) = line[column].halves();
            sums = (sums.0 + l, sums.1 + h);
        }
        (*low, *high) = sums;
    }
}

#[inline(always)]
fn divide<T: Halves>(low: &[u64], high: &[i64], count: Count, values: &mut [f64]) {
    const HALF: i32 = 32;
    for ((value, &low), &high) in values.iter_mut().zip(low).zip(high) {
        let (high, low) = match T::IS_WIDE {
            true => (high, low),
            false => (high >> HALF, (high as u64) & ((1 << HALF) - 1)),
        };
        // Both below 2^53.
        let terms = [high as f64 * power_of_two(HALF), low as f64, 0.0];
        *value = count.divide(terms, 0.0, 1.0);
    }
}
