//! `weights=`: how often rows count, in the statistics of columns and in those of pairs.

use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::statistic::{Ticks, fine_type};
use colstats::internals::answers::weighted::{Typed, are_weights, ask_weighted};
use colstats::internals::columns::aligned::{BadWeight, Reading};
use colstats::internals::run::joint::fold_weights;
use colstats::internals::run::pool::num_threads;
use colstats::{Answer, Options, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::classes::rows::PyRow;
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::error::refused;
use crate::evaluate::{records, results_of_table};
use crate::groups::weighted::of_groups;
use crate::input::data::{Column, Input, Kind, Table};
use crate::names::{counted, quoted, type_name};
use crate::options::{Axes, Keywords, Label};
use crate::output::to_python;

/// A statistic of a column, or of each column of a table, whose rows have weights.
#[cold]
#[inline(never)]
pub fn ask<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    weights: &Bound<'py, PyAny>,
    keywords: Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    match &keywords {
        Keywords { by: Some(by), .. } => of_groups(data, by, statistic, weights, &keywords),
        Keywords { windows: Some(windows), .. } => Err(PyTypeError::new_err(format!(
            "weights= goes with one result for all rows, or with by=: it is not offered with {}",
            windows.option()
        ))),
        _ => ask_all(data, statistic, weights, &keywords),
    }
}

/// Refuses weights of arrays that are reduced along axes.
pub fn expect_no_axes(axes: &Axes, keepdims: bool) -> PyResult<()> {
    match axes {
        Axes::NotGiven if !keepdims => Ok(()),
        _ => Err(PyTypeError::new_err(
            "weights= is for columns and tables: it is not offered with axis=",
        )),
    }
}

fn ask_all<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    weights: &Bound<'py, PyAny>,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    match source(data)?.read_all()? {
        Input::Column(column) => {
            keywords.selection.expect_nothing()?;
            let weights = Weights::of_rows(weights, column.rows(), &described(&column.name))?;
            of_column(data, &column, statistic, &weights, keywords)
        }
        Input::Table(table) => {
            let (weights, columns) = Weights::of_table(weights, &table, keywords)?;
            of_columns(data.py(), &columns, statistic, &weights, keywords)
        }
    }
}

fn of_column<'py>(
    data: &Bound<'py, PyAny>,
    column: &Column,
    statistic: Statistic,
    weights: &Weights,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let result = column.result_type(statistic);
    let result = result.map_err(|error| refused(&error, &column.name, &type_name(data)))?;
    let answer = answer(data.py(), column, statistic, weights, Ticks::Fine, keywords)?;
    to_python(data.py(), answer, column.data_type(), &fine_type(statistic, result))
}

fn of_columns<'py>(
    py: Python<'py>,
    columns: &[&Column],
    statistic: Statistic,
    weights: &Weights,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    // Refusals come before any work.
    let promised = results_of_table(columns, statistic)?;
    let answers = columns.iter().map(|column| {
        let answer = answer(py, column, statistic, weights, Ticks::Unit, keywords)?;
        Ok(Answers::from_iter([answer]))
    });
    let answers = answers.collect::<PyResult<Vec<_>>>()?;
    PyRow::of(py, records(statistic, promised, &answers)?)
}

fn answer(
    py: Python<'_>,
    column: &Column,
    statistic: Statistic,
    weights: &Weights,
    ticks: Ticks,
    keywords: &Keywords,
) -> PyResult<Answer> {
    let (of, options) = (column.data_type(), &keywords.options);
    let question = Question { statistic, of, options, ticks };
    let ask = |threads| ask_weighted(&question, &column.chunks, weights.typed(), threads);
    let answer = if worth_detaching(column.rows()) {
        detached(py, || ask(keywords.threads.unwrap_or_else(num_threads)))?
    } else {
        ask(1)
    };
    answer.map_err(|bad| weights.refused(py, bad))
}

/// How a message speaks of a column, which may have no name.
fn described(name: &str) -> String {
    match name {
        "" => "the column".into(),
        name => format!("column {}", quoted(name)),
    }
}

/// The error for a weight that is none, although all have been checked.
pub fn changed() -> PyErr {
    PyValueError::new_err("a weight has changed while it was read")
}

/// The weights of rows.
pub struct Weights(Column);

impl Weights {
    /// The weights that an argument is, for as many rows as something has.
    pub fn of_rows(weights: &Bound<'_, PyAny>, rows: usize, what: &str) -> PyResult<Self> {
        if let Ok(name) = weights.cast::<PyString>() {
            let name = name.to_cow()?;
            return Err(PyTypeError::new_err(format!(
                "weights={} names a column of a table, but the data is no table: give the weights themselves",
                quoted(&name)
            )));
        }
        let column = match source(weights)?.read_all()? {
            Input::Column(column) => column,
            Input::Table(_) => {
                return Err(PyTypeError::new_err(format!(
                    "weights is a table ({}), not one column of weights",
                    type_name(weights)
                )));
            }
        };
        if column.rows() != rows {
            return Err(PyValueError::new_err(format!(
                "weights has {}, but {what} has {rows}: there must be a weight for each row",
                counted(column.rows(), "row")
            )));
        }
        Self::checked(column, "weights")
    }

    /// The weights of a table, and the columns that are selected. A column of the table that is named as the weights is
    /// only among these if `columns=` names it, too.
    pub fn of_table<'a>(
        weights: &Bound<'_, PyAny>,
        table: &'a Table,
        keywords: &Keywords,
    ) -> PyResult<(Self, Vec<&'a Column>)> {
        let mut columns = keywords.selection.of(table)?;
        let (weights, own) = Self::among(weights, table)?;
        if keywords.selection.columns.is_none() {
            columns.retain(|other| own.is_none_or(|own| !std::ptr::eq(*other, own)));
        }
        Ok((weights, columns))
    }

    /// The weights of a table, and the column that they are, if it is one of the table.
    pub fn among<'a>(
        weights: &Bound<'_, PyAny>,
        table: &'a Table,
    ) -> PyResult<(Self, Option<&'a Column>)> {
        let Ok(name) = weights.cast::<PyString>() else {
            return Ok((Self::of_rows(weights, table.rows, "the table")?, None));
        };
        let column = Label::Name(name.to_str()?.into()).find(table)?;
        let what = format!("column {}", quoted(&column.name));
        Ok((Self::checked(column.clone(), &what)?, Some(column)))
    }

    /// The column of the weights.
    pub fn column(&self) -> &Column {
        &self.0
    }

    fn checked(column: Column, what: &str) -> PyResult<Self> {
        match &column.kind {
            Kind::Readable(data_type) if are_weights(data_type) => Ok(Self(column)),
            kind => Err(PyTypeError::new_err(format!(
                "{what} is {}: weights must be numbers",
                kind.name()
            ))),
        }
    }

    pub fn typed(&self) -> Typed<'_> {
        (self.0.data_type(), &self.0.chunks)
    }

    /// Refuses weights of which one is none, before the rows are taken in another order: errors name rows of the table.
    pub fn check(&self, py: Python<'_>, threads: usize) -> PyResult<()> {
        let reading = Reading { are_weighted: true, ..Reading::FINITE };
        let checked = detached(py, || fold_weights(&[self.typed().1], reading, threads))?;
        checked.map(drop).map_err(|bad| self.refused(py, bad))
    }

    /// The error for a weight that is none.
    pub fn refused(&self, py: Python<'_>, BadWeight { row }: BadWeight) -> PyErr {
        let of = match self.0.name.as_str() {
            "" => String::new(),
            name => format!(" in column {}", quoted(name)),
        };
        match self.shown(py, row) {
            Ok(shown) => PyValueError::new_err(format!(
                "the weight of row {row}{of} is {shown}: weights must be finite and not negative (a null leaves the row \
                 out)"
            )),
            Err(error) => error,
        }
    }

    /// The weight of a row, exactly.
    fn shown(&self, py: Python<'_>, row: usize) -> PyResult<String> {
        let (of, options) = (self.0.data_type(), &Options::default());
        let question = Question { statistic: Statistic::Min, of, options, ticks: Ticks::Unit };
        let mut start = 0;
        let chunk = self.0.chunks.iter().find(|chunk| {
            start += chunk.rows();
            row < start
        });
        let Some(chunk) = chunk else {
            return Ok("none".into());
        };
        let chunk = chunk.slice(row + chunk.rows() - start, 1);
        let result = self.0.result_type(Statistic::Min);
        let result = result.map_err(|error| refused(&error, &self.0.name, "weights"))?;
        let weight = to_python(py, question.ask(&[chunk][..]), of, &result)?;
        Ok(weight.str()?.to_cow()?.into_owned())
    }
}
