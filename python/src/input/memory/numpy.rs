//! What NumPy's arrays have and buffers cannot describe: masks, which hide values, and fields, which
//! are the columns of a table.
//!
//! NumPy is never imported here. An object can only be one of its arrays if it is imported already.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::input::data::{Column, Input, Table};
use crate::names::type_name;

/// A way to open an array that has no fields.
type Open = fn(&Bound<'_, PyAny>) -> PyResult<Input>;

/// The mask of a masked array, an array of bools, if it hides anything.
pub fn mask<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(ndarray) = ndarray_type(object.py()) else {
        return Ok(None);
    };
    if object.get_type().is(ndarray) || !is_instance(object, ndarray) {
        return Ok(None);
    }
    let mask = object.getattr_opt(intern!(object.py(), "mask"))?;
    // An array without a mask has the scalar `nomask` in its place.
    Ok(mask.filter(|mask| is_instance(mask, ndarray)))
}

/// The fields of a structured array as the columns of a table.
pub fn open_fields(array: &Bound<'_, PyAny>, open: Open) -> PyResult<Input> {
    let py = array.py();
    if let Some(refusal) = without_fields(array)? {
        return Err(refusal);
    }
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
        columns.push(open_field(&array.get_item(&name)?, name, open)?);
    }
    Ok(Input::Table(Table::new(columns, array.len()?)))
}

/// The refusal of records where axes are needed: there is no sum of a record.
pub fn fields_have_no_axes(array: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let of_fields = || {
        let name = type_name(array);
        let message =
            format!("a structured {name} is a table: choose one field, as in array[name]");
        PyTypeError::new_err(message)
    };
    Ok(without_fields(array)?.unwrap_or_else(of_fields))
}

/// The refusal of values that look like records to the protocols, and have no fields: those of types
/// that NumPy does not know itself, such as bfloat16 of ml_dtypes, and plain bytes.
fn without_fields(array: &Bound<'_, PyAny>) -> PyResult<Option<PyErr>> {
    let Some(dtype) = array.getattr_opt(intern!(array.py(), "dtype"))? else {
        return Ok(None);
    };
    if !dtype.getattr_opt(intern!(array.py(), "names"))?.is_some_and(|names| names.is_none()) {
        return Ok(None);
    }
    let (kind, name) = (type_name(array), dtype.to_string());
    let is_integer = name.starts_with("int") || name.starts_with("uint");
    let advice = match name.starts_with('|') || name.starts_with("void") {
        true => "view it as a number type first",
        false if is_integer => "convert it with .astype('int8'), which is exact",
        false => "convert it with .astype('float32'), which is exact",
    };
    let message = format!("cannot read the {name} values of {kind}: {advice}");
    Ok(Some(PyTypeError::new_err(message)))
}

/// A field that cannot be read keeps its place, and is refused when a statistic of it is requested.
fn open_field(field: &Bound<'_, PyAny>, name: String, open: Open) -> PyResult<Column> {
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

fn is_instance(object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
    object.get_type().is_subclass(class).unwrap_or(false)
}

/// The class `numpy.ndarray`, if NumPy has been imported.
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
