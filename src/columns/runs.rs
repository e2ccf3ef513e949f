//! Run-end-encoded columns.
//!
//! A run counts as its value times its length, and is never expanded. A length is a sum of powers of
//! two. For each power, the values of the runs whose length contains it go through the same kernels as
//! any other values, and their exact sums are shifted by that power. So there is one pass per bit that
//! is set in any length, whatever the type of the values, and a run of 2^40 rows takes as long as a run
//! of one.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, NullArray, PrimitiveArray, RunArray};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::array;
use super::opaque::Opaque;
use super::plain::Plain;
use super::primitive::with_primitive;
use super::values::Values;
use crate::error::{Error, ErrorKind};
use crate::kernels::Need;
use crate::states::accumulator::Accumulator;

/// Number of runs that are folded together: their lengths stay in the L2 cache.
const RUNS_PER_PASS: usize = 1 << 13;

/// Rows in runs of equal values.
#[derive(Clone, Debug)]
pub struct Runs {
    ends: Ends,
    /// The first of the rows within the runs, and how many there are.
    start: usize,
    rows: usize,
    /// One value per run.
    values: Plain,
    /// Which of the rows are not null, whatever their value.
    validity: Option<NullBuffer>,
}

/// For each run, the row after its last.
#[derive(Clone, Debug)]
enum Ends {
    I16(ScalarBuffer<i16>),
    I32(ScalarBuffer<i32>),
    I64(ScalarBuffer<i64>),
}

impl Ends {
    fn of(ends: &dyn Array) -> Self {
        match ends.data_type() {
            DataType::Int16 => Self::I16(ends.as_primitive::<Int16Type>().values().clone()),
            DataType::Int32 => Self::I32(ends.as_primitive::<Int32Type>().values().clone()),
            DataType::Int64 => Self::I64(ends.as_primitive::<Int64Type>().values().clone()),
            other => unreachable!("run ends are integers of 16, 32 or 64 bits, not {other}"),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::I16(ends) => ends.len(),
            Self::I32(ends) => ends.len(),
            Self::I64(ends) => ends.len(),
        }
    }

    fn get(&self, run: usize) -> i64 {
        match self {
            Self::I16(ends) => ends[run].into(),
            Self::I32(ends) => ends[run].into(),
            Self::I64(ends) => ends[run],
        }
    }

    /// The first run that does not end after the one before it, or the first of all if it is empty.
    fn descent(&self) -> Option<usize> {
        fn descent<T: Copy + PartialOrd + Default>(ends: &[T]) -> Option<usize> {
            let first = ends.first().filter(|&&end| end <= T::default()).map(|_| 0);
            let step = || ends.windows(2).position(|pair| pair[1] <= pair[0]);
            first.or_else(|| step().map(|run| run + 1))
        }
        match self {
            Self::I16(ends) => descent(ends),
            Self::I32(ends) => descent(ends),
            Self::I64(ends) => descent(ends),
        }
    }

    /// The run that a row belongs to.
    fn run_of(&self, row: usize) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle) as usize <= row { low = middle + 1 } else { high = middle }
        }
        low
    }
}

impl Runs {
    /// `rows` of the rows of runs, from `start` on; a validity may make some of them null.
    ///
    /// # Errors
    /// If an end is null, the ends do not ascend or do not reach the last row, or there is not one value
    /// for each.
    ///
    /// # Panics
    /// If the ends are not integers of 16, 32 or 64 bits, or the validity has another length.
    pub fn new(
        ends: &dyn Array,
        values: Plain,
        (start, rows): (usize, usize),
        validity: Option<NullBuffer>,
    ) -> Result<Self, Error> {
        assert!(validity.as_ref().is_none_or(|validity| validity.len() == rows));
        if ends.null_count() > 0 {
            return Err(ErrorKind::NullRunEnds.into());
        }
        if ends.len() != values.rows() {
            return Err(ErrorKind::UnevenRuns { ends: ends.len(), values: values.rows() }.into());
        }
        let (ends, need) = (Ends::of(ends), start + rows);
        if let Some(run) = ends.descent() {
            return Err(ErrorKind::RunEndsDescend { run }.into());
        }
        let end = ends.len().checked_sub(1).map_or(0, |last| ends.get(last));
        if rows > 0 && (end as usize) < need {
            return Err(ErrorKind::RunsTooShort { end, need }.into());
        }
        Ok(Self { ends, start, rows, values, validity })
    }

    /// The rows of a run array, which arrow-rs has validated; none for other arrays.
    pub(super) fn of_array(array: &dyn Array) -> Option<Self> {
        macro_rules! runs {
            ($type:ty) => {
                array.as_any().downcast_ref::<RunArray<$type>>().and_then(|array| {
                    let ends = array.run_ends();
                    let values = Plain::from(array.values().clone());
                    let inner = PrimitiveArray::<$type>::new(ends.inner().clone(), None);
                    Self::new(&inner, values, (ends.offset(), array.len()), None).ok()
                })
            };
        }
        runs!(Int16Type).or_else(|| runs!(Int32Type)).or_else(|| runs!(Int64Type))
    }

    /// The number of rows, null or not.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of runs that the rows belong to.
    pub fn count(&self) -> usize {
        let (first, end) = self.span();
        end - first
    }

    /// The first run, and the one after the last.
    fn span(&self) -> (usize, usize) {
        match self.rows {
            0 => (0, 0),
            rows => (self.ends.run_of(self.start), self.ends.run_of(self.start + rows - 1) + 1),
        }
    }

    /// `rows` of the rows, from `start` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn slice(&self, start: usize, rows: usize) -> Self {
        assert!(
            start.checked_add(rows).is_some_and(|end| end <= self.rows),
            "the slice is in bounds"
        );
        let validity = self.validity.as_ref().map(|validity| validity.slice(start, rows));
        Self { start: self.start + start, rows, validity, ..self.clone() }
    }

    /// The value of each row, copied.
    pub fn decoded(&self) -> Values {
        let (first, end) = self.span();
        let mut runs = Vec::with_capacity(self.rows);
        for run in first..end {
            let to = (self.ends.get(run) as usize - self.start).min(self.rows);
            runs.resize(to, run - first);
        }
        let of_rows = |of_runs: Option<&NullBuffer>| {
            let of_values =
                of_runs.map(|valid| runs.iter().map(|&run| valid.is_valid(run)).collect());
            NullBuffer::union(of_values.as_ref(), self.validity.as_ref())
        };
        let values = match self.values.slice(first, end - first).decoded() {
            Values::Array(values) => array::numbers(&values),
            Values::Opaque(Opaque { validity, .. }) => {
                let validity = of_rows(validity.as_ref());
                return Values::Opaque(Opaque { rows: self.rows, validity });
            }
        };
        Values::Array(with_primitive!(values.data_type(), P => {
            let values = values.as_primitive::<P>();
            let decoded = runs.iter().map(|&run| values.value(run)).collect();
            let array = PrimitiveArray::<P>::new(decoded, of_rows(values.nulls()));
            Arc::new(array.with_data_type(values.data_type().clone()))
        }, _ => Arc::new(NullArray::new(self.rows))))
    }

    /// The number of rows of each run that are within the slice and not null.
    fn lengths(&self, runs: Range<usize>) -> Vec<u64> {
        let before = runs.start.checked_sub(1).map_or(0, |run| self.ends.get(run) as usize);
        let mut from = before.saturating_sub(self.start);
        let lengths = runs.map(|run| {
            let to = (self.ends.get(run) as usize - self.start).min(self.rows);
            let rows = match &self.validity {
                None => to - from,
                Some(validity) => to - from - validity.slice(from, to - from).null_count(),
            };
            from = to;
            rows as u64
        });
        lengths.collect()
    }

    /// Adds the values to a state, gathering what is needed.
    pub fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        let (first, end) = self.span();
        let mut whole = Accumulator::new();
        for start in (first..end).step_by(RUNS_PER_PASS) {
            self.fold_runs(start..end.min(start + RUNS_PER_PASS), need, &mut whole);
        }
        whole.count_others_as_null(self.rows as u64);
        accumulator.merge(&whole);
    }

    /// Adds the values of some runs; their nulls are counted by the caller.
    fn fold_runs(&self, runs: Range<usize>, need: Need, whole: &mut Accumulator) {
        let values = self.values.slice(runs.start, runs.len());
        let lengths = self.lengths(runs);
        let bits = lengths.iter().fold(0, |bits, length| bits | length);
        for bit in (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1) {
            let has_bit = |run: usize| lengths[run] >> bit & 1 == 1;
            let selected = NullBuffer::new(BooleanBuffer::collect_bool(lengths.len(), has_bit));
            let mut part = Accumulator::new();
            values.masked(&selected).fold(need, &mut part);
            whole.merge_repeated(&part, bit);
        }
    }
}
