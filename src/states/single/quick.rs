//! Means and deviations of states all of whose values are in the window, without an [`Accumulator`] in between.
//!
//! Groups may be many, and each has an answer. The same bits as by the accumulator, or `None`.

use super::{EMPTY, Single};
use crate::exact::{Form, quick};
use crate::states::accumulator::{Nulls, Options};
use crate::states::single::wide::signed;

impl<const S: usize, const E: usize> Single<S, E> {
    /// The mean of the values and some nulls besides; `Some(None)` if the options make it null.
    #[inline]
    pub fn quick_mean(&self, nulls: u64, options: &Options) -> Option<Option<f64>> {
        let Some(count) = self.admitted(nulls, options)?.filter(|&count| count > 0) else {
            return Some(None);
        };
        quick::mean_of_units(signed(self.first), self.exponent(), count).map(Some)
    }

    /// The variance or its root, in the same way.
    #[inline]
    pub fn quick_spread(&self, form: Form, nulls: u64, options: &Options) -> Option<Option<f64>> {
        let [squares] = self.second[..] else { return None };
        let Some(count) = self.admitted(nulls, options)?.filter(|&count| count > options.ddof)
        else {
            return Some(None);
        };
        let units = (signed(self.first), squares, self.exponent());
        quick::spread_of_units(form, units, count, options.ddof).map(Some)
    }

    /// The number of values, if the options do not make the result null; `None` if some are not in the window, or not
    /// numbers.
    #[inline]
    fn admitted(&self, nulls: u64, options: &Options) -> Option<Option<u64>> {
        if self.rest.is_some() || self.window == EMPTY {
            return None;
        }
        let missing = options.nulls == Nulls::Propagate && nulls > 0;
        Some((!missing && self.valid >= options.min_count).then_some(self.valid))
    }
}
