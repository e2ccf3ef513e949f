//! Copies of a piece whose sums are easier to hold: multiplied by a power of two, or less one of its values.
//!
//! Multiplied by a power of two, the values are near one, where no product overflows or is subnormal. What becomes
//! subnormal may be rounded, by at most `2^-1075`; the bounds on errors in [`chains`](super::chains) hold one more
//! addition of remainders than there are, and each counts for more than `2^-220`. A sum without remainders must not
//! pass for exact, though: what was rounded to zero may decide a tie.
//!
//! The spread of values is that of their differences from one of them. If their mean is far larger than their
//! deviation, the squares of the differences hardly cancel. They are used only if they are exact, which they are, for
//! one, where no value is more than twice as large as another (Sterbenz).

use std::cell::Cell;

use crate::kernels::formats::Ieee;
use crate::kernels::slices::power_of_two;
use crate::kernels::vector::{MAX_LANES, Vector};

thread_local! {
    /// Memory for the next copy on this thread.
    static SCRATCH: Cell<Vec<f64>> = const { Cell::new(vec![]) };
}

/// A copy of a piece, as doubles.
pub(super) struct Copied(Vec<f64>);

impl Drop for Copied {
    fn drop(&mut self) {
        SCRATCH.set(std::mem::take(&mut self.0));
    }
}

impl Copied {
    #[inline(always)]
    fn new<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> Self {
        let mut copy = SCRATCH.take();
        copy.clear();
        copy.reserve(values.len() + MAX_LANES);
        let mut rest = values;
        while rest.len() >= V::LANES {
            copy.extend_from_slice(&T::load::<V>(detected, rest).lanes()[..V::LANES]);
            rest = &rest[V::LANES..];
        }
        if !rest.is_empty() {
            let last = T::load_some::<V>(detected, rest).lanes();
            copy.extend_from_slice(&last[..rest.len()]);
        }
        Self(copy)
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.0
    }

    /// The values multiplied by a power of two, and whether that has rounded none of them.
    #[inline(always)]
    pub(super) fn scaled<T: Ieee, V: Vector>(
        detected: V::Detected,
        values: &[T],
        power: i32,
    ) -> (Self, bool) {
        let mut copy = Self::new::<T, V>(detected, values);
        let (factor, inverse) = (power_of_two(power), power_of_two(-power));
        let mut lost = 0;
        for value in &mut copy.0 {
            let scaled = *value * factor;
            lost |= (scaled * inverse).to_bits() ^ value.to_bits();
            *value = scaled;
        }
        (copy, lost == 0)
    }

    /// The differences from the first value, if they are exact.
    #[inline(always)]
    pub(super) fn moved<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> Option<Self> {
        let mut copy = Self::new::<T, V>(detected, values);
        let first = *copy.0.first()?;
        let mut errors = 0;
        for value in &mut copy.0 {
            // Knuth: the sum of these two is the rounding error of the difference.
            let difference = *value - first;
            let subtracted = difference - *value;
            let error = (*value - (difference - subtracted)) + (-first - subtracted);
            errors |= error.to_bits() << 1;
            *value = difference;
        }
        (errors == 0).then_some(copy)
    }
}
