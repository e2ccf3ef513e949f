//! The structures of the Arrow C interfaces as a producer makes them, with everything that they own.
//!
//! Structures are counted from creation to release. One that is marked as released, but is not, is a lie;
//! its owner frees it all the same.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The length of every list of pointers, padded with NULL, so that a count that lies stays within it.
pub const ROOM: usize = 8;

#[repr(C)]
pub struct Schema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut Schema,
    pub dictionary: *mut Schema,
    pub release: Option<unsafe extern "C" fn(*mut Schema)>,
    pub private_data: *mut c_void,
}

#[repr(C)]
pub struct Array {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut Array,
    pub dictionary: *mut Array,
    pub release: Option<unsafe extern "C" fn(*mut Array)>,
    pub private_data: *mut c_void,
}

#[repr(C)]
pub struct Stream {
    pub get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut Stream)>,
    pub private_data: *mut c_void,
}

#[repr(C)]
pub struct DeviceArray {
    pub array: Array,
    pub device_id: i64,
    pub device_type: i32,
    pub sync_event: *mut c_void,
    pub reserved: [i64; 3],
}

/// Atomic, since any thread may release a structure.
static ALIVE: AtomicI64 = AtomicI64::new(0);

/// How many structures have been made and not yet released.
pub fn alive() -> i64 {
    ALIVE.load(Relaxed)
}

/// Counts the structure that owns it.
struct Counted;

impl Counted {
    fn new() -> Self {
        ALIVE.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Relaxed);
    }
}

/// A structure with an owner behind its `private_data`.
pub trait Structure: Sized {
    type Owner;
    fn private_data(&mut self) -> &mut *mut c_void;
    /// Whether it says that there is something to release.
    fn is_alive(&self) -> bool;
    fn mark_released(&mut self);
}

macro_rules! structure {
    ($type:ident, $owner:ident) => {
        impl Structure for $type {
            type Owner = $owner;

            fn private_data(&mut self) -> &mut *mut c_void {
                &mut self.private_data
            }

            fn is_alive(&self) -> bool {
                self.release.is_some()
            }

            fn mark_released(&mut self) {
                self.release = None;
            }
        }
    };
}
structure!(Schema, SchemaOwner);
structure!(Array, ArrayOwner);
structure!(Stream, StreamOwner);

impl Structure for DeviceArray {
    type Owner = ArrayOwner;

    fn private_data(&mut self) -> &mut *mut c_void {
        &mut self.array.private_data
    }

    fn is_alive(&self) -> bool {
        self.array.is_alive()
    }

    fn mark_released(&mut self) {
        self.array.release = None;
    }
}

/// Frees what a structure owns, even if it claims to be released; nothing, if it was moved elsewhere.
///
/// # Safety
/// The structure must have been made in this module.
pub unsafe fn free<T: Structure>(structure: &mut T) {
    let owned = std::mem::replace(structure.private_data(), null_mut());
    structure.mark_released();
    if !owned.is_null() {
        // SAFETY: the pointer comes from `into_private`.
        drop(unsafe { Box::from_raw(owned.cast::<T::Owner>()) });
    }
}

/// # Safety
/// The structure must have been made in this module.
pub unsafe extern "C" fn release<T: Structure>(structure: *mut T) {
    // SAFETY: the caller's obligation.
    unsafe {
        assert!(!(*structure).private_data().is_null(), "released twice");
        free(&mut *structure);
    }
}

/// The owner as a pointer for `private_data`.
pub fn into_private<T: Structure>(owner: T::Owner) -> *mut c_void {
    Box::into_raw(Box::new(owner)).cast()
}

/// A structure on the heap, with everything it owns.
pub struct Owned<T: Structure>(pub Box<T>);

impl<T: Structure> Owned<T> {
    /// Passes ownership to the pointer.
    pub fn into_raw(self) -> *mut T {
        let mut this = std::mem::ManuallyDrop::new(self);
        &mut *this.0
    }

    pub fn pointer(&mut self) -> *mut T {
        &mut *self.0
    }
}

impl<T: Structure> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the structure was made in this module.
        unsafe { free(&mut *self.0) }
    }
}

#[allow(dead_code)] // kept alive
pub struct SchemaOwner {
    counted: Counted,
    texts: Vec<CString>,
    list: Vec<*mut Schema>,
    children: Vec<Owned<Schema>>,
    dictionary: Option<Owned<Schema>>,
}

impl Owned<Schema> {
    pub fn new(
        format: CString,
        name: Option<CString>,
        mut children: Vec<Self>,
        mut dictionary: Option<Self>,
    ) -> Self {
        let mut list = children.iter_mut().map(Owned::pointer).collect::<Vec<_>>();
        list.resize(list.len().max(ROOM), null_mut());
        let mut schema = Box::new(Schema {
            format: format.as_ptr(),
            name: name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr()),
            metadata: std::ptr::null(),
            flags: 2,
            n_children: children.len() as i64,
            children: list.as_mut_ptr(),
            dictionary: dictionary.as_mut().map_or(null_mut(), Owned::pointer),
            release: Some(release::<Schema>),
            private_data: null_mut(),
        });
        let texts = [Some(format), name].into_iter().flatten().collect();
        schema.private_data = into_private::<Schema>(SchemaOwner {
            counted: Counted::new(),
            texts,
            list,
            children,
            dictionary,
        });
        Self(schema)
    }

    /// The list of children, for lies.
    pub fn list(&mut self) -> &mut [*mut Schema] {
        // SAFETY: the list is owned by the structure.
        unsafe { std::slice::from_raw_parts_mut(self.0.children, ROOM) }
    }
}

#[allow(dead_code)] // kept alive
pub struct ArrayOwner {
    counted: Counted,
    buffers: Vec<Option<Memory>>,
    pointers: Vec<*const c_void>,
    list: Vec<*mut Array>,
    children: Vec<Owned<Array>>,
    dictionary: Option<Owned<Array>>,
}

/// Bytes that end where their allocation ends, so that AddressSanitizer sees any read beyond them.
pub struct Memory {
    bytes: Box<[u8]>,
    start: usize,
}

impl Memory {
    /// The bytes, `start` bytes into their allocation, so that they can have any alignment.
    pub fn new(bytes: &[u8], start: usize) -> Self {
        Self { bytes: [&vec![0; start], bytes].concat().into(), start }
    }

    fn pointer(&self) -> *const c_void {
        self.bytes[self.start..].as_ptr().cast()
    }
}

impl Owned<Array> {
    pub fn new(
        (offset, length, null_count): (usize, usize, i64),
        buffers: Vec<Option<Memory>>,
        mut children: Vec<Self>,
        mut dictionary: Option<Self>,
    ) -> Self {
        let pointer = |memory: &Option<Memory>| {
            memory.as_ref().map_or(std::ptr::null(), |memory| memory.pointer())
        };
        let mut pointers = buffers.iter().map(pointer).collect::<Vec<_>>();
        pointers.resize(ROOM, std::ptr::null());
        let mut list = children.iter_mut().map(Owned::pointer).collect::<Vec<_>>();
        list.resize(list.len().max(ROOM), null_mut());
        let mut array = Box::new(Array {
            length: length as i64,
            null_count,
            offset: offset as i64,
            n_buffers: buffers.len() as i64,
            n_children: children.len() as i64,
            buffers: pointers.as_mut_ptr(),
            children: list.as_mut_ptr(),
            dictionary: dictionary.as_mut().map_or(null_mut(), Owned::pointer),
            release: Some(release::<Array>),
            private_data: null_mut(),
        });
        array.private_data = into_private::<Array>(ArrayOwner {
            counted: Counted::new(),
            buffers,
            pointers,
            list,
            children,
            dictionary,
        });
        Self(array)
    }

    /// The pointers to the buffers, for lies.
    pub fn pointers(&mut self) -> &mut [*const c_void] {
        // SAFETY: the list is owned by the structure.
        unsafe { std::slice::from_raw_parts_mut(self.0.buffers, ROOM) }
    }

    /// The list of children, for lies.
    pub fn list(&mut self) -> &mut [*mut Array] {
        // SAFETY: the list is owned by the structure.
        unsafe { std::slice::from_raw_parts_mut(self.0.children, ROOM) }
    }
}

/// What a callback of a stream returns: a status, and a structure or none.
pub struct Step<T: Structure> {
    pub status: c_int,
    pub gives: Option<Owned<T>>,
}

pub struct StreamOwner {
    #[allow(dead_code)] // counts until it is dropped
    counted: Counted,
    pub schema: Step<Schema>,
    /// The last one first.
    pub arrays: Vec<Step<Array>>,
    pub error: Option<CString>,
}

impl Owned<Stream> {
    pub fn new(schema: Step<Schema>, arrays: Vec<Step<Array>>, error: Option<CString>) -> Self {
        let owner = StreamOwner { counted: Counted::new(), schema, arrays, error };
        Self(Box::new(Stream {
            get_schema: Some(get_schema),
            get_next: Some(get_next),
            get_last_error: Some(get_last_error),
            release: Some(release::<Stream>),
            private_data: into_private::<Stream>(owner),
        }))
    }
}

/// # Safety
/// The stream must have been made in this module, and be alive.
pub unsafe fn owner<'a>(stream: *mut Stream) -> &'a mut StreamOwner {
    // SAFETY: the caller's obligation.
    unsafe {
        let owner = (*stream).private_data.cast::<StreamOwner>();
        assert!(!owner.is_null(), "a stream is called after its release");
        &mut *owner
    }
}

/// Moves the structure of a step to a place.
///
/// # Safety
/// The place must be valid for writes, and hold nothing.
unsafe fn hand_out<T: Structure>(step: &mut Step<T>, place: *mut T) -> c_int {
    if let Some(mut structure) = step.gives.take() {
        // SAFETY: the caller's obligation.
        unsafe { std::ptr::copy_nonoverlapping(structure.pointer(), place, 1) };
        // If it claims to be released, the consumer does not release it: it is freed here.
        if structure.0.is_alive() {
            *structure.0.private_data() = null_mut();
        }
    }
    step.status
}

unsafe extern "C" fn get_schema(stream: *mut Stream, place: *mut Schema) -> c_int {
    // SAFETY: a consumer calls live streams, with places that are valid for writes.
    unsafe { hand_out(&mut owner(stream).schema, place) }
}

unsafe extern "C" fn get_next(stream: *mut Stream, place: *mut Array) -> c_int {
    // SAFETY: a consumer calls live streams, with places that are valid for writes.
    unsafe { owner(stream).arrays.pop().map_or(0, |mut step| hand_out(&mut step, place)) }
}

unsafe extern "C" fn get_last_error(stream: *mut Stream) -> *const c_char {
    // SAFETY: a consumer calls live streams.
    unsafe { owner(stream).error.as_ref().map_or(std::ptr::null(), |error| error.as_ptr()) }
}
