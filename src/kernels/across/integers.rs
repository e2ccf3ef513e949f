//! Sums of the columns of a table of integers.
//!
//! This is the arithmetic of the kernel of [single columns](crate::kernels::integers): a block is summed in accumulators
//! of 64 bits, one or two for each column, which cannot overflow. The compiler vectorizes the loops over the columns.

use super::level_of;
use super::rows::Rows;
use super::walk::{COLUMNS, for_each_block, prefetch};
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::element::{Kernel, Need};
use crate::kernels::integers::{Int, Integers};
use crate::kernels::sums::Sums;
use crate::kernels::vector::Vector;

/// The low half of 64 bits.
const LOW: u64 = 0xffff_ffff;

/// Integers as these loops take them.
pub trait Halves: Int {
    /// Whether values have more than 32 bits.
    const IS_WIDE: bool;
    /// The low 32 bits, and the others with the sign. Values that are not wide are high halves altogether.
    fn halves(self) -> (u64, i64);
    /// The absolute value.
    fn magnitude(self) -> u64;
}

/// What was summed of a column.
#[derive(Clone, Copy, Default)]
struct Total {
    sum: i128,
    /// Of the squares, in units of one and of `2^64`.
    low: u128,
    high: u128,
}

/// Adds the values of each column to its sums.
pub fn add<T: Halves>(rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) {
    add_at(Level::current(), rows, need, sums);
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn add_on<T: Halves>(isa: Isa, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) {
    add_at(level_of(isa), rows, need, sums);
}

fn add_at<T: Halves>(level: Level, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) {
    assert_eq!(rows.columns(), sums.len(), "each column has sums");
    if rows.count() == 0 {
        return;
    }
    let mut totals = vec![Total::default(); rows.columns()];
    for_each_block(rows, |block, first| {
        let totals = Totals { all: &mut totals, first };
        match need {
            Need::Sum => dispatch::run(level, AddSums(block, totals)),
            _ => dispatch::run(level, AddSquares(block, totals)),
        }
    });
    for (sums, Total { sum, low, high }) in sums.iter_mut().zip(totals) {
        let kernel = Integers::of_totals(need, sum, [low, high]);
        <Integers as Kernel<T>>::finish(kernel, sums);
    }
}

/// The totals of all columns, and the first column of a block.
struct Totals<'a> {
    all: &'a mut [Total],
    first: usize,
}

impl Totals<'_> {
    #[inline(always)]
    fn of(&mut self, column: usize) -> &mut Total {
        let count = self.all.len();
        let column = self.first + column;
        &mut self.all[if column < count { column } else { column % count }]
    }
}

/// Adds the values of a block.
struct AddSums<'a, T>(Rows<'a, T>, Totals<'a>);
/// Adds the values of a block, and their squares.
struct AddSquares<'a, T>(Rows<'a, T>, Totals<'a>);

/// Accumulators of the columns of a strip.
type Strip<T> = [T; COLUMNS];

impl<T: Halves> Task for AddSums<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self(block, mut totals) = self;
        add_sums::<V, T>(block, &mut totals);
    }
}

#[inline(always)]
fn add_sums<V: Vector, T: Halves>(block: Rows<'_, T>, totals: &mut Totals<'_>) {
    let (mut low, mut high): (Strip<u64>, Strip<i64>) = ([0; COLUMNS], [0; COLUMNS]);
    for (i, row) in block.iter().enumerate() {
        prefetch::<V, T>(block, i);
        match <&[T; COLUMNS]>::try_from(row) {
            // Of a length that the compiler knows.
            Ok(row) => add_row(row, &mut low, &mut high),
            Err(_) => add_row(row, &mut low, &mut high),
        }
    }
    for (column, (low, high)) in low.into_iter().zip(high).enumerate().take(block.columns()) {
        totals.of(column).sum += match T::IS_WIDE {
            true => i128::from(low) + (i128::from(high) << 32),
            false => i128::from(high),
        };
    }
}

#[inline(always)]
fn add_row<T: Halves>(row: &[T], low: &mut Strip<u64>, high: &mut Strip<i64>) {
    for ((&value, low), high) in row.iter().zip(low).zip(high) {
        let (l, h) = value.halves();
        *low += l;
        *high += h;
    }
}

impl<T: Halves> Task for AddSquares<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self(block, mut totals) = self;
        add_sums::<V, T>(block, &mut totals);
        let mut all: Strip<u64> = [0; COLUMNS];
        if T::IS_WIDE {
            for row in block.iter() {
                for (&value, all) in row.iter().zip(&mut all) {
                    *all |= value.magnitude();
                }
            }
        }
        // The sums of the low and of the high halves of squares and products of halves.
        let (mut ll, mut hl, mut hh) = ([[0; COLUMNS]; 2], [[0; COLUMNS]; 2], [[0; COLUMNS]; 2]);
        if all.iter().all(|&all| all <= LOW) {
            for row in block.iter() {
                match <&[T; COLUMNS]>::try_from(row) {
                    Ok(row) => add_squares_of_halves(row, &mut ll),
                    Err(_) => add_squares_of_halves(row, &mut ll),
                }
            }
        } else {
            for row in block.iter() {
                add_squares_of_wholes(row, &mut ll, &mut hl, &mut hh);
            }
        }
        for column in 0..block.columns() {
            let joined = |halves: &[Strip<u64>; 2]| {
                u128::from(halves[0][column]) + (u128::from(halves[1][column]) << 32)
            };
            let (ll, hl, hh) = (joined(&ll), joined(&hl), joined(&hh));
            let total = totals.of(column);
            // At most 2^73 each for a block, so 2^55 blocks fit.
            total.low += ll + ((hl & u128::from(LOW)) << 33);
            total.high += hh + (hl >> 32 << 1);
        }
    }
}

#[inline(always)]
fn add_squares_of_halves<T: Halves>(row: &[T], ll: &mut [Strip<u64>; 2]) {
    let [low, high] = ll;
    for ((&value, low), high) in row.iter().zip(low).zip(high) {
        let magnitude = value.magnitude() & LOW;
        let square = magnitude * magnitude;
        *low += square & LOW;
        *high += square >> 32;
    }
}

#[inline(always)]
fn add_squares_of_wholes<T: Halves>(
    row: &[T],
    ll: &mut [Strip<u64>; 2],
    hl: &mut [Strip<u64>; 2],
    hh: &mut [Strip<u64>; 2],
) {
    for (column, &value) in row.iter().enumerate() {
        let magnitude = value.magnitude();
        let (h, l) = (magnitude >> 32, magnitude & LOW);
        for (sums, product) in [(&mut *ll, l * l), (&mut *hl, h * l), (&mut *hh, h * h)] {
            sums[0][column] += product & LOW;
            sums[1][column] += product >> 32;
        }
    }
}

/// Implements [`Halves`] for types of up to 32 bits, and for those of 64.
macro_rules! halves {
    (narrow: $($narrow:ty),*; wide: $($wide:ty, $magnitude:ident);*;) => {
        $(impl Halves for $narrow {
            const IS_WIDE: bool = false;

            #[inline(always)]
            fn halves(self) -> (u64, i64) {
                (0, i64::from(self))
            }

            #[inline(always)]
            fn magnitude(self) -> u64 {
                i64::from(self).unsigned_abs()
            }
        })*
        $(impl Halves for $wide {
            const IS_WIDE: bool = true;

            #[inline(always)]
            fn halves(self) -> (u64, i64) {
                (self as u64 & LOW, (self >> 32) as i64) // keeps the sign
            }

            #[inline(always)]
            fn magnitude(self) -> u64 {
                $magnitude(self)
            }
        })*
    };
}

halves! {
    narrow: i8, i16, i32, u8, u16, u32;
    wide: i64, absolute; u64, itself;
}

#[inline(always)]
fn absolute(value: i64) -> u64 {
    value.unsigned_abs()
}

#[inline(always)]
fn itself(value: u64) -> u64 {
    value
}
