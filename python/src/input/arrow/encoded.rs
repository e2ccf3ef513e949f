//! Dictionaries and runs: arrays whose values lie in another array.
//!
//! Keys and run ends are checked before they are followed. They are small, or a small part of the
//! values that they stand for, so they are copied if their buffers are not aligned; so are the values
//! that they name.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use colstats::column::Chunk;
use colstats::dictionary::Dictionary;
use colstats::error::BadEncoding;
use colstats::runs::Runs;
use colstats::types::native_width;

use super::values::Rows;
use crate::input::malformed::Malformed;

impl From<BadEncoding> for Malformed {
    fn from(bad: BadEncoding) -> Self {
        Self::new(bad.to_string())
    }
}

/// Rows that are keys of the values of a dictionary.
pub fn dictionary(keys: &ArrayRef, values: Chunk) -> Result<Chunk, Malformed> {
    let values = aligned(values)?;
    // Booleans become bytes, and the rows may need a new validity bitmap.
    let bytes = if is_boolean(&values) { values.rows() } else { 0 };
    Malformed::expect_memory(bytes + keys.len() / 8, "reading its dictionary")?;
    Ok(Dictionary::chunk(keys, values)?)
}

/// Rows that lie in runs of equal values.
pub fn runs(
    ends: &ArrayRef,
    values: Chunk,
    rows: Rows,
    validity: Option<NullBuffer>,
) -> Result<Chunk, Malformed> {
    let runs = Runs::new(ends, aligned(values)?, (rows.offset, rows.length), validity)?;
    Ok(Chunk::Runs(Box::new(runs)))
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

/// Aligned values: a copy, if they are not.
fn aligned(chunk: Chunk) -> Result<Chunk, Malformed> {
    if let Chunk::Strided(strided) = &chunk {
        let width = native_width(strided.data_type()).unwrap_or(1);
        Malformed::expect_memory(chunk.rows() * width, "a copy of values that are not aligned")?;
    }
    Ok(chunk.aligned())
}
