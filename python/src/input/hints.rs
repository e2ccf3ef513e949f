//! Errors for objects without a door: what they are, and what to do instead.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyDict, PyFrozenSet, PyIterator, PyMapping, PySet, PyString, PyType};

use crate::names::type_name;

/// A `TypeError` that says what to do instead.
pub fn refuse(object: &Bound<'_, PyAny>) -> PyErr {
    if let Ok(class) = object.cast::<PyType>() {
        let name = class.fully_qualified_name().map(|name| name.to_string()).unwrap_or_default();
        let message = format!("cannot read the class {name}: an instance is needed");
        return PyTypeError::new_err(message);
    }
    let name = type_name(object);
    let advice = known_class(object).or_else(|| known_behaviour(object)).unwrap_or(
        "expected Arrow data (an object with __arrow_c_array__ or __arrow_c_stream__, as pyarrow, \
         polars, pandas and duckdb have), a NumPy array or another buffer, or a list of numbers",
    );
    PyTypeError::new_err(format!("cannot read {name}: {advice}"))
}

/// Classes that are known not to hold data, or not in a readable way.
fn known_class(object: &Bound<'_, PyAny>) -> Option<&'static str> {
    let classes = object.get_type().mro();
    classes.iter().find_map(|class| {
        let class = class.cast_into::<PyType>().ok()?;
        let (module, name) = (class.module().ok()?.to_string(), class.name().ok()?.to_string());
        Some(match (module.split('.').next()?, name.as_str()) {
            ("polars", "LazyFrame") => "it holds no data yet: call .collect() first",
            ("polars", "Expr") => "it holds no data: evaluate it with DataFrame.select() first",
            ("pyarrow", "Dataset") => "it holds no data yet: use dataset.scanner().to_reader()",
            ("pyarrow", "Scanner") => "it holds no data yet: use scanner.to_reader()",
            ("pyarrow", "Scalar") => "it is a single value, not a column",
            ("colstats", "Moments") => "it is a state, not data: call its methods",
            ("colstats", "Column") => "it is one column, not a table: call its methods",
            ("colstats", "Table") => "it is a table, not one column: select one, as in table[0]",
            ("pandas", "Index") => "use index.to_series() or index.to_numpy()",
            ("pandas", "BaseGroupBy") => "it holds no data: aggregate it first",
            _ => return None,
        })
    })
}

fn known_behaviour(object: &Bound<'_, PyAny>) -> Option<&'static str> {
    if object.is_none() {
        Some("None holds no data")
    } else if object.is_instance_of::<PyString>() || object.hasattr("__fspath__").unwrap_or(false) {
        Some(
            "text and paths hold no data: read the file first, e.g. with pyarrow.parquet.read_table",
        )
    } else if object.is_instance_of::<PyDict>() || object.cast::<PyMapping>().is_ok() {
        Some("build a table from it first, e.g. with pyarrow.table()")
    } else if object.is_instance_of::<PySet>()
        || object.is_instance_of::<PyFrozenSet>()
        || object.cast::<PyIterator>().is_ok()
    {
        Some("collect it into a list first, with list()")
    } else if object.hasattr("__float__").unwrap_or(false) || object.is_instance_of::<PyComplex>() {
        Some("it is a single value, not a column")
    } else {
        None
    }
}
