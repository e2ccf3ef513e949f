//! Tables of states as Arrow: one row a column, which any engine can carry.
//!
//! | column | type | |
//! | --- | --- | --- |
//! | `name` | string | the name of the column |
//! | `type` | string | the type of its values, in words; null if there was no data |
//! | `rows` | int64 | how many rows there were |
//! | `nulls` | int64 | how many of them are null |
//! | `nans` | int64 | how many are NaN |
//! | `state` | binary | the state itself, as [`colstats::wire`] writes it |
//!
//! Only `name` and `state` are needed to read it back, in any of Arrow's types of text and bytes, and
//! rows of the same name are merged. The others are for people; where they are present and disagree
//! with the state, somebody has added up what must be merged, and the table is refused.
//!
//! Text and bytes are read by [`cells`](crate::input::cells), in all layouts but dictionaries.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow_schema::{DataType, Field};
use colstats::state::Type;
use colstats::{State, wire};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::States;
use crate::input::cells::{Cell, CellColumn, Cells};
use crate::input::{open_cells, type_name};
use crate::output::record_batch;

/// A record batch of arro3.
pub fn write<'py>(py: Python<'py>, states: &States) -> PyResult<Bound<'py, PyAny>> {
    let count = |count: fn(&State) -> u64| -> ArrayRef {
        let counts = states.iter().map(|(_, state)| count(state) as i64);
        Arc::new(counts.collect::<Int64Array>())
    };
    let names = states.iter().map(|(name, _)| Some(name)).collect::<StringArray>();
    let types = states.iter().map(|(_, state)| state.of().map(Type::name));
    let bytes = states.iter().map(|(_, state)| Some(wire::encode(state)));
    let columns: [(&str, bool, ArrayRef); 6] = [
        ("name", false, Arc::new(names)),
        ("type", true, Arc::new(types.collect::<StringArray>())),
        ("rows", false, count(State::rows)),
        ("nulls", false, count(nulls)),
        ("nans", false, count(nans)),
        ("state", false, Arc::new(bytes.collect::<BinaryArray>())),
    ];
    let fields = columns.iter().map(|(name, nullable, array)| {
        let data_type: &DataType = array.data_type();
        Field::new(*name, data_type.clone(), *nullable)
    });
    let fields = fields.collect();
    record_batch(py, fields, columns.into_iter().map(|(.., array)| array).collect())
}

fn nulls(state: &State) -> u64 {
    state.moments().nulls()
}

fn nans(state: &State) -> u64 {
    state.moments().sums().nans
}

/// The names and states of an Arrow table, row by row; none, if it is no Arrow data.
pub fn read(object: &Bound<'_, PyAny>) -> PyResult<Option<Vec<(String, State)>>> {
    let Some(cells) = open_cells(object)? else {
        return Ok(None);
    };
    let named = read_rows(cells).map_err(|what| {
        PyValueError::new_err(format!("{} is no table of states: {what}", type_name(object)))
    });
    named.map(Some)
}

fn read_rows(cells: Cells) -> Result<Vec<(String, State)>, String> {
    let rows = cells.rows;
    let mut columns = cells.columns.ok_or("it is one column")?;
    let names =
        take(&mut columns, "name", "string", rows)?.ok_or_else(|| lacks("name", &columns))?;
    let states =
        take(&mut columns, "state", "binary", rows)?.ok_or_else(|| lacks("state", &columns))?;
    let mut named = Vec::with_capacity(rows);
    for (row, cells) in names.into_iter().zip(states).enumerate() {
        let (Cell::Text(name), Cell::Bytes(bytes)) = cells else {
            return Err(format!("row {row} has no name, or no state"));
        };
        let state = wire::decode(&bytes);
        let state = state.map_err(|invalid| format!("row {row}, column {name:?}: {invalid}"))?;
        named.push((name, state));
    }
    let of = |state: &State| state.of().map(|of| of.name().to_string());
    agree(take(&mut columns, "type", "string", rows)?, "type", &named, |state| match of(state) {
        None => Cell::Null,
        Some(name) => Cell::Text(name),
    })?;
    let rows_of: fn(&State) -> u64 = State::rows;
    for (column, count) in [("rows", rows_of), ("nulls", nulls), ("nans", nans)] {
        let told = take(&mut columns, column, "int64", rows)?;
        agree(told, column, &named, |state| Cell::Count(count(state) as i64))?;
    }
    Ok(named)
}

/// The values of a column, if it is there; it must be of the type, in any of its layouts.
fn take(
    columns: &mut [CellColumn],
    name: &str,
    expected: &str,
    rows: usize,
) -> Result<Option<Vec<Cell>>, String> {
    let Some(column) = columns.iter_mut().find(|column| column.name == name) else {
        return Ok(None);
    };
    let stem = column.type_name.trim_start_matches("large_").trim_end_matches("_view");
    if stem != expected {
        return Err(format!("its column {name:?} is {}, expected {expected}", column.type_name));
    }
    let cells = std::mem::take(&mut column.cells);
    if cells.len() != rows {
        return Err(format!("its column {name:?} has {} values in {rows} rows", cells.len()));
    }
    Ok(Some(cells))
}

fn lacks(name: &str, columns: &[CellColumn]) -> String {
    let names = columns.iter().take(20).map(|column| format!("{:?}", column.name));
    let names = names.collect::<Vec<_>>().join(", ");
    format!("it has no column {name:?}; there are: {names}")
}

/// What people read must be what the states say.
fn agree(
    told: Option<Vec<Cell>>,
    column: &str,
    named: &[(String, State)],
    of: impl Fn(&State) -> Cell,
) -> Result<(), String> {
    for (row, (told, (_, state))) in told.iter().flatten().zip(named).enumerate() {
        let (told, says) = (words(told), words(&of(state)));
        if told != says {
            return Err(format!(
                "row {row} of {column:?} is {told}, but its state says {says}: \
                 states are joined by colstats.merge()"
            ));
        }
    }
    Ok(())
}

fn words(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".into(),
        Cell::Text(text) => format!("{text:?}"),
        Cell::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Cell::Count(count) => count.to_string(),
    }
}
