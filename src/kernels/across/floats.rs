//! Exact sums of the columns of a table of floating-point numbers.
//!
//! Columns are summed in *groups* of neighbouring `stripes`, a block of rows at a time. The first
//! rows show each column its grids, and each group its number of slices; both are tried for all blocks that follow.
//! A block that does not fit is looked at again, stripe by stripe: special values are counted and left out, the grids
//! of columns move to their largest values, and the group climbs to more slices. Columns that fit no grid take integer
//! arithmetic for that block.

use std::collections::BTreeMap;
use std::ops::Range;

use super::chains::{SquareChain, SumChain};
use super::level_of;
use super::rows::Rows;
use super::stripes::{Form, MAX_SLICES, MAX_SUMS, Stripe, add_to_all, add_to_some};
use crate::kernels::brackets;
use crate::kernels::dispatch::{self, Isa, Level, Task};
use crate::kernels::element::Need;
use crate::kernels::floats::Ieee;
use crate::kernels::formats::{magnitude, negative_zero, top_of};
use crate::kernels::slices::{SQUARE_TOPS, STEPS};
use crate::kernels::sums::Sums;
use crate::kernels::vector::{MAX_LANES, Vector};
use crate::kernels::window::Window;

/// Stripes of a group, where there are registers enough for four of them, and elsewhere.
const STRIPES: [usize; 2] = [4, 2];
/// The most columns of a group.
const MAX_COLUMNS: usize = STRIPES[0] * MAX_LANES;
/// Columns of a tile. Their accumulators stay in the second-level cache, and so do the rows of a block until all
/// groups have read them.
const TILE_COLUMNS: usize = 1024;
/// Values that are packed at a time, if a table has few columns and gaps between its rows: they stay in the second-level
/// cache.
const PACKED_VALUES: usize = 1 << 14;
/// Rows that show what grids the columns need.
const FIRST_ROWS: usize = 8;
/// By how many powers of two the values of a column may exceed those seen so far, and still fit.
const HEADROOM: i32 = 2;
/// By how many powers of two a column may stay below its grid, before that moves down once a block does not fit.
const MAX_UNUSED_BITS: i32 = 8;
/// Rows that are summed for each of the virtual columns that a table of few columns is read as, at least: reading
/// out the accumulators of one takes about as long.
const MIN_JOINED_ROWS: usize = 32;
/// Blocks before a group tries one slice fewer for the first time.
const FIRST_BACKOFF: u32 = 16;
/// The longest backoff, in blocks.
const MAX_BACKOFF: u32 = 1 << 20;

/// Adds the values of each column to its sums; returns false, having done nothing, without vectors of doubles.
pub fn add<T: Ieee>(rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) -> bool {
    add_at(Level::current(), rows, need, sums)
}

/// The same by one instruction set.
///
/// # Panics
/// If this processor does not have it.
pub fn add_on<T: Ieee>(isa: Isa, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) -> bool {
    add_at(level_of(isa), rows, need, sums)
}

fn add_at<T: Ieee>(level: Level, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) -> bool {
    assert_eq!(rows.columns(), sums.len(), "each column has sums");
    if level.isa() == Isa::Portable {
        return false;
    }
    if rows.count() > 0 && rows.columns() > 0 {
        add_rows(Vectors::of(level), rows, need, sums);
        note_negative_zeros(rows, sums);
    }
    true
}

/// Finds out which columns have anything but -0.0.
fn note_negative_zeros<T: Ieee>(rows: Rows<'_, T>, sums: &mut [Sums]) {
    let is_other = |value: &T| value.bits() != negative_zero::<T>() && !value.is_nan();
    for (column, (sums, first)) in sums.iter_mut().zip(rows.row(0)).enumerate() {
        if !sums.has_other_than_negative_zero {
            // Nearly always decided by the first value.
            sums.has_other_than_negative_zero =
                is_other(first) || rows.column(column).any(is_other);
        }
    }
}

/// The vectors of a level.
#[derive(Clone, Copy)]
struct Vectors {
    level: Level,
    lanes: usize,
    /// How many stripes a group has.
    stripes: usize,
}

impl Vectors {
    fn of(level: Level) -> Self {
        struct Ask<'a>(&'a mut Vectors);

        impl Task for Ask<'_> {
            #[inline(always)]
            fn run<V: Vector>(self, _: V::Detected) {
                self.0.lanes = V::LANES;
                self.0.stripes = STRIPES[if V::HAS_FOUR_CHAINS { 0 } else { 1 }];
            }
        }

        let mut vectors = Self { level, lanes: 0, stripes: 0 };
        dispatch::run(level, Ask(&mut vectors));
        vectors
    }

    /// How many rows to read as one, so that a table of few columns fills vectors.
    fn joined_rows(self, rows: usize, columns: usize) -> usize {
        let lanes = self.stripes * self.lanes;
        let count = lanes >> columns.trailing_zeros().min(lanes.trailing_zeros());
        let halves = std::iter::successors(Some(count), |count| Some(count / 2));
        let fits =
            |&count: &usize| count * columns <= TILE_COLUMNS && rows >= count * MIN_JOINED_ROWS;
        // Less than a vector is none.
        let least = self.lanes.div_ceil(columns);
        halves.take_while(|&count| count > 0).find(fits).unwrap_or(1).max(least)
    }
}

fn add_rows<T: Ieee>(vectors: Vectors, rows: Rows<'_, T>, need: Need, sums: &mut [Sums]) {
    let columns = rows.columns();
    let count = vectors.joined_rows(rows.count(), columns);
    if let Some((joined, rest)) = rows.joined(count) {
        return add_tiles(vectors, joined, rest, need, sums);
    }
    if columns >= vectors.lanes {
        return add_tiles(vectors, rows, &[], need, sums);
    }
    // Rows with gaps that do not fill a vector.
    let mut packed = Vec::with_capacity(PACKED_VALUES.min(rows.count() * columns));
    for block in rows.blocks((PACKED_VALUES / columns).max(1)) {
        packed.clear();
        block.iter().for_each(|row| packed.extend_from_slice(row));
        let count = vectors.joined_rows(block.count(), columns);
        let block = Rows::new(&packed, 0, columns as isize, block.count(), columns);
        let block = block.and_then(|block| block.joined(count));
        let (joined, rest) = block.unwrap_or_else(|| unreachable!("packed rows have no gaps"));
        add_tiles(vectors, joined, rest, need, sums);
    }
}

/// Adds rows, and further values that fill no row.
fn add_tiles<T: Ieee>(
    vectors: Vectors,
    rows: Rows<'_, T>,
    rest: &[T],
    need: Need,
    sums: &mut [Sums],
) {
    // Zeros add nothing.
    let mut padded = rest.to_vec();
    padded.resize(rows.columns(), T::default());
    let padded = Rows::new(&padded, 0, 0, usize::from(!rest.is_empty()), rows.columns());
    let rest = padded.unwrap_or_else(|| unreachable!("one row"));
    for first in (0..rows.columns()).step_by(TILE_COLUMNS) {
        let end = rows.columns().min(first + TILE_COLUMNS);
        let mut tile = Tile::new(vectors, need, first..end, sums);
        tile.add(rows);
        tile.add(rest);
        tile.finish();
    }
}

/// Some neighbouring columns.
struct Tile<'a, T: Ieee> {
    groups: Vec<Group>,
    stripes: Vec<Stripe>,
    rest: Rest<'a, T>,
}

/// Where sums go, and what does not fit the stripes.
struct Rest<'a, T: Ieee> {
    vectors: Vectors,
    need: Need,
    /// One for each column; columns of joined rows beyond that are the first ones again.
    sums: &'a mut [Sums],
    /// For columns that had blocks which fit no grids.
    windows: BTreeMap<usize, Window<T>>,
    /// A block without its special values.
    finite: Vec<T>,
}

/// Neighbouring stripes with the same number of slices.
struct Group {
    /// The first column.
    first: usize,
    /// The first column that does not belong to another stripe.
    own: usize,
    /// The positions in the list of stripes.
    stripes: Range<usize>,
    rung: usize,
    /// Blocks until one slice fewer is tried, and the length of the backoff after that.
    descend_in: u32,
    backoff: u32,
    /// Whether the grids have been chosen.
    is_tried: bool,
    /// Whether the last block had special values.
    has_specials: bool,
}

impl<'a, T: Ieee> Tile<'a, T> {
    /// Some of the columns. The last of them fill a vector together with those before, which belong to another.
    fn new(vectors: Vectors, need: Need, columns: Range<usize>, sums: &'a mut [Sums]) -> Self {
        let (mut groups, mut stripes, mut own) = (vec![], vec![], columns.start);
        let empty = Stripe::new(need);
        while own < columns.end {
            let is_whole = own + vectors.stripes * vectors.lanes <= columns.end;
            let count = if is_whole { vectors.stripes } else { 1 };
            let first = own.min(columns.end - vectors.lanes);
            groups.push(Group::new(first, own, stripes.len()..stripes.len() + count));
            stripes.extend(std::iter::repeat_n(&empty, count).cloned());
            own = first + count * vectors.lanes;
        }
        let rest = Rest { vectors, need, sums, windows: BTreeMap::new(), finite: vec![] };
        Self { groups, stripes, rest }
    }

    fn add(&mut self, rows: Rows<'_, T>) {
        let first = rows.count().min(FIRST_ROWS);
        let others = rows.between(first..rows.count()).blocks(STEPS);
        for block in rows.between(0..first).blocks(STEPS).chain(others) {
            for group in &mut self.groups {
                let stripes = &mut self.stripes[group.stripes.clone()];
                let columns = group.first..group.first + stripes.len() * self.rest.vectors.lanes;
                group.add(block.of_columns(columns), stripes, &mut self.rest);
            }
        }
    }

    fn finish(mut self) {
        for group in &self.groups {
            group.flush(&mut self.stripes[group.stripes.clone()], &mut self.rest);
        }
        let Rest { sums, windows, .. } = self.rest;
        for (column, window) in windows {
            window.finish(&mut sums[column]);
        }
    }
}

impl Group {
    fn new(first: usize, own: usize, stripes: Range<usize>) -> Self {
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

    fn add<T: Ieee>(&mut self, block: Rows<'_, T>, stripes: &mut [Stripe], rest: &mut Rest<'_, T>) {
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

    fn flush<T: Ieee>(&self, stripes: &mut [Stripe], rest: &mut Rest<'_, T>) {
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

impl<T: Ieee> Rest<'_, T> {
    /// Adds values of a column by integer arithmetic.
    #[cold]
    #[inline(never)]
    fn add_column<'b>(&mut self, column: usize, values: impl Iterator<Item = &'b T>) {
        let mut dense = [T::default(); STEPS];
        let mut length = 0;
        for (place, &value) in dense.iter_mut().zip(values) {
            *place = value;
            length += 1;
        }
        let need = self.need;
        let window = self.windows.entry(column).or_insert_with(|| Window::new(need));
        window.update(&dense[..length], &mut self.sums[column]);
    }
}

/// The largest magnitude of each column of a group or a stripe.
fn largest_of<T: Ieee>(level: Level, block: Rows<'_, T>) -> [u64; MAX_COLUMNS] {
    struct Scan<'a, T>(Rows<'a, T>, &'a mut [u64; MAX_COLUMNS]);

    impl<T: Ieee> Task for Scan<'_, T> {
        #[inline(always)]
        fn run<V: Vector>(self, _: V::Detected) {
            for row in self.0.iter() {
                for (largest, &value) in self.1.iter_mut().zip(row) {
                    *largest = magnitude(value).max(*largest);
                }
            }
        }
    }

    let mut largest = [0; MAX_COLUMNS];
    dispatch::run(level, Scan(block, &mut largest));
    largest
}

/// Copies a block with zeros in place of special values: NaNs, positive and negative infinities, which are counted.
struct TakeFinite<'a, T> {
    block: Rows<'a, T>,
    finite: &'a mut [T],
    counts: &'a mut [[u64; MAX_COLUMNS]; 3],
}

impl<T: Ieee> Task for TakeFinite<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let [nans, positive, negative] = self.counts;
        for (row, finite) in
            self.block.iter().zip(self.finite.chunks_exact_mut(self.block.columns()))
        {
            // Without a branch, so that the compiler vectorizes it.
            let counts = nans.iter_mut().zip(positive.iter_mut()).zip(negative.iter_mut());
            for ((&value, finite), ((nans, positive), negative)) in
                row.iter().zip(finite).zip(counts)
            {
                let (bits, magnitude) = (value.bits(), magnitude(value));
                let is_infinite = magnitude == T::INFINITY_BITS;
                *nans += u64::from(magnitude > T::INFINITY_BITS);
                *positive += u64::from(is_infinite & (bits == magnitude));
                *negative += u64::from(is_infinite & (bits != magnitude));
                *finite = if magnitude < T::INFINITY_BITS { value } else { T::default() };
            }
        }
    }
}

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

fn rungs(need: Need) -> usize {
    match need {
        Need::Sum => SUM_RUNGS.len(),
        Need::Bracket => 1,
        _ => SQUARE_RUNGS.len(),
    }
}

/// How many stripes of a group are summed side by side: as many as there are registers for.
fn stripes_at_once(stripes: usize, need: Need, rung: usize) -> usize {
    match (need, rung) {
        (Need::Sum, 0 | 1) | (Need::Bracket, _) => stripes,
        (Need::Sum, 2 | 3) | (_, 0 | 1) => stripes.div_ceil(2),
        _ => 1,
    }
}

/// Adds a block to stripes and returns true, if it fits all their grids.
fn fits_all<T: Ieee>(
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
fn fits_some<T: Ieee>(
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
