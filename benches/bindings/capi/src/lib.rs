//! The naive statistics for callers that speak C: of a pointer and a length, and of an opaque array.
//!
//! `naive.h` declares the same. A null pointer is an empty array wherever one comes in. What
//! `array_init` gives has to go back to `array_free`, which the paper's library lacks.

use std::slice;

/// Values that C holds by a pointer and never looks into.
pub struct Array {
    values: Box<[f64]>,
}

/// What a pointer and a length describe; nothing at a null pointer.
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

/// The sum of `len` integers.
///
/// # Safety
/// `values` points to `len` values, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sum_integers(values: *const i64, len: usize) -> i64 {
    // SAFETY: the caller promises the same, and the call holds the slice no longer than itself.
    naive::sum_integers(unsafe { slice(values, len) })
}

/// A copy of `len` values, which belongs to the caller until `array_free` takes it back.
///
/// # Safety
/// `values` points to `len` values, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn array_init(values: *const f64, len: usize) -> Box<Array> {
    // SAFETY: the caller promises the same, and the values are copied at once.
    Box::new(Array { values: unsafe { slice(values, len) }.into() })
}

/// The mean of an array.
#[unsafe(no_mangle)]
pub extern "C" fn array_mean(array: Option<&Array>) -> f64 {
    array.map_or(f64::NAN, |array| naive::mean(&array.values))
}

/// The standard deviation of an array.
#[unsafe(no_mangle)]
pub extern "C" fn array_stddev(array: Option<&Array>) -> f64 {
    array.map_or(f64::NAN, |array| naive::stddev(&array.values))
}

/// Gives an array back, once.
#[unsafe(no_mangle)]
pub extern "C" fn array_free(array: Option<Box<Array>>) {
    drop(array);
}
