//! The table of keys that are bytes.

use super::hasher::{Digest, Hasher, SHORT};
use super::slots::{Slot, Slots};
use super::{EMPTY, Nulls, number};

#[derive(Clone, Copy)]
struct BytesSlot {
    ends: [u64; 2],
    length: u32,
    group: u32,
}

impl Slot for BytesSlot {
    const EMPTY: Self = Self { ends: [0; 2], length: 0, group: EMPTY };

    #[inline(always)]
    fn group(&self) -> u32 {
        self.group
    }
}

/// The bytes that are keys, by the number of the group.
pub struct BytesTable {
    hasher: Hasher,
    slots: Slots<BytesSlot>,
    bytes: Vec<u8>,
    /// Where each key ends.
    ends: Vec<usize>,
    nulls: Nulls,
}

impl BytesTable {
    pub fn new(hasher: Hasher) -> Self {
        let (slots, nulls) = (Slots::new(), Nulls::default());
        Self { hasher, slots, bytes: vec![], ends: vec![], nulls }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a group; none for nulls.
    pub fn key(&self, group: usize) -> Option<&[u8]> {
        (!self.nulls.is(group)).then(|| bytes_of(&self.bytes, &self.ends, group))
    }

    /// The groups of keys, in a place for each.
    pub fn groups<'a>(
        &mut self,
        keys: impl Iterator<Item = &'a [u8]> + Clone,
        groups: &mut Vec<u32>,
    ) {
        if !self.slots.are_many() {
            return groups.extend(keys.map(|key| self.group(key)));
        }
        let digests = keys.clone().map(|key| self.hasher.digest(key)).collect::<Vec<_>>();
        self.slots.read_ahead(digests.iter().map(|digest| digest.hash));
        groups.extend(digests.iter().zip(keys).map(|(digest, key)| self.group_of(digest, key)));
    }

    /// The group of a key, a new one if the key is new.
    #[inline(always)]
    pub fn group(&mut self, key: &[u8]) -> u32 {
        let digest = self.hasher.digest(key);
        self.group_of(&digest, key)
    }

    /// The group of nulls.
    pub fn group_of_nulls(&mut self) -> u32 {
        let (group, is_new) = self.nulls.group(self.ends.len());
        if is_new {
            self.ends.push(self.bytes.len());
        }
        group
    }

    #[inline(always)]
    fn group_of(&mut self, digest: &Digest, key: &[u8]) -> u32 {
        let Self { slots, bytes, ends, .. } = self;
        let is_same = |slot: &BytesSlot| {
            slot.ends == digest.ends
                && slot.length == digest.length
                && (key.len() <= SHORT || bytes_of(bytes, ends, slot.group as usize) == key)
        };
        match slots.find(digest.hash, is_same) {
            (place, true) => slots.slots[place].group,
            (place, false) => self.insert(place, digest, key),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, place: usize, digest: &Digest, key: &[u8]) -> u32 {
        let Self { hasher, slots, bytes, ends, .. } = self;
        let group = number(ends.len());
        bytes.extend_from_slice(key);
        ends.push(bytes.len());
        let slot = BytesSlot { ends: digest.ends, length: digest.length, group };
        slots.fill(place, slot, |slot| {
            hasher.digest(bytes_of(bytes, ends, slot.group as usize)).hash
        });
        group
    }
}

#[inline(always)]
fn bytes_of<'a>(bytes: &'a [u8], ends: &[usize], group: usize) -> &'a [u8] {
    let start = if group == 0 { 0 } else { ends[group - 1] };
    &bytes[start..ends[group]]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that have their ends and their length in common with others.
    #[test]
    fn keys_of_any_length_are_told_apart() {
        let mut table = BytesTable::new(Hasher::new());
        let mut keys = vec![];
        for length in 0..40 {
            keys.push(vec![0u8; length]);
            for at in 0..length {
                let mut key = vec![0; length];
                key[at] = 1;
                keys.push(key);
            }
        }
        let mut groups = vec![];
        for _ in 0..2 {
            groups.clear();
            table.groups(keys.iter().map(Vec::as_slice), &mut groups);
            assert!(groups.iter().enumerate().all(|(i, &group)| group as usize == i));
        }
        let nulls = table.group_of_nulls();
        assert_eq!((nulls as usize, table.key(nulls as usize)), (keys.len(), None));
        assert!(keys.iter().enumerate().all(|(group, key)| table.key(group) == Some(&key[..])));
        assert_eq!(table.group(&keys[7]), 7);
    }
}
