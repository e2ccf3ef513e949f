//! What a statistic means for each type: the type of its result, and the result itself.
//!
//! The type of a result never depends on the data. An Arrow result has the type that [`result_type`]
//! promises:
//!
//! | statistic | floats | integers, bool | decimals | date, timestamp | time | duration |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | count | int64 | int64 | int64 | int64 | int64 | int64 |
//! | sum | float64 | decimal128(38, 0) | decimal128(38, s), decimal256(76, s) | - | - | duration |
//! | mean | float64 | float64 | float64 | timestamp | time | duration |
//! | variance | float64 | float64 | float64 | - | - | - |
//! | stddev | float64 | float64 | float64 | duration | duration | duration |
//! | min, max | as the column | as the column | as the column | as the column | as the column | as the column |
//!
//! Sums of decimals keep the scale `s` and have the maximum precision: those of decimal32,
//! decimal64 and decimal128 are decimal128, those of decimal256 are decimal256. A sum with more digits
//! is an error, never a wrong number; as an [`Answer`] it is exact at any size. Dictionaries and runs
//! are treated as their values.

use arrow_schema::{DataType, TimeUnit};

use crate::error::{Error, ErrorKind};
use crate::exact::{Integer, ratio, round};
use crate::kernels::Need;
use crate::kernels::extremes::Extreme;
use crate::states::accumulator::{Accumulator, Nans, Options};
use crate::types::{self, Family, family};

/// Seconds in a day: means of dates in days are timestamps in seconds.
const DAY: u64 = 86_400;
/// The precision of sums: the maximum of decimal128, and of decimal256.
const DIGITS: u8 = 38;
const WIDE_DIGITS: u8 = 76;

/// A statistic of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The number of values that are not null.
    Count,
    /// The sum, exact or correctly rounded.
    Sum,
    /// The arithmetic mean.
    Mean,
    /// The variance, with the divisor `count - ddof`.
    Variance,
    /// The standard deviation, the root of the unrounded variance.
    Stddev,
    /// The minimum.
    Min,
    /// The maximum.
    Max,
}

/// The value of a result; the [`result_type`] says what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// No result: there are no values, or too few.
    Null,
    /// A floating-point number.
    Float(f64),
    /// An integer, a boolean as 0 or 1, ticks of time, or units of a decimal.
    Integer(i128),
    /// Units of a decimal that exceed an `i128`: a little-endian two's complement number.
    Wide(Limbs),
}

impl Answer {
    /// The number, if this is a floating-point number.
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if this is one: a count, a sum of integers, ticks of time, or units of a decimal.
    pub fn as_i128(self) -> Option<i128> {
        match self {
            Self::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// Whether both are the same to the bit.
    #[doc(hidden)]
    pub fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Float(one), Self::Float(other)) => one.to_bits() == other.to_bits(),
            _ => self == other,
        }
    }
}

/// A two's complement number of 320 bits, little-endian: wide enough for the sum of `2^63` integers of
/// 256 bits.
pub type Limbs = [u64; 5];

impl Statistic {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Variance => "variance",
            Self::Stddev => "stddev",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// What a pass over the values must gather.
    #[doc(hidden)]
    pub fn need(self, options: &Options) -> Need {
        match self {
            Self::Count if options.nans == Nans::Propagate => Need::Count,
            Self::Count | Self::Sum | Self::Mean => Need::Sum,
            Self::Variance | Self::Stddev => Need::Squares,
            Self::Min | Self::Max => Need::Extremes,
        }
    }
}

/// The type of a statistic of a column.
///
/// # Errors
/// If the type has no such statistic; the message says why.
pub fn result_type(statistic: Statistic, of: &DataType) -> Result<DataType, Error> {
    use Statistic::*;
    let unsupported = |because| {
        let of = types::name(of);
        Err(ErrorKind::Unsupported { statistic: statistic.name(), of, because }.into())
    };
    let (family, of) = (family(of), types::plain(of));
    let unit = types::unit(of).unwrap_or(TimeUnit::Second);
    Ok(match (statistic, family) {
        (Count, _) => DataType::Int64,
        (_, Family::Other) => return unsupported("they are not numbers"),
        (Min | Max, _) | (Mean, Family::Time | Family::Duration | Family::Timestamp) => of.clone(),
        (Mean, Family::Date) => DataType::Timestamp(unit, None),
        (Sum, Family::Duration) => of.clone(),
        (Sum, Family::Integer | Family::Boolean | Family::Null) => DataType::Decimal128(DIGITS, 0),
        (Sum, Family::Decimal) => match of {
            DataType::Decimal256(_, scale) => DataType::Decimal256(WIDE_DIGITS, *scale),
            of => DataType::Decimal128(DIGITS, types::scale(of)),
        },
        (Sum, Family::Date | Family::Time | Family::Timestamp) => {
            return unsupported("points in time cannot be added");
        }
        (Variance, Family::Date | Family::Time | Family::Timestamp | Family::Duration) => {
            return unsupported("its unit would be a squared time; ask for the stddev");
        }
        (Stddev, Family::Date | Family::Time | Family::Timestamp | Family::Duration) => {
            DataType::Duration(unit)
        }
        (Sum | Mean | Variance | Stddev, _) => DataType::Float64,
    })
}

/// The ticks that a temporal result is counted in. It is rounded once, so finer ticks must be requested
/// beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticks {
    /// Those of the [`result_type`].
    Unit,
    /// Those of the result type, but at least microseconds for means and standard deviations:
    /// see [`fine_type`].
    Fine,
}

/// The type of a temporal result in [`Ticks::Fine`], given its [`result_type`].
pub fn fine_type(statistic: Statistic, result: DataType) -> DataType {
    use TimeUnit::{Microsecond, Millisecond, Second};
    match (statistic, result) {
        (Statistic::Mean, DataType::Timestamp(Second | Millisecond, zone)) => {
            DataType::Timestamp(Microsecond, zone)
        }
        (Statistic::Mean, DataType::Time32(_)) => DataType::Time64(Microsecond),
        (Statistic::Mean | Statistic::Stddev, DataType::Duration(Second | Millisecond)) => {
            DataType::Duration(Microsecond)
        }
        (_, result) => result,
    }
}

/// The answer for a column of a type that has the statistic.
pub fn answer(
    statistic: Statistic,
    of: &DataType,
    accumulator: &Accumulator,
    options: &Options,
    ticks: Ticks,
) -> Answer {
    use Statistic::*;
    let (family, of) = (family(of), types::plain(of));
    match (statistic, family) {
        (Count, _) => Answer::Integer(accumulator.count(options).into()),
        // Nothing has a type of its own: the sum of no values is 0, as that of no integers.
        (Sum, Family::Null) => integer_sum(accumulator, options),
        (_, Family::Null | Family::Other) => Answer::Null,
        (Min, _) => extreme(accumulator.extremes(options).map(|extremes| extremes.min)),
        (Max, _) => extreme(accumulator.extremes(options).map(|extremes| extremes.max)),
        (Sum, Family::Float) => float(accumulator.sum(options)),
        (Sum, Family::Decimal) => decimal_sum(accumulator, options),
        (Mean, Family::Decimal) => decimal_mean(of, accumulator, options),
        (Variance, Family::Decimal) => {
            decimal_spread(ratio::decimal_variance, of, accumulator, options)
        }
        (Stddev, Family::Decimal) => {
            decimal_spread(ratio::decimal_stddev, of, accumulator, options)
        }
        (Sum, _) => integer_sum(accumulator, options),
        (Mean, Family::Float | Family::Integer | Family::Boolean) => {
            float(accumulator.mean(options))
        }
        (Mean, _) => mean_of_ticks(of, accumulator, options, ticks),
        (Variance, _) => float(accumulator.variance(options)),
        (Stddev, Family::Float | Family::Integer | Family::Boolean) => {
            float(accumulator.stddev(options))
        }
        (Stddev, _) => stddev_of_ticks(of, accumulator, options, ticks),
    }
}

fn float(result: Option<f64>) -> Answer {
    result.map_or(Answer::Null, Answer::Float)
}

pub(super) fn extreme(extreme: Option<Extreme>) -> Answer {
    match extreme {
        None => Answer::Null,
        Some(Extreme::Float(value)) => Answer::Float(value),
        Some(Extreme::Integer(value)) => Answer::Integer(value),
        Some(Extreme::Wide(value)) => {
            let mut integer = Integer::new();
            let (low, high) = value.to_parts();
            let limbs = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
            integer.add_digits(&limbs, 0);
            units(&integer)
        }
    }
}

/// Units of a decimal. The sum of fewer than 2^63 values of 256 bits has fewer than 320 bits.
fn units(integer: &Integer) -> Answer {
    let wide = || integer.to_limbs().map_or(Answer::Null, Answer::Wide);
    integer.to_i128().map_or_else(wide, Answer::Integer)
}

fn decimal_sum(accumulator: &Accumulator, options: &Options) -> Answer {
    let admitted = accumulator.admitted(options);
    admitted.map_or(Answer::Null, |_| units(accumulator.total()))
}

fn decimal_mean(of: &DataType, accumulator: &Accumulator, options: &Options) -> Answer {
    let count = accumulator.admitted(options).filter(|&count| count > 0);
    let mean = |count| ratio::decimal_mean(accumulator.total(), count, types::scale(of).into());
    float(count.map(mean))
}

/// A measure of spread: the variance or the standard deviation.
fn decimal_spread(
    measure: fn(&Integer, &Integer, u64, u64, i32) -> f64,
    of: &DataType,
    accumulator: &Accumulator,
    options: &Options,
) -> Answer {
    let count = accumulator.admitted(options).filter(|&count| count > options.ddof);
    let (first, second) = accumulator.totals();
    let scale = types::scale(of).into();
    float(count.map(|count| measure(first, second, count, options.ddof, scale)))
}

/// Sums of fewer than 2^63 integers of 64 bits are below 2^127.
fn integer(sum: &Integer) -> i128 {
    sum.to_i128().unwrap_or(i128::MAX)
}

fn integer_sum(accumulator: &Accumulator, options: &Options) -> Answer {
    let admitted = accumulator.admitted(options);
    admitted.map_or(Answer::Null, |_| Answer::Integer(integer(accumulator.total())))
}

/// Ticks of the result for one tick of the column.
pub(super) fn finer(of: &DataType, ticks: Ticks) -> u64 {
    let to_unit = if *of == DataType::Date32 { DAY } else { 1 };
    let unit = types::unit(of).unwrap_or(TimeUnit::Second);
    match (ticks, unit) {
        (Ticks::Fine, TimeUnit::Second) => to_unit * 1_000_000,
        (Ticks::Fine, TimeUnit::Millisecond) => 1_000,
        _ => to_unit,
    }
}

fn mean_of_ticks(
    of: &DataType,
    accumulator: &Accumulator,
    options: &Options,
    ticks: Ticks,
) -> Answer {
    match accumulator.admitted(options).filter(|&count| count > 0) {
        None => Answer::Null,
        Some(count) => {
            let (sum, factor) = (integer(accumulator.total()), finer(of, ticks).into());
            Answer::Integer(round::scaled_to_integer(sum, factor, count.into()))
        }
    }
}

fn stddev_of_ticks(
    of: &DataType,
    accumulator: &Accumulator,
    options: &Options,
    ticks: Ticks,
) -> Answer {
    match accumulator.admitted(options).filter(|&count| count > options.ddof) {
        None => Answer::Null,
        Some(count) => {
            let (first, second) = accumulator.totals();
            let factor = finer(of, ticks);
            let deviation = ratio::stddev_to_integer(first, second, count, options.ddof, factor);
            Answer::Integer(deviation)
        }
    }
}
