//! Columns that no quotient settles: those of zeros, and those with NaNs or infinities.

use std::cmp::Ordering;

use super::{Done, Nearest};
use crate::kernels::across::extremes::extremes_at;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::kernels::floats::Ieee;
use crate::kernels::formats::negative_zero;
use crate::kernels::vector::Vector;

impl<V: Vector, T: Ieee> Done<'_, V, T> {
    /// Settles columns whose values are NaN as yet, as far as they can be, and leaves the others open.
    #[cold]
    #[inline(never)]
    pub(super) fn settle(&self, has_nans: bool, nearest: &mut Nearest, first: usize, own: usize) {
        let largest = |column: usize| if self.is_near { self.tile.largest[column] } else { 0 };
        let has_infinities = (0..self.rows.columns()).any(|it| largest(it) == T::INFINITY_BITS);
        let extremes = if has_infinities { extremes_at(self.level, self.rows) } else { vec![] };
        let values = &mut nearest.values[first..first + self.rows.columns()];
        let values = values.iter_mut().enumerate().skip(own - first);
        for (column, value) in values.filter(|(_, value)| value.is_nan()) {
            let settled = match largest(column).cmp(&T::INFINITY_BITS) {
                Ordering::Less => self.is_zero(column).then_some(0.0),
                Ordering::Equal => extremes[column].0.and_then(sum_of_infinities),
                Ordering::Greater => has_nans.then_some(f64::NAN),
            };
            match settled {
                Some(settled) => *value = settled,
                None => nearest.open.push(first + column),
            }
        }
    }

    /// Whether the sum of a column is known to be zero, and not to be -0.0.
    fn is_zero(&self, column: usize) -> bool {
        let is_exact = !self.tile.has_rounded || self.tile.largest[column] == 0;
        is_exact
            && self.totals.is_zero(column)
            && self.rows.row(0)[column].bits() != negative_zero::<T>()
    }
}

/// The sum of values with infinities among them.
fn sum_of_infinities(extremes: Extremes) -> Option<f64> {
    let [has_negative, has_positive] =
        [(extremes.min, f64::NEG_INFINITY), (extremes.max, f64::INFINITY)]
            .map(|(extreme, infinity)| extreme == Extreme::Float(infinity));
    match (has_negative, has_positive) {
        (true, true) => Some(f64::NAN),
        (true, false) => Some(f64::NEG_INFINITY),
        (false, true) => Some(f64::INFINITY),
        (false, false) => None,
    }
}
