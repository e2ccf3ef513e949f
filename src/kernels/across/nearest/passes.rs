//! Passes over the rows of some neighbouring columns, whose accumulators stay in the first-level cache.
//!
//! Rows are read in bands: the accumulators of eight columns are loaded, a value of each row of the band is
//! added to them, and they are stored again. So memory is read as it lies, and loads and stores of accumulators are few.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators are not always unrolled, which keeps vectors in memory"
)]

use super::super::rows::Rows;
use crate::kernels::floats::Ieee;
use crate::kernels::formats::magnitude;
use crate::kernels::slices::cut_by_pipes;
use crate::kernels::vector::{MAX_LANES, Vector, Watch};

/// Rows of a band.
pub(super) const BAND: usize = 8;
/// The most slices.
pub(super) const SLICES: usize = 3;

/// What a stripe, the columns in the lanes of one vector, holds between two bands.
#[derive(Clone, Copy)]
pub(super) struct Stripe<V> {
    pub(super) slices: [V; SLICES],
}

/// Where the accumulators of a stripe start, and what shows without exception flags whether values fitted.
#[derive(Clone, Copy)]
pub(super) struct Frame<V> {
    pub(super) starts: [V; SLICES],
    /// What values are multiplied by.
    pub(super) factor: V,
    pub(super) outside: V,
    pub(super) remainder: V,
}

/// The first column of a stripe. Stripes are aligned in memory if there is a gap: the first one overlaps the second by so
/// many columns. The last one may overlap the one before.
#[inline(always)]
pub(super) fn position<V: Vector>(stripe: usize, gap: usize, columns: usize) -> usize {
    (stripe * V::LANES).saturating_sub(gap).min(columns - V::LANES)
}

/// Adds rows. How values are added: in `N` slices. The remainders may be rounded to the last grid if `NEAR`. Values are multiplied by
/// the factor if `SCALED`.
#[inline(always)]
pub(super) fn add<V, T, const N: usize, const NEAR: bool, const SCALED: bool>(
    detected: V::Detected,
    rows: Rows<'_, T>,
    gap: usize,
    stripes: &mut [Stripe<V>],
    frames: &mut [Frame<V>],
) where
    V: Vector,
    T: Ieee,
{
    let mut row = 0;
    while row + BAND <= rows.count() {
        let next = row + BAND;
        let lines: [&[T]; BAND] = std::array::from_fn(|i| rows.row(row + i));
        let ahead: [&[T]; BAND] =
            std::array::from_fn(|i| rows.row((next + i).min(rows.count() - 1)));
        add_band::<V, T, N, NEAR, SCALED, BAND>(detected, lines, ahead, gap, stripes, frames);
        row = next;
    }
    while row < rows.count() {
        let line = [rows.row(row)];
        add_band::<V, T, N, NEAR, SCALED, 1>(detected, line, line, gap, stripes, frames);
        row += 1;
    }
}

#[inline(always)]
fn add_band<V, T, const N: usize, const NEAR: bool, const SCALED: bool, const ROWS: usize>(
    detected: V::Detected,
    lines: [&[T]; ROWS],
    ahead: [&[T]; ROWS],
    gap: usize,
    stripes: &mut [Stripe<V>],
    frames: &mut [Frame<V>],
) where
    V: Vector,
    T: Ieee,
{
    let ones = V::ones(detected);
    let zero = V::splat(detected, 0.0);
    let is_checked = !V::Watch::EXISTS && !NEAR;
    for (i, (stripe, frame)) in stripes.iter_mut().zip(frames).enumerate() {
        let at = position::<V>(i, gap, lines[0].len());
        let mut slices = [zero; N];
        slices.copy_from_slice(&stripe.slices[..N]);
        let (mut outside, mut remainder) = (zero, zero);
        for line in 0..ROWS {
            if ROWS == BAND {
                V::prefetch_front(&ahead[line][at..]);
            }
            let mut r: V = T::load(detected, &lines[line][at..at + V::LANES]);
            if SCALED {
                r = r.multiply_add(frame.factor, zero);
            }
            for slice in 0..N {
                if !is_checked && slice == N - 1 {
                    slices[slice] = slices[slice].add(r);
                } else {
                    r = cut_by_pipes(&mut slices[slice], r, ones).1;
                }
            }
            if is_checked {
                outside = outside.or_difference(slices[0], frame.starts[0]);
                remainder = remainder.or(r);
            }
        }
        stripe.slices[..N].copy_from_slice(&slices);
        if is_checked {
            frame.outside = frame.outside.or(outside);
            frame.remainder = frame.remainder.or(remainder);
        }
    }
}

/// Finds the largest magnitude of each column.
#[inline(always)]
pub(super) fn scan<V: Vector, T: Ieee>(rows: Rows<'_, T>, largest: &mut [u64]) {
    let mut row = 0;
    while row + BAND <= rows.count() {
        let next = row + BAND;
        let ahead: [&[T]; BAND] =
            std::array::from_fn(|i| rows.row((next + i).min(rows.count() - 1)));
        let lines: [&[T]; BAND] = std::array::from_fn(|i| rows.row(row + i));
        let (wholes, rest) = largest.as_chunks_mut::<MAX_LANES>();
        for (i, largest) in wholes.iter_mut().enumerate() {
            let mut most = *largest;
            for (line, ahead) in lines.iter().zip(ahead) {
                V::prefetch_front(&ahead[i * MAX_LANES..]);
                // Of a length that the compiler knows.
                let values = &line[i * MAX_LANES..][..MAX_LANES];
                for lane in 0..MAX_LANES {
                    most[lane] = most[lane].max(magnitude(values[lane]));
                }
            }
            *largest = most;
        }
        let first = MAX_LANES * wholes.len();
        for (i, largest) in rest.iter_mut().enumerate() {
            for line in lines {
                *largest = magnitude(line[first + i]).max(*largest);
            }
        }
        row = next;
    }
    while row < rows.count() {
        for (largest, &value) in largest.iter_mut().zip(rows.row(row)) {
            *largest = magnitude(value).max(*largest);
        }
        row += 1;
    }
}
