//! The sum of each column and that of its squares, as two doubles each.

use crate::exact::Form;
use crate::exact::double_double::{DoubleDouble, two_sum};

/// More than twice the relative error of a rounding.
const ROUNDING: f64 = f64::from_bits((1023 - 51) << 52);

/// The sums of the columns of a tile: each within `error` of `high + low`.
#[derive(Default)]
pub(super) struct ColumnSums {
    pub(super) high: Vec<f64>,
    pub(super) low: Vec<f64>,
    pub(super) error: Vec<f64>,
}

impl ColumnSums {
    pub(super) fn resize(&mut self, columns: usize) {
        for numbers in [&mut self.high, &mut self.low, &mut self.error] {
            numbers.resize(columns, 0.0);
        }
    }

    /// Adds up columns that are parts of the same: those beyond the first ones are these again.
    fn join(&mut self, columns: usize) {
        for part in columns..self.high.len() {
            let column = part % columns;
            let (high, excess) = two_sum(self.high[column], self.high[part]);
            let sum = self.low[column] + self.low[part];
            let low = sum + excess;
            self.error[column] += self.error[part] + ROUNDING * (sum.abs() + low.abs());
            (self.high[column], self.low[column]) = (high, low);
        }
        self.resize(columns);
    }
}

/// The sums of values, and those of squares.
#[derive(Default)]
pub(super) struct PairSums(pub(super) [ColumnSums; 2]);

impl PairSums {
    /// The same for both.
    pub(super) fn join(&mut self, columns: usize) {
        self.0.iter_mut().for_each(|sums| sums.join(columns));
    }

    /// The nearest doubles of the spreads of the columns from `skip` on; NaN where they are open.
    #[inline(always)]
    pub(super) fn spreads(
        &self,
        form: Form,
        count: f64,
        freedom: f64,
        skip: usize,
        values: &mut [f64],
    ) {
        let [sums, squares] = &self.0;
        let end = skip + values.len();
        let (high, low, error) =
            (&sums.high[skip..end], &sums.low[skip..end], &sums.error[skip..end]);
        let (square_high, square_low, square_error) =
            (&squares.high[skip..end], &squares.low[skip..end], &squares.error[skip..end]);
        for (i, value) in values.iter_mut().enumerate() {
            let sum = DoubleDouble::new(high[i], low[i], error[i]);
            let squares = DoubleDouble::new(square_high[i], square_low[i], square_error[i]);
            *value = sum.spread_or_nan(squares, form, count, freedom);
        }
    }
}
