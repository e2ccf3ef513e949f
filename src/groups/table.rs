//! The hash table of keys: it maps each known key to its group number.
//!
//! A key is a row in the format of arrow-row. All keys are stored in one vector. The hash table holds
//! their group numbers and hashes, and a copy of short keys, since with millions of groups each further
//! memory access is a cache miss.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// The keys of groups, by the number of the group.
#[derive(Default)]
pub struct KeyTable {
    bytes: Vec<u8>,
    /// Where each key ends.
    ends: Vec<usize>,
    table: HashTable<Known>,
}

/// A known key.
struct Known {
    hash: u64,
    group: u32,
    short: Short,
}

/// A key of up to eleven bytes, such as one or two numbers, and its length; longer keys are not copied.
type Short = [u8; 12];

#[inline]
fn short(key: &[u8]) -> Short {
    let mut short = Short::default();
    match key.len() {
        length @ 0..12 => {
            short[..length].copy_from_slice(key);
            short[11] = length as u8;
        }
        _ => short[11] = u8::MAX,
    }
    short
}

impl KeyTable {
    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The key of a group.
    pub fn key(&self, group: usize) -> &[u8] {
        key_of(&self.bytes, &self.ends, group)
    }

    /// The group of a key, a new one if the key is new.
    #[inline]
    pub fn group(&mut self, hash: u64, key: &[u8]) -> u32 {
        let Self { bytes, ends, table } = self;
        let short = short(key);
        let is_same = |known: &Known| {
            known.hash == hash
                && known.short == short
                && (key.len() < short.len() || key_of(bytes, ends, known.group as usize) == key)
        };
        match table.entry(hash, is_same, |known| known.hash) {
            Entry::Occupied(known) => known.get().group,
            Entry::Vacant(place) => {
                // No machine has memory for 2^32 keys and states.
                let group = u32::try_from(ends.len()).expect("fewer than 2^32 groups");
                place.insert(Known { hash, group, short });
                bytes.extend_from_slice(key);
                ends.push(bytes.len());
                group
            }
        }
    }
}

#[inline]
fn key_of<'a>(bytes: &'a [u8], ends: &[usize], group: usize) -> &'a [u8] {
    let start = if group == 0 { 0 } else { ends[group - 1] };
    &bytes[start..ends[group]]
}
