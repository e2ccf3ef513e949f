//! The functions that polars calls by itself: the statistics as an expression plugin.
//!
//! polars loads this very module as a shared library, looks up a few C symbols, and hands columns
//! over by the Arrow C data interface: no crate of polars is needed, and one wheel serves every polars
//! of that interface (its version is 0.1). No Python runs here, and the GIL is not held. The crates
//! `polars-ffi` and `polars-plan` (`plugin.rs`) define the interface; they leave the rules of ownership
//! to the reader, so [`abi`] states them.
//!
//! There are two functions, by what a row of the input is:
//!
//! * `colstats` has one answer for all rows. polars calls it once for a frame, but once for *each*
//!   group as well, at 5 us a call.
//! * `colstats_lists` has an answer for each row, which is a list. An aggregation over
//!   `pl.col("x").implode()` is one call for all groups, so this is what expressions use; the price is
//!   that polars copies a column of several chunks into one.
//!
//! [`abi`] has the symbols and all `unsafe` code, [`kwargs`] what was asked, [`column`] how columns
//! are read, and [`results`] the types of the answers.

#[allow(unsafe_code)]
mod abi;
mod column;
mod kwargs;
mod pickle;
mod results;

use arrow_array::ArrayRef;
use arrow_array::ffi::FFI_ArrowSchema;

use crate::input::arrow::abi::{ArrowArray, ArrowSchema};
use column::{Described, Shape};
use kwargs::Asked;

/// The field of the answers, from that of the input: what polars is promised.
fn promise(schema: &ArrowSchema, shape: Shape, kwargs: &[u8]) -> Result<FFI_ArrowSchema, String> {
    let asked = Asked::read(kwargs)?;
    let described = Described::read(schema, shape)?;
    described.result(asked.statistic)?.field(&described.column.name)
}

/// The answers, and their field.
fn answer(
    schema: &ArrowSchema,
    arrays: Vec<ArrowArray>,
    shape: Shape,
    kwargs: &[u8],
) -> Result<(FFI_ArrowSchema, ArrayRef), String> {
    let asked = Asked::read(kwargs)?;
    let described = Described::read(schema, shape)?;
    let (result, name) = (described.result(asked.statistic)?, &described.column.name);
    let answers = described.ask(&asked, arrays)?;
    Ok((result.field(name)?, result.array(asked.statistic, name, &answers)?))
}
