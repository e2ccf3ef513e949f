//! The doors to memory that is described by a pointer, a shape and strides.
//!
//! [`buffer`], [`interface`] and [`dlpack`] are the doors. [`strides`] reads what all three describe, and
//! [`numpy`] what only NumPy's arrays have.

pub mod buffer;
pub mod dlpack;
pub mod interface;
mod numpy;
mod strides;
