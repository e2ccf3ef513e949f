//! Numbers of every width as sums of doubles.

use arrow_buffer::i256;
use half::f16;
use smallvec::SmallVec;

use super::super::dispatch::{self, Level, Task};
use super::super::vector::Vector;

/// Bits of a part of an integer.
const PART_BITS: u32 = 48;
/// Integers of at most this many bits are exact as doubles.
const WHOLE_BITS: u32 = f64::MANTISSA_DIGITS;

/// A number that is the sum of a few doubles.
pub trait Parts: Copy {
    /// How many.
    const COUNT: usize;

    /// One of them, the lowest first.
    fn part(self, index: usize) -> f64;

    /// Whether it is sure to be a double.
    fn is_whole(self) -> bool;

    /// The number, if it is a double.
    fn whole(self) -> f64;
}

/// Numbers as sums of doubles: as doubles if they all are, and otherwise in parts, of which those that are zero in all
/// rows are left out, but for the first.
pub fn of<T: Parts>(values: &[T]) -> SmallVec<[Vec<f64>; 2]> {
    let mut parts = SmallVec::new();
    dispatch::run(Level::current(), Split { values, parts: &mut parts });
    parts
}

struct Split<'a, T> {
    values: &'a [T],
    parts: &'a mut SmallVec<[Vec<f64>; 2]>,
}

impl<T: Parts> Task for Split<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self { values, parts } = self;
        let mut are_whole = true;
        for value in values {
            are_whole &= value.is_whole();
        }
        if are_whole {
            let mut part = vec![0.0; values.len()];
            for (part, value) in part.iter_mut().zip(values) {
                *part = value.whole();
            }
            return parts.push(part);
        }
        for index in 0..T::COUNT {
            let (mut part, mut bits) = (vec![0.0; values.len()], 0);
            for (part, value) in part.iter_mut().zip(values) {
                *part = value.part(index);
                bits |= part.to_bits() << 1;
            }
            if index == 0 || bits != 0 {
                parts.push(part);
            }
        }
    }
}

macro_rules! doubles {
    ($($type:ty),*) => {$(
        impl Parts for $type {
            const COUNT: usize = 1;

            #[inline(always)]
            fn part(self, _: usize) -> f64 {
                self.into()
            }

            #[inline(always)]
            fn is_whole(self) -> bool {
                true
            }

            #[inline(always)]
            fn whole(self) -> f64 {
                self.into()
            }
        }
    )*};
}

doubles!(f64, f32, f16, i32, i16, i8, u32, u16, u8);

macro_rules! integers {
    ($($type:ty: $magnitude:ty),*) => {$(
        impl Parts for $type {
            const COUNT: usize = <$type>::BITS.div_ceil(PART_BITS) as usize;

            #[inline(always)]
            fn part(self, index: usize) -> f64 {
                let magnitude: $magnitude = self.unsigned_abs();
                let power = PART_BITS * index as u32;
                let bits = (magnitude >> power) as u64 & ((1 << PART_BITS) - 1);
                let part = bits as f64 * 2f64.powi(power as i32);
                if self.is_negative() { -part } else { part }
            }

            #[inline(always)]
            fn is_whole(self) -> bool {
                self.unsigned_abs() >> WHOLE_BITS == 0
            }

            #[inline(always)]
            fn whole(self) -> f64 {
                self as i64 as f64
            }
        }
    )*};
}

integers!(i64: u64, i128: u128);

impl Parts for u64 {
    const COUNT: usize = 2;

    #[inline(always)]
    fn part(self, index: usize) -> f64 {
        i128::from(self).part(index)
    }

    #[inline(always)]
    fn is_whole(self) -> bool {
        self >> WHOLE_BITS == 0
    }

    #[inline(always)]
    fn whole(self) -> f64 {
        self as i64 as f64
    }
}

impl Parts for i256 {
    const COUNT: usize = i256::MAX.to_le_bytes().len().div_ceil(PART_BITS as usize / 8);

    #[inline(always)]
    fn part(self, index: usize) -> f64 {
        // The magnitude of the lowest number wraps to itself, which is right without a sign.
        let bytes = self.wrapping_abs().to_le_bytes();
        let start = index * PART_BITS as usize / 8;
        let mut part = [0; 8];
        let end = bytes.len().min(start + PART_BITS as usize / 8);
        part[..end - start].copy_from_slice(&bytes[start..end]);
        let part = u64::from_le_bytes(part) as f64 * 2f64.powi((PART_BITS as usize * index) as i32);
        if self.is_negative() { -part } else { part }
    }

    #[inline(always)]
    fn is_whole(self) -> bool {
        let (low, high) = self.to_parts();
        let low = low as i128;
        high == low >> 127 && low.is_whole()
    }

    #[inline(always)]
    fn whole(self) -> f64 {
        self.as_i128().whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Integer;
    use crate::exact::double_double::add;
    use proptest::prelude::*;

    fn total<T: Parts>(value: T) -> Integer {
        let mut total = Integer::new();
        (0..T::COUNT).for_each(|index| add(&mut total, value.part(index)));
        let mut sum = Integer::new();
        of(&[value]).iter().flatten().for_each(|&part| add(&mut sum, part));
        assert_eq!(sum, total);
        total
    }

    fn integer(digits: &[u64]) -> Integer {
        let mut integer = Integer::new();
        integer.add_digits(digits, 0);
        integer
    }

    proptest! {
        #[test]
        fn parts_add_up(value in any::<i128>(), high in any::<i128>(), shift in 0u32..128) {
            let limits = [(1 << 53) - 1, 1 << 53, (1 << 53) + 1, 1 - (1 << 53), -1 - (1 << 53)];
            for value in [value >> shift, i128::MIN, i128::MAX, -1].into_iter().chain(limits) {
                prop_assert_eq!(total(value), integer(&[value as u64, (value >> 64) as u64]));
                let narrow = value as i64;
                prop_assert_eq!(total(narrow), integer(&[narrow as u64]));
                prop_assert_eq!(total(narrow as u64), integer(&[narrow as u64, 0]));
            }
            for wide in [i256::from_parts(value as u128, high >> shift), i256::MIN, i256::MAX] {
                let (low, high) = wide.to_parts();
                let digits = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
                prop_assert_eq!(total(wide), integer(&digits));
            }
        }
    }
}
