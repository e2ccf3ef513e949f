//! The class `GroupedMoments`: the states of the groups of a table, which is an Arrow table itself.

use std::sync::Arc;

use colstats::Statistic;
use colstats::internals::states::column_type::ColumnType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyType};

use crate::classes::moments::bytes_of;
use crate::classes::moments_table::PyMomentsTable;
use crate::classes::shared::Shared;
use crate::classes::source::source;
use crate::classes::statistics::statistics;
use crate::groups::accumulate::accumulate;
use crate::groups::grouped::Groups;
use crate::groups::merge::merge;
use crate::groups::{bytes, exchange, lookup, pickle};
use crate::input::open_arrow;
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label, Selection, option_doc, read};
use crate::output::{record_batch, stream};
use crate::states::accumulate::Uncountable;
use crate::states::missing::Missing;
use crate::states::named::States;
use crate::summary::describe;

/// The states of the columns of a table, for each group of rows that have the same key.
///
/// Groups are in ascending order of their keys, column by column; null is a key like any other, and
/// comes last. All NaNs are one key, and so are -0.0 and 0.0.
///
/// It is a mapping of the keys, and always indexed by key, even if keys are numbers; ``group`` takes a
/// position. ``update`` adds the rows of a table, ``+`` and ``sum`` join the groups of parts.
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
///     >>> groups[0.0]["1"].sum(), 7.0 in groups, len(groups)
///     (9.0, False, 2)
///     >>> cs.merge(groups, groups)[1.0]["1"].count()
///     4
#[pyclass(name = "GroupedMoments", module = "colstats", frozen)]
pub struct PyGroupedMoments(Shared<Groups>);

impl From<Groups> for PyGroupedMoments {
    fn from(groups: Groups) -> Self {
        Self(groups.into())
    }
}

impl PyGroupedMoments {
    /// The groups as they are now.
    pub fn groups(&self) -> Arc<Groups> {
        self.0.get()
    }

    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        this.get().groups().ask(this.py(), statistic, keywords)
    }
}

statistics! {
    methods states PyGroupedMoments(numeric_only: bool = false)(columns, threads)
    each ", for each column of each group"
    example
        "table = cs.Table(np.array([[7.0, 4.0], [7.0, 6.0]]))\n>>> cs.moments(table, by=\"0\")"
        "[0]" "{'0': 7.0, '1': " "}"
    own {
        #[new]
        #[pyo3(signature = (data, /))]
        fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
            if let Ok(groups) = data.cast::<Self>() {
                return Ok(merge(data.py(), &[(String::new(), &groups.get().groups())], Missing::Refuse)?.into());
            }
            let input = open_arrow(data)?;
            let groups = input.map_or(Ok(None), |input| exchange::read(data, &input))?;
            groups.map(Self::from).ok_or_else(|| {
                let name = type_name(data);
                PyTypeError::new_err(format!("{name} is not an Arrow table of the states of groups"))
            })
        }

        /// The names of the key columns.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2))), by=["1"]).by
        /// ['1']
        #[getter]
        fn by(&self) -> Vec<String> {
            self.groups().by.iter().map(|key| key.name.clone()).collect()
        }

        /// The names of the columns that have states, in order.
        ///
        /// >>> cs.moments(cs.Table(np.zeros((3, 2))), by=["1"]).column_names
        /// ['0']
        #[getter]
        fn column_names(&self) -> Vec<String> {
            self.groups().named().map(|(name, _)| name.to_string()).collect()
        }

        /// The keys of the groups, in order: Rows. Iteration gives them as Python values.
        ///
        /// >>> cs.moments(cs.Table(np.eye(2)), by="0").keys()[1]
        /// {'0': 1.0}
        fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let (fields, arrays) = self.groups().key_columns();
            record_batch(py, fields, arrays)
        }

        /// The number of rows of each group: Rows of the keys and the column ``rows``, or ``rows_count``
        /// if a key has that name.
        ///
        /// >>> groups = cs.moments(cs.Table(np.array([[7.0], [7.0], [9.0]])), by="0")
        /// >>> groups.sizes()[0]
        /// {'0': 7.0, 'rows': 2}
        fn sizes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            let (fields, arrays) = self.groups().sizes();
            record_batch(py, fields, arrays)
        }

        /// How many groups there are.
        fn __len__(&self) -> usize {
            self.groups().grouped.len()
        }

        /// The states of the group with a key: a MomentsTable. With several key columns, a key is a tuple;
        /// null is None. For the group at a position, see `group`.
        fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<PyMomentsTable> {
            let groups = self.groups();
            let place = lookup::find(&groups, key)?;
            states_of(&groups, place.ok_or_else(|| lookup::no_group(&groups, key))?)
        }

        /// Whether there is a group with a key.
        fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
            Ok(lookup::find(&self.groups(), key)?.is_some())
        }

        /// The states of the group with a key, or a default if there is none.
        ///
        /// >>> cs.moments(cs.Table(np.eye(2)), by="0").get(7.0) is None
        /// True
        #[pyo3(signature = (key, default=None, /))]
        fn get<'py>(
            &self,
            key: &Bound<'py, PyAny>,
            default: Option<Bound<'py, PyAny>>,
        ) -> PyResult<Option<Bound<'py, PyAny>>> {
            let groups = self.groups();
            match lookup::find(&groups, key)? {
                Some(place) => Ok(Some(Bound::new(key.py(), states_of(&groups, place)?)?.into_any())),
                None => Ok(default),
            }
        }

        /// The states of the group at a position, in the order of the keys: a MomentsTable.
        ///
        /// >>> cs.moments(cs.Table(np.eye(2)), by="0").group(-1)["1"].sum()
        /// 0.0
        #[pyo3(signature = (position, /))]
        fn group(&self, position: isize) -> PyResult<PyMomentsTable> {
            let groups = self.groups();
            states_of(&groups, lookup::place(&groups, position)?)
        }

        /// The key of the group at a position: a value, or a tuple of several.
        ///
        /// >>> cs.moments(cs.Table(np.eye(2)), by=["0", "1"]).key(0)
        /// (0.0, 1.0)
        #[pyo3(signature = (position, /))]
        fn key<'py>(&self, py: Python<'py>, position: isize) -> PyResult<Bound<'py, PyAny>> {
            let groups = self.groups();
            lookup::key(py, &groups, lookup::place(&groups, position)?)
        }

        /// The keys as Python values, one by one.
        fn __iter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
            each(this, "key")
        }

        /// The states of the groups, one by one: an iterator of MomentsTables.
        ///
        /// >>> [group["1"].sum() for group in cs.moments(cs.Table(np.eye(2)), by="0").values()]
        /// [1.0, 0.0]
        fn values<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
            each(this, "group")
        }

        /// The keys and the states of the groups, one by one: an iterator of pairs.
        ///
        /// >>> groups = cs.moments(cs.Table(np.eye(2)), by="0")
        /// >>> {key: group["1"].sum() for key, group in groups.items()}
        /// {0.0: 1.0, 1.0: 0.0}
        fn items<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
            let zip = this.py().import("builtins")?.getattr("zip")?;
            zip.call1((each(this, "key")?, each(this, "group")?))
        }

        /// Add the rows of a table to the states of their groups.
        ///
        /// The data is grouped by columns of the same names. Each call takes time for all groups: with
        /// many of them, read large batches, or a stream.
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
        ///     >>> groups = cs.moments(cs.Table(np.array([[1.0, 2.0]])), by="0")
        ///     >>> groups.update(cs.Table(np.array([[1.0, 4.0], [3.0, 6.0]])))
        ///     >>> groups[1.0]["1"].mean(), len(groups)
        ///     (3.0, 2)
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
            let (py, selection) = (data.py(), Selection { columns, numeric_only });
            let by = self.groups().by.iter().map(|key| Label::Name(key.name.clone())).collect::<Vec<_>>();
            let (source, refused) = (source(data)?, Uncountable::Refused);
            let (part, _) = accumulate(data, source, &by, &selection, threads, refused, |_| Ok(()))?;
            self.0.replace(|groups| {
                let parts = [("the groups", &**groups), ("the data", &part)];
                merge(py, &parts.map(|(name, part)| (name.to_string(), part)), missing)
            })
        }

        fn __add__(&self, other: &Bound<'_, Self>) -> PyResult<Self> {
            let (ours, theirs) = (self.groups(), other.get().groups());
            let parts = [("the first table", &*ours), ("the second table", &*theirs)];
            let parts = parts.map(|(name, part)| (name.to_string(), part));
            Ok(merge(other.py(), &parts, Missing::Refuse)?.into())
        }

        /// ``sum`` begins with 0.
        fn __radd__<'py>(this: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
            let py = other.py();
            if other.is_exact_instance_of::<PyInt>() && other.eq(0)? {
                return this.get_type().call1((this,));
            }
            Ok(py.NotImplemented().into_bound(py))
        }

        /// Serialize the states, in a format that every later release reads.
        ///
        /// >>> groups = cs.moments(cs.Table(np.eye(2)), by="0")
        /// >>> cs.GroupedMoments.from_bytes(groups.to_bytes()) == groups
        /// True
        fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
            bytes::write(py, &self.groups())
        }

        /// Deserialize what `to_bytes` returned. Damaged bytes are refused.
        ///
        /// >>> groups = cs.moments(cs.Table(np.eye(2)), by="0")
        /// >>> cs.GroupedMoments.from_bytes(groups.to_bytes()).by
        /// ['0']
        #[classmethod]
        #[pyo3(signature = (data, /))]
        fn from_bytes(class: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
            Ok(bytes::read(class.py(), bytes_of(data)?.as_bytes())?.into())
        }

        /// All statistics of each column of each group: see `colstats.describe`.
        ///
        /// >>> cs.moments(cs.Table(np.eye(2)), by="0").describe()[1]["max"]
        /// 0.0
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

        /// For `describe`: the same groups, with some of the columns.
        #[pyo3(signature = (*, columns=None, numeric_only=false))]
        fn _select(
            &self,
            #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
            #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
        ) -> PyResult<Self> {
            Ok(self.groups().selected(&Selection { columns, numeric_only })?.into())
        }

        fn __eq__<'py>(&self, other: &Bound<'py, Self>) -> PyResult<bool> {
            let (py, ours, theirs) = (other.py(), self.groups(), other.get().groups());
            let same = ours.by == theirs.by
                && ours.named().eq(theirs.named())
                && ours.grouped.len() == theirs.grouped.len();
            Ok(same && py.detach(|| ours.is_same(&theirs)))
        }

        fn __repr__(&self) -> String {
            const SHOWN: usize = 8;
            let groups = self.groups();
            let by = groups.by.iter().map(|key| quoted(&key.name).to_string()).collect::<Vec<_>>();
            let column = |(name, of): (&str, &Option<ColumnType>)| {
                format!("{} {}", quoted(name), of.as_ref().map_or("no type yet", ColumnType::name))
            };
            let columns = groups.named().take(SHOWN).map(column).collect::<Vec<_>>().join(", ");
            let more = match groups.types.len() {
                0 => "no columns".to_string(),
                1..=SHOWN => String::new(),
                all => format!(", ... ({all} in all)"),
            };
            let count = match groups.grouped.len() {
                1 => "1 group".to_string(),
                count => format!("{count} groups"),
            };
            format!("<colstats.GroupedMoments by {}: {count} of {columns}{more}>", by.join(", "))
        }

        fn __reduce__<'py>(
            this: &Bound<'py, Self>,
        ) -> PyResult<(Bound<'py, PyAny>, (pickle::Parts<'py>,))> {
            let restore = this.get_type().getattr("_restore")?;
            Ok((restore, (pickle::take_apart(this.py(), &this.get().groups()),)))
        }

        /// For pickle: what `__reduce__` returns, put together again.
        #[staticmethod]
        fn _restore(py: Python<'_>, parts: pickle::Parts<'_>) -> PyResult<Self> {
            pickle::put_together(py, parts).map(Self::from)
        }

        fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            exchange::write(py, &self.groups())?.call_method0("__arrow_c_schema__")
        }

        #[pyo3(signature = (requested_schema=None))]
        fn __arrow_c_array__<'py>(
            &self,
            py: Python<'py>,
            requested_schema: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            exchange::write(py, &self.groups())?.call_method1("__arrow_c_array__", (requested_schema,))
        }

        #[pyo3(signature = (requested_schema=None))]
        fn __arrow_c_stream__<'py>(
            &self,
            py: Python<'py>,
            requested_schema: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            stream(&exchange::write(py, &self.groups())?, requested_schema)
        }
    }
}

/// The states of a group.
fn states_of(groups: &Groups, group: usize) -> PyResult<PyMomentsTable> {
    let names = groups.named().enumerate();
    let named = names.map(|(column, (name, _))| (name.to_string(), groups.state(column, group)));
    Ok(States::of_table(named)?.into())
}

/// What a method makes of each position, one by one.
fn each<'py>(groups: &Bound<'py, PyGroupedMoments>, method: &str) -> PyResult<Bound<'py, PyAny>> {
    let builtins = groups.py().import("builtins")?;
    let positions = builtins.getattr("range")?.call1((groups.get().__len__(),))?;
    builtins.getattr("map")?.call1((groups.getattr(method)?, positions))
}
