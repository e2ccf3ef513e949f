//! Keywords that every function and method shares, and what they turn into.

use std::num::NonZeroUsize;

use colstats::{Nans, Nulls, Per, Policy};
use pyo3::exceptions::{PyKeyError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString};

use crate::input::data::{Column, Table};
use crate::names::{listed, quoted};

/// An integer that must not be negative. What exceeds 64 bits is more than any column has.
pub struct NonNegative(pub u64);

impl<'py> FromPyObject<'_, 'py> for NonNegative {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(value) = object.extract::<i64>() {
            let negative = |_| {
                let message = format!("ddof and min_count must not be negative, got {value}");
                PyValueError::new_err(message)
            };
            return u64::try_from(value).map(Self).map_err(negative);
        }
        if !object.is_instance_of::<PyInt>() {
            let name = crate::names::type_name(&object);
            return Err(PyTypeError::new_err(format!("ddof and min_count are ints, got {name}")));
        }
        match object.gt(0)? {
            true => Ok(Self(u64::MAX)),
            false => Err(PyValueError::new_err("ddof and min_count must not be negative")),
        }
    }
}

/// What the keywords of a call say, but for those that select from a table.
pub struct Options {
    pub policy: Policy,
    /// Of what there is an answer each; of all, if nothing is said.
    pub per: Option<Per>,
    /// How many threads may be used; the default, if nothing is said.
    pub threads: Option<usize>,
}

impl Options {
    /// `min_count` and `ddof` differ in their defaults.
    pub fn new(
        skip_nulls: bool,
        skip_nans: bool,
        min_count: NonNegative,
        ddof: NonNegative,
        threads: Option<Threads>,
    ) -> Self {
        let policy = Policy {
            nulls: if skip_nulls { Nulls::Skip } else { Nulls::Propagate },
            nans: if skip_nans { Nans::AreNull } else { Nans::Propagate },
            min_count: min_count.0,
            ddof: ddof.0,
        };
        Self { policy, per: None, threads: threads.map(|threads| threads.0) }
    }

    /// The same with an answer for each piece.
    pub fn per(self, piece: Option<Piece>) -> Self {
        Self { per: piece.map(|piece| piece.0), ..self }
    }

    /// The options of counting.
    pub fn counting(skip_nans: bool, threads: Option<Threads>) -> Self {
        Self::new(true, skip_nans, NonNegative(0), NonNegative(0), threads)
    }
}

/// What `per=` asks for an answer of.
pub struct Piece(pub Per);

impl<'py> FromPyObject<'_, 'py> for Piece {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        const EXPECTED: &str = "per takes \"chunk\" or a number of rows";
        if let Ok(text) = object.cast::<PyString>() {
            return match text.to_cow()?.as_ref() {
                "chunk" => Ok(Self(Per::Chunk)),
                other => Err(PyValueError::new_err(format!("{EXPECTED}, got {}", quoted(other)))),
            };
        }
        if object.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err(format!("{EXPECTED}, not a bool")));
        }
        match object.extract::<i64>() {
            Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => {
                let name = crate::names::type_name(&object);
                Err(PyTypeError::new_err(format!("{EXPECTED}, not {name}")))
            }
            rows => {
                // More than 63 bits are more rows than any column has.
                let rows =
                    rows.or_else(|_| object.gt(0).map(|gt| if gt { i64::MAX } else { 0 }))?;
                let rows = usize::try_from(rows).ok().and_then(NonZeroUsize::new);
                rows.map(|rows| Self(Per::Rows(rows))).ok_or_else(|| {
                    PyValueError::new_err("per takes a number of rows of at least 1")
                })
            }
        }
    }
}

/// A number of threads: at least one.
pub struct Threads(pub usize);

impl<'py> FromPyObject<'_, 'py> for Threads {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        /// More would only be in each other's way.
        const MOST: i64 = 1024;
        match object.extract::<i64>() {
            Ok(threads @ 1..=MOST) => Ok(Self(threads as usize)),
            Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => {
                let name = crate::names::type_name(&object);
                Err(PyTypeError::new_err(format!("a number of threads is an int, not {name}")))
            }
            _ => {
                let got = object.repr()?;
                let message = format!("a number of threads is from 1 to {MOST}, got {got}");
                Err(PyValueError::new_err(message))
            }
        }
    }
}

/// Which columns of a table are wanted: `columns=` and `numeric_only=`.
#[derive(Default)]
pub struct Selection {
    pub columns: Option<Vec<Label>>,
    pub numeric_only: bool,
}

/// A column by its name or its position.
pub enum Label {
    Name(String),
    Position(isize),
}

impl<'py> FromPyObject<'_, 'py> for Label {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(name) = object.cast::<PyString>() {
            return Ok(Self::Name(name.to_string()));
        }
        match object.extract() {
            Ok(position) => return Ok(Self::Position(position)),
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
                // Nobody has so many columns that it matters which of them.
                let positive = object.gt(0).unwrap_or(true);
                return Ok(Self::Position(if positive { isize::MAX } else { isize::MIN }));
            }
            Err(_) => {}
        }
        let name = crate::names::type_name(&object);
        Err(PyTypeError::new_err(format!("a column is named by a str or an int, not by {name}")))
    }
}

impl Selection {
    /// From the keywords as Python hands them over.
    pub fn new(columns: Option<&Bound<'_, PyAny>>, numeric_only: bool) -> PyResult<Self> {
        let columns = match columns {
            None => None,
            Some(text) if text.is_instance_of::<PyString>() => {
                let name = text.extract::<String>()?;
                let message = format!("columns takes a list of names: columns=[{}]", quoted(&name));
                return Err(PyTypeError::new_err(message));
            }
            Some(labels) => {
                let Ok(iterator) = labels.try_iter() else {
                    let name = crate::names::type_name(labels);
                    let message = format!("columns takes a list of names or positions, not {name}");
                    return Err(PyTypeError::new_err(message));
                };
                let labels = iterator.map(|label| label?.extract());
                Some(labels.collect::<PyResult<Vec<_>>>()?)
            }
        };
        Ok(Self { columns, numeric_only })
    }

    /// The columns of a table that are wanted, in the order they are named.
    pub fn of<'a>(&self, table: &'a Table) -> PyResult<Vec<&'a Column>> {
        let named: Vec<&Column> = match &self.columns {
            None => table.columns.iter().collect(),
            Some(labels) => {
                labels.iter().map(|label| label.find(table)).collect::<PyResult<_>>()?
            }
        };
        let wanted = |column: &&Column| !self.numeric_only || column.is_numeric();
        Ok(named.into_iter().filter(wanted).collect())
    }

    /// A single column has nothing to select from.
    pub fn expect_nothing(&self) -> PyResult<()> {
        if self.columns.is_some() {
            return Err(PyTypeError::new_err(
                "columns= selects from a table, but this is one column",
            ));
        }
        Ok(())
    }
}

impl Label {
    /// The column of a table with this label.
    pub fn find<'a>(&self, table: &'a Table) -> PyResult<&'a Column> {
        match self {
            Self::Name(name) => find_by_name(table, name),
            Self::Position(position) => find_by_position(table, *position),
        }
    }
}

fn find_by_name<'a>(table: &'a Table, name: &str) -> PyResult<&'a Column> {
    let mut found = table.columns.iter().enumerate().filter(|(_, column)| column.name == name);
    match (found.next(), found.next()) {
        (Some((_, column)), None) => Ok(column),
        (Some((first, _)), Some((second, _))) => Err(PyKeyError::new_err(format!(
            "the name {} is not unique: it names the columns {first} and {second}; \
             use the position instead",
            quoted(name)
        ))),
        (None, _) => {
            let names = listed(table.columns.iter().map(|column| column.name.as_str()));
            Err(PyKeyError::new_err(format!("no column {}; there are: {names}", quoted(name))))
        }
    }
}

fn find_by_position(table: &Table, position: isize) -> PyResult<&Column> {
    let count = table.columns.len();
    let index = if position < 0 { position.checked_add_unsigned(count) } else { Some(position) };
    let index = index.and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| table.columns.get(index)).ok_or_else(|| {
        pyo3::exceptions::PyIndexError::new_err(format!(
            "no column at position {position}: there are {count}"
        ))
    })
}
