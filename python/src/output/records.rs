//! Results with several columns: Arrow arrays of one length, which leave as capsules of Arrow's C
//! interfaces or element by element.

use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Decimal128Type;
use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchOptions, StructArray,
    cast::AsArray,
};
use arrow_schema::{ArrowError, Field, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arro3;
use super::element;
use super::numbers::integer;

/// Columns of one length.
#[derive(Clone)]
pub struct Records {
    pub columns: Vec<Values>,
    pub rows: usize,
}

/// A column of results.
#[derive(Clone)]
pub struct Values {
    pub field: Field,
    pub array: ArrayRef,
    /// Whether these are sums of integers: to Arrow decimals, to Python integers.
    pub integers: bool,
}

impl Values {
    pub fn new(field: Field, array: ArrayRef) -> Self {
        Self { field, array, integers: false }
    }

    /// A value as a Python object, exactly.
    pub fn get<'py>(&self, py: Python<'py>, row: usize) -> PyResult<Bound<'py, PyAny>> {
        match self.array.as_primitive_opt::<Decimal128Type>() {
            Some(sums) if self.integers && row < sums.len() && sums.is_valid(row) => {
                integer(py, sums.value(row))
            }
            _ => element(py, &self.array, row),
        }
    }
}

impl Records {
    /// Columns of the same length; without columns there is one row.
    pub fn new(columns: Vec<Values>) -> Self {
        let rows = columns.first().map_or(1, |column| column.array.len());
        Self { columns, rows }
    }

    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.field.name().as_str())
    }

    /// Whether names, types, and values to the bit are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |(ours, theirs): (&Values, &Values)| {
            ours.field.name() == theirs.field.name()
                && ours.integers == theirs.integers
                && ours.array.to_data() == theirs.array.to_data()
        };
        self.rows == other.rows
            && self.columns.len() == other.columns.len()
            && self.columns.iter().zip(&other.columns).all(same)
    }

    /// The result of `__arrow_c_schema__`.
    pub fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let schema = FFI_ArrowSchema::try_from(self.arrow_schema()).map_err(failed)?;
        Ok(PyCapsule::new_with_value(py, schema, c"arrow_schema")?.into_any())
    }

    /// The result of `__arrow_c_array__`.
    pub fn array<'py>(
        &self,
        py: Python<'py>,
        requested: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if requested.is_some() {
            let batch = arro3::record_batch(py, self)?;
            return batch.call_method1("__arrow_c_array__", (requested,));
        }
        let array = FFI_ArrowArray::new(&self.to_struct()?.to_data());
        let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
        Ok((self.schema(py)?, array).into_pyobject(py)?.into_any())
    }

    /// The result of `__arrow_c_stream__`.
    pub fn stream<'py>(
        &self,
        py: Python<'py>,
        requested: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if requested.is_some() {
            let table = arro3::table(py, self)?;
            return table.call_method1("__arrow_c_stream__", (requested,));
        }
        let schema = Arc::new(self.arrow_schema());
        let arrays = self.columns.iter().map(|column| Arc::clone(&column.array)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options);
        let reader = RecordBatchIterator::new([Ok(batch.map_err(failed)?)], schema);
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        Ok(PyCapsule::new_with_value(py, stream, c"arrow_array_stream")?.into_any())
    }

    pub(super) fn arrow_schema(&self) -> Schema {
        Schema::new(self.columns.iter().map(|column| column.field.clone()).collect::<Vec<_>>())
    }

    pub(super) fn to_struct(&self) -> PyResult<StructArray> {
        if self.columns.is_empty() {
            return Ok(StructArray::new_empty_fields(self.rows, None));
        }
        let fields = self.arrow_schema().fields;
        let arrays = self.columns.iter().map(|column| Arc::clone(&column.array)).collect();
        StructArray::try_new(fields, arrays, None).map_err(failed)
    }
}

pub(super) fn failed(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
