//! Means and spreads of sums that are the sum of two doubles, within a known error: correctly rounded, or none.
//!
//! The pieces of a column are often so short that integer arithmetic takes longer than reading the values. A sum of
//! two doubles, `high + low`, holds 106 bits, and about thirty floating-point instructions turn it into a mean or a
//! deviation, again as a sum of two doubles, with an error that is bounded. If both ends of the interval round to the
//! same double, that double is the answer (Ziv's rounding test). If not, [`ratio`](super::ratio) decides; of random
//! numbers, this happens to one in a hundred thousand or fewer.
//!
//! Everything here is inlined into code for an instruction set with fused multiply-adds, and relies on rounding
//! to nearest. [`dispatch`](crate::kernels::dispatch) sees to both.
//!
//! # Error bounds
//!
//! `u = 2^-53`. The products and quotients of two doubles are corrected by their exact remainders, which a fused
//! multiply-add computes. What is left are rounding errors of the low parts, each below `u` of a number that is
//! below `2u` of the result, so below `2^-105` of it; there are fewer than ten in a row. [`RELATIVE_ERROR`] is eight
//! times their sum, and bounds them also where it is itself rounded. The limits on exponents keep all remainders from being subnormal.

use std::ops::RangeInclusive;

use super::guess::Form;

/// Bounds the rounding errors of a result, relative to it.
const RELATIVE_ERROR: f64 = f64::from_bits((1023 - 98) << 52);
/// The same relative to a low part.
const LOW_ERROR: f64 = f64::from_bits((1023 - 50) << 52);
/// The magnitudes of sums whose means are computed here.
const MAGNITUDES: RangeInclusive<f64> = power(-850)..=power(1000);
/// The magnitudes of the products of counts and sums of squares whose spreads are computed here.
const SQUARES: RangeInclusive<f64> = power(-850)..=power(1000);

const fn power(exponent: i64) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// A number within `error` of `high + low`, of which `high` is the nearest double.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoubleDouble {
    high: f64,
    low: f64,
    error: f64,
}

/// `a + b`, rounded, and the exact rest (Knuth).
#[inline(always)]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_rounded = sum - a;
    (sum, (a - (sum - b_rounded)) + (b - b_rounded))
}

/// `a * b`, rounded and the exact rest.
#[inline(always)]
pub(crate) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

impl DoubleDouble {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0, error: 0.0 };

    /// A number within `error` of `a + b`.
    #[inline(always)]
    pub(crate) fn new(a: f64, b: f64, error: f64) -> Self {
        let (high, low) = two_sum(a, b);
        Self { high, low, error }
    }

    /// A number within `error` of `a + b + c`, with `c` the smallest by far.
    #[inline(always)]
    pub(crate) fn of_three(a: f64, b: f64, c: f64, error: f64) -> Self {
        let (high, low) = two_sum(a, b);
        let (low, lowest) = two_sum(low, c);
        Self::new(high, low, error + lowest.abs())
    }

    /// The same number, but not known to be exact: what was left out of it is far below its last bit, and decides ties.
    #[inline(always)]
    pub(crate) fn inexact(self) -> Self {
        Self { error: self.error.max(f64::MIN_POSITIVE), ..self }
    }

    /// Whether there is no error.
    #[inline(always)]
    pub(crate) fn is_exact(self) -> bool {
        self.error == 0.0
    }

    #[inline(always)]
    pub(crate) fn is_zero(self) -> bool {
        self.is_exact() && self.high == 0.0
    }

    /// An integer, if it has at most 106 bits.
    #[inline(always)]
    pub(crate) fn of_integer(integer: i128) -> Option<Self> {
        const BITS: u32 = 53;
        let (high, low) = (integer >> BITS, integer as i64 & ((1 << BITS) - 1));
        let high = i64::try_from(high).ok().filter(|high| high.unsigned_abs() <= 1 << BITS)?;
        Some(Self::new(high as f64 * power(BITS.into()), low as f64, 0.0))
    }

    /// `low + high * 2^64`, if `high` is below 2^100; exact up to 104 bits.
    #[inline(always)]
    pub(crate) fn of_natural(low: u128, high: u128) -> Option<Self> {
        const BITS: u32 = 104;
        let (low, high) = (low as u64, high + (low >> 64));
        let beyond = (u128::BITS + 64 - high.leading_zeros()).saturating_sub(BITS);
        if beyond >= 64 {
            return None;
        }
        let leading = high << (64 - beyond) | u128::from(low >> beyond);
        let Self { high, low, .. } = Self::of_integer(leading as i128)?;
        let unit = power(beyond.into());
        Some(Self {
            high: high * unit,
            low: low * unit,
            error: if beyond > 0 { unit } else { 0.0 },
        })
    }

    /// The nearest double to the sum divided by a count below 2^53.
    #[inline(always)]
    pub(crate) fn mean(self, count: usize) -> Option<f64> {
        let Self { high, low, error } = self;
        if !MAGNITUDES.contains(&high.abs()) {
            return None;
        }
        let divisor = count as f64;
        let quotient = high / divisor;
        if error == 0.0 && count.is_power_of_two() {
            return Some(quotient); // as exact as the nearest double to the sum, ties included
        }
        let remainder = (-quotient).mul_add(divisor, high);
        rounded(quotient, (remainder + low) / divisor, error / divisor)
    }

    /// The same, `zero` where the sum is exactly zero, or a NaN where there is none: without a branch.
    #[cfg(feature = "arrow")]
    #[inline(always)]
    pub(crate) fn mean_or_nan(self, divisor: f64, zero: f64) -> f64 {
        const FRACTION: u64 = (1 << (f64::MANTISSA_DIGITS - 1)) - 1;
        let Self { high, low, error } = self;
        let quotient = high / divisor;
        let remainder = (-quotient).mul_add(divisor, high);
        let mean = rounded_or_nan(quotient, (remainder + low) / divisor, error / divisor);
        let is_power_of_two = divisor.to_bits() & FRACTION == 0;
        let mean = if is_power_of_two & (error == 0.0) { quotient } else { mean };
        let is_proven = (high.abs() >= *MAGNITUDES.start()) & (high.abs() <= *MAGNITUDES.end());
        let otherwise = if (high == 0.0) & (error == 0.0) { zero } else { f64::NAN };
        if is_proven { mean } else { otherwise }
    }

    /// The variance or its root of `count` values, below 2^26, with this sum and this sum of squares.
    #[inline(always)]
    pub(crate) fn spread(self, squares: Self, form: Form, count: usize, ddof: u64) -> Option<f64> {
        let freedom = (count as u64 - ddof) as f64;
        let spread = self.spread_or_nan(squares, form, count as f64, freedom);
        (!spread.is_nan()).then_some(spread)
    }

    /// The same, or a NaN where there is none: without a branch, so that a loop over many columns becomes one of vectors.
    #[inline(always)]
    pub(crate) fn spread_or_nan(self, squares: Self, form: Form, count: f64, freedom: f64) -> f64 {
        let n = count;
        // n * S2
        let (first, first_low) = two_product(n, squares.high);
        let first_low = n.mul_add(squares.low, first_low);
        // S1^2
        let (second, second_low) = two_product(self.high, self.high);
        let second_low = (2.0 * self.high).mul_add(self.low, second_low);
        let (high, low) = two_sum(first, -second);
        let (high, low) = two_sum(high, low + (first_low - second_low));
        let error = RELATIVE_ERROR.mul_add(first, n * squares.error)
            + 2.5 * self.error * (self.high.abs() + self.error);
        // A NaN is neither.
        let is_proven = (first >= *SQUARES.start()) & (first <= *SQUARES.end()) & (high > error);
        let divisor = n * freedom;
        let quotient = high / divisor;
        let remainder = (-quotient).mul_add(divisor, high);
        let rest = (remainder + low) / divisor;
        let error = RELATIVE_ERROR.mul_add(quotient, error / divisor);
        let spread = match form {
            Form::Quotient => rounded_or_nan(quotient, rest, error),
            Form::Root => {
                let root = quotient.sqrt();
                let remainder = (-root).mul_add(root, quotient);
                let half = 0.5 / root;
                let error = RELATIVE_ERROR.mul_add(root, 1.5 * error * half);
                rounded_or_nan(root, (remainder + rest) * half, error)
            }
        };
        if is_proven { spread } else { f64::NAN }
    }
}

/// Arithmetic of numbers that are nowhere near the ends of the range of exponents, but where it says so.
#[cfg(any(feature = "groups", test))]
impl DoubleDouble {
    /// Bounds the errors of divisors, relative to these, for which quotients are computed.
    const DIVISOR_ERROR: f64 = power(-20);

    /// Whether the magnitude lies within two to the power of plus and minus `exponent`.
    #[inline(always)]
    pub(crate) fn is_within(self, exponent: i64) -> bool {
        (power(-exponent)..=power(exponent)).contains(&self.high.abs())
    }

    /// The same number, if what it is the sum of was computed with a few roundings of its last bit each.
    #[inline(always)]
    pub(crate) fn of_rounded_terms(self) -> Self {
        Self { error: RELATIVE_ERROR.mul_add(self.high.abs(), self.error), ..self }
    }

    /// Whether the number is sure to be above zero.
    #[inline(always)]
    pub(crate) fn is_positive(self) -> bool {
        self.high > 2.0 * self.error && self.high > 0.0
    }

    /// Whether the number is sure to be zero or less.
    #[inline(always)]
    pub(crate) fn is_at_most_zero(self) -> bool {
        -self.high > 2.0 * self.error || self.is_zero()
    }

    /// The difference; exact if both are doubles, and it is the sum of two.
    #[inline(always)]
    pub(crate) fn minus(self, other: Self) -> Self {
        let (high, rest) = two_sum(self.high, -other.high);
        let low = self.low - other.low;
        let rounding = match low == 0.0 {
            true => 0.0,
            false => RELATIVE_ERROR * (self.high.abs() + other.high.abs()),
        };
        Self::new(high, rest + low, 1.5 * (self.error + other.error) + rounding)
    }

    /// The product, also where it is, or its terms are, too small to be exact.
    #[inline(always)]
    pub(crate) fn times(self, other: Self) -> Self {
        let (product, rest) = two_product(self.high, other.high);
        let rest = self.high.mul_add(other.low, self.low.mul_add(other.high, rest));
        let error = self.high.abs().mul_add(other.error, other.high.abs() * self.error);
        let error = 1.5 * self.error.mul_add(other.error, error);
        let error = RELATIVE_ERROR.mul_add(product.abs(), error) + f64::MIN_POSITIVE;
        Self::new(product, rest, error)
    }

    /// The quotient by a positive number, if that is known well enough.
    #[inline(always)]
    pub(crate) fn over(self, divisor: Self) -> Option<Self> {
        if !divisor.is_positive() || divisor.error > Self::DIVISOR_ERROR * divisor.high {
            return None;
        }
        let quotient = self.high / divisor.high;
        let remainder = (-quotient).mul_add(divisor.high, self.high);
        let remainder = (-quotient).mul_add(divisor.low, remainder + self.low);
        let error = quotient.abs().mul_add(divisor.error, self.error);
        let error = RELATIVE_ERROR.mul_add(quotient.abs(), 1.5 * error / divisor.high);
        Some(Self::new(quotient, remainder / divisor.high, error))
    }

    /// The root of a positive number, if that is known well enough.
    #[inline(always)]
    pub(crate) fn root(self) -> Option<Self> {
        if !self.is_positive() {
            return None;
        }
        let root = self.high.sqrt();
        let remainder = (-root).mul_add(root, self.high);
        let half = 0.5 / root;
        let error = RELATIVE_ERROR.mul_add(root, 1.5 * self.error * half);
        Some(Self::new(root, (remainder + self.low) * half, error))
    }

    /// The nearest double, if it is known, and normal.
    #[inline(always)]
    pub(crate) fn nearest(self) -> Option<f64> {
        match MAGNITUDES.contains(&self.high.abs()) {
            true => rounded(self.high, self.low, self.error),
            false => None,
        }
    }
}

/// The nearest double to all numbers within `error` of `high + low`, if it is the same for all.
#[inline(always)]
fn rounded(high: f64, low: f64, error: f64) -> Option<f64> {
    let result = rounded_or_nan(high, low, error);
    (!result.is_nan()).then_some(result)
}

/// The same, or a NaN.
#[inline(always)]
fn rounded_or_nan(high: f64, low: f64, error: f64) -> f64 {
    // Covers the rounding of the low part and of the error itself.
    let margin = LOW_ERROR.mul_add(low.abs(), 2.0 * error);
    let result = high + (low + margin);
    if result == high + (low - margin) { result } else { f64::NAN }
}

#[cfg(test)]
impl DoubleDouble {
    /// The interval that the number lies in.
    pub(crate) fn ends(self) -> [super::Integer; 2] {
        [-self.error, self.error].map(|error| {
            [self.high, self.low, error].iter().fold(super::Integer::new(), |mut sum, &term| {
                add(&mut sum, term);
                sum
            })
        })
    }
}

/// Adds a finite double to an exact sum.
#[cfg(test)]
pub(crate) fn add(sum: &mut super::Integer, term: f64) {
    let field = (term.to_bits() >> 52 & 0x7ff) as i32;
    let hidden = u64::from(field > 0) << 52;
    let significand = i128::from(term.to_bits() & ((1 << 52) - 1) | hidden);
    sum.add(if term < 0.0 { -significand } else { significand }, field.max(1) - 1075);
}

/// A finite double as an exact number.
#[cfg(test)]
pub(crate) fn number(value: f64) -> super::Integer {
    let mut number = super::Integer::new();
    add(&mut number, value);
    number
}

#[cfg(test)]
mod tests {
    use super::super::{Integer, ratio, rational};
    use super::*;
    use proptest::prelude::*;

    /// The nearest number that is the sum of two doubles.
    fn nearest(number: &Integer, error: f64) -> DoubleDouble {
        let high = ratio::mean(number, 1);
        let (mut rest, mut negative) = (number.clone(), Integer::new());
        add(&mut negative, high);
        rest.subtract(&negative);
        DoubleDouble::new(high, ratio::mean(&rest, 1), error)
    }

    fn number(terms: &[f64]) -> Integer {
        let mut sum = Integer::new();
        terms.iter().for_each(|&term| add(&mut sum, term));
        sum
    }

    /// Numbers whose sign, error and last bits are of any kind.
    fn near_one() -> impl Strategy<Value = f64> {
        let low = prop_oneof![any::<u64>(), Just(0), Just(1)];
        (any::<bool>(), low).prop_map(|(negative, low)| {
            let value = f64::from_bits(0x3ff << 52 | low >> 12);
            if negative { -value } else { value }
        })
    }

    fn errors() -> impl Strategy<Value = f64> {
        prop_oneof![Just(0.0), (53i64..140).prop_map(|bits| power(-bits))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn means_are_those_of_both_ends(
            mean in near_one(),
            half in prop::sample::select(vec![0.0, 0.5, 0.25]),
            tiny in 100i64..160,
            error in errors(),
            count in prop_oneof![1usize..50, 1usize..5000],
        ) {
            // Next to the middle between two doubles, or next to one.
            let terms = [mean, half * f64::EPSILON, power(-tiny)];
            let all = (0..count).flat_map(|_| terms).collect::<Vec<_>>();
            let sum = nearest(&number(&all), error);
            for end in sum.ends() {
                if let Some(mean) = sum.mean(count) {
                    prop_assert_eq!(mean, ratio::mean(&end, count as u64));
                }
                if let Some(total) = sum.mean(1) {
                    prop_assert_eq!(total, ratio::mean(&end, 1));
                }
            }
        }

        /// Sums of squares that put the variance, or the deviation, next to the middle between two doubles.
        #[test]
        fn spreads_are_those_of_both_ends(
            sum in near_one(),
            sum_low in near_one(),
            spread in near_one(),
            scale in 0i64..4,
            is_root in any::<bool>(),
            errors in [errors(), errors()],
            count in 3usize..2000,
        ) {
            let sum = number(&[sum, sum_low * power(-54)]);
            let middle = number(&[spread.abs() * power(-scale), power(-53 - scale)]);
            let target = if is_root { middle.times(&middle) } else { middle };
            // S2 = (S1^2 + n (n - 1) target) / n, of which n need not be a factor: rounded to 200 bits.
            let mut numerator = sum.times(&sum);
            let mut factor = Integer::new();
            factor.add((count * (count - 1)) as i128, 0);
            numerator.merge(&factor.times(&target));
            let mut inverse = Integer::new();
            inverse.add((1 << 120) / count as i128, -120);
            let squares = numerator.times(&inverse);
            let form = if is_root { Form::Root } else { Form::Quotient };
            let (sum, squares) = (nearest(&sum, errors[0]), nearest(&squares, errors[1]));
            if let Some(result) = sum.spread(squares, form, count, 1) {
                for (first, second) in sum.ends().iter().flat_map(|first| squares.ends().map(|second| (first, second))) {
                    let exact = match form {
                        Form::Root => ratio::decimal_stddev(first, &second, count as u64, 1, 0),
                        Form::Quotient => ratio::decimal_variance(first, &second, count as u64, 1, 0),
                    };
                    prop_assert_eq!(result, exact);
                }
            }
        }

        /// Whatever numbers are meant, what is computed from them lies in the interval.
        #[test]
        fn arithmetic_stays_within_its_error(
            x in near_one(), x_low in near_one(), y in near_one(), y_low in near_one(),
            apart in 0i64..60,
            errors in [errors(), errors()],
            have_low in [any::<bool>(), any::<bool>()],
        ) {
            let low = |low: f64, has: bool| if has { low * power(-54) } else { 0.0 };
            let (x, x_low) = (x * power(apart), low(x_low, have_low[0]) * power(apart));
            let y_low = low(y_low, have_low[1]);
            let [x, y] = [(x, x_low, errors[0]), (y, y_low, errors[1])]
                .map(|(high, low, error)| DoubleDouble::new(high, low, error));
            let lies_in = |number: &Integer, computed: DoubleDouble| {
                let [least, mut greatest] = computed.ends();
                let mut above = number.clone();
                above.subtract(&least);
                greatest.subtract(number);
                !above.is_negative() && !greatest.is_negative()
            };
            for (x_end, y_end) in x.ends().iter().flat_map(|x| y.ends().map(|y| (x.clone(), y))) {
                let mut difference = x_end.clone();
                difference.subtract(&y_end);
                prop_assert!(lies_in(&difference, x.minus(y)));
                prop_assert!(lies_in(&x_end.times(&y_end), x.times(y)));
                if let Some(nearest) = x.over(y).and_then(DoubleDouble::nearest) {
                    prop_assert_eq!(nearest, rational::quotient(&x_end, &y_end));
                }
                if let Some(nearest) = x.root().and_then(DoubleDouble::nearest) {
                    prop_assert_eq!(nearest, rational::nearest(Form::Root, false, &x_end, &1u64.into()));
                }
                prop_assert!(!x.is_positive() || !x_end.is_negative() && !x_end.is_zero());
                prop_assert!(!x.is_at_most_zero() || x_end.is_negative() || x_end.is_zero());
            }
        }

        #[test]
        fn naturals_are_within_their_error(low in any::<u128>(), high in any::<u128>(), bits in [0u32..127, 22u32..128]) {
            let (low, high) = (low >> bits[0], high >> bits[1]);
            let mut exact = Integer::new();
            exact.add_digits(&[low as u64, (low >> 64) as u64, 0], 0);
            exact.add_digits(&[high as u64, (high >> 64) as u64, 0], 64);
            match DoubleDouble::of_natural(low, high) {
                Some(it) => {
                    let [mut least, mut greatest] = it.ends();
                    least.subtract(&exact);
                    greatest.subtract(&exact);
                    prop_assert!(least.is_zero() || least.is_negative());
                    prop_assert!(!greatest.is_negative());
                    prop_assert_eq!(it.is_exact(), high >> 40 == 0 && (high + (low >> 64)) >> 40 == 0);
                }
                None => prop_assert!((high + (low >> 64)) >> 103 > 0),
            }
        }

        #[test]
        fn integers_are_exact(low in any::<i128>(), bits in 0u32..128) {
            let integer = low >> bits;
            let mut exact = Integer::new();
            exact.add(integer, 0);
            match DoubleDouble::of_integer(integer) {
                Some(it) => prop_assert_eq!(it.ends(), [exact.clone(), exact]),
                None => prop_assert!(integer.unsigned_abs() >> 105 > 0),
            }
        }
    }

    /// Most results are decided: the margins are not wider than they must be.
    #[test]
    fn most_results_are_decided() {
        let mut open = 0;
        for count in 2..10_000usize {
            let x = (count as f64).sqrt();
            let sum = DoubleDouble::new(x, x * power(-55), power(-90));
            let squares = DoubleDouble::new(x * x, x * power(-56), power(-90));
            open += usize::from(sum.mean(count).is_none());
            open += usize::from(sum.spread(squares, Form::Root, count, 1).is_none());
        }
        assert!(open < 10, "{open} of 20,000");
    }
}
