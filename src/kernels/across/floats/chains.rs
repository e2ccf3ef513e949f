//! The accumulators of a stripe: those of [`slices`](crate::kernels::slices), with grids that differ from lane to lane.
//!
//! Whether values fit is shown by the exception flags, if they are watched. If not, the chain itself shows it, lane by
//! lane.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators are not always unrolled, which keeps vectors in memory"
)]

use crate::kernels::slices::{PAIRS, cut_by_pipes};
use crate::kernels::vector::{Vector, Watch};

/// Slices of values that are squared, at most, and their pairs.
pub(super) const SQUARE_SLICES: usize = 4;
pub(super) const SQUARE_PAIRS: usize = 10;

/// The slices of a sum, and the bits that show whether all values fitted.
#[derive(Clone, Copy)]
pub(super) struct SumChain<V, const N: usize> {
    pub(super) slices: [V; N],
    start: V,
    pub(super) outside: V,
    pub(super) remainder: V,
}

impl<V: Vector, const N: usize> SumChain<V, N> {
    #[inline(always)]
    pub(super) fn start(detected: V::Detected, mut slices: [V; N]) -> Self {
        let (start, zero) = (slices[0], V::splat(detected, 0.0));
        for i in 0..N {
            slices[i] = V::Watch::pin(slices[i]);
        }
        Self { slices, start, outside: zero, remainder: zero }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, x: V, ones: V, is_watched: bool) {
        let mut r = x;
        for i in 0..N {
            if is_watched && i == N - 1 {
                self.slices[i] = self.slices[i].add(r);
            } else {
                r = cut_by_pipes(&mut self.slices[i], r, ones).1;
            }
        }
        if !is_watched {
            self.outside = self.outside.or_difference(self.slices[0], self.start);
            self.remainder = self.remainder.or(r);
        }
    }

    /// Computes the accumulators at this point of the program.
    #[inline(always)]
    pub(super) fn pin(&mut self) {
        for i in 0..N {
            self.slices[i] = V::Watch::pin(self.slices[i]);
        }
    }
}

/// The slices of values, and the products of two of them.
#[derive(Clone, Copy)]
pub(super) struct SquareChain<V, const N: usize> {
    pub(super) sums: [V; N],
    /// In the order of [`PAIRS`]; zero beyond those of `N`.
    pub(super) products: [V; SQUARE_PAIRS],
    pub(super) remainder: V,
}

impl<V: Vector, const N: usize> SquareChain<V, N> {
    pub(super) const PAIRS: usize = N * (N + 1) / 2;

    #[inline(always)]
    pub(super) fn start(detected: V::Detected, mut sums: [V; N]) -> Self {
        let zero = V::splat(detected, 0.0);
        for i in 0..N {
            sums[i] = V::Watch::pin(sums[i]);
        }
        Self { sums, products: [zero; SQUARE_PAIRS], remainder: zero }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, x: V, ones: V, is_watched: bool) {
        let mut r = x;
        let mut slices = [x; N];
        for i in 0..N {
            if is_watched && i == N - 1 {
                slices[i] = r;
                self.sums[i] = self.sums[i].add(r);
            } else {
                (slices[i], r) = cut_by_pipes(&mut self.sums[i], r, ones);
            }
        }
        if !is_watched {
            self.remainder = self.remainder.or(r);
        }
        for pair in 0..Self::PAIRS {
            let (a, b) = PAIRS[pair];
            self.products[pair] = slices[a].multiply_add(slices[b], self.products[pair]);
        }
    }

    /// Computes the accumulators at this point of the program.
    #[inline(always)]
    pub(super) fn pin(&mut self) {
        for i in 0..N {
            self.sums[i] = V::Watch::pin(self.sums[i]);
        }
        for pair in 0..Self::PAIRS {
            self.products[pair] = V::Watch::pin(self.products[pair]);
        }
    }
}
