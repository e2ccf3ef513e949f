//! Data may lie on a device: only the memory of the CPU can be read here.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::names::type_name;

/// The CPU among the device types of DLPack, whose numbers the Arrow device interface uses too.
pub const CPU: i32 = 1;

/// Refuses data that does not lie in the memory of the CPU.
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
