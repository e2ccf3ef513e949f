//! Objects with the Arrow C interfaces, made of any bytes, through the doors of the Python module: each
//! is answered or refused with an exception, nothing panics, and all is released once.
//!
//! An interpreter runs in the attack's own process. What is told honestly must be counted right.
//! A [`source`] of bytes makes [`types`] and [`arrays`], in the [`structures`] of the interfaces.

mod arrays;
mod source;
mod structures;
mod types;

use std::ffi::{CStr, CString, c_int, c_void};
use std::sync::{Once, OnceLock};

use arbitrary::{Result, Unstructured};
use colstats_python::_native;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt};
use pyo3::ffi::{PyCapsule_GetPointer, PyCapsule_New, PyObject};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use self::source::Source;
use self::structures::{DeviceArray, Owned, Step, Stream, Structure, alive};
use self::types::Type;

/// Objects that hand out the capsules they were made with, and what is asked of them: each is answered
/// or raises.
const PYTHON: &CStr = c"
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

import _native as cs

def column(c):
    return len(c), c.stddev(), c.null_count, c.min(), repr(c)

def table(t):
    return t.shape, t.mean(), t.count(), repr(t)

calls = [
    cs.count,
    cs.mean,
    lambda x: cs.stddev(x, skip_nans=True),
    lambda x: cs.variance(x, ddof=1, threads=2),
    cs.sum,
    cs.min,
    lambda x: cs.max(x, min_count=2),
    lambda x: column(cs.Column(x)),
    lambda x: table(cs.Table(x)),
    cs.moments,
    lambda x: cs.moments(x).to_bytes(),
    lambda x: len(cs.moments(x, by=0)),
    lambda x: repr(cs.moments(x, by=[0, 1])),
]
";

/// The one whose answer is known.
const COUNT: usize = 0;

/// Panics if a promise is broken.
pub fn attack(bytes: &[u8]) {
    static START: Once = Once::new();
    START.call_once(|| {
        pyo3::append_to_inittab!(_native);
        Python::initialize();
    });
    let mut bytes = Unstructured::new(bytes);
    Python::attach(|py| {
        let before = alive();
        // What is not arbitrary any more ends the attack.
        let _ = attack_with(py, &mut bytes);
        assert_eq!(alive(), before, "structures are released");
    });
}

fn attack_with(py: Python<'_>, bytes: &mut Unstructured<'_>) -> Result<()> {
    let calls = python(py).getattr("calls").and_then(|calls| calls.extract::<Vec<Py<PyAny>>>());
    let calls = calls.expect("a list");
    let call = bytes.choose_index(calls.len())?;
    let lies = bytes.arbitrary()?;
    let door = bytes.int_in_range(0..=2u8)?;
    let mut source = Source { bytes, lies, lied: false };
    let of = source.root()?;
    let (producer, expected) = match door {
        0 => array(py, &mut source, &of)?,
        1 => device_array(py, &mut source, &of)?,
        _ => stream(py, &mut source, &of)?,
    };
    let is_honest = !source.lied;
    let answer = calls[call].bind(py).call1((producer,));
    if let Err(error) = &answer {
        // A panic is raised as well, but as no Exception that anybody catches.
        let is_interrupt = error.is_instance_of::<PyKeyboardInterrupt>(py);
        assert!(is_interrupt || error.is_instance_of::<PyException>(py), "{error}");
    }
    if is_honest && call == COUNT && !of.is_table() && of.is_counted() {
        let count = answer.expect("a good column is counted").extract::<usize>();
        assert_eq!(count.expect("a number"), expected);
    }
    Ok(())
}

fn array<'py>(
    py: Python<'py>,
    source: &mut Source<'_, '_>,
    of: &Type,
) -> Result<(Bound<'py, PyAny>, usize)> {
    let schema = source.schema(of)?;
    let (array, valid) = source.array(of, 0)?;
    let capsules = [capsule(py, schema, c"arrow_schema"), capsule(py, array, c"arrow_array")];
    Ok((produce(py, "Array", capsules), count(&valid)))
}

fn device_array<'py>(
    py: Python<'py>,
    source: &mut Source<'_, '_>,
    of: &Type,
) -> Result<(Bound<'py, PyAny>, usize)> {
    let schema = source.schema(of)?;
    let (mut array, valid) = source.array(of, 0)?;
    let mut device_type = 1;
    if source.lies {
        device_type = source.bytes.arbitrary()?;
        source.lied |= device_type != 1;
    }
    let device = DeviceArray {
        // SAFETY: moved out, and the place is marked as empty.
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
    Ok((produce(py, "DeviceArray", capsules), count(&valid)))
}

fn stream<'py>(
    py: Python<'py>,
    source: &mut Source<'_, '_>,
    of: &Type,
) -> Result<(Bound<'py, PyAny>, usize)> {
    let schema = Step { status: 0, gives: Some(source.schema(of)?) };
    let (mut arrays, mut expected) = (vec![], 0);
    for _ in 0..source.bytes.int_in_range(0..=4)? {
        let (array, valid) = source.array(of, 0)?;
        expected += count(&valid);
        arrays.push(Step { status: 0, gives: Some(array) });
    }
    let error = source.bytes.arbitrary::<Option<Vec<u8>>>()?;
    let error = error.map(|error| CString::new(error).unwrap_or_default());
    let mut stream = Owned::<Stream>::new(schema, arrays, error);
    if source.lies {
        misbehave(source, &mut stream)?;
    }
    let capsules = [capsule(py, stream, c"arrow_array_stream")];
    Ok((produce(py, "Stream", capsules), expected))
}

/// Lets one of the callbacks fail, or be missing.
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

fn count(valid: &[bool]) -> usize {
    valid.iter().filter(|valid| **valid).count()
}

/// A capsule that frees what is left in it.
fn capsule<'py, T: Structure>(
    py: Python<'py>,
    owned: Owned<T>,
    name: &'static CStr,
) -> Bound<'py, PyAny> {
    unsafe extern "C" fn destroy<T: Structure>(capsule: *mut PyObject) {
        // SAFETY: the capsule was made below, with a name and a pointer from a box.
        unsafe {
            let name = pyo3::ffi::PyCapsule_GetName(capsule);
            let place = PyCapsule_GetPointer(capsule, name).cast::<T>();
            drop(Owned(Box::from_raw(place)));
        }
    }
    let place = owned.into_raw().cast::<c_void>();
    // SAFETY: the place is on the heap, and is left to the capsule.
    unsafe { Bound::from_owned_ptr(py, PyCapsule_New(place, name.as_ptr(), Some(destroy::<T>))) }
}

fn produce<'py, const N: usize>(
    py: Python<'py>,
    class: &str,
    capsules: [Bound<'py, PyAny>; N],
) -> Bound<'py, PyAny> {
    let capsules = PyTuple::new(py, capsules).expect("a tuple");
    python(py).getattr(class).and_then(|class| class.call1(capsules)).expect("a producer")
}

fn python(py: Python<'_>) -> &Bound<'_, PyModule> {
    static MODULE: OnceLock<Py<PyModule>> = OnceLock::new();
    let module = MODULE.get_or_init(|| {
        let module = PyModule::from_code(py, PYTHON, c"attack.py", c"attack");
        module.expect("valid Python").unbind()
    });
    module.bind(py)
}
