//! The binary floating-point formats of IEEE 754, as integers see them.
//!
//! A finite value is `±significand * 2^(LOWEST + power)` with `0 <= power`. Its magnitude, the bits without the
//! sign, is ordered as absolute values are; magnitudes from that of infinity on are special values. Nothing
//! here executes a floating-point instruction, so the floating-point environment has no effect.

use half::f16;

use super::element::Element;
use super::sums::Sums;
use super::vector::{Vector, padded};
use crate::exact::Integer;

/// A binary floating-point format of IEEE 754, up to 64 bits wide.
pub trait Ieee: Element {
    /// The number of stored fraction bits.
    const FRACTION_BITS: u32;
    /// The exponent of the smallest positive value.
    const LOWEST: i32;
    /// The bits of positive infinity.
    const INFINITY_BITS: u64;
    /// A NaN.
    const NOT_A_NUMBER: Self;
    /// Whether it is that of an `f64`.
    const IS_DOUBLE: bool = Self::FRACTION_BITS == f64::MANTISSA_DIGITS - 1;

    /// The bit pattern, zero-extended.
    fn bits(self) -> u64;

    /// Whether the value is zero, of either sign.
    fn is_zero(self) -> bool {
        magnitude(self) == 0
    }

    /// Loads a vector from the front of a slice, widened to doubles.
    fn load<V: Vector>(detected: V::Detected, values: &[Self]) -> V;

    /// Loads all values of a slice that is shorter than a vector, widened to doubles and padded with zeros.
    fn load_some<V: Vector>(detected: V::Detected, values: &[Self]) -> V;
}

/// One finite value: `±significand * 2^(LOWEST + power)`.
pub(crate) struct Parts {
    pub(crate) negative: bool,
    pub(crate) significand: u64,
    pub(crate) power: u64,
}

/// Decomposes a finite value.
#[inline]
pub(crate) fn parts<T: Ieee>(value: T) -> Parts {
    let magnitude = magnitude(value);
    let field = magnitude >> T::FRACTION_BITS;
    let hidden = u64::from(field != 0);
    Parts {
        negative: value.bits() != magnitude,
        significand: magnitude & ((1 << T::FRACTION_BITS) - 1) | hidden << T::FRACTION_BITS,
        power: field - hidden,
    }
}

/// A finite value as an exact integer.
pub(crate) fn integer<T: Ieee>(value: T) -> Integer {
    let Parts { negative, significand, power } = parts(value);
    let significand = i128::from(significand);
    let mut integer = Integer::new();
    integer.add(if negative { -significand } else { significand }, T::LOWEST + power as i32);
    integer
}

/// The bits without the sign, which are ordered as absolute values are.
#[inline(always)]
pub(crate) fn magnitude<T: Ieee>(value: T) -> u64 {
    value.bits() & (negative_zero::<T>() - 1)
}

/// The bits of -0.0: the sign alone.
#[inline(always)]
pub(crate) fn negative_zero<T: Ieee>() -> u64 {
    T::INFINITY_BITS.next_power_of_two()
}

/// The power of a magnitude.
pub(crate) fn power_of<T: Ieee>(magnitude: u64) -> u64 {
    (magnitude >> T::FRACTION_BITS).max(1) - 1
}

/// The exponent of a power of two above a magnitude; `i32::MAX` for special values.
pub(crate) fn top_of<T: Ieee>(magnitude: u64) -> i32 {
    if magnitude >= T::INFINITY_BITS {
        return i32::MAX;
    }
    T::LOWEST + power_of::<T>(magnitude) as i32 + T::FRACTION_BITS as i32 + 1
}

/// Counts the special values of a block, and copies the finite ones to the front of another, which must
/// be as long. Returns the number of finite values.
#[cold]
pub(crate) fn take_finite<T: Ieee>(block: &[T], finite: &mut [T], sums: &mut Sums) -> usize {
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

/// Implements [`Ieee`] for a native floating-point type.
macro_rules! ieee {
    ($type:ty, $lowest:expr, $load:expr, $load_some:expr) => {
        impl Ieee for $type {
            const FRACTION_BITS: u32 = <$type>::MANTISSA_DIGITS - 1;
            const LOWEST: i32 = $lowest;
            const INFINITY_BITS: u64 = <$type>::INFINITY.to_bits() as u64;
            const NOT_A_NUMBER: Self = <$type>::NAN;

            #[inline(always)]
            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            #[inline(always)]
            fn load<V: Vector>(detected: V::Detected, values: &[Self]) -> V {
                $load(detected, values)
            }

            #[inline(always)]
            fn load_some<V: Vector>(detected: V::Detected, values: &[Self]) -> V {
                $load_some(detected, values)
            }
        }
    };
}

ieee!(f64, -1074, V::load, V::load_some);
ieee!(f32, -149, V::widen, V::widen_some);
ieee!(f16, -24, V::widen_halves, |detected, values| V::widen_halves(detected, &padded(values)));
