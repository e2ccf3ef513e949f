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
use crate::kernels::across::nearest::integers::means;
use crate::kernels::across::nearest::spreads::{Spread, spreads};
use crate::kernels::across::nearest::{Nearest, quotients, sums};
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

    /// Calls `visit` with the state of each column, in order. States are large: they are made one at a time.
    pub fn fold_each(&self, need: Need, mut visit: impl FnMut(Accumulator)) {
        if need == Need::SumBracket {
            return self.fold_near(visit);
        }
        let is_across = match &self.data_type {
            DataType::Float64 => self.fold_across::<f64>(need, &mut visit),
            DataType::Float32 => self.fold_across::<f32>(need, &mut visit),
            DataType::Float16 => self.fold_across::<f16>(need, &mut visit),
            DataType::Int64 => self.fold_across::<i64>(need, &mut visit),
            DataType::Int32 => self.fold_across::<i32>(need, &mut visit),
            DataType::Int16 => self.fold_across::<i16>(need, &mut visit),
            DataType::Int8 => self.fold_across::<i8>(need, &mut visit),
            DataType::UInt64 => self.fold_across::<u64>(need, &mut visit),
            DataType::UInt32 => self.fold_across::<u32>(need, &mut visit),
            DataType::UInt16 => self.fold_across::<u16>(need, &mut visit),
            DataType::UInt8 => self.fold_across::<u8>(need, &mut visit),
            _ => false,
        };
        if !is_across {
            (0..self.columns).for_each(|column| visit(fold_chunks(&[self.column(column)], need)));
        }
    }

    /// The same with sums to within a slack, where that is faster.
    fn fold_near(&self, mut visit: impl FnMut(Accumulator)) {
        let sums = match &self.data_type {
            DataType::Float64 => self.rows_of::<f64>().and_then(sums),
            DataType::Float32 => self.rows_of::<f32>().and_then(sums),
            DataType::Float16 => self.rows_of::<f16>().and_then(sums),
            _ => None,
        };
        let Some(sums) = sums else {
            return self.fold_each(Need::Sum, visit);
        };
        let state = |sums| Accumulator::from_parts(self.rows as u64, 0, sums, None);
        sums.into_iter().for_each(|sums| visit(state(sums).only(Need::SumBracket)));
    }

    /// The same by the kernel that reads all columns at once; returns false, having done nothing, if there is none.
    fn fold_across<T: Across + ArrowNativeType>(
        &self,
        need: Need,
        visit: &mut impl FnMut(Accumulator),
    ) -> bool {
        let Some(rows) = self.rows_of::<T>() else {
            return false;
        };
        let state = |sums, extremes| {
            Accumulator::from_parts(self.rows as u64, 0, sums, extremes).only(need)
        };
        match need {
            Need::Count => (0..self.columns).for_each(|_| visit(state(Sums::default(), None))),
            Need::Extremes => {
                for (extremes, nans) in extremes(rows) {
                    visit(state(Sums { nans, ..Sums::default() }, extremes));
                }
            }
            Need::Sum | Need::Squares | Need::Bracket => {
                let mut sums = vec![];
                sums.resize_with(self.columns, Sums::default);
                if !T::add_across(rows, need, &mut sums) {
                    return false;
                }
                sums.into_iter().for_each(|sums| visit(state(sums, None)));
            }
            Need::SumBracket | Need::FineBracket | Need::Everything => return false,
        }
        true
    }

    /// The nearest doubles of the sums of all columns, divided by `divisor`, where they are numbers of floating point and a
    /// kernel finds them faster than by states. One NaN makes that of a column NaN if `has_nans`; otherwise such columns
    /// are left open.
    pub fn nearest_quotients(&self, divisor: u64, has_nans: bool) -> Option<Nearest> {
        match &self.data_type {
            DataType::Float64 => quotients(self.rows_of::<f64>()?, divisor, has_nans),
            DataType::Float32 => quotients(self.rows_of::<f32>()?, divisor, has_nans),
            DataType::Float16 => quotients(self.rows_of::<f16>()?, divisor, has_nans),
            _ => None,
        }
    }

    /// The nearest doubles of the means of all columns, where they are integers.
    pub fn nearest_means_of_integers(&self) -> Option<Nearest> {
        match &self.data_type {
            DataType::Int64 => means(self.rows_of::<i64>()?),
            DataType::Int32 => means(self.rows_of::<i32>()?),
            DataType::Int16 => means(self.rows_of::<i16>()?),
            DataType::Int8 => means(self.rows_of::<i8>()?),
            DataType::UInt64 => means(self.rows_of::<u64>()?),
            DataType::UInt32 => means(self.rows_of::<u32>()?),
            DataType::UInt16 => means(self.rows_of::<u16>()?),
            DataType::UInt8 => means(self.rows_of::<u8>()?),
            _ => None,
        }
    }

    /// The nearest doubles of the variances or deviations of all columns, where they are numbers of floating point and a kernel
    /// finds them without states.
    pub fn nearest_spreads(&self, spread: Spread) -> Option<Nearest> {
        match &self.data_type {
            DataType::Float64 => spreads(self.rows_of::<f64>()?, spread),
            DataType::Float32 => spreads(self.rows_of::<f32>()?, spread),
            DataType::Float16 => spreads(self.rows_of::<f16>()?, spread),
            _ => None,
        }
    }

    fn rows_of<T: ArrowNativeType>(&self) -> Option<Rows<'_, T>> {
        let values = self.bytes.typed_data();
        Rows::new(values, self.first, self.stride, self.rows, self.columns)
    }
}
