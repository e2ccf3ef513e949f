//! From the keys of rows to the numbers of their groups.

use std::cmp::Ordering;
use std::sync::Arc;

use super::stretch::{Dictionary, Form, Keys, What, with_bytes};
use super::table::{BytesTable, Hasher, WordTable};

/// The group of a code that has not been looked up.
const UNKNOWN: u32 = u32::MAX;

/// All known keys, by the number of the group.
pub struct KeyTable {
    pub table: Table,
    /// The groups of the codes of the dictionary that was used last.
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

    /// The group of a key of a table of the same form.
    pub fn group(&mut self, key: Key<'_>) -> u32 {
        match (&mut self.table, key) {
            (Table::Words(table), Key::Word(word)) => table.group(word),
            (Table::Words(table), _) => table.group_of_nulls(),
            (Table::Bytes(table), Key::Bytes(bytes)) => table.group(bytes),
            (Table::Bytes(table), _) => table.group_of_nulls(),
        }
    }

    /// The groups of some of the rows, or of all.
    pub fn find(&mut self, keys: &Keys, rows: Option<&[u32]>, groups: &mut Vec<u32>) {
        match rows {
            None => self.find_all(keys, 0..keys.len(), groups),
            Some(rows) => self.find_all(keys, rows.iter().map(|&row| row as usize), groups),
        }
    }

    fn find_all(
        &mut self,
        keys: &Keys,
        rows: impl Iterator<Item = usize> + Clone,
        groups: &mut Vec<u32>,
    ) {
        if keys.validity.is_none() {
            return self.find_rows(keys, rows, groups);
        }
        // What is under a null is no key: a valid one takes its place, so that it makes no group.
        let start = groups.len();
        match rows.clone().find(|&row| !keys.is_null(row)) {
            None => groups.extend(rows.clone().map(|_| UNKNOWN)),
            Some(valid) => {
                let valid = rows.clone().map(|row| if keys.is_null(row) { valid } else { row });
                self.find_rows(keys, valid, groups);
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
        groups: &mut Vec<u32>,
    ) {
        match (&mut self.table, &keys.what) {
            (_, What::Codes(codes, dictionary)) => {
                self.find_codes((codes, dictionary), rows, groups);
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

    /// The groups of the codes of a dictionary: each value that occurs is looked up once.
    fn find_codes(
        &mut self,
        (codes, dictionary): (&[u32], &Arc<Dictionary>),
        rows: impl Iterator<Item = usize>,
        groups: &mut Vec<u32>,
    ) {
        let mut known = match self.codes.take() {
            Some((last, known)) if Arc::ptr_eq(&last, dictionary) => known,
            _ => vec![UNKNOWN; dictionary.len()],
        };
        groups.extend(rows.map(|row| {
            let code = codes[row] as usize;
            if known[code] == UNKNOWN {
                known[code] = self.find_one(&dictionary.keys, code);
            }
            known[code]
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
            What::Codes(..) => unreachable!("the values of a dictionary are no dictionary"),
        }
    }
}

impl Key<'_> {
    /// The hash of the key, as of all keys of its form.
    pub fn hash(&self, hasher: &Hasher) -> u64 {
        match self {
            Self::Word(word) => hasher.of_word(*word),
            Self::Bytes(bytes) => hasher.digest(bytes).hash,
            Self::Null => Hasher::OF_NULLS,
        }
    }

    /// The order of keys of one form.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Word(one), Self::Word(other)) => one.cmp(other),
            (Self::Bytes(one), Self::Bytes(other)) => one.cmp(other),
            (one, other) => (*one == Self::Null).cmp(&(*other == Self::Null)),
        }
    }
}
