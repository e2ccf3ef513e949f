//! Which states are possible.
//!
//! Serialized states may come from anywhere. One that no data can have would give impossible statistics,
//! or overflow arithmetic that is sized for real states. Each condition is such that two states which obey it do so
//! together, so that no merged state is refused where it is read.

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

/// The finite values of a type: multiples of `2^lowest`, from `least` to `greatest`, of at most `digits` bits.
struct Grid {
    lowest: i32,
    digits: i32,
    least: Integer,
    greatest: Integer,
    /// No magnitude is beyond `2^end`.
    end: i32,
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
    let Some(grid) = data_type.and_then(Grid::of) else {
        let nothing = *sums == Sums::default()
            && accumulator.has_extremes()
            && accumulator.extremes(&Options::default()).is_none();
        ensure(nothing, "values of its type have no sums")?;
        let is_null = data_type == Some(&DataType::Null);
        return ensure(!is_null || valid == 0, "a column of nulls has no values");
    };
    let is_float = data_type.map(types::family) == Some(Family::Float);
    ensure(is_float || finite == valid, "values of its type are all finite")?;
    sums_fit(sums, finite, &grid)?;
    flag_fits(sums, valid - sums.nans, is_float)?;
    // Finite extremes bound the sums more tightly.
    let is_bounded = accumulator.has_extremes() && !sums.has_infinities();
    ensure(is_bounded || are_in_range(sums, finite, &grid), OUT_OF_RANGE)?;
    if !accumulator.has_extremes() {
        return Ok(());
    }
    let extremes = accumulator.extremes_of_numbers();
    ensure(extremes.is_some() == (valid > sums.nans), "min/max without values, or the reverse")?;
    extremes.map_or(Ok(()), |extremes| extremes_fit(extremes, sums, finite, &grid, is_float))
}

fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}

impl Grid {
    /// None for types whose values are not summed.
    fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Float64 => Self::floats(-1074, 53, 1024),
            DataType::Float32 => Self::floats(-149, 24, 128),
            DataType::Float16 => Self::floats(-24, 11, 16),
            DataType::Boolean => Self::integers(1, false),
            other => {
                let bits = 8 * types::native_width(other)? as i32;
                Self::integers(bits, !other.is_unsigned_integer())
            }
        })
    }

    /// Floats of this many digits, below `2^end`.
    fn floats(lowest: i32, digits: i32, end: i32) -> Self {
        let mut greatest = Integer::new();
        greatest.add((1 << digits) - 1, end - digits);
        Self { lowest, digits, least: greatest.negative(), greatest, end }
    }

    /// Integers of this many bits.
    fn integers(bits: i32, is_signed: bool) -> Self {
        let mut beyond = Integer::new();
        beyond.add(1, bits - i32::from(is_signed));
        let least = if is_signed { beyond.negative() } else { Integer::new() };
        let mut greatest = beyond;
        greatest.add(-1, 0);
        Self { lowest: 0, digits: bits, least, greatest, end: bits }
    }

    /// Whether a finite number is one of the values.
    fn has(&self, value: &Integer) -> bool {
        let span = value.magnitude().span();
        let fits = |(low, high)| low >= self.lowest && high - low < self.digits;
        span.is_none_or(fits) && !is_less(value, &self.least) && !is_less(&self.greatest, value)
    }

    /// The greatest magnitude.
    fn farthest(&self) -> &Integer {
        if self.least.is_zero() { &self.greatest } else { &self.least }
    }
}

fn is_less(one: &Integer, other: &Integer) -> bool {
    let mut difference = one.clone();
    difference.subtract(other);
    difference.is_negative()
}

/// The sums of `count` values on a grid must be near their range, and obey the Cauchy-Schwarz inequality.
fn sums_fit(sums: &Sums, count: u64, grid: &Grid) -> Result<(), &'static str> {
    let bits = (u64::BITS - count.leading_zeros()) as i32;
    // Nothing is computed before: arithmetic would allocate limbs for a sum of any exponent.
    let is_near = |sum: &Integer, power: i32| {
        let span = sum.magnitude().span();
        span.is_none_or(|(low, high)| {
            count > 0 && low >= power * grid.lowest && high < power * grid.end + bits
        })
    };
    ensure(is_near(&sums.first, 1) && is_near(&sums.second, 2), OUT_OF_RANGE)?;
    ensure(
        ratio::is_possible(&sums.first, &sums.second, count),
        "the sum of squares is too small for the sum",
    )
}

const OUT_OF_RANGE: &str = "the sums are out of range for this count";

/// Whether `count` values on a grid may have the sums. Those of two states that are in range are so together.
fn are_in_range(Sums { first, second, .. }: &Sums, count: u64, grid: &Grid) -> bool {
    let count = Integer::from(count);
    let farthest = grid.farthest();
    !is_less(first, &grid.least.times(&count))
        && !is_less(&grid.greatest.times(&count), first)
        && !is_less(&farthest.times(farthest).times(&count), second)
}

/// The flag for numbers other than -0.0 must agree with the sums and the number of values.
fn flag_fits(sums: &Sums, numbers: u64, is_float: bool) -> Result<(), &'static str> {
    let needed = !sums.second.is_zero() || sums.has_infinities() || (!is_float && numbers > 0);
    let fits = match sums.has_other_than_negative_zero {
        true => numbers > 0,
        false => !needed,
    };
    ensure(fits, WRONG_FLAG)
}

const WRONG_FLAG: &str = "the flag for numbers other than -0.0 is wrong";

/// The extremes of the numbers must be values of the type, in order, and have the sums between them.
fn extremes_fit(
    extremes: Extremes,
    sums: &Sums,
    count: u64,
    grid: &Grid,
    is_float: bool,
) -> Result<(), &'static str> {
    const NO_VALUES: &str = "min and max are not values of its type, or not in order";
    let has = |extreme| grid.has(&exact(extreme));
    match (extremes.min, extremes.max) {
        (Extreme::Float(min), Extreme::Float(max)) if is_float => {
            let is_value =
                |end: f64| end.is_infinite() || !end.is_nan() && has(Extreme::Float(end));
            let fit = is_value(min) && is_value(max) && min.total_cmp(&max).is_le();
            ensure(fit && ends_fit(min, max, sums, count), NO_VALUES)?;
            let has_others = [min, max].map(f64::to_bits) != [(-0.0f64).to_bits(); 2];
            ensure(has_others == sums.has_other_than_negative_zero, WRONG_FLAG)?;
        }
        (min @ Extreme::Integer(_), max @ Extreme::Integer(_))
        | (min @ Extreme::Wide(_), max @ Extreme::Wide(_)) => {
            let fit = !is_float && has(min) && has(max) && !is_less(&exact(max), &exact(min));
            ensure(fit, NO_VALUES)?;
        }
        _ => return Err(NO_VALUES),
    }
    let lie_between = sums.has_infinities() || lie_between(extremes, sums, count);
    ensure(lie_between, "the sums put values outside min and max")
}

/// Whether the extremes are infinite where there are infinities, or nothing else, and the mean of the `count` finite
/// values is not beyond finite ones.
fn ends_fit(min: f64, max: f64, sums: &Sums, count: u64) -> bool {
    let times = |end: f64| exact(Extreme::Float(end)).times(&count.into());
    let min_fits = match (sums.negative_infinities, count) {
        (1.., _) => min == f64::NEG_INFINITY,
        (0, 0) => min == f64::INFINITY,
        (0, _) => min.is_finite() && !is_less(&sums.first, &times(min)),
    };
    let max_fits = match (sums.positive_infinities, count) {
        (1.., _) => max == f64::INFINITY,
        (0, 0) => max == f64::NEG_INFINITY,
        (0, _) => max.is_finite() && !is_less(&times(max), &sums.first),
    };
    min_fits && max_fits
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
