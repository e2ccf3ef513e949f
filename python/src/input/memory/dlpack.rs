//! The door `__dlpack__`: tensors of one or two dimensions, on the CPU.
//!
//! A capsule holds a managed tensor. A consumer takes it out by renaming the capsule, so that the
//! capsule does not free it; our drop calls the deleter, once.

use std::ffi::{CStr, c_void};
use std::panic::AssertUnwindSafe;
use std::ptr::NonNull;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyCapsule, PyDict};
use pyo3::{ffi, intern};

use super::grid::Grid;
use super::strides::{Axis, Dimensions, Element, View, dense_strides};
use crate::input::cpu::expect_cpu;
use crate::input::data::Input;
use crate::input::malformed::unexpected_result;
use crate::names::type_name;

const LEGACY: (&CStr, &CStr) = (c"dltensor", c"used_dltensor");
const VERSIONED: (&CStr, &CStr) = (c"dltensor_versioned", c"used_dltensor_versioned");
/// The newest major version of the layout that is supported.
const MAJOR: u32 = 1;

/// A tensor: <https://dmlc.github.io/dlpack/latest/c_api.html>.
#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Managed {
    tensor: Tensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
}

#[repr(C)]
struct ManagedVersioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
    flags: u64,
    tensor: Tensor,
}

/// A managed tensor that is ours to delete.
enum Owned {
    Legacy(NonNull<Managed>),
    Versioned(NonNull<ManagedVersioned>),
}

// SAFETY: DLPack allows the deleter to be called from any thread, and the tensor is only read.
unsafe impl Send for Owned {}
// SAFETY: as above.
unsafe impl Sync for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the capsule was renamed, so the managed tensor is ours, and alive until now.
        unsafe {
            match self {
                Self::Legacy(tensor) => {
                    if let Some(delete) = tensor.as_ref().deleter {
                        delete(tensor.as_ptr());
                    }
                }
                Self::Versioned(tensor) => {
                    if let Some(delete) = tensor.as_ref().deleter {
                        delete(tensor.as_ptr());
                    }
                }
            }
        }
    }
}

impl Owned {
    fn tensor(&self) -> &Tensor {
        // SAFETY: alive until the drop.
        unsafe {
            match self {
                Self::Legacy(tensor) => &tensor.as_ref().tensor,
                Self::Versioned(tensor) => &tensor.as_ref().tensor,
            }
        }
    }

    fn major(&self) -> u32 {
        match self {
            Self::Legacy(_) => 0,
            // SAFETY: alive until the drop.
            Self::Versioned(tensor) => unsafe { tensor.as_ref().major },
        }
    }
}

pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    describe(object, Dimensions::OneOrTwo)?.into_input(object)
}

/// The memory of a tensor.
pub fn describe(object: &Bound<'_, PyAny>, allowed: Dimensions) -> PyResult<Grid> {
    let device = object.call_method0(intern!(object.py(), "__dlpack_device__"))?;
    let (device_type, _): (i32, i32) = device.extract().map_err(|_| {
        unexpected_result(object, "__dlpack_device__", &device, "a pair of integers")
    })?;
    expect_cpu(object, device_type)?;
    let owned = take(object, &export(object)?)?;
    Ok(Grid { values: view(object, owned, allowed)?, mask: None })
}

/// Exports with the newest layout. Producers that only have the old one refuse the keyword.
fn export<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let method = intern!(py, "__dlpack__");
    let options = PyDict::new(py);
    options.set_item(intern!(py, "max_version"), (MAJOR, 0))?;
    match object.call_method(method, (), Some(&options)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => object.call_method0(method),
        result => result,
    }
}

/// Takes the managed tensor out of its capsule.
fn take(object: &Bound<'_, PyAny>, exported: &Bound<'_, PyAny>) -> PyResult<Owned> {
    let capsule = exported
        .cast::<PyCapsule>()
        .map_err(|_| unexpected_result(object, "__dlpack__", exported, "a capsule"))?;
    // If another thread has the same capsule, one of them finds it unused.
    let owned = with_critical_section(capsule, || {
        [LEGACY, VERSIONED].into_iter().find_map(|names| take_named(capsule, names).transpose())
    });
    owned.transpose()?.ok_or_else(|| {
        PyValueError::new_err(format!(
            "the capsule of {}.__dlpack__() does not hold a tensor, or has been consumed already",
            type_name(object)
        ))
    })
}

/// The tensor in a capsule of a name, which is renamed; `None` if the capsule has another name.
fn take_named(
    capsule: &Bound<'_, PyCapsule>,
    (name, used): (&CStr, &CStr),
) -> PyResult<Option<Owned>> {
    if !capsule.is_valid_checked(Some(name)) {
        return Ok(None);
    }
    let pointer = capsule.pointer_checked(Some(name))?;
    // SAFETY: the capsule is alive, and its new name lives forever.
    if unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), used.as_ptr()) } != 0 {
        return Err(PyErr::fetch(capsule.py()));
    }
    Ok(Some(match name == LEGACY.0 {
        true => Owned::Legacy(pointer.cast()),
        false => Owned::Versioned(pointer.cast()),
    }))
}

fn view(object: &Bound<'_, PyAny>, owned: Owned, allowed: Dimensions) -> PyResult<View> {
    let malformed = |what: &str| {
        PyValueError::new_err(format!("malformed DLPack tensor of {}: {what}", type_name(object)))
    };
    if owned.major() > MAJOR {
        return Err(malformed("its layout is newer than this version of colstats"));
    }
    let tensor = owned.tensor();
    expect_cpu(object, tensor.device_type)?;
    let element = element(object, tensor)?;

    let dimensions = usize::try_from(tensor.ndim).map_err(|_| malformed("negative dimensions"))?;
    View::expect_dimensions(object, dimensions, allowed)?;
    if tensor.shape.is_null() {
        return Err(malformed("the shape is NULL"));
    }
    // SAFETY: DLPack promises `ndim` integers at a pointer that is not null.
    let list = |pointer: *mut i64| unsafe { std::slice::from_raw_parts(pointer, dimensions) };
    let shape = list(tensor.shape).iter().map(|&length| usize::try_from(length));
    let shape = shape.collect::<Result<Vec<_>, _>>().map_err(|_| malformed("negative length"))?;
    let too_large = || malformed("it is too large");
    let strides = if tensor.strides.is_null() {
        dense_strides(&shape, element.width).ok_or_else(too_large)?
    } else {
        let width = element.width as isize;
        let strides =
            list(tensor.strides).iter().map(|&stride| (stride as isize).checked_mul(width));
        strides.collect::<Option<_>>().ok_or_else(too_large)?
    };
    if tensor.data.is_null() && shape.iter().all(|&length| length > 0) {
        return Err(malformed("the data pointer is NULL"));
    }

    let axes = shape.iter().zip(&strides).map(|(&length, &stride)| Axis { length, stride });
    let axes = axes.collect();
    let pointer = tensor.data.cast::<u8>().cast_const().wrapping_add(tensor.byte_offset as usize);
    View::new(object, pointer, axes, element, Arc::new(AssertUnwindSafe(owned)))
}

fn element(object: &Bound<'_, PyAny>, tensor: &Tensor) -> PyResult<Element> {
    /// The way out for types that NumPy and Arrow do not have.
    const EXACTLY: &str = "convert the tensor to float32 first, which is exact";
    let refuse = |what: String| {
        let message = format!("cannot read the DLPack values of {}: {what}", type_name(object));
        Err(PyTypeError::new_err(message))
    };
    if tensor.lanes != 1 || !tensor.bits.is_multiple_of(8) {
        return refuse("they are packed; unpack them first".into());
    }
    let kind = match tensor.code {
        0 => b'i',
        1 => b'u',
        2 => b'f',
        5 => b'c',
        6 => b'b',
        4 => return refuse(format!("they are bfloat{}: {EXACTLY}", tensor.bits)),
        7..=17 => return refuse(format!("they are floats of {} bits: {EXACTLY}", tensor.bits)),
        code => return refuse(format!("unknown type, code {code} with {} bits", tensor.bits)),
    };
    let element = Element::from_kind(kind, usize::from(tensor.bits / 8));
    element.map_err(|unreadable| unreadable.of(object))
}
