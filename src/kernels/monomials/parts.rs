//! Numbers of every width as sums of doubles.

use arrow_buffer::i256;
use half::f16;

/// Bits of a part of an integer.
const PART_BITS: u32 = 48;

/// A number that is the sum of a few doubles.
pub trait Parts: Copy {
    /// How many.
    const COUNT: usize;

    /// One of them, the lowest first.
    fn part(self, index: usize) -> f64;
}

macro_rules! doubles {
    ($($type:ty),*) => {$(
        impl Parts for $type {
            const COUNT: usize = 1;

            #[inline(always)]
            fn part(self, _: usize) -> f64 {
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
            for value in [value >> shift, i128::MIN, i128::MAX, -1] {
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
