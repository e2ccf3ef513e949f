//! The rungs of a group: how many slices it sums, and the code that does so.

use super::chains::{SquareChain, SumChain};
use super::forms::Form;
use super::stripes::{MAX_SLICES, MAX_SUMS, Stripe, add_to_all, add_to_some};
use crate::kernels::across::rows::Rows;
use crate::kernels::brackets;
use crate::kernels::dispatch::{self, Level, Task};
use crate::kernels::element::Need;
use crate::kernels::floats::Ieee;
use crate::kernels::vector::Vector;

/// The numbers of slices to choose from, as in the [ladder](crate::kernels::ladder).
const SUM_RUNGS: [usize; 6] = [1, 2, 3, 4, 6, MAX_SLICES];
const SQUARE_RUNGS: [usize; 3] = [2, 3, 4];

/// How many slices a rung has.
fn slices(need: Need, rung: usize) -> usize {
    match need {
        Need::Sum => SUM_RUNGS[rung],
        Need::Bracket => 1,
        _ => SQUARE_RUNGS[rung],
    }
}

pub(super) fn rungs(need: Need) -> usize {
    match need {
        Need::Sum => SUM_RUNGS.len(),
        Need::Bracket => 1,
        _ => SQUARE_RUNGS.len(),
    }
}

/// How many stripes of a group are summed side by side: as many as there are registers for.
pub(super) fn stripes_at_once(stripes: usize, need: Need, rung: usize) -> usize {
    match (need, rung) {
        (Need::Sum, 0 | 1) | (Need::Bracket, _) => stripes,
        (Need::Sum, 2 | 3) | (_, 0 | 1) => stripes.div_ceil(2),
        _ => 1,
    }
}

/// Adds a block to stripes and returns true, if it fits all their grids.
pub(super) fn fits_all<T: Ieee>(
    level: Level,
    need: Need,
    rung: usize,
    block: Rows<'_, T>,
    stripes: &mut [Stripe],
) -> bool {
    for stripe in &mut *stripes {
        stripe.place_slices(need, slices(need, rung));
    }
    let mut fits = false;
    run_form(level, need, rung, AddBlock::All { block, stripes, fits: &mut fits });
    fits
}

/// Adds a block to those of some columns of a stripe that it fits, and returns which these are.
pub(super) fn fits_some<T: Ieee>(
    level: Level,
    need: Need,
    rung: usize,
    block: Rows<'_, T>,
    stripe: &mut Stripe,
    lanes: u8,
    must_all_fit: bool,
) -> u8 {
    stripe.place_slices(need, slices(need, rung));
    let mut fitting = 0;
    let task = AddBlock::Some { block, stripe, lanes, must_all_fit, fitting: &mut fitting };
    run_form(level, need, rung, task);
    fitting
}

/// What to do with a block.
enum AddBlock<'a, T> {
    /// Add it to stripes, if it fits all of their grids.
    All { block: Rows<'a, T>, stripes: &'a mut [Stripe], fits: &'a mut bool },
    /// Add it to those columns of a stripe that it fits.
    Some {
        block: Rows<'a, T>,
        stripe: &'a mut Stripe,
        lanes: u8,
        must_all_fit: bool,
        fitting: &'a mut u8,
    },
}

impl<T: Ieee> AddBlock<'_, T> {
    /// Adds the block in one form of sums, to at most `most` stripes at once.
    #[inline(always)]
    fn run<V: Vector, F: Form<V, SUMS>, const SUMS: usize>(
        self,
        detected: V::Detected,
        most: usize,
    ) {
        match self {
            Self::All { block, stripes, fits } => {
                *fits = if most >= 4
                    && let Ok(four) = <&mut [Stripe; 4]>::try_from(&mut *stripes)
                {
                    add_to_all::<V, T, F, SUMS, 4>(detected, block, four)
                } else if most >= 2
                    && let Ok(two) = <&mut [Stripe; 2]>::try_from(&mut *stripes)
                {
                    add_to_all::<V, T, F, SUMS, 2>(detected, block, two)
                } else if let Ok(one) = <&mut [Stripe; 1]>::try_from(&mut *stripes) {
                    add_to_all::<V, T, F, SUMS, 1>(detected, block, one)
                } else {
                    false
                };
            }
            Self::Some { block, stripe, lanes, must_all_fit, fitting } => {
                *fitting =
                    add_to_some::<V, T, F, SUMS>(detected, block, stripe, lanes, must_all_fit);
            }
        }
    }
}

/// Adds a block with the instructions of a level.
fn run_form<T: Ieee>(level: Level, need: Need, rung: usize, block: AddBlock<'_, T>) {
    match (need, rung) {
        (Need::Sum, 0) => dispatch::run(level, BySums::<T, 1>(block)),
        (Need::Sum, 1) => dispatch::run(level, BySums::<T, 2>(block)),
        (Need::Sum, 2) => dispatch::run(level, BySums::<T, 3>(block)),
        (Need::Sum, 3) => dispatch::run(level, BySums::<T, 4>(block)),
        (Need::Sum, 4) => dispatch::run(level, BySums::<T, 6>(block)),
        (Need::Sum, _) => dispatch::run(level, BySums::<T, MAX_SLICES>(block)),
        (Need::Bracket, _) => dispatch::run(level, ByBrackets(block)),
        (_, 0) => dispatch::run(level, BySquares::<T, 2>(block)),
        (_, 1) => dispatch::run(level, BySquares::<T, 3>(block)),
        (_, _) => dispatch::run(level, BySquares::<T, 4>(block)),
    }
}

struct BySums<'a, T, const N: usize>(AddBlock<'a, T>);
struct BySquares<'a, T, const N: usize>(AddBlock<'a, T>);
struct ByBrackets<'a, T>(AddBlock<'a, T>);

impl<T: Ieee, const N: usize> Task for BySums<'_, T, N> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        self.0.run::<V, SumChain<V, N>, N>(detected, if N > 4 { 1 } else { 4 });
    }
}

impl<T: Ieee, const N: usize> Task for BySquares<'_, T, N> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        self.0.run::<V, SquareChain<V, N>, MAX_SUMS>(detected, if N > 3 { 1 } else { 2 });
    }
}

impl<T: Ieee> Task for ByBrackets<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        self.0.run::<V, brackets::Chain<V>, 4>(detected, 4);
    }
}
