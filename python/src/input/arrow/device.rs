//! The doors `__arrow_c_device_array__` and `__arrow_c_device_stream__`: Arrow data that says where
//! it lies. On the CPU it is read like any other; elsewhere it cannot be read and is refused.

use std::ffi::CStr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::abi::{ArrowDeviceArray, ArrowDeviceArrayStream};
use super::capsule::{self, move_out, schema_and_data};
use super::stream::{DeviceStream, Pieces};
use crate::input::data::Input;
use crate::names::type_name;

const ARRAY: &CStr = c"arrow_device_array";
const STREAM: &CStr = c"arrow_device_array_stream";
/// The one kind of device whose memory can be read here.
pub const CPU: i32 = 1;

pub fn open_array(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    let method = "__arrow_c_device_array__";
    let (field, capsule) = schema_and_data(object, method, &object.call_method0(method)?)?;
    let array: ArrowDeviceArray = move_out(object, method, &capsule, ARRAY)?;
    expect_cpu(object, array.device_type)?;
    capsule::import(object, &field, array.array)
}

pub fn open_stream(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    let method = "__arrow_c_device_stream__";
    let capsule = object.call_method0(method)?;
    let stream: ArrowDeviceArrayStream = move_out(object, method, &capsule, STREAM)?;
    expect_cpu(object, stream.device_type)?;
    let device = stream.device_type;
    Pieces::new(object, DeviceStream { stream, device }).collect()
}

/// Refuses data that does not lie in the memory of the CPU. The numbers are those of DLPack.
pub fn expect_cpu(object: &Bound<'_, PyAny>, device_type: i32) -> PyResult<()> {
    let device = match device_type {
        CPU => return Ok(()),
        2 => "CUDA".into(),
        3 => "CUDA host".into(),
        4 => "OpenCL".into(),
        7 => "Vulkan".into(),
        8 => "Metal".into(),
        10 => "ROCm".into(),
        11 => "ROCm host".into(),
        13 => "CUDA managed".into(),
        14 => "oneAPI".into(),
        15 => "WebGPU".into(),
        other => format!("unknown ({other})"),
    };
    Err(PyValueError::new_err(format!(
        "the data of {} lies on a device: {device}; copy it to the CPU first",
        type_name(object)
    )))
}
