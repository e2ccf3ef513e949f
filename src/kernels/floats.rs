//! The kernel of floating-point numbers of every width.
//!
//! Long runs of doubles and singles are summed by vector instructions ([`slices`](super::slices)) where the
//! processor has them. All others, and blocks that do not fit the slices, are summed by integer arithmetic
//! ([`window`](super::window)).

use std::cell::Cell;

use half::f16;

use super::block::Block;
use super::dispatch::{self, Isa, Level, Task};
use super::element::{ByteOrder, Element, Extreme, Kernel, Need, read_bytes};
use super::formats::{Parts, magnitude, negative_zero, parts, take_finite, top_of};
use super::ladder::Ladder;
use super::mask::{Mask, compact_into};
use super::slices::{Lanes, STEPS};
use super::sums::Sums;
use super::vector::{MAX_LANES, Vector};
use super::window::{Window, scan};
use crate::exact::round;

pub use super::formats::Ieee;

/// Minimum length, in values, for the vector kernels. Measured with a fresh kernel on normally distributed doubles,
/// AVX2 and AVX-512 break even with integers at 16 to 32 values, and take about 40 % of their time at 96, which
/// leaves a margin for a first block that does not fit.
const VECTOR_MIN_LEN: usize = 96;
/// Longest exponential backoff, in blocks, before the vectors are tried again on data that did not fit them.
const MAX_BACKOFF_BLOCKS: u32 = 63;

/// The [`Kernel`] of every floating-point type.
pub struct Floats<T: Ieee> {
    need: Need,
    /// The level in use; found out at the first run that is long enough for vectors.
    level: Option<Level>,
    /// Minimum length for vectors: [`VECTOR_MIN_LEN`], except in tests.
    vector_min_len: usize,
    ladder: Option<Box<Ladder>>,
    /// Blocks for which the vectors are still skipped, because a block before did not fit.
    skip: u32,
    /// The length of the last backoff, in blocks; it about doubles with each block in a row that does not fit.
    backoff: u32,
    /// Whether the last block had NaNs.
    has_nans: bool,
    window: Window<T>,
}

impl<T: Ieee> Kernel<T> for Floats<T> {
    fn new(need: Need) -> Self {
        Self {
            need,
            level: None,
            vector_min_len: VECTOR_MIN_LEN,
            ladder: None,
            skip: 0,
            backoff: 0,
            has_nans: false,
            window: Window::new(need),
        }
    }

    #[inline]
    fn update(&mut self, block: Block<'_, T>, sums: &mut Sums) {
        let (Block::Dense(values) | Block::Masked(values, _)) = block;
        if T::HAS_VECTORS && values.len() >= self.vector_min_len {
            let level = *self.level.get_or_insert_with(Level::current);
            if level.isa() != Isa::Portable {
                return self.update_by_vectors(level, block, sums);
            }
        }
        block.for_each_dense(|values| self.window.update(values, sums));
    }

    fn finish(mut self, sums: &mut Sums) {
        if let Some(ladder) = &mut self.ladder {
            ladder.flush(sums);
        }
        self.window.finish(sums);
    }
}

impl<T: Ieee> Floats<T> {
    /// A kernel that uses an instruction set for blocks of any length.
    ///
    /// # Panics
    ///
    /// If this processor does not have it.
    pub fn on(isa: Isa, need: Need) -> Self {
        let level = Level::on(isa);
        assert!(level.is_some(), "{isa:?} was not detected");
        Self { level, vector_min_len: 0, ..Self::new(need) }
    }

    fn update_by_vectors(&mut self, level: Level, block: Block<'_, T>, sums: &mut Sums) {
        if !sums.has_other_than_negative_zero {
            // Nearly always decided by the first value.
            let is_other = |value: &T| value.bits() != negative_zero::<T>() && !value.is_nan();
            sums.has_other_than_negative_zero = block.any(is_other);
        }
        dispatch::run(level, AddBlock { kernel: self, block, sums });
    }
}

/// Adds a block by vectors, in parts of as many values as the slices can take.
struct AddBlock<'a, T: Ieee> {
    kernel: &'a mut Floats<T>,
    block: Block<'a, T>,
    sums: &'a mut Sums,
}

impl<T: Ieee> Task for AddBlock<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let part = STEPS * V::LANES;
        match self.block {
            Block::Dense(values) => {
                for values in values.chunks(part) {
                    self.kernel.add_dense::<V>(detected, values, self.sums);
                }
            }
            Block::Masked(values, validity) => {
                for (i, values) in values.chunks(part).enumerate() {
                    let validity = validity.slice(i * part, values.len());
                    self.kernel.add_masked::<V>(detected, values, validity, self.sums);
                }
            }
        }
    }
}

impl<T: Ieee> Floats<T> {
    #[inline(always)]
    fn add_dense<V: Vector>(&mut self, detected: V::Detected, values: &[T], sums: &mut Sums) {
        // The remainder does not fill a vector.
        let (whole, rest) = values.split_at(values.len() - values.len() % V::LANES);
        if !rest.is_empty() {
            self.window.update(rest, sums);
        }
        if whole.is_empty() {
            return;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return self.window.update(whole, sums);
        }
        let fits = match self.has_nans {
            true => {
                let lanes = Masked { values: whole, bits: [u8::MAX; MASK_BYTES] };
                self.add_numbers::<V>(detected, &lanes, sums)
            }
            false => self.add_lanes::<V>(detected, &Dense(whole), sums),
        };
        if fits {
            return;
        }
        let mut finite = [T::default(); STEPS * MAX_LANES];
        let (mut whole, mut largest) = (whole, scan(whole).largest);
        if largest >= T::INFINITY_BITS {
            // The finite values move to the front; the zeros behind them add nothing.
            let nans = sums.nans;
            let length = take_finite(whole, &mut finite, sums);
            self.has_nans = sums.nans > nans;
            whole = &finite[..length.next_multiple_of(V::LANES)];
            let ladder = self.ladder.get_or_insert_with(|| Box::new(Ladder::new(self.need)));
            if whole.is_empty() || Ladder::add::<V>(ladder, detected, &Dense(whole), sums) {
                return;
            }
            largest = scan(whole).largest;
        }
        if largest == 0 {
            return;
        }
        let ladder = self.ladder.get_or_insert_with(|| Box::new(Ladder::new(self.need)));
        if Ladder::climb::<V>(ladder, detected, &Dense(whole), top_of::<T>(largest), sums) {
            self.backoff = 0;
        } else {
            // The next blocks are likely to fail as well: exponential backoff.
            self.backoff = (2 * self.backoff + 1).min(MAX_BACKOFF_BLOCKS);
            self.skip = self.backoff;
            self.window.update(whole, sums);
        }
    }

    /// Adds a block on the current grids; returns whether it fits them.
    fn add_lanes<V: Vector>(
        &mut self,
        detected: V::Detected,
        lanes: &impl Lanes<V>,
        sums: &mut Sums,
    ) -> bool {
        let ladder = self.ladder.get_or_insert_with(|| Box::new(Ladder::new(self.need)));
        Ladder::add::<V>(ladder, detected, lanes, sums)
    }

    /// The same for values of which NaNs are left out.
    fn add_numbers<V: Vector>(
        &mut self,
        detected: V::Detected,
        lanes: &Masked<'_, T>,
        sums: &mut Sums,
    ) -> bool {
        let nans = Cell::new(0);
        let fits = self.add_lanes::<V>(detected, &Numbers { lanes, nans: &nans }, sums);
        if fits {
            self.has_nans = nans.get() > 0;
            sums.nans += u64::from(nans.get());
        }
        fits
    }

    #[inline(always)]
    fn add_masked<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &[T],
        validity: Mask<'_>,
        sums: &mut Sums,
    ) {
        let mut bits = [0; MASK_BYTES];
        for (place, word) in bits.chunks_exact_mut(8).zip(validity.words()) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        let lanes = Masked { values, bits };
        if values.len().is_multiple_of(V::LANES) && self.skip == 0 && self.ladder.is_some() {
            let fits = match self.has_nans {
                true => self.add_numbers::<V>(detected, &lanes, sums),
                false => self.add_lanes::<V>(detected, &lanes, sums),
            };
            if fits {
                return;
            }
        }
        // Compacted, it is a dense block like any other.
        let mut dense = [T::default(); STEPS * MAX_LANES];
        let length = compact_into(values, validity, &mut dense);
        self.add_dense::<V>(detected, &dense[..length], sums);
    }
}

/// Values that all count.
struct Dense<'a, T>(&'a [T]);

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
struct Masked<'a, T> {
    values: &'a [T],
    bits: [u8; MASK_BYTES],
}

/// Values that count unless they are NaNs, which are counted apart.
struct Numbers<'a, T> {
    lanes: &'a Masked<'a, T>,
    nans: &'a Cell<u32>,
}

impl<T: Ieee, V: Vector> Lanes<V> for Numbers<'_, T> {
    #[inline(always)]
    fn steps(&self) -> usize {
        Lanes::<V>::steps(self.lanes)
    }

    #[inline(always)]
    fn load(&self, detected: V::Detected, step: usize) -> V {
        let lanes: V = self.lanes.load(detected, step);
        let (lanes, nans) = lanes.without_nans();
        self.nans.set(self.nans.get() + nans);
        lanes
    }
}

/// Bytes for the bits of as many values as the slices can take.
const MASK_BYTES: usize = STEPS * MAX_LANES / 8;

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

/// Implements [`Element`] for a native floating-point type.
macro_rules! elements {
    ($($type:ty: $rank:ty;)*) => {$(
        impl Element for $type {
            type Kernel = Floats<Self>;

            #[inline(always)]
            fn is_nan(self) -> bool {
                magnitude(self) > Self::INFINITY_BITS
            }

            type Rank = $rank;
            const LEAST: $rank = <$rank>::MIN;
            const GREATEST: $rank = <$rank>::MAX;

            /// The bits as an integer; of negative numbers, all but the sign inverted.
            #[inline(always)]
            fn rank(self) -> $rank {
                let bits = self.to_bits() as $rank;
                bits ^ (bits >> (<$rank>::BITS - 1) & <$rank>::MAX)
            }

            #[inline(always)]
            fn from_rank(rank: $rank) -> Self {
                let bits = rank ^ (rank >> (<$rank>::BITS - 1) & <$rank>::MAX);
                Self::from_bits(bits as _)
            }

            fn extreme(self) -> Extreme {
                Extreme::Float(widen(self))
            }

            #[inline(always)]
            fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self {
                read_bytes!(Self, bytes, order)
            }
        }
    )*};
}

elements! {
    f64: i64;
    f32: i32;
    f16: i16;
}

/// The same number as an `f64`, independent of the floating-point environment.
fn widen<T: Ieee>(value: T) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    let Parts { negative, significand, power } = parts(value);
    if magnitude(value) == T::INFINITY_BITS {
        return f64::INFINITY.copysign(if negative { -1.0 } else { 1.0 });
    }
    round::nearest(negative, significand.into(), T::LOWEST + power as i32, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instruction set cannot be used where it was not detected.
    #[test]
    #[should_panic(expected = "was not detected")]
    fn kernels_refuse_what_the_processor_lacks() {
        let foreign = if cfg!(target_arch = "x86_64") { Isa::Neon } else { Isa::Avx2 };
        Floats::<f64>::on(foreign, Need::Sum);
    }
}
