//! The door `__arrow_c_stream__`: a capsule with a stream of arrays of one type.
//!
//! The producer may do real work in each step, or call back into Python from any thread, so the GIL
//! is released while it runs, and no lock of ours is held. Between two arrays we poll for signals
//! from time to time, so that Ctrl-C ends a long stream.

use std::ffi::{CStr, c_char, c_int};
use std::time::{Duration, Instant};

use pyo3::exceptions::{
    PyException, PyKeyboardInterrupt, PyMemoryError, PyNotImplementedError, PyOSError, PyValueError,
};
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::SmallVec;

use super::abi::{ArrowArray, ArrowArrayStream, ArrowSchema, Releasable};
use super::capsule::{Builder, added, move_out};
use super::schema::{self, Field};
use crate::input::cpu::{CPU, expect_cpu};
use crate::input::data::Input;
use crate::input::hints::{self, class_in_mro};
use crate::input::malformed::Malformed;
use crate::names::type_name;

const STREAM: &CStr = c"arrow_array_stream";
const INVALID: c_int = 22; // EINVAL on every platform that Python runs on
const NO_MEMORY: c_int = 12; // ENOMEM
/// How many values of a stream are held at a time; more only if a single array has more. 32 MiB of
/// doubles: large enough that all threads have work, small enough to bound the memory of a stream.
const BATCH_VALUES: usize = 1 << 22;
/// What an array counts for at least, in values: its structures take about as much memory.
const MIN_ARRAY_VALUES: usize = 1 << 6;
/// How often to poll for signals.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The stream of an object, of which nothing has been read.
pub fn open<'py>(object: &Bound<'py, PyAny>) -> PyResult<Batches<'py>> {
    let exported = object.call_method0(intern!(object.py(), "__arrow_c_stream__"));
    let capsule = exported.map_err(|error| hints::annotated(object, error))?;
    let stream = move_out(object, "__arrow_c_stream__", &capsule, STREAM)?;
    Ok(Batches::new(object, stream))
}

/// All of an object that refused to export its data as one array, which has several chunks: an array
/// of nanoarrow offers both forms whatever it has. If it cannot be read as a stream either, the error
/// is that of the first refusal.
pub fn open_instead(object: &Bound<'_, PyAny>, refusal: PyErr) -> PyResult<Input> {
    let py = object.py();
    let is_about_form = refusal.is_instance_of::<PyValueError>(py)
        || refusal.is_instance_of::<PyNotImplementedError>(py);
    let has_stream = || object.get_type().hasattr(intern!(py, "__arrow_c_stream__"));
    if !is_about_form || !has_stream()? {
        return Err(hints::annotated(object, refusal));
    }
    match open(object).and_then(Batches::read_all) {
        Err(error) if error.is_instance_of::<PyException>(py) => Err(refusal),
        read => read,
    }
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

/// A stream that is read batch by batch: arrays of up to [`BATCH_VALUES`] values together. There is
/// always a first batch, if only an empty one, so that its type is known.
pub struct Batches<'py, S = ArrowArrayStream> {
    object: Bound<'py, PyAny>,
    stream: S,
    /// The type of the stream, once it has been read.
    field: Option<Field>,
    /// Read, but not handed out yet.
    ahead: Option<ArrowArray>,
    /// How many rows were handed out.
    rows: usize,
    is_empty: bool,
    is_over: bool,
}

impl<'py, S: Stream> Batches<'py, S> {
    pub fn new(object: &Bound<'py, PyAny>, stream: S) -> Self {
        let (object, field, ahead) = (object.clone(), None, None);
        Self { object, stream, field, ahead, rows: 0, is_empty: true, is_over: false }
    }

    /// Whether the stream is at its end, or has failed.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// All that is left, in one batch.
    pub fn read_all(mut self) -> PyResult<Input> {
        self.read(usize::MAX)
    }

    /// The next batch. To be called until the stream is over.
    pub fn read_batch(&mut self) -> PyResult<Input> {
        let batch = self.read(BATCH_VALUES);
        self.is_over |= batch.is_err();
        batch
    }

    /// Reads arrays until they have as many values as the limit, or the stream is over.
    fn read(&mut self, limit: usize) -> PyResult<Input> {
        let object = self.object.clone();
        let py = object.py();
        let mut run = Run { limit, ..Run::default() };
        run.take(self.ahead.take());
        let stream = &mut self.stream;
        // We attach to the interpreter as rarely as Ctrl-C allows: it costs as much as reading a
        // short array.
        let field = match self.field.take() {
            Some(field) => {
                py.detach(|| run.read(stream));
                field
            }
            None => {
                let mut schema = ArrowSchema::released();
                let status = py.detach(|| {
                    let status = stream.get_schema(&mut schema);
                    if status == Some(0) {
                        run.read(stream);
                    }
                    status
                });
                check(&object, stream, status, "get_schema")?;
                schema::parse(&schema).map_err(|malformed| malformed.of(&object))?
            }
        };
        let mut builder = Builder::new(&field);
        loop {
            for array in run.arrays.drain(..) {
                builder.push(array, &field).map_err(|malformed| malformed.of(&object))?;
                self.is_empty = false;
            }
            if let Some(status) = run.end {
                check(&object, stream, status, "get_next")?;
                expect_cpu(&object, stream.device())?;
                self.is_over = true;
                break;
            }
            py.check_signals()?;
            if run.ahead.is_some() {
                break;
            }
            py.detach(|| run.read(stream));
        }
        (self.ahead, self.field) = (run.ahead, Some(field));
        let rows = added(self.rows, builder.rows());
        self.rows = rows.map_err(|malformed| malformed.of(&object))?;
        if self.is_over && self.is_empty {
            refuse_consumed_reader(&object)?;
        }
        Ok(builder.finish())
    }
}

impl<S: Stream> Iterator for Batches<'_, S> {
    type Item = PyResult<Input>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.is_over).then(|| self.read_batch())
    }
}

/// Arrays that were read while detached from the interpreter.
#[derive(Default)]
struct Run {
    arrays: SmallVec<[ArrowArray; 1]>,
    values: usize,
    /// How many values to read at most, but for those of the last array.
    limit: usize,
    /// The first array beyond the limit: there is one only if the stream is not over.
    ahead: Option<ArrowArray>,
    /// The status that ended the stream.
    end: Option<Option<c_int>>,
}

impl Run {
    /// Reads until the end, the limit, or the time to poll for signals.
    fn read<S: Stream>(&mut self, stream: &mut S) {
        let mut start = None;
        while self.end.is_none() && self.ahead.is_none() {
            let mut array = ArrowArray::released();
            let status = stream.get_next(&mut array);
            if status != Some(0) || array.is_released() || stream.device() != CPU {
                self.end = Some(status);
                return;
            }
            self.take(Some(array));
            // Reading the clock costs as much as a short array: a stream of one array does not.
            if self.arrays.len() > 1
                && start.get_or_insert_with(Instant::now).elapsed() > POLL_INTERVAL
            {
                return;
            }
        }
    }

    fn take(&mut self, array: Option<ArrowArray>) {
        let Some(array) = array else {
            return;
        };
        if self.values >= self.limit {
            self.ahead = Some(array);
            return;
        }
        // These numbers are the producer's, and not checked yet.
        let columns = array.n_children.max(1) as usize;
        let rows = usize::try_from(array.length).unwrap_or(0).max(MIN_ARRAY_VALUES);
        let values = rows.saturating_mul(columns);
        self.values = self.values.saturating_add(values);
        self.arrays.push(array);
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
    // Readers of pyarrow pass exceptions on as text only.
    if reason.trim_end().ends_with("KeyboardInterrupt") {
        return Err(PyKeyboardInterrupt::new_err(()));
    }
    let message = format!("the stream of {} failed: {reason}", type_name(object));
    Err(match code {
        INVALID => PyValueError::new_err(message),
        NO_MEMORY => PyMemoryError::new_err(message),
        code => PyOSError::new_err((code, message)),
    })
}

/// A reader of pyarrow that has been read already exports an empty stream without an error. Its
/// class may be derived from `RecordBatchReader`, as that of `pyarrow.ipc.open_stream` is.
fn refuse_consumed_reader(object: &Bound<'_, PyAny>) -> PyResult<()> {
    if class_in_mro(object, "pyarrow", &["RecordBatchReader"]).is_none() {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "this {} holds no batches: it was read already, or had none from the start; \
         read it once into a table with reader.read_all(), and ask the table",
        type_name(object)
    )))
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
