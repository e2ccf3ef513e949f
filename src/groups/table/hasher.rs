//! The hash functions of keys.

use ahash::RandomState;

/// Bytes of keys that are compared in the slots.
pub const SHORT: usize = 16;

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
        Digest { ends, hash }
    }
}

/// Both halves of a product, which depend on all bits of the factors, in one.
#[inline(always)]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// What is compared of bytes: with the length everything, if there are at most [`SHORT`] of them.
#[derive(Clone, Copy, Default)]
pub struct Digest {
    pub ends: [u64; 2],
    pub hash: u64,
}
