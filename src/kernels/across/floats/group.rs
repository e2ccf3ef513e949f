//! A group: neighbouring stripes with the same number of slices.

use std::ops::Range;

use super::MAX_COLUMNS;
use super::Vectors;
use super::rungs::{fits_all, fits_some, rungs, stripes_at_once};
use super::specials::{TakeFinite, largest_of};
use super::stripes::Stripe;
use super::tile::Rest;
use crate::kernels::across::rows::Rows;
use crate::kernels::dispatch;
use crate::kernels::floats::Ieee;
use crate::kernels::formats::top_of;
use crate::kernels::slices::SQUARE_TOPS;

/// By how many powers of two the values of a column may exceed those seen so far, and still fit.
const HEADROOM: i32 = 2;
/// By how many powers of two a column may stay below its grid, before that moves down once a block does not fit.
const MAX_UNUSED_BITS: i32 = 8;
/// Blocks before a group tries one slice fewer for the first time.
const FIRST_BACKOFF: u32 = 16;
/// The longest backoff, in blocks.
const MAX_BACKOFF: u32 = 1 << 20;

/// Neighbouring stripes with the same number of slices.
pub(super) struct Group {
    /// The first column.
    pub(super) first: usize,
    /// The first column that does not belong to another stripe.
    own: usize,
    /// The positions in the list of stripes.
    pub(super) stripes: Range<usize>,
    rung: usize,
    /// Blocks until one slice fewer is tried, and the length of the backoff after that.
    descend_in: u32,
    backoff: u32,
    /// Whether the grids have been chosen.
    is_tried: bool,
    /// Whether the last block had special values.
    has_specials: bool,
}

impl Group {
    pub(super) fn new(first: usize, own: usize, stripes: Range<usize>) -> Self {
        Self {
            first,
            own,
            stripes,
            rung: 0,
            descend_in: FIRST_BACKOFF,
            backoff: FIRST_BACKOFF,
            is_tried: false,
            has_specials: false,
        }
    }

    pub(super) fn add<T: Ieee>(
        &mut self,
        block: Rows<'_, T>,
        stripes: &mut [Stripe],
        rest: &mut Rest<'_, T>,
    ) {
        let mut finite = std::mem::take(&mut rest.finite);
        let block = match self.has_specials {
            true => self.without_specials(block, 0, &mut finite, rest),
            false => block,
        };
        if !std::mem::replace(&mut self.is_tried, true) && self.try_first(block, stripes, rest) {
            return;
        }
        self.descend();
        let (Vectors { level, lanes, .. }, need) = (rest.vectors, rest.need);
        let width = stripes_at_once(stripes.len(), need, self.rung);
        for (i, some) in stripes.chunks_mut(width).enumerate() {
            let first = i * width;
            let block = block.of_columns(first * lanes..(first + some.len()) * lanes);
            if fits_all(level, need, self.rung, block, some) {
                continue;
            }
            for (j, stripe) in some.iter_mut().enumerate() {
                let block = block.of_columns(j * lanes..(j + 1) * lanes);
                self.repair(block, first + j, stripe, rest);
            }
        }
        rest.finite = finite;
        if stripes[0].is_full() {
            self.flush(stripes, rest);
        }
    }

    /// From time to time, tries one slice fewer.
    fn descend(&mut self) {
        self.descend_in -= 1;
        if self.descend_in == 0 {
            self.rung = self.rung.saturating_sub(1);
            self.backoff = (2 * self.backoff).min(MAX_BACKOFF);
            self.descend_in = self.backoff;
        }
    }

    /// The column of a lane, if it belongs to this group.
    fn column<T: Ieee>(&self, stripe: usize, lane: usize, rest: &Rest<'_, T>) -> Option<usize> {
        let column = self.first + stripe * rest.vectors.lanes + lane;
        (column >= self.own).then_some(column % rest.sums.len())
    }

    /// Columns of a block from one on, with zeros in place of special values, which are counted.
    fn without_specials<'f, T: Ieee>(
        &mut self,
        block: Rows<'_, T>,
        offset: usize,
        finite: &'f mut Vec<T>,
        rest: &mut Rest<'_, T>,
    ) -> Rows<'f, T> {
        let columns = block.columns();
        let mut counts = [[0; MAX_COLUMNS]; 3];
        finite.clear();
        finite.resize(block.count() * columns, T::default());
        let task = TakeFinite { block, finite: &mut *finite, counts: &mut counts };
        dispatch::run(rest.vectors.level, task);
        self.has_specials = false;
        for i in 0..columns {
            let [nans, positive, negative] = counts.each_ref().map(|counts| counts[i]);
            let column = self.first + offset + i;
            if nans + positive + negative > 0 && column >= self.own {
                self.has_specials = true;
                let columns = rest.sums.len();
                let sums = &mut rest.sums[column % columns];
                sums.nans += nans;
                sums.positive_infinities += positive;
                sums.negative_infinities += negative;
            }
        }
        Rows::new(finite, 0, columns as isize, block.count(), columns)
            .unwrap_or_else(|| unreachable!("as many values as there were"))
    }

    /// Moves the grids of the columns of a stripe to their largest magnitudes. Returns the columns that belong to this
    /// group, as bits, and those of them that have a grid.
    fn choose_tops<T: Ieee>(
        &self,
        largest: &[u64],
        index: usize,
        stripe: &mut Stripe,
        rest: &mut Rest<'_, T>,
    ) -> (u8, u8) {
        let (mut own, mut fitting, mut has_moved) = (0u8, 0u8, false);
        for (lane, &largest) in largest.iter().enumerate().take(rest.vectors.lanes) {
            let Some(column) = self.column(index, lane, rest) else {
                continue;
            };
            own |= 1 << lane;
            let (top, used) = (stripe.tops[lane], top_of::<T>(largest));
            if largest > 0 && (used > top || used + MAX_UNUSED_BITS < top) {
                if !SQUARE_TOPS.contains(&used) {
                    continue;
                }
                stripe.flush(rest.need, lane, &mut rest.sums[column]);
                stripe.tops[lane] = (used + HEADROOM).min(*SQUARE_TOPS.end());
                has_moved = true;
            }
            fitting |= 1 << lane;
        }
        if has_moved {
            stripe.place_grids(rest.need);
        }
        (own, fitting)
    }

    /// Adds the first block of all, if it needs no [repair](Self::repair); returns whether it was added.
    fn try_first<T: Ieee>(
        &mut self,
        block: Rows<'_, T>,
        stripes: &mut [Stripe],
        rest: &mut Rest<'_, T>,
    ) -> bool {
        let (Vectors { level, lanes, .. }, need) = (rest.vectors, rest.need);
        let largest = largest_of(level, block);
        if largest.iter().any(|&largest| largest >= T::INFINITY_BITS) {
            return false;
        }
        for (i, (stripe, largest)) in stripes.iter_mut().zip(largest.chunks(lanes)).enumerate() {
            let (own, fitting) = self.choose_tops(largest, i, stripe, rest);
            if own != fitting {
                return false;
            }
        }
        while stripes_at_once(stripes.len(), need, self.rung) == stripes.len() {
            if fits_all(level, need, self.rung, block, stripes) {
                return true;
            }
            if self.rung + 1 == rungs(need) {
                break;
            }
            self.rung += 1;
        }
        false
    }

    /// Adds a block that did not fit the grids of a stripe.
    fn repair<T: Ieee>(
        &mut self,
        block: Rows<'_, T>,
        index: usize,
        stripe: &mut Stripe,
        rest: &mut Rest<'_, T>,
    ) {
        let (Vectors { level, lanes, .. }, need) = (rest.vectors, rest.need);
        let (mut finite, mut block, mut largest) = (vec![], block, largest_of(level, block));
        if largest.iter().any(|&largest| largest >= T::INFINITY_BITS) {
            block = self.without_specials(block, index * lanes, &mut finite, rest);
            // Even those of columns that belong to another stripe.
            self.has_specials = true;
            largest = largest_of(level, block);
        }
        let (own, mut fitting) = self.choose_tops(&largest, index, stripe, rest);
        let wanted = fitting;
        loop {
            let is_last = self.rung + 1 == rungs(need);
            let must_all_fit = !is_last;
            fitting = fits_some(level, need, self.rung, block, stripe, wanted, must_all_fit);
            if is_last || fitting == wanted {
                break;
            }
            self.rung += 1;
        }
        for lane in (0..lanes).filter(|lane| (own & !fitting) >> lane & 1 == 1) {
            if let Some(column) = self.column(index, lane, rest) {
                rest.add_column(column, block.column(lane));
            }
        }
    }

    pub(super) fn flush<T: Ieee>(&self, stripes: &mut [Stripe], rest: &mut Rest<'_, T>) {
        for (i, stripe) in stripes.iter_mut().enumerate() {
            for lane in 0..rest.vectors.lanes {
                if let Some(column) = self.column(i, lane, rest) {
                    stripe.flush(rest.need, lane, &mut rest.sums[column]);
                }
            }
            stripe.restart();
        }
    }
}
