//! How a Python object is read as data: our own classes hold it, others have a door.

use pyo3::prelude::*;

use crate::classes::column::PyColumn;
use crate::classes::table::PyTable;
use crate::input;
use crate::input::data::InputRef;
use crate::input::source::Source;

/// The data of a `Column`, of a `Table`, or of any object with a door.
#[inline]
pub fn source<'a, 'py>(data: &'a Bound<'py, PyAny>) -> PyResult<Source<'a, 'py>> {
    match held(data) {
        Some(input) => Ok(Source::Held(input)),
        None => input::open(data),
    }
}

/// The data of a `Column` or of a `Table`.
#[inline]
pub fn held<'a>(data: &'a Bound<'_, PyAny>) -> Option<InputRef<'a>> {
    if let Ok(column) = data.cast::<PyColumn>() {
        return Some(InputRef::Column(column.get().data()));
    }
    let table = data.cast::<PyTable>().ok()?;
    Some(InputRef::Table(table.get().data()))
}
