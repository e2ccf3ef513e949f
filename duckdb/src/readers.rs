//! Scalar functions that read statistics out of serialized states, as DOUBLE or BIGINT.

use colstats::{Answer, Moments, Options};

use crate::aggregates::Function;
use crate::api::type_id;
use crate::vectors::{Chunk, Output, Values};

/// The result for each row of a chunk.
pub fn read(
    function: &Function,
    chunk: Chunk<'_>,
    mut set: impl FnMut(usize, Output),
) -> Result<(), String> {
    let column = chunk.column(0).ok_or("there is no argument")?;
    let Some(Values::Text(texts)) = column.values() else {
        return Err("the argument is no BLOB".into());
    };
    for row in 0..chunk.rows() {
        let output = match (column.bytes(texts, row), ddof(chunk, row)?) {
            (Some(bytes), Some(ddof)) => statistic(function, bytes, ddof)?,
            _ => Output::Null,
        };
        set(row, output);
    }
    Ok(())
}

/// The second argument; `None` if it is null.
fn ddof(chunk: Chunk<'_>, row: usize) -> Result<Option<u64>, String> {
    let Some(column) = chunk.column(1) else { return Ok(Some(0)) };
    match column.values() {
        _ if !column.is_valid(row) => Ok(None),
        Some(Values::Int64(values)) => {
            let found = values[row].try_into().map(Some);
            found.map_err(|_| format!("ddof must not be negative: {}", values[row]))
        }
        _ => Err("ddof must be a BIGINT".into()),
    }
}

fn statistic(function: &Function, bytes: &[u8], ddof: u64) -> Result<Output, String> {
    let state = Moments::from_bytes(bytes).map_err(|error| error.to_string())?;
    let Some(statistic) = function.statistic else {
        return Ok(Output::Integer(state.null_count() as i64)); // at most 2^53
    };
    let options = Options { ddof, ..Options::default() };
    let answer = state.ask(statistic, &options).map_err(|error| error.to_string())?;
    match (answer, function.result) {
        (Answer::Null, _) => Ok(Output::Null),
        (Answer::Float(value), type_id::DOUBLE) => Ok(Output::Double(value)),
        (Answer::Integer(count), type_id::BIGINT) => Ok(Output::Integer(count as i64)),
        _ => Err(format!(
            "the {} of {} values is no {}; read the state with colstats.Moments.from_bytes in Python",
            statistic.name(),
            state.type_name().unwrap_or("null"),
            crate::types::name(function.result),
        )),
    }
}
