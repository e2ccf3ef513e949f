//! Decoded values: an array that can be read, or rows that can only be counted.

use arrow_array::ArrayRef;

use super::opaque::Opaque;

/// Rows without an encoding.
#[derive(Clone, Debug)]
pub enum Values {
    /// An array whose values can be read. Booleans that were encoded have become the numbers 0 and 1.
    Array(ArrayRef),
    /// Values that are not read.
    Opaque(Opaque),
}
