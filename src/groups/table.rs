//! The hash tables of keys, which map each known key to its group number.
//!
//! Both are open addressing with linear probing, at most half full. With millions of groups each memory access is a
//! cache miss, so a slot holds all that is compared: words, or bytes if there are at most sixteen. And the first
//! slot of each key of a block is read before any is compared: these reads do not wait for each other, as
//! those of a loop with branches do.
//!
//! Words that lie close together, as numbers of things do, are not hashed after the first time: their groups are in an
//! array.
//!
//! Hashes are seeded at random, so that nobody can choose keys that collide.

use ahash::RandomState;

/// The group of an empty slot.
const EMPTY: u32 = u32::MAX;
/// Words that may lie between the first and the last of those nearby, in any case: 256 KiB of groups.
const MIN_NEARBY: usize = 1 << 16;
/// The same per group.
const NEARBY_PER_GROUP: usize = 4;
/// The least number of slots.
const MIN_SLOTS: usize = 64;
/// Slots from which a table is read ahead: below, it fits the L2 cache.
const READ_AHEAD_MIN_SLOTS: usize = 1 << 14;
/// Bytes of keys that are compared in the slots.
const SHORT: usize = 16;

/// The hash functions of all tables.
#[derive(Clone)]
pub struct Hasher {
    seeds: [u64; 3],
    of_bytes: RandomState,
}

impl Hasher {
    /// The hash of nulls.
    pub const OF_NULLS: u64 = 0;

    pub fn new() -> Self {
        let of_bytes = RandomState::new();
        let seeds = [0u8, 1, 2].map(|seed| of_bytes.hash_one(seed) | 1);
        Self { seeds, of_bytes }
    }

    /// The hash of a word.
    #[inline(always)]
    pub fn of_word(&self, word: u64) -> u64 {
        folded(word ^ self.seeds[0], self.seeds[1])
    }

    /// What is compared of bytes, and their hash.
    #[inline(always)]
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        let length = bytes.len();
        let eight = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let four = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[at..at + 4]);
            u64::from(u32::from_le_bytes(word))
        };
        let ends = match length {
            8..=SHORT => [eight(0), eight(length - 8)],
            4..=7 => [four(0) | four(length - 4) << 32, 0],
            1..=3 => {
                let of = |at: usize| u64::from(bytes[at]);
                [of(0) | of(length / 2) << 8 | of(length - 1) << 16, 0]
            }
            0 => [0; 2],
            _ => [self.of_bytes.hash_one(bytes), eight(0)],
        };
        let [a, b, c] = self.seeds;
        let hash = folded(ends[0] ^ a, ends[1] ^ b ^ (length as u64).wrapping_mul(c));
        // Of long keys, length and ends need not tell everything.
        Digest { ends, length: u32::try_from(length).unwrap_or(u32::MAX), hash }
    }
}

/// Both halves of a product, which depend on all bits of the factors, in one.
#[inline(always)]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// What is compared of bytes: everything, if there are at most [`SHORT`] of them.
#[derive(Clone, Copy)]
pub struct Digest {
    ends: [u64; 2],
    length: u32,
    pub hash: u64,
}

/// A key in a table.
trait Slot: Copy {
    const EMPTY: Self;
    fn group(&self) -> u32;
}

/// The slots of a table.
struct Slots<T> {
    slots: Vec<T>,
    /// The hash is shifted by this to become a place.
    shift: u32,
    used: usize,
}

impl<T: Slot> Slots<T> {
    fn new() -> Self {
        Self::of_size(MIN_SLOTS)
    }

    fn of_size(size: usize) -> Self {
        Self { slots: vec![T::EMPTY; size], shift: u64::BITS - size.ilog2(), used: 0 }
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    /// The place of a key, and whether it is there already.
    #[inline(always)]
    fn find(&self, hash: u64, is_same: impl Fn(&T) -> bool) -> (usize, bool) {
        let mask = self.slots.len() - 1;
        let mut place = self.place(hash);
        loop {
            let slot = &self.slots[place & mask];
            if slot.group() == EMPTY {
                return (place & mask, false);
            }
            if is_same(slot) {
                return (place & mask, true);
            }
            place += 1;
        }
    }

    /// Fills an empty slot, and grows if more than half of them are full.
    fn fill(&mut self, place: usize, slot: T, hash: impl Fn(&T) -> u64) {
        self.slots[place] = slot;
        self.used += 1;
        if 2 * self.used <= self.slots.len() {
            return;
        }
        let mut grown = Self::of_size(2 * self.slots.len());
        for slot in self.slots.iter().filter(|slot| slot.group() != EMPTY) {
            let (place, _) = grown.find(hash(slot), |_| false);
            grown.slots[place] = *slot;
        }
        grown.used = self.used;
        *self = grown;
    }

    /// Whether slots may not be in the cache.
    fn are_many(&self) -> bool {
        self.slots.len() >= READ_AHEAD_MIN_SLOTS
    }

    /// Brings the first slots of keys into the cache, if they may not be there.
    #[inline(always)]
    fn read_ahead(&self, hashes: impl Iterator<Item = u64>) {
        if self.are_many() {
            let groups = hashes.map(|hash| self.slots[self.place(hash)].group());
            std::hint::black_box(groups.fold(0, |all, group| all ^ group));
        }
    }
}

#[derive(Clone, Copy)]
struct WordSlot {
    word: u64,
    group: u32,
}

impl Slot for WordSlot {
    const EMPTY: Self = Self { word: 0, group: EMPTY };

    #[inline(always)]
    fn group(&self) -> u32 {
        self.group
    }
}

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

/// The group of nulls, which is in no table.
#[derive(Default)]
pub struct Nulls(Option<u32>);

impl Nulls {
    /// The group of nulls; it was the next one, if it is new.
    pub fn group(&mut self, next: usize) -> (u32, bool) {
        match self.0 {
            Some(group) => (group, false),
            None => (*self.0.insert(number(next)), true),
        }
    }

    /// Whether a group is that of nulls.
    pub fn is(&self, group: usize) -> bool {
        self.0.is_some_and(|nulls| nulls as usize == group)
    }
}

/// The groups of words that lie close together, by their distance from the first, as far as they were looked up.
#[derive(Default)]
struct Nearby {
    first: u64,
    groups: Vec<u32>,
}

impl Nearby {
    /// Whether there is room for words from the least to the greatest; it is made, if there are enough groups.
    fn covers(&mut self, least: u64, greatest: u64, groups: usize) -> bool {
        let end = self.first + self.groups.len() as u64; // at most 2^64 - 1
        if self.first <= least && greatest < end {
            return true;
        }
        let (mut first, last) = match self.groups.is_empty() {
            true => (least, greatest),
            false => (least.min(self.first), greatest.max(end - 1)),
        };
        let most = MIN_NEARBY.max(NEARBY_PER_GROUP * groups) as u64;
        if last - first >= most || last == u64::MAX {
            return false;
        }
        // Keys may ascend or descend from one stretch to the next: make some more room, so that this is rare.
        if !self.groups.is_empty() && least < self.first {
            first = first.saturating_sub(last - first);
        }
        let length = (last - first + 1).next_power_of_two().min(u64::MAX - first);
        *self = Self { first, groups: vec![EMPTY; length as usize] };
        true
    }
}

/// The words that are keys, by the number of the group.
pub struct WordTable {
    hasher: Hasher,
    slots: Slots<WordSlot>,
    nearby: Nearby,
    words: Vec<u64>,
    nulls: Nulls,
}

impl WordTable {
    pub fn new(hasher: Hasher) -> Self {
        Self {
            hasher,
            slots: Slots::new(),
            nearby: Nearby::default(),
            words: vec![],
            nulls: Nulls::default(),
        }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The word of a group; none for nulls.
    pub fn key(&self, group: usize) -> Option<u64> {
        (!self.nulls.is(group)).then(|| self.words[group])
    }

    /// The groups of words, in a place for each.
    pub fn groups(&mut self, words: impl Iterator<Item = u64> + Clone, groups: &mut Vec<u32>) {
        let (mut least, mut greatest) = (u64::MAX, 0);
        for word in words.clone() {
            least = least.min(word);
            greatest = greatest.max(word);
        }
        if least <= greatest && self.nearby.covers(least, greatest, self.words.len()) {
            return groups.extend(words.map(|word| self.group_nearby(word)));
        }
        self.slots.read_ahead(words.clone().map(|word| self.hasher.of_word(word)));
        groups.extend(words.map(|word| self.group(word)));
    }

    /// The group of a word, a new one if the word is new.
    #[inline(always)]
    pub fn group(&mut self, word: u64) -> u32 {
        let hash = self.hasher.of_word(word);
        match self.slots.find(hash, |slot| slot.word == word) {
            (place, true) => self.slots.slots[place].group,
            (place, false) => self.insert(place, word),
        }
    }

    /// The group of a word for which there is room among those nearby.
    #[inline(always)]
    fn group_nearby(&mut self, word: u64) -> u32 {
        let place = (word - self.nearby.first) as usize;
        match self.nearby.groups[place] {
            EMPTY => {
                let group = self.group(word);
                self.nearby.groups[place] = group;
                group
            }
            group => group,
        }
    }

    /// The group of nulls.
    pub fn group_of_nulls(&mut self) -> u32 {
        let (group, is_new) = self.nulls.group(self.words.len());
        if is_new {
            self.words.push(0);
        }
        group
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, place: usize, word: u64) -> u32 {
        let Self { hasher, slots, words, .. } = self;
        let group = number(words.len());
        words.push(word);
        slots.fill(place, WordSlot { word, group }, |slot| hasher.of_word(slot.word));
        group
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

/// The number of the next group. No machine has memory for 2^32 keys and states.
fn number(next: usize) -> u32 {
    u32::try_from(next).ok().filter(|&group| group != EMPTY).expect("fewer than 2^32 groups")
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

    #[test]
    fn words_nearby_are_found_wherever_the_others_lie() {
        let top = u64::MAX;
        let parts: [&[u64]; 9] = [
            &[],
            &[70_000, 70_003],
            &[70_001, 69_990],
            &[0, 1, 70_000],
            &[5, 1 << 40, 70_000],
            &[70_004, 70_002, 80_000],
            &[top, top - 1],
            &[top - 2, 3],
            &[3, 70_001, 80_001, 139_000, 12],
        ];
        for start in 0..parts.len() {
            let mut table = WordTable::new(Hasher::new());
            let mut known = std::collections::BTreeMap::new();
            for round in 0..20 {
                let words = parts[(start + round) % parts.len()];
                let mut groups = vec![];
                if round % 7 == 5 {
                    table.group_of_nulls();
                }
                table.groups(words.iter().copied(), &mut groups);
                for (&word, group) in words.iter().zip(groups) {
                    assert_eq!(*known.entry(word).or_insert(group), group);
                    assert_eq!(table.key(group as usize), Some(word));
                }
            }
            assert_eq!(
                known.values().collect::<std::collections::BTreeSet<_>>().len(),
                known.len()
            );
        }
    }

    #[test]
    fn words_are_told_apart_in_tables_of_any_size() {
        let mut table = WordTable::new(Hasher::new());
        let words =
            (0..50_000u64).map(|i| i << (i % 40)).collect::<std::collections::BTreeSet<_>>();
        let words = words.into_iter().collect::<Vec<_>>();
        for part in words.chunks(3000) {
            table.groups(part.iter().copied(), &mut vec![]);
        }
        assert_eq!(table.group_of_nulls(), table.group_of_nulls());
        let mut groups = vec![];
        table.groups(words.iter().copied(), &mut groups);
        assert!(groups.iter().enumerate().all(|(i, &group)| group as usize == i));
        assert_eq!(table.len(), words.len() + 1);
    }
}
