//! Sums of products of many factors, such as high powers, folded on several threads.

use arrow_schema::DataType;

use super::joint::{fold, fold_read, fold_weights};
use crate::columns::aligned::{BadWeight, Kind, Reading};
use crate::columns::chunk::Chunk;
use crate::exact::rational::power_of_ten;
use crate::exact::{Ball, Integer};
use crate::kernels::by_row::ByRow;
use crate::kernels::monomials::Precision;
use crate::states::joint::{Joint, RowCounts, RowWeights};
use crate::types;

/// The most factors of a product that is computed as a sum of doubles: they are eight terms. Those of a product of six,
/// 32 terms, take as long as wide integers do.
const MAX_FACTORS: usize = 4;

/// The exact sums of monomials of any degree of columns that have as many rows each, and perhaps a weight for each row.
///
/// # Errors
/// The first weight that is none.
pub fn fold_powers(
    columns: &[&[Chunk]],
    weights: Option<(&DataType, &[Chunk])>,
    monomials: &[Vec<usize>],
    threads: usize,
) -> Result<Joint, BadWeight> {
    let Some((of, chunks)) = weights else {
        return fold_products(columns, monomials, Reading::FINITE, threads);
    };
    let columns = columns.iter().copied().chain([chunks]).collect::<Vec<_>>();
    // The weight is the first factor, so that products of powers share it.
    let weight = vec![columns.len() - 1];
    let weighted = monomials.iter().map(|factors| [&weight[..], factors].concat());
    let weighted = weighted.chain([weight.clone()]).collect::<Vec<_>>();
    let reading = Reading { are_weighted: true, ..Reading::FINITE };
    let mut joint = fold_products(&columns, &weighted, reading, threads)?;
    let finite = joint.sums.pop().unwrap_or_default();
    let RowCounts { nans, infinite, .. } = joint.rows;
    let heavier = |up_to: Kind, than: &Integer, rows: u64| {
        if rows == 0 {
            return Ok(Integer::new());
        }
        let mut weight = fold_weights(&columns, Reading { up_to, ..reading }, threads)?;
        weight.subtract(than);
        Ok(weight)
    };
    let infinite = heavier(Kind::Infinite, &finite, infinite)?;
    let mut numbers = finite.clone();
    numbers.merge(&infinite);
    let nans = heavier(Kind::Nan, &numbers, nans)?;
    let scale = i32::from(types::scale(of));
    let mut weights = RowWeights { scale: scale.max(0).unsigned_abs(), finite, nans, infinite };
    if scale < 0 {
        // Multiples of a power of ten are whole numbers.
        let unit = power_of_ten(scale.unsigned_abs());
        let own = [&mut weights.finite, &mut weights.nans, &mut weights.infinite];
        own.into_iter().chain(&mut joint.sums).for_each(|sum| *sum = sum.times(&unit));
    }
    joint.weights = Some(weights);
    Ok(joint)
}

/// The exact sums of monomials of any degree of columns that have as many rows each.
fn fold_products(
    columns: &[&[Chunk]],
    monomials: &[Vec<usize>],
    reading: Reading,
    threads: usize,
) -> Result<Joint, BadWeight> {
    let mut total = Joint::new(monomials.len());
    if monomials.iter().all(|factors| factors.len() <= MAX_FACTORS) {
        let near = fold_read(columns, monomials, Precision::Exact, reading, threads)?;
        let sums = near.sums.into_iter().map(Ball::into_middle).collect();
        return Ok(Joint { rows: near.rows, sums, weights: None });
    }
    let merge = |sums: ByRow, rows| {
        total.merge(&Joint { rows, sums: sums.finish(), weights: None });
    };
    fold(columns, reading, threads, || ByRow::new(monomials), ByRow::add, merge)?;
    Ok(total)
}
