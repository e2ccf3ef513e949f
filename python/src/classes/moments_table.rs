//! The class `MomentsTable`: the states of the columns of a table, which is an Arrow table itself.

use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire;
use colstats::{Moments, Statistic};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList};

use crate::classes::moments::PyMoments;
use crate::classes::statistics::statistics;
use crate::groups::exchange::Stored;
use crate::input::open_arrow;
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label};
use crate::output::stream;
use crate::states::exchange;
use crate::states::named::States;

/// The states of the columns of a table, one Moments for each name.
///
/// It is an Arrow table itself, with one row for each column, which any Arrow library can store or
/// send, and which ``colstats.merge`` takes back. Its columns are ``name``, ``type``, ``rows``,
/// ``nulls``, ``nans`` and ``state``. All but the name and the state are for people to read.
///
/// Args:
///     data: An Arrow table of states, in which rows of the same name are merged; or a dict of Moments
///         by name.
///
/// Examples:
///     >>> import colstats as cs
///     >>> states = cs.moments(cs.Table(np.array([[1.0, 2.0], [3.0, 4.0]])))
///     >>> states
///     <colstats.MomentsTable: "0" float64, "1" float64>
///     >>> states["0"].mean(), list(states)
///     (2.0, ['0', '1'])
///     >>> cs.merge(states, states)["1"].sum()
///     12.0
#[pyclass(name = "MomentsTable", module = "colstats", frozen)]
pub struct PyMomentsTable(pub States);

impl PyMomentsTable {
    /// The names and the states of the columns.
    pub fn rows(&self) -> impl Iterator<Item = (String, Moments)> {
        self.0.iter().map(|(name, state)| (name.to_string(), state.clone()))
    }

    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        this.get().0.ask(this.py(), statistic, keywords)
    }
}

statistics! {
    methods PyMomentsTable(
        columns: Option<Vec<Label>> = None,
        numeric_only: bool = false,
        threads: Option<usize> = None
    )
    each ", for each column"
    example
        "cs.moments(cs.Table(np.array([[4.0], [6.0]])))" ".to_dict()"
        "{'0': " "}"
    own {
        #[new]
        #[pyo3(signature = (data, /))]
        fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
            if let Ok(ours) = data.cast::<Self>() {
                return Ok(Self(States::merged(ours.get().rows())?));
            }
            let Ok(named) = data.cast::<PyDict>() else {
                return Ok(Self(States::merged(rows(data)?)?));
            };
            let states = named.iter().map(|(name, state)| {
                let name = name.extract::<String>().map_err(|_| {
                    let got = type_name(&name);
                    PyTypeError::new_err(format!("a column is named by a str, not by {got}"))
                })?;
                let state = state.cast::<PyMoments>().map_err(|_| {
                    let got = type_name(&state);
                    let name = quoted(&name);
                    PyTypeError::new_err(format!("column {name}: expected Moments, not {got}"))
                })?;
                Ok((name, state.get().state()))
            });
            Ok(Self(States::merged(states.collect::<PyResult<Vec<_>>>()?)?))
        }

        /// The names of the columns, in order.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2)))).column_names
        /// ['0', '1']
        #[getter]
        fn column_names(&self) -> Vec<&str> {
            self.0.iter().map(|(name, _)| name).collect()
        }

        /// How many columns there are.
        fn __len__(&self) -> usize {
            self.0.columns.columns.len()
        }

        /// The state of a column by its name or its position.
        fn __getitem__(&self, label: Label) -> PyResult<PyMoments> {
            let name = &label.find(&self.0.columns)?.name;
            Ok(self.0.get(name).cloned().unwrap_or_default().into())
        }

        fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
            name.extract::<&str>().is_ok_and(|name| self.0.get(name).is_some())
        }

        /// The names of the columns, one by one.
        fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
            PyList::new(py, self.column_names())?.try_iter()
        }

        fn __eq__(&self, other: &Bound<'_, Self>) -> bool {
            let ours = self.0.iter().map(|(name, state)| (name, wire::encode(state)));
            ours.eq(other.get().0.iter().map(|(name, state)| (name, wire::encode(state))))
        }

        fn __repr__(&self) -> String {
            const SHOWN: usize = 8;
            let column = |(name, state): (&str, &Moments)| {
                format!(" {} {}", quoted(name), state.of().map_or("no type yet", ColumnType::name))
            };
            let columns = self.0.iter().take(SHOWN).map(column).collect::<Vec<_>>().join(",");
            let more = match self.__len__() {
                0 => " no columns".to_string(),
                1..=SHOWN => String::new(),
                all => format!(", ... ({all} in all)"),
            };
            format!("<colstats.MomentsTable:{columns}{more}>")
        }

        fn __reduce__<'py>(
            this: &Bound<'py, Self>,
        ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
            let named = PyDict::new(this.py());
            for (name, state) in this.get().0.iter() {
                named.set_item(name, Bound::new(this.py(), PyMoments::from(state.clone()))?)?;
            }
            Ok((this.get_type().into_any(), (named,)))
        }

        fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            exchange::write(py, &self.0)?.call_method0("__arrow_c_schema__")
        }

        #[pyo3(signature = (requested_schema=None))]
        fn __arrow_c_array__<'py>(
            &self,
            py: Python<'py>,
            requested_schema: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            exchange::write(py, &self.0)?.call_method1("__arrow_c_array__", (requested_schema,))
        }

        #[pyo3(signature = (requested_schema=None))]
        fn __arrow_c_stream__<'py>(
            &self,
            py: Python<'py>,
            requested_schema: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            stream(&exchange::write(py, &self.0)?, requested_schema)
        }
    }
}

/// The names and states of an Arrow table of states.
fn rows(table: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Moments)>> {
    let input = open_arrow(table)?.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "MomentsTable takes a table of states or a dict of Moments, not {}",
            type_name(table)
        ))
    })?;
    match Stored::read(table, &input)? {
        Stored::Rows(rows) => Ok(rows),
        Stored::Groups(_) => Err(PyTypeError::new_err(format!(
            "{} has states of groups: use colstats.GroupedMoments",
            type_name(table)
        ))),
    }
}
