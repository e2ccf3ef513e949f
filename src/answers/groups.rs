//! Statistics of several groups of values, by the count, the sum and the sum of squares of each: analysis of variance, and t
//! tests.
//!
//! ```text
//! between = sum(S_i^2 / n_i) - S^2 / N          within = sum(Q_i) - sum(S_i^2 / n_i)
//! F = between / (k - 1) / (within / (N - k))
//! t = (S_a / n_a - S_b / n_b) / sqrt(v)         v = v_a + v_b, where v_i = (n_i Q_i - S_i^2) / (n_i^2 (n_i - 1))
//! degrees of freedom (Welch) = v^2 / (v_a^2 / (n_a - 1) + v_b^2 / (n_b - 1))
//! ```
//!
//! Each is rounded once.

use std::collections::BTreeMap;

use super::regression::{quotient, ratio, root};
use crate::exact::{Form, Integer, rational};

/// What is known about the values of a group, which are all finite.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The number of values.
    pub count: u64,
    /// Their sum, in units of ten to the power of minus the scale.
    pub sum: Integer,
    /// The sum of their squares.
    pub squares: Integer,
    /// Of the unit.
    pub scale: i32,
}

impl Group {
    /// The same values in a finer unit.
    fn in_units(&self, scale: i32) -> Self {
        let factor = rational::power_of_ten(self.scale.abs_diff(scale));
        debug_assert!(self.scale <= scale, "units become finer");
        Self {
            count: self.count,
            sum: self.sum.times(&factor),
            squares: self.squares.times(&factor).times(&factor),
            scale,
        }
    }

    /// `n` times the sum of squares around the mean.
    fn spread(&self) -> Integer {
        let mut spread = self.squares.times(&self.count.into());
        spread.subtract(&self.sum.times(&self.sum));
        spread
    }
}

/// The finest unit of some groups.
fn finest<'a>(groups: impl IntoIterator<Item = &'a Group>) -> i32 {
    groups.into_iter().map(|group| group.scale).max().unwrap_or(0)
}

/// The answers of an analysis of variance with one factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anova {
    /// The F statistic.
    pub f: f64,
    /// The degrees of freedom between the groups.
    pub between: u64,
    /// Those within them.
    pub within: u64,
    /// The sum of squares between the groups.
    pub between_sum: f64,
    /// That within them.
    pub within_sum: f64,
    /// The part of the whole sum that is between them.
    pub r2: f64,
    /// The deviation within the groups.
    pub residual_stddev: f64,
}

impl Anova {
    /// Compares the means of groups; those without values do not count. `None` with fewer than two groups, or without degrees
    /// of freedom within them.
    pub fn of(groups: &[Group]) -> Option<Self> {
        let groups = groups.iter().filter(|group| group.count > 0).collect::<Vec<_>>();
        let scale = finest(groups.iter().copied());
        let count = groups.iter().map(|group| u128::from(group.count)).sum::<u128>();
        let between = (groups.len() as u64).checked_sub(1).filter(|&between| between > 0)?;
        let within = count.checked_sub(groups.len() as u128).filter(|&within| within > 0)?;
        let within = u64::try_from(within).ok()?;

        let (mut sum, mut squares) = (Integer::new(), Integer::new());
        // Groups of one size share a divisor, which keeps the common one small.
        let mut by_count = BTreeMap::<u64, Integer>::new();
        for group in &groups {
            let group = group.in_units(scale);
            sum.merge(&group.sum);
            squares.merge(&group.squares);
            by_count.entry(group.count).or_default().merge(&group.sum.times(&group.sum));
        }
        let (mut means, mut divisor) = (Integer::new(), Integer::from(1u64));
        for (count, square) in by_count {
            means = means.times(&count.into());
            means.merge(&square.times(&divisor));
            divisor = divisor.times(&count.into());
        }
        // Over the common divisor `count * divisor`.
        let count = Integer::from(count);
        let mut between_sum = means.times(&count);
        between_sum.subtract(&sum.times(&sum).times(&divisor));
        let mut within_sum = squares.times(&divisor);
        within_sum.subtract(&means);
        let (within_sum, divisor) = (within_sum.times(&count), divisor.times(&count));

        let mut total = between_sum.clone();
        total.merge(&within_sum);
        Some(Self {
            f: ratio(&between_sum.times(&within.into()), &within_sum.times(&between.into())),
            between,
            within,
            between_sum: quotient(&between_sum, &divisor, 2 * scale),
            within_sum: quotient(&within_sum, &divisor, 2 * scale),
            r2: ratio(&between_sum, &total),
            residual_stddev: root(&within_sum, &divisor.times(&within.into()), 2 * scale),
        })
    }
}

/// The statistic of a t test of two means, and its degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// The difference of the means, divided by its standard error.
    pub t: f64,
    /// A whole number if the groups are taken to have one variance.
    pub degrees_of_freedom: f64,
}

impl TTest {
    /// Compares two means: by Welch's test, or, if `is_pooled`, by Student's, for which both have one variance. `None` if a
    /// group is too small for its variance. If neither varies, `t` is infinite or NaN.
    pub fn of([a, b]: [&Group; 2], is_pooled: bool) -> Option<Self> {
        let is_small = match is_pooled {
            true => a.count.min(b.count) < 1 || a.count.saturating_add(b.count) < 3,
            false => a.count.min(b.count) < 2,
        };
        if is_small {
            return None;
        }
        let scale = finest([a, b]);
        let [a, b] = [a, b].map(|group| group.in_units(scale));
        let [n_a, n_b] = [a.count, b.count].map(Integer::from);
        // The difference of the means is this by `n_a n_b`.
        let mut difference = a.sum.times(&n_b);
        difference.subtract(&b.sum.times(&n_a));
        let [spread_a, spread_b] = [a.spread(), b.spread()];
        if is_pooled {
            let freedom = u128::from(a.count) + u128::from(b.count) - 2;
            let total = Integer::from(freedom + 2);
            // d^2 / (n_a n_b)^2 : (spread_a / n_a + spread_b / n_b) / freedom * (1 / n_a + 1 / n_b)
            let mut variance = spread_a.times(&n_b);
            variance.merge(&spread_b.times(&n_a));
            let square = difference.times(&difference).times(&freedom.into());
            let t = signed_root(&difference, &square, &variance.times(&total));
            return Some(Self { t, degrees_of_freedom: freedom as f64 });
        }
        let [m_a, m_b] = [a.count - 1, b.count - 1].map(Integer::from);
        // v_a and v_b over the common divisor `n_a^2 n_b^2 m_a m_b`.
        let part_a = spread_a.times(&n_b).times(&n_b).times(&m_b);
        let part_b = spread_b.times(&n_a).times(&n_a).times(&m_a);
        let mut variance = part_a.clone();
        variance.merge(&part_b);
        let square = difference.times(&difference).times(&m_a).times(&m_b);
        let t = signed_root(&difference, &square, &variance);
        let mut parts = part_a.times(&part_a).times(&m_b);
        parts.merge(&part_b.times(&part_b).times(&m_a));
        let freedom = variance.times(&variance).times(&m_a).times(&m_b);
        Some(Self { t, degrees_of_freedom: ratio(&freedom, &parts) })
    }
}

/// The root of a quotient with the sign of a difference.
fn signed_root(difference: &Integer, square: &Integer, variance: &Integer) -> f64 {
    match (variance.is_zero(), difference.is_zero()) {
        (false, _) => rational::nearest(Form::Root, difference.is_negative(), square, variance),
        (true, true) => f64::NAN,
        (true, false) if difference.is_negative() => f64::NEG_INFINITY,
        (true, false) => f64::INFINITY,
    }
}
