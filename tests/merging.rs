//! States of different types against an oracle that casts the data first: the merged state is, to the bit, that
//! of one column with all values, in whatever order the parts meet.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};
use colstats::Moments;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::kernels::Need;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::types;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use proptest::prelude::*;

/// A value as it is stored: an integer of the unit of its type, or a float.
#[derive(Clone, Debug)]
enum Raw {
    Units(BigInt),
    Float(f64),
}

/// The unit of a type as `factor * 10^-digits`; none for floats and types that are only counted.
fn unit(of: &DataType) -> Option<(u32, i32)> {
    Some(match of {
        DataType::Date32 => (86_400, 0),
        of if types::scale(of) != 0 => (1, types::scale(of).into()),
        of if of.is_integer() || of.is_decimal() => (1, 0),
        of => match types::unit(of)? {
            TimeUnit::Second => (1, 0),
            TimeUnit::Millisecond => (1, 3),
            TimeUnit::Microsecond => (1, 6),
            TimeUnit::Nanosecond => (1, 9),
        },
    })
}

/// The same value in the unit of another type, which must be exact.
fn cast(raw: &Raw, from: &DataType, to: &DataType) -> Raw {
    let (Raw::Units(value), Some((factor, digits))) = (raw, unit(from)) else {
        return raw.clone();
    };
    let (new_factor, new_digits) = unit(to).unwrap_or((1, 0));
    let shift = new_digits - digits;
    assert!(shift >= 0, "{from} to {to} loses digits");
    let scaled = value * factor * BigInt::from(10).pow(shift as u32);
    assert_eq!(&scaled % new_factor, BigInt::ZERO, "{from} to {to} is not exact");
    Raw::Units(scaled / new_factor)
}

/// A column of a type; none if a value does not fit it.
fn column(of: &DataType, values: &[Option<Raw>]) -> Option<ArrayRef> {
    fn primitive<P: ArrowPrimitiveType>(
        of: &DataType,
        values: &[Option<Raw>],
        fit: impl Fn(&BigInt) -> Option<P::Native>,
    ) -> Option<ArrayRef> {
        let native = |raw: &Option<Raw>| match raw {
            None => Some(None),
            Some(Raw::Units(units)) => fit(units).map(Some),
            Some(Raw::Float(_)) => unreachable!("a float in a column of {of}"),
        };
        let values = values.iter().map(native).collect::<Option<Vec<_>>>()?;
        Some(Arc::new(PrimitiveArray::<P>::from_iter(values).with_data_type(of.clone())))
    }
    fn float<P: ArrowPrimitiveType>(
        values: &[Option<Raw>],
        round: impl Fn(f64) -> P::Native,
    ) -> Option<ArrayRef> {
        let double = |raw: &Option<Raw>| match raw {
            None => Some(None),
            Some(Raw::Float(value)) => Some(Some(round(*value))),
            Some(Raw::Units(units)) => {
                let exact = units.abs() <= BigInt::from(1_u64 << 53);
                exact.then(|| units.to_f64().map(&round))
            }
        };
        let values = values.iter().map(double).collect::<Option<Vec<_>>>()?;
        Some(Arc::new(PrimitiveArray::<P>::from_iter(values)))
    }
    let wide = |units: &BigInt| {
        let fits = units.bits() < 255;
        fits.then(|| i256::from_string(&units.to_string())).flatten()
    };
    use DataType::*;
    use TimeUnit::*;
    match of {
        Int8 => primitive::<Int8Type>(of, values, BigInt::to_i8),
        Int16 => primitive::<Int16Type>(of, values, BigInt::to_i16),
        Int32 => primitive::<Int32Type>(of, values, BigInt::to_i32),
        Int64 => primitive::<Int64Type>(of, values, BigInt::to_i64),
        UInt8 => primitive::<UInt8Type>(of, values, BigInt::to_u8),
        UInt16 => primitive::<UInt16Type>(of, values, BigInt::to_u16),
        UInt32 => primitive::<UInt32Type>(of, values, BigInt::to_u32),
        UInt64 => primitive::<UInt64Type>(of, values, BigInt::to_u64),
        Float16 => float::<Float16Type>(values, half::f16::from_f64),
        Float32 => float::<Float32Type>(values, |value| value as f32),
        Float64 => float::<Float64Type>(values, |value| value),
        Decimal32(..) => primitive::<Decimal32Type>(of, values, BigInt::to_i32),
        Decimal64(..) => primitive::<Decimal64Type>(of, values, BigInt::to_i64),
        Decimal128(..) => primitive::<Decimal128Type>(of, values, BigInt::to_i128),
        Decimal256(..) => primitive::<Decimal256Type>(of, values, wide),
        Date32 => primitive::<Date32Type>(of, values, BigInt::to_i32),
        Date64 => primitive::<Date64Type>(of, values, BigInt::to_i64),
        Time32(Second) => primitive::<Time32SecondType>(of, values, BigInt::to_i32),
        Time32(_) => primitive::<Time32MillisecondType>(of, values, BigInt::to_i32),
        Time64(Microsecond) => primitive::<Time64MicrosecondType>(of, values, BigInt::to_i64),
        Time64(_) => primitive::<Time64NanosecondType>(of, values, BigInt::to_i64),
        Timestamp(Second, _) => primitive::<TimestampSecondType>(of, values, BigInt::to_i64),
        Timestamp(Millisecond, _) => {
            primitive::<TimestampMillisecondType>(of, values, BigInt::to_i64)
        }
        Timestamp(Microsecond, _) => {
            primitive::<TimestampMicrosecondType>(of, values, BigInt::to_i64)
        }
        Timestamp(..) => primitive::<TimestampNanosecondType>(of, values, BigInt::to_i64),
        Duration(Second) => primitive::<DurationSecondType>(of, values, BigInt::to_i64),
        Duration(Millisecond) => primitive::<DurationMillisecondType>(of, values, BigInt::to_i64),
        Duration(Microsecond) => primitive::<DurationMicrosecondType>(of, values, BigInt::to_i64),
        Duration(_) => primitive::<DurationNanosecondType>(of, values, BigInt::to_i64),
        Boolean => {
            let bit = |raw: &Raw| matches!(raw, Raw::Units(units) if units % 2 != BigInt::ZERO);
            let bits = values.iter().map(|raw| raw.as_ref().map(bit));
            Some(Arc::new(bits.collect::<arrow_array::BooleanArray>()))
        }
        Null => Some(arrow_array::new_null_array(&Null, values.len())),
        other => unreachable!("no column of {other}"),
    }
}

fn state_of(array: &ArrayRef) -> Moments {
    let mut accumulator = Accumulator::new();
    Chunk::from(Arc::clone(array)).fold(Need::Everything, &mut accumulator);
    Moments::of_column(ColumnType::of(array.data_type()), accumulator)
}

fn joined(parts: &[&Moments]) -> Option<Moments> {
    let mut whole = Moments::new();
    parts.iter().try_for_each(|part| whole.merge(part)).ok()?;
    Some(whole)
}

/// Types by the families whose members meet, with and without success.
const FAMILIES: [&[&str]; 4] = [
    &[
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "decimal32(4, 2)",
        "decimal32(9, 0)",
        "decimal64(18, 5)",
        "decimal128(20, 0)",
        "decimal128(38, 38)",
        "decimal128(12, -3)",
        "decimal256(76, 0)",
        "decimal256(40, 20)",
        "null",
    ],
    &[
        "timestamp[s]",
        "timestamp[ms]",
        "timestamp[us]",
        "timestamp[ns]",
        "timestamp[s, tz=UTC]",
        "timestamp[ns, tz=UTC]",
        "date32",
        "date64",
        "null",
    ],
    &["duration[s]", "duration[ms]", "duration[us]", "duration[ns]", "int64", "null"],
    &["time32[s]", "time32[ms]", "time64[us]", "time64[ns]", "bool", "null"],
];

/// Types whose values are only counted.
const COUNTED: [&str; 16] = [
    "string",
    "large_string",
    "string_view",
    "dictionary<values=string, indices=int8>",
    "dictionary<values=string, indices=uint32>",
    "run_end_encoded<run_ends: int32, values: dictionary<values=string_view, indices=int8>>",
    "binary",
    "large_binary",
    "binary_view",
    "fixed-size binary",
    "dictionary<values=fixed-size binary, indices=int8>",
    "list",
    "fixed-size list",
    "struct",
    "map",
    "dictionary<values=dictionary<values=int64, indices=int8>, indices=int8>",
];

/// The common type of values of some types, in the order given.
fn common(names: &[&str]) -> Option<String> {
    let empty = names.iter().map(|&name| Moments::of_type(Some(ColumnType::named(name))));
    let empty = empty.collect::<Vec<_>>();
    let whole = joined(&empty.iter().collect::<Vec<_>>())?;
    whole.type_name().map(str::to_string)
}

#[test]
fn common_types_do_not_depend_on_the_order() {
    let all = FAMILIES.concat().into_iter().chain(COUNTED).collect::<Vec<_>>();
    let right = |a, b, c| {
        let inner = common(&[b, c])?;
        common(&[a, &inner])
    };
    for &a in &all {
        assert_eq!(common(&[a, a]).as_deref(), Some(a));
        for &b in &all {
            assert_eq!(common(&[a, b]), common(&[b, a]), "{a}, {b}");
            for &c in &all {
                let left = common(&[a, b, c]);
                assert_eq!(left, right(a, b, c), "{a}, {b}, {c}");
                assert_eq!(left, common(&[c, a, b]), "{a}, {b}, {c}");
            }
        }
    }
}

#[test]
fn common_types_are_those_documented() {
    let pairs = [
        ("int8", "int64", Some("int64")),
        ("uint8", "int8", Some("int16")),
        ("uint16", "int8", Some("int32")),
        ("uint32", "int64", Some("int64")),
        ("uint64", "int8", Some("decimal128(20, 0)")),
        ("uint64", "uint8", Some("uint64")),
        ("float16", "float64", Some("float64")),
        ("float16", "float32", Some("float32")),
        ("int64", "float32", Some("float64")),
        ("decimal32(9, 0)", "float32", Some("float64")),
        ("decimal32(4, 2)", "float64", None),
        ("decimal32(4, 2)", "int8", Some("decimal128(22, 2)")),
        ("decimal32(4, 2)", "decimal32(9, 0)", Some("decimal64(11, 2)")),
        ("decimal128(4, 2)", "decimal32(4, 3)", Some("decimal128(5, 3)")),
        ("decimal128(38, 38)", "decimal128(38, 0)", Some("decimal256(76, 38)")),
        ("decimal256(76, 0)", "decimal32(4, 2)", None),
        ("decimal128(12, -3)", "uint8", Some("decimal128(20, 0)")),
        ("timestamp[s]", "timestamp[us]", Some("timestamp[us]")),
        ("timestamp[ns, tz=UTC]", "timestamp[us, tz=UTC]", Some("timestamp[ns, tz=UTC]")),
        ("timestamp[ns, tz=UTC]", "timestamp[ns, tz=Europe/Paris]", None),
        ("timestamp[ns]", "date32", None),
        ("date32", "date64", Some("date64")),
        ("duration[ms]", "duration[us]", Some("duration[us]")),
        ("duration[ms]", "int64", None),
        ("time32[ms]", "time64[ns]", Some("time64[ns]")),
        ("time32[ms]", "time32[s]", Some("time32[ms]")),
        ("bool", "int8", None),
        ("bool", "null", Some("bool")),
        ("string", "large_string", Some("large_string")),
        ("string", "string_view", Some("large_string")),
        ("string", "dictionary<values=string, indices=int8>", Some("string")),
        ("string_view", "dictionary<values=string, indices=int8>", Some("large_string")),
        (
            "dictionary<values=string, indices=int8>",
            "dictionary<values=string, indices=int32>",
            Some("string"),
        ),
        ("binary", "fixed-size binary", Some("binary")),
        ("binary_view", "fixed-size binary", Some("binary_view")),
        ("binary_view", "large_binary", Some("large_binary")),
        ("binary", "string", None),
        ("list", "fixed-size list", Some("list")),
        ("list", "map", None),
        ("int64", "string", None),
        ("int64", "dictionary<values=dictionary<values=int64, indices=int8>, indices=int8>", None),
    ];
    for (one, other, expected) in pairs {
        assert_eq!(common(&[one, other]).as_deref(), expected, "{one} with {other}");
    }
}

/// Values of a type, made of any integers: small ones, so that they fit other types, or up to the limits.
fn values(of: &DataType, seeds: &[Option<i128>], is_small: bool) -> Vec<Option<Raw>> {
    let limit = |bits: u32| BigInt::from(1) << bits;
    let in_range = |seed: i128, limit: BigInt| Raw::Units((BigInt::from(seed) << 140) % limit);
    let value = |seed: i128| match of {
        of if of.is_floating() && is_small => Raw::Float((seed % 2000) as f64 / 8.0),
        DataType::Float64 => Raw::Float(f64::from_bits(seed as u64)),
        DataType::Float32 => Raw::Float(f32::from_bits(seed as u32).into()),
        DataType::Float16 => Raw::Float(half::f16::from_bits(seed as u16).into()),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            let bits = 8 * of.primitive_width().expect("an integer") as u32;
            Raw::Units(BigInt::from(seed.unsigned_abs() % if is_small { 100 } else { 1 << bits }))
        }
        _ if is_small => Raw::Units(BigInt::from(seed % 100)),
        DataType::Decimal32(precision, _)
        | DataType::Decimal64(precision, _)
        | DataType::Decimal128(precision, _)
        | DataType::Decimal256(precision, _) => {
            in_range(seed, BigInt::from(10).pow((*precision).into()))
        }
        DataType::Time32(TimeUnit::Second) => in_range(seed, BigInt::from(86_400)),
        DataType::Time32(_) => in_range(seed, BigInt::from(86_400_000)),
        DataType::Time64(TimeUnit::Microsecond) => in_range(seed, BigInt::from(86_400_000_000_i64)),
        DataType::Time64(_) => in_range(seed, BigInt::from(86_400_000_000_000_i64)),
        of => in_range(seed, limit(8 * of.primitive_width().unwrap_or(1) as u32 - 1)),
    };
    let seeds = seeds.iter().map(|seed| seed.filter(|_| *of != DataType::Null));
    seeds.map(|seed| seed.map(value)).collect()
}

/// A part: a type of the family, the seeds of its values, and whether these are small.
type Part = (prop::sample::Index, Vec<Option<i128>>, bool);

fn part() -> impl Strategy<Value = Part> {
    let seed = prop::option::weighted(0.9, any::<i128>());
    (any::<prop::sample::Index>(), prop::collection::vec(seed, 0..5), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn merged_states_are_those_of_cast_data(
        family in 0..FAMILIES.len(),
        parts in prop::collection::vec(part(), 2..4),
    ) {
        let parts = parts.iter().map(|(index, seeds, is_small)| {
            let name = index.get(FAMILIES[family]);
            let of = types::parse(name).expect("a readable type");
            let values = values(&of, seeds, *is_small);
            (of, values)
        });
        let parts = parts.collect::<Vec<_>>();
        let states = parts.iter().map(|(of, values)| {
            state_of(&column(of, values).expect("values of the type"))
        });
        let states = states.collect::<Vec<_>>();

        // The oracle: cast the data, then compute the state of one column.
        let names = parts.iter().map(|(of, _)| types::name(of)).collect::<Vec<_>>();
        let common = common(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let expected = common.and_then(|common| {
            let to = types::parse(&common).expect("a readable type");
            let cast = |(from, values): &(DataType, Vec<Option<Raw>>)| {
                let cast = |raw: &Option<Raw>| raw.as_ref().map(|raw| cast(raw, from, &to));
                values.iter().map(cast).collect::<Vec<_>>()
            };
            column(&to, &parts.iter().flat_map(cast).collect::<Vec<_>>())
        });
        let expected = expected.map(|whole| state_of(&whole));

        let [first, .., last] = &states[..] else { unreachable!() };
        let middle = &states[1];
        for order in [
            states.iter().collect::<Vec<_>>(),
            states.iter().rev().collect(),
            vec![middle, first, last].into_iter().take(states.len()).collect(),
        ] {
            prop_assert_eq!(&joined(&order), &expected, "{:?}", names);
        }
        let right = joined(&states[1..].iter().collect::<Vec<_>>());
        let right = right.and_then(|right| joined(&[first, &right]));
        prop_assert_eq!(&right, &expected, "{:?}", names);
        // What is merged can be written and read.
        if let Some(whole) = expected {
            prop_assert_eq!(Moments::from_bytes(&whole.to_bytes()), Ok(whole));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_leaves_the_state() {
    let state = |name: &str, units: i64| {
        let of = types::parse(name).expect("a readable type");
        state_of(&column(&of, &[Some(Raw::Units(units.into()))]).expect("a value of the type"))
    };
    let float = state_of(&column(&DataType::Float64, &[Some(Raw::Float(0.5))]).expect("a float"));
    let year_300_000 = 9_405_000_000_000;
    let cases = [
        (
            state("timestamp[s]", year_300_000),
            state("timestamp[ns]", 1),
            "cannot merge a state of timestamp[s] values with one of timestamp[ns] values: some of the \
             values would be out of range in the finer unit; cast one of them first",
        ),
        (
            state("timestamp[ns]", 1),
            state("timestamp[s]", year_300_000),
            "cannot merge a state of timestamp[ns] values with one of timestamp[s] values: some of the \
             values would be out of range in the finer unit; cast one of them first",
        ),
        (
            state("int64", (1 << 53) + 1),
            float.clone(),
            "cannot merge a state of int64 values with one of float64 values: integers beyond 2^53 are \
             not exact as float64; cast one of them first",
        ),
        (
            float,
            state("decimal128(10, 2)", 5),
            "cannot merge a state of float64 values with one of decimal128(10, 2) values: decimal \
             fractions are not exact as floats; cast one of them first",
        ),
        (
            state("bool", 1),
            state("int64", 1),
            "cannot merge a state of bool values with one of int64 values: they are not the same kind \
             of values; cast one of them first",
        ),
    ];
    for (one, other, words) in cases {
        let mut whole = one.clone();
        let refused = whole.merge(&other).expect_err("no common type");
        assert!(refused.is_type_mismatch());
        assert_eq!(refused.to_string(), words);
        assert_eq!(whole, one);
    }
}
