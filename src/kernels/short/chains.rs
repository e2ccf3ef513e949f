//! Sums of short pieces: two chains of slices, and of what the slices leave over.
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

use crate::exact::double_double::DoubleDouble;
use crate::kernels::brackets::FineChain;
use crate::kernels::formats::Ieee;
use crate::kernels::lanes::Dense;
use crate::kernels::slices::{
    self, Slices, cut_by_pipes, is_below, middle, power_of_two, sum_grid,
};
use crate::kernels::vector::{Vector, all_bits};

/// The sum of values below `2^top`, if two slices hold it. That they are, and that they do, is watched by a flag of the
/// processor.
#[inline(always)]
pub(super) fn watched_sum<T: Ieee, V: Vector>(
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
pub(super) fn near_sum<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    top: i32,
) -> DoubleDouble {
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

/// The sum of values and that of their squares, if the squares in each lane add up to less than `2^(2 top)`: then all
/// values are below `2^top`, or round to it.
#[inline(always)]
pub(super) fn watched_sums<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    top: i32,
) -> Option<(DoubleDouble, DoubleDouble)> {
    let [even, odd] = chains::<T, V>(detected, values, top);
    let start = V::splat(detected, FineChain::<V>::starts(top)[1]);
    let squares = even.squares.subtract(start).add(odd.squares.subtract(start));
    if !is_below(squares, power_of_two(2 * top)) {
        return None;
    }
    read([even, odd], values.len(), top)
}

/// The sum of values below `2^top`, and that of their squares.
#[inline(always)]
pub(super) fn sums<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    top: i32,
) -> Option<(DoubleDouble, DoubleDouble)> {
    read(chains::<T, V>(detected, values, top), values.len(), top)
}

/// What two chains hold.
#[inline(always)]
fn read<V: Vector>(
    [even, odd]: [FineChain<V>; 2],
    len: usize,
    top: i32,
) -> Option<(DoubleDouble, DoubleDouble)> {
    let (grid, square_grid) = (sum_grid(top, 0), sum_grid(2 * top, 0));
    let [start, square_start] = FineChain::<V>::starts(top);
    let n2 = squared(len);
    let heads = scaled(moved(even.heads, odd.heads, start), grid)?;
    let rest = sum_of_lanes(even.rest.add(odd.rest));
    let square_heads = scaled(moved(even.squares, odd.squares, square_start), square_grid)?;
    let square_rest = sum_of_lanes(even.square_rest.add(odd.square_rest));
    Some((
        DoubleDouble::new(heads, rest, n2 * power_of_two(top - 96)),
        DoubleDouble::new(square_heads, square_rest, n2 * power_of_two(2 * top - 94)),
    ))
}

/// The chains of all values: each adds every other vector.
#[inline(always)]
fn chains<T: Ieee, V: Vector>(detected: V::Detected, values: &[T], top: i32) -> [FineChain<V>; 2] {
    let mut even = FineChain::start(detected, top);
    let mut odd = FineChain::start(detected, top);
    let (ones, zero) = (V::ones(detected), V::splat(detected, 0.0));
    let pairs = values.len() / (2 * V::LANES);
    for pair in 0..pairs {
        let [one, other] = load_pair(detected, &values[2 * pair * V::LANES..]);
        even.add(one, ones, zero);
        odd.add(other, ones, zero);
    }
    let [one, other] = load_last(detected, &values[2 * pairs * V::LANES..]);
    even.add(one, ones, zero);
    odd.add(other, ones, zero);
    [even, odd]
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
    use super::super::floats::top;
    use super::*;
    use crate::exact::Integer;
    use crate::exact::double_double::add;
    use crate::kernels::dispatch::{self, Isa, Level, Task};
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
