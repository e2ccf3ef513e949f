//! The rows of a table in row-major order.

use std::ops::Range;

/// Rows of neighbouring values, at one stride.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    values: &'a [T],
    /// The position of the first value of the first row.
    first: usize,
    /// From one row to the next, in values.
    stride: isize,
    rows: usize,
    columns: usize,
}

impl<'a, T: Copy> Rows<'a, T> {
    /// Rows of a slice; `None` if one of them would be out of bounds.
    pub fn new(
        values: &'a [T],
        first: usize,
        stride: isize,
        rows: usize,
        columns: usize,
    ) -> Option<Self> {
        let inside = |at: usize| at.checked_add(columns).is_some_and(|end| end <= values.len());
        if rows > 0 {
            let reach = isize::try_from(rows - 1).ok()?.checked_mul(stride)?;
            let last = first.checked_add_signed(reach)?;
            (inside(first) && inside(last)).then_some(())?;
        }
        Some(Self { values, first, stride, rows, columns })
    }

    /// How many rows there are.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    #[inline(always)]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One of the rows.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &'a [T] {
        let at = self.first.wrapping_add_signed(row as isize * self.stride);
        &self.values[at..at + self.columns]
    }

    /// How many values of each row come before the first one at a multiple of some number of bytes; none if rows differ in
    /// that.
    pub fn before_aligned(&self, bytes: usize) -> usize {
        let step = self.stride.unsigned_abs() * size_of::<T>();
        if self.rows == 0 || !step.is_multiple_of(bytes) {
            return 0;
        }
        let beyond = self.row(0).as_ptr() as usize % bytes;
        (bytes - beyond) % bytes / size_of::<T>()
    }

    /// All rows.
    #[inline(always)]
    pub fn iter(self) -> impl Iterator<Item = &'a [T]> {
        (0..self.rows).map(move |row| self.row(row))
    }

    /// The values of a column.
    pub fn column(self, column: usize) -> impl Iterator<Item = &'a T> {
        self.iter().map(move |row| &row[column])
    }

    /// Some of the rows.
    #[inline(always)]
    pub fn between(self, rows: Range<usize>) -> Self {
        debug_assert!(rows.start <= rows.end && rows.end <= self.rows);
        let first = self.first.wrapping_add_signed(rows.start as isize * self.stride);
        Self { first, rows: rows.len(), ..self }
    }

    /// Some of the columns.
    #[inline(always)]
    pub fn of_columns(self, columns: Range<usize>) -> Self {
        debug_assert!(columns.start <= columns.end && columns.end <= self.columns);
        Self { first: self.first + columns.start, columns: columns.len(), ..self }
    }

    /// Parts of up to `size` rows.
    pub fn blocks(self, size: usize) -> impl Iterator<Item = Self> {
        let starts = (0..self.rows).step_by(size);
        starts.map(move |start| self.between(start..self.rows.min(start + size)))
    }

    /// Up to `count` rows, evenly spaced.
    pub fn sample(self, count: usize) -> Self {
        let step = (self.rows / count).max(1);
        let stride = self.stride * step as isize;
        Self { stride, rows: self.rows.div_ceil(step).min(count), ..self }
    }

    /// If rows follow each other without a gap, `count` of them at a time as one row of `count` times as many
    /// columns, and the values that are left.
    pub fn joined(self, count: usize) -> Option<(Self, &'a [T])> {
        if self.stride != self.columns as isize {
            return None;
        }
        let rows = self.rows / count;
        let (stride, columns) = (self.stride * count as isize, self.columns * count);
        let end = self.first + self.rows * self.columns;
        let rest = &self.values[self.first + rows * columns..end];
        Some((Self { stride, rows, columns, ..self }, rest))
    }
}
