//! The functions of how often values occur: `n_unique` and `mode`.
//!
//! Values are equal if they are the same key of a group: all NaNs are one, and so are -0.0 and 0.0. What is a word as a
//! key (numbers and times of up to 64 bits) is counted in tables of words; wide decimals, text and bytes are groups.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, new_null_array};
use arrow_schema::{DataType, Field};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::groups::{Frequencies, Grouping, are_bytes};
use colstats::internals::run::pool::num_threads;
use colstats::{Nans, Nulls, Options};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::classes::rows::PyRow;
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::groups::accumulate::push_rows;
use crate::groups::grouped::{comparable, sorted};
use crate::input::data::{Column, Input, Table};
use crate::memory::expect_memory;
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label, option_doc, read};
use crate::output::{Records, Values, element};
use crate::states::accumulate::expect_countable;

/// The number of different values that are not null.
///
/// All NaNs are one value, and so are -0.0 and 0.0.
///
/// Args:
#[doc = option_doc!(data)]
///     skip_nans: Whether to treat NaN as null. If not, NaN counts as a value.
#[doc = option_doc!(columns)]
#[doc = option_doc!(numeric_only)]
#[doc = option_doc!(threads)]
///
/// Returns:
///     An int for a column; for a table a Row of them.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.n_unique([3, 1, None, 3])
///     2
#[pyfunction]
#[pyo3(signature = (
    data, /, *, skip_nans=false, columns=None, numeric_only=false, threads=None
))]
pub fn n_unique<'py>(
    data: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let keywords = Keywords::default().skip_nans(skip_nans);
    let keywords = keywords.columns(columns).numeric_only(numeric_only).threads(threads);
    Frequency::Distinct.of(data, &keywords)
}

/// The mode: the most frequent value, of several the least, and NaN only if there is no other.
///
/// All NaNs are one value, and so are -0.0 and 0.0.
///
/// Args:
#[doc = option_doc!(data)]
#[doc = option_doc!(skip_nulls)]
#[doc = option_doc!(min_count)]
///     skip_nans: Whether to treat NaN as null. If not, NaN counts as a value.
#[doc = option_doc!(columns)]
#[doc = option_doc!(numeric_only)]
#[doc = option_doc!(threads)]
///
/// Returns:
///     For a column a value of its type; for a table a Row of these.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.mode([3, 1, None, 3, 1, 2])
///     1
#[pyfunction]
#[pyo3(signature = (
    data, /, *, skip_nulls=true, min_count=1, skip_nans=false, columns=None, numeric_only=false,
    threads=None
))]
#[allow(clippy::too_many_arguments)]
pub fn mode<'py>(
    data: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::min_count)] min_count: u64,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let keywords = Keywords::default().skip_nulls(skip_nulls).min_count(min_count);
    let keywords = keywords.skip_nans(skip_nans).columns(columns).numeric_only(numeric_only);
    Frequency::Mode.of(data, &keywords.threads(threads))
}

/// What is asked.
#[derive(Clone, Copy)]
enum Frequency {
    Distinct,
    Mode,
}

impl Frequency {
    fn of<'py>(self, data: &Bound<'py, PyAny>, keywords: &Keywords) -> PyResult<Bound<'py, PyAny>> {
        match source(data)?.read_all()? {
            Input::Column(column) => {
                keywords.selection.expect_nothing()?;
                let values = expect_comparable(data, &column, false)?;
                element(data.py(), &self.answer(data.py(), &column, values, keywords)?, 0)
            }
            Input::Table(table) => self.of_table(data, &table, keywords),
        }
    }

    fn of_table<'py>(
        self,
        data: &Bound<'py, PyAny>,
        table: &Table,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        let columns = keywords.selection.of(table)?;
        // Refusals come before any work.
        let comparable = columns.iter().map(|column| expect_comparable(data, column, true));
        let comparable = comparable.collect::<PyResult<Vec<_>>>()?;
        let values = columns.into_iter().zip(comparable).map(|(column, values)| {
            let answer = self.answer(data.py(), column, values, keywords)?;
            Ok(Values::new(Field::new(&column.name, answer.data_type().clone(), true), answer))
        });
        PyRow::of(data.py(), Records::new(values.collect::<PyResult<_>>()?))
    }

    /// An array with the answer.
    fn answer(
        self,
        py: Python<'_>,
        column: &Column,
        (of, chunks): Comparable,
        keywords: &Keywords,
    ) -> PyResult<ArrayRef> {
        let threads = keywords.threads.unwrap_or_else(num_threads);
        if let Some(words) = Frequencies::new(&of, matches!(self, Self::Mode), threads) {
            let words = counted(py, words, &chunks, column.rows())?;
            let answer = self.of_words(&words, &of, keywords);
            return answer.ok_or_else(|| {
                let (name, of) = (quoted(&column.name), column.kind.name());
                PyValueError::new_err(format!(
                    "column {name}: the mode does not fit {of}; cast the column to int64"
                ))
            });
        }
        let is_text = are_bytes(&of);
        let mut groups = Grouping::<0, 0>::new(vec![of], 0, threads);
        push_rows(py, &mut groups, &[chunks], &[], column.rows())?;
        if let (Self::Distinct, true) = (self, is_text) {
            let distinct = detached(py, || groups.distinct())?;
            return Ok(Arc::new(Int64Array::from(vec![distinct as i64])));
        }
        let grouped = sorted(py, groups, |_| format!("column {}", quoted(&column.name)))?;
        let sorted = Sorted::new(Arc::clone(&grouped.keys()[0]), grouped.sizes().to_vec());
        Ok(match self {
            Self::Distinct => Arc::new(Int64Array::from(vec![sorted.distinct as i64])),
            Self::Mode => sorted.mode(keywords),
        })
    }

    /// The same for keys that are words; none if it does not fit the type.
    fn of_words(self, words: &Frequencies, of: &DataType, keywords: &Keywords) -> Option<ArrayRef> {
        let skip_nans = keywords.options.nans == Nans::AreNull;
        let (count, missing) = words.rows(skip_nans);
        match self {
            Self::Distinct => {
                Some(Arc::new(Int64Array::from(vec![words.distinct(skip_nans) as i64])))
            }
            Self::Mode if count > 0 && admits(&keywords.options, count, missing) => {
                words.mode(skip_nans)
            }
            Self::Mode => Some(new_null_array(of, 1)),
        }
    }
}

/// Values that can be compared.
type Comparable = (DataType, Vec<Chunk>);

fn expect_comparable(
    data: &Bound<'_, PyAny>,
    column: &Column,
    is_in_table: bool,
) -> PyResult<Comparable> {
    expect_countable(column.rows(), &column.name)?;
    comparable(column, data)?.ok_or_else(|| {
        let (name, advice) = match (column.name.as_str(), is_in_table) {
            ("", false) => (type_name(data), ""),
            (name, false) => (format!("column {}", quoted(name)), ""),
            (name, true) => {
                (format!("column {}", quoted(name)), " (leave it out with columns=[...])")
            }
        };
        PyTypeError::new_err(format!(
            "{name}: {} values cannot be compared; numbers, bools, times, text and bytes can{advice}",
            column.kind.name()
        ))
    })
}

/// Counts the words of a column, a limited number at a time.
fn counted(
    py: Python<'_>,
    mut words: Frequencies,
    chunks: &[Chunk],
    rows: usize,
) -> PyResult<Frequencies> {
    let mut start = 0;
    while start < rows {
        let end = rows.min(start + Frequencies::round_rows());
        expect_memory(words.bytes_for(end - start), || {
            format!("to count the values of {} more rows", end - start)
        })?;
        match worth_detaching(end - start) {
            true => detached(py, || words.push(chunks, start..end))?,
            false => words.push(chunks, start..end),
        }
        start = end;
    }
    Ok(words)
}

/// Whether there is a mode, given how many values there are and how many are missing.
fn admits(options: &Options, count: u64, missing: u64) -> bool {
    count >= options.min_count && (missing == 0 || options.nulls == Nulls::Skip)
}

/// The different values of a column in order, and how often each occurs.
struct Sorted {
    /// Null comes last.
    values: ArrayRef,
    sizes: Vec<u64>,
    /// How many of the values are not null.
    distinct: usize,
}

impl Sorted {
    fn new(values: ArrayRef, sizes: Vec<u64>) -> Self {
        let mut distinct = sizes.len();
        if distinct > 0 && values.is_null(distinct - 1) || *values.data_type() == DataType::Null {
            distinct = distinct.saturating_sub(1);
        }
        Self { values, sizes, distinct }
    }

    /// The least of the most frequent values, or null.
    fn mode(&self, keywords: &Keywords) -> ArrayRef {
        let (present, missing) = self.sizes.split_at(self.distinct);
        let most = present.iter().max();
        let is_admitted = admits(&keywords.options, present.iter().sum(), missing.iter().sum());
        match present.iter().position(|size| Some(size) == most) {
            Some(place) if is_admitted => self.values.slice(place, 1),
            _ => new_null_array(self.values.data_type(), 1),
        }
    }
}
