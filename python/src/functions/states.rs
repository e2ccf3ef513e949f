//! The functions `moments` and `merge`.

use std::sync::Arc;

use colstats::Moments;
use colstats::internals::states::column_type::ColumnType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use crate::classes::comoments::PyCoMoments;
use crate::classes::grouped_moments::PyGroupedMoments;
use crate::classes::moments::PyMoments;
use crate::classes::moments_table::PyMomentsTable;
use crate::classes::source::source;
use crate::error::unmergeable;
use crate::groups::accumulate::{Named, accumulate as accumulate_groups};
use crate::groups::exchange::Stored;
use crate::groups::grouped::Groups;
use crate::groups::merge::merge as merge_groups;
use crate::input::open_arrow;
use crate::names::type_name;
use crate::options::{Label, Selection, option_doc, read};
use crate::states::accumulate::{Uncountable, accumulate, expect_different_names};
use crate::states::missing::{Missing, nulls};
use crate::states::named::States;

/// Read data once, into states that can be kept, sent and merged, and from which every statistic
/// can be computed.
///
/// Args:
#[doc = option_doc!(data)]
///     by: Of a table, the name (or a list of names or positions) of the key columns: rows with the
///         same key are a group, which has states of its own. Keys are numbers, bools, times, text or
///         bytes. They have no states themselves unless ``columns`` names them.
#[doc = option_doc!(columns)]
#[doc = option_doc!(numeric_only)]
#[doc = option_doc!(threads)]
///
/// Returns:
///     Moments for a column; for a table a MomentsTable, whose columns must have different names; with
///     ``by`` GroupedMoments.
///
/// Examples:
///     >>> import colstats as cs
///     >>> state = cs.moments([1.0, 2.0, None])
///     >>> state.mean(), state.max(), len(state)
///     (1.5, 2.0, 3)
///     >>> cs.moments(cs.Table(np.zeros((4, 2))))
///     <colstats.MomentsTable: "0" float64, "1" float64>
///     >>> cs.moments(cs.Table(np.eye(3)), by="0")
///     <colstats.GroupedMoments by "0": 2 groups of "1" float64, "2" float64>
#[pyfunction]
#[pyo3(signature = (data, /, *, by=None, columns=None, numeric_only=false, threads=None))]
pub fn moments<'py>(
    data: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::by)] by: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    moments_of(data, by.as_deref(), &Selection { columns, numeric_only }, threads)
}

/// The states of data: of a column, of the columns of a table, or of its groups.
pub fn moments_of<'py>(
    data: &Bound<'py, PyAny>,
    by: Option<&[Label]>,
    selection: &Selection,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, source) = (data.py(), source(data)?);
    if let Some(by) = by {
        let refused = Uncountable::Refused;
        let (groups, _) =
            accumulate_groups(data, source, by, selection, threads, refused, |_| Ok(()))?;
        return Ok(Bound::new(py, PyGroupedMoments::from(groups))?.into_any());
    }
    let (refused, check) = (Uncountable::Refused, expect_different_names);
    let mut states = accumulate(data, source, selection, threads, refused, check)?;
    match states.named.pop() {
        Some((_, state)) if !states.is_table => {
            Ok(Bound::new(py, PyMoments::from(state))?.into_any())
        }
        last => {
            states.named.extend(last);
            let states = States::of_table(states.named)?;
            Ok(Bound::new(py, PyMomentsTable::from(states))?.into_any())
        }
    }
}

/// The name and the state of each column of data or of a table of states. Unlike those of `moments`, names
/// need not be unique, and columns that cannot be counted are not refused: they have the name of their type
/// for a state.
#[pyfunction(name = "_states")]
#[pyo3(signature = (data, /, *, columns=None, numeric_only=false, threads=None))]
pub fn states<'py>(
    data: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let (py, selection) = (data.py(), Selection { columns, numeric_only });
    let object = |state| Ok(Bound::new(py, PyMoments::from(state))?.into_any());
    if let Ok(state) = data.cast::<PyMoments>() {
        selection.expect_nothing()?;
        return Ok(vec![(String::new(), object(state.get().state())?)]);
    }
    if let Ok(table) = data.cast::<PyMomentsTable>() {
        let states = table.get().states();
        let selected = selection.of(&states.columns)?.into_iter();
        let named = selected.filter_map(|column| {
            let state = states.get(&column.name)?.clone();
            Some(object(state).map(|state| (column.name.clone(), state)))
        });
        return named.collect();
    }
    let noted = Uncountable::Noted;
    let states = accumulate(data, source(data)?, &selection, threads, noted, |_, _| Ok(()))?;
    let named = states.named.into_iter().enumerate().map(|(position, (name, state))| {
        let object = if states.uncountable.contains(&position) {
            let of = state.of().map(ColumnType::name).unwrap_or_default();
            PyString::new(py, of).into_any()
        } else {
            object(state)?
        };
        Ok((name, object))
    });
    named.collect()
}

/// What `moments` returns with `by=`, and the names of all columns, with the types of those that
/// cannot be counted: these have no states, and are not refused.
#[pyfunction(name = "_groups")]
#[pyo3(signature = (data, /, *, by, columns=None, numeric_only=false, threads=None))]
pub fn groups_of(
    data: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = read::by)] by: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<(PyGroupedMoments, Vec<Named>)> {
    let (by, selection) = (by.ok_or_else(read::no_keys)?, Selection { columns, numeric_only });
    let (source, noted) = (source(data)?, Uncountable::Noted);
    let (groups, named) =
        accumulate_groups(data, source, &by, &selection, threads, noted, |_| Ok(()))?;
    Ok((groups.into(), named))
}

/// Merge the states of parts: the results are those of the whole, to the bit, in any order.
///
/// Args:
///     states: Moments; or MomentsTables and Arrow tables of states, as a MomentsTable exports them,
///         in which rows of the same name are merged, too; or GroupedMoments and such tables, in
///         which rows of the same key are; or CoMoments. Types that are encodings of the same values, or widen
///         exactly, are merged as the wider type: int32 and int64, string and large_string,
///         timestamps in us and ns.
#[doc = option_doc!(missing)]
///
/// Returns:
///     Moments of Moments, a MomentsTable of tables, GroupedMoments of those, CoMoments of CoMoments, and GroupedCoMoments of
///     those. The arguments stay as they are.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.merge(cs.moments([1e300, 1.0]), cs.moments([-1e300])).sum()
///     1.0
///     >>> table = cs.moments(cs.Table(np.ones((4, 2))))
///     >>> cs.merge(table, table)["0"].count()
///     8
///     >>> narrow = cs.moments(cs.Table(np.ones((3, 1))))
///     >>> cs.merge(table, narrow, missing="null")["1"].null_count
///     3
#[pyfunction]
#[pyo3(signature = (*states, missing=Missing::Refuse), text_signature = "(*states, missing='refuse')")]
pub fn merge<'py>(
    states: &Bound<'py, PyTuple>,
    #[pyo3(from_py_with = read::missing)] missing: Missing,
) -> PyResult<Bound<'py, PyAny>> {
    let py = states.py();
    let Ok(first) = states.get_item(0) else {
        return Err(PyTypeError::new_err("merge takes at least one state"));
    };
    if first.is_instance_of::<PyMoments>() {
        let mut whole = Moments::default();
        for state in states {
            let part = state.cast::<PyMoments>().map_err(|_| not_a_state(&state, true))?;
            whole.merge(&part.get().state()).map_err(|error| unmergeable(&error, ""))?;
        }
        return Ok(Bound::new(py, PyMoments::from(whole))?.into_any());
    }
    if first.is_instance_of::<PyCoMoments>() {
        let whole = PyCoMoments::default();
        for state in states {
            whole.merge(&state)?;
        }
        return Ok(Bound::new(py, whole)?.into_any());
    }
    static GROUPED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if first.is_instance(GROUPED.import(py, "colstats.grouped", "GroupedCoMoments")?)? {
        let mut whole = first;
        for state in states.iter().skip(1) {
            whole = whole.add(state)?;
        }
        return Ok(whole);
    }
    let Tables { of_columns, of_groups } = Tables::read(states.iter(), States::of_table)?;
    if of_groups.is_empty() {
        let whole = States::merged(&of_columns, missing)?;
        return Ok(Bound::new(py, PyMomentsTable::from(whole))?.into_any());
    }
    if !of_columns.is_empty() {
        return Err(PyTypeError::new_err(
            "merge takes states of groups or of whole tables, not both",
        ));
    }
    let parts = of_groups.iter().map(|(name, groups)| (name.clone(), &**groups));
    let whole = merge_groups(py, &parts.collect::<Vec<_>>(), missing)?;
    Ok(Bound::new(py, PyGroupedMoments::from(whole))?.into_any())
}

/// Tables of states, with their names for messages.
struct Tables {
    of_columns: Vec<(String, Arc<States>)>,
    of_groups: Vec<(String, Arc<Groups>)>,
}

impl Tables {
    /// Our own tables, and Arrow tables, whose rows a function puts together.
    fn read<'py>(
        tables: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
        of_rows: impl Fn(Vec<(String, Moments)>) -> PyResult<States>,
    ) -> PyResult<Self> {
        let (mut of_columns, mut of_groups) = (vec![], vec![]);
        let count = tables.len();
        for (index, table) in tables.enumerate() {
            let name = format!("table {} of {count}", index + 1);
            if let Ok(ours) = table.cast::<PyGroupedMoments>() {
                of_groups.push((name, ours.get().groups()));
            } else if let Ok(ours) = table.cast::<PyMomentsTable>() {
                of_columns.push((name, ours.get().states()));
            } else {
                let input = open_arrow(&table)?.ok_or_else(|| not_a_state(&table, false))?;
                match Stored::read(&table, &input)? {
                    Stored::Rows(rows) => of_columns.push((name, Arc::new(of_rows(rows)?))),
                    Stored::Groups(part) => of_groups.push((name, Arc::new(part))),
                }
            }
        }
        Ok(Self { of_columns, of_groups })
    }
}

/// For `colstats.distributed`: merges tables, each of which may have some of the columns of a part only, and a
/// table of columns some of the rows of a column. The rows that a column lacks are null if the number of all rows
/// is known.
#[pyfunction(name = "_joined")]
#[pyo3(
    signature = (tables, rows=None, missing=Missing::Refuse),
    text_signature = "(tables, rows=None, missing='refuse')"
)]
pub fn joined<'py>(
    tables: &Bound<'py, PyList>,
    rows: Option<u64>,
    #[pyo3(from_py_with = read::missing)] missing: Missing,
) -> PyResult<Bound<'py, PyAny>> {
    let py = tables.py();
    let Tables { of_columns, of_groups } = Tables::read(tables.iter(), States::joined)?;
    if !of_groups.is_empty() {
        let all = PyTuple::new(py, tables)?;
        return merge(&all, missing);
    }
    let whole = States::joined(of_columns.iter().flat_map(|(_, part)| part.rows()))?;
    let lacking = whole.iter().filter_map(|(name, state)| {
        let lacking = rows?.checked_sub(state.rows())?;
        (lacking > 0).then(|| (name.to_string(), nulls(lacking)))
    });
    let lacking = lacking.collect::<Vec<_>>();
    let whole = States::joined(whole.rows().chain(lacking))?;
    Ok(Bound::new(py, PyMomentsTable::from(whole))?.into_any())
}

fn not_a_state(object: &Bound<'_, PyAny>, among_moments: bool) -> PyErr {
    let is_list = object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>();
    let is_state =
        object.is_instance_of::<PyMoments>() || object.is_instance_of::<PyMomentsTable>();
    PyTypeError::new_err(match (is_state, is_list) {
        (true, _) => "merge takes Moments or tables of states, not both".to_string(),
        (_, true) => "merge takes states one by one: merge(*states)".to_string(),
        _ => {
            let expected = if among_moments { "Moments" } else { "Moments or tables of states" };
            format!("merge takes {expected}, not {}", type_name(object))
        }
    })
}
