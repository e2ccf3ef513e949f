//! Sums of integers of every width.
//!
//! `2^63` values of 64 bits sum to less than `2^127`, so an `i128` never overflows. A square takes
//! up to 128 bits; the carries out of the sum of squares are counted in a third limb.

use super::extremes::Extreme;
use super::{Block, ByteOrder, Element, Kernel, Need, Sums};

/// An integer type of up to 64 bits.
pub trait Int: Element {
    /// The same number, wide enough for every sum.
    fn wide(self) -> i128;
}

/// The [`Kernel`] of every integer type.
pub struct Integers {
    need: Need,
    sum: i128,
    squares: u128,
    carries: u64,
    any: bool,
}

impl<T: Int> Kernel<T> for Integers {
    fn new(need: Need) -> Self {
        Self { need, sum: 0, squares: 0, carries: 0, any: false }
    }

    fn update(&mut self, block: Block<'_, T>, _: &mut Sums) {
        block.for_each_dense(|values| self.add(values));
    }

    fn finish(self, sums: &mut Sums) {
        sums.first.add(self.sum, 0);
        let squares = [self.squares as u64, (self.squares >> 64) as u64, self.carries];
        if squares != [0; 3] {
            sums.second.add_digits(&squares, 0);
        }
        sums.has_other_than_negative_zero |= self.any;
    }
}

impl Integers {
    fn add<T: Int>(&mut self, values: &[T]) {
        self.any |= !values.is_empty();
        self.sum += values.iter().map(|value| value.wide()).sum::<i128>();
        if self.need == Need::Squares {
            for value in values {
                let magnitude = value.wide().unsigned_abs();
                let (sum, carry) = self.squares.overflowing_add(magnitude * magnitude);
                self.squares = sum;
                self.carries += u64::from(carry);
            }
        }
    }
}

/// Implements [`Int`] and [`Element`] for native integer types.
macro_rules! int {
    ($($type:ty),*) => {$(
        impl Int for $type {
            #[inline]
            fn wide(self) -> i128 {
                self.into()
            }
        }

        impl Element for $type {
            type Kernel = Integers;

            #[inline]
            fn is_nan(self) -> bool {
                false
            }

            #[inline]
            fn precedes(self, other: Self) -> bool {
                self < other
            }

            fn extreme(self) -> Extreme {
                Extreme::Integer(self.into())
            }

            #[inline]
            fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self {
                super::read_bytes!(Self, bytes, order)
            }
        }
    )*};
}

int!(i8, i16, i32, i64, u8, u16, u32, u64);
