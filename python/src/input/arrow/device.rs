//! The doors `__arrow_c_device_array__` and `__arrow_c_device_stream__`: Arrow data that says where
//! it lies. On the CPU it is read like any other; elsewhere it cannot be read and is refused.

use std::ffi::{CStr, c_char, c_int};

use pyo3::prelude::*;

use super::abi::{ArrowArray, ArrowDeviceArray, ArrowDeviceArrayStream, ArrowSchema, Releasable};
use super::capsule::{self, move_out, schema_and_data};
use super::stream::{Batches, Stream};
use crate::input::cpu::expect_cpu;
use crate::input::data::Input;

const ARRAY: &CStr = c"arrow_device_array";
const STREAM: &CStr = c"arrow_device_array_stream";

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
    Batches::new(object, DeviceStream { stream, device }).read_all()
}

/// A stream whose arrays each say where they lie.
struct DeviceStream {
    stream: ArrowDeviceArrayStream,
    /// Where the last array lies.
    device: i32,
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
