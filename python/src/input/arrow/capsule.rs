//! The door `__arrow_c_array__`: two capsules, one with a schema and one with an array.
//!
//! The schema is read where it lies. The array is moved out of its capsule, which then holds a
//! released one: a second consumer finds nothing, and nothing is released twice. If the schema
//! cannot be read, the array stays in its capsule.

use std::ffi::CStr;
use std::slice::from_ref;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyCapsule, PyTuple};
use smallvec::{SmallVec, smallvec};

use super::abi::{ArrowArray, ArrowSchema, Releasable, take};
use super::array;
use super::schema::{self, Field, Layout};
use super::stream;
use super::text::Texts;
use crate::input::data::{Chunks, Column, Input, MAX_ROWS, Table};
use crate::input::malformed::{Malformed, unexpected_result};
use crate::names::type_name;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    let method = "__arrow_c_array__";
    let exported = match object.call_method0(intern!(object.py(), "__arrow_c_array__")) {
        Ok(exported) => exported,
        Err(refusal) => return stream::open_instead(object, refusal),
    };
    let (field, capsule) = schema_and_data(object, method, &exported)?;
    let array: ArrowArray = move_out(object, method, &capsule, ARRAY)?;
    import(object, &field, array)
}

/// The column or table of one array.
pub fn import(object: &Bound<'_, PyAny>, field: &Field, array: ArrowArray) -> PyResult<Input> {
    let mut builder = Builder::new(field);
    builder.push(array, field).map_err(|malformed| malformed.of(object))?;
    Ok(builder.finish())
}

/// The parsed schema and the second capsule out of what an export returned.
pub fn schema_and_data<'py>(
    object: &Bound<'py, PyAny>,
    method: &str,
    exported: &Bound<'py, PyAny>,
) -> PyResult<(Field, Bound<'py, PyAny>)> {
    let pair = exported.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
    let pair = pair.ok_or_else(|| match exported.cast::<PyTuple>() {
        Ok(tuple) => PyValueError::new_err(format!(
            "{}.{method}() returned a tuple of {} instead of two capsules",
            type_name(object),
            tuple.len()
        )),
        Err(_) => unexpected_result(object, method, exported, "a tuple of two capsules"),
    })?;
    let capsule = pair.get_item(0)?;
    let schema: *mut ArrowSchema = contents(object, method, &capsule, SCHEMA)?;
    // SAFETY: a capsule of this name holds an ArrowSchema, and `pair` keeps it alive.
    let field = schema::parse(unsafe { &*schema }).map_err(|malformed| malformed.of(object))?;
    Ok((field, pair.get_item(1)?))
}

/// Moves the structure out of a capsule of the given name.
pub fn move_out<T: Releasable>(
    object: &Bound<'_, PyAny>,
    method: &str,
    capsule: &Bound<'_, PyAny>,
    name: &CStr,
) -> PyResult<T> {
    let place: *mut T = contents(object, method, capsule, name)?;
    // If another thread has the same capsule, one of them finds the structure in it. A capsule that
    // holds nothing is left as it is.
    // SAFETY: a capsule of this name holds a `T`, and `capsule` keeps it alive.
    let taken = with_critical_section(capsule, || unsafe {
        (!(*place).is_released()).then(|| take(place))
    });
    taken.ok_or_else(|| {
        PyValueError::new_err(format!(
            "the {} capsule of {}.{method}() holds nothing: it has been consumed or released already",
            name.to_string_lossy(),
            type_name(object)
        ))
    })
}

/// The pointer in a capsule of the given name.
fn contents<T>(
    object: &Bound<'_, PyAny>,
    method: &str,
    capsule: &Bound<'_, PyAny>,
    name: &CStr,
) -> PyResult<*mut T> {
    let expected = || name.to_string_lossy();
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| {
        unexpected_result(object, method, capsule, &format!("a capsule named {:?}", expected()))
    })?;
    let pointer = capsule.pointer_checked(Some(name)).map_err(|_| {
        PyValueError::new_err(format!(
            "{}.{method}() returned a capsule that is not named {:?}",
            type_name(object),
            expected()
        ))
    })?;
    Ok(pointer.as_ptr().cast())
}

/// The sum of two numbers of rows.
pub fn added(rows: usize, more: usize) -> Result<usize, Malformed> {
    let all = rows.checked_add(more).filter(|&rows| rows <= MAX_ROWS);
    all.ok_or_else(|| Malformed::new(format!("more than {MAX_ROWS} rows")))
}

/// Collects the arrays of a field into columns.
pub struct Builder {
    columns: SmallVec<[Column; 1]>,
    texts: Texts,
    rows: usize,
    is_table: bool,
}

impl Builder {
    /// For arrays of a field.
    pub fn new(field: &Field) -> Self {
        let column = |field: &Field| Column {
            name: field.name.clone(),
            kind: field.layout.kind(),
            chunks: Chunks::new(),
            text: None,
        };
        match &field.layout {
            Layout::Struct(fields) => {
                let (columns, texts) = (fields.iter().map(column).collect(), Texts::new(fields));
                Self { columns, texts, rows: 0, is_table: true }
            }
            _ => {
                let (columns, texts) = (smallvec![column(field)], Texts::new(from_ref(field)));
                Self { columns, texts, rows: 0, is_table: false }
            }
        }
    }

    /// Takes the next array.
    pub fn push(&mut self, array: ArrowArray, field: &Field) -> Result<(), Malformed> {
        let rows = array::import(array, field, &mut self.columns, &mut self.texts)?;
        self.rows = added(self.rows, rows)?;
        Ok(())
    }

    /// How many rows there are so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn finish(mut self) -> Input {
        self.texts.attach(&mut self.columns);
        match self.columns.pop() {
            Some(column) if !self.is_table => return Input::Column(column),
            last => self.columns.extend(last),
        }
        Input::Table(Table::new(self.columns.into_vec(), self.rows))
    }
}
