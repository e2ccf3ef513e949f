//! Tables in row-major order: neighbouring columns of one type in memory, at one stride from row to row, as NumPy's
//! arrays of two dimensions are.
//!
//! Their columns can be read one by one, as [`Strided`] values, or all at once, by the kernels of
//! [`across`](crate::kernels::across), which read the rows as they lie.

use std::ops::Range;

use arrow_array::types::ArrowPrimitiveType;
use arrow_buffer::{ArrowNativeType, Buffer};
use arrow_schema::DataType;
use half::f16;

use super::chunk::{Chunk, fold_chunks};
use super::plain::Plain;
use super::primitive::with_primitive;
use super::strided::{Layout, Strided};
use crate::kernels::across::extremes::extremes;
use crate::kernels::across::{Across, Rows};
use crate::kernels::{ByteOrder, Need, Sums};
use crate::states::accumulator::Accumulator;

/// Rows of contiguous numbers, all of which are valid.
#[derive(Clone, Debug)]
pub struct RowMajor {
    bytes: Buffer,
    data_type: DataType,
    width: usize,
    /// The position of the first value, and from one row to the next: in values.
    first: usize,
    stride: isize,
    rows: usize,
    columns: usize,
}

impl RowMajor {
    /// Rows in a buffer: the offset of the first value and the stride are in bytes. `None` if they are not aligned, if
    /// one would be out of bounds, or if the type is not one of plain numbers.
    pub fn new(
        bytes: Buffer,
        first: usize,
        stride: isize,
        [rows, columns]: [usize; 2],
        data_type: DataType,
    ) -> Option<Self> {
        with_primitive!(&data_type, P => {
            type Native = <P as ArrowPrimitiveType>::Native;
            let width = size_of::<Native>();
            let is_aligned = bytes.as_ptr().cast::<Native>().is_aligned()
                && first.is_multiple_of(width)
                && stride.unsigned_abs().is_multiple_of(width);
            is_aligned.then_some(())?;
            let bytes = bytes.slice_with_length(0, bytes.len() / width * width);
            let (first, stride) = (first / width, stride / width as isize);
            let table = Self { bytes, data_type, width, first, stride, rows, columns };
            table.rows_of::<Native>()?;
            Some(table)
        }, _ => None)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The type of the values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Some of the rows, and of the columns.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn part(&self, rows: Range<usize>, columns: Range<usize>) -> Self {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "the rows are in bounds");
        assert!(columns.start <= columns.end && columns.end <= self.columns, "and the columns");
        let first = self.first.wrapping_add_signed(rows.start as isize * self.stride);
        let first = first + columns.start;
        Self { first, rows: rows.len(), columns: columns.len(), ..self.clone() }
    }

    /// A column.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn column(&self, column: usize) -> Chunk {
        assert!(column < self.columns, "the column is in bounds");
        let (first, stride) =
            ((self.first + column) * self.width, self.stride * self.width as isize);
        let layout = Layout::new(self.bytes.clone(), first, stride, self.width, self.rows);
        let layout = layout.expect("all rows were found to be in bounds");
        let column = Strided::new(layout, self.data_type.clone(), ByteOrder::Native);
        Plain::Strided(Box::new(column)).into()
    }

    /// The states of all columns.
    pub fn fold(&self, need: Need) -> Vec<Accumulator> {
        if need == Need::Count {
            let mut state = Accumulator::new();
            state.update_counts(self.rows, 0, need);
            return vec![state; self.columns];
        }
        let across = match &self.data_type {
            DataType::Float64 => self.fold_across::<f64>(need),
            DataType::Float32 => self.fold_across::<f32>(need),
            DataType::Float16 => self.fold_across::<f16>(need),
            DataType::Int64 => self.fold_across::<i64>(need),
            DataType::Int32 => self.fold_across::<i32>(need),
            DataType::Int16 => self.fold_across::<i16>(need),
            DataType::Int8 => self.fold_across::<i8>(need),
            DataType::UInt64 => self.fold_across::<u64>(need),
            DataType::UInt32 => self.fold_across::<u32>(need),
            DataType::UInt16 => self.fold_across::<u16>(need),
            DataType::UInt8 => self.fold_across::<u8>(need),
            _ => None,
        };
        across.unwrap_or_else(|| {
            (0..self.columns).map(|column| fold_chunks(&[self.column(column)], need)).collect()
        })
    }

    /// The states of all columns by the kernel that reads them at once; `None` if there is none.
    fn fold_across<T: Across + ArrowNativeType>(&self, need: Need) -> Option<Vec<Accumulator>> {
        let rows = self.rows_of::<T>()?;
        if need == Need::Extremes {
            let states = extremes(rows).into_iter().map(|(extremes, nans)| {
                let sums = Sums { nans, ..Sums::default() };
                Accumulator::from_parts(self.rows as u64, 0, sums, extremes).only(need)
            });
            return Some(states.collect());
        }
        if !matches!(need, Need::Sum | Need::Squares | Need::Bracket) {
            return None;
        }
        let mut sums = vec![Sums::default(); self.columns];
        T::add_across(rows, need, &mut sums).then(|| {
            let state = |sums| Accumulator::from_parts(self.rows as u64, 0, sums, None).only(need);
            sums.into_iter().map(state).collect()
        })
    }

    fn rows_of<T: ArrowNativeType>(&self) -> Option<Rows<'_, T>> {
        let values = self.bytes.typed_data();
        Rows::new(values, self.first, self.stride, self.rows, self.columns)
    }
}
