//! Several columns row by row, as doubles: what sums of products read.
//!
//! The chunks of different columns end where they like. Rows are read in stretches that lie in one chunk of each column,
//! and that are decoded together. Rows that do not count are left out of all columns; those with a NaN or an infinity are
//! counted, and left out as well, since no sum of products has them.
//!
//! The rows may be weighted by one more column. A weight of zero is as if there were no row, and a null leaves it out;
//! weights that are negative, infinite or NaN are refused.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use smallvec::SmallVec;

use super::array::numbers;
use super::chunk::Chunk;
use super::primitive::with_primitive;
use super::rows::RowIndex;
use super::values::Values;
use crate::kernels::monomials::{self, Column, Part, ROWS, parts};
use crate::states::joint::RowCounts;

/// Maximum number of rows that are decoded together: those of three columns fit the second-level cache.
const STRETCH_ROWS: usize = 1 << 14;

/// Number of rows that show what is near all values of a column.
const CENTRE_ROWS: usize = 64;

/// A weight that is negative, infinite or NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadWeight {
    /// The row.
    pub row: usize,
}

/// Which rows of columns are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Whether the last column holds the weights of the others.
    pub are_weighted: bool,
    /// The greatest kind of rows that are read.
    pub up_to: Kind,
    /// How many columns, from the first on, have values that matter. Others only leave out rows in which they have none.
    pub asked: usize,
    /// Whether a NaN of the others is none.
    pub skips_nans: bool,
}

impl Reading {
    /// The rows that have a finite number in each column.
    pub const FINITE: Self =
        Self { are_weighted: false, up_to: Kind::Finite, asked: usize::MAX, skips_nans: false };
}

/// Calls a function with blocks of the rows that are read, of the columns that are asked and of their weights.
///
/// # Errors
/// The first weight that is none.
pub fn for_each_block(
    columns: &[RowIndex<'_>],
    reading: Reading,
    rows: Range<usize>,
    mut visit: impl FnMut(&[Column<'_>]),
) -> Result<RowCounts, BadWeight> {
    let mut counts = RowCounts::default();
    let mut start = rows.start;
    while start < rows.end {
        let end = stretch_end(columns, start).min(rows.end);
        let chunks = columns.iter().map(|column| column.between(start..end));
        let decoded = chunks.map(|chunks| Doubles::of(&chunks[0])).collect::<Vec<_>>();
        for block in (0..end - start).step_by(ROWS) {
            let block = block..(end - start).min(block + ROWS);
            let visited = visit_block(&decoded, reading, block, &mut visit);
            counts.merge(visited.map_err(|bad| BadWeight { row: start + bad.row })?);
        }
        start = end;
    }
    Ok(counts)
}

/// A number near all values of a column, going by its first rows.
pub fn centre(column: &RowIndex<'_>) -> Option<f64> {
    let rows = 0..column.rows().min(CENTRE_ROWS);
    let first = Doubles::of(column.between(rows).first()?);
    let [values] = &first.parts[..] else {
        return None;
    };
    let counts = |row: usize| first.validity.as_ref().is_none_or(|validity| validity.is_valid(row));
    let sample = values.iter().enumerate().filter(|(row, value)| value.is_finite() && counts(*row));
    monomials::centre(sample.map(|(_, value)| *value))
}

/// The end of the stretch that begins at a row: where a chunk of any column ends, or before.
fn stretch_end(columns: &[RowIndex<'_>], start: usize) -> usize {
    let ends = columns.iter().map(|column| {
        let starts = column.starts();
        starts[starts.partition_point(|&row| row <= start)]
    });
    ends.fold(start + STRETCH_ROWS, usize::min)
}

/// Visits the rows of a block that are read.
fn visit_block(
    columns: &[Doubles],
    reading: Reading,
    rows: Range<usize>,
    visit: &mut impl FnMut(&[Column<'_>]),
) -> Result<RowCounts, BadWeight> {
    let len = rows.len();
    let (values, weights) = columns.split_at(columns.len() - usize::from(reading.are_weighted));
    let (asked, others) = values.split_at(values.len().min(reading.asked));
    let block = asked.iter().chain(weights).map(|column| column.block(rows.clone()));
    let block = block.collect::<SmallVec<[Column<'_>; 4]>>();
    let mut kinds = [Kind::Finite; ROWS];
    let mut all_finite = true;
    for (column, parts) in asked.iter().zip(&block) {
        all_finite &= column.mark(parts, rows.clone(), &mut kinds[..len]);
    }
    for column in others {
        all_finite &= column.mark_missing(rows.clone(), &mut kinds[..len], reading.skips_nans);
    }
    for column in weights {
        all_finite &= column.mark_weights(rows.clone(), &mut kinds[..len])?;
    }
    if all_finite {
        visit(&block);
        return Ok(RowCounts { finite: len as u64, ..RowCounts::default() });
    }
    let count = |kind| count_of(kind, &kinds[..len]);
    let counts = RowCounts {
        finite: count(Kind::Finite),
        nulls: count(Kind::Null),
        nans: count(Kind::Nan),
        infinite: count(Kind::Infinite),
    };
    // Rows of no weight add nothing to sums with weights.
    let others = counts.nulls + counts.nans + counts.infinite;
    let are_finite = block.iter().flatten().all(Part::is_finite);
    if others == 0 && are_finite && reading.up_to == Kind::Finite {
        visit(&block);
        return Ok(counts);
    }
    let kept = block.iter().map(|parts| {
        let parts =
            parts.iter().map(|part| rows_up_to(reading.up_to, part.values(), &kinds[..len]));
        parts.collect::<SmallVec<[Vec<f64>; 2]>>()
    });
    let kept = kept.collect::<SmallVec<[_; 4]>>();
    let block = kept.iter().map(|parts| parts.iter().map(|part| Part::of(part)).collect());
    if kinds[..len].iter().any(|&kind| kind <= reading.up_to) {
        visit(&block.collect::<SmallVec<[Column<'_>; 4]>>());
    }
    Ok(counts)
}

/// How many rows are of a kind: by bytes, of which vectors hold many.
fn count_of(kind: Kind, kinds: &[Kind]) -> u64 {
    let of_few = |few: &[Kind]| few.iter().fold(0u8, |count, &it| count + u8::from(it == kind));
    kinds.chunks(u8::MAX as usize).map(|few| u64::from(of_few(few))).sum()
}

/// The values of the rows up to a kind.
fn rows_up_to(greatest: Kind, values: &[f64], kinds: &[Kind]) -> Vec<f64> {
    let mut kept = vec![0.0; values.len()];
    let mut count = 0;
    for (&value, &kind) in values.iter().zip(kinds) {
        // Without a branch: a value that does not count is overwritten by the next one.
        kept[count] = value;
        count += usize::from(kind <= greatest);
    }
    kept.truncate(count);
    kept
}

/// The first value that is missing or no number, as far as each counts as such, by its column and row. The last column may be
/// that of the weights, which must be none but good ones.
pub fn first_other(
    columns: &[RowIndex<'_>],
    are_weighted: bool,
    is_wanted: impl Fn(Kind) -> bool,
) -> Option<Other> {
    let values = columns.len() - usize::from(are_weighted);
    let rows = columns.first().map_or(0, RowIndex::rows);
    let mut start = 0;
    while start < rows {
        let end = stretch_end(columns, start).min(rows);
        let chunks = columns.iter().map(|column| column.between(start..end));
        let decoded = chunks.map(|chunks| Doubles::of(&chunks[0])).collect::<Vec<_>>();
        for block in (0..end - start).step_by(ROWS) {
            let block = block..(end - start).min(block + ROWS);
            let kinds_of = |columns: Range<usize>| {
                let mut kinds = [Kind::Finite; ROWS];
                for at in columns {
                    let (column, kinds) = (&decoded[at], &mut kinds[..block.len()]);
                    if at < values {
                        column.mark(&column.block(block.clone()), block.clone(), kinds);
                    } else {
                        let good = column.mark_weights(block.clone(), kinds);
                        debug_assert!(good.is_ok(), "weights have been checked");
                    }
                }
                kinds
            };
            let kinds = kinds_of(0..decoded.len());
            let found = (0..block.len()).find(|&at| is_wanted(kinds[at]));
            if let Some(at) = found {
                let is_it = |&column: &usize| kinds_of(column..column + 1)[at] == kinds[at];
                let column = (0..decoded.len()).find(is_it)?;
                return Some(Other { column, row: start + block.start + at, kind: kinds[at] });
            }
        }
        start = end;
    }
    None
}

/// A value that is missing or no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// The position of its column.
    pub column: usize,
    /// Its row.
    pub row: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a row is, over all columns; the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It has a finite number in each column.
    Finite,
    /// It has an infinity.
    Infinite,
    /// It has a NaN.
    Nan,
    /// It has a null, or its weight is null.
    Null,
    /// Its weight is zero.
    Absent,
}

/// Rows of one column as sums of doubles.
struct Doubles {
    parts: SmallVec<[ScalarBuffer<f64>; 2]>,
    validity: Option<NullBuffer>,
    rows: usize,
}

impl Doubles {
    /// Those of a chunk. Values that cannot be read are nulls.
    fn of(chunk: &Chunk) -> Self {
        let rows = chunk.rows();
        let nothing =
            || Self { parts: SmallVec::new(), validity: Some(NullBuffer::new_null(rows)), rows };
        match chunk.decoded() {
            Values::Array(array) => Self::of_array(&numbers(&array)).unwrap_or_else(nothing),
            Values::Opaque(_) => nothing(),
        }
    }

    fn of_array(array: &ArrayRef) -> Option<Self> {
        let validity = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
        let rows = array.len();
        if let Some(doubles) = array.as_primitive_opt::<arrow_array::types::Float64Type>() {
            let parts = SmallVec::from_elem(doubles.values().clone(), 1);
            return Some(Self { parts, validity, rows });
        }
        let parts = with_primitive!(array.data_type(), P => {
            parts::of(array.as_primitive::<P>().values())
        }, _ => return None);
        let parts = parts.into_iter().map(ScalarBuffer::from).collect();
        Some(Self { parts, validity, rows })
    }

    /// Marks rows that are no finite numbers; returns whether there are none.
    fn mark(&self, parts: &Column<'_>, rows: Range<usize>, kinds: &mut [Kind]) -> bool {
        let mut are_finite = true;
        for part in parts.iter().filter(|part| !part.is_finite()) {
            are_finite = false;
            for (value, kind) in part.values().iter().zip(kinds.iter_mut()) {
                let own = match () {
                    () if value.is_nan() => Kind::Nan,
                    () if value.is_infinite() => Kind::Infinite,
                    () => Kind::Finite,
                };
                *kind = own.max(*kind);
            }
        }
        are_finite & self.mark_nulls(rows, kinds)
    }

    /// Marks rows that are null; returns whether there are none.
    fn mark_nulls(&self, rows: Range<usize>, kinds: &mut [Kind]) -> bool {
        let Some(validity) = &self.validity else {
            return true;
        };
        let bits = validity.slice(rows.start, rows.len());
        for (is_valid, kind) in bits.iter().zip(kinds) {
            *kind = if is_valid { *kind } else { Kind::Null };
        }
        bits.null_count() == 0
    }

    /// Marks rows that are null, or, if NaNs are skipped, NaN; returns whether there are none.
    fn mark_missing(&self, rows: Range<usize>, kinds: &mut [Kind], skips_nans: bool) -> bool {
        let mut are_there = true;
        for part in self.parts.iter().filter(|_| skips_nans) {
            for (value, kind) in part[rows.clone()].iter().zip(kinds.iter_mut()) {
                if value.is_nan() {
                    (*kind, are_there) = (Kind::Nan.max(*kind), false);
                }
            }
        }
        are_there & self.mark_nulls(rows, kinds)
    }

    /// Marks rows whose weight is zero or null; returns whether there are none.
    fn mark_weights(&self, rows: Range<usize>, kinds: &mut [Kind]) -> Result<bool, BadWeight> {
        if self.validity.is_none()
            && let [weights] = &self.parts[..]
        {
            // Compiled to vectors: the bits of positive finite doubles are those from 1 to below the ones of infinity.
            let weights = &weights[rows.clone()];
            let is_positive =
                |weight: &f64| weight.to_bits().wrapping_sub(1) < f64::INFINITY.to_bits() - 1;
            if weights.iter().fold(true, |all, weight| all & is_positive(weight)) {
                return Ok(true);
            }
            let is_weight = |weight: &f64| weight.to_bits() < f64::INFINITY.to_bits();
            if weights.iter().fold(true, |all, weight| all & is_weight(weight)) {
                for (weight, kind) in weights.iter().zip(kinds) {
                    *kind = if *weight == 0.0 { Kind::Absent } else { *kind };
                }
                return Ok(false);
            }
        }
        let mut are_positive = true;
        for (row, kind) in rows.zip(kinds) {
            if self.validity.as_ref().is_some_and(|validity| validity.is_null(row)) {
                (*kind, are_positive) = (Kind::Null.max(*kind), false);
                continue;
            }
            let weight = self.parts.iter().map(|part| part[row]).sum::<f64>();
            if !(0.0..f64::INFINITY).contains(&weight) {
                return Err(BadWeight { row });
            }
            if weight == 0.0 {
                (*kind, are_positive) = (Kind::Absent, false);
            }
        }
        Ok(are_positive)
    }

    fn block(&self, rows: Range<usize>) -> Column<'_> {
        debug_assert!(rows.end <= self.rows);
        self.parts.iter().map(|part| Part::of(&part[rows.clone()])).collect()
    }
}
