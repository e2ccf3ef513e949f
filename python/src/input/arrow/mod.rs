//! The doors of the Arrow PyCapsule interface.
//!
//! [`capsule`], [`stream`] and [`device`] are the doors. [`abi`] has the structures of the C
//! interfaces as C lays them out. [`schema`] reads types, [`values`] buffers, [`encoded`]
//! dictionaries and runs, [`text`] text and bytes; [`array`] puts them together.

pub mod abi;
mod array;
pub mod capsule;
pub mod device;
mod encoded;
pub mod schema;
pub mod stream;
pub mod text;
pub mod values;

pub use capsule::added;
