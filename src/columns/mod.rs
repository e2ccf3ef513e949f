//! Columns: the layouts of values in memory, and how they are folded into states.
//!
//! A column is a list of chunks of one type. From the bottom up:
//!
//! * [`primitive`]: the table of types whose values can be read;
//! * [`opaque`]: rows that can only be counted;
//! * [`array`]: Arrow arrays; [`values`]: either of these two;
//! * [`strided`]: values at a stride, byte-swapped or masked, as NumPy has them;
//! * [`dictionary`]: values referred to by keys, read without being decoded;
//! * [`plain`]: any layout with a value for each row;
//! * [`row_major`]: tables whose rows are contiguous, read as they lie;
//! * [`runs`]: run-end-encoded rows, read without being decoded;
//! * [`chunk`]: plain rows or runs; [`rows`]: ranges of rows across chunks;
//! * [`aligned`]: several columns row by row.

pub mod aligned;
pub(crate) mod array;
pub mod chunk;
pub mod dictionary;
pub mod opaque;
pub mod plain;
pub(crate) mod primitive;
pub mod row_major;
pub mod rows;
pub mod runs;
pub mod strided;
pub mod values;
