//! The class `GroupedMoments`: the states of the groups of a table, which is an Arrow table itself.

use colstats::Statistic;
use colstats::internals::states::column_type::ColumnType;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;

use crate::classes::moments_table::PyMomentsTable;
use crate::classes::statistics::statistics;
use crate::groups::grouped::Groups;
use crate::groups::merge::merge;
use crate::groups::{exchange, pickle};
use crate::input::open_arrow;
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label};
use crate::output::{record_batch, stream};
use crate::states::named::States;

/// The states of the columns of a table, for each group of rows that have the same key.
///
/// Groups are in ascending order of their keys, column by column; null is a key like any other, and
/// comes last. All NaNs are one key, and so are -0.0 and 0.0.
///
/// It is an Arrow table itself, with one row for each group: the columns of the keys, then
/// ``x_state`` with the serialized states of each column ``x``. Any Arrow library can store,
/// shuffle or send it, and ``colstats.merge`` takes it back.
///
/// Args:
///     data: An Arrow table of such states, in which rows of the same key are merged.
///
/// Examples:
///     >>> import colstats as cs
///     >>> table = cs.Table(np.array([[1.0, 2.0], [1.0, 4.0], [0.0, 9.0]]))
///     >>> groups = cs.moments(table, by="0")
///     >>> groups
///     <colstats.GroupedMoments by "0": 2 groups of "1" float64>
///     >>> groups.mean()[1]
///     {'0': 1.0, '1': 3.0}
///     >>> groups[0]["1"].sum(), len(groups)
///     (9.0, 2)
///     >>> cs.merge(groups, groups)[1]["1"].count()
///     4
#[pyclass(name = "GroupedMoments", module = "colstats", frozen)]
pub struct PyGroupedMoments(pub Groups);

impl PyGroupedMoments {
    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        this.get().0.ask(this.py(), statistic, keywords)
    }
}

statistics! {
    methods PyGroupedMoments(
        columns: Option<Vec<Label>> = None,
        numeric_only: bool = false,
        threads: Option<usize> = None
    )
    each ", for each column of each group"
    example
        "table = cs.Table(np.array([[7.0, 4.0], [7.0, 6.0]]))\n>>> cs.moments(table, by=\"0\")"
        "[0]" "{'0': 7.0, '1': " "}"
    own {
        #[new]
        #[pyo3(signature = (data, /))]
        fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
            if let Ok(groups) = data.cast::<Self>() {
                return Ok(Self(merge(data.py(), &[&groups.get().0])?));
            }
            let input = open_arrow(data)?;
            let groups = input.map_or(Ok(None), |input| exchange::read(data, &input))?;
            groups.map(Self).ok_or_else(|| {
                let name = type_name(data);
                PyTypeError::new_err(format!("{name} is not an Arrow table of the states of groups"))
            })
        }

        /// The names of the key columns.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2))), by=["1"]).by
        /// ['1']
        #[getter]
        fn by(&self) -> Vec<&str> {
            self.0.by.iter().map(|key| key.name.as_str()).collect()
        }

        /// The names of the columns that have states, in order.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2))), by=["1"]).column_names
        /// ['0']
        #[getter]
        fn column_names(&self) -> Vec<&str> {
            self.0.named().map(|(name, _)| name).collect()
        }

        /// The keys of the groups, in order: Rows.
        ///
        /// >>> cs.moments(cs.Table(np.eye(2)), by="0").keys()[1]
        /// {'0': 1.0}
        fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let (fields, arrays) = self.0.key_columns();
            record_batch(py, fields, arrays)
        }

        /// How many groups there are.
        fn __len__(&self) -> usize {
            self.0.grouped.len()
        }

        /// The states of a group by its position: a MomentsTable.
        fn __getitem__(&self, position: isize) -> PyResult<PyMomentsTable> {
            let count = self.__len__();
            let index =
                if position < 0 { position.checked_add_unsigned(count) } else { Some(position) };
            let index = index.and_then(|index| usize::try_from(index).ok());
            let index = index.filter(|&index| index < count).ok_or_else(|| {
                PyIndexError::new_err(format!("no group at position {position}: there are {count}"))
            })?;
            let names = self.0.named().enumerate();
            let named = names.map(|(column, (name, _))| (name.into(), self.0.state(column, index)));
            Ok(PyMomentsTable(States::merged(named)?))
        }

        fn __eq__<'py>(&self, other: &Bound<'py, Self>) -> PyResult<bool> {
            let (py, theirs) = (other.py(), &other.get().0);
            let same = self.0.by == theirs.by
                && self.0.named().eq(theirs.named())
                && self.0.grouped.len() == theirs.grouped.len();
            Ok(same && py.detach(|| self.0.is_same(theirs)))
        }

        fn __repr__(&self) -> String {
            const SHOWN: usize = 8;
            let by = self.0.by.iter().map(|key| quoted(&key.name).to_string()).collect::<Vec<_>>();
            let column = |(name, of): (&str, &Option<ColumnType>)| {
                format!("{} {}", quoted(name), of.as_ref().map_or("no type yet", ColumnType::name))
            };
            let columns = self.0.named().take(SHOWN).map(column).collect::<Vec<_>>().join(", ");
            let more = match self.0.types.len() {
                0 => "no columns".to_string(),
                1..=SHOWN => String::new(),
                all => format!(", ... ({all} in all)"),
            };
            let groups = match self.__len__() {
                1 => "1 group".to_string(),
                count => format!("{count} groups"),
            };
            format!("<colstats.GroupedMoments by {}: {groups} of {columns}{more}>", by.join(", "))
        }

        fn __reduce__<'py>(
            this: &Bound<'py, Self>,
        ) -> PyResult<(Bound<'py, PyAny>, (pickle::Parts<'py>,))> {
            let restore = this.get_type().getattr("_restore")?;
            Ok((restore, (pickle::take_apart(this.py(), &this.get().0),)))
        }

        /// For pickle: what `__reduce__` returns, put together again.
        #[staticmethod]
        fn _restore(py: Python<'_>, parts: pickle::Parts<'_>) -> PyResult<Self> {
            pickle::put_together(py, parts).map(Self)
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
