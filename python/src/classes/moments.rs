//! The class `Moments`: the state of a column, which grows with its data.
//!
//! Several threads may change a state at once. Its lock is held only while a complete part is added
//! to it or while it is copied, never while data is read or Python code runs.

use std::sync::{Mutex, PoisonError};

use colstats::internals::ErrorKind;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire;
use colstats::{Error, Moments, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyInt, PyMemoryView, PyType};

use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::error::unmergeable;
use crate::groups::exchange::has_states;
use crate::input::data::Column;
use crate::names::{counted, quoted, type_name};
use crate::options::{Keywords, Selection, read};
use crate::states::accumulate::{Uncountable, accumulate};
use crate::states::exchange::is_table_of_states;
use crate::states::typed::{of_state, type_of};
use crate::summary::describe;

/// The exact state of a column, from which every statistic can be computed: a few hundred bytes,
/// however many rows there were. States of parts are joined by ``update``, ``merge``, ``+`` and
/// ``sum``, in any order, and the results are those of the whole, to the bit.
///
/// Args:
///     type: The type of the values, as ``Column.type`` names it; by default that of the first data.
///         Values of another type join if a type holds both exactly, which the state then has: int64
///         for int32 and int64, the finer unit of times. Whole numbers up to 2^53 join floats.
///
/// Examples:
///     >>> import colstats as cs
///     >>> state = cs.Moments()
///     >>> state.update([1e300, 1.0])
///     >>> state.update([-1e300])
///     >>> state
///     <colstats.Moments: float64, 3 rows>
///     >>> state.sum(), state.mean() == 1 / 3
///     (1.0, True)
///     >>> (cs.moments([1, 2]) + cs.moments([3])).sum()
///     6
#[pyclass(name = "Moments", module = "colstats", frozen)]
pub struct PyMoments(Mutex<Moments>);

impl From<Moments> for PyMoments {
    fn from(state: Moments) -> Self {
        Self(Mutex::new(state))
    }
}

impl PyMoments {
    /// The state as it is now.
    pub fn state(&self) -> Moments {
        self.locked(|state| state.clone())
    }

    /// Calls a function with the state locked. No Python code may run in it: it could use the state
    /// again, or release the GIL to a thread that waits for the lock while it holds the GIL.
    fn locked<T>(&self, function: impl FnOnce(&mut Moments) -> T) -> T {
        function(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        of_state(this.as_any(), &this.get().state(), statistic, keywords)
    }

    fn joined(&self, other: &Self) -> PyResult<Self> {
        let mut state = self.state();
        state.merge(&other.state()).map_err(|error| unmergeable(&error, ""))?;
        Ok(state.into())
    }
}

statistics! {
    methods states PyMoments()(threads)
    each ""
    example "cs.moments([4.0, None, 6.0])" "" "" ""
    own {
        #[new]
        #[pyo3(signature = (r#type=None), text_signature = "(type=None)")]
        fn new(r#type: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
            Ok(Moments::of_type(r#type.map(readable_type).transpose()?).into())
        }

        /// Add the values of a column.
        ///
        /// The data may be anything that `colstats.moments` takes as a column. Its type must be that of
        /// the state, or one that widens exactly. Several threads may update one state.
        ///
        /// >>> state = cs.Moments()
        /// >>> for part in ([1, 2], [None, 3]):
        /// ...     state.update(part)
        /// >>> state.mean()
        /// 2.0
        #[pyo3(signature = (data, /, *, threads=None))]
        fn update(
            &self,
            data: &Bound<'_, PyAny>,
            #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
        ) -> PyResult<()> {
            let refused = |error| not_of_its_type(&error, data);
            let expect = |of: &ColumnType| self.locked(|state| state.expect(Some(of))).map_err(refused);
            let part = part_of(data, threads, expect)?;
            self.locked(|state| state.merge(&part)).map_err(refused)
        }

        /// Add the values of another state, of the same type or one that widens exactly.
        ///
        /// >>> state = cs.moments([1, 2])
        /// >>> state.merge(cs.moments([3, 4]))
        /// >>> state.sum()
        /// 10
        #[pyo3(signature = (other, /))]
        fn merge(&self, other: &Bound<'_, PyAny>) -> PyResult<()> {
            let other = moments_of(other)?;
            // Copied first: the other may be this one.
            let other = other.get().state();
            self.locked(|state| state.merge(&other)).map_err(|error| unmergeable(&error, ""))
        }

        /// Take away the values of another state, which were added before: what is left is the state of the
        /// others, exactly.
        ///
        /// Their minimum and maximum are not known from then on: ``min`` and ``max`` raise a ValueError.
        /// Values that were never added are refused where counts or sums show it, and the state stays as it is.
        ///
        /// >>> state = cs.moments([1e16, 0.1, 0.3])
        /// >>> state.retract(cs.moments([1e16]))
        /// >>> state.mean(), (cs.moments([1, 2, 3]) - cs.moments([3])).sum()
        /// (0.2, 3)
        #[pyo3(signature = (other, /))]
        fn retract(&self, other: &Bound<'_, PyAny>) -> PyResult<()> {
            let Ok(other) = other.cast::<Self>() else {
                let name = type_name(other);
                let message = format!("Moments.retract takes Moments, not {name}");
                return Err(PyTypeError::new_err(message));
            };
            // Copied first: the other may be this one.
            let other = other.get().state();
            self.locked(|state| state.retract(&other)).map_err(|error| unmergeable(&error, ""))
        }

        fn __add__(&self, other: &Bound<'_, Self>) -> PyResult<Self> {
            self.joined(other.get())
        }

        fn __sub__(&self, other: &Bound<'_, Self>) -> PyResult<Self> {
            let mut state = self.state();
            state.retract(&other.get().state()).map_err(|error| unmergeable(&error, ""))?;
            Ok(state.into())
        }

        /// ``sum`` begins with 0.
        fn __radd__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
            let py = other.py();
            if other.is_exact_instance_of::<PyInt>() && other.eq(0)? {
                return Ok(Bound::new(py, Self::from(self.state()))?.into_any());
            }
            Ok(py.NotImplemented().into_bound(py))
        }

        fn __eq__(&self, other: &Bound<'_, Self>) -> bool {
            wire::encode(&self.state()) == wire::encode(&other.get().state())
        }

        /// Serialize the state, in a format that every later release reads.
        ///
        /// Equal states have equal bytes.
        ///
        /// >>> cs.Moments.from_bytes(cs.moments([4, 6]).to_bytes()).mean()
        /// 5.0
        fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
            PyBytes::new(py, &wire::encode(&self.state()))
        }

        /// Deserialize what `to_bytes` returned. Damaged bytes are refused.
        ///
        /// >>> cs.Moments.from_bytes(cs.Moments("int8").to_bytes()).type
        /// 'int8'
        #[classmethod]
        #[pyo3(signature = (data, /))]
        fn from_bytes(_class: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
            let state = wire::decode(bytes_of(data)?.as_bytes());
            Ok(state.map_err(|invalid| PyValueError::new_err(invalid.to_string()))?.into())
        }

        fn __reduce__<'py>(
            this: &Bound<'py, Self>,
        ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
            let from_bytes = this.get_type().getattr("from_bytes")?;
            Ok((from_bytes, (this.get().to_bytes(this.py()),)))
        }

        /// The Arrow type of the values, in words; None if there was no data yet.
        ///
        /// >>> cs.moments([0.5, 1.5]).type
        /// 'float64'
        #[getter]
        fn r#type(&self) -> Option<String> {
            self.locked(|state| state.of().map(|of| of.name().to_string()))
        }

        /// How many values are null.
        ///
        /// >>> cs.moments([4, None, 6]).null_count
        /// 1
        #[getter]
        fn null_count(&self) -> u64 {
            self.locked(|state| state.null_count())
        }

        /// How many values are NaN.
        ///
        /// >>> cs.moments([4.0, None, float("nan")]).nan_count
        /// 1
        #[getter]
        fn nan_count(&self) -> u64 {
            self.locked(|state| state.nan_count())
        }

        /// All statistics of the values: see `colstats.describe`.
        ///
        /// >>> cs.moments([4, None, 6]).describe()[0]["mean"]
        /// 5.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, ddof=0, skip_nulls=True, skip_nans=False, threads=None)"
        )]
        fn describe<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            describe(this.as_any(), options)
        }

        /// How many rows there were, null or not.
        fn __len__(&self) -> usize {
            self.locked(|state| state.rows() as usize)
        }

        fn __repr__(&self) -> String {
            let state = self.state();
            let of = state.of().map_or("no type yet", ColumnType::name);
            format!("<colstats.Moments: {of}, {}>", counted(state.rows() as usize, "row"))
        }
    }
}

/// The type of a state, by its name.
fn readable_type(name: &Bound<'_, PyAny>) -> PyResult<ColumnType> {
    let Ok(text) = name.extract::<String>() else {
        let got = type_name(name);
        return Err(PyTypeError::new_err(format!("a type is named by a str, not by {got}")));
    };
    let of = ColumnType::named(text);
    if of.data_type().is_some() {
        return Ok(of);
    }
    Err(PyValueError::new_err(format!(
        "no type with statistics is called {}: types are named as Column.type names them, \
         e.g. \"float64\" or \"timestamp[us, tz=UTC]\"",
        quoted(of.name())
    )))
}

/// Bytes, or a copy of other objects that hold bytes.
pub fn bytes_of<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if data.is_instance_of::<PyByteArray>() || data.is_instance_of::<PyMemoryView>() {
        return Ok(data.py().get_type::<PyBytes>().call1((data,))?.cast_into()?);
    }
    Err(PyTypeError::new_err(format!("a state is read from bytes, not from {}", type_name(data))))
}

/// The state of data that is to be added to one whose type it must have.
fn part_of(
    data: &Bound<'_, PyAny>,
    threads: Option<usize>,
    expect: impl Fn(&ColumnType) -> PyResult<()>,
) -> PyResult<Moments> {
    let refuse = |way: &str| Err(PyTypeError::new_err(format!("{} is {way}", type_name(data))));
    if data.is_instance_of::<PyMoments>() {
        refuse("a state, not data: use merge")?;
    }
    // Refusals come before any work.
    let check = |columns: &[&Column], is_table: bool| match columns {
        [column] if !is_table => expect(&type_of(column)),
        table if is_table_of_states(table) || table.iter().any(|column| has_states(column)) => {
            refuse("a table of states: use colstats.merge")
        }
        _ => refuse(
            "a table, not one column: use colstats.moments(table), which gives a state for each \
             column",
        ),
    };
    let (source, selection) = (source(data)?, Selection::default());
    let accumulated = accumulate(data, source, &selection, threads, Uncountable::Refused, check)?;
    Ok(accumulated.named.into_iter().map(|(_, state)| state).next().unwrap_or_default())
}

/// Why data was not added to a state.
fn not_of_its_type(error: &Error, data: &Bound<'_, PyAny>) -> PyErr {
    let ErrorKind::DifferentTypes { ours, theirs, because } = error.kind() else {
        return unmergeable(error, "");
    };
    PyTypeError::new_err(format!(
        "cannot add {theirs} values of {} to a state of {ours} values: {because}; cast the data first",
        type_name(data)
    ))
}

/// The state that is to be merged into another.
fn moments_of<'a, 'py>(other: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyMoments>> {
    other.cast::<PyMoments>().map_err(|_| {
        let name = type_name(other);
        PyTypeError::new_err(format!("Moments.merge takes Moments, not {name}"))
    })
}
