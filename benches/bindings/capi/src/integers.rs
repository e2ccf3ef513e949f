//! The sum of Table I.

use crate::slice;

/// The sum of `len` integers.
///
/// # Safety
/// `values` points to `len` values, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sum_integers(values: *const i64, len: usize) -> i64 {
    // SAFETY: the caller promises the same, and the call holds the slice no longer than itself.
    naive::sum_integers(unsafe { slice(values, len) })
}
