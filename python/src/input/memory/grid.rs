//! Arrays of any number of dimensions, for statistics along some of their axes.
//!
//! An array whose axes are split into those that are reduced and those that are kept has a *cell* for
//! each index of the latter. The values of a cell are runs: values at one stride, which the core
//! crate reads in place. Reduced axes that continue each other are joined, and the one with the
//! shortest stride runs fastest, so that a cell has as few runs as possible.

use arrow_buffer::Buffer;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::row_major::RowMajor;
use colstats::internals::columns::strided::{Layout, Lowest, Missing, Strided};
use colstats::internals::kernels::ByteOrder;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::strides::{Axis, Element, View};
use crate::input::data::{Input, MAX_ROWS};
use crate::names::type_name;

/// The fewest values for which the cells are read as a table.
const MIN_TABLE_VALUES: usize = 1 << 10;

/// The memory of an array, and of the mask that hides some of its values.
pub struct Grid {
    pub values: View,
    pub mask: Option<View>,
}

impl Grid {
    /// The column or table of an array of one or two dimensions.
    pub fn into_input(self, object: &Bound<'_, PyAny>) -> PyResult<Input> {
        self.values.into_input(object, self.mask.as_ref())
    }

    /// The number of dimensions.
    pub fn dimensions(&self) -> usize {
        self.values.axes.len()
    }

    /// The cells that are left if the chosen axes are reduced.
    pub fn reduce(&self, object: &Bound<'_, PyAny>, is_reduced: &[bool]) -> PyResult<Cells> {
        self.values.expect_mask(object, self.mask.as_ref())?;
        // With this bound, no product of lengths overflows below.
        let lengths = self.values.axes.iter().map(|axis| axis.length);
        let all = lengths.clone().try_fold(1usize, |all, length| all.checked_mul(length.max(1)));
        if all.is_none_or(|all| all > MAX_ROWS) {
            let name = type_name(object);
            return Err(PyValueError::new_err(format!("{name} is too large for any memory")));
        }
        let is_empty = lengths.clone().any(|length| length == 0);
        let memory = |view: &View| if is_empty { Memory::none() } else { Memory::of(view) };
        let values = memory(&self.values);
        let mask = self.mask.as_ref().map(memory);
        let mut walk = Walk { kept: vec![], reduced: vec![] };
        for (position, axis) in self.values.axes.iter().enumerate() {
            let mask = self.mask.as_ref().map_or(0, |mask| mask.axes[position].stride);
            let axis = Both { length: axis.length, values: axis.stride, mask };
            match is_reduced[position] {
                true => walk.reduced.push(axis),
                false => walk.kept.push(axis),
            }
        }
        let runs = joined(walk.reduced);
        let (run, outer) = match runs.split_last() {
            Some((run, outer)) => (*run, outer.to_vec()),
            None => (Both { length: 1, values: 0, mask: 0 }, vec![]),
        };
        let element = self.values.element.clone();
        let cells = Cells { kept: walk.kept, outer, run, element, values, mask };
        match cells.is_addressable() {
            true => Ok(cells),
            false => {
                let message = format!("{} points outside its buffer", type_name(object));
                Err(PyValueError::new_err(message))
            }
        }
    }
}

/// The axes of an array, split.
struct Walk {
    kept: Vec<Both>,
    reduced: Vec<Both>,
}

/// An axis of the values, and of their mask: bytes from one element to the next.
#[derive(Clone, Copy)]
struct Both {
    length: usize,
    values: isize,
    mask: isize,
}

impl Both {
    /// Whether an axis goes on where the steps along a shorter one end.
    fn continues(&self, inner: &Self) -> bool {
        let reach = |stride: isize| stride.checked_mul(inner.length as isize);
        reach(inner.values) == Some(self.values) && reach(inner.mask) == Some(self.mask)
    }
}

/// Axes whose order does not matter: the longest stride comes first, and axes that continue the next
/// are one with it.
fn joined(mut axes: Vec<Both>) -> Vec<Both> {
    axes.retain(|axis| axis.length != 1);
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.values.unsigned_abs()));
    let mut joined: Vec<Both> = vec![];
    for axis in axes.into_iter().rev() {
        match joined.last_mut() {
            Some(inner) if axis.continues(inner) => inner.length *= axis.length,
            _ => joined.push(axis),
        }
    }
    joined.reverse();
    joined
}

/// All the memory between the first and the last element of an array.
struct Memory {
    bytes: Buffer,
    /// Where the element with all indices 0 is.
    first: isize,
}

impl Memory {
    fn none() -> Self {
        Self { bytes: Buffer::default(), first: 0 }
    }

    fn of(view: &View) -> Self {
        // `View::new` has checked that all of this is addressable.
        let reach = |axis: &Axis| axis.length.saturating_sub(1) as isize * axis.stride;
        let lowest = view.axes.iter().map(|axis| reach(axis).min(0)).sum::<isize>();
        let highest = view.axes.iter().map(|axis| reach(axis).max(0)).sum::<isize>();
        let length = (highest - lowest) as usize + view.element.width;
        Self { bytes: view.bytes(lowest, length), first: -lowest }
    }
}

/// The cells of an array: what its values are reduced to along some axes.
pub struct Cells {
    kept: Vec<Both>,
    /// The reduced axes beyond the run.
    outer: Vec<Both>,
    run: Both,
    element: Element,
    values: Memory,
    mask: Option<Memory>,
}

impl Cells {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.kept.iter().map(|axis| axis.length).product()
    }

    /// The number of values of each.
    pub fn rows(&self) -> usize {
        self.runs() * self.run.length
    }

    fn runs(&self) -> usize {
        self.outer.iter().map(|axis| axis.length).product()
    }

    /// Appends the runs of a cell.
    pub fn push_chunks(&self, cell: usize, chunks: &mut Vec<Chunk>) {
        let at = offset(&self.kept, cell);
        for run in 0..self.runs() {
            let within = offset(&self.outer, run);
            chunks.push(self.chunk(at.0 + within.0, at.1 + within.1));
        }
    }

    /// The cells as the columns of tables in row-major order, one table after the other; `None` if they lie otherwise.
    pub fn row_major(&self) -> Option<Vec<RowMajor>> {
        let Element { kind, stored, width, order, lowest } = &self.element;
        let is_native = *order == ByteOrder::Native && *lowest == Lowest::Value && kind == stored;
        if !is_native || self.mask.is_some() || !self.outer.is_empty() || self.run.length < 2 {
            return None;
        }
        // The last axes that are kept run on: they are the columns.
        let (mut tables, mut columns) = (&self.kept[..], 1);
        while let [before @ .., axis] = tables
            && axis.values == (columns * width) as isize
        {
            (tables, columns) = (before, columns * axis.length);
        }
        let count = tables.iter().map(|axis| axis.length).product::<usize>();
        if columns < 2 || columns * self.run.length < MIN_TABLE_VALUES || self.count() == 0 {
            return None;
        }
        let shape = [self.run.length, columns];
        let table = |index| {
            let first = self.values.first + offset(tables, index).0;
            let bytes = self.values.bytes.clone();
            RowMajor::new(bytes, first as usize, self.run.values, shape, kind.clone())
        };
        (0..count).map(table).collect()
    }

    /// The values from an offset on, and their mask.
    fn chunk(&self, values: isize, mask: isize) -> Chunk {
        let Element { kind, stored, width, order, lowest } = &self.element;
        let (rows, first) = (self.run.length, self.values.first + values);
        let is_dense = self.run.values == *width as isize || rows <= 1;
        let is_native = *order == ByteOrder::Native && *lowest == Lowest::Value;
        let is_number = *kind != arrow_schema::DataType::Boolean;
        if is_dense && is_native && is_number && self.mask.is_none() && rows > 0 {
            let bytes = self.values.bytes.slice_with_length(first as usize, rows * width);
            return Plain::numbers(kind, bytes, rows, None).into();
        }
        let layout = |memory: &Memory, at: isize, stride, width| {
            let bytes = memory.bytes.clone();
            let layout = Layout::new(bytes, (memory.first + at) as usize, stride, width, rows);
            layout.expect("all elements were found to be addressable")
        };
        let strided = layout(&self.values, values, self.run.values, *width);
        let strided = Strided::new(strided, stored.clone(), *order).with_lowest(*lowest);
        let missing = self.mask.as_ref().map_or(Missing::Nothing, |memory| {
            Missing::Masked(layout(memory, mask, self.run.mask, 1))
        });
        Plain::Strided(Box::new(strided.with_missing(missing))).into()
    }

    /// Whether the first and the last element lie in the memory: those between do, too.
    fn is_addressable(&self) -> bool {
        if self.count() == 0 || self.rows() == 0 {
            return true;
        }
        let axes = || self.kept.iter().chain(&self.outer).chain([&self.run]);
        let inside = |memory: &Memory, stride: fn(&Both) -> isize, width: usize| {
            let reach = |axis: &Both| stride(axis) * (axis.length - 1) as isize;
            let lowest = memory.first + axes().map(|axis| reach(axis).min(0)).sum::<isize>();
            let highest = memory.first + axes().map(|axis| reach(axis).max(0)).sum::<isize>();
            lowest >= 0 && highest as usize + width <= memory.bytes.len()
        };
        inside(&self.values, |axis| axis.values, self.element.width)
            && self.mask.as_ref().is_none_or(|mask| inside(mask, |axis| axis.mask, 1))
    }
}

/// Where an index of some axes is, the last of which runs fastest.
fn offset(axes: &[Both], mut index: usize) -> (isize, isize) {
    let (mut values, mut mask) = (0, 0);
    for axis in axes.iter().rev() {
        let step = (index % axis.length) as isize;
        index /= axis.length;
        values += step * axis.values;
        mask += step * axis.mask;
    }
    (values, mask)
}
