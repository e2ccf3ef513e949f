//! Objects with the Arrow C interfaces, made of any bytes, enter the Python module by its doors: the
//! protocols by which a Python object hands over data. Each call is answered or refused with an
//! exception; nothing panics, and all memory is released once.
//!
//! Honest inputs must be answered, and counted right; where a type has no answer, the refusal must be
//! the one that [`calls`] names. The interpreter runs in the attack's own process. A [`source`] of bytes
//! makes [`types`] and [`arrays`], in the [`structures`] of the interfaces.

mod arrays;
mod calls;
mod source;
mod structures;
mod types;

use std::ffi::{CStr, CString, c_int, c_void};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use arbitrary::{Result, Unstructured};
use colstats_python::_native;
use pyo3::exceptions::{
    PyIndexError, PyKeyError, PyKeyboardInterrupt, PyMemoryError, PyOSError, PyTypeError,
    PyValueError,
};
use pyo3::ffi::{PyCapsule_GetPointer, PyCapsule_New, PyObject};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use self::arrays::Contents;
use self::calls::{CALLS, Call, Known};
use self::source::Source;
use self::structures::{DeviceArray, Owned, Step, Stream, Structure, alive};
use self::types::Type;

/// The Python package, whose summaries the attack asks for; its native module is the one built here.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../python");

/// Producers that hand out the capsules they were made with, and what the calls are written in.
///
/// The embedded interpreter has no packages, and results of `per=` are of a class of `arro3.core`. A
/// stand-in keeps the capsules of a result, which are read back by the same doors.
const PYTHON: &CStr = c"
import copy
import sys
import types

class Array:
    def __init__(self, *capsules):
        self.capsules = capsules
    def __arrow_c_array__(self, requested_schema=None):
        return self.capsules

class DeviceArray(Array):
    __arrow_c_array__ = None
    def __arrow_c_device_array__(self, requested_schema=None, **kwargs):
        return self.capsules

class Stream(Array):
    __arrow_c_array__ = None
    def __arrow_c_stream__(self, requested_schema=None):
        return self.capsules[0]

class Result(Array):
    @classmethod
    def from_arrow_pycapsule(cls, schema, array):
        return cls(schema, array)

core = types.ModuleType('arro3.core')
core.Array = Result
core.DataType = core.RecordBatch = core.Table = type
sys.modules['arro3'], sys.modules['arro3.core'] = types.ModuleType('arro3'), core

import _native
sys.modules['colstats._native'] = _native
import colstats as cs
from colstats import describe

def columns(data):
    if isinstance(data, cs.Rows):
        data = cs.Table(data)
    if isinstance(data, cs.Table):
        return [data[i] for i in range(data.num_columns)]
    return [cs.Column(data)]

def totals(counts, start=0):
    if isinstance(counts, int):
        return [counts]
    return [column.sum() or 0 for column in columns(counts)[start:]]

def halves(counts):
    return [count / 2 for count in counts]

def shown(result):
    if isinstance(result, cs.Rows):
        return [str(result), repr(result), result._repr_html_(), result.column_names, len(result)]
    return repr(result)

def rows_survive_pickle(rows):
    return not isinstance(rows, cs.Rows) or (copy.copy(rows) == rows and rows == rows)

def states(moments):
    if isinstance(moments, cs.Moments):
        return [moments]
    return [moments[i] for i in range(len(moments))]

def merged_twice(moments):
    return [state.count() for state in states(cs.merge(moments, moments))]

def updated(data):
    moments = cs.Moments()
    moments.update(data)
    return moments

def survives_bytes(moments):
    return all(cs.Moments.from_bytes(state.to_bytes()) == state for state in states(moments))

def survives_whole_bytes(states):
    return type(states).from_bytes(states.to_bytes()) == states

def survives_pickle(moments):
    return copy.copy(moments) == moments

def survives_arrow(moments):
    return type(moments)(Array(*moments.__arrow_c_array__())) == moments

def group_totals(groups):
    return totals(groups.count(), start=len(groups.by))

def group_rows(groups):
    names = range(len(groups.column_names))
    return [sum(len(groups.group(i)[j]) for i in range(len(groups))) for j in names]
";

/// What everything happens in: the functions above, and the calls.
struct Interpreter {
    module: Py<PyModule>,
    calls: Vec<Py<PyAny>>,
}

impl Interpreter {
    fn get(py: Python<'_>) -> &'static Self {
        static INTERPRETER: OnceLock<Interpreter> = OnceLock::new();
        INTERPRETER.get_or_init(|| Self::new(py).expect("valid Python"))
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        py.import("sys")?.getattr("path")?.call_method1("append", (PACKAGE,))?;
        let module = PyModule::from_code(py, PYTHON, c"attack.py", c"attack")?;
        let function = |call: &Call| {
            let code = CString::new(format!("lambda x: ({})", call.python))?;
            Ok(py.eval(&code, Some(&module.dict()), None)?.unbind())
        };
        let calls = CALLS.iter().map(function).collect::<PyResult<_>>()?;
        Ok(Self { module: module.unbind(), calls })
    }
}

/// Runs something with an interpreter, after which all structures must have been released; tests on
/// several threads take turns.
fn with_python<T>(run: impl FnOnce(Python<'_>) -> T) -> T {
    static START: Once = Once::new();
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    START.call_once(|| {
        pyo3::append_to_inittab!(_native);
        Python::initialize();
    });
    Python::attach(|py| {
        let before = alive();
        let result = run(py);
        assert_eq!(alive(), before, "structures are released");
        result
    })
}

/// Panics if a promise is broken.
pub fn attack(bytes: &[u8]) {
    with_python(|py| {
        // The attack ends where the bytes do.
        let _ = attack_with(py, &mut Unstructured::new(bytes), None);
    });
}

/// The same with each of the calls instead of the one that the bytes choose.
#[cfg(test)]
pub fn attack_with_every_call(bytes: &[u8]) {
    for call in 0..CALLS.len() {
        with_python(|py| {
            let _ = attack_with(py, &mut Unstructured::new(bytes), Some(call));
        });
    }
}

fn attack_with(py: Python<'_>, bytes: &mut Unstructured<'_>, call: Option<usize>) -> Result<()> {
    let chosen = bytes.choose_index(CALLS.len())?;
    let lies = bytes.arbitrary()?;
    let door = *bytes.choose(&DOORS)?;
    let mut source = Source { bytes, lies, lied: false };
    let of = source.root()?;
    let (producer, contents) = door(py, &mut source, &of)?;
    let contents = (!source.lied).then_some(&contents);
    check(py, call.unwrap_or(chosen), producer, &of, contents);
    Ok(())
}

/// Makes a producer, and what it holds if it is honest.
type Door =
    for<'py> fn(Python<'py>, &mut Source<'_, '_>, &Type) -> Result<(Bound<'py, PyAny>, Contents)>;

const DOORS: [Door; 3] = [array, device_array, stream];

/// Calls, and looks at the answer. Returns whether there is one.
fn check(
    py: Python<'_>,
    call: usize,
    producer: Bound<'_, PyAny>,
    of: &Type,
    honest: Option<&Contents>,
) -> bool {
    let answer = Interpreter::get(py).calls[call].bind(py).call1((producer,));
    let call = &CALLS[call];
    let what = || format!("{} of {of:?}, honest: {}", call.python, honest.is_some());
    let Some(contents) = honest else {
        if let Err(error) = &answer {
            assert!(is_refusal(py, error), "{error}: {}", what());
        }
        return answer.is_ok();
    };
    let refusals = call.refusals(of);
    match &answer {
        Ok(answer) => {
            assert!(refusals.must.is_empty(), "not refused by {:?}: {}", refusals.must, what());
            check_answer(answer, call.known, of, contents).unwrap_or_else(|error| {
                panic!("{error}: {}", what());
            });
        }
        Err(error) => {
            let class = error.get_type(py).name().expect("a class with a name").to_string();
            let mut reasons = refusals.must.iter().chain(&refusals.may);
            assert!(reasons.any(|reason| *reason == class), "{error}: {}", what());
        }
    }
    answer.is_ok()
}

/// Whether an exception is one that a caller expects. A panic is none, nor is a fault of the attack
/// itself, such as an attribute that does not exist.
fn is_refusal(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyTypeError>(py)
        || error.is_instance_of::<PyValueError>(py)
        || error.is_instance_of::<PyIndexError>(py)
        || error.is_instance_of::<PyKeyError>(py)
        || error.is_instance_of::<PyMemoryError>(py)
        || error.is_instance_of::<PyOSError>(py)
        || error.is_instance_of::<PyKeyboardInterrupt>(py)
}

/// Panics if the answer is not the one that is known.
fn check_answer(
    answer: &Bound<'_, PyAny>,
    known: Known,
    of: &Type,
    contents: &Contents,
) -> PyResult<()> {
    let columns = of.columns();
    let numbers = || answer.extract::<Vec<f64>>();
    // Of columns whose nulls are known.
    let expect = |from: usize, number: &dyn Fn(usize) -> usize| {
        let numbers = answer.extract::<Vec<Option<f64>>>()?;
        assert_eq!(numbers.len(), columns.len() - from, "as many numbers as columns");
        for (i, found) in (from..).zip(numbers) {
            if columns[i].is_counted() {
                assert_eq!(found, Some(number(i) as f64), "column {i} of {known:?} of {of:?}");
            }
        }
        PyResult::Ok(())
    };
    match known {
        Known::Nothing => {}
        Known::Rows => assert_eq!(numbers()?, [contents.rows as f64], "rows of {of:?}"),
        Known::RowsOfEach(from) => expect(from, &|_| contents.rows)?,
        Known::Columns => assert_eq!(numbers()?, [columns.len() as f64], "columns of {of:?}"),
        Known::Names => {
            let labels = columns.iter().map(Type::label).collect::<Vec<_>>();
            assert_eq!(answer.extract::<Vec<String>>()?, labels);
        }
        Known::Counts(from) => expect(from, &|i| contents.counts[i])?,
        Known::FirstCount if columns[0].is_counted() => {
            assert_eq!(numbers()?, [contents.counts[0] as f64], "count of {of:?}");
        }
        Known::FirstCount => {}
        Known::Nulls => expect(0, &|i| contents.rows - contents.counts[i])?,
        Known::TrueOfRows if contents.rows == 0 => {}
        Known::True | Known::TrueOfRows => {
            assert_eq!(answer.extract::<Vec<bool>>()?, [true], "{of:?}");
        }
    }
    Ok(())
}

fn array<'py>(
    py: Python<'py>,
    source: &mut Source<'_, '_>,
    of: &Type,
) -> Result<(Bound<'py, PyAny>, Contents)> {
    let schema = source.schema(of)?;
    let (array, contents) = source.root_array(of)?;
    let capsules = [capsule(py, schema, c"arrow_schema"), capsule(py, array, c"arrow_array")];
    Ok((produce(py, "Array", capsules), contents))
}

fn device_array<'py>(
    py: Python<'py>,
    source: &mut Source<'_, '_>,
    of: &Type,
) -> Result<(Bound<'py, PyAny>, Contents)> {
    let schema = source.schema(of)?;
    let (mut array, contents) = source.root_array(of)?;
    let mut device_type = 1;
    if source.lies {
        device_type = source.bytes.arbitrary()?;
        source.lied |= device_type != 1;
    }
    let device = DeviceArray {
        // SAFETY: moved out; the old place gives up its ownership below.
        array: unsafe { std::ptr::read(array.pointer()) },
        device_id: -1,
        device_type,
        sync_event: std::ptr::null_mut(),
        reserved: [0; 3],
    };
    *array.0.private_data() = std::ptr::null_mut();
    let device = Owned(Box::new(device));
    let capsules =
        [capsule(py, schema, c"arrow_schema"), capsule(py, device, c"arrow_device_array")];
    Ok((produce(py, "DeviceArray", capsules), contents))
}

fn stream<'py>(
    py: Python<'py>,
    source: &mut Source<'_, '_>,
    of: &Type,
) -> Result<(Bound<'py, PyAny>, Contents)> {
    let schema = Step { status: 0, gives: Some(source.schema(of)?) };
    let (mut arrays, mut contents) = (vec![], Contents::none(of));
    for _ in 0..source.bytes.int_in_range(0..=4)? {
        let (array, batch) = source.root_array(of)?;
        contents.append(&batch);
        arrays.push(Step { status: 0, gives: Some(array) });
    }
    let error = source.bytes.arbitrary::<Option<Vec<u8>>>()?;
    let error = error.map(|error| CString::new(error).unwrap_or_default());
    let mut stream = Owned::<Stream>::new(schema, arrays, error);
    if source.lies {
        misbehave(source, &mut stream)?;
    }
    let capsules = [capsule(py, stream, c"arrow_array_stream")];
    Ok((produce(py, "Stream", capsules), contents))
}

/// Makes one of the callbacks fail, or removes it.
fn misbehave(source: &mut Source<'_, '_>, stream: &mut Owned<Stream>) -> Result<()> {
    let which = source.bytes.int_in_range(0..=3usize)?;
    let status = source.bytes.arbitrary::<c_int>()?;
    source.lied = true;
    // SAFETY: the stream was just made.
    let owner = unsafe { structures::owner(stream.pointer()) };
    match source.bytes.int_in_range(0..=8u8)? {
        0 => owner.schema.status = status,
        1 => owner.schema.gives = None,
        2 => owner.schema = Step { status, gives: None },
        3 if which < owner.arrays.len() => owner.arrays[which].status = status,
        4 if which < owner.arrays.len() => owner.arrays[which] = Step { status, gives: None },
        5 => stream.0.get_schema = None,
        6 => stream.0.get_next = None,
        7 => stream.0.get_last_error = None,
        8 => stream.0.release = None,
        _ => {}
    }
    Ok(())
}

/// A capsule that frees its structure, unless a consumer has moved it out.
fn capsule<'py, T: Structure>(
    py: Python<'py>,
    owned: Owned<T>,
    name: &'static CStr,
) -> Bound<'py, PyAny> {
    unsafe extern "C" fn destroy<T: Structure>(capsule: *mut PyObject) {
        // SAFETY: the capsule was made below, with its name and a pointer from a box.
        unsafe {
            let name = pyo3::ffi::PyCapsule_GetName(capsule);
            let place = PyCapsule_GetPointer(capsule, name).cast::<T>();
            drop(Owned(Box::from_raw(place)));
        }
    }
    let place = owned.into_raw().cast::<c_void>();
    // SAFETY: the place is on the heap, and the capsule owns it from now on.
    unsafe { Bound::from_owned_ptr(py, PyCapsule_New(place, name.as_ptr(), Some(destroy::<T>))) }
}

fn produce<'py, const N: usize>(
    py: Python<'py>,
    class: &str,
    capsules: [Bound<'py, PyAny>; N],
) -> Bound<'py, PyAny> {
    let capsules = PyTuple::new(py, capsules).expect("a tuple");
    let module = Interpreter::get(py).module.bind(py);
    module.getattr(class).and_then(|class| class.call1(capsules)).expect("a producer")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise;

    /// A call that refuses everything attacks nothing. What must be answered is known by type; and each
    /// call must be answered for some type, behind each door.
    #[test]
    fn honest_inputs_are_answered() {
        let mut answered = vec![[0; DOORS.len()]; CALLS.len()];
        for (sample, of) in Type::samples().iter().enumerate() {
            for (d, door) in DOORS.iter().enumerate() {
                let bytes = noise((sample * DOORS.len() + d) as u64, 1 << 13);
                for (call, answered) in answered.iter_mut().enumerate() {
                    answered[d] += with_python(|py| {
                        let bytes = &mut Unstructured::new(&bytes);
                        let mut source = Source { bytes, lies: false, lied: false };
                        let (producer, contents) = door(py, &mut source, of).expect("enough bytes");
                        let honest = (!source.lied).then_some(&contents);
                        usize::from(check(py, call, producer, of, honest) && honest.is_some())
                    });
                }
            }
        }
        for (call, answered) in CALLS.iter().zip(answered) {
            assert!(
                !answered.contains(&0),
                "{} is answered for no type: {answered:?}",
                call.python
            );
        }
    }
}
