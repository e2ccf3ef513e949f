//! Values by dictionary keys.
//!
//! The loops are simple enough for the compiler to use gather instructions where there are any. Keys are
//! unsigned. A key beyond the values is treated as the last valid one, so that whatever lies under a
//! null does no harm. Whether the keys of valid rows are in range is checked once, beforehand, by
//! [`greatest`].

use super::dispatch::{self, Level, Task};
use super::vector::Vector;

/// An unsigned integer that is an index of values.
pub trait Key: Copy + Ord + Default + Send + Sync + 'static {
    /// The index.
    fn place(self) -> usize;
}

macro_rules! keys {
    ($($type:ty),*) => {$(
        impl Key for $type {
            #[inline(always)]
            fn place(self) -> usize {
                self as usize
            }
        }
    )*};
}

keys!(u8, u16, u32, u64);

/// Writes the values at the keys to a block of the same length; `values` must not be empty.
pub fn gather<K: Key, T: Copy>(values: &[T], keys: &[K], block: &mut [T]) {
    debug_assert!(!values.is_empty() && keys.len() == block.len());
    dispatch::run(Level::current(), Gather { values, keys, block });
}

/// The greatest key; 0 if there are none.
pub fn greatest<K: Key>(keys: &[K]) -> usize {
    let mut greatest = K::default();
    dispatch::run(Level::current(), Greatest { keys, greatest: &mut greatest });
    greatest.place()
}

struct Gather<'a, K, T> {
    values: &'a [T],
    keys: &'a [K],
    block: &'a mut [T],
}

impl<K: Key, T: Copy> Task for Gather<'_, K, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let Some(last) = self.values.len().checked_sub(1) else {
            return;
        };
        for (key, value) in self.keys.iter().zip(self.block) {
            *value = self.values[key.place().min(last)];
        }
    }
}

struct Greatest<'a, K> {
    keys: &'a [K],
    greatest: &'a mut K,
}

impl<K: Key> Task for Greatest<'_, K> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        *self.greatest = self.keys.iter().fold(K::default(), |greatest, &key| greatest.max(key));
    }
}
