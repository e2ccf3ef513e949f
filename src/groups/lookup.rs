//! From the keys of rows to the numbers of their groups.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::division::Split;
use super::stretch::{Dictionary, Form, Keys, What, with_bytes};
use super::table::{BytesTable, Hasher, WordTable};

/// The group of a code that has not been looked up.
const UNKNOWN: u32 = u32::MAX;

/// Some of the rows of a stretch.
pub enum Which<'a> {
    Span(Range<usize>),
    These(&'a [u32]),
}

/// All known keys, by the number of the group.
pub struct KeyTable {
    pub table: Table,
    /// The groups of the dictionary that was used last, by code, or by place in the part.
    codes: Option<(Arc<Dictionary>, Vec<u32>)>,
}

/// A table for one form of keys.
pub enum Table {
    Words(WordTable),
    Bytes(BytesTable),
}

/// A key of a table, in the order of keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    Word(u64),
    Bytes(&'a [u8]),
    /// After all others.
    Null,
}

impl KeyTable {
    pub fn new(form: Form, hasher: &Hasher) -> Self {
        let table = match form {
            Form::Words => Table::Words(WordTable::new(hasher.clone())),
            Form::Bytes | Form::Rows => Table::Bytes(BytesTable::new(hasher.clone())),
        };
        Self { table, codes: None }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        match &self.table {
            Table::Words(table) => table.len(),
            Table::Bytes(table) => table.len(),
        }
    }

    /// The key of a group.
    pub fn key(&self, group: usize) -> Key<'_> {
        match &self.table {
            Table::Words(table) => table.key(group).map_or(Key::Null, Key::Word),
            Table::Bytes(table) => table.key(group).map_or(Key::Null, Key::Bytes),
        }
    }

    /// The part of the key of each group.
    pub fn parts(&self, split: &Split) -> Vec<u8> {
        let mut parts = match &self.table {
            Table::Words(table) => split.of_words(table.words()),
            Table::Bytes(table) => {
                let bytes = (0..table.len()).map(|group| table.key(group).unwrap_or_default());
                bytes.map(|bytes| split.of_bytes(bytes)).collect()
            }
        };
        if let Some(nulls) = self.nulls() {
            parts[nulls] = split.of_nulls();
        }
        parts
    }

    /// Whether nulls are a group.
    pub fn has_nulls(&self) -> bool {
        self.nulls().is_some()
    }

    /// The group of nulls, if there is one.
    fn nulls(&self) -> Option<usize> {
        match &self.table {
            Table::Words(table) => table.nulls(),
            Table::Bytes(table) => table.nulls(),
        }
    }

    /// The least and the greatest word that is a key, if keys are words.
    pub fn extent(&self) -> Option<(u64, u64)> {
        match &self.table {
            Table::Words(table) => table.extent(),
            Table::Bytes(_) => None,
        }
    }

    /// The group of a key of a table of the same form.
    pub fn group(&mut self, key: Key<'_>) -> u32 {
        match (&mut self.table, key) {
            (Table::Words(table), Key::Word(word)) => table.group(word),
            (Table::Words(table), _) => table.group_of_nulls(),
            (Table::Bytes(table), Key::Bytes(bytes)) => table.group(bytes),
            (Table::Bytes(table), _) => table.group_of_nulls(),
        }
    }

    /// The groups of some rows, which belong to a part.
    pub fn find(&mut self, keys: &Keys, which: Which<'_>, part: usize, groups: &mut Vec<u32>) {
        match which {
            Which::Span(rows) => self.find_all(keys, rows, part, groups),
            Which::These(rows) => {
                self.find_all(keys, rows.iter().map(|&row| row as usize), part, groups);
            }
        }
    }

    fn find_all(
        &mut self,
        keys: &Keys,
        rows: impl Iterator<Item = usize> + Clone,
        part: usize,
        groups: &mut Vec<u32>,
    ) {
        if keys.validity.is_none() {
            return self.find_rows(keys, rows, part, groups);
        }
        // What is under a null is no key: a valid one takes its place, so that it makes no group.
        let start = groups.len();
        match rows.clone().find(|&row| !keys.is_null(row)) {
            None => groups.extend(rows.clone().map(|_| UNKNOWN)),
            Some(valid) => {
                let valid = rows.clone().map(|row| if keys.is_null(row) { valid } else { row });
                self.find_rows(keys, valid, part, groups);
            }
        }
        for (_, group) in rows.zip(&mut groups[start..]).filter(|&(row, _)| keys.is_null(row)) {
            *group = self.group(Key::Null);
        }
    }

    /// The groups of rows whose keys are not null.
    fn find_rows(
        &mut self,
        keys: &Keys,
        rows: impl Iterator<Item = usize> + Clone,
        part: usize,
        groups: &mut Vec<u32>,
    ) {
        match (&mut self.table, &keys.what) {
            (_, What::Codes(codes, dictionary)) => {
                self.find_codes(
                    (codes, dictionary),
                    0..dictionary.len(),
                    |code| code,
                    rows,
                    groups,
                );
            }
            (_, What::Places(places, dictionary)) => {
                let by_part = dictionary.by_part();
                let code = |place: usize| by_part.codes[place] as usize;
                self.find_codes((places, dictionary), by_part.span(part), code, rows, groups);
            }
            (Table::Words(table), What::Words(words)) => {
                table.groups(rows.map(|row| words[row]), groups);
            }
            (Table::Bytes(table), What::Bytes(bytes)) => with_bytes!(bytes, array => {
                table.groups(rows.map(|row| array.value(row)), groups);
            }),
            (Table::Bytes(table), What::Rows(encoded)) => {
                table.groups(rows.map(|row| encoded.row(row).data()), groups);
            }
            _ => unreachable!("keys have the form of their table"),
        }
    }

    /// The groups of places in a dictionary, which lie in a span: each value that occurs is looked up once.
    fn find_codes(
        &mut self,
        (places, dictionary): (&[u32], &Arc<Dictionary>),
        span: Range<usize>,
        code: impl Fn(usize) -> usize,
        rows: impl Iterator<Item = usize>,
        groups: &mut Vec<u32>,
    ) {
        let mut known = match self.codes.take() {
            Some((last, known)) if Arc::ptr_eq(&last, dictionary) => known,
            _ => vec![UNKNOWN; span.len()],
        };
        groups.extend(rows.map(|row| {
            let place = places[row] as usize;
            let group = &mut known[place - span.start];
            if *group == UNKNOWN {
                *group = self.find_one(&dictionary.keys, code(place));
            }
            *group
        }));
        self.codes = Some((Arc::clone(dictionary), known));
    }

    #[inline(always)]
    fn find_one(&mut self, keys: &Keys, row: usize) -> u32 {
        if keys.is_null(row) {
            return self.group(Key::Null);
        }
        match &keys.what {
            What::Words(words) => self.group(Key::Word(words[row])),
            What::Bytes(bytes) => {
                with_bytes!(bytes, array => self.group(Key::Bytes(array.value(row))))
            }
            What::Rows(rows) => self.group(Key::Bytes(rows.row(row).data())),
            What::Codes(..) | What::Places(..) => {
                unreachable!("the values of a dictionary are no dictionary")
            }
        }
    }
}

impl Key<'_> {
    /// The order of keys of one form.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Word(one), Self::Word(other)) => one.cmp(other),
            (Self::Bytes(one), Self::Bytes(other)) => one.cmp(other),
            (one, other) => (*one == Self::Null).cmp(&(*other == Self::Null)),
        }
    }
}
