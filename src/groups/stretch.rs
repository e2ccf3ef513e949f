//! The keys of some rows, in the form in which they are looked up.
//!
//! Keys of one column are looked up as they are: numbers as [words](super::words), text as bytes. A dictionary of
//! text is looked up once for each of its values that occurs. Only keys of several columns, and of wide decimals,
//! become rows of bytes ([`keys`](super::keys)).

use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, LargeBinaryArray, downcast_integer_array,
};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_row::Rows;
use arrow_schema::DataType;

use super::keys::{self, are_bytes, canonical};
use super::table::Hasher;
use super::words::{self, are_words};

/// How keys of some types are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Words,
    Bytes,
    Rows,
}

impl Form {
    pub fn of(types: &[DataType]) -> Self {
        match types {
            [of] if are_words(of) => Self::Words,
            [of] if are_bytes(of) => Self::Bytes,
            _ => Self::Rows,
        }
    }
}

/// The keys of some rows, and which of them are not null.
pub struct Keys {
    pub what: What,
    pub validity: Option<NullBuffer>,
}

/// Keys in one of their forms.
pub enum What {
    Words(Vec<u64>),
    Bytes(Bytes),
    /// Nulls are among the bytes.
    Rows(Rows),
    /// For each row, the position of its key in a dictionary.
    Codes(Vec<u32>, Arc<Dictionary>),
}

/// Text or bytes, in any layout.
pub enum Bytes {
    Small(BinaryArray),
    Large(LargeBinaryArray),
    View(BinaryViewArray),
}

/// Evaluates `$body` with `$array` bound to the array, whatever its layout.
macro_rules! with_bytes {
    ($bytes:expr, $array:ident => $body:expr) => {
        match $bytes {
            $crate::groups::stretch::Bytes::Small($array) => $body,
            $crate::groups::stretch::Bytes::Large($array) => $body,
            $crate::groups::stretch::Bytes::View($array) => $body,
        }
    };
}
pub(super) use with_bytes;

impl Bytes {
    fn of(array: &ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8 => Self::Small(array.as_string().clone().into()),
            DataType::LargeUtf8 => Self::Large(array.as_string().clone().into()),
            DataType::Utf8View => Self::View(array.as_string_view().clone().to_binary_view()),
            DataType::Binary => Self::Small(array.as_binary().clone()),
            DataType::LargeBinary => Self::Large(array.as_binary().clone()),
            _ => Self::View(array.as_binary_view().clone()),
        }
    }
}

/// The values of a dictionary, as keys.
pub struct Dictionary {
    /// What it was made of.
    values: ArrayRef,
    pub keys: Keys,
    /// Once they are needed.
    hashes: OnceLock<Vec<u64>>,
}

impl Dictionary {
    fn new(values: &ArrayRef) -> Self {
        Self { values: Arc::clone(values), keys: Keys::of_bytes(values), hashes: OnceLock::new() }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    fn is_of(&self, values: &ArrayRef) -> bool {
        Arc::ptr_eq(&self.values, values) || self.values.to_data().ptr_eq(&values.to_data())
    }
}

/// The dictionary that was used last: columns of many chunks often have but one.
#[derive(Clone, Default)]
pub struct Last(Option<Arc<Dictionary>>);

impl Last {
    fn dictionary(&mut self, values: &ArrayRef) -> Arc<Dictionary> {
        match &self.0 {
            Some(last) if last.is_of(values) => Arc::clone(last),
            _ => Arc::clone(self.0.insert(Arc::new(Dictionary::new(values)))),
        }
    }
}

impl Keys {
    /// The keys of columns of these types.
    pub fn new(types: &[DataType], columns: Vec<ArrayRef>, last: &mut Last) -> Self {
        match (Form::of(types), &columns[..]) {
            (Form::Words, [array]) => {
                let array = canonical(&types[0], Arc::clone(array));
                let validity = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
                Self { what: What::Words(words::words(&array)), validity }
            }
            (Form::Bytes, [array]) => match array.as_any_dictionary_opt() {
                Some(dictionary) => {
                    let values = last.dictionary(dictionary.values());
                    let validity = dictionary.keys().nulls().cloned();
                    Self { what: What::Codes(codes(dictionary.keys()), values), validity }
                }
                None => Self::of_bytes(&canonical(&types[0], Arc::clone(array))),
            },
            _ => Self { what: What::Rows(keys::encode(types, columns)), validity: None },
        }
    }

    fn of_bytes(array: &ArrayRef) -> Self {
        let validity = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
        Self { what: What::Bytes(Bytes::of(array)), validity }
    }

    /// Whether the key of a row is null, as far as that is not among its bytes.
    #[inline(always)]
    pub fn is_null(&self, row: usize) -> bool {
        self.validity.as_ref().is_some_and(|validity| validity.is_null(row))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.what {
            What::Words(words) => words.len(),
            What::Bytes(bytes) => with_bytes!(bytes, array => array.len()),
            What::Rows(rows) => rows.num_rows(),
            What::Codes(codes, _) => codes.len(),
        }
    }

    /// The hash of each key; the same for all nulls.
    pub fn hashes(&self, hasher: &Hasher) -> Vec<u64> {
        let of_bytes = |bytes: &[u8]| hasher.digest(bytes).hash;
        let mut hashes: Vec<u64> = match &self.what {
            What::Words(words) => words.iter().map(|&word| hasher.of_word(word)).collect(),
            What::Bytes(bytes) => with_bytes!(bytes, array => {
                (0..array.len()).map(|row| of_bytes(array.value(row))).collect()
            }),
            What::Rows(rows) => rows.iter().map(|row| of_bytes(row.data())).collect(),
            What::Codes(codes, dictionary) => {
                let hashes = dictionary.hashes.get_or_init(|| dictionary.keys.hashes(hasher));
                let of_code = |&code: &u32| hashes.get(code as usize).copied().unwrap_or_default();
                codes.iter().map(of_code).collect()
            }
        };
        if let Some(validity) = &self.validity {
            for (hash, is_valid) in hashes.iter_mut().zip(validity) {
                *hash = if is_valid { *hash } else { Hasher::OF_NULLS };
            }
        }
        hashes
    }
}

/// The positions of keys in a dictionary; those under nulls may be anything.
fn codes(keys: &dyn Array) -> Vec<u32> {
    downcast_integer_array!(
        keys => keys.values().iter().map(|code| code.as_usize() as u32).collect(),
        other => unreachable!("{other} values are not the keys of a dictionary")
    )
}
