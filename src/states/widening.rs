//! The state of values as if they had been cast, exactly, to a wider type.
//!
//! Sums of integers in a unit become sums in a finer unit by a factor, sums of squares by its square, and
//! extremes are cast like any value. If both extremes fit the wider type, so do all values between them.

use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};

use crate::exact::Integer;
use crate::kernels::Sums;
use crate::kernels::decimals::Wide;
use crate::kernels::extremes::{Extreme, Extremes};
use crate::states::accumulator::{Accumulator, Options};
use crate::states::joining::Because;
use crate::types;

const OUT_OF_RANGE: Because = "some of the values would be out of range in the finer unit";
const TOO_MANY_DIGITS: Because = "some of the values have more digits than their type declares";
const UNKNOWN_RANGE: Because =
    "values have been taken away from it, so whether all others fit is not known";
const BEYOND_DOUBLES: Because = "integers beyond 2^53 are not exact as float64";

/// The integers up to this magnitude are doubles.
const DOUBLE_MAX: u128 = 1 << 53;
/// Milliseconds in a day.
const DAY: i128 = 86_400_000;

/// The state of the same values, of one type, as values of a [joined](super::joining) type; the reason if
/// some of them do not fit.
pub fn widened(
    values: &Accumulator,
    from: &DataType,
    to: &DataType,
) -> Result<Accumulator, Because> {
    let is_same = from == to || from.is_floating() || *from == DataType::Null;
    if is_same {
        return Ok(values.clone());
    }
    let factor = factor(from, to);
    let sums = values.sums();
    if !values.has_extremes() && (to.is_floating() || factor != integer(1)) {
        return Err(UNKNOWN_RANGE);
    }
    let extremes = match values.has_extremes().then(|| values.extremes_of_numbers()).flatten() {
        None => None,
        Some(Extremes { min, max }) => {
            let cast = |extreme| cast(extreme, &factor, to);
            Some(Extremes { min: cast(min)?, max: cast(max)? })
        }
    };
    let valid = values.count(&Options::default());
    let sums = Sums {
        first: sums.first.times(&factor),
        second: sums.second.times(&factor).times(&factor),
        // Integers have no -0.0.
        has_other_than_negative_zero: valid > 0,
        ..sums.clone()
    };
    let state = Accumulator::from_parts(valid, values.nulls(), sums, extremes);
    Ok(if values.has_extremes() { state } else { state.without_extremes() })
}

/// What one unit of a type is in units of a wider one.
pub(super) fn factor(from: &DataType, to: &DataType) -> Integer {
    if let (DataType::Date32, DataType::Date64) = (from, to) {
        return integer(DAY);
    }
    let digits = match (types::unit(from), types::unit(to)) {
        (Some(from), Some(to)) => digits(to) - digits(from),
        _ => i32::from(types::scale(to)) - i32::from(types::scale(from)),
    };
    (0..digits).fold(integer(1), |power, _| power.times(&integer(10)))
}

/// The decimal digits of the ticks of a second.
fn digits(unit: TimeUnit) -> i32 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

fn integer(value: i128) -> Integer {
    let mut integer = Integer::new();
    integer.add(value, 0);
    integer
}

/// An extreme that is an integer of some unit, as one of a wider type.
fn cast(extreme: Extreme, factor: &Integer, to: &DataType) -> Result<Extreme, Because> {
    let units = match extreme {
        Extreme::Integer(value) => integer(value),
        Extreme::Wide(value) => {
            let mut wide = Integer::new();
            wide.add_digits(&value.limbs(), 0);
            wide
        }
        Extreme::Float(_) => return Ok(extreme),
    };
    let units = units.times(factor);
    let bits = 8 * types::native_width(to).unwrap_or_default() as u32;
    match to {
        float if float.is_floating() => {
            let exact = units.to_i128().filter(|units| units.unsigned_abs() <= DOUBLE_MAX);
            exact.map(|units| Extreme::Float(units as f64)).ok_or(BEYOND_DOUBLES)
        }
        DataType::Decimal256(..) => {
            let wide = units.to_limbs().map(|limbs| Extreme::Wide(from_limbs(limbs)));
            wide.ok_or(TOO_MANY_DIGITS)
        }
        _ => {
            let fits = |units: &i128| bits == i128::BITS || units >> (bits - 1) == units >> 127;
            let exact = units.to_i128().filter(fits);
            let otherwise = if to.is_decimal() { TOO_MANY_DIGITS } else { OUT_OF_RANGE };
            exact.map(Extreme::Integer).ok_or(otherwise)
        }
    }
}

fn from_limbs(limbs: [u64; 4]) -> i256 {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(limbs.map(u64::to_le_bytes).as_flattened());
    i256::from_le_bytes(bytes)
}
