//! Tables of states as Arrow: one row for each column, which any engine can store and send.
//!
//! | column | type | |
//! | --- | --- | --- |
//! | `name` | string | the name of the column |
//! | `type` | string | the type of its values, in words; null if there was no data |
//! | `rows` | int64 | how many rows there were |
//! | `nulls` | int64 | how many of them are null |
//! | `nans` | int64 | how many are NaN |
//! | `state` | binary | the state itself, serialized by [`colstats::internals::states::wire`] |
//!
//! Only `name` and `state` are needed to read it back, in any of Arrow's types of text and bytes
//! but dictionaries. Rows of the same name are merged. The other columns are for people. If they
//! are present and disagree with the state, rows were probably added up instead of merged, and the
//! table is refused.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow_schema::{DataType, Field};
use colstats::Moments;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::values::Values;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::wire;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::named::States;
use crate::input::data::{Column, Input, Table};
use crate::input::malformed::Malformed;
use crate::names::{listed, quoted, type_name};
use crate::output::record_batch;

/// `Rows`, one for each column.
pub fn write<'py>(py: Python<'py>, states: &States) -> PyResult<Bound<'py, PyAny>> {
    let count = |count: fn(&Moments) -> u64| -> ArrayRef {
        let counts = states.iter().map(|(_, state)| count(state) as i64);
        Arc::new(counts.collect::<Int64Array>())
    };
    let names = states.iter().map(|(name, _)| Some(name)).collect::<StringArray>();
    let types = states.iter().map(|(_, state)| state.of().map(ColumnType::name));
    let bytes = states.iter().map(|(_, state)| Some(wire::encode(state)));
    let columns: [(&str, bool, ArrayRef); 6] = [
        ("name", false, Arc::new(names)),
        ("type", true, Arc::new(types.collect::<StringArray>())),
        ("rows", false, count(Moments::rows)),
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

fn nulls(state: &Moments) -> u64 {
    state.null_count()
}

fn nans(state: &Moments) -> u64 {
    state.nan_count()
}

/// The names and states of a table, row by row.
pub fn read(object: &Bound<'_, PyAny>, input: &Input) -> PyResult<Vec<(String, Moments)>> {
    let Input::Table(table) = input else {
        return Err(no_table_of_states(object, "it is one column"));
    };
    let of = |column| cells(object, table, column);
    let (names, states) = (of("name")?, of("state")?);
    let shown = ["type", "rows", "nulls", "nans"].map(|column| Ok((column, of(column)?)));
    let shown = shown.into_iter().collect::<PyResult<Vec<_>>>()?;
    read_rows(table, names, states, shown).map_err(|what| no_table_of_states(object, &what))
}

/// The exception for a table that is not a table of states.
pub fn no_table_of_states(object: &Bound<'_, PyAny>, what: &str) -> PyErr {
    PyValueError::new_err(format!("{} is not a table of states: {what}", type_name(object)))
}

/// Whether a table has the columns of a table of states.
pub fn is_table_of_states(columns: &[&Column]) -> bool {
    ["name", "state"].iter().all(|name| columns.iter().any(|column| column.name == *name))
}

/// The type of a column of a table of states, by its name.
fn expected_type(column: &str) -> &'static str {
    match column {
        "name" | "type" | "columns" => "string",
        "state" | "comoments" => "binary",
        _ => "int64",
    }
}

pub type Cells = Option<Vec<Cell>>;

fn read_rows(
    table: &Table,
    names: Cells,
    states: Cells,
    shown: Vec<(&str, Cells)>,
) -> Result<Vec<(String, Moments)>, String> {
    let names = names.ok_or_else(|| lacks("name", table))?;
    let states = states.ok_or_else(|| lacks("state", table))?;
    let mut named = Vec::with_capacity(table.rows);
    for (row, cells) in names.into_iter().zip(states).enumerate() {
        let (Cell::Text(name), Cell::Bytes(bytes)) = cells else {
            return Err(format!("row {row} has no name, or no state"));
        };
        let state = wire::decode(&bytes);
        let refused = |invalid| format!("row {row}, column {}: {invalid}", quoted(&name));
        let state = state.map_err(refused)?;
        named.push((name, state));
    }
    for (column, shown) in shown {
        agree(shown, column, &named, |(_, state)| match column {
            "type" => state.of().map_or(Cell::Null, |of| Cell::Text(of.name().to_string())),
            "rows" => Cell::Count(state.rows() as i64),
            "nulls" => Cell::Count(nulls(state) as i64),
            _ => Cell::Count(nans(state) as i64),
        })?;
    }
    Ok(named)
}

/// One value.
pub enum Cell {
    Null,
    Text(String),
    Bytes(Vec<u8>),
    Count(i64),
}

/// The values of a column, if the table has it. It must have the expected type, in any layout.
pub fn cells(object: &Bound<'_, PyAny>, table: &Table, name: &str) -> PyResult<Cells> {
    let Some(column) = table.columns.iter().find(|column| column.name == name) else {
        return Ok(None);
    };
    let (type_name, expected) = (column.kind.name(), expected_type(name));
    let stem = type_name.trim_start_matches("large_").trim_end_matches("_view");
    if stem != expected {
        let what = format!("its column {name:?} is {type_name}, expected {expected}");
        return Err(no_table_of_states(object, &what));
    }
    let malformed = |malformed: Malformed| malformed.in_column(name).of(object);
    let cell = |bytes: &[u8]| match expected {
        "binary" => Ok(Cell::Bytes(bytes.to_vec())),
        _ => match str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(text.to_string())),
            Err(_) => Err(malformed(Malformed::new("text that is not UTF-8"))),
        },
    };
    let Some(text) = &column.text else {
        return Ok(Some(column.chunks.iter().flat_map(counts).collect()));
    };
    let arrays = text.read().map_err(malformed)?;
    let cells = arrays.iter().flat_map(bytes).map(|bytes| bytes.map_or(Ok(Cell::Null), cell));
    cells.collect::<PyResult<_>>().map(Some)
}

/// Integers of 64 bits.
fn counts(chunk: &Chunk) -> Vec<Cell> {
    let Values::Array(array) = chunk.decoded() else {
        return vec![];
    };
    let counts = array.as_primitive::<Int64Type>().iter();
    counts.map(|count| count.map_or(Cell::Null, Cell::Count)).collect()
}

/// Bytes in any layout.
pub fn bytes(array: &ArrayRef) -> Vec<Option<&[u8]>> {
    match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().iter().collect(),
        DataType::LargeBinary => array.as_binary::<i64>().iter().collect(),
        _ => array.as_binary_view().iter().collect(),
    }
}

/// What is said of a table without a column.
pub fn lacks(name: &str, table: &Table) -> String {
    let names = listed(table.columns.iter().map(|column| column.name.as_str()));
    format!("it has no column {name:?}; there are: {names}")
}

/// The columns for people must agree with the states.
pub fn agree<S>(
    shown: Cells,
    column: &str,
    states: &[S],
    of: impl Fn(&S) -> Cell,
) -> Result<(), String> {
    for (row, (shown, state)) in shown.iter().flatten().zip(states).enumerate() {
        let (shown, says) = (words(shown), words(&of(state)));
        if shown != says {
            return Err(format!(
                "row {row} of {column:?} is {shown}, but its state says {says}: \
                 states are joined by colstats.merge()"
            ));
        }
    }
    Ok(())
}

fn words(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".into(),
        Cell::Text(text) => quoted(text).to_string(),
        Cell::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Cell::Count(count) => count.to_string(),
    }
}
