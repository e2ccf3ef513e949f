//! Rows with a value each, in any of the layouts that are read without a copy.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, BooleanArray, NullArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::array;
use super::dictionary::Dictionary;
use super::opaque::Opaque;
use super::primitive::with_primitive;
use super::strided::{Layout, Missing, Strided};
use super::values::Values;
use crate::error::Error;
use crate::kernels::{ByteOrder, Need};
use crate::states::accumulator::Accumulator;
use crate::types::is_readable;

/// Rows with a value each. Variants that are rare and large are boxed.
#[derive(Clone, Debug)]
pub enum Plain {
    /// An Arrow array whose values can be read.
    Array(ArrayRef),
    /// Values at a stride.
    Strided(Box<Strided>),
    /// Values referred to by keys.
    Dictionary(Box<Dictionary>),
    /// Values that are not read.
    Opaque(Opaque),
}

impl Plain {
    /// Contiguous numbers. If they are not aligned for their type, they are read as [`Strided`].
    ///
    /// # Panics
    /// If the type is not one of plain numbers ([`native_width`](crate::types::native_width)), or the
    /// buffer is too short.
    pub fn numbers(
        data_type: &DataType,
        values: Buffer,
        rows: usize,
        validity: Option<NullBuffer>,
    ) -> Self {
        with_primitive!(data_type, P => {
            type Native = <P as ArrowPrimitiveType>::Native;
            if !values.as_ptr().cast::<Native>().is_aligned() {
                let width = size_of::<Native>();
                let layout = Layout::new(values, 0, width as isize, width, rows);
                let layout = layout.expect("the buffer holds all rows");
                let missing = validity.map_or(Missing::Nothing, Missing::Null);
                let strided = Strided::new(layout, data_type.clone(), ByteOrder::Native);
                return Self::Strided(Box::new(strided.with_missing(missing)));
            }
            let array = PrimitiveArray::<P>::new(ScalarBuffer::new(values, 0, rows), validity);
            Self::Array(Arc::new(array.with_data_type(data_type.clone())))
        }, _ => panic!("{data_type} values are not plain numbers"))
    }

    /// Booleans of one bit each.
    pub fn bits(values: BooleanBuffer, validity: Option<NullBuffer>) -> Self {
        Self::Array(Arc::new(BooleanArray::new(values, validity)))
    }

    /// Rows that are all null, of type null.
    pub fn nulls(rows: usize) -> Self {
        Self::Array(Arc::new(NullArray::new(rows)))
    }

    /// Rows that refer to values by keys, which are an array of integers of any width.
    ///
    /// # Panics
    /// If the keys are not integers.
    pub fn dictionary(keys: &dyn Array, values: Values) -> Result<Self, Error> {
        Ok(match values {
            Values::Array(values) => Self::Dictionary(Box::new(Dictionary::new(keys, &values)?)),
            Values::Opaque(values) => Self::Opaque(Dictionary::opaque(keys, values)?),
        })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Array(array) => array.len(),
            Self::Strided(strided) => strided.len(),
            Self::Dictionary(dictionary) => dictionary.len(),
            Self::Opaque(opaque) => opaque.rows,
        }
    }

    /// The number of values that a pass must read: one per row, but none for rows without memory.
    pub fn work(&self) -> usize {
        match self {
            Self::Array(array) if *array.data_type() == DataType::Null => 0,
            Self::Opaque(Opaque { validity: None, .. }) => 0,
            other => other.rows(),
        }
    }

    /// `rows` of the rows, from `start` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn slice(&self, start: usize, rows: usize) -> Self {
        match self {
            Self::Array(array) => Self::Array(array.slice(start, rows)),
            Self::Strided(strided) => Self::Strided(Box::new(strided.slice(start, rows))),
            Self::Dictionary(keys) => Self::Dictionary(Box::new(keys.slice(start, rows))),
            Self::Opaque(opaque) => Self::Opaque(opaque.slice(start, rows)),
        }
    }

    /// The rows without an encoding: copied if they are strided or refer to a dictionary.
    pub fn decoded(&self) -> Values {
        match self {
            Self::Array(array) => Values::Array(Arc::clone(array)),
            Self::Strided(strided) => Values::Array(strided.copied()),
            Self::Dictionary(dictionary) => Values::Array(dictionary.decoded()),
            Self::Opaque(opaque) => Values::Opaque(opaque.clone()),
        }
    }

    /// The same rows, with those that are not selected made null.
    pub fn masked(&self, selected: &NullBuffer) -> Self {
        match self {
            Self::Array(array) => Self::Array(array::masked(array, selected)),
            Self::Strided(strided) => Self::Strided(Box::new(strided.masked(selected))),
            Self::Dictionary(dictionary) => Self::Dictionary(Box::new(dictionary.masked(selected))),
            Self::Opaque(opaque) => Self::Opaque(opaque.masked(selected)),
        }
    }

    /// Adds the values to a state, gathering what is needed.
    #[inline]
    pub fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        match self {
            Self::Array(array) => array::fold(array, need, accumulator),
            Self::Strided(strided) => strided.fold(need, accumulator),
            Self::Dictionary(dictionary) => dictionary.fold(need, accumulator),
            Self::Opaque(opaque) => opaque.fold(need, accumulator),
        }
    }
}

impl From<Values> for Plain {
    fn from(values: Values) -> Self {
        match values {
            Values::Array(array) => Self::Array(array),
            Values::Opaque(opaque) => Self::Opaque(opaque),
        }
    }
}

impl From<ArrayRef> for Plain {
    /// Arrays whose type has no statistics are only counted.
    fn from(array: ArrayRef) -> Self {
        if is_readable(array.data_type()) {
            return Self::Array(array);
        }
        if let Some(dictionary) = array.as_any_dictionary_opt()
            && is_readable(dictionary.values().data_type())
            && let values = Values::Array(Arc::clone(dictionary.values()))
            && let Ok(plain) = Self::dictionary(dictionary.keys(), values)
        {
            return plain;
        }
        Self::Opaque(Opaque { rows: array.len(), validity: array.logical_nulls() })
    }
}
