//! The table of types whose values are plain numbers: from a [`DataType`](arrow_schema::DataType) to the
//! native type of its values.

/// Evaluates `$body` with `$primitive` bound to the Arrow type whose values are `$data_type`'s, or
/// `$otherwise` for types whose values are not plain numbers.
macro_rules! with_primitive {
    ($data_type:expr, $primitive:ident => $body:expr, _ => $otherwise:expr) => {
        with_primitive!(@match $data_type, $primitive => $body, _ => $otherwise;
            arrow_schema::DataType::Float64 => Float64Type,
            arrow_schema::DataType::Float32 => Float32Type,
            arrow_schema::DataType::Float16 => Float16Type,
            arrow_schema::DataType::Int64 => Int64Type,
            arrow_schema::DataType::Int32 => Int32Type,
            arrow_schema::DataType::Int16 => Int16Type,
            arrow_schema::DataType::Int8 => Int8Type,
            arrow_schema::DataType::UInt64 => UInt64Type,
            arrow_schema::DataType::UInt32 => UInt32Type,
            arrow_schema::DataType::UInt16 => UInt16Type,
            arrow_schema::DataType::UInt8 => UInt8Type,
            arrow_schema::DataType::Decimal32(..) => Decimal32Type,
            arrow_schema::DataType::Decimal64(..) => Decimal64Type,
            arrow_schema::DataType::Decimal128(..) => Decimal128Type,
            arrow_schema::DataType::Decimal256(..) => Decimal256Type,
            arrow_schema::DataType::Date32 => Date32Type,
            arrow_schema::DataType::Date64 => Date64Type,
            arrow_schema::DataType::Time32(arrow_schema::TimeUnit::Second) => Time32SecondType,
            arrow_schema::DataType::Time32(arrow_schema::TimeUnit::Millisecond) => Time32MillisecondType,
            arrow_schema::DataType::Time64(arrow_schema::TimeUnit::Microsecond) => Time64MicrosecondType,
            arrow_schema::DataType::Time64(arrow_schema::TimeUnit::Nanosecond) => Time64NanosecondType,
            arrow_schema::DataType::Timestamp(arrow_schema::TimeUnit::Second, _) => TimestampSecondType,
            arrow_schema::DataType::Timestamp(arrow_schema::TimeUnit::Millisecond, _) => TimestampMillisecondType,
            arrow_schema::DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, _) => TimestampMicrosecondType,
            arrow_schema::DataType::Timestamp(arrow_schema::TimeUnit::Nanosecond, _) => TimestampNanosecondType,
            arrow_schema::DataType::Duration(arrow_schema::TimeUnit::Second) => DurationSecondType,
            arrow_schema::DataType::Duration(arrow_schema::TimeUnit::Millisecond) => DurationMillisecondType,
            arrow_schema::DataType::Duration(arrow_schema::TimeUnit::Microsecond) => DurationMicrosecondType,
            arrow_schema::DataType::Duration(arrow_schema::TimeUnit::Nanosecond) => DurationNanosecondType,
        )
    };
    (@match $data_type:expr, $primitive:ident => $body:expr, _ => $otherwise:expr;
     $($pattern:pat => $type:ident,)*) => {
        match $data_type {
            $($pattern => {
                type $primitive = arrow_array::types::$type;
                $body
            })*
            _ => $otherwise,
        }
    };
}
pub(crate) use with_primitive;
