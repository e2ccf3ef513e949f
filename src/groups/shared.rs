//! Sums of floats on grids that all groups share ([`scatter`]), as long as most values fit them.
//!
//! The grids suit the largest value of the first rows. If many values do not fit, what was summed moves to the states
//! of the groups, and after a pause, which doubles each time, grids are chosen anew.
//!
//! The sums of a group hold all of its rows that are not *elsewhere*: nulls, values that did not fit, and
//! rows that came before.

use crate::kernels::scatter::{self, Line, MAX_VALUES, Pair, Totals, Values};
use crate::states::single::Single;

/// Rows whose values are counted before they can be too many that do not fit.
const MIN_TALLY: u64 = 1 << 12;
/// Rows after which older ones count half.
const MAX_TALLY: u64 = 1 << 16;
/// The part of the values that may not fit, as a divisor: a value that does not takes some four times as long.
const FITTING: u64 = 4;
/// The rows of the first pause, and of the longest.
const MIN_PAUSE: usize = 1 << 12;
const MAX_PAUSE: usize = 1 << 24;

/// The sums of all groups, if they are in use.
#[derive(Default)]
pub struct Shared {
    /// The grids: values lie below two to this power.
    top: Option<i32>,
    sums: Sums,
    /// How many rows of each group the sums do not hold; zero for the groups beyond the end.
    elsewhere: Vec<u64>,
    /// How many rows any group can take before they are counted again.
    budget: u64,
    /// Recent rows, and how many of them did not fit.
    rows: u64,
    misfits: u64,
    /// Rows that are still to pass before grids are chosen again, and the length of the last pause.
    pause: usize,
    last_pause: usize,
}

/// The sums by group: with those of squares, or without.
enum Sums {
    Pairs(Vec<Pair>),
    Lines(Vec<Line>),
}

impl Default for Sums {
    fn default() -> Self {
        Self::Pairs(vec![])
    }
}

impl Sums {
    fn new(has_squares: bool, groups: usize) -> Self {
        match has_squares {
            false => Self::Pairs(vec![Pair::default(); groups]),
            true => Self::Lines(vec![Line::default(); groups]),
        }
    }

    fn grow(&mut self, groups: usize) {
        match self {
            Self::Pairs(sums) => sums.resize(groups, Pair::default()),
            Self::Lines(sums) => sums.resize(groups, Line::default()),
        }
    }

    /// What the sums of a group hold, which are those of `count` values.
    fn totals(&self, group: usize, top: i32, count: u64) -> Option<Totals> {
        match self {
            Self::Pairs(sums) => sums.get(group).map(|sums| Totals::new(sums, top, count)),
            Self::Lines(sums) => sums.get(group).map(|sums| Totals::new(sums, top, count)),
        }
    }

    /// Sets the sums of a group to zero.
    fn clear(&mut self, group: usize) {
        match self {
            Self::Pairs(sums) => sums[group] = Pair::default(),
            Self::Lines(sums) => sums[group] = Line::default(),
        }
    }

    #[inline(always)]
    fn touch(&self, group: usize) -> u64 {
        match self {
            Self::Pairs(sums) => sums.get(group).map_or(0, |sums| sums.0[0]),
            Self::Lines(sums) => sums.get(group).map_or(0, |sums| sums.0[0]),
        }
    }
}

/// Bytes for each group.
pub const fn bytes(has_squares: bool) -> usize {
    if has_squares { size_of::<Line>() } else { size_of::<Pair>() }
}

impl Shared {
    /// Whether values are to be added here.
    pub fn is_in_use(&self) -> bool {
        self.top.is_some()
    }

    /// Decides whether the values of the next rows are added here, on grids below the `top` that suits them. `sizes` are
    /// the rows of the groups so far. Sums that become full, or should not be here, move to the states.
    pub fn prepare<const S: usize, const E: usize>(
        &mut self,
        top: impl FnOnce() -> Option<i32>,
        rows: usize,
        sizes: &[u64],
        states: &mut Vec<Single<S, E>>,
    ) {
        if E == 1 {
            return; // extremes are not kept here
        }
        if self.is_in_use() {
            if self.rows >= MIN_TALLY && self.misfits * FITTING > self.rows {
                self.move_to(states, sizes);
                self.make_pause();
            } else if self.budget < rows as u64 {
                self.make_room(states, sizes);
            }
        }
        if !self.is_in_use() {
            self.start(S == 1, top, rows, sizes);
        }
        if self.is_in_use() {
            self.sums.grow(sizes.len());
            self.budget -= rows as u64;
        }
    }

    fn start(
        &mut self,
        has_squares: bool,
        top: impl FnOnce() -> Option<i32>,
        rows: usize,
        sizes: &[u64],
    ) {
        if self.pause > 0 {
            self.pause = self.pause.saturating_sub(rows);
            return;
        }
        self.top = top();
        if self.top.is_none() {
            return self.make_pause();
        }
        (self.rows, self.misfits, self.budget) = (0, 0, MAX_VALUES);
        self.sums = Sums::new(has_squares, sizes.len());
        self.elsewhere.clear();
        self.elsewhere.extend_from_slice(sizes);
    }

    /// A pause that is twice as long as the last; the first is none.
    fn make_pause(&mut self) {
        self.pause = self.last_pause;
        self.last_pause = (2 * self.last_pause).clamp(MIN_PAUSE, MAX_PAUSE);
    }

    /// Adds values to the sums of their groups; the positions of those that are null or do not fit are appended
    /// to `others`.
    pub fn add(&mut self, values: Values<'_>, nulls: usize, others: &mut Vec<u32>) {
        let Some(top) = self.top else { return };
        match &mut self.sums {
            Sums::Pairs(sums) => scatter::add(top, values, sums, others),
            Sums::Lines(sums) => scatter::add(top, values, sums, others),
        }
        others.iter().for_each(|&row| self.note_elsewhere(values.groups[row as usize]));
        if self.rows >= MAX_TALLY {
            (self.rows, self.misfits) = (self.rows / 2, self.misfits / 2);
        }
        self.rows += values.values.len() as u64;
        self.misfits += others.len().saturating_sub(nulls) as u64;
    }

    /// Notes that the sums do not hold a row of a group.
    pub fn note_elsewhere(&mut self, group: u32) {
        let group = group as usize;
        if group >= self.elsewhere.len() {
            self.elsewhere.resize(group + 1, 0);
        }
        self.elsewhere[group] += 1;
    }

    /// How many rows of a group the sums hold.
    fn count(&self, group: usize, size: u64) -> u64 {
        size - self.elsewhere.get(group).copied().unwrap_or(0)
    }

    /// Moves the sums of groups that have many rows to their states, so that all groups can take some more.
    #[cold]
    fn make_room<const S: usize, const E: usize>(
        &mut self,
        states: &mut Vec<Single<S, E>>,
        sizes: &[u64],
    ) {
        let mut most = 0;
        for (group, &size) in sizes.iter().enumerate() {
            let count = self.count(group, size);
            if count > MAX_VALUES / 2 {
                states.resize(sizes.len(), Single::default());
                self.add_totals(group, count, &mut states[group]);
                self.sums.clear(group);
                self.elsewhere.resize(self.elsewhere.len().max(group + 1), 0);
                self.elsewhere[group] = size;
            } else {
                most = count.max(most);
            }
        }
        self.budget = MAX_VALUES - most;
    }

    /// Moves everything to the states; nothing is in use then.
    pub fn move_to<const S: usize, const E: usize>(
        &mut self,
        states: &mut Vec<Single<S, E>>,
        sizes: &[u64],
    ) {
        states.resize(sizes.len(), Single::default());
        if self.is_in_use() {
            self.sums.grow(sizes.len());
            for (group, (state, &size)) in states.iter_mut().zip(sizes).enumerate() {
                self.add_totals(group, self.count(group, size), state);
            }
        }
        (self.top, self.sums) = (None, Sums::default());
        self.elsewhere.clear();
    }

    /// Reads some of what the sums of a group are, to bring it into the cache.
    #[inline(always)]
    pub fn touch(&self, group: usize) -> u64 {
        self.sums.touch(group) ^ self.elsewhere.get(group).copied().unwrap_or(0)
    }

    /// Adds the sums of a group of some size to its state.
    pub fn add_to<const S: usize, const E: usize>(
        &self,
        group: usize,
        size: u64,
        state: &mut Single<S, E>,
    ) {
        if self.is_in_use() {
            self.add_totals(group, self.count(group, size), state);
        }
    }

    fn add_totals<const S: usize, const E: usize>(
        &self,
        group: usize,
        count: u64,
        state: &mut Single<S, E>,
    ) {
        let (Some(top), 1..) = (self.top, count) else { return };
        // There are no sums of a new group if the work was cancelled.
        let Some(totals) = self.sums.totals(group, top, count) else { return };
        let Totals { exponent, first, second } = totals;
        let moved = Single::of_floats(count, first, second, exponent);
        if state.rows() == 0 {
            *state = moved;
        } else {
            state.merge(&moved);
        }
    }
}
