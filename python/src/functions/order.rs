//! The functions of values in order: `quantile` and `median`.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_schema::{DataType, Field};
use colstats::internals::ErrorKind;
use colstats::internals::answers::arrow::to_array;
use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::order::{Interpolation, Share, quantile_type, quantiles};
use colstats::internals::answers::question::Question;
use colstats::internals::answers::statistic::{Ticks, fine_type};
use colstats::internals::run::pool::num_threads;
use colstats::{Answer, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::classes::rows::{PyRow, PyRows};
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table};
use crate::input::data::{Column, Input, Kind, Table};
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label, option_doc, read};
use crate::output::{Records, Values, element, to_python};
use crate::text::{quantiles_of_text, text_type};

/// The median: the value in the middle, or the mean of the two in the middle, correctly rounded.
///
/// Args:
#[doc = option_doc!(data)]
#[doc = option_doc!(skip_nulls)]
#[doc = option_doc!(min_count)]
#[doc = option_doc!(skip_nans)]
#[doc = option_doc!(columns)]
#[doc = option_doc!(numeric_only)]
#[doc = option_doc!(threads)]
///
/// Returns:
///     For a column a float, a point in time or a duration; for a table a Row of these.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.median([5, 1, None, 2])
///     2.0
///     >>> cs.median([1, 2])
///     1.5
#[pyfunction]
#[pyo3(signature = (
    data, /, *, skip_nulls=true, min_count=1, skip_nans=false, columns=None, numeric_only=false,
    threads=None
))]
#[allow(clippy::too_many_arguments)]
pub fn median<'py>(
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
    let half = Share::of(0.5).expect("one half is from 0 to 1");
    let asked =
        Asked { name: "median", shares: Shares::One(half), interpolation: Interpolation::Linear };
    asked.of(data, &keywords.threads(threads))
}

/// Quantiles: the values below which shares of all values lie, correctly rounded.
///
/// The quantile q of n sorted values lies at the position (n - 1) q, counted from 0. A float q stands for
/// the decimal number that Python prints, so that the quantile 0.29 of 0, 1, ..., 100 is 29.
///
/// Args:
#[doc = option_doc!(data)]
///     q: A number from 0 to 1, or a list of them.
#[doc = option_doc!(interpolation)]
#[doc = option_doc!(skip_nulls)]
#[doc = option_doc!(min_count)]
#[doc = option_doc!(skip_nans)]
#[doc = option_doc!(columns)]
#[doc = option_doc!(numeric_only)]
#[doc = option_doc!(threads)]
///
/// Returns:
///     For a column a float, a point in time or a duration, or, without interpolation, a value of its
///     type, which may be text or bytes; for a table a Row of these. If q is a list, a list of them, or Rows with the shares in ``q``.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.quantile(range(101), 0.29)
///     29.0
///     >>> cs.quantile([1, 2, 10, 20], [0.25, 0.6], interpolation="lower")
///     [1, 2]
///     >>> import pyarrow as pa
///     >>> cs.quantile(pa.array(["pear", "apple", "fig"]), 0.5, interpolation="lower")
///     'fig'
#[pyfunction]
#[pyo3(signature = (
    data, q, /, *, interpolation=Interpolation::Linear, skip_nulls=true, min_count=1,
    skip_nans=false, columns=None, numeric_only=false, threads=None
), text_signature = "(data, q, /, *, interpolation=\"linear\", skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)")]
#[allow(clippy::too_many_arguments)]
pub fn quantile<'py>(
    data: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = shares)] q: Shares,
    #[pyo3(from_py_with = interpolation_of)] interpolation: Interpolation,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::min_count)] min_count: u64,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let keywords = Keywords::default().skip_nulls(skip_nulls).min_count(min_count);
    let keywords = keywords.skip_nans(skip_nans).columns(columns).numeric_only(numeric_only);
    Asked { name: "quantile", shares: q, interpolation }.of(data, &keywords.threads(threads))
}

/// The shares that are asked for: one, or a list.
pub enum Shares {
    One(Share),
    Some(Vec<Share>, Vec<f64>),
}

impl Shares {
    /// None of them.
    pub fn none() -> Self {
        Self::Some(vec![], vec![])
    }

    pub fn all(&self) -> &[Share] {
        match self {
            Self::One(share) => std::slice::from_ref(share),
            Self::Some(shares, _) => shares,
        }
    }
}

pub fn shares(value: &Bound<'_, PyAny>) -> PyResult<Shares> {
    let share = |value: &Bound<'_, PyAny>| -> PyResult<(Share, f64)> {
        let number = value.extract::<f64>().map_err(|_| {
            let name = type_name(value);
            PyTypeError::new_err(format!("q must be a number from 0 to 1, or a list, not {name}"))
        })?;
        let share = Share::of(number).ok_or_else(|| {
            PyValueError::new_err(format!("q must be from 0 to 1, got {number:?}"))
        })?;
        Ok((share, number))
    };
    if value.extract::<f64>().is_err()
        && !value.is_instance_of::<PyString>()
        && let Ok(items) = value.try_iter()
    {
        let shares = items.map(|item| share(&item?)).collect::<PyResult<Vec<_>>>()?;
        let (shares, numbers) = shares.into_iter().unzip();
        return Ok(Shares::Some(shares, numbers));
    }
    share(value).map(|(share, _)| Shares::One(share))
}

pub fn interpolation_of(value: &Bound<'_, PyAny>) -> PyResult<Interpolation> {
    const EXPECTED: &str =
        "interpolation must be \"linear\", \"lower\", \"higher\", \"nearest\" or \"midpoint\"";
    let Ok(text) = value.cast::<PyString>() else {
        return Err(PyTypeError::new_err(format!("{EXPECTED}, not {}", type_name(value))));
    };
    let text = text.to_cow()?;
    let found = Interpolation::ALL.iter().find(|(name, _)| *name == text);
    found
        .map(|(_, interpolation)| *interpolation)
        .ok_or_else(|| PyValueError::new_err(format!("{EXPECTED}, got {}", quoted(&text))))
}

/// Why text has no such quantiles.
const INTERPOLATES: &str = "interpolation needs numbers or times; \
    interpolation=\"lower\", \"higher\" or \"nearest\" work";
const HAS_NO_MEAN: &str = "the two in the middle have no mean; \
    quantile(data, 0.5, interpolation=\"lower\") works";

/// What is asked about columns.
pub struct Asked {
    /// The name of the function.
    name: &'static str,
    pub shares: Shares,
    pub interpolation: Interpolation,
}

impl Asked {
    /// The same as functions of these names ask.
    pub fn new(name: &str, shares: Shares, interpolation: Interpolation) -> Self {
        let name = if name == "median" { "median" } else { "quantile" };
        Self { name, shares, interpolation }
    }

    fn of<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        match source(data)?.read_all()? {
            Input::Column(column) => self.of_column(data, &column, keywords),
            Input::Table(table) => self.of_table(data, &table, keywords),
        }
    }

    fn of_column<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        column: &Column,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        keywords.selection.expect_nothing()?;
        let py = data.py();
        if let Some(of) = self.text_type(column) {
            let array = self.of_text(data, column, of, keywords)?;
            return match self.shares {
                Shares::One(_) => element(py, &array, 0),
                Shares::Some(..) => {
                    let elements = (0..array.len()).map(|index| element(py, &array, index));
                    Ok(PyList::new(py, elements.collect::<PyResult<Vec<_>>>()?)?.into_any())
                }
            };
        }
        let result = self.result_type(column);
        let result = result.map_err(|error| refused(&error, &column.name, &type_name(data)))?;
        let result = fine_type(self.interpolation.like(), result);
        let answers = self.answers(py, column, Ticks::Fine, keywords)?;
        let to_python = |answer| to_python(py, answer, column.data_type(), &result);
        match self.shares {
            Shares::One(_) => to_python(answers[0]),
            Shares::Some(..) => {
                let answers = answers.into_iter().map(to_python).collect::<PyResult<Vec<_>>>()?;
                Ok(PyList::new(py, answers)?.into_any())
            }
        }
    }

    fn of_table<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        table: &Table,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = data.py();
        let columns = keywords.selection.of(table)?;
        let results = columns.iter().map(|column| {
            let result = self.result_type(column);
            result.map_err(|error| refused_in_table(&error, &column.name))
        });
        // Refusals come before any work.
        let results = results.collect::<PyResult<Vec<_>>>()?;
        let mut values = Vec::with_capacity(columns.len());
        for (column, result) in columns.into_iter().zip(results) {
            if let Some(of) = self.text_type(column) {
                let array = self.of_text(data, column, of, keywords)?;
                values.push(Values::new(Field::new(&column.name, result, true), array));
                continue;
            }
            let answers = self.answers(py, column, Ticks::Unit, keywords)?;
            let array = to_array(self.interpolation.like(), &result, &Answers::from_iter(answers));
            let array = array.map_err(|error| refused_in_table(&error, &column.name))?;
            values.push(Values::new(Field::new(&column.name, result, true), array));
        }
        self.rows_of(py, values)
    }

    /// A row of the answers about columns, or a row for each share.
    pub fn rows_of<'py>(
        &self,
        py: Python<'py>,
        values: Vec<Values>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Shares::Some(_, numbers) = &self.shares else {
            return PyRow::of(py, Records::new(values));
        };
        let shares: ArrayRef = Arc::new(Float64Array::from(numbers.clone()));
        let shares = Values::new(Field::new("q", DataType::Float64, false), shares);
        PyRows::of(py, Records::new([vec![shares], values].concat()))
    }

    /// The type of the values, if the column is text whose quantiles are values.
    fn text_type<'a>(&self, column: &'a Column) -> Option<&'a DataType> {
        text_type(column).filter(|_| self.interpolation.like() == Statistic::Min)
    }

    fn of_text(
        &self,
        data: &Bound<'_, PyAny>,
        column: &Column,
        of: &DataType,
        keywords: &Keywords,
    ) -> PyResult<ArrayRef> {
        let asked = (self.shares.all(), self.interpolation);
        quantiles_of_text(data, column, of, asked, &keywords.options)
    }

    pub fn result_type(&self, column: &Column) -> Result<DataType, colstats::Error> {
        if let Some(of) = self.text_type(column) {
            return Ok(of.clone());
        }
        if text_type(column).is_some() {
            let (statistic, of) = (self.name, column.kind.name());
            let because = if self.name == "median" { HAS_NO_MEAN } else { INTERPOLATES };
            return Err(ErrorKind::Unsupported { statistic, of, because }.into());
        }
        let result = match column.kind {
            Kind::Readable(_) => quantile_type(self.interpolation, column.data_type()),
            _ => column.result_type(self.interpolation.like()),
        };
        self.about_quantiles(result)
    }

    /// The same for values of a type.
    pub fn result_type_of(&self, of: &DataType) -> Result<DataType, colstats::Error> {
        self.about_quantiles(quantile_type(self.interpolation, of))
    }

    /// Means and extremes are how a quantile is computed, not what was asked for.
    fn about_quantiles(
        &self,
        result: Result<DataType, colstats::Error>,
    ) -> Result<DataType, colstats::Error> {
        result.map_err(|error| match error.kind() {
            ErrorKind::Unsupported { of, because, .. } => {
                let (of, because) = (of.clone(), *because);
                ErrorKind::Unsupported { statistic: self.name, of, because }.into()
            }
            _ => error,
        })
    }

    fn answers(
        &self,
        py: Python<'_>,
        column: &Column,
        ticks: Ticks,
        keywords: &Keywords,
    ) -> PyResult<Vec<Answer>> {
        let (statistic, options) = (self.interpolation.like(), &keywords.options);
        let question = Question { statistic, of: column.data_type(), options, ticks };
        let shares = self.shares.all();
        let threads = keywords.threads.unwrap_or_else(num_threads);
        let ask =
            |threads| quantiles(&question, &column.chunks, shares, self.interpolation, threads);
        if worth_detaching(column.rows()) { detached(py, || ask(threads)) } else { Ok(ask(1)) }
    }
}
