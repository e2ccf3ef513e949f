//! Columns and tables as the doors deliver them.

use arrow_schema::DataType;
use colstats::answer::result_type;
use colstats::types::{Family, family};
use colstats::{Chunk, Error, Opaque, Statistic};
use smallvec::{SmallVec, smallvec};

use super::arrow::text::Text;

/// More columns than any table has: a wrong shape, or a wrong number.
pub const MOST_COLUMNS: usize = 1 << 20;
/// As many rows as Python's `len` can tell.
pub const MOST_ROWS: usize = isize::MAX as usize;

/// What a door delivers.
pub enum Input {
    Column(Column),
    Table(Table),
}

/// Columns of one chunk are the most common, and cheapest without an allocation.
pub type Chunks = SmallVec<[Chunk; 1]>;

/// A type, and chunks of values of that type. The chunks keep their memory alive.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub chunks: Chunks,
    /// If the chunks are of text or bytes: how to read them all the same.
    pub text: Option<Box<Text>>,
}

/// Columns of the same length.
#[derive(Clone)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: usize,
}

/// What the values of a column are.
#[derive(Clone)]
pub enum Kind {
    /// Values of a type that has statistics.
    Readable(DataType),
    /// Others; how to call them. They can be counted.
    Unreadable(String),
    /// Others of which it is not even known which are null.
    Unknown(String),
}

impl Kind {
    /// The name of the type.
    pub fn name(&self) -> String {
        match self {
            Self::Readable(data_type) => colstats::types::name(data_type),
            Self::Unreadable(name) | Self::Unknown(name) => name.clone(),
        }
    }
}

impl Kind {
    /// The same with another name, unless it is that of a type that is known.
    pub fn renamed(self, rename: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Readable(_) => self,
            Self::Unreadable(name) => Self::Unreadable(rename(&name)),
            Self::Unknown(name) => Self::Unknown(rename(&name)),
        }
    }
}

impl Column {
    /// Values that are not looked at, all of them valid.
    pub fn opaque(name: String, type_name: &str, rows: usize) -> Self {
        let chunk = Chunk::Opaque(Opaque { rows, validity: None });
        Self {
            name,
            kind: Kind::Unreadable(type_name.into()),
            chunks: smallvec![chunk],
            text: None,
        }
    }

    /// The type of the values; of those that are not looked at, one that has no statistics either.
    pub fn data_type(&self) -> &DataType {
        match &self.kind {
            Kind::Readable(data_type) => data_type,
            Kind::Unreadable(_) | Kind::Unknown(_) => &DataType::Binary,
        }
    }

    /// The type of a statistic of this column, or why it has none.
    pub fn result_type(&self, statistic: Statistic) -> Result<DataType, Error> {
        let unsupported = |because| {
            // Say what the column is, not what stands for it here.
            Error::Unsupported { statistic: statistic.name(), of: self.kind.name(), because }
        };
        if let Kind::Unknown(_) = self.kind {
            return Err(unsupported("how they are laid out is not known here"));
        }
        result_type(statistic, self.data_type()).map_err(|error| match error {
            Error::Unsupported { because, .. } => unsupported(because),
            error => error,
        })
    }

    /// Whether `numeric_only=True` keeps the column.
    pub fn is_numeric(&self) -> bool {
        matches!(
            family(self.data_type()),
            Family::Float | Family::Integer | Family::Boolean | Family::Decimal
        )
    }

    /// How many rows there are, null or not.
    pub fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::rows).sum()
    }
}
