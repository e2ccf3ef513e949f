//! Values of a block as the lanes of vectors: dense, selected by a mask, or without those that are not finite.

use super::formats::Ieee;
use super::mask::Mask;
use super::slices::{Lanes, LeftOut, MaxSlices, STEPS};
use super::vector::{MAX_LANES, Vector};

/// Bytes for the bits of as many values as the slices can take.
const MASK_BYTES: usize = STEPS * MAX_LANES / 8;

/// Values that all count.
pub(super) struct Dense<'a, T> {
    values: &'a [T],
    prefetches: bool,
}

impl<'a, T> Dense<'a, T> {
    #[inline(always)]
    pub(super) fn new<V: Vector>(values: &'a [T]) -> Self {
        Self { values, prefetches: V::prefetches() }
    }
}

impl<T: Ieee, V: Vector> Lanes<V> for Dense<'_, T> {
    const MAX_SLICES: MaxSlices = MaxSlices::of::<T>();

    #[inline(always)]
    fn steps(&self) -> usize {
        self.values.len() / V::LANES
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize, _: &mut LeftOut) -> V {
        let values = &self.values[step * V::LANES..];
        if self.prefetches {
            V::prefetch(values);
        }
        T::load(detected, values)
    }

    #[inline(always)]
    fn load_four(&self, detected: V::Detected, step: usize, _: &mut LeftOut) -> [V; 4] {
        let values = &self.values[step * V::LANES..][..4 * V::LANES];
        if self.prefetches {
            for line in values.chunks_exact(64 / size_of::<T>()) {
                V::prefetch(line);
            }
        }
        let load = |i: usize| T::load(detected, &values[i * V::LANES..]);
        [load(0), load(1), load(2), load(3)]
    }

    #[inline(always)]
    fn load_rest(&self, detected: V::Detected, _: &mut LeftOut) -> Option<V> {
        let rest = &self.values[self.values.len() - self.values.len() % V::LANES..];
        if rest.is_empty() { None } else { Some(T::load_some(detected, rest)) }
    }
}

/// Values that count where their bit is set, the lowest bit first.
pub(super) struct Masked<'a, T> {
    values: &'a [T],
    bits: [u8; MASK_BYTES],
    prefetches: bool,
}

impl<'a, T> Masked<'a, T> {
    #[inline(always)]
    pub(super) fn new<V: Vector>(values: &'a [T], validity: Mask<'_>) -> Self {
        let mut bits = [0; MASK_BYTES];
        for (place, word) in bits.chunks_exact_mut(8).zip(validity.words()) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Self { values, bits, prefetches: V::prefetches() }
    }
}

impl<T: Ieee, V: Vector> Lanes<V> for Masked<'_, T> {
    const MAX_SLICES: MaxSlices = MaxSlices::of::<T>();

    #[inline(always)]
    fn steps(&self) -> usize {
        self.values.len() / V::LANES
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize, _: &mut LeftOut) -> V {
        let row = step * V::LANES;
        let values = &self.values[row..];
        if self.prefetches {
            V::prefetch(values);
        }
        T::load::<V>(detected, values).keep(self.bits[row / 8] >> (row % 8))
    }
}

/// Lanes of which NaNs and infinities are left out.
pub(super) struct Finite<'a, L>(pub &'a L);

impl<V: Vector, L: Lanes<V>> Lanes<V> for Finite<'_, L> {
    const MAX_SLICES: MaxSlices = L::MAX_SLICES;

    #[inline(always)]
    fn steps(&self) -> usize {
        self.0.steps()
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize, left_out: &mut LeftOut) -> V {
        without_specials(self.0.load(detected, step, left_out), left_out)
    }

    #[inline(always)]
    fn load_rest(&self, detected: V::Detected, left_out: &mut LeftOut) -> Option<V> {
        let rest = self.0.load_rest(detected, left_out)?;
        Some(without_specials(rest, left_out))
    }
}

#[inline(always)]
fn without_specials<V: Vector>(lanes: V, left_out: &mut LeftOut) -> V {
    let (finite, nans, infinities) = lanes.finite();
    left_out.nans += nans.count_ones();
    // Rare enough for a branch to be faster than counting none.
    if infinities != 0 {
        left_out.infinities += infinities.count_ones();
        left_out.negative_infinities += (infinities & lanes.signs()).count_ones();
    }
    finite
}
