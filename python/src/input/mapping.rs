//! The door of mappings: a dict of columns by name is a table.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use super::data::{Column, Input, Table};
use crate::classes::source::source;
use crate::names::{counted, quoted, type_name};

/// The table of a mapping, whose values are columns of one length: whatever is one elsewhere.
pub fn open(object: &Bound<'_, PyMapping>) -> PyResult<Input> {
    let mut columns: Vec<Column> = vec![];
    for item in object.items()?.iter() {
        let (name, data) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let column = column(object, &name, &data)?;
        if let Some(first) = columns.first().filter(|first| first.rows() != column.rows()) {
            return Err(PyValueError::new_err(format!(
                "the columns of a table have one length: {} has {}, {} has {}",
                quoted(&first.name),
                counted(first.rows(), "row"),
                quoted(&column.name),
                counted(column.rows(), "row")
            )));
        }
        columns.push(column);
    }
    let rows = columns.first().map_or(0, Column::rows);
    Ok(Input::Table(Table::new(columns, rows)))
}

fn column(
    object: &Bound<'_, PyMapping>,
    name: &Bound<'_, PyAny>,
    data: &Bound<'_, PyAny>,
) -> PyResult<Column> {
    let Ok(name) = name.cast::<PyString>() else {
        return Err(PyTypeError::new_err(format!(
            "a {} is read as a table, whose columns are named by str: one of its keys is {}",
            type_name(object),
            type_name(name)
        )));
    };
    let name = name.to_str()?.to_string();
    // A mapping in a mapping would be a table in a table, and might contain itself.
    let read = match data.cast::<PyMapping>() {
        Ok(_) => None,
        Err(_) => Some(source(data).and_then(|source| source.read_all())),
    };
    match read {
        Some(Ok(Input::Column(column))) => Ok(Column { name, ..column }),
        // The exception may be the producer's own: it stays the same, and gets a note.
        Some(Err(error)) => {
            let note = format!("in column {} of a {}", quoted(&name), type_name(object));
            error.value(data.py()).call_method1("add_note", (note,))?;
            Err(error)
        }
        Some(Ok(Input::Table(_))) | None => Err(PyTypeError::new_err(format!(
            "column {}: {} is a table, not one column",
            quoted(&name),
            type_name(data)
        ))),
    }
}
