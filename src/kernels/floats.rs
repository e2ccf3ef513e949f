//! The kernel of floating-point numbers of every width.
//!
//! Long runs are summed by vector instructions ([`slices`](super::slices)) where the
//! processor has them. All others, and blocks that do not fit the slices, are summed by integer arithmetic
//! ([`window`](super::window)).

use half::f16;

use super::block::Block;
use super::dispatch::{self, Isa, Level, Task};
use super::element::{ByteOrder, Element, Extreme, Kernel, Need, read_bytes};
use super::extremes::{self, Bounds};
use super::formats::{Parts, magnitude, negative_zero, parts, power_of, take_finite, top_of};
use super::ladder::{self, Ladder};
use super::lanes::{Dense, Finite, Masked};
use super::mask::{Mask, compact_into};
use super::short::{self, Short};
use super::slices::{self, Lanes, LeftOut, STEPS, power_of_two};
use super::sums::Sums;
use super::vector::{MAX_LANES, Vector};
use super::window::{self, Scan, Window};
use crate::exact::round;

pub use super::formats::Ieee;

/// Minimum length, in values, for the vector kernels. Measured with a fresh kernel on normally distributed doubles,
/// AVX2 and AVX-512 break even with integers at 16 to 32 values, and take about 40 % of their time at 96, which
/// leaves a margin for a first block that does not fit.
const VECTOR_MIN_LEN: usize = 96;
/// Minimum length of a block of doubles that is long: 512 KB, half of a usual cache of the second level. Narrower types
/// are widened first, which leaves the processor time to prefetch.
const LONG_MIN_LEN: usize = 1 << 16;
/// Longest exponential backoff, in blocks, before the vectors are tried again on data that did not fit them.
const MAX_BACKOFF_BLOCKS: u32 = 63;

/// Values whose squares would overflow or be subnormal are multiplied by two to this power, or divided by it.
const SCALE: i32 = 720;

/// The [`Kernel`] of every floating-point type.
pub struct Floats<T: Ieee> {
    need: Need,
    /// The level in use; found out at the first run that is long enough for vectors.
    level: Option<Level>,
    /// Minimum length for vectors: [`VECTOR_MIN_LEN`], except in tests.
    vector_min_len: usize,
    ladder: Option<Ladder>,
    /// Whether a block was too long for a single slice.
    is_long: bool,
    /// How many values are added at once, if they are expected to fit: twice as many each time that they do.
    reach: usize,
    /// Blocks for which the vectors are still skipped, because a block before did not fit.
    skip: u32,
    /// The length of the last backoff, in blocks; it about doubles with each block in a row that does not fit.
    backoff: u32,
    /// Whether the last block had NaNs or infinities.
    has_specials: bool,
    /// That of values multiplied by a power of two, and whether the last block had such values.
    remote: Option<Box<Ladder>>,
    is_remote: bool,
    window: Window<T>,
}

impl<T: Ieee> Kernel<T> for Floats<T> {
    #[inline]
    fn new(need: Need) -> Self {
        Self {
            need,
            level: None,
            vector_min_len: VECTOR_MIN_LEN,
            ladder: None,
            is_long: false,
            reach: usize::MAX,
            skip: 0,
            backoff: 0,
            has_specials: false,
            remote: None,
            is_remote: false,
            window: Window::new(need),
        }
    }

    #[inline]
    fn update(&mut self, block: Block<'_, T>, sums: &mut Sums) {
        let (Block::Dense(values) | Block::Masked(values, _)) = block;
        if values.len() >= self.vector_min_len {
            let level = *self.level.get_or_insert_with(Level::current);
            if level.isa() != Isa::Portable {
                self.is_long |= T::IS_DOUBLE && values.len() >= LONG_MIN_LEN;
                return self.update_by_vectors(level, block, sums);
            }
        }
        block.for_each_dense(|values| self.window.update(values, sums));
    }

    #[inline]
    fn finish(mut self, sums: &mut Sums) {
        if let Some(ladder) = &mut self.ladder {
            ladder.flush(sums);
        }
        if let Some(ladder) = &mut self.remote {
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
            Block::Dense(mut rest) => {
                while !rest.is_empty() {
                    let reach = self.kernel.reach.clamp(part, slices::sum_steps::<V>() * V::LANES);
                    let (values, others) = rest.split_at(reach.min(rest.len()));
                    if self.kernel.adds_at_once::<V>(detected, values, self.sums) {
                        self.kernel.reach = reach.saturating_mul(2);
                        rest = others;
                        continue;
                    }
                    // After a part that does not fit, the next one is not tried with others.
                    self.kernel.reach = if values.len() > part { part } else { 2 * part };
                    let (values, others) = rest.split_at(part.min(rest.len()));
                    self.kernel.add_dense::<V>(detected, values, self.sums);
                    rest = others;
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
    /// Adds more values than there may be products of, if they are expected to fit the current grids.
    #[inline(always)]
    fn adds_at_once<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &[T],
        sums: &mut Sums,
    ) -> bool {
        values.len() > STEPS * V::LANES
            && !self.need.has_squares()
            && self.skip == 0
            && !self.is_remote
            && self.last_may_fit(values)
            && self.add_lanes::<V>(detected, &Dense::new::<V>(values), sums)
    }

    #[inline(always)]
    fn add_dense<V: Vector>(&mut self, detected: V::Detected, values: &[T], sums: &mut Sums) {
        if values.is_empty() {
            return;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return self.window.update(values, sums);
        }
        let is_added = match self.is_remote {
            true => self.add_remote::<V>(detected, values, sums),
            false => {
                self.last_may_fit(values)
                    && self.add_lanes::<V>(detected, &Dense::new::<V>(values), sums)
            }
        };
        if is_added {
            return;
        }
        let mut finite = [T::default(); STEPS * MAX_LANES];
        let (mut values, mut scan) = (values, window::scan(values));
        if scan.largest >= T::INFINITY_BITS {
            // The finite values move to the front.
            let length = take_finite(values, &mut finite, sums);
            self.has_specials = true;
            values = &finite[..length];
            if values.is_empty() || self.ladder().add::<V>(detected, &Dense::new::<V>(values), sums)
            {
                return;
            }
            scan = window::scan(values);
        }
        if scan.largest == 0 {
            return;
        }
        self.is_remote = false;
        let top = top_of::<T>(scan.largest);
        if self.ladder().climb::<V>(detected, &Dense::new::<V>(values), top, sums)
            || self.add_scaled::<V>(detected, values, &scan, sums)
        {
            self.backoff = 0;
        } else {
            // The next blocks are likely to fail as well: exponential backoff.
            self.backoff = (2 * self.backoff + 1).min(MAX_BACKOFF_BLOCKS);
            self.skip = self.backoff;
            self.window.update(values, sums);
        }
    }

    /// Adds lanes on the current grids; returns whether they fit them. If the last block had NaNs or infinities, they
    /// are expected in this one, and left out lane by lane.
    #[inline(always)]
    fn add_lanes<V: Vector>(
        &mut self,
        detected: V::Detected,
        lanes: &impl Lanes<V>,
        sums: &mut Sums,
    ) -> bool {
        if !self.has_specials {
            return self.ladder().add::<V>(detected, lanes, sums);
        }
        let fits = self.ladder().add::<V>(detected, &Finite(lanes), sums);
        if fits {
            let LeftOut { nans, infinities, negative_infinities } = self.ladder().left_out();
            self.has_specials = nans + infinities > 0;
            sums.nans += u64::from(nans);
            sums.negative_infinities += u64::from(negative_infinities);
            sums.positive_infinities += u64::from(infinities - negative_infinities);
        }
        fits
    }

    /// Whether the last value may fit the current grids: where values rise, this is known before they are tried.
    #[inline(always)]
    fn last_may_fit(&mut self, values: &[T]) -> bool {
        let last = magnitude(values[values.len() - 1]);
        last >= T::INFINITY_BITS || self.ladder().may_fit(top_of::<T>(last))
    }

    /// Adds finite values that would overflow, or whose squares would or are subnormal, multiplied by a power of two.
    /// Returns false if this would round one of them, unless sums may have a slack: that is far wider.
    #[inline(never)]
    fn add_scaled<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &[T],
        scan: &Scan,
        sums: &mut Sums,
    ) -> bool {
        let top = top_of::<T>(scan.largest);
        let tops = ladder::tops(self.need);
        let scale = if top > *tops.end() { -SCALE } else { SCALE };
        let lowest = T::LOWEST + power_of::<T>(scan.smallest_less_one + 1) as i32;
        let is_exact = lowest + scale >= T::LOWEST;
        if tops.contains(&top) || !T::IS_DOUBLE || !is_exact && !self.need.has_slack() {
            return false;
        }
        let mut scaled = [0.0; STEPS * MAX_LANES];
        let lanes = Dense::new::<V>(multiplied(values, scale, &mut scaled));
        let need = self.need;
        let ladder = match &mut self.remote {
            Some(ladder) if ladder.scale() == scale => ladder,
            remote => {
                if let Some(ladder) = remote {
                    ladder.flush(sums);
                }
                remote.insert(Box::new(Ladder::new(need, scale, false)))
            }
        };
        self.is_remote = ladder.add::<V>(detected, &lanes, sums)
            || ladder.climb::<V>(detected, &lanes, top + scale, sums);
        self.is_remote
    }

    /// Adds values that are multiplied by the same power of two as the last ones, unless this might round them and must
    /// not; returns whether they fit.
    #[inline(always)]
    fn add_remote<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &[T],
        sums: &mut Sums,
    ) -> bool {
        let may_round = self.need.has_slack();
        let ladder = match &mut self.remote {
            Some(ladder) if may_round || ladder.scale() > 0 => ladder,
            _ => return false,
        };
        let mut scaled = [0.0; STEPS * MAX_LANES];
        let scaled = multiplied(values, ladder.scale(), &mut scaled);
        ladder.add::<V>(detected, &Dense::new::<V>(scaled), sums)
    }

    #[inline(always)]
    fn ladder(&mut self) -> &mut Ladder {
        let (need, is_long) = (self.need, self.is_long);
        self.ladder.get_or_insert_with(|| Ladder::new(need, 0, is_long))
    }

    #[inline(always)]
    fn add_masked<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &[T],
        validity: Mask<'_>,
        sums: &mut Sums,
    ) {
        let is_whole = values.len().is_multiple_of(V::LANES);
        let is_expected = is_whole && self.skip == 0 && !self.is_remote && self.ladder.is_some();
        if is_expected && self.add_lanes::<V>(detected, &Masked::new::<V>(values, validity), sums) {
            return;
        }
        // Compacted, it is a dense block like any other.
        let mut dense = [T::default(); STEPS * MAX_LANES];
        let length = compact_into(values, validity, &mut dense);
        self.add_dense::<V>(detected, &dense[..length], sums);
    }
}

/// The doubles of a block, multiplied by a power of two.
#[inline(always)]
fn multiplied<'a, T: Ieee>(values: &[T], power: i32, space: &'a mut [f64]) -> &'a [f64] {
    let factor = power_of_two(power);
    for (scaled, value) in space.iter_mut().zip(values) {
        *scaled = factor * f64::from_bits(value.bits());
    }
    &space[..values.len()]
}

/// Implements [`Element`] for a native floating-point type.
macro_rules! elements {
    ($($type:ty: $rank:ty, $narrow:expr;)*) => {$(
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

            #[inline(always)]
            fn bounds<V: Vector>(detected: V::Detected, values: &[Self]) -> Option<Bounds<Self>> {
                let Bounds { least, greatest, is_finite } =
                    extremes::bounds::<Self, V>(detected, values)?;
                Some(Bounds { least: $narrow(least), greatest: $narrow(greatest), is_finite })
            }

            fn extreme(self) -> Extreme {
                Extreme::Float(widen(self))
            }

            #[inline(always)]
            fn short<V: Vector>(
                detected: V::Detected,
                values: &[Self],
                short: Short,
            ) -> Option<f64> {
                short::of_floats::<Self, V>(detected, values, short)
            }

            #[inline(always)]
            fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self {
                read_bytes!(Self, bytes, order)
            }
        }
    )*};
}

elements! {
    f64: i64, |value| value;
    f32: i32, |value| value as f32;
    f16: i16, f16::from_f64;
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
