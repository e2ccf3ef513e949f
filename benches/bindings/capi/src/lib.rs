//! The naive statistics for callers that speak C: of a pointer and a length, and of an opaque array.
//!
//! `naive.h` declares the same functions. Wherever a pointer is expected, null stands for an empty
//! array. What `array_init` returns must be given back to `array_free`, which the paper's library
//! lacks.

mod array;
mod integers;

use std::slice;

/// The slice that a pointer and a length describe; empty if the pointer is null.
///
/// # Safety
/// Unless it is null, `values` points to `len` values, which stay as they are for as long as the slice is used.
unsafe fn slice<'a, T>(values: *const T, len: usize) -> &'a [T] {
    if values.is_null() {
        return &[];
    }
    // SAFETY: not null, and the rest is what the caller promises.
    unsafe { slice::from_raw_parts(values, len) }
}

/// The mean of `len` values.
///
/// # Safety
/// `values` points to `len` values, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mean(values: *const f64, len: usize) -> f64 {
    // SAFETY: the caller promises the same, and the call holds the slice no longer than itself.
    naive::mean(unsafe { slice(values, len) })
}

/// The standard deviation of `len` values.
///
/// # Safety
/// `values` points to `len` values, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stddev(values: *const f64, len: usize) -> f64 {
    // SAFETY: the caller promises the same, and the call holds the slice no longer than itself.
    naive::stddev(unsafe { slice(values, len) })
}
