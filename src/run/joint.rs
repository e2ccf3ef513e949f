//! Several columns folded into one state on several threads.

use super::ranges::fold_ranges;
use crate::columns::aligned::{BadWeight, Kind, Reading, centre, for_each_block};
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::exact::{Ball, Integer};
use crate::kernels::monomials::{Column, Monomials, Part, Precision};
use crate::states::joint::{Joint, NearJoint, RowCounts};

/// Minimum number of rows for a look at what is near all values of a column: it takes as long as about a thousand rows.
const CENTRED_MIN_ROWS: usize = 1 << 10;

/// A number near all values of each column, going by its first rows, or zero; none if all are zero, or if the columns are
/// short.
pub fn centres(columns: &[&[Chunk]]) -> Option<Vec<f64>> {
    let index = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    if index.first()?.rows() < CENTRED_MIN_ROWS {
        return None;
    }
    let centres = index.iter().map(|column| centre(column).unwrap_or(0.0)).collect::<Vec<_>>();
    centres.iter().any(|&centre| centre != 0.0).then_some(centres)
}

/// The exact sums of monomials of columns that have as many rows each.
pub fn fold_joint(
    columns: &[&[Chunk]],
    monomials: &[impl AsRef<[usize]> + Sync],
    threads: usize,
) -> Joint {
    let total = fold_near(columns, monomials, Precision::Exact, threads);
    let sums = total.sums.into_iter().map(Ball::into_middle).collect();
    Joint { rows: total.rows, sums, weights: None }
}

/// The same, to within an error if the precision allows it.
pub fn fold_near(
    columns: &[&[Chunk]],
    monomials: &[impl AsRef<[usize]> + Sync],
    precision: Precision<'_>,
    threads: usize,
) -> NearJoint {
    let joint = fold_read(columns, monomials, precision, Reading::FINITE, threads);
    joint.expect("there are no weights")
}

/// The same of the columns that a reading asks for, and of weights.
///
/// # Errors
/// The first weight that is none.
pub fn fold_read(
    columns: &[&[Chunk]],
    monomials: &[impl AsRef<[usize]> + Sync],
    precision: Precision<'_>,
    reading: Reading,
    threads: usize,
) -> Result<NearJoint, BadWeight> {
    let mut total = NearJoint::new(monomials.len());
    let new = || Monomials::new(monomials, precision);
    let merge = |sums: Monomials<'_>, rows| total.merge(&NearJoint { rows, sums: sums.finish() });
    fold(columns, reading, threads, new, Monomials::add, merge)?;
    Ok(total)
}

/// The sum of the weights, which are the last column, of the rows that are read.
///
/// # Errors
/// The first weight that is none.
pub fn fold_weights(
    columns: &[&[Chunk]],
    reading: Reading,
    threads: usize,
) -> Result<Integer, BadWeight> {
    let mut total = NearJoint::new(1);
    let new = || Monomials::new(&[[0]], Precision::Exact);
    let add = |sums: &mut Monomials, block: &[Column<'_>]| sums.add(&block[block.len() - 1..]);
    let merge = |sums: Monomials<'_>, rows| total.merge(&NearJoint { rows, sums: sums.finish() });
    fold(columns, reading, threads, new, add, merge)?;
    Ok(total.sums.swap_remove(0).into_middle())
}

/// Which values a weighted column has that decide special sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Specials {
    /// An infinity.
    pub has_infinity: bool,
    /// An infinity below zero.
    pub has_negative_infinity: bool,
    /// A value that is not -0.0.
    pub has_other_than_negative_zero: bool,
}

/// The special values of the first of two columns, of which the second is the weights, in rows without a NaN.
///
/// # Errors
/// The first weight that is none.
pub fn fold_specials(columns: &[&[Chunk]], threads: usize) -> Result<Specials, BadWeight> {
    let mut total = Specials::default();
    let add = |specials: &mut Specials, columns: &[Column<'_>]| {
        for &value in columns[0].iter().flat_map(Part::values) {
            specials.has_infinity |= value == f64::INFINITY;
            specials.has_negative_infinity |= value == f64::NEG_INFINITY;
            specials.has_other_than_negative_zero |= value.to_bits() != (-0.0f64).to_bits();
        }
    };
    let merge = |part: Specials, _| {
        total.has_infinity |= part.has_infinity;
        total.has_negative_infinity |= part.has_negative_infinity;
        total.has_other_than_negative_zero |= part.has_other_than_negative_zero;
    };
    let reading = Reading { are_weighted: true, up_to: Kind::Infinite, ..Reading::FINITE };
    fold(columns, reading, threads, Specials::default, add, merge)?;
    Ok(total)
}

/// Adds the blocks of rows to states, and merges these in order.
///
/// # Errors
/// The first weight that is none.
pub(super) fn fold<T: Send>(
    columns: &[&[Chunk]],
    reading: Reading,
    threads: usize,
    new: impl Fn() -> T + Send + Sync,
    add: impl Fn(&mut T, &[Column<'_>]) + Send + Sync,
    mut merge: impl FnMut(T, RowCounts),
) -> Result<(), BadWeight> {
    let index = columns.iter().map(|chunks| RowIndex::new(chunks)).collect::<Vec<_>>();
    let rows = index.first().map_or(0, RowIndex::rows);
    let is_null = |chunks: &[Chunk]| chunks.iter().all(|chunk| chunk.work() == 0);
    let any_is_null = match columns.split_last() {
        // Weights are checked in any case.
        Some((weights, _)) if reading.are_weighted => is_null(weights),
        _ => columns.iter().any(|chunks| is_null(chunks)),
    };
    if any_is_null {
        // A column without memory is one of nulls, and may have any number of rows.
        merge(new(), RowCounts { nulls: rows as u64, ..RowCounts::default() });
        return Ok(());
    }
    let fold = |rows| {
        let mut state = new();
        let rows = for_each_block(&index, reading, rows, |block| add(&mut state, block))?;
        Ok((state, rows))
    };
    let mut bad = None;
    fold_ranges(rows, columns.len(), threads, fold, |part| match part {
        Ok((state, rows)) => merge(state, rows),
        Err(first) => bad = bad.or(Some(first)),
    });
    bad.map_or(Ok(()), Err)
}
