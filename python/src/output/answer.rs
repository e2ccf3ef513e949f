//! The answer to a question about a column as a Python object.

use arrow_schema::DataType;
use colstats::Answer;
use colstats::internals::types::{Family, family, scale};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};

use super::numbers::{decimal, integer, wide};
use super::times::{date, date_of_milliseconds, duration, time, timestamp};

/// The number, bool or time for an answer, which has a result type, about a column of a type.
pub fn to_python<'py>(
    py: Python<'py>,
    answer: Answer,
    of: &DataType,
    result: &DataType,
) -> PyResult<Bound<'py, PyAny>> {
    match (answer, result) {
        (Answer::Null, _) => Ok(py.None().into_bound(py)),
        (Answer::Float(value), _) => Ok(PyFloat::new(py, value).into_any()),
        (Answer::Integer(value), DataType::Boolean) => {
            Ok(PyBool::new(py, value != 0).to_owned().into_any())
        }
        (Answer::Integer(days), DataType::Date32) => date(py, days),
        (Answer::Integer(ticks), DataType::Date64) => date_of_milliseconds(py, ticks),
        (Answer::Integer(ticks), DataType::Time32(unit) | DataType::Time64(unit)) => {
            time(py, ticks, *unit)
        }
        (Answer::Integer(ticks), DataType::Timestamp(unit, zone)) => {
            timestamp(py, ticks, *unit, zone.as_deref())
        }
        (Answer::Integer(ticks), DataType::Duration(unit)) => duration(py, ticks, *unit),
        // Counts of decimals, and sums of integers, are integers.
        (Answer::Integer(value), of_units)
            if of_units.is_decimal() && family(of) == Family::Decimal =>
        {
            decimal(py, value, scale(of_units))
        }
        (Answer::Integer(value), _) => integer(py, value),
        (Answer::Wide(limbs), of_units) => decimal(py, wide(py, &limbs)?.str()?, scale(of_units)),
    }
}
