//! The class `CoMoments`: the state of several columns together, which grows with its data.

use std::collections::HashSet;

use arrow_schema::DataType;
use colstats::Options;
use colstats::internals::ErrorKind;
use colstats::internals::answers::pairs::PairStatistic;
use colstats::internals::columns::aligned::Kind as Value;
use colstats::internals::exact::rational;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::comoments::{CoMoments, sums};
use colstats::internals::states::comoments_wire as wire;
use colstats::internals::states::joint::{Joint, RowWeights};
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyType};

use crate::classes::moments::bytes_of;
use crate::classes::shared::Shared;
use crate::detach::detached;
use crate::error::unmergeable;
use crate::functions::comoments::{Asked, expect_few_sums, state_of};
use crate::functions::fits::{Fitted, Rules, is_refused};
use crate::functions::pairs::matrix_of;
use crate::input::data::Input;
use crate::input::open_arrow;
use crate::names::{counted, listed, quoted, type_name};
use crate::options::{Keywords, Label, read};
use crate::output::stream;
use crate::states::together;

/// The exact state of several columns together, from which covariances, correlations and regressions
/// can be computed: sums of the columns and of the products of all pairs, however many rows there were. States of
/// parts are joined by ``update``, ``merge``, ``+`` and ``sum``, in any order, and the results are those of the
/// whole, to the bit.
///
/// A row counts if it has a number in each of the columns. How many have a null or a NaN in any is kept as well.
///
/// It is an Arrow table itself, with one row, which any Arrow library can store or send: its columns are ``columns``,
/// ``rows``, ``nulls``, ``nans`` and ``state``. All but the state are for people to read.
///
/// Args:
///     columns: The names of the columns; by default those of the first table that hold numbers. Or an Arrow table of
///         states, whose rows are merged.
///     degree: The highest power of the columns that regressions may use: sums of their products are kept, too. By default
///         that of the first state that is merged, or 1. From 2 on this takes microseconds a row.
///
/// Examples:
///     >>> import colstats as cs
///     >>> state = cs.CoMoments()
///     >>> state.update({"a": [0, 1], "y": [1, 3]})
///     >>> state.update({"a": [2, 3], "y": [5, 8]})
///     >>> state
///     <colstats.CoMoments: "a", "y", 4 rows>
///     >>> state.linear_fit("a", "y")["slope"]
///     2.3
#[pyclass(name = "CoMoments", module = "colstats", frozen)]
pub struct PyCoMoments(Shared<Grown>);

impl Default for PyCoMoments {
    fn default() -> Self {
        Self(Grown::default().into())
    }
}

/// A state, and the columns that it takes.
#[derive(Clone, Default)]
struct Grown {
    state: CoMoments,
    /// Those that were named, or that the first data had.
    names: Option<Vec<String>>,
    /// The degree that was given.
    degree: Option<usize>,
}

impl Grown {
    fn degree(&self) -> usize {
        match self.state.columns() {
            [] => self.degree.unwrap_or(1),
            _ => self.state.degree(),
        }
    }
}

impl From<CoMoments> for PyCoMoments {
    fn from(state: CoMoments) -> Self {
        let names = state.columns().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let names = (!names.is_empty()).then_some(names);
        Self(Grown { state, names, degree: None }.into())
    }
}

#[pymethods]
impl PyCoMoments {
    #[new]
    #[pyo3(signature = (columns=None, degree=None), text_signature = "(columns=None, degree=None)")]
    fn new(
        columns: Option<&Bound<'_, PyAny>>,
        degree: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let degree = degree.map(read::degree).transpose()?;
        let Some(columns) = columns else {
            return Ok(Self(Grown { degree, ..Grown::default() }.into()));
        };
        if let Some(input @ Input::Table(_)) = open_arrow(columns)? {
            if degree.is_some() {
                return Err(PyTypeError::new_err("a table of states has the degree of these"));
            }
            return Ok(together::read(columns, &input)?.into());
        }
        let labels = read::columns(columns)?.unwrap_or_default();
        let name = |label| match label {
            Label::Name(name) => Ok(name),
            Label::Position(_) => {
                Err(PyTypeError::new_err("CoMoments takes the names of columns, not positions"))
            }
        };
        let names = labels.into_iter().map(name).collect::<PyResult<Vec<_>>>()?;
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(PyValueError::new_err(format!("{} is named twice", quoted(twice))));
        }
        if names.is_empty() {
            return Err(PyValueError::new_err("CoMoments takes at least one column"));
        }
        expect_few_sums(names.len(), degree.unwrap_or(1))?;
        Ok(Self(Grown { state: CoMoments::new(), names: Some(names), degree }.into()))
    }

    /// Add the rows of a table, or of a stream of batches, which is never held as a whole.
    ///
    /// It must have the columns of the state; others are ignored. If the rows of the state have weights, these must have
    /// some, too.
    ///
    /// Args:
    ///     table: As for `colstats.comoments`.
    ///     weights: As for `colstats.comoments`.
    ///     threads: As for `colstats.comoments`.
    ///
    /// Examples:
    ///     >>> import colstats as cs
    ///     >>> state = cs.CoMoments(["a"], degree=2)
    ///     >>> state.update({"a": [1, 2], "w": [3, 0.5]}, weights="w")
    ///     >>> state.degree, state.weight
    ///     (2, 3.5)
    ///
    /// >>> state = cs.CoMoments()
    /// >>> state.update({"a": [1, 2, None], "b": [2, 4, 6]})
    /// >>> state.count, len(state)
    /// (2, 3)
    #[pyo3(signature = (table, /, *, weights=None, threads=None))]
    fn update(
        &self,
        table: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
    ) -> PyResult<()> {
        if table.is_instance_of::<Self>() {
            return Err(PyTypeError::new_err("CoMoments is a state, not data: use merge"));
        }
        let held = self.0.get();
        let names = held.names.clone();
        let columns = names.map(|names| names.into_iter().map(Label::Name).collect());
        let part = state_of(table, Asked { columns, degree: held.degree(), weights, threads })?;
        self.add(&part)
    }

    /// Add the rows of another state of the same columns, or of an Arrow table of states.
    ///
    /// >>> state = cs.comoments({"a": [1, 2], "b": [2, 4]})
    /// >>> state.merge(cs.comoments({"b": [7], "a": [3]}))
    /// >>> state.covariance()[0]["b"]
    /// 1.6666666666666667
    #[pyo3(signature = (other, /))]
    pub fn merge(&self, other: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(other) = other.cast::<Self>() {
            return self.add(&other.get().0.get().state);
        }
        match open_arrow(other)? {
            Some(input) => self.add(&together::read(other, &input)?),
            None => Err(PyTypeError::new_err(format!(
                "CoMoments.merge takes CoMoments, not {}",
                type_name(other)
            ))),
        }
    }

    fn __add__(&self, other: &Bound<'_, Self>) -> PyResult<Self> {
        let whole = Self(Grown::clone(&self.0.get()).into());
        whole.add(&other.get().0.get().state)?;
        Ok(whole)
    }

    /// ``sum`` begins with 0.
    fn __radd__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        if other.is_exact_instance_of::<PyInt>() && other.eq(0)? {
            let same = Self(Grown::clone(&self.0.get()).into());
            return Ok(Bound::new(py, same)?.into_any());
        }
        Ok(py.NotImplemented().into_bound(py))
    }

    fn __eq__(&self, other: &Bound<'_, Self>) -> bool {
        self.0.get().state == other.get().0.get().state
    }

    /// Serialize the state, in a format that every later release reads.
    ///
    /// Equal states have equal bytes.
    ///
    /// >>> state = cs.comoments({"a": [1, 2], "b": [2, 4]})
    /// >>> cs.CoMoments.from_bytes(state.to_bytes()) == state
    /// True
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &wire::encode(&self.0.get().state))
    }

    /// Deserialize what `to_bytes` returned. Damaged bytes are refused.
    ///
    /// >>> cs.CoMoments.from_bytes(cs.comoments({"a": [1, 2]}).to_bytes()).columns
    /// ['a']
    #[classmethod]
    #[pyo3(signature = (data, /))]
    fn from_bytes(_class: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let state = wire::decode(bytes_of(data)?.as_bytes());
        Ok(state.map_err(|invalid| PyValueError::new_err(invalid.to_string()))?.into())
    }

    fn __reduce__<'py>(
        this: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let (py, held) = (this.py(), this.get().0.get());
        if held.state.columns().is_empty() {
            let (names, degree) = (held.names.clone(), held.degree);
            let arguments = (names, degree).into_pyobject(py)?;
            return Ok((this.get_type().into_any(), arguments.into_any()));
        }
        let from_bytes = this.get_type().getattr("from_bytes")?;
        Ok((from_bytes, (this.get().to_bytes(py),).into_pyobject(py)?.into_any()))
    }

    /// The names of the columns; None if there was no data yet, and none were named.
    #[getter]
    fn columns(&self) -> Option<Vec<String>> {
        self.0.get().names.clone()
    }

    /// The Arrow types of the columns, in words; none if there was no data yet.
    #[getter]
    fn types(&self) -> Vec<String> {
        self.0.get().state.columns().iter().map(|(_, of)| of.name().to_string()).collect()
    }

    /// The highest power of the columns that regressions may use.
    #[getter]
    fn degree(&self) -> usize {
        self.0.get().degree()
    }

    /// The sum of the weights of the rows that have a finite number in each column; None if rows have no weights.
    #[getter]
    fn weight(&self) -> Option<f64> {
        let held = self.0.get();
        let weights = held.state.joint().weights.as_ref()?;
        Some(rational::quotient(&weights.finite, &rational::power_of_ten(weights.scale)))
    }

    /// How many rows have a finite number in each column.
    #[getter]
    fn count(&self) -> u64 {
        self.0.get().state.joint().rows.finite
    }

    /// How many rows have a null in any column.
    #[getter]
    fn null_count(&self) -> u64 {
        self.0.get().state.joint().rows.nulls
    }

    /// How many of the other rows have a NaN in any column.
    #[getter]
    fn nan_count(&self) -> u64 {
        self.0.get().state.joint().rows.nans
    }

    /// The covariances of all pairs of columns, over the rows that count: see `colstats.covariance`.
    ///
    /// >>> cs.comoments({"a": [1, 2, 3], "b": [2, 4, 7]}).covariance(ddof=1)["b"]
    /// [2.5, 6.333333333333333]
    #[pyo3(signature = (*, ddof=0, skip_nulls=true, min_count=0, skip_nans=false))]
    fn covariance<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = read::ddof)] ddof: u64,
        #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
        #[pyo3(from_py_with = read::min_count)] min_count: u64,
        #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keywords = Keywords::default().ddof(ddof).skip_nulls(skip_nulls);
        let keywords = keywords.min_count(min_count).skip_nans(skip_nans);
        self.matrix(py, PairStatistic::Covariance, &keywords.options)
    }

    /// The correlations of all pairs of columns, over the rows that count: see `colstats.correlation`.
    ///
    /// >>> cs.comoments({"a": [1, 2, 3], "b": [2, 4, 6]}).correlation()["b"]
    /// [1.0, 1.0]
    #[pyo3(signature = (*, skip_nulls=true, min_count=0, skip_nans=false))]
    fn correlation<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
        #[pyo3(from_py_with = read::min_count)] min_count: u64,
        #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keywords = Keywords::default().skip_nulls(skip_nulls);
        let keywords = keywords.min_count(min_count).skip_nans(skip_nans);
        self.matrix(py, PairStatistic::Correlation, &keywords.options)
    }

    /// Fit a line to two of the columns: see `colstats.linear_fit`.
    ///
    /// >>> cs.comoments({"a": [0, 1, 2], "y": [1, 3, 5]}).linear_fit("a", "y")["intercept"]
    /// 1.0
    #[pyo3(signature = (x, y, /, *, intercept=true, skip_nulls=true, skip_nans=false))]
    fn linear_fit<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = read::intercept)] intercept: bool,
        #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
        #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let held = self.0.get();
        let py = x.py();
        let label = |of: &Bound<'py, PyAny>, named| find(&held, &read::label(of, named)?);
        let (x, y) = (label(x, "x")?, label(y, "y")?);
        let fitted = Fitted::line(held.state.columns()[x].0.clone(), intercept);
        fit(py, &held, &fitted, &[x, y], Rules { skip_nulls, skip_nans })
    }

    /// Fit one of the columns to others: see `colstats.ols`.
    ///
    /// >>> state = cs.comoments({"a": [0, 1, 2, 3], "b": [1, 0, 0, 1], "y": [1, 3, 5, 7]})
    /// >>> state.ols(y="y", x=["a", "b"]).coefficients
    /// {'intercept': 1.0, 'a': 2.0, 'b': 0.0}
    #[pyo3(
        signature = (*, y, x, degree=1, intercept=true, skip_nulls=true, skip_nans=false),
        text_signature = "($self, *, y, x, degree=1, intercept=True, skip_nulls=True, skip_nans=False)"
    )]
    #[allow(clippy::too_many_arguments)]
    fn ols<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = read::response)] y: Label,
        #[pyo3(from_py_with = read::regressors)] x: Vec<Label>,
        #[pyo3(from_py_with = read::degree)] degree: usize,
        #[pyo3(from_py_with = read::intercept)] intercept: bool,
        #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
        #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let held = self.0.get();
        let labels = x.iter().chain([&y]);
        let places = labels.map(|label| find(&held, label)).collect::<PyResult<Vec<_>>>()?;
        if degree > held.degree() {
            return Err(PyValueError::new_err(format!(
                "the state has powers of its columns up to {}, not up to {degree}: \
                 comoments(table, degree={degree}) keeps them",
                held.degree()
            )));
        }
        let names = places[..x.len()].iter().map(|&at| held.state.columns()[at].0.clone());
        let fitted = Fitted::new(names.collect(), degree, intercept)?;
        fit(py, &held, &fitted, &places, Rules { skip_nulls, skip_nans })
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        together::write(py, &self.0.get().state)?.call_method0("__arrow_c_schema__")
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rows = together::write(py, &self.0.get().state)?;
        rows.call_method1("__arrow_c_array__", (requested_schema,))
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        stream(&together::write(py, &self.0.get().state)?, requested_schema)
    }

    /// How many rows there were; those of weight zero are none.
    fn __len__(&self) -> usize {
        self.0.get().state.rows() as usize
    }

    fn __repr__(&self) -> String {
        let held = self.0.get();
        let names = match &held.names {
            None => "no columns yet".to_string(),
            Some(names) => listed(names.iter().map(String::as_str)),
        };
        format!("<colstats.CoMoments: {names}, {}>", counted(held.state.rows() as usize, "row"))
    }
}

impl PyCoMoments {
    /// Adds the rows of another state.
    fn add(&self, other: &CoMoments) -> PyResult<()> {
        self.0.replace(|held| {
            let mut next = Grown::clone(held);
            let is_empty = held.state.columns().is_empty();
            if let (Some(ours), false) = (held.degree, other.columns().is_empty() || !is_empty)
                && ours != other.degree()
            {
                let different = ErrorKind::DifferentDegrees { ours, theirs: other.degree() };
                return Err(unmergeable(&different.into(), ""));
            }
            if let (Some(names), true) = (&held.names, held.state.columns().is_empty()) {
                next.state = unread(names, other);
            }
            next.state.merge(other).map_err(|error| unmergeable(&error, ""))?;
            if next.names.is_none() && !next.state.columns().is_empty() {
                next.names =
                    Some(next.state.columns().iter().map(|(name, _)| name.clone()).collect());
            }
            Ok(next)
        })
    }

    fn matrix<'py>(
        &self,
        py: Python<'py>,
        statistic: PairStatistic,
        options: &Options,
    ) -> PyResult<Bound<'py, PyAny>> {
        let held = self.0.get();
        let state = &held.state;
        let work = || statistic.matrix_of_state(state, options);
        let matrix = if state.columns().len() < 8 { work() } else { detached(py, work)? };
        matrix_of(py, state.columns().iter().map(|(name, _)| name.as_str()), &matrix)
    }
}

/// The state of no rows of columns that were named, of the types that another state has.
fn unread(names: &[String], other: &CoMoments) -> CoMoments {
    let of = |name: &String| match other.position(name) {
        Some(at) => other.columns()[at].1.clone(),
        None => ColumnType::of(&DataType::Null),
    };
    let columns = names.iter().map(|name| (name.clone(), of(name))).collect();
    let joint = Joint {
        weights: other.joint().weights.as_ref().map(|_| RowWeights::default()),
        ..Joint::new(sums(names.len(), other.degree()))
    };
    CoMoments::of_columns(columns, other.degree(), joint)
}

/// The position of a column of a state.
fn find(held: &Grown, label: &Label) -> PyResult<usize> {
    let columns = held.state.columns();
    let found = match label {
        Label::Name(name) => held.state.position(name),
        Label::Position(at) => {
            let at = if *at < 0 { at.checked_add_unsigned(columns.len()) } else { Some(*at) };
            at.and_then(|at| usize::try_from(at).ok()).filter(|&at| at < columns.len())
        }
    };
    found.ok_or_else(|| {
        let label = match label {
            Label::Name(name) => quoted(name).to_string(),
            Label::Position(at) => at.to_string(),
        };
        let there = match columns {
            [] => "there was no data yet".to_string(),
            _ => format!("there are: {}", listed(columns.iter().map(|(name, _)| name.as_str()))),
        };
        PyKeyError::new_err(format!("no column {label}; {there}"))
    })
}

/// Fits a model to columns of a state, the response last.
fn fit<'py>(
    py: Python<'py>,
    held: &Grown,
    fitted: &Fitted,
    places: &[usize],
    rules: Rules,
) -> PyResult<Bound<'py, PyAny>> {
    let (state, rows) = (&held.state, held.state.joint().rows);
    if let Some(value) = rules.refused(rows) {
        let count = match value {
            Value::Null => rows.nulls,
            Value::Nan => rows.nans,
            Value::Finite | Value::Absent | Value::Infinite => rows.infinite,
        };
        return Err(PyValueError::new_err(format!(
            "of the columns of the state, {} a value that is {}",
            if count == 1 { "1 row has".into() } else { format!("{count} rows have") },
            is_refused(value)
        )));
    }
    let scales = state.scales();
    let scales = places.iter().map(|&at| scales[at]).collect::<Vec<_>>();
    let sum_of = |factors: &[usize]| {
        let columns = factors.iter().map(|&factor| places[factor]).collect::<Vec<_>>();
        state.sum_of(&columns)
    };
    fitted.to_sums(py, state.joint(), sum_of, &scales)
}
