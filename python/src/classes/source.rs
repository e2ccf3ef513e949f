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
    if let Ok(column) = data.cast::<PyColumn>() {
        return Ok(Source::Held(InputRef::Column(column.get().data())));
    }
    if let Ok(table) = data.cast::<PyTable>() {
        return Ok(Source::Held(InputRef::Table(table.get().data())));
    }
    input::open(data)
}
