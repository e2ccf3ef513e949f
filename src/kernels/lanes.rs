//! Values of a block as the lanes of vectors: dense, selected by a mask, or without those that are not finite.

use super::formats::Ieee;
use super::mask::Mask;
use super::slices::{Lanes, STEPS};
use super::sums::Sums;
use super::vector::{Attempt, MAX_LANES, Vector};

/// Bytes for the bits of as many values as the slices can take.
const MASK_BYTES: usize = STEPS * MAX_LANES / 8;

/// Values that all count.
pub(super) struct Dense<'a, T>(pub &'a [T]);

impl<T: Ieee, V: Vector> Lanes<V> for Dense<'_, T> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.0.len() / V::LANES
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize) -> V {
        let values = &self.0[step * V::LANES..];
        V::prefetch(values);
        T::load(detected, values)
    }
}

/// Values that count where their bit is set, the lowest bit first.
pub(super) struct Masked<'a, T> {
    values: &'a [T],
    bits: [u8; MASK_BYTES],
}

impl<'a, T> Masked<'a, T> {
    #[inline(always)]
    pub(super) fn new(values: &'a [T], validity: Mask<'_>) -> Self {
        let mut bits = [0; MASK_BYTES];
        for (place, word) in bits.chunks_exact_mut(8).zip(validity.words()) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Self { values, bits }
    }
}

impl<T: Ieee, V: Vector> Lanes<V> for Masked<'_, T> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.values.len() / V::LANES
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize) -> V {
        let row = step * V::LANES;
        let values = &self.values[row..];
        V::prefetch(values);
        T::load::<V>(detected, values).keep(self.bits[row / 8] >> (row % 8))
    }
}

/// Lanes of which NaNs and infinities are left out.
pub(super) struct Finite<'a, L>(pub &'a L);

impl<V: Vector, L: Lanes<V>> Lanes<V> for Finite<'_, L> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.0.steps()
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize) -> V {
        self.0.load(detected, step).finite()
    }
}

/// Counts the NaNs and infinities among lanes; it succeeds if there are any. A pass of its own keeps the counts in
/// registers, and out of the way of the additions.
pub(super) struct CountSpecials<'a, L> {
    pub lanes: &'a L,
    pub sums: &'a mut Sums,
}

impl<V: Vector, L: Lanes<V>> Attempt<V> for CountSpecials<'_, L> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        let (mut nans, mut infinities, mut negative) = (0, 0, 0);
        for step in 0..self.lanes.steps() {
            let lanes = self.lanes.load(detected, step);
            let [not_numbers, infinite] = lanes.specials();
            nans += u64::from(not_numbers.count_ones());
            infinities += u64::from(infinite.count_ones());
            negative += u64::from((infinite & lanes.signs()).count_ones());
        }
        self.sums.nans += nans;
        self.sums.negative_infinities += negative;
        self.sums.positive_infinities += infinities - negative;
        nans + infinities > 0
    }
}
