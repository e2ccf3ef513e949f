//! The type of a column by its name, which is how states compare, report and serialize types.
//!
//! The name need not be that of a type whose values can be read: strings, lists, and future types have
//! states as well, which only count.

use arrow_schema::DataType;

use crate::error::{Error, ErrorKind};
use crate::states::joining;
use crate::types;

/// The type of a column: its name, and the Arrow type if values of it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnType {
    name: String,
    data_type: Option<DataType>,
}

impl ColumnType {
    /// The type of this name, as [`types::name`] spells it, or one that can only be counted.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { data_type: types::parse(&name), name }
    }

    /// The type of a column of an Arrow type.
    pub fn of(data_type: &DataType) -> Self {
        Self::named(types::name(data_type))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type, if its values can be read.
    pub fn data_type(&self) -> Option<&DataType> {
        self.data_type.as_ref()
    }

    /// The type of values of two types together; a state without a type takes any other.
    ///
    /// # Errors
    /// If no type holds the values of both exactly.
    pub fn joined(one: Option<&Self>, other: Option<&Self>) -> Result<Option<Self>, Error> {
        match (one, other) {
            (Some(one), Some(other)) => match joining::joined(one, other) {
                Ok(joined) => Ok(Some(joined)),
                Err(because) => Err(different(one, other, because)),
            },
            (one, other) => Ok(one.or(other).cloned()),
        }
    }
}

/// The common type of two types whose values can be read.
#[cfg(feature = "groups")]
pub(crate) fn wider_number(one: &DataType, other: &DataType) -> Option<DataType> {
    joining::of_values(one, other).ok()
}

/// Values of two types that cannot be merged.
pub(super) fn different(one: &ColumnType, other: &ColumnType, because: &'static str) -> Error {
    let (ours, theirs) = (one.name().to_string(), other.name().to_string());
    ErrorKind::DifferentTypes { ours, theirs, because }.into()
}
