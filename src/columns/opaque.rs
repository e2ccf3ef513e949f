//! Rows whose values are not read, such as strings and lists: they can only be counted.

use arrow_buffer::NullBuffer;

use crate::kernels::Need;
use crate::states::accumulator::Accumulator;

/// Rows whose validity is all that is known.
#[derive(Clone, Debug)]
pub struct Opaque {
    /// The number of rows.
    pub rows: usize,
    /// Which rows are not null; all of them, if absent.
    pub validity: Option<NullBuffer>,
}

impl Opaque {
    /// `rows` of the rows, from `start` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn slice(&self, start: usize, rows: usize) -> Self {
        let validity = self.validity.as_ref().map(|validity| validity.slice(start, rows));
        Self { rows, validity }
    }

    /// The same rows, with those that are not selected made null.
    pub fn masked(&self, selected: &NullBuffer) -> Self {
        let validity = NullBuffer::union(self.validity.as_ref(), Some(selected));
        Self { rows: self.rows, validity }
    }

    /// Adds the rows to a state.
    pub fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        fold_validity(self.rows, self.validity.as_ref(), need, accumulator);
    }
}

/// Adds rows whose values are only counted: no more is needed, or no more can be read.
pub(super) fn fold_validity(
    rows: usize,
    validity: Option<&NullBuffer>,
    need: Need,
    accumulator: &mut Accumulator,
) {
    let nulls = validity.map_or(0, NullBuffer::null_count);
    accumulator.update_counts(rows - nulls, nulls, need);
}
