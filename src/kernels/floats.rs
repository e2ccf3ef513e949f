//! Sums of binary floating-point numbers of every width.
//!
//! Long runs of doubles and singles are added by vectors, in [`slices`](super::slices), where the
//! processor has them. All others, and what does not fit there, are added by integers:
//!
//! A finite value is `±significand * 2^(LOWEST + power)` with `0 <= power`. Take a block whose
//! powers lie within [`WINDOW`] of the lowest one, `base`. In units of `2^(LOWEST + base)` each
//! value is an integer below `2^(53 + 63) = 2^116`, and its square one below `2^232`. A block has
//! at most `2^10` values, so their sum fits an `i128` and the sum of squares fits 256 bits: the
//! whole block is added without a carry into the wide integers, and they are touched once.
//!
//! Powers further apart are rare. A few such values are added one by one; many go to [`Buckets`].
//! No floating-point instruction sees the data there, so neither the rounding mode nor the
//! flush-to-zero flags of the process have a say.

use half::f16;

use super::buckets::Buckets;
use super::dispatch::{self, Isa, Task};
use super::extremes::Extreme;
use super::ladder::Ladder;
use super::mask::{Mask, compact_into};
use super::slices::{Lanes, STEPS};
use super::vector::{MOST_LANES, Vector};
use super::{BLOCK, Block, ByteOrder, Element, Kernel, Need, Sums};

/// The widest range of powers that a block is added with at once.
const WINDOW: u64 = 63;
/// Up to so many values are added one by one when their powers are too far apart: below, filling
/// and emptying the buckets costs more.
const FEW: usize = 128;
/// From so many values on vectors are faster than integers.
const MANY: usize = 96;

/// At most so many blocks go by the vectors before they are tried again.
const MOST_SETBACKS: u32 = 63;

/// A binary floating-point format of IEEE 754, up to 64 bits wide.
pub trait Ieee: Element {
    /// Bits of the stored fraction.
    const FRACTION_BITS: u32;
    /// The exponent of the smallest positive value.
    const LOWEST: i32;
    /// The bits of positive infinity.
    const INFINITY_BITS: u64;
    /// Whether vectors can be loaded.
    const HAS_VECTORS: bool;

    /// The bit pattern, in the low bits.
    fn bits(self) -> u64;

    /// Reads as many values as a vector has lanes, from the front of a slice.
    fn load<V: Vector>(values: &[Self]) -> V;
}

/// One finite value: `±significand * 2^(LOWEST + power)`.
pub(super) struct Parts {
    pub negative: bool,
    pub significand: u64,
    pub power: u64,
}

#[inline]
pub(super) fn parts<T: Ieee>(value: T) -> Parts {
    let magnitude = magnitude(value);
    let field = magnitude >> T::FRACTION_BITS;
    let hidden = u64::from(field != 0);
    Parts {
        negative: value.bits() != magnitude,
        significand: magnitude & ((1 << T::FRACTION_BITS) - 1) | hidden << T::FRACTION_BITS,
        power: field - hidden,
    }
}

/// The bits without the sign: they order absolute values.
#[inline]
fn magnitude<T: Ieee>(value: T) -> u64 {
    value.bits() & (negative_zero::<T>() - 1)
}

fn negative_zero<T: Ieee>() -> u64 {
    T::INFINITY_BITS.next_power_of_two()
}

fn power_of<T: Ieee>(magnitude: u64) -> u64 {
    (magnitude >> T::FRACTION_BITS).max(1) - 1
}

/// What one look at a block tells.
struct Scan {
    /// The smallest magnitude that is not zero, less one; `u64::MAX` if all are zero.
    smallest_less_one: u64,
    largest: u64,
    has_other_than_negative_zero: bool,
}

fn scan<T: Ieee>(block: &[T]) -> Scan {
    let (mut smallest_less_one, mut largest, mut others) = (u64::MAX, 0, 0);
    for &value in block {
        let magnitude = magnitude(value);
        smallest_less_one = smallest_less_one.min(magnitude.wrapping_sub(1));
        largest = largest.max(magnitude);
        others |= value.bits() ^ negative_zero::<T>();
    }
    Scan { smallest_less_one, largest, has_other_than_negative_zero: others != 0 }
}

/// The [`Kernel`] of every floating-point type.
pub struct Floats<T: Ieee> {
    need: Need,
    /// The level to use, once there was a run long enough to ask.
    isa: Option<Isa>,
    /// From so many values on vectors are used.
    many: usize,
    ladder: Option<Box<Ladder>>,
    /// So many blocks go by the vectors, because those before did not fit, that often in a row.
    bypass: u32,
    setbacks: u32,
    buckets: Option<Buckets<T>>,
}

impl<T: Ieee> Kernel<T> for Floats<T> {
    fn new(need: Need) -> Self {
        Self { need, isa: None, many: MANY, ladder: None, bypass: 0, setbacks: 0, buckets: None }
    }

    #[inline]
    fn update(&mut self, block: Block<'_, T>, sums: &mut Sums) {
        let (Block::Dense(values) | Block::Masked(values, _)) = block;
        if T::HAS_VECTORS && values.len() >= self.many {
            let isa = *self.isa.get_or_insert_with(Isa::current);
            if isa != Isa::Portable {
                return self.update_by_vectors(isa, block, sums);
            }
        }
        block.for_each_dense(|values| self.add(values, sums));
    }

    fn finish(mut self, sums: &mut Sums) {
        if let Some(ladder) = &mut self.ladder {
            ladder.flush(sums);
        }
        if let Some(buckets) = self.buckets {
            buckets.finish(sums);
        }
    }
}

impl<T: Ieee> Floats<T> {
    /// The same on a level that this processor has, for whatever length of blocks.
    pub fn on(isa: Isa, need: Need) -> Self {
        assert!(Isa::detected().contains(&isa), "{isa:?} was not detected");
        Self { isa: Some(isa), many: 0, ..Self::new(need) }
    }

    fn update_by_vectors(&mut self, isa: Isa, block: Block<'_, T>, sums: &mut Sums) {
        if !sums.has_other_than_negative_zero {
            // Nearly always the first value tells.
            let is_other = |value: &T| value.bits() != negative_zero::<T>() && !value.is_nan();
            sums.has_other_than_negative_zero = block.any(is_other);
        }
        dispatch::run(isa, AddBlock { kernel: self, block, sums });
    }

    /// Adds values by integers.
    fn add(&mut self, values: &[T], sums: &mut Sums) {
        for block in values.chunks(BLOCK) {
            self.add_block(block, sums);
        }
    }

    fn add_block(&mut self, block: &[T], sums: &mut Sums) {
        let scan = scan(block);
        if scan.largest >= T::INFINITY_BITS {
            return self.add_without_specials(block, sums);
        }
        sums.has_other_than_negative_zero |= scan.has_other_than_negative_zero;
        if scan.largest == 0 {
            return; // zeros add nothing
        }
        let base = power_of::<T>(scan.smallest_less_one + 1);
        if power_of::<T>(scan.largest) - base > WINDOW {
            self.add_scattered(block, sums);
        } else if self.need == Need::Sum {
            add_window::<T, false>(block, base, sums);
        } else {
            add_window::<T, true>(block, base, sums);
        }
    }

    #[cold]
    fn add_without_specials(&mut self, block: &[T], sums: &mut Sums) {
        let mut finite = [T::default(); BLOCK];
        let length = take_finite(block, &mut finite, sums);
        self.add_block(&finite[..length], sums);
    }

    /// Adds a block whose powers are too far apart for a window.
    #[cold]
    fn add_scattered(&mut self, block: &[T], sums: &mut Sums) {
        if block.len() > FEW {
            let buckets = self.buckets.get_or_insert_with(|| Buckets::new(self.need));
            return buckets.update(block, sums);
        }
        for &value in block {
            let Parts { negative, significand, power } = parts(value);
            let (signed, exponent) =
                (signed(negative, significand.into()), T::LOWEST + power as i32);
            sums.first.add(signed, exponent);
            if self.need != Need::Sum {
                sums.second.add(signed * signed, 2 * exponent);
            }
        }
    }
}

#[inline]
fn signed(negative: bool, magnitude: u128) -> i128 {
    let sign = -i128::from(negative);
    (magnitude as i128 ^ sign) - sign
}

/// Adds a block whose powers lie in `base..=base + WINDOW`, except those of zeros.
fn add_window<T: Ieee, const SQUARES: bool>(block: &[T], base: u64, sums: &mut Sums) {
    let mut sum = 0i128;
    let (mut low, mut high) = (0u128, 0u128);
    for &value in block {
        let Parts { negative, significand, power } = parts(value);
        let shift = power.wrapping_sub(base) as u32 & WINDOW as u32; // of a zero: any
        sum += signed(negative, u128::from(significand) << shift);
        if SQUARES {
            let square = u128::from(significand) * u128::from(significand);
            let (added, carry) = low.overflowing_add(square << (2 * shift));
            low = added;
            high += ((square >> 1) >> (127 - 2 * shift)) + u128::from(carry);
        }
    }
    let exponent = T::LOWEST + base as i32;
    sums.first.add(sum, exponent);
    if SQUARES {
        let digits = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
        sums.second.add_digits(&digits, 2 * exponent);
    }
}

/// Adds a block by vectors: part by part, each of as many values as the slices can take.
struct AddBlock<'a, T: Ieee> {
    kernel: &'a mut Floats<T>,
    block: Block<'a, T>,
    sums: &'a mut Sums,
}

impl<T: Ieee> Task for AddBlock<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let part = STEPS * V::LANES;
        match self.block {
            Block::Dense(values) => {
                for values in values.chunks(part) {
                    self.kernel.add_dense::<V>(values, self.sums);
                }
            }
            Block::Masked(values, validity) => {
                for (i, values) in values.chunks(part).enumerate() {
                    let validity = validity.slice(i * part, values.len());
                    self.kernel.add_masked::<V>(values, validity, self.sums);
                }
            }
        }
    }
}

impl<T: Ieee> Floats<T> {
    #[inline(always)]
    fn add_dense<V: Vector>(&mut self, values: &[T], sums: &mut Sums) {
        // The last values do not fill a vector.
        let (whole, rest) = values.split_at(values.len() - values.len() % V::LANES);
        if !rest.is_empty() {
            self.add(rest, sums);
        }
        if whole.is_empty() {
            return;
        }
        if self.bypass > 0 {
            self.bypass -= 1;
            return self.add(whole, sums);
        }
        let ladder = self.ladder.get_or_insert_with(|| Box::new(Ladder::new(self.need)));
        if Ladder::add::<V>(ladder, &Dense(whole)) {
            return;
        }
        let mut finite = [T::default(); STEPS * MOST_LANES];
        let (mut whole, mut largest) = (whole, scan(whole).largest);
        if largest >= T::INFINITY_BITS {
            // The others move up; the zeros behind them add nothing.
            let length = take_finite(whole, &mut finite, sums);
            whole = &finite[..length.next_multiple_of(V::LANES)];
            largest = scan(whole).largest;
        }
        if largest == 0 {
            return;
        }
        let ladder = self.ladder.get_or_insert_with(|| Box::new(Ladder::new(self.need)));
        if Ladder::climb::<V>(ladder, &Dense(whole), top_of::<T>(largest), sums) {
            self.setbacks = 0;
        } else {
            // The next blocks are likely to fail as well: try ever more rarely.
            self.setbacks = (2 * self.setbacks + 1).min(MOST_SETBACKS);
            self.bypass = self.setbacks;
            self.add(whole, sums);
        }
    }

    #[inline(always)]
    fn add_masked<V: Vector>(&mut self, values: &[T], validity: Mask<'_>, sums: &mut Sums) {
        let mut words = [0; MASK_WORDS];
        for (place, word) in words.iter_mut().zip(validity.words()) {
            *place = word;
        }
        let lanes = Masked { values, words };
        if values.len().is_multiple_of(V::LANES)
            && let Some(ladder) = &mut self.ladder
            && Ladder::add::<V>(ladder, &lanes)
        {
            return;
        }
        // Without the nulls it is a dense block like any other.
        let mut dense = [T::default(); STEPS * MOST_LANES];
        let length = compact_into(values, validity, &mut dense);
        self.add_dense::<V>(&dense[..length], sums);
    }
}

/// Counts the special values of a block, and writes the others to the front of another, which must
/// be as long; returns how many there are.
#[cold]
fn take_finite<T: Ieee>(block: &[T], finite: &mut [T], sums: &mut Sums) -> usize {
    let mut length = 0;
    for &value in block {
        if magnitude(value) < T::INFINITY_BITS {
            finite[length] = value;
            length += 1;
        } else if value.is_nan() {
            sums.nans += 1;
        } else {
            let negative = value.bits() != T::INFINITY_BITS;
            sums.negative_infinities += u64::from(negative);
            sums.positive_infinities += u64::from(!negative);
            sums.has_other_than_negative_zero = true;
        }
    }
    length
}

/// The exponent of a power of two above a magnitude; out of all range for special values.
fn top_of<T: Ieee>(magnitude: u64) -> i32 {
    if magnitude >= T::INFINITY_BITS {
        return i32::MAX;
    }
    T::LOWEST + power_of::<T>(magnitude) as i32 + T::FRACTION_BITS as i32 + 1
}

/// Values of which all count.
struct Dense<'a, T>(&'a [T]);

impl<T: Ieee, V: Vector> Lanes<V> for Dense<'_, T> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.0.len() / V::LANES
    }

    #[inline(always)]
    fn load(&self, step: usize) -> V {
        let values = &self.0[step * V::LANES..];
        V::prefetch(values);
        T::load(values)
    }
}

/// Values of which some count, as the bits of words tell.
struct Masked<'a, T> {
    values: &'a [T],
    words: [u64; MASK_WORDS],
}

/// Words for the bits of as many values as the slices can take.
const MASK_WORDS: usize = STEPS * MOST_LANES / u64::BITS as usize;

impl<T: Ieee, V: Vector> Lanes<V> for Masked<'_, T> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.values.len() / V::LANES
    }

    #[inline(always)]
    fn load(&self, step: usize) -> V {
        let row = step * V::LANES;
        let values = &self.values[row..];
        V::prefetch(values);
        let valid = self.words[row / 64] >> (row % 64);
        T::load::<V>(values).keep(valid as u8)
    }
}

/// Implements [`Ieee`] and [`Element`] for a native floating-point type.
macro_rules! ieee {
    ($type:ty, $lowest:expr, $has_vectors:expr, $load:expr) => {
        impl Ieee for $type {
            const FRACTION_BITS: u32 = <$type>::MANTISSA_DIGITS - 1;
            const LOWEST: i32 = $lowest;
            const INFINITY_BITS: u64 = <$type>::INFINITY.to_bits() as u64;
            const HAS_VECTORS: bool = $has_vectors;

            #[inline]
            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            #[inline(always)]
            fn load<V: Vector>(values: &[Self]) -> V {
                $load(values)
            }
        }

        impl Element for $type {
            type Kernel = Floats<Self>;

            #[inline]
            fn is_nan(self) -> bool {
                magnitude(self) > Self::INFINITY_BITS
            }

            #[inline]
            fn precedes(self, other: Self) -> bool {
                self.total_cmp(&other).is_lt()
            }

            fn extreme(self) -> Extreme {
                Extreme::Float(widen(self))
            }

            #[inline]
            fn from_bytes(bytes: &[u8], order: ByteOrder) -> Self {
                super::read_bytes!(Self, bytes, order)
            }
        }
    };
}

ieee!(f64, -1074, true, V::load);
ieee!(f32, -149, true, V::widen);
ieee!(f16, -24, false, |_| unreachable!("there are no vectors of halves"));

/// The same number as an `f64`, untouched by the processor's flags.
fn widen<T: Ieee>(value: T) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    let Parts { negative, significand, power } = parts(value);
    if magnitude(value) == T::INFINITY_BITS {
        return f64::INFINITY.copysign(if negative { -1.0 } else { 1.0 });
    }
    crate::exact::round::nearest(negative, significand.into(), T::LOWEST + power as i32, false)
}
