//! The door `__arrow_c_stream__`: a capsule with a stream of arrays of one type.
//!
//! The producer may do real work in each step, or call back into Python from any thread, so the
//! interpreter is released while it runs, and no lock of ours is held. Between two arrays signals
//! are looked at, so that Ctrl-C ends a long stream.

use std::ffi::{CStr, c_char, c_int};

use pyo3::exceptions::{PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;

use super::abi::{
    ArrowArray, ArrowArrayStream, ArrowDeviceArray, ArrowDeviceArrayStream, ArrowSchema, Releasable,
};
use super::capsule::{Builder, move_out};
use super::{Malformed, array, schema, type_name};
use crate::data::Input;

const STREAM: &CStr = c"arrow_array_stream";
const INVALID: c_int = 22; // EINVAL on every platform that Python runs on
const NO_MEMORY: c_int = 12; // ENOMEM

pub fn open(object: &Bound<'_, PyAny>, export: &Bound<'_, PyAny>) -> PyResult<Input> {
    let capsule = export.call0()?;
    let stream: ArrowArrayStream = move_out(object, "__arrow_c_stream__", &capsule, STREAM)?;
    collect(object, stream)
}

/// What the plain and the device stream have in common.
pub trait Stream: Releasable + Send {
    /// Calls `get_schema`; `None` if there is no such callback.
    fn get_schema(&mut self, schema: &mut ArrowSchema) -> Option<c_int>;
    /// Calls `get_next`; a released array is the end.
    fn get_next(&mut self, array: &mut ArrowArray) -> Option<c_int>;
    /// Calls `get_last_error`; NULL if it has nothing to say.
    fn get_last_error(&mut self) -> *const c_char;
}

/// Reads a stream to its end.
pub fn collect<S: Stream>(object: &Bound<'_, PyAny>, mut stream: S) -> PyResult<Input> {
    let mut schema = ArrowSchema::released();
    let status = object.py().detach(|| stream.get_schema(&mut schema));
    check(object, &mut stream, status, "get_schema")?;
    let field = schema::parse(&schema).map_err(|malformed| malformed.of(object))?;

    let mut input = Builder::new(&field);
    let mut arrays = 0;
    while let Some(array) = next(object, &mut stream)? {
        let import = array::import(array, &field).map_err(|malformed| malformed.of(object))?;
        input.push(import);
        arrays += 1;
        object.py().check_signals()?;
    }
    if arrays == 0 {
        refuse_consumed_reader(object)?;
    }
    Ok(input.finish())
}

/// The next array, or `None` at the end.
fn next<S: Stream>(object: &Bound<'_, PyAny>, stream: &mut S) -> PyResult<Option<ArrowArray>> {
    let mut array = ArrowArray::released();
    let status = object.py().detach(|| stream.get_next(&mut array));
    check(object, stream, status, "get_next")?;
    Ok((!array.is_released()).then_some(array))
}

/// Raises the error that a callback reported.
fn check<S: Stream>(
    object: &Bound<'_, PyAny>,
    stream: &mut S,
    status: Option<c_int>,
    callback: &str,
) -> PyResult<()> {
    let Some(code) = status else {
        let missing = format!("the stream has no {callback} callback");
        return Err(Malformed::new(missing).of(object));
    };
    if code == 0 {
        return Ok(());
    }
    if let Some(raised) = PyErr::take(object.py()) {
        return Err(raised); // the producer is written in Python and left its own exception
    }
    let reason = stream.get_last_error();
    let reason = if reason.is_null() {
        "it gave no reason".into()
    } else {
        // SAFETY: the interface promises a null-terminated string that lives until the next call.
        unsafe { CStr::from_ptr(reason) }.to_string_lossy().into_owned()
    };
    let message = format!("the stream of {} failed: {reason}", type_name(object));
    Err(match code {
        INVALID => PyValueError::new_err(message),
        NO_MEMORY => PyMemoryError::new_err(message),
        code => PyOSError::new_err((code, message)),
    })
}

/// A reader of pyarrow that was read before exports an empty stream and says nothing.
fn refuse_consumed_reader(object: &Bound<'_, PyAny>) -> PyResult<()> {
    match type_name(object).as_str() {
        name @ "pyarrow.lib.RecordBatchReader" => Err(PyValueError::new_err(format!(
            "this {name} holds no batches: it was read already, or had none from the start; \
             read it once into a table with reader.read_all(), and ask the table"
        ))),
        _ => Ok(()),
    }
}

/// Calls of the callbacks, which differ only in the type of the array.
macro_rules! stream {
    ($type:ident, $array:ident => $inner:expr) => {
        impl Stream for $type {
            fn get_schema(&mut self, schema: &mut ArrowSchema) -> Option<c_int> {
                // SAFETY: the stream is alive, and the schema is a place to write to.
                self.get_schema.map(|get_schema| unsafe { get_schema(self, schema) })
            }

            fn get_next(&mut self, place: &mut ArrowArray) -> Option<c_int> {
                let mut $array = Releasable::released();
                // SAFETY: the stream is alive, and the array is a place to write to.
                let status = self.get_next.map(|get_next| unsafe { get_next(self, &mut $array) });
                *place = $inner;
                status
            }

            fn get_last_error(&mut self) -> *const c_char {
                // SAFETY: the stream is alive.
                self.get_last_error.map_or(std::ptr::null(), |get| unsafe { get(self) })
            }
        }
    };
}

stream!(ArrowArrayStream, array => array);
stream!(ArrowDeviceArrayStream, device => {
    let ArrowDeviceArray { array, .. } = device;
    array
});
