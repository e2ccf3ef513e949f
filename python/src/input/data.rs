//! Columns and tables as the doors deliver them.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use colstats::internals::ErrorKind;
use colstats::internals::answers::statistic::result_type;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::opaque::Opaque;
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::row_major::RowMajor;
use colstats::internals::types::is_numeric;
use colstats::{Error, Statistic};
use smallvec::{SmallVec, smallvec};

use super::malformed::Malformed;

/// Why there are no extremes of text where they are asked of a state.
const TEXT_IN_PARTS: &str =
    "text and bytes have extremes of whole columns only, not with by= or per=, nor in states";

/// More columns than this are a wrong shape, or a wrong number.
pub const MAX_COLUMNS: usize = 1 << 20;
/// The most rows that Python's `len` can return.
pub const MAX_ROWS: usize = isize::MAX as usize;

/// What a door delivers.
pub enum Input {
    Column(Column),
    Table(Table),
}

/// A borrowed [`Input`].
#[derive(Clone, Copy)]
pub enum InputRef<'a> {
    Column(&'a Column),
    Table(&'a Table),
}

impl Input {
    pub fn as_ref(&self) -> InputRef<'_> {
        match self {
            Self::Column(column) => InputRef::Column(column),
            Self::Table(table) => InputRef::Table(table),
        }
    }
}

impl InputRef<'_> {
    pub fn to_owned(self) -> Input {
        match self {
            Self::Column(column) => Input::Column(column.clone()),
            Self::Table(table) => Input::Table(table.clone()),
        }
    }

    /// How many rows there are.
    pub fn rows(self) -> usize {
        match self {
            Self::Column(column) => column.rows(),
            Self::Table(table) => table.rows,
        }
    }
}

/// Columns of one chunk are the most common, and cheapest without an allocation.
pub type Chunks = SmallVec<[Chunk; 1]>;

/// A type, and chunks of values of that type. The chunks keep their memory alive.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub chunks: Chunks,
    /// If the chunks are of text or bytes: how to read them.
    pub text: Option<Arc<dyn Text>>,
}

/// The text or bytes of a column. Most are never read: only for their order, as keys of groups, and in
/// tables of states.
pub trait Text: Send + Sync {
    /// The type of the values.
    fn values_type(&self) -> &DataType;
    /// The type of the column, which may be a dictionary of values.
    fn data_type(&self) -> DataType;
    /// The chunks, as bytes or as dictionaries of bytes. Whether text is UTF-8 is not checked.
    fn read(&self) -> Result<Vec<ArrayRef>, Malformed>;
}

/// Columns of the same length.
#[derive(Clone)]
pub struct Table {
    /// Changed by [`Self::columns_mut`] only.
    pub columns: Vec<Column>,
    pub rows: usize,
    /// The same columns in row-major order, if they lie so.
    row_major: Option<Arc<RowMajor>>,
}

impl Table {
    /// Columns of the same length, each in memory of its own.
    pub fn new(columns: Vec<Column>, rows: usize) -> Self {
        Self { columns, rows, row_major: None }
    }

    /// All columns in row-major order, if they lie so.
    pub fn row_major(&self) -> Option<&RowMajor> {
        self.row_major.as_deref()
    }

    /// The columns, to be changed: they no longer lie in row-major order.
    pub fn columns_mut(&mut self) -> &mut [Column] {
        self.row_major = None;
        &mut self.columns
    }

    /// The columns "0", "1", ... of a table in row-major order.
    pub fn of(row_major: RowMajor) -> Self {
        let column = |index: usize| Column {
            name: index.to_string(),
            kind: Kind::Readable(row_major.data_type().clone()),
            chunks: smallvec![row_major.column(index)],
            text: None,
        };
        let columns = (0..row_major.columns()).map(column).collect();
        Self { columns, rows: row_major.rows(), row_major: Some(Arc::new(row_major)) }
    }
}

/// What the values of a column are.
#[derive(Clone)]
pub enum Kind {
    /// Values of a type that has statistics.
    Readable(DataType),
    /// Values of another type, by its name. They can be counted.
    Unreadable(String),
    /// Values in an unknown layout, of which not even the nulls are known.
    Unknown(String),
}

impl Kind {
    /// The name of the type.
    pub fn name(&self) -> String {
        match self {
            Self::Readable(data_type) => colstats::internals::types::name(data_type),
            Self::Unreadable(name) | Self::Unknown(name) => name.clone(),
        }
    }

    /// The same with another name, unless the type is readable.
    pub fn renamed(self, rename: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Readable(_) => self,
            Self::Unreadable(name) => Self::Unreadable(rename(&name)),
            Self::Unknown(name) => Self::Unknown(rename(&name)),
        }
    }
}

impl Column {
    /// Values that are not read, all of them valid.
    pub fn opaque(name: String, type_name: &str, rows: usize) -> Self {
        let chunk = Plain::Opaque(Opaque { rows, validity: None }).into();
        Self {
            name,
            kind: Kind::Unreadable(type_name.into()),
            chunks: smallvec![chunk],
            text: None,
        }
    }

    /// The type of the values; for those that cannot be read, one that has no statistics either.
    pub fn data_type(&self) -> &DataType {
        match &self.kind {
            Kind::Readable(data_type) => data_type,
            Kind::Unreadable(_) | Kind::Unknown(_) => &DataType::Binary,
        }
    }

    /// The type of a statistic of this column, or why it has none.
    pub fn result_type(&self, statistic: Statistic) -> Result<DataType, Error> {
        let unsupported = |because| -> Error {
            // Name the type of the column, not the one that stands for it here.
            let of = self.kind.name();
            ErrorKind::Unsupported { statistic: statistic.name(), of, because }.into()
        };
        if let Kind::Unknown(_) = self.kind {
            return Err(unsupported("their memory layout is not known here"));
        }
        if self.text.is_some() && matches!(statistic, Statistic::Min | Statistic::Max) {
            return Err(unsupported(TEXT_IN_PARTS));
        }
        result_type(statistic, self.data_type()).map_err(|error| match *error.kind() {
            ErrorKind::Unsupported { because, .. } => unsupported(because),
            _ => error,
        })
    }

    /// Whether `numeric_only=True` keeps the column.
    pub fn is_numeric(&self) -> bool {
        is_numeric(self.data_type())
    }

    /// How many rows there are, null or not.
    pub fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::rows).sum()
    }
}
