//! Slices and iterators of numbers: statistics and states without Arrow.

use std::ops::{Add, AddAssign};

use arrow_schema::DataType;

use crate::answers::question::{Foldable, Question};
use crate::answers::statistic::{Answer, Statistic, Ticks};
use crate::error::Error;
use crate::kernels::short::{self, Short};
use crate::kernels::{Block, Element, Need};
use crate::states::accumulator::{Accumulator, Options};
use crate::states::column_type::ColumnType;
use crate::states::moments::Moments;

/// A number that the functions on slices and [`Moments`] take: `f32`, `f64`, and integers of up to 64
/// bits.
///
/// The trait is sealed.
pub trait Value: sealed::Sealed {
    /// The type of a sum: `f64` for floating-point numbers, `i128` for integers, which is exact.
    type Sum;
}

mod sealed {
    use super::*;

    pub trait Sealed: Element {
        const DATA_TYPE: DataType;

        fn sum(answer: Answer) -> Self::Sum
        where
            Self: super::Value;
    }
}

macro_rules! values {
    ($($type:ty: $data_type:ident, $sum:ty, $zero:expr, $answer:ident;)*) => {$(
        impl Value for $type {
            type Sum = $sum;
        }

        impl sealed::Sealed for $type {
            const DATA_TYPE: DataType = DataType::$data_type;

            fn sum(answer: Answer) -> $sum {
                match answer {
                    Answer::$answer(sum) => sum,
                    _ => $zero,
                }
            }
        }
    )*};
}

values! {
    f32: Float32, f64, 0.0, Float;
    f64: Float64, f64, 0.0, Float;
    i8: Int8, i128, 0, Integer;
    i16: Int16, i128, 0, Integer;
    i32: Int32, i128, 0, Integer;
    i64: Int64, i128, 0, Integer;
    u8: UInt8, i128, 0, Integer;
    u16: UInt16, i128, 0, Integer;
    u32: UInt32, i128, 0, Integer;
    u64: UInt64, i128, 0, Integer;
}

impl<T: Value> Foldable for [T] {
    fn rows(&self) -> usize {
        self.len()
    }

    #[inline]
    fn fold(&self, need: Need) -> Accumulator {
        let mut accumulator = Accumulator::new();
        accumulator.update(self.len(), &Block::Dense(self), need);
        accumulator
    }

    #[inline]
    fn answer_short(&self, short: Short) -> Option<f64> {
        let mut answer = None;
        short::answer_each(self, None, std::iter::once(0..self.len()), short, |it| answer = it);
        answer
    }

    fn fold_first(&self, rows: usize, need: Need) -> Accumulator {
        self[..self.len().min(rows)].fold(need)
    }
}

fn ask<T: Value>(values: &[T], statistic: Statistic, ddof: u64) -> Answer {
    let options = Options { ddof, ..Options::default() };
    let (of, ticks) = (&T::DATA_TYPE, Ticks::Unit);
    Question { statistic, of, options: &options, ticks }.ask(values)
}

/// The sum: exact for integers, correctly rounded for floating-point numbers, 0 for no values.
///
/// ```
/// assert_eq!(colstats::sum(&[1e300, 1.0, -1e300]), 1.0);
/// assert_eq!(colstats::sum(&[u64::MAX, u64::MAX]), 2 * i128::from(u64::MAX));
/// assert_eq!(colstats::sum::<f64>(&[]), 0.0);
/// ```
pub fn sum<T: Value>(values: &[T]) -> T::Sum {
    T::sum(ask(values, Statistic::Sum, 0))
}

/// The mean, correctly rounded; `None` for no values.
///
/// ```
/// assert_eq!(colstats::mean(&[1e16, 1.0, -1e16]), Some(1.0 / 3.0));
/// assert_eq!(colstats::mean(&[1, 2]), Some(1.5));
/// assert_eq!(colstats::mean::<f64>(&[]), None);
/// ```
pub fn mean<T: Value>(values: &[T]) -> Option<f64> {
    ask(values, Statistic::Mean, 0).as_f64()
}

/// The variance, correctly rounded, with the divisor `values.len() - ddof`. A `ddof` of 0 gives that of a
/// population, 1 the estimate from a sample. `None` for `ddof` values or fewer.
///
/// ```
/// assert_eq!(colstats::variance(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0], 1), Some(1.0));
/// assert_eq!(colstats::variance(&[7.0], 1), None);
/// ```
pub fn variance<T: Value>(values: &[T], ddof: u64) -> Option<f64> {
    ask(values, Statistic::Variance, ddof).as_f64()
}

/// The standard deviation, correctly rounded from the unrounded variance, with the divisor
/// `values.len() - ddof`. `None` for `ddof` values or fewer.
///
/// ```
/// assert_eq!(colstats::stddev(&[0.1; 10], 0), Some(0.0));
/// assert_eq!(colstats::stddev(&[1, 2, 3], 1), Some(1.0));
/// ```
pub fn stddev<T: Value>(values: &[T], ddof: u64) -> Option<f64> {
    ask(values, Statistic::Stddev, ddof).as_f64()
}

impl Moments {
    /// Adds the values of a slice.
    ///
    /// # Errors
    /// If the values do not [merge](Moments::merge) with those of the state.
    pub fn update<T: Value>(&mut self, values: &[T]) -> Result<(), Error> {
        let of = ColumnType::of(&T::DATA_TYPE);
        self.merge(&Self::of_column(of, values.fold(Need::Everything)))
    }
}

/// Operators cannot return an error, so states that do not merge are a bug of the caller, like an index
/// out of bounds.
#[expect(clippy::panic, reason = "documented at each operator")]
fn expect_merged(joined: Result<(), Error>) {
    if let Err(error) = joined {
        panic!("{error}");
    }
}

impl<T: Value> Extend<T> for Moments {
    /// Adds the values of an iterator.
    ///
    /// # Panics
    /// If the values do not merge with those of the state; [`update`](Moments::update) returns an error
    /// instead.
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        /// Values in the buffer: enough for the vector kernels, and within the L1 cache.
        const BUFFER_LEN: usize = 2048;
        let mut values = values.into_iter();
        let mut buffer = Vec::with_capacity(values.size_hint().0.min(BUFFER_LEN));
        loop {
            buffer.extend(values.by_ref().take(BUFFER_LEN));
            expect_merged(self.update(&buffer));
            if buffer.len() < BUFFER_LEN {
                return;
            }
            buffer.clear();
        }
    }
}

impl<T: Value> FromIterator<T> for Moments {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut state = Self::new();
        state.extend(values);
        state
    }
}

impl AddAssign<&Moments> for Moments {
    /// Adds the state of other values.
    ///
    /// # Panics
    /// If the states do not merge; [`merge`](Moments::merge) returns an error instead.
    fn add_assign(&mut self, other: &Moments) {
        expect_merged(self.merge(other));
    }
}

impl AddAssign for Moments {
    /// Adds the state of other values.
    ///
    /// # Panics
    /// If the states do not merge; [`merge`](Moments::merge) returns an error instead.
    fn add_assign(&mut self, other: Moments) {
        *self += &other;
    }
}

impl Add for Moments {
    type Output = Self;

    /// The state of the values of both.
    ///
    /// # Panics
    /// If the states do not merge; [`merge`](Moments::merge) returns an error instead.
    fn add(mut self, other: Self) -> Self {
        self += &other;
        self
    }
}

impl std::iter::Sum for Moments {
    /// The state of all values.
    ///
    /// # Panics
    /// If the types differ, or the rows are more than 2^53 together.
    fn sum<I: Iterator<Item = Self>>(states: I) -> Self {
        states.fold(Self::new(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(len: usize) -> Vec<f64> {
        (0..len).map(|i| 1e3 / (i + 1) as f64 - 7.0).collect()
    }

    #[test]
    fn slices_and_states_agree() {
        for len in [0, 1, 2, 100, 2047, 2048, 2049, 100_000] {
            let values = values(len);
            let state: Moments = values.iter().copied().collect();
            assert_eq!(state.rows(), len as u64);
            assert_eq!(state.mean().unwrap().as_f64(), mean(&values));
            assert_eq!(state.variance(1).unwrap().as_f64(), variance(&values, 1));
            assert_eq!(state.stddev(0).unwrap().as_f64(), stddev(&values, 0));
            assert_eq!(state.sum().unwrap().as_f64(), Some(sum(&values)));
            let mut slices = Moments::new();
            values.chunks(777).for_each(|part| slices.update(part).unwrap());
            let parts = values.chunks(500).map(|part| part.iter().copied().collect::<Moments>());
            // Without parts there is no type.
            assert_eq!(parts.sum::<Moments>() == state, len > 0);
            assert_eq!(slices == state, len > 0);
        }
    }

    #[test]
    fn integers_are_exact() {
        let values = [i64::MAX, i64::MAX, i64::MIN];
        let exact = values.iter().map(|&value| i128::from(value)).sum::<i128>();
        assert_eq!(sum(&values), exact);
        let state: Moments = values.into_iter().collect();
        assert_eq!(state.sum().unwrap(), Answer::Integer(exact));
        assert_eq!(state.min().unwrap(), Answer::Integer(i64::MIN.into()));
        assert_eq!(state.max().unwrap(), Answer::Integer(i64::MAX.into()));
        assert_eq!((state.type_name(), state.count()), (Some("int64"), 3));
    }

    #[test]
    fn values_that_no_type_holds_do_not_mix() {
        let mut state: Moments = [1.0].into_iter().collect();
        let before = state.clone();
        assert!(state.update(&[(1_i64 << 53) + 1]).unwrap_err().is_type_mismatch());
        assert_eq!(state, before);
        let mixed = || [u64::MAX].into_iter().collect::<Moments>() + before.clone();
        assert!(std::panic::catch_unwind(mixed).is_err());
    }

    #[test]
    fn missing_statistics_are_errors() {
        let text = Moments::of_type(Some(ColumnType::named("string")));
        let refused = text.mean().unwrap_err();
        assert!(refused.is_unsupported());
        assert!(refused.to_string().contains("string"), "{refused}");
        assert_eq!(Moments::new().mean().unwrap(), Answer::Null);
    }
}
