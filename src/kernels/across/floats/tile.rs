//! A tile: some neighbouring columns, whose groups read a block of rows after another.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Vectors;
use super::group::Group;
use super::stripes::Stripe;
use crate::kernels::across::rows::Rows;
use crate::kernels::element::Need;
use crate::kernels::floats::Ieee;
use crate::kernels::slices::STEPS;
use crate::kernels::sums::Sums;
use crate::kernels::window::Window;

/// Columns of a tile. Their accumulators stay in the second-level cache, and so do the rows of a block until all
/// groups have read them.
pub(super) const TILE_COLUMNS: usize = 1024;
/// Rows that show what grids the columns need.
const FIRST_ROWS: usize = 8;

/// Some neighbouring columns.
pub(super) struct Tile<'a, T: Ieee> {
    groups: Vec<Group>,
    stripes: Vec<Stripe>,
    rest: Rest<'a, T>,
}

/// Where sums go, and what does not fit the stripes.
pub(super) struct Rest<'a, T: Ieee> {
    pub(super) vectors: Vectors,
    pub(super) need: Need,
    /// One for each column; columns of joined rows beyond that are the first ones again.
    pub(super) sums: &'a mut [Sums],
    /// For columns that had blocks which fit no grids.
    windows: BTreeMap<usize, Window<T>>,
    /// A block without its special values.
    pub(super) finite: Vec<T>,
}

impl<'a, T: Ieee> Tile<'a, T> {
    /// Some of the columns. The last of them fill a vector together with those before, which belong to another.
    pub(super) fn new(
        vectors: Vectors,
        need: Need,
        columns: Range<usize>,
        sums: &'a mut [Sums],
    ) -> Self {
        let (mut groups, mut stripes, mut own) = (vec![], vec![], columns.start);
        let empty = Stripe::new(need);
        while own < columns.end {
            let is_whole = own + vectors.stripes * vectors.lanes <= columns.end;
            let count = if is_whole { vectors.stripes } else { 1 };
            let first = own.min(columns.end - vectors.lanes);
            groups.push(Group::new(first, own, stripes.len()..stripes.len() + count));
            stripes.extend(std::iter::repeat_n(&empty, count).cloned());
            own = first + count * vectors.lanes;
        }
        let rest = Rest { vectors, need, sums, windows: BTreeMap::new(), finite: vec![] };
        Self { groups, stripes, rest }
    }

    pub(super) fn add(&mut self, rows: Rows<'_, T>) {
        let first = rows.count().min(FIRST_ROWS);
        let others = rows.between(first..rows.count()).blocks(STEPS);
        for block in rows.between(0..first).blocks(STEPS).chain(others) {
            for group in &mut self.groups {
                let stripes = &mut self.stripes[group.stripes.clone()];
                let columns = group.first..group.first + stripes.len() * self.rest.vectors.lanes;
                group.add(block.of_columns(columns), stripes, &mut self.rest);
            }
        }
    }

    pub(super) fn finish(mut self) {
        for group in &self.groups {
            group.flush(&mut self.stripes[group.stripes.clone()], &mut self.rest);
        }
        let Rest { sums, windows, .. } = self.rest;
        for (column, window) in windows {
            window.finish(&mut sums[column]);
        }
    }
}

impl<T: Ieee> Rest<'_, T> {
    /// Adds values of a column by integer arithmetic.
    #[cold]
    #[inline(never)]
    pub(super) fn add_column<'b>(&mut self, column: usize, values: impl Iterator<Item = &'b T>) {
        let mut dense = [T::default(); STEPS];
        let mut length = 0;
        for (place, &value) in dense.iter_mut().zip(values) {
            *place = value;
            length += 1;
        }
        let need = self.need;
        let window = self.windows.entry(column).or_insert_with(|| Window::new(need));
        window.update(&dense[..length], &mut self.sums[column]);
    }
}
