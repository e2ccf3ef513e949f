//! Values of a block as the lanes of vectors: dense, selected by a mask, or without those that are not finite.

use super::formats::{Ieee, magnitude, negative_zero};
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

    #[inline(always)]
    fn load_four(&self, detected: V::Detected, step: usize) -> [V; 4] {
        let values = &self.0[step * V::LANES..][..4 * V::LANES];
        for line in values.chunks_exact(64 / size_of::<T>()) {
            V::prefetch(line);
        }
        let load = |i: usize| T::load(detected, &values[i * V::LANES..]);
        [load(0), load(1), load(2), load(3)]
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

/// Values whose NaNs and infinities can be counted.
pub(super) trait Specials<V: Vector>: Lanes<V> {
    /// Counts them, and returns whether there are any.
    fn count_specials(&self, detected: V::Detected, sums: &mut Sums) -> bool;
}

impl<T: Ieee, V: Vector> Specials<V> for Dense<'_, T> {
    #[inline(always)]
    fn count_specials(&self, _: V::Detected, sums: &mut Sums) -> bool {
        let (mut nans, mut infinities, mut negative) = (0, 0, 0);
        for &value in self.0 {
            let magnitude = magnitude(value);
            nans += u64::from(magnitude > T::INFINITY_BITS);
            infinities += u64::from(magnitude == T::INFINITY_BITS);
            negative += u64::from(value.bits() == T::INFINITY_BITS | negative_zero::<T>());
        }
        add_specials(nans, infinities, negative, sums)
    }
}

impl<T: Ieee, V: Vector> Specials<V> for Masked<'_, T> {
    #[inline(always)]
    fn count_specials(&self, detected: V::Detected, sums: &mut Sums) -> bool {
        let (mut nans, mut infinities, mut negative) = (0, 0, 0);
        for step in 0..Lanes::<V>::steps(self) {
            let lanes: V = self.load(detected, step);
            let [not_numbers, infinite] = lanes.specials();
            nans += u64::from(not_numbers.count_ones());
            infinities += u64::from(infinite.count_ones());
            negative += u64::from((infinite & lanes.signs()).count_ones());
        }
        add_specials(nans, infinities, negative, sums)
    }
}

#[inline(always)]
fn add_specials(nans: u64, infinities: u64, negative: u64, sums: &mut Sums) -> bool {
    sums.nans += nans;
    sums.negative_infinities += negative;
    sums.positive_infinities += infinities - negative;
    nans + infinities > 0
}

/// Counts the NaNs and infinities among lanes; it succeeds if there are any. A pass of its own keeps the counts in
/// registers, and out of the way of the additions.
pub(super) struct CountSpecials<'a, L> {
    pub lanes: &'a L,
    pub sums: &'a mut Sums,
}

impl<V: Vector, L: Specials<V>> Attempt<V> for CountSpecials<'_, L> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        self.lanes.count_specials(detected, self.sums)
    }
}
