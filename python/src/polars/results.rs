//! The types of answers, as polars has them.
//!
//! They are those of Arrow results, but for sums of integers. As decimals, as Arrow has them, they
//! would be a trap: polars divides decimals of no fraction into such, and a third of 10 is 3. So
//! they have the type that polars gives to sums: Int64, UInt64 for that type, Int128 for that one. A
//! sum that does not fit is refused, where polars' own would wrap around.
//!
//! Means and deviations of dates are in microseconds, as polars' own: Arrow results have seconds.

use std::sync::Arc;

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::ffi::Flags;
use arrow_schema::{ArrowError, DataType, Field};
use colstats::internals::answers::arrow::to_array;
use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::statistic::{Ticks, fine_type};
use colstats::internals::types::{Family, family, plain};
use colstats::{Answer, Statistic};

use super::column::{Described, INT128};
use crate::error::about;
use crate::names::quoted;

/// The type of answers.
pub enum Results {
    Arrow(DataType),
    Int128,
}

impl Described {
    /// The type of a statistic of this column, or why it has none.
    pub fn result(&self, statistic: Statistic) -> Result<Results, String> {
        use Statistic::{Max, Min, Sum};
        let result = self.column.result_type(statistic);
        let result = result.map_err(|error| about(&self.column.name, &error))?;
        let of = self.column.data_type();
        Ok(match (statistic, family(of)) {
            (Sum | Min | Max, _) if self.is_int128 => Results::Int128,
            (Sum, Family::Integer) if *plain(of) == DataType::UInt64 => {
                Results::Arrow(DataType::UInt64)
            }
            (Sum, Family::Integer | Family::Boolean | Family::Null) => {
                Results::Arrow(DataType::Int64)
            }
            _ if self.ticks() == Ticks::Fine => Results::Arrow(fine_type(statistic, result)),
            _ => Results::Arrow(result),
        })
    }
}

impl Results {
    /// The field of a column of answers.
    pub fn field(&self, name: &str) -> Result<FFI_ArrowSchema, String> {
        let field = match self {
            Self::Arrow(of) => FFI_ArrowSchema::try_from(Field::new(name, of.clone(), true)),
            Self::Int128 => FFI_ArrowSchema::try_new(INT128, vec![], None)
                .and_then(|schema| schema.with_name(name))
                .and_then(|schema| schema.with_flags(Flags::NULLABLE)),
        };
        field.map_err(|error: ArrowError| error.to_string())
    }

    /// The answers as an array.
    pub fn array(
        &self,
        statistic: Statistic,
        name: &str,
        answers: &Answers,
    ) -> Result<ArrayRef, String> {
        match self {
            Self::Arrow(of) => to_array(statistic, of, answers).map_err(|error| {
                let advice = match of {
                    DataType::Int64 | DataType::UInt64 => ": cast the column to pl.Int128 before",
                    _ => "",
                };
                about(name, &error) + advice
            }),
            Self::Int128 => {
                let integers = answers.iter().map(|answer| match answer {
                    Answer::Wide(_) => {
                        let (name, statistic) = (quoted(name), statistic.name());
                        Err(format!("column {name}: the exact {statistic} exceeds 128 bits"))
                    }
                    other => Ok(other.as_i128()),
                });
                let integers = integers.collect::<Result<PrimitiveArray<Decimal128Type>, _>>();
                Ok(Arc::new(integers?))
            }
        }
    }
}
