//! Text and bytes in order: minima, maxima, and quantiles that are one of the values.
//!
//! Values are compared byte by byte, which for UTF-8 is the order of code points, and that in which Python sorts
//! `str`. Arrays come as the doors read text: bytes of any layout, or dictionaries of them, whose values count as often
//! as keys name them.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray};
use arrow_schema::DataType;

use super::order::{Interpolation, Share};
use super::statistic::Statistic;
use crate::error::{Error, ErrorKind};
use crate::groups::of_bytes;
use crate::states::accumulator::{Nulls, Options};

/// The least or the greatest value of a column so far, however it comes in.
pub struct TextExtreme {
    /// How the extreme compares with all other values.
    is: Ordering,
    best: Option<Vec<u8>>,
    count: u64,
    nulls: u64,
}

impl TextExtreme {
    /// Of no values; none if the statistic is neither the minimum nor the maximum.
    pub fn new(statistic: Statistic) -> Option<Self> {
        let is = match statistic {
            Statistic::Min => Ordering::Less,
            Statistic::Max => Ordering::Greater,
            _ => return None,
        };
        Some(Self { is, best: None, count: 0, nulls: 0 })
    }

    /// Takes in the values of an array.
    pub fn push(&mut self, array: &ArrayRef) {
        let mut best = self.best.as_deref();
        let mut count = 0;
        for_each_text(array, |value, times| {
            count += times;
            if best.is_none_or(|best| value.cmp(best) == self.is) {
                best = Some(value);
            }
        });
        // Most arrays after the first change nothing.
        if best != self.best.as_deref() {
            self.best = best.map(<[u8]>::to_vec);
        }
        self.count += count;
        self.nulls += array.len() as u64 - count;
    }

    /// The answer, if there is one.
    pub fn answer(&self, options: &Options) -> Option<&[u8]> {
        let best = self.best.as_deref();
        best.filter(|_| admits(options, self.count, self.nulls))
    }
}

/// Quantiles of arrays, none of which lies between two values.
///
/// # Panics
/// If the interpolation is one that needs numbers.
pub fn text_quantiles<'a>(
    arrays: &'a [ArrayRef],
    shares: &[Share],
    interpolation: Interpolation,
    options: &Options,
) -> Vec<Option<&'a [u8]>> {
    assert_eq!(interpolation.like(), Statistic::Min, "text has no values between two others");
    let (mut keys, mut count) = (Vec::with_capacity(bound(arrays)), 0);
    for array in arrays {
        for_each_text(array, |value, times| {
            count += times;
            keys.push(Key { prefix: prefix(value), value, times });
        });
    }
    let rows = arrays.iter().map(|array| array.len() as u64).sum::<u64>();
    if count == 0 || !admits(options, count, rows - count) {
        return vec![None; shares.len()];
    }
    let positions = shares.iter().map(|share| share.neighbours(count, interpolation)[0]);
    let positions = positions.collect::<Vec<_>>();
    if count == keys.len() as u64 {
        return selected(&mut keys, &positions);
    }
    keys.sort_unstable_by(Key::compare);
    let at = |position: &u64| {
        let mut below = 0;
        let key = keys.iter().find(|key| {
            below += key.times;
            *position < below
        });
        key.map(|key| key.value)
    };
    positions.iter().map(at).collect()
}

/// Answers as an array of the type of the values. An error if bytes are not text, or more than the type can hold.
pub fn text_array<'a>(
    of: &DataType,
    answers: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
) -> Result<ArrayRef, Error> {
    let DataType::FixedSizeBinary(width) = of else {
        return of_bytes(of, answers);
    };
    let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(answers, *width);
    Ok(Arc::new(array.map_err(|_| ErrorKind::NotText { column: 0 })?))
}

/// The memory for the values of arrays while their order is looked for, in bytes.
pub fn bytes_for(arrays: &[ArrayRef]) -> usize {
    bound(arrays).saturating_mul(size_of::<Key<'_>>())
}

/// A value and how often it occurs.
struct Key<'a> {
    /// Its first bytes, by which most values differ.
    prefix: u64,
    value: &'a [u8],
    times: u64,
}

impl Key<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.value.cmp(other.value))
    }
}

/// The first eight bytes as a number in the same order; shorter values are filled with zeros.
fn prefix(value: &[u8]) -> u64 {
    match value.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let mut bytes = [0; 8];
            bytes[..value.len()].copy_from_slice(value);
            u64::from_be_bytes(bytes)
        }
    }
}

/// The values at positions among all of them, each of which occurs once.
fn selected<'a>(keys: &mut [Key<'a>], positions: &[u64]) -> Vec<Option<&'a [u8]>> {
    let mut order = (0..positions.len()).collect::<Vec<_>>();
    order.sort_unstable_by_key(|&index| positions[index]);
    let mut found = vec![None; positions.len()];
    // What lies below a position that has been found is not looked at again.
    let mut start = 0;
    for index in order {
        let position = positions[index] as usize;
        let (_, key, _) =
            keys[start..].select_nth_unstable_by(position - start, |a, b| a.compare(b));
        found[index] = Some(key.value);
        start = position;
    }
    found
}

/// Whether there is an answer, given how many values there are and how many are null.
fn admits(options: &Options, count: u64, nulls: u64) -> bool {
    count >= options.min_count && (nulls == 0 || options.nulls == Nulls::Skip)
}

/// How many values arrays have at most, those of dictionaries once.
fn bound(arrays: &[ArrayRef]) -> usize {
    let values = arrays.iter().map(|array| match array.as_any_dictionary_opt() {
        Some(dictionary) => dictionary.values().len(),
        None => array.len(),
    });
    values.sum()
}

/// Calls a function with each value that is not null, and how often it occurs.
pub fn for_each_text<'a>(array: &'a ArrayRef, mut visit: impl FnMut(&'a [u8], u64)) {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return for_each_plain(array, |_, value| visit(value, 1));
    };
    let values = dictionary.values();
    let mut times = vec![0; values.len()];
    if !times.is_empty() {
        let keys = dictionary.normalized_keys();
        match dictionary.keys().nulls().filter(|nulls| nulls.null_count() > 0) {
            None => keys.iter().for_each(|&key| times[key] += 1),
            Some(nulls) => nulls.valid_indices().for_each(|row| times[keys[row]] += 1),
        }
    }
    for_each_plain(values, |index, value| match times[index] {
        0 => {}
        times => visit(value, times),
    });
}

/// The same for arrays that are no dictionaries, with the index of each value.
fn for_each_plain<'a>(array: &'a ArrayRef, mut visit: impl FnMut(usize, &'a [u8])) {
    macro_rules! visit_all {
        ($array:expr) => {{
            let values = $array;
            match values.nulls().filter(|nulls| nulls.null_count() > 0) {
                None => (0..values.len()).for_each(|index| visit(index, values.value(index))),
                Some(nulls) => {
                    nulls.valid_indices().for_each(|index| visit(index, values.value(index)))
                }
            }
        }};
    }
    match array.data_type() {
        DataType::Binary => visit_all!(array.as_binary::<i32>()),
        DataType::LargeBinary => visit_all!(array.as_binary::<i64>()),
        DataType::BinaryView => visit_all!(array.as_binary_view()),
        DataType::FixedSizeBinary(_) => visit_all!(array.as_fixed_size_binary()),
        _ => {} // nothing else is read as text
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int8Type;
    use arrow_array::{BinaryArray, BinaryViewArray, DictionaryArray, Int8Array};

    use super::*;

    const WORDS: [Option<&[u8]>; 7] = [
        Some(b"pear"),
        Some(b"apple"),
        None,
        Some(b"apples and pears"),
        Some(b""),
        Some("\u{e9}".as_bytes()),
        Some(b"apple\0"),
    ];

    fn arrays() -> [ArrayRef; 2] {
        let plain = BinaryArray::from_iter(WORDS);
        [Arc::new(plain), Arc::new(BinaryViewArray::from_iter(WORDS))]
    }

    #[test]
    fn extremes_are_those_of_sorted_bytes() {
        let options = Options::default();
        for array in arrays() {
            for (statistic, expected) in
                [(Statistic::Min, &b""[..]), (Statistic::Max, "\u{e9}".as_bytes())]
            {
                let mut extreme = TextExtreme::new(statistic).unwrap();
                assert_eq!(extreme.answer(&options), None);
                extreme.push(&array);
                assert_eq!(extreme.answer(&options), Some(expected));
                assert_eq!(extreme.answer(&Options { min_count: 7, ..options }), None);
                let all = Options { nulls: Nulls::Propagate, ..options };
                assert_eq!(extreme.answer(&all), None);
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_sorted_bytes() {
        let mut sorted = WORDS.iter().flatten().copied().collect::<Vec<_>>();
        sorted.sort_unstable();
        let shares = [1.0, 0.0, 0.5, 0.2, 0.2].map(|share| Share::of(share).unwrap());
        for array in arrays() {
            let of = |interpolation| {
                let arrays = [Arc::clone(&array)];
                let found = text_quantiles(&arrays, &shares, interpolation, &Options::default());
                found.into_iter().map(|value| value.unwrap().to_vec()).collect::<Vec<_>>()
            };
            let expected = [5, 0, 2, 1, 1].map(|index| sorted[index].to_vec());
            assert_eq!(of(Interpolation::Lower), expected);
            let expected = [5, 0, 3, 1, 1].map(|index| sorted[index].to_vec());
            assert_eq!(of(Interpolation::Higher), expected);
        }
    }

    #[test]
    fn values_of_dictionaries_count_as_often_as_they_are_named() {
        let values: ArrayRef = Arc::new(BinaryArray::from_iter(WORDS));
        // Keys of "pear", a null value, and no key at all; "" is not named.
        let keys = Int8Array::from(vec![Some(0), Some(2), None, Some(0), Some(1)]);
        let array: ArrayRef = Arc::new(DictionaryArray::<Int8Type>::new(keys, values));
        let mut least = TextExtreme::new(Statistic::Min).unwrap();
        least.push(&array);
        assert_eq!(least.answer(&Options::default()), Some(&b"apple"[..]));
        assert_eq!((least.count, least.nulls), (3, 2));
        let shares = [0.0, 0.5, 1.0].map(|share| Share::of(share).unwrap());
        let arrays = [array];
        let found = text_quantiles(&arrays, &shares, Interpolation::Nearest, &Options::default());
        assert_eq!(found, [Some(&b"apple"[..]), Some(b"pear"), Some(b"pear")]);
    }
}
