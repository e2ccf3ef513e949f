//! Sums of binary floating-point numbers, by integer arithmetic alone.
//!
//! A finite value is `±significand * 2^(LOWEST + power)` with `0 <= power`. Take a block whose
//! powers lie within [`WINDOW`] of the lowest one, `base`. In units of `2^(LOWEST + base)` each
//! value is an integer below `2^(53 + 63) = 2^116`, and its square one below `2^232`. A block has
//! at most `2^10` values, so their sum fits an `i128` and the sum of squares fits 256 bits: the
//! whole block is added without a carry into the wide integers, and they are touched once.
//!
//! Powers further apart are rare. A few such values are added one by one; many go to [`Buckets`].
//!
//! No floating-point instruction ever sees the data, so neither the rounding mode nor the
//! flush-to-zero flags of the process have a say.

use half::f16;

use super::buckets::Buckets;
use super::extremes::Extreme;
use super::{BLOCK, ByteOrder, Element, Kernel, Need, Sums};

/// The widest range of powers that a block is added with at once.
const WINDOW: u64 = 63;
/// Up to so many values are added one by one when their powers are too far apart: below, filling
/// and emptying the buckets costs more.
const FEW: usize = 128;

/// A binary floating-point format of IEEE 754, up to 64 bits wide.
pub trait Ieee: Element {
    /// Bits of the stored fraction.
    const FRACTION_BITS: u32;
    /// The exponent of the smallest positive value.
    const LOWEST: i32;
    /// The bits of positive infinity.
    const INFINITY_BITS: u64;

    /// The bit pattern, in the low bits.
    fn bits(self) -> u64;
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
    value.bits() & (T::INFINITY_BITS.next_power_of_two() - 1)
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
    let negative_zero = T::INFINITY_BITS.next_power_of_two();
    let (mut smallest_less_one, mut largest, mut others) = (u64::MAX, 0, 0);
    for &value in block {
        let magnitude = magnitude(value);
        smallest_less_one = smallest_less_one.min(magnitude.wrapping_sub(1));
        largest = largest.max(magnitude);
        others |= value.bits() ^ negative_zero;
    }
    Scan { smallest_less_one, largest, has_other_than_negative_zero: others != 0 }
}

/// The [`Kernel`] of every floating-point type.
pub struct Floats<T: Ieee> {
    need: Need,
    buckets: Option<Buckets<T>>,
}

impl<T: Ieee> Kernel<T> for Floats<T> {
    fn new(need: Need) -> Self {
        Self { need, buckets: None }
    }

    fn update(&mut self, values: &[T], sums: &mut Sums) {
        for block in values.chunks(BLOCK) {
            self.add_block(block, sums);
        }
    }

    fn finish(self, sums: &mut Sums) {
        if let Some(buckets) = self.buckets {
            buckets.finish(sums);
        }
    }
}

impl<T: Ieee> Floats<T> {
    fn add_block(&mut self, block: &[T], sums: &mut Sums) {
        let scan = scan(block);
        sums.has_other_than_negative_zero |= scan.has_other_than_negative_zero;
        if scan.largest >= T::INFINITY_BITS {
            return self.add_without_specials(block, sums);
        }
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

    /// Counts the special values of a block and adds the others.
    #[cold]
    fn add_without_specials(&mut self, block: &[T], sums: &mut Sums) {
        let mut finite = [T::default(); BLOCK];
        let mut length = 0;
        for &value in block {
            if magnitude(value) < T::INFINITY_BITS {
                finite[length] = value;
                length += 1;
            } else if value.is_nan() {
                sums.nans += 1;
            } else if value.bits() == T::INFINITY_BITS {
                sums.positive_infinities += 1;
            } else {
                sums.negative_infinities += 1;
            }
        }
        self.add_block(&finite[..length], sums);
    }

    /// Adds a block whose powers are too far apart for a window.
    #[cold]
    fn add_scattered(&mut self, block: &[T], sums: &mut Sums) {
        if block.len() > FEW {
            return self.buckets.get_or_insert_default().update(block, sums);
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

/// Implements [`Ieee`] and [`Element`] for a native floating-point type.
macro_rules! ieee {
    ($type:ty, $lowest:expr) => {
        impl Ieee for $type {
            const FRACTION_BITS: u32 = <$type>::MANTISSA_DIGITS - 1;
            const LOWEST: i32 = $lowest;
            const INFINITY_BITS: u64 = <$type>::INFINITY.to_bits() as u64;

            #[inline]
            fn bits(self) -> u64 {
                self.to_bits().into()
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

ieee!(f64, -1074);
ieee!(f32, -149);
ieee!(f16, -24);

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
