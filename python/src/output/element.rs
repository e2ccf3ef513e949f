//! An element of an Arrow array as a Python object, exactly.
//!
//! This covers the types of results and of the keys of groups, and dictionaries of them.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, downcast_dictionary_array};
use arrow_schema::{DataType, TimeUnit};
use colstats::internals::types;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyString};

use super::numbers::{decimal, integer};
use super::times::{date, date_of_milliseconds, duration, time, timestamp};

/// The element at an index: a bool, int, float, `Decimal`, `str` or `bytes`, a time as those of
/// statistics are (`datetime` or, in nanoseconds, `colstats.times`), or `None` for null.
///
/// # Errors
/// If Python's type cannot hold it, or the array is of another type.
pub fn element<'py>(
    py: Python<'py>,
    array: &dyn Array,
    index: usize,
) -> PyResult<Bound<'py, PyAny>> {
    if index >= array.len() {
        let len = array.len();
        return Err(PyIndexError::new_err(format!("no element {index}: there are {len}")));
    }
    if array.data_type() == &DataType::Null || array.is_null(index) {
        return Ok(py.None().into_bound(py));
    }
    macro_rules! value {
        ($type:ty) => {
            array.as_primitive::<$type>().value(index)
        };
    }
    let whole = |value: i128| integer(py, value);
    let real = |value: f64| Ok(PyFloat::new(py, value).into_any());
    let text = |value: &str| Ok(PyString::new(py, value).into_any());
    let bytes = |value: &[u8]| Ok(PyBytes::new(py, value).into_any());
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match array.data_type() {
        DataType::Boolean => {
            Ok(PyBool::new(py, array.as_boolean().value(index)).to_owned().into_any())
        }
        DataType::Int8 => whole(value!(Int8Type).into()),
        DataType::Int16 => whole(value!(Int16Type).into()),
        DataType::Int32 => whole(value!(Int32Type).into()),
        DataType::Int64 => whole(value!(Int64Type).into()),
        DataType::UInt8 => whole(value!(UInt8Type).into()),
        DataType::UInt16 => whole(value!(UInt16Type).into()),
        DataType::UInt32 => whole(value!(UInt32Type).into()),
        DataType::UInt64 => whole(value!(UInt64Type).into()),
        DataType::Float16 => real(value!(Float16Type).to_f64()),
        DataType::Float32 => real(value!(Float32Type).into()),
        DataType::Float64 => real(value!(Float64Type)),
        DataType::Decimal32(_, scale) => decimal(py, value!(Decimal32Type), *scale),
        DataType::Decimal64(_, scale) => decimal(py, value!(Decimal64Type), *scale),
        DataType::Decimal128(_, scale) => decimal(py, value!(Decimal128Type), *scale),
        DataType::Decimal256(_, scale) => decimal(py, value!(Decimal256Type), *scale),
        DataType::Date32 => date(py, value!(Date32Type).into()),
        DataType::Date64 => date_of_milliseconds(py, value!(Date64Type).into()),
        DataType::Time32(Second) => time(py, value!(Time32SecondType).into(), Second),
        DataType::Time32(_) => time(py, value!(Time32MillisecondType).into(), Millisecond),
        DataType::Time64(Nanosecond) => time(py, value!(Time64NanosecondType).into(), Nanosecond),
        DataType::Time64(_) => time(py, value!(Time64MicrosecondType).into(), Microsecond),
        DataType::Timestamp(unit, zone) => {
            let ticks = match unit {
                Second => value!(TimestampSecondType),
                Millisecond => value!(TimestampMillisecondType),
                Microsecond => value!(TimestampMicrosecondType),
                Nanosecond => value!(TimestampNanosecondType),
            };
            timestamp(py, ticks.into(), *unit, zone.as_deref())
        }
        DataType::Duration(unit) => {
            let ticks = match unit {
                Second => value!(DurationSecondType),
                Millisecond => value!(DurationMillisecondType),
                Microsecond => value!(DurationMicrosecondType),
                Nanosecond => value!(DurationNanosecondType),
            };
            duration(py, ticks.into(), *unit)
        }
        DataType::Utf8 => text(array.as_string::<i32>().value(index)),
        DataType::LargeUtf8 => text(array.as_string::<i64>().value(index)),
        DataType::Utf8View => text(array.as_string_view().value(index)),
        DataType::Binary => bytes(array.as_binary::<i32>().value(index)),
        DataType::LargeBinary => bytes(array.as_binary::<i64>().value(index)),
        DataType::BinaryView => bytes(array.as_binary_view().value(index)),
        DataType::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary().value(index)),
        DataType::Dictionary(..) => downcast_dictionary_array!(
            array => match array.key(index) {
                Some(key) => element(py, array.values(), key),
                None => Ok(py.None().into_bound(py)),
            },
            _ => Err(unknown(array.data_type()))
        ),
        other => Err(unknown(other)),
    }
}

fn unknown(data_type: &DataType) -> PyErr {
    let name = types::name(data_type);
    PyTypeError::new_err(format!("values of type {name} have no Python object here"))
}
