//! Several columns folded into one state on several threads.

use super::ranges::fold_ranges;
use crate::columns::aligned::{BadWeight, Kind, Reading, for_each_block};
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::kernels::monomials::{Column, Monomials};
use crate::states::joint::{Joint, RowCounts};

/// The sums of monomials of columns that have as many rows each.
pub fn fold_joint(columns: &[&[Chunk]], monomials: &[&[usize]], threads: usize) -> Joint {
    let joint = fold_monomials(columns, monomials, Reading::FINITE, threads);
    joint.expect("there are no weights")
}

/// The same over the rows that a reading says.
///
/// # Errors
/// The first weight that is none.
pub fn fold_monomials(
    columns: &[&[Chunk]],
    monomials: &[&[usize]],
    reading: Reading,
    threads: usize,
) -> Result<Joint, BadWeight> {
    let mut total = Joint::new(monomials.len());
    let new = || Monomials::new(monomials);
    let merge = |sums: Monomials, rows| total.merge(&Joint { rows, sums: sums.finish() });
    fold(columns, reading, threads, new, Monomials::add, merge)?;
    Ok(total)
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
        for &value in columns[0].iter().copied().flatten() {
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
fn fold<T: Send>(
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
