//! Answers for short pieces of a column, such as windows, chunks and short columns, without a state for each.
//!
//! A state costs 200 ns to make, to read, and to divide, which is more than to add a thousand values. Here a piece
//! is read twice, while it is in the first-level cache: for its largest magnitude, and then to cut its values on
//! grids that fit it, as [`slices`](super::slices) explains. The remainders after the last slice are added in
//! floating point, with a bounded error, and the sums go straight into
//! [`double_double`](crate::exact::double_double). What this cannot decide is left to the caller: infinities, extreme
//! exponents, ties, and sums that cancel.
//!
//! # Error bounds
//!
//! For `n` values below `2^top`, whatever the order of additions, rounded or not:
//!
//! * For sums there are two slices. Remainders are at most `2^(top - 86)`, so sums of them are below
//!   `n * 2^(top - 86)`, and each of fewer than `n` additions is off by at most `2^-53` of that: `n^2 * 2^(top - 139)`.
//! * For spreads there is one slice, and the same argument gives `n^2 * 2^(top - 96)`. A square is `p + e`, with `p`
//!   the rounded square and `e` the rest, which is exact. `p` is cut in one slice, below `2^(2 top)`; its remainder and `e` are
//!   below `2^(2 top - 43) + 2^(2 top - 54)`, so `n^2 * 2^(2 top - 94)` bounds the error of adding both.
//!
//! No accumulator leaves its binade, since at most 512 values of at most 2^42 units are added to each lane, which is the
//! proof of [`slices`](super::slices#sums).

use std::cell::Cell;
use std::ops::{Range, RangeInclusive};

use super::dispatch::{self, Isa, Level, Task};
use super::element::Element;
use super::formats::{Ieee, magnitude, negative_zero, top_of};
use super::lanes::Dense;
use super::mask::{Mask, compact_into};
use super::slices::{self, SUM_STEPS, Slices, cut_by_pipes, middle, power_of_two, sum_grid};
use super::vector::{Vector, Watch, all_bits};
use crate::exact::Form;
use crate::exact::double_double::DoubleDouble;

/// Maximum number of values of a short piece. A longer one is worth a state.
const MAX_LEN: usize = 1 << 14;
/// The same where a spread is asked, and where some values are null.
const SPREAD_MAX_LEN: usize = 1 << 11;
const MASKED_MAX_LEN: usize = 1 << 10;
/// Minimum number of values for sums that are watched by a flag: reading it takes as long as 100 values or so.
const WATCHED_MIN_LEN: usize = 128;
/// The exponents of largest values, where a sum is asked, and where a spread is.
const SUM_TOPS: RangeInclusive<i32> = -800..=1000;
const SPREAD_TOPS: RangeInclusive<i32> = -400..=450;

/// A question about short pieces.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    /// What is asked.
    pub result: ShortResult,
    /// Pieces with fewer values are left to the caller.
    pub min_len: usize,
    /// Whether nulls are left out; otherwise, a piece with one is left to the caller.
    pub skips_nulls: bool,
    /// Whether a NaN makes the result one; otherwise, a piece with one is left to the caller.
    pub nan_settles: bool,
}

/// What is asked: results that are doubles.
#[derive(Clone, Copy, Debug)]
pub enum ShortResult {
    /// The sum.
    Sum,
    /// The mean.
    Mean,
    /// The variance or its root.
    Spread {
        /// Which of them.
        form: Form,
        /// Degrees of freedom.
        ddof: u64,
    },
}

thread_local! {
    /// What the last piece on this thread tells the next.
    static HINT: Cell<Hint> = const { Cell::new(Hint { top: None, is_wide: false }) };
}

/// What a piece tells the next one: it affects the time of an answer, never its bits.
#[derive(Clone, Copy)]
struct Hint {
    /// An exponent that values are likely to be below as powers of two.
    top: Option<i32>,
    /// Whether two slices are likely not to hold the values.
    is_wide: bool,
}

/// Calls a function with the answer for each piece of a slice, or with `None`, if it takes another way.
pub(crate) fn answer_each<T: Element>(
    values: &[T],
    validity: Option<Mask<'_>>,
    pieces: impl Iterator<Item = Range<usize>>,
    short: Short,
    mut take: impl FnMut(Option<f64>),
) {
    match Level::current() {
        Level::Portable => pieces.for_each(|_| take(None)),
        level => dispatch::run(level, AnswerEach { values, validity, pieces, short, take }),
    }
}

/// The answer for one piece by an instruction set, or `None`, if it takes another way.
///
/// # Panics
/// If this processor does not have the instruction set.
pub fn answer_on<T: Element>(isa: Isa, values: &[T], short: Short) -> Option<f64> {
    let level = Level::on(isa);
    assert!(level.is_some(), "{isa:?} was not detected");
    let mut answer = None;
    let (pieces, take) = (std::iter::once(0..values.len()), |it| answer = it);
    dispatch::run(level?, AnswerEach { values, validity: None, pieces, short, take });
    answer
}

struct AnswerEach<'a, T, I, F> {
    values: &'a [T],
    validity: Option<Mask<'a>>,
    pieces: I,
    short: Short,
    take: F,
}

impl<T: Element, I: Iterator<Item = Range<usize>>, F: FnMut(Option<f64>)> Task
    for AnswerEach<'_, T, I, F>
{
    #[inline(always)]
    fn run<V: Vector>(mut self, detected: V::Detected) {
        let Short { min_len, .. } = self.short;
        let Some(validity) = self.validity else {
            for piece in self.pieces {
                let answer = match (min_len..=MAX_LEN).contains(&piece.len()) {
                    true => T::short::<V>(detected, &self.values[piece], self.short),
                    false => None,
                };
                (self.take)(answer);
            }
            return;
        };
        let mut valid = [T::default(); MASKED_MAX_LEN];
        for piece in self.pieces {
            let mut answer = None;
            if piece.len() <= MASKED_MAX_LEN {
                let mask = validity.slice(piece.start, piece.len());
                let count = compact_into(&self.values[piece], mask, &mut valid);
                if count >= min_len {
                    answer = T::short::<V>(detected, &valid[..count], self.short);
                }
            }
            (self.take)(answer);
        }
    }
}

/// The answer for floating-point numbers.
#[inline(always)]
pub(super) fn of_floats<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    short: Short,
) -> Option<f64> {
    let is_spread = matches!(short.result, ShortResult::Spread { .. });
    if is_spread && values.len() > SPREAD_MAX_LEN {
        return None;
    }
    let answer = match short.result {
        ShortResult::Spread { form, ddof } => spread::<T, V>(detected, values, form, ddof),
        ShortResult::Sum => total::<T, V>(detected, values, 1),
        ShortResult::Mean => total::<T, V>(detected, values, values.len()),
    };
    let has_nan = || values.iter().fold(false, |any, value| any | value.is_nan());
    if answer.is_none() && short.nan_settles && has_nan() { Some(f64::NAN) } else { answer }
}

/// The sum divided by a count.
#[inline(always)]
fn total<T: Ieee, V: Vector>(detected: V::Detected, values: &[T], count: usize) -> Option<f64> {
    let sum = sum::<T, V>(detected, values)?;
    if sum.is_zero() {
        // Nearly always decided by the first value.
        let is_negative = values.iter().all(|value| value.bits() == negative_zero::<T>());
        return Some(if is_negative { -0.0 } else { 0.0 });
    }
    sum.mean(count)
}

/// The variance or its root.
#[inline(always)]
fn spread<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    form: Form,
    ddof: u64,
) -> Option<f64> {
    if is_constant(values) {
        return Some(0.0);
    }
    // Zeros of both signs have none.
    let Some(top) = top(values) else {
        return Some(0.0);
    };
    if !SPREAD_TOPS.contains(&top) {
        return None;
    }
    let (sum, squares) = sums::<T, V>(detected, values, top)?;
    sum.spread(squares, form, values.len(), ddof)
}

/// The answer for integers, given their sum, and the sum of their squares if it has at most 127 bits.
#[inline(always)]
pub(super) fn of_integers(
    len: usize,
    sum: i128,
    squares: impl FnOnce() -> Option<i128>,
    short: Short,
) -> Option<f64> {
    let sum = DoubleDouble::of_integer(sum)?;
    match short.result {
        ShortResult::Mean if sum.is_zero() => Some(0.0),
        ShortResult::Mean => sum.mean(len),
        ShortResult::Sum => None, // an integer
        ShortResult::Spread { form, ddof } => {
            let squares = DoubleDouble::of_integer(squares()?)?;
            sum.spread(squares, form, len, ddof)
        }
    }
}

/// Whether all values are the same number.
#[inline(always)]
fn is_constant<T: Ieee>(values: &[T]) -> bool {
    let first = values[0].bits();
    let is_first = |value: &T| value.bits() == first;
    magnitude(values[0]) < T::INFINITY_BITS && values.iter().all(is_first)
}

/// An exponent that all values are below as powers of two; `None` if they are zeros. That of special values is out of
/// all ranges.
#[inline(always)]
fn top<T: Ieee>(values: &[T]) -> Option<i32> {
    let mut largest = 0;
    for &value in values {
        largest = largest.max(magnitude(value));
    }
    (largest > 0).then(|| top_of::<T>(largest))
}

/// The sum.
#[inline(always)]
fn sum<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> Option<DoubleDouble> {
    let is_near = values.len() <= 2 * SUM_STEPS * V::LANES;
    let fits = (WATCHED_MIN_LEN..=slices::sum_steps::<V>() * V::LANES).contains(&values.len());
    let is_watched = V::Watch::EXISTS && fits;
    if is_watched && let Some(sum) = hinted_sum::<T, V>(detected, values, is_near) {
        return Some(sum);
    }
    let top = match top(values) {
        None => return Some(DoubleDouble::ZERO),
        Some(top) if SUM_TOPS.contains(&top) => top,
        Some(_) => return None,
    };
    let is_wide = HINT.get().is_wide && is_near;
    let mut sum = None;
    if is_watched && !is_wide {
        sum = watched_sum::<T, V>(detected, values, top);
    }
    // No closures here: they are not compiled for the instruction set.
    if sum.is_none() && is_near {
        sum = Some(near_sum::<T, V>(detected, values, top));
    }
    if is_watched {
        let is_wide = !matches!(sum, Some(sum) if sum.is_exact());
        // One bit of room for the pieces that follow.
        HINT.set(Hint { top: Some(top + 1), is_wide });
    }
    sum
}

/// The sum by the hint, if that is right.
#[inline(always)]
fn hinted_sum<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    is_near: bool,
) -> Option<DoubleDouble> {
    match HINT.get() {
        Hint { top: Some(top), is_wide } if !(is_wide && is_near) => {
            watched_sum::<T, V>(detected, values, top)
        }
        _ => None,
    }
}

/// The sum of values below `2^top`, if two slices hold it. That they are, and that they do, is watched by a flag of the
/// processor.
#[inline(always)]
fn watched_sum<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    top: i32,
) -> Option<DoubleDouble> {
    let Slices { units, .. } =
        slices::sums::<V, 2, false>(detected, &Dense::new::<V>(values), top)?;
    Some(of_slices(units, top, 0.0, 0.0))
}

/// The sum of values below `2^top`, to within an error.
#[inline(always)]
fn near_sum<T: Ieee, V: Vector>(detected: V::Detected, values: &[T], top: i32) -> DoubleDouble {
    let starts = [middle(sum_grid(top, 0)), middle(sum_grid(top, 1))];
    let mut even = SumChain::<V>::start(detected, starts);
    let mut odd = SumChain::<V>::start(detected, starts);
    let ones = V::ones(detected);
    let pairs = values.len() / (2 * V::LANES);
    for pair in 0..pairs {
        let [one, other] = load_pair(detected, &values[2 * pair * V::LANES..]);
        even.add(one, ones);
        odd.add(other, ones);
    }
    let [one, other] = load_last(detected, &values[2 * pairs * V::LANES..]);
    even.add(one, ones);
    odd.add(other, ones);
    let units = [moved(even.high, odd.high, starts[0]), moved(even.low, odd.low, starts[1])];
    if all_bits(even.any.or(odd.any)) << 1 == 0 {
        return of_slices(units, top, 0.0, 0.0);
    }
    let rest = sum_of_lanes(even.rest.add(odd.rest));
    of_slices(units, top, rest, squared(values.len()) * power_of_two(top - 139))
}

struct SumChain<V> {
    high: V,
    low: V,
    rest: V,
    /// The bits of all remainders.
    any: V,
}

impl<V: Vector> SumChain<V> {
    #[inline(always)]
    fn start(detected: V::Detected, [high, low]: [f64; 2]) -> Self {
        let zero = V::splat(detected, 0.0);
        let (high, low) = (V::splat(detected, high), V::splat(detected, low));
        Self { high, low, rest: zero, any: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V, ones: V) {
        let (_, r) = cut_by_pipes(&mut self.high, x, ones);
        let (_, r) = cut_by_pipes(&mut self.low, r, ones);
        self.rest = self.rest.add(r);
        self.any = self.any.or(r);
    }
}

/// The sum of values below `2^top`, and that of their squares.
#[inline(always)]
fn sums<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    top: i32,
) -> Option<(DoubleDouble, DoubleDouble)> {
    let (grid, square_grid) = (sum_grid(top, 0), sum_grid(2 * top, 0));
    let starts = [middle(grid), middle(square_grid)];
    let mut even = SquareChain::<V>::start(detected, starts);
    let mut odd = SquareChain::<V>::start(detected, starts);
    let ones = V::ones(detected);
    let zero = V::splat(detected, 0.0);
    let pairs = values.len() / (2 * V::LANES);
    for pair in 0..pairs {
        let [one, other] = load_pair(detected, &values[2 * pair * V::LANES..]);
        even.add(one, ones, zero);
        odd.add(other, ones, zero);
    }
    let [one, other] = load_last(detected, &values[2 * pairs * V::LANES..]);
    even.add(one, ones, zero);
    odd.add(other, ones, zero);
    let n2 = squared(values.len());
    let heads = scaled(moved(even.heads, odd.heads, starts[0]), grid)?;
    let rest = sum_of_lanes(even.rest.add(odd.rest));
    let square_heads = scaled(moved(even.squares, odd.squares, starts[1]), square_grid)?;
    let square_rest = sum_of_lanes(even.square_rest.add(odd.square_rest));
    Some((
        DoubleDouble::new(heads, rest, n2 * power_of_two(top - 96)),
        DoubleDouble::new(square_heads, square_rest, n2 * power_of_two(2 * top - 94)),
    ))
}

struct SquareChain<V> {
    heads: V,
    rest: V,
    squares: V,
    square_rest: V,
}

impl<V: Vector> SquareChain<V> {
    #[inline(always)]
    fn start(detected: V::Detected, [heads, squares]: [f64; 2]) -> Self {
        let zero = V::splat(detected, 0.0);
        let (heads, squares) = (V::splat(detected, heads), V::splat(detected, squares));
        Self { heads, rest: zero, squares, square_rest: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V, ones: V, zero: V) {
        let (_, r) = cut_by_pipes(&mut self.heads, x, ones);
        self.rest = self.rest.add(r);
        let square = x.multiply_add(x, zero);
        let excess = square.minus_product(x, x);
        let (_, r) = cut_by_pipes(&mut self.squares, square, ones);
        self.square_rest = self.square_rest.add(r.subtract(excess));
    }
}

/// The first two vectors.
#[inline(always)]
fn load_pair<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> [V; 2] {
    let values = &values[..2 * V::LANES];
    [T::load(detected, values), T::load(detected, &values[V::LANES..])]
}

/// Fewer values than two vectors have, padded with zeros.
#[inline(always)]
fn load_last<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> [V; 2] {
    if values.len() <= V::LANES {
        return [T::load_some(detected, values), V::splat(detected, 0.0)];
    }
    let (one, other) = values.split_at(V::LANES);
    [T::load(detected, one), T::load_some(detected, other)]
}

/// By how much the accumulators of two chains have moved, in units of their grid.
#[inline(always)]
fn moved<V: Vector>(even: V, odd: V, start: f64) -> i64 {
    let before = start.to_bits().wrapping_mul(2 * V::LANES as u64);
    even.add_bits(odd).total_of_bits().wrapping_sub(before) as i64
}

/// The sum of two slices, in units of their grids below 2^58, and of a rest.
#[inline(always)]
fn of_slices([high, low]: [i64; 2], top: i32, rest: f64, error: f64) -> DoubleDouble {
    let grids = [sum_grid(top, 0), sum_grid(top, 1)];
    // What is lost in a conversion is a few units of the first grid, and goes to the second.
    let (high, excess) = halves(high);
    let (low, lowest) = halves(low + (excess << (grids[0] - grids[1])));
    let [high, low, lowest] = [
        high * power_of_two(grids[0]),
        low * power_of_two(grids[1]),
        lowest as f64 * power_of_two(grids[1]),
    ];
    DoubleDouble::of_three(high, low, lowest + rest, error)
}

/// The nearest double, and the exact rest.
#[inline(always)]
fn halves(units: i64) -> (f64, i64) {
    let nearest = units as f64;
    (nearest, units - nearest as i64)
}

/// `units * 2^exponent`, if it is a double.
#[inline(always)]
fn scaled(units: i64, exponent: i32) -> Option<f64> {
    let fits = units.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS;
    fits.then(|| units as f64 * power_of_two(exponent))
}

/// The sum of all lanes, rounded.
#[inline(always)]
fn sum_of_lanes<V: Vector>(vector: V) -> f64 {
    let [a, b, c, d, e, f, g, h] = vector.lanes();
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

#[inline(always)]
fn squared(len: usize) -> f64 {
    (len * len) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Integer;
    use crate::exact::double_double::add;
    use proptest::prelude::*;

    struct Sums<'a, F>(&'a [f64], F);

    impl<F: FnMut(DoubleDouble, DoubleDouble, DoubleDouble)> Task for Sums<'_, F> {
        fn run<V: Vector>(mut self, detected: V::Detected) {
            let near = near_sum::<f64, V>(detected, self.0, top(self.0).unwrap());
            let (sum, squares) = sums::<f64, V>(detected, self.0, top(self.0).unwrap()).unwrap();
            (self.1)(near, sum, squares);
        }
    }

    fn is_within(number: &Integer, interval: DoubleDouble) -> bool {
        let [mut low, mut high] = interval.ends();
        low.subtract(number);
        high.subtract(number);
        (low.is_zero() || low.is_negative()) && !high.is_negative()
    }

    proptest! {
        /// Terms of all magnitudes, which nothing but the last remainders hold.
        #[test]
        fn sums_are_within_their_errors(
            values in prop::collection::vec((any::<i64>(), -160i32..0), 1..600),
        ) {
            let values = values.iter().map(|&(value, power)| value as f64 * power_of_two(power));
            let values = values.filter(|value| *value != 0.0).collect::<Vec<_>>();
            prop_assume!(!values.is_empty());
            let [mut exact, mut exact_squares] = [Integer::new(), Integer::new()];
            for &value in &values {
                let mut one = Integer::new();
                add(&mut one, value);
                exact.merge(&one);
                exact_squares.merge(&one.times(&one));
            }
            for isa in Isa::detected() {
                let mut is_right = false;
                dispatch::run(Level::on(isa).unwrap(), Sums(&values, |near, sum, squares| {
                    is_right = is_within(&exact, near)
                        && is_within(&exact, sum)
                        && is_within(&exact_squares, squares);
                }));
                prop_assert!(is_right, "{isa:?}");
            }
        }
    }
}
