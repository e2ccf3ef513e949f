//! From columns to moments: the one place that looks at the type of a column to read its values.
//!
//! A [`Column`] is a type and a list of [`Chunk`]s. Arrow arrays are read where they lie; so are
//! [`Strided`] values. Columns of types that have no statistics (strings, lists, ...) are held as
//! [`Opaque`]: their rows can be counted and nothing else.

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;

use crate::kernels::Need;
use crate::kernels::mask::{Mask, Masked};
use crate::moments::Moments;
use crate::strided::Strided;
use crate::types::{is_readable, with_primitive};

/// Part of a column, contiguous in its rows.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// An Arrow array.
    Array(ArrayRef),
    /// Values at a stride.
    Strided(Strided),
    /// Values that are not looked at.
    Opaque(Opaque),
}

/// Rows of which only the validity is known.
#[derive(Clone, Debug)]
pub struct Opaque {
    /// How many.
    pub rows: usize,
    /// Which of them are not null; all, if absent.
    pub validity: Option<NullBuffer>,
}

impl Chunk {
    /// How many rows the chunk has.
    pub fn rows(&self) -> usize {
        match self {
            Self::Array(array) => array.len(),
            Self::Strided(strided) => strided.len(),
            Self::Opaque(opaque) => opaque.rows,
        }
    }

    /// Adds the values to a state, finding out what is needed.
    #[inline]
    pub fn fold(&self, need: Need, moments: &mut Moments) {
        match self {
            Self::Array(array) => fold_array(array, need, moments),
            Self::Strided(strided) => fold_strided(strided, need, moments),
            Self::Opaque(opaque) => fold_validity(opaque.rows, opaque.validity.as_ref(), moments),
        }
    }
}

impl From<ArrayRef> for Chunk {
    /// Arrays whose type has no statistics become [`Opaque`].
    fn from(array: ArrayRef) -> Self {
        if is_readable(array.data_type()) {
            return Self::Array(array);
        }
        Self::Opaque(Opaque { rows: array.len(), validity: array.logical_nulls() })
    }
}

#[inline]
fn fold_array(array: &ArrayRef, need: Need, moments: &mut Moments) {
    let rows = array.len();
    with_primitive!(array.data_type(), P => {
        let array = array.as_primitive::<P>();
        let values: &[<P as ArrowPrimitiveType>::Native] = array.values();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => moments.update(rows, &values, need),
            Some(nulls) => moments.update(rows, &Masked::new(values, mask(nulls.inner())), need),
        }
    }, _ => match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            fold_bits(array.values(), array.nulls(), moments);
        }
        DataType::Null => moments.update_counts(0, rows),
        _ => fold_validity(rows, array.logical_nulls().as_ref(), moments),
    })
}

fn fold_strided(strided: &Strided, need: Need, moments: &mut Moments) {
    let rows = strided.len();
    with_primitive!(strided.data_type(), P => {
        moments.update(rows, &strided.read::<<P as ArrowPrimitiveType>::Native>(), need);
    }, _ => match strided.data_type() {
        DataType::Boolean => moments.update(rows, &strided.read_bytes_as_bits(), need),
        other => unreachable!("no strided values are made of type {other}"),
    })
}

fn fold_bits(values: &BooleanBuffer, nulls: Option<&NullBuffer>, moments: &mut Moments) {
    let rows = values.len();
    let (valid, ones) = match nulls {
        None => (rows, mask(values).count_ones()),
        Some(nulls) => {
            let both = mask(values).words().zip(mask(nulls.inner()).words());
            let ones = both.map(|(value, valid)| (value & valid).count_ones() as usize).sum();
            (rows - nulls.null_count(), ones)
        }
    };
    moments.update_bits(rows, valid, ones);
}

fn fold_validity(rows: usize, validity: Option<&NullBuffer>, moments: &mut Moments) {
    let nulls = validity.map_or(0, NullBuffer::null_count);
    moments.update_counts(rows - nulls, nulls);
}

fn mask(bits: &BooleanBuffer) -> Mask<'_> {
    Mask::new(bits.values(), bits.offset(), bits.len())
}
