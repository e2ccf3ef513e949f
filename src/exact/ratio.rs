//! Quotients and roots of exact sums, correctly rounded.
//!
//! The spread `n * S2 - S1^2`, where digits cancel, is the only intermediate that must be computed in full. Of
//! its quotients and roots, the [leading](super::leading) bits are enough. Sums that fit a fixed width take the
//! faster path of [`quick`], with the same result.

use std::cmp::Ordering;

use smallvec::smallvec;

use super::guess::Form;
use super::integer::{Integer, Limbs, Magnitude};
use super::leading::{divide, divide_decimal};
use super::limbs::{self, LIMB_BITS, add_product, subtract_product};
use super::quick;

/// `sum / count`, correctly rounded. A sum of zero gives `+0.0`.
#[inline]
pub fn mean(sum: &Integer, count: u64) -> f64 {
    quick::mean(sum, count).unwrap_or_else(|| decimal_mean(sum, count, 0))
}

/// The same for values in units of `10^-scale`.
pub fn decimal_mean(sum: &Integer, count: u64, scale: i32) -> f64 {
    let sum = sum.magnitude();
    if sum.is_zero() {
        return 0.0;
    }
    divide_decimal(&sum, [count, 1], scale).nearest(sum.negative)
}

/// `sum`, correctly rounded. A sum of zero gives `+0.0`.
pub fn float(sum: &Integer) -> f64 {
    mean(sum, 1)
}

/// The variance of `count` values, correctly rounded; `ddof` must be below `count`.
pub fn variance(sum: &Integer, squares: &Integer, count: u64, ddof: u64) -> f64 {
    let quick = quick::spread(Form::Quotient, sum, squares, count, ddof);
    quick.unwrap_or_else(|| decimal_variance(sum, squares, count, ddof, 0))
}

/// The same for values in units of `10^-scale`.
pub fn decimal_variance(
    sum: &Integer,
    squares: &Integer,
    count: u64,
    ddof: u64,
    scale: i32,
) -> f64 {
    let spread = spread(&sum.magnitude(), &squares.magnitude(), count);
    if spread.is_zero() {
        return 0.0;
    }
    divide_decimal(&spread, [count, count - ddof], 2 * scale).nearest(false)
}

/// The standard deviation, correctly rounded from the unrounded variance.
pub fn stddev(sum: &Integer, squares: &Integer, count: u64, ddof: u64) -> f64 {
    let quick = quick::spread(Form::Root, sum, squares, count, ddof);
    quick.unwrap_or_else(|| decimal_stddev(sum, squares, count, ddof, 0))
}

/// The same for values in units of `10^-scale`.
pub fn decimal_stddev(sum: &Integer, squares: &Integer, count: u64, ddof: u64, scale: i32) -> f64 {
    let spread = spread(&sum.magnitude(), &squares.magnitude(), count);
    if spread.is_zero() {
        return 0.0;
    }
    divide_decimal(&spread, [count, count - ddof], 2 * scale).sqrt().nearest(false)
}

/// The standard deviation of integers of 64 bits times a factor, rounded half to even to an
/// integer. With a factor below `2^37` it has fewer than 127 bits.
pub fn stddev_to_integer(
    sum: &Integer,
    squares: &Integer,
    count: u64,
    ddof: u64,
    factor: u64,
) -> i128 {
    let spread = spread(&sum.magnitude(), &squares.magnitude(), count);
    if spread.is_zero() {
        return 0;
    }
    let scaled = spread.times(factor).times(factor);
    let divisors = [count, count - ddof];
    let root = divide(&scaled, divisors).sqrt().nearest_integer();
    root.unwrap_or_else(|| wide_root(&scaled, divisors)) as i128
}

/// The root of a quotient, rounded half to even, where it has at most 127 bits: by bisection, since
/// deviations of more than `2^63` ticks are rare.
fn wide_root(numerator: &Magnitude, divisors: [u64; 2]) -> u128 {
    // Twice the root, whose lowest bit is the half.
    let Magnitude { base, limbs, .. } = numerator.times(4);
    let mut quotient: Limbs = smallvec![0; limbs_between(0, base)];
    quotient.extend_from_slice(&limbs);
    let mut inexact = false;
    for divisor in divisors {
        inexact |= limbs::divide(&mut quotient, divisor) != 0;
    }
    let to_quotient = |root: u128| {
        let square: [u64; 4] = limbs::square([root as u64, (root >> 64) as u64]);
        let limb = |limbs: &[u64], i: usize| limbs.get(i).copied().unwrap_or(0);
        let highest = quotient.len().max(square.len());
        let each = (0..highest).rev();
        each.map(|i| limb(&square, i).cmp(&limb(&quotient, i))).find(|order| order.is_ne())
    };
    let (mut low, mut beyond) = (0u128, u128::MAX);
    while beyond - low > 1 {
        let middle = low + (beyond - low) / 2;
        if to_quotient(middle) == Some(Ordering::Greater) { beyond = middle } else { low = middle }
    }
    inexact |= to_quotient(low).is_some();
    let (root, half) = (low >> 1, low & 1 == 1);
    root + u128::from(half && (inexact || root & 1 == 1))
}

/// Whether `count` values can have these sums, by the Cauchy-Schwarz inequality.
pub fn is_possible(sum: &Integer, squares: &Integer, count: u64) -> bool {
    if squares.is_negative() {
        return false;
    }
    let difference = difference(&sum.magnitude(), &squares.magnitude(), count).1;
    difference.last().is_none_or(|&top| top >> 63 == 0)
}

/// `count * squares - sum^2`, which is never negative.
fn spread(sum: &Magnitude, squares: &Magnitude, count: u64) -> Magnitude {
    let (base, difference) = difference(sum, squares, count);
    Magnitude::trimmed(false, base, difference)
}

/// `count * squares - sum^2`, as an exponent and a two's complement number.
fn difference(sum: &Magnitude, squares: &Magnitude, count: u64) -> (i32, Limbs) {
    let base = squares.base.min(2 * sum.base);
    let (at_squares, at_sum) =
        (limbs_between(base, squares.base), limbs_between(base, 2 * sum.base));
    let length = (at_squares + squares.limbs.len() + 1).max(at_sum + 2 * sum.limbs.len()) + 1;

    let mut difference: Limbs = smallvec![0; length];
    add_product(&mut difference[at_squares..], &squares.limbs, count);
    for (i, &limb) in sum.limbs.iter().enumerate() {
        subtract_product(&mut difference[at_sum + i..], &sum.limbs, limb);
    }
    (base, difference)
}

fn limbs_between(low: i32, high: i32) -> usize {
    ((high - low) / LIMB_BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::{BigInt, BigUint};
    use num_traits::{Signed, Zero};
    use proptest::prelude::*;

    const UNIT: i32 = 1100;

    fn integer(value: i128, exponent: i32) -> Integer {
        let mut integer = Integer::new();
        integer.add(value, exponent);
        integer
    }

    /// By bisection: the largest double that does not exceed the exact result, then the choice of a neighbour.
    fn slow_round(exceeds: impl Fn(&BigUint) -> std::cmp::Ordering) -> f64 {
        // Doubles are compared as integers in units of 2^-(UNIT+1), so that midpoints are integers.
        let scaled = |bits: u64| {
            let field = (bits >> 52) as i32;
            let significand = bits & ((1 << 52) - 1) | u64::from(field != 0) << 52;
            BigUint::from(significand) << (field.max(1) - 1075 + UNIT + 1) as usize
        };
        let (mut low, mut high) = (0u64, f64::INFINITY.to_bits());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if exceeds(&scaled(middle)).is_gt() { high = middle } else { low = middle }
        }
        let midpoint = (scaled(low) + scaled(high)) >> 1usize;
        let up = match exceeds(&midpoint) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => low & 1 == 1,
            std::cmp::Ordering::Greater => false,
        };
        f64::from_bits(low + u64::from(up))
    }

    #[test]
    fn textbook_values() {
        assert_eq!(mean(&integer(10, 0), 4), 2.5);
        assert_eq!(mean(&integer(-1, 0), 3), -1.0 / 3.0);
        assert_eq!(variance(&integer(10, 0), &integer(30, 0), 4, 0), 1.25);
        assert_eq!(stddev(&integer(10, 0), &integer(30, 0), 4, 0), 1.25f64.sqrt());
        assert_eq!(stddev(&integer(9, 0), &integer(27, 0), 3, 1), 0.0);
    }

    #[test]
    fn deviations_in_whole_ticks() {
        // Of 0 and 3 it is 1.5, of 0 and 5 it is 2.5: both are ties.
        assert_eq!(stddev_to_integer(&integer(3, 0), &integer(9, 0), 2, 0, 1), 2);
        assert_eq!(stddev_to_integer(&integer(5, 0), &integer(25, 0), 2, 0, 1), 2);
        assert_eq!(stddev_to_integer(&integer(3, 0), &integer(9, 0), 2, 0, 86_400), 129_600);
        assert_eq!(stddev_to_integer(&integer(1, 0), &integer(1, 0), 1000, 0, 1), 0);
        let wide = squares_of(&[i64::MIN, i64::MAX]);
        // The widest spread there is: -2^63 and 2^63 - 1 have 2^63 - 1/2, a tie.
        assert_eq!(stddev_to_integer(&integer(-1, 0), &wide, 2, 0, 1), 1 << 63);
        assert_eq!(stddev_to_integer(&integer(-1, 0), &wide, 2, 0, 3), 3 * (1 << 63) - 2);
        assert_eq!(
            stddev_to_integer(&integer(-1, 0), &wide, 2, 0, 1_000_000),
            1_000_000 * (1i128 << 63) - 500_000
        );
    }

    fn squares_of(values: &[i64]) -> Integer {
        let mut squares = Integer::new();
        for &value in values {
            let square = i128::from(value).unsigned_abs().pow(2);
            squares.add_digits(&[square as u64, (square >> 64) as u64, 0], 0);
        }
        squares
    }

    #[test]
    fn counts_beyond_32_bits_take_two_divisions() {
        let count = u64::MAX;
        // Half of the values are 1, half are 0 (and one more is 0): p * (1 - p).
        let ones = integer(i128::from(count / 2), 0);
        let expected = {
            let (n, k) = (u128::from(count), u128::from(count / 2));
            (k * (n - k)) as f64 / (n * n) as f64
        };
        assert_eq!(variance(&ones, &ones, count, 0), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// Twice the root, squared, lies around four times the quotient.
        #[test]
        fn deviations_are_rounded_half_to_even(
            values in prop::collection::vec(any::<i64>().prop_flat_map(|v| (0..63).prop_map(move |s| v >> s)), 1..6),
            factor in prop::sample::select(vec![1u64, 2, 3, 1000, 1_000_000, 86_400_000_000]),
            ddof in 0u64..2,
        ) {
            let count = values.len() as u64;
            prop_assume!(count > ddof);
            let sum = values.iter().map(|&value| i128::from(value)).sum::<i128>();
            let found = stddev_to_integer(&integer(sum, 0), &squares_of(&values), count, ddof, factor);
            let big_squares = values.iter().map(|&value| BigInt::from(value).pow(2)).sum::<BigInt>();
            let spread = big_squares * count - BigInt::from(sum).pow(2);
            let target: BigInt = spread * factor * factor * 4;
            let divisor = BigInt::from(count) * (count - ddof);
            let around = |twice: BigInt| (&twice * &twice * &divisor).cmp(&target);
            let (below, above) = (around(BigInt::from(found) * 2 - 1), around(BigInt::from(found) * 2 + 1));
            let even = found % 2 == 0;
            prop_assert!(found == 0 || below.is_lt() || (even && below.is_eq()), "{found} is too large");
            prop_assert!(above.is_gt() || (even && above.is_eq()), "{found} is too small");
        }

        #[test]
        fn equals_the_rational_definition(
            values in prop::collection::vec((any::<i64>(), 0i32..12), 1..9),
            scale in -1074i32..940,
            copies in prop::sample::select(vec![1u64, 3, 1 << 20, (1 << 40) + 1, 1 << 60]),
            ddof in 0u64..2,
        ) {
            let count = values.len() as u64 * copies;
            prop_assume!(count > ddof);
            let (mut sum, mut squares) = (Integer::new(), Integer::new());
            let (mut big_sum, mut big_squares) = (BigInt::zero(), BigInt::zero());
            for &(value, shift) in &values {
                // Values as a double could hold them, so that the variance stays finite.
                let value = value >> 12;
                let big = BigInt::from(value) << shift;
                big_squares += &big * &big * copies;
                big_sum += big * copies;
                sum.add(i128::from(value) * i128::from(copies), scale + shift);
                squares.add(i128::from(value).pow(2), 2 * (scale + shift));
            }
            let mut all_squares = Integer::new();
            for bit in (0..64).filter(|bit| copies >> bit & 1 == 1) {
                // The same squares, `copies` times: shifted copies of the sum of one set.
                let magnitude = squares.magnitude();
                if !magnitude.is_zero() {
                    all_squares.add_digits(&[magnitude.limbs.as_slice(), &[0]].concat(), magnitude.base + bit);
                }
            }
            let spread = &big_squares * count - &big_sum * &big_sum;
            let divisor = BigUint::from(count) * (count - ddof);

            // mean: compare double * count with |sum|, everything in units of 2^-(UNIT+1)
            let target = big_sum.abs().to_biguint().unwrap() << (scale + UNIT + 1) as usize;
            let expected = slow_round(|double| (double * count).cmp(&target));
            prop_assert_eq!(mean(&sum, count).abs(), expected);

            let target = spread.to_biguint().unwrap();
            // variance: the unit of the spread is 2^(2*scale)
            let up = (2 * scale + 2 * UNIT + 2) as usize;
            let expected = slow_round(|double| ((double * &divisor) << (UNIT + 1) as usize).cmp(&(&target << up)));
            prop_assert_eq!(variance(&sum, &all_squares, count, ddof), expected);

            let expected = slow_round(|double| (double * double * &divisor).cmp(&(&target << up)));
            prop_assert_eq!(stddev(&sum, &all_squares, count, ddof), expected);
        }
    }
}
