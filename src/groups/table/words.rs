//! The table of keys that are words.
//!
//! Words that lie close together have their groups in an array, where new ones are found, too. They are hashed only once
//! there are words elsewhere.

use super::hasher::Hasher;
use super::slots::{Slot, Slots};
use super::{EMPTY, Nulls, number};

/// Words that may lie between the first and the last of those nearby, in any case: 256 KiB of groups.
const MIN_NEARBY: usize = 1 << 16;
/// The same per group.
const NEARBY_PER_GROUP: usize = 4;
/// The part of the words, as a divisor, that must be new before it is tried again whether words lie close together.
const RETRY: usize = 8;
/// Words that tell whether most of them are nearby.
const SAMPLE: usize = 8;

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

/// The groups of words that lie close together, by their distance from the first: of all that are known there.
#[derive(Default)]
struct Nearby {
    first: u64,
    groups: Vec<u32>,
}

impl Nearby {
    /// Whether there is room for most of the first words.
    fn has_most(&self, words: impl Iterator<Item = u64>) -> bool {
        let lies_here = |word: u64| word.wrapping_sub(self.first) < self.groups.len() as u64;
        let here = words.take(SAMPLE).filter(|&word| lies_here(word)).count();
        2 * here > SAMPLE
    }

    /// Notes the group of a word, if there is room for it.
    #[inline(always)]
    fn note(&mut self, word: u64, group: u32) {
        let place = usize::try_from(word.wrapping_sub(self.first)).ok();
        if let Some(known) = place.and_then(|place| self.groups.get_mut(place)) {
            *known = group;
        }
    }

    /// The group of a word, if it is known.
    #[inline(always)]
    fn find(&self, word: u64) -> u32 {
        let distance = word.wrapping_sub(self.first);
        usize::try_from(distance)
            .ok()
            .and_then(|place| self.groups.get(place))
            .copied()
            .unwrap_or(EMPTY)
    }

    /// Whether there is room for words from the least to the greatest; it is made, if there are enough groups, and
    /// filled with the known words.
    fn covers(&mut self, least: u64, greatest: u64, words: &[u64], nulls: &Nulls) -> bool {
        let end = self.first + self.groups.len() as u64; // at most 2^64 - 1
        if self.first <= least && greatest < end {
            return true;
        }
        let (mut first, last) = match self.groups.is_empty() {
            true => (least, greatest),
            false => (least.min(self.first), greatest.max(end - 1)),
        };
        let most = MIN_NEARBY.max(NEARBY_PER_GROUP * words.len()) as u64;
        if last - first >= most || last == u64::MAX {
            return false;
        }
        // Keys may ascend or descend from one stretch to the next: make some more room, so that this is rare.
        if !self.groups.is_empty() && least < self.first {
            first = first.saturating_sub(last - first);
        }
        let length = (last - first + 1).next_power_of_two().min(u64::MAX - first);
        *self = Self { first, groups: vec![EMPTY; length as usize] };
        for (group, &word) in words.iter().enumerate().filter(|&(group, _)| !nulls.is(group)) {
            self.note(word, group as u32);
        }
        true
    }
}

/// The words that are keys, by the number of the group.
pub struct WordTable {
    hasher: Hasher,
    slots: Slots<WordSlot>,
    nearby: Nearby,
    words: Vec<u64>,
    /// The groups that are in the slots: those before this one.
    hashed: usize,
    nulls: Nulls,
    /// As long as there are fewer words than this, it is not worth trying whether they lie close together.
    hopeless: usize,
}

impl WordTable {
    pub fn new(hasher: Hasher) -> Self {
        Self {
            hasher,
            slots: Slots::new(),
            nearby: Nearby::default(),
            words: vec![],
            hashed: 0,
            nulls: Nulls::default(),
            hopeless: 0,
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

    /// The words of all groups; that of nulls may be any.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The group of nulls, if there is one.
    pub fn nulls(&self) -> Option<usize> {
        self.nulls.known()
    }

    /// The least and the greatest word, if there is one.
    pub fn extent(&self) -> Option<(u64, u64)> {
        let words = || (0..self.len()).filter_map(|group| self.key(group));
        words().min().zip(words().max())
    }

    /// The groups of words, in a place for each.
    pub fn groups(&mut self, words: impl Iterator<Item = u64> + Clone, groups: &mut Vec<u32>) {
        let start = groups.len();
        if self.nearby.has_most(words.clone()) {
            let (nearby, mut all) = (&self.nearby, true);
            groups.extend(words.clone().map(|word| {
                let group = nearby.find(word);
                all &= group != EMPTY;
                group
            }));
            if all {
                return;
            }
        } else {
            groups.extend(words.clone().map(|_| EMPTY));
        }
        self.look_up(words, &mut groups[start..]);
    }

    /// The groups of words that are not known yet, in their places.
    #[inline(never)]
    fn look_up(&mut self, words: impl Iterator<Item = u64> + Clone, groups: &mut [u32]) {
        if !self.nearby.groups.is_empty() || self.words.len() >= self.hopeless {
            let (mut least, mut greatest) = (u64::MAX, 0);
            for (word, _) in words.clone().zip(&*groups).filter(|(_, group)| **group == EMPTY) {
                least = least.min(word);
                greatest = greatest.max(word);
            }
            if least <= greatest && self.nearby.covers(least, greatest, &self.words, &self.nulls) {
                for (word, group) in words.zip(groups).filter(|(_, group)| **group == EMPTY) {
                    *group = self.group_nearby(word);
                }
                return;
            }
            self.hopeless = self.words.len() + self.words.len() / RETRY + 1;
        }
        self.hash_all();
        self.slots.read_ahead(words.clone().map(|word| self.hasher.of_word(word)));
        for (word, group) in words.zip(groups).filter(|(_, group)| **group == EMPTY) {
            *group = self.group(word);
        }
    }

    /// The group of a word, a new one if the word is new.
    #[inline(always)]
    pub fn group(&mut self, word: u64) -> u32 {
        if self.hashed < self.words.len() {
            self.hash_all();
        }
        let hash = self.hasher.of_word(word);
        match self.slots.find(hash, |slot| slot.word == word) {
            (place, true) => self.slots.slots[place].group,
            (place, false) => self.insert(place, word),
        }
    }

    /// The group of a word for which there is room among those nearby, which are all that are known there.
    #[inline(always)]
    fn group_nearby(&mut self, word: u64) -> u32 {
        let place = (word - self.nearby.first) as usize;
        match self.nearby.groups[place] {
            EMPTY => {
                let group = number(self.words.len());
                self.words.push(word);
                self.nearby.groups[place] = group;
                group
            }
            group => group,
        }
    }

    /// Brings the words that were found new among those nearby into the slots.
    fn hash_all(&mut self) {
        let Self { hasher, slots, words, nulls, hashed, .. } = self;
        for group in (*hashed..words.len()).filter(|&group| !nulls.is(group)) {
            let word = words[group];
            let (place, _) = slots.find(hasher.of_word(word), |slot| slot.word == word);
            let slot = WordSlot { word, group: group as u32 };
            slots.fill(place, slot, |slot| hasher.of_word(slot.word));
        }
        *hashed = words.len();
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
        let Self { hasher, slots, words, hashed, nearby, .. } = self;
        let group = number(words.len());
        words.push(word);
        *hashed = words.len();
        slots.fill(place, WordSlot { word, group }, |slot| hasher.of_word(slot.word));
        nearby.note(word, group);
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
