//! Blocks: contiguous values, with an optional bitmap of those that count.

use super::mask::{Mask, compact_into};

/// Values processed at a time: few enough for the L1 cache, and for the proofs of [`window`](super::window)
/// and [`integers`](super::integers), which rely on at most 2^10 additions between two carries.
pub const BLOCK: usize = 1024;

/// Contiguous values, and which of them count.
#[derive(Clone, Copy)]
pub enum Block<'a, T> {
    /// All of them count.
    Dense(&'a [T]),
    /// Those count whose bit is set in a bitmap of the same length.
    Masked(&'a [T], Mask<'a>),
}

impl<T: Copy + Default> Block<'_, T> {
    /// How many values count.
    pub fn count_valid(&self) -> usize {
        match self {
            Self::Dense(values) => values.len(),
            Self::Masked(_, validity) => validity.count_ones(),
        }
    }

    /// Whether the predicate holds for any value that counts.
    pub fn any(&self, mut predicate: impl FnMut(&T) -> bool) -> bool {
        match *self {
            Self::Dense(values) => values.iter().any(predicate),
            Self::Masked(values, validity) => {
                let mut words = values.chunks(64).zip(validity.words());
                words.any(|(values, word)| {
                    values
                        .iter()
                        .enumerate()
                        .any(|(i, value)| word >> i & 1 == 1 && predicate(value))
                })
            }
        }
    }

    /// The same values in parts that stay in the cache while they are read more than once.
    pub fn for_each_piece(&self, mut visit: impl FnMut(Block<'_, T>)) {
        const PART: usize = 8 * BLOCK;
        match *self {
            Self::Dense(values) => {
                values.chunks(PART).for_each(|part| visit(Block::Dense(part)));
            }
            Self::Masked(values, validity) => {
                for (i, part) in values.chunks(PART).enumerate() {
                    visit(Block::Masked(part, validity.slice(i * PART, part.len())));
                }
            }
        }
    }

    /// The values that count, in dense slices.
    pub fn for_each_dense(&self, mut visit: impl FnMut(&[T])) {
        match *self {
            Self::Dense(values) => visit(values),
            Self::Masked(values, validity) => compact(values, validity, visit),
        }
    }
}

/// Values that can be visited block by block.
pub trait Blocks<T> {
    /// Calls `visit` with blocks of any length, which together have all valid values.
    fn for_each_block(&self, visit: impl FnMut(Block<'_, T>));
}

impl<T> Blocks<T> for Block<'_, T> {
    fn for_each_block(&self, mut visit: impl FnMut(Block<'_, T>)) {
        visit(match *self {
            Self::Dense(values) => Block::Dense(values),
            Self::Masked(values, validity) => Block::Masked(values, validity),
        });
    }
}

/// Visits the values that a bitmap of the same length selects, in dense slices of up to [`BLOCK`].
fn compact<T: Copy + Default>(values: &[T], validity: Mask<'_>, mut visit: impl FnMut(&[T])) {
    let mut block = [T::default(); BLOCK];
    for (i, values) in values.chunks(BLOCK).enumerate() {
        let length = compact_into(values, validity.slice(i * BLOCK, values.len()), &mut block);
        visit(&block[..length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn selects_what_the_bits_say(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            offset in 0usize..100,
        ) {
            let len = (bytes.len() * 8).saturating_sub(offset);
            let offset = offset.min(bytes.len() * 8);
            let bit = |i: usize| bytes[(offset + i) / 8] >> ((offset + i) % 8) & 1 == 1;
            let values = (0..len as u64).collect::<Vec<_>>();
            let expected = values.iter().copied().filter(|&i| bit(i as usize)).collect::<Vec<_>>();

            let mask = Mask::new(&bytes, offset, len);
            let mut selected = vec![];
            compact(&values, mask, |block| selected.extend_from_slice(block));
            prop_assert_eq!(mask.count_ones(), expected.len());
            prop_assert_eq!(selected, expected);
        }
    }
}
