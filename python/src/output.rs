//! Results as Python objects: numbers and datetimes for a column, a record batch for a table.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, TimeUnit};
use colstats::internals::types::{Family, family, scale};
use colstats::{Answer, Limbs};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyCapsule, PyDict, PyFloat, PyInt};

/// A record batch of arro3 with an array for each column. Without columns it has one row.
pub fn record_batch<'py>(
    py: Python<'py>,
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
) -> PyResult<Bound<'py, PyAny>> {
    static RECORD_BATCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = RECORD_BATCH.import(py, "arro3.core", "RecordBatch")?;
    let batch = match fields.is_empty() {
        true => StructArray::new_empty_fields(1, None),
        false => {
            StructArray::try_new(Fields::from(fields.clone()), arrays, None).map_err(failed)?
        }
    };
    let schema = FFI_ArrowSchema::try_from(Schema::new(fields)).map_err(failed)?;
    export(py, class, schema, &batch)
}

/// The capsule of a stream of one record batch of arro3.
pub fn stream<'py>(
    batch: &Bound<'py, PyAny>,
    requested_schema: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    static TABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = TABLE.import(batch.py(), "arro3.core", "Table")?;
    let table = class.call_method1("from_batches", ([batch],))?;
    table.call_method1("__arrow_c_stream__", (requested_schema,))
}

/// An array of arro3.
pub fn array<'py>(py: Python<'py>, field: Field, array: &dyn Array) -> PyResult<Bound<'py, PyAny>> {
    static ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = ARRAY.import(py, "arro3.core", "Array")?;
    export(py, class, FFI_ArrowSchema::try_from(field).map_err(failed)?, array)
}

/// Makes an object of a class of arro3.
fn export<'py>(
    py: Python<'py>,
    class: &Bound<'py, PyAny>,
    schema: FFI_ArrowSchema,
    array: &dyn Array,
) -> PyResult<Bound<'py, PyAny>> {
    let array = FFI_ArrowArray::new(&array.to_data());
    let schema = PyCapsule::new_with_value(py, schema, c"arrow_schema")?;
    let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
    class.call_method1(intern!(py, "from_arrow_pycapsule"), (schema, array))
}

fn failed(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The number, bool or datetime for an answer, which has a result type, about a column of a type.
/// Temporal answers in nanoseconds must have been rounded to microseconds ([`colstats::internals::answers::statistic::Ticks`]),
/// the resolution of Python's datetimes.
pub fn to_python<'py>(
    py: Python<'py>,
    answer: Answer,
    of: &DataType,
    result: &DataType,
) -> PyResult<Bound<'py, PyAny>> {
    match (answer, result) {
        (Answer::Null, _) => Ok(py.None().into_bound(py)),
        (Answer::Float(value), _) => Ok(PyFloat::new(py, value).into_any()),
        (Answer::Integer(value), DataType::Boolean) => {
            Ok(PyBool::new(py, value != 0).to_owned().into_any())
        }
        (Answer::Integer(days), DataType::Date32) => date(py, days),
        (Answer::Integer(ms), DataType::Date64) => date(py, ms.div_euclid(86_400_000)),
        (Answer::Integer(ticks), DataType::Time32(unit) | DataType::Time64(unit)) => {
            time(py, microseconds(ticks, *unit))
        }
        (Answer::Integer(ticks), DataType::Timestamp(unit, zone)) => {
            timestamp(py, microseconds(ticks, *unit), zone.as_deref())
        }
        (Answer::Integer(ticks), DataType::Duration(unit)) => {
            timedelta(py, microseconds(ticks, *unit))
        }
        // Counts of decimals, and sums of integers, are integers.
        (Answer::Integer(value), decimal)
            if decimal.is_decimal() && family(of) == Family::Decimal =>
        {
            to_decimal(py, integer(py, value)?, scale(decimal))
        }
        (Answer::Integer(value), _) => integer(py, value),
        (Answer::Wide(limbs), decimal) => to_decimal(py, wide(py, limbs)?, scale(decimal)),
    }
}

/// A `decimal.Decimal` of any number of digits. Its constructor reads a text exactly, in any
/// context.
fn to_decimal<'py>(
    py: Python<'py>,
    units: Bound<'py, PyAny>,
    scale: i8,
) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let text = format!("{}E{}", units.str()?, -i32::from(scale));
    DECIMAL.import(py, "decimal", "Decimal")?.call1((text,))
}

fn wide(py: Python<'_>, limbs: Limbs) -> PyResult<Bound<'_, PyAny>> {
    let bytes = PyBytes::new(py, limbs.map(u64::to_le_bytes).as_flattened());
    let options = PyDict::new(py);
    options.set_item("signed", true)?;
    py.get_type::<PyInt>().call_method("from_bytes", (bytes, "little"), Some(&options))
}

fn integer(py: Python<'_>, value: i128) -> PyResult<Bound<'_, PyAny>> {
    match i64::try_from(value) {
        Ok(value) => Ok(PyInt::new(py, value).into_any()),
        Err(_) => Ok(value.into_pyobject(py)?.into_any()),
    }
}

fn microseconds(ticks: i128, unit: TimeUnit) -> i128 {
    match unit {
        // A sum of durations may be of any size; one that saturates is out of range in any case.
        TimeUnit::Second => ticks.saturating_mul(1_000_000),
        TimeUnit::Millisecond => ticks.saturating_mul(1_000),
        // Nanoseconds have been rounded to microseconds before.
        TimeUnit::Microsecond | TimeUnit::Nanosecond => ticks,
    }
}

/// A class of the module `datetime`.
fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "datetime"))?.getattr(name)
}

/// An overflow of Python's datetimes, as a `ValueError` with the way out: Arrow can hold the
/// result.
fn out_of_range(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<pyo3::exceptions::PyOverflowError>(py) {
        return error;
    }
    PyValueError::new_err(
        "the result is outside the years 1 to 9999 of Python's datetime; \
         compute it for a table: its results are Arrow timestamps",
    )
}

fn timedelta(py: Python<'_>, microseconds: i128) -> PyResult<Bound<'_, PyAny>> {
    let options = PyDict::new(py);
    options.set_item("microseconds", microseconds)?;
    class(py, "timedelta")?.call((), Some(&options)).map_err(|error| out_of_range(py, error))
}

fn date(py: Python<'_>, days: i128) -> PyResult<Bound<'_, PyAny>> {
    const EPOCH: i128 = 719_163; // 1970-01-01 as an ordinal
    let ordinal = days + EPOCH;
    let date = class(py, "date")?.call_method1("fromordinal", (ordinal,));
    date.map_err(|error| match error.is_instance_of::<PyValueError>(py) {
        true => out_of_range(py, pyo3::exceptions::PyOverflowError::new_err(())),
        false => out_of_range(py, error),
    })
}

fn time(py: Python<'_>, microseconds: i128) -> PyResult<Bound<'_, PyAny>> {
    // A time just before midnight may have been rounded up to it, which is no time of day.
    let ticks = microseconds.clamp(0, 86_400_000_000 - 1);
    let (seconds, micros) = (ticks / 1_000_000, ticks % 1_000_000);
    class(py, "time")?.call1((seconds / 3600, seconds / 60 % 60, seconds % 60, micros))
}

fn timestamp<'py>(
    py: Python<'py>,
    microseconds: i128,
    zone: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let overflow = |error| out_of_range(py, error);
    let epoch = class(py, "datetime")?.call1((1970, 1, 1))?;
    let moment = epoch.add(timedelta(py, microseconds)?).map_err(overflow)?;
    let Some(zone) = zone else {
        return Ok(moment);
    };
    let options = PyDict::new(py);
    options.set_item("tzinfo", class(py, "timezone")?.getattr("utc")?)?;
    let moment = moment.call_method("replace", (), Some(&options))?;
    moment.call_method1("astimezone", (time_zone(py, zone)?,)).map_err(overflow)
}

/// A zone of the database by name, or an offset such as `+02:00`.
fn time_zone<'py>(py: Python<'py>, zone: &str) -> PyResult<Bound<'py, PyAny>> {
    let offset = || -> Option<i128> {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let minutes = hours.parse::<i128>().ok()? * 60 + minutes.parse::<i128>().ok()?;
        match zone.as_bytes()[0] {
            b'+' => Some(minutes),
            b'-' => Some(-minutes),
            _ => None,
        }
    };
    if let Some(minutes) = offset() {
        return class(py, "timezone")?.call1((timedelta(py, minutes * 60_000_000)?,));
    }
    py.import("zoneinfo")?.getattr("ZoneInfo")?.call1((zone,))
}
