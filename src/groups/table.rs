//! Keys that were seen, each with a number: that of its group.
//!
//! A key is the bytes of a row as arrow-row writes it. All keys lie in one vector, one after the
//! other; the hash table holds their numbers beside their hashes, so that a key is looked at only
//! where all 64 bits of the hash agree.

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

/// A key that is known.
struct Known {
    hash: u64,
    group: u32,
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
        let is_it =
            |known: &Known| known.hash == hash && key_of(bytes, ends, known.group as usize) == key;
        match table.entry(hash, is_it, |known| known.hash) {
            Entry::Occupied(known) => known.get().group,
            Entry::Vacant(place) => {
                // So many rows of memory are nowhere.
                let group = u32::try_from(ends.len()).expect("fewer than 2^32 groups");
                place.insert(Known { hash, group });
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
