//! The functions `moments` and `merge`.

use colstats::State;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::{States, collect_one, exchange, of_table, unmergeable};
use crate::column::PyColumn;
use crate::data::Input;
use crate::input::{self, type_name};
use crate::moments::PyMoments;
use crate::moments_table::PyMomentsTable;
use crate::options::{Selection, Threads};
use crate::table::PyTable;

/// Gather everything that statistics need to know, in a state that can be kept, sent and merged.
///
/// Args:
///     data: A column or a table: any Arrow object, NumPy array, buffer or list of numbers.
///     columns: Of a table, the names (or positions) of the columns to use.
///     numeric_only: Of a table, whether to leave out the columns that are no numbers.
///     threads: How many threads may be used; by default as ``set_num_threads`` says.
///
/// Returns:
///     Moments for a column; for a table a MomentsTable, whose columns must have different names.
///
/// Examples:
///     >>> import colstats as cs
///     >>> state = cs.moments([1.0, 2.0, None])
///     >>> state.mean(), state.max(), len(state)
///     (1.5, 2.0, 3)
///     >>> cs.moments(cs.Table(np.zeros((4, 2))))
///     <colstats.MomentsTable: "0" float64, "1" float64>
#[pyfunction]
#[pyo3(signature = (data, /, *, columns=None, numeric_only=false, threads=None))]
pub fn moments<'py>(
    data: &Bound<'py, PyAny>,
    columns: Option<&Bound<'py, PyAny>>,
    numeric_only: bool,
    threads: Option<Threads>,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, threads) = (data.py(), threads.map(|threads| threads.0));
    let selection = Selection::new(columns, numeric_only)?;
    let of_column = |column| {
        selection.expect_nothing()?;
        let state = collect_one(data, column, threads)?;
        Ok(Bound::new(py, PyMoments::from(state))?.into_any())
    };
    let of_columns = |table| {
        let states = of_table(py, table, &selection, threads)?;
        Ok(Bound::new(py, PyMomentsTable(states))?.into_any())
    };
    // Our own classes need no door.
    if let Ok(column) = data.cast::<PyColumn>() {
        return of_column(column.get().data());
    }
    if let Ok(table) = data.cast::<PyTable>() {
        return of_columns(table.get().data());
    }
    match input::open(data)? {
        Input::Column(column) => of_column(&column),
        Input::Table(table) => of_columns(&table),
    }
}

/// Join the states of parts: the result is that of the whole, to the bit, in any order.
///
/// Args:
///     states: Moments; or MomentsTables and Arrow tables of states, as a MomentsTable exports them,
///         in which rows of the same name are merged, too.
///
/// Returns:
///     Moments of Moments, a MomentsTable of tables. The arguments stay as they are.
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
        let mut whole = State::default();
        for state in states {
            let part = state.cast::<PyMoments>().map_err(|_| not_a_state(&state, true))?;
            whole.merge(&part.get().state()).map_err(|error| unmergeable(&error, ""))?;
        }
        return Ok(Bound::new(py, PyMoments::from(whole))?.into_any());
    }
    let mut named = vec![];
    for table in states {
        named.extend(rows(&table)?);
    }
    Ok(Bound::new(py, PyMomentsTable(States::merged(named)?))?.into_any())
}

/// The names and states of a table of states, ours or another's.
pub fn rows(table: &Bound<'_, PyAny>) -> PyResult<Vec<(String, State)>> {
    if let Ok(ours) = table.cast::<PyMomentsTable>() {
        let rows = ours.get().0.iter().map(|(name, state)| (name.to_string(), state.clone()));
        return Ok(rows.collect());
    }
    exchange::read(table)?.ok_or_else(|| not_a_state(table, false))
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
