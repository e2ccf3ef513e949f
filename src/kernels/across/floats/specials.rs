//! What a block holds: its largest values, and those that are not finite.

use super::MAX_COLUMNS;
use crate::kernels::across::rows::Rows;
use crate::kernels::dispatch::{self, Level, Task};
use crate::kernels::floats::Ieee;
use crate::kernels::formats::magnitude;
use crate::kernels::vector::Vector;

/// The largest magnitude of each column of a group or a stripe.
pub(super) fn largest_of<T: Ieee>(level: Level, block: Rows<'_, T>) -> [u64; MAX_COLUMNS] {
    struct Scan<'a, T>(Rows<'a, T>, &'a mut [u64; MAX_COLUMNS]);

    impl<T: Ieee> Task for Scan<'_, T> {
        #[inline(always)]
        fn run<V: Vector>(self, _: V::Detected) {
            for row in self.0.iter() {
                for (largest, &value) in self.1.iter_mut().zip(row) {
                    *largest = magnitude(value).max(*largest);
                }
            }
        }
    }

    let mut largest = [0; MAX_COLUMNS];
    dispatch::run(level, Scan(block, &mut largest));
    largest
}

/// Copies a block with zeros in place of special values: NaNs, positive and negative infinities, which are counted.
pub(super) struct TakeFinite<'a, T> {
    pub(super) block: Rows<'a, T>,
    pub(super) finite: &'a mut [T],
    pub(super) counts: &'a mut [[u64; MAX_COLUMNS]; 3],
}

impl<T: Ieee> Task for TakeFinite<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let [nans, positive, negative] = self.counts;
        for (row, finite) in
            self.block.iter().zip(self.finite.chunks_exact_mut(self.block.columns()))
        {
            // Without a branch, so that the compiler vectorizes it.
            let counts = nans.iter_mut().zip(positive.iter_mut()).zip(negative.iter_mut());
            for ((&value, finite), ((nans, positive), negative)) in
                row.iter().zip(finite).zip(counts)
            {
                let (bits, magnitude) = (value.bits(), magnitude(value));
                let is_infinite = magnitude == T::INFINITY_BITS;
                *nans += u64::from(magnitude > T::INFINITY_BITS);
                *positive += u64::from(is_infinite & (bits == magnitude));
                *negative += u64::from(is_infinite & (bits != magnitude));
                *finite = if magnitude < T::INFINITY_BITS { value } else { T::default() };
            }
        }
    }
}
