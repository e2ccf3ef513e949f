//! Values looked up by keys, as dictionaries need it.
//!
//! The loops are simple, so the compiler makes gather instructions of them where there are any. Keys
//! are unsigned; one that leads beyond the values is taken for the last, so that whatever stands
//! under a null does no harm. Whether the keys of valid rows are in range is looked at before, once,
//! by [`greatest`].

use super::dispatch::{self, Level, Task};
use super::vector::Vector;

/// An unsigned integer that tells the place of a value.
pub trait Key: Copy + Ord + Default + Send + Sync + 'static {
    /// The place.
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

/// Writes the values at the keys to a block of the same length. There must be a value.
pub fn gather<K: Key, T: Copy>(values: &[T], keys: &[K], block: &mut [T]) {
    debug_assert!(!values.is_empty() && keys.len() == block.len());
    dispatch::run(Level::current(), Gather { values, keys, block });
}

/// The greatest key; 0 if there is none.
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
