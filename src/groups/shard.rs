//! The groups that one thread works on, and how rows are added to them.

use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_buffer::NullBuffer;

use super::lookup::KeyTable;
use super::misfits::{Misfit, Misfits};
use super::stretch::{Form, Keys};
use super::table::Hasher;
use crate::columns::array::numbers;
use crate::columns::chunk::Chunk;
use crate::columns::primitive::with_primitive;
use crate::columns::rows::RowIndex;
use crate::columns::values::Values;
use crate::states::moments::MAX_ROWS;
use crate::states::single::Single;

/// Bytes of states from which they are read ahead: below, they fit the L2 cache.
const READ_AHEAD_MIN_BYTES: usize = 1 << 18;

/// Groups, and what is known of them.
pub struct Shard<const S: usize, const E: usize> {
    pub keys: KeyTable,
    /// The number of rows by group.
    pub sizes: Vec<u64>,
    pub columns: Vec<Lane<S, E>>,
    /// The groups of the rows at hand.
    groups: Vec<u32>,
}

/// The states of a column by group, and values that are not in them yet.
#[derive(Default)]
pub struct Lane<const S: usize, const E: usize> {
    pub states: Vec<Single<S, E>>,
    misfits: Misfits,
}

/// Consecutive rows, with their keys.
pub struct Stretch {
    pub rows: Range<usize>,
    pub keys: Keys,
}

impl<const S: usize, const E: usize> Shard<S, E> {
    pub fn new(form: Form, hasher: &Hasher, columns: usize) -> Self {
        let columns = (0..columns).map(|_| Lane::default()).collect();
        Self { keys: KeyTable::new(form, hasher), sizes: vec![], columns, groups: vec![] }
    }

    /// Adds the picked rows of a stretch, or all.
    pub fn push(&mut self, stretch: &Stretch, columns: &[RowIndex<'_>], picks: Option<&[u32]>) {
        let groups = self.find(stretch, picks);
        for &group in &groups {
            self.sizes[group as usize] += 1;
        }
        for (lane, column) in self.columns.iter_mut().zip(columns) {
            let mut start = 0;
            for chunk in column.between(stretch.rows.clone()) {
                let end = start + chunk.rows();
                match picks {
                    None => lane.add(&chunk, 0..chunk.rows(), &groups[start..end]),
                    Some(picks) => {
                        let at = |row: usize| picks.partition_point(|&pick| (pick as usize) < row);
                        let span = at(start)..at(end);
                        let rows = picks[span.clone()].iter().map(|&pick| pick as usize - start);
                        lane.add(&chunk, rows, &groups[span]);
                    }
                }
                start = end;
            }
            lane.misfits.add_enough_to(&mut lane.states);
        }
        self.groups = groups;
    }

    /// Adds states, by column and row, to the groups of the picked rows, or all; whether no group now has more
    /// rows than a state can count.
    pub fn merge(
        &mut self,
        stretch: &Stretch,
        columns: &[&[Single<S, E>]],
        sizes: &[u64],
        picks: Option<&[u32]>,
    ) -> bool {
        let groups = self.find(stretch, picks);
        let mut fits = true;
        for (i, &group) in groups.iter().enumerate() {
            let row = stretch.rows.start + picks.map_or(i, |picks| picks[i] as usize);
            fits &= self.merge_group(group as usize, sizes[row], |column| &columns[column][row]);
        }
        self.groups = groups;
        fits
    }

    /// Adds the groups of another shard that are picked by their hashes; whether their rows can be counted.
    pub fn absorb(&mut self, other: &Self, hasher: &Hasher, has: impl Fn(u64) -> bool) -> bool {
        let mut fits = true;
        for group in 0..other.keys.len() {
            let key = other.keys.key(group);
            if has(key.hash(hasher)) {
                let ours = self.keys.group(key) as usize;
                self.grow();
                let size = other.sizes[group];
                fits &= self.merge_group(ours, size, |column| &other.columns[column].states[group]);
            }
        }
        fits
    }

    /// Adds all values that were set aside.
    pub fn settle(&mut self) {
        self.columns.iter_mut().for_each(|lane| lane.misfits.add_to(&mut lane.states));
    }

    fn merge_group<'a>(
        &mut self,
        group: usize,
        size: u64,
        state: impl Fn(usize) -> &'a Single<S, E>,
    ) -> bool {
        self.sizes[group] = self.sizes[group].saturating_add(size);
        let mut fits = self.sizes[group] <= MAX_ROWS;
        for (column, lane) in self.columns.iter_mut().enumerate() {
            lane.states[group].merge(state(column));
            fits &= lane.states[group].rows() <= MAX_ROWS;
        }
        fits
    }

    /// The groups of the picked rows, or of all; new groups get empty states.
    fn find(&mut self, stretch: &Stretch, picks: Option<&[u32]>) -> Vec<u32> {
        let mut groups = std::mem::take(&mut self.groups);
        groups.clear();
        self.keys.find(&stretch.keys, picks, &mut groups);
        self.grow();
        groups
    }

    fn grow(&mut self) {
        let count = self.keys.len();
        self.sizes.resize(count, 0);
        self.columns.iter_mut().for_each(|lane| lane.states.resize(count, Single::default()));
    }
}

impl<const S: usize, const E: usize> Lane<S, E> {
    /// Adds rows of a chunk, each to its group.
    fn add(&mut self, chunk: &Chunk, rows: impl Iterator<Item = usize>, groups: &[u32]) {
        self.read_ahead(groups);
        let rows = rows.zip(groups.iter().copied());
        match chunk.decoded() {
            Values::Array(array) => {
                let numbers = numbers(&array);
                let validity = numbers.nulls().filter(|validity| validity.null_count() > 0);
                with_primitive!(numbers.data_type(), P => {
                    let values = numbers.as_primitive::<P>().values();
                    self.add_values::<<P as ArrowPrimitiveType>::Native>(values, validity, rows);
                }, _ => self.count(array.logical_nulls().as_ref(), rows));
            }
            Values::Opaque(opaque) => self.count(opaque.validity.as_ref(), rows),
        }
    }

    fn add_values<T: Misfit>(
        &mut self,
        values: &[T],
        validity: Option<&NullBuffer>,
        rows: impl Iterator<Item = (usize, u32)>,
    ) {
        let Self { states, misfits } = self;
        match validity {
            None => {
                for (row, group) in rows {
                    if !states[group as usize].offer(values[row]) {
                        values[row].set_aside(group, misfits);
                    }
                }
            }
            Some(validity) => {
                for (row, group) in rows {
                    let state = &mut states[group as usize];
                    if !validity.is_valid(row) {
                        state.add_null();
                    } else if !state.offer(values[row]) {
                        values[row].set_aside(group, misfits);
                    }
                }
            }
        }
    }

    /// Counts values that are not read.
    fn count(&mut self, validity: Option<&NullBuffer>, rows: impl Iterator<Item = (usize, u32)>) {
        for (row, group) in rows {
            let state = &mut self.states[group as usize];
            match validity.is_none_or(|validity| validity.is_valid(row)) {
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
