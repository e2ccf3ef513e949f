//! The door `__arrow_c_stream__`: a capsule with a stream of arrays of one type.
//!
//! The producer may do real work in each step, or call back into Python from any thread, so the
//! interpreter is released while it runs, and no lock of ours is held. Between two arrays signals
//! are looked at from time to time, so that Ctrl-C ends a long stream.

use std::ffi::{CStr, c_char, c_int};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyMemoryError, PyOSError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::SmallVec;

use super::abi::{
    ArrowArray, ArrowArrayStream, ArrowDeviceArray, ArrowDeviceArrayStream, ArrowSchema, Releasable,
};
use super::capsule::{Builder, Sink, move_out};
use super::device::{CPU, expect_cpu};
use super::{Malformed, schema, type_name};
use crate::data::Input;

const STREAM: &CStr = c"arrow_array_stream";
const INVALID: c_int = 22; // EINVAL on every platform that Python runs on
const NO_MEMORY: c_int = 12; // ENOMEM
/// How long signals may wait.
const PATIENCE: Duration = Duration::from_millis(50);

pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    Ok(read::<Builder>(object)?.finish())
}

/// Fills a sink with the arrays that an object exports.
pub fn read<K: Sink>(object: &Bound<'_, PyAny>) -> PyResult<K> {
    let capsule = object.call_method0(intern!(object.py(), "__arrow_c_stream__"))?;
    let stream: ArrowArrayStream = move_out(object, "__arrow_c_stream__", &capsule, STREAM)?;
    fill(object, stream)
}

/// What the plain and the device stream have in common.
pub trait Stream: Send {
    /// Calls `get_schema`; `None` if there is no such callback.
    fn get_schema(&mut self, schema: &mut ArrowSchema) -> Option<c_int>;
    /// Calls `get_next`; a released array is the end.
    fn get_next(&mut self, array: &mut ArrowArray) -> Option<c_int>;
    /// On what kind of device the array lies that was read last.
    fn device(&self) -> i32;
    /// Calls `get_last_error`; NULL if it has nothing to say.
    fn get_last_error(&mut self) -> *const c_char;
}

/// Reads a stream to its end.
pub fn collect<S: Stream>(object: &Bound<'_, PyAny>, stream: S) -> PyResult<Input> {
    Ok(fill::<Builder>(object, stream)?.finish())
}

fn fill<K: Sink>(object: &Bound<'_, PyAny>, mut stream: impl Stream) -> PyResult<K> {
    let py = object.py();
    let mut schema = ArrowSchema::released();
    // The interpreter is handed back as rarely as Ctrl-C allows: it costs as much as a short array.
    let mut run = py.detach(|| match stream.get_schema(&mut schema) {
        Some(0) => Run::of(&mut stream),
        status => Run { arrays: SmallVec::new(), end: Some(("get_schema", status)) },
    });
    if let Some(("get_schema", status)) = run.end {
        check(object, &mut stream, status, "get_schema")?;
    }
    let field = schema::parse(&schema).map_err(|malformed| malformed.of(object))?;

    let mut sink = K::new(&field);
    let mut is_empty = true;
    loop {
        for array in run.arrays {
            sink.push(array, &field).map_err(|malformed| malformed.of(object))?;
            is_empty = false;
        }
        if let Some((callback, status)) = run.end {
            check(object, &mut stream, status, callback)?;
            expect_cpu(object, stream.device())?;
            break;
        }
        py.check_signals()?;
        run = py.detach(|| Run::of(&mut stream));
    }
    if is_empty {
        refuse_consumed_reader(object)?;
    }
    Ok(sink)
}

/// Arrays that were read without looking up.
struct Run {
    arrays: SmallVec<[ArrowArray; 1]>,
    /// The callback that ended the stream, and its status; none if it goes on.
    end: Option<(&'static str, Option<c_int>)>,
}

impl Run {
    /// Reads until the end, or until it is time to look at signals.
    fn of<S: Stream>(stream: &mut S) -> Self {
        let mut start = None;
        let mut arrays = SmallVec::new();
        loop {
            let mut array = ArrowArray::released();
            let status = stream.get_next(&mut array);
            if status != Some(0) || array.is_released() || stream.device() != CPU {
                return Self { arrays, end: Some(("get_next", status)) };
            }
            arrays.push(array);
            // Looking at the clock costs as much as a short array: a stream of one is spared it.
            if arrays.len() > 1 && start.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Self { arrays, end: None };
            }
        }
    }
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

impl Stream for ArrowArrayStream {
    fn get_schema(&mut self, schema: &mut ArrowSchema) -> Option<c_int> {
        // SAFETY: the stream is alive, and the schema is a place to write to.
        self.get_schema.map(|get_schema| unsafe { get_schema(self, schema) })
    }

    fn get_next(&mut self, array: &mut ArrowArray) -> Option<c_int> {
        // SAFETY: the stream is alive, and the array is a place to write to.
        self.get_next.map(|get_next| unsafe { get_next(self, array) })
    }

    fn device(&self) -> i32 {
        CPU
    }

    fn get_last_error(&mut self) -> *const c_char {
        // SAFETY: the stream is alive.
        self.get_last_error.map_or(std::ptr::null(), |get| unsafe { get(self) })
    }
}

/// A stream that tells of each array where it lies.
pub struct DeviceStream {
    pub stream: ArrowDeviceArrayStream,
    /// Where the last array lies.
    pub device: i32,
}

impl Stream for DeviceStream {
    fn get_schema(&mut self, schema: &mut ArrowSchema) -> Option<c_int> {
        let stream = &mut self.stream;
        // SAFETY: the stream is alive, and the schema is a place to write to.
        stream.get_schema.map(|get_schema| unsafe { get_schema(stream, schema) })
    }

    fn get_next(&mut self, array: &mut ArrowArray) -> Option<c_int> {
        let stream = &mut self.stream;
        let mut next = ArrowDeviceArray::released();
        // SAFETY: the stream is alive, and the array is a place to write to.
        let status = stream.get_next.map(|get_next| unsafe { get_next(stream, &mut next) });
        if !next.is_released() {
            self.device = next.device_type;
        }
        *array = next.array;
        status
    }

    fn device(&self) -> i32 {
        self.device
    }

    fn get_last_error(&mut self) -> *const c_char {
        let stream = &mut self.stream;
        // SAFETY: the stream is alive.
        stream.get_last_error.map_or(std::ptr::null(), |get| unsafe { get(stream) })
    }
}
