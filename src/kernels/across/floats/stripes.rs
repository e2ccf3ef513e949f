//! Stripes: the columns in the lanes of one vector, each with accumulators on grids of its own.
//!
//! This is the arithmetic of [`slices`](crate::kernels::slices) and of [`brackets`](crate::kernels::brackets), and
//! their proofs hold lane by lane: a lane sees at most [`STEPS`] values between two readings, one of each row.
//! Only here the grids differ from lane to lane, and so does what fits them.
//!
//! Several stripes are summed side by side, because a chain of additions to a single one would wait for itself.
use super::chains::{SQUARE_PAIRS, SQUARE_SLICES};
use super::forms::{Form, Moved};
use crate::exact::Bound;
use crate::kernels::across::rows::Rows;
use crate::kernels::brackets::{self, CROSS_BITS, REMAINDER_BITS};
use crate::kernels::element::Need;
use crate::kernels::floats::Ieee;
use crate::kernels::ladder::add_joined;
use crate::kernels::slices::{PAIRS, middle, power_of_two, square_grid, sum_grid};
use crate::kernels::sums::Sums;
use crate::kernels::vector::{MAX_LANES, Vector, Watch};

/// The most slices of a sum.
pub(super) const MAX_SLICES: usize = 10;
/// The most sums that a column has: four slices and ten products.
pub(super) const MAX_SUMS: usize = 14;
/// The number of blocks after which the totals, which grow by less than `2^54` with each, must be emptied.
const MAX_BLOCKS: u32 = 1 << 8;

/// Slices whose grids are placed before they are needed. Most columns need no more, and ten take as long as adding a
/// hundred values.
const USUAL_SLICES: usize = 3;
/// How far ahead memory is prefetched, in bytes that are read until then: eight rows of 32 doubles. Measured for 2, 4, 8,
/// 16 and 32 of these: a table of a million doubles takes 5 to 40 % longer with 2 or 4, and as long with more.
const PREFETCHED_BYTES: usize = 2048;
/// Slices that are joined at a time.
const JOINED_SLICES: usize = 4;

/// Numbers that belong to the columns of a stripe.
pub(super) type Lanewise<T> = [T; MAX_LANES];

/// What was gathered of the columns of a stripe.
#[derive(Clone)]
pub(super) struct Stripe {
    /// The values of a column are below two to this power.
    pub(super) tops: Lanewise<i32>,
    /// Where the accumulators of each slice start, and how many of these have been computed.
    slices: usize,
    pub(super) starts: [Lanewise<f64>; MAX_SLICES],
    /// The inverse unit of the first slice, for brackets, and of its square.
    pub(super) units: [Lanewise<f64>; 2],
    /// In units of the grids.
    totals: [Lanewise<i64>; MAX_SUMS],
    /// How many of them are in use.
    used: usize,
    /// Bounds on the errors of the two sums of a bracket that have one, for each column.
    slack: [u64; 2],
    blocks: u32,
}

/// Adds all rows of a block, which has at most [`STEPS`] of them, to neighbouring stripes.
#[inline(always)]
fn run<V, T, F, const SUMS: usize, const STRIPES: usize>(
    detected: V::Detected,
    rows: Rows<'_, T>,
    stripes: &[Stripe; STRIPES],
    is_watched: bool,
    finished: &mut [F; STRIPES],
) where
    V: Vector,
    T: Ieee,
    F: Form<V, SUMS>,
{
    // A local copy, which the compiler keeps in registers.
    let mut forms = [F::start(detected, &stripes[0]); STRIPES];
    for (form, stripe) in forms.iter_mut().zip(stripes.iter()) {
        *form = F::start(detected, stripe);
    }
    let ones = V::ones(detected);
    let distance = PREFETCHED_BYTES / (STRIPES * V::LANES * size_of::<T>());
    for row in 0..rows.count() {
        let values = &rows.row(row)[..STRIPES * V::LANES];
        let ahead = &rows.row((row + distance).min(rows.count() - 1))[..values.len()];
        for (i, form) in forms.iter_mut().enumerate() {
            V::prefetch_front(&ahead[i * V::LANES..]);
            form.add(T::load(detected, &values[i * V::LANES..]), ones, is_watched);
        }
    }
    for form in &mut forms {
        form.pin();
    }
    *finished = forms;
}

/// Adds a block to neighbouring stripes and returns true, if it fits all their grids; otherwise nothing is added.
#[inline(always)]
pub(super) fn add_to_all<V, T, F, const SUMS: usize, const STRIPES: usize>(
    detected: V::Detected,
    rows: Rows<'_, T>,
    stripes: &mut [Stripe; STRIPES],
) -> bool
where
    V: Vector,
    T: Ieee,
    F: Form<V, SUMS>,
{
    let watch = V::Watch::start();
    let mut forms = [F::start(detected, &stripes[0]); STRIPES];
    run::<V, T, F, SUMS, STRIPES>(detected, rows, stripes, F::HAS_FLAGS, &mut forms);
    if F::HAS_FLAGS && watch.has_rounded() {
        return false;
    }
    let mut moved = [Moved::nothing(detected); STRIPES];
    let mut fits = true;
    for i in 0..STRIPES {
        moved[i] = forms[i].finish(detected, &stripes[i]);
        fits &= moved[i].fits();
    }
    if !fits {
        return false;
    }
    for (stripe, moved) in stripes.iter_mut().zip(&moved) {
        stripe.add(moved, F::slack(moved), u8::MAX);
    }
    true
}

/// Adds a block to those columns of a stripe that it fits, and returns which these are. If they must all fit and do
/// not, nothing is added.
#[inline(always)]
pub(super) fn add_to_some<V, T, F, const SUMS: usize>(
    detected: V::Detected,
    rows: Rows<'_, T>,
    stripe: &mut Stripe,
    lanes: u8,
    must_all_fit: bool,
) -> u8
where
    V: Vector,
    T: Ieee,
    F: Form<V, SUMS>,
{
    let mut forms = [F::start(detected, stripe)];
    run::<V, T, F, SUMS, 1>(detected, rows, std::array::from_ref(stripe), false, &mut forms);
    let moved = forms[0].finish(detected, stripe);
    let fitting = moved.lanes_that_fit() & lanes;
    if !must_all_fit || fitting == lanes {
        stripe.add(&moved, F::slack(&moved), fitting);
    }
    fitting
}

impl Stripe {
    /// A stripe whose columns have grids for values of about one.
    pub(super) fn new(need: Need) -> Self {
        let zeros = [0.0; MAX_LANES];
        let mut stripe = Self {
            tops: [0; MAX_LANES],
            slices: 0,
            starts: [zeros; MAX_SLICES],
            units: [zeros; 2],
            totals: [[0; MAX_LANES]; MAX_SUMS],
            used: 0,
            slack: [0; 2],
            blocks: 0,
        };
        stripe.place_grids(need);
        stripe
    }

    /// Places the grids of all columns below their tops. What is in the totals of columns whose top has changed must
    /// have been [flushed](Self::flush) before.
    pub(super) fn place_grids(&mut self, need: Need) {
        self.slices = 0;
        self.place_slices(need, USUAL_SLICES);
    }

    /// Places the grids of the first `slices` slices, as far as they are not placed yet.
    pub(super) fn place_slices(&mut self, need: Need, slices: usize) {
        if slices <= self.slices {
            return;
        }
        let grid: fn(i32, usize) -> i32 = match need {
            Need::Sum => sum_grid,
            Need::Bracket => |top, _| brackets::grid(top),
            _ => square_grid,
        };
        for (slice, starts) in self.starts.iter_mut().enumerate().take(slices).skip(self.slices) {
            for (place, &top) in starts.iter_mut().zip(&self.tops) {
                *place = middle(grid(top, slice));
            }
        }
        self.slices = slices;
        if need != Need::Sum {
            for (lane, &top) in self.tops.iter().enumerate() {
                let grid = grid(top, 0);
                self.units[0][lane] = power_of_two(-grid);
                self.units[1][lane] = power_of_two(-2 * grid);
            }
        }
    }

    #[inline(always)]
    fn add<V, const SUMS: usize>(&mut self, moved: &Moved<V, SUMS>, slack: [u64; 2], lanes: u8) {
        self.used = self.used.max(SUMS);
        for (total, moved) in self.totals.iter_mut().zip(&moved.totals) {
            for lane in 0..MAX_LANES {
                let moved = if lanes >> lane & 1 == 1 { moved[lane] } else { 0 };
                total[lane] += moved;
            }
        }
        for (total, slack) in self.slack.iter_mut().zip(slack) {
            *total += slack;
        }
        self.blocks += 1;
    }

    /// Whether the totals must be flushed before the next block.
    pub(super) fn is_full(&self) -> bool {
        self.blocks >= MAX_BLOCKS
    }

    /// Adds the totals of a column to its sums.
    pub(super) fn flush(&mut self, need: Need, lane: usize, sums: &mut Sums) {
        if self.blocks == 0 {
            return;
        }
        let top = self.tops[lane];
        let mut totals = [0; MAX_SUMS];
        for (taken, total) in totals.iter_mut().zip(&mut self.totals[..self.used]) {
            *taken = i128::from(std::mem::take(&mut total[lane]));
        }
        match need {
            Need::Bracket => self.flush_bracket(totals, brackets::grid(top), sums),
            // By far the most common: the sum of at most 256 blocks is below 2^60 units.
            Need::Sum if self.used <= 2 => {
                let total = (totals[0] << (sum_grid(top, 0) - sum_grid(top, 1))) + totals[1];
                sums.first.add(total, sum_grid(top, 1));
            }
            Need::Sum => {
                for (i, totals) in totals[..self.used].chunks(JOINED_SLICES).enumerate() {
                    let mut terms = [(0, 0); JOINED_SLICES];
                    for (j, (term, total)) in terms.iter_mut().zip(totals).enumerate() {
                        *term = (*total, sum_grid(top, JOINED_SLICES * i + j));
                    }
                    add_joined(terms, &mut sums.first);
                }
            }
            _ => {
                let mut slices = [(0, 0); SQUARE_SLICES];
                for (i, (slice, total)) in slices.iter_mut().zip(totals).enumerate() {
                    *slice = (total, square_grid(top, i));
                }
                add_joined(slices, &mut sums.first);
                let mut products = [(0, 0); SQUARE_PAIRS];
                let terms = PAIRS.into_iter().zip(&totals[SQUARE_SLICES..]);
                for (product, ((a, b), total)) in products.iter_mut().zip(terms) {
                    // The product of two different slices occurs twice in the square of their sum.
                    let twice = i32::from(a != b);
                    *product = (*total, square_grid(top, a) + square_grid(top, b) + twice);
                }
                add_joined(products, &mut sums.second);
            }
        }
    }

    fn flush_bracket(&self, totals: [i128; MAX_SUMS], grid: i32, sums: &mut Sums) {
        let [heads, remainders, squares, crosses, ..] = totals;
        sums.first.add(heads, grid);
        sums.first.add(remainders, grid - REMAINDER_BITS);
        sums.second.add(squares, 2 * grid);
        sums.second.add(crosses, 2 * grid - CROSS_BITS);
        let slack = sums.slack.get_or_insert_default();
        slack.first = slack.first.plus(Bound::new(self.slack[0], grid - REMAINDER_BITS));
        slack.second = slack.second.plus(Bound::new(self.slack[1], 2 * grid - CROSS_BITS));
    }

    /// Counts the blocks from zero again, after all columns have been flushed.
    pub(super) fn restart(&mut self) {
        (self.slack, self.blocks) = ([0; 2], 0);
    }
}
