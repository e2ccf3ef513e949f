//! The sums of columns as a few doubles each.

use super::quotient::Count;
use crate::exact::Bound;
use crate::exact::double_double::two_sum;
use crate::kernels::formats::{Parts, parts};
use crate::kernels::sums::{Slack, Sums};

/// The sums of some columns: each is that of its terms, to within a slack.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) terms: [Vec<f64>; 3],
    pub(super) slack: Vec<f64>,
    /// Anything but zero if the terms could not hold the sum.
    pub(super) lost: Vec<f64>,
    /// The power of two that the terms and the slack are to be multiplied by.
    pub(super) scale: Vec<f64>,
}

impl Totals {
    pub(super) fn resize(&mut self, columns: usize) {
        let [high, middle, low] = &mut self.terms;
        for values in [high, middle, low, &mut self.slack, &mut self.lost, &mut self.scale] {
            values.resize(columns, 0.0);
        }
    }

    /// Adds up columns that are parts of the same: those beyond the first ones are these again.
    pub(super) fn join(&mut self, columns: usize) {
        for part in columns..self.slack.len() {
            let column = part % columns;
            for term in 0..self.terms.len() {
                let mut rest = self.terms[term][part];
                for terms in &mut self.terms {
                    (terms[column], rest) = two_sum(terms[column], rest);
                }
                // What was lost must not be found again.
                self.lost[column] = self.lost[column].abs() + rest.abs();
            }
            self.lost[column] += self.lost[part].abs();
            self.slack[column] += self.slack[part];
        }
        self.resize(columns);
    }

    /// The nearest doubles of the quotients from that of the column `skip` on; NaN where they are open.
    #[inline(always)]
    pub(super) fn divide(&self, count: Count, skip: usize, values: &mut [f64]) {
        let lanes = skip..skip + values.len();
        let [high, middle, low] = &self.terms;
        let high = &high[lanes.clone()];
        let (middle, low) = (&middle[lanes.clone()], &low[lanes.clone()]);
        let (slack, lost) = (&self.slack[lanes.clone()], &self.lost[lanes.clone()]);
        let scale = &self.scale[lanes];
        for (i, value) in values.iter_mut().enumerate() {
            let quotient = count.divide([high[i], middle[i], low[i]], slack[i], scale[i]);
            *value = if lost[i] == 0.0 { quotient } else { f64::NAN };
        }
    }

    /// Whether a sum is zero, to within its slack.
    pub(super) fn is_zero(&self, column: usize) -> bool {
        self.lost[column] == 0.0 && self.terms.iter().all(|terms| terms[column] == 0.0)
    }

    /// The sum of a column of finite values; `None` if it was lost.
    pub(super) fn sum(&self, column: usize) -> Option<Sums> {
        let scale = self.scale[column].to_bits() >> 52;
        let scale = scale as i32 - 1023;
        let mut sums = Sums::default();
        for terms in &self.terms {
            let (is_negative, units, exponent) = units(terms[column])?;
            let units = i128::from(units);
            sums.first.add(if is_negative { -units } else { units }, exponent + scale);
        }
        if self.slack[column] > 0.0 {
            let (_, units, exponent) = units(self.slack[column])?;
            let first = Bound::new(units, exponent + scale);
            sums.slack = Some(Slack { first, ..Slack::default() });
        }
        (self.lost[column] == 0.0).then_some(sums)
    }
}

/// The sign of a number, and its magnitude as an integer multiple of a power of two; `None` if it is not finite.
fn units(number: f64) -> Option<(bool, u64, i32)> {
    number.is_finite().then(|| {
        let Parts { negative, significand, power } = parts(number);
        (negative, significand, power as i32 - 1074)
    })
}
