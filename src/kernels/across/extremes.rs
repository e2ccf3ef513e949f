//! Minimum and maximum of each column of a table.
//!
//! Values are compared by their [ranks](Element::rank), without a look at NaNs: the rank of a NaN is beyond that of an
//! infinity, so a block that has one is found out by its extremes, and that column of it is read again.

use super::level_of;
use super::rows::Rows;
use super::walk::{COLUMNS, for_each_block, prefetch};
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::element::Element;
use crate::kernels::extremes::Extremes;
use crate::kernels::vector::Vector;

/// Minimum and maximum of each column, and its number of NaNs.
pub fn extremes<T: Element>(rows: Rows<'_, T>) -> Vec<(Option<Extremes>, u64)> {
    extremes_at(Level::current(), rows)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn extremes_on<T: Element>(isa: Isa, rows: Rows<'_, T>) -> Vec<(Option<Extremes>, u64)> {
    extremes_at(level_of(isa), rows)
}

pub(super) fn extremes_at<T: Element>(
    level: Level,
    rows: Rows<'_, T>,
) -> Vec<(Option<Extremes>, u64)> {
    let nothing = Column { least: T::GREATEST, greatest: T::LEAST, nans: 0 };
    let mut columns = vec![nothing; rows.columns()];
    for_each_block(rows, |block, first| {
        dispatch::run(level, AddBlock { block, first, columns: &mut columns });
    });
    let found = columns.into_iter().map(|Column { least, greatest, nans }| {
        let found = (nans < rows.count() as u64).then(|| Extremes {
            min: T::from_rank(least).extreme(),
            max: T::from_rank(greatest).extreme(),
        });
        (found, nans)
    });
    found.collect()
}

/// The extreme ranks of a column so far.
#[derive(Clone, Copy)]
struct Column<R> {
    least: R,
    greatest: R,
    nans: u64,
}

struct AddBlock<'a, T: Element> {
    block: Rows<'a, T>,
    first: usize,
    columns: &'a mut [Column<T::Rank>],
}

impl<T: Element> Task for AddBlock<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let (mut least, mut greatest) = ([T::GREATEST; COLUMNS], [T::LEAST; COLUMNS]);
        for (i, row) in self.block.iter().enumerate() {
            prefetch::<V, T>(self.block, i);
            match <&[T; COLUMNS]>::try_from(row) {
                // Of a length that the compiler knows.
                Ok(row) => add_row(row, &mut least, &mut greatest),
                Err(_) => add_row(row, &mut least, &mut greatest),
            }
        }
        let count = self.columns.len();
        for column in 0..self.block.columns() {
            let all = &mut self.columns[(self.first + column) % count];
            let (mut least, mut greatest) = (least[column], greatest[column]);
            if T::from_rank(least).is_nan() || T::from_rank(greatest).is_nan() {
                (least, greatest) = (T::GREATEST, T::LEAST);
                for value in self.block.column(column) {
                    if value.is_nan() {
                        all.nans += 1;
                    } else {
                        least = least.min(value.rank());
                        greatest = greatest.max(value.rank());
                    }
                }
            }
            all.least = all.least.min(least);
            all.greatest = all.greatest.max(greatest);
        }
    }
}

#[inline(always)]
fn add_row<T: Element>(
    row: &[T],
    least: &mut [T::Rank; COLUMNS],
    greatest: &mut [T::Rank; COLUMNS],
) {
    for ((value, least), greatest) in row.iter().zip(least).zip(greatest) {
        let rank = value.rank();
        *least = rank.min(*least);
        *greatest = rank.max(*greatest);
    }
}
