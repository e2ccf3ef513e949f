//! Co-moments as Arrow: one row for each state, which any engine can store and send.
//!
//! | column | type | |
//! | --- | --- | --- |
//! | `columns` | string | the names and types of the columns, in words |
//! | `rows` | int64 | how many rows there were |
//! | `nulls` | int64 | how many of them have a null |
//! | `nans` | int64 | how many of the others have a NaN |
//! | `state` | binary | the state itself, serialized by [`colstats::internals::states::comoments_wire`] |
//!
//! Only `state` is needed to read it back. Rows are merged. The other columns are for people; where they disagree with the
//! state, the table is refused.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow_schema::Field;
use colstats::internals::states::comoments::CoMoments;
use colstats::internals::states::comoments_wire as wire;
use pyo3::prelude::*;

use super::exchange::{Cell, agree, cells, lacks, no_table_of_states};
use crate::input::data::Input;
use crate::names::quoted;
use crate::output::record_batch;

/// The columns for people.
const SHOWN: [&str; 4] = ["columns", "rows", "nulls", "nans"];

/// `Rows` with the state.
pub fn write<'py>(py: Python<'py>, state: &CoMoments) -> PyResult<Bound<'py, PyAny>> {
    let bytes = wire::encode(state);
    let shown = SHOWN.map(|column| -> (&str, ArrayRef) {
        match shown(state, column) {
            Cell::Text(text) => (column, Arc::new(StringArray::from_iter_values([text]))),
            Cell::Count(count) => (column, Arc::new(Int64Array::from(vec![count]))),
            Cell::Null | Cell::Bytes(_) => unreachable!("people read words and numbers"),
        }
    });
    let state: ArrayRef = Arc::new(BinaryArray::from_iter_values([bytes]));
    let columns = shown.into_iter().chain([("state", state)]);
    let (fields, arrays): (Vec<_>, _) = columns
        .map(|(name, array)| (Field::new(name, array.data_type().clone(), false), array))
        .unzip();
    record_batch(py, fields, arrays)
}

/// What a column for people says of a state.
fn shown(state: &CoMoments, column: &str) -> Cell {
    let rows = state.joint().rows;
    match column {
        "columns" => Cell::Text(described(state)),
        "rows" => Cell::Count(state.rows() as i64),
        "nulls" => Cell::Count(rows.nulls as i64),
        _ => Cell::Count(rows.nans as i64),
    }
}

fn described(state: &CoMoments) -> String {
    let columns =
        state.columns().iter().map(|(name, of)| format!("{} {}", quoted(name), of.name()));
    columns.collect::<Vec<_>>().join(", ")
}

/// The state in a table, merged of those in its rows.
pub fn read(object: &Bound<'_, PyAny>, input: &Input) -> PyResult<CoMoments> {
    let refused = |what: String| no_table_of_states(object, &what);
    let Input::Table(table) = input else {
        return Err(refused("it is one column".into()));
    };
    let Some(stored) = cells(object, table, "state")? else {
        return Err(refused(lacks("state", table)));
    };
    let states = stored.into_iter().enumerate().map(|(row, cell)| match cell {
        Cell::Bytes(bytes) => {
            wire::decode(&bytes).map_err(|invalid| format!("row {row}: {invalid}"))
        }
        _ => Err(format!("row {row} has no state")),
    });
    let states = states.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    for column in SHOWN {
        let says = |state: &CoMoments| shown(state, column);
        agree(cells(object, table, column)?, column, &states, says).map_err(refused)?;
    }
    let mut whole = CoMoments::new();
    for (row, state) in states.iter().enumerate() {
        whole.merge(state).map_err(|error| refused(format!("row {row}: {error}")))?;
    }
    Ok(whole)
}
