//! The doors of the Arrow PyCapsule interface.
//!
//! [`capsule`], [`stream`] and [`device`] are the doors. [`abi`] has the structures of the C
//! interfaces as C lays them out; [`schema`], [`array`] and [`encoded`] read them, and [`text`] reads
//! text and bytes where that is wanted.

mod abi;
mod array;
pub mod capsule;
pub mod device;
mod encoded;
mod schema;
pub mod stream;
pub mod text;
