//! Groups as Arrow: one row for each group, which any engine can store, shuffle and merge.
//!
//! The key columns come first, with their own names and types. Then, for each column `x` that has
//! states, there is `x_state` of type large_binary with the state of each group, serialized by
//! [`colstats::internals::states::wire`]. Nothing else is needed, and no metadata: read back, columns of bytes with
//! such a name are states, and all others are keys. Rows of the same key are merged.
//!
//! If no column has states, the sizes of the groups would be lost, and with them the sign that these are
//! groups. Then there is one column `_state`, the states of a column of nulls without a name.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, LargeBinaryArray};
use arrow_schema::{DataType, Field};
use colstats::Moments;
use colstats::internals::run::pool;
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::Whole;
use colstats::internals::states::wire;
use pyo3::prelude::*;

use super::grouped::{Columns, Groups, Key, States, key_of, regroup};
use super::merge::{of_one_type, typed};
use crate::input::data::{Column, Input, Table};
use crate::names::quoted;
use crate::output::record_batch;
use crate::states::exchange::{self, bytes, no_table_of_states};
use crate::states::missing::nulls;

const SUFFIX: &str = "_state";
/// The column whose states are those of the rows themselves, if no column has states.
pub const NO_COLUMN: &str = "";

/// The name of the column with the states of a column.
pub fn state_name(column: &str) -> String {
    format!("{column}{SUFFIX}")
}

/// `Rows`, one for each group.
pub fn write<'py>(py: Python<'py>, groups: &Groups) -> PyResult<Bound<'py, PyAny>> {
    let (mut fields, mut arrays) = groups.key_columns();
    let mut add = |name, states: Vec<Vec<u8>>| {
        fields.push(Field::new(state_name(name), DataType::LargeBinary, false));
        arrays.push(Arc::new(LargeBinaryArray::from_iter_values(states)) as ArrayRef);
    };
    for (column, (name, of)) in groups.named().enumerate() {
        let encode = |state: &Whole| wire::encode(&typed(of, state));
        add(name, py.detach(|| groups.grouped.map(column, num_threads(), encode)));
    }
    if groups.types.is_empty() {
        let sizes = groups.grouped.sizes().iter();
        add(NO_COLUMN, sizes.map(|&size| wire::encode(&nulls(size))).collect());
    }
    record_batch(py, fields, arrays)
}

/// Whether a column of a table has the states of groups.
pub fn has_states(column: &Column) -> bool {
    let is_bytes = |of: &DataType| {
        matches!(of, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
    };
    let text = column.text.as_ref();
    column.name.ends_with(SUFFIX) && text.is_some_and(|text| is_bytes(&text.data_type()))
}

/// The states in an Arrow table: of columns, one a row, or of groups.
pub enum Stored {
    Rows(Vec<(String, Moments)>),
    Groups(Groups),
}

impl Stored {
    pub fn read(source: &Bound<'_, PyAny>, input: &Input) -> PyResult<Self> {
        match read(source, input)? {
            Some(groups) => Ok(Self::Groups(groups)),
            None => exchange::read(source, input).map(Self::Rows),
        }
    }
}

/// The groups in a table, if it has states of groups.
pub fn read(source: &Bound<'_, PyAny>, input: &Input) -> PyResult<Option<Groups>> {
    match input {
        Input::Table(table) if table.columns.iter().any(has_states) => {
            read_table(source, table).map(Some)
        }
        _ => Ok(None),
    }
}

fn read_table(source: &Bound<'_, PyAny>, table: &Table) -> PyResult<Groups> {
    let (states, keys): (Vec<_>, Vec<_>) =
        table.columns.iter().partition(|column| has_states(column));
    if keys.is_empty() {
        return Err(no_table_of_states(source, "it has states, but no keys"));
    }
    let (mut by, mut chunks) = (vec![], vec![]);
    for column in keys {
        let (of, values) = key_of(column, source)?;
        by.push(Key { name: column.name.clone(), of });
        chunks.push(values);
    }
    let (mut columns, mut all) = (vec![], vec![]);
    for column in states {
        let name = column.name.strip_suffix(SUFFIX).unwrap_or_default().to_string();
        let (of, states) = read_states(source, column, &name)?;
        columns.push((name, of));
        all.push(states);
    }
    let (columns, sizes) =
        with_sizes(columns, all).map_err(|what| no_table_of_states(source, &what))?;
    regroup(source.py(), by, &chunks, columns, &sizes)
}

/// The columns that have states, and the number of rows of each group, on which all columns must agree.
pub fn with_sizes(columns: Columns, states: Vec<Vec<Whole>>) -> Result<(States, Vec<u64>), String> {
    let sizes = states.first().into_iter().flatten().map(Whole::rows).collect::<Vec<_>>();
    for ((name, _), states) in columns.iter().zip(&states) {
        let differs = |(size, state): (&u64, &Whole)| state.rows() != *size;
        if let Some(row) = sizes.iter().zip(states).position(differs) {
            let [first, other] = [&columns[0].0, name].map(|name| quoted(name).to_string());
            return Err(format!(
                "row {row} has states of {} rows for column {first}, but of {} for column {other}",
                sizes[row],
                states[row].rows()
            ));
        }
    }
    // Without groups there are no states that would say the type.
    let is_null = |of: &Option<ColumnType>| {
        of.as_ref().is_none_or(|of| of.data_type() == Some(&DataType::Null))
    };
    let has_no_columns = match &columns[..] {
        [(name, of)] => name == NO_COLUMN && is_null(of),
        _ => false,
    };
    let columns = if has_no_columns { Default::default() } else { (columns, states) };
    Ok((columns, sizes))
}

/// The type of a column, and its state in each row.
fn read_states(
    source: &Bound<'_, PyAny>,
    column: &Column,
    name: &str,
) -> PyResult<(Option<ColumnType>, Vec<Whole>)> {
    let arrays = column.text.as_ref().map_or(Ok(vec![]), |text| text.read());
    let arrays = arrays.map_err(|malformed| malformed.in_column(&column.name).of(source))?;
    let decoded = source.py().detach(|| arrays.iter().flat_map(decode).collect::<Vec<_>>());
    let states = decoded.into_iter().enumerate().map(|(row, state)| {
        let refused = |why: String| no_table_of_states(source, &format!("row {row}, {why}"));
        state.map_err(|why| refused(format!("column {}: {why}", quoted(name))))
    });
    of_one_type(None, states.collect::<PyResult<_>>()?, name)
}

/// The states in an array, or what is wrong with them.
fn decode(array: &ArrayRef) -> Vec<Result<Moments, String>> {
    let decode = |bytes: &Option<&[u8]>| match bytes {
        None => Err("it has no state".to_string()),
        Some(bytes) => wire::decode(bytes).map_err(|invalid| invalid.to_string()),
    };
    /// How many states a thread deserializes at a time.
    const PART_STATES: usize = 1 << 10;
    /// What a state costs, in values to be added up.
    const STATE_COST: usize = 1 << 8;
    let all = bytes(array);
    let (parts, work) = (all.chunks(PART_STATES).collect(), array.len() * STATE_COST);
    let decoded = pool::map(parts, work, num_threads(), |part: &[_]| {
        part.iter().map(decode).collect::<Vec<_>>()
    });
    decoded.into_iter().flatten().collect()
}
