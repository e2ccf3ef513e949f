//! Weighted means and spreads of few values, such as those of a group, without exact sums.
//!
//! Exact sums of products take microseconds to make, to add to and to divide, which is more than to read a thousand
//! values. Here each sum is the sum of two doubles, `high + low`: the rest of each addition to `high`, and of each product,
//! is added to `low`. How far off that is follows from the magnitudes of these rests. What
//! [`double_double`](crate::exact::double_double) cannot decide then is left to the caller.
//!
//! # Error bounds
//!
//! Sums and products of two doubles are exact with their rests. So what is off is `low`: of `k` additions to it each rounds
//! to within `2^-53` of what is there by then, which is at most the sum of the magnitudes of all rests. The terms of `low`
//! are themselves rounded where products have three factors, by `2^-105` of a term of a sum of terms of one sign. Products
//! of numbers that are too small to be exact are off by `2^-1074`, times a weight; sums are within `2^400` of one, so that this
//! is nothing next to the errors of the arithmetic that follows.

use super::dispatch::{self, Level, Task};
use super::vector::Vector;
use crate::exact::double_double::{DoubleDouble, two_product, two_sum};
use crate::exact::{Form, Undecided};

/// Maximum number of values: more are worth exact sums, or those to within an error, by vectors.
pub const MAX_LEN: usize = 1 << 13;
/// Sums lie within two to this power of one.
const MAX_EXPONENT: i64 = 400;

/// What is asked about values with weights.
#[derive(Clone, Copy, Debug)]
pub enum WeighedResult {
    /// The mean.
    Mean,
    /// The variance or its root.
    Spread {
        /// Which of them.
        form: Form,
        /// What is subtracted from the sum of the weights.
        ddof: u64,
    },
}

/// The answer for at least one value with a weight above zero each, correctly rounded; none if the weights leave no degrees
/// of freedom.
///
/// # Errors
/// [`Undecided`] if it takes exact sums: where values are not finite, too many, too large or small, or cancel.
pub fn answer(
    values: &[f64],
    weights: &[f64],
    result: WeighedResult,
) -> Result<Option<f64>, Undecided> {
    debug_assert_eq!(values.len(), weights.len(), "each value has a weight");
    let mut answer = Err(Undecided);
    match Level::current() {
        _ if values.len() > MAX_LEN => (),
        // Its multiply-adds are slow.
        Level::Portable => (),
        level => dispatch::run(level, Answer { values, weights, result, answer: &mut answer }),
    }
    answer
}

struct Answer<'a> {
    values: &'a [f64],
    weights: &'a [f64],
    result: WeighedResult,
    answer: &'a mut Result<Option<f64>, Undecided>,
}

impl Task for Answer<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self { values, weights, result, answer } = self;
        *answer = match result {
            WeighedResult::Mean => mean(values, weights).map(Some),
            WeighedResult::Spread { form, ddof } => spread(values, weights, form, ddof),
        };
    }
}

/// A sum of doubles.
#[derive(Clone, Copy, Default)]
struct Sum {
    high: f64,
    low: f64,
    /// The sum of the magnitudes of the terms of `low`.
    rests: f64,
}

impl Sum {
    #[inline(always)]
    fn add(&mut self, term: f64) {
        let (high, rest) = two_sum(self.high, term);
        self.high = high;
        self.add_rest(rest);
    }

    #[inline(always)]
    fn add_rest(&mut self, rest: f64) {
        self.low += rest;
        self.rests += rest.abs();
    }

    /// The sum of this number of terms, each added with the rest of its product, and the bound on its rounding error.
    #[inline(always)]
    fn finish(self, terms: usize) -> DoubleDouble {
        // Two additions to `low` for each term, and as many to `rests`, which rounds down as well as up.
        let error = self.rests * (4.0 * terms as f64) * (f64::EPSILON / 2.0);
        DoubleDouble::new(self.high, self.low, error)
    }
}

#[inline(always)]
fn mean(values: &[f64], weights: &[f64]) -> Result<f64, Undecided> {
    if values.iter().all(|&value| value == 0.0) {
        let are_negative = values.iter().all(|value| value.is_sign_negative());
        return Ok(if are_negative { -0.0 } else { 0.0 });
    }
    let (mut sum, mut weight) = (Sum::default(), Sum::default());
    for (&value, &one) in values.iter().zip(weights) {
        let (product, rest) = two_product(value, one);
        sum.add(product);
        sum.add_rest(rest);
        weight.add(one);
    }
    let [sum, weight] = [sum, weight].map(|sum| sum.finish(values.len()));
    if !sum.is_within(MAX_EXPONENT) || !weight.is_within(MAX_EXPONENT) {
        return Err(Undecided);
    }
    sum.over(weight).and_then(DoubleDouble::nearest).ok_or(Undecided)
}

#[inline(always)]
fn spread(
    values: &[f64],
    weights: &[f64],
    form: Form,
    ddof: u64,
) -> Result<Option<f64>, Undecided> {
    let centre = centre(values);
    let (mut first, mut second, mut weight) = (Sum::default(), Sum::default(), Sum::default());
    for (&value, &one) in values.iter().zip(weights) {
        let value = value - centre;
        let (product, rest) = two_product(value, one);
        first.add(product);
        first.add_rest(rest);
        let (square, square_rest) = two_product(value, value);
        let (product, rest) = two_product(square, one);
        second.add(product);
        second.add_rest(square_rest.mul_add(one, rest));
        weight.add(one);
    }
    let [first, second, weight] = [first, second, weight].map(|sum| sum.finish(values.len()));
    if !weight.is_within(MAX_EXPONENT) || ddof >= 1 << f64::MANTISSA_DIGITS {
        return Err(Undecided);
    }
    let freedom = weight.minus(DoubleDouble::new(ddof as f64, 0.0, 0.0));
    if freedom.is_at_most_zero() {
        return Ok(None);
    }
    let are_equal = values[0].is_finite() && values.iter().all(|&value| value == values[0]);
    if are_equal && freedom.is_positive() {
        return Ok(Some(0.0));
    }
    if !second.is_within(MAX_EXPONENT) {
        return Err(Undecided);
    }
    let squares = weight.times(second.of_rounded_terms());
    let variance = squares.minus(first.times(first)).over(weight.times(freedom));
    let result = match form {
        Form::Quotient => variance,
        Form::Root => variance.and_then(DoubleDouble::root),
    };
    result.and_then(DoubleDouble::nearest).map(Some).ok_or(Undecided)
}

/// One of the values, if its differences from all of them are exact, and otherwise zero: where values are far from zero,
/// and near each other, the squares of differences hardly cancel.
#[inline(always)]
fn centre(values: &[f64]) -> f64 {
    let first = values[0];
    // Bits, so that this becomes a loop of vectors.
    let rests = values.iter().fold(0, |all, &value| all | two_sum(value, -first).1.to_bits() << 1);
    if rests == 0 { first } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::double_double::number;
    use crate::exact::{Integer, rational};
    use proptest::prelude::*;

    /// What exact sums come to.
    fn expected(values: &[f64], weights: &[f64], result: WeighedResult) -> Option<f64> {
        let [mut first, mut second, mut weight] = [(); 3].map(|()| Integer::new());
        for (&value, &one) in values.iter().zip(weights) {
            let (value, one) = (number(value), number(one));
            let product = value.times(&one);
            second.merge(&product.times(&value));
            first.merge(&product);
            weight.merge(&one);
        }
        let WeighedResult::Spread { form, ddof } = result else {
            return Some(rational::quotient(&first, &weight));
        };
        let mut freedom = weight.clone();
        freedom.subtract(&ddof.into());
        if freedom.is_negative() || freedom.is_zero() {
            return None;
        }
        let mut spread = second.times(&weight);
        spread.subtract(&first.times(&first));
        Some(rational::nearest(form, false, &spread, &weight.times(&freedom)))
    }

    const RESULTS: [WeighedResult; 4] = [
        WeighedResult::Mean,
        WeighedResult::Spread { form: Form::Quotient, ddof: 0 },
        WeighedResult::Spread { form: Form::Quotient, ddof: 3 },
        WeighedResult::Spread { form: Form::Root, ddof: 1 },
    ];

    /// Doubles near each other, far apart, whole, or at the ends of the range.
    fn doubles() -> impl Strategy<Value = Vec<f64>> {
        let kinds =
            [(0, 1, 52), (0, 3, 8), (20, 1, 52), (-40, 80, 30), (-700, 1400, 52), (-1074, 30, 20)];
        let kind = prop::sample::select(kinds.to_vec());
        (kind, any::<bool>()).prop_flat_map(|((lowest, spread, bits), are_far)| {
            let value = (any::<i64>(), 0..spread).prop_map(move |(drawn, power)| {
                let value = (drawn >> (63 - bits)) as f64;
                // Far from zero, and near each other.
                let value = if are_far { value + 2f64.powi(bits + 6) } else { value };
                value * 2f64.powi((lowest + power) / 2) * 2f64.powi((lowest + power + 1) / 2)
            });
            prop::collection::vec(value, 1..40)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        #[test]
        fn answers_are_those_of_exact_sums(values in doubles(), weights in doubles()) {
            let rows = values.len().min(weights.len());
            let weights = weights.into_iter().map(|it| if it == 0.0 { 1.0 } else { it.abs() });
            let (values, weights) = (&values[..rows], weights.collect::<Vec<_>>());
            for result in RESULTS {
                if let Ok(found) = answer(values, &weights[..rows], result) {
                    let expected = expected(values, &weights, result);
                    prop_assert_eq!(found.map(|it| it + 0.0), expected.map(|it| it + 0.0));
                }
            }
        }
    }

    /// Random values seldom take exact sums.
    #[test]
    fn most_answers_are_decided() {
        if Level::current().isa() == super::super::dispatch::Isa::Portable {
            return;
        }
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 * 2f64.powi(-53)
        };
        let mut open = 0;
        for rows in (2..40).chain([1_000, MAX_LEN]).cycle().take(4_000) {
            let values = (0..rows).map(|_| random() + 1e6).collect::<Vec<_>>();
            let weights = (0..rows).map(|_| random() + 0.1).collect::<Vec<_>>();
            open += RESULTS.iter().filter(|it| answer(&values, &weights, **it).is_err()).count();
        }
        assert!(open < 10, "{open} of 16,000");
    }

    /// Thousands of terms that are too small to change `low` are together more than it lacks to half a bit of the answer.
    #[test]
    fn what_small_terms_come_to_is_not_decided() {
        let tie = [1.0, 2f64.powi(-53), -2f64.powi(-90)].into_iter().chain([2f64.powi(-54); 4096]);
        let mut values = tie.chain([2f64.powi(-97); 4000]).collect::<Vec<_>>();
        values.resize(MAX_LEN, 0.0);
        let weights = [1.0; MAX_LEN];
        let exact = expected(&values, &weights, WeighedResult::Mean);
        assert_eq!(
            exact,
            Some((1.0 + 2f64.powi(-42) + 2f64.powi(-52)) / MAX_LEN as f64),
            "rounded up"
        );
        assert_eq!(answer(&values, &weights, WeighedResult::Mean), Err(Undecided));
    }

    #[test]
    fn zeros_and_constants_are_exact() {
        if Level::current().isa() == super::super::dispatch::Isa::Portable {
            return;
        }
        let [mean, variance, _, deviation] = RESULTS;
        let bits = |values: &[f64]| answer(values, &[0.1; 3], mean).map(|it| it.map(f64::to_bits));
        assert_eq!(bits(&[-0.0; 3]), Ok(Some((-0.0f64).to_bits())));
        assert_eq!(bits(&[-0.0, 0.0, -0.0]), Ok(Some(0)));
        assert_eq!(answer(&[0.1; 3], &[0.3; 3], variance), Ok(Some(0.0)));
        assert_eq!(answer(&[0.1], &[1.0], deviation), Ok(None));
        assert_eq!(answer(&[0.1], &[1.0 + f64::EPSILON], deviation), Ok(Some(0.0)));
        assert_eq!(answer(&[f64::NAN, 1.0], &[1.0; 2], mean), Err(Undecided));
        assert_eq!(answer(&[f64::INFINITY; 2], &[1.0; 2], variance), Err(Undecided));
    }
}
