//! What a state can be: bytes may come from anywhere, and a state that no data has would make
//! statistics that no data has, or arithmetic that leaves the integers it is done in.

use arrow_schema::DataType;

use crate::exact::{Integer, ratio};
use crate::kernels::Sums;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::states::accumulator::Policy;
use crate::states::moments::{MOST_ROWS, State, Type};
use crate::types::{self, Family};

/// The finite values of a type are multiples of `2^lowest`, of at most `2^highest` in magnitude.
#[derive(Clone, Copy)]
struct Grid {
    lowest: i32,
    highest: i32,
}

/// Why no data has a state, if so.
pub fn possible(state: &State) -> Result<(), &'static str> {
    let moments = state.moments();
    let (sums, valid) = (moments.sums(), moments.count(&Policy::default()));
    let rows = valid.checked_add(moments.nulls());
    ensure(rows.is_some_and(|rows| rows <= MOST_ROWS), "it has more rows than are ever counted")?;
    let infinities = sums.positive_infinities.checked_add(sums.negative_infinities);
    let specials = infinities.and_then(|infinities| infinities.checked_add(sums.nans));
    let finite = specials.and_then(|specials| valid.checked_sub(specials));
    let finite = finite.ok_or("it has more special values than values")?;

    let data_type = state.of().and_then(Type::data_type);
    let Some(grid) = data_type.and_then(grid) else {
        let nothing = *sums == Sums::default() && moments.extremes(&Policy::default()).is_none();
        ensure(nothing, "values of its type have no sums")?;
        let is_null = data_type == Some(&DataType::Null);
        return ensure(!is_null || valid == 0, "a column of nulls has no values");
    };
    let is_float = data_type.map(types::family) == Some(Family::Float);
    ensure(is_float || finite == valid, "values of its type are all finite")?;
    sums_fit(sums, finite, grid)?;
    flag_fits(sums, valid - sums.nans, is_float)?;
    let extremes = moments.extremes_of_numbers();
    ensure(extremes.is_some() == (valid > sums.nans), "there are numbers, or extremes, alone")?;
    let Some(extremes) = extremes else { return Ok(()) };
    extremes_fit(extremes, sums, is_float, grid)?;
    let lie_between = sums.has_infinities() || lie_between(extremes, sums, finite);
    ensure(lie_between, "its values would be beyond its extremes")
}

fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// None for types whose values are not added up.
fn grid(data_type: &DataType) -> Option<Grid> {
    Some(match data_type {
        DataType::Float64 => Grid { lowest: -1074, highest: 1024 },
        DataType::Float32 => Grid { lowest: -149, highest: 128 },
        DataType::Float16 => Grid { lowest: -24, highest: 16 },
        DataType::Boolean => Grid { lowest: 0, highest: 1 },
        other => Grid { lowest: 0, highest: 8 * types::native_width(other)? as i32 },
    })
}

/// Sums of so many values on a grid, which obey the inequality of Cauchy and Schwarz.
fn sums_fit(sums: &Sums, count: u64, grid: Grid) -> Result<(), &'static str> {
    let bits = (u64::BITS - count.leading_zeros()) as i32;
    let fits = |sum: &Integer, power: i32| {
        let span = sum.magnitude().span();
        span.is_none_or(|(low, high)| {
            count > 0 && low >= power * grid.lowest && high <= power * grid.highest + bits
        })
    };
    ensure(fits(&sums.first, 1) && fits(&sums.second, 2), "its sums are not of so many values")?;
    ensure(ratio::is_possible(&sums.first, &sums.second, count), "its sum of squares is too small")
}

/// Whether the flag for numbers but -0.0 is where it must be, and not where it cannot be.
fn flag_fits(sums: &Sums, numbers: u64, is_float: bool) -> Result<(), &'static str> {
    let needed = !sums.second.is_zero() || sums.has_infinities() || (!is_float && numbers > 0);
    let fits = match sums.has_other_than_negative_zero {
        true => numbers > 0,
        false => !needed,
    };
    ensure(fits, "the flag of other numbers than -0.0 is wrong")
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
    ensure(fit, "its extremes are not those of its values")
}

/// The inequality of Bhatia and Davis: no `(x - min) * (max - x)` is below zero, nor is their sum. With that
/// of Cauchy and Schwarz it holds the mean between the extremes, and the deviations within them.
fn lie_between(Extremes { min, max }: Extremes, sums: &Sums, count: u64) -> bool {
    let (min, max) = (min.to_integer(), max.to_integer());
    let mut values = Integer::new();
    values.add(count.into(), 0);
    let mut both = min.clone();
    both.merge(&max);

    let mut total = sums.first.times(&both);
    total.subtract(&sums.second);
    total.subtract(&min.times(&max).times(&values));
    !total.is_negative()
}
