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
//! Hashes are seeded at random, so that keys cannot be chosen to collide.

mod bytes;
mod hasher;
mod slots;
mod words;

pub use bytes::BytesTable;
pub use hasher::Hasher;
pub use words::WordTable;

/// The group of an empty slot.
const EMPTY: u32 = u32::MAX;

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

    /// The group of nulls, if there is one.
    pub fn known(&self) -> Option<usize> {
        self.0.map(|group| group as usize)
    }

    /// Whether a group is that of nulls.
    pub fn is(&self, group: usize) -> bool {
        self.0.is_some_and(|nulls| nulls as usize == group)
    }
}

/// The number of the next group. No machine has memory for 2^32 keys and states.
fn number(next: usize) -> u32 {
    u32::try_from(next).ok().filter(|&group| group != EMPTY).expect("fewer than 2^32 groups")
}
