//! The one place where a number is rounded.
//!
//! `nearest` assembles an `f64` from integers alone, so the rounding mode and the flush-to-zero flags of
//! the processor cannot affect the result. Ties go to the even neighbour, subnormal results keep all the bits
//! they can have, and what is too large becomes infinite, as IEEE 754 demands.

/// Bits of precision of an `f64`.
const PRECISION: i32 = f64::MANTISSA_DIGITS as i32;
/// Exponent of the smallest positive `f64`.
const LOWEST: i32 = f64::MIN_EXP - PRECISION;
/// The biased exponent that means infinity.
const INFINITE: i32 = 0x7ff;

/// The `f64` nearest to `±(significand + rest) * 2^exponent`, where `rest` lies in `[0, 1)` and is
/// positive if and only if `inexact`.
///
/// An inexact significand must have more than 54 bits, or `rest` could decide more than a tie.
pub(crate) fn nearest(negative: bool, significand: u128, exponent: i32, inexact: bool) -> f64 {
    let bits = (u128::BITS - significand.leading_zeros()) as i32;
    debug_assert!(!inexact || bits > PRECISION + 1);
    let drop = (bits - PRECISION).max(LOWEST - exponent);
    let magnitude = if drop <= 0 {
        // Fewer bits than an f64 holds: nothing to round.
        assemble((significand << -drop) as u64, exponent + drop)
    } else {
        assemble(shift_right_to_even(significand, drop as u32, inexact) as u64, exponent + drop)
    };
    f64::from_bits(magnitude | u64::from(negative) << 63)
}

/// `(significand + rest) / 2^drop` rounded half to even, for a positive `drop`; `rest` as above.
pub(super) fn shift_right_to_even(significand: u128, drop: u32, inexact: bool) -> u128 {
    if drop > u128::BITS {
        return 0;
    }
    let kept = significand.checked_shr(drop).unwrap_or(0);
    let half = 1u128 << (drop - 1);
    let rest = significand & (half | (half - 1));
    let up = rest > half || (rest == half && (inexact || kept & 1 == 1));
    kept + u128::from(up)
}

/// The bits of `significand * 2^exponent`, which must be representable or overflow.
fn assemble(significand: u64, exponent: i32) -> u64 {
    let hidden = 1u64 << (PRECISION - 1);
    if significand < hidden {
        return significand; // zero or subnormal: the exponent is LOWEST
    }
    // A significand that was rounded up to 2^53 carries into the exponent by itself.
    let biased = exponent - LOWEST + 1;
    if biased >= INFINITE {
        return f64::INFINITY.to_bits();
    }
    ((biased as u64) << (PRECISION - 1)) + (significand - hidden)
}

/// `numerator / denominator` as an integer, rounded half to even; the denominator is positive.
pub(crate) fn to_integer(numerator: i128, denominator: i128) -> i128 {
    let (floor, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let twice = 2 * rest;
    let up = twice > denominator || (twice == denominator && floor & 1 == 1);
    floor + i128::from(up)
}

/// `numerator * factor / denominator` as an integer, rounded half to even. The quotient of the
/// first and the last must have 90 bits at most, and the others are positive and have 64.
pub(crate) fn scaled_to_integer(numerator: i128, factor: i128, denominator: i128) -> i128 {
    // The product may be too wide, but not the parts: numerator = whole * denominator + rest.
    let (whole, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let whole = whole * factor;
    // An odd part belongs to what is rounded, since ties go to the even sum.
    let odd = whole & 1;
    whole - odd + to_integer(rest * factor + odd * denominator, denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let one = 1u128 << 53;
        assert_eq!(nearest(false, one + 1, -53, false), 1.0);
        assert_eq!(nearest(false, one + 3, -53, false), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(nearest(true, (one + 1) << 10, -63, true), -(1.0 + f64::EPSILON));
    }

    #[test]
    fn the_limits_of_the_format() {
        assert_eq!(nearest(false, 1, -1074, false), 5e-324);
        assert_eq!(nearest(false, 1, -1075, false), 0.0);
        assert_eq!(nearest(false, 3, -1075, false), 1e-323);
        assert_eq!(nearest(false, (1 << 64) + 1, -1075 - 64, false), 5e-324);
        assert_eq!(nearest(false, 1, 1024, false), f64::INFINITY);
        assert_eq!(nearest(false, u128::MAX, 1024 - 128, false), f64::INFINITY);
        assert_eq!(nearest(false, (1 << 53) - 1, 971, false), f64::MAX);
        assert_eq!(nearest(true, 0, 0, false).to_bits(), (-0.0f64).to_bits());
        assert_eq!(nearest(false, 1 << 70, -3000, false), 0.0);
        assert_eq!(nearest(false, 1, 1000, false), 2f64.powi(1000));
    }

    #[test]
    fn integers_round_half_to_even() {
        let cases = [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)];
        for (numerator, expected) in cases {
            assert_eq!(to_integer(numerator, 2), expected, "{numerator}/2");
        }
        assert_eq!(to_integer(-4, 3), -1);
        assert_eq!(to_integer(i128::from(i64::MIN), 1), i128::from(i64::MIN));
    }

    #[test]
    fn products_round_half_to_even() {
        for numerator in -40i128..40 {
            for (factor, denominator) in [(1, 1), (1, 2), (3, 2), (5, 6), (1000, 16), (7, 14)] {
                let expected = to_integer(numerator * factor, denominator);
                assert_eq!(scaled_to_integer(numerator, factor, denominator), expected);
            }
        }
        // 2^62 ticks of 2^62 rows, and a half.
        let (count, sum) = (1i128 << 62, (1i128 << 124) + (1 << 61));
        assert_eq!(scaled_to_integer(sum, 1, count), 1 << 62);
        assert_eq!(scaled_to_integer(sum, 1_000_000, count), (1i128 << 62) * 1_000_000 + 500_000);
    }

    proptest! {
        #[test]
        fn every_double_survives(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let field = (bits >> 52 & 0x7ff) as i32;
            let hidden = u64::from(field != 0) << 52;
            let significand = u128::from(bits & ((1 << 52) - 1) | hidden);
            let rounded = nearest(value.is_sign_negative(), significand, field.max(1) - 1075, false);
            prop_assert_eq!(rounded.to_bits(), bits);
        }

        #[test]
        fn integers_round_as_the_language_does(value: u128) {
            // The conversion from integer to float is correctly rounded by the language.
            prop_assert_eq!(nearest(false, value, 0, false), value as f64);
        }
    }
}
