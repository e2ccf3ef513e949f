//! The division of rows by the part that owns their groups.
//!
//! With many groups, their keys and sums exceed the cache, and each row would wait for memory several times. So
//! keys are divided into parts, by their hashes or by where they lie: the tables of the groups of a part fit the L2 cache. The rows of a stretch are sorted by part first, which is done in the cache, too; then each part takes
//! its rows of all stretches of a batch. Nothing is shared between parts, so threads work on different ones.

use std::ops::Range;

use super::table::Hasher;

/// How many words may lie between the first and the last, for each known word, if they are divided by where they lie.
const NEARBY_PER_WORD: usize = 4;

/// Which part a key belongs to, of some number of them: at most 256.
///
/// Words that lie close together are divided by where they lie, so that those of a part do, too, and are still not
/// hashed. Words that come later may lie anywhere: they belong to parts in turn.
#[derive(Clone)]
pub struct Split {
    hasher: Hasher,
    pub parts: usize,
    nearby: Option<Blocks>,
}

/// Blocks of consecutive words.
#[derive(Clone, Copy)]
struct Blocks {
    first: u64,
    shift: u32,
}

impl Split {
    /// A division for keys like some known ones: the number of them, and their extent if they are words.
    pub fn new(hasher: &Hasher, parts: usize, known: usize, extent: Option<(u64, u64)>) -> Self {
        let parts = parts.clamp(1, 1 << u8::BITS);
        let is_close = |(least, greatest): &(u64, u64)| {
            parts.is_power_of_two() && greatest - least < (NEARBY_PER_WORD * known) as u64
        };
        let nearby = extent.filter(is_close).map(|(first, last)| {
            let block = (last - first) / parts as u64 + 1;
            Blocks { first, shift: block.next_power_of_two().trailing_zeros() }
        });
        Self { hasher: hasher.clone(), parts, nearby }
    }

    /// The parts of words.
    pub fn of_words(&self, words: &[u64]) -> Vec<u8> {
        match self.nearby {
            Some(Blocks { first, shift }) => {
                let part =
                    |&word: &u64| (word.wrapping_sub(first) >> shift) as usize & (self.parts - 1);
                words.iter().map(|word| part(word) as u8).collect()
            }
            None => words.iter().map(|&word| self.of_hash(self.hasher.of_word(word))).collect(),
        }
    }

    #[inline(always)]
    pub fn of_bytes(&self, bytes: &[u8]) -> u8 {
        self.of_hash(self.hasher.digest(bytes).hash)
    }

    pub fn of_nulls(&self) -> u8 {
        self.of_hash(Hasher::OF_NULLS)
    }

    #[inline(always)]
    fn of_hash(&self, hash: u64) -> u8 {
        // The hash tables use the highest bits.
        (((hash & 0xffff_ffff) * self.parts as u64) >> 32) as u8
    }
}

/// The rows of a stretch, sorted by the part that they belong to; those of one part in their order.
pub struct Picks {
    rows: Vec<u32>,
    /// Where the rows of each part end.
    ends: Vec<u32>,
}

impl Picks {
    /// Sorts rows, given the part of each.
    pub fn new(parts: &[u8], count: usize) -> Self {
        let mut starts = vec![0u32; count + 1];
        for &part in parts {
            starts[usize::from(part) + 1] += 1;
        }
        for part in 0..count {
            starts[part + 1] += starts[part];
        }
        // A start moves to the end of its part, row by row. No branch depends on the keys.
        let mut rows = vec![0; parts.len()];
        for (row, &part) in parts.iter().enumerate() {
            let place = &mut starts[usize::from(part)];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        starts.truncate(count);
        Self { rows, ends: starts }
    }

    /// The rows of all parts.
    pub fn all(&self) -> &[u32] {
        &self.rows
    }

    /// Where the rows of a part are among all.
    pub fn span(&self, part: usize) -> Range<usize> {
        let start = if part == 0 { 0 } else { self.ends[part - 1] };
        start as usize..self.ends[part] as usize
    }
}
