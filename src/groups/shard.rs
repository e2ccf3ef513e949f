//! The groups that one thread works on, and how rows are added to them.

use std::ops::Range;

use super::lane::{Lane, Rows};
use super::lookup::KeyTable;
use super::stretch::{Form, Keys};
use super::table::Hasher;
use crate::columns::rows::RowIndex;
use crate::states::moments::MAX_ROWS;
use crate::states::single::Single;

/// Groups, and what is known of them.
pub struct Shard<const S: usize, const E: usize> {
    pub keys: KeyTable,
    /// The number of rows by group.
    pub sizes: Vec<u64>,
    pub columns: Vec<Lane<S, E>>,
    /// The groups of the rows at hand.
    groups: Vec<u32>,
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
        for (lane, column) in self.columns.iter_mut().zip(columns) {
            let mut start = 0;
            for chunk in column.between(stretch.rows.clone()) {
                let end = start + chunk.rows();
                let (rows, span) = match picks {
                    None => (Rows::All(chunk.rows()), start..end),
                    Some(picks) => {
                        let at = |row: usize| picks.partition_point(|&pick| (pick as usize) < row);
                        let span = at(start)..at(end);
                        (Rows::Picked { picks: &picks[span.clone()], start }, span)
                    }
                };
                // The sums of a lane rely on the sizes before these rows.
                lane.add(
                    &chunk,
                    rows,
                    (start == 0).then_some(groups.len()),
                    &groups[span],
                    &self.sizes,
                );
                start = end;
            }
        }
        for &group in &groups {
            self.sizes[group as usize] += 1;
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
        self.settle();
        let groups = self.find(stretch, picks);
        let mut fits = true;
        for (i, &group) in groups.iter().enumerate() {
            let row = stretch.rows.start + picks.map_or(i, |picks| picks[i] as usize);
            fits &= self.merge_group(group as usize, sizes[row], |column| columns[column].get(row));
        }
        self.groups = groups;
        fits
    }

    /// Adds the groups of another shard that are picked by their hashes; whether their rows can be counted. Both shards
    /// must be settled.
    pub fn absorb(&mut self, other: &Self, hasher: &Hasher, has: impl Fn(u64) -> bool) -> bool {
        let mut fits = true;
        for group in 0..other.keys.len() {
            let key = other.keys.key(group);
            if has(key.hash(hasher)) {
                let ours = self.keys.group(key) as usize;
                self.grow();
                let size = other.sizes[group];
                fits &=
                    self.merge_group(ours, size, |column| other.columns[column].states.get(group));
            }
        }
        fits
    }

    /// Brings everything that is known of the groups into their states.
    pub fn settle(&mut self) {
        self.columns.iter_mut().for_each(|lane| lane.settle(&self.sizes));
    }

    fn merge_group<'a>(
        &mut self,
        group: usize,
        size: u64,
        state: impl Fn(usize) -> Option<&'a Single<S, E>>,
    ) -> bool {
        self.sizes[group] = self.sizes[group].saturating_add(size);
        let mut fits = self.sizes[group] <= MAX_ROWS;
        for (column, lane) in self.columns.iter_mut().enumerate() {
            lane.grow(self.sizes.len());
            // There are no states if the work was cancelled.
            if let Some(state) = state(column) {
                lane.states[group].merge(state);
                fits &= lane.states[group].rows() <= MAX_ROWS;
            }
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
        self.sizes.resize(self.keys.len(), 0);
    }
}
