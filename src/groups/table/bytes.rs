//! The table of keys that are bytes.
//!
//! A slot has no more than a tag, which is a part of the hash, and the number of a group, so that the table of a million
//! groups is 16 MiB. What tells keys apart lies by the number of the group: sixteen bytes, all there is of a short
//! key. Both are read ahead, the latter for the first slot that has the tag of the key, which is nearly always its own.

use super::hasher::{Digest, Hasher, SHORT};
use super::slots::{Slot, Slots};
use super::{EMPTY, Nulls, number};

/// Keys that are read ahead together.
const BATCH: usize = 128;
/// The length of all keys that are as long or longer.
const LONG: u8 = u8::MAX;

#[derive(Clone, Copy)]
struct Tagged {
    /// The upper half of the hash.
    tag: u32,
    group: u32,
}

impl Slot for Tagged {
    const EMPTY: Self = Self { tag: 0, group: EMPTY };

    #[inline(always)]
    fn group(&self) -> u32 {
        self.group
    }
}

/// The bytes that are keys, by the number of the group.
pub struct BytesTable {
    hasher: Hasher,
    slots: Slots<Tagged>,
    /// What is compared of each key.
    ends: Vec<[u64; 2]>,
    lengths: Vec<u8>,
    bytes: Vec<u8>,
    /// Where each key begins, and the end of the last.
    starts: Vec<usize>,
    nulls: Nulls,
}

impl BytesTable {
    pub fn new(hasher: Hasher) -> Self {
        let (slots, nulls) = (Slots::new(), Nulls::default());
        let (ends, lengths, bytes, starts) = (vec![], vec![], vec![], vec![0]);
        Self { hasher, slots, ends, lengths, bytes, starts, nulls }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a group; none for nulls.
    pub fn key(&self, group: usize) -> Option<&[u8]> {
        (!self.nulls.is(group)).then(|| &self.bytes[self.starts[group]..self.starts[group + 1]])
    }

    /// The group of nulls, if there is one.
    pub fn nulls(&self) -> Option<usize> {
        self.nulls.known()
    }

    /// The groups of keys, in a place for each.
    pub fn groups<'a>(
        &mut self,
        mut keys: impl Iterator<Item = &'a [u8]> + Clone,
        groups: &mut Vec<u32>,
    ) {
        if !self.slots.are_many() {
            return groups.extend(keys.map(|key| self.group(key)));
        }
        let mut digests = [Digest::default(); BATCH];
        let mut likely = [EMPTY; BATCH];
        loop {
            let batch = keys.clone();
            let mut count = 0;
            // Keys come second, so that none is taken for which there is no room.
            for (digest, key) in digests.iter_mut().zip(&mut keys) {
                *digest = self.hasher.digest(key);
                count += 1;
            }
            let digests = &digests[..count];
            self.slots.read_ahead(digests.iter().map(|digest| hash_of(tag(digest))));
            for (likely, digest) in likely.iter_mut().zip(digests) {
                let tag = tag(digest);
                let (place, _) = self.slots.find(hash_of(tag), |slot| slot.tag == tag);
                *likely = self.slots.slots[place].group;
            }
            self.read_ahead(&likely[..count]);
            groups.extend(digests.iter().zip(batch).zip(likely).map(|((digest, key), likely)| {
                match likely != EMPTY && self.is(likely, digest, key) {
                    true => likely,
                    false => self.group_of(digest, key),
                }
            }));
            if count < BATCH {
                return;
            }
        }
    }

    /// The group of a key, a new one if the key is new.
    #[inline(always)]
    pub fn group(&mut self, key: &[u8]) -> u32 {
        let digest = self.hasher.digest(key);
        self.group_of(&digest, key)
    }

    /// The group of nulls.
    pub fn group_of_nulls(&mut self) -> u32 {
        let (group, is_new) = self.nulls.group(self.len());
        if is_new {
            self.push([0; 2], &[]);
        }
        group
    }

    #[inline(always)]
    fn group_of(&mut self, digest: &Digest, key: &[u8]) -> u32 {
        let tag = tag(digest);
        let is_same = |slot: &Tagged| slot.tag == tag && self.is(slot.group, digest, key);
        match self.slots.find(hash_of(tag), is_same) {
            (place, true) => self.slots.slots[place].group,
            (place, false) => self.insert(place, digest, key),
        }
    }

    /// Whether a key is that of a group.
    #[inline(always)]
    fn is(&self, group: u32, digest: &Digest, key: &[u8]) -> bool {
        let group = group as usize;
        self.ends[group] == digest.ends
            && self.lengths[group] == short_length(key)
            && (key.len() <= SHORT || self.key(group) == Some(key))
    }

    /// Brings what is compared of groups into the cache.
    #[inline(always)]
    fn read_ahead(&self, groups: &[u32]) {
        let ends =
            groups.iter().map(|&group| self.ends.get(group as usize).map_or(0, |ends| ends[0]));
        std::hint::black_box(ends.fold(0, |all, ends| all ^ ends));
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, place: usize, digest: &Digest, key: &[u8]) -> u32 {
        let group = number(self.len());
        self.push(digest.ends, key);
        self.slots.fill(place, Tagged { tag: tag(digest), group }, |slot| hash_of(slot.tag));
        group
    }

    fn push(&mut self, ends: [u64; 2], key: &[u8]) {
        self.ends.push(ends);
        self.lengths.push(short_length(key));
        self.bytes.extend_from_slice(key);
        self.starts.push(self.bytes.len());
    }
}

#[inline(always)]
fn tag(digest: &Digest) -> u32 {
    (digest.hash >> 32) as u32
}

/// The hash by which a tag has its place.
#[inline(always)]
fn hash_of(tag: u32) -> u64 {
    u64::from(tag) << 32
}

#[inline(always)]
fn short_length(key: &[u8]) -> u8 {
    u8::try_from(key.len()).unwrap_or(LONG)
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
