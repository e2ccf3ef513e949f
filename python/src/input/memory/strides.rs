//! N-dimensional memory: one dimension is a column, two are a table of columns "0", "1", ...
//!
//! Buffers, `__array_interface__` and DLPack all describe the same: a pointer, a shape, and strides
//! in bytes. Contiguous values in native byte order are Arrow buffers as they are; all others
//! become [`Strided`](colstats::internals::columns::strided::Strided), and are read in place.

use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::Buffer;
use arrow_buffer::alloc::Allocation;
use arrow_schema::{DataType, TimeUnit};
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::row_major::RowMajor;
use colstats::internals::columns::strided::{Layout, Lowest, Missing, Strided};
use colstats::internals::kernels::ByteOrder;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use smallvec::{SmallVec, smallvec};

use crate::input::data::{Column, Input, Kind, MAX_COLUMNS, Table};
use crate::names::type_name;

/// Keeps memory alive that another library owns.
pub type Owner = Arc<dyn Allocation>;

/// The elements of an array.
#[derive(Clone)]
pub struct Element {
    /// The type of the values.
    pub kind: DataType,
    /// The type that they are stored as, which may be wider than Arrow's.
    pub stored: DataType,
    pub width: usize,
    pub order: ByteOrder,
    pub lowest: Lowest,
}

/// Why elements cannot be read.
pub struct Unreadable {
    /// What kind of elements they are.
    pub name: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// One dimension.
#[derive(Clone, Copy)]
pub struct Axis {
    pub length: usize,
    /// Bytes from one element to the next.
    pub stride: isize,
}

/// How many dimensions an array may have.
#[derive(Clone, Copy, PartialEq)]
pub enum Dimensions {
    /// Those of a column or a table.
    OneOrTwo,
    /// As many as NumPy has at most.
    Any,
}

/// An array in memory, which is a column or a table if it has one or two dimensions.
pub struct View {
    pub pointer: *const u8,
    pub axes: SmallVec<[Axis; 2]>,
    pub element: Element,
    pub owner: Owner,
}

impl Element {
    /// Plain numbers in the byte order of this machine.
    pub fn plain(data_type: DataType, width: usize) -> Self {
        let stored = data_type.clone();
        Self { kind: data_type, stored, width, order: ByteOrder::Native, lowest: Lowest::Value }
    }

    /// By the letter of NumPy's `dtype.kind`, and the size in bytes.
    pub fn from_kind(kind: u8, width: usize) -> Result<Self, Unreadable> {
        let data_type = match (kind, width) {
            (b'b', 1) => DataType::Boolean,
            (b'i', 1) => DataType::Int8,
            (b'i', 2) => DataType::Int16,
            (b'i', 4) => DataType::Int32,
            (b'i', 8) => DataType::Int64,
            (b'u', 1) => DataType::UInt8,
            (b'u', 2) => DataType::UInt16,
            (b'u', 4) => DataType::UInt32,
            (b'u', 8) => DataType::UInt64,
            (b'f', 2) => DataType::Float16,
            (b'f', 4) => DataType::Float32,
            (b'f', 8) => DataType::Float64,
            (b'f', 1) => {
                let (name, advice) = ("8-bit float", "convert it with .astype('float32'), exactly");
                return Err(Unreadable { name, advice });
            }
            _ => return Err(Unreadable::of_kind(kind)),
        };
        Ok(Self::plain(data_type, width))
    }

    /// NumPy's datetimes (`M`) and timedeltas (`m`) of a unit.
    pub fn from_time_unit(kind: u8, unit: &str) -> Result<Self, Unreadable> {
        let unit = match unit {
            "s" => TimeUnit::Second,
            "ms" => TimeUnit::Millisecond,
            "us" => TimeUnit::Microsecond,
            "ns" => TimeUnit::Nanosecond,
            // Arrow has days in 32 bits, NumPy in 64.
            "D" if kind == b'M' => {
                let element = Self::plain(DataType::Int64, 8);
                return Ok(Self { kind: DataType::Date32, lowest: Lowest::NotATime, ..element });
            }
            _ => return Err(Unreadable::of_time(kind)),
        };
        let data_type =
            if kind == b'M' { DataType::Timestamp(unit, None) } else { DataType::Duration(unit) };
        Ok(Self { lowest: Lowest::NotATime, ..Self::plain(data_type, 8) })
    }

    /// With the byte order of a prefix, as NumPy and the `struct` module write it.
    pub fn ordered(self, prefix: u8) -> Self {
        let big = matches!(prefix, b'>' | b'!');
        let little = prefix == b'<';
        let swapped = if cfg!(target_endian = "little") { big } else { little };
        let order = if swapped { ByteOrder::Swapped } else { ByteOrder::Native };
        Self { order, ..self }
    }
}

impl Unreadable {
    fn of_kind(kind: u8) -> Self {
        let (name, advice) = match kind {
            b'c' => ("complex", "ask for its .real and .imag"),
            b'O' => (
                "object",
                "if they are numbers convert them, e.g. with .astype(float); for Decimals, dates \
                 or numbers with None build a pyarrow.array() of it",
            ),
            b'U' | b'S' | b'T' => (
                "string",
                "if they are numbers convert them with .astype(float); to count text, build a \
                 pyarrow.array() of it",
            ),
            b'f' => ("extended precision float", "convert it with .astype('float64')"),
            b'V' => ("void", "view it as a number type first"),
            _ => ("unknown", "convert it to a number type first"),
        };
        Self { name, advice }
    }

    fn of_time(kind: u8) -> Self {
        match kind {
            b'M' => Self {
                name: "datetime64",
                advice: "its unit is not D, s, ms, us or ns: convert it with \
                         .astype('datetime64[s]')",
            },
            _ => Self {
                name: "timedelta64",
                advice: "its unit is not s, ms, us or ns: convert it with .astype('timedelta64[s]')",
            },
        }
    }

    /// A `TypeError` that names the object.
    pub fn of(self, object: &Bound<'_, PyAny>) -> PyErr {
        let (name, Self { name: elements, advice }) = (type_name(object), self);
        PyTypeError::new_err(format!("cannot read the {elements} values of {name}: {advice}"))
    }
}

/// Whether all elements lie within one half of the address space, as all objects in memory do.
fn is_addressable(axes: &[Axis], width: usize) -> bool {
    if axes.iter().any(|axis| axis.length == 0) {
        return true;
    }
    let reach = |axis: &Axis| (axis.length - 1).checked_mul(axis.stride.unsigned_abs());
    let total = axes.iter().try_fold(width, |total, axis| total.checked_add(reach(axis)?));
    total.is_some_and(|total| isize::try_from(total).is_ok())
}

/// The strides of values that lie one after the other, the last index running fastest.
pub fn dense_strides(shape: &[usize], width: usize) -> Option<Vec<isize>> {
    let mut strides = vec![0; shape.len()];
    let mut stride = isize::try_from(width).ok()?;
    for (place, &length) in strides.iter_mut().zip(shape).rev() {
        *place = stride;
        stride = stride.checked_mul(isize::try_from(length).ok()?)?;
    }
    Some(strides)
}

impl View {
    /// An array with these axes. One that is too large for any memory is refused.
    pub fn new(
        object: &Bound<'_, PyAny>,
        pointer: *const u8,
        axes: SmallVec<[Axis; 2]>,
        element: Element,
        owner: Owner,
    ) -> PyResult<Self> {
        if !is_addressable(&axes, element.width) {
            let name = type_name(object);
            return Err(PyValueError::new_err(format!("{name} is too large for any memory")));
        }
        Ok(Self { pointer, axes, element, owner })
    }

    /// Refuses another number of dimensions.
    pub fn expect_dimensions(
        object: &Bound<'_, PyAny>,
        dimensions: usize,
        allowed: Dimensions,
    ) -> PyResult<()> {
        /// What NumPy has at most.
        const MAX: usize = 64;
        let advice = match (dimensions, allowed) {
            (1 | 2, _) | (..=MAX, Dimensions::Any) => return Ok(()),
            (0, _) => "a single number is not a column",
            _ => "a column has 1, a table 2; axis= reduces more of them, as in axis=None for all",
        };
        let name = type_name(object);
        Err(PyTypeError::new_err(format!("{name} has {dimensions} dimensions: {advice}")))
    }

    /// The column or table. Values under a mask of the same shape are null.
    pub fn into_input(self, object: &Bound<'_, PyAny>, mask: Option<&Self>) -> PyResult<Input> {
        Self::expect_dimensions(object, self.axes.len(), Dimensions::OneOrTwo)?;
        self.expect_mask(object, mask)?;
        let Some(columns) = self.columns() else {
            return Ok(Input::Column(self.column(object, String::new(), 0, mask)?));
        };
        if let (None, Some(table)) = (mask, self.row_major())
            && columns.length <= MAX_COLUMNS
        {
            return Ok(Input::Table(Table::of(table)));
        }
        if columns.length > MAX_COLUMNS {
            return Err(PyValueError::new_err(format!(
                "{} has {} columns, more than any table: give it as one column, or transposed",
                type_name(object),
                columns.length
            )));
        }
        let column = |index: usize| self.column(object, index.to_string(), index, mask);
        let columns = (0..columns.length).map(column).collect::<PyResult<_>>()?;
        Ok(Input::Table(Table::new(columns, self.rows().length)))
    }

    /// The table of an array of two dimensions, if its rows are contiguous and all its values are numbers as they are.
    pub fn row_major(&self) -> Option<RowMajor> {
        let [rows, columns] = self.axes[..] else {
            return None;
        };
        let Element { kind, stored, width, order, lowest } = &self.element;
        let is_native = *order == ByteOrder::Native && *lowest == Lowest::Value && kind == stored;
        // Single rows and columns, and columns that are contiguous, are read as such.
        let is_row_major = columns.stride == *width as isize && rows.stride != columns.stride;
        if !is_native || !is_row_major || rows.length < 2 || columns.length < 2 {
            return None;
        }
        // `View::new` has checked that all of this is addressable.
        let reach = (rows.length - 1) as isize * rows.stride;
        let length = reach.unsigned_abs() + columns.length * width;
        let bytes = self.bytes(reach.min(0), length);
        let first = reach.min(0).unsigned_abs();
        RowMajor::new(bytes, first, rows.stride, [rows.length, columns.length], kind.clone())
    }

    /// Refuses a mask that is none, or is that of another array.
    pub fn expect_mask(&self, object: &Bound<'_, PyAny>, mask: Option<&Self>) -> PyResult<()> {
        if mask.is_none_or(|mask| mask.covers(self)) {
            return Ok(());
        }
        let name = type_name(object);
        let message = format!("the mask of {name} must be a boolean array of the same shape");
        Err(PyValueError::new_err(message))
    }

    /// Whether this is a mask for another array.
    fn covers(&self, other: &Self) -> bool {
        let lengths = self.axes.iter().map(|axis| axis.length);
        self.element.kind == DataType::Boolean
            && lengths.eq(other.axes.iter().map(|axis| axis.length))
    }

    fn rows(&self) -> Axis {
        self.axes[0]
    }

    fn columns(&self) -> Option<Axis> {
        self.axes.get(1).copied()
    }

    fn column(
        &self,
        object: &Bound<'_, PyAny>,
        name: String,
        index: usize,
        mask: Option<&Self>,
    ) -> PyResult<Column> {
        let chunk = match mask {
            None if self.is_plain() => {
                let values = self.bytes(self.start(index), self.rows().length * self.element.width);
                Plain::numbers(&self.element.kind, values, self.rows().length, None).into()
            }
            _ => self.strided(object, index, mask)?,
        };
        let kind = Kind::Readable(self.element.kind.clone());
        Ok(Column { name, kind, chunks: smallvec![chunk], text: None })
    }

    /// Where a column starts, in bytes from the first; the whole array is addressable.
    fn start(&self, column: usize) -> isize {
        self.columns().map_or(0, |columns| columns.stride * column as isize)
    }

    /// Whether the values lie as Arrow wants them.
    fn is_plain(&self) -> bool {
        let Element { kind, order, width, lowest, .. } = &self.element;
        let Axis { length, stride } = self.rows();
        let dense = stride == *width as isize || length <= 1;
        let native = *order == ByteOrder::Native && *lowest == Lowest::Value;
        dense && native && *kind != DataType::Boolean
    }

    fn strided(
        &self,
        object: &Bound<'_, PyAny>,
        column: usize,
        mask: Option<&Self>,
    ) -> PyResult<Chunk> {
        let Element { stored, order, lowest, .. } = self.element.clone();
        let values = Strided::new(self.layout(object, column)?, stored, order).with_lowest(lowest);
        let missing = match mask {
            Some(mask) => Missing::Masked(mask.layout(object, column)?),
            None => Missing::Nothing,
        };
        Ok(Plain::Strided(Box::new(values.with_missing(missing))).into())
    }

    fn layout(&self, object: &Bound<'_, PyAny>, column: usize) -> PyResult<Layout> {
        // `View::new` has checked that all of this is addressable.
        let (Axis { length, stride }, width) = (self.rows(), self.element.width);
        let reach = length.saturating_sub(1) as isize * stride;
        let lowest = reach.min(0); // the last value may lie below the first
        let size = if length == 0 { 0 } else { reach.unsigned_abs() + width };
        let bytes = self.bytes(self.start(column) + lowest, size);
        Layout::new(bytes, lowest.unsigned_abs(), stride, width, length).ok_or_else(|| {
            PyValueError::new_err(format!("{} points outside its buffer", type_name(object)))
        })
    }

    /// The memory from some bytes after the first element on.
    pub fn bytes(&self, start: isize, length: usize) -> Buffer {
        match NonNull::new(self.pointer.cast_mut()) {
            Some(pointer) if length > 0 => {
                // SAFETY: the producer promises that all elements lie in memory that lives as long
                // as the owner.
                unsafe {
                    let first = pointer.offset(start);
                    Buffer::from_custom_allocation(first, length, Arc::clone(&self.owner))
                }
            }
            _ => Buffer::default(),
        }
    }
}
