//! Quotients of two wide integers and their roots, correctly rounded: what statistics of several sums come to.
//!
//! A covariance, a correlation, a skewness or a coefficient of a regression is `x / d`, or `±sqrt(x / d)`, where `x` and
//! `d` are polynomials in exact sums. Both are computed in full, since their terms cancel; of the quotient, the
//! [leading](super::leading) bits are enough.

use super::guess::Form;
use super::integer::{Integer, Magnitude};
use super::leading::divide_wide;

/// `numerator / denominator`, or its root, with the sign of `negative`; correctly rounded. Both must have the same sign,
/// and the denominator must not be zero. Zero gives `+0.0`.
pub fn nearest(form: Form, negative: bool, numerator: &Integer, denominator: &Integer) -> f64 {
    let (numerator, denominator) = (numerator.magnitude(), denominator.magnitude());
    debug_assert!(numerator.is_zero() || numerator.negative == denominator.negative);
    rounded(form, negative, &numerator, &denominator)
}

/// The quotient of two integers, with the sign that they give it.
pub fn quotient(numerator: &Integer, denominator: &Integer) -> f64 {
    let (numerator, denominator) = (numerator.magnitude(), denominator.magnitude());
    let negative = numerator.negative != denominator.negative;
    rounded(Form::Quotient, negative, &numerator, &denominator)
}

fn rounded(form: Form, negative: bool, numerator: &Magnitude, denominator: &Magnitude) -> f64 {
    debug_assert!(!denominator.is_zero(), "the caller has answered for a denominator of zero");
    if numerator.is_zero() {
        return 0.0;
    }
    let quotient = divide_wide(numerator, denominator);
    match form {
        Form::Quotient => quotient.nearest(negative),
        Form::Root => quotient.sqrt().nearest(negative),
    }
}

/// `numerator / (denominator * 10^tens)` as a numerator and a denominator.
pub fn over_tens(numerator: &Integer, denominator: &Integer, tens: i32) -> (Integer, Integer) {
    let power = power_of_ten(tens.unsigned_abs());
    match tens {
        ..0 => (numerator.times(&power), denominator.clone()),
        _ => (numerator.clone(), denominator.times(&power)),
    }
}

/// `10^power`.
pub fn power_of_ten(power: u32) -> Integer {
    (0..power).fold(1u64.into(), |product: Integer, _| product.times_integer(10))
}

/// The nearest integer to a quotient with a positive denominator, ties to the even one; `None` if it has more than about 120
/// bits.
pub fn nearest_integer(numerator: &Integer, denominator: &Integer) -> Option<i128> {
    let (numerator, denominator) = (numerator.magnitude(), denominator.magnitude());
    if numerator.is_zero() {
        return Some(0);
    }
    let magnitude = divide_wide(&numerator, &denominator).nearest_integer()?;
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(if numerator.negative { -magnitude } else { magnitude })
}

/// The nearest integer to the root of a quotient of positive numbers, or of zero, ties to the even one; `None` if it has
/// more than 126 bits.
pub fn nearest_integer_root(numerator: &Integer, denominator: &Integer) -> Option<i128> {
    if numerator.is_zero() {
        return Some(0);
    }
    let root = divide_wide(&numerator.magnitude(), &denominator.magnitude()).sqrt();
    match root.nearest_integer() {
        Some(root) => i128::try_from(root).ok(),
        None => wide_root(numerator, denominator),
    }
}

/// The same by bisection, since roots of more than 63 bits are rare.
fn wide_root(numerator: &Integer, denominator: &Integer) -> Option<i128> {
    // Twice the root, whose lowest bit is the half.
    let square = numerator.times_integer(4);
    let rest = |twice: u128| {
        let twice = Integer::from(twice);
        let mut rest = square.clone();
        rest.subtract(&twice.times(&twice).times(denominator));
        rest
    };
    let (mut low, mut beyond) = (0u128, 1 << 127);
    if !rest(beyond).is_negative() {
        return None;
    }
    while beyond - low > 1 {
        let middle = low + (beyond - low) / 2;
        if rest(middle).is_negative() { beyond = middle } else { low = middle }
    }
    let (root, is_past_half) = (low >> 1, low & 1 == 1);
    let is_up = is_past_half && (root & 1 == 1 || !rest(low).is_zero());
    Some((root + u128::from(is_up)) as i128)
}

#[cfg(test)]
mod tests {
    use super::super::double_double::add;
    use super::super::ratio;
    use super::*;
    use proptest::prelude::*;

    fn integer(terms: &[(i128, i32)]) -> Integer {
        let mut sum = Integer::new();
        terms.iter().for_each(|&(value, exponent)| sum.add(value, exponent));
        sum
    }

    /// Terms of an integer of any width.
    fn terms() -> impl Strategy<Value = Vec<(i128, i32)>> {
        let term = (any::<i128>(), 0u32..127, -600i32..600);
        prop::collection::vec(
            term.prop_map(|(value, shift, exponent)| (value >> shift, exponent)),
            1..6,
        )
    }

    #[test]
    fn integer_roots_are_rounded_once() {
        for root in [0i128, 1, 5, 1 << 62, (1 << 63) + 1, (1 << 125) - 3] {
            let square = |half: i128| {
                integer(&[(2 * root + half, 0)]).times(&integer(&[(2 * root + half, 0)]))
            };
            let quarter = Integer::from(4u64);
            let cases = [(0, 0, root), (1, 0, root + (root & 1)), (1, -1, root), (1, 1, root + 1)];
            for (half, more, expected) in cases {
                let mut square = square(half);
                square.add(more, 0);
                assert_eq!(nearest_integer_root(&square, &quarter), Some(expected), "{root}");
            }
        }
        let huge = integer(&[(1, 126)]);
        assert_eq!(nearest_integer_root(&huge.times(&huge), &1u64.into()), None);
    }

    proptest! {
        /// A quotient `c * d / d`, next to a double or to the middle between two, is `c` rounded.
        #[test]
        fn quotients_of_products_are_the_factors(
            denominator in terms(),
            factor in any::<u64>(),
            exponent in -1100i32..900,
            tiny in prop::sample::select(vec![-1i128, 0, 1]),
        ) {
            let denominator = integer(&denominator);
            prop_assume!(!denominator.is_zero());
            let factor = integer(&[((factor >> 10 | 1 << 53).into(), exponent), (tiny, exponent - 300)]);
            let expected = ratio::float(&factor);
            prop_assert_eq!(quotient(&factor.times(&denominator), &denominator), expected);
            let squares = factor.times(&factor).times(&denominator);
            let (squares, denominator) = match denominator.is_negative() {
                true => (squares.negative(), denominator.negative()),
                false => (squares, denominator),
            };
            prop_assert_eq!(nearest(Form::Root, false, &squares, &denominator), expected);
        }

        /// Quotients of any integers lie between the midpoints next to the result.
        #[test]
        fn quotients_are_the_nearest(numerator in terms(), denominator in terms()) {
            let (numerator, denominator) = (integer(&numerator), integer(&denominator));
            prop_assume!(!denominator.is_zero() && !numerator.is_zero());
            let result = quotient(&numerator, &denominator);
            prop_assume!(result.is_normal());
            let twice = numerator.times_integer(2);
            for (neighbour, is_above) in [(result.next_up(), true), (result.next_down(), false)] {
                prop_assume!(neighbour.is_finite());
                let mut midpoint = Integer::new();
                add(&mut midpoint, result);
                add(&mut midpoint, neighbour);
                // The quotient is compared with half of this sum: the sign of (2 x - sum * d) / d.
                let mut difference = twice.clone();
                difference.subtract(&midpoint.times(&denominator));
                let is_beyond = (difference.is_negative() == denominator.is_negative()) == is_above;
                prop_assert!(!is_beyond || difference.is_zero());
            }
        }
    }
}
