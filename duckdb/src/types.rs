//! The types of DuckDB: what they are called, and which Arrow types they are.

use arrow_schema::{DataType, TimeUnit};

use crate::api::{TypeId, type_id};

/// A type of DuckDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// Which type.
    pub id: TypeId,
    /// The width and the scale of a decimal; 0 for others.
    pub width: u8,
    pub scale: u8,
    /// The type in which a decimal is stored; that of others is their own.
    pub internal: TypeId,
}

impl Type {
    /// The Arrow type as which DuckDB exports values of this type, if they have a state.
    pub fn arrow(self) -> Option<DataType> {
        use type_id::*;
        Some(match self.id {
            NULL => DataType::Null,
            BOOLEAN => DataType::Boolean,
            TINYINT => DataType::Int8,
            SMALLINT => DataType::Int16,
            INTEGER => DataType::Int32,
            BIGINT => DataType::Int64,
            UTINYINT => DataType::UInt8,
            USMALLINT => DataType::UInt16,
            UINTEGER => DataType::UInt32,
            UBIGINT => DataType::UInt64,
            FLOAT => DataType::Float32,
            DOUBLE => DataType::Float64,
            HUGEINT => DataType::Decimal128(38, 0),
            DECIMAL => DataType::Decimal128(self.width, self.scale as i8),
            DATE => DataType::Date32,
            TIME => DataType::Time64(TimeUnit::Microsecond),
            TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
            TIMESTAMP_S => DataType::Timestamp(TimeUnit::Second, None),
            TIMESTAMP_MS => DataType::Timestamp(TimeUnit::Millisecond, None),
            TIMESTAMP_NS => DataType::Timestamp(TimeUnit::Nanosecond, None),
            // DuckDB counts in UTC; the zone of the session is only how it shows them.
            TIMESTAMP_TZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            VARCHAR => DataType::Utf8,
            BLOB => DataType::Binary,
            _ => return None,
        })
    }

    /// Whether it is a point in time, which may be infinite.
    pub fn is_point_in_time(self) -> bool {
        use type_id::*;
        matches!(
            self.id,
            DATE | TIMESTAMP | TIMESTAMP_S | TIMESTAMP_MS | TIMESTAMP_NS | TIMESTAMP_TZ
        )
    }

    /// The name in SQL.
    pub fn name(self) -> String {
        if self.id == type_id::DECIMAL {
            return format!("DECIMAL({}, {})", self.width, self.scale);
        }
        name(self.id).to_string()
    }
}

/// The name of a type in SQL.
pub fn name(id: TypeId) -> &'static str {
    use type_id::*;
    match id {
        BOOLEAN => "BOOLEAN",
        TINYINT => "TINYINT",
        SMALLINT => "SMALLINT",
        INTEGER => "INTEGER",
        BIGINT => "BIGINT",
        UTINYINT => "UTINYINT",
        USMALLINT => "USMALLINT",
        UINTEGER => "UINTEGER",
        UBIGINT => "UBIGINT",
        FLOAT => "FLOAT",
        DOUBLE => "DOUBLE",
        TIMESTAMP => "TIMESTAMP",
        DATE => "DATE",
        TIME => "TIME",
        INTERVAL => "INTERVAL",
        HUGEINT => "HUGEINT",
        VARCHAR => "VARCHAR",
        BLOB => "BLOB",
        DECIMAL => "DECIMAL",
        TIMESTAMP_S => "TIMESTAMP_S",
        TIMESTAMP_MS => "TIMESTAMP_MS",
        TIMESTAMP_NS => "TIMESTAMP_NS",
        ENUM => "ENUM",
        LIST => "LIST",
        STRUCT => "STRUCT",
        MAP => "MAP",
        UUID => "UUID",
        UNION => "UNION",
        BIT => "BIT",
        TIME_TZ => "TIME WITH TIME ZONE",
        TIMESTAMP_TZ => "TIMESTAMP WITH TIME ZONE",
        UHUGEINT => "UHUGEINT",
        ARRAY => "ARRAY",
        BIGNUM => "BIGNUM",
        NULL => "NULL",
        _ => "unknown",
    }
}
