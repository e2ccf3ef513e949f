//! From columns to moments: the one place that looks at the type of a column to read its values.
//!
//! A column is a list of [`Chunk`]s of one type. Arrow arrays are read where they lie; so are
//! [`Strided`] values, and those of a [`Dictionary`] or of [`Runs`]. Columns of types that have no
//! statistics (strings, lists, ...) are held as [`Opaque`]: their rows can be counted and nothing
//! else.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, BooleanArray, NullArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::columns::dictionary::Dictionary;
use crate::columns::runs::Runs;
use crate::columns::strided::{Layout, Missing, Strided};
use crate::kernels::mask::Mask;
use crate::kernels::{Block, ByteOrder, Need};
use crate::states::accumulator::Moments;
use crate::types::{is_readable, with_primitive};

/// Part of a column, contiguous in its rows.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// An Arrow array.
    Array(ArrayRef),
    /// Values at a stride; boxed, as they are rare and large.
    Strided(Box<Strided>),
    /// Values named by keys.
    Dictionary(Box<Dictionary>),
    /// Values that reach over runs of rows.
    Runs(Box<Runs>),
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

/// Rows one by one.
#[derive(Clone, Debug)]
pub enum Written {
    /// Their values as a plain array; booleans that were encoded are 0 and 1.
    Values(ArrayRef),
    /// Which of them are not null; all, if absent.
    Validity(Option<NullBuffer>),
}

impl Chunk {
    /// Plain numbers that lie one after the other. Where they are not aligned for their type, they
    /// are read as [`Strided`].
    ///
    /// # Panics
    /// If the type is no plain number ([`native_width`](crate::types::native_width)), or the buffer is too short.
    pub fn plain(
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
        }, _ => panic!("{data_type} values are no plain numbers"))
    }

    /// Booleans of a bit each.
    pub fn bits(values: BooleanBuffer, validity: Option<NullBuffer>) -> Self {
        Self::Array(Arc::new(BooleanArray::new(values, validity)))
    }

    /// Rows that are all null, of no type.
    pub fn nulls(rows: usize) -> Self {
        Self::Array(Arc::new(NullArray::new(rows)))
    }

    /// How many rows the chunk has.
    pub fn rows(&self) -> usize {
        match self {
            Self::Array(array) => array.len(),
            Self::Strided(strided) => strided.len(),
            Self::Dictionary(dictionary) => dictionary.len(),
            Self::Runs(runs) => runs.len(),
            Self::Opaque(opaque) => opaque.rows,
        }
    }

    /// How many values must be looked at: the rows, or the runs; of rows that have no memory, none.
    pub fn work(&self) -> usize {
        match self {
            Self::Runs(runs) => runs.count(),
            Self::Array(array) if *array.data_type() == DataType::Null => 0,
            Self::Opaque(Opaque { validity: None, .. }) => 0,
            other => other.rows(),
        }
    }

    /// `rows` of the rows, from the one at `start` on.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn slice(&self, start: usize, rows: usize) -> Self {
        match self {
            Self::Array(array) => Self::Array(array.slice(start, rows)),
            Self::Strided(strided) => Self::Strided(Box::new(strided.slice(start, rows))),
            Self::Dictionary(keys) => Self::Dictionary(Box::new(keys.slice(start, rows))),
            Self::Runs(runs) => Self::Runs(Box::new(runs.slice(start, rows))),
            Self::Opaque(Opaque { validity, .. }) => {
                let validity = validity.as_ref().map(|validity| validity.slice(start, rows));
                Self::Opaque(Opaque { rows, validity })
            }
        }
    }

    /// The same rows; if their values are strided, in a copy where they are not.
    pub fn aligned(self) -> Self {
        match self {
            Self::Strided(strided) => Self::Array(strided.copied()),
            other => other,
        }
    }

    /// The rows without an encoding, copied where they have one.
    pub fn written_out(&self) -> Written {
        match self {
            Self::Array(array) => Written::Values(Arc::clone(array)),
            Self::Strided(strided) => Written::Values(strided.copied()),
            Self::Dictionary(dictionary) => Written::Values(dictionary.written_out()),
            Self::Runs(runs) => runs.written_out(),
            Self::Opaque(opaque) => Written::Validity(opaque.validity.clone()),
        }
    }

    /// The same rows, of which only the selected ones are not null.
    ///
    /// # Panics
    /// If these are runs: their rows are too many to select from.
    pub fn masked(&self, selected: &NullBuffer) -> Self {
        let joined = |validity: Option<&NullBuffer>| NullBuffer::union(validity, Some(selected));
        match self {
            Self::Array(array) => Self::Array(masked_array(array, joined(array.nulls()))),
            Self::Strided(strided) => Self::Strided(Box::new(strided.masked(selected))),
            Self::Dictionary(dictionary) => Self::Dictionary(Box::new(dictionary.masked(selected))),
            Self::Runs(_) => unreachable!("runs of runs are not made"),
            Self::Opaque(Opaque { rows, validity }) => {
                Self::Opaque(Opaque { rows: *rows, validity: joined(validity.as_ref()) })
            }
        }
    }

    /// Adds the values to a state, finding out what is needed.
    #[inline]
    pub fn fold(&self, need: Need, moments: &mut Moments) {
        match self {
            Self::Array(array) => fold_array(array, need, moments),
            Self::Strided(strided) => fold_strided(strided, need, moments),
            Self::Dictionary(dictionary) => dictionary.fold(need, moments),
            Self::Runs(runs) => runs.fold(need, moments),
            Self::Opaque(opaque) => {
                fold_validity(opaque.rows, opaque.validity.as_ref(), need, moments)
            }
        }
    }
}

impl From<ArrayRef> for Chunk {
    /// Arrays whose type has no statistics become [`Opaque`].
    fn from(array: ArrayRef) -> Self {
        if is_readable(array.data_type()) {
            return Self::Array(array);
        }
        if let Some(runs) = Runs::of_array(&array) {
            return Self::Runs(Box::new(runs));
        }
        if let Some(dictionary) = array.as_any_dictionary_opt()
            && let values @ Self::Array(_) = Self::from(Arc::clone(dictionary.values()))
            && let Ok(chunk) = Dictionary::chunk(dictionary.keys(), values)
        {
            return chunk;
        }
        Self::Opaque(Opaque { rows: array.len(), validity: array.logical_nulls() })
    }
}

/// A readable array with another validity.
fn masked_array(array: &ArrayRef, validity: Option<NullBuffer>) -> ArrayRef {
    with_primitive!(array.data_type(), P => {
        let values = array.as_primitive::<P>().values().clone();
        let masked = PrimitiveArray::<P>::new(values, validity);
        Arc::new(masked.with_data_type(array.data_type().clone()))
    }, _ => match array.as_boolean_opt() {
        Some(bits) => Arc::new(BooleanArray::new(bits.values().clone(), validity)),
        None => Arc::clone(array), // nothing but nulls
    })
}

#[inline]
fn fold_array(array: &ArrayRef, need: Need, moments: &mut Moments) {
    let rows = array.len();
    with_primitive!(array.data_type(), P => {
        let array = array.as_primitive::<P>();
        let values: &[<P as ArrowPrimitiveType>::Native] = array.values();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => moments.update(rows, &Block::Dense(values), need),
            Some(nulls) => {
                moments.update(rows, &Block::Masked(values, mask(nulls.inner())), need);
            }
        }
    }, _ => match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            fold_bits(array.values(), array.nulls(), moments);
        }
        DataType::Null => moments.update_counts(0, rows, need),
        _ => fold_validity(rows, array.logical_nulls().as_ref(), need, moments),
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

/// Adds rows of whose values nothing else is needed, or can be known, than their number.
pub(crate) fn fold_validity(
    rows: usize,
    validity: Option<&NullBuffer>,
    need: Need,
    moments: &mut Moments,
) {
    let nulls = validity.map_or(0, NullBuffer::null_count);
    moments.update_counts(rows - nulls, nulls, need);
}

pub(crate) fn mask(bits: &BooleanBuffer) -> Mask<'_> {
    Mask::new(bits.values(), bits.offset(), bits.len())
}
