//! What the methods of `Moments` take, and the words for what they do not.

use colstats::State;
use colstats::state::{Type, Unmergeable};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

use crate::classes::moments::PyMoments;
use crate::classes::moments_table::PyMomentsTable;
use crate::classes::table::PyTable;
use crate::input::data::Column;
use crate::names::{quoted, type_name};
use crate::options::Selection;
use crate::states::{gather, type_of, unmergeable};

/// A type whose values can be added up.
pub fn readable_type(name: &Bound<'_, PyAny>) -> PyResult<Type> {
    let Ok(text) = name.extract::<String>() else {
        let got = type_name(name);
        return Err(PyTypeError::new_err(format!("a type is named by a str, not by {got}")));
    };
    let of = Type::named(text);
    if of.data_type().is_some() {
        return Ok(of);
    }
    Err(PyValueError::new_err(format!(
        "no type with statistics is called {}: types are named as Column.type names them, \
         e.g. \"float64\" or \"timestamp[us, tz=UTC]\"",
        quoted(of.name())
    )))
}

/// Bytes, or what is easily made bytes.
pub fn bytes_of<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if data.is_instance_of::<PyByteArray>() || data.is_instance_of::<PyMemoryView>() {
        return Ok(data.py().get_type::<PyBytes>().call1((data,))?.cast_into()?);
    }
    Err(PyTypeError::new_err(format!("a state is read from bytes, not from {}", type_name(data))))
}

/// The state of what can be added to one of its type; tables are shown the way.
pub fn part_of(
    data: &Bound<'_, PyAny>,
    threads: Option<usize>,
    expect: impl Fn(&Type) -> PyResult<()>,
) -> PyResult<State> {
    let refuse = |way: &str| Err(PyTypeError::new_err(format!("{} is {way}", type_name(data))));
    if data.is_instance_of::<PyMomentsTable>() {
        refuse("a table of states: use colstats.merge")?;
    }
    if data.is_instance_of::<PyMoments>() {
        refuse("a state, not data: use merge")?;
    }
    const TABLE: &str = "a table, not one column: use colstats.moments(table), which gives a state \
                         for each column";
    if data.is_instance_of::<PyTable>() {
        refuse(TABLE)?;
    }
    // Before any work is done.
    let check = |columns: &[&Column], is_table: bool| match columns {
        [column] if !is_table => expect(&type_of(column)),
        _ => refuse(TABLE),
    };
    let gathered = gather(data, &Selection::default(), threads, check)?;
    Ok(gathered.named.into_iter().map(|(_, state)| state).next().unwrap_or_default())
}

/// Why data was not added to a state.
pub fn not_of_its_type(error: &Unmergeable, data: &Bound<'_, PyAny>) -> PyErr {
    let Unmergeable::Types { ours, theirs } = error else {
        return unmergeable(error, "");
    };
    PyTypeError::new_err(format!(
        "{} holds {theirs} values, but this state is one of {ours} values: cast the data first",
        type_name(data)
    ))
}

/// The state that is to be merged into another.
pub fn moments_of<'a, 'py>(other: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyMoments>> {
    other.cast::<PyMoments>().map_err(|_| {
        let name = type_name(other);
        PyTypeError::new_err(format!("Moments.merge takes Moments, not {name}"))
    })
}
