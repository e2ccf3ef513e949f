//! Kernels of tables in row-major order, whose rows are contiguous: all columns at once.
//!
//! The values of a column lie a row apart there, and to read one column is to read a cache line for each of its
//! values. So neighbouring columns fill the lanes of a vector, each lane with accumulators of its own, and the
//! rows are read as they lie.
//!
//! * [`rows`]: the rows of such a table, and how few columns become many;
//! * [`floats`]: exact sums of columns of floating-point numbers, each on grids of its own;
//! * [`nearest`]: sums and means that are rounded in the lanes, without exact ones in between;
//! * [`integers`]: sums of integers;
//! * [`extremes`]: minima and maxima;
//! * `walk`: the order in which the latter two read the table.
//!
//! What each kernel gathers of a column is what the kernel of that column alone would gather, bit for bit.

pub mod extremes;
pub mod floats;
pub mod integers;
pub mod nearest;
pub mod rows;
mod walk;

use half::f16;

use super::dispatch::{Isa, Level};
use super::element::{Element, Need};
use super::sums::Sums;
pub use rows::Rows;

/// The level of an instruction set.
///
/// # Panics
/// If this processor does not have it.
fn level_of(isa: Isa) -> Level {
    let level = Level::on(isa);
    assert!(level.is_some(), "{isa:?} was not detected");
    level.unwrap_or(Level::Portable)
}

/// Elements that can be summed across columns.
pub trait Across: Element {
    /// Adds the values of each column to its sums; returns false, having done nothing, if this processor has no
    /// vectors for them.
    fn add_across(rows: Rows<'_, Self>, need: Need, sums: &mut [Sums]) -> bool;
}

/// Implements [`Across`] for floating-point numbers and for integers.
macro_rules! across {
    (floats: $($float:ty),*; integers: $($integer:ty),*;) => {
        $(impl Across for $float {
            fn add_across(rows: Rows<'_, Self>, need: Need, sums: &mut [Sums]) -> bool {
                floats::add(rows, need, sums)
            }
        })*
        $(impl Across for $integer {
            fn add_across(rows: Rows<'_, Self>, need: Need, sums: &mut [Sums]) -> bool {
                integers::add(rows, need, sums);
                true
            }
        })*
    };
}

across! {
    floats: f16, f32, f64;
    integers: i8, i16, i32, i64, u8, u16, u32, u64;
}
