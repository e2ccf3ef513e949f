//! Exact sums of a window that slides over the values of an array.

use std::ops::Range;

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;

use crate::answers::collected::Answers;
use crate::answers::question::Question;
use crate::answers::statistic::Answer;
use crate::columns::array::fold_rows;
use crate::exact::Integer;
use crate::kernels::decimals::Wide;
use crate::kernels::extremes::Extreme;
use crate::kernels::formats::{Ieee, Parts, parts};
use crate::kernels::{Element, Need, Sums};
use crate::states::accumulator::Accumulator;

/// The answers for windows whose first row and end never decrease, each together with the values before.
pub(super) fn of<T: Element>(
    question: &Question<'_>,
    array: &ArrayRef,
    values: &[T],
    nulls: Option<&NullBuffer>,
    before: &Accumulator,
    first: Range<usize>,
    rest: impl Iterator<Item = Range<usize>>,
) -> Answers {
    let mut state = before.clone();
    fold_rows(array, first.clone(), question.exact_need(), &mut state);
    let mut answers = Answers::with_capacity(rest.size_hint().0 + 1);
    let mut window = Window::new(question, values, nulls, state, first);
    answers.push(window.answer());
    for range in rest {
        window.move_to(range);
        answers.push(window.answer());
    }
    answers
}

struct Window<'a, T> {
    question: &'a Question<'a>,
    values: &'a [T],
    nulls: Option<&'a NullBuffer>,
    state: Accumulator,
    /// The number of values other than -0.0, of which the state only knows whether there are any.
    others: u64,
    rows: Range<usize>,
    sums: bool,
    squares: bool,
}

impl<'a, T: Element> Window<'a, T> {
    fn new(
        question: &'a Question<'a>,
        values: &'a [T],
        nulls: Option<&'a NullBuffer>,
        state: Accumulator,
        rows: Range<usize>,
    ) -> Self {
        let need = question.exact_need();
        let (sums, squares) = (need != Need::Count, need.has_squares());
        let mut window = Self { question, values, nulls, state, others: 0, rows, sums, squares };
        let others = window.rows.clone().filter(|&row| window.is_other(row)).count() as u64;
        // One that is not among the values here never leaves.
        let has_others = window.state.sums().has_other_than_negative_zero;
        window.others = others + u64::from(has_others && others == 0);
        window
    }

    fn is_other(&self, row: usize) -> bool {
        let is_valid = self.nulls.is_none_or(|nulls| nulls.is_valid(row));
        is_valid
            && match self.values[row].extreme() {
                Extreme::Float(value) => is_other(value),
                _ => true,
            }
    }

    fn move_to(&mut self, rows: Range<usize>) {
        let Range { start, end } = self.rows;
        for row in start..rows.start.min(end) {
            self.change(row, Change::Leave);
        }
        for row in end.max(rows.start)..rows.end {
            self.change(row, Change::Enter);
        }
        self.rows = rows;
    }

    #[inline]
    fn change(&mut self, row: usize, change: Change) {
        let (valid, nulls, sums) = self.state.counts_and_sums();
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return change.count(nulls);
        }
        change.count(valid);
        if !self.sums {
            return;
        }
        match self.values[row].extreme() {
            Extreme::Float(value) => {
                if is_other(value) {
                    change.count(&mut self.others);
                }
                add_float(value, change, self.squares, sums);
            }
            Extreme::Integer(value) => {
                change.count(&mut self.others);
                add_integer(value, change, self.squares, sums);
            }
            Extreme::Wide(value) => {
                change.count(&mut self.others);
                let mut number = Integer::new();
                number.add_digits(&value.limbs(), 0);
                add_number(&number, change, self.squares, sums);
            }
        }
        sums.has_other_than_negative_zero = self.others > 0;
    }

    fn answer(&self) -> Answer {
        self.question.settle(&self.state)
    }
}

/// What a value does.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    Enter,
    Leave,
}

impl Change {
    #[inline(always)]
    fn count(self, counter: &mut u64) {
        match self {
            Self::Enter => *counter += 1,
            Self::Leave => *counter -= 1,
        }
    }

    #[inline(always)]
    fn signed(self, value: i128) -> i128 {
        if self == Self::Enter { value } else { -value }
    }
}

/// Whether a value is a number other than -0.0.
#[inline]
fn is_other(value: f64) -> bool {
    !value.is_nan() && value.to_bits() != (-0.0f64).to_bits()
}

#[inline]
fn add_float(value: f64, change: Change, squares: bool, sums: &mut Sums) {
    if value.is_nan() {
        return change.count(&mut sums.nans);
    }
    if value.is_infinite() {
        let Sums { positive_infinities, negative_infinities, .. } = sums;
        return change.count(if value > 0.0 { positive_infinities } else { negative_infinities });
    }
    let Parts { negative, significand, power } = parts(value);
    let (significand, exponent) = (i128::from(significand), f64::LOWEST + power as i32);
    sums.first.add(change.signed(if negative { -significand } else { significand }), exponent);
    if squares {
        sums.second.add(change.signed(significand * significand), 2 * exponent);
    }
}

#[inline]
fn add_integer(value: i128, change: Change, squares: bool, sums: &mut Sums) {
    /// The square of such a number has a negative, too.
    const NARROW: i128 = 1 << 63;
    if (-NARROW..NARROW).contains(&value) {
        sums.first.add(change.signed(value), 0);
        if squares {
            sums.second.add(change.signed(value * value), 0);
        }
        return;
    }
    let mut number = Integer::new();
    number.add(value, 0);
    add_number(&number, change, squares, sums);
}

fn add_number(number: &Integer, change: Change, squares: bool, sums: &mut Sums) {
    let change_by = |sum: &mut Integer, number: &Integer| match change {
        Change::Enter => sum.merge(number),
        Change::Leave => sum.subtract(number),
    };
    change_by(&mut sums.first, number);
    if squares {
        change_by(&mut sums.second, &number.times(number));
    }
}
