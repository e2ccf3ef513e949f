//! Dictionaries and runs: arrays whose values lie in another array.
//!
//! Keys and run ends are checked before they are followed. They are small, or a small part of the
//! values that they stand for, so they are copied if their buffers are not aligned; so are the values
//! that they name.

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use colstats::Error;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::columns::runs::Runs;
use colstats::internals::columns::values::Values;
use colstats::internals::types::native_width;

use super::values::Rows;
use crate::input::malformed::Malformed;

impl From<Error> for Malformed {
    fn from(error: Error) -> Self {
        Self::new(error.to_string())
    }
}

/// Rows that are keys of the values of a dictionary.
pub fn dictionary(keys: &ArrayRef, values: Plain) -> Result<Plain, Malformed> {
    let values = aligned(values)?;
    // Booleans become bytes, and the rows may need a new validity bitmap.
    let bytes = if is_boolean(&values) { values.rows() } else { 0 };
    Malformed::expect_memory(bytes + keys.len() / 8, "reading its dictionary")?;
    Ok(Plain::dictionary(keys, values.decoded())?)
}

/// Rows that lie in runs of equal values.
pub fn runs(
    ends: &ArrayRef,
    values: Plain,
    rows: Rows,
    validity: Option<NullBuffer>,
) -> Result<Chunk, Malformed> {
    let runs = Runs::new(ends, aligned(values)?, (rows.offset, rows.length), validity)?;
    Ok(runs.into())
}

/// Plain numbers as an array.
pub fn array(numbers: Plain) -> Result<ArrayRef, Malformed> {
    match aligned(numbers)?.decoded() {
        Values::Array(array) => Ok(array),
        Values::Opaque(_) => Err(Malformed::new("values that are not plain numbers")),
    }
}

fn is_boolean(values: &Plain) -> bool {
    matches!(values, Plain::Array(array) if *array.data_type() == DataType::Boolean)
}

/// Aligned values: a copy, if they are not.
fn aligned(values: Plain) -> Result<Plain, Malformed> {
    let Plain::Strided(strided) = &values else {
        return Ok(values);
    };
    let width = native_width(strided.data_type()).unwrap_or(1);
    Malformed::expect_memory(values.rows() * width, "a copy of values that are not aligned")?;
    Ok(Plain::Array(strided.copied()))
}
