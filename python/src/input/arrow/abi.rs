//! The structures of the Arrow C data, stream and device interfaces, as C lays them out.
//!
//! arrow-rs has them too, but with private fields, or accessors that panic on malformed input. Here
//! the fields are plain, and each is checked before it is relied on. A structure owns what it
//! describes until its `release` is called, which happens exactly once: on drop.

use std::ffi::{c_char, c_int, c_void};

use crate::input::data::MAX_COLUMNS;
use crate::input::malformed::Malformed;

/// Describes a type: <https://arrow.apache.org/docs/format/CDataInterface.html>.
#[repr(C)]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut ArrowSchema,
    pub dictionary: *mut ArrowSchema,
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub private_data: *mut c_void,
}

/// Describes values.
#[repr(C)]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut ArrowArray,
    pub dictionary: *mut ArrowArray,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub private_data: *mut c_void,
}

/// Hands out arrays of one type, one after the other.
#[repr(C)]
pub struct ArrowArrayStream {
    pub get_schema: Option<unsafe extern "C" fn(*mut Self, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut Self, *mut ArrowArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut Self) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut Self)>,
    pub private_data: *mut c_void,
}

/// Values and the device they lie on.
#[repr(C)]
pub struct ArrowDeviceArray {
    pub array: ArrowArray,
    pub device_id: i64,
    pub device_type: i32,
    pub sync_event: *mut c_void,
    pub reserved: [i64; 3],
}

/// Hands out arrays that lie on one kind of device.
#[repr(C)]
pub struct ArrowDeviceArrayStream {
    pub device_type: i32,
    pub get_schema: Option<unsafe extern "C" fn(*mut Self, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut Self, *mut ArrowDeviceArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut Self) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut Self)>,
    pub private_data: *mut c_void,
}

/// A structure that holds nothing, or nothing any more, once its `release` is null.
pub trait Releasable: Sized {
    /// One that holds nothing.
    fn released() -> Self;
    /// Whether this one holds nothing.
    fn is_released(&self) -> bool;
}

/// Moves a structure out of its place and leaves a released one there, as the interface demands.
///
/// # Safety
/// The pointer must be valid for reads and writes of a `T`.
pub unsafe fn take<T: Releasable>(place: *mut T) -> T {
    // SAFETY: demanded of the caller.
    unsafe { std::ptr::replace(place, T::released()) }
}

/// The children of a schema or an array as a slice.
pub fn children<'a, T>(
    count: i64,
    children: *mut *mut T,
    of: &str,
) -> Result<&'a [*mut T], Malformed> {
    let count = usize::try_from(count).map_err(|_| {
        Malformed::new(format!("negative number of children ({count}) of the {of}"))
    })?;
    if count == 0 {
        return Ok(&[]);
    }
    if count > MAX_COLUMNS {
        return Err(Malformed::new(format!(
            "{count} children of the {of} are more than any table has"
        )));
    }
    if children.is_null() {
        return Err(Malformed::new(format!("the list of children of the {of} is NULL")));
    }
    // SAFETY: the interface promises `n_children` pointers there; the structure outlives our look.
    Ok(unsafe { std::slice::from_raw_parts(children, count) })
}

/// Drop calls `release`; and nothing in these structures is tied to a thread.
macro_rules! releasable {
    ($($type:ident { $($field:ident: $empty:expr),* };)*) => {$(
        impl Releasable for $type {
            fn released() -> Self {
                Self { $($field: $empty,)* release: None, private_data: std::ptr::null_mut() }
            }

            fn is_released(&self) -> bool {
                self.release.is_none()
            }
        }

        impl Drop for $type {
            fn drop(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: a structure with a release is alive, and is ours to release; the
                    // producer sets `release` to null, so it is never called twice.
                    unsafe { release(self) }
                }
            }
        }

        // SAFETY: the interface allows structures to be moved to, and released from, any thread.
        unsafe impl Send for $type {}
        // SAFETY: shared, they are only read.
        unsafe impl Sync for $type {}
    )*};
}

releasable! {
    ArrowSchema {
        format: std::ptr::null(), name: std::ptr::null(), metadata: std::ptr::null(), flags: 0,
        n_children: 0, children: std::ptr::null_mut(), dictionary: std::ptr::null_mut()
    };
    ArrowArray {
        length: 0, null_count: 0, offset: 0, n_buffers: 0, n_children: 0,
        buffers: std::ptr::null_mut(), children: std::ptr::null_mut(),
        dictionary: std::ptr::null_mut()
    };
    ArrowArrayStream { get_schema: None, get_next: None, get_last_error: None };
    ArrowDeviceArrayStream { device_type: 0, get_schema: None, get_next: None, get_last_error: None };
}

impl Releasable for ArrowDeviceArray {
    fn released() -> Self {
        Self {
            array: ArrowArray::released(),
            device_id: 0,
            device_type: 0,
            sync_event: std::ptr::null_mut(),
            reserved: [0; 3],
        }
    }

    fn is_released(&self) -> bool {
        self.array.is_released()
    }
}
