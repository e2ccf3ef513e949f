//! Arrow types as statistics see them: their families, their names, and which are plain numbers.

use arrow_schema::{DataType, TimeUnit};

/// The kind of values that a type has, as far as statistics are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Binary floating point.
    Float,
    /// Integers.
    Integer,
    /// Booleans, which count as 0 and 1.
    Boolean,
    /// Integers in units of a power of ten.
    Decimal,
    /// A column of nulls.
    Null,
    /// Dates, in days or in milliseconds.
    Date,
    /// Times of day.
    Time,
    /// Points in time.
    Timestamp,
    /// Differences between points in time.
    Duration,
    /// Everything else: it can be counted.
    Other,
}

/// The type of the values of a column, without the encodings that can be read: a dictionary, runs, or
/// runs of a dictionary. Others (dictionaries of dictionaries, runs of runs) are types of their own
/// without statistics.
pub fn plain(data_type: &DataType) -> &DataType {
    let of_run = match data_type {
        DataType::RunEndEncoded(_, values) => values.data_type(),
        one_per_row => one_per_row,
    };
    match of_run {
        DataType::Dictionary(_, values) => values,
        values => values,
    }
}

/// The family of a type.
pub fn family(data_type: &DataType) -> Family {
    match plain(data_type) {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Family::Float,
        DataType::Boolean => Family::Boolean,
        DataType::Null => Family::Null,
        DataType::Date32 | DataType::Date64 => Family::Date,
        DataType::Time32(_) | DataType::Time64(_) => Family::Time,
        DataType::Timestamp(..) => Family::Timestamp,
        DataType::Duration(_) => Family::Duration,
        integer if integer.is_integer() => Family::Integer,
        decimal if decimal.is_decimal() => Family::Decimal,
        _ => Family::Other,
    }
}

/// Whether values are numbers, booleans among them.
pub fn is_numeric(data_type: &DataType) -> bool {
    matches!(family(data_type), Family::Float | Family::Integer | Family::Boolean | Family::Decimal)
}

/// Whether values are points in time, times of day, or durations.
pub fn is_temporal(data_type: &DataType) -> bool {
    matches!(family(data_type), Family::Date | Family::Time | Family::Timestamp | Family::Duration)
}

/// Whether a column has nothing but nulls.
pub fn is_null(data_type: &DataType) -> bool {
    family(data_type) == Family::Null
}

/// The unit of the ticks of a temporal type; none for `Date32`, which counts days.
pub fn unit(data_type: &DataType) -> Option<TimeUnit> {
    match data_type {
        DataType::Time32(unit)
        | DataType::Time64(unit)
        | DataType::Timestamp(unit, _)
        | DataType::Duration(unit) => Some(*unit),
        DataType::Date64 => Some(TimeUnit::Millisecond),
        _ => None,
    }
}

/// The scale of a decimal type, or of encoded decimals, whose values are in units of `10^-scale`; 0 for other types.
pub fn scale(data_type: &DataType) -> i8 {
    match plain(data_type) {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    }
}

/// The name of a type as messages and reports spell it, close to the spelling of pyarrow.
pub fn name(data_type: &DataType) -> String {
    let unit = unit(data_type).map_or("", suffix);
    match data_type {
        DataType::Boolean => "bool".into(),
        DataType::Float16 => "float16".into(),
        DataType::Utf8 => "string".into(),
        DataType::LargeUtf8 => "large_string".into(),
        DataType::Utf8View => "string_view".into(),
        DataType::LargeBinary => "large_binary".into(),
        DataType::BinaryView => "binary_view".into(),
        DataType::FixedSizeBinary(_) => "fixed-size binary".into(),
        // The fields within are no part of the name, nor is how arrow-rs spells them.
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_) => "list".into(),
        DataType::FixedSizeList(..) => "fixed-size list".into(),
        DataType::Struct(_) => "struct".into(),
        DataType::Map(..) => "map".into(),
        DataType::Union(..) => "union".into(),
        DataType::Interval(_) => "interval".into(),
        DataType::Time32(_) => format!("time32[{unit}]"),
        DataType::Time64(_) => format!("time64[{unit}]"),
        DataType::Duration(_) => format!("duration[{unit}]"),
        DataType::Timestamp(_, Some(zone)) if !zone.is_empty() => {
            format!("timestamp[{unit}, tz={zone}]")
        }
        // An empty zone, which Arrow IPC can write, is none: otherwise states would have a type that is not read.
        DataType::Timestamp(..) => format!("timestamp[{unit}]"),
        DataType::Decimal32(precision, scale) => format!("decimal32({precision}, {scale})"),
        DataType::Decimal64(precision, scale) => format!("decimal64({precision}, {scale})"),
        DataType::Decimal128(precision, scale) => format!("decimal128({precision}, {scale})"),
        DataType::Decimal256(precision, scale) => format!("decimal256({precision}, {scale})"),
        DataType::Dictionary(keys, values) => dictionary_name(&name(keys), &name(values)),
        DataType::RunEndEncoded(ends, values) => {
            runs_name(&name(ends.data_type()), &name(values.data_type()))
        }
        other => other.to_string().to_lowercase(),
    }
}

/// The name of a dictionary type, by the names of its parts.
pub fn dictionary_name(keys: &str, values: &str) -> String {
    format!("dictionary<values={values}, indices={keys}>")
}

/// The name of a run-end-encoded type, by the names of its parts.
pub fn runs_name(ends: &str, values: &str) -> String {
    format!("run_end_encoded<run_ends: {ends}, values: {values}>")
}

/// The name of the values in a dictionary or in runs, by the name of the whole type.
pub fn encoded_values(name: &str) -> Option<&str> {
    let inside = |prefix| name.strip_prefix(prefix)?.strip_suffix('>');
    if let Some(inside) = inside("dictionary<values=") {
        return inside.rsplit_once(", indices=").map(|(values, _)| values);
    }
    let (_, values) = inside("run_end_encoded<run_ends: ")?.split_once(", values: ")?;
    Some(values)
}

/// The type with this [`name`], if its values can be read.
pub fn parse(text: &str) -> Option<DataType> {
    let plain = PLAIN.iter().find(|data_type| name(data_type) == text).cloned();
    let parsed = plain.or_else(|| parse_timestamp(text)).or_else(|| parse_decimal(text))?;
    // Only the canonical spelling is a name.
    (is_readable(&parsed) && name(&parsed) == text).then_some(parsed)
}

const UNITS: [TimeUnit; 4] =
    [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];

/// The types without parameters other than a unit.
const PLAIN: [DataType; 23] = [
    DataType::Null,
    DataType::Boolean,
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::UInt8,
    DataType::UInt16,
    DataType::UInt32,
    DataType::UInt64,
    DataType::Float16,
    DataType::Float32,
    DataType::Float64,
    DataType::Date32,
    DataType::Date64,
    DataType::Time32(TimeUnit::Second),
    DataType::Time32(TimeUnit::Millisecond),
    DataType::Time64(TimeUnit::Microsecond),
    DataType::Time64(TimeUnit::Nanosecond),
    DataType::Duration(TimeUnit::Second),
    DataType::Duration(TimeUnit::Millisecond),
    DataType::Duration(TimeUnit::Microsecond),
    DataType::Duration(TimeUnit::Nanosecond),
];

/// `timestamp[us]` or `timestamp[us, tz=UTC]`.
fn parse_timestamp(text: &str) -> Option<DataType> {
    let inside = text.strip_prefix("timestamp[")?.strip_suffix(']')?;
    let (unit, zone) = match inside.split_once(", tz=") {
        Some((unit, zone)) => (unit, (!zone.is_empty()).then(|| zone.into())),
        None => (inside, None),
    };
    let unit = UNITS.into_iter().find(|&known| suffix(known) == unit)?;
    Some(DataType::Timestamp(unit, zone))
}

/// `decimal128(38, 2)`, and the other widths. Arrow carries numbers of digits that do not fit, too, and data of such a type
/// is read: so must be its states.
fn parse_decimal(text: &str) -> Option<DataType> {
    let (width, parameters) = text.strip_prefix("decimal")?.strip_suffix(')')?.split_once('(')?;
    let (precision, scale) = parameters.split_once(", ")?;
    let (precision, scale) = (precision.parse().ok()?, scale.parse().ok()?);
    Some(match width {
        "32" => DataType::Decimal32(precision, scale),
        "64" => DataType::Decimal64(precision, scale),
        "128" => DataType::Decimal128(precision, scale),
        "256" => DataType::Decimal256(precision, scale),
        _ => return None,
    })
}

fn suffix(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// Whether the values of a type can be read; others can only be counted.
pub fn is_readable(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Boolean | DataType::Null) || native_width(data_type).is_some()
}

/// The size of one value in bytes, for types whose values are plain numbers.
pub fn native_width(data_type: &DataType) -> Option<usize> {
    use TimeUnit::*;
    // The unit must be one that the width allows.
    let is_time = !matches!(
        data_type,
        DataType::Time32(Microsecond | Nanosecond) | DataType::Time64(Second | Millisecond)
    );
    let is_plain = !matches!(
        data_type,
        DataType::Dictionary(..) | DataType::RunEndEncoded(..) | DataType::Null | DataType::Boolean
    );
    let is_number = is_plain && is_time && family(data_type) != Family::Other;
    data_type.primitive_width().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_close_to_those_of_pyarrow() {
        let zoned = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        let expected = [
            (DataType::Float64, "float64"),
            (DataType::UInt8, "uint8"),
            (DataType::Null, "null"),
            (DataType::Date32, "date32"),
            (DataType::Utf8, "string"),
            (zoned, "timestamp[ns, tz=UTC]"),
            (DataType::Time32(TimeUnit::Second), "time32[s]"),
            (DataType::Decimal256(50, -3), "decimal256(50, -3)"),
            (
                DataType::Dictionary(DataType::Int8.into(), DataType::Float16.into()),
                "dictionary<values=float16, indices=int8>",
            ),
        ];
        for (data_type, expected) in expected {
            assert_eq!(name(&data_type), expected);
        }
    }

    #[test]
    fn values_of_encodings_are_named_within_them() {
        let dictionary = dictionary_name("int8", "large_string");
        let runs = runs_name("int32", &dictionary);
        assert_eq!(encoded_values(&dictionary), Some("large_string"));
        assert_eq!(encoded_values(&runs), Some(dictionary.as_str()));
        let around = dictionary_name("int8", &runs);
        assert_eq!(encoded_values(&around), Some(runs.as_str()));
        assert_eq!(encoded_values("string"), None);
    }

    #[test]
    fn encodings_of_encodings_have_no_statistics() {
        let int = DataType::Int64;
        let dictionary =
            |of: &DataType| DataType::Dictionary(DataType::Int8.into(), of.clone().into());
        let runs = |of: &DataType| {
            let field =
                |name, of: &DataType| arrow_schema::Field::new(name, of.clone(), true).into();
            DataType::RunEndEncoded(field("run_ends", &DataType::Int32), field("values", of))
        };
        for readable in [&int, &dictionary(&int), &runs(&int), &runs(&dictionary(&int))] {
            assert_eq!(family(readable), Family::Integer, "{readable}");
        }
        let twice = [dictionary(&dictionary(&int)), runs(&runs(&int)), dictionary(&runs(&int))];
        for unreadable in twice {
            assert_eq!(family(&unreadable), Family::Other, "{unreadable}");
        }
    }

    #[test]
    fn names_are_parsed_to_their_types() {
        let zones = [None, Some("UTC"), Some("+02:00"), Some("Europe/Paris"), Some("a], tz=b")];
        let stamps = UNITS.into_iter().flat_map(|unit| {
            zones.map(|zone| DataType::Timestamp(unit, zone.map(|zone| zone.into())))
        });
        for data_type in PLAIN.into_iter().chain(stamps) {
            assert_eq!(parse(&name(&data_type)), Some(data_type));
        }
        let empty_zone = DataType::Timestamp(TimeUnit::Second, Some("".into()));
        assert_eq!(parse(&name(&empty_zone)), Some(DataType::Timestamp(TimeUnit::Second, None)));
        let decimal = DataType::Decimal128(20, -3);
        assert_eq!(parse(&name(&decimal)), Some(decimal).filter(is_readable));
        for nonsense in
            ["", "float", "Float64", "string", "timestamp[us, tz=]", "time32[us]", "list"]
        {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
        for digits in [32, 64, 128, 256] {
            for parameters in ["76, -128", "0, 0", "255, 127"] {
                let name = format!("decimal{digits}({parameters})");
                assert!(parse(&name).is_some(), "{name}");
            }
            for parameters in ["256, 0", "5, 128", "5, 999999999"] {
                assert_eq!(parse(&format!("decimal{digits}({parameters})")), None, "{parameters}");
            }
        }
    }

    #[cfg(feature = "arrow")]
    #[test]
    fn widths_are_those_of_the_native_types() {
        use crate::columns::primitive::with_primitive;
        use arrow_array::types::ArrowPrimitiveType;
        let units = UNITS.into_iter();
        let times = units.flat_map(|unit| [DataType::Time32(unit), DataType::Time64(unit)]);
        let others = [
            DataType::Decimal32(9, 2),
            DataType::Decimal64(18, 2),
            DataType::Decimal128(38, 2),
            DataType::Decimal256(76, 2),
            DataType::Timestamp(TimeUnit::Second, Some("UTC".into())),
            DataType::Utf8,
            DataType::FixedSizeBinary(8),
            DataType::Interval(arrow_schema::IntervalUnit::DayTime),
            DataType::Dictionary(DataType::Int8.into(), DataType::Int32.into()),
        ];
        for data_type in PLAIN.into_iter().chain(times).chain(others) {
            let native = with_primitive!(&data_type,
                P => Some(size_of::<<P as ArrowPrimitiveType>::Native>()), _ => None);
            assert_eq!(native_width(&data_type), native, "{data_type}");
        }
    }
}
