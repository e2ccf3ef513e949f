//! Which states are possible.
//!
//! Serialized states may come from anywhere. One that no data can have would give impossible statistics,
//! or overflow arithmetic that is sized for real states.

use arrow_schema::DataType;

use crate::exact::{Integer, ratio};
use crate::kernels::Sums;
use crate::kernels::decimals::Wide;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::kernels::formats::{Ieee, Parts, parts};
use crate::states::accumulator::Options;
use crate::states::column_type::ColumnType;
use crate::states::moments::{MAX_ROWS, Moments};
use crate::types::{self, Family};

/// The finite values of a type: multiples of `2^lowest`, of at most `2^highest` in magnitude.
#[derive(Clone, Copy)]
struct Grid {
    lowest: i32,
    highest: i32,
}

/// The reason if no data can have this state.
pub fn possible(state: &Moments) -> Result<(), &'static str> {
    let accumulator = state.accumulator();
    let (sums, valid) = (accumulator.sums(), accumulator.count(&Options::default()));
    let rows = valid.checked_add(accumulator.nulls());
    ensure(rows.is_some_and(|rows| rows <= MAX_ROWS), "it has more rows than a state counts")?;
    let infinities = sums.positive_infinities.checked_add(sums.negative_infinities);
    let specials = infinities.and_then(|infinities| infinities.checked_add(sums.nans));
    let finite = specials.and_then(|specials| valid.checked_sub(specials));
    let finite = finite.ok_or("it has more special values than values")?;

    let data_type = state.of().and_then(ColumnType::data_type);
    let Some(grid) = data_type.and_then(grid) else {
        let nothing = *sums == Sums::default()
            && accumulator.has_extremes()
            && accumulator.extremes(&Options::default()).is_none();
        ensure(nothing, "values of its type have no sums")?;
        let is_null = data_type == Some(&DataType::Null);
        return ensure(!is_null || valid == 0, "a column of nulls has no values");
    };
    let is_float = data_type.map(types::family) == Some(Family::Float);
    ensure(is_float || finite == valid, "values of its type are all finite")?;
    sums_fit(sums, finite, grid)?;
    flag_fits(sums, valid - sums.nans, is_float)?;
    if !accumulator.has_extremes() {
        return Ok(());
    }
    let extremes = accumulator.extremes_of_numbers();
    ensure(extremes.is_some() == (valid > sums.nans), "min/max without values, or the reverse")?;
    let Some(extremes) = extremes else { return Ok(()) };
    extremes_fit(extremes, sums, is_float, grid)?;
    let lie_between = sums.has_infinities() || lie_between(extremes, sums, finite);
    ensure(lie_between, "the sums put values outside min and max")
}

fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// None for types whose values are not summed.
fn grid(data_type: &DataType) -> Option<Grid> {
    Some(match data_type {
        DataType::Float64 => Grid { lowest: -1074, highest: 1024 },
        DataType::Float32 => Grid { lowest: -149, highest: 128 },
        DataType::Float16 => Grid { lowest: -24, highest: 16 },
        DataType::Boolean => Grid { lowest: 0, highest: 1 },
        other => Grid { lowest: 0, highest: 8 * types::native_width(other)? as i32 },
    })
}

/// The sums of `count` values on a grid must be in range, and obey the Cauchy-Schwarz inequality.
fn sums_fit(sums: &Sums, count: u64, grid: Grid) -> Result<(), &'static str> {
    let bits = (u64::BITS - count.leading_zeros()) as i32;
    let fits = |sum: &Integer, power: i32| {
        let span = sum.magnitude().span();
        span.is_none_or(|(low, high)| {
            count > 0 && low >= power * grid.lowest && high <= power * grid.highest + bits
        })
    };
    ensure(
        fits(&sums.first, 1) && fits(&sums.second, 2),
        "the sums are out of range for this count",
    )?;
    ensure(
        ratio::is_possible(&sums.first, &sums.second, count),
        "the sum of squares is too small for the sum",
    )
}

/// The flag for numbers other than -0.0 must agree with the sums and the number of values.
fn flag_fits(sums: &Sums, numbers: u64, is_float: bool) -> Result<(), &'static str> {
    let needed = !sums.second.is_zero() || sums.has_infinities() || (!is_float && numbers > 0);
    let fits = match sums.has_other_than_negative_zero {
        true => numbers > 0,
        false => !needed,
    };
    ensure(fits, "the flag for numbers other than -0.0 is wrong")
}

fn extremes_fit(
    Extremes { min, max }: Extremes,
    sums: &Sums,
    is_float: bool,
    grid: Grid,
) -> Result<(), &'static str> {
    let fit = match (min, max) {
        (Extreme::Float(min), Extreme::Float(max)) => {
            let infinite = [min == f64::NEG_INFINITY, max == f64::INFINITY];
            let expected = [sums.negative_infinities > 0, sums.positive_infinities > 0];
            let ordered = !min.is_nan() && !max.is_nan() && min.total_cmp(&max).is_le();
            is_float && ordered && infinite == expected
        }
        (Extreme::Integer(min), Extreme::Integer(max)) => {
            let bits = |value: i128| (i128::BITS - value.unsigned_abs().leading_zeros()) as i32;
            !is_float && min <= max && bits(min).max(bits(max)) <= grid.highest
        }
        (Extreme::Wide(min), Extreme::Wide(max)) => !is_float && min <= max,
        _ => false,
    };
    ensure(fit, "min and max are not values of its type, or not in order")
}

/// The Bhatia-Davis inequality: no `(x - min) * (max - x)` is negative, nor is their sum. Together with
/// Cauchy-Schwarz it keeps the mean between the extremes and bounds the deviation by them.
fn lie_between(Extremes { min, max }: Extremes, sums: &Sums, count: u64) -> bool {
    let (min, max) = (exact(min), exact(max));
    let mut values = Integer::new();
    values.add(count.into(), 0);
    let mut both = min.clone();
    both.merge(&max);

    let mut total = sums.first.times(&both);
    total.subtract(&sums.second);
    total.subtract(&min.times(&max).times(&values));
    !total.is_negative()
}

/// A finite extreme as the sums hold it.
fn exact(extreme: Extreme) -> Integer {
    let mut integer = Integer::new();
    match extreme {
        Extreme::Float(value) => {
            let Parts { negative, significand, power } = parts(value);
            let significand = i128::from(significand);
            let value = if negative { -significand } else { significand };
            integer.add(value, f64::LOWEST + power as i32);
        }
        Extreme::Integer(value) => integer.add(value, 0),
        Extreme::Wide(value) => integer.add_digits(&value.limbs(), 0),
    }
    integer
}
