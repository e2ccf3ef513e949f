//! Dictionaries and runs: arrays whose values lie in another array.
//!
//! Keys and run ends are checked before they are believed. They are small, or a small part of what
//! they stand for, so where a buffer of theirs, or of their values, is not aligned, it is copied.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use colstats::column::Chunk;
use colstats::dictionary::Dictionary;
use colstats::error::BadEncoding;
use colstats::runs::Runs;
use colstats::types::native_width;

use super::abi::{ArrowArray, Releasable};
use super::array::{Rows, Values};
use super::schema::{Field, children};
use crate::input::malformed::Malformed;

impl From<BadEncoding> for Malformed {
    fn from(bad: BadEncoding) -> Self {
        Self::new(bad.to_string())
    }
}

impl Values<'_> {
    /// Rows that name the values of the array's dictionary.
    pub fn import_dictionary(
        &self,
        keys: &DataType,
        field: &Field,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<Chunk, Malformed> {
        let keys = array(self.import_plain(keys, rows, validity)?)?;
        let values = self.other(self.array.dictionary, "dictionary")?;
        let values = aligned(values.import(field, Rows::of(values.array)?, None)?)?;
        // Booleans become bytes, and which of the rows are null may be told anew.
        let bytes = if is_boolean(&values) { values.rows() } else { 0 };
        Malformed::expect_memory(bytes + keys.len() / 8, "reading its dictionary")?;
        Ok(Dictionary::chunk(&keys, values)?)
    }

    /// Rows that are told by the two children of the array: where runs end, and their values.
    pub fn import_runs(
        &self,
        ends: &DataType,
        field: &Field,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<Chunk, Malformed> {
        let &[run_ends, values] = children(self.array.n_children, self.array.children, "array")?
        else {
            let count = self.array.n_children;
            return Err(Malformed::new(format!("{count} children where runs have two")));
        };
        let run_ends = self.other(run_ends, "array of run ends")?;
        run_ends.expect_buffers(2)?;
        let end_rows = Rows::of(run_ends.array)?;
        let nulls = run_ends.validity(end_rows)?;
        let ends = array(run_ends.import_plain(ends, end_rows, nulls)?)?;
        let values = self.other(values, "array of the values of runs")?;
        let values = aligned(values.import(field, Rows::of(values.array)?, None)?)?;
        let runs = Runs::new(&ends, values, (rows.offset, rows.length), validity)?;
        Ok(Chunk::Runs(Box::new(runs)))
    }

    /// An array that belongs to this one.
    pub fn other(&self, pointer: *mut ArrowArray, what: &str) -> Result<Self, Malformed> {
        // SAFETY: what belongs to a live array is live, or null.
        let array = unsafe { pointer.as_ref() };
        let array = array.ok_or_else(|| Malformed::new(format!("the {what} is NULL")))?;
        if array.is_released() {
            return Err(Malformed::new(format!("the {what} has been released already")));
        }
        Ok(Values { array, owner: self.owner })
    }
}

/// Plain numbers as an array.
pub fn array(chunk: Chunk) -> Result<ArrayRef, Malformed> {
    match aligned(chunk)? {
        Chunk::Array(array) => Ok(array),
        other => unreachable!("plain numbers are an array, not {other:?}"),
    }
}

fn is_boolean(chunk: &Chunk) -> bool {
    matches!(chunk, Chunk::Array(array) if *array.data_type() == DataType::Boolean)
}

/// Values that are aligned, if need be as a copy.
fn aligned(chunk: Chunk) -> Result<Chunk, Malformed> {
    if let Chunk::Strided(strided) = &chunk {
        let width = native_width(strided.data_type()).unwrap_or(1);
        Malformed::expect_memory(chunk.rows() * width, "a copy of values that are not aligned")?;
    }
    Ok(chunk.aligned())
}
