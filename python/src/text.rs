//! Minima, maxima and quantiles of text and bytes, which are found in whole columns and have no states.
//!
//! Text is read here, and in keys of groups, only: see [`Text`](crate::input::data::Text).

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use colstats::internals::ErrorKind;
use colstats::internals::answers::order::{Interpolation, Share};
use colstats::internals::answers::text::{TextExtreme, bytes_for, text_array, text_quantiles};
use colstats::{Options, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::detach::worth_detaching;
use crate::error::about;
use crate::input::data::{Column, Kind};
use crate::memory::expect_memory;
use crate::names::{quoted, type_name};

/// The type of the values of a column, if they are text or bytes. Values of a dictionary are of the type that it has
/// values of.
pub fn text_type(column: &Column) -> Option<&DataType> {
    match column.kind {
        Kind::Readable(_) => None,
        _ => column.text.as_ref().map(|text| text.values_type()),
    }
}

/// Makes the name of the type of an object, for errors.
pub type Whose<'a> = &'a dyn Fn() -> String;

/// The minimum or maximum of each column that is text, batch by batch.
pub struct TextExtremes {
    columns: Vec<Option<Extreme>>,
}

struct Extreme {
    name: String,
    of: DataType,
    found: TextExtreme,
}

impl TextExtremes {
    /// Of columns that are in the first batch; of none, unless the statistic is the minimum or maximum.
    pub fn new(columns: &[&Column], statistic: Statistic) -> Self {
        let is_text = |column: &&Column| text_type(column).is_some();
        if TextExtreme::new(statistic).is_none() || !columns.iter().any(is_text) {
            return Self::none(); // nothing is allocated for tables of numbers
        }
        let extreme = |column: &&Column| {
            let (of, found) = (text_type(column)?.clone(), TextExtreme::new(statistic)?);
            Some(Extreme { name: column.name.clone(), of, found })
        };
        Self { columns: columns.iter().map(extreme).collect() }
    }

    /// Of no columns.
    pub fn none() -> Self {
        Self { columns: vec![] }
    }

    /// The type of the extreme of a column, if it is text.
    pub fn result(&self, column: usize) -> Option<&DataType> {
        self.columns.get(column)?.as_ref().map(|extreme| &extreme.of)
    }

    /// Takes in the same columns of a batch; `whose` names the type of the object that they are from.
    pub fn push(&mut self, py: Python<'_>, whose: Whose<'_>, columns: &[&Column]) -> PyResult<()> {
        for (extreme, column) in self.columns.iter_mut().zip(columns) {
            let Some(Extreme { found, .. }) = extreme else {
                continue;
            };
            let arrays = read(whose, column)?;
            maybe_detached(py, column.rows(), || {
                arrays.iter().for_each(|array| found.push(array));
            });
        }
        Ok(())
    }

    /// The answers: an array of one value for each column that is text.
    pub fn arrays(&self, options: &Options) -> PyResult<Vec<Option<ArrayRef>>> {
        let array = |extreme: &Option<Extreme>| {
            let Some(Extreme { name, of, found }) = extreme else {
                return Ok(None);
            };
            text_of(name, of, &[found.answer(options)]).map(Some)
        };
        self.columns.iter().map(array).collect()
    }
}

/// Quantiles of a column of text; none of them lies between two values.
pub fn quantiles_of_text(
    data: &Bound<'_, PyAny>,
    column: &Column,
    of: &DataType,
    (shares, interpolation): (&[Share], Interpolation),
    options: &Options,
) -> PyResult<ArrayRef> {
    let arrays = read(&|| type_name(data), column)?;
    let name = quoted(&column.name);
    expect_memory(bytes_for(&arrays), || format!("to sort the text of column {name}"))?;
    let found = maybe_detached(data.py(), column.rows(), || {
        text_quantiles(&arrays, shares, interpolation, options)
    });
    text_of(&column.name, of, &found)
}

/// The values of a column, as bytes or as dictionaries of bytes.
fn read(whose: Whose<'_>, column: &Column) -> PyResult<Vec<ArrayRef>> {
    let Some(text) = &column.text else {
        return Err(PyTypeError::new_err(format!(
            "{}: column {} is text in some batches and {} in others",
            whose(),
            quoted(&column.name),
            column.kind.name()
        )));
    };
    text.read().map_err(|malformed| malformed.in_column(&column.name).of_type(&whose()))
}

/// Answers as an array of the type of the values.
fn text_of(name: &str, of: &DataType, answers: &[Option<&[u8]>]) -> PyResult<ArrayRef> {
    text_array(of, answers.iter().copied()).map_err(|error| {
        PyValueError::new_err(match *error.kind() {
            ErrorKind::NotText { .. } => format!(
                "column {}: text that is not UTF-8, or more of it than its type holds",
                quoted(name)
            ),
            _ => about(name, &error),
        })
    })
}

fn maybe_detached<T: Send>(py: Python<'_>, rows: usize, work: impl FnOnce() -> T + Send) -> T {
    if worth_detaching(rows) { py.detach(work) } else { work() }
}
