//! The functions of the module: open a door, answer, let go.
//!
//! `Column` and `Table` have methods of the same names with the same keywords, whose documentation
//! is here.

use colstats::Statistic;
use pyo3::prelude::*;

use crate::classes::column::PyColumn;
use crate::classes::table::PyTable;
use crate::evaluate::{of_column, of_input, of_stream, of_table};
use crate::input::{self, Opened};
use crate::options::{NonNegative, Options, Piece, Selection, Threads};

/// Count the values that are not null.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     skip_nans: Whether a NaN counts as a null.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     An int for a column; for a table a RecordBatch with one row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.count([1.5, None, float("nan")])
///     2
///     >>> cs.count([1.5, None, float("nan")], skip_nans=True)
///     1
#[pyfunction]
#[pyo3(
    signature = (data, /, *, skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
)]
pub fn count<'py>(
    data: &Bound<'py, PyAny>,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    evaluate(data, Statistic::Count, &Options::counting(skip_nans, threads).per(per), &selection)
}

/// The sum, exact for integers and decimals and correctly rounded for floating-point numbers.
///
/// The sum of no values is None, or 0 if ``min_count`` is 0.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     skip_nulls: Whether nulls are left out; if not, one null makes the result None.
///     min_count: With fewer values than this the result is None.
///     skip_nans: Whether a NaN counts as a null; if not, one NaN makes the result NaN.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     For a column an int, a float, a Decimal or a timedelta; for a table a RecordBatch with one
///     row, in which sums of integers are decimal128(38, 0), and sums of decimals have all the
///     digits of decimal128, or of decimal256 for columns of that type: what does not fit these is
///     an error.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.sum([1e300, 1.0, -1e300])
///     1.0
///     >>> cs.sum([2**62, 2**62, 2**62])
///     13835058055282163712
#[pyfunction]
#[pyo3(
    signature = (data, /, *, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
    text_signature = "(data, /, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, columns=None, numeric_only=False, threads=None)",
)]
pub fn sum<'py>(
    data: &Bound<'py, PyAny>,
    skip_nulls: bool,
    min_count: NonNegative,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    let options = Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
    evaluate(data, Statistic::Sum, &options, &selection)
}

/// The arithmetic mean, correctly rounded.
///
/// The mean of dates and timestamps is a point in time, that of durations a duration.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     skip_nulls: Whether nulls are left out; if not, one null makes the result None.
///     min_count: With fewer values than this the result is None.
///     skip_nans: Whether a NaN counts as a null; if not, one NaN makes the result NaN.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     For a column a float, a datetime or a timedelta; for a table a RecordBatch with one row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.mean([1.0, 2.0, None])
///     1.5
///     >>> cs.mean([1e300, 1.0, -1e300]) == 1 / 3
///     True
#[pyfunction]
#[pyo3(
    signature = (data, /, *, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
    text_signature = "(data, /, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, columns=None, numeric_only=False, threads=None)",
)]
pub fn mean<'py>(
    data: &Bound<'py, PyAny>,
    skip_nulls: bool,
    min_count: NonNegative,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    let options = Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
    evaluate(data, Statistic::Mean, &options, &selection)
}

/// The variance, correctly rounded.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     ddof: Degrees of freedom: the divisor is the count minus ddof. 0 is the variance of a
///         population, 1 the estimate from a sample. If no more values than ddof count, the
///         result is None.
///     skip_nulls: Whether nulls are left out; if not, one null makes the result None.
///     min_count: With fewer values than this the result is None.
///     skip_nans: Whether a NaN counts as a null; if not, one NaN makes the result NaN.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     For a column a float; for a table a RecordBatch with one row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.variance([1, 2, 3, 4])
///     1.25
///     >>> cs.variance([1e9 + 1, 1e9 + 2, 1e9 + 3], ddof=1)
///     1.0
#[pyfunction]
#[pyo3(
    signature = (data, /, *, ddof=NonNegative(0), skip_nulls=true, min_count=NonNegative(0), skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
    text_signature = "(data, /, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False, per=None, columns=None, numeric_only=False, threads=None)",
)]
pub fn variance<'py>(
    data: &Bound<'py, PyAny>,
    ddof: NonNegative,
    skip_nulls: bool,
    min_count: NonNegative,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    let options = Options::new(skip_nulls, skip_nans, min_count, ddof, threads).per(per);
    evaluate(data, Statistic::Variance, &options, &selection)
}

/// The standard deviation, correctly rounded from the unrounded variance.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     ddof: Degrees of freedom: the divisor is the count minus ddof. 0 is the variance of a
///         population, 1 the estimate from a sample. If no more values than ddof count, the
///         result is None.
///     skip_nulls: Whether nulls are left out; if not, one null makes the result None.
///     min_count: With fewer values than this the result is None.
///     skip_nans: Whether a NaN counts as a null; if not, one NaN makes the result NaN.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     For a column a float or a timedelta; for a table a RecordBatch with one row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.stddev([1, 2, 3], ddof=1)
///     1.0
///     >>> cs.stddev([0.1] * 10)
///     0.0
#[pyfunction]
#[pyo3(
    signature = (data, /, *, ddof=NonNegative(0), skip_nulls=true, min_count=NonNegative(0), skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
    text_signature = "(data, /, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False, per=None, columns=None, numeric_only=False, threads=None)",
)]
pub fn stddev<'py>(
    data: &Bound<'py, PyAny>,
    ddof: NonNegative,
    skip_nulls: bool,
    min_count: NonNegative,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    let options = Options::new(skip_nulls, skip_nans, min_count, ddof, threads).per(per);
    evaluate(data, Statistic::Stddev, &options, &selection)
}

/// The minimum. -0.0 comes before 0.0.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     skip_nulls: Whether nulls are left out; if not, one null makes the result None.
///     min_count: With fewer values than this the result is None.
///     skip_nans: Whether a NaN counts as a null; if not, one NaN makes the result NaN.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     For a column a value of its type; for a table a RecordBatch with one row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.min([3, 1, None, 2])
///     1
#[pyfunction]
#[pyo3(
    signature = (data, /, *, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
    text_signature = "(data, /, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, columns=None, numeric_only=False, threads=None)",
)]
pub fn min<'py>(
    data: &Bound<'py, PyAny>,
    skip_nulls: bool,
    min_count: NonNegative,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    let options = Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
    evaluate(data, Statistic::Min, &options, &selection)
}

/// The maximum. 0.0 comes after -0.0.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     skip_nulls: Whether nulls are left out; if not, one null makes the result None.
///     min_count: With fewer values than this the result is None.
///     skip_nans: Whether a NaN counts as a null; if not, one NaN makes the result NaN.
///     per: ``"chunk"`` for an answer for each chunk, or a number of rows for an answer for each so
///         many rows, across the borders of chunks.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     For a column a value of its type; for a table a RecordBatch with one row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.max([3, 1, None, 2])
///     3
#[pyfunction]
#[pyo3(
    signature = (data, /, *, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, columns=None, numeric_only=false, threads=None),
    text_signature = "(data, /, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, columns=None, numeric_only=False, threads=None)",
)]
pub fn max<'py>(
    data: &Bound<'py, PyAny>,
    skip_nulls: bool,
    min_count: NonNegative,
    skip_nans: bool,
    per: Option<Piece>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let selection = Selection::new(columns, numeric_only)?;
    let options = Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
    evaluate(data, Statistic::Max, &options, &selection)
}

fn evaluate<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    options: &Options,
    selection: &Selection,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    // Our own classes need no door.
    if let Ok(column) = data.cast::<PyColumn>() {
        selection.expect_nothing()?;
        return of_column(data, column.get().data(), statistic, options);
    }
    if let Ok(table) = data.cast::<PyTable>() {
        return of_table(py, table.get().data(), statistic, options, selection);
    }
    match input::begin(data)? {
        Opened::Whole(input) => of_input(data, &input, statistic, options, selection),
        Opened::Stream(pieces) => of_stream(pieces, statistic, options, selection),
    }
}
