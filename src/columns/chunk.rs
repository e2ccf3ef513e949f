//! Chunks: contiguous rows of a column, which is a list of chunks.
//!
//! Values are read in place: in Arrow arrays, in [`Strided`](super::strided::Strided) memory, in a
//! [`Dictionary`](super::dictionary::Dictionary) or in [`Runs`]. Columns of types without statistics
//! (strings, lists, ...) are [`Opaque`](super::opaque::Opaque).

use arrow_array::ArrayRef;

use super::array::fold_neighbours;
use super::plain::Plain;
use super::runs::Runs;
use super::values::Values;
use crate::kernels::Need;
use crate::states::accumulator::Accumulator;

/// Contiguous rows of a column.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// A value for each row.
    Plain(Plain),
    /// A value for each run of rows.
    Runs(Box<Runs>),
}

impl Chunk {
    /// The number of rows.
    #[inline]
    pub fn rows(&self) -> usize {
        match self {
            Self::Plain(plain) => plain.rows(),
            Self::Runs(runs) => runs.len(),
        }
    }

    /// The number of values that a pass must read: one per row or run, but none for rows without memory.
    pub fn work(&self) -> usize {
        match self {
            Self::Plain(plain) => plain.work(),
            Self::Runs(runs) => runs.count(),
        }
    }

    /// The array, if the chunk is one whose values can be read.
    pub(super) fn as_array(&self) -> Option<&ArrayRef> {
        match self {
            Self::Plain(Plain::Array(array)) => Some(array),
            _ => None,
        }
    }

    /// `rows` of the rows, from `start` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn slice(&self, start: usize, rows: usize) -> Self {
        match self {
            Self::Plain(plain) => Self::Plain(plain.slice(start, rows)),
            Self::Runs(runs) => Self::Runs(Box::new(runs.slice(start, rows))),
        }
    }

    /// The rows without an encoding, copied if they have one.
    pub fn decoded(&self) -> Values {
        match self {
            Self::Plain(plain) => plain.decoded(),
            Self::Runs(runs) => runs.decoded(),
        }
    }

    /// Adds the values to a state, gathering what is needed.
    #[inline]
    pub fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        match self {
            Self::Plain(plain) => plain.fold(need, accumulator),
            Self::Runs(runs) => runs.fold(need, accumulator),
        }
    }
}

/// The state of a column, by the calling thread.
pub fn fold_chunks(chunks: &[Chunk], need: Need) -> Accumulator {
    let mut accumulator = Accumulator::new();
    add_chunks(chunks, need, &mut accumulator);
    accumulator
}

/// Adds the values of chunks to a state, gathering what is needed.
pub(crate) fn add_chunks(chunks: &[Chunk], need: Need, accumulator: &mut Accumulator) {
    let mut rest = chunks;
    while let [chunk, others @ ..] = rest {
        let added = if others.is_empty() { 0 } else { fold_neighbours(rest, need, accumulator) };
        if added == 0 {
            chunk.fold(need, accumulator);
        }
        rest = &rest[added.max(1)..];
    }
}

impl From<Plain> for Chunk {
    fn from(plain: Plain) -> Self {
        Self::Plain(plain)
    }
}

impl From<Runs> for Chunk {
    fn from(runs: Runs) -> Self {
        Self::Runs(Box::new(runs))
    }
}

impl From<ArrayRef> for Chunk {
    /// Arrays whose type has no statistics are only counted.
    fn from(array: ArrayRef) -> Self {
        match Runs::of_array(&array) {
            Some(runs) => runs.into(),
            None => Plain::from(array).into(),
        }
    }
}
