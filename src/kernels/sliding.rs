//! Means and spreads of all windows of a fixed length, each one row after the one before.
//!
//! A piece of the column is cut on fixed grids, as [`slices`](super::slices) explains: each value becomes the integers
//! that it has on two grids of 43 bits, and its square those on three. The sums of a window are those of the window before,
//! plus what the integers of the value that enters exceed those of the one that leaves: exactly, so no error builds up. What
//! lies below the last grid is bounded, and the sums of a block of windows go into
//! [`DoubleDouble`], which gives the nearest double or none. What it cannot decide is left to the caller.
//!
//! All loops but the additions run over lanes that do not depend on each other, so the compiler makes vectors of them.
//! Integers wrap: what they hold in the end is right, for a sum of up to 2^19 integers of 43 bits fits 63.

use arrow_buffer::i256;
use half::f16;

use super::dispatch::{self, Level, Task};
use super::element::Element;
use super::short::ShortResult;
use super::vector::Vector;
use crate::exact::Form;
use crate::exact::double_double::{DoubleDouble, two_sum};

/// Maximum length of a window.
pub(crate) const MAX_LENGTH: usize = 1 << 19;
/// Windows whose sums are in the first-level cache together.
const BLOCK: usize = 512;
/// Bits of an integer on a grid.
const BITS: i32 = 43;
/// Maximum magnitude of integers that are taken as doubles.
const DOUBLE_MAX: u64 = 1 << f64::MANTISSA_DIGITS;
/// The exponents of powers of two above all magnitudes, for sums and for squares: all grids and sums are normal numbers.
const TOPS: std::ops::RangeInclusive<i32> = -800..=900;
const SQUARE_TOPS: std::ops::RangeInclusive<i32> = -360..=450;

/// Values that may be doubles.
pub(crate) trait Doubles: Element {
    /// The value as a double, if it is one.
    fn double(self) -> Option<f64>;
}

macro_rules! doubles {
    ($($type:ty: $value:ident => $double:expr;)*) => {$(
        impl Doubles for $type {
            #[inline(always)]
            fn double(self) -> Option<f64> {
                let $value = self;
                $double
            }
        }
    )*};
}

doubles! {
    f64: value => Some(value);
    f32: value => Some(value.into());
    f16: value => Some(value.into());
    i8: value => Some(value.into());
    i16: value => Some(value.into());
    i32: value => Some(value.into());
    u8: value => Some(value.into());
    u16: value => Some(value.into());
    u32: value => Some(value.into());
    i64: value => (value.unsigned_abs() <= DOUBLE_MAX).then_some(value as f64);
    u64: value => (value <= DOUBLE_MAX).then_some(value as f64);
    i128: _value => None;
    i256: _value => None;
}

/// A question about windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slide {
    /// The number of rows of a window.
    pub length: usize,
    /// What is asked.
    pub result: ShortResult,
}

/// The answers for all windows of finite values, a NaN where this cannot decide. `counts` has the number of values of each
/// window: the others must be zeros, and do not count. False if it decides none.
///
/// # Panics
/// If there are not as many answers and counts as windows.
pub(crate) fn answer(values: &[f64], slide: Slide, counts: &[f64], answers: &mut [f64]) -> bool {
    let windows = values.len() + 1 - slide.length;
    assert!(counts.len() == windows && answers.len() == windows, "one for each window");
    if slide.length > MAX_LENGTH {
        return false;
    }
    match Level::current() {
        Level::Portable => false,
        level => {
            let mut done = false;
            dispatch::run(level, Answer { values, slide, counts, answers, done: &mut done });
            done
        }
    }
}

struct Answer<'a> {
    values: &'a [f64],
    slide: Slide,
    counts: &'a [f64],
    answers: &'a mut [f64],
    done: &'a mut bool,
}

impl Task for Answer<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Self { values, slide, counts, answers, done } = self;
        let windows = Windows { values, length: slide.length, counts, answers };
        *done = match slide.result {
            ShortResult::Sum => windows.means(true),
            ShortResult::Mean => windows.means(false),
            ShortResult::Spread { form: Form::Quotient, ddof } => {
                windows.spreads(Form::Quotient, ddof)
            }
            ShortResult::Spread { form: Form::Root, ddof } => windows.spreads(Form::Root, ddof),
        };
    }
}

struct Windows<'a> {
    values: &'a [f64],
    length: usize,
    counts: &'a [f64],
    answers: &'a mut [f64],
}

/// The multiples of a power of two.
#[derive(Clone, Copy)]
struct Grid {
    unit: f64,
    /// A number whose last place is the unit.
    magic: f64,
}

/// `2^exponent`, which must be normal.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

impl Grid {
    fn new(exponent: i32) -> Self {
        Self { unit: power(exponent), magic: 1.5 * power(exponent + 52) }
    }

    /// The nearest multiple, in units, and the rest.
    #[inline(always)]
    fn cut(self, value: f64) -> (i64, f64) {
        let shifted = value + self.magic;
        let units = shifted.to_bits().wrapping_sub(self.magic.to_bits()) as i64;
        (units, value - (shifted - self.magic))
    }
}

/// The grids of values, and of squares.
struct Grids {
    values: [Grid; 2],
    squares: [Grid; 3],
}

/// The integers of a value, and the bits of what lies below the grids.
#[inline(always)]
fn cut<const SUMS: usize>(value: f64, grids: &Grids) -> ([i64; SUMS], u64) {
    let mut integers = [0; SUMS];
    let [first, second] = grids.values;
    let (high, rest) = first.cut(value);
    let (low, rest) = second.cut(rest);
    (integers[0], integers[1]) = (high, low);
    let mut rests = rest.to_bits() << 1;
    if SUMS == 5 {
        let square = value * value;
        let error = value.mul_add(value, -square);
        let [first, second, third] = grids.squares;
        let (high, square) = first.cut(square);
        let (middle, square) = second.cut(square);
        let (low, square) = third.cut(square);
        let (more_middle, error) = second.cut(error);
        let (more_low, error) = third.cut(error);
        integers[2] = high;
        integers[3] = middle.wrapping_add(more_middle);
        integers[4] = low.wrapping_add(more_low);
        rests |= (square.to_bits() | error.to_bits()) << 1;
    }
    (integers, rests)
}

/// `high * 2^43 + low` in units of a grid, and the unit of the high part, as two doubles.
#[inline(always)]
fn doubles(high: i64, low: i64, [first, second]: [Grid; 2]) -> (f64, f64) {
    /// Bits of the lower part of the high integer, which has up to 63 bits.
    const PART: u32 = 20;
    let high = high.wrapping_add(low >> BITS);
    let low = low & ((1 << BITS) - 1);
    let (top, middle) = ((high >> PART) as f64, (high & ((1 << PART) - 1)) as f64);
    let (sum, rest) = two_sum(top * (first.unit * f64::from(1 << PART)), middle * first.unit);
    // The rest has at most ten bits above the grid: the sum is exact.
    (sum, rest + low as f64 * second.unit)
}

impl Windows<'_> {
    /// The exponent of a power of two above all magnitudes.
    #[inline(always)]
    fn top(values: &[f64]) -> Option<i32> {
        let mut largest = 0;
        for value in values {
            largest = (value.to_bits() << 1).max(largest);
        }
        if largest == 0 {
            return Some(0); // any grid holds zeros
        }
        let field = (largest >> 53) as i32;
        (field < 0x7ff).then_some(field.max(1) - 1022)
    }

    #[inline(always)]
    fn means(self, is_sum: bool) -> bool {
        let Self { values, length, counts, answers } = self;
        let Some(top) = Self::top(values).filter(|top| TOPS.contains(top)) else {
            return false;
        };
        let grids = Grids {
            values: [Grid::new(top - BITS), Grid::new(top - 2 * BITS)],
            squares: [Grid::new(0); 3],
        };
        let mut has_negative_zero = false;
        for value in values {
            has_negative_zero |= value.to_bits() == (-0.0f64).to_bits();
        }
        let zero = if has_negative_zero { f64::NAN } else { 0.0 };
        let slack = 0.5 * length as f64 * grids.values[1].unit;
        let means = Means { grids: grids.values, is_sum, zero, slack, counts, answers };
        slide_over(values, length, &grids, means);
        true
    }

    #[inline(always)]
    fn spreads(self, form: Form, ddof: u64) -> bool {
        let Self { values, length, counts, answers } = self;
        let Some(top) = Self::top(values).filter(|top| SQUARE_TOPS.contains(top)) else {
            return false;
        };
        let grids = Grids {
            values: [Grid::new(top - BITS), Grid::new(top - 2 * BITS)],
            squares: [1, 2, 3].map(|slices| Grid::new(2 * top - slices * BITS)),
        };
        let length_slack = length as f64;
        let slacks =
            [0.5 * grids.values[1].unit * length_slack, grids.squares[2].unit * length_slack];
        let Grids { values: of_values, squares: of_squares } = grids;
        let spreads =
            Spreads { of_values, of_squares, form, ddof: ddof as f64, slacks, counts, answers };
        slide_over(values, length, &grids, spreads);
        true
    }
}

/// What becomes of the sums of a block of windows. A trait, not a closure, which would be compiled for the baseline.
trait Finish<const SUMS: usize> {
    /// The sums of windows from number `start` on, and whether nothing lies below the grids.
    fn block(&mut self, start: usize, sums: [&[i64]; SUMS], is_exact: bool);
}

struct Means<'a> {
    grids: [Grid; 2],
    is_sum: bool,
    /// The answer for an exact sum of zero.
    zero: f64,
    slack: f64,
    counts: &'a [f64],
    answers: &'a mut [f64],
}

impl Finish<2> for Means<'_> {
    #[inline(always)]
    fn block(&mut self, start: usize, [high, low]: [&[i64]; 2], is_exact: bool) {
        let error = if is_exact { 0.0 } else { self.slack };
        let (grids, is_sum, zero) = (self.grids, self.is_sum, self.zero);
        let len = high.len();
        let (low, counts) = (&low[..len], &self.counts[start..][..len]);
        let answers = &mut self.answers[start..][..len];
        for i in 0..len {
            let (a, b) = doubles(high[i], low[i], grids);
            let divisor = if is_sum { 1.0 } else { counts[i] };
            answers[i] = DoubleDouble::new(a, b, error).mean_or_nan(divisor, zero);
        }
    }
}

struct Spreads<'a> {
    of_values: [Grid; 2],
    of_squares: [Grid; 3],
    form: Form,
    ddof: f64,
    slacks: [f64; 2],
    counts: &'a [f64],
    answers: &'a mut [f64],
}

impl Finish<5> for Spreads<'_> {
    #[inline(always)]
    fn block(&mut self, start: usize, [a, b, c, d, e]: [&[i64]; 5], is_exact: bool) {
        let errors = if is_exact { [0.0; 2] } else { self.slacks };
        let (of_values, [first, second, third]) = (self.of_values, self.of_squares);
        let (form, ddof) = (self.form, self.ddof);
        let len = a.len();
        let (b, c, d, e) = (&b[..len], &c[..len], &d[..len], &e[..len]);
        let counts = &self.counts[start..][..len];
        let answers = &mut self.answers[start..][..len];
        for i in 0..len {
            let (high, low) = doubles(a[i], b[i], of_values);
            let sum = DoubleDouble::new(high, low, errors[0]);
            let middle = d[i].wrapping_add(e[i] >> BITS);
            let lowest = (e[i] & ((1 << BITS) - 1)) as f64 * third.unit;
            let (high, low) = doubles(c[i], middle, [first, second]);
            let squares = DoubleDouble::of_three(high, low, lowest, errors[1]);
            answers[i] = sum.spread_or_nan(squares, form, counts[i], counts[i] - ddof);
        }
    }
}

/// Finishes the sums of each block of windows.
#[inline(always)]
fn slide_over<const SUMS: usize>(
    values: &[f64],
    length: usize,
    grids: &Grids,
    mut finish: impl Finish<SUMS>,
) {
    let (mut totals, mut rests) = ([0i64; SUMS], 0);
    for &value in &values[..length - 1] {
        let (integers, rest) = cut::<SUMS>(value, grids);
        rests |= rest;
        for k in 0..SUMS {
            totals[k] = totals[k].wrapping_add(integers[k]);
        }
    }
    let (mut sums, mut gone) = ([[0i64; BLOCK]; SUMS], [[0i64; BLOCK]; SUMS]);
    // A value leaves after its window, so the integers of the last one of a block are kept for the next.
    let mut left = [0i64; SUMS];
    let windows = values.len() + 1 - length;
    for start in (0..windows).step_by(BLOCK) {
        let count = BLOCK.min(windows - start);
        rests |= cut_all(&values[start + length - 1..][..count], grids, &mut sums);
        cut_all(&values[start..][..count], grids, &mut gone);
        for k in 0..SUMS {
            let (mut total, mut before) = (totals[k], left[k]);
            let (sums, gone) = (&mut sums[k][..count], &gone[k][..count]);
            for i in 0..count {
                total = total.wrapping_add(sums[i].wrapping_sub(before));
                sums[i] = total;
                before = gone[i];
            }
            (totals[k], left[k]) = (total, before);
        }
        finish.block(start, sums.each_ref().map(|sums| &sums[..count]), rests == 0);
    }
}

/// The integers of up to [`BLOCK`] values, and the bits of what lies below the grids.
#[inline(always)]
fn cut_all<const SUMS: usize>(
    values: &[f64],
    grids: &Grids,
    integers: &mut [[i64; BLOCK]; SUMS],
) -> u64 {
    let mut rests = 0;
    for (i, &value) in values[..values.len().min(BLOCK)].iter().enumerate() {
        let (of_value, rest) = cut::<SUMS>(value, grids);
        rests |= rest;
        for k in 0..SUMS {
            integers[k][i] = of_value[k];
        }
    }
    rests
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::ratio;
    use crate::kernels::formats::integer;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let one = (any::<i64>(), -90i32..4)
            .prop_map(|(bits, exponent)| (bits >> 10) as f64 * 2f64.powi(exponent - 53));
        let near = (-100i64..100).prop_map(|it| 1e6 + it as f64 / 3.0);
        let zero = prop_oneof![Just(0.0), Just(-0.0), Just(0.5)];
        prop_oneof![
            prop::collection::vec(one, 1..2000),
            prop::collection::vec(near, 1..2000),
            prop::collection::vec(zero, 1..100),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What is decided is the quotient or root of the exact sums.
        #[test]
        fn decided_answers_are_those_of_the_exact_sums(values in values(), length in 2usize..700) {
            let length = length.min(values.len());
            let windows = values.len() + 1 - length;
            let counts = vec![length as f64; windows];
            let results = [
                ShortResult::Sum,
                ShortResult::Mean,
                ShortResult::Spread { form: Form::Root, ddof: 1 },
                ShortResult::Spread { form: Form::Quotient, ddof: 0 },
            ];
            for result in results {
                let mut answers = vec![0.0; windows];
                let slide = Slide { length, result };
                if !answer(&values, slide, &counts, &mut answers) {
                    continue;
                }
                for (window, answer) in answers.into_iter().enumerate().step_by(37) {
                    if answer.is_nan() {
                        continue;
                    }
                    let rows = &values[window..window + length];
                    let (mut sum, mut squares) = Default::default();
                    for &value in rows {
                        let value = integer(value);
                        crate::exact::Integer::merge(&mut sum, &value);
                        crate::exact::Integer::merge(&mut squares, &value.times(&value));
                    }
                    let count = length as u64;
                    let expected = match result {
                        ShortResult::Sum => ratio::mean(&sum, 1),
                        ShortResult::Mean => ratio::mean(&sum, count),
                        ShortResult::Spread { form: Form::Root, ddof } => {
                            if count <= ddof { continue }
                            ratio::stddev(&sum, &squares, count, ddof)
                        }
                        ShortResult::Spread { ddof, .. } => ratio::variance(&sum, &squares, count, ddof),
                    };
                    prop_assert_eq!(answer.to_bits(), expected.to_bits(), "{:?} {}", result, window);
                }
            }
        }
    }
}
