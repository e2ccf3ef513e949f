//! The rows of a table by their groups, for what needs all rows of a group at once.

use arrow_schema::DataType;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::groups::rows::numbered;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::grouped::{Groups, Key, key_of, unsorted};
use crate::detach::detached;
use crate::input::data::Column;
use crate::memory::expect_memory;
use crate::names::quoted;

/// The groups of rows by their keys, in order and without columns, and the number of the group of each row.
pub fn groups_of_rows(
    data: &Bound<'_, PyAny>,
    keys: &[&Column],
    rows: usize,
) -> PyResult<(Groups, Vec<u32>)> {
    /// A number for each row, and what the keys at hand take.
    const BYTES_FOR_ROW: usize = 16;

    if u32::try_from(rows).is_err() {
        return Err(PyValueError::new_err(format!(
            "{rows} rows are too many to be sorted by groups at once: give a stream of batches"
        )));
    }
    expect_memory(rows.saturating_mul(BYTES_FOR_ROW), || format!("for the groups of {rows} rows"))?;
    let typed = keys.iter().map(|column| key_of(column, data));
    let (types, chunks): (Vec<DataType>, Vec<Vec<Chunk>>) =
        typed.collect::<PyResult<Vec<_>>>()?.into_iter().unzip();
    let by = keys
        .iter()
        .zip(&types)
        .map(|(column, of)| Key { name: column.name.clone(), of: of.clone() });
    let by = by.collect::<Vec<_>>();
    let chunks = chunks.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let (grouped, numbers) = detached(data.py(), || numbered(types, &chunks, rows))?
        .map_err(|error| unsorted(&error, |key| format!("key {}", quoted(&by[key].name))))?;
    Ok((Groups::new(by, vec![], grouped), numbers))
}
