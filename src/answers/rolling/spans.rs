//! Which rows belong to which window, for windows that overlap.
//!
//! [`Spans`] learns of rows as they arrive, and hands out windows as soon as all of their rows are there.
//! The first row and the end of windows never decrease.

use std::num::NonZeroUsize;
use std::ops::Range;

/// Windows that may overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rolling {
    /// A window of `rows` rows at every `step`-th row. The first one that reaches the last row is the last, and may be
    /// shorter.
    Steps {
        /// The length of a window.
        rows: NonZeroUsize,
        /// The distance between the first rows of two windows.
        step: NonZeroUsize,
    },
    /// A window for each row: it and the rows before it, this many in all where there are as many.
    Trailing(NonZeroUsize),
    /// A window for each row: all rows up to it.
    Cumulative,
    /// A window for each row: all rows whose time is later than that of the row minus this many ticks, and not later
    /// than that of the row. Rows of the same time have the same window.
    Period(i64),
}

/// The windows of rows that arrive one after the other.
#[derive(Clone, Debug)]
pub struct Spans {
    rolling: Rolling,
    /// The number of rows so far.
    rows: usize,
    /// The number of windows that were handed out.
    next: usize,
    /// With a period: the times of the rows from `first_time` on.
    times: Vec<i64>,
    first_time: usize,
}

impl Spans {
    /// No rows yet.
    pub fn new(rolling: Rolling) -> Self {
        Self { rolling, rows: 0, next: 0, times: Vec::new(), first_time: 0 }
    }

    /// Adds rows; with a period, their times, which must be sorted.
    pub fn push(&mut self, rows: usize, times: Option<&[i64]>) {
        self.rows += rows;
        if let (Rolling::Period(_), Some(times)) = (self.rolling, times) {
            debug_assert!(times.len() == rows && times.is_sorted());
            self.times.extend_from_slice(times);
        }
    }

    /// Whether all windows begin with the first row.
    pub fn is_cumulative(&self) -> bool {
        self.rolling == Rolling::Cumulative
    }

    /// The first row that windows to come may have, besides those that all windows have.
    pub fn oldest(&self) -> usize {
        match self.rolling {
            Rolling::Steps { step, .. } => self.next.saturating_mul(step.get()).min(self.rows),
            Rolling::Trailing(rows) => (self.next + 1).saturating_sub(rows.get()).min(self.rows),
            Rolling::Cumulative => self.rows,
            Rolling::Period(_) => self.first_time,
        }
    }

    /// The windows whose rows are all there, each once.
    pub fn take(&mut self, is_over: bool) -> Ranges {
        let ranges = match self.rolling {
            Rolling::Steps { rows, step } => self.steps(rows.get(), step.get(), is_over),
            Rolling::Trailing(rows) => self.trailing(rows.get()),
            Rolling::Cumulative => self.trailing(usize::MAX),
            Rolling::Period(ticks) => self.of_times(ticks, is_over),
        };
        self.next += ranges.count();
        ranges
    }

    fn steps(&self, length: usize, step: usize, is_over: bool) -> Ranges {
        let first = self.next.saturating_mul(step);
        let beyond = self.rows.checked_sub(first).and_then(|rows| rows.checked_sub(length));
        let mut count = beyond.map_or(0, |beyond| beyond / step + 1);
        if is_over {
            let whole = self.next + count;
            let end = |windows: usize| (windows - 1).saturating_mul(step).saturating_add(length);
            let is_complete = whole > 0 && end(whole) >= self.rows;
            let has_rows = whole.saturating_mul(step) < self.rows;
            count += usize::from(!is_complete && has_rows);
        }
        Ranges::Steps { first, step, length, rows: self.rows, count }
    }

    fn trailing(&self, length: usize) -> Ranges {
        Ranges::Trailing { first: self.next, length, count: self.rows - self.next }
    }

    fn of_times(&mut self, ticks: i64, is_over: bool) -> Ranges {
        let (base, times) = (self.first_time, &self.times);
        let mut ranges = Vec::with_capacity(self.rows - self.next);
        let (mut start, mut row) = (0, self.next - base);
        while row < times.len() {
            let time = times[row];
            let ties = times[row..].iter().take_while(|&&other| other == time).count();
            let end = row + ties;
            if end == times.len() && !is_over {
                break; // there may be more rows of this time
            }
            // The difference may take 65 bits.
            let is_old = |&&other: &&i64| i128::from(time) - i128::from(other) >= ticks.into();
            start += times[start..row].iter().take_while(is_old).count();
            ranges.extend((row..end).map(|_| base + start..base + end));
            row = end;
        }
        self.times.drain(..start);
        self.first_time += start;
        Ranges::Listed(ranges)
    }
}

/// Consecutive windows, as ranges of rows.
#[derive(Clone, Debug)]
pub enum Ranges {
    /// At every `step`-th row.
    Steps {
        /// The first row of the first window.
        first: usize,
        /// The distance between the first rows of two windows.
        step: usize,
        /// The length of a window, unless the rows end before.
        length: usize,
        /// The end of the rows.
        rows: usize,
        /// The number of windows.
        count: usize,
    },
    /// For each row.
    Trailing {
        /// The last row of the first window.
        first: usize,
        /// The length of a window, unless the rows begin after.
        length: usize,
        /// The number of windows.
        count: usize,
    },
    /// One by one.
    Listed(Vec<Range<usize>>),
}

impl Ranges {
    /// The number of windows.
    pub fn count(&self) -> usize {
        match self {
            Self::Steps { count, .. } | Self::Trailing { count, .. } => *count,
            Self::Listed(ranges) => ranges.len(),
        }
    }

    /// The rows of a window.
    #[inline]
    pub fn get(&self, window: usize) -> Range<usize> {
        match self {
            Self::Steps { first, step, length, rows, .. } => {
                let start = first + window * step;
                start..start.saturating_add(*length).min(*rows)
            }
            Self::Trailing { first, length, .. } => {
                let end = first + window + 1;
                end.saturating_sub(*length)..end
            }
            Self::Listed(ranges) => ranges[window].clone(),
        }
    }

    /// The number of rows of the longest window.
    pub fn longest(&self) -> usize {
        match self {
            Self::Steps { .. } | Self::Trailing { .. } => {
                let last = self.count().saturating_sub(1);
                [0, last].map(|window| self.get(window).len()).into_iter().max().unwrap_or(0)
            }
            Self::Listed(ranges) => ranges.iter().map(Range::len).max().unwrap_or(0),
        }
    }

    /// The number of rows of all windows together.
    pub fn rows(&self) -> usize {
        match self {
            Self::Steps { .. } | Self::Trailing { .. } => {
                self.count().saturating_mul(self.longest())
            }
            Self::Listed(ranges) => ranges.iter().map(Range::len).fold(0, usize::saturating_add),
        }
    }

    /// The rows from the first one of all to the last one.
    pub fn hull(&self) -> Range<usize> {
        match self.count() {
            0 => 0..0,
            count => self.get(0).start..self.get(count - 1).end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    /// All windows of rows that arrive in parts.
    fn windows(rolling: Rolling, parts: &[usize], times: &[i64]) -> Vec<Range<usize>> {
        let (mut spans, mut found, mut at) = (Spans::new(rolling), vec![], 0);
        let mut take = |spans: &mut Spans, is_over| {
            let oldest = spans.oldest();
            let ranges = spans.take(is_over);
            let ranges = (0..ranges.count()).map(|window| ranges.get(window)).collect::<Vec<_>>();
            if rolling != Rolling::Cumulative {
                assert!(ranges.iter().all(|range| range.start >= oldest), "{rolling:?}");
            }
            found.extend(ranges);
        };
        for &part in parts {
            spans.push(part, times.get(at..at + part));
            at += part;
            take(&mut spans, false);
        }
        take(&mut spans, true);
        found
    }

    fn expected(rolling: Rolling, count: usize, times: &[i64]) -> Vec<Range<usize>> {
        let each = 0..count;
        match rolling {
            Rolling::Steps { rows, step } => {
                let mut found = vec![];
                for start in each.step_by(step.get()) {
                    let end = start.saturating_add(rows.get()).min(count);
                    found.push(start..end);
                    if end == count {
                        break;
                    }
                }
                found
            }
            Rolling::Trailing(rows) => {
                each.map(|row| (row + 1).saturating_sub(rows.get())..row + 1).collect()
            }
            Rolling::Cumulative => each.map(|row| 0..row + 1).collect(),
            Rolling::Period(ticks) => {
                let inside = |time: i64| {
                    let is_in = |other: i64| {
                        other <= time && i128::from(other) > i128::from(time) - i128::from(ticks)
                    };
                    let first = times.iter().position(|&other| is_in(other)).unwrap();
                    first..first + times.iter().filter(|&&other| is_in(other)).count()
                };
                times.iter().map(|&time| inside(time)).collect()
            }
        }
    }

    #[test]
    fn windows_are_those_of_the_definition_however_the_rows_arrive() {
        let times = [i64::MIN, -5, -5, 0, 0, 0, 1, 7, 7, 9, 30, i64::MAX, i64::MAX];
        for count in 0..=times.len() {
            let times = &times[..count];
            let steps = (1..=6).flat_map(|per| (1..=7).map(move |step| (per, step)));
            let steps = steps.chain([(usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX)]);
            let all = steps.map(|(per, step)| Rolling::Steps { rows: rows(per), step: rows(step) });
            let all = all.chain([1, 2, 5, usize::MAX].map(|per| Rolling::Trailing(rows(per))));
            let periods = [1, 2, 5, 10, i64::MAX].map(Rolling::Period);
            for rolling in all.chain([Rolling::Cumulative]).chain(periods) {
                let expected = expected(rolling, count, times);
                for cut in 0..=count {
                    let parts = [cut, 0, (count - cut) / 2, (count - cut).div_ceil(2)];
                    assert_eq!(windows(rolling, &parts, times), expected, "{rolling:?} {parts:?}");
                }
                let ones = vec![1; count];
                assert_eq!(windows(rolling, &ones, times), expected, "{rolling:?}");
            }
        }
    }
}
