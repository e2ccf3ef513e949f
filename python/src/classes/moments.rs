//! The class `Moments`: the state of a column, which grows with its data.
//!
//! A state is changed by several threads at once, if need be: its lock is held only while a finished
//! part is added to it or while it is copied, never while data is read or Python code runs.

use std::sync::{Mutex, PoisonError};

use colstats::state::Type;
use colstats::{State, Statistic, wire};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyType};

use crate::classes::arguments::{bytes_of, moments_of, not_of_its_type, part_of, readable_type};
use crate::classes::statistics::statistics;
use crate::options::{Keywords, read};
use crate::states::{of_state, unmergeable};

/// Everything that the statistics of a column need to know, exactly: a few hundred bytes, however many
/// rows there were. States of parts are joined by ``update``, ``merge``, ``+`` and ``sum``, in any
/// order, and the result is that of the whole, to the bit.
///
/// Args:
///     type: The type of the values, as ``Column.type`` names it; by default that of the first data.
///         A state of type null takes the type of what joins it.
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
pub struct PyMoments(Mutex<State>);

impl From<State> for PyMoments {
    fn from(state: State) -> Self {
        Self(Mutex::new(state))
    }
}

impl PyMoments {
    /// The state as it is now.
    pub fn state(&self) -> State {
        self.locked(|state| state.clone())
    }

    /// What a function of our own makes of the state. No Python code may run in it: that could ask
    /// for the state again, or let another thread do so that waits with the interpreter in its hands.
    fn locked<T>(&self, function: impl FnOnce(&mut State) -> T) -> T {
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
    methods PyMoments(threads: Option<usize> = None)
    doc ["" "cs.moments([4.0, None, 6.0])" "" "" ""]
    own {
        #[new]
        #[pyo3(signature = (r#type=None), text_signature = "(type=None)")]
        fn new(r#type: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
            Ok(State::new(r#type.map(readable_type).transpose()?).into())
        }

        /// Add the values of a column.
        ///
        /// The data may be whatever `colstats.moments` takes as a column; its type must be that of the
        /// state. Several threads may update one state.
        ///
        /// >>> state = cs.Moments()
        /// >>> for part in ([1, 2], [None, 3]):
        /// ...     state.update(part)
        /// >>> state.mean()
        /// 2.0
        #[pyo3(signature = (data, /, *, threads=None))]
        fn update(&self, data: &Bound<'_, PyAny>, #[pyo3(from_py_with = read::threads)] threads: Option<usize>) -> PyResult<()> {
            let refused = |error| not_of_its_type(&error, data);
            let expect = |of: &Type| self.locked(|state| state.expect(Some(of))).map_err(refused);
            let part = part_of(data, threads, expect)?;
            self.locked(|state| state.merge(&part)).map_err(refused)
        }

        /// Add the values of another state of the same type.
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

        fn __add__(&self, other: &Bound<'_, Self>) -> PyResult<Self> {
            self.joined(other.get())
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

        /// Write the state as bytes, in a form that every later release reads.
        ///
        /// Equal states have equal bytes.
        ///
        /// >>> cs.Moments.from_bytes(cs.moments([4, 6]).to_bytes()).mean()
        /// 5.0
        fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
            PyBytes::new(py, &wire::encode(&self.state()))
        }

        /// Read what `to_bytes` wrote. Bytes that were damaged are refused.
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
            self.locked(|state| state.moments().nulls())
        }

        /// How many values are NaN.
        ///
        /// >>> cs.moments([4.0, None, float("nan")]).nan_count
        /// 1
        #[getter]
        fn nan_count(&self) -> u64 {
            self.locked(|state| state.moments().sums().nans)
        }

        /// How many rows there were, null or not.
        fn __len__(&self) -> usize {
            self.locked(|state| state.rows() as usize)
        }

        fn __repr__(&self) -> String {
            let state = self.state();
            let of = state.of().map_or("no type yet", Type::name);
            format!("<colstats.Moments: {of}, {} rows>", state.rows())
        }
    }
    done {}
}
