//! Exact division: of numbers that are known to be multiples of others.
//!
//! It starts at the low end (Jebelean's algorithm), where each limb of the quotient is a limb of what is left times the
//! inverse of the divisor's lowest limb modulo `2^64`: nothing is guessed, and the upper half of the products is never
//! computed.

use super::integer::Integer;
use super::limbs::{funnel_right, subtract_product};

impl Integer {
    /// The quotient of a number that is a multiple of the divisor: by an integer, or by one divided by a power of two.
    pub fn divided_exactly(&self, divisor: &Self) -> Self {
        let (numerator, divisor) = (self.magnitude(), divisor.magnitude());
        debug_assert!(!divisor.is_zero(), "the caller does not divide by zero");
        let Some((&lowest, rest)) = divisor.limbs().split_first() else { return Self::new() };
        if numerator.is_zero() {
            return Self::new();
        }
        // An odd divisor divides the limbs of the numerator as they stand, without the powers of two of either.
        let shift = lowest.trailing_zeros();
        let above = rest.iter().copied().chain([0]);
        let odd = divisor.limbs().iter().zip(above);
        let mut odd = odd.map(|(&low, high)| funnel_right(high, low, shift)).collect::<Vec<_>>();
        odd.truncate(odd.len() - odd.iter().rev().take_while(|&&limb| limb == 0).count());

        let mut rest = numerator.limbs().to_vec();
        let digits = (rest.len() + 1).saturating_sub(odd.len());
        let inverse = inverse(odd[0]);
        let mut quotient = Vec::with_capacity(digits);
        for at in 0..digits {
            let digit = rest[at].wrapping_mul(inverse);
            // What is borrowed from beyond the last digit of the quotient does not matter.
            let factor = &odd[..odd.len().min(digits - at)];
            subtract_product(&mut rest[at..digits], factor, digit);
            quotient.push(digit);
        }
        let negative = numerator.negative != divisor.negative;
        let quotient = Self::from_magnitude(negative, numerator.base - divisor.base, &quotient);
        if shift == 0 { quotient } else { quotient.scaled(-(shift as i32)) }
    }
}

/// The inverse of an odd number modulo `2^64`.
fn inverse(odd: u64) -> u64 {
    // Right in three bits; each of Newton's steps doubles them.
    (0..5)
        .fold(odd, |inverse, _| inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn integer(terms: &[(i128, i32)]) -> Integer {
        let mut sum = Integer::new();
        terms.iter().for_each(|&(value, exponent)| sum.add(value, exponent));
        sum
    }

    #[test]
    fn quotients_may_be_fractions_of_powers_of_two() {
        let (six, four) = (integer(&[(6, 0)]), integer(&[(4, 0)]));
        assert_eq!(six.divided_exactly(&four), integer(&[(3, -1)]));
        assert_eq!(Integer::new().divided_exactly(&four), Integer::new());
        assert_eq!(four.divided_exactly(&integer(&[(-1, 64)])), integer(&[(-1, -62)]));
    }

    proptest! {
        #[test]
        fn a_product_divided_by_a_factor_is_the_other(
            one in prop::collection::vec((any::<i128>(), -900i32..900), 0..4),
            other in prop::collection::vec((any::<i128>(), 0u32..127, -900i32..900), 1..4),
        ) {
            let other = other.iter().map(|&(value, shift, exponent)| (value >> shift, exponent));
            let (one, other) = (integer(&one), integer(&other.collect::<Vec<_>>()));
            prop_assume!(!other.is_zero());
            prop_assert_eq!(one.times(&other).divided_exactly(&other), one);
        }
    }
}
