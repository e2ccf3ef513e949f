//! Statistics of Arrow arrays of every type.
//!
//! The functions take one array; a [`Column`] takes several chunks and, with the feature `threads`, uses
//! several threads. Both give the same bits. The table at [`result_type`] shows which types have which
//! statistic, and the type of each result.
//!
//! ```
//! use arrow_array::{Float64Array, Int64Array};
//! use colstats::arrow::{self, Column};
//! use colstats::{Answer, Options, Statistic};
//!
//! let prices = Float64Array::from(vec![Some(1.5), None, Some(3.5)]);
//! let options = Options::default();
//! assert_eq!(arrow::mean(&prices, &options)?, Answer::Float(2.5));
//! assert_eq!(arrow::sum(&Int64Array::from(vec![i64::MAX; 2]), &options)?,
//!     Answer::Integer(2 * i128::from(i64::MAX)));
//!
//! let column = Column::new([&prices as _, &prices as _])?.with_threads(4);
//! assert_eq!(column.ask(Statistic::Stddev, &options)?, arrow::stddev(&prices, &options)?);
//! assert_eq!(column.moments()?.rows(), 6);
//! # Ok::<(), colstats::Error>(())
//! ```

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::answers::column::ask_all;
use crate::answers::question::Question;
use crate::answers::statistic::{Answer, Statistic, Ticks};
use crate::columns::chunk::Chunk;
use crate::error::{Error, ErrorKind};
use crate::kernels::Need;
use crate::run::fold::fold;
use crate::states::accumulator::Options;
use crate::states::column_type::ColumnType;
use crate::states::moments::{MAX_ROWS, Moments, too_many_rows};
use crate::types;

pub use crate::answers::statistic::result_type;

/// A column: chunks of one type, which are read in place.
#[derive(Clone, Debug)]
pub struct Column {
    data_type: DataType,
    chunks: Vec<Chunk>,
    threads: usize,
}

impl Column {
    /// A column of chunks, which give it its type; without chunks, the type is null.
    ///
    /// # Errors
    /// If the chunks are of different types, or have more than 2^63 - 1 rows together.
    pub fn new<'a>(chunks: impl IntoIterator<Item = &'a dyn Array>) -> Result<Self, Error> {
        let mut column = Self { data_type: DataType::Null, chunks: vec![], threads: 1 };
        for array in chunks {
            if column.chunks.is_empty() {
                column.data_type = array.data_type().clone();
            }
            if column.data_type != *array.data_type() {
                let [first, other] =
                    [&column.data_type, array.data_type()].map(DataType::to_string);
                return Err(ErrorKind::MixedChunks { first, other }.into());
            }
            column.chunks.push(Chunk::from(array.slice(0, array.len())));
        }
        // Counts, and the sums of 64-bit integers, then fit their types.
        if column.rows() > i64::MAX as u64 {
            return Err(ErrorKind::TooManyRows { of: "a column", power: 63 }.into());
        }
        Ok(column)
    }

    /// The same column, read by up to this number of threads. Results are the same, to the bit, with any
    /// number.
    #[cfg(feature = "threads")]
    pub fn with_threads(self, threads: usize) -> Self {
        /// More are not worth their stacks.
        const MAX_THREADS: usize = 1024;
        Self { threads: threads.clamp(1, MAX_THREADS), ..self }
    }

    fn rows(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.rows() as u64).fold(0, u64::saturating_add)
    }

    /// A statistic of all rows.
    ///
    /// # Errors
    /// If the type has no such statistic.
    pub fn ask(&self, statistic: Statistic, options: &Options) -> Result<Answer, Error> {
        let of = &self.data_type;
        result_type(statistic, of)?;
        let question = Question { statistic, of, options, ticks: Ticks::Unit };
        Ok(match self.threads {
            1 => question.ask(&self.chunks[..]),
            threads => ask_all(&[(question, &self.chunks)], threads).remove(0),
        })
    }

    /// The mergeable state of all rows.
    ///
    /// # Errors
    /// If there are more than 2^53 rows.
    pub fn moments(&self) -> Result<Moments, Error> {
        if self.rows() > MAX_ROWS {
            return Err(too_many_rows());
        }
        let accumulator = fold(&[(&self.chunks, Need::Everything)], self.threads).remove(0);
        // Encodings are read as their values; what can only be counted keeps its whole name.
        let plain = Some(types::plain(&self.data_type)).filter(|plain| types::is_readable(plain));
        let of = ColumnType::of(plain.unwrap_or(&self.data_type));
        Ok(Moments::of_column(of, accumulator))
    }
}

impl From<ArrayRef> for Column {
    fn from(array: ArrayRef) -> Self {
        let data_type = array.data_type().clone();
        Self { data_type, chunks: vec![Chunk::from(array)], threads: 1 }
    }
}

fn ask(array: &dyn Array, statistic: Statistic, options: &Options) -> Result<Answer, Error> {
    Column::new([array])?.ask(statistic, options)
}

/// The number of values that are not null.
///
/// # Errors
/// None today: values of every type can be counted.
pub fn count(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Count, options)
}

/// The sum: exact for integers and decimals, correctly rounded for floating-point numbers.
///
/// # Errors
/// If the type has no sum.
pub fn sum(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Sum, options)
}

/// The mean, correctly rounded. For temporal types it is a time, in the ticks of the [`result_type`].
///
/// # Errors
/// If the type has no mean.
pub fn mean(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Mean, options)
}

/// The variance, correctly rounded.
///
/// # Errors
/// If the type has no variance.
pub fn variance(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Variance, options)
}

/// The standard deviation, correctly rounded from the unrounded variance.
///
/// # Errors
/// If the type has no standard deviation.
pub fn stddev(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Stddev, options)
}

/// The minimum.
///
/// # Errors
/// If the type has no minimum.
pub fn min(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Min, options)
}

/// The maximum.
///
/// # Errors
/// If the type has no maximum.
pub fn max(array: &dyn Array, options: &Options) -> Result<Answer, Error> {
    ask(array, Statistic::Max, options)
}

impl Moments {
    /// Adds the values of an Arrow array.
    ///
    /// # Errors
    /// If the state is of another type, or would count more than 2^53 rows.
    pub fn update_array(&mut self, array: &dyn Array) -> Result<(), Error> {
        self.merge(&Column::new([array])?.moments()?)
    }
}

/// An array of answers, one per row.
///
/// # Errors
/// If an answer does not fit the type.
pub fn to_array(
    statistic: Statistic,
    data_type: &DataType,
    answers: &[Answer],
) -> Result<ArrayRef, Error> {
    crate::answers::arrow::to_array(statistic, data_type, &answers.iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::{Int8Type, Int64Type};
    use arrow_array::{
        DictionaryArray, Float64Array, Int8Array, Int16Array, Int64Array, NullArray, RunArray,
        StringArray,
    };
    use std::sync::Arc;

    const OPTIONS: Options =
        Options { nulls: crate::Nulls::Skip, nans: crate::Nans::Propagate, min_count: 0, ddof: 0 };

    fn type_name(array: &dyn Array) -> String {
        let state = Column::new([array]).and_then(|column| column.moments()).expect("few rows");
        state.type_name().expect("a type").to_string()
    }

    #[test]
    fn encodings_of_encodings_are_counted_and_refused() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1.5, 2.5]));
        let inner = DictionaryArray::new(Int8Array::from(vec![0, 1]), values);
        let outer = DictionaryArray::new(Int16Array::from(vec![0, 1, 1]), Arc::new(inner.clone()));
        assert_eq!(mean(&inner, &OPTIONS).expect("one encoding"), Answer::Float(2.0));
        assert_eq!(count(&outer, &OPTIONS).expect("rows"), Answer::Integer(3));
        for ask in [sum, mean, variance, stddev, min, max] {
            assert!(ask(&outer, &OPTIONS).expect_err("two encodings").is_unsupported());
        }
    }

    #[test]
    fn states_are_named_as_the_python_package_names_them() {
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let dictionary = DictionaryArray::new(Int8Array::from(vec![0]), Arc::clone(&text));
        let list =
            arrow_array::ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
        assert_eq!(type_name(&text), "string");
        assert_eq!(type_name(&dictionary), "dictionary<values=string, indices=int8>");
        assert_eq!(type_name(&list), "list");
        let numbers: DictionaryArray<Int8Type> =
            DictionaryArray::new(Int8Array::from(vec![0]), Arc::new(Int64Array::from(vec![7])));
        assert_eq!(type_name(&numbers), "int64");
    }

    #[test]
    fn chunks_have_one_type_and_a_bounded_number_of_rows() {
        let (floats, integers) = (Float64Array::from(vec![1.0]), Int64Array::from(vec![1]));
        let mixed = Column::new([&floats as &dyn Array, &integers]).expect_err("two types");
        assert!(mixed.is_type_mismatch());
        assert!(mixed.to_string().contains("Float64"), "{mixed}");

        let ends = arrow_array::PrimitiveArray::<Int64Type>::from(vec![i64::MAX]);
        let run = RunArray::try_new(&ends, &floats).expect("one run");
        assert_eq!(mean(&run, &OPTIONS).expect("2^63 - 1 rows"), Answer::Float(1.0));
        let many = Column::new([&run as &dyn Array; 3]).expect_err("more rows than are counted");
        assert!(many.is_too_many_rows());
        assert!(Column::new([&run as &dyn Array]).expect("so many").moments().is_err());
        assert_eq!(count(&NullArray::new(5), &OPTIONS).expect("nulls"), Answer::Integer(0));
    }
}
