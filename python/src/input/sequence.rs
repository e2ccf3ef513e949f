//! The door for lists, tuples and ranges of numbers, and for iterables of them: the one door that
//! copies. A list of arrays, batches or tables has them as its chunks: see [`items`](super::items).
//!
//! A list has no type. It gets the first of bool, int64, uint64 and float64 that holds all its
//! values without loss. If there is none, the list is refused: with a rounded value, the exact
//! statistic would be that of other data.
//!
//! Another thread may change a list while it is read. The result is that of the list as it was at
//! one moment: floats are read in a critical section, and of other lists the references are copied
//! first.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, UInt64Array};
use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyRange, PyTuple};
use smallvec::smallvec;

use super::data::{Column, Input, Kind};
use super::{hints, items};
use crate::memory::expect_memory;
use crate::names::type_name;

/// One element of a sequence.
#[derive(Clone, Copy)]
enum Number {
    None,
    Bool(bool),
    Signed(i64),
    /// At least 2^63.
    Unsigned(u64),
    Float(f64),
}

pub fn is_sequence(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyList>()
        || object.is_instance_of::<PyTuple>()
        || object.is_instance_of::<PyRange>()
}

pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    // No Python code runs here, so the critical section is not suspended.
    let floats = with_critical_section(object, || floats(object))?;
    if let Some(floats) = floats {
        return Ok(column(Arc::new(Float64Array::from(floats))));
    }
    let snapshot = snapshot(object)?;
    match items::of_sequence(object, &snapshot)? {
        Some(items) => items.read_all(),
        None => Ok(column(to_array(object, &numbers(object, &snapshot)?)?)),
    }
}

/// The column of the numbers that an iterable yields, which is that of the list of them.
pub fn of_numbers<'py>(
    object: &Bound<'py, PyAny>,
    items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Input> {
    /// An iterator written in C may never run a line of Python that polls for signals, or lets other
    /// threads run. A thousandth of a second for most.
    const ITEMS_PER_POLL: usize = 1 << 14;
    let mut numbers = Vec::new();
    for (index, item) in items.enumerate() {
        if index % ITEMS_PER_POLL == 0 {
            object.py().check_signals()?;
            object.py().detach(|| ());
        }
        let number = number(object, &item?, index)?;
        if numbers.len() == numbers.capacity() {
            let more = numbers.capacity().max(64);
            numbers.try_reserve_exact(more).map_err(|_| no_room(object, index + more))?;
        }
        numbers.push(number);
    }
    Ok(column(to_array(object, &numbers)?))
}

fn column(array: ArrayRef) -> Input {
    let kind = Kind::Readable(array.data_type().clone());
    let chunks = smallvec![Chunk::from(array)];
    Input::Column(Column { name: String::new(), kind, chunks, text: None })
}

/// The fast path for most sequences: floats and nothing else.
fn floats(sequence: &Bound<'_, PyAny>) -> PyResult<Option<Vec<f64>>> {
    let mut floats = room(sequence)?;
    for item in sequence.try_iter()? {
        match item?.cast_exact::<PyFloat>() {
            Ok(float) => floats.push(float.value()),
            Err(_) => return Ok(None),
        }
    }
    Ok((!floats.is_empty()).then_some(floats))
}

fn numbers(sequence: &Bound<'_, PyAny>, items: &Bound<'_, PyAny>) -> PyResult<Vec<Number>> {
    let mut numbers = room(items)?;
    for (index, item) in items.try_iter()?.enumerate() {
        numbers.push(number(sequence, &item?, index)?);
    }
    Ok(numbers)
}

/// Room for all values of a sequence.
fn room<T>(sequence: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    let (length, mut room) = (sequence.len()?, Vec::new());
    room.try_reserve_exact(length).map_err(|_| no_room(sequence, length))?;
    Ok(room)
}

fn no_room(sequence: &Bound<'_, PyAny>, length: usize) -> PyErr {
    let name = type_name(sequence);
    PyMemoryError::new_err(format!("no memory to copy {length} values of a {name}"))
}

/// A list as it is now; tuples and ranges never change.
fn snapshot<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match object.cast_exact::<PyList>() {
        Ok(list) => Ok(list.as_sequence().to_tuple()?.into_any()),
        Err(_) => Ok(object.clone()),
    }
}

fn number(sequence: &Bound<'_, PyAny>, item: &Bound<'_, PyAny>, index: usize) -> PyResult<Number> {
    if let Ok(float) = item.cast::<PyFloat>() {
        return Ok(Number::Float(float.value()));
    }
    if item.is_none() {
        return Ok(Number::None);
    }
    if let Ok(bool) = item.cast::<PyBool>() {
        return Ok(Number::Bool(bool.is_true()));
    }
    if item.is_instance_of::<PyInt>() {
        return integer(sequence, item, index);
    }
    if let Some(plain) = plain(item)? {
        return number(sequence, &plain, index);
    }
    Err(hints::refuse_item(sequence, item, index))
}

/// The Python number of a NumPy scalar, or of an array of one.
fn plain<'py>(item: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = item.py();
    let is_one = || item.getattr(intern!(py, "size"))?.extract::<usize>();
    if !type_name(item).starts_with("numpy.") || !is_one().is_ok_and(|size| size == 1) {
        return Ok(None);
    }
    let plain = item.call_method0(intern!(py, "item"))?;
    let is_number = plain.is_instance_of::<PyFloat>() || plain.is_instance_of::<PyInt>();
    Ok(is_number.then_some(plain))
}

/// Whether an item is a number or a null rather than data of its own.
pub fn is_number(item: &Bound<'_, PyAny>) -> bool {
    let is_scalar = || {
        type_name(item).starts_with("numpy.")
            && item
                .getattr("ndim")
                .is_ok_and(|ndim| ndim.extract().is_ok_and(|ndim: usize| ndim == 0))
    };
    item.is_instance_of::<PyFloat>()
        || item.is_instance_of::<PyInt>()
        || item.is_none()
        || is_scalar()
}

fn integer(sequence: &Bound<'_, PyAny>, item: &Bound<'_, PyAny>, index: usize) -> PyResult<Number> {
    if let Ok(signed) = item.extract::<i64>() {
        return Ok(Number::Signed(signed));
    }
    item.extract::<u64>().map(Number::Unsigned).map_err(|_| {
        let name = type_name(sequence);
        PyValueError::new_err(format!("the integer at index {index} of a {name} exceeds 64 bits"))
    })
}

/// The array of the narrowest type that holds all numbers without loss.
fn to_array(sequence: &Bound<'_, PyAny>, numbers: &[Number]) -> PyResult<ArrayRef> {
    let has = |what: fn(&Number) -> bool| numbers.iter().any(what);
    let data_type = if has(|number| matches!(number, Number::Float(_))) {
        DataType::Float64
    } else if has(|number| matches!(number, Number::Unsigned(_))) {
        DataType::UInt64
    } else if has(|number| matches!(number, Number::Signed(_))) {
        DataType::Int64
    } else if has(|number| matches!(number, Number::Bool(_))) {
        DataType::Boolean
    } else {
        return Ok(Arc::new(NullArray::new(numbers.len())));
    };
    // As a Rust vector of options, and as Arrow buffers.
    let bytes = numbers.len().saturating_mul(size_of::<Option<f64>>() + size_of::<f64>() + 1);
    expect_memory(bytes, || format!("to convert {} values", numbers.len()))?;
    let array: Result<ArrayRef, usize> = match data_type {
        DataType::Float64 => collect(numbers, to_f64).map(|v| Arc::new(Float64Array::from(v)) as _),
        DataType::UInt64 => collect(numbers, to_u64).map(|v| Arc::new(UInt64Array::from(v)) as _),
        DataType::Int64 => collect(numbers, to_i64).map(|v| Arc::new(Int64Array::from(v)) as _),
        _ => collect(numbers, to_bool).map(|v| Arc::new(BooleanArray::from(v)) as _),
    };
    array.map_err(|index| {
        PyValueError::new_err(format!(
            "the integer at index {index} of a {} does not fit the {} of the other values: \
             give all values as int or all as float",
            type_name(sequence),
            colstats::internals::types::name(&data_type)
        ))
    })
}

/// Converts all numbers, or returns the index of the first that cannot be converted.
fn collect<T>(
    numbers: &[Number],
    convert: fn(Number) -> Option<T>,
) -> Result<Vec<Option<T>>, usize> {
    let mut converted = Vec::with_capacity(numbers.len());
    for (index, &number) in numbers.iter().enumerate() {
        converted.push(match number {
            Number::None => None,
            number => Some(convert(number).ok_or(index)?),
        });
    }
    Ok(converted)
}

fn to_bool(number: Number) -> Option<bool> {
    match number {
        Number::Bool(value) => Some(value),
        _ => None,
    }
}

fn to_i64(number: Number) -> Option<i64> {
    match number {
        Number::Bool(value) => Some(value.into()),
        Number::Signed(value) => Some(value),
        _ => None,
    }
}

fn to_u64(number: Number) -> Option<u64> {
    match number {
        Number::Unsigned(value) => Some(value),
        other => u64::try_from(to_i64(other)?).ok(),
    }
}

/// Integers that a double holds exactly.
fn to_f64(number: Number) -> Option<f64> {
    let exact = |integer: i128| (integer as f64 as i128 == integer).then_some(integer as f64);
    match number {
        Number::Float(value) => Some(value),
        Number::Unsigned(value) => exact(value.into()),
        other => exact(to_i64(other)?.into()),
    }
}
