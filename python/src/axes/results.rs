//! Answers as a NumPy array.
//!
//! The type of an array follows from that of the values: counts are int64; means, variances and
//! deviations of numbers float64; minima and maxima, and sums of floats and durations, have the type
//! that they have for columns. Sums of integers are int64, or uint64 for unsigned ones, as in NumPy;
//! if one of them does not fit, all are Python integers in an array of objects, for they are exact.
//!
//! Where a cell has no answer, a masked array is masked, and other arrays have NaN or NaT. Integers
//! have neither, so that is an error.

use arrow_buffer::ToByteSlice;
use arrow_schema::{DataType, TimeUnit};
use colstats::internals::answers::collected::Answers;
use colstats::internals::types::{Family, family};
use colstats::{Answer, Statistic};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict, PyList, PyTuple};

use crate::names::type_name;
use crate::output::integer;

/// The array of the answers about values of a type.
pub fn array<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    of: &DataType,
    result: &DataType,
    answers: &Answers,
    shape: Vec<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let numpy = &data.py().import(intern!(data.py(), "numpy"))?;
    let is_masked = is_masked(numpy, data)?;
    let has_no_null = is_time(result) || result.is_floating();
    if !is_masked && !has_no_null {
        expect_answers(data, statistic, answers, &shape)?;
    }
    let flat = match result {
        result if result.is_floating() => floats(numpy, result, answers),
        result if is_time(result) => times(numpy, data, statistic, result, answers),
        _ => integers(numpy, of, result, answers),
    }?;
    let shape = PyTuple::new(data.py(), shape)?;
    let array = flat.call_method1(intern!(data.py(), "reshape"), (&shape,))?;
    match is_masked {
        true => masked(numpy, &array, &shape, answers),
        false => Ok(array),
    }
}

/// Whether an array may hide some of its values.
fn is_masked(numpy: &Bound<'_, PyModule>, data: &Bound<'_, PyAny>) -> PyResult<bool> {
    data.is_instance(&numpy.getattr("ma")?.getattr("MaskedArray")?)
}

fn masked<'py>(
    numpy: &Bound<'py, PyModule>,
    array: &Bound<'py, PyAny>,
    shape: &Bound<'py, PyTuple>,
    answers: &Answers,
) -> PyResult<Bound<'py, PyAny>> {
    let is_null = answers.iter().map(|answer| u8::from(answer == Answer::Null));
    let mask = from_bytes(numpy, &is_null.collect::<Vec<_>>(), "bool")?;
    let options = PyDict::new(numpy.py());
    options.set_item("mask", mask.call_method1("reshape", (shape,))?)?;
    numpy.getattr("ma")?.call_method("array", (array,), Some(&options))
}

/// Refuses a cell without an answer, where there is no value to stand for it.
fn expect_answers(
    data: &Bound<'_, PyAny>,
    statistic: Statistic,
    answers: &Answers,
    shape: &[usize],
) -> PyResult<()> {
    let Some(cell) = answers.iter().position(|answer| answer == Answer::Null) else {
        return Ok(());
    };
    let (mut rest, mut index) = (cell, vec![0; shape.len()]);
    for (place, &length) in index.iter_mut().zip(shape).rev() {
        (*place, rest) = (rest % length, rest / length);
    }
    Err(PyValueError::new_err(format!(
        "{}: the {} at {index:?} has too few values, and no integer can stand for that: lower \
         min_count=, or give a numpy.ma.MaskedArray, whose results are masked",
        type_name(data),
        statistic.name(),
    )))
}

fn floats<'py>(
    numpy: &Bound<'py, PyModule>,
    result: &DataType,
    answers: &Answers,
) -> PyResult<Bound<'py, PyAny>> {
    let floats = match answers.as_floats() {
        Some((values, _)) => from_bytes(numpy, values.to_byte_slice(), "float64"),
        None => {
            let values = answers.iter().map(|answer| answer.as_f64().unwrap_or(f64::NAN));
            from_bytes(numpy, values.collect::<Vec<_>>().to_byte_slice(), "float64")
        }
    }?;
    // A minimum is one of the values, which are of this type: nothing is rounded.
    match result {
        DataType::Float64 => Ok(floats),
        DataType::Float32 => floats.call_method1("astype", ("float32",)),
        _ => floats.call_method1("astype", ("float16",)),
    }
}

fn is_time(result: &DataType) -> bool {
    matches!(result, DataType::Date32 | DataType::Timestamp(..) | DataType::Duration(_))
}

fn times<'py>(
    numpy: &Bound<'py, PyModule>,
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    result: &DataType,
    answers: &Answers,
) -> PyResult<Bound<'py, PyAny>> {
    const NOT_A_TIME: i64 = i64::MIN;
    let ticks = answers.iter().map(|answer| match answer.as_i128() {
        None => Ok(NOT_A_TIME),
        Some(ticks) => i64::try_from(ticks).ok().filter(|&ticks| ticks != NOT_A_TIME).ok_or(()),
    });
    let ticks = ticks.collect::<Result<Vec<_>, ()>>().map_err(|()| {
        PyValueError::new_err(format!(
            "{}: the {} does not fit the 64 bits of a {}",
            type_name(data),
            statistic.name(),
            dtype(result)
        ))
    })?;
    from_bytes(
        numpy,
        ticks.iter().flat_map(|ticks| ticks.to_ne_bytes()).collect::<Vec<_>>().as_slice(),
        &dtype(result),
    )
}

fn dtype(result: &DataType) -> String {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    match result {
        DataType::Timestamp(ticks, _) => format!("datetime64[{}]", unit(ticks)),
        DataType::Duration(ticks) => format!("timedelta64[{}]", unit(ticks)),
        _ => "datetime64[D]".into(),
    }
}

/// Counts, sums, minima and maxima of integers and bools.
fn integers<'py>(
    numpy: &Bound<'py, PyModule>,
    of: &DataType,
    result: &DataType,
    answers: &Answers,
) -> PyResult<Bound<'py, PyAny>> {
    let values = || answers.iter().map(|answer| answer.as_i128().unwrap_or(0));
    let signed = values().map(|value| i64::try_from(value).map(i64::to_ne_bytes));
    let unsigned = values().map(|value| u64::try_from(value).map(u64::to_ne_bytes));
    let exact = match of.is_unsigned_integer() && *result != DataType::Int64 {
        true => (unsigned.collect::<Result<Vec<_>, _>>(), "uint64"),
        false => (signed.collect::<Result<Vec<_>, _>>(), "int64"),
    };
    let (Ok(bytes), name) = exact else {
        return objects(numpy, values());
    };
    let array = from_bytes(numpy, bytes.as_flattened(), name)?;
    let narrow = match result {
        DataType::Boolean => "bool",
        DataType::Int8 => "int8",
        DataType::Int16 => "int16",
        DataType::Int32 => "int32",
        DataType::UInt8 => "uint8",
        DataType::UInt16 => "uint16",
        DataType::UInt32 => "uint32",
        _ => return Ok(array),
    };
    debug_assert!(matches!(family(of), Family::Integer | Family::Boolean));
    array.call_method1("astype", (narrow,))
}

/// Python integers of any size.
fn objects<'py>(
    numpy: &Bound<'py, PyModule>,
    values: impl Iterator<Item = i128>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = numpy.py();
    let values = values.map(|value| integer(py, value)).collect::<PyResult<Vec<_>>>()?;
    numpy.call_method1("array", (PyList::new(py, values)?, "object"))
}

/// A new array of one dimension, of numbers as they are in memory.
fn from_bytes<'py>(
    numpy: &Bound<'py, PyModule>,
    bytes: &[u8],
    dtype: &str,
) -> PyResult<Bound<'py, PyAny>> {
    match bytes.is_empty() {
        true => numpy.call_method1("empty", (0, dtype)),
        false => numpy.call_method1("frombuffer", (PyByteArray::new(numpy.py(), bytes), dtype)),
    }
}

/// The error of NumPy for an axis that an array does not have: a ValueError and an IndexError.
pub fn axis_error(py: Python<'_>, axis: isize, dimensions: usize) -> PyErr {
    let class = || {
        let numpy = py.import("numpy")?;
        numpy.getattr("exceptions").unwrap_or(numpy.into_any()).getattr("AxisError")
    };
    match class().and_then(|class| class.call1((axis, dimensions))) {
        Ok(error) => PyErr::from_value(error),
        Err(_) => PyIndexError::new_err(format!(
            "axis {axis} is out of bounds for array of dimension {dimensions}"
        )),
    }
}
