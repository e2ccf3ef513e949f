//! Several columns folded into one state on several threads.

use super::pool::{self, PART_ROWS};
use crate::columns::aligned::for_each_block;
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::kernels::monomials::Monomials;
use crate::states::joint::Joint;

/// The sums of monomials of columns that have as many rows each.
pub fn fold_joint(columns: &[&[Chunk]], monomials: &[&[usize]], threads: usize) -> Joint {
    let columns = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    let rows = columns.first().map_or(0, RowIndex::rows);
    let parts = (0..rows).step_by(PART_ROWS).map(|start| start..rows.min(start + PART_ROWS));
    let work = rows.saturating_mul(columns.len());
    let states = pool::map(parts.collect(), work, threads, |rows| {
        let mut sums = Monomials::new(monomials);
        let rows = for_each_block(&columns, rows, |block| sums.add(block));
        Joint { rows, sums: sums.finish() }
    });
    states.iter().fold(Joint::new(monomials.len()), |mut total, state| {
        total.merge(state);
        total
    })
}
