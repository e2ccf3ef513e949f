//! The ladder of [`slices`](super::slices): how many slices, and where their grids lie.
//!
//! Blocks of a column resemble each other, so what worked for one is tried for the next, and the
//! sums of blocks on the same grids are kept together. A block that does not fit is looked at: the
//! grids move to its largest value, and if that is not enough, a slice is added. Four slices hold 94
//! bits. What does not fit then is handed back.

use std::cell::Cell;

use super::brackets::Bracket;
use super::element::Need;
use super::slices::{self, Lanes, Products, TOPS, pairs, square_grid, sum_grid};
use super::sums::Sums;
use super::vector::Vector;
use crate::exact::Integer;

/// With so many bits unused, the grid of brackets is moved down: it decides how tight they are.
const UNUSED: i32 = 12;

const FEWEST: usize = 2;
const MOST: usize = 4;

/// Where a ladder stands.
#[derive(Clone, Copy)]
struct Stance {
    /// The values are below `2^top`.
    top: Option<i32>,
    /// How many slices the last block took.
    slices: usize,
    /// After so many blocks one slice fewer is tried, and after how many the next time.
    descend_in: u32,
    patience: u32,
}

impl Stance {
    /// Waits for the moment to try one slice fewer, ever longer.
    #[inline(always)]
    fn wait(&mut self) {
        self.descend_in -= 1;
        if self.descend_in == 0 {
            self.slices -= 1;
            self.patience = (2 * self.patience).min(1 << 20);
            self.descend_in = self.patience;
        }
    }
}

thread_local! {
    /// Where the ladder stood that this thread used last: columns resemble each other, too, and the
    /// windows of a column still more.
    static LAST: Cell<Stance> =
        const { Cell::new(Stance { top: None, slices: 3, descend_in: 8, patience: 8 }) };
}

/// The sums of blocks that were cut on the same grids.
pub struct Ladder {
    need: Need,
    stance: Stance,
    /// Whether a block has fitted, so that the top is more than the guess it starts with.
    is_tried: bool,
    sums: [i128; MOST],
    products: [i128; 10],
    bracket: Bracket,
}

impl Ladder {
    pub fn new(need: Need) -> Self {
        /// What was learnt of another column is not worth more.
        const MOST_PATIENCE: u32 = 64;
        let last = LAST.get();
        let [descend_in, patience] =
            [last.descend_in, last.patience].map(|blocks| blocks.min(MOST_PATIENCE));
        Self {
            need,
            stance: Stance { descend_in, patience, ..last },
            is_tried: false,
            sums: [0; MOST],
            products: [0; 10],
            bracket: Bracket::default(),
        }
    }

    /// Adds a block on the grids of the one before, if it fits.
    #[inline(always)]
    pub fn add<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        sums: &mut Sums,
    ) -> bool {
        let Some(top) = self.stance.top else {
            return false;
        };
        match self.need {
            Need::Sum => return self.keep_sums(slices::sum(detected, values, top)),
            Need::Bracket => return self.add_bracket(detected, values, top, sums),
            _ => {}
        }
        if self.stance.slices > FEWEST {
            self.stance.wait();
        }
        self.add_squares(detected, values, top)
    }

    /// Adds a block of values below `2^top` that did not fit before, if it can be.
    #[inline(always)]
    pub fn climb<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
        sums: &mut Sums,
    ) -> bool {
        if !TOPS.contains(&top) {
            return false;
        }
        let moved = self.stance.top != Some(top);
        if moved {
            self.flush(sums);
            self.stance.top = Some(top);
            self.is_tried = true;
        }
        match self.need {
            Need::Sum => return moved && self.keep_sums(slices::sum(detected, values, top)),
            Need::Bracket => return moved && self.add_bracket(detected, values, top, sums),
            _ => {}
        }
        if moved && self.add_squares(detected, values, top) {
            return true;
        }
        while self.stance.slices < MOST {
            self.stance.slices += 1;
            if self.add_squares(detected, values, top) {
                return true;
            }
        }
        false
    }

    /// Adds what is held to the sums.
    pub fn flush(&mut self, sums: &mut Sums) {
        let Some(top) = self.stance.top else {
            return;
        };
        LAST.set(self.stance);
        self.stance.top = None;
        if self.need == Need::Bracket {
            return self.bracket.flush(top, sums);
        }
        let grid = if self.need == Need::Sum { sum_grid } else { square_grid };
        let totals = std::mem::take(&mut self.sums);
        add_joined(
            std::array::from_fn::<_, MOST, _>(|i| (totals[i], grid(top, i))),
            &mut sums.first,
        );
        let totals = std::mem::take(&mut self.products);
        let products = std::array::from_fn::<_, 10, _>(|i| {
            let (a, b) = pairs()[i];
            // The product of two different slices stands twice in the square of their sum.
            let twice = i32::from(a != b);
            (totals[i], square_grid(top, a) + square_grid(top, b) + twice)
        });
        add_joined(products, &mut sums.second);
    }

    #[inline(always)]
    fn add_bracket<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
        sums: &mut Sums,
    ) -> bool {
        if !self.bracket.add(detected, values, top) {
            return false;
        }
        let unused = self.bracket.bits_too_wide();
        if unused > UNUSED && top > *TOPS.start() {
            if !self.is_tried {
                // A bad guess: look at the values first.
                self.bracket = Bracket::default();
                self.stance.top = None;
                return false;
            }
            self.flush(sums);
            self.stance.top = Some((top - unused).max(*TOPS.start()));
        }
        self.is_tried = true;
        true
    }

    #[inline(always)]
    fn add_squares<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        self.keep_products(match self.stance.slices {
            2 => slices::squares::<V, 2>(detected, values, top),
            3 => slices::squares::<V, 3>(detected, values, top),
            _ => slices::squares::<V, 4>(detected, values, top),
        })
    }

    #[inline(always)]
    fn keep_sums(&mut self, block: Option<[i64; 2]>) -> bool {
        for (total, sum) in self.sums.iter_mut().zip(block.into_iter().flatten()) {
            *total += i128::from(sum);
        }
        block.is_some()
    }

    #[inline(always)]
    fn keep_products(&mut self, block: Option<Products>) -> bool {
        let Some(Products { sums, products }) = block else {
            return false;
        };
        for (total, sum) in self.sums.iter_mut().zip(sums) {
            *total += i128::from(sum);
        }
        for (total, sum) in self.products.iter_mut().zip(products) {
            *total += i128::from(sum);
        }
        true
    }
}

/// Adds numbers, each with its exponent: joined in 256 bits, for each addition to an [`Integer`] costs
/// as much as all of them. A block adds less than `2^57` to a total, and there are fewer than `2^50`
/// blocks; the exponents lie within 144 of each other: all is below `2^(57 + 50 + 144 + 3) = 2^254`.
fn add_joined<const N: usize>(terms: [(i128, i32); N], integer: &mut Integer) {
    let present = terms.into_iter().filter(|&(value, _)| value != 0);
    let Some(lowest) = present.clone().map(|(_, exponent)| exponent).min() else {
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
    use crate::kernels::slices::STEPS;

    struct Values<'a>(&'a [f64]);

    impl<V: Vector> Lanes<V> for Values<'_> {
        fn steps(&self) -> usize {
            self.0.len() / V::LANES
        }

        fn load(&self, detected: V::Detected, step: usize) -> V {
            V::load(detected, &self.0[step * V::LANES..])
        }
    }

    /// The algorithm in the language itself, without any instruction set.
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
        for (spread, fits_squares) in [(1, true), (12, true), (30, true), (60, false)] {
            let values = (0..4 * STEPS).map(|_| next(spread)).collect::<Vec<_>>();
            for need in [Need::Sum, Need::Squares] {
                let (mut sums, mut expected) = (Sums::default(), Sums::default());
                let mut buckets = Buckets::new(need);
                buckets.update(&values, &mut expected);
                buckets.finish(&mut expected);
                let mut ladder = Ladder::new(need);
                let lanes = Values(&values);
                let fits = Ladder::add::<[f64; 4]>(&mut ladder, (), &lanes, &mut sums)
                    || Ladder::climb::<[f64; 4]>(&mut ladder, (), &lanes, 1, &mut sums);
                ladder.flush(&mut sums);
                assert_eq!(fits, fits_squares, "{need:?}, {spread}");
                if fits {
                    assert_eq!(sums, expected, "{need:?}, {spread}");
                }
            }
        }
    }
}
