//! The oracle of the core's tests: correct rounding by bisection, with the big integers of num-bigint.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint};

/// Doubles are integers in units of 2^-UNIT.
pub const UNIT: usize = 1074;

/// A finite double in units of 2^-UNIT.
pub fn exact(value: f64) -> Option<BigInt> {
    let bits = value.to_bits();
    let field = (bits >> 52 & 0x7ff) as usize;
    let significand = bits & ((1 << 52) - 1) | u64::from(field != 0) << 52;
    let magnitude = BigInt::from(significand) << (field.max(1) - 1);
    value.is_finite().then(|| if value.is_sign_negative() { -magnitude } else { magnitude })
}

/// The magnitude with these bits in units of 2^-(UNIT + 1), in which the midpoint of two neighbours is an
/// integer. Infinity is 2^1024, the next double if the exponents went on.
fn scaled(bits: u64) -> BigUint {
    let value = if bits == f64::INFINITY.to_bits() {
        BigInt::from(1) << (1024 + UNIT)
    } else {
        exact(f64::from_bits(bits)).expect("finite")
    };
    value.to_biguint().expect("not negative") << 1usize
}

/// The midpoint of a magnitude and the next one.
fn midpoint(low: u64) -> BigUint {
    (scaled(low) + scaled(low + 1)) >> 1usize
}

/// The double nearest to a number that is only known by comparison, found by bisection. `compare` takes
/// a double in units of 2^-(UNIT + 1).
#[allow(dead_code)] // not used by every test
pub fn nearest(compare: impl Fn(&BigUint) -> Ordering) -> f64 {
    let (mut low, mut high) = (0, f64::INFINITY.to_bits());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if compare(&scaled(middle)).is_gt() { high = middle } else { low = middle }
    }
    let up = match compare(&midpoint(low)) {
        Ordering::Less => true,
        Ordering::Equal => low & 1 == 1,
        Ordering::Greater => false,
    };
    f64::from_bits(low + u64::from(up))
}

/// Whether a double is the [`nearest`]: the number lies between the midpoints on both sides of it. This is
/// much faster than the search.
#[allow(dead_code)] // not used by every test
pub fn is_nearest(double: f64, compare: impl Fn(&BigUint) -> Ordering) -> bool {
    let bits = double.to_bits();
    let allowed = |wrong: Ordering, midpoint: &BigUint| match compare(midpoint) {
        Ordering::Equal => bits & 1 == 0,
        other => other != wrong,
    };
    (bits == 0 || allowed(Ordering::Greater, &midpoint(bits - 1)))
        && (bits >= f64::INFINITY.to_bits() || allowed(Ordering::Less, &midpoint(bits)))
        && bits <= f64::INFINITY.to_bits()
}

/// The double nearest to a quotient that is not negative.
#[allow(dead_code)] // not used by every test
pub fn quotient(numerator: &BigUint, denominator: &BigUint) -> f64 {
    nearest(|double| (double * denominator).cmp(&(numerator << (UNIT + 1))))
}

/// The double nearest to the root of a quotient that is not negative.
#[allow(dead_code)] // not used by every test
pub fn root(numerator: &BigUint, denominator: &BigUint) -> f64 {
    nearest(|double| (double * double * denominator).cmp(&(numerator << (2 * UNIT + 2))))
}
