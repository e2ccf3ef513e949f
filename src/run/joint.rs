//! Several columns folded into one state on several threads.

use super::ranges::fold_ranges;
use crate::columns::aligned::for_each_block;
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::exact::{Ball, Undecided};
use crate::kernels::monomials::{Monomials, Precision};
use crate::states::joint::{Joint, NearJoint};

/// The exact sums of monomials of columns that have as many rows each.
pub fn fold_joint(
    columns: &[&[Chunk]],
    monomials: &[impl AsRef<[usize]> + Sync],
    threads: usize,
) -> Joint {
    let total = fold_near(columns, monomials, Precision::Exact, threads);
    let sums = total.sums.into_iter().map(Ball::into_middle).collect();
    Joint { rows: total.rows, sums }
}

/// The same, to within an error if the precision allows it.
pub fn fold_near(
    columns: &[&[Chunk]],
    monomials: &[impl AsRef<[usize]> + Sync],
    precision: Precision,
    threads: usize,
) -> NearJoint {
    let index = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    let rows = index.first().map_or(0, RowIndex::rows);
    let mut total = NearJoint::new(monomials.len());
    if columns.iter().any(|chunks| chunks.iter().all(|chunk| chunk.work() == 0)) {
        // A column without memory is one of nulls, and may have any number of rows.
        total.rows.nulls = rows as u64;
        return total;
    }
    let fold = |rows| {
        let mut sums = Monomials::new(monomials, precision);
        let rows = for_each_block(&index, rows, |block| sums.add(block));
        NearJoint { rows, sums: sums.finish() }
    };
    fold_ranges(rows, columns.len(), threads, fold, |part| total.merge(&part));
    total
}

/// What a question about sums of monomials comes to, with sums that are as near as it takes: exact ones if an error
/// leaves it open.
pub fn settle<T>(
    columns: &[&[Chunk]],
    monomials: &[impl AsRef<[usize]> + Sync],
    threads: usize,
    question: impl Fn(&NearJoint) -> Result<T, Undecided>,
) -> T {
    let answer = |precision| question(&fold_near(columns, monomials, precision, threads));
    decided(answer(Precision::Near).or_else(|Undecided| answer(Precision::Exact)))
}

/// What a question about exact sums comes to.
pub fn decided<T>(answer: Result<T, Undecided>) -> T {
    answer.unwrap_or_else(|Undecided| unreachable!("exact sums leave nothing open"))
}
