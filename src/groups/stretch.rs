//! The keys of some rows, in the form in which they are looked up.
//!
//! Keys of one column are looked up as they are: numbers as [words](super::words), text as bytes. A dictionary of
//! text is looked up once for each of its values that occurs. Only keys of several columns, and of wide decimals,
//! become rows of bytes ([`keys`](super::keys)).

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, LargeBinaryArray, downcast_integer_array,
};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer};
use arrow_row::Rows;
use arrow_schema::DataType;

use super::division::{Picks, Split};
use super::keys::{self, are_bytes, canonical};
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
    /// The same, in the order of parts.
    Places(Vec<u32>, Arc<Dictionary>),
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
    /// Once they are needed: the values by part.
    by_part: OnceLock<ByPart>,
}

/// The values of a dictionary, sorted by part.
#[derive(Default)]
pub struct ByPart {
    /// For each value, its part, and its place in that order.
    places: Vec<(u32, u32)>,
    /// The value at each place.
    pub codes: Vec<u32>,
    picks: Option<Picks>,
}

impl ByPart {
    fn new(keys: &Keys, split: &Split) -> Self {
        let parts = keys.parts(split);
        let picks = Picks::new(&parts, split.parts);
        let codes = picks.all().to_vec();
        let mut places = vec![(0, 0); codes.len()];
        for (place, &code) in codes.iter().enumerate() {
            places[code as usize] = (parts[code as usize].into(), place as u32);
        }
        Self { places, codes, picks: Some(picks) }
    }

    /// The places of a part.
    pub fn span(&self, part: usize) -> Range<usize> {
        self.picks.as_ref().map_or(0..0, |picks| picks.span(part))
    }
}

impl Dictionary {
    fn new(values: &ArrayRef) -> Self {
        Self { values: Arc::clone(values), keys: Keys::of_bytes(values), by_part: OnceLock::new() }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The values by part, after rows were divided.
    pub fn by_part(&self) -> &ByPart {
        self.by_part.get().unwrap_or_else(|| unreachable!("rows were divided"))
    }

    fn is_of(&self, values: &ArrayRef) -> bool {
        Arc::ptr_eq(&self.values, values) || self.values.to_data().ptr_eq(&values.to_data())
    }
}

/// The dictionary that was used last: columns of many chunks often have but one.
#[derive(Clone, Default)]
pub struct Last(Option<Arc<Dictionary>>);

impl Last {
    /// Bytes that are known of the values of a dictionary: their places, and their groups, for each thread.
    pub fn bytes(&self, threads: usize) -> usize {
        let of_value = size_of::<(u32, u32)>() + size_of::<u32>() * (1 + threads);
        self.0.as_ref().map_or(0, |dictionary| dictionary.len() * of_value)
    }

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

    /// The part of each key. Codes become places.
    pub fn parts(&self, split: &Split) -> Vec<u8> {
        let of_bytes = |bytes: &[u8]| split.of_bytes(bytes);
        let mut parts: Vec<u8> = match &self.what {
            What::Words(words) => split.of_words(words),
            What::Bytes(bytes) => with_bytes!(bytes, array => {
                (0..array.len()).map(|row| of_bytes(array.value(row))).collect()
            }),
            What::Rows(rows) => rows.iter().map(|row| of_bytes(row.data())).collect(),
            What::Codes(codes, dictionary) => {
                let by_part = || ByPart::new(&dictionary.keys, split);
                let places = &dictionary.by_part.get_or_init(by_part).places;
                let of_code =
                    |&code: &u32| places.get(code as usize).map_or(0, |place| place.0 as u8);
                codes.iter().map(of_code).collect()
            }
            What::Places(..) => unreachable!("rows are divided once"),
        };
        if let Some(validity) = &self.validity {
            let nulls = split.of_nulls();
            for (part, is_valid) in parts.iter_mut().zip(validity) {
                *part = if is_valid { *part } else { nulls };
            }
        }
        parts
    }

    /// Whether keys are moved by [`Self::reorder`].
    pub fn is_movable(&self) -> bool {
        matches!(self.what, What::Words(_) | What::Places(..))
    }

    /// Brings the keys into the order of some rows, if they are words or codes, which become places.
    pub fn reorder(&mut self, rows: &[u32]) {
        match &mut self.what {
            What::Words(words) => *words = rows.iter().map(|&row| words[row as usize]).collect(),
            What::Codes(codes, dictionary) => {
                let places = &dictionary.by_part().places;
                // What is under a null may be anything.
                let place = |&row: &u32| {
                    places.get(codes[row as usize] as usize).map_or(0, |place| place.1)
                };
                let places = rows.iter().map(place).collect();
                self.what = What::Places(places, Arc::clone(dictionary));
            }
            _ => return,
        }
        if let Some(validity) = &self.validity {
            let is_valid = |i: usize| validity.is_valid(rows[i] as usize);
            let bits = BooleanBuffer::collect_bool(rows.len(), is_valid);
            self.validity = Some(NullBuffer::new(bits));
        }
    }
}

/// The positions of keys in a dictionary; those under nulls may be anything.
fn codes(keys: &dyn Array) -> Vec<u32> {
    downcast_integer_array!(
        keys => keys.values().iter().map(|code| code.as_usize() as u32).collect(),
        other => unreachable!("{other} values are not the keys of a dictionary")
    )
}
