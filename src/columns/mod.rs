//! Columns: where values lie, and how they are folded into states.
//!
//! * [`chunk`]: part of a column, contiguous in its rows, whatever its layout;
//! * [`strided`]: values at a stride, byte-swapped or masked, as NumPy has them;
//! * [`dictionary`] and [`runs`]: encoded values, read without being decoded.

pub mod chunk;
pub mod dictionary;
pub mod runs;
pub mod strided;
