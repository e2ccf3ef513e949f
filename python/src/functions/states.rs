//! The functions `moments` and `merge`.

use colstats::Moments;
use colstats::internals::states::column_type::ColumnType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::classes::grouped_moments::PyGroupedMoments;
use crate::classes::moments::PyMoments;
use crate::classes::moments_table::PyMomentsTable;
use crate::classes::source::source;
use crate::error::unmergeable;
use crate::groups;
use crate::groups::accumulate::Named;
use crate::groups::exchange::Stored;
use crate::input::open_arrow;
use crate::names::type_name;
use crate::options::{Label, Selection, option_doc, read};
use crate::states::accumulate::{Uncountable, accumulate, expect_different_names};
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
    by: Option<&Bound<'py, PyAny>>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let selection = Selection { columns, numeric_only };
    if let Some(by) = by {
        let by = groups::accumulate::labels(by)?;
        let (groups, _) = groups::accumulate::accumulate(
            data,
            source(data)?,
            &by,
            &selection,
            threads,
            Uncountable::Refused,
        )?;
        return Ok(Bound::new(py, PyGroupedMoments(groups))?.into_any());
    }
    let mut states = accumulate(
        data,
        source(data)?,
        &selection,
        threads,
        Uncountable::Refused,
        expect_different_names,
    )?;
    match states.named.pop() {
        Some((_, state)) if !states.is_table => {
            Ok(Bound::new(py, PyMoments::from(state))?.into_any())
        }
        last => {
            states.named.extend(last);
            let states = States::merged(states.named)?;
            Ok(Bound::new(py, PyMomentsTable(states))?.into_any())
        }
    }
}

/// The name and the state of each column. Unlike those of `moments`, names need not be unique, and
/// columns that cannot be counted are not refused: they have the name of their type for a state.
#[pyfunction(name = "_states")]
#[pyo3(signature = (data, /, *, columns=None, numeric_only=false, threads=None))]
pub fn states<'py>(
    data: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let (py, selection) = (data.py(), Selection { columns, numeric_only });
    let noted = Uncountable::Noted;
    let states = accumulate(data, source(data)?, &selection, threads, noted, |_, _| Ok(()))?;
    let object = |(position, (name, state)): (usize, (String, Moments))| {
        let object = if states.uncountable.contains(&position) {
            let of = state.of().map(ColumnType::name).unwrap_or_default();
            PyString::new(py, of).into_any()
        } else {
            Bound::new(py, PyMoments::from(state))?.into_any()
        };
        Ok((name, object))
    };
    states.named.into_iter().enumerate().map(object).collect()
}

/// What `moments` returns with `by=`, and the names of all columns, with the types of those that
/// cannot be counted: these have no states, and are not refused.
#[pyfunction(name = "_groups")]
#[pyo3(signature = (data, /, *, by, columns=None, numeric_only=false, threads=None))]
pub fn groups_of(
    data: &Bound<'_, PyAny>,
    by: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
    #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
) -> PyResult<(PyGroupedMoments, Vec<Named>)> {
    let (by, selection) = (groups::accumulate::labels(by)?, Selection { columns, numeric_only });
    let (source, noted) = (source(data)?, Uncountable::Noted);
    let (groups, named) =
        groups::accumulate::accumulate(data, source, &by, &selection, threads, noted)?;
    Ok((PyGroupedMoments(groups), named))
}

/// Merge the states of parts: the results are those of the whole, to the bit, in any order.
///
/// Args:
///     states: Moments; or MomentsTables and Arrow tables of states, as a MomentsTable exports them,
///         in which rows of the same name are merged, too; or GroupedMoments and such tables, in
///         which rows of the same key are.
///
/// Returns:
///     Moments of Moments, a MomentsTable of tables, GroupedMoments of those. The arguments stay as
///     they are.
///
/// Examples:
///     >>> import colstats as cs
///     >>> cs.merge(cs.moments([1e300, 1.0]), cs.moments([-1e300])).sum()
///     1.0
///     >>> table = cs.moments(cs.Table(np.ones((4, 2))))
///     >>> cs.merge(table, table)["0"].count()
///     8
#[pyfunction]
#[pyo3(signature = (*states))]
pub fn merge<'py>(states: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
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
    let (mut named, mut groups) = (vec![], vec![]);
    for table in states {
        if let Ok(ours) = table.cast::<PyGroupedMoments>() {
            groups.push(ours.clone());
        } else if let Ok(ours) = table.cast::<PyMomentsTable>() {
            named.extend(ours.get().rows());
        } else {
            let input = open_arrow(&table)?.ok_or_else(|| not_a_state(&table, false))?;
            match Stored::read(&table, &input)? {
                Stored::Rows(rows) => named.extend(rows),
                Stored::Groups(part) => groups.push(Bound::new(py, PyGroupedMoments(part))?),
            }
        }
    }
    if groups.is_empty() {
        return Ok(Bound::new(py, PyMomentsTable(States::merged(named)?))?.into_any());
    }
    if groups.len() < states.len() {
        return Err(PyTypeError::new_err(
            "merge takes states of groups or of whole tables, not both",
        ));
    }
    let parts = groups.iter().map(|groups| &groups.get().0).collect::<Vec<_>>();
    let whole = groups::merge::merge(py, &parts)?;
    Ok(Bound::new(py, PyGroupedMoments(whole))?.into_any())
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
