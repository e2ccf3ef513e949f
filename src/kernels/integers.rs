//! Sums of integers of up to 64 bits.
//!
//! A block of at most `2^10` values is summed in 64-bit accumulators that cannot overflow, in loops that the
//! compiler vectorizes for each instruction set:
//!
//! * up to 16 bits, squares are below `2^32`;
//! * squares of 32-bit values take 64 bits: their halves are summed separately;
//! * 64-bit values are cut into halves, `a = h * 2^32 + l`, and `a^2 = h^2 * 2^64 + 2hl * 2^32 + l^2`.
//!   A block whose values all fit 32 bits, as most counters do, is summed as those are.
//!
//! The sum of fewer than `2^63` values of 64 bits is below `2^127`, so an `i128` holds it; the sum of
//! their squares takes a third limb.

use super::block::{BLOCK, Block};
use super::dispatch::{self, DISPATCH_MIN_LEN, Level, Task};
use super::element::{ByteOrder, Element, Extreme, Kernel, Need, read_bytes};
use super::short::{self, Short, ShortResult};
use super::sums::Sums;
use super::vector::Vector;

/// The low half of 64 bits.
const LOW: u64 = 0xffff_ffff;

/// Bytes of a cache line.
const CACHE_LINE: usize = 64;
/// Bytes that are summed between two rounds of prefetches.
const PREFETCH_BYTES: usize = 1024;

/// An integer type of up to 64 bits.
pub trait Int: Element {
    /// The sum of at most [`BLOCK`] values.
    fn sum(block: &[Self]) -> i128;
    /// The sum of the squares of at most [`BLOCK`] values.
    fn squares(block: &[Self]) -> Squares;
}

/// A sum of squares, `low + high * 2^64`; both may use all bits of their type.
#[derive(Clone, Copy, Default)]
pub struct Squares {
    pub(super) low: u128,
    pub(super) high: u128,
}

/// The [`Kernel`] of every integer type.
pub struct Integers {
    need: Need,
    sum: i128,
    squares: Squares,
    any: bool,
}

impl<T: Int> Kernel<T> for Integers {
    fn new(need: Need) -> Self {
        Self { need, sum: 0, squares: Squares::default(), any: false }
    }

    fn update(&mut self, block: Block<'_, T>, _: &mut Sums) {
        block.for_each_dense(|values| {
            if values.len() < DISPATCH_MIN_LEN {
                self.add(values);
            } else {
                dispatch::run(Level::current(), AddValues { kernel: self, values });
            }
        });
    }

    fn finish(self, sums: &mut Sums) {
        let Squares { low, high } = self.squares;
        sums.first.add(self.sum, 0);
        if self.need.has_squares() {
            // The zero limb on top keeps the number from being read as a negative one.
            sums.second.add_digits(&[low as u64, (low >> 64) as u64, 0], 0);
            sums.second.add_digits(&[high as u64, (high >> 64) as u64, 0], 64);
        }
        sums.has_other_than_negative_zero |= self.any;
    }
}

impl Integers {
    /// What was summed elsewhere, the squares in units of one and of 2^64.
    pub(super) fn of_totals(need: Need, sum: i128, [low, high]: [u128; 2]) -> Self {
        Self { need, sum, squares: Squares { low, high }, any: true }
    }

    #[inline(always)]
    pub(super) fn add<T: Int>(&mut self, values: &[T]) {
        self.any |= !values.is_empty();
        for block in values.chunks(BLOCK) {
            self.sum += T::sum(block);
            if self.need.has_squares() {
                let Squares { low, high } = T::squares(block);
                // At most 2^75 each for a block, so 2^53 blocks fit.
                self.squares.low += low;
                self.squares.high += high;
            }
        }
    }
}

/// Adds values with the instructions of a level.
struct AddValues<'a, T> {
    kernel: &'a mut Integers,
    values: &'a [T],
}

impl<T: Int> Task for AddValues<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        for values in self.values.chunks(PREFETCH_BYTES / size_of::<T>()) {
            if V::prefetches() {
                for line in values.chunks(CACHE_LINE / size_of::<T>()) {
                    V::prefetch(line);
                }
            }
            self.kernel.add(values);
        }
    }
}

/// The sum of squares of magnitudes below 2^32.
#[inline(always)]
fn squares_of_halves(magnitudes: impl Iterator<Item = u64>) -> Squares {
    let (mut low, mut high) = (0u64, 0u64);
    for magnitude in magnitudes {
        let square = magnitude * magnitude;
        low += square & LOW;
        high += square >> 32;
    }
    Squares { low: u128::from(low) + (u128::from(high) << 32), high: 0 }
}

/// The sum of squares of any magnitudes.
#[inline(always)]
fn squares_of_wholes(magnitudes: impl Iterator<Item = u64>) -> Squares {
    // For the squares of the low halves, the products of both halves, and the squares of the high halves: the
    // sums of their low and of their high 32 bits.
    let mut sums = [[0u64; 2]; 3];
    for magnitude in magnitudes {
        let (h, l) = (magnitude >> 32, magnitude & LOW);
        for (sum, product) in sums.iter_mut().zip([l * l, h * l, h * h]) {
            sum[0] += product & LOW;
            sum[1] += product >> 32;
        }
    }
    let [ll, hl, hh] = sums.map(|[low, high]| u128::from(low) + (u128::from(high) << 32));
    Squares { low: ll + ((hl & u128::from(LOW)) << 33), high: hh + (hl >> 32 << 1) }
}

/// Implements [`Int`] for types of up to 32 bits.
macro_rules! narrow {
    ($($type:ty),*) => {$(
        impl Int for $type {
            #[inline(always)]
            fn sum(block: &[Self]) -> i128 {
                block.iter().map(|&value| i64::from(value)).sum::<i64>().into()
            }

            #[inline(always)]
            fn squares(block: &[Self]) -> Squares {
                let magnitude = |&value: &Self| i64::from(value).unsigned_abs();
                squares_of_halves(block.iter().map(magnitude))
            }
        }
    )*};
}

/// Implements [`Int`] for a 64-bit type, given the magnitude of a value.
macro_rules! wide {
    ($type:ty, $magnitude:expr) => {
        impl Int for $type {
            #[inline(always)]
            fn sum(block: &[Self]) -> i128 {
                let (mut low, mut high) = (0u64, 0);
                for &value in block {
                    low += value as u64 & LOW;
                    high += value >> 32; // keeps the sign
                }
                i128::from(low) + (i128::from(high) << 32)
            }

            #[inline(always)]
            fn squares(block: &[Self]) -> Squares {
                let magnitudes = block.iter().map($magnitude);
                let all = magnitudes.clone().fold(0, |all, magnitude| all | magnitude);
                if all <= LOW {
                    squares_of_halves(magnitudes.map(|magnitude| magnitude & LOW))
                } else {
                    squares_of_wholes(magnitudes)
                }
            }
        }
    };
}

narrow!(i8, i16, i32, u8, u16, u32);
wide!(i64, |value| value.unsigned_abs());
wide!(u64, |&value| value);

/// Implements [`Element`] for native integer types.
macro_rules! elements {
    ($($type:ty),*) => {$(
        impl Element for $type {
            type Kernel = Integers;

            #[inline(always)]
            fn is_nan(self) -> bool {
                false
            }

            type Rank = Self;
            const LEAST: Self = Self::MIN;
            const GREATEST: Self = Self::MAX;

            #[inline(always)]
            fn rank(self) -> Self {
                self
            }

            #[inline(always)]
            fn from_rank(rank: Self) -> Self {
                rank
            }

            fn extreme(self) -> Extreme {
                Extreme::Integer(self.into())
            }

            #[inline(always)]
            fn short<V: Vector>(
                _: V::Detected,
                values: &[Self],
                short: Short,
            ) -> Option<f64> {
                if values.len() > BLOCK {
                    return None;
                }
                let squares = || Self::squares(values);
                let answer = short::of_integers(values.len(), Self::sum(values), squares, short);
                let is_constant = || values.iter().all(|value| *value == values[0]);
                match short.result {
                    ShortResult::Spread { .. } if answer.is_none() && is_constant() => Some(0.0),
                    _ => answer,
                }
            }

            #[inline(always)]
            fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self {
                read_bytes!(Self, bytes, order)
            }
        }
    )*};
}

elements!(i8, i16, i32, i64, u8, u16, u32, u64);
