//! The common type of two columns whose values are merged.
//!
//! Files of the same table by two writers seldom agree on every type: text is `string` here and
//! `large_string` there, integers have 32 or 64 bits, times are in microseconds or nanoseconds. Such types
//! are encodings of the same values, and have a common type that holds the values of both exactly:
//!
//! | types | common type |
//! | --- | --- |
//! | `null`, and any | the other |
//! | integers | the smallest integer type that has both ranges; decimal128(20, 0) for int64 and uint64 |
//! | floats | the wider |
//! | integers, or decimals without digits after the point, and floats | float64, if no integer is beyond 2^53 |
//! | decimals | the digits before the point of the one, and those after it of the other |
//! | integers and decimals | as decimals; an integer has up to 20 digits |
//! | timestamps of one time zone; durations; times of day | the finer unit |
//! | date32 and date64 | date64 |
//! | layouts of text | large_string |
//! | layouts of binary, fixed-size binary | large_binary; what has a fixed size takes the layout of the other |
//! | list and fixed-size list | list |
//! | dictionaries and runs of text or binary | as their values |
//!
//! All others are refused, because they are not the same kind of value (booleans and integers, text and
//! binary, timestamps of two zones) or because no type holds both exactly.
//!
//! The common type is the least upper bound in an order of types, and that is why merging is commutative
//! and associative: the type of a whole depends on the types of its parts, not on the order in which they
//! meet. For the same reason an integer counts as one of 20 digits wherever it meets a decimal: with the
//! digits of its own type, (int8 + uint8) + decimal32(4, 2) would have more digits than int8 + (uint8 +
//! decimal32(4, 2)). A refusal is as independent of the order: what refuses a part refuses the whole.

use arrow_schema::{DataType, TimeUnit};

use crate::states::column_type::ColumnType;
use crate::types;

/// Why two types have no common one.
pub type Because = &'static str;

const OTHER_KIND: Because = "they are not the same kind of values";
const ZONES: Because = "their time zones differ";
const DIGITS: Because = "together they need more than the 76 digits of decimal256";
const FRACTIONS: Because = "decimal fractions are not exact as floats";

/// The digits of the largest integers of 64 bits.
const INTEGER_DIGITS: i16 = 20;
/// The type of int64 and uint64 together.
const BOTH_SIGNS: DataType = DataType::Decimal128(INTEGER_DIGITS as u8, 0);

/// The common type of values of two types.
pub fn joined(one: &ColumnType, other: &ColumnType) -> Result<ColumnType, Because> {
    match (one.data_type(), other.data_type()) {
        _ if one == other => Ok(one.clone()),
        (Some(DataType::Null), _) => Ok(other.clone()),
        (_, Some(DataType::Null)) => Ok(one.clone()),
        (Some(one), Some(other)) => Ok(ColumnType::of(&of_values(one, other)?)),
        (None, None) => of_counted(one.name(), other.name()).map(ColumnType::named),
        _ => Err(OTHER_KIND),
    }
}

/// The common type of different types whose values can be read.
pub(super) fn of_values(one: &DataType, other: &DataType) -> Result<DataType, Because> {
    use DataType::{Date32, Date64, Duration, Float64, Time32, Time64, Timestamp};
    match (one, other) {
        (Date32 | Date64, Date32 | Date64) => Ok(Date64),
        (Timestamp(_, one), Timestamp(_, other)) if one != other => Err(ZONES),
        (Timestamp(a, zone), Timestamp(b, _)) => Ok(Timestamp(finer(*a, *b), zone.clone())),
        (Duration(a), Duration(b)) => Ok(Duration(finer(*a, *b))),
        (Time32(a) | Time64(a), Time32(b) | Time64(b)) => Ok(match finer(*a, *b) {
            unit @ (TimeUnit::Second | TimeUnit::Millisecond) => Time32(unit),
            unit => Time64(unit),
        }),
        (a, b) if a.is_floating() && b.is_floating() => Ok(wider(a, b)),
        (a, b) if a.is_integer() && b.is_integer() => Ok(of_integers(a, b)),
        (a, b) if is_exact(a) && is_exact(b) => of_decimals(a, b),
        (float, number) | (number, float) if float.is_floating() && is_exact(number) => {
            match of_decimals(number, &BOTH_SIGNS)? {
                integer if types::scale(&integer) == 0 => Ok(Float64),
                _ => Err(FRACTIONS),
            }
        }
        _ => Err(OTHER_KIND),
    }
}

/// Whether values of a type are integers of some unit, without being times.
fn is_exact(of: &DataType) -> bool {
    of.is_integer() || of.is_decimal()
}

fn finer(one: TimeUnit, other: TimeUnit) -> TimeUnit {
    one.max(other) // seconds come first
}

fn bits(of: &DataType) -> usize {
    8 * of.primitive_width().unwrap_or_default()
}

fn wider(one: &DataType, other: &DataType) -> DataType {
    if bits(one) < bits(other) { other.clone() } else { one.clone() }
}

fn of_integers(one: &DataType, other: &DataType) -> DataType {
    let (signed, unsigned) = match (one.is_signed_integer(), other.is_signed_integer()) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return wider(one, other),
    };
    match bits(signed).max(2 * bits(unsigned)) {
        16 => DataType::Int16,
        32 => DataType::Int32,
        64 => DataType::Int64,
        _ => BOTH_SIGNS,
    }
}

/// The digits of a decimal type before and after the point.
fn digits(of: &DataType) -> (i16, i16) {
    match of {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            (i16::from(*precision) - i16::from(*scale), i16::from(*scale))
        }
        _ => (INTEGER_DIGITS, 0),
    }
}

fn of_decimals(one: &DataType, other: &DataType) -> Result<DataType, Because> {
    let (ours, theirs) = (digits(one), digits(other));
    let scale = ours.1.max(theirs.1);
    let precision = ours.0.max(theirs.0) + scale;
    let (precision, scale) = match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(precision @ ..=76), Ok(scale)) => (precision, scale),
        _ => return Err(DIGITS),
    };
    let width = match precision {
        1..=9 => 32,
        10..=18 => 64,
        19..=38 => 128,
        _ => 256,
    };
    Ok(match width.max(decimal_bits(one)).max(decimal_bits(other)) {
        32 => DataType::Decimal32(precision, scale),
        64 => DataType::Decimal64(precision, scale),
        128 => DataType::Decimal128(precision, scale),
        _ => DataType::Decimal256(precision, scale),
    })
}

/// The width of a decimal type. That of an integer does not matter: its digits need 128 bits.
fn decimal_bits(of: &DataType) -> usize {
    if of.is_decimal() { bits(of) } else { 0 }
}

/// The common name of different types whose values are only counted.
fn of_counted<'a>(one: &'a str, other: &'a str) -> Result<&'a str, Because> {
    let (one, other) = (decoded(one), decoded(other));
    if one == other {
        return Ok(one);
    }
    match (layouts(one), layouts(other)) {
        (Some(ours), Some(theirs)) if ours.of == theirs.of => {
            Ok(match (ours.is_fixed, theirs.is_fixed) {
                (true, _) => other,
                (_, true) => one,
                _ => ours.of,
            })
        }
        _ => Err(OTHER_KIND),
    }
}

/// One of several layouts of the same values.
struct Layout {
    /// The layout that has room for all others.
    of: &'static str,
    is_fixed: bool,
}

fn layouts(name: &str) -> Option<Layout> {
    let layout = |of, is_fixed| Some(Layout { of, is_fixed });
    match name {
        "string" | "large_string" | "string_view" => layout("large_string", false),
        "binary" | "large_binary" | "binary_view" => layout("large_binary", false),
        "fixed-size binary" => layout("large_binary", true),
        "list" => layout("list", false),
        "fixed-size list" => layout("list", true),
        _ => None,
    }
}

/// The name of the values in a dictionary or runs of text or binary.
fn decoded(name: &str) -> &str {
    let values = types::encoded_values(name).unwrap_or(name);
    let values = types::encoded_values(values).unwrap_or(values);
    if layouts(values).is_some() { values } else { name }
}
