//! Finalization: any sums, including those next to a tie. Means, variances and deviations are compared
//! with rational numbers, in any width and in a fixed one, and brackets at both of their ends.

use arbitrary::{Arbitrary, Unstructured};
use colstats::internals::exact::{Bound, Form, Integer, quick, ratio};
use num_bigint::{BigInt, BigUint, Sign};

use crate::rationals::{UNIT, is_nearest};

/// The lowest exponent is above `-LOWEST`, so that everything is an integer in units of `2^-LOWEST`.
const LOWEST: i32 = 1300;

#[derive(Arbitrary, Debug)]
enum Case {
    /// Values `significand * 2^exponent`, each `2^doublings` times, counted in units of `10^-scale`.
    Values { values: Vec<(i64, i16)>, same_exponent: bool, doublings: u8, ddof: u8, scale: i8 },
    /// A mean, a variance or a deviation that is next to a double, or to the middle of two.
    Tie { half: u64, exponent: i16, count: u32, ddof: u8, nudge: i64, below: u8 },
    /// Sums known to within a slack.
    Bracket {
        sum: i64,
        spread: u64,
        exponent: i16,
        below: u8,
        slack: [u32; 2],
        count: u32,
        ddof: u8,
    },
}

/// Whether the bytes make a case at all.
#[cfg(test)]
pub fn is_case(bytes: &[u8]) -> bool {
    Case::arbitrary(&mut Unstructured::new(bytes)).is_ok()
}

/// Panics if an answer is wrong.
pub fn attack(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) else {
        return;
    };
    match case {
        Case::Values { values, same_exponent, doublings, ddof, scale } => {
            let first = values.first().map_or(0, |&(_, exponent)| exponent);
            let mut sums = Twice::default();
            for &(significand, exponent) in values.iter().take(64) {
                let exponent = if same_exponent { first } else { exponent };
                // No more bits than a double has; ties have more, and smaller ones.
                sums.add_value(significand >> 10, i32::from(exponent).rem_euclid(2060) - 1100);
            }
            sums.double(u32::from(doublings) % 40);
            sums.check(u64::from(ddof), i32::from(scale).clamp(-76, 76));
        }
        Case::Tie { half, exponent, count, ddof, nudge, below } => {
            let exponent = i32::from(exponent).rem_euclid(1000) - 500;
            let count = u64::from(count).max(1);
            let below = exponent - i32::from(below);
            let mut mean = Twice { count, ..Twice::default() };
            mean.sum.add(half, count, exponent);
            mean.sum.nudge(nudge, below);
            mean.check_mean(0);
            // With a sum of zero, the variance is the sum of squares divided by `count - ddof`.
            let mut spread = Twice { count, ..Twice::default() };
            let divisor = count - u64::from(ddof).min(count - 1);
            spread.squares.add(half, divisor, 2 * exponent);
            spread.squares.nudge(nudge, below);
            let mut root = Twice { count, ..Twice::default() };
            let square = u128::from(half >> 10) * u128::from(half >> 10);
            root.squares.add(square as u64, divisor, 2 * exponent);
            root.squares.add((square >> 64) as u64, divisor, 2 * exponent + 64);
            root.squares.nudge(nudge, below);
            // A nudge may have made the sum of squares negative: then there is nothing to check.
            spread.check_spreads(u64::from(ddof), 0);
            root.check_spreads(u64::from(ddof), 0);
        }
        Case::Bracket { sum, spread, exponent, below, slack, count, ddof } => {
            let exponent = i32::from(exponent).rem_euclid(400) - 200;
            let count = u64::from(count).max(2);
            let below = exponent - i32::from(below % 100);
            let mut sums = Twice { count, ..Twice::default() };
            let magnitude = sum.unsigned_abs();
            sums.sum.nudge(sum, exponent);
            let squares = u128::from(magnitude).pow(2) / u128::from(count) + 1;
            sums.squares.add(squares as u64, 1, 2 * exponent);
            sums.squares.add((squares >> 64) as u64, 1, 2 * exponent + 64);
            sums.squares.add(spread, 1, 2 * exponent);
            sums.check_bracket(slack.map(u64::from), below, u64::from(ddof));
        }
    }
}

/// The same integer here and in num-bigint, in units of `2^-LOWEST` or their square.
#[derive(Clone, Debug)]
struct Both {
    ours: Integer,
    theirs: BigInt,
    lowest: i32,
}

impl Both {
    fn new(lowest: i32) -> Self {
        Self { ours: Integer::new(), theirs: BigInt::ZERO, lowest }
    }

    fn nudge(&mut self, value: i64, exponent: i32) {
        self.ours.add(i128::from(value), exponent);
        self.theirs += BigInt::from(value) << (exponent + self.lowest);
    }

    fn add(&mut self, value: u64, times: u64, exponent: i32) {
        let product = u128::from(value) * u128::from(times);
        self.ours.add_digits(&[product as u64, (product >> 64) as u64, 0], exponent);
        self.theirs += BigInt::from(product) << (exponent + self.lowest);
    }
}

/// The two sums of a column, each in both implementations.
#[derive(Clone, Debug)]
struct Twice {
    count: u64,
    sum: Both,
    squares: Both,
}

impl Default for Twice {
    fn default() -> Self {
        Self { count: 0, sum: Both::new(LOWEST), squares: Both::new(2 * LOWEST) }
    }
}

impl Twice {
    fn add_value(&mut self, significand: i64, exponent: i32) {
        self.count += 1;
        self.sum.nudge(significand, exponent);
        let magnitude = significand.unsigned_abs();
        self.squares.add(magnitude, magnitude, 2 * exponent);
    }

    fn double(&mut self, doublings: u32) {
        self.count <<= doublings;
        for both in [&mut self.sum, &mut self.squares] {
            let once = std::mem::take(&mut both.ours);
            both.ours.merge_repeated(&once, doublings);
            both.theirs <<= doublings;
        }
    }

    fn check(&self, ddof: u64, scale: i32) {
        if self.count > 0 {
            self.check_mean(scale);
            assert!(self.check_spreads(ddof, scale), "values have a variance: {self:?}");
        }
    }

    fn check_mean(&self, scale: i32) {
        let (sum, count) = (&self.sum.ours, self.count);
        let mean = ratio::decimal_mean(sum, count, scale);
        let (ten, tenth) = tens(scale);
        let (numerator, denominator) = (self.sum.theirs.magnitude() * tenth, ten * count);
        // Doubles are compared in units of 2^-(UNIT + 1).
        let compare = |double: &BigUint| {
            let shift = LOWEST as usize - UNIT - 1;
            ((double * &denominator) << shift).cmp(&numerator)
        };
        assert!(is_nearest(mean.abs(), compare), "{mean:e} is not the mean: {self:?} {scale}");
        assert_eq!(mean.is_sign_negative(), self.sum.theirs.sign() == Sign::Minus, "{self:?}");
        if scale == 0 {
            let same = ratio::mean(sum, count);
            assert_eq!(same.to_bits(), mean.to_bits(), "{self:?}");
        }
    }

    /// Returns whether there are values with such sums.
    fn check_spreads(&self, ddof: u64, scale: i32) -> bool {
        let (sum, squares, count) = (&self.sum.ours, &self.squares.ours, self.count);
        let ddof = ddof.min(count - 1);
        let Some(spread) = self.spread() else {
            return false;
        };
        let variance = ratio::decimal_variance(sum, squares, count, ddof, scale);
        let (ten, tenth) = tens(2 * scale);
        let numerator = spread * tenth;
        let denominator = ten * count * (count - ddof);
        let by = |double: &BigUint, power: usize| {
            // The numerator is in units of 2^-2*LOWEST.
            let shift = 2 * LOWEST as usize - power * (UNIT + 1);
            ((double * &denominator) << shift).cmp(&numerator)
        };
        let what = || format!("{self:?} {ddof} {scale}");
        assert!(is_nearest(variance, |double| by(double, 1)), "{variance:e} is not: {}", what());
        let stddev = ratio::decimal_stddev(sum, squares, count, ddof, scale);
        assert!(is_nearest(stddev, |double| by(&(double * double), 2)), "{stddev:e} {}", what());
        if scale == 0 {
            let same = ratio::variance(sum, squares, count, ddof);
            assert_eq!(same.to_bits(), variance.to_bits(), "{}", what());
            let same = ratio::stddev(sum, squares, count, ddof);
            assert_eq!(same.to_bits(), stddev.to_bits(), "{}", what());
        }
        true
    }

    /// `n * S2 - S1^2`, if that is not negative.
    fn spread(&self) -> Option<BigUint> {
        let spread = &self.squares.theirs * self.count - &self.sum.theirs * &self.sum.theirs;
        spread.to_biguint()
    }

    /// Where a bracket settles an answer, it is right at all corners and in the middle. Returns how many
    /// answers it settles.
    fn check_bracket(&self, slack: [u64; 2], exponent: i32, ddof: u64) -> usize {
        let mut settled = 0;
        let ddof = ddof.min(self.count - 1);
        let [first, second] = [Bound::new(slack[0], exponent), Bound::new(slack[1], 2 * exponent)];
        let sums = [(&self.sum.ours, first), (&self.squares.ours, second)];
        for form in [Form::Root, Form::Quotient] {
            let Some(Some(answer)) = quick::within_slack(form, sums, self.count, ddof) else {
                continue;
            };
            for (one, other) in [(-1, -1), (-1, 1), (1, -1), (1, 1), (0, 0)] {
                let (mut sum, mut squares) = (self.sum.ours.clone(), self.squares.ours.clone());
                sum.add(one * i128::from(slack[0]), exponent);
                squares.add(other * i128::from(slack[1]), 2 * exponent);
                let expected = match form {
                    Form::Root => ratio::decimal_stddev(&sum, &squares, self.count, ddof, 0),
                    Form::Quotient => ratio::decimal_variance(&sum, &squares, self.count, ddof, 0),
                };
                assert_eq!(answer.to_bits(), expected.to_bits(), "{form:?} {self:?} {slack:?}");
            }
            settled += 1;
        }
        settled
    }
}

/// `10^scale` as a quotient of integers.
fn tens(scale: i32) -> (BigUint, BigUint) {
    let power = BigUint::from(10u32).pow(scale.unsigned_abs());
    if scale < 0 { (BigUint::from(1u32), power) } else { (power, BigUint::from(1u32)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bracket may decline any sums, but not these, whose slack is far below their last digit.
    #[test]
    fn brackets_settle_plain_sums() {
        let mut sums = Twice::default();
        (1..=4).for_each(|value| sums.add_value(value, 0));
        sums.add_value(1, -100);
        for slack in [[0, 0], [1, 1], [9, 9]] {
            assert_eq!(sums.check_bracket(slack, -100, 1), 2, "{slack:?}");
        }
    }
}
