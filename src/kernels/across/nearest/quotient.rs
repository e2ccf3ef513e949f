//! The nearest double of a sum divided by a count, where the sum is given as three doubles.
//!
//! Let `s + e` be the sum of the first two, exactly, and `q` the quotient of `s` and the count `n`, or a neighbour of it.
//! Then `r = s - q * n` is a double (see below), so with `w = r + e + low` the quotient of the whole sum is `q + w / n`.
//! The same step once more, with `c = RN(w / n)` and `d = w - c * n`, gives `q + c + d / n`. All terms are known, so if
//!
//! ```text
//! RN(q + (c - width)) = RN(q + (c + width))    where width >= |d| / n + whatever was left out,
//! ```
//!
//! then that is the nearest double (Ziv's strategy), because rounding is monotone. If nothing was left out and `d` is
//! zero, then `q + c` is the quotient itself, and its rounding is right even halfway between two doubles.
//!
//! # Proofs
//!
//! *`r` is exact.* The inverse and the product round once each, so `|s - q n| < 2^-51.8 |s|`. It is a multiple of the unit in the last
//! place of `s` or of `q`, whichever is smaller, and that is above `2^-53 |q|`, for `q` is far from underflow. So
//! `r` has at most `2^1.2 n` such units: fewer than `2^53`, for `n < 2^50`. `d` is exact for the same reason; where `c` is
//! subnormal, all are multiples of `2^-1074`, and so is `d`, which is at most a few times `n` of them.
//!
//! *`width` is wide enough.* What is left out is divided by `n >= 1` in truth, and doubled here, which covers the roundings of
//! its own sum and, together with `2^-50 |c|`, those of `c - width` and `c + width`.

use crate::exact::double_double::two_sum;

/// Counts for which the proofs hold.
pub(super) const MAX_COUNT: u64 = 1 << 49;
/// Quotients for which they hold.
const LEAST: f64 = f64::from_bits((1023 - 900) << 52);
const MOST: f64 = f64::from_bits((1023 + 1020) << 52);
/// More than the relative error of a few roundings.
const ROUNDINGS: f64 = f64::from_bits((1023 - 50) << 52);

/// A number of values, and its inverse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    count: f64,
    inverse: f64,
}

impl Count {
    /// `None` if there are too many for the proofs.
    pub(super) fn new(count: u64) -> Option<Self> {
        let is_proven = (1..=MAX_COUNT).contains(&count);
        is_proven.then(|| Self { count: count as f64, inverse: 1.0 / count as f64 })
    }

    /// The nearest double of the quotient of all sums within the slack of the one that is given; NaN if it may be one of
    /// several, or is beyond the proofs. The terms are multiplied by two to some power, and the quotient is multiplied
    /// by `scale`, which undoes that.
    #[inline(always)]
    pub(super) fn divide(self, terms: [f64; 3], slack: f64, scale: f64) -> f64 {
        let Self { count, inverse } = self;
        let [high, middle, low] = terms;
        let (s, e) = two_sum(high, middle);
        let q = s * inverse;
        let r = (-q).mul_add(count, s);
        let (w, t) = two_sum(r, e);
        let (w, u) = two_sum(w, low);
        let (v, x) = two_sum(t, u);
        // Divided: it must be exact if it can be.
        let c = w / count;
        let d = (-c).mul_add(count, w);
        let left_out = d.abs() + v.abs() + x.abs() + slack;
        let width = if left_out == 0.0 { 0.0 } else { 2.0 * left_out + ROUNDINGS * c.abs() };
        let (one, other) = (q + (c - width), q + (c + width));
        let result = one * scale;
        let is_proven = one == other && q.abs() >= LEAST && result.abs() <= MOST;
        if is_proven { result } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{Integer, ratio};
    use crate::kernels::formats::{Parts, parts};

    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn below(&mut self, end: u64) -> u64 {
            (self.next() >> 11) % end
        }

        /// A double with all bits, of an exponent or up to `spread` less.
        fn double(&mut self, exponent: i32, spread: u64) -> f64 {
            let field = (1023 + exponent).max(1) as u64;
            let field = field.saturating_sub(self.below(spread + 1));
            f64::from_bits(self.next() & (1 << 63 | ((1 << 52) - 1)) | field << 52)
        }
    }

    fn exact(terms: [f64; 3]) -> Integer {
        let mut sum = Integer::new();
        for term in terms {
            let Parts { negative, significand, power } = parts(term);
            let units = if negative { -i128::from(significand) } else { significand.into() };
            sum.add(units, power as i32 - 1074);
        }
        sum
    }

    /// The quotient, which must be the nearest one of both ends of the slack if it is decided.
    fn divide(terms: [f64; 3], slack: f64, count: u64) -> Option<f64> {
        let quotient = Count::new(count).expect("few enough").divide(terms, slack, 1.0);
        if quotient.is_nan() {
            return None;
        }
        for end in [-slack, 0.0, slack] {
            let mut sum = exact(terms);
            sum.merge(&exact([end, 0.0, 0.0]));
            let nearest = ratio::mean(&sum, count);
            assert_eq!(quotient.to_bits(), nearest.to_bits(), "{terms:?} +- {slack:e}, {count}");
        }
        Some(quotient)
    }

    fn count(random: &mut Random) -> u64 {
        match random.below(4) {
            0 => 1 + random.below(20),
            1 => 1 << random.below(50),
            2 => 1 + random.below(100_000),
            _ => 1 + random.below(MAX_COUNT),
        }
    }

    #[test]
    fn decided_quotients_are_the_nearest() {
        let mut random = Random(0x5eed_cafe_f00d_1234);
        let (mut decided, cases) = (0, 100_000);
        for _ in 0..cases {
            let exponent = [0, 40, -40, 900, -800, 1000, -880][random.below(7) as usize];
            let high = random.double(exponent, 3);
            let gap = [10, 43, 50, 53, 60][random.below(5) as usize];
            let middle = random.double(exponent - gap, 40);
            let low = match random.below(3) {
                0 => 0.0,
                1 => random.double(exponent - gap - 30, 30),
                // Leaves little of the middle one.
                _ => -middle * (1.0 + random.below(3) as f64 * f64::EPSILON),
            };
            let slack = match random.below(3) {
                0 => random.double(exponent - 100, 60).abs(),
                _ => 0.0,
            };
            let count = count(&mut random);
            decided += u64::from(divide([high, middle, low], slack, count).is_some());
        }
        assert!(decided * 100 > cases * 85, "{decided}");
    }

    /// Quotients halfway between two doubles, or just beside.
    #[test]
    fn ties_go_to_the_even_neighbour() {
        let mut random = Random(0x1234_5678_9abc_def1);
        let mut decided = [0; 2];
        for _ in 0..50_000 {
            let half = 1 << 53 | random.below(1 << 53) | 1;
            let bits = random.below(40);
            let count = 1 + random.below(1 << bits);
            let total = i128::from(half) * i128::from(count);
            let high = (total >> 45 << 45) as f64;
            let low = (total & ((1 << 45) - 1)) as f64;
            let least =
                power(random.below(200) as i32 - 250) * if half & 2 == 0 { 1.0 } else { -1.0 };
            for (i, beside) in [0.0, least].into_iter().enumerate() {
                decided[i] += u32::from(divide([high, low, beside], 0.0, count).is_some());
                assert_eq!(divide([high, low, 0.0], least.abs(), count), None);
            }
        }
        assert_eq!(decided[0], 50_000);
    }

    fn power(exponent: i32) -> f64 {
        f64::from_bits(((1023 + exponent) as u64) << 52)
    }

    #[test]
    fn what_is_beyond_the_proofs_is_left_open() {
        for terms in [
            [0.0; 3],
            [1.0, -1.0, 0.0],
            [f64::NAN, 0.0, 0.0],
            [f64::INFINITY, 0.0, 0.0],
            [1.0, f64::INFINITY, 0.0],
            [5e-324, 0.0, 0.0],
            [power(-950), 0.0, 0.0],
            [f64::MAX, 0.0, 0.0],
            [f64::MAX, f64::MAX, 0.0],
        ] {
            assert_eq!(divide(terms, 0.0, 3), None, "{terms:?}");
        }
        assert!(Count::new(0).is_none() && Count::new(MAX_COUNT + 1).is_none());
    }
}
