//! A wide integer in a few limbs: without a length and without a heap allocation, which is enough for most sums.
//!
//! Where millions of sums are kept, they are kept as [`Few`], and those that do not fit as [`Integer`]. No
//! operation here loses a bit: if the result does not fit, it is `None`, and nothing has changed.

use super::integer::Integer;
use super::limbs::{overflowing_add, place, sign_limb};

/// A two's complement number of `N` limbs, times `2^(64 * position)`.
#[derive(Clone, Copy, Debug)]
pub struct Few<const N: usize> {
    limbs: [u64; N],
    position: i16,
}

impl<const N: usize> Default for Few<N> {
    fn default() -> Self {
        Self { limbs: [0; N], position: 0 }
    }
}

impl<const N: usize> Few<N> {
    /// The same number, if it fits.
    pub fn of(integer: &Integer) -> Option<Self> {
        let (position, limbs) = integer.window();
        let Some(zeros) = limbs.iter().position(|&limb| limb != 0) else {
            return Some(Self::default());
        };
        let position = i16::try_from(position + zeros as i32).ok()?;
        Some(Self { limbs: place(&limbs[zeros..], 0)?, position })
    }

    /// The sum with another number, if it fits at the same position.
    #[inline]
    pub fn plus(self, other: &Integer) -> Option<Self> {
        if self.limbs == [0; N] {
            return Self::of(other);
        }
        let (position, limbs) = other.window();
        if limbs.is_empty() {
            return Some(self);
        }
        let addend: [u64; N] = place(limbs, position - i32::from(self.position))?;
        let (sum, _) = overflowing_add(self.limbs, addend);
        let sign = sign_limb(&self.limbs);
        let outgrown = sign == sign_limb(&addend) && sign != sign_limb(&sum);
        (!outgrown).then_some(Self { limbs: sum, ..self })
    }

    /// The same number.
    pub fn to_integer(self) -> Integer {
        match self.limbs == [0; N] {
            true => Integer::new(),
            false => Integer::from_window(self.position.into(), &self.limbs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_limbs_hold_the_same_number_or_none(
            terms in prop::collection::vec((any::<i128>(), 0u32..128, -130i32..130), 1..12),
        ) {
            let (mut few, mut sum) = (Some(Few::<4>::default()), Integer::new());
            for (value, shift, exponent) in terms {
                let mut term = Integer::new();
                term.add(value >> shift, exponent);
                sum.merge(&term);
                few = few.and_then(|few| few.plus(&term)).or_else(|| Few::of(&sum));
                if let Some(few) = few {
                    prop_assert_eq!(few.to_integer(), sum.clone());
                }
            }
        }
    }

    #[test]
    fn most_sums_fit() {
        let mut sum = Integer::new();
        assert!(Few::<1>::of(&sum).is_some());
        sum.add(-1, -70);
        assert_eq!(Few::<3>::of(&sum).unwrap().to_integer(), sum);
        sum.add(1, 200);
        assert!(Few::<3>::of(&sum).is_none());
        assert_eq!(Few::<6>::of(&sum).unwrap().to_integer(), sum);
    }
}
