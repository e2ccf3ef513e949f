//! The values of a batch, sorted by group.
//!
//! Kernels take slices, but the values of a group need not be adjacent. So each column is sorted by
//! group number. This is a counting sort: it counts the rows of each group once, and then moves each
//! value to its place. The kernels then take one slice per group, as if it were a column: no kernel
//! needs to know about groups.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_buffer::NullBuffer;

use crate::columns::array::numbers;
use crate::columns::chunk::Chunk;
use crate::columns::opaque::Opaque;
use crate::columns::primitive::with_primitive;
use crate::columns::values::Values;
use crate::kernels::{Block, Element, Need};
use crate::states::accumulator::Accumulator;
use crate::states::compact::Compact;

/// Some rows of a batch, and the group of each.
pub struct Arrangement {
    /// Ascending.
    rows: Vec<u32>,
    groups: Vec<u32>,
    /// Where each group begins once the rows are sorted by group, and where the last one ends.
    starts: Vec<u32>,
}

/// A chunk of a column in a batch: its first row, and its values if they can be read.
pub struct Part {
    start: usize,
    rows: usize,
    values: Values,
}

impl Part {
    /// A chunk whose first row is `start`.
    pub fn new(start: usize, chunk: &Chunk) -> Self {
        let rows = chunk.rows();
        let values = match chunk.decoded() {
            Values::Array(array) => {
                let numbers = numbers(&array);
                with_primitive!(numbers.data_type(), _P => Values::Array(numbers),
                    _ => Values::Opaque(Opaque { rows, validity: array.logical_nulls() }))
            }
            opaque => opaque,
        };
        Self { start, rows, values }
    }

    fn validity(&self) -> Option<&NullBuffer> {
        let validity = match &self.values {
            Values::Array(array) => array.nulls(),
            Values::Opaque(opaque) => opaque.validity.as_ref(),
        };
        validity.filter(|validity| validity.null_count() > 0)
    }
}

impl Arrangement {
    /// Rows in ascending order, and the group of each, below `count`.
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

    /// Adds the number of rows of each group.
    pub fn add_sizes(&self, sizes: &mut [u64]) {
        for (size, bounds) in sizes.iter_mut().zip(self.starts.windows(2)) {
            *size += u64::from(bounds[1] - bounds[0]);
        }
    }

    /// Adds the values of a column to the states of the groups.
    pub fn fold(&self, parts: &[Part], states: &mut [Compact]) {
        let first = parts.iter().find_map(|part| match &part.values {
            Values::Array(array) => Some(array.data_type()),
            Values::Opaque(_) => None,
        });
        match first {
            None => self.count(parts, states),
            Some(data_type) => with_primitive!(data_type, P => self.add::<P>(parts, states),
                _ => unreachable!("{data_type} values are not numbers")),
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

    /// Counts values that are not read.
    fn count(&self, parts: &[Part], states: &mut [Compact]) {
        for (part, rows) in self.each_part(parts) {
            let validity = part.validity();
            for (row, group) in rows {
                let valid = validity.is_none_or(|validity| validity.is_valid(row));
                states[group].add_counts(u64::from(valid), u64::from(!valid));
            }
        }
    }

    /// Adds numbers, sorted by group.
    fn add<P: ArrowPrimitiveType<Native: Element>>(&self, parts: &[Part], states: &mut [Compact]) {
        let (sorted, ends) = self.sorted::<P>(parts);
        for (group, state) in states.iter_mut().enumerate() {
            let [start, next] = [self.starts[group], self.starts[group + 1]];
            if start < next {
                let values = &sorted[start as usize..ends[group] as usize];
                let mut part = Accumulator::new();
                part.update((next - start) as usize, &Block::Dense(values), Need::Everything);
                state.add(&part);
            }
        }
    }

    /// The valid values, sorted by group, and where those of each group end.
    fn sorted<P: ArrowPrimitiveType>(&self, parts: &[Part]) -> (Vec<P::Native>, Vec<u32>) {
        let mut sorted = vec![P::Native::default(); self.rows.len()];
        let mut ends = self.starts.clone();
        for (part, rows) in self.each_part(parts) {
            let Values::Array(array) = &part.values else {
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
