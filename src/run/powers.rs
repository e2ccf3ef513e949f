//! Sums of products of many factors, such as high powers, folded on several threads.

use super::joint::fold_joint;
use super::ranges::fold_ranges;
use crate::columns::aligned::{Reading, for_each_block};
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::kernels::by_row::ByRow;
use crate::states::joint::Joint;

/// The most factors of a product that is computed as a sum of doubles: they are eight terms. Those of a product of six,
/// 32 terms, take as long as wide integers do.
const MAX_FACTORS: usize = 4;

/// The exact sums of monomials of any degree of columns that have as many rows each.
pub fn fold_powers(columns: &[&[Chunk]], monomials: &[Vec<usize>], threads: usize) -> Joint {
    // A column without memory is one of nulls, and may have any number of rows.
    let has_nothing = |chunks: &&[Chunk]| chunks.iter().all(|chunk| chunk.work() == 0);
    let are_low = monomials.iter().all(|factors| factors.len() <= MAX_FACTORS);
    if are_low || columns.iter().any(has_nothing) {
        return fold_joint(columns, monomials, threads);
    }
    let index = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    let mut total = Joint::new(monomials.len());
    let fold = |rows| {
        let mut sums = ByRow::new(monomials);
        let rows = for_each_block(&index, Reading::FINITE, rows, |block| sums.add(block));
        let rows = rows.unwrap_or_else(|_| unreachable!("there are no weights"));
        Joint { rows, sums: sums.finish() }
    };
    let rows = index.first().map_or(0, RowIndex::rows);
    fold_ranges(rows, columns.len(), threads, fold, |part| total.merge(&part));
    total
}
