//! Columns that tell how far each of their values reaches.
//!
//! A run counts as its value times its length, and is never unrolled. A length is a sum of powers of
//! two, so for each power the values of the runs that have it in their length are added as any
//! others, and the exact sums are counted so many times. There are as many passes as the lengths
//! have bits, whatever the type of the values, and a run of 2^40 rows costs as much as one of 1.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, NullArray, PrimitiveArray, RunArray};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::columns::chunk::{Chunk, Written};
use crate::columns::dictionary::plain_numbers;
use crate::error::BadEncoding;
use crate::kernels::Need;
use crate::states::accumulator::Moments;
use crate::types::with_primitive;

/// Runs that are looked at together: few enough that what is noted of them stays in the cache.
const PIECE: usize = 1 << 13;

/// Rows told by runs of equal values.
#[derive(Clone, Debug)]
pub struct Runs {
    ends: Ends,
    /// The first row that counts, and how many do.
    start: usize,
    rows: usize,
    /// A value for each run.
    values: Box<Chunk>,
    /// Which of the rows that count are not null, whatever their value.
    validity: Option<NullBuffer>,
}

/// For each run the row behind its last.
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
            other => unreachable!("run ends are no {other} values"),
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

    /// The first run that does not end behind the one before it, or is the first and has no rows.
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
    /// `rows` of the rows of runs, from the one at `start` on; of these, a validity may leave out
    /// some. Ends must ascend, reach the last row, and have a value each.
    ///
    /// # Panics
    /// If the ends are no integers of 16, 32 or 64 bits, the values runs themselves, or the validity
    /// not one of the rows.
    pub fn new(
        ends: &dyn Array,
        values: Chunk,
        (start, rows): (usize, usize),
        validity: Option<NullBuffer>,
    ) -> Result<Self, BadEncoding> {
        assert!(validity.as_ref().is_none_or(|validity| validity.len() == rows));
        assert!(!matches!(values, Chunk::Runs(_)), "runs of runs are not made");
        if ends.null_count() > 0 {
            return Err(BadEncoding::NullRunEnds);
        }
        if ends.len() != values.rows() {
            return Err(BadEncoding::UnevenRuns { ends: ends.len(), values: values.rows() });
        }
        let (ends, need) = (Ends::of(ends), start + rows);
        if let Some(run) = ends.descent() {
            return Err(BadEncoding::RunEndsDescend { run });
        }
        let end = ends.len().checked_sub(1).map_or(0, |last| ends.get(last));
        if rows > 0 && (end as usize) < need {
            return Err(BadEncoding::RunsTooShort { end, need });
        }
        Ok(Self { ends, start, rows, values: Box::new(values), validity })
    }

    /// The rows of an array of arrow-rs, which has seen to it that they are sound.
    pub(crate) fn of_array(array: &dyn Array) -> Option<Self> {
        macro_rules! runs {
            ($type:ty) => {
                array.as_any().downcast_ref::<RunArray<$type>>().and_then(|array| {
                    let ends = array.run_ends();
                    let values = Chunk::from(array.values().clone());
                    let values = Some(values).filter(|values| !matches!(values, Chunk::Runs(_)))?;
                    let plain = PrimitiveArray::<$type>::new(ends.inner().clone(), None);
                    Self::new(&plain, values, (ends.offset(), array.len()), None).ok()
                })
            };
        }
        runs!(Int16Type).or_else(|| runs!(Int32Type)).or_else(|| runs!(Int64Type))
    }

    /// How many rows there are, null or not.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many runs the rows belong to.
    pub fn count(&self) -> usize {
        let (first, behind) = self.span();
        behind - first
    }

    /// The first run, and the one behind the last.
    fn span(&self) -> (usize, usize) {
        match self.rows {
            0 => (0, 0),
            rows => (self.ends.run_of(self.start), self.ends.run_of(self.start + rows - 1) + 1),
        }
    }

    /// `rows` of the rows, from the one at `start` on.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn slice(&self, start: usize, rows: usize) -> Self {
        assert!(start.checked_add(rows).is_some_and(|end| end <= self.rows), "the slice is inside");
        let validity = self.validity.as_ref().map(|validity| validity.slice(start, rows));
        Self { start: self.start + start, rows, validity, ..self.clone() }
    }

    /// The rows one by one.
    pub fn written_out(&self) -> Written {
        let (first, behind) = self.span();
        let mut runs = Vec::with_capacity(self.rows);
        for run in first..behind {
            let to = (self.ends.get(run) as usize - self.start).min(self.rows);
            runs.resize(to, run - first);
        }
        let of_rows = |of_runs: Option<NullBuffer>| {
            let of_values =
                of_runs.map(|valid| runs.iter().map(|&run| valid.is_valid(run)).collect());
            NullBuffer::union(of_values.as_ref(), self.validity.as_ref())
        };
        let values = match self.values.slice(first, behind - first).written_out() {
            Written::Values(values) => plain_numbers(&values),
            Written::Validity(of_runs) => return Written::Validity(of_rows(of_runs)),
        };
        Written::Values(with_primitive!(values.data_type(), P => {
            let values = values.as_primitive::<P>();
            let written = runs.iter().map(|&run| values.value(run)).collect();
            let array = PrimitiveArray::<P>::new(written, of_rows(values.nulls().cloned()));
            Arc::new(array.with_data_type(values.data_type().clone()))
        }, _ => Arc::new(NullArray::new(self.rows))))
    }

    /// How many rows of each of the runs count.
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

    /// Adds the values to a state, finding out what is needed.
    pub fn fold(&self, need: Need, moments: &mut Moments) {
        let (first, behind) = self.span();
        let mut whole = Moments::new();
        for start in (first..behind).step_by(PIECE) {
            self.fold_runs(start..behind.min(start + PIECE), need, &mut whole);
        }
        whole.count_others_as_null(self.rows as u64);
        moments.merge(&whole);
    }

    /// Adds the values of some runs, and none of their nulls.
    fn fold_runs(&self, runs: Range<usize>, need: Need, whole: &mut Moments) {
        let values = self.values.slice(runs.start, runs.len());
        let lengths = self.lengths(runs);
        let bits = lengths.iter().fold(0, |bits, length| bits | length);
        for bit in (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1) {
            let has_bit = |run: usize| lengths[run] >> bit & 1 == 1;
            let selected = NullBuffer::new(BooleanBuffer::collect_bool(lengths.len(), has_bit));
            let mut part = Moments::new();
            values.masked(&selected).fold(need, &mut part);
            whole.merge_repeated(&part, bit);
        }
    }
}
