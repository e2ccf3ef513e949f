//! Values of a batch, brought together by their groups.
//!
//! The values of a group need not lie side by side, but kernels see slices. So a column is sorted by
//! groups, which takes two passes since the groups are numbers: how many rows each has is counted
//! once, and then each value has its place. What the kernels are handed after that are the very slices
//! that each group alone would be, of any type: no kernel knows of groups.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_buffer::NullBuffer;

use crate::columns::chunk::{Chunk, Written};
use crate::columns::dictionary::plain_numbers;
use crate::kernels::{Block, Element, Need};
use crate::states::accumulator::Moments;
use crate::states::compact::Compact;
use crate::types::with_primitive;

/// Some rows of a batch, and the groups that they belong to.
pub struct Arrangement {
    /// Ascending.
    rows: Vec<u32>,
    groups: Vec<u32>,
    /// Where each group begins, if they stand one after the other, and the end of the last.
    starts: Vec<u32>,
}

/// Part of a column in a batch: its first row, and numbers, or what can be counted.
pub struct Part {
    start: usize,
    rows: usize,
    values: Written,
}

impl Part {
    /// A chunk that starts with a row.
    pub fn new(start: usize, chunk: &Chunk) -> Self {
        let values = match chunk.written_out() {
            Written::Values(array) => {
                let numbers = plain_numbers(&array);
                with_primitive!(numbers.data_type(), _P => Written::Values(numbers),
                    _ => Written::Validity(array.logical_nulls()))
            }
            validity => validity,
        };
        Self { start, rows: chunk.rows(), values }
    }

    fn validity(&self) -> Option<&NullBuffer> {
        let validity = match &self.values {
            Written::Values(array) => array.nulls(),
            Written::Validity(validity) => validity.as_ref(),
        };
        validity.filter(|validity| validity.null_count() > 0)
    }
}

impl Arrangement {
    /// Of rows that belong to one of so many groups each.
    pub fn new(rows: Vec<u32>, groups: Vec<u32>, count: usize) -> Self {
        let mut starts = vec![0; count + 1];
        for &group in &groups {
            starts[group as usize + 1] += 1;
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        Self { rows, groups, starts }
    }

    /// Adds the values of a column to the states of the groups.
    pub fn fold(&self, parts: &[Part], states: &mut [Compact]) {
        let first = parts.iter().find_map(|part| match &part.values {
            Written::Values(array) => Some(array.data_type()),
            Written::Validity(_) => None,
        });
        match first {
            None => self.count(parts, states),
            Some(data_type) => with_primitive!(data_type, P => self.add::<P>(parts, states),
                _ => unreachable!("{data_type} values are no numbers")),
        }
    }

    /// The rows of each part, with their groups.
    fn each_part<'a>(
        &'a self,
        parts: &'a [Part],
    ) -> impl Iterator<Item = (&'a Part, impl Iterator<Item = (usize, usize)>)> {
        let mut from = 0;
        parts.iter().map(move |part| {
            let end = part.start + part.rows;
            let count = self.rows[from..].partition_point(|&row| (row as usize) < end);
            let span = from..from + count;
            from += count;
            let rows = self.rows[span.clone()].iter().map(|&row| row as usize - part.start);
            (part, rows.zip(self.groups[span].iter().map(|&group| group as usize)))
        })
    }

    /// Adds values that are only counted.
    fn count(&self, parts: &[Part], states: &mut [Compact]) {
        for (part, rows) in self.each_part(parts) {
            let validity = part.validity();
            for (row, group) in rows {
                let valid = validity.is_none_or(|validity| validity.is_valid(row));
                states[group].add_counts(u64::from(valid), u64::from(!valid));
            }
        }
    }

    /// Adds numbers.
    fn add<P: ArrowPrimitiveType<Native: Element>>(&self, parts: &[Part], states: &mut [Compact]) {
        let (sorted, ends) = self.sorted::<P>(parts);
        for (group, state) in states.iter_mut().enumerate() {
            let [start, next] = [self.starts[group], self.starts[group + 1]];
            if start < next {
                let values = &sorted[start as usize..ends[group] as usize];
                let mut part = Moments::new();
                part.update((next - start) as usize, &Block::Dense(values), Need::Everything);
                state.add(&part);
            }
        }
    }

    /// The valid values, those of each group from its start on, and where they end.
    fn sorted<P: ArrowPrimitiveType>(&self, parts: &[Part]) -> (Vec<P::Native>, Vec<u32>) {
        let mut sorted = vec![P::Native::default(); self.rows.len()];
        let mut ends = self.starts.clone();
        for (part, rows) in self.each_part(parts) {
            let Written::Values(array) = &part.values else {
                continue; // nothing but nulls
            };
            let (values, validity) = (array.as_primitive::<P>().values(), part.validity());
            for (row, group) in rows {
                if validity.is_none_or(|validity| validity.is_valid(row)) {
                    let place = &mut ends[group];
                    sorted[*place as usize] = values[row];
                    *place += 1;
                }
            }
        }
        (sorted, ends)
    }
}
