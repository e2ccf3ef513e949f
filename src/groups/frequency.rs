//! How many different words a column has, and which is the most frequent: what `n_unique` and `mode` ask.
//!
//! No groups are numbered and nothing is sorted. Rows are read a *range* at a time. If a range has few different words,
//! they are counted in a table that fits the L2 cache; if it has many, they are dealt out by their hash to [`PARTS`] parts,
//! each of which has a table of its own, so that all words of a part meet a table in the cache. The words of zeros and
//! NaNs are those of [`words`](super::words): one for each.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::DataType;

use super::table::Hasher;
use super::words::{are_words, keys, words};
use crate::columns::chunk::Chunk;
use crate::columns::rows::RowIndex;
use crate::columns::values::Values;
use crate::kernels::floats::Ieee;
use crate::run::pool;

/// Rows of a range: its words take 512 KiB, half of the L2 cache.
const RANGE_ROWS: usize = 1 << 16;
/// Ranges that are held at a time, before the parts are counted: 32 MiB of words.
const ROUND_RANGES: usize = 1 << 6;
/// Different words from which a range is dealt out: half of the slots of a table of 256 KiB, with counts.
const FEW: usize = 1 << 13;
/// Rows of a range that is not dealt out: what remains of a column, or all of a short one.
const SHORT_ROWS: usize = 1 << 15;
/// The first words of a range: if nearly all of them are different, so are many of the others.
const TRIAL: usize = 1 << 10;
/// The parts of all words. More would need more addresses than the processor translates at a time.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 7;
/// The least number of slots of a table.
const MIN_SLOTS: usize = 1 << 6;
/// The word of an empty slot of integers, which is counted apart.
const OF_INTEGERS: u64 = 0x9e37_79b9_7f4a_7c15;

/// Counts the different words of a column, and perhaps how often each occurs.
pub struct Frequencies {
    of: DataType,
    /// Whether words have counts.
    counts: bool,
    threads: usize,
    hasher: Hasher,
    /// The word that no table holds: that of NaN, if the type has one.
    apart: u64,
    /// Rows with that word, with another, and with none.
    apart_rows: u64,
    rows: u64,
    nulls: u64,
    /// The words of the only range so far, if they have not been dealt out.
    only: Table,
    parts: Vec<Table>,
}

impl Frequencies {
    /// Of no rows; none if values of the type are no words.
    pub fn new(of: &DataType, counts: bool, threads: usize) -> Option<Self> {
        are_words(of).then(|| Self {
            of: of.clone(),
            counts,
            threads,
            hasher: Hasher::new(),
            apart: word_of_nan(of).unwrap_or(OF_INTEGERS),
            apart_rows: 0,
            rows: 0,
            nulls: 0,
            only: Table::default(),
            parts: (0..PARTS).map(|_| Table::default()).collect(),
        })
    }

    /// How many rows to push at a time.
    pub fn round_rows() -> usize {
        ROUND_RANGES * RANGE_ROWS
    }

    /// A bound of the bytes needed for the next rows.
    pub fn bytes_for(&self, rows: usize) -> usize {
        let slots = self.parts.iter().map(|part| part.words.len()).sum::<usize>();
        // Words and their copies; tables grow to four slots for each word, and are copied meanwhile.
        let of_slot = size_of::<u64>() * (1 + usize::from(self.counts));
        rows * 2 * size_of::<u64>() + (slots + 6 * rows) * of_slot
    }

    /// Counts rows of a column.
    pub fn push(&mut self, chunks: &[Chunk], rows: Range<usize>) {
        let column = RowIndex::new(chunks);
        let ranges = rows.clone().step_by(RANGE_ROWS);
        let ranges = ranges.map(|at| at..rows.end.min(at + RANGE_ROWS)).collect::<Vec<_>>();
        let read = pool::map(ranges, rows.len(), self.threads, |rows| self.read(&column, rows));
        for part in &read {
            self.apart_rows += part.apart;
            self.rows += part.rows;
            self.nulls += part.nulls;
        }
        let is_first = self.all().next().is_none();
        let mut many = vec![];
        let mut few = vec![std::mem::take(&mut self.only)];
        for part in read {
            match part.words {
                Dealt::Few(table) => few.push(table),
                Dealt::Many(words, ends) => many.push((words, ends)),
            }
        }
        if let (true, true, [_, only]) = (is_first, many.is_empty(), &mut few[..]) {
            self.only = std::mem::take(only);
            return;
        }
        let (hasher, counts, apart) = (&self.hasher, self.counts, self.apart);
        for (word, count) in few.iter().flat_map(|table| table.all(apart)) {
            let hash = hasher.of_word(word);
            let part = &mut self.parts[part_of(hash)];
            part.expect(MIN_SLOTS, apart, counts);
            part.add(hash << PART_BITS, word, count, apart, hasher);
        }
        let parts = self.parts.iter_mut().enumerate().collect();
        pool::map(parts, rows.len(), self.threads, |(index, part)| {
            let words = |(words, ends): &(Vec<u64>, Box<[usize; PARTS]>)| -> Range<usize> {
                let start = if index == 0 { 0 } else { ends[index - 1] };
                debug_assert!(ends[index] <= words.len());
                start..ends[index]
            };
            let mut rest = many.iter().map(|dealt| words(dealt).len()).sum::<usize>();
            for dealt in &many {
                let words = &dealt.0[words(dealt)];
                let known = part.used;
                part.expect(2 * words.len(), apart, counts);
                for &word in words {
                    part.add(hasher.of_word(word) << PART_BITS, word, 1, apart, hasher);
                }
                rest -= words.len();
                part.foresee(rest, (part.used - known, words.len()), apart, hasher);
            }
        });
    }

    /// The number of values, and of nulls; NaNs are values, or else counted as nulls.
    pub fn rows(&self, skip_nans: bool) -> (u64, u64) {
        match self.has_nans() && skip_nans {
            true => (self.rows, self.nulls + self.apart_rows),
            false => (self.rows + self.apart_rows, self.nulls),
        }
    }

    /// The number of different values.
    pub fn distinct(&self, skip_nans: bool) -> u64 {
        let tables = self.parts.iter().chain([&self.only]);
        let others = tables.map(|table| table.used as u64).sum::<u64>();
        others + u64::from(self.apart_rows > 0 && !(skip_nans && self.has_nans()))
    }

    /// The most frequent value, of several the least: an array of one value. None if there is none, or it does not fit the
    /// type, as days of NumPy may not.
    pub fn mode(&self, skip_nans: bool) -> Option<ArrayRef> {
        let all = self.all();
        let is_apart = self.apart_rows > 0 && !(skip_nans && self.has_nans());
        let all = all.chain(is_apart.then_some((self.apart, self.apart_rows)));
        let mode = all.reduce(|one, other| match one.1.cmp(&other.1).then(other.0.cmp(&one.0)) {
            Ordering::Less => other,
            _ => one,
        });
        let (word, _) = mode?;
        let array = keys(&self.of, &[word], None);
        (words(&array) == [word]).then_some(array)
    }

    /// The words, and how often each occurs.
    fn all(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.parts.iter().chain([&self.only]).flat_map(|table| table.all(self.apart))
    }

    fn has_nans(&self) -> bool {
        self.of.is_floating()
    }

    /// The words of a range of rows.
    fn read(&self, column: &RowIndex<'_>, rows: Range<usize>) -> Read {
        let mut all = Vec::with_capacity(rows.len());
        for chunk in column.between(rows.clone()) {
            let Values::Array(array) = chunk.decoded() else { continue };
            if *array.data_type() == DataType::Null {
                continue;
            }
            let words = words(&array).into_iter();
            match array.nulls().filter(|nulls| nulls.null_count() > 0) {
                None => all.extend(words),
                Some(nulls) => {
                    let valid = words.zip(nulls).filter(|(_, is_valid)| *is_valid);
                    all.extend(valid.map(|(word, _)| word));
                }
            }
        }
        let nulls = (rows.len() - all.len()) as u64;
        let present = all.len();
        all.retain(|&word| word != self.apart);
        let (apart, rows) = ((present - all.len()) as u64, all.len() as u64);
        Read { apart, nulls, rows, words: self.dealt(all) }
    }

    fn dealt(&self, words: Vec<u64>) -> Dealt {
        let mut table = Table::default();
        let is_short = words.len() <= SHORT_ROWS;
        table.expect(words.len().min(2 * FEW), self.apart, self.counts);
        let is_few = words.iter().enumerate().all(|(index, &word)| {
            table.add(self.hasher.of_word(word) << PART_BITS, word, 1, self.apart, &self.hasher);
            let most = if index < TRIAL { TRIAL - TRIAL / 16 } else { FEW };
            is_short || table.used <= most
        });
        if is_few {
            return Dealt::Few(table);
        }
        let parts = words.iter().map(|&word| part_of(self.hasher.of_word(word)) as u8);
        let parts = parts.collect::<Vec<_>>();
        let mut ends = Box::new([0; PARTS]);
        for &part in &parts {
            ends[usize::from(part)] += 1;
        }
        let mut places = [0; PARTS];
        let mut start = 0;
        for (place, end) in places.iter_mut().zip(ends.iter_mut()) {
            *place = start;
            start += *end;
            *end = start;
        }
        let mut dealt = vec![0; words.len()];
        for (word, part) in words.into_iter().zip(parts) {
            let place = &mut places[usize::from(part)];
            dealt[*place] = word;
            *place += 1;
        }
        Dealt::Many(dealt, ends)
    }
}

/// A range of rows.
struct Read {
    apart: u64,
    rows: u64,
    nulls: u64,
    words: Dealt,
}

/// The words of a range.
enum Dealt {
    /// The different ones.
    Few(Table),
    /// All of them, part by part, and where each part ends.
    Many(Vec<u64>, Box<[usize; PARTS]>),
}

#[inline(always)]
fn part_of(hash: u64) -> usize {
    (hash >> (u64::BITS - PART_BITS)) as usize
}

/// The word of NaN, if a type has one.
fn word_of_nan(of: &DataType) -> Option<u64> {
    let nan: ArrayRef = match of {
        DataType::Float64 => {
            Arc::new(PrimitiveArray::<Float64Type>::from_value(f64::NOT_A_NUMBER, 1))
        }
        DataType::Float32 => {
            Arc::new(PrimitiveArray::<Float32Type>::from_value(f32::NOT_A_NUMBER, 1))
        }
        DataType::Float16 => {
            Arc::new(PrimitiveArray::<Float16Type>::from_value(half::f16::NOT_A_NUMBER, 1))
        }
        _ => return None,
    };
    words(&nan).first().copied()
}

/// A hash table of words, with open addressing and linear probing, at most half full.
#[derive(Default)]
struct Table {
    words: Vec<u64>,
    /// How often each occurs; empty if that is not counted.
    counts: Vec<u64>,
    used: usize,
    /// The hash is shifted by this to become a place.
    shift: u32,
}

impl Table {
    /// Makes room for the first words.
    fn expect(&mut self, words: usize, apart: u64, counts: bool) {
        if self.words.is_empty() && words > 0 {
            self.resize((words / 2).next_power_of_two().max(MIN_SLOTS), apart, counts);
        }
    }

    fn resize(&mut self, slots: usize, apart: u64, counts: bool) {
        self.words = vec![apart; slots];
        self.counts = vec![0; if counts { slots } else { 0 }];
        self.shift = u64::BITS - slots.ilog2();
        self.used = 0;
    }

    /// Counts a word; there must be room for words.
    #[inline(always)]
    fn add(&mut self, hash: u64, word: u64, times: u64, apart: u64, hasher: &Hasher) {
        let place = self.place(hash, word, apart);
        if let Some(count) = self.counts.get_mut(place) {
            *count += times;
        }
        if self.words[place] == apart {
            self.words[place] = word;
            self.used += 1;
            if 2 * self.used > self.words.len() {
                self.grow(apart, hasher);
            }
        }
    }

    /// The slot of a word, or the empty one where it belongs.
    #[inline(always)]
    fn place(&self, hash: u64, word: u64, apart: u64) -> usize {
        let mask = self.words.len() - 1;
        let mut place = (hash >> self.shift) as usize & mask;
        loop {
            let here = self.words[place];
            if here == word || here == apart {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self, apart: u64, hasher: &Hasher) {
        self.grow_to(2 * self.words.len(), apart, hasher);
    }

    /// Makes room for more words at once, if most of the last ones were new: (how many were new, and of how many).
    fn foresee(&mut self, more: usize, (new, of): (usize, usize), apart: u64, hasher: &Hasher) {
        let slots = (2 * (self.used + more)).next_power_of_two();
        if 4 * new > 3 * of && slots > self.words.len() {
            self.grow_to(slots, apart, hasher);
        }
    }

    fn grow_to(&mut self, slots: usize, apart: u64, hasher: &Hasher) {
        let old = std::mem::take(self);
        let counts = !old.counts.is_empty();
        self.resize(slots, apart, counts);
        for (word, count) in old.all(apart) {
            let place = self.place(hasher.of_word(word) << PART_BITS, word, apart);
            self.words[place] = word;
            if counts {
                self.counts[place] = count;
            }
        }
        self.used = old.used;
    }

    /// The words, and how often each occurs: once, if that is not counted.
    fn all(&self, apart: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let count = |place| self.counts.get(place).copied().unwrap_or(1);
        let words = self.words.iter().enumerate().filter(move |(_, word)| **word != apart);
        words.map(move |(place, &word)| (word, count(place)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use arrow_array::Int64Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    use super::*;

    /// What is counted, against a map, also of the word that is counted apart.
    #[test]
    fn words_are_counted_like_those_of_a_map() {
        let apart = (OF_INTEGERS ^ 1 << 63) as i64;
        for distinct in [1, 3, FEW as i64, 3 * FEW as i64, 1 << 20] {
            let values = (0..300_000i64).map(|i| match i % 7 {
                0 => None,
                1 => Some(apart),
                _ => Some((i * i) % distinct - distinct / 2),
            });
            let array = Int64Array::from_iter(values);
            let mut expected = HashMap::new();
            for value in array.iter().flatten() {
                *expected.entry(value).or_insert(0u64) += 1;
            }
            let mode = expected.iter().max_by_key(|(value, count)| (**count, -(**value as i128)));
            let (mode, nulls) = (*mode.unwrap().0, array.null_count() as u64);
            let chunks = [array.slice(0, 100_000), array.slice(100_000, 200_000)]
                .map(|array| Chunk::from(Arc::new(array) as ArrayRef));
            for threads in [1, 2] {
                for counts in [false, true] {
                    let mut found = Frequencies::new(&DataType::Int64, counts, threads).unwrap();
                    found.push(&chunks, 0..70_000);
                    found.push(&chunks, 70_000..300_000);
                    assert_eq!(found.distinct(true), expected.len() as u64);
                    assert_eq!(found.rows(true), (300_000 - nulls, nulls));
                    if counts {
                        let found = found.mode(true).unwrap();
                        assert_eq!(found.as_primitive::<Int64Type>().value(0), mode);
                    }
                }
            }
        }
    }
}
