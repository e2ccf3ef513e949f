//! Sums of integers of 128 and 256 bits: the values of wide decimals.
//!
//! Most decimals in practice fit 64 bits: a block of such values is narrowed and summed by
//! [`integers`](super::integers). The others are cut into limbs of 64 bits. Every limb, and every product of
//! two limbs, has its own accumulator, so there are no carries:
//!
//! ```text
//! a = a0 + a1 * 2^64 + ...        a^2 = a0^2 + 2 * a0 * a1 * 2^64 + a1^2 * 2^128 + ...
//! ```
//!
//! The accumulators of limbs have 128 bits; the two halves of a product are accumulated separately. Both hold
//! the sums of `2^63` values.

use arrow_buffer::i256;

use super::block::{BLOCK, Block};
use super::dispatch::{self, Level, Task};
use super::element::{ByteOrder, Element, Extreme, Kernel, Need, read_bytes};
use super::integers::Integers;
use super::sums::Sums;
use super::vector::Vector;
use crate::exact::Integer;

const LIMB_BITS: i32 = u64::BITS as i32;
/// The largest number of limbs of a value.
const MAX_LIMBS: usize = 4;

/// An integer of `N` limbs.
pub trait Wide<const N: usize>: Element {
    /// The value, little-endian, in two's complement.
    fn limbs(self) -> [u64; N];
    /// The absolute value, little-endian.
    fn magnitude(self) -> [u64; N];
    /// The low 64 bits, and a number that is not zero if the value does not fit them.
    fn narrowed(self) -> (i64, u64);
}

/// The [`Kernel`] of integers of `N` limbs.
pub struct Decimals<const N: usize> {
    need: Need,
    /// The kernel of blocks that fit 64 bits.
    narrow: Integers,
    /// Of all other values: how many are negative,
    negative: u64,
    /// the sums of each limb,
    limbs: [u128; N],
    /// the sums of the squares of each limb,
    squares: [Halves; N],
    /// and the sums of the products of two different limbs, by the sum of their positions.
    products: [Halves; 2 * MAX_LIMBS],
}

/// A sum of products of limbs: `low + high * 2^64`.
#[derive(Clone, Copy, Default)]
struct Halves {
    low: u128,
    high: u128,
}

impl Halves {
    #[inline(always)]
    fn add_product(&mut self, a: u64, b: u64) {
        let product = u128::from(a) * u128::from(b);
        self.low += u128::from(product as u64);
        self.high += product >> 64;
    }

    /// Adds the sum times `2^exponent` to another.
    fn add_to(self, sum: &mut Integer, exponent: i32) {
        add_unsigned(sum, self.low, exponent);
        add_unsigned(sum, self.high, exponent + LIMB_BITS);
    }
}

fn add_unsigned(sum: &mut Integer, value: u128, exponent: i32) {
    if value != 0 {
        // The zero limb on top keeps the number from being read as a negative one.
        sum.add_digits(&[value as u64, (value >> 64) as u64, 0], exponent);
    }
}

impl<const N: usize, T: Wide<N>> Kernel<T> for Decimals<N> {
    fn new(need: Need) -> Self {
        Self {
            need,
            narrow: <Integers as Kernel<i64>>::new(need),
            negative: 0,
            limbs: [0; N],
            squares: [Halves::default(); N],
            products: [Halves::default(); 2 * MAX_LIMBS],
        }
    }

    fn update(&mut self, block: Block<'_, T>, _: &mut Sums) {
        block.for_each_dense(|values| {
            dispatch::run(Level::current(), AddValues { kernel: self, values });
        });
    }

    fn finish(self, sums: &mut Sums) {
        let (first, second) = (&mut sums.first, &mut sums.second);
        for (place, sum) in (0..).zip(self.limbs) {
            sums.has_other_than_negative_zero |= sum != 0;
            add_unsigned(first, sum, place * LIMB_BITS);
        }
        // Limbs in two's complement, read as unsigned, exceed a negative value by 2^(64 * N).
        first.add(-i128::from(self.negative), N as i32 * LIMB_BITS);
        for (place, squares) in (0..).zip(self.squares) {
            squares.add_to(second, 2 * place * LIMB_BITS);
        }
        for (place, products) in (0..).zip(self.products) {
            products.add_to(second, place * LIMB_BITS + 1); // each pair occurs twice
        }
        <Integers as Kernel<i64>>::finish(self.narrow, sums);
    }
}

/// Adds values with the instructions of a level.
struct AddValues<'a, const N: usize, T> {
    kernel: &'a mut Decimals<N>,
    values: &'a [T],
}

impl<const N: usize, T: Wide<N>> Task for AddValues<'_, N, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let mut narrow = [0; BLOCK];
        for block in self.values.chunks(BLOCK) {
            let narrow = &mut narrow[..block.len()];
            if narrow_into(block, narrow) {
                self.kernel.narrow.add(narrow);
            } else {
                self.kernel.add_limbs(block);
            }
        }
    }
}

/// Narrows values to 64 bits; returns whether all of them fit.
#[inline(always)]
fn narrow_into<const N: usize, T: Wide<N>>(values: &[T], narrow: &mut [i64]) -> bool {
    let mut excess = 0;
    for (value, narrow) in values.iter().zip(narrow) {
        let (low, beyond) = value.narrowed();
        *narrow = low;
        excess |= beyond;
    }
    excess == 0
}

impl<const N: usize> Decimals<N> {
    #[inline(always)]
    fn add_limbs<T: Wide<N>>(&mut self, values: &[T]) {
        for value in values {
            let limbs = value.limbs();
            self.negative += limbs[N - 1] >> 63;
            for (sum, limb) in self.limbs.iter_mut().zip(limbs) {
                *sum += u128::from(limb);
            }
        }
        if self.need.has_squares() {
            values.iter().for_each(|value| self.add_square(value.magnitude()));
        }
    }

    #[inline(always)]
    fn add_square(&mut self, magnitude: [u64; N]) {
        for (i, &limb) in magnitude.iter().enumerate() {
            self.squares[i].add_product(limb, limb);
            for (j, &other) in magnitude.iter().enumerate().skip(i + 1) {
                self.products[i + j].add_product(limb, other);
            }
        }
    }
}

impl Wide<2> for i128 {
    #[inline(always)]
    fn limbs(self) -> [u64; 2] {
        [self as u64, (self >> 64) as u64]
    }

    #[inline(always)]
    fn magnitude(self) -> [u64; 2] {
        let magnitude = self.unsigned_abs();
        [magnitude as u64, (magnitude >> 64) as u64]
    }

    #[inline(always)]
    fn narrowed(self) -> (i64, u64) {
        let [low, high] = self.limbs();
        let low = low as i64;
        (low, high ^ (low >> 63) as u64)
    }
}

impl Wide<4> for i256 {
    #[inline(always)]
    fn limbs(self) -> [u64; 4] {
        let (low, high) = self.to_parts();
        [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64]
    }

    #[inline(always)]
    fn magnitude(self) -> [u64; 4] {
        self.wrapping_abs().limbs() // the lowest value is its own negative, which is right when read as unsigned
    }

    #[inline(always)]
    fn narrowed(self) -> (i64, u64) {
        let [low, above @ ..] = self.limbs();
        let low = low as i64;
        (low, above.iter().fold(0, |beyond, limb| beyond | (limb ^ (low >> 63) as u64)))
    }
}

/// Implements [`Element`] for a wide integer type.
macro_rules! elements {
    ($($type:ty: $limbs:expr, $extreme:path, $read:expr;)*) => {$(
        impl Element for $type {
            type Kernel = Decimals<$limbs>;

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
                $extreme(self)
            }

            #[inline(always)]
            fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self {
                $read(bytes, order)
            }
        }
    )*};
}

elements! {
    i128: 2, Extreme::Integer,
    |bytes: &[u8], order| read_bytes!(i128, bytes, order);

    i256: 4, Extreme::Wide,
    |bytes: &[u8], order| {
        let mut little = [0; 32];
        little.copy_from_slice(bytes);
        if (order == ByteOrder::Swapped) == cfg!(target_endian = "little") {
            little.reverse();
        }
        i256::from_le_bytes(little)
    };
}
