//! The groups that one thread works on, and how rows are added to them.

use std::ops::Range;

use super::division::{Picks, Split};
use super::lane::{Lane, Rows};
use super::lookup::{KeyTable, Which};
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
    /// The rows of each part, if they are divided; the keys are in the same order, if they could be moved.
    pub picks: Option<Picks>,
}

impl Stretch {
    /// Divides the rows by the parts of their keys.
    pub fn divided(mut self, split: &Split) -> Self {
        let picks = Picks::new(&self.keys.parts(split), split.parts);
        self.keys.reorder(picks.all());
        self.picks = Some(picks);
        self
    }

    /// The rows that belong to a part: where their keys are, if these were moved, or else which rows.
    fn rows_of(&self, part: usize) -> (Option<&[u32]>, Which<'_>) {
        let Some(picks) = &self.picks else { return (None, Which::Span(0..self.rows.len())) };
        let span = picks.span(part);
        let rows = &picks.all()[span.clone()];
        (Some(rows), if self.keys.is_movable() { Which::Span(span) } else { Which::These(rows) })
    }
}

impl<const S: usize, const E: usize> Shard<S, E> {
    pub fn new(form: Form, hasher: &Hasher, columns: usize) -> Self {
        let columns = (0..columns).map(|_| Lane::default()).collect();
        Self { keys: KeyTable::new(form, hasher), sizes: vec![], columns, groups: vec![] }
    }

    /// Adds the rows of a stretch that belong to a part.
    pub fn push(&mut self, stretch: &Stretch, columns: &[RowIndex<'_>], part: usize) {
        let (picks, which) = stretch.rows_of(part);
        let groups = self.find(stretch, which, part);
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

    /// The groups of the rows that were added last.
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// Adds states, by column and row, to the groups of the rows that belong to a part; whether no group now has more
    /// rows than a state can count.
    pub fn merge(
        &mut self,
        stretch: &Stretch,
        columns: &[&[Single<S, E>]],
        sizes: &[u64],
        part: usize,
    ) -> bool {
        self.settle();
        let (picks, which) = stretch.rows_of(part);
        let groups = self.find(stretch, which, part);
        let mut fits = true;
        for (i, &group) in groups.iter().enumerate() {
            let row = stretch.rows.start + picks.map_or(i, |picks| picks[i] as usize);
            fits &= self.merge_group(group as usize, sizes[row], |column| columns[column].get(row));
        }
        self.groups = groups;
        fits
    }

    /// Adds some groups of another shard; both must be settled. A thread has counted their rows, so these can be counted.
    pub fn absorb(&mut self, other: &Self, groups: &[u32]) {
        for group in groups.iter().map(|&group| group as usize) {
            let ours = self.keys.group(other.keys.key(group)) as usize;
            self.grow();
            let size = other.sizes[group];
            self.merge_group(ours, size, |column| other.columns[column].states.get(group));
        }
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

    /// The groups of some rows; new groups get empty states.
    fn find(&mut self, stretch: &Stretch, which: Which<'_>, part: usize) -> Vec<u32> {
        let mut groups = std::mem::take(&mut self.groups);
        groups.clear();
        self.keys.find(&stretch.keys, which, part, &mut groups);
        self.grow();
        groups
    }

    fn grow(&mut self) {
        self.sizes.resize(self.keys.len(), 0);
    }
}
