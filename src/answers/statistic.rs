//! What a statistic means for each type: the type of its result, and the result itself.
//!
//! Results never depend on the data in their type, and an Arrow result has the type that
//! [`result_type`] promises:
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
//! Sums of decimals keep the scale `s` and have the most digits there are: those of decimal32,
//! decimal64 and decimal128 are decimal128, those of decimal256 are decimal256. A sum that has more
//! digits is an error, never a wrong number; as an [`Answer`] it is exact at any size. Dictionaries
//! and runs are answered as their values are.

use arrow_schema::{DataType, TimeUnit};

use crate::error::Error;
use crate::exact::{Integer, ratio, round};
use crate::kernels::Need;
use crate::kernels::extremes::Extreme;
use crate::states::accumulator::{Moments, Nans, Policy};
use crate::types::{self, Family, family};

/// Seconds in a day: means of days are timestamps in seconds.
const DAY: u64 = 86_400;
/// The digits of the types that hold sums: the most a decimal128 and a decimal256 have.
const DIGITS: u8 = 38;
const WIDE_DIGITS: u8 = 76;

/// A statistic of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Statistic {
    Count,
    Sum,
    Mean,
    Variance,
    Stddev,
    Min,
    Max,
}

/// A result: its value; what it means is told by the [`result_type`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// There is none: no value counts, or too few.
    Null,
    /// A floating-point number.
    Float(f64),
    /// An integer, a boolean as 0 or 1, ticks of time, or units of a decimal.
    Integer(i128),
    /// Units of a decimal that are no `i128`: a little-endian number in two's complement.
    Wide(Limbs),
}

impl Answer {
    /// Whether both are the same to the bit.
    pub fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Float(one), Self::Float(other)) => one.to_bits() == other.to_bits(),
            _ => self == other,
        }
    }
}

/// Wide enough for the sum of `2^63` integers of 256 bits.
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

    /// What a pass over the values must find out.
    pub fn need(self, policy: &Policy) -> Need {
        match self {
            Self::Count if policy.nans == Nans::Propagate => Need::Count,
            Self::Count | Self::Sum | Self::Mean => Need::Sum,
            Self::Variance | Self::Stddev => Need::Squares,
            Self::Min | Self::Max => Need::Extremes,
        }
    }
}

/// The type of a statistic of a column, or why it has none.
pub fn result_type(statistic: Statistic, of: &DataType) -> Result<DataType, Error> {
    use Statistic::*;
    let unsupported = |because| {
        let of = types::name(of);
        Err(Error::Unsupported { statistic: statistic.name(), of, because })
    };
    let of = types::plain(of);
    let unit = types::unit(of).unwrap_or(TimeUnit::Second);
    Ok(match (statistic, family(of)) {
        (Count, _) => DataType::Int64,
        (_, Family::Other) => return unsupported("they are no numbers, and can only be counted"),
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

/// The ticks that a result of temporal type is counted in: rounding happens once, so whoever wants
/// coarser ticks must say so before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticks {
    /// Those of the [`result_type`].
    Unit,
    /// Those of the result type, but microseconds instead of nanoseconds.
    UpToMicroseconds,
}

/// The answer for a column of a type that has the statistic.
pub fn answer(
    statistic: Statistic,
    of: &DataType,
    moments: &Moments,
    policy: &Policy,
    ticks: Ticks,
) -> Answer {
    use Statistic::*;
    let of = types::plain(of);
    match (statistic, family(of)) {
        (Count, _) => Answer::Integer(moments.count(policy).into()),
        (_, Family::Null | Family::Other) => Answer::Null,
        (Min, _) => extreme(moments.extremes(policy).map(|extremes| extremes.min), of, ticks),
        (Max, _) => extreme(moments.extremes(policy).map(|extremes| extremes.max), of, ticks),
        (Sum, Family::Float) => float(moments.sum(policy)),
        (Sum, Family::Decimal) => decimal_sum(moments, policy),
        (Mean, Family::Decimal) => decimal_mean(of, moments, policy),
        (Variance, Family::Decimal) => decimal_spread(ratio::decimal_variance, of, moments, policy),
        (Stddev, Family::Decimal) => decimal_spread(ratio::decimal_stddev, of, moments, policy),
        (Sum, _) => integer_sum(of, moments, policy, ticks),
        (Mean, Family::Float | Family::Integer | Family::Boolean) => float(moments.mean(policy)),
        (Mean, _) => mean_of_ticks(of, moments, policy, ticks),
        (Variance, _) => float(moments.variance(policy)),
        (Stddev, Family::Float | Family::Integer | Family::Boolean) => {
            float(moments.stddev(policy))
        }
        (Stddev, _) => stddev_of_ticks(of, moments, policy, ticks),
    }
}

fn float(result: Option<f64>) -> Answer {
    result.map_or(Answer::Null, Answer::Float)
}

fn extreme(extreme: Option<Extreme>, of: &DataType, ticks: Ticks) -> Answer {
    match extreme {
        None => Answer::Null,
        Some(Extreme::Float(value)) => Answer::Float(value),
        Some(Extreme::Integer(value)) => {
            Answer::Integer(round::to_integer(value, coarser(of, ticks).into()))
        }
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

fn decimal_sum(moments: &Moments, policy: &Policy) -> Answer {
    let admitted = moments.admitted(policy);
    admitted.map_or(Answer::Null, |_| units(moments.total()))
}

fn decimal_mean(of: &DataType, moments: &Moments, policy: &Policy) -> Answer {
    let count = moments.admitted(policy).filter(|&count| count > 0);
    let mean = |count| ratio::decimal_mean(moments.total(), count, types::scale(of).into());
    float(count.map(mean))
}

/// A measure of spread: the variance or the standard deviation.
fn decimal_spread(
    measure: fn(&Integer, &Integer, u64, u64, i32) -> f64,
    of: &DataType,
    moments: &Moments,
    policy: &Policy,
) -> Answer {
    let count = moments.admitted(policy).filter(|&count| count > policy.ddof);
    let (first, second) = moments.totals();
    let scale = types::scale(of).into();
    float(count.map(|count| measure(first, second, count, policy.ddof, scale)))
}

/// Sums of fewer than 2^63 integers of 64 bits are below 2^127.
fn integer(sum: &Integer) -> i128 {
    sum.to_i128().unwrap_or(i128::MAX)
}

fn integer_sum(of: &DataType, moments: &Moments, policy: &Policy, ticks: Ticks) -> Answer {
    match moments.admitted(policy) {
        None => Answer::Null,
        Some(_) => {
            let sum = integer(moments.total());
            Answer::Integer(round::to_integer(sum, coarser(of, ticks).into()))
        }
    }
}

/// Ticks of the result for one tick of the column.
fn finer(of: &DataType) -> u64 {
    if *of == DataType::Date32 { DAY } else { 1 }
}

/// Ticks of the column for one tick of the result.
fn coarser(of: &DataType, ticks: Ticks) -> u64 {
    let nanoseconds = types::unit(of) == Some(TimeUnit::Nanosecond);
    if nanoseconds && ticks == Ticks::UpToMicroseconds { 1000 } else { 1 }
}

fn mean_of_ticks(of: &DataType, moments: &Moments, policy: &Policy, ticks: Ticks) -> Answer {
    match moments.admitted(policy).filter(|&count| count > 0) {
        None => Answer::Null,
        Some(count) => {
            let sum = integer(moments.total()) * i128::from(finer(of));
            let divisor = i128::from(count) * i128::from(coarser(of, ticks));
            Answer::Integer(round::to_integer(sum, divisor))
        }
    }
}

fn stddev_of_ticks(of: &DataType, moments: &Moments, policy: &Policy, ticks: Ticks) -> Answer {
    match moments.admitted(policy).filter(|&count| count > policy.ddof) {
        None => Answer::Null,
        Some(count) => {
            let (first, second) = moments.totals();
            let scale = (finer(of), coarser(of, ticks));
            let deviation = ratio::stddev_to_integer(first, second, count, policy.ddof, scale);
            Answer::Integer(deviation as i128) // below 2^63 days
        }
    }
}
