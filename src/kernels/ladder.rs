//! The ladder of [`slices`]: how many slices, and where their grids lie.
//!
//! Blocks of a column resemble each other, so the grids and the number of slices that served one block are
//! tried for the next, and the sums of blocks on the same grids are kept together. If a block does not
//! fit, the grids move to its largest value; if that is not enough, the ladder climbs to more slices. From time to
//! time it tries one rung less, and grids that suit the block at hand. A block that fits no rung is left to
//! the caller.
//!
//! For sums, the first rung is one slice, which fits integers, prices in sixteenths, and the like; the last is twelve
//! slices, which hold 516 bits. If a slack is allowed, three slices fit whatever the exponents are. For products, six
//! slices hold 142 bits.

use std::cell::Cell;
use std::mem::take;
use std::ops::RangeInclusive;

use smallvec::SmallVec;

use super::brackets::{Bracket, FineBracket};
use super::element::Need;
use super::slices::{
    self, Lanes, LeftOut, MAX_PAIRS, MAX_SQUARE_SLICES, PAIRS, Products, SQUARE_TOPS, Slices,
    square_grid, sum_grid, sum_tops,
};
use super::sums::Sums;
use super::vector::{Attempt, Vector};
use crate::exact::{Bound, Integer};

/// Leading bits that the values of a block may leave unused before the grid of brackets moves down: the coarser
/// the grid, the larger the slack.
const MAX_UNUSED_BITS: i32 = 12;

/// Bits beyond the top that a few values may have where squares are summed: their sum is what is limited.
const SQUARE_ROOM: i32 = 4;

/// The numbers of slices to choose from, where slices are summed, where they are to within a slack, and where
/// products of slices are.
const SUM_RUNGS: [usize; 6] = [1, 2, 3, 4, 6, MAX_SLICES];
const NEAR_RUNGS: [usize; 3] = [1, 2, NEAR_SLICES];
const SQUARE_RUNGS: [usize; 4] = [2, 3, 4, MAX_SQUARE_SLICES];
const MAX_SLICES: usize = 12;
/// The slices of sums to within a slack. The slack is then below 2^-128 of the largest value for each value, so that
/// it hardly ever matters.
const NEAR_SLICES: usize = 3;
/// Slices whose grids are close enough for [`add_joined`].
const JOINED_SLICES: usize = 4;
/// Products of slices whose grids are close enough: those of four slices.
const JOINED_PAIRS: usize = 10;

/// Longest exponential backoff, in blocks, between two attempts to do with one slice fewer.
const MAX_BACKOFF_BLOCKS: u32 = 1 << 20;
/// Longest backoff, in blocks, that a column inherits from the one before.
const MAX_INHERITED_BACKOFF_BLOCKS: u32 = 64;

/// The position of a ladder.
#[derive(Clone, Copy)]
struct Stance {
    /// The values are below `2^top`.
    top: Option<i32>,
    /// The position in the list of rungs.
    rung: usize,
    /// Blocks until one rung less is tried.
    descend_in: u32,
    /// The length of the backoff after that, in blocks.
    backoff: u32,
}

impl Stance {
    const fn new(rung: usize) -> Self {
        Self { top: None, rung, descend_in: 8, backoff: 8 }
    }

    /// The same, but not below a rung.
    fn at_least(self, rung: usize) -> Self {
        Self { rung: self.rung.max(rung), ..self }
    }

    /// Counts a block, and returns whether it is time to try one rung less; the next backoff is twice as long.
    #[inline(always)]
    fn descends(&mut self) -> bool {
        self.descend_in -= 1;
        if self.descend_in > 0 {
            return false;
        }
        self.rung -= 1;
        self.backoff = (2 * self.backoff).min(MAX_BACKOFF_BLOCKS);
        self.descend_in = self.backoff;
        true
    }
}

thread_local! {
    /// The positions of the ladders for sums and for products that this thread used last: columns resemble each
    /// other, too, and the windows of a column even more.
    static LAST: Cell<[Stance; 3]> = const { Cell::new([Stance::new(1), Stance::new(1), Stance::new(0)]) };
}

/// The sums of blocks that were cut on the same grids.
pub(crate) struct Ladder {
    need: Need,
    /// The values are multiplied by two to this power.
    scale: i32,
    stance: Stance,
    /// The lowest position in the list of rungs.
    lowest: usize,
    /// Whether the last block has been tried on the current grids.
    is_open: bool,
    /// Whether the top suits a block of this column: until then, it is a guess that another column left.
    is_tried: bool,
    /// Of the first slices.
    sums: [i128; JOINED_SLICES],
    /// Of further slices, and of products: allocated when they are needed.
    further: Option<Box<Further>>,
    /// How many values may be off by half a unit of the last of [`NEAR_SLICES`].
    rounded: u64,
    bracket: Bracket,
    fine: FineBracket,
    left_out: LeftOut,
}

#[derive(Default)]
struct Further {
    sums: [i128; MAX_SLICES - JOINED_SLICES],
    products: [i128; MAX_PAIRS],
}

impl Ladder {
    /// An empty one for values that were multiplied by `2^scale`, and that may be more than fit a near cache.
    #[inline]
    pub(crate) fn new(need: Need, scale: i32, is_long: bool) -> Self {
        // A single slice is added faster than a processor prefetches, and then waits longer for memory: on Zen 4, sums
        // of 2^22 integers take 1.8 times as long as by two slices, and in the second cache 0.92.
        let lowest = match need {
            // What is multiplied by less than one may have been rounded.
            Need::SumBracket if scale < 0 => NEAR_RUNGS.len() - 1,
            _ => usize::from(is_long && !need.has_squares()),
        };
        let last = LAST.get()[list(need)];
        let [descend_in, backoff] =
            [last.descend_in, last.backoff].map(|blocks| blocks.min(MAX_INHERITED_BACKOFF_BLOCKS));
        Self {
            need,
            scale,
            stance: Stance { descend_in, backoff, ..last }.at_least(lowest),
            lowest,
            is_open: false,
            is_tried: false,
            sums: [0; JOINED_SLICES],
            further: None,
            rounded: 0,
            bracket: Bracket::default(),
            fine: FineBracket::default(),
            left_out: LeftOut::default(),
        }
    }

    /// What was left out of the last block that was added.
    pub(crate) fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Whether a value below `2^top` may fit the current grids.
    #[inline(always)]
    pub(crate) fn may_fit(&self, top: i32) -> bool {
        let room = if self.need.has_squares() { SQUARE_ROOM } else { 0 };
        self.stance.top.is_some_and(|current| top <= current + room)
    }

    /// The power of two that the values are multiplied by.
    pub(crate) fn scale(&self) -> i32 {
        self.scale
    }

    /// Adds a block on the current grids; returns whether it fits them.
    #[inline(always)]
    pub(crate) fn add<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        sums: &mut Sums,
    ) -> bool {
        let Some(top) = self.stance.top else {
            return false;
        };
        if let Some(is_added) = self.add_if_bracket(detected, values, top, sums) {
            return is_added;
        }
        // On a lower rung, the block is first tried on grids of its own.
        self.is_open = self.stance.rung > self.lowest && self.stance.descends();
        !self.is_open && self.add_slices(detected, values, top)
    }

    /// Adds a block of values below `2^top` that did not fit the current grids; returns whether any do.
    #[inline(always)]
    pub(crate) fn climb<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
        sums: &mut Sums,
    ) -> bool {
        let tops = tops(self.need);
        // The values are below any larger power of two, too.
        let top = if self.need.has_squares() { top } else { top.max(*tops.start()) };
        if !tops.contains(&top) {
            return false;
        }
        let moved = self.stance.top != Some(top);
        let is_guess = !std::mem::replace(&mut self.is_tried, true);
        if moved {
            self.flush(sums);
            self.stance.top = Some(top);
        }
        if self.need.has_inexact_squares() && !moved && !is_guess {
            return false;
        }
        if let Some(is_added) = self.add_if_bracket(detected, values, top, sums) {
            return is_added;
        }
        if (moved || is_guess || self.is_open) && self.add_slices(detected, values, top) {
            return true;
        }
        let rungs = [SUM_RUNGS.len(), NEAR_RUNGS.len(), SQUARE_RUNGS.len()][list(self.need)];
        while self.stance.rung + 1 < rungs {
            self.stance.rung += 1;
            if self.add_slices(detected, values, top) {
                return true;
            }
        }
        false
    }

    /// Adds what the ladder holds to the sums.
    pub(crate) fn flush(&mut self, sums: &mut Sums) {
        let Some(top) = self.stance.top else {
            return;
        };
        let mut last = LAST.get();
        last[list(self.need)] = self.stance;
        LAST.set(last);
        self.stance.top = None;
        match self.need {
            Need::Bracket => return self.bracket.flush(top - self.scale, sums),
            Need::FineBracket => return self.fine.flush(top - self.scale, sums),
            _ => (),
        }
        let top = top - self.scale;
        let grid = if self.need.has_squares() { square_grid } else { sum_grid };
        let terms = self.sums.iter_mut().enumerate();
        add_joined(terms.map(|(slice, sum)| (take(sum), grid(top, slice))), &mut sums.first);
        if self.rounded > 0 {
            let slack = Bound::new(self.rounded, sum_grid(top, NEAR_SLICES - 1) - 1);
            let sum = &mut sums.slack.get_or_insert_default().first;
            *sum = sum.plus(slack);
            self.rounded = 0;
        }
        let Some(further) = &mut self.further else {
            return;
        };
        for (group, totals) in further.sums.chunks_mut(JOINED_SLICES).enumerate() {
            let first = JOINED_SLICES * (group + 1);
            let terms = totals.iter_mut().enumerate();
            let terms = terms.map(|(slice, sum)| (take(sum), grid(top, first + slice)));
            add_joined(terms, &mut sums.first);
        }
        let mut terms = further.products.iter_mut().zip(PAIRS).map(|(sum, (a, b))| {
            // The product of two different slices occurs twice in the square of their sum.
            let twice = i32::from(a != b);
            (take(sum), square_grid(top, a) + square_grid(top, b) + twice)
        });
        add_joined(terms.by_ref().take(JOINED_PAIRS), &mut sums.second);
        add_joined(terms, &mut sums.second);
    }

    /// Adds a block to a bracket, if one is needed; returns whether it fits it.
    #[inline(always)]
    fn add_if_bracket<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
        sums: &mut Sums,
    ) -> Option<bool> {
        match self.need {
            Need::Bracket => Some(self.add_bracket(detected, values, top, sums)),
            // The top that another column left may be far too high.
            Need::FineBracket if !self.is_tried => Some(false),
            Need::FineBracket => Some(self.add_fine(detected, values, top)),
            _ => None,
        }
    }

    #[inline(always)]
    fn add_fine<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        let fits = V::attempt(detected, AddFine { bracket: &mut self.fine, values, top });
        if fits {
            self.left_out = self.fine.left_out;
        }
        fits
    }

    #[inline(always)]
    fn add_bracket<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
        sums: &mut Sums,
    ) -> bool {
        if !V::attempt(detected, AddBracket { bracket: &mut self.bracket, values, top }) {
            return false;
        }
        self.left_out = self.bracket.left_out;
        let unused = self.bracket.unused_bits();
        if unused > MAX_UNUSED_BITS && top > *SQUARE_TOPS.start() {
            if !self.is_tried {
                // A bad guess: the caller must find the largest value first.
                self.bracket = Bracket::default();
                self.stance.top = None;
                return false;
            }
            self.flush(sums);
            self.stance.top = Some((top - unused).max(*SQUARE_TOPS.start()));
        }
        self.is_tried = true;
        true
    }

    /// Adds a block on the current rung.
    fn add_slices<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        V::attempt(detected, AddSlices { ladder: self, values, top })
    }

    #[inline(always)]
    fn add_near_sums<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        let block = slices::sums::<V, NEAR_SLICES, true>(detected, values, top);
        let is_exact = block.as_ref().is_none_or(|block| block.is_exact);
        if is_exact && self.scale >= 0 {
            return self.keep_sums(block, 0);
        }
        // At least one more than there are values, for what scaling may have rounded.
        self.is_tried && self.keep_sums(block, (values.steps() + 1) * V::LANES)
    }

    /// Adds the sums of a block, of which `rounded` values were rounded to the last grid.
    #[inline(always)]
    fn keep_sums<const N: usize>(&mut self, block: Option<Slices<N>>, rounded: usize) -> bool {
        let Some(Slices { units, left_out, .. }) = block else {
            return false;
        };
        self.left_out = left_out;
        for (total, &sum) in self.sums.iter_mut().zip(&units) {
            *total += i128::from(sum);
        }
        if N > JOINED_SLICES {
            let further = self.further.get_or_insert_default();
            for (total, &sum) in further.sums.iter_mut().zip(&units[JOINED_SLICES..]) {
                *total += i128::from(sum);
            }
        }
        self.rounded += rounded as u64;
        true
    }

    #[inline(always)]
    fn keep_products(&mut self, block: Option<Products>) -> bool {
        let Some(Products { sums, products, left_out }) = block else {
            return false;
        };
        self.left_out = left_out;
        let further = self.further.get_or_insert_default();
        let totals = self.sums.iter_mut().chain(&mut further.sums);
        for (total, sum) in totals.zip(sums) {
            *total += i128::from(sum);
        }
        for (total, sum) in further.products.iter_mut().zip(products) {
            *total += i128::from(sum);
        }
        true
    }
}

/// Adds slices on the rung that the ladder has reached.
struct AddSlices<'a, L> {
    ladder: &'a mut Ladder,
    values: &'a L,
    top: i32,
}

impl<V: Vector, L: Lanes<V>> Attempt<V> for AddSlices<'_, L> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        let Self { ladder, values, top } = self;
        let rung = ladder.stance.rung;
        let max = L::MAX_SLICES;
        match ladder.need {
            Need::Sum => match SUM_RUNGS[rung].min(max.sums) {
                1 => ladder.keep_sums(slices::sums::<V, 1, false>(detected, values, top), 0),
                3 if max.sums >= 3 => {
                    ladder.keep_sums(slices::sums::<V, 3, false>(detected, values, top), 0)
                }
                4 if max.sums >= 4 => {
                    ladder.keep_sums(slices::sums::<V, 4, false>(detected, values, top), 0)
                }
                6 if max.sums >= 6 => {
                    ladder.keep_sums(slices::sums::<V, 6, false>(detected, values, top), 0)
                }
                MAX_SLICES if max.sums >= MAX_SLICES => {
                    ladder.keep_sums(slices::sums::<V, MAX_SLICES, false>(detected, values, top), 0)
                }
                _ => ladder.keep_sums(slices::sums::<V, 2, false>(detected, values, top), 0),
            },
            Need::SumBracket => match NEAR_RUNGS[rung].min(max.sums) {
                1 => ladder.keep_sums(slices::sums::<V, 1, false>(detected, values, top), 0),
                NEAR_SLICES if max.sums >= NEAR_SLICES => {
                    ladder.add_near_sums(detected, values, top)
                }
                _ => ladder.keep_sums(slices::sums::<V, 2, false>(detected, values, top), 0),
            },
            _ => ladder.keep_products(match SQUARE_RUNGS[rung].min(max.squares) {
                3 if max.squares >= 3 => slices::squares::<V, 3>(detected, values, top),
                4 if max.squares >= 4 => slices::squares::<V, 4>(detected, values, top),
                MAX_SQUARE_SLICES if max.squares >= MAX_SQUARE_SLICES => {
                    slices::squares::<V, MAX_SQUARE_SLICES>(detected, values, top)
                }
                _ => slices::squares::<V, 2>(detected, values, top),
            }),
        }
    }
}

/// Adds a block to a bracket.
struct AddBracket<'a, L> {
    bracket: &'a mut Bracket,
    values: &'a L,
    top: i32,
}

impl<V: Vector, L: Lanes<V>> Attempt<V> for AddBracket<'_, L> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        self.bracket.add(detected, self.values, self.top)
    }
}

/// Adds a block to a fine bracket.
struct AddFine<'a, L> {
    bracket: &'a mut FineBracket,
    values: &'a L,
    top: i32,
}

impl<V: Vector, L: Lanes<V>> Attempt<V> for AddFine<'_, L> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        self.bracket.add(detected, self.values, self.top)
    }
}

/// Which of the three lists of rungs serves a need.
fn list(need: Need) -> usize {
    match need {
        Need::Sum => 0,
        Need::SumBracket => 1,
        _ => 2,
    }
}

/// The values of `top` on all rungs of a need.
pub(super) fn tops(need: Need) -> RangeInclusive<i32> {
    match need {
        Need::Sum => sum_tops(MAX_SLICES),
        Need::SumBracket => sum_tops(NEAR_SLICES),
        _ => SQUARE_TOPS,
    }
}

/// Adds `value * 2^exponent` for all terms. They are first summed in 256 bits, because one addition to an
/// [`Integer`] costs as much as all of that. The 256 bits cannot overflow: a block adds less than `2^57` to
/// a total, there are fewer than `2^50` blocks, the exponents lie within 144 of each other, and there are at most
/// 11 terms, so the sum is below `2^(57 + 50 + 144 + 4) = 2^255`.
pub(super) fn add_joined(terms: impl IntoIterator<Item = (i128, i32)>, integer: &mut Integer) {
    let mut present = SmallVec::<[(i128, i32); MAX_PAIRS - JOINED_PAIRS]>::new();
    present.extend(terms.into_iter().filter(|&(value, _)| value != 0));
    let Some(lowest) = present.iter().map(|&(_, exponent)| exponent).min() else {
        return;
    };
    let (mut low, mut high) = (0u128, 0i128);
    for (value, exponent) in present {
        let up = (exponent - lowest) as u32;
        let (added, beyond) = match up {
            ..128 => ((value as u128) << up, (value >> (127 - up)) >> 1),
            _ => (0, value << (up - 128)),
        };
        let carry;
        (low, carry) = low.overflowing_add(added);
        high += beyond + i128::from(carry);
    }
    if high == low as i128 >> 127 {
        return integer.add(low as i128, lowest);
    }
    let digits = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
    integer.add_digits(&digits, lowest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::buckets::Buckets;
    use crate::kernels::slices::{MaxSlices, STEPS};

    struct Values<'a>(&'a [f64]);

    impl<V: Vector> Lanes<V> for Values<'_> {
        const MAX_SLICES: MaxSlices = MaxSlices::of::<f64>();

        fn steps(&self) -> usize {
            self.0.len() / V::LANES
        }

        fn load(&self, detected: V::Detected, step: usize, _: &mut LeftOut) -> V {
            V::load(detected, &self.0[step * V::LANES..])
        }
    }

    /// The algorithm on plain arrays, which needs no instruction set.
    #[test]
    fn plain_arrays_equal_the_buckets() {
        let mut state = 1u64;
        let mut next = |spread: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let field = 1023 - state % spread;
            f64::from_bits(state & (1 << 63 | ((1 << 52) - 1)) | field << 52)
        };
        for (spread, fits_squares) in [(1, true), (12, true), (30, true), (60, true), (100, false)]
        {
            let values = (0..4 * STEPS).map(|_| next(spread)).collect::<Vec<_>>();
            for need in [Need::Sum, Need::Squares] {
                let (mut sums, mut expected) = (Sums::default(), Sums::default());
                let mut buckets = Buckets::new(need);
                buckets.update(&values, &mut expected);
                buckets.finish(&mut expected);
                let mut ladder = Ladder::new(need, 0, false);
                let lanes = Values(&values);
                let fits = Ladder::add::<[f64; 4]>(&mut ladder, (), &lanes, &mut sums)
                    || Ladder::climb::<[f64; 4]>(&mut ladder, (), &lanes, 1, &mut sums);
                ladder.flush(&mut sums);
                assert_eq!(fits, need == Need::Sum || fits_squares, "{need:?}, {spread}");
                if fits {
                    assert_eq!(sums, expected, "{need:?}, {spread}");
                }
            }
        }
    }
}
