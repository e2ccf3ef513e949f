//! States of whole columns in the form that takes one value at a time, which is small.
//!
//! The window is chosen afterwards: its unit is that of the sums, which are multiples of it and of its square.

use super::wide::limbs_of;
use super::{EMPTY, FRACTION_BITS, HIGHEST, INTEGERS, STEP, Single, Whole, limbs};
use crate::exact::Integer;
use crate::kernels::Element;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::states::accumulator::{Accumulator, Gathered, Options};

/// The exponent of the unit of a window that begins at the biased exponent 0.
const LOWEST: i32 = f64::MIN_EXP - 2 - FRACTION_BITS as i32;

impl From<Accumulator> for Whole {
    /// The same state: in a window if it fits, and on the heap if not.
    fn from(accumulator: Accumulator) -> Self {
        let packed = packed(&accumulator);
        packed.unwrap_or_else(|| Self { rest: Some(Box::new(accumulator)), ..Self::default() })
    }
}

impl<const S: usize, const E: usize> Single<S, E> {
    /// The state of some floats, none of which is -0.0: their sum, and that of their squares, in units of a power
    /// of two and of its square. It keeps no extremes.
    pub fn of_floats(count: u64, first: i128, second: [u128; 2], unit: i32) -> Self {
        debug_assert!(E == 0, "extremes are unknown");
        debug_assert!((1..=i32::from(HIGHEST)).contains(&(unit - LOWEST)), "{unit}");
        Self {
            valid: count,
            first: limbs(first as u128),
            second: [limbs_of(second); S],
            window: (unit - LOWEST) as u16,
            has_other_than_negative_zero: true,
            is_float: true,
            ..Self::default()
        }
    }
}

/// The same state in a window, if it fits.
fn packed(accumulator: &Accumulator) -> Option<Whole> {
    let sums = accumulator.sums();
    let is_plain = accumulator.gathered() == Gathered::EVERYTHING && accumulator.is_exact();
    if !is_plain || sums.nans > 0 || sums.has_infinities() {
        return None;
    }
    let (kind, ranks) = match accumulator.extremes_of_numbers() {
        None => (None, [i64::MAX, i64::MIN]),
        Some(Extremes { min: Extreme::Float(min), max: Extreme::Float(max) }) => {
            (Some(window(&sums.first, &sums.second)?), [min.rank(), max.rank()])
        }
        Some(Extremes { min: Extreme::Integer(min), max: Extreme::Integer(max) }) => {
            (Some(INTEGERS), [min.try_into().ok()?, max.try_into().ok()?])
        }
        Some(_) => return None,
    };
    let window = kind.unwrap_or(EMPTY);
    let unit = match window {
        EMPTY | INTEGERS => 0,
        biased => i32::from(biased) + LOWEST,
    };
    Some(Whole {
        valid: accumulator.count(&Options::default()),
        nulls: [accumulator.nulls()],
        first: limbs(sums.first.scaled(-unit).to_i128()? as u128),
        second: [sums.second.scaled(-2 * unit).to_limbs()?],
        ranks: [ranks],
        window,
        has_other_than_negative_zero: sums.has_other_than_negative_zero,
        is_float: kind.is_some_and(|window| window != INTEGERS),
        ..Whole::default()
    })
}

/// The window in whose units both sums of floats are integers, if there is one.
fn window(first: &Integer, second: &Integer) -> Option<u16> {
    let Some((squares_unit, _)) = second.magnitude().span() else {
        return Some(EMPTY); // nothing but zeros
    };
    let squares_unit = squares_unit.div_euclid(2);
    let unit = first.magnitude().span().map_or(squares_unit, |(unit, _)| unit.min(squares_unit));
    let biased = u16::try_from(unit - LOWEST - 1).ok()?; // not that of subnormal numbers
    Some((biased / STEP * STEP + 1).min(HIGHEST))
}
