//! The type of a state, and its statistics as Python objects.

use arrow_schema::DataType;
use colstats::internals::answers::statistic::{Ticks, answer, fine_type};
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::types;
use colstats::{Moments, Statistic};
use pyo3::prelude::*;

use crate::error::refused;
use crate::input::data::{Chunks, Column, Kind};
use crate::names::type_name;
use crate::options::Keywords;
use crate::output::to_python;

/// The type that the state of a column has: that of its values, however they are encoded.
pub fn type_of(column: &Column) -> ColumnType {
    ColumnType::named(match &column.kind {
        Kind::Readable(data_type) => types::name(types::plain(data_type)),
        Kind::Unreadable(name) | Kind::Unknown(name) => name.clone(),
    })
}

/// A statistic of a state: a Python number, datetime or `None`.
pub fn of_state<'py>(
    source: &Bound<'py, PyAny>,
    state: &Moments,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let column = hollow(String::new(), state);
    let result = column.result_type(statistic);
    let result = result.map_err(|error| refused(&error, &column.name, &type_name(source)))?;
    let expect = state.expect_known(statistic);
    expect.map_err(|error| refused(&error, &column.name, &type_name(source)))?;
    let (options, ticks) = (&keywords.options, Ticks::Fine);
    let answer = answer(statistic, column.data_type(), state.accumulator(), options, ticks);
    to_python(source.py(), answer, column.data_type(), &fine_type(statistic, result))
}

/// A column with the type of a state, and no values.
pub fn hollow(name: String, state: &Moments) -> Column {
    let kind = match state.of().map(|of| (of, of.data_type())) {
        None => Kind::Readable(DataType::Null),
        Some((_, Some(data_type))) => Kind::Readable(data_type.clone()),
        Some((of, None)) => Kind::Unreadable(of.name().into()),
    };
    Column { name, kind, chunks: Chunks::new(), text: None }
}
