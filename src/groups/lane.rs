//! The states of one column by group, and how values are added to them.
//!
//! Floats that lie close together are added to sums on grids that all groups [share](super::shared). All other
//! values are added to the states of their groups one by one, and those that do not fit these are set aside
//! ([`misfits`](super::misfits)).

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_buffer::NullBuffer;

use super::misfits::{Misfit, Misfits};
use super::shared::Shared;
use crate::columns::array::numbers;
use crate::columns::chunk::Chunk;
use crate::columns::primitive::with_primitive;
use crate::columns::values::Values;
use crate::kernels::scatter;
use crate::states::single::Single;

/// Bytes of states from which they are read ahead: below, they fit the L2 cache.
const READ_AHEAD_MIN_BYTES: usize = 1 << 18;

/// The states of a column by group, and values that are not in them yet.
#[derive(Default)]
pub struct Lane<const S: usize, const E: usize> {
    /// Those of the first groups: others have no values in them.
    pub states: Vec<Single<S, E>>,
    shared: Shared,
    misfits: Misfits,
    /// Values as doubles, and positions of those that are not in the shared sums, kept for their memory.
    doubles: Vec<f64>,
    others: Vec<u32>,
}

/// Some rows of a chunk.
#[derive(Clone, Copy)]
pub enum Rows<'a> {
    /// All, this many.
    All(usize),
    /// Those at some positions, counted from `start` rows before the chunk.
    Picked { picks: &'a [u32], start: usize },
}

impl Rows<'_> {
    #[inline(always)]
    fn at(&self, i: usize) -> usize {
        match self {
            Self::All(_) => i,
            Self::Picked { picks, start } => picks[i] as usize - start,
        }
    }

    /// The values of the rows as doubles.
    pub fn doubles<'v, T: Copy>(
        &self,
        values: &'v [T],
        convert: impl Fn(T) -> f64,
        room: &'v mut Vec<f64>,
    ) -> &'v [f64] {
        room.clear();
        match self {
            Self::All(rows) => room.extend(values[..*rows].iter().map(|&value| convert(value))),
            Self::Picked { picks, start } => {
                room.extend(picks.iter().map(|&pick| convert(values[pick as usize - start])));
            }
        }
        room
    }

    /// A bit for each row: whether it is valid; and how many are not.
    fn validity(&self, validity: &NullBuffer) -> (Vec<u8>, usize) {
        match self {
            Self::All(_) => (validity.inner().sliced().to_vec(), validity.null_count()),
            Self::Picked { picks, start } => {
                let (mut bytes, mut nulls) = (vec![0; picks.len().div_ceil(8)], 0);
                for (i, &pick) in picks.iter().enumerate() {
                    let is_valid = validity.is_valid(pick as usize - start);
                    bytes[i / 8] |= u8::from(is_valid) << (i % 8);
                    nulls += usize::from(!is_valid);
                }
                (bytes, nulls)
            }
        }
    }
}

impl<const S: usize, const E: usize> Lane<S, E> {
    /// Adds rows of a chunk, each to its group. With the first chunk of a stretch comes the number of all of its rows;
    /// `sizes` are those of the groups before it.
    pub fn add(
        &mut self,
        chunk: &Chunk,
        rows: Rows<'_>,
        first_of: Option<usize>,
        groups: &[u32],
        sizes: &[u64],
    ) {
        match chunk.decoded() {
            Values::Array(array) => {
                let numbers = numbers(&array);
                let validity = numbers.nulls().filter(|validity| validity.null_count() > 0);
                with_primitive!(numbers.data_type(), P => {
                    let values = numbers.as_primitive::<P>().values();
                    if let Some(all) = first_of {
                        self.prepare::<<P as ArrowPrimitiveType>::Native>(
                            values, validity, rows, all, sizes,
                        );
                    }
                    self.add_values::<<P as ArrowPrimitiveType>::Native>(
                        values, validity, rows, groups, sizes,
                    );
                }, _ => self.count(array.logical_nulls().as_ref(), rows, groups, sizes));
            }
            Values::Opaque(opaque) => self.count(opaque.validity.as_ref(), rows, groups, sizes),
        }
        self.misfits.add_enough_to(&mut self.states);
    }

    /// Brings all that is known into the states.
    pub fn settle(&mut self, sizes: &[u64]) {
        self.shared.move_to(&mut self.states, sizes);
        self.misfits.add_to(&mut self.states);
    }

    /// Adds the values that were set aside to the states.
    pub fn settle_misfits(&mut self) {
        self.misfits.add_to(&mut self.states);
    }

    /// The state of a group of some size, for good. No values are set aside.
    pub fn take(&mut self, group: usize, size: u64) -> Single<S, E> {
        let mut state = self.states.get_mut(group).map(std::mem::take).unwrap_or_default();
        self.shared.add_to(group, size, &mut state);
        state
    }

    /// A copy of what [`Self::take`] takes, unless a part of it is on the heap.
    pub fn copy(&self, group: usize, size: u64) -> Option<Single<S, E>> {
        let mut state = match self.states.get(group) {
            Some(state) if !state.is_flat() => return None,
            Some(state) => state.clone(),
            None => Single::default(),
        };
        self.shared.add_to(group, size, &mut state);
        Some(state)
    }

    /// Reads some of what is known of a group, to bring it into the cache.
    #[inline(always)]
    pub fn touch(&self, group: usize) -> u64 {
        self.shared.touch(group) ^ self.states.get(group).map_or(0, Single::touch)
    }

    /// Makes states for groups that have none.
    pub fn grow(&mut self, groups: usize) {
        if self.states.len() < groups {
            self.states.resize(groups, Single::default());
        }
    }

    fn prepare<T: Misfit>(
        &mut self,
        values: &[T],
        validity: Option<&NullBuffer>,
        rows: Rows<'_>,
        all: usize,
        sizes: &[u64],
    ) {
        let Self { shared, states, doubles, .. } = self;
        let is_valid = |i: usize| validity.is_none_or(|validity| validity.is_valid(rows.at(i)));
        let top = || {
            let doubles = T::doubles(values, rows, doubles)?.iter().enumerate();
            scatter::top_for(doubles.filter(|(i, _)| is_valid(*i)).map(|(_, &value)| value))
        };
        shared.prepare(top, all, sizes, states);
    }

    fn add_values<T: Misfit>(
        &mut self,
        values: &[T],
        validity: Option<&NullBuffer>,
        rows: Rows<'_>,
        groups: &[u32],
        sizes: &[u64],
    ) {
        if !self.shared.is_in_use() {
            self.grow(sizes.len());
            self.read_ahead(groups);
            return match rows {
                Rows::All(_) => self.add_each(values, validity, |i| i, groups),
                picked => self.add_each(values, validity, |i| picked.at(i), groups),
            };
        }
        let Some(doubles) = T::doubles(values, rows, &mut self.doubles) else {
            groups.iter().for_each(|&group| self.shared.note_elsewhere(group));
            self.grow(sizes.len());
            return self.add_each(values, validity, |i| rows.at(i), groups);
        };
        let (validity_bits, nulls) = validity.map(|validity| rows.validity(validity)).unzip();
        self.others.clear();
        let doubles =
            scatter::Values { values: doubles, groups, validity: validity_bits.as_deref() };
        self.shared.add(doubles, nulls.unwrap_or(0), &mut self.others);
        if self.others.is_empty() {
            return;
        }
        self.grow(sizes.len());
        let others = std::mem::take(&mut self.others);
        for &other in &others {
            let (row, group) = (rows.at(other as usize), groups[other as usize]);
            self.add_one(
                values[row],
                validity.is_none_or(|validity| validity.is_valid(row)),
                group,
            );
        }
        self.others = others;
    }

    fn add_each<T: Misfit>(
        &mut self,
        values: &[T],
        validity: Option<&NullBuffer>,
        row: impl Fn(usize) -> usize,
        groups: &[u32],
    ) {
        match validity {
            None => {
                for (i, &group) in groups.iter().enumerate() {
                    self.add_one(values[row(i)], true, group);
                }
            }
            Some(validity) => {
                for (i, &group) in groups.iter().enumerate() {
                    let row = row(i);
                    self.add_one(values[row], validity.is_valid(row), group);
                }
            }
        }
    }

    #[inline(always)]
    fn add_one<T: Misfit>(&mut self, value: T, is_valid: bool, group: u32) {
        let state = &mut self.states[group as usize];
        if !is_valid {
            state.add_null();
        } else if !state.offer(value) {
            value.set_aside(group, &mut self.misfits);
        }
    }

    /// Counts values that are not read.
    fn count(
        &mut self,
        validity: Option<&NullBuffer>,
        rows: Rows<'_>,
        groups: &[u32],
        sizes: &[u64],
    ) {
        self.grow(sizes.len());
        for (i, &group) in groups.iter().enumerate() {
            if self.shared.is_in_use() {
                self.shared.note_elsewhere(group);
            }
            let state = &mut self.states[group as usize];
            match validity.is_none_or(|validity| validity.is_valid(rows.at(i))) {
                true => state.add_counts(1, 0),
                false => state.add_null(),
            }
        }
    }

    /// Brings the states of groups into the cache, if they may not be there: the reads of a loop without branches do
    /// not wait for each other.
    fn read_ahead(&self, groups: &[u32]) {
        if size_of_val(&self.states[..]) >= READ_AHEAD_MIN_BYTES {
            let states = groups.iter().map(|&group| self.states[group as usize].touch());
            std::hint::black_box(states.fold(0, |all, state| all ^ state));
        }
    }
}
