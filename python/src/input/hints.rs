//! Errors for objects without a door: what they are, and what to do instead. Each way out that is
//! named here works: tests follow it, with the library itself where that is small.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyComplex, PyDict, PyFrozenSet, PyList, PyMapping, PyModule, PySet,
    PyString, PyTuple, PyType,
};

use super::items;
use crate::names::type_name;

/// Classes that hold no data, or not in a readable way, by the package they come from. The first
/// that an object is an instance of applies.
const CLASSES: &[(&str, &[&str], &str)] = &[
    ("colstats", &["Moments"], "it is a state, not data: call its methods"),
    ("colstats", &["Column"], "it is one column, not a table: call its methods"),
    ("colstats", &["Table"], "it is a table, not one column: select one, as in table[0]"),
    (
        "polars",
        &["LazyFrame"],
        "it holds no data yet: call .collect() first, or import colstats.polars and call .colstats.mean() or the like",
    ),
    ("polars", &["Expr"], "it holds no data: evaluate it with DataFrame.select() first"),
    (
        "polars",
        &["GroupBy", "DynamicGroupBy", "RollingGroupBy"],
        "it holds no data: ask about groups of the frame, with colstats.moments(frame, by=...)",
    ),
    ("polars", &["LazyGroupBy"], "it holds no data yet: aggregate it and call .collect() first"),
    ("pyarrow", &["Dataset"], "it holds no data yet: use dataset.scanner().to_reader()"),
    ("pyarrow", &["Scanner"], "it holds no data yet: use scanner.to_reader()"),
    ("pyarrow", &["Scalar"], "it is a single value, not a column"),
    ("pyarrow", &["Schema", "Field", "DataType"], "it describes data, and holds none"),
    ("pyarrow", &["ParquetFile"], "it holds no data yet: use file.iter_batches()"),
    (
        "pyarrow",
        &["SparseCSRMatrix", "SparseCOOTensor", "SparseCSCMatrix"],
        "call .to_tensor() first",
    ),
    (
        "pyarrow",
        &["RecordBatchFileReader", "_RecordBatchFileReader"],
        "it holds no data yet: use reader.read_all(), or the batches one by one, as in \
         (reader.get_batch(i) for i in range(reader.num_record_batches))",
    ),
    ("pandas", &["BaseGroupBy", "BaseWindow"], GROUPS_OF_A_FRAME),
    (
        "pandas",
        &["SparseArray"],
        "most of its values are not stored: use array.to_dense(), or array.sp_values",
    ),
    (
        "dask",
        &["Array"],
        "it holds no data yet: its parts do, as in \
        (block.compute() for block in array.ravel().blocks)",
    ),
    (
        "dask",
        &["FrameBase"],
        "it holds no data yet: use the functions of colstats.dask, or call \
        .compute() first",
    ),
    ("dask", &["DaskMethodsMixin"], "it holds no data yet: call .compute() first"),
    (
        "ray",
        &["Dataset", "MaterializedDataset"],
        "use the functions of colstats.ray, or the batches \
        of dataset.iter_batches(batch_format=\"pyarrow\")",
    ),
    ("pyspark", &["DataFrame"], "use the functions of colstats.spark, or frame.toArrow()"),
    ("pyspark", &["Column"], "it holds no data: select it from its frame first"),
    (
        "deltalake",
        &["DeltaTable"],
        "it holds no data yet: use table.scan().read_all(), or ask SQL, with \
        deltalake.QueryBuilder()",
    ),
    (
        "lancedb",
        &["Table"],
        "it holds no data yet: use table.to_arrow(), or \
        table.search().limit(None).to_batches()",
    ),
    ("lancedb", &["LanceQueryBuilder"], "it holds no data yet: use query.to_batches()"),
    ("narwhals", &["LazyFrame"], "it holds no data yet: call .collect() first"),
    (
        "narwhals",
        &["Expr", "GroupBy", "LazyGroupBy"],
        "it holds no data: evaluate it in its frame first",
    ),
    ("ibis", &["GroupedTable"], "it holds no data: aggregate it first"),
    ("ibis", &["Deferred"], "it holds no data: select it from its table first"),
    ("ibis", &["Scalar"], "it is a single value, not a column"),
    ("ibis", &["Expr"], "it holds no data yet: use column.to_pyarrow(), or column.as_table()"),
    (
        "daft",
        &["Expression", "GroupedDataFrame"],
        "it holds no data: evaluate it in its frame first",
    ),
    ("datafusion", &["Expr"], "it holds no data: select it from its frame first"),
    (
        "duckdb",
        &["DuckDBPyConnection"],
        "it is a connection: give a relation, as in connection.sql(query)",
    ),
    ("duckdb", &["Expression"], "it holds no data: select it from its relation first"),
    ("fastexcel", &["ExcelReader"], "it is a workbook: load one sheet, with reader.load_sheet(0)"),
    (
        "scipy",
        &["_spbase", "spmatrix", "sparray"],
        "its zeros are not stored: use matrix.toarray(), or \
        matrix.data for the stored values alone",
    ),
    ("xarray", &["DataArray", "Variable"], "use array.values"),
    ("xarray", &["Dataset"], "it has arrays of several shapes: select one, and use its .values"),
];

const GROUPS_OF_A_FRAME: &str = "it holds no data: aggregate it first, or ask about groups of the \
     frame, with colstats.moments(frame, by=...)";

/// Classes that have a door which is known to fail, and another way to their data.
const FAILING: &[(&str, &[&str], &str)] = &[
    (
        "geopandas",
        &["GeoDataFrame"],
        "pandas does not export geometry: use frame.to_arrow(index=False)",
    ),
    ("geopandas", &["GeoSeries"], "pandas does not export geometry: use series.to_arrow()"),
    ("datafusion", &["RecordBatch"], "if it does not export itself, use batch.to_pyarrow()"),
];

/// Methods by which an object gives its data, if it has no door: cursors of databases.
const METHODS: &[(&str, &str)] = &[
    (
        "to_arrow_reader",
        "it is a connection or cursor: ask for its result as Arrow, with .to_arrow_reader()",
    ),
    ("fetch_arrow", "it is a cursor: ask for its result as Arrow, with .fetch_arrow()"),
    (
        "fetch_record_batch",
        "it is a cursor: ask for its result as Arrow, with .fetch_record_batch()",
    ),
    ("fetch_arrow_table", "it is a cursor: ask for its result as Arrow, with .fetch_arrow_table()"),
    (
        "fetchall",
        "it is a cursor, whose rows are tuples: give one value of each, as in \
         (row[0] for row in cursor)",
    ),
    ("readline", READ_FILES),
    ("__fspath__", READ_FILES),
];

const READ_FILES: &str = "text, paths and files hold no data: read the file first, e.g. with \
     pyarrow.parquet.read_table, or describe it on the command line: python -m colstats FILE";

/// The refusal of an object that is known not to hold data; `None` if it may hold some.
pub fn refusal(object: &Bound<'_, PyAny>) -> Option<PyErr> {
    if let Ok(class) = object.cast::<PyType>() {
        let name = class.fully_qualified_name().map(|name| name.to_string()).unwrap_or_default();
        let message = format!("cannot read the class {name}: an instance is needed");
        return Some(PyTypeError::new_err(message));
    }
    let advice = known_class(object).or_else(|| known_behaviour(object))?;
    Some(refused(object, advice))
}

/// The refusal of an object of which nothing is known.
pub fn unknown(object: &Bound<'_, PyAny>) -> PyErr {
    refused(
        object,
        "expected Arrow data (an object with __arrow_c_array__ or __arrow_c_stream__, as pyarrow, \
         polars, pandas and duckdb have), a NumPy array or another buffer, or a list of numbers",
    )
}

fn refused(object: &Bound<'_, PyAny>, advice: &str) -> PyErr {
    PyTypeError::new_err(format!("cannot read {}: {advice}", type_name(object)))
}

/// Which of some names has a class that the object is an instance of. The classes are those of a
/// package, which need not have been imported.
pub fn class_in_mro(
    object: &Bound<'_, PyAny>,
    package: &str,
    names: &[&'static str],
) -> Option<&'static str> {
    object.get_type().mro().iter().find_map(|class| {
        let class = class.cast_into::<PyType>().ok()?;
        let (module, name) = (class.module().ok()?.to_string(), class.name().ok()?.to_string());
        // What is written in C may have an underscore in front.
        let root = module.split('.').next()?.trim_start_matches('_');
        if root != package {
            return None;
        }
        names.iter().find(|known| **known == name).copied()
    })
}

fn known_class(object: &Bound<'_, PyAny>) -> Option<&'static str> {
    advice_by_class(CLASSES, object)
}

fn advice_by_class(
    classes: &[(&str, &[&'static str], &'static str)],
    object: &Bound<'_, PyAny>,
) -> Option<&'static str> {
    let is_one = |package, names| class_in_mro(object, package, names).is_some();
    let known = classes.iter().find(|(package, names, _)| is_one(package, names));
    known.map(|(_, _, advice)| *advice)
}

fn known_behaviour(object: &Bound<'_, PyAny>) -> Option<&'static str> {
    if object.is_none() {
        Some("None holds no data")
    } else if object.is_instance_of::<PyString>() {
        Some(READ_FILES)
    } else if object.is_instance_of::<PyModule>() {
        Some("it is a module: give what one of its functions returns")
    } else if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        Some("a set holds no value twice: collect the values into a list instead")
    } else if object.hasattr("__float__").unwrap_or(false) || object.is_instance_of::<PyComplex>() {
        Some("it is a single value, not a column")
    } else {
        let has = |name: &str| object.get_type().hasattr(name).unwrap_or(false);
        METHODS.iter().find(|(name, _)| has(name)).map(|(_, advice)| *advice)
    }
}

/// The exception of a producer, which stays its own. It gets a note if there is another way.
pub fn annotated(object: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    if let Some(advice) = advice_by_class(FAILING, object) {
        // A note is a help; without one the exception is raised all the same.
        let _ = error.value(object.py()).call_method1("add_note", (advice,));
    }
    error
}

/// The refusal of an item of a list, or of another iterable, that is no number.
pub fn refuse_item(sequence: &Bound<'_, PyAny>, item: &Bound<'_, PyAny>, index: usize) -> PyErr {
    PyTypeError::new_err(format!(
        "cannot read {} at index {index} of a {}: expected numbers or None; {}",
        type_name(item),
        type_name(sequence),
        advice_on_item(item)
    ))
}

fn advice_on_item(item: &Bound<'_, PyAny>) -> &'static str {
    if item.is_instance_of::<PyDict>() || item.cast::<PyMapping>().is_ok() {
        "rows as dicts become a table with pyarrow.Table.from_pylist(list_of_rows)"
    } else if item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() {
        "for rows of equal length use numpy.array(list_of_rows), which is read as a table; \
         for one column give one value of each, as in (row[0] for row in rows)"
    } else if item.is_instance_of::<PyBytes>() || item.is_instance_of::<PyByteArray>() {
        "to count bytes, build a pyarrow.array() of them"
    } else if item.is_instance_of::<PyString>() {
        "text that stands for numbers must be converted, as in [float(text) for text in values]; \
         to count it, build a pyarrow.array()"
    } else if items::is_data(item) {
        "a list holds numbers, or arrays that are the chunks of one column, but not both"
    } else {
        "for times, decimals and other types build a pyarrow.array(), or a polars.Series"
    }
}

/// The name of an object's type, with an article.
pub fn with_article(object: &Bound<'_, PyAny>) -> String {
    let name = type_name(object);
    match name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => format!("an {name}"),
        false => format!("a {name}"),
    }
}
