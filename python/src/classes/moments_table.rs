//! The class `MomentsTable`: the states of the columns of a table, which is an Arrow table itself.

use std::sync::Arc;

use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire;
use colstats::{Moments, Statistic};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyIterator, PyList, PyType};

use crate::classes::moments::{PyMoments, bytes_of};
use crate::classes::shared::Shared;
use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::groups::exchange::Stored;
use crate::input::data::Column;
use crate::input::open_arrow;
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label, Selection, option_doc, read};
use crate::output::stream;
use crate::states::accumulate::{Uncountable, accumulate, expect_different_names};
use crate::states::bytes;
use crate::states::exchange::{self, is_table_of_states};
use crate::states::missing::Missing;
use crate::states::named::States;
use crate::summary::describe;

/// The states of the columns of a table, one Moments for each name.
///
/// It is an Arrow table itself, with one row for each column, which any Arrow library can store or
/// send, and which ``colstats.merge`` takes back. Its columns are ``name``, ``type``, ``rows``,
/// ``nulls``, ``nans`` and ``state``. All but the name and the state are for people to read.
///
/// It is a mapping of the names, and grows with its data: ``update`` adds the rows of a table, ``+`` and
/// ``sum`` join the states of parts.
///
/// Args:
///     data: An Arrow table of states, in which rows of the same name are merged; or a dict of Moments
///         by name. By default there are no columns yet: the first data brings them.
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
pub struct PyMomentsTable(Shared<States>);

impl From<States> for PyMomentsTable {
    fn from(states: States) -> Self {
        Self(states.into())
    }
}

impl PyMomentsTable {
    /// The states as they are now.
    pub fn states(&self) -> Arc<States> {
        self.0.get()
    }

    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        this.get().states().ask(this.py(), statistic, keywords)
    }
}

statistics! {
    methods states PyMomentsTable(numeric_only: bool = false)(columns, threads)
    each ", for each column"
    example
        "cs.moments(cs.Table(np.array([[4.0], [6.0]])))" ".to_dict()"
        "{'0': " "}"
    own {
        #[new]
        #[pyo3(signature = (data=None, /))]
        fn new(data: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
            let Some(data) = data else {
                return Ok(States::of_table([])?.into());
            };
            if let Ok(ours) = data.cast::<Self>() {
                return Ok(States::of_table(ours.get().states().rows())?.into());
            }
            let named = data.cast::<PyDict>().map_or_else(|_| rows(data), of_dict);
            Ok(States::of_table(named?)?.into())
        }

        /// Add the rows of a table to the states of its columns.
        ///
        /// The data may be anything that `colstats.moments` takes as a table. Columns whose types are
        /// encodings of the same values, or widen exactly, need not have one type. Several threads may
        /// update one MomentsTable.
        ///
        /// Args:
        #[doc = option_doc!(data)]
        #[doc = option_doc!(missing)]
        #[doc = option_doc!(columns)]
        #[doc = option_doc!(numeric_only)]
        #[doc = option_doc!(threads)]
        ///
        /// Examples:
        ///     >>> import colstats as cs
        ///     >>> states = cs.MomentsTable()
        ///     >>> for part in (np.ones((2, 2)), np.zeros((3, 2))):
        ///     ...     states.update(cs.Table(part))
        ///     >>> states["0"].count(), states["0"].mean()
        ///     (5, 0.4)
        #[pyo3(
            signature = (
                data, /, *, missing=Missing::Refuse, columns=None, numeric_only=false, threads=None
            ),
            text_signature = "($self, data, /, *, missing='refuse', columns=None, \
                numeric_only=False, threads=None)"
        )]
        fn update(
            &self,
            data: &Bound<'_, PyAny>,
            #[pyo3(from_py_with = read::missing)] missing: Missing,
            #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
            #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
            #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
        ) -> PyResult<()> {
            let selection = Selection { columns, numeric_only };
            let part = Arc::new(States::of_table(rows_of(data, &selection, threads)?)?);
            self.0.replace(|states| {
                let parts = [("the states", states), ("the data", &part)];
                States::merged(&parts.map(|(name, part)| (name.to_string(), Arc::clone(part))), missing)
            })
        }

        fn __add__(&self, other: &Bound<'_, Self>) -> PyResult<Self> {
            let parts = [("the first table", self), ("the second table", other.get())];
            let parts = parts.map(|(name, part)| (name.to_string(), part.states()));
            Ok(States::merged(&parts, Missing::Refuse)?.into())
        }

        /// ``sum`` begins with 0.
        fn __radd__<'py>(this: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
            let py = other.py();
            if other.is_exact_instance_of::<PyInt>() && other.eq(0)? {
                let copy = States::of_table(this.get().states().rows())?;
                return Ok(Bound::new(py, Self::from(copy))?.into_any());
            }
            Ok(py.NotImplemented().into_bound(py))
        }

        /// Serialize the states, in a format that every later release reads.
        ///
        /// Equal tables of states have equal bytes. `to_bytes` of a Moments serializes one state.
        ///
        /// >>> states = cs.moments(cs.Table(np.ones((4, 2))))
        /// >>> cs.MomentsTable.from_bytes(states.to_bytes()) == states
        /// True
        fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
            PyBytes::new(py, &bytes::write(&self.states()))
        }

        /// Deserialize what `to_bytes` returned. Damaged bytes are refused.
        ///
        /// >>> cs.MomentsTable.from_bytes(cs.MomentsTable().to_bytes())
        /// <colstats.MomentsTable: no columns>
        #[classmethod]
        #[pyo3(signature = (data, /))]
        fn from_bytes(_class: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
            Ok(bytes::read(bytes_of(data)?.as_bytes())?.into())
        }

        /// The names of the columns, in order.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2)))).column_names
        /// ['0', '1']
        #[getter]
        fn column_names(&self) -> Vec<String> {
            self.states().names().map(str::to_string).collect()
        }

        /// How many columns there are.
        fn __len__(&self) -> usize {
            self.states().names().len()
        }

        /// The state of a column by its name or its position.
        fn __getitem__(&self, label: Label) -> PyResult<PyMoments> {
            let states = self.states();
            let name = &label.find(&states.columns)?.name;
            Ok(states.get(name).cloned().unwrap_or_default().into())
        }

        /// The state of a column by its name, or a default if there is no such column.
        ///
        /// >>> cs.MomentsTable({"x": cs.moments([1, 2])}).get("y") is None
        /// True
        #[pyo3(signature = (name, default=None, /))]
        fn get<'py>(
            &self,
            py: Python<'py>,
            name: &str,
            default: Option<Bound<'py, PyAny>>,
        ) -> PyResult<Option<Bound<'py, PyAny>>> {
            match self.states().get(name) {
                Some(state) => Ok(Some(Bound::new(py, PyMoments::from(state.clone()))?.into_any())),
                None => Ok(default),
            }
        }

        fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
            name.extract::<&str>().is_ok_and(|name| self.states().get(name).is_some())
        }

        /// The names of the columns, one by one.
        fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
            PyList::new(py, self.column_names())?.try_iter()
        }

        /// The names of the columns, as of a dict.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2)))).keys()
        /// ['0', '1']
        fn keys(&self) -> Vec<String> {
            self.column_names()
        }

        /// The states of the columns, as of a dict.
        ///
        /// >>> [state.count() for state in cs.moments(cs.Table(np.zeros((3, 2)))).values()]
        /// [3, 3]
        fn values(&self) -> Vec<PyMoments> {
            self.states().rows().map(|(_, state)| state.into()).collect()
        }

        /// The names and the states of the columns, as of a dict.
        ///
        /// >>> {name: state.sum() for name, state in cs.moments(cs.Table(np.ones((3, 2)))).items()}
        /// {'0': 3.0, '1': 3.0}
        fn items(&self) -> Vec<(String, PyMoments)> {
            self.states().rows().map(|(name, state)| (name, state.into())).collect()
        }

        /// All statistics of the columns: see `colstats.describe`.
        ///
        /// >>> cs.moments(cs.Table(np.array([[1.0, 2.0], [3.0, 4.0]]))).describe()["1"]["max"]
        /// 4.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, ddof=0, skip_nulls=True, skip_nans=False, columns=None, \
                numeric_only=False, threads=None)"
        )]
        fn describe<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            describe(this.as_any(), options)
        }

        fn __eq__(&self, other: &Bound<'_, Self>) -> bool {
            let (ours, theirs) = (self.states(), other.get().states());
            let encode = |(name, state)| (name, wire::encode(state));
            ours.iter().map(encode).eq(theirs.iter().map(encode))
        }

        fn __repr__(&self) -> String {
            const SHOWN: usize = 8;
            let states = self.states();
            let column = |(name, state): (&str, &Moments)| {
                format!(" {} {}", quoted(name), state.of().map_or("no type yet", ColumnType::name))
            };
            let columns = states.iter().take(SHOWN).map(column).collect::<Vec<_>>().join(",");
            let more = match states.names().len() {
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
            for (name, state) in this.get().states().rows() {
                named.set_item(name, Bound::new(this.py(), PyMoments::from(state))?)?;
            }
            Ok((this.get_type().into_any(), (named,)))
        }

        fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            exchange::write(py, &self.states())?.call_method0("__arrow_c_schema__")
        }

        #[pyo3(signature = (requested_schema=None))]
        fn __arrow_c_array__<'py>(
            &self,
            py: Python<'py>,
            requested_schema: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            exchange::write(py, &self.states())?.call_method1("__arrow_c_array__", (requested_schema,))
        }

        #[pyo3(signature = (requested_schema=None))]
        fn __arrow_c_stream__<'py>(
            &self,
            py: Python<'py>,
            requested_schema: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            stream(&exchange::write(py, &self.states())?, requested_schema)
        }
    }
}

/// The names and states of a dict.
fn of_dict(named: &Bound<'_, PyDict>) -> PyResult<Vec<(String, Moments)>> {
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
    states.collect()
}

/// The names and states of the columns of data that is to be added.
fn rows_of(
    data: &Bound<'_, PyAny>,
    selection: &Selection,
    threads: Option<usize>,
) -> PyResult<Vec<(String, Moments)>> {
    let refuse = |way: &str| Err(PyTypeError::new_err(format!("{} is {way}", type_name(data))));
    if data.is_instance_of::<PyMomentsTable>() {
        refuse("a table of states, not data: use + or colstats.merge")?;
    }
    let check = |columns: &[&Column], is_table: bool| match is_table {
        true if is_table_of_states(columns) => {
            refuse("a table of states, not data: use colstats.merge")
        }
        true => expect_different_names(columns, true),
        false => refuse("one column, not a table: use Moments.update"),
    };
    let refused = Uncountable::Refused;
    Ok(accumulate(data, source(data)?, selection, threads, refused, check)?.named)
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
