//! The doors: how a Python object becomes columns.
//!
//! A door is one protocol by which an object gives us its data. They are tried in this order:
//!
//! 1. [`capsule`]: `__arrow_c_array__`, one array or record batch;
//! 2. [`stream`]: `__arrow_c_stream__`, any number of them;
//! 3. [`device`]: the same two with a device, if that is the CPU;
//! 4. [`buffer`]: the buffer protocol, and NumPy arrays of every shape;
//! 5. [`interface`]: `__array_interface__`, which has the types that buffers cannot name;
//! 6. [`dlpack`]: `__dlpack__`, on the CPU;
//! 7. [`sequence`]: lists, tuples and ranges of numbers, the one door that copies; a list of data has
//!    chunks.
//!
//! Objects that have none of these may still be read, and nothing about them needs to be fast:
//!
//! 8. [`pandas`]: its indexes and arrays, as series;
//! 9. [`mapping`]: a dict of columns by name is a table;
//! 10. [`items`]: iterables of data, as streams, and of numbers, as lists.
//!
//! The first door that an object has is taken. What goes wrong behind it is an error, and not
//! papered over by trying the next. Doors are special methods, so they are looked for in the class,
//! once for each class; an object whose class has none is asked itself.
//!
//! [`arrow`] and [`memory`] hold the doors; [`data`] is what they deliver, and [`source`] how it is
//! read. [`malformed`] and [`hints`] are the errors: for data that breaks its protocol, and for
//! objects without a door.

pub mod arrow;
mod cpu;
pub mod data;
mod hints;
pub mod items;
pub mod malformed;
mod mapping;
pub mod memory;
mod pandas;
mod sequence;
pub mod source;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyType};

use arrow::{capsule, device, stream};
use data::Input;
use memory::{Grid, buffer, dlpack, interface};
use source::Source;

/// A way in, by the attribute that an object has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Array,
    Stream,
    DeviceArray,
    DeviceStream,
    Buffer,
    Interface,
    Dlpack,
    Sequence,
}

/// The order in which the doors are tried.
const DOORS: [Door; 8] = [
    Door::Array,
    Door::Stream,
    Door::DeviceArray,
    Door::DeviceStream,
    Door::Buffer,
    Door::Interface,
    Door::Dlpack,
    Door::Sequence,
];

/// Opens the first door that an object has.
pub fn open<'py>(object: &Bound<'py, PyAny>) -> PyResult<Source<'static, 'py>> {
    match door_of_class(object) {
        Some(door) => door.open_source(object),
        None => open_otherwise(object),
    }
}

/// Opens an object whose class has no door, but which has one itself, or content that has.
#[cold]
fn open_otherwise<'py>(object: &Bound<'py, PyAny>) -> PyResult<Source<'static, 'py>> {
    if let Some(refusal) = hints::refusal(object) {
        return Err(refusal);
    }
    if let Some(door) = DOORS.into_iter().find(|door| door.is_in(object)) {
        return door.open_source(object);
    }
    if let Some(series) = pandas::as_series(object)? {
        return Ok(Source::Stream(stream::open(&series)?));
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        return mapping::open(mapping).map(Source::Whole);
    }
    match items::is_iterable(object) {
        true => items::open(object),
        false => Err(hints::unknown(object)),
    }
}

/// All of the data of an object that exports Arrow data; `None` if it does not.
pub fn open_arrow(object: &Bound<'_, PyAny>) -> PyResult<Option<Input>> {
    match door_of_class(object) {
        Some(door @ (Door::Array | Door::Stream)) => door.open(object).map(Some),
        _ => Ok(None),
    }
}

/// The memory of an array of any number of dimensions.
pub fn open_grid(object: &Bound<'_, PyAny>) -> PyResult<Option<Grid>> {
    let door = match door_of_class(object) {
        Some(Door::Buffer) => memory::Door::Buffer,
        Some(Door::Interface) => memory::Door::Interface,
        Some(Door::Dlpack) => memory::Door::Dlpack,
        _ => return Ok(None),
    };
    memory::describe(object, door).map(Some)
}

/// The first door that the class of an object has, cached for the next object of the class.
fn door_of_class(object: &Bound<'_, PyAny>) -> Option<Door> {
    /// The classes seen so far, by address. They are kept alive, so that no other class gets
    /// theirs.
    static KNOWN: Mutex<BTreeMap<usize, (Py<PyType>, usize)>> = Mutex::new(BTreeMap::new());
    /// The address of the class that was seen last, with the index of its door in the lowest bits,
    /// which are zero in the address of any object. Calls in a loop need no more.
    static LAST: AtomicUsize = AtomicUsize::new(0);
    const INDEX: usize = DOORS.len() - 1;
    /// How many classes to cache: a program may create classes without end.
    const MAX_CACHED: usize = 1000;

    let class = object.get_type();
    let (address, last) = (class.as_ptr() as usize, LAST.load(Ordering::Relaxed));
    if last & !INDEX == address {
        return Some(DOORS[last & INDEX]);
    }
    // No Python code runs while the lock is held.
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = known().get(&address).map(|&(_, index)| index);
    let index = match seen {
        Some(index) => index,
        None => {
            let index = DOORS.iter().position(|door| door.is_in_class(object, &class))?;
            let (class, mut known) = (class.unbind(), known());
            if known.len() >= MAX_CACHED {
                return Some(DOORS[index]);
            }
            // Another thread may have added the same class meanwhile.
            known.entry(address).or_insert_with(|| (class, index)).1
        }
    };
    LAST.store(address | index, Ordering::Relaxed);
    Some(DOORS[index])
}

impl Door {
    fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Array => Some("__arrow_c_array__"),
            Self::Stream => Some("__arrow_c_stream__"),
            Self::DeviceArray => Some("__arrow_c_device_array__"),
            Self::DeviceStream => Some("__arrow_c_device_stream__"),
            Self::Interface => Some("__array_interface__"),
            Self::Dlpack => Some("__dlpack__"),
            Self::Buffer | Self::Sequence => None,
        }
    }

    fn is_in_class(self, object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
        match (self, self.attribute()) {
            // By None a class says that it does not have what its bases have.
            (_, Some(name)) => class.getattr(name).is_ok_and(|method| !method.is_none()),
            (Self::Buffer, None) => buffer::has_buffer(object),
            (_, None) => sequence::is_sequence(object),
        }
    }

    /// Whether the object itself has an attribute that its class lacks. Does not apply to classes,
    /// whose attributes are for their instances.
    fn is_in(self, object: &Bound<'_, PyAny>) -> bool {
        let has = |name| object.getattr(name).is_ok_and(|method| !method.is_none());
        !object.is_instance_of::<PyType>() && self.attribute().is_some_and(has)
    }

    #[inline(always)]
    fn open_source<'py>(self, object: &Bound<'py, PyAny>) -> PyResult<Source<'static, 'py>> {
        match self {
            Self::Stream => Ok(Source::Stream(stream::open(object)?)),
            Self::Buffer => buffer::open_source(object),
            door => Ok(Source::Whole(door.open(object)?)),
        }
    }

    fn open(self, object: &Bound<'_, PyAny>) -> PyResult<Input> {
        match self {
            Self::Array => capsule::open(object),
            Self::Stream => stream::open(object)?.read_all(),
            Self::DeviceArray => device::open_array(object),
            Self::DeviceStream => device::open_stream(object),
            Self::Buffer => buffer::open(object),
            Self::Interface => interface::open(object),
            Self::Dlpack => dlpack::open(object),
            Self::Sequence => sequence::open(object),
        }
    }
}
