//! What NumPy's arrays have and buffers cannot say: masks that hide values, and fields that are
//! columns.

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use super::buffer::{open, view};
use super::strides::View;
use crate::input::data::{Column, Input, Table};
use crate::names::type_name;

/// The mask of a masked array, if it hides anything.
pub fn mask(object: &Bound<'_, PyAny>) -> PyResult<Option<View>> {
    let is_subclass = !is_plain_ndarray(object)
        && ndarray_type(object.py()).is_some_and(|ndarray| is_instance(object, ndarray));
    if !is_subclass {
        return Ok(None);
    }
    let mask = object.getattr_opt(intern!(object.py(), "mask"))?;
    match mask {
        // Without a mask there is the scalar `nomask` in its place.
        Some(mask) if is_instance_of_ndarray(&mask) => {
            Ok(Some(view(&mask, PyUntypedBuffer::get(&mask)?)?))
        }
        _ => Ok(None),
    }
}

/// The fields of a structured array as the columns of a table.
pub fn open_fields(array: &Bound<'_, PyAny>) -> PyResult<Input> {
    let py = array.py();
    let dimensions: usize = match array.getattr_opt(intern!(py, "ndim"))? {
        Some(dimensions) => dimensions.extract()?,
        None => {
            let name = type_name(array);
            let message = format!("cannot read the structured values of {name}: use a NumPy array");
            return Err(PyTypeError::new_err(message));
        }
    };
    if dimensions != 1 {
        let name = type_name(array);
        return Err(PyTypeError::new_err(format!(
            "a structured {name} has {dimensions} dimensions: a table has 1, its rows"
        )));
    }
    let names = array.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "names"))?;
    let mut columns = vec![];
    for name in names.try_iter()? {
        let name: String = name?.extract()?;
        columns.push(open_field(&array.get_item(&name)?, name)?);
    }
    Ok(Input::Table(Table { columns, rows: array.len()? }))
}

/// A field that cannot be read keeps its place, and is refused when it is asked for.
fn open_field(field: &Bound<'_, PyAny>, name: String) -> PyResult<Column> {
    let rows = field.len()?;
    match open(field) {
        Ok(Input::Column(column)) => Ok(Column { name, ..column }),
        Ok(Input::Table(_)) => Ok(Column::opaque(name, "nested", rows)),
        Err(refusal) if refusal.is_instance_of::<PyTypeError>(field.py()) => {
            let dtype = field.getattr(intern!(field.py(), "dtype"))?;
            Ok(Column::opaque(name, &dtype.to_string(), rows))
        }
        Err(error) => Err(error),
    }
}

/// Whether the object is a NumPy array and not of a subclass.
fn is_plain_ndarray(object: &Bound<'_, PyAny>) -> bool {
    ndarray_type(object.py()).is_some_and(|ndarray| object.get_type().is(ndarray))
}

fn is_instance_of_ndarray(object: &Bound<'_, PyAny>) -> bool {
    ndarray_type(object.py()).is_some_and(|ndarray| is_instance(object, ndarray))
}

fn is_instance(object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
    object.get_type().is_subclass(class).unwrap_or(false)
}

/// The class `numpy.ndarray`, once NumPy has been imported; we never import it ourselves.
fn ndarray_type<'a, 'py>(py: Python<'py>) -> Option<&'a Bound<'py, PyType>> {
    static NDARRAY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if NDARRAY.get(py).is_none() {
        let modules = py.import(intern!(py, "sys")).ok()?.getattr(intern!(py, "modules")).ok()?;
        let numpy = modules.cast_into::<PyDict>().ok()?.get_item(intern!(py, "numpy")).ok()??;
        let class = numpy.getattr(intern!(py, "ndarray")).ok()?.cast_into::<PyType>().ok()?;
        let _ = NDARRAY.set(py, class.unbind());
    }
    NDARRAY.get(py).map(|class| class.bind(py))
}
