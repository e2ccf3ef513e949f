//! Rows sorted by their groups, for what needs all rows of a group at once.
//!
//! Keys are looked up once, and the groups are then numbered in the order of their keys. A column is sorted by moving each
//! value to its place, and the values of a group are a slice of it.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;

use super::grouped::{GroupedStates, ordered};
use super::shard::Shard;
use super::stretch::{Form, Last};
use super::table::Hasher;
use super::{STRETCH_ROWS, stretch, stretches};
use crate::columns::array::flat;
use crate::columns::chunk::Chunk;
use crate::columns::primitive::with_primitive;
use crate::columns::rows::RowIndex;
use crate::error::Error;
use crate::run::cancel::Watch;

/// The groups of rows, at most 2^32, without columns; and the number of the group of each row, in the order of the keys: of
/// the first rows only, if the work is cancelled.
///
/// # Errors
/// If text keys are malformed.
pub fn numbered<const S: usize, const E: usize>(
    types: Vec<DataType>,
    keys: &[&[Chunk]],
    rows: usize,
) -> Result<(GroupedStates<S, E>, Vec<u32>), Error> {
    let keys = keys.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    let mut shard = Shard::new(Form::of(&types), &Hasher::new(), 0);
    let (mut numbers, mut last) = (Vec::with_capacity(rows), Last::default());
    let watch = Watch::current();
    for rows in stretches(&keys, 0..rows, STRETCH_ROWS) {
        if watch.as_ref().is_some_and(|watch| watch.is_cancelled()) {
            break;
        }
        shard.push(&stretch(&types, &keys, rows, &mut last), &[], 0);
        numbers.extend_from_slice(shard.groups());
    }
    let shards = vec![shard];
    let (order, keys) = ordered(&types, &shards)?;
    let mut places = vec![0; order.len()];
    for (place, &(_, group)) in order.iter().enumerate() {
        places[group as usize] = place as u32;
    }
    numbers.iter_mut().for_each(|number| *number = places[*number as usize]);
    Ok((GroupedStates::of_order(keys, shards, &order, 1), numbers))
}

/// The order of rows by their groups.
pub struct RowOrder {
    /// The rows, those of a group in their own order.
    rows: Vec<u32>,
    /// Where each group begins, and the last one ends.
    starts: Vec<usize>,
}

impl RowOrder {
    /// The order of rows that have these group numbers, below `groups`, by a counting sort.
    pub fn new(numbers: &[u32], groups: usize) -> Self {
        let mut starts = vec![0; groups + 1];
        for &group in numbers {
            starts[group as usize + 1] += 1;
        }
        for group in 0..groups {
            starts[group + 1] += starts[group];
        }
        let (mut next, mut rows) = (starts.clone(), vec![0; numbers.len()]);
        for (row, &group) in numbers.iter().enumerate() {
            rows[next[group as usize]] = row as u32;
            next[group as usize] += 1;
        }
        Self { rows, starts }
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where the rows of a group are.
    pub fn span(&self, group: usize) -> Range<usize> {
        self.starts[group]..self.starts[group + 1]
    }

    /// The values of a column of numbers, times or nulls, in this order: booleans as 0 and 1, nulls as numbers that are null.
    pub fn sorted(&self, chunks: &[Chunk]) -> ArrayRef {
        let array = flat(chunks);
        let validity = array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| {
            let is_valid = |at: usize| nulls.is_valid(self.rows[at] as usize);
            NullBuffer::new(BooleanBuffer::collect_bool(self.rows.len(), is_valid))
        });
        with_primitive!(array.data_type(), P => {
            let values = array.as_primitive::<P>().values();
            let sorted = self.rows.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
            let sorted = PrimitiveArray::<P>::new(sorted.into(), validity);
            Arc::new(sorted.with_data_type(array.data_type().clone()))
        }, _ => unreachable!("they are numbers"))
    }
}
