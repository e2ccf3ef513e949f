//! The C symbols of the plugin, and the structures that they exchange.
//!
//! Who owns what (polars-plan's `plugin.rs`, and `polars-ffi`):
//!
//! * The columns that a function is given are its own: it releases each array, and then the
//!   [`SeriesExport`], which frees the structures of the arrays but does not release them.
//! * The fields that a `field` function is given stay polars'.
//! * The result is polars': it moves the arrays out, and then calls `release`, which must free their
//!   structures and release the field, but not release the arrays.
//! * An empty place of the result (`private_data` is null) means failure. The message is fetched at
//!   once on the same thread, and copied.
//! * Keywords are bytes that outlive the call. The context has nothing that we need.
//!
//! A panic must not cross C: it becomes a message like any other failure.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char, c_void};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef};

use super::column::Shape;
use crate::input::arrow::abi::{ArrowArray, ArrowSchema, take};

/// The version of the interface: the major number in the upper half, the minor one in the lower.
const VERSION: u32 = 1;

/// A column: a field, and chunks of values of it.
#[repr(C)]
pub struct SeriesExport {
    field: *mut ArrowSchema,
    arrays: *mut *mut ArrowArray,
    len: usize,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

impl SeriesExport {
    /// Moves the arrays out.
    ///
    /// # Safety
    /// This must come from polars, and its arrays must not have been moved out before.
    unsafe fn take_arrays(&mut self) -> Vec<ArrowArray> {
        if self.len == 0 {
            return vec![];
        }
        // SAFETY: there are `len` pointers to arrays, which are ours from now on.
        let arrays = unsafe { slice::from_raw_parts(self.arrays, self.len) };
        // SAFETY: each is valid, and our release of this structure frees the place without looking.
        arrays.iter().map(|&array| unsafe { take(array) }).collect()
    }
}

impl Drop for SeriesExport {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a column with a release is alive; the producer sets `release` to null.
            unsafe { release(self) }
        }
    }
}

/// What keeps a column alive that polars was given.
struct Exported {
    field: FFI_ArrowSchema,
    /// polars moves it out, and releases it.
    array: ManuallyDrop<FFI_ArrowArray>,
    pointer: *mut FFI_ArrowArray,
}

/// A column of one array, for polars.
fn export(field: FFI_ArrowSchema, array: &ArrayRef) -> SeriesExport {
    let array = ManuallyDrop::new(FFI_ArrowArray::new(&array.to_data()));
    let exported =
        Box::into_raw(Box::new(Exported { field, array, pointer: std::ptr::null_mut() }));
    // SAFETY: `exported` was allocated above; nothing else refers to it yet.
    unsafe {
        (*exported).pointer = (&raw mut (*exported).array).cast();
        SeriesExport {
            field: (&raw mut (*exported).field).cast(),
            arrays: (&raw mut (*exported).pointer).cast(),
            len: 1,
            release: Some(release),
            private_data: exported.cast(),
        }
    }
}

/// Frees what [`export`] has allocated, except the array, which polars has moved out.
unsafe extern "C" fn release(export: *mut SeriesExport) {
    // SAFETY: polars calls this once, with a column that `export` has made.
    unsafe {
        drop(Box::from_raw((*export).private_data.cast::<Exported>()));
        (*export).release = None;
    }
}

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// Runs a function; if it fails or panics, keeps the message for polars.
fn guard(function: impl FnOnce() -> Result<(), String>) {
    let outcome = catch_unwind(AssertUnwindSafe(function));
    let outcome =
        outcome.unwrap_or_else(|panic| Err(format!("colstats failed: {}", said(&*panic))));
    if let Err(message) = outcome {
        let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
        LAST_ERROR.with_borrow_mut(|last| *last = message);
    }
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
}

/// Bytes, of which there may be none.
///
/// # Safety
/// There must be as many, unless there are none.
unsafe fn bytes<'a>(pointer: *const u8, length: usize) -> &'a [u8] {
    match length {
        0 => &[],
        // SAFETY: demanded of the caller.
        _ => unsafe { slice::from_raw_parts(pointer, length) },
    }
}

/// # Safety
/// As polars calls it.
unsafe fn call(
    inputs: *mut SeriesExport,
    count: usize,
    kwargs: (*const u8, usize),
    result: *mut SeriesExport,
    shape: Shape,
) {
    guard(|| {
        // SAFETY: there are `count` columns, which polars forgets after the call: they are ours.
        let columns = (0..count).map(|i| unsafe { inputs.add(i).read() });
        // Arrays are taken at once, so that those of a column that is refused are released, too.
        // SAFETY: these columns are polars', and new.
        let columns = columns.map(|mut column| unsafe { (column.take_arrays(), column) });
        let (arrays, column) = one(columns.collect())?;
        // SAFETY: the field and the keywords of a call live as long as it.
        let (field, kwargs) = unsafe { (&*column.field, bytes(kwargs.0, kwargs.1)) };
        let (field, array) = super::answer(field, arrays, shape, kwargs)?;
        // SAFETY: polars gives us this place, which is empty, to write to.
        unsafe { result.write(export(field, &array)) };
        Ok(())
    });
}

/// # Safety
/// As polars calls it.
unsafe fn describe(
    fields: *const ArrowSchema,
    count: usize,
    result: *mut FFI_ArrowSchema,
    kwargs: (*const u8, usize),
    shape: Shape,
) {
    guard(|| {
        let fields = (0..count).map(|i| fields.wrapping_add(i));
        // SAFETY: there are `count` fields, which live as long as the call.
        let field = unsafe { &*one(fields.collect())? };
        // SAFETY: as many bytes as polars says.
        let promised = super::promise(field, shape, unsafe { bytes(kwargs.0, kwargs.1) })?;
        // SAFETY: polars gives us this place, which is empty, to write to.
        unsafe { result.write(promised) };
        Ok(())
    });
}

/// The only item.
fn one<T>(mut items: Vec<T>) -> Result<T, String> {
    match items.pop() {
        Some(item) if items.is_empty() => Ok(item),
        last => {
            Err(format!("{} columns instead of one", items.len() + usize::from(last.is_some())))
        }
    }
}

/// The version of the interface.
#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_version() -> u32 {
    VERSION
}

/// Why the last call on this thread failed; valid until the next call.
#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_last_error_message() -> *const c_char {
    LAST_ERROR.with_borrow(|message| message.as_ptr())
}

macro_rules! plugin {
    ($($call:ident $describe:ident $shape:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $call(
            inputs: *mut SeriesExport,
            count: usize,
            kwargs: *const u8,
            length: usize,
            result: *mut SeriesExport,
            _context: *const c_void,
        ) {
            // SAFETY: polars calls this.
            unsafe { call(inputs, count, (kwargs, length), result, $shape) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn $describe(
            fields: *const ArrowSchema,
            count: usize,
            result: *mut FFI_ArrowSchema,
            kwargs: *const u8,
            length: usize,
        ) {
            // SAFETY: polars calls this.
            unsafe { describe(fields, count, result, (kwargs, length), $shape) }
        }
    )*};
}

plugin! {
    _polars_plugin_colstats _polars_plugin_field_colstats Shape::Whole;
    _polars_plugin_colstats_lists _polars_plugin_field_colstats_lists Shape::Lists;
}
