//! The type of a column by its name, which is how states compare, report and serialize types.
//!
//! The name need not be that of a type whose values can be read: strings, lists, and future types have
//! states as well, which only count.

use arrow_schema::DataType;

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

    /// Precedence when states are merged: the type of higher rank is kept. A state without a type takes any
    /// other type, and `null` gives way to any type but none.
    pub(super) fn rank(of: Option<&Self>) -> u8 {
        match of {
            None => 0,
            Some(of) if of.data_type == Some(DataType::Null) => 1,
            Some(_) => 2,
        }
    }
}
