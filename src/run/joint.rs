//! Several columns folded into one state on several threads.

use super::ranges::fold_ranges;
use crate::columns::aligned::for_each_block;
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::kernels::by_row::ByRow;
use crate::kernels::monomials::Monomials;
use crate::states::joint::Joint;

/// The most factors of a product that is computed as a sum of doubles: they are eight terms. Those of a product of six,
/// 32 terms, take as long as wide integers do.
const MAX_FACTORS: usize = 4;

/// The sums of monomials of columns that have as many rows each.
pub fn fold_joint(columns: &[&[Chunk]], monomials: &[&[usize]], threads: usize) -> Joint {
    let index = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    let rows = index.first().map_or(0, RowIndex::rows);
    let mut total = Joint::new(monomials.len());
    if columns.iter().any(|chunks| chunks.iter().all(|chunk| chunk.work() == 0)) {
        // A column without memory is one of nulls, and may have any number of rows.
        total.rows.nulls = rows as u64;
        return total;
    }
    let has_high_powers = monomials.iter().any(|factors| factors.len() > MAX_FACTORS);
    let fold = |rows| {
        if has_high_powers {
            let mut sums = ByRow::new(monomials);
            let rows = for_each_block(&index, rows, |block| sums.add(block));
            return Joint { rows, sums: sums.finish() };
        }
        let mut sums = Monomials::new(monomials);
        let rows = for_each_block(&index, rows, |block| sums.add(block));
        Joint { rows, sums: sums.finish() }
    };
    fold_ranges(rows, columns.len(), threads, fold, |part| total.merge(&part));
    total
}
