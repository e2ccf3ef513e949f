//! An opaque array: values that C holds by a pointer and never looks into.

use crate::slice;

/// A copy of the values of a caller.
pub struct Array {
    values: Box<[f64]>,
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

/// Frees an array, once.
#[unsafe(no_mangle)]
pub extern "C" fn array_free(array: Option<Box<Array>>) {
    drop(array);
}
