//! The slots of a hash table: open addressing with linear probing.

use super::EMPTY;

/// The least number of slots.
const MIN_SLOTS: usize = 64;
/// Slots from which a table is read ahead: below, it fits the L2 cache.
const READ_AHEAD_MIN_SLOTS: usize = 1 << 14;

/// A key in a table.
pub trait Slot: Copy {
    const EMPTY: Self;
    fn group(&self) -> u32;
}

/// The slots of a table.
pub struct Slots<T> {
    pub slots: Vec<T>,
    /// The hash is shifted by this to become a place.
    shift: u32,
    used: usize,
}

impl<T: Slot> Slots<T> {
    pub fn new() -> Self {
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
    pub fn find(&self, hash: u64, is_same: impl Fn(&T) -> bool) -> (usize, bool) {
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
    pub fn fill(&mut self, place: usize, slot: T, hash: impl Fn(&T) -> u64) {
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
    pub fn are_many(&self) -> bool {
        self.slots.len() >= READ_AHEAD_MIN_SLOTS
    }

    /// Brings the first slots of keys into the cache, if they may not be there.
    #[inline(always)]
    pub fn read_ahead(&self, hashes: impl Iterator<Item = u64>) {
        if self.are_many() {
            let groups = hashes.map(|hash| self.slots[self.place(hash)].group());
            std::hint::black_box(groups.fold(0, |all, group| all ^ group));
        }
    }
}
